/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "cli-change.h"

/* Where libvirtd finds the driver modules when corral is switched on. */
#define CLI_DRIVER_DIR PKGLIBDIR "/connection-driver"

/*
 * What has to be in place for libvirtd to run with corral.  Each part can be
 * put in place, taken away, and asked whether it is in place.
 */
typedef struct _CliPart CliPart;

struct _CliPart {
    const char *name;
    const char *path; /* on the machine, without the root */
    /*
     * Both add to @report a line on what they did, for people; a line that begins
     * with "already" if there was nothing to do.
     */
    gboolean (*on)(const CliPart *self, CliChange *change, GPtrArray *report, GError **error);
    gboolean (*off)(const CliPart *self, CliChange *change, GPtrArray *report, GError **error);
};

extern const CliPart cli_parts[];
extern const guint cli_n_parts;

/*
 * Puts all parts in place, or takes all away.  On failure nothing has changed.
 * @report: (out): (element-type utf8): what was done
 */
gboolean cli_switch_on(CliChange *change, GPtrArray **report, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean cli_switch_off(CliChange *change, GPtrArray **report, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Whether one part is in place below @root; fails if that cannot be told. */
gboolean cli_switch_ask(const CliPart *part, const char *root, gboolean *on, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
