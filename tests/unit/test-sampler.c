/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics in one go: what a sample has, what it leaves out, and what it keeps open. */
#include <config.h>

#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

typedef struct {
    gboolean unified;
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->unified = g_str_equal(like, "unified");
    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group =
        corral_group_make(self->host, "g", ~(CorralControllers)0, CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_object_unref(self->group);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

static void
put(Fixture *self, const char *legacy, const char *unified, const char *text)
{
    g_autofree char *name = self->unified ? g_strconcat("/sys/fs/cgroup/g/", unified, NULL)
                                          : g_strconcat("/sys/fs/cgroup/", legacy, NULL);

    fake_cgroup_put(self->fake, name, text);
}

static guint
count_descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir))
        n++;

    return n;
}

static void
test_values(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralSampler) sampler =
        corral_sampler_new(self->group, CORRAL_SAMPLE_CPU_THROTTLING | CORRAL_SAMPLE_MEMORY_USAGE);
    CorralSample sample;
    g_autoptr(GError) error = NULL;
    guint open = 0;
    guint i;

    for (i = 1; i <= 3; i++) {
        gint64 before = g_get_monotonic_time();
        g_autofree char *usage = g_strdup_printf("%u\n", 4096 * i);
        g_autofree char *stat =
            g_strdup_printf("nr_periods %u\nnr_throttled 2\n%s\n", i,
                            self->unified ? "throttled_usec 7" : "throttled_time 7999");

        put(self, "memory/g/memory.usage_in_bytes", "memory.current", usage);
        put(self, "cpu/g/cpu.stat", "cpu.stat", stat);
        g_assert_true(corral_sampler_read(sampler, &sample, &error));
        g_assert_no_error(error);

        g_assert_cmphex(sample.parts, ==,
                        CORRAL_SAMPLE_CPU_THROTTLING | CORRAL_SAMPLE_MEMORY_USAGE);
        g_assert_cmpint(sample.taken_us, >=, before);
        g_assert_cmpint(sample.taken_us, <=, g_get_monotonic_time());
        g_assert_cmpuint(sample.memory_usage, ==, 4096 * i);
        g_assert_cmpuint(sample.cpu_throttling.periods, ==, i);
        g_assert_cmpuint(sample.cpu_throttling.throttled_us, ==, 7);
        g_assert_cmpuint(sample.cpu_throttling.bursts, ==, CORRAL_UNKNOWN);

        /* One for each file, from the first sample on. */
        if (i == 1)
            open = count_descriptors();
        g_assert_cmpuint(count_descriptors(), ==, open);
    }

    g_clear_object(&sampler);
    g_assert_cmpuint(count_descriptors(), ==, open - 2);
}

/* Left out once, left out for good. */
static void
test_not_to_be_had(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) cpu_only =
        corral_group_make(self->host, "cpu-only", BIT(CPU), CORRAL_MAKE_NEW, NULL);
    g_autoptr(CorralSampler) sampler =
        corral_sampler_new(cpu_only, CORRAL_SAMPLE_CPU_THROTTLING | CORRAL_SAMPLE_MEMORY_USAGE);
    CorralSample sample;
    g_autoptr(GError) error = NULL;

    g_assert_cmphex(corral_sampler_get_parts(sampler), ==,
                    CORRAL_SAMPLE_CPU_THROTTLING | CORRAL_SAMPLE_MEMORY_USAGE);
    g_assert_true(corral_sampler_read(sampler, &sample, &error));
    g_assert_no_error(error);
    g_assert_cmphex(sample.parts, ==, CORRAL_SAMPLE_CPU_THROTTLING);
    g_assert_cmphex(corral_sampler_get_parts(sampler), ==, CORRAL_SAMPLE_CPU_THROTTLING);
}

static void
test_nothing_asked(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralSampler) sampler = corral_sampler_new(self->group, 0);
    CorralSample sample;

    g_assert_true(corral_sampler_read(sampler, &sample, NULL));
    g_assert_cmphex(sample.parts, ==, 0);
}

/* What makes no sense is no sample, and the old one stays. */
static void
test_nonsense(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralSampler) sampler = corral_sampler_new(self->group, CORRAL_SAMPLE_MEMORY_USAGE);
    CorralSample sample = {.memory_usage = 4711};
    g_autoptr(GError) error = NULL;

    put(self, "memory/g/memory.usage_in_bytes", "memory.current", "lots\n");
    g_assert_false(corral_sampler_read(sampler, &sample, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "lots"));
    g_assert_cmpuint(sample.memory_usage, ==, 4711);

    put(self, "memory/g/memory.usage_in_bytes", "memory.current", "8192\n");
    g_assert_true(corral_sampler_read(sampler, &sample, NULL));
    g_assert_cmpuint(sample.memory_usage, ==, 8192);
}

/* It keeps the group, and the group's descriptors. */
static void
test_outlives_group(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralSampler) sampler = corral_sampler_new(self->group, CORRAL_SAMPLE_MEMORY_USAGE);
    CorralSample sample;
    g_autoptr(CorralSample) copy = NULL;

    g_clear_object(&self->group);
    put(self, "memory/g/memory.usage_in_bytes", "memory.current", "4096\n");
    g_assert_true(corral_sampler_read(sampler, &sample, NULL));
    copy = corral_sample_copy(&sample);
    g_assert_cmpuint(copy->memory_usage, ==, 4096);

    self->group = corral_group_open(self->host, "g", BIT(CPU), NULL);
}

int
main(int argc, char **argv)
{
    static const char *const hosts[] = {"legacy", "unified"};
    static const struct {
        const char *name;
        void (*test)(Fixture *self, gconstpointer like);
    } tests[] = {
        {"values", test_values},
        {"not-to-be-had", test_not_to_be_had},
        {"nothing-asked", test_nothing_asked},
        {"nonsense", test_nonsense},
        {"outlives-group", test_outlives_group},
    };
    gsize h, i;

    g_test_init(&argc, &argv, NULL);

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        for (i = 0; i < G_N_ELEMENTS(tests); i++) {
            g_autofree char *path = g_strdup_printf("/sampler/%s/%s", hosts[h], tests[i].name);

            g_test_add(path, Fixture, hosts[h], set_up, tests[i].test, tear_down);
        }
    }

    return g_test_run();
}
