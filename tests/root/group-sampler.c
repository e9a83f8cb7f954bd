/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples on the kernel we run on: the same as asked one by one, until the group is gone. */
#include <config.h>

#include <string.h>

#include "kernel-bed.h"

#define EVERYTHING (BED_GUEST | BED_BIT(CORE))

static void
take(CorralSampler *sampler, CorralSample *sample)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_sampler_read(sampler, sample, &error));
    g_assert_no_error(error);
}

/* Every part that the group can tell when asked is in the sample, and no other. */
static void
test_parts(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", EVERYTHING);
    g_autoptr(CorralSampler) sampler = corral_sampler_new(group, CORRAL_SAMPLE_ALL);
    CorralSampleParts told = 0;
    CorralCpuTime time;
    CorralCpuThrottling throttling;
    CorralMemoryStatistics memory;
    CorralMemoryEvents events;
    CorralIoStatistics io;
    CorralPressure pressure;
    CorralSample sample;
    guint64 value;

    if (corral_group_get_cpu_time(group, &time, NULL))
        told |= CORRAL_SAMPLE_CPU_TIME;
    if (corral_group_get_cpu_throttling(group, &throttling, NULL))
        told |= CORRAL_SAMPLE_CPU_THROTTLING;
    if (corral_group_get_memory_usage(group, &value, NULL))
        told |= CORRAL_SAMPLE_MEMORY_USAGE;
    if (corral_group_get_swap_usage(group, &value, NULL))
        told |= CORRAL_SAMPLE_SWAP_USAGE;
    if (corral_group_get_memory_statistics(group, &memory, NULL))
        told |= CORRAL_SAMPLE_MEMORY_STATISTICS;
    if (corral_group_get_memory_events(group, &events, NULL))
        told |= CORRAL_SAMPLE_MEMORY_EVENTS;
    if (corral_group_get_io_statistics(group, NULL, &io, NULL))
        told |= CORRAL_SAMPLE_IO;
    if (corral_group_get_pids_usage(group, &value, NULL))
        told |= CORRAL_SAMPLE_PIDS;
    if (corral_group_get_pressure(group, CORRAL_PRESSURE_MEMORY, &pressure, NULL))
        told |= CORRAL_SAMPLE_PRESSURE;

    take(sampler, &sample);
    g_assert_cmphex(told, !=, 0);
    g_assert_cmphex(sample.parts, ==, told);

    bed_remove(group);
    bed_assert_nothing_left();
}

/* A descriptor that is kept shows what is, not what was. */
static void
test_moves(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", EVERYTHING);
    g_autoptr(CorralSampler) sampler = corral_sampler_new(group, CORRAL_SAMPLE_MEMORY_USAGE);
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    CorralSample before, after;
    BedProcess process;
    g_autofree char *line = NULL;

    take(sampler, &before);
    process = bed_start("--threads", entrances);
    line = bed_read_line(&process);
    take(sampler, &after);
    if (after.parts & CORRAL_SAMPLE_MEMORY_USAGE)
        g_assert_cmpuint(after.memory_usage, >, before.memory_usage);
    else
        g_test_skip("nobody serves memory");

    g_assert_cmpint(bed_end(&process), ==, 0);
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
test_gone(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", EVERYTHING);
    g_autoptr(CorralSampler) kept = corral_sampler_new(group, CORRAL_SAMPLE_ALL);
    g_autoptr(CorralSampler) fresh = corral_sampler_new(group, CORRAL_SAMPLE_ALL);
    CorralSample sample = {.memory_usage = 4711};
    g_autoptr(GError) error = NULL;

    take(kept, &sample);
    bed_remove(group);
    sample.memory_usage = 4711;

    /* Files that are open, and files that are not yet. */
    g_assert_false(corral_sampler_read(kept, &sample, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
    g_clear_error(&error);
    g_assert_false(corral_sampler_read(fresh, &sample, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
    g_assert_cmpuint(sample.memory_usage, ==, 4711);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/sampler/parts", test_parts);
    g_test_add_func("/sampler/moves", test_moves);
    g_test_add_func("/sampler/gone", test_gone);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
