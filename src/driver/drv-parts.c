/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of threads come and go with the threads. */
#include <config.h>

#include "drv-cpuset.h"
#include "drv-later.h"
#include "drv-parts.h"

static const GuestPart numbered[] = {GUEST_PART_VCPU, GUEST_PART_IOTHREAD};

static const guint *
get_numbers(const Guest *guest, GuestPart part, gsize *n)
{
    return part == GUEST_PART_VCPU ? guest_get_vcpus(guest, n) : guest_get_iothreads(guest, n);
}

/* The first of its kind has no others to go by. */
static gboolean
limit_first(DrvGroup *group, const Guest *guest, GuestPart part, GError **error)
{
    GuestCputune tune = {FALSE};

    tune.bandwidth[part] = guest_get_cputune(guest)->bandwidth[part];
    if (part == GUEST_PART_IOTHREAD)
        drv_later_show(group, &tune.bandwidth[part]);
    return drv_group_tune(group, &tune, error);
}

static gboolean
add(DrvGroup *group, const Guest *guest, GuestPart part, guint number, GError **error)
{
    g_autoptr(GPtrArray) others = drv_group_list_part(group, part, error);

    return others && drv_group_get_thread(group, part, number, error) &&
           (others->len > 0 || limit_first(group, guest, part, error)) &&
           drv_cpuset_apply(group, guest, part, number, error);
}

static gboolean
has_threads(CorralGroup *group)
{
    g_autoptr(GArray) threads = corral_group_list_threads(group, NULL);

    return threads && threads->len > 0;
}

/*
 * A group is limited before its thread is put in.  So one without a thread may have been left
 * by a daemon that died in between: it gets what a sibling has that is at work.
 */
static gboolean
finish(DrvGroup *group, const Guest *guest, GuestPart part, guint number, CorralGroup *child,
       GError **error)
{
    g_autoptr(GPtrArray) siblings = NULL;
    guint i;

    if (has_threads(child))
        return TRUE;
    siblings = drv_group_list_part(group, part, error);
    for (i = 0; siblings && i < siblings->len; i++) {
        CorralGroup *model = g_ptr_array_index(siblings, i);
        GuestBandwidth bandwidth;

        if (has_threads(model))
            return corral_group_get_cpu_ceiling(model, &bandwidth.quota_us, &bandwidth.period_us,
                                                error) &&
                   corral_group_set_cpu_ceiling(child, bandwidth.quota_us, bandwidth.period_us,
                                                error) &&
                   drv_cpuset_apply(group, guest, part, number, error);
    }
    return siblings != NULL;
}

static gboolean
add_all(DrvGroup *group, const Guest *guest, GuestPart part, GError **error)
{
    gsize n;
    const guint *numbers = get_numbers(guest, part, &n);
    gsize i;

    for (i = 0; i < n; i++) {
        CorralGroup *child = drv_group_find_thread(group, part, numbers[i]);

        if (child ? !finish(group, guest, part, numbers[i], child, error)
                  : !add(group, guest, part, numbers[i], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
is_wanted(const Guest *guest, GuestPart part, guint number)
{
    gsize n;
    const guint *numbers = get_numbers(guest, part, &n);
    gsize i;

    for (i = 0; i < n; i++) {
        if (numbers[i] == number)
            return TRUE;
    }
    return FALSE;
}

static gboolean
remove_all(DrvGroup *group, const Guest *guest, GuestPart part, GError **error)
{
    g_autoptr(GArray) numbers = drv_group_list_numbers(group, part, error);
    guint i;

    for (i = 0; numbers && i < numbers->len; i++) {
        guint number = g_array_index(numbers, guint, i);

        if (!is_wanted(guest, part, number) && !drv_group_remove_thread(group, part, number, error))
            return FALSE;
    }
    return numbers != NULL;
}

gboolean
drv_parts_follow(DrvGroup *group, const Guest *guest, GError **error)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(numbered); i++) {
        if (!add_all(group, guest, numbered[i], error) ||
            !remove_all(group, guest, numbered[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
drv_parts_has_empty(DrvGroup *group)
{
    gsize i;
    guint k;

    for (i = 0; i < G_N_ELEMENTS(numbered); i++) {
        g_autoptr(GPtrArray) children = drv_group_list_part(group, numbered[i], NULL);

        for (k = 0; children && k < children->len; k++) {
            if (!has_threads(g_ptr_array_index(children, k)))
                return TRUE;
        }
    }
    return FALSE;
}
