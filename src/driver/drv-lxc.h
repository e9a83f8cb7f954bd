/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/*
 * libvirt's own object for a container, where what is done to its group has to
 * show: whether it stands still, that it has ended.  Its table has no call for that
 * which would leave the group to us.
 *
 * The object is locked from drv_lxc_open() on, until it is cleared.
 */
typedef struct {
    virLXCDriver *driver;
    virDomainObj *vm;
    gboolean has_job;
} DrvLxc;

/* Whether it has a group that we know.  Where it has not we have stepped aside, and all is
 * stock's. */
gboolean drv_lxc_is_kept(DrvStack *stack, virDomainPtr dom);

/* FALSE with stock's error if there is no such container. */
gboolean drv_lxc_open(DrvStack *stack, virDomainPtr dom, DrvLxc *self) G_GNUC_WARN_UNUSED_RESULT;
void drv_lxc_clear(DrvLxc *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DrvLxc, drv_lxc_clear)

/* The right to change it, which nobody else has until it is cleared, and that it runs: FALSE with
 * stock's error otherwise. */
gboolean drv_lxc_begin(DrvLxc *self, virDomainJob job) G_GNUC_WARN_UNUSED_RESULT;

/* For what takes its time the object may be left unlocked meanwhile, by whoever has the right to
 * change it.  FALSE with stock's error if it does not run any more, or runs anew. */
void drv_lxc_unlock(DrvLxc *self);
gboolean drv_lxc_lock_again(DrvLxc *self, int run) G_GNUC_WARN_UNUSED_RESULT;

/* The container's group with all its controllers; NULL if it cannot be found. */
CorralGroup *drv_lxc_open_group(DrvStack *stack, DrvLxc *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Tells everybody who listens. */
void drv_lxc_send(DrvLxc *self, int event, int detail);

/* One that has ended and has no definition is forgotten. */
void drv_lxc_remove_transient(DrvLxc *self);

/* A reference. */
virLXCDriverConfig *drv_lxc_ref_config(virLXCDriver *driver);

/* What libvirt finds again when its daemon starts anew; FALSE with its error. */
gboolean drv_lxc_save(DrvLxc *self) G_GNUC_WARN_UNUSED_RESULT;
