/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library on the kernel we run on, whichever interface serves what.: groups, their
 * members, and their end.
 */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"

static void
test_born(void)
{
    g_autoptr(CorralGroup) group = bed_make("born/web/g", BED_GUEST);
    g_autoptr(CorralGroup) emulator = bed_make_child(group, "emulator");
    g_auto(GStrv) entrances = corral_group_list_entrances(group, emulator);
    BedProcess process = bed_start("--threads", entrances);
    g_autofree char *first = bed_read_line(&process);
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;
    guint64 bytes = 0;

    bed_assert_where(process.pid, group, emulator);
    bed_assert_where(g_ascii_strtoll(first, NULL, 10), group, emulator);

    ids = corral_group_list_threads(emulator, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ids->len, ==, 3);

    /* It has run all of its life on the group's account. */
    if (corral_group_get_controllers(group) & BED_BIT(MEMORY)) {
        g_assert_true(corral_group_get_memory_usage(group, &bytes, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(bytes, >, 0);
    }

    g_assert_false(corral_group_remove(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_cmpint(bed_end(&process), ==, 0);
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
test_threads(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_GUEST);
    g_autoptr(CorralGroup) emulator = bed_make_child(group, "emulator");
    g_autoptr(CorralGroup) vcpu0 = bed_make_child(group, "vcpu0");
    g_autoptr(CorralGroup) vcpu1 = bed_make_child(group, "vcpu1");
    CorralGroup *vcpu[] = {vcpu0, vcpu1};
    g_auto(GStrv) entrances = corral_group_list_entrances(group, emulator);
    g_auto(GStrv) children = NULL;
    g_autofree char *joined = NULL;
    BedProcess process = bed_start("--threads", entrances);
    g_autoptr(GError) error = NULL;
    int i;

    for (i = 0; i < 2; i++) {
        g_autofree char *line = bed_read_line(&process);
        pid_t tid = g_ascii_strtoll(line, NULL, 10);
        g_autoptr(GArray) ids = NULL;

        g_assert_true(corral_group_attach_thread(vcpu[i], tid, &error));
        g_assert_no_error(error);
        ids = corral_group_list_threads(vcpu[i], &error);
        g_assert_no_error(error);
        g_assert_cmpuint(ids->len, ==, 1);
        g_assert_cmpint(g_array_index(ids, pid_t, 0), ==, tid);
        bed_assert_where(tid, group, vcpu[i]);
    }
    bed_assert_where(process.pid, group, emulator);

    children = corral_group_list_children(group, &error);
    g_assert_no_error(error);
    joined = g_strjoinv(" ", children);
    g_assert_cmpstr(joined, ==, "emulator vcpu0 vcpu1");

    g_assert_true(corral_group_kill(group, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    g_assert_cmpint(WTERMSIG(bed_end(&process)), ==, SIGKILL);
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
test_attach(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_GUEST);
    BedProcess process = bed_start("--threads", NULL);
    g_autofree char *line = bed_read_line(&process);
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;
    pid_t pid = process.pid;

    g_assert_true(corral_group_attach_process(group, pid, &error));
    g_assert_no_error(error);
    bed_assert_where(pid, group, NULL);
    ids = corral_group_list_processes(group, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ids->len, ==, 1);

    g_assert_cmpint(bed_end(&process), ==, 0);
    g_assert_false(corral_group_attach_process(group, pid, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    bed_remove(group);
    bed_assert_nothing_left();
}

/* Below groups that somebody made by hand, with and without cgroup.clone_children. */
static void
test_cpuset(gconstpointer clone_children)
{
    g_autofree char *dir = bed_dir("hand", CORRAL_CONTROLLER_CPUSET);
    g_autofree char *part = NULL;
    g_autoptr(CorralGroup) above = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(CorralGroup) child = NULL;
    g_auto(GStrv) entrances = NULL;
    g_autofree char *line = NULL;
    g_autoptr(GError) error = NULL;
    BedProcess process;

    if (!dir || !bed_is_legacy(dir)) {
        g_test_skip("cpuset is not served by the legacy interface");
        goto clean;
    }

    bed_put(dir, "cgroup.clone_children", clone_children);
    part = g_build_filename(dir, "part", NULL);
    g_assert_cmpint(mkdir(part, 0755), ==, 0);

    group = bed_make("hand/part/g", BED_BIT(CPUSET));
    child = bed_make_child(group, "emulator");
    entrances = corral_group_list_entrances(group, child);
    process = bed_start("--threads", entrances);
    line = bed_read_line(&process);
    bed_assert_where(process.pid, group, child);
    g_assert_cmpint(bed_end(&process), ==, 0);
    bed_remove(group);
    g_assert_cmpint(rmdir(part), ==, 0);

clean:
    if (dir) {
        g_autofree char *full = bed_path("hand");

        above = corral_group_open(bed_get_host(), full, BED_BIT(CPUSET), &error);
        g_assert_no_error(error);
        bed_remove(above);
    }
    bed_assert_nothing_left();
}

static void
test_values(void)
{
    static const struct {
        guint64 shares;
        const char *legacy;
        const char *unified;
    } shares[] = {
        {2, "2", "1"},
        {500, "500", "49"},
        {1024, "1024", "100"},
        {20000, "20000", "1953"},
        {262144, "262144", "10000"},
    };
    g_autofree char *cpu = bed_dir("g", CORRAL_CONTROLLER_CPU);
    g_autofree char *memory = bed_dir("g", CORRAL_CONTROLLER_MEMORY);
    g_autofree char *full = bed_path("g");
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *text = NULL;
    g_autofree char *label = g_strnfill(3000, 'x');
    g_autofree char *read = NULL;
    g_autoptr(GError) error = NULL;
    guint64 value;
    gsize i;

    group = corral_group_open(bed_get_host(), full, BED_GUEST, &error);
    g_assert_no_error(error);

    for (i = 0; cpu && i < G_N_ELEMENTS(shares); i++) {
        g_autofree char *file = bed_get(cpu, bed_is_legacy(cpu) ? "cpu.shares" : "cpu.weight");
        g_autofree char *now = NULL;

        g_assert_nonnull(file);
        g_assert_true(corral_group_set_cpu_shares(group, shares[i].shares, &error));
        g_assert_no_error(error);
        now = bed_get(cpu, bed_is_legacy(cpu) ? "cpu.shares" : "cpu.weight");
        g_assert_cmpstr(now, ==, bed_is_legacy(cpu) ? shares[i].legacy : shares[i].unified);
        g_assert_true(corral_group_get_cpu_shares(group, &value, &error));
        g_assert_cmpuint(value, ==, shares[i].shares);
    }

    if (memory) {
        g_assert_true(corral_group_get_memory_limit(group, &value, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(value, ==, CORRAL_MEMORY_UNLIMITED);
        g_assert_true(corral_group_set_memory_limit(group, 64 << 20, &error));
        g_assert_no_error(error);
        text = bed_get(memory, bed_is_legacy(memory) ? "memory.limit_in_bytes" : "memory.max");
        g_assert_cmpstr(text, ==, "67108864");
        g_assert_true(corral_group_get_memory_limit(group, &value, &error));
        g_assert_cmpuint(value, ==, 64 << 20);
        g_assert_true(corral_group_set_memory_limit(group, CORRAL_MEMORY_UNLIMITED, &error));
        g_assert_true(corral_group_get_memory_limit(group, &value, &error));
        g_assert_cmpuint(value, ==, CORRAL_MEMORY_UNLIMITED);
        /* The most that can be said is as good as none. */
        g_assert_true(corral_group_set_memory_limit(group, G_MAXINT64, &error));
        g_assert_true(corral_group_get_memory_limit(group, &value, &error));
        g_assert_cmpuint(value, ==, CORRAL_MEMORY_UNLIMITED);
    }

    g_assert_true(corral_group_set_label(group, "test", label, &error));
    g_assert_no_error(error);
    read = corral_group_get_label(group, "test", &error);
    g_assert_cmpstr(read, ==, label);

    bed_remove(group);
    bed_assert_nothing_left();
}

/* ---- ceilings, between a parent's and a child's ---- */

typedef struct {
    gint64 quota_us;
    guint64 period_us;
} Ceiling;

static double
ratio(const Ceiling *ceiling)
{
    return (double)ceiling->quota_us / ceiling->period_us;
}

/* The rule of the legacy interface; the unified one lets everybody say what he likes. */
static gboolean
fits(const Ceiling *ceiling, const Ceiling *above, const Ceiling *below)
{
    if (ceiling->quota_us == CORRAL_CPU_UNLIMITED)
        return TRUE;

    return ratio(ceiling) <= ratio(above) && ratio(ceiling) >= ratio(below);
}

static void
assert_ceiling(CorralGroup *group, const Ceiling *wanted)
{
    Ceiling now;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_cpu_ceiling(group, &now.quota_us, &now.period_us, &error));
    g_assert_no_error(error);
    g_assert_cmpint(now.quota_us, ==, wanted->quota_us);
    g_assert_cmpuint(now.period_us, ==, wanted->period_us);
}

/* Every old ceiling to every new one: in force as asked, or refused and the old one untouched. */
static void
test_ceilings(void)
{
    static const gint64 quotas[] = {CORRAL_CPU_UNLIMITED, 25000, 50000, 100000, 200000, 500000};
    static const guint64 periods[] = {25000, 50000, 100000, 1000000};
    static const Ceiling above = {200000, 100000};
    static const Ceiling below = {50000, 100000};
    g_autoptr(CorralGroup) outer = bed_make("c", BED_BIT(CPU));
    g_autoptr(CorralGroup) group = bed_make("c/c", BED_BIT(CPU));
    g_autoptr(CorralGroup) inner = bed_make("c/c/c", BED_BIT(CPU));
    g_autofree char *dir = bed_dir("c", CORRAL_CONTROLLER_CPU);
    gsize n = G_N_ELEMENTS(quotas) * G_N_ELEMENTS(periods);
    guint accepted = 0;
    guint refused = 0;
    gsize from, to;

    g_assert_true(corral_group_set_cpu_ceiling(outer, above.quota_us, above.period_us, NULL));
    g_assert_true(corral_group_set_cpu_ceiling(inner, below.quota_us, below.period_us, NULL));

    for (from = 0; from < n; from++) {
        Ceiling old = {quotas[from / G_N_ELEMENTS(periods)], periods[from % G_N_ELEMENTS(periods)]};

        if (bed_is_legacy(dir) && !fits(&old, &above, &below))
            continue;
        for (to = 0; to < n; to++) {
            Ceiling new = {quotas[to / G_N_ELEMENTS(periods)], periods[to % G_N_ELEMENTS(periods)]};
            gboolean fine = !bed_is_legacy(dir) || fits(&new, &above, &below);
            g_autoptr(GError) error = NULL;

            g_assert_true(corral_group_set_cpu_ceiling(group, old.quota_us, old.period_us, &error));
            g_assert_no_error(error);
            assert_ceiling(group, &old);

            g_test_message("%" G_GINT64_FORMAT "/%" G_GUINT64_FORMAT " to %" G_GINT64_FORMAT
                           "/%" G_GUINT64_FORMAT,
                           old.quota_us, old.period_us, new.quota_us, new.period_us);
            g_assert_cmpint(
                corral_group_set_cpu_ceiling(group, new.quota_us, new.period_us, &error), ==, fine);
            if (fine)
                g_assert_no_error(error);
            else
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
            assert_ceiling(group, fine ? &new : &old);
            if (fine)
                accepted++;
            else
                refused++;
        }
    }
    g_test_message("%u accepted, %u refused", accepted, refused);
    g_assert_cmpuint(accepted, >, 50);
    if (bed_is_legacy(dir))
        g_assert_cmpuint(refused, >, 50);

    bed_remove(outer);
    bed_assert_nothing_left();
}

/* ---- the end of processes and groups ---- */

static void
test_kill(void)
{
    g_autoptr(CorralGroup) group = bed_make("bomb/g", BED_GUEST);
    g_autoptr(CorralGroup) emulator = bed_make_child(group, "emulator");
    g_auto(GStrv) entrances = corral_group_list_entrances(group, emulator);
    BedProcess process = bed_start("--respawn", entrances);
    g_autofree char *line = bed_read_line(&process);
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(line, ==, "ready");
    g_assert_true(corral_group_kill(group, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    ids = corral_group_list_threads(emulator, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ids->len, ==, 0);
    g_assert_cmpint(WTERMSIG(bed_end(&process)), ==, SIGKILL);
    bed_remove(group);
    bed_assert_nothing_left();
}

/* Signalled, and on its way out at best. */
static void
test_remove_waits(void)
{
    int i;

    for (i = 0; i < 20; i++) {
        g_autoptr(CorralGroup) group = bed_make("exit/g", BED_GUEST);
        g_autoptr(CorralGroup) emulator = bed_make_child(group, "emulator");
        g_auto(GStrv) entrances = corral_group_list_entrances(group, emulator);
        BedProcess process = bed_start("--threads", entrances);
        g_autofree char *line = bed_read_line(&process);

        g_assert_cmpint(kill(process.pid, SIGKILL), ==, 0);
        bed_remove(group);
        g_assert_cmpint(WTERMSIG(bed_end(&process)), ==, SIGKILL);
    }
    bed_assert_nothing_left();
}

static void
test_vanished(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_GUEST);
    g_autofree char *full = bed_path("g");
    g_autoptr(CorralGroup) same = corral_group_open(bed_get_host(), full, BED_GUEST, NULL);
    g_autoptr(GError) error = NULL;
    guint64 value;

    bed_remove(group);
    bed_remove(group);
    bed_remove(same);
    bed_assert_nothing_left();

    g_assert_false(corral_group_set_cpu_shares(same, 500, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_nonnull(strstr(error->message, full));
    g_assert_nonnull(strstr(error->message, "': the group was removed"));
    g_assert_null(strstr(error->message, "(deleted)"));
    g_clear_error(&error);
    g_assert_false(corral_group_get_cpu_shares(same, &value, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_null(corral_group_make_threaded(same, "vcpu0", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_attach_process(same, getpid(), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_true(corral_group_kill(same, 0, &error));
    g_assert_no_error(error);
}

/* ---- many at once ---- */

#define STORM_THREADS 8
#define STORM_ROUNDS 200

/* In one partition that nobody made before, so that its levels come and go all the time. */
static gpointer
storm(gpointer data)
{
    int number = GPOINTER_TO_INT(data);
    int round;

    for (round = 0; round < STORM_ROUNDS; round++) {
        g_autofree char *path = g_strdup_printf("storm/eye/g%d", number);
        g_autoptr(CorralGroup) group =
            bed_make(path, BED_BIT(CPU) | BED_BIT(CPUACCT) | BED_BIT(CPUSET) | BED_BIT(PIDS));
        g_autoptr(CorralGroup) child = bed_make_child(group, "vcpu0");

        /* Ready for somebody to be born in, though others may have made the levels above. */
        if (round % 20 == 0) {
            g_auto(GStrv) entrances = corral_group_list_entrances(group, child);
            BedProcess process = bed_start("--threads", entrances);
            g_autofree char *line = bed_read_line(&process);

            bed_assert_where(process.pid, group, child);
            g_assert_cmpint(bed_end(&process), ==, 0);
        }
        bed_remove(group);
    }

    return NULL;
}

static void
test_storm(void)
{
    GThread *threads[STORM_THREADS];
    int i;

    for (i = 0; i < STORM_THREADS; i++)
        threads[i] = g_thread_new("storm", storm, GINT_TO_POINTER(i));
    for (i = 0; i < STORM_THREADS; i++)
        g_thread_join(threads[i]);
    bed_assert_nothing_left();
}

/* All want the same name, and one gets it. */
static gpointer
claim(gpointer data G_GNUC_UNUSED)
{
    g_autofree char *path = bed_path("only/one");
    int won = 0;
    int round;

    for (round = 0; round < STORM_ROUNDS; round++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CorralGroup) group = corral_group_make(
            bed_get_host(), path, BED_BIT(CPU) | BED_BIT(PIDS), CORRAL_MAKE_NEW, &error);

        if (group) {
            won++;
            bed_remove(group);
        } else {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_EXISTS);
        }
    }

    return GINT_TO_POINTER(won);
}

static void
test_claim(void)
{
    GThread *threads[STORM_THREADS];
    int won = 0;
    int i;

    for (i = 0; i < STORM_THREADS; i++)
        threads[i] = g_thread_new("claim", claim, NULL);
    for (i = 0; i < STORM_THREADS; i++)
        won += GPOINTER_TO_INT(g_thread_join(threads[i]));
    g_assert_cmpint(won, >, 0);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/root/born", test_born);
    g_test_add_func("/root/threads", test_threads);
    g_test_add_func("/root/attach", test_attach);
    g_test_add_data_func("/root/cpuset/by-hand", "0", test_cpuset);
    g_test_add_data_func("/root/cpuset/clone-children", "1", test_cpuset);
    g_test_add_func("/root/values", test_values);
    g_test_add_func("/root/ceilings", test_ceilings);
    g_test_add_func("/root/kill", test_kill);
    g_test_add_func("/root/remove-waits", test_remove_waits);
    g_test_add_func("/root/vanished", test_vanished);
    g_test_add_func("/root/storm", test_storm);
    g_test_add_func("/root/claim", test_claim);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
