/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "corral.h"

/* Somebody who uses memory, for tests on the real kernel. */
typedef struct {
    pid_t pid;
    int go;
    int done;
} KernelHog;

/* One in @group that has taken @bytes of anonymous memory. */
KernelHog kernel_hog_start(CorralGroup *group, gsize bytes);
/* As much again. */
void kernel_hog_take_more(KernelHog *hog);
/* Whether it has, rather than die of it. */
gboolean kernel_hog_has_taken(KernelHog *hog);
/* Its status, as of waitpid(2). */
int kernel_hog_end(KernelHog *hog);

gboolean kernel_has_swap(void);
