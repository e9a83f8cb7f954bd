/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libcgroup was not there when we were built. */
#include <config.h>

#include "bench-way.h"

static const char *
start(const BenchBed *bed G_GNUC_UNUSED)
{
    return "not built: libcgroup-dev is not installed";
}

const BenchWay way_libcgroup = {"libcgroup", start, NULL, NULL, NULL, NULL};
