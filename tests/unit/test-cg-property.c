/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd is told for each control file. */
#include <config.h>

#include <string.h>

#include "cg-property.h"
#include "corral.h"

#define MAX_U64 "18446744073709551615"

static char *
find_node(guint major, guint minor, gpointer user_data G_GNUC_UNUSED)
{
    return major == 8 ? g_strdup_printf("/dev/sd%u", minor) : NULL;
}

/* "CPUWeight=200", a word each, and "~" behind them if that is not all. */
static char *
tell(gboolean unified, const char *file, const char *text, const char *companion)
{
    const CgProperty *property = cg_property_find(unified, file);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
    GString *told = g_string_new(NULL);
    gboolean exact = TRUE;
    guint i;

    if (!property)
        g_string_append(told, "-");
    else if (!cg_property_tell(property, text, companion, find_node, NULL, list, &exact))
        g_string_append(told, "?");
    for (i = 0; i < list->len; i++) {
        g_autoptr(GVariant) value = NULL;
        g_autofree char *shown = NULL;
        const char *name;

        g_variant_get(g_ptr_array_index(list, i), "(&sv)", &name, &value);
        shown = g_variant_print(value, FALSE);
        g_string_append_printf(told, "%s%s=%s", i ? " " : "", name, shown);
    }
    if (!exact)
        g_string_append(told, " ~");

    return g_string_free(told, FALSE);
}

static void
test_tell(void)
{
    static const struct {
        gboolean unified;
        const char *file;
        const char *text;
        const char *companion;
        const char *told;
    } table[] = {
        {TRUE, "cpu.weight", "200", NULL, "CPUWeight=200"},
        {TRUE, "cpu.weight", "x", NULL, "?"},
        {TRUE, "cpu.idle", "1", NULL, "CPUWeight=0"},
        {TRUE, "cpu.idle", "0", NULL, "CPUWeight=100"},
        {TRUE, "cpu.idle", "2", NULL, "?"},
        {TRUE, "cpu.max", "max 100000", NULL,
         "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=" MAX_U64},
        {TRUE, "cpu.max", "20000 100000", NULL,
         "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=200000"},
        {TRUE, "cpu.max", "12345 99999", NULL,
         "CPUQuotaPeriodUSec=99999 CPUQuotaPerSecUSec=123452"},
        {TRUE, "cpu.max", "9999 1000000", NULL,
         "CPUQuotaPeriodUSec=1000000 CPUQuotaPerSecUSec=10000 ~"},
        {TRUE, "cpu.max", "10000 1000000", NULL,
         "CPUQuotaPeriodUSec=1000000 CPUQuotaPerSecUSec=10000"},
        {TRUE, "cpu.max", "17592186044415 1000", NULL,
         "CPUQuotaPeriodUSec=1000 CPUQuotaPerSecUSec=17592186044415000"},
        {TRUE, "cpu.max.burst", "1000", NULL, "-"},
        {TRUE, "cpuset.cpus", "0-3,8", NULL, "AllowedCPUs=[0x0f, 0x01]"},
        {TRUE, "cpuset.cpus", "", NULL, "AllowedCPUs=[]"},
        {TRUE, "cpuset.cpus", "17", NULL, "AllowedCPUs=[0x00, 0x00, 0x02]"},
        {TRUE, "cpuset.mems", "1", NULL, "AllowedMemoryNodes=[0x02]"},
        {TRUE, "io.weight", "200", NULL, "IOWeight=200"},
        {TRUE, "io.weight", "8:1 300", "default 100\n8:1 300\n9:0 5\n8:2 50\n",
         "IODeviceWeight=[] IODeviceWeight=[('/dev/sd1', 300), ('/dev/sd2', 50)]"},
        {TRUE, "io.weight", "8:1 default", "default 100\n", "IODeviceWeight=[]"},
        {TRUE, "io.weight", "8:1 300", NULL, "?"},
        {TRUE, "io.bfq.weight", "300", NULL, "-"},
        {TRUE, "io.max", "8:1 rbps=1000 wbps=max riops=max wiops=5", NULL,
         "IOReadBandwidthMax=[('/dev/sd1', 1000)] IOWriteBandwidthMax=[('/dev/sd1', " MAX_U64
         ")] IOReadIOPSMax=[('/dev/sd1', " MAX_U64 ")] IOWriteIOPSMax=[('/dev/sd1', 5)]"},
        {TRUE, "io.max", "9:1 rbps=1000 wbps=max riops=max wiops=5", NULL, "?"},
        {TRUE, "memory.max", "max", NULL, "MemoryMax=" MAX_U64},
        {TRUE, "memory.max", "4096", NULL, "MemoryMax=4096"},
        {TRUE, "memory.max", "0", NULL, "MemoryMax=1"},
        {TRUE, "memory.high", "0", NULL, "MemoryHigh=1"},
        {TRUE, "memory.low", "0", NULL, "MemoryLow=0"},
        {TRUE, "memory.low", "max", NULL, "MemoryLow=" MAX_U64},
        {TRUE, "memory.min", "8192", NULL, "MemoryMin=8192"},
        {TRUE, "memory.swap.max", "0", NULL, "MemorySwapMax=0"},
        {TRUE, "memory.oom.group", "1", NULL, "-"},
        {TRUE, "pids.max", "max", NULL, "TasksMax=" MAX_U64},
        {TRUE, "pids.max", "0", NULL, "TasksMax=1 ~"},
        {TRUE, "cgroup.freeze", "1", NULL, "-"},
        {FALSE, "cpu.weight", "200", NULL, "-"},
        {FALSE, "cpu.shares", "2048", NULL, "CPUShares=2048"},
        {FALSE, "cpu.cfs_quota_us", "-1", "100000\n",
         "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=" MAX_U64},
        {FALSE, "cpu.cfs_quota_us", "50000", "100000\n",
         "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000"},
        {FALSE, "cpu.cfs_quota_us", "50000", NULL, "?"},
        {FALSE, "cpu.cfs_period_us", "50000", "25000\n",
         "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=500000"},
        {FALSE, "cpuset.cpus", "0", NULL, "-"},
        {FALSE, "memory.limit_in_bytes", "-1", NULL, "MemoryLimit=" MAX_U64},
        {FALSE, "memory.limit_in_bytes", "4096", NULL, "MemoryLimit=4096"},
        {FALSE, "memory.memsw.limit_in_bytes", "4096", NULL, "-"},
        {FALSE, "memory.soft_limit_in_bytes", "4096", NULL, "-"},
        {FALSE, "blkio.bfq.weight", "200", NULL, "BlockIOWeight=200"},
        {FALSE, "blkio.bfq.weight", "5", NULL, "BlockIOWeight=10 ~"},
        {FALSE, "blkio.weight", "500", NULL, "BlockIOWeight=500"},
        {FALSE, "blkio.throttle.read_bps_device", "8:0 1000", NULL,
         "BlockIOReadBandwidth=[('/dev/sd0', 1000)]"},
        {FALSE, "blkio.throttle.write_bps_device", "8:0 0", NULL,
         "BlockIOWriteBandwidth=[('/dev/sd0', " MAX_U64 ")]"},
        {FALSE, "blkio.throttle.read_iops_device", "8:0 1000", NULL, "-"},
        {FALSE, "pids.max", "100", NULL, "TasksMax=100"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *told =
            tell(table[i].unified, table[i].file, table[i].text, table[i].companion);

        g_test_message("%s %s", table[i].file, table[i].text);
        g_assert_cmpstr(told, ==, table[i].told);
    }
}

static void
test_companion(void)
{
    static const char *const table[][3] = {
        {"cpu.weight", "1", NULL},
        {"io.weight", "1", NULL},
        {"io.weight", "8:0 1", "io.weight"},
        {"io.max", "8:0 rbps=1", NULL},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        const CgProperty *property = cg_property_find(TRUE, table[i][0]);

        g_assert_cmpstr(cg_property_get_companion(property, table[i][1]), ==, table[i][2]);
    }
    g_assert_cmpstr(cg_property_get_companion(cg_property_find(FALSE, "cpu.cfs_quota_us"), "1"), ==,
                    "cpu.cfs_period_us");
}

static void
test_undo(void)
{
    static const struct {
        gboolean unified;
        const char *file;
        const char *before;
        const char *text;
        const char *undo;
    } table[] = {
        {TRUE, "cpu.weight", "100\n", "200", "100"},
        {TRUE, "cpu.max", "max 100000\n", "20000 100000", "max 100000"},
        {TRUE, "cpuset.cpus", "\n", "0", ""},
        {TRUE, "io.weight", "default 100\n8:0 200\n", "300", "default 100"},
        {TRUE, "io.weight", "default 100\n8:0 200\n", "8:0 300", "8:0 200"},
        {TRUE, "io.weight", "default 100\n8:0 200\n", "8:16 300", "8:16 default"},
        {TRUE, "io.max", "", "8:0 rbps=1 wbps=max riops=max wiops=max",
         "8:0 rbps=max wbps=max riops=max wiops=max"},
        {TRUE, "io.max", "8:16 rbps=7 wbps=max riops=max wiops=max\n",
         "8:16 rbps=1 wbps=max riops=max wiops=max", "8:16 rbps=7 wbps=max riops=max wiops=max"},
        {FALSE, "blkio.throttle.read_bps_device", "8:0 1000\n", "8:1 5", "8:1 0"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        const CgProperty *property = cg_property_find(table[i].unified, table[i].file);
        g_autofree char *undo = cg_property_undo(property, table[i].before, table[i].text);

        g_assert_cmpstr(undo, ==, table[i].undo);
    }
}

/*
 * What systemd makes of a ceiling is the ceiling: it takes the quota a second times the period,
 * rounded down.
 */
static void
test_ceilings(void)
{
    guint n;

    for (n = 0; n < 20000; n++) {
        guint64 period_us = g_test_rand_int_range(1000, 1000001);
        guint64 quota_us = g_test_rand_int_range(MAX(1000, (gint32)(period_us / 100 + 1)), 8000000);
        g_autofree char *text =
            g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, quota_us, period_us);
        g_autofree char *told = tell(TRUE, "cpu.max", text, NULL);
        guint64 per_second;

        g_assert_cmpint(told[strlen(told) - 1], !=, '~');
        per_second = g_ascii_strtoull(strrchr(told, '=') + 1, NULL, 10);
        g_assert_cmpuint(per_second * period_us / G_USEC_PER_SEC, ==, quota_us);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/property/tell", test_tell);
    g_test_add_func("/property/companion", test_companion);
    g_test_add_func("/property/undo", test_undo);
    g_test_add_func("/property/ceilings", test_ceilings);
    return g_test_run();
}
