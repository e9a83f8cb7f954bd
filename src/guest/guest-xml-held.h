/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-tree.h"
#include "guest.h"

/* What guest-xml.c, which reads, and guest-xml-edit.c share about what was held back. */

/* Where guest_xml_hold_back() leaves the elements of <cputune>; NULL if there are none. */
xmlNode *guest_xml_find_held(const xmlNode *root);

/* Element by element: what <cputune> says, else what is held back. */
gboolean guest_xml_read_cputune(const xmlNode *root, GuestCputune *tune, GError **error);
