/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pressure of groups and of the machine. */
#include <config.h>

#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

static const struct {
    CorralPressureResource resource;
    const char *name;
} resources[] = {
    {CORRAL_PRESSURE_CPU, "cpu"},
    {CORRAL_PRESSURE_MEMORY, "memory"},
    {CORRAL_PRESSURE_IO, "io"},
    {CORRAL_PRESSURE_IRQ, "irq"},
};

static CorralGroup *
make(CorralHost *host, CorralControllers controllers)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(host, "g", controllers, CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

static void
assert_known(const CorralPressure *pressure, guint64 number)
{
    g_assert_cmpfloat(pressure->some_avg10, ==, 1.5);
    g_assert_cmpfloat(pressure->some_avg60, ==, 0);
    g_assert_cmpfloat(pressure->some_avg300, ==, 100);
    g_assert_cmpuint(pressure->some_total_us, ==, number);
    g_assert_cmpfloat(pressure->full_avg10, ==, 0.01);
    g_assert_cmpfloat(pressure->full_avg60, ==, 0.02);
    g_assert_cmpfloat(pressure->full_avg300, ==, 0.03);
    g_assert_cmpuint(pressure->full_total_us, ==, 17);
}

static char *
format(gsize number)
{
    return g_strdup_printf("some avg10=1.50 avg60=0.00 avg300=100.00 total=%" G_GSIZE_FORMAT "\n"
                           "full avg10=0.01 avg60=0.02 avg300=0.03 total=17\n",
                           number);
}

/* Each resource out of its own file, in every unified hierarchy and with any controllers. */
static void
test_group(void)
{
    static const struct {
        const char *like;
        CorralControllers controllers;
        const char *group;
    } hosts[] = {
        {"unified", BIT(CORE), "/sys/fs/cgroup/g"},
        {"unified", BIT(PIDS), "/sys/fs/cgroup/g"},
        {"hybrid", BIT(CPU) | BIT(MEMORY) | BIT(CORE), "/sys/fs/cgroup/unified/g"},
        {"hybrid-memory", BIT(CPU) | BIT(MEMORY), "/sys/fs/cgroup/unified/g"},
    };
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host, hosts[h].controllers);

        for (i = 0; i < G_N_ELEMENTS(resources); i++) {
            g_autofree char *file =
                g_strdup_printf("%s/%s.pressure", hosts[h].group, resources[i].name);
            g_autofree char *text = format(i);

            fake_cgroup_put(fake, file, text);
        }
        for (i = 0; i < G_N_ELEMENTS(resources); i++) {
            CorralPressure pressure;
            g_autoptr(GError) error = NULL;

            g_test_message("%s: %s", hosts[h].like, resources[i].name);
            g_assert_true(
                corral_group_get_pressure(group, resources[i].resource, &pressure, &error));
            g_assert_no_error(error);
            assert_known(&pressure, i);
        }
    }
}

static void
test_host(void)
{
    static const char *const likes[] = {"legacy", "unified"};
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(likes); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(likes[h]);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
        CorralPressure pressure = {.some_total_us = UNTOUCHED};
        g_autoptr(GError) error = NULL;
        g_autofree char *dir = g_build_filename(fake_cgroup_get_root(fake), "proc/pressure", NULL);

        g_assert_false(corral_host_get_pressure(host, CORRAL_PRESSURE_CPU, &pressure, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "/proc/pressure/cpu'"));
        g_clear_error(&error);

        g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
        for (i = 0; i < G_N_ELEMENTS(resources); i++) {
            g_autofree char *file = g_build_filename("/proc/pressure", resources[i].name, NULL);
            g_autofree char *text = format(i);

            fake_cgroup_put(fake, file, text);
            g_assert_true(corral_host_get_pressure(host, resources[i].resource, &pressure, &error));
            g_assert_no_error(error);
            assert_known(&pressure, i);
        }

        pressure.some_total_us = UNTOUCHED;
        fake_cgroup_put(fake, "/proc/pressure/io", "some\n");
        g_assert_false(corral_host_get_pressure(host, CORRAL_PRESSURE_IO, &pressure, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
        g_assert_nonnull(strstr(error->message, "/proc/pressure/io'"));
        g_clear_error(&error);
        g_assert_false(corral_host_get_pressure(host, -1, &pressure, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
        g_assert_cmpuint(pressure.some_total_us, ==, UNTOUCHED);
    }
}

static void
test_legacy(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host, BIT(CPU) | BIT(MEMORY));
    CorralPressure pressure = {.some_total_us = UNTOUCHED};
    g_autoptr(GError) error = NULL;

    g_assert_false(corral_group_get_pressure(group, CORRAL_PRESSURE_MEMORY, &pressure, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "pressure"));
    g_assert_nonnull(strstr(error->message, "/g'"));
    g_assert_cmpuint(pressure.some_total_us, ==, UNTOUCHED);
}

static void
test_cannot(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host, BIT(CPU));
    CorralPressure pressure = {.some_total_us = UNTOUCHED};
    g_autoptr(GError) error = NULL;

    /* A kernel that does not account for interrupts. */
    g_assert_false(corral_group_get_pressure(group, CORRAL_PRESSURE_IRQ, &pressure, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "/irq.pressure'"));
    g_clear_error(&error);

    g_assert_false(corral_group_get_pressure(group, CORRAL_PRESSURE_IRQ + 1, &pressure, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
    g_clear_error(&error);

    fake_cgroup_put(fake, "/sys/fs/cgroup/g/cpu.pressure", "some avg10=0.00\n");
    g_assert_false(corral_group_get_pressure(group, CORRAL_PRESSURE_CPU, &pressure, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "/cpu.pressure'"));
    g_clear_error(&error);

    fake_cgroup_rmdir(fake, "/sys/fs/cgroup/g");
    g_assert_false(corral_group_get_pressure(group, CORRAL_PRESSURE_CPU, &pressure, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_cmpuint(pressure.some_total_us, ==, UNTOUCHED);
}

static void
test_boxed(void)
{
    CorralPressure pressure = {.full_total_us = 5};
    g_autoptr(CorralPressure) copy = g_boxed_copy(CORRAL_TYPE_PRESSURE, &pressure);

    g_assert_cmpuint(copy->full_total_us, ==, 5);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/pressure/group", test_group);
    g_test_add_func("/pressure/host", test_host);
    g_test_add_func("/pressure/legacy", test_legacy);
    g_test_add_func("/pressure/cannot", test_cannot);
    g_test_add_func("/pressure/boxed", test_boxed);

    return g_test_run();
}
