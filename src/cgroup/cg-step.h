/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"
#include "corral-io-limits.h"
#include "corral-setting.h"

/* One setting of one group in a transaction: what it is to be, and what it was. */
typedef struct _CgStepKind CgStepKind;

typedef struct {
    guint64 number;
    guint64 other; /* a period, a total */
    gint64 quota_us;
    GArray *numbers; /* of guint, ascending; owned */
    CorralIoLimits io;
} CgStepValue;

typedef struct {
    const CgStepKind *kind;
    CorralGroup *group;
    CorralSetting setting; /* of a number */
    CgStepValue wanted;
    CgStepValue before;
} CgStep;

CgStep *cg_step_new_number(CorralGroup *group, CorralSetting setting, guint64 value);
CgStep *cg_step_new_ceiling(CorralGroup *group, gint64 quota_us, guint64 period_us);
CgStep *cg_step_new_memory_limits(CorralGroup *group, guint64 limit, guint64 total);
CgStep *cg_step_new_cpus(CorralGroup *group, const guint *cpus, gsize n_cpus);
CgStep *cg_step_new_memory_nodes(CorralGroup *group, const guint *nodes, gsize n_nodes);
CgStep *cg_step_new_io_limits(CorralGroup *group, const CorralIoLimits *limits);
void cg_step_free(CgStep *self);

/* Whether both are about the same setting of the same group. */
gboolean cg_step_is_same(const CgStep *self, const CgStep *other);
char *cg_step_get_name(const CgStep *self);

/* Reads what it is before. */
gboolean cg_step_look(CgStep *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Through @group, which is the step's own or a view of it. */
gboolean cg_step_write(const CgStep *self, CorralGroup *group, const CgStepValue *value,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* As it was when it was looked at; through @group, likewise. */
gboolean cg_step_set_back(const CgStep *self, CorralGroup *group, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* As strcmp(), wanted with before: what lets the group have more is greater. */
int cg_step_compare(const CgStep *self);
