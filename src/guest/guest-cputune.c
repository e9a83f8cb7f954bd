/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One table, and what follows from it. */

#include <config.h>

#include "guest-cputune.h"
#include "guest-number.h"

#define SHARES_MIN 2
#define SHARES_MAX 262144
#define PERIOD_MIN_US 1000
#define PERIOD_MAX_US 1000000
#define QUOTA_MIN_US 1000
#define QUOTA_MAX_US G_GINT64_CONSTANT(17592186044415)

static const struct {
    const char *name;
    GuestPart part;
    gboolean is_quota;
} elements[] = {
    {"period", GUEST_PART_VCPU, FALSE},
    {"quota", GUEST_PART_VCPU, TRUE},
    {"global_period", GUEST_PART_GLOBAL, FALSE},
    {"global_quota", GUEST_PART_GLOBAL, TRUE},
    {"emulator_period", GUEST_PART_EMULATOR, FALSE},
    {"emulator_quota", GUEST_PART_EMULATOR, TRUE},
    {"iothread_period", GUEST_PART_IOTHREAD, FALSE},
    {"iothread_quota", GUEST_PART_IOTHREAD, TRUE},
};

const char *
guest_cputune_get_element(guint i)
{
    return i < G_N_ELEMENTS(elements) ? elements[i].name : NULL;
}

gboolean
guest_cputune_parse_element(GuestCputune *tune, guint i, const char *text)
{
    GuestBandwidth *bandwidth = &tune->bandwidth[elements[i].part];

    if (!text)
        return TRUE;
    return elements[i].is_quota ? guest_number_parse_signed(text, &bandwidth->quota_us)
                                : guest_number_parse_unsigned(text, &bandwidth->period_us);
}

/* libvirt's parser takes 0 for a number that was not given. */
gboolean
guest_cputune_has_fair_shares(const GuestCputune *tune)
{
    return tune->shares == 0 || (tune->shares >= SHARES_MIN && tune->shares <= SHARES_MAX);
}

gboolean
guest_cputune_has_fair_bandwidth(const GuestCputune *tune)
{
    guint i;

    for (i = 0; i < GUEST_N_PARTS; i++) {
        guint64 period = tune->bandwidth[i].period_us;
        gint64 quota = tune->bandwidth[i].quota_us;

        if (period > 0 && (period < PERIOD_MIN_US || period > PERIOD_MAX_US))
            return FALSE;
        if (quota > 0 && (quota < QUOTA_MIN_US || quota > QUOTA_MAX_US))
            return FALSE;
    }
    return TRUE;
}

gboolean
guest_cputune_is_in_range(const GuestCputune *tune)
{
    return guest_cputune_has_fair_shares(tune) && guest_cputune_has_fair_bandwidth(tune);
}

gboolean
guest_cputune_has_bandwidth(const GuestCputune *tune)
{
    guint i;

    for (i = 0; i < GUEST_N_PARTS; i++) {
        if (tune->bandwidth[i].period_us != 0 || tune->bandwidth[i].quota_us != 0)
            return TRUE;
    }
    return FALSE;
}

char *
guest_cputune_format(const GuestCputune *tune, const char *prefix, const char *line_break)
{
    GString *out = g_string_new(NULL);
    guint i;

    for (i = 0; i < G_N_ELEMENTS(elements); i++) {
        const GuestBandwidth *bandwidth = &tune->bandwidth[elements[i].part];
        g_autofree char *value = NULL;

        if (elements[i].is_quota && bandwidth->quota_us != 0)
            value = g_strdup_printf("%" G_GINT64_FORMAT, bandwidth->quota_us);
        else if (!elements[i].is_quota && bandwidth->period_us != 0)
            value = g_strdup_printf("%" G_GUINT64_FORMAT, bandwidth->period_us);

        if (value)
            g_string_append_printf(out, "%s<%s%s>%s</%s%s>", line_break, prefix, elements[i].name,
                                   value, prefix, elements[i].name);
    }
    return g_string_free(out, FALSE);
}
