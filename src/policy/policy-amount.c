/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is shown can be typed. */
#include <config.h>

#include <string.h>

#include "corral.h"
#include "guest-number.h"
#include "guest.h"
#include "policy-amount.h"

#define KIB ((guint64)1024)

gboolean
policy_amount_split(const char *text, char **number, char **unit)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text));
    const gsize digits = strspn(stripped, "0123456789");
    const char *behind = stripped + digits + strspn(stripped + digits, " ");
    guint64 unused = 1;

    if (digits == 0 || !guest_number_scale(&unused, behind, KIB, G_MAXUINT64))
        return FALSE;
    *number = g_strndup(stripped, digits);
    *unit = g_strdup(*behind ? behind : "KiB");
    return TRUE;
}

gboolean
policy_amount_parse(const char *text, guint64 *kib)
{
    g_autofree char *number = NULL;
    g_autofree char *unit = NULL;
    guint64 bytes;

    if (!policy_amount_split(text, &number, &unit) ||
        !guest_number_parse_unsigned(number, &bytes) ||
        !guest_number_scale(&bytes, unit, KIB, GUEST_MEMORY_UNLIMITED_KIB * KIB))
        return FALSE;
    *kib = bytes / KIB + (bytes % KIB != 0);
    return TRUE;
}

char *
policy_amount_format(guint64 bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    gsize i = 0;

    if (bytes == CORRAL_MEMORY_UNLIMITED)
        return g_strdup("none");
    while (i + 1 < G_N_ELEMENTS(units) && bytes >= KIB && bytes % KIB == 0) {
        bytes /= KIB;
        i++;
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT " %s", bytes, units[i]);
}
