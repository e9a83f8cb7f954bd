/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pressure under the kernel's unified interface. */
#include <config.h>

#include "cg-pressure.h"

static const char *
file_of(CorralPressureResource resource)
{
    static const char *const files[] = {
        [CORRAL_PRESSURE_CPU] = "cpu.pressure",
        [CORRAL_PRESSURE_MEMORY] = "memory.pressure",
        [CORRAL_PRESSURE_IO] = "io.pressure",
        [CORRAL_PRESSURE_IRQ] = "irq.pressure",
    };

    return files[resource];
}

const CgPressure cg_pressure_unified = {
    .file_of = file_of,
};
