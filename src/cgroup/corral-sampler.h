/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-cpu-time.h"
#include "corral-cpu.h"
#include "corral-group.h"
#include "corral-io-statistics.h"
#include "corral-memory-usage.h"
#include "corral-pressure.h"

G_BEGIN_DECLS

/**
 * CorralSampleParts:
 * @CORRAL_SAMPLE_CPU_TIME: see corral_group_get_cpu_time()
 * @CORRAL_SAMPLE_CPU_THROTTLING: see corral_group_get_cpu_throttling()
 * @CORRAL_SAMPLE_MEMORY_USAGE: see corral_group_get_memory_usage()
 * @CORRAL_SAMPLE_SWAP_USAGE: see corral_group_get_swap_usage()
 * @CORRAL_SAMPLE_MEMORY_STATISTICS: see corral_group_get_memory_statistics()
 * @CORRAL_SAMPLE_MEMORY_EVENTS: see corral_group_get_memory_events()
 * @CORRAL_SAMPLE_IO: see corral_group_get_io_statistics(): all devices together
 * @CORRAL_SAMPLE_PIDS: see corral_group_get_pids_usage()
 * @CORRAL_SAMPLE_PRESSURE: see corral_group_get_pressure(): processor time, memory and I/O
 * @CORRAL_SAMPLE_ALL: all that there is
 *
 * What a sample consists of.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_SAMPLE_CPU_TIME = 1 << 0,
    CORRAL_SAMPLE_CPU_THROTTLING = 1 << 1,
    CORRAL_SAMPLE_MEMORY_USAGE = 1 << 2,
    CORRAL_SAMPLE_SWAP_USAGE = 1 << 3,
    CORRAL_SAMPLE_MEMORY_STATISTICS = 1 << 4,
    CORRAL_SAMPLE_MEMORY_EVENTS = 1 << 5,
    CORRAL_SAMPLE_IO = 1 << 6,
    CORRAL_SAMPLE_PIDS = 1 << 7,
    CORRAL_SAMPLE_PRESSURE = 1 << 8,
    CORRAL_SAMPLE_ALL = (1 << 9) - 1,
} CorralSampleParts;

#define CORRAL_TYPE_SAMPLE_PARTS (corral_sample_parts_get_type())
GType corral_sample_parts_get_type(void);

/**
 * CorralSample:
 * @parts: those of the following that are told here; the others say nothing
 * @taken_us: when it was taken, on the clock of g_get_monotonic_time()
 * @cpu_time: how long the group has run
 * @cpu_throttling: how a ceiling has held the group up
 * @memory_usage: bytes of memory in use, page cache included
 * @swap_usage: bytes of swap in use
 * @memory: what the memory is used for
 * @memory_events: how often it ran into its limits
 * @io: what it has read and written, on all devices together
 * @pids: how many processes and threads it has
 * @cpu_pressure: stalls for want of processor time
 * @memory_pressure: stalls for want of memory
 * @io_pressure: stalls for want of block I/O
 *
 * The statistics of a group, taken in one go.
 *
 * Since: 0.1
 */
typedef struct {
    CorralSampleParts parts;
    gint64 taken_us;
    CorralCpuTime cpu_time;
    CorralCpuThrottling cpu_throttling;
    guint64 memory_usage;
    guint64 swap_usage;
    CorralMemoryStatistics memory;
    CorralMemoryEvents memory_events;
    CorralIoStatistics io;
    guint64 pids;
    CorralPressure cpu_pressure;
    CorralPressure memory_pressure;
    CorralPressure io_pressure;
} CorralSample;

#define CORRAL_TYPE_SAMPLE (corral_sample_get_type())
GType corral_sample_get_type(void);

CorralSample *corral_sample_copy(const CorralSample *self);
void corral_sample_free(CorralSample *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralSample, corral_sample_free)

/**
 * CorralSampler:
 *
 * Takes a group's statistics again and again, in as few reads as it can be done.
 *
 * Since: 0.1
 */
#define CORRAL_TYPE_SAMPLER (corral_sampler_get_type())
G_DECLARE_FINAL_TYPE(CorralSampler, corral_sampler, CORRAL, SAMPLER, GObject)

CorralSampler *corral_sampler_new(CorralGroup *group, CorralSampleParts parts);
CorralSampleParts corral_sampler_get_parts(CorralSampler *self);
gboolean corral_sampler_read(CorralSampler *self, CorralSample *sample, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
