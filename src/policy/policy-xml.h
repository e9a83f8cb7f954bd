/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy.h"

/*
 * The operator's file, /etc/libvirt/corral.xml.  Errors are of POLICY_ERROR and name the
 * file and the line.
 */

/* What @xml says, which is in the file @name. */
Policy *policy_xml_parse(const char *xml, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What the file says; what is so without one if it is not there. */
Policy *policy_xml_load(const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
