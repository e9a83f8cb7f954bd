/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics of one group, again and again.
 *
 * A sampler asks the functions that everybody asks, on a view of the group that
 * keeps its files open: a sample costs one pread(2) a file, although several
 * parts may come from the same file, and what they say of it is of one moment.
 *
 * What turns out not to be had here (no such controller, an older kernel) is
 * left out of this and all later samples, and costs nothing from then on.
 */
#include <config.h>

#include "cg-group.h"
#include "corral-error.h"
#include "corral-memory-usage.h"
#include "corral-pids.h"
#include "corral-sampler.h"

G_DEFINE_BOXED_TYPE(CorralSample, corral_sample, corral_sample_copy, corral_sample_free)

struct _CorralSampler {
    GObject parent_instance;

    CorralGroup *view;
    CorralSampleParts parts;
};

G_DEFINE_FINAL_TYPE(CorralSampler, corral_sampler, G_TYPE_OBJECT)

static void
corral_sampler_finalize(GObject *object)
{
    CorralSampler *self = CORRAL_SAMPLER(object);

    g_clear_object(&self->view);

    G_OBJECT_CLASS(corral_sampler_parent_class)->finalize(object);
}

static void
corral_sampler_class_init(CorralSamplerClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = corral_sampler_finalize;
}

static void
corral_sampler_init(CorralSampler *self G_GNUC_UNUSED)
{
}

/* ---- the parts ---- */

static gboolean
read_cpu_time(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_cpu_time(view, &sample->cpu_time, error);
}

static gboolean
read_cpu_throttling(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_cpu_throttling(view, &sample->cpu_throttling, error);
}

static gboolean
read_memory_usage(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_memory_usage(view, &sample->memory_usage, error);
}

static gboolean
read_swap_usage(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_swap_usage(view, &sample->swap_usage, error);
}

static gboolean
read_memory_statistics(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_memory_statistics(view, &sample->memory, error);
}

static gboolean
read_memory_events(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_memory_events(view, &sample->memory_events, error);
}

static gboolean
read_io(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_io_statistics(view, NULL, &sample->io, error);
}

static gboolean
read_pids(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_pids_usage(view, &sample->pids, error);
}

static gboolean
read_pressure(CorralGroup *view, CorralSample *sample, GError **error)
{
    return corral_group_get_pressure(view, CORRAL_PRESSURE_CPU, &sample->cpu_pressure, error) &&
           corral_group_get_pressure(view, CORRAL_PRESSURE_MEMORY, &sample->memory_pressure,
                                     error) &&
           corral_group_get_pressure(view, CORRAL_PRESSURE_IO, &sample->io_pressure, error);
}

static const struct {
    CorralSampleParts part;
    gboolean (*read)(CorralGroup *view, CorralSample *sample, GError **error);
} readers[] = {
    {CORRAL_SAMPLE_CPU_TIME, read_cpu_time},
    {CORRAL_SAMPLE_CPU_THROTTLING, read_cpu_throttling},
    {CORRAL_SAMPLE_MEMORY_USAGE, read_memory_usage},
    {CORRAL_SAMPLE_SWAP_USAGE, read_swap_usage},
    {CORRAL_SAMPLE_MEMORY_STATISTICS, read_memory_statistics},
    {CORRAL_SAMPLE_MEMORY_EVENTS, read_memory_events},
    {CORRAL_SAMPLE_IO, read_io},
    {CORRAL_SAMPLE_PIDS, read_pids},
    {CORRAL_SAMPLE_PRESSURE, read_pressure},
};

/* ---- samples ---- */

/**
 * corral_sample_copy:
 * @self: a sample
 *
 * Returns: (transfer full): another one that is the same; free with corral_sample_free()
 * Since: 0.1
 */
CorralSample *
corral_sample_copy(const CorralSample *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_sample_free:
 * @self: (transfer full): a sample from corral_sample_copy()
 *
 * Since: 0.1
 */
void
corral_sample_free(CorralSample *self)
{
    g_free(self);
}

/**
 * corral_sampler_new:
 * @group: whose statistics
 * @parts: which of them
 *
 * A sampler keeps a descriptor for each file that it reads, a dozen or so;
 * whoever has hundreds of them minds RLIMIT_NOFILE.
 *
 * Returns: (transfer full): the sampler
 * Since: 0.1
 */
CorralSampler *
corral_sampler_new(CorralGroup *group, CorralSampleParts parts)
{
    CorralSampler *self = g_object_new(CORRAL_TYPE_SAMPLER, NULL);

    self->view = cg_group_new_view(group, NULL, TRUE);
    self->parts = parts & CORRAL_SAMPLE_ALL;
    return self;
}

/**
 * corral_sampler_get_parts:
 * @self: a sampler
 *
 * Returns: the parts it was asked for, less those found not to be had here
 * Since: 0.1
 */
CorralSampleParts
corral_sampler_get_parts(CorralSampler *self)
{
    return self->parts;
}

static gboolean
is_not_to_be_had(const GError *error)
{
    return g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER) ||
           g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
}

/**
 * corral_sampler_read:
 * @self: a sampler
 * @sample: (out caller-allocates): the sample
 * @error: where to put what went wrong
 *
 * Takes a sample.  That a part is not to be had here is no error: it is missing
 * in the sample's parts.
 *
 * %CORRAL_ERROR_GONE: the group was removed.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_sampler_read(CorralSampler *self, CorralSample *sample, GError **error)
{
    CorralSample taken = {.taken_us = g_get_monotonic_time()};
    gsize i;

    if (self->view)
        cg_group_begin(self->view);
    for (i = 0; i < G_N_ELEMENTS(readers); i++) {
        g_autoptr(GError) failure = NULL;

        if (!(self->parts & readers[i].part))
            continue;
        if (!readers[i].read(self->view, &taken, &failure)) {
            if (!is_not_to_be_had(failure)) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return FALSE;
            }
            self->parts &= ~readers[i].part;
        }
    }

    taken.parts = self->parts;
    *sample = taken;
    return TRUE;
}
