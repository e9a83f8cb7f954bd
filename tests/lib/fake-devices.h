/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * devices.allow, devices.deny and devices.list of the fake machine, as the
 * kernel's devices controller treats them: exact matches alone are found,
 * restrictions go down, permissions need the parent's, and "a" needs a group
 * without children.  @dir is the absolute name of a group.
 */

/* A new group has what its parent has. */
void fake_devices_inherit(const char *dir, const char *parent);

/* -1 and errno, as the kernel. */
int fake_devices_write(const char *dir, gboolean allow, const char *text);

/* Whether the kernel would let a process in @dir do so: access "rw". */
gboolean fake_devices_check(const char *dir, char type, guint major, guint minor,
                            const char *access);
