/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks on packets, on the kernel we run on. */
#include <config.h>

#include <string.h>

#include "kernel-bed.h"

static void
test_class(void)
{
    static const struct {
        guint32 handle;
        const char *text;
    } table[] = {{0, "0"}, {1, "1"}, {0x00100001, "1048577"}, {G_MAXUINT32, "4294967295"}};
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_NET_CLS);
    g_autofree char *dir = group ? bed_dir("g", CORRAL_CONTROLLER_NET_CLS) : NULL;
    g_autoptr(GError) error = NULL;
    guint32 handle;
    gsize i;

    if (!group)
        return;
    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = NULL;

        g_assert_true(corral_group_set_net_class(group, table[i].handle, &error));
        g_assert_no_error(error);
        text = bed_get(dir, "net_cls.classid");
        g_assert_cmpstr(text, ==, table[i].text);
        g_assert_true(corral_group_get_net_class(group, &handle, &error));
        g_assert_cmpuint(handle, ==, table[i].handle);
    }
    bed_remove(group);
    g_assert_false(corral_group_set_net_class(group, 1, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

static void
test_priority(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_NET_PRIO);
    g_autoptr(GError) error = NULL;
    guint32 priority = 0;

    if (!group)
        return;
    g_assert_true(corral_group_set_net_priority(group, "lo", 7, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_get_net_priority(group, "lo", &priority, &error));
    g_assert_cmpuint(priority, ==, 7);
    g_assert_false(corral_group_set_net_priority(group, "no-such", 7, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(corral_group_get_net_priority(group, "no-such", &priority, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    bed_remove(group);
}

/* Without such a controller: the answer says what to do, if the unified interface is there. */
static void
test_unsupported(void)
{
    CorralControllers served = corral_host_get_controllers(bed_get_host());
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;

    if (served & BED_BIT(NET_CLS)) {
        g_test_skip("this machine has network classes");
        return;
    }
    group = bed_make("g", served);
    g_assert_false(corral_group_set_net_class(group, 1, &error));
    if (served & BED_BIT(CORE)) {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "socket cgroupv2"));
    } else {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    }
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/netclass/class", test_class);
    g_test_add_func("/netclass/priority", test_priority);
    g_test_add_func("/netclass/unsupported", test_unsupported);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
