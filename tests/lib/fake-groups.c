/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "fake-groups.h"

CorralGroup *
fake_groups_make(CorralHost *host, const char *path, CorralControllers controllers)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(host, path, controllers, CORRAL_MAKE_NONE, &error);

    g_assert_no_error(error);
    g_assert_nonnull(group);
    return group;
}

void
fake_groups_remove(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;
    gboolean removed = corral_group_remove(group, 0, &error);

    g_assert_no_error(error);
    g_assert_true(removed);
}

void
fake_groups_assert(FakeCgroup *fake, const char *wanted)
{
    g_autofree char *groups = fake_cgroup_list(fake);

    g_assert_cmpstr(groups, ==, wanted);
}
