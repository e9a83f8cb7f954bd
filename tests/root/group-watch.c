/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events on the kernel we run on. */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event-log.h"
#include "kernel-bed.h"

#define MIB ((guint64)1 << 20)
#define LIMIT_MIB 32

/* What the tests of memory have in common: a small group, and a process that is born in it. */
typedef struct {
    CorralGroup *group;
    char *dir;
    BedProcess process;
    EventLog log;
} Small;

static gboolean
small_init(Small *self)
{
    g_auto(GStrv) entrances = NULL;
    g_autofree char *ready = NULL;
    g_autofree char *swap = NULL;
    g_autoptr(GError) error = NULL;

    self->group = bed_make_or_skip("g", CORRAL_CONTROLLER_MEMORY);
    if (!self->group)
        return FALSE;

    self->dir = bed_dir("g", CORRAL_CONTROLLER_MEMORY);
    g_assert_true(corral_group_set_memory_limit(self->group, LIMIT_MIB * MIB, &error));
    g_assert_no_error(error);
    /* Nothing may leave by way of swap. */
    if (bed_is_legacy(self->dir))
        bed_put(self->dir, "memory.swappiness", "0");
    else if ((swap = bed_get(self->dir, "memory.swap.max")))
        bed_put(self->dir, "memory.swap.max", "0");

    entrances = corral_group_list_entrances(self->group, NULL);
    self->process = bed_start("--memory", entrances);
    ready = bed_read_line(&self->process);
    g_assert_cmpstr(ready, ==, "ready");
    event_log_init(&self->log);
    return TRUE;
}

static void
small_use(Small *self, guint mib, gboolean survives)
{
    g_autofree char *line = g_strdup_printf("%u\n", mib);

    g_assert_cmpint(write(self->process.in, line, strlen(line)), ==, strlen(line));
    if (survives) {
        g_autofree char *answer = bed_read_line(&self->process);

        g_assert_cmpuint(g_ascii_strtoull(answer, NULL, 10), ==, mib);
    }
}

static void
small_clear(Small *self)
{
    bed_remove(self->group);
    event_log_clear(&self->log);
    g_object_unref(self->group);
    g_free(self->dir);
}

/* Only the one that asks for too much is killed, and all is told. */
static void
test_oom(void)
{
    Small small;
    g_autoptr(GError) error = NULL;
    GSource *source;

    if (!small_init(&small))
        return;
    source = corral_group_oom_source_new(small.group, &error);
    g_assert_no_error(error);
    event_log_attach(&small.log, source);
    event_log_expect(&small.log, "");

    small_use(&small, LIMIT_MIB / 4, TRUE);
    event_log_expect(&small.log, "");
    small_use(&small, LIMIT_MIB * 2, FALSE);
    event_log_wait(&small.log, "oom ");
    event_log_wait(&small.log, "oom-kill 1\n");
    g_assert_cmpuint(small.log.value, ==, 1);
    g_assert_cmpint(WTERMSIG(bed_end(&small.process)), ==, SIGKILL);

    bed_remove(small.group);
    event_log_wait(&small.log, "gone ");
    event_log_expect(&small.log, "");
    small_clear(&small);
}

/* Between making the source and attaching it. */
static void
test_oom_early(void)
{
    Small small;
    GSource *source;

    if (!small_init(&small))
        return;
    source = corral_group_oom_source_new(small.group, NULL);
    small_use(&small, LIMIT_MIB * 2, FALSE);
    g_assert_cmpint(WTERMSIG(bed_end(&small.process)), ==, SIGKILL);
    event_log_attach(&small.log, source);
    event_log_wait(&small.log, "oom ");
    event_log_wait(&small.log, "oom-kill 1\n");
    g_source_destroy(source);
    small_clear(&small);
}

static void
test_limit(void)
{
    Small small;
    g_autoptr(GError) error = NULL;
    GSource *source;

    if (!small_init(&small))
        return;
    source = corral_group_limit_source_new(small.group, &error);
    g_assert_no_error(error);
    event_log_attach(&small.log, source);
    small_use(&small, LIMIT_MIB / 2, TRUE);
    event_log_expect(&small.log, "");
    small_use(&small, LIMIT_MIB * 2, FALSE);
    event_log_wait(&small.log, "limit ");
    g_assert_cmpuint(small.log.value, >=, 1);
    bed_end(&small.process);
    bed_remove(small.group);
    event_log_wait(&small.log, "gone ");
    small_clear(&small);
}

static void
test_high(void)
{
    Small small;
    g_autoptr(GError) error = NULL;
    GSource *source;

    if (!small_init(&small))
        return;
    source = corral_group_high_source_new(small.group, &error);
    if (bed_is_legacy(small.dir)) {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_null(source);
    } else {
        g_assert_no_error(error);
        event_log_attach(&small.log, source);
        bed_put(small.dir, "memory.high", "8M");
        small_use(&small, 9, FALSE);
        event_log_wait(&small.log, "high ");
        bed_put(small.dir, "memory.high", "max");
        g_source_destroy(source);
    }
    bed_end(&small.process);
    small_clear(&small);
}

static void
test_usage(void)
{
    Small small;
    g_autoptr(GError) error = NULL;
    GSource *source;

    if (!small_init(&small))
        return;
    source = corral_group_usage_source_new(small.group, LIMIT_MIB / 2 * MIB, &error);
    g_assert_no_error(error);
    event_log_attach(&small.log, source);
    small_use(&small, LIMIT_MIB / 4, TRUE);
    event_log_expect(&small.log, "");
    small_use(&small, LIMIT_MIB / 4 * 3, TRUE);
    event_log_wait(&small.log, "usage ");
    g_assert_cmpuint(small.log.value, >=, LIMIT_MIB / 2 * MIB);
    small_use(&small, LIMIT_MIB / 8, TRUE);
    event_log_wait(&small.log, "usage ");
    g_assert_cmpuint(small.log.value, <, LIMIT_MIB / 2 * MIB);
    bed_end(&small.process);
    bed_remove(small.group);
    event_log_expect(&small.log, "gone 1\n");
    small_clear(&small);
}

/* The legacy interface tells of reclaim; the other of stalls, which a quick death has none of. */
static void
test_level(void)
{
    Small small;
    g_autoptr(GError) error = NULL;
    GSource *source;

    if (!small_init(&small))
        return;
    source = corral_group_level_source_new(small.group, CORRAL_PRESSURE_LEVEL_LOW, &error);
    if (!source && g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
        g_test_skip(error->message);
        bed_end(&small.process);
        small_clear(&small);
        return;
    }
    g_assert_no_error(error);
    event_log_attach(&small.log, source);
    event_log_expect(&small.log, "");
    if (bed_is_legacy(small.dir)) {
        small_use(&small, LIMIT_MIB * 2, FALSE);
        event_log_wait(&small.log, "pressure ");
    } else {
        bed_put(small.dir, "memory.high", "8M");
        small_use(&small, 20, FALSE);
        event_log_wait(&small.log, "pressure ");
        bed_put(small.dir, "memory.high", "max");
    }
    bed_end(&small.process);
    bed_remove(small.group);
    event_log_wait(&small.log, "gone ");
    event_log_expect(&small.log, "");
    small_clear(&small);
}

static void
test_populated(gconstpointer data)
{
    CorralController controller = GPOINTER_TO_INT(data);
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", controller);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) entrances = NULL;
    g_auto(EventLog) log = {0};
    BedProcess one, two;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    GSource *source;

    event_log_init(&log);
    if (!group)
        return;
    source = corral_group_populated_source_new(group, &error);
    g_assert_no_error(error);
    event_log_attach(&log, source);
    event_log_expect(&log, "empty 1\n");

    entrances = corral_group_list_entrances(group, NULL);
    one = bed_start("--threads", entrances);
    first = bed_read_line(&one);
    event_log_expect(&log, "populated 1\n");
    two = bed_start("--threads", entrances);
    second = bed_read_line(&two);
    g_assert_cmpint(bed_end(&one), ==, 0);
    event_log_expect(&log, "");
    g_assert_cmpint(bed_end(&two), ==, 0);
    event_log_expect(&log, "empty 1\n");

    bed_remove(group);
    event_log_expect(&log, "gone 1\n");
}

static void
test_children(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_GUEST);
    g_autoptr(CorralGroup) early = bed_make("g/early", BED_GUEST);
    g_autoptr(CorralGroup) late = NULL;
    g_autoptr(CorralGroup) again = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(EventLog) log = {0};
    GSource *source = corral_group_children_source_new(group, &error);

    g_assert_no_error(error);
    event_log_init(&log);
    event_log_attach(&log, source);
    event_log_expect(&log, "appeared 1 early\n");
    late = bed_make("g/late", BED_GUEST);
    event_log_expect(&log, "appeared 1 late\n");
    bed_remove(early);
    event_log_expect(&log, "disappeared 1 early\n");
    bed_remove(late);
    again = bed_make("g/late", BED_GUEST);
    event_log_expect(&log, "disappeared 1 late\nappeared 1 late\n");
    bed_remove(group);
    event_log_expect(&log, "disappeared 1 late\ngone 1\n");
}

#define N_BUSY 4

/* More that want to run than there are CPUs. */
static void
test_pressure(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CORE);
    g_auto(GStrv) entrances = NULL;
    g_auto(EventLog) log = {0};
    g_autoptr(GError) error = NULL;
    guint n = MAX(N_BUSY, g_get_num_processors() * 2);
    g_autofree BedProcess *busy = g_new(BedProcess, n);
    GSource *machine;
    GSource *source;
    CorralPressure pressure;
    guint i;

    event_log_init(&log);
    if (!group)
        return;
    source = corral_group_pressure_source_new(group, CORRAL_PRESSURE_CPU, CORRAL_PRESSURE_SOME,
                                              20000, 2000000, &error);
    if (!source && g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
        g_test_skip(error->message);
        bed_remove(group);
        return;
    }
    g_assert_no_error(error);
    event_log_attach(&log, source);
    event_log_expect(&log, "");

    entrances = corral_group_list_entrances(group, NULL);
    for (i = 0; i < n; i++)
        busy[i] = bed_start("--busy", entrances);
    event_log_wait(&log, "pressure ");
    g_source_destroy(source);

    machine = corral_host_pressure_source_new(bed_get_host(), CORRAL_PRESSURE_CPU,
                                              CORRAL_PRESSURE_SOME, 20000, 2000000, &error);
    g_assert_no_error(error);
    event_log_attach(&log, machine);
    event_log_wait(&log, "pressure ");
    g_source_destroy(machine);

    g_assert_true(corral_group_get_pressure(group, CORRAL_PRESSURE_CPU, &pressure, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(pressure.some_total_us, >, 0);
    g_assert_true(corral_host_get_pressure(bed_get_host(), CORRAL_PRESSURE_CPU, &pressure, &error));
    g_assert_cmpuint(pressure.some_total_us, >, 0);

    for (i = 0; i < n; i++)
        bed_end(&busy[i]);
    g_string_truncate(log.text, 0);

    /* The kernel never stops saying that it is gone. */
    source = corral_group_pressure_source_new(group, CORRAL_PRESSURE_IO, CORRAL_PRESSURE_SOME,
                                              1000000, 2000000, &error);
    g_assert_no_error(error);
    event_log_attach(&log, source);
    event_log_expect(&log, "");
    bed_remove(group);
    event_log_expect(&log, "gone 1\n");
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

typedef GSource *(*MakeSource)(CorralGroup *group, GError **error);

static const MakeSource kinds[] = {
    corral_group_oom_source_new,
    corral_group_limit_source_new,
    corral_group_populated_source_new,
    corral_group_children_source_new,
};

/* A removal ends all of them, and nothing turns in circles. */
static void
test_gone(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_MEMORY);
    g_auto(EventLog) log = {0};
    gsize i;
    guint n;

    event_log_init(&log);
    if (!group)
        return;
    for (i = 0; i < G_N_ELEMENTS(kinds); i++)
        event_log_attach(&log, kinds[i](group, NULL));
    event_log_wait(&log, "empty ");
    bed_remove(group);
    for (i = 0; i < G_N_ELEMENTS(kinds); i++)
        event_log_wait(&log, "gone ");
    event_log_expect(&log, "");
    for (n = 0; n < 100; n++)
        g_assert_false(g_main_context_iteration(log.context, FALSE));

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(kinds[i](group, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    }
}

static void
test_leaks(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_MEMORY);
    g_auto(EventLog) log = {0};
    guint before;
    guint round;
    gsize i;

    event_log_init(&log);
    if (!group)
        return;
    g_source_unref(corral_group_children_source_new(group, NULL));
    event_log_settle(&log);
    before = count_descriptors();
    for (round = 0; round < 1000; round++) {
        for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
            GSource *source = event_log_attach(&log, kinds[i](group, NULL));

            if (round % 2)
                event_log_settle(&log);
            g_source_destroy(source);
        }
    }
    g_assert_cmpuint(count_descriptors(), ==, before);
    bed_remove(group);
}

static void
add_tests(void)
{
    g_test_add_func("/watch/oom", test_oom);
    g_test_add_func("/watch/oom-early", test_oom_early);
    g_test_add_func("/watch/limit", test_limit);
    g_test_add_func("/watch/high", test_high);
    g_test_add_func("/watch/usage", test_usage);
    g_test_add_func("/watch/level", test_level);
    g_test_add_data_func("/watch/populated/pids", GINT_TO_POINTER(CORRAL_CONTROLLER_PIDS),
                         test_populated);
    g_test_add_data_func("/watch/populated/core", GINT_TO_POINTER(CORRAL_CONTROLLER_CORE),
                         test_populated);
    g_test_add_func("/watch/children", test_children);
    g_test_add_func("/watch/pressure", test_pressure);
    g_test_add_func("/watch/gone", test_gone);
    g_test_add_func("/watch/leaks", test_leaks);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
