/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-access.h"
#include "drv-stack.h"

/*
 * What is done inside a container, where its device nodes are: by a child process
 * that enters its mount namespace, so that no symbolic link of the container's
 * leads anywhere but into the container.
 */

/* FALSE with libvirt's error raised if there is something at @path already.  If nobody can tell,
 * whoever makes the node will. */
gboolean drv_inside_check_free(DrvStack *stack, DrvSubject *subject, const char *path)
    G_GNUC_WARN_UNUSED_RESULT;

/* Makes a block device node at @path the character device of the same number, owner and label.
 * FALSE with libvirt's error raised. */
gboolean drv_inside_make_character(DrvStack *stack, DrvSubject *subject, const char *path)
    G_GNUC_WARN_UNUSED_RESULT;
