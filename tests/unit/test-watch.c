/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sources of events on a machine that is not there: files are written as the
 * kernel would, and eventfds are added to by the numbers that were registered.
 */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "event-log.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define LEGACY "/sys/fs/cgroup/memory/g/"
#define UNIFIED "/sys/fs/cgroup/g/"

typedef GSource *(*MakeSource)(CorralGroup *group, GError **error);

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group;
    EventLog log;
} Bed;

static void
bed_init(Bed *bed, const char *like, CorralControllers controllers)
{
    g_autoptr(GError) error = NULL;

    bed->fake = fake_cgroup_new(like);
    bed->host = fake_cgroup_open_host(bed->fake, CORRAL_HOST_NONE);
    bed->group = corral_group_make(bed->host, "g", controllers, CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    event_log_init(&bed->log);
}

static void
bed_clear(Bed *bed)
{
    event_log_clear(&bed->log);
    g_object_unref(bed->group);
    g_object_unref(bed->host);
    fake_cgroup_free(bed->fake);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bed, bed_clear)

static GSource *
watch(Bed *bed, MakeSource make)
{
    g_autoptr(GError) error = NULL;
    GSource *source = make(bed->group, &error);

    g_assert_no_error(error);
    return event_log_attach(&bed->log, source);
}

/* ---- the unified interface ---- */

static void
test_unified_oom(void)
{
    g_auto(Bed) bed = {0};
    g_autoptr(GSource) source = NULL;

    bed_init(&bed, "unified", BIT(MEMORY));
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "max 9\noom 5\noom_kill 2\n");
    source = corral_group_oom_source_new(bed.group, NULL);
    g_assert_nonnull(source);

    /* Before it is attached, and after. */
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "max 9\noom 6\noom_kill 2\n");
    event_log_attach(&bed.log, g_source_ref(source));
    event_log_expect(&bed.log, "oom 1\n");

    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "max 9\noom 6\noom_kill 5\n");
    event_log_expect(&bed.log, "oom-kill 3\n");
    g_assert_cmpuint(bed.log.value, ==, 5);

    /* Awake for nothing, and set back. */
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "max 10\noom 6\noom_kill 5\n");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "max 0\noom 0\noom_kill 0\n");
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "max 0\noom 1\noom_kill 1\n");
    event_log_expect(&bed.log, "oom 1\noom-kill 1\n");

    fake_cgroup_rmdir(bed.fake, UNIFIED);
    event_log_expect(&bed.log, "gone 1\n");
    g_assert_true(g_source_is_destroyed(source));
}

/* A child's limit is not the group's own. */
static void
test_unified_own(void)
{
    g_auto(Bed) bed = {0};

    bed_init(&bed, "unified", BIT(MEMORY));
    fake_cgroup_put(bed.fake, UNIFIED "memory.events.local", "high 0\nmax 0\n");
    watch(&bed, corral_group_limit_source_new);
    watch(&bed, corral_group_high_source_new);
    event_log_expect(&bed.log, "");

    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "high 7\nmax 7\n");
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events.local", "high 0\nmax 2\n");
    event_log_expect(&bed.log, "limit 2\n");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events.local", "high 1\nmax 2\n");
    event_log_expect(&bed.log, "high 1\n");

    fake_cgroup_rmdir(bed.fake, UNIFIED);
    event_log_expect(&bed.log, "gone 1\ngone 1\n");
}

/* Before Linux 5.2. */
static void
test_unified_without_own(void)
{
    g_auto(Bed) bed = {0};

    bed_init(&bed, "unified", BIT(MEMORY));
    watch(&bed, corral_group_limit_source_new);
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "high 7\nmax 7\n");
    event_log_expect(&bed.log, "limit 7\n");
}

static void
test_unified_usage(void)
{
    g_auto(Bed) bed = {0};
    g_autoptr(GError) error = NULL;
    GSource *source;

    bed_init(&bed, "unified", BIT(MEMORY));
    fake_cgroup_put(bed.fake, UNIFIED "memory.current", "4096\n");
    source = corral_group_usage_source_new(bed.group, 8192, &error);
    g_assert_no_error(error);
    event_log_attach(&bed.log, source);
    event_log_expect(&bed.log, "");

    fake_cgroup_put(bed.fake, UNIFIED "memory.current", "8192\n");
    event_log_expect(&bed.log, "usage 1\n");
    g_assert_cmpuint(bed.log.value, ==, 8192);
    fake_cgroup_put(bed.fake, UNIFIED "memory.current", "8191\n");
    event_log_expect(&bed.log, "usage 1\n");
    g_assert_cmpuint(bed.log.value, ==, 8191);
    fake_cgroup_rmdir(bed.fake, UNIFIED);
    event_log_expect(&bed.log, "gone 1\n");
}

static void
test_unified_populated(void)
{
    g_auto(Bed) bed = {0};

    bed_init(&bed, "hybrid", BIT(MEMORY) | BIT(CORE));
    watch(&bed, corral_group_populated_source_new);
    event_log_expect(&bed.log, "empty 1\n");
    fake_cgroup_put(bed.fake, "/sys/fs/cgroup/unified/g/cgroup.events", "populated 1\nfrozen 0\n");
    event_log_expect(&bed.log, "populated 1\n");
    fake_cgroup_put(bed.fake, "/sys/fs/cgroup/unified/g/cgroup.events", "populated 1\nfrozen 1\n");
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, "/sys/fs/cgroup/unified/g/cgroup.events", "populated 0\nfrozen 0\n");
    event_log_expect(&bed.log, "empty 1\n");
    fake_cgroup_rmdir(bed.fake, "/sys/fs/cgroup/unified/g");
    event_log_expect(&bed.log, "gone 1\n");
}

/* Somebody takes the controller away, and brings it back. */
static void
test_unified_controller_lost(void)
{
    g_auto(Bed) bed = {0};
    g_autofree char *name = NULL;

    bed_init(&bed, "unified", BIT(MEMORY));
    name = g_build_filename(fake_cgroup_get_root(bed.fake), UNIFIED "memory.events", NULL);
    watch(&bed, corral_group_oom_source_new);
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "oom 1\noom_kill 0\n");
    event_log_expect(&bed.log, "oom 1\n");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "oom 1\noom_kill nonsense\n");
    event_log_expect(&bed.log, "");
    g_assert_cmpint(g_unlink(name), ==, 0);
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "oom 2\noom_kill 0\n");
    event_log_expect(&bed.log, "oom 1\n");
}

/* ---- the legacy interface ---- */

/* The eventfd that was registered last, and with which arguments. */
static int
registered(Bed *bed, const char **arguments)
{
    static char text[128];
    g_autofree char *written = fake_cgroup_read(bed->fake, LEGACY "cgroup.event_control");
    g_auto(GStrv) words = g_strsplit(written, " ", 3);
    guint64 fd;

    g_assert_cmpuint(g_strv_length(words), >=, 2);
    g_assert_true(g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXINT, &fd, NULL));
    g_strlcpy(text, words[2] ? words[2] : "", sizeof(text));
    if (arguments)
        *arguments = text;
    return fd;
}

static void
test_legacy_oom(void)
{
    g_auto(Bed) bed = {0};
    int fd;

    bed_init(&bed, "legacy", BIT(MEMORY));
    fake_cgroup_mkdir(bed.fake, LEGACY "below");
    fake_cgroup_put(bed.fake, LEGACY "below/memory.oom_control", "under_oom 0\noom_kill 4\n");
    watch(&bed, corral_group_oom_source_new);
    fd = registered(&bed, NULL);
    event_log_expect(&bed.log, "");

    /* The kill comes later, in a group below, and wakes nobody. */
    g_assert_cmpint(eventfd_write(fd, 1), ==, 0);
    event_log_expect(&bed.log, "oom 1\n");
    fake_cgroup_put(bed.fake, LEGACY "below/memory.oom_control", "under_oom 0\noom_kill 6\n");
    event_log_expect(&bed.log, "oom-kill 2\n");
    g_assert_cmpuint(bed.log.value, ==, 6);

    /* One of the whole machine's. */
    fake_cgroup_put(bed.fake, LEGACY "memory.oom_control", "under_oom 0\noom_kill 1\n");
    event_log_expect(&bed.log, "oom-kill 1\n");

    /* What is removed takes its number along. */
    fake_cgroup_rmdir(bed.fake, LEGACY "below");
    g_assert_cmpint(eventfd_write(fd, 2), ==, 0);
    event_log_expect(&bed.log, "oom 2\n");
    fake_cgroup_put(bed.fake, LEGACY "memory.oom_control", "under_oom 0\noom_kill 2\n");
    event_log_expect(&bed.log, "oom-kill 1\n");

    /* The kernel wakes once more when the group goes. */
    fake_cgroup_rmdir(bed.fake, LEGACY);
    g_assert_cmpint(eventfd_write(fd, 1), ==, 0);
    event_log_expect(&bed.log, "gone 1\n");
}

static void
test_legacy_oom_and_gone(void)
{
    g_auto(Bed) bed = {0};
    int fd;

    bed_init(&bed, "legacy", BIT(MEMORY));
    watch(&bed, corral_group_oom_source_new);
    fd = registered(&bed, NULL);
    g_assert_cmpint(eventfd_write(fd, 1), ==, 0);
    fake_cgroup_rmdir(bed.fake, LEGACY);
    g_assert_cmpint(eventfd_write(fd, 1), ==, 0);
    event_log_expect(&bed.log, "oom 1\ngone 1\n");
}

static void
test_legacy_limit(void)
{
    g_auto(Bed) bed = {0};
    const char *arguments;
    int fd;

    bed_init(&bed, "legacy", BIT(MEMORY));
    fake_cgroup_put(bed.fake, LEGACY "memory.failcnt", "3\n");
    watch(&bed, corral_group_limit_source_new);
    fd = registered(&bed, &arguments);
    g_assert_cmpstr(arguments, ==, "low,local");
    event_log_expect(&bed.log, "");

    g_assert_cmpint(eventfd_write(fd, 5), ==, 0);
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, LEGACY "memory.failcnt", "5\n");
    g_assert_cmpint(eventfd_write(fd, 5), ==, 0);
    event_log_expect(&bed.log, "limit 2\n");
    g_assert_cmpuint(bed.log.value, ==, 5);
    /* Too little for the kernel to tell. */
    fake_cgroup_put(bed.fake, LEGACY "memory.failcnt", "6\n");
    event_log_expect(&bed.log, "limit 1\n");

    fake_cgroup_rmdir(bed.fake, LEGACY);
    g_assert_cmpint(eventfd_write(fd, 1), ==, 0);
    event_log_expect(&bed.log, "gone 1\n");
}

/* A kernel without memory.pressure_level, or one that refuses. */
static void
test_legacy_limit_by_clock(void)
{
    g_auto(Bed) bed = {0};

    bed_init(&bed, "legacy", BIT(MEMORY));
    fake_cgroup_fail(bed.fake, FAKE_WRITE, 0, EINVAL);
    watch(&bed, corral_group_limit_source_new);
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, LEGACY "memory.failcnt", "1\n");
    event_log_expect(&bed.log, "limit 1\n");
    fake_cgroup_rmdir(bed.fake, LEGACY);
    event_log_expect(&bed.log, "gone 1\n");
}

static void
test_legacy_usage(void)
{
    g_auto(Bed) bed = {0};
    const char *arguments;
    int fd;

    bed_init(&bed, "legacy", BIT(MEMORY));
    event_log_attach(&bed.log, corral_group_usage_source_new(bed.group, 8192, NULL));
    fd = registered(&bed, &arguments);
    g_assert_cmpstr(arguments, ==, "8192");
    fake_cgroup_put(bed.fake, LEGACY "memory.usage_in_bytes", "12288\n");
    event_log_expect(&bed.log, "");
    g_assert_cmpint(eventfd_write(fd, 3), ==, 0);
    event_log_expect(&bed.log, "usage 3\n");
    g_assert_cmpuint(bed.log.value, ==, 12288);

    fake_cgroup_rmdir(bed.fake, LEGACY);
    g_assert_cmpint(eventfd_write(fd, 1), ==, 0);
    event_log_expect(&bed.log, "gone 1\n");
}

static void
test_legacy_level(void)
{
    static const char *const names[] = {"low,hierarchy", "medium,hierarchy", "critical,hierarchy"};
    g_auto(Bed) bed = {0};
    int fd[G_N_ELEMENTS(names)];
    gsize i;

    bed_init(&bed, "legacy", BIT(MEMORY));
    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *arguments;

        event_log_attach(&bed.log, corral_group_level_source_new(bed.group, i, NULL));
        fd[i] = registered(&bed, &arguments);
        g_assert_cmpstr(arguments, ==, names[i]);
    }
    event_log_expect(&bed.log, "");
    g_assert_cmpint(eventfd_write(fd[1], 2), ==, 0);
    event_log_expect(&bed.log, "pressure 2\n");
    fake_cgroup_rmdir(bed.fake, LEGACY);
    for (i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_cmpint(eventfd_write(fd[i], 1), ==, 0);
    event_log_expect(&bed.log, "gone 1\ngone 1\ngone 1\n");
}

static void
test_legacy_populated(void)
{
    g_auto(Bed) bed = {0};
    g_autofree char *line = NULL;
    pid_t pid;

    bed_init(&bed, "legacy", BIT(MEMORY));
    fake_cgroup_mkdir(bed.fake, LEGACY "below");
    watch(&bed, corral_group_populated_source_new);
    event_log_expect(&bed.log, "empty 1\n");

    /* In a group below; its end is told at once, while it may be listed for a while. */
    pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    line = g_strdup_printf("%d\n", (int)pid);
    fake_cgroup_put(bed.fake, LEGACY "below/cgroup.procs", line);
    event_log_expect(&bed.log, "populated 1\n");
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, LEGACY "below/cgroup.procs", "");
    event_log_expect(&bed.log, "empty 1\n");
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);

    /* One that cannot be named here is one all the same. */
    fake_cgroup_put(bed.fake, LEGACY "cgroup.procs", "0\n");
    event_log_expect(&bed.log, "populated 1\n");
    fake_cgroup_put(bed.fake, LEGACY "cgroup.procs", "");
    event_log_expect(&bed.log, "empty 1\n");

    fake_cgroup_rmdir(bed.fake, LEGACY "below");
    fake_cgroup_rmdir(bed.fake, LEGACY);
    event_log_expect(&bed.log, "gone 1\n");
}

/* ---- children ---- */

static void
test_children(void)
{
    g_auto(Bed) bed = {0};

    bed_init(&bed, "hybrid", BIT(CPU) | BIT(MEMORY));
    fake_cgroup_mkdir(bed.fake, LEGACY "old");
    watch(&bed, corral_group_children_source_new);
    fake_cgroup_mkdir(bed.fake, LEGACY "early");
    event_log_expect(&bed.log, "appeared 1 early\nappeared 1 old\n");

    /* There as soon as it is anywhere, and until it is nowhere. */
    fake_cgroup_mkdir(bed.fake, "/sys/fs/cgroup/cpu/g/new");
    event_log_expect(&bed.log, "appeared 1 new\n");
    fake_cgroup_mkdir(bed.fake, LEGACY "new");
    event_log_expect(&bed.log, "");
    fake_cgroup_rmdir(bed.fake, "/sys/fs/cgroup/cpu/g/new");
    event_log_expect(&bed.log, "");
    fake_cgroup_rmdir(bed.fake, LEGACY "new");
    event_log_expect(&bed.log, "disappeared 1 new\n");

    /* Made again, it is another one. */
    fake_cgroup_rmdir(bed.fake, LEGACY "old");
    fake_cgroup_mkdir(bed.fake, LEGACY "another");
    fake_cgroup_mkdir(bed.fake, LEGACY "old");
    event_log_expect(&bed.log, "disappeared 1 old\nappeared 1 another\nappeared 1 old\n");

    /* What is below them is none of ours, and files are no groups. */
    fake_cgroup_mkdir(bed.fake, LEGACY "old/deeper");
    fake_cgroup_put(bed.fake, LEGACY "file", "");
    event_log_expect(&bed.log, "");

    fake_cgroup_rmdir(bed.fake, LEGACY "old/deeper");
    fake_cgroup_rmdir(bed.fake, LEGACY "old");
    fake_cgroup_rmdir(bed.fake, LEGACY "early");
    fake_cgroup_rmdir(bed.fake, LEGACY "another");
    fake_cgroup_rmdir(bed.fake, LEGACY);
    event_log_expect(&bed.log, "disappeared 1 another\ndisappeared 1 early\ndisappeared 1 old\n");
    fake_cgroup_rmdir(bed.fake, "/sys/fs/cgroup/cpu/g");
    event_log_expect(&bed.log, "gone 1\n");
}

/* More changes elsewhere than the kernel keeps (fs.inotify.max_queued_events). */
static void
test_overflow(void)
{
    g_auto(Bed) bed = {0};
    g_autoptr(CorralGroup) busy = NULL;
    g_autofree char *limit = NULL;
    g_autofree char *dir = NULL;
    guint64 most;
    guint64 i;

    g_assert_true(
        g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &limit, NULL, NULL));
    most = g_ascii_strtoull(limit, NULL, 10);
    if (most > 100000) {
        g_test_skip("the kernel keeps very many events here");
        return;
    }

    bed_init(&bed, "unified", BIT(MEMORY));
    dir = g_build_filename(fake_cgroup_get_root(bed.fake), "/sys/fs/cgroup/busy/churn", NULL);
    busy = corral_group_make(bed.host, "busy", BIT(MEMORY), CORRAL_MAKE_NEW, NULL);
    event_log_attach(&bed.log, corral_group_children_source_new(busy, NULL));
    watch(&bed, corral_group_children_source_new);
    watch(&bed, corral_group_oom_source_new);
    event_log_expect(&bed.log, "");
    for (i = 0; i <= most / 2; i++) {
        g_assert_cmpint(g_mkdir(dir, 0755), ==, 0);
        g_assert_cmpint(g_rmdir(dir), ==, 0);
    }
    fake_cgroup_mkdir(bed.fake, UNIFIED "last");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "oom 1\noom_kill 0\n");
    event_log_expect(&bed.log, "appeared 1 last\noom 1\n");
}

/* ---- what holds for all ---- */

static const struct {
    const char *name;
    MakeSource make;
    gboolean legacy_writes;
} kinds[] = {
    {"oom", corral_group_oom_source_new, TRUE},
    {"limit", corral_group_limit_source_new, TRUE},
    {"populated", corral_group_populated_source_new, FALSE},
    {"children", corral_group_children_source_new, FALSE},
};

static void
test_read_only(void)
{
    static const char *const likes[] = {"legacy", "unified"};
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(likes); h++) {
        g_auto(Bed) bed = {0};
        g_autoptr(CorralHost) reader = NULL;
        g_autoptr(CorralGroup) seen = NULL;

        bed_init(&bed, likes[h], BIT(MEMORY));
        reader = fake_cgroup_open_host(bed.fake, CORRAL_HOST_READ_ONLY);
        seen = corral_group_open(reader, "g", BIT(MEMORY), NULL);
        for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
            g_autoptr(GError) error = NULL;
            g_autoptr(GSource) source = kinds[i].make(seen, &error);

            g_test_message("%s: %s", likes[h], kinds[i].name);
            if (h == 0 && kinds[i].legacy_writes) {
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
                g_assert_null(source);
            } else {
                g_assert_no_error(error);
                g_assert_nonnull(source);
            }
        }
        {
            g_autoptr(GError) error = NULL;

            g_assert_null(corral_group_level_source_new(seen, CORRAL_PRESSURE_LEVEL_LOW, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
        }
    }
}

static void
assert_refused(GSource *source, GError *error, int code)
{
    g_assert_null(source);
    g_assert_error(error, CORRAL_ERROR, code);
    g_error_free(error);
}

static void
test_refused(void)
{
    static const struct {
        CorralPressureResource resource;
        CorralPressureKind kind;
        guint64 stall_us;
        guint64 window_us;
        int code;
    } table[] = {
        {CORRAL_PRESSURE_IRQ + 1, CORRAL_PRESSURE_SOME, 1, 500000, CORRAL_ERROR_RANGE},
        {CORRAL_PRESSURE_CPU, CORRAL_PRESSURE_FULL + 1, 1, 500000, CORRAL_ERROR_RANGE},
        {CORRAL_PRESSURE_CPU, CORRAL_PRESSURE_SOME, 0, 500000, CORRAL_ERROR_RANGE},
        {CORRAL_PRESSURE_CPU, CORRAL_PRESSURE_SOME, 500001, 500000, CORRAL_ERROR_RANGE},
        {CORRAL_PRESSURE_CPU, CORRAL_PRESSURE_SOME, 1, 499999, CORRAL_ERROR_RANGE},
        {CORRAL_PRESSURE_CPU, CORRAL_PRESSURE_SOME, 1, 10000001, CORRAL_ERROR_RANGE},
        {CORRAL_PRESSURE_CPU, CORRAL_PRESSURE_SOME, 1, G_MAXUINT64, CORRAL_ERROR_RANGE},
        {CORRAL_PRESSURE_CPU, CORRAL_PRESSURE_SOME, 1, 500000, CORRAL_ERROR_UNSUPPORTED},
    };
    g_auto(Bed) bed = {0};
    g_autoptr(CorralGroup) without = NULL;
    GError *error = NULL;
    GSource *source;
    gsize i;

    bed_init(&bed, "legacy", BIT(CPU) | BIT(MEMORY));
    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("row %" G_GSIZE_FORMAT, i);
        source = corral_group_pressure_source_new(bed.group, table[i].resource, table[i].kind,
                                                  table[i].stall_us, table[i].window_us, &error);
        assert_refused(source, g_steal_pointer(&error), table[i].code);
        source = corral_host_pressure_source_new(bed.host, table[i].resource, table[i].kind,
                                                 table[i].stall_us, table[i].window_us, &error);
        assert_refused(source, g_steal_pointer(&error), table[i].code);
    }

    source = corral_group_high_source_new(bed.group, &error);
    assert_refused(source, g_steal_pointer(&error), CORRAL_ERROR_UNSUPPORTED);
    source = corral_group_usage_source_new(bed.group, 0, &error);
    assert_refused(source, g_steal_pointer(&error), CORRAL_ERROR_RANGE);
    source = corral_group_usage_source_new(bed.group, (guint64)G_MAXINT64 + 1, &error);
    assert_refused(source, g_steal_pointer(&error), CORRAL_ERROR_RANGE);
    source = corral_group_level_source_new(bed.group, CORRAL_PRESSURE_LEVEL_CRITICAL + 1, &error);
    assert_refused(source, g_steal_pointer(&error), CORRAL_ERROR_RANGE);

    without = corral_group_open(bed.host, "g", BIT(CPU), NULL);
    source = corral_group_oom_source_new(without, &error);
    assert_refused(source, g_steal_pointer(&error), CORRAL_ERROR_NO_CONTROLLER);
    source = corral_group_usage_source_new(without, 1, &error);
    assert_refused(source, g_steal_pointer(&error), CORRAL_ERROR_NO_CONTROLLER);
}

static void
test_vanished(void)
{
    static const char *const likes[] = {"legacy", "unified"};
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(likes); h++) {
        g_auto(Bed) bed = {0};

        bed_init(&bed, likes[h], BIT(MEMORY));
        fake_cgroup_rmdir(bed.fake, h == 0 ? LEGACY : UNIFIED);
        for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
            g_autoptr(GError) error = NULL;

            g_test_message("%s: %s", likes[h], kinds[i].name);
            g_assert_null(kinds[i].make(bed.group, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
        }
    }
}

/* ---- levels of pressure under the unified interface ---- */

static void
test_level_triggers(void)
{
    static const struct {
        CorralPressureLevel level;
        const char *text;
        const char *longer;
    } table[] = {
        {CORRAL_PRESSURE_LEVEL_LOW, "some 70000 1000000", "some 140000 2000000"},
        {CORRAL_PRESSURE_LEVEL_MEDIUM, "some 100000 1000000", "some 200000 2000000"},
        {CORRAL_PRESSURE_LEVEL_CRITICAL, "full 70000 1000000", "full 140000 2000000"},
    };
    g_auto(Bed) bed = {0};
    gsize i;

    bed_init(&bed, "unified", BIT(MEMORY));
    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GSource) one = corral_group_level_source_new(bed.group, table[i].level, NULL);
        g_autofree char *text = fake_cgroup_read(bed.fake, UNIFIED "memory.pressure");
        g_autoptr(GSource) two = NULL;
        g_autofree char *longer = NULL;

        g_assert_nonnull(one);
        g_assert_cmpstr(text, ==, table[i].text);
        /* Without CAP_SYS_RESOURCE. */
        fake_cgroup_fail(bed.fake, FAKE_WRITE, 0, EINVAL);
        two = corral_group_level_source_new(bed.group, table[i].level, NULL);
        g_assert_nonnull(two);
        longer = fake_cgroup_read(bed.fake, UNIFIED "memory.pressure");
        g_assert_cmpstr(longer, ==, table[i].longer);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/watch/unified/oom", test_unified_oom);
    g_test_add_func("/watch/unified/own", test_unified_own);
    g_test_add_func("/watch/unified/without-own", test_unified_without_own);
    g_test_add_func("/watch/unified/usage", test_unified_usage);
    g_test_add_func("/watch/unified/populated", test_unified_populated);
    g_test_add_func("/watch/unified/controller-lost", test_unified_controller_lost);
    g_test_add_func("/watch/legacy/oom", test_legacy_oom);
    g_test_add_func("/watch/legacy/oom-and-gone", test_legacy_oom_and_gone);
    g_test_add_func("/watch/legacy/limit", test_legacy_limit);
    g_test_add_func("/watch/legacy/limit-by-clock", test_legacy_limit_by_clock);
    g_test_add_func("/watch/legacy/usage", test_legacy_usage);
    g_test_add_func("/watch/legacy/level", test_legacy_level);
    g_test_add_func("/watch/legacy/populated", test_legacy_populated);
    g_test_add_func("/watch/children", test_children);
    g_test_add_func("/watch/overflow", test_overflow);
    g_test_add_func("/watch/read-only", test_read_only);
    g_test_add_func("/watch/refused", test_refused);
    g_test_add_func("/watch/vanished", test_vanished);
    g_test_add_func("/watch/level-triggers", test_level_triggers);

    return g_test_run();
}
