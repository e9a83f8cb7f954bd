/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of every public call fails in turn.
 *
 * A clean run tells how many there are, what they yield and what they leave.
 * Then each fails by itself, and each with all that come after it, with errors
 * that no caller expects, and reads and writes do less than was asked for.  A
 * call that fails says so in CORRAL_ERROR and names a file or a group, leaves
 * the results as they were and, if a single fault was all, the machine as well.
 * A call that succeeds has done what the clean run did.  No descriptor is lost.
 *
 * Memory that cannot be had is no subject here: GLib ends the process then.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "faulty-kernel.h"
#include "test-faults-calls.h"

#define ALL (~(CorralControllers)0)
#define UNTOUCHED 0x5a

typedef struct {
    const char *like;
    const Call *call;
} Case;

typedef struct {
    gboolean done;
    Results results;
    GError *error;
    char *machine; /* all of its files afterwards */
    guint n_calls;
} Outcome;

static guint n_faults; /* in all */

static void
outcome_clear(Outcome *outcome)
{
    g_free(outcome->results.text);
    g_clear_error(&outcome->error);
    g_free(outcome->machine);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear);

/* ---- the machine ---- */

static void
bed_set_up(Bed *bed, const char *like)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) child = NULL;
    g_autoptr(CorralGroup) on_demand = NULL;
    static const CorralDevice null_device = {CORRAL_DEVICE_TYPE_CHARACTER, 1, 3};

    bed->fake = fake_cgroup_new(like);
    bed->host = fake_cgroup_open_host(bed->fake, CORRAL_HOST_NONE);
    bed->group = corral_group_make(bed->host, "prod/g", ALL, CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    child = corral_group_make(bed->host, "prod/g/c", ALL, CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    on_demand = corral_group_make(bed->host, "od/x", ALL, CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);

    g_assert_true(corral_group_attach_process(bed->group, 4711, NULL));
    g_assert_true(corral_group_attach_process(child, 4714, NULL));
    g_assert_true(corral_group_set_label(bed->group, "owner", "somebody", NULL));
    /* From here to what set-ceiling writes there is no step that lies between. */
    g_assert_true(corral_group_set_cpu_ceiling(bed->group, 50000, 100000, NULL));
    g_assert_true(corral_group_set_cpu_shares(bed->group, 1000, NULL));
    g_assert_true(corral_group_set_memory_limit(bed->group, 128 << 20, NULL));
    /* Leaves a label where the kernel does not tell of exceptions, and a program elsewhere. */
    (void)!corral_group_deny_device(bed->group, &null_device, CORRAL_DEVICE_ACCESS_MKNOD, NULL);

    faulty_kernel_install(fake_cgroup_get_kernel());
}

static void
bed_tear_down(Bed *bed)
{
    g_object_unref(bed->group);
    g_object_unref(bed->host);
    fake_cgroup_free(bed->fake);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
describe_dir(const char *dir, GString *text)
{
    g_autoptr(GDir) stream = g_dir_open(dir, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *entry;
    guint i;

    while (stream && (entry = g_dir_read_name(stream)))
        g_ptr_array_add(names, g_strdup(entry));
    g_ptr_array_sort(names, compare_names);
    for (i = 0; i < names->len; i++) {
        g_autofree char *name = g_build_filename(dir, g_ptr_array_index(names, i), NULL);
        g_autofree char *content = NULL;

        if (g_file_test(name, G_FILE_TEST_IS_DIR))
            describe_dir(name, text);
        else if (g_file_get_contents(name, &content, NULL, NULL))
            g_string_append_printf(text, "%s: %s\n", name, content);
    }
}

/* Below its root, which is another one each time. */
static char *
describe_machine(Bed *bed)
{
    GString *text = g_string_new(NULL);

    describe_dir(fake_cgroup_get_root(bed->fake), text);
    g_string_replace(text, fake_cgroup_get_root(bed->fake), "", 0);
    return g_string_free(text, FALSE);
}

static guint
count_descriptors(void)
{
    g_autoptr(GDir) stream = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(stream))
        n++;
    return n;
}

/* ---- one run ---- */

/* @before is the machine as it is, or NULL for a call that changes nothing. */
static void
run(Bed *bed, const Call *call, guint first, guint n, int errnum, const char *before,
    Outcome *outcome)
{
    guint descriptors = count_descriptors();
    g_autofree char *log = NULL;

    g_free(fake_cgroup_take_log(bed->fake));
    memset(&outcome->results.out, UNTOUCHED, sizeof(outcome->results.out));
    faulty_kernel_arm(first, n, errnum);
    if (call->get)
        outcome->done = call->get(bed->group, outcome->results.out.numbers, &outcome->error);
    else if (call->set)
        outcome->done = call->set(bed->group, call->value, &outcome->error);
    else
        outcome->done = call->call(bed, &outcome->results, &outcome->error);
    outcome->n_calls = faulty_kernel_disarm();
    g_assert_cmpuint(count_descriptors(), ==, descriptors);
    /* To look at all of it takes its time. */
    log = fake_cgroup_take_log(bed->fake);
    if (before)
        outcome->machine = log[0] ? describe_machine(bed) : g_strdup(before);
}

/* Shows the first line that differs, not all of the machine. */
static void
assert_same_machine(const char *found, const char *wanted)
{
    g_auto(GStrv) is = g_strsplit(found ? found : "", "\n", -1);
    g_auto(GStrv) should_be = g_strsplit(wanted ? wanted : "", "\n", -1);
    gsize i;

    for (i = 0; is[i] || should_be[i]; i++) {
        g_assert_cmpstr(is[i], ==, should_be[i]);
        if (!is[i] || !should_be[i])
            return;
    }
}

static void
assert_same(const Outcome *outcome, const Outcome *clean)
{
    g_assert_cmpint(outcome->done, ==, clean->done);
    g_assert_cmpmem(&outcome->results.out, sizeof(outcome->results.out), &clean->results.out,
                    sizeof(clean->results.out));
    g_assert_cmpstr(outcome->results.text, ==, clean->results.text);
    assert_same_machine(outcome->machine, clean->machine);
}

static void
assert_failed_well(const Outcome *outcome)
{
    const char *message;
    gsize i;

    g_assert_nonnull(outcome->error);
    message = outcome->error->message;
    g_assert_true(outcome->error->domain == CORRAL_ERROR);
    if (!strstr(message, "cgroup") && !strstr(message, "/proc") && !strstr(message, "/dev/null") &&
        !strstr(message, "'prod/"))
        g_error("names no file and no group: %s", message);

    g_assert_null(outcome->results.text);
    for (i = 0; i < G_N_ELEMENTS(outcome->results.out.bytes); i++)
        g_assert_cmphex(outcome->results.out.bytes[i], ==, UNTOUCHED);
}

/* What has to be tried again, or goes on where it ended. */
static gboolean
is_no_fault(int errnum)
{
    const char *victim = faulty_kernel_get_victim();

    if (!victim)
        return TRUE;
    if (errnum == FAULTY_KERNEL_SHORT)
        return g_str_equal(victim, "read") || g_str_equal(victim, "pread");

    return errnum == EINTR && (g_str_equal(victim, "read") || g_str_equal(victim, "pread") ||
                               g_str_equal(victim, "write"));
}

static void
judge(const Call *call, const Outcome *outcome, const Outcome *clean, const char *before,
      gboolean single, int errnum)
{
    if (single && is_no_fault(errnum)) {
        assert_same(outcome, clean);
        return;
    }
    if (outcome->done) {
        g_assert_no_error(outcome->error);
        if (!(call->traits & CALL_DIFFERS))
            assert_same(outcome, clean);
        return;
    }

    assert_failed_well(outcome);
    if (single && !(call->traits & CALL_PARTIAL))
        assert_same_machine(outcome->machine, before);
}

/* ---- all of them ---- */

static void
test_call(gconstpointer data)
{
    static const int errnums[] = {ENOMEM, EIO, EINTR, FAULTY_KERNEL_SHORT};
    const Case *self = data;
    const gboolean reads = self->call->traits & CALL_READS;
    g_auto(Outcome) clean = {0};
    g_autofree char *before = NULL;
    gboolean changed;
    Bed bed;
    guint first;
    gsize i, width;

    bed_set_up(&bed, self->like);
    before = reads ? NULL : describe_machine(&bed);
    run(&bed, self->call, 0, 0, 0, before, &clean);
    changed = !reads && !g_str_equal(clean.machine, before);

    for (first = 0; first < clean.n_calls; first++) {
        for (i = 0; i < G_N_ELEMENTS(errnums); i++) {
            for (width = 0; width < 2; width++) {
                const gboolean single = width == 0;
                g_auto(Outcome) outcome = {0};

                /* Interrupted for ever is trying again for ever; EIO is as ENOMEM. */
                if (!single && (errnums[i] == EINTR || errnums[i] == EIO))
                    continue;
                /* A machine is soon read, but slowly made: by turns, unless -m thorough. */
                if (!reads && !g_test_thorough() && (2 * i + width) % 4 != first % 4)
                    continue;
                if (changed) {
                    bed_tear_down(&bed);
                    bed_set_up(&bed, self->like);
                }
                run(&bed, self->call, first, single ? 1 : G_MAXUINT, errnums[i], before, &outcome);
                g_test_message("%s %u%s, %s: %s", faulty_kernel_get_victim(), first,
                               single ? "" : " and all after it",
                               errnums[i] == FAULTY_KERNEL_SHORT ? "short" : g_strerror(errnums[i]),
                               outcome.error ? outcome.error->message : "done");
                judge(self->call, &outcome, &clean, before, single, errnums[i]);
                changed = !reads && !g_str_equal(outcome.machine, before);
                n_faults += faulty_kernel_get_victim() != NULL;
            }
        }
    }

    bed_tear_down(&bed);
}

static void
add_tests(const char *like)
{
    gsize i;

    for (i = 0; i < n_calls; i++) {
        g_autofree char *path = g_strdup_printf("/faults/%s/%s", like, calls[i].name);
        Case *self = g_new(Case, 1);


        *self = (Case){like, &calls[i]};
        g_test_add_data_func_full(path, self, test_call, g_free);
    }
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);

    add_tests("odd-places");
    add_tests("unified");

    status = g_test_run();
    g_print("# %u faults\n", n_faults);
    return status;
}
