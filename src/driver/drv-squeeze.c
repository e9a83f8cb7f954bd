/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that stands still for a moment and loses what it does not need. */
#include <config.h>

#include "drv-error.h"
#include "drv-squeeze.h"

/* There while a guest stands still because of us. */
#define LABEL "balloon-frozen"

/* Threads that wait for a disk do not stand still before they have what they wait for. */
#define PATIENCE_MS 300

static gboolean
let_go(CorralGroup *whole, GError **error)
{
    return corral_group_thaw(whole, error) && corral_group_set_label(whole, LABEL, "", error);
}

gboolean
drv_squeeze(CorralGroup *whole, CorralGroup *group, DrvStick *stick, guint64 bytes, GError **error)
{
    const guint64 before = stick->now;
    g_autoptr(GError) failure = NULL;
    gboolean squeezed;

    if (!corral_group_set_label(whole, LABEL, "yes", error))
        return FALSE;

    squeezed =
        corral_group_freeze(whole, PATIENCE_MS, error) && drv_stick_set(group, stick, bytes, error);
    if (squeezed)
        squeezed = drv_stick_set(group, stick, before, error);
    if (!let_go(whole, &failure))
        drv_error_log(g_steal_pointer(&failure), corral_group_get_path(whole), "let it go on");
    return squeezed;
}

void
drv_squeeze_recover(CorralGroup *whole, const char *guest)
{
    g_autofree char *text = corral_group_get_label(whole, LABEL, NULL);
    g_autoptr(GError) error = NULL;

    if (text && *text && !let_go(whole, &error))
        drv_error_log(g_steal_pointer(&error), guest, "let it go on");
}
