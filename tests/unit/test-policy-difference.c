/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a partition has, held against what it is to have. */
#include <config.h>

#include "corral.h"
#include "fake-cgroup.h"
#include "policy-difference.h"
#include "policy-partition.h"
#include "policy-xml.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

#define PIDS CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_PIDS)
#define WANTED                                                                                     \
    (CORRAL_CONTROLLERS_THREADED | CORRAL_CONTROLLERS_MEMORY | CORRAL_CONTROLLERS_IO | PIDS)

#define EVERYTHING                                                                                 \
    "<corral><partition name='/top/a'>"                                                            \
    "<cputune><shares>2048</shares><global_period>50000</global_period>"                           \
    "<global_quota>25000</global_quota></cputune>"                                                 \
    "<memtune><hard_limit unit='GiB'>2</hard_limit><soft_limit unit='GiB'>1</soft_limit>"          \
    "<swap_hard_limit unit='GiB'>3</swap_hard_limit></memtune>"                                    \
    "<blkiotune><weight>200</weight></blkiotune>"                                                  \
    "<numatune><memory mode='strict' nodeset='0'/></numatune>"                                     \
    "<cpuset>0-1</cpuset><pids>500</pids></partition></corral>"

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group;
    Policy *policy;
    const PolicyTerms *terms;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "top/a", WANTED, CORRAL_MAKE_NONE, &error);
    g_assert_no_error(error);
    self->policy = policy_xml_parse(EVERYTHING, "corral.xml", &error);
    g_assert_no_error(error);
    self->terms = g_ptr_array_index(self->policy->terms, 0);
    g_free(fake_cgroup_take_log(self->fake));
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *log = fake_cgroup_take_log(self->fake);

    /* Looking leaves nothing. */
    g_assert_cmpstr(log, ==, "");
    policy_unref(self->policy);
    g_object_unref(self->group);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

/* "WHAT FROM TO", a line each. */
static char *
compare(Fixture *self, const PolicyTerms *terms, gboolean top, const GArray *cpus)
{
    g_autoptr(GPtrArray) found =
        g_ptr_array_new_with_free_func((GDestroyNotify)policy_difference_free);
    GString *text = g_string_new(NULL);
    guint i;

    policy_difference_compare(self->group, "/top/a", terms, top, cpus, found);
    for (i = 0; i < found->len; i++) {
        const PolicyDifference *one = g_ptr_array_index(found, i);

        g_assert_cmpstr(one->partition, ==, "/top/a");
        g_string_append_printf(text, "%s: %s -> %s\n", one->what, one->from, one->to);
    }
    return g_string_free(text, FALSE);
}

/* All that is said, as the driver would set it. */
static void
bring_into_force(Fixture *self)
{
    const guint cpus[] = {0, 1};
    const guint node = 0;
    gboolean done = corral_group_set_cpu_ceiling(self->group, 25000, 50000, NULL) &&
                    corral_group_set_cpu_shares(self->group, 2048, NULL) &&
                    corral_group_set_memory_limits(self->group, 2 * GIB, 3 * GIB, NULL) &&
                    (corral_group_set_memory_soft_limit(self->group, GIB, NULL) ||
                     corral_group_set_memory_high(self->group, GIB, NULL)) &&
                    corral_group_set_io_weight(self->group, 200, NULL) &&
                    corral_group_set_pids_limit(self->group, 500, NULL) &&
                    corral_group_set_cpus(self->group, cpus, G_N_ELEMENTS(cpus), NULL) &&
                    corral_group_set_memory_nodes(self->group, &node, 1, NULL) &&
                    corral_group_set_label(self->group, POLICY_LABEL_TERMS, "yes", NULL) &&
                    corral_group_set_label(self->group, POLICY_LABEL_CPUS, "yes", NULL) &&
                    corral_group_set_label(self->group, POLICY_LABEL_NODES, "yes", NULL);

    g_assert_true(done);
    g_free(fake_cgroup_take_log(self->fake));
}

/* Where the kernel has a set for each group it has all that there is, and else none. */
static char *
expect_all(Fixture *self)
{
    g_autoptr(GArray) cpus = corral_group_get_cpus(self->group, NULL);
    const gboolean own = cpus->len > 0;

    return g_strconcat("cpu quota: none -> 25000\n"
                       "cpu period: 100000 -> 50000\n"
                       "cpu shares: 1024 -> 2048\n"
                       "memory limit: none -> 2 GiB\n"
                       "memory soft limit: none -> 1 GiB\n"
                       "memory and swap limit: none -> 3 GiB\n"
                       "io weight: 100 -> 200\n"
                       "processes: none -> 500\n",
                       own ? "cpus: 0-3 -> 0-1\n" : "cpus: none -> 0-1\n", NULL);
}

static void
test_nothing_yet(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *expected = expect_all(self);
    g_autofree char *got = compare(self, self->terms, FALSE, self->terms->cpus);

    g_assert_cmpstr(got, ==, expected);
}

static void
test_all_there(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *got = NULL;

    bring_into_force(self);
    got = compare(self, self->terms, FALSE, self->terms->cpus);
    g_assert_cmpstr(got, ==, "");
}

/* The one node that there is was never to be written where sets follow. */
static const char *
expect_nodes(Fixture *self)
{
    g_autoptr(GArray) nodes = corral_group_get_memory_nodes(self->group, NULL);

    return nodes->len > 0 ? "memory nodes: 0 -> none\n" : "";
}

static void
test_no_terms_any_more(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *before = compare(self, NULL, FALSE, NULL);
    g_autofree char *after = NULL;
    g_autofree char *expected = NULL;

    g_assert_cmpstr(before, ==, "");
    bring_into_force(self);
    after = compare(self, NULL, FALSE, NULL);
    expected = g_strconcat("cpu quota: 25000 -> none\n"
                           "cpu period: 50000 -> 100000\n"
                           "cpu shares: 2048 -> 1024\n"
                           "memory limit: 2 GiB -> none\n"
                           "memory soft limit: 1 GiB -> none\n"
                           "memory and swap limit: 3 GiB -> none\n"
                           "io weight: 200 -> 100\n"
                           "processes: 500 -> none\n"
                           "cpus: 0-1 -> none\n",
                           expect_nodes(self), NULL);
    g_assert_cmpstr(after, ==, expected);
}

/* What is shared out is not for the terms to set. */
static void
test_at_the_top(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *got = NULL;
    g_autofree char *expected = NULL;

    bring_into_force(self);
    got = compare(self, NULL, TRUE, NULL);
    expected = g_strconcat("cpu quota: 25000 -> none\n"
                           "cpu period: 50000 -> 100000\n"
                           "memory soft limit: 1 GiB -> none\n"
                           "io weight: 200 -> 100\n"
                           "processes: 500 -> none\n"
                           "cpus: 0-1 -> none\n",
                           expect_nodes(self), NULL);
    g_assert_cmpstr(got, ==, expected);
}

static void
test_rounded(Fixture *self G_GNUC_UNUSED, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) found =
        g_ptr_array_new_with_free_func((GDestroyNotify)policy_difference_free);

    policy_difference_note_memory(found, "/a", "memory limit", 4096, 4097);
    policy_difference_note_shares(found, "/a", 502, 500);
    policy_difference_note_idle(found, "/a", TRUE, TRUE);
    g_assert_cmpuint(found->len, ==, 0);
    policy_difference_note_memory(found, "/a", "memory limit", 4096, 1024 * 1024);
    policy_difference_note_shares(found, "/a", 1024, 512);
    policy_difference_note_idle(found, "/a", TRUE, FALSE);
    g_assert_cmpuint(found->len, ==, 3);
}

static const PolicyTerms *
top_terms(Policy **policy, const char *inside)
{
    g_autofree char *xml =
        g_strdup_printf("<corral><partition name='/top'>%s</partition></corral>", inside);
    g_autoptr(GError) error = NULL;

    *policy = policy_xml_parse(xml, "corral.xml", &error);
    g_assert_no_error(error);
    return g_ptr_array_index((*policy)->terms, 0);
}

static void
test_unshared(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) found =
        g_ptr_array_new_with_free_func((GDestroyNotify)policy_difference_free);
    g_autoptr(Policy) policy = NULL;
    const PolicyTerms *terms =
        top_terms(&policy, "<memtune><hard_limit unit='GiB'>4</hard_limit></memtune>");
    const PolicyDifference *one;

    /* Nobody has shared out anything. */
    policy_difference_compare_unshared_memory(self->group, "/top", NULL, 1, found);
    policy_difference_compare_unshared_cpu(self->group, "/top", NULL, found);
    g_assert_cmpuint(found->len, ==, 0);

    /* Among two groups. */
    policy_difference_compare_unshared_memory(self->group, "/top", terms, 2, found);
    g_assert_cmpuint(found->len, ==, 1);
    one = g_ptr_array_index(found, 0);
    g_assert_cmpstr(one->to, ==, "2 GiB");

    g_ptr_array_set_size(found, 0);
    g_assert_true(corral_group_set_cpu_shares(self->group, 4096, NULL));
    g_assert_true(corral_group_set_label(self->group, POLICY_LABEL_CPU, "yes", NULL));
    g_free(fake_cgroup_take_log(self->fake));
    policy_difference_compare_unshared_cpu(self->group, "/top", NULL, found);
    g_assert_cmpuint(found->len, ==, 1);
    one = g_ptr_array_index(found, 0);
    g_assert_cmpstr(one->what, ==, "cpu shares");
    g_assert_cmpstr(one->from, ==, "4096");
    g_assert_cmpstr(one->to, ==, "1024");
}

static void
add(const char *what, const char *like, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strdup_printf("/policy-difference/%s/%s", like, what);

    g_test_add(path, Fixture, like, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
    static const char *const likes[] = {"legacy", "hybrid", "unified"};
    gsize i;

    g_test_init(&argc, &argv, NULL);

    for (i = 0; i < G_N_ELEMENTS(likes); i++) {
        add("nothing-yet", likes[i], test_nothing_yet);
        add("all-there", likes[i], test_all_there);
        add("no-terms-any-more", likes[i], test_no_terms_any_more);
        add("at-the-top", likes[i], test_at_the_top);
        add("rounded", likes[i], test_rounded);
        add("unshared", likes[i], test_unshared);
    }

    return g_test_run();
}
