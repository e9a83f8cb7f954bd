/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-layout.h"
#include "guest.h"

/* Where guests' groups are put. */
typedef struct {
    GuestLayout layout;
    const char *own; /* libvirtd's own group; "" if that is the root */
    int run;         /* libvirt's number of the guest's run, for its own layout; 0: unknown */
} GuestSite;

/*
 * Where a guest's group is, relative to each hierarchy, without a leading slash; without @site
 * <partition>/<name>.<driver>.libvirt.  Names are escaped so that no guest and no partition can
 * collide with a kernel file, leave its parent, or be taken for another guest's group, of this
 * layout or another; the escaping is injective.
 */
char *guest_path_build(const Guest *guest, const GuestSite *site, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The partition's part of that: "production/web" of "/production/web". */
char *guest_path_build_partition(const char *partition, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether @component, the last component of a group's path, tells by itself that it is a guest's
 * of @driver; containers have groups that libvirt makes: lxc-<number>-<name>.libvirt-lxc, and where
 * systemd manages the groups every guest has a scope. */
gboolean guest_path_is_guest(const char *component, const char *driver);

/* The label that tells the same where the name does not. */
#define GUEST_PATH_DRIVER_LABEL "driver"

#define GUEST_PATH_SCOPE_SUFFIX ".scope"

/* What the name of a scope begins with that we have made for want of machined's. */
#define GUEST_PATH_OWN_SCOPE "corral"

/* The scope of a guest of @driver that is in @path, or is @path; NULL if there is none. */
char *guest_path_cut_scope(const char *path, const char *driver);

/* The label by which a group tells whose it is, and what it is if the group at @path is that of a
 * guest of the libvirt that sees it there: not of one in a container, which sees it elsewhere. */
#define GUEST_PATH_OWNER_LABEL "owner"
char *guest_path_format_owner(const char *path);

/*
 * The group above @guest's partition as libvirt itself would name it, relative
 * to each hierarchy: "production.partition" for "/production/web", where "web"
 * is put below.  NULL if the partition is right below the root.
 */
char *guest_path_build_stock_parent(const Guest *guest);

/* @guest's whole partition under the name that libvirt gives to it, where it puts containers. */
char *guest_path_build_stock_partition(const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
