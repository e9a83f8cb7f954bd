/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What hosts can do of what a policy asks for. */
#include <config.h>

#include <glib/gstdio.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"
#include "policy-means.h"
#include "policy-xml.h"

#define POLICY                                                                                     \
    "<corral>\n"                                                                                   \
    "<layout type='%s'/>\n"                                                                        \
    "<partition name='/a' priority='100'>\n"                                                       \
    "<cputune><global_quota>50000</global_quota></cputune>\n"                                      \
    "<memtune><swap_hard_limit>1000</swap_hard_limit><min_guarantee>500</min_guarantee>"           \
    "</memtune><blkiotune><weight>200</weight><device><path>/nowhere</path>"                       \
    "<weight>100</weight></device></blkiotune>\n"                                                  \
    "<cpuset>0</cpuset><pids>100</pids></partition>\n"                                             \
    "</corral>"

/* A line for each, with the number of the policy's line. */
static char *
check(FakeCgroup *fake, const char *layout, gboolean has_swap)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
    g_autofree char *xml = g_strdup_printf(POLICY, layout);
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = policy_xml_parse(xml, "corral.xml", &error);
    g_autoptr(GPtrArray) wants = NULL;
    GString *text = g_string_new(NULL);
    guint i;

    g_assert_no_error(error);
    wants = policy_means_check(policy, host, has_swap);
    for (i = 0; i < wants->len; i++) {
        const PolicyWant *want = g_ptr_array_index(wants, i);

        g_string_append_printf(text, "%u %s\n", want->line, want->what);
    }
    return g_string_free(text, FALSE);
}

static void
make(FakeCgroup *fake)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) group =
        corral_group_make(host, "machine", CORRAL_CONTROLLERS_ALL, CORRAL_MAKE_NONE, &error);

    g_assert_no_error(error);
}

static void
assert_says(const char *text, const char *what, gboolean said)
{
    g_test_message("%s", text);
    g_assert_cmpint(strstr(text, what) != NULL, ==, said);
}

static void
test_hosts(void)
{
    static const struct {
        const char *like;
        gboolean low;
    } hosts[] = {{"legacy", FALSE}, {"hybrid", FALSE}, {"unified", TRUE}};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[i].like);
        g_autofree char *text = NULL;

        make(fake);
        text = check(fake, "flat", TRUE);
        assert_says(text, "3 partition '/a': min_guarantee", !hosts[i].low);
        assert_says(text, "3 partition '/a': blkiotune: there is no block device '/nowhere'", TRUE);
        assert_says(text, "swap", FALSE);
        assert_says(text, "controller", FALSE);
        assert_says(text, "global_quota", FALSE);
        assert_says(text, "cpu.idle", FALSE);
        assert_says(text, "weighs", FALSE);
        assert_says(text, "layout", FALSE);
        assert_says(text, "attributes", FALSE);
    }
}

static void
test_no_swap(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autofree char *text = NULL;

    make(fake);
    text = check(fake, "flat", FALSE);
    assert_says(text, "0 this host has no swap", TRUE);
}

/* Without a group nothing is said of what only a group could tell. */
static void
test_no_group(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autofree char *text = check(fake, "nested", TRUE);

    g_assert_cmpstr(text, ==, "3 partition '/a': blkiotune: there is no block device '/nowhere'\n");
}

static void
test_managed(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autofree char *sign =
        g_build_filename(fake_cgroup_get_root(fake), "run/systemd/system", NULL);
    g_autofree char *nested = NULL;
    g_autofree char *flat = NULL;

    g_assert_cmpint(g_mkdir_with_parents(sign, 0755), ==, 0);
    nested = check(fake, "nested", TRUE);
    flat = check(fake, "flat", TRUE);
    assert_says(nested, "0 layout 'nested': systemd", TRUE);
    assert_says(flat, "layout", FALSE);
}

/* A kernel without some files, and a host without some controllers. */
static void
test_bare(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("hybrid-bare");
    g_autofree char *text = check(fake, "flat", TRUE);

    assert_says(text, "no 'memory' controller", TRUE);
    assert_says(text, "no 'io' controller", FALSE);
    assert_says(text, "no 'pids' controller", TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/policy-means/hosts", test_hosts);
    g_test_add_func("/policy-means/no-swap", test_no_swap);
    g_test_add_func("/policy-means/no-group", test_no_group);
    g_test_add_func("/policy-means/managed", test_managed);
    g_test_add_func("/policy-means/bare", test_bare);

    return g_test_run();
}
