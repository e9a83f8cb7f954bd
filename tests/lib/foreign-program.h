/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Programs that judge devices and are not ours, straight from system calls. */

typedef enum {
    FOREIGN_EXCLUSIVE, /* as stock libvirt does it */
    FOREIGN_MULTI,     /* as systemd */
} ForeignMode;

/*
 * Attaches to the group @dir, by name, a program called @name that denies all
 * devices of @major.  With @with_map it has a map called @name, too, of the
 * layout of ours.  Its id; 0 and errno on failure.
 */
guint32 foreign_attach(const char *dir, const char *name, guint major, gboolean with_map,
                       ForeignMode mode);
void foreign_detach(const char *dir, guint32 id);

/* How many programs and maps called @name the kernel has; G_MAXUINT if it does not tell. */
guint foreign_count(const char *name);

/* The ids of what is attached to @dir itself. */
GArray *foreign_list(const char *dir);
