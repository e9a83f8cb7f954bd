/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CORRAL_HUGE_PAGES_UNLIMITED:
 *
 * The limit of huge pages, in bytes, that is none.
 *
 * Since: 0.1
 */
#define CORRAL_HUGE_PAGES_UNLIMITED G_GUINT64_CONSTANT(18446744073709551615)

GArray *corral_host_list_huge_page_sizes(CorralHost *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean corral_group_set_huge_page_limit(CorralGroup *self, guint64 page_size, guint64 bytes,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_huge_page_limit(CorralGroup *self, guint64 page_size, guint64 *bytes,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_huge_page_usage(CorralGroup *self, guint64 page_size, guint64 *bytes,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_huge_page_peak(CorralGroup *self, guint64 page_size, guint64 *bytes,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_huge_page_failures(CorralGroup *self, guint64 page_size,
                                             guint64 *failures, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean corral_group_set_huge_page_reservation_limit(CorralGroup *self, guint64 page_size,
                                                      guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_huge_page_reservation_limit(CorralGroup *self, guint64 page_size,
                                                      guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_huge_page_reservation_usage(CorralGroup *self, guint64 page_size,
                                                      guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
