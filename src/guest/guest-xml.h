/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-placement.h"

/*
 * Reads and edits domain XML (guest-xml.c, guest-xml-edit.c).
 *
 * libvirt refuses to start a guest whose <cputune> holds a period or a quota
 * when it does not manage cgroups itself.  So those elements are held back on
 * the way in (moved below <metadata>) and put back on the way out.
 *
 * They have a namespace of their own.  Of the elements in one namespace libvirt
 * keeps the first, and what users write there is in the other one.
 */
#define GUEST_XML_NAMESPACE "https://corral.dev/xmlns/libvirt/domain/1.0"
#define GUEST_XML_HELD_NAMESPACE "https://corral.dev/xmlns/libvirt/held/1.0"

/* What is set in this one by virDomainSetMetadata(), <partition>, is where the guest is moved to;
 * it is in no XML. */
#define GUEST_XML_PLACE_NAMESPACE "https://corral.dev/xmlns/libvirt/place/1.0"

/* Parses a <domain>.  The cputune includes what was held back earlier. */
Guest *guest_xml_parse(const char *driver, const char *xml, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same guest by another name, unless that is NULL: migration may give it one. */
Guest *guest_xml_parse_as(const char *driver, const char *xml, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The XML less its period and quota elements, which go into <metadata>.
 * *held is set to NULL when there was nothing to hold back: use the original.  That includes a
 * value that libvirt does not accept: it stays, for libvirt to refuse. */
gboolean guest_xml_hold_back(const char *xml, char **held, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The XML with a random UUID, as libvirt would give it one; NULL in *named if it has one. */
gboolean guest_xml_ensure_uuid(const char *xml, char **named, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The XML with these nodes in <numatune><memory>. */
char *guest_xml_set_numatune(const char *xml, GuestMemoryMode mode, const GArray *nodes,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The XML with that partition. */
char *guest_xml_set_partition(const char *xml, const char *partition, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The XML as the user should see it: corral's metadata gone, <cputune> as @tune says. */
char *guest_xml_put_back(const char *xml, const GuestCputune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The XML with <memtune> or <blkiotune> as @tune says; what says so already stays as it is
 * written (guest-memtune.c, guest-blkiotune.c). */
char *guest_xml_set_memtune(const char *xml, const GuestMemtune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
char *guest_xml_set_blkiotune(const char *xml, const GuestBlkiotune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * Whether virDomainSetMetadata() may put @element into GUEST_XML_NAMESPACE: only <limits> that
 * make sense.  What is no XML is left to libvirt (guest-limits.c).
 */
gboolean guest_xml_check_limits(const char *element, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The partition that @element, one for GUEST_XML_PLACE_NAMESPACE, names. */
char *guest_xml_read_place(const char *element, GError **error) G_GNUC_WARN_UNUSED_RESULT;
