/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"
#include "corral-io-limits.h"
#include "corral-setting.h"

G_BEGIN_DECLS

/**
 * CorralTransaction:
 *
 * Several settings, of one group or of several, that are made all or not at all.
 *
 * Since: 0.1
 */
#define CORRAL_TYPE_TRANSACTION (corral_transaction_get_type())
G_DECLARE_FINAL_TYPE(CorralTransaction, corral_transaction, CORRAL, TRANSACTION, GObject)

CorralTransaction *corral_transaction_new(void);

void corral_transaction_set(CorralTransaction *self, CorralGroup *group, CorralSetting setting,
                            guint64 value);
void corral_transaction_set_cpu_ceiling(CorralTransaction *self, CorralGroup *group,
                                        gint64 quota_us, guint64 period_us);
void corral_transaction_set_memory_limits(CorralTransaction *self, CorralGroup *group,
                                          guint64 limit, guint64 total);
void corral_transaction_set_cpus(CorralTransaction *self, CorralGroup *group, const guint *cpus,
                                 gsize n_cpus);
void corral_transaction_set_memory_nodes(CorralTransaction *self, CorralGroup *group,
                                         const guint *nodes, gsize n_nodes);
void corral_transaction_set_io_limits(CorralTransaction *self, CorralGroup *group,
                                      const CorralIoLimits *limits);

gboolean corral_transaction_check(CorralTransaction *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_transaction_commit(CorralTransaction *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
