/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/* How much memory a QEMU guest is asked to get by with: the slots. */
int drv_balloon_set(virDomainPtr dom, unsigned long kib);
int drv_balloon_set_flags(virDomainPtr dom, unsigned long kib, unsigned int flags);

/*
 * The same because others are to have it: what its user wants is remembered, and asking for
 * that or more ends it.  Nothing happens to a guest without a group.
 */
gboolean drv_balloon_ask_for_others(DrvStack *stack, virDomainPtr dom, guint64 kib, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
