/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block I/O: how much of it there was. */
#include <config.h>

#include "cg-codec-io.h"
#include "cg-group.h"
#include "cg-io.h"
#include "corral-io-statistics.h"

G_DEFINE_BOXED_TYPE(CorralIoStatistics, corral_io_statistics, corral_io_statistics_copy,
                    corral_io_statistics_free)

/**
 * corral_io_statistics_copy:
 * @self: statistics
 *
 * Returns: (transfer full): others that are the same; free with corral_io_statistics_free()
 * Since: 0.1
 */
CorralIoStatistics *
corral_io_statistics_copy(const CorralIoStatistics *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_io_statistics_free:
 * @self: (transfer full): statistics
 *
 * Gives back what corral_io_statistics_copy() and its kin have made.
 *
 * Since: 0.1
 */
void
corral_io_statistics_free(CorralIoStatistics *self)
{
    g_free(self);
}

static GArray *
list_statistics(CorralGroup *self, guint64 *unlisted, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoStatistics));
    const CgPlace *place;
    const CgIo *io = cg_io_find(self, &place, error);

    if (!io || !io->list_statistics(place, list, error))
        return NULL;

    *unlisted = io->unlisted;
    return g_steal_pointer(&list);
}

/* One that is not known makes the sum unknown. */
static guint64
add(guint64 a, guint64 b)
{
    return a == CORRAL_UNKNOWN || b == CORRAL_UNKNOWN ? CORRAL_UNKNOWN : a + b;
}

static CorralIoStatistics
fill(const CorralDevice *device, guint64 value)
{
    return (CorralIoStatistics){*device, value, value, value, value, value, value};
}

static CorralIoStatistics
sum_up(GArray *list, guint64 unlisted)
{
    static const CorralDevice all = {CORRAL_DEVICE_TYPE_BLOCK, CORRAL_DEVICE_ANY,
                                     CORRAL_DEVICE_ANY};
    CorralIoStatistics sum = fill(&all, list->len > 0 ? 0 : unlisted);
    guint i;

    for (i = 0; i < list->len; i++) {
        const CorralIoStatistics *one = &g_array_index(list, CorralIoStatistics, i);

        sum.read_bytes = add(sum.read_bytes, one->read_bytes);
        sum.write_bytes = add(sum.write_bytes, one->write_bytes);
        sum.reads = add(sum.reads, one->reads);
        sum.writes = add(sum.writes, one->writes);
        sum.discard_bytes = add(sum.discard_bytes, one->discard_bytes);
        sum.discards = add(sum.discards, one->discards);
    }

    return sum;
}

/**
 * corral_group_get_io_statistics:
 * @self: a group
 * @device: (nullable): one block device; %NULL: the sum of all
 * @statistics: (out caller-allocates): what it has done to it
 * @error: where to put what went wrong
 *
 * On the legacy interface the kernel counts only on devices on which some group
 * of the machine has, or has had, a limit (Linux 6.10 and later), and from then on; others
 * are %CORRAL_UNKNOWN, and not in the sum.
 *
 * %CORRAL_ERROR_NAME: @device is not one block device.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_io_statistics(CorralGroup *self, const CorralDevice *device,
                               CorralIoStatistics *statistics, GError **error)
{
    g_autoptr(GArray) list = NULL;
    const CorralIoStatistics *found;
    guint64 unlisted;

    if (device && !cg_io_check_device(device, error))
        return FALSE;
    list = list_statistics(self, &unlisted, error);
    if (!list)
        return FALSE;

    if (device) {
        found = cg_codec_find_device(list, device);
        *statistics = found ? *found : fill(device, unlisted);
    } else {
        *statistics = sum_up(list, unlisted);
    }
    return TRUE;
}

/**
 * corral_group_list_io_statistics:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Returns: (transfer container) (element-type CorralIoStatistics): what it has done to
 *   each device that the kernel tells of; %NULL on failure
 * Since: 0.1
 */
GPtrArray *
corral_group_list_io_statistics(CorralGroup *self, GError **error)
{
    guint64 unlisted;
    g_autoptr(GArray) list = list_statistics(self, &unlisted, error);

    return list ? cg_io_box(list, (GDestroyNotify)corral_io_statistics_free) : NULL;
}
