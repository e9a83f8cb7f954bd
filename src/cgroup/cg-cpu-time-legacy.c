/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processor time that was had, under the kernel's legacy interface.
 *
 * User and system time come in nanoseconds (Linux 4.7) and in ticks of the
 * clock; the former where there are any.  "cpuacct.usage_percpu" has a column
 * for every CPU that the machine may ever have, and does not say which; the
 * lines of "cpuacct.usage_all" (Linux 4.8) are the same CPUs in the same order,
 * with their numbers.
 */
#include <config.h>

#include <unistd.h>

#include "cg-codec.h"
#include "cg-cpu-time.h"
#include "corral-error.h"
#include "corral-types.h"

static guint64
ns_from_ticks(guint64 ticks)
{
    long per_second = sysconf(_SC_CLK_TCK);

    if (ticks == CORRAL_UNKNOWN || per_second <= 0)
        return CORRAL_UNKNOWN;

    return ticks / per_second * G_GUINT64_CONSTANT(1000000000) +
           ticks % per_second * (G_GUINT64_CONSTANT(1000000000) / per_second);
}

static gboolean
get_in_ticks(const CgPlace *place, guint64 *user_ns, guint64 *system_ns, GError **error)
{
    guint64 user, system;
    const CgCodecField fields[] = {{"user", &user}, {"system", &system}};

    if (!cg_place_read_keyed(place, "cpuacct.stat", fields, G_N_ELEMENTS(fields), error))
        return FALSE;

    *user_ns = ns_from_ticks(user);
    *system_ns = ns_from_ticks(system);
    return TRUE;
}

static gboolean
get_in_ns(const CgPlace *place, guint64 *user_ns, guint64 *system_ns, GError **error)
{
    return cg_place_read_u64(place, "cpuacct.usage_user", user_ns, error) &&
           cg_place_read_u64(place, "cpuacct.usage_sys", system_ns, error);
}

static gboolean
get(const CgPlace *place, CorralCpuTime *time, GError **error)
{
    g_autoptr(GError) failure = NULL;
    CorralCpuTime found;

    if (!get_in_ns(place, &found.user_ns, &found.system_ns, &failure)) {
        if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (!get_in_ticks(place, &found.user_ns, &found.system_ns, error))
            return FALSE;
    }
    /* Last, so that time which passes meanwhile makes no part more than the whole. */
    if (!cg_place_read_u64(place, "cpuacct.usage", &found.total_ns, error))
        return FALSE;

    *time = found;
    return TRUE;
}

/* A line of "cpuacct.usage_percpu": there is one. */
static gboolean
take_columns(char *const *words, gpointer data)
{
    GArray *columns = data;
    gsize i;

    for (i = 0; words[i]; i++) {
        guint64 value;

        if (!cg_codec_parse_u64(words[i], &value))
            return FALSE;
        g_array_append_val(columns, value);
    }

    return TRUE;
}

/* "cpu user system", then "0 123 456" and so on. */
static gboolean
take_number(char *const *words, gpointer data)
{
    GArray *numbers = data;
    guint64 number;

    if (words[0] && g_str_equal(words[0], "cpu"))
        return TRUE;
    if (!words[0] || !cg_codec_parse_u64(words[0], &number) || number > CG_CODEC_LIST_MAX)
        return FALSE;

    g_array_append_val(numbers, number);
    return TRUE;
}

static GArray *
read_table(const CgPlace *place, const char *file, CgCodecLine line, GError **error)
{
    g_autofree char *text = cg_place_read(place, file, error);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(guint64));

    if (!text)
        return NULL;
    if (!cg_codec_each_line(text, line, values)) {
        cg_place_refuse_format(place, file, text, error);
        return NULL;
    }

    return g_steal_pointer(&values);
}

static GArray *
get_per_cpu(const CgPlace *place, GError **error)
{
    g_autoptr(GArray) columns = read_table(place, "cpuacct.usage_percpu", take_columns, error);
    g_autoptr(GArray) numbers = NULL;
    g_autoptr(GArray) times = NULL;
    const guint64 unknown = CORRAL_UNKNOWN;
    guint i;

    if (!columns)
        return NULL;
    numbers = read_table(place, "cpuacct.usage_all", take_number, NULL);
    /* Before Linux 4.8 there is no telling; CPUs without a gap are the rule. */
    if (!numbers || numbers->len != columns->len)
        return g_steal_pointer(&columns);

    times = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (i = 0; i < columns->len; i++) {
        guint64 number = g_array_index(numbers, guint64, i);

        while (times->len <= number)
            g_array_append_val(times, unknown);
        g_array_index(times, guint64, number) = g_array_index(columns, guint64, i);
    }

    return g_steal_pointer(&times);
}

const CgCpuTime cg_cpu_time_legacy = {
    .get = get,
    .get_per_cpu = get_per_cpu,
};
