/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/* A running guest's description shows the tuning that is in force. */
char *drv_xml_get_desc(virDomainPtr dom, unsigned int flags);

/* Stock's @xml as users should see it: what was held back is where it was written. */
char *drv_xml_show(DrvStack *stack, const char *xml, GError **error);
/* The same; where that fails, @xml itself.  Takes @xml, which may be NULL. */
char *drv_xml_show_or_log(DrvStack *stack, char *xml, const char *name);

/* Stock's @xml of @dom with the tuning that is in force, if the guest has a group. */
char *drv_xml_show_live(DrvStack *stack, virDomainPtr dom, const char *xml, GError **error);
