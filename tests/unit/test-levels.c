/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Levels that are made on the way to a group, or on demand, go with the last one below them. */
#include <config.h>

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cg-tree.h"
#include "corral.h"
#include "fake-cgroup.h"
#include "fake-groups.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

static void
test_prune(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) one = fake_groups_make(host, "a/b/one", BIT(CPU) | BIT(MEMORY));
    g_autoptr(CorralGroup) two = fake_groups_make(host, "a/two", BIT(CPU));

    fake_groups_remove(one);
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/a\n/sys/fs/cgroup/cpu/a/two\n");
    fake_groups_remove(two);
    fake_groups_assert(fake, "");
}

static void
test_new_below_existing(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;

    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/a");
    group = corral_group_make(host, "a/b", BIT(CPU), CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);

    /* Somebody wanted "a" for its own sake. */
    fake_groups_remove(group);
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/a\n");
}

/* The group itself may go as soon as it is empty, but not one that was there before. */
static void
test_on_demand(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) before = fake_groups_make(host, "kept", BIT(CPU));
    g_autoptr(CorralGroup) kept = NULL;
    g_autoptr(CorralGroup) made = NULL;

    kept = corral_group_make(host, "kept", BIT(CPU), CORRAL_MAKE_ON_DEMAND, &error);
    g_assert_no_error(error);
    made =
        corral_group_make(host, "a/g", BIT(CPU), CORRAL_MAKE_NEW | CORRAL_MAKE_ON_DEMAND, &error);
    g_assert_no_error(error);
    corral_group_prune(kept);
    corral_group_prune(made);
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/kept\n");
}

static int
die_before_label(int dir, const char *name, const char *value, size_t len)
{
    if (g_str_has_suffix(name, "on-demand"))
        _exit(0);
    return fake_cgroup_get_kernel()->setxattr(dir, name, value, len);
}

/* Who makes a group on the way to another one may die before it says so, and it goes all the same;
 * what somebody else has made there does not. */
static void
test_on_demand_death(void)
{
    /* What is to be made, and what is there when he dies. */
    static const char *const paths[][2] = {{"a/b/g", "a/b"}, {"own", "own"}, {"a/own", "a/own"}};
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    CgTreeKernel deadly = *fake_cgroup_get_kernel();
    gsize i;

    deadly.setxattr = die_before_label;
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/a");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/a/foreign");
    for (i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(CorralGroup) foreign = corral_group_open(host, "a/foreign", BIT(CPU), NULL);
        g_autoptr(CorralGroup) left = NULL;
        const pid_t child = fork();
        int status;

        if (child == 0) {
            cg_tree_set_kernel_for_testing(&deadly);
            left = corral_group_make(host, paths[i][0], BIT(CPU), CORRAL_MAKE_ON_DEMAND, NULL);
            _exit(1);
        }
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_cmpint(status, ==, 0);

        left = corral_group_open(host, paths[i][1], BIT(CPU), NULL);
        g_assert_nonnull(left);
        corral_group_prune(left);
        corral_group_prune(foreign);
        fake_groups_assert(fake, "/sys/fs/cgroup/cpu/a\n/sys/fs/cgroup/cpu/a/foreign\n");
    }
}

/* Without labels groups work; the levels above just stay. */
static void
test_no_labels(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = NULL;

    /* The first one is what is being made, the second that it goes. */
    fake_cgroup_fail(fake, FAKE_LABEL, 1, EOPNOTSUPP);
    group = fake_groups_make(host, "a/b", BIT(CPU));
    fake_groups_remove(group);
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/a\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/levels/prune", test_prune);
    g_test_add_func("/levels/new-below-existing", test_new_below_existing);
    g_test_add_func("/levels/on-demand", test_on_demand);
    g_test_add_func("/levels/on-demand-death", test_on_demand_death);
    g_test_add_func("/levels/no-labels", test_no_labels);
    return g_test_run();
}
