/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory limits of a group.
 *
 * libvirt's four numbers are the library's limit, total, soft limit and minimum.
 * The unified interface has no soft limit.  There stock libvirt means the high
 * mark by it, and so do we: a user who set one has got used to that.
 *
 * The kernel rounds down to whole pages, so a number may read back smaller.  A
 * description shows the user's own as long as it is the one in force, rounded:
 * what the XML said at the start, or what was set since, which a label keeps.
 *
 * One of the numbers may be the governor's (drv-stick.c).  What is read is the user's then, and
 * what is written is the tighter.
 */
#include <config.h>

#include <unistd.h>

#include "drv-room.h"
#include "drv-stick.h"
#include "drv-tune-memory.h"

#define KIB_SHIFT 10

/* "HARD SOFT SWAP", in KiB, as the user gave them last; of no account once they are not in force */
#define KIB_LABEL "memory-kib"

static guint64
to_kib(guint64 bytes)
{
    return bytes == CORRAL_MEMORY_UNLIMITED ? GUEST_MEMORY_UNLIMITED_KIB
                                            : MIN(bytes >> KIB_SHIFT, GUEST_MEMORY_UNLIMITED_KIB);
}

static guint64
to_bytes(guint64 kib)
{
    return kib >= GUEST_MEMORY_UNLIMITED_KIB ? CORRAL_MEMORY_UNLIMITED : kib << KIB_SHIFT;
}

static gboolean
lacks(CorralGroup *group, CorralSetting setting)
{
    g_autoptr(GError) error = NULL;
    guint64 value;

    return !corral_group_get(group, setting, &value, &error) &&
           g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
}

static CorralSetting
setting_of(CorralGroup *group, DrvMemoryField field)
{
    switch (field) {
    case DRV_MEMORY_SOFT:
        return lacks(group, CORRAL_SETTING_MEMORY_SOFT_LIMIT) ? CORRAL_SETTING_MEMORY_HIGH
                                                              : CORRAL_SETTING_MEMORY_SOFT_LIMIT;
    case DRV_MEMORY_SWAP_HARD:
        return CORRAL_SETTING_MEMORY_TOTAL_LIMIT;
    case DRV_MEMORY_GUARANTEE:
        return CORRAL_SETTING_MEMORY_MIN;
    default:
        return CORRAL_SETTING_MEMORY_LIMIT;
    }
}

/* Where the label is, for whoever has a part of the group open and for whoever has all of it. */
static CorralGroup *
open_own(CorralGroup *group)
{
    return drv_stick_open(corral_group_get_host(group), corral_group_get_path(group), NULL);
}

/* Which of the numbers is the governor's, and in force in place of the user's; DRV_N_MEMORY: none.
 * Then *@own is where it is kept. */
static DrvMemoryField
find_governed(CorralGroup *group, CorralGroup **own, DrvStick *stick)
{
    *own = open_own(group);
    if (!*own || !drv_stick_read(*own, stick, NULL) || stick->now >= stick->users)
        return DRV_N_MEMORY;
    return stick->kills ? DRV_MEMORY_HARD : DRV_MEMORY_SOFT;
}

gboolean
drv_tune_memory_read(CorralGroup *group, DrvMemory *now, GError **error)
{
    g_autoptr(CorralGroup) own = NULL;
    DrvMemory read = {{FALSE}, {0}};
    DrvMemoryField governed;
    DrvStick stick;
    guint field;

    for (field = 0; field < DRV_N_MEMORY; field++) {
        g_autoptr(GError) failure = NULL;
        guint64 bytes;

        read.given[field] = corral_group_get(group, setting_of(group, field), &bytes, &failure);
        if (read.given[field])
            read.kib[field] = to_kib(bytes);
        else if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
            read.kib[field] = field == DRV_MEMORY_GUARANTEE ? 0 : GUEST_MEMORY_UNLIMITED_KIB;
        else {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }

    governed = find_governed(group, &own, &stick);
    if (governed < DRV_N_MEMORY)
        read.kib[governed] = to_kib(stick.users);
    *now = read;
    return TRUE;
}

static guint64
get_page_kib(void)
{
    return MAX(sysconf(_SC_PAGESIZE) >> KIB_SHIFT, 1);
}

/* Unlimited where nothing was noted. */
static void
read_noted(CorralGroup *group, guint64 *kib)
{
    g_autoptr(CorralGroup) own = open_own(group);
    g_autofree char *text = own ? corral_group_get_label(own, KIB_LABEL, NULL) : NULL;
    g_auto(GStrv) words = text ? g_strsplit(text, " ", -1) : NULL;
    guint field;

    for (field = 0; field < DRV_MEMORY_GUARANTEE; field++) {
        kib[field] = GUEST_MEMORY_UNLIMITED_KIB;
        if (words && g_strv_length(words) == DRV_MEMORY_GUARANTEE)
            kib[field] = g_ascii_strtoull(words[field], NULL, 10);
    }
}

/* Not worth a failure: then the kernel's number is shown. */
static void
note(CorralGroup *group, const DrvMemory *wanted)
{
    g_autoptr(CorralGroup) own = open_own(group);
    g_autofree char *text = NULL;
    guint64 kib[DRV_MEMORY_GUARANTEE];
    gboolean lost = FALSE;
    guint field;

    read_noted(group, kib);
    for (field = 0; field < DRV_MEMORY_GUARANTEE; field++) {
        if (!wanted->given[field] || wanted->kib[field] == kib[field])
            continue;
        kib[field] = wanted->kib[field];
        lost = lost || kib[field] % get_page_kib() != 0;
    }
    if (!lost)
        return;

    text = g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                           kib[DRV_MEMORY_HARD], kib[DRV_MEMORY_SOFT], kib[DRV_MEMORY_SWAP_HARD]);
    if (!own || !corral_group_set_label(own, KIB_LABEL, text, NULL))
        g_debug("memory limits will read back rounded: no attributes on cgroups here");
}

static gboolean
commit(CorralGroup *group, const DrvMemory *wanted, GError **error)
{
    g_autoptr(CorralTransaction) transaction = corral_transaction_new();
    gboolean both = wanted->given[DRV_MEMORY_HARD] && wanted->given[DRV_MEMORY_SWAP_HARD];
    guint field;

    /* Of these two either may have to come first; together they are one step. */
    if (both)
        corral_transaction_set_memory_limits(transaction, group,
                                             to_bytes(wanted->kib[DRV_MEMORY_HARD]),
                                             to_bytes(wanted->kib[DRV_MEMORY_SWAP_HARD]));

    for (field = 0; field < DRV_N_MEMORY; field++) {
        if (!wanted->given[field] ||
            (both && (field == DRV_MEMORY_HARD || field == DRV_MEMORY_SWAP_HARD)))
            continue;
        corral_transaction_set(transaction, group, setting_of(group, field),
                               to_bytes(wanted->kib[field]));
    }

    return corral_transaction_commit(transaction, error);
}

gboolean
drv_tune_memory_write(CorralGroup *group, const DrvMemory *wanted, GError **error)
{
    g_autoptr(CorralGroup) own = NULL;
    DrvMemory tightened = *wanted;
    DrvStick stick;
    DrvMemoryField governed = find_governed(group, &own, &stick);

    if (governed == DRV_N_MEMORY || !wanted->given[governed])
        governed = DRV_N_MEMORY;
    else
        tightened.kib[governed] =
            to_kib(drv_stick_tighten(&stick, to_bytes(wanted->kib[governed])));
    /* The user's own limit may be the end of the guest, but setting it must not be. */
    if (tightened.given[DRV_MEMORY_HARD] &&
        !drv_room_make(group, to_bytes(tightened.kib[DRV_MEMORY_HARD]), error))
        return FALSE;
    if (!commit(group, &tightened, error))
        return FALSE;

    if (governed < DRV_N_MEMORY)
        drv_stick_note_users(own, &stick, to_bytes(wanted->kib[governed]));
    note(group, wanted);
    return TRUE;
}

gboolean
drv_tune_memory_apply(CorralGroup *group, const GuestMemtune *said, GError **error)
{
    DrvMemory wanted = {
        .kib = {[DRV_MEMORY_HARD] = said->hard_limit_kib,
                [DRV_MEMORY_SOFT] = said->soft_limit_kib,
                [DRV_MEMORY_SWAP_HARD] = said->swap_hard_limit_kib},
    };
    gboolean any = FALSE;
    guint field;

    for (field = 0; field < DRV_MEMORY_GUARANTEE; field++) {
        wanted.given[field] = wanted.kib[field] < GUEST_MEMORY_UNLIMITED_KIB;
        any = any || wanted.given[field];
    }
    if (!any)
        return TRUE;

    if (!(corral_group_get_controllers(group) & CORRAL_CONTROLLERS_MEMORY)) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_HOST,
                            "Memory cgroup is not available on this host");
        return FALSE;
    }
    return drv_tune_memory_write(group, &wanted, error);
}

static guint64
show(guint64 said_kib, guint64 noted_kib, guint64 now_kib)
{
    guint64 page_kib = get_page_kib();

    if (noted_kib / page_kib == now_kib / page_kib)
        return noted_kib;
    return said_kib / page_kib == now_kib / page_kib ? said_kib : now_kib;
}

void
drv_tune_memory_show(CorralGroup *group, const GuestMemtune *said, GuestMemtune *now)
{
    guint64 noted[DRV_MEMORY_GUARANTEE];
    DrvMemory kernel;

    *now = *said;
    if (!drv_tune_memory_read(group, &kernel, NULL))
        return;

    read_noted(group, noted);
    if (kernel.given[DRV_MEMORY_HARD])
        now->hard_limit_kib =
            show(said->hard_limit_kib, noted[DRV_MEMORY_HARD], kernel.kib[DRV_MEMORY_HARD]);
    if (kernel.given[DRV_MEMORY_SOFT])
        now->soft_limit_kib =
            show(said->soft_limit_kib, noted[DRV_MEMORY_SOFT], kernel.kib[DRV_MEMORY_SOFT]);
    if (kernel.given[DRV_MEMORY_SWAP_HARD])
        now->swap_hard_limit_kib = show(said->swap_hard_limit_kib, noted[DRV_MEMORY_SWAP_HARD],
                                        kernel.kib[DRV_MEMORY_SWAP_HARD]);
}
