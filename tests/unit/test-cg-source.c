/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sources on one main context and on several: what holds for all, whatever they watch. */
#include <config.h>

#include "event-log.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
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

static guint
count_descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir))
        n++;
    return n;
}

static const MakeSource kinds[] = {
    corral_group_oom_source_new,
    corral_group_limit_source_new,
    corral_group_populated_source_new,
    corral_group_children_source_new,
};

/* Nothing is left of a thousand, whether they were attached, looked, or neither. */
static void
test_leaks(void)
{
    static const char *const likes[] = {"legacy", "unified", "hybrid"};
    gsize h, i;
    guint round;

    for (h = 0; h < G_N_ELEMENTS(likes); h++) {
        g_auto(Bed) bed = {0};
        guint before;

        bed_init(&bed, likes[h], BIT(MEMORY));
        /* The one for all of them stays. */
        g_source_unref(corral_group_children_source_new(bed.group, NULL));
        event_log_settle(&bed.log);
        before = count_descriptors();
        for (round = 0; round < 1000; round++) {
            for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
                GSource *source = kinds[i](bed.group, NULL);

                g_assert_nonnull(source);
                if (round % 3 == 0) {
                    g_source_unref(source);
                    continue;
                }
                event_log_attach(&bed.log, source);
                if (round % 3 == 1)
                    event_log_settle(&bed.log);
                g_source_destroy(source);
            }
        }
        g_assert_cmpuint(count_descriptors(), ==, before);
        g_assert_cmpuint(G_OBJECT(bed.group)->ref_count, ==, 1);
    }
}

/* Far more than there may be inotify instances. */
static void
test_many(void)
{
    g_auto(Bed) bed = {0};
    guint i;

    bed_init(&bed, "unified", BIT(MEMORY));
    for (i = 0; i < 300; i++)
        watch(&bed, corral_group_oom_source_new);
    event_log_expect(&bed.log, "");
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "oom 1\noom_kill 0\n");
    for (i = 0; i < 300; i++)
        event_log_wait(&bed.log, "oom 1\n");
    event_log_expect(&bed.log, "");
}

/* ---- several contexts ---- */

typedef struct {
    CorralGroup *group;
    GAsyncQueue *ready;
} Share;

static gpointer
watch_in_thread(gpointer data)
{
    Share *share = data;
    g_auto(EventLog) log = {0};
    guint i;

    event_log_init(&log);
    event_log_attach(&log, corral_group_children_source_new(share->group, NULL));
    event_log_attach(&log, corral_group_oom_source_new(share->group, NULL));
    event_log_settle(&log);
    g_async_queue_push(share->ready, share);
    for (i = 0; i < 50; i++) {
        g_autofree char *line = g_strdup_printf("appeared 1 c%u\n", i);

        event_log_wait(&log, line);
        g_async_queue_push(share->ready, share);
    }
    event_log_wait(&log, "oom ");
    event_log_wait(&log, "gone ");
    event_log_wait(&log, "gone ");
    event_log_expect(&log, "");
    return NULL;
}

static void
wait_for_all(Share *share, guint n)
{
    while (n-- > 0)
        g_async_queue_pop(share->ready);
}

/* Each hears of everything, whoever reads the one queue of the kernel's. */
static void
test_contexts(void)
{
    g_auto(Bed) bed = {0};
    GThread *threads[4];
    Share share;
    guint i;

    bed_init(&bed, "unified", BIT(MEMORY));
    share = (Share){bed.group, g_async_queue_new()};
    for (i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("watch", watch_in_thread, &share);
    wait_for_all(&share, G_N_ELEMENTS(threads));

    for (i = 0; i < 50; i++) {
        g_autofree char *name = g_strdup_printf(UNIFIED "c%u", i);

        fake_cgroup_mkdir(bed.fake, name);
        wait_for_all(&share, G_N_ELEMENTS(threads));
    }
    fake_cgroup_put(bed.fake, UNIFIED "memory.events", "oom 1\noom_kill 0\n");
    for (i = 0; i < 50; i++) {
        g_autofree char *name = g_strdup_printf(UNIFIED "c%u", i);

        fake_cgroup_rmdir(bed.fake, name);
    }
    fake_cgroup_rmdir(bed.fake, UNIFIED);
    for (i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_async_queue_unref(share.ready);
}

/* ---- callbacks ---- */

static gboolean
enough(CorralGroup *group, const CorralEvent *event, gpointer log)
{
    event_log_add(group, event, log);
    return G_SOURCE_REMOVE;
}

static gboolean
destroy_it(CorralGroup *group, const CorralEvent *event, gpointer log)
{
    event_log_add(group, event, log);
    g_source_destroy(g_main_current_source());
    return G_SOURCE_CONTINUE;
}

static void
test_callbacks(void)
{
    static const CorralEventFunc callbacks[] = {enough, destroy_it};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(callbacks); i++) {
        g_auto(Bed) bed = {0};
        g_autoptr(GSource) source = NULL;

        bed_init(&bed, "unified", BIT(MEMORY));
        fake_cgroup_mkdir(bed.fake, UNIFIED "a");
        fake_cgroup_mkdir(bed.fake, UNIFIED "b");
        source = corral_group_children_source_new(bed.group, NULL);
        g_source_set_callback(source, G_SOURCE_FUNC(callbacks[i]), &bed.log, NULL);
        g_source_attach(source, bed.log.context);
        event_log_expect(&bed.log, "appeared 1 a\n");
        g_assert_true(g_source_is_destroyed(source));
    }
}

static gboolean
by_closure(CorralGroup *group, CorralEvent *event, gpointer log)
{
    g_assert_true(CORRAL_IS_GROUP(group));
    return event_log_add(group, event, log);
}

static void
test_closure(void)
{
    g_auto(Bed) bed = {0};
    g_autoptr(GSource) source = NULL;

    bed_init(&bed, "unified", BIT(MEMORY));
    source = corral_group_populated_source_new(bed.group, NULL);
    g_source_set_closure(source, g_cclosure_new(G_CALLBACK(by_closure), &bed.log, NULL));
    g_source_attach(source, bed.log.context);
    event_log_expect(&bed.log, "empty 1\n");
    fake_cgroup_put(bed.fake, UNIFIED "cgroup.events", "populated 1\n");
    event_log_expect(&bed.log, "populated 1\n");
}

/* ---- triggers ---- */

/* What the next poll of the file that is open at @fd finds; only once, as the kernel's. */
static int trigger_fd = -1;
static gushort trigger_finds;

static gint
pretend_poll(GPollFD *fds, guint n_fds, gint timeout)
{
    guint i;
    gint n;

    for (i = 0; i < n_fds && trigger_finds == 0; i++)
        ;
    n = g_poll(fds, n_fds, trigger_finds ? 0 : timeout);
    for (i = 0; i < n_fds; i++) {
        if (fds[i].fd != trigger_fd || trigger_finds == 0)
            continue;
        n += fds[i].revents == 0;
        fds[i].revents = trigger_finds & (fds[i].events | G_IO_ERR);
        if (!(trigger_finds & G_IO_ERR))
            trigger_finds = 0;
    }
    return n;
}

/* The descriptor of ours that @name is open at. */
static int
find_descriptor(const char *name)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    const char *entry;

    while ((entry = g_dir_read_name(dir))) {
        g_autofree char *link = g_build_filename("/proc/self/fd", entry, NULL);
        g_autofree char *target = g_file_read_link(link, NULL);

        if (target && g_str_has_suffix(target, name))
            return g_ascii_strtoll(entry, NULL, 10);
    }
    g_assert_not_reached();
}

static gboolean
be_busy(gpointer number)
{
    (*(guint *)number)++;
    return G_SOURCE_REMOVE;
}

/* The kernel forgets a trigger as soon as poll has found it; we do not, whoever comes first. */
static void
test_trigger(void)
{
    g_auto(Bed) bed = {0};
    g_autoptr(GSource) first = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    GSource *source;
    guint turns = 0;

    bed_init(&bed, "unified", BIT(MEMORY));
    source = corral_group_pressure_source_new(bed.group, CORRAL_PRESSURE_MEMORY,
                                              CORRAL_PRESSURE_FULL, 50000, 1000000, &error);
    g_assert_no_error(error);
    text = fake_cgroup_read(bed.fake, UNIFIED "memory.pressure");
    g_assert_cmpstr(text, ==, "full 50000 1000000");
    event_log_attach(&bed.log, source);
    trigger_fd = find_descriptor("/memory.pressure");
    g_main_context_set_poll_func(bed.log.context, pretend_poll);
    event_log_expect(&bed.log, "");

    trigger_finds = G_IO_PRI;
    event_log_expect(&bed.log, "pressure 1\n");

    /* Ready by what it polls, as anything that GLib does not ask before it polls. */
    first = g_timeout_source_new(1);
    g_source_set_priority(first, G_PRIORITY_HIGH);
    g_source_set_callback(first, be_busy, &turns, NULL);
    g_source_attach(first, bed.log.context);
    while (g_get_monotonic_time() < g_source_get_ready_time(first))
        g_thread_yield();
    trigger_finds = G_IO_PRI;
    event_log_expect(&bed.log, "pressure 1\n");
    g_assert_cmpuint(turns, ==, 1);

    /* Removed: it stays ready, and must not keep us busy. */
    fake_cgroup_rmdir(bed.fake, UNIFIED);
    trigger_finds = G_IO_PRI | G_IO_ERR;
    event_log_expect(&bed.log, "gone 1\n");
    trigger_finds = 0;
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/source/leaks", test_leaks);
    g_test_add_func("/source/many", test_many);
    g_test_add_func("/source/contexts", test_contexts);
    g_test_add_func("/source/callbacks", test_callbacks);
    g_test_add_func("/source/closure", test_closure);
    g_test_add_func("/source/trigger", test_trigger);

    return g_test_run();
}
