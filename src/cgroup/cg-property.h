/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * What systemd calls that which a control file holds.  Pure: a file, a text that was
 * written to it, and what else is needed; out come properties of a unit.
 */
typedef struct _CgProperty CgProperty;

/* NULL if systemd has no word for @file, so that only the kernel knows of it. */
const CgProperty *cg_property_find(gboolean unified, const char *file);

/* The file that has to be read as well to tell what writing @text means; or NULL. */
const char *cg_property_get_companion(const CgProperty *self, const char *text);

/* (transfer full): the device file that systemd is to take for a block device; NULL: none. */
typedef char *(*CgPropertyNode)(guint major, guint minor, gpointer user_data);

/*
 * Appends to @properties, (element-type GVariant), pairs of type (sv) that say what @text in the
 * file says; @companion is the other file's text, after the write.  Of several with one
 * name the later counts, but for those of devices, which add up.
 *
 * *exact is %FALSE if systemd can come near to it only, and would write something else.
 *
 * FALSE if the text makes no sense, or is about a device without a device file; nothing is
 * appended then.
 */
gboolean cg_property_tell(const CgProperty *self, const char *text, const char *companion,
                          CgPropertyNode node, gpointer user_data, GPtrArray *properties,
                          gboolean *exact);

/*
 * What has to be written to have the file, which said @before, as it was before @text was
 * written to it.
 */
char *cg_property_undo(const CgProperty *self, const char *before, const char *text);
