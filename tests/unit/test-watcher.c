/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events as signals. */
#include <config.h>

#include "event-log.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define UNIFIED "/sys/fs/cgroup/g/"

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

static void
by_signal(CorralWatcher *watcher G_GNUC_UNUSED, CorralGroup *group, CorralEvent *event,
          gpointer log)
{
    event_log_add(group, event, log);
}

static void
test_watcher(void)
{
    g_auto(Bed) bed = {0};
    g_autoptr(GSource) source = NULL;
    g_autoptr(GSource) foreign = g_idle_source_new();
    g_autoptr(CorralWatcher) watcher = NULL;
    g_autoptr(GError) error = NULL;

    bed_init(&bed, "unified", BIT(MEMORY));
    source = corral_group_populated_source_new(bed.group, NULL);
    g_main_context_push_thread_default(bed.log.context);
    watcher = corral_watcher_new(source, &error);
    g_assert_no_error(error);
    g_assert_null(corral_watcher_new(source, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_null(corral_watcher_new(foreign, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_main_context_pop_thread_default(bed.log.context);

    g_signal_connect(watcher, "event", G_CALLBACK(by_signal), &bed.log);
    event_log_expect(&bed.log, "empty 1\n");
    fake_cgroup_put(bed.fake, UNIFIED "cgroup.events", "populated 1\n");
    event_log_expect(&bed.log, "populated 1\n");
    corral_watcher_stop(watcher);
    corral_watcher_stop(watcher);
    g_assert_true(g_source_is_destroyed(source));
    fake_cgroup_put(bed.fake, UNIFIED "cgroup.events", "populated 0\n");
    event_log_expect(&bed.log, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/watcher/event", test_watcher);

    return g_test_run();
}
