/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processor time that was had, under the kernel's unified interface.
 *
 * No file tells CPUs apart.  Performance counters could (one of the CPU clock
 * for every CPU and group), but they count from when they are opened only, take
 * a descriptor each, and slow every switch between groups down for as long as
 * they are open, whether somebody reads them or not.
 */
#include <config.h>

#include "cg-codec.h"
#include "cg-cpu-time.h"
#include "corral-types.h"

static guint64
ns_from_us(guint64 us)
{
    return us > G_MAXUINT64 / 1000 ? CORRAL_UNKNOWN : us * 1000;
}

static gboolean
get(const CgPlace *place, CorralCpuTime *time, GError **error)
{
    guint64 usage_us, user_us, system_us;
    const CgCodecField fields[] = {
        {"usage_usec", &usage_us},
        {"user_usec", &user_us},
        {"system_usec", &system_us},
    };

    if (!cg_place_read_keyed(place, "cpu.stat", fields, G_N_ELEMENTS(fields), error))
        return FALSE;

    *time = (CorralCpuTime){ns_from_us(usage_us), ns_from_us(user_us), ns_from_us(system_us)};
    return TRUE;
}

const CgCpuTime cg_cpu_time_unified = {
    .get = get,
};
