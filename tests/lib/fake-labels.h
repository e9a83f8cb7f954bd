/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Attributes of the fake machine's directories: a hidden file each.  As fsetxattr(2) and its
 * brothers, by the directory's name. */

int fake_labels_set(const char *dir, const char *name, const char *value, size_t len);
ssize_t fake_labels_get(const char *dir, const char *name, char *value, size_t size);
int fake_labels_remove(const char *dir, const char *name);
