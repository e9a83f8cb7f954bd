/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest.h"

/*
 * Where a guest's group is: <partition>/<name>.<driver>.libvirt, relative to
 * each hierarchy, without a leading slash.  Names are escaped so that no guest
 * and no partition can collide with a kernel file, leave its parent, or be
 * taken for another guest's group; the escaping is injective.
 */
char *guest_path_build(const Guest *guest, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether @component, the last component of a group's path, is a guest's of @driver. */
gboolean guest_path_is_guest(const char *component, const char *driver);

/*
 * The group above @guest's partition as libvirt itself would name it, relative
 * to each hierarchy: "production.partition" for "/production/web", where "web"
 * is put below.  NULL if the partition is right below the root.
 */
char *guest_path_build_stock_parent(const Guest *guest);
