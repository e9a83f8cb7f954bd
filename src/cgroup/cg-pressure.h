/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "corral-pressure.h"

/* Pressure: the facade is corral-pressure, which has checked @resource. */
struct _CgPressure {
    /* The control file. */
    const char *(*file_of)(CorralPressureResource resource);
};

/* The legacy interface has none: there pressure is the whole machine's only. */
extern const CgPressure cg_pressure_unified;

/*
 * The first of @self's places whose interface measures pressure; it does so in
 * every group, whatever controllers that has.  NULL, and
 * CORRAL_ERROR_UNSUPPORTED, if there is none.
 */
const CgPlace *cg_pressure_find_place(CorralGroup *self, GError **error);

/* NULL if there is no such resource; sets CORRAL_ERROR_RANGE then. */
const char *cg_pressure_get_host_file(CorralPressureResource resource, GError **error);

/* Says that the whole machine's @file is not there to be read or watched. */
void cg_pressure_refuse_host(CorralHost *host, const char *file, GError *failure, GError **error);
