/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest.h"

/*
 * Reads and edits domain XML.  The only file that knows libxml2.
 *
 * libvirt refuses to start a guest whose <cputune> holds a period or a quota
 * when it does not manage cgroups itself.  So those elements are held back on
 * the way in (moved below <metadata>, in corral's namespace) and put back on
 * the way out.
 */
#define GUEST_XML_NAMESPACE "https://corral.dev/xmlns/libvirt/domain/1.0"

/* Parses a <domain>.  The cputune includes what was held back earlier. */
Guest *guest_xml_parse(const char *driver, const char *xml, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The XML less its period and quota elements, which go into <metadata>.
 * *held is set to NULL when there was nothing to hold back: use the original.  That includes a
 * value that libvirt does not accept: it stays, for libvirt to refuse. */
gboolean guest_xml_hold_back(const char *xml, char **held, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The XML with a random UUID, as libvirt would give it one; NULL in *named if it has one. */
gboolean guest_xml_ensure_uuid(const char *xml, char **named, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The XML as the user should see it: corral's metadata gone, <cputune> as @tune says. */
char *guest_xml_put_back(const char *xml, const GuestCputune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
