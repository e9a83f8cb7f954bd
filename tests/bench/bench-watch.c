/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long it takes from what happens to a group until the callback hears of it:
 * median and 95th percentile for each kind of event, on the interface that serves
 * it here.
 *
 *   bench-watch [ROUNDS]      default 40
 *
 * What happens is an act of this process (mkdir, rmdir, kill), timed when the
 * call begins, or of a child that writes down when it touched each MiB.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "corral.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define MIB (1 << 20)
#define LIMIT_MIB 32
#define USED_MIB 64
#define PATIENCE_S 20

/* What the child writes down, in a page that both see. */
typedef struct {
    gint64 touched[USED_MIB]; /* when, in microseconds; 0: not yet */
} Diary;

static CorralHost *host;
static char *path;
static Diary *diary;

static void
die(const char *what, const GError *error)
{
    fprintf(stderr, "bench-watch: %s: %s\n", what, error ? error->message : g_strerror(errno));
    exit(1);
}

/* ---- waiting for one kind of event ---- */

typedef struct {
    GMainContext *context;
    CorralEventType type;
    gint64 at; /* when the first of it came; 0: not yet */
} Wait;

static gboolean
hear(CorralGroup *group G_GNUC_UNUSED, const CorralEvent *event, gpointer data)
{
    Wait *wait = data;

    if (event->type == wait->type && wait->at == 0)
        wait->at = g_get_monotonic_time();
    return G_SOURCE_CONTINUE;
}

static gboolean
give_up(gpointer data G_GNUC_UNUSED)
{
    die("an event did not come", NULL);
    return G_SOURCE_REMOVE;
}

static void
wait_init(Wait *self, GSource *source, CorralEventType type)
{
    g_autoptr(GSource) deadline = g_timeout_source_new_seconds(PATIENCE_S);

    *self = (Wait){g_main_context_new(), type, 0};
    g_source_set_callback(deadline, give_up, NULL, NULL);
    g_source_attach(deadline, self->context);
    g_source_set_callback(source, G_SOURCE_FUNC(hear), self, NULL);
    g_source_attach(source, self->context);
    g_source_unref(source);
    while (g_main_context_iteration(self->context, FALSE))
        ;
    self->at = 0;
}

static gint64
wait_for(Wait *self)
{
    while (self->at == 0)
        g_main_context_iteration(self->context, TRUE);
    g_main_context_unref(self->context);
    return self->at;
}

/* ---- groups and children ---- */

static CorralGroup *
make(const char *name, CorralControllers controllers)
{
    g_autofree char *full = name ? g_strconcat(path, "/", name, NULL) : g_strdup(path);
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(host, full, controllers, CORRAL_MAKE_NONE, &error);

    if (!group)
        die(full, error);
    return group;
}

static void
drop(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;

    if (!corral_group_remove(group, 10000, &error))
        die(corral_group_get_path(group), error);
    g_object_unref(group);
}

static void
put_score(void)
{
    FILE *file = fopen("/proc/self/oom_score_adj", "we");

    if (!file || fputs("1000", file) < 0 || fclose(file) != 0)
        _exit(1);
}

/* Waits for a byte, and then touches memory if it is to. */
static pid_t
start(CorralGroup *group, gboolean touch, int *go)
{
    g_autoptr(GError) error = NULL;
    int ends[2];
    pid_t pid;
    char byte;
    int i;

    if (pipe(ends) < 0)
        die("pipe", NULL);
    memset(diary, 0, sizeof(*diary));
    pid = fork();
    if (pid < 0)
        die("fork", NULL);
    if (pid == 0) {
        char *area;

        close(ends[1]);
        put_score();
        (void)!read(ends[0], &byte, 1);
        area = mmap(NULL, USED_MIB * MIB, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        for (i = 0; touch && i < USED_MIB; i++) {
            memset(area + (gsize)i * MIB, 1, MIB);
            diary->touched[i] = g_get_monotonic_time();
        }
        pause();
        _exit(0);
    }
    close(ends[0]);
    *go = ends[1];
    if (group && !corral_group_attach_process(group, pid, &error))
        die("attach", error);
    return pid;
}

static void
end(pid_t pid, int go)
{
    kill(pid, SIGKILL);
    close(go);
    waitpid(pid, NULL, 0);
}

/* When the last MiB before the end was there. */
static gint64
last_touched(void)
{
    gint64 last = 0;
    int i;

    for (i = 0; i < USED_MIB && diary->touched[i]; i++)
        last = diary->touched[i];
    return last;
}

/* ---- what is measured: each returns a latency in microseconds ---- */

static GSource *
check(GSource *source, const GError *error)
{
    if (!source)
        die("source", error);
    return source;
}

static gint64
measure_appeared(CorralController controller)
{
    CorralGroup *group = make(NULL, CORRAL_CONTROLLER_BIT(controller));
    g_autoptr(GError) error = NULL;
    CorralGroup *child;
    Wait wait;
    gint64 start_at;

    wait_init(&wait, check(corral_group_children_source_new(group, &error), error),
              CORRAL_EVENT_APPEARED);
    start_at = g_get_monotonic_time();
    child = make("child", CORRAL_CONTROLLER_BIT(controller));
    start_at = wait_for(&wait) - start_at;
    g_object_unref(child);
    drop(group);
    return start_at;
}

static gint64
measure_disappeared(CorralController controller)
{
    CorralGroup *group = make(NULL, CORRAL_CONTROLLER_BIT(controller));
    CorralGroup *child = make("child", CORRAL_CONTROLLER_BIT(controller));
    g_autoptr(GError) error = NULL;
    Wait wait;
    gint64 start_at;

    wait_init(&wait, check(corral_group_children_source_new(group, &error), error),
              CORRAL_EVENT_DISAPPEARED);
    start_at = g_get_monotonic_time();
    drop(child);
    start_at = wait_for(&wait) - start_at;
    drop(group);
    return start_at;
}

static gint64
measure_gone(CorralController controller)
{
    CorralGroup *group = make(NULL, CORRAL_CONTROLLER_BIT(controller));
    g_autoptr(GError) error = NULL;
    Wait wait;
    gint64 start_at;

    wait_init(&wait, check(corral_group_populated_source_new(group, &error), error),
              CORRAL_EVENT_GONE);
    start_at = g_get_monotonic_time();
    drop(group);
    return wait_for(&wait) - start_at;
}

static gint64
measure_populated(CorralController controller)
{
    CorralGroup *group = make(NULL, CORRAL_CONTROLLER_BIT(controller));
    g_autoptr(GError) error = NULL;
    Wait wait;
    gint64 start_at;
    int go;
    pid_t pid = start(NULL, FALSE, &go);

    wait_init(&wait, check(corral_group_populated_source_new(group, &error), error),
              CORRAL_EVENT_POPULATED);
    start_at = g_get_monotonic_time();
    if (!corral_group_attach_process(group, pid, &error))
        die("attach", error);
    start_at = wait_for(&wait) - start_at;
    end(pid, go);
    drop(group);
    return start_at;
}

static gint64
measure_empty(CorralController controller)
{
    CorralGroup *group = make(NULL, CORRAL_CONTROLLER_BIT(controller));
    g_autoptr(GError) error = NULL;
    Wait wait;
    gint64 start_at;
    int go;
    pid_t pid = start(group, FALSE, &go);

    wait_init(&wait, check(corral_group_populated_source_new(group, &error), error),
              CORRAL_EVENT_EMPTY);
    start_at = g_get_monotonic_time();
    kill(pid, SIGKILL);
    start_at = wait_for(&wait) - start_at;
    end(pid, go);
    drop(group);
    return start_at;
}

/* Memory: @mib is the one that counts as the cause; 0: the last that could be had. */
static gint64
measure_memory(CorralController controller, GSource *(*watch)(CorralGroup *, GError **),
               CorralEventType type, int mib)
{
    CorralGroup *group = make(NULL, CORRAL_CONTROLLER_BIT(controller));
    g_autoptr(GError) error = NULL;
    Wait wait;
    gint64 at;
    int go;
    pid_t pid;

    if (!corral_group_set_memory_limit(group, LIMIT_MIB * MIB, &error))
        die("limit", error);
    pid = start(group, TRUE, &go);
    wait_init(&wait, check(watch(group, &error), error), type);
    if (write(go, "", 1) != 1)
        die("write", NULL);
    at = wait_for(&wait);
    /* Told before it is written down: less than nothing. */
    while (mib > 0 && diary->touched[mib - 1] == 0)
        g_thread_yield();
    at -= mib > 0 ? diary->touched[mib - 1] : last_touched();
    end(pid, go);
    drop(group);
    return at;
}

static gint64
measure_oom(CorralController controller)
{
    return measure_memory(controller, corral_group_oom_source_new, CORRAL_EVENT_OOM, 0);
}

static gint64
measure_oom_kill(CorralController controller)
{
    return measure_memory(controller, corral_group_oom_source_new, CORRAL_EVENT_OOM_KILL, 0);
}

static gint64
measure_limit(CorralController controller)
{
    return measure_memory(controller, corral_group_limit_source_new, CORRAL_EVENT_LIMIT, 0);
}

static GSource *
watch_usage(CorralGroup *group, GError **error)
{
    return corral_group_usage_source_new(group, LIMIT_MIB / 2 * MIB, error);
}

static gint64
measure_usage(CorralController controller)
{
    return measure_memory(controller, watch_usage, CORRAL_EVENT_USAGE, LIMIT_MIB / 2);
}

static GSource *
watch_level(CorralGroup *group, GError **error)
{
    return corral_group_level_source_new(group, CORRAL_PRESSURE_LEVEL_LOW, error);
}

static gint64
measure_level(CorralController controller)
{
    return measure_memory(controller, watch_level, CORRAL_EVENT_PRESSURE, 0);
}

/* ---- all of them ---- */

static int
compare_times(const void *a, const void *b)
{
    gint64 x = *(const gint64 *)a;
    gint64 y = *(const gint64 *)b;

    return (x > y) - (x < y);
}

static void
report(const char *name, CorralController controller, gint64 (*measure)(CorralController),
       int rounds, gboolean legacy)
{
    g_autofree gint64 *times = g_new(gint64, rounds);
    int i;

    for (i = 0; i < rounds; i++)
        times[i] = measure(controller);
    qsort(times, rounds, sizeof(*times), compare_times);
    printf("%-14s %-8s %10.2f %10.2f %8d\n", name, legacy ? "legacy" : "unified",
           (double)(times[(rounds - 1) / 2] + times[rounds / 2]) / 2000,
           (double)times[(rounds * 95 + 99) / 100 - 1] / 1000, rounds);
    fflush(stdout);
}

/* Which interface serves @controller: the legacy one counts what only it has. */
static gboolean
is_legacy(CorralController controller)
{
    g_autofree char *text = corral_host_describe(host);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gsize i;

    for (i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);

        if (g_strv_contains((const char *const *)words, corral_controller_get_name(controller)))
            return strstr(lines[i], "(legacy)") != NULL;
    }
    return FALSE;
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        CorralController controller;
        gint64 (*measure)(CorralController);
        gboolean legacy_only; /* the other would not end here: a quick death has no stalls */
        gboolean slow;        /* looked at once a second under one interface */
    } events[] = {
        {"oom", CORRAL_CONTROLLER_MEMORY, measure_oom, FALSE, FALSE},
        {"oom-kill", CORRAL_CONTROLLER_MEMORY, measure_oom_kill, FALSE, FALSE},
        {"limit", CORRAL_CONTROLLER_MEMORY, measure_limit, FALSE, FALSE},
        {"usage", CORRAL_CONTROLLER_MEMORY, measure_usage, TRUE, FALSE},
        {"level low", CORRAL_CONTROLLER_MEMORY, measure_level, TRUE, FALSE},
        {"populated", CORRAL_CONTROLLER_PIDS, measure_populated, FALSE, TRUE},
        {"empty", CORRAL_CONTROLLER_PIDS, measure_empty, FALSE, FALSE},
        {"appeared", CORRAL_CONTROLLER_PIDS, measure_appeared, FALSE, FALSE},
        {"disappeared", CORRAL_CONTROLLER_PIDS, measure_disappeared, FALSE, FALSE},
        {"gone", CORRAL_CONTROLLER_PIDS, measure_gone, FALSE, FALSE},
        {"populated", CORRAL_CONTROLLER_CORE, measure_populated, FALSE, FALSE},
        {"empty", CORRAL_CONTROLLER_CORE, measure_empty, FALSE, FALSE},
        {"appeared", CORRAL_CONTROLLER_CORE, measure_appeared, FALSE, FALSE},
        {"disappeared", CORRAL_CONTROLLER_CORE, measure_disappeared, FALSE, FALSE},
        {"gone", CORRAL_CONTROLLER_CORE, measure_gone, FALSE, FALSE},
    };
    int rounds = argc == 2 ? g_ascii_strtoll(argv[1], NULL, 10) : 40;
    g_autoptr(GError) error = NULL;
    gsize i;

    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    if (!host || geteuid() != 0) {
        printf("SKIP: %s\n", error ? error->message : "needs root");
        return 77;
    }
    if (rounds < 1)
        return 2;
    path = g_strdup_printf("corral-bench-watch.%d", (int)getpid());
    diary = mmap(NULL, sizeof(*diary), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (diary == MAP_FAILED)
        die("mmap", NULL);

    puts("From the cause to the callback, milliseconds");
    printf("%-14s %-8s %10s %10s %8s\n", "event", "by", "median", "95 %", "rounds");
    for (i = 0; i < G_N_ELEMENTS(events); i++) {
        CorralController controller = events[i].controller;
        gboolean legacy = is_legacy(controller);

        if (!(corral_host_get_controllers(host) & CORRAL_CONTROLLER_BIT(controller)))
            continue;
        /* The same hierarchy as the rows above. */
        if (controller == CORRAL_CONTROLLER_CORE && !is_legacy(CORRAL_CONTROLLER_PIDS))
            continue;
        if (events[i].legacy_only && !legacy)
            continue;
        report(events[i].name, controller, events[i].measure,
               events[i].slow && legacy ? MIN(rounds, 15) : rounds, legacy);
    }

    g_object_unref(host);
    g_free(path);
    return 0;
}
