/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's unified interface (cgroup v2).
 *
 * A group has a controller only if its parent hands it down in
 * cgroup.subtree_control.  A group of threads is a child whose cgroup.type is
 * "threaded"; the kernel then makes its parent the root of a threaded subtree,
 * which may hold processes and hand down cpu and cpuset at the same time.
 *
 * CPU weight has another scale than shares and a coarser one at the low end,
 * so the number the user gave is kept in a label beside the weight it became.
 * Whoever changes the weight behind our back makes the label stale, and it is
 * then ignored.
 */
#include <config.h>

#include "cg-backend.h"
#include "cg-codec.h"
#include "cg-convert.h"
#include "corral-error.h"

/* "<shares> <weight>" */
#define SHARES_LABEL "shares"

/* cpu.stat and cgroup.freeze are in every group; devices are a program, not a file. */
#define EVERYWHERE                                                                                 \
    (CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUACCT) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_FREEZER) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CORE))

static char *
format_enable(CorralControllers controllers)
{
    GString *text = g_string_new(NULL);
    guint i;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        if (controllers & CORRAL_CONTROLLER_BIT(i))
            g_string_append_printf(text, "%s+%s", text->len ? " " : "",
                                   corral_controller_get_name(i));
    }

    return g_string_free(text, FALSE);
}

/*
 * The kernel takes all of the names or none, so after a refusal each is tried
 * alone: a host that lacks one controller still gets the others.
 */
static gboolean
hand_down(int dir, CorralControllers wanted, CorralControllers *granted, GError **error)
{
    CorralControllers ask = wanted & ~EVERYWHERE;
    g_autofree char *all = format_enable(ask);
    guint i;

    *granted = wanted;
    if (ask == 0 || cg_tree_write(dir, "cgroup.subtree_control", all, NULL))
        return TRUE;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        CorralControllers bit = CORRAL_CONTROLLER_BIT(i);
        g_autofree char *one = format_enable(ask & bit);
        g_autoptr(GError) failure = NULL;

        if (!(ask & bit) || cg_tree_write(dir, "cgroup.subtree_control", one, &failure))
            continue;
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_PERMISSION) ||
            g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_GONE)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_debug("'%s' is not handed down: %s", corral_controller_get_name(i), failure->message);
        *granted &= ~bit;
    }

    return TRUE;
}

static gboolean
prepare(int dir G_GNUC_UNUSED, CorralControllers controllers G_GNUC_UNUSED,
        GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

static gboolean
prepare_threaded(const CgPlace *parent, int dir, GError **error)
{
    CorralControllers granted;

    /* The child first: only then may the parent hand down beside its processes. */
    return cg_tree_write(dir, "cgroup.type", "threaded", error) &&
           hand_down(parent->dir, parent->controllers & CORRAL_CONTROLLERS_THREADED, &granted,
                     error);
}

/* Since Linux 5.14; the caller has another way for older kernels. */
static gboolean
kill_all(const CgPlace *place, GError **error)
{
    return cg_place_write(place, "cgroup.kill", "1", error);
}

static gboolean
set_cpu_weight(const CgPlace *place, guint weight, GError **error)
{
    return cg_place_write_u64(place, "cpu.weight", weight, error);
}

static gboolean
get_cpu_weight(const CgPlace *place, guint *weight, GError **error)
{
    guint64 value;

    if (!cg_place_read_u64(place, "cpu.weight", &value, error))
        return FALSE;

    *weight = value;
    return TRUE;
}

static gboolean
set_cpu_shares(const CgPlace *place, guint64 shares, GError **error)
{
    guint weight = cg_convert_shares_to_weight(shares);
    char label[64];

    if (!set_cpu_weight(place, weight, error))
        return FALSE;

    /* Where attributes are not to be had the number reads back rounded. */
    g_snprintf(label, sizeof(label), "%" G_GUINT64_FORMAT " %u", shares, weight);
    if (!cg_tree_set_label(place->dir, SHARES_LABEL, label, NULL))
        g_debug("cpu_shares will read back rounded: no attributes on cgroups here");
    return TRUE;
}

static gboolean
get_cpu_shares(const CgPlace *place, guint64 *shares, GError **error)
{
    g_autofree char *label = NULL;
    guint weight;

    if (!get_cpu_weight(place, &weight, error))
        return FALSE;

    label = cg_tree_get_label(place->dir, SHARES_LABEL, NULL);
    if (label) {
        g_auto(GStrv) words = g_strsplit(label, " ", -1);
        guint64 kept, became;

        if (g_strv_length(words) == 2 && cg_codec_parse_u64(words[0], &kept) &&
            cg_codec_parse_u64(words[1], &became) && became == weight) {
            *shares = kept;
            return TRUE;
        }
    }

    *shares = cg_convert_weight_to_shares(weight);
    return TRUE;
}

static gboolean
set_cpu_ceiling(const CgPlace *place, gint64 quota_us, guint64 period_us, GError **error)
{
    g_autofree char *text = cg_codec_format_cpu_max(quota_us, period_us);

    return cg_place_write(place, "cpu.max", text, error);
}

static gboolean
get_cpu_ceiling(const CgPlace *place, gint64 *quota_us, guint64 *period_us, GError **error)
{
    g_autofree char *text = cg_tree_read(place->dir, "cpu.max", error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_cpu_max(text, quota_us, period_us))
        return cg_place_refuse_format(place, "cpu.max", text, error);

    return TRUE;
}

static gboolean
set_memory_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    if (bytes == CORRAL_MEMORY_UNLIMITED)
        return cg_place_write(place, "memory.max", "max", error);

    return cg_place_write_u64(place, "memory.max", bytes, error);
}

static gboolean
get_memory_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    g_autofree char *text = cg_tree_read(place->dir, "memory.max", error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_limit(text, bytes))
        return cg_place_refuse_format(place, "memory.max", text, error);

    return TRUE;
}

static gboolean
get_memory_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.current", bytes, error);
}

const CgBackend cg_backend_unified = {
    .name = "unified",
    .everywhere = EVERYWHERE,
    .processes_file = "cgroup.procs",
    .threads_file = "cgroup.threads",
    .entrance_file = "cgroup.procs", /* cgroup.threads takes nobody from another process's groups */
    .hand_down = hand_down,
    .prepare = prepare,
    .prepare_threaded = prepare_threaded,
    .kill = kill_all,
    .set_cpu_shares = set_cpu_shares,
    .get_cpu_shares = get_cpu_shares,
    .set_cpu_weight = set_cpu_weight,
    .get_cpu_weight = get_cpu_weight,
    .set_cpu_ceiling = set_cpu_ceiling,
    .get_cpu_ceiling = get_cpu_ceiling,
    .set_memory_limit = set_memory_limit,
    .get_memory_limit = get_memory_limit,
    .get_memory_usage = get_memory_usage,
};
