/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a new group on the fake machine has; files without a controller are everybody's. */
typedef struct {
    gboolean unified;
    const char *controller;
    const char *file;
    const char *text;
} FakeDefault;

extern const FakeDefault fake_defaults[];
extern const gsize fake_n_defaults;
