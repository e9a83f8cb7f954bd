/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A script of whoever runs the host, called as libvirt calls its own (hooks.html of libvirt's
 * documentation):
 *
 *   /etc/libvirt/hooks/corral GUEST OPERATION SUB-OPERATION EXTRA < XML
 *
 * Nobody waits for it: calls are queued and made in threads of their own, and whoever queues one
 * may hold what he likes.
 */
typedef struct _DrvHook DrvHook;

/* @program: its path; it need not exist.  @bound_us: how long it may take. */
DrvHook *drv_hook_new(const char *program, gint64 bound_us);

/* What runs is killed, what is queued forgotten. */
void drv_hook_free(DrvHook *self);

/* Whether a call would come to anything, for who has to find out what to call it with. */
gboolean drv_hook_exists(const DrvHook *self);

/* Copies what it is given.  Nothing if there is no such script, or too much is queued. */
void drv_hook_call(DrvHook *self, const char *guest, const char *operation,
                   const char *sub_operation, const char *extra, const char *xml);
