/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels live as long as their group, in each of its hierarchies. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

static CorralGroup *
make(CorralHost *host)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group =
        corral_group_make(host, "g", BIT(CPU) | BIT(MEMORY), CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

static void
test_values(void)
{
    g_autofree char *longest = g_strnfill(4096, 'x');
    g_autofree char *too_long = g_strnfill(4097, 'x');
    const struct {
        const char *value;
        gboolean ok;
    } table[] = {
        {"", TRUE},
        {"a", TRUE},
        {"two words\nand a line", TRUE},
        {"gr\xc3\xbc\xc3\x9f, \xff", TRUE},
        {longest, TRUE},
        {too_long, FALSE},
        {"short again", TRUE},
    };
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    g_autofree char *before = NULL;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *value = NULL;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_cmpint(corral_group_set_label(group, "name", table[i].value, &error), ==,
                        table[i].ok);
        if (table[i].ok) {
            g_assert_no_error(error);
            g_free(before);
            before = g_strdup(table[i].value);
        } else {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
        }
        value = corral_group_get_label(group, "name", NULL);
        g_assert_cmpstr(value, ==, before);
    }
}

static void
test_places(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    g_autoptr(CorralGroup) again = NULL;
    g_autofree char *log = NULL;
    g_autofree char *value = NULL;
    g_autofree char *left = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_null(corral_group_get_label(group, "uuid", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);

    g_free(fake_cgroup_take_log(fake));
    g_assert_true(corral_group_set_label(group, "uuid", "1234", NULL));
    log = fake_cgroup_take_log(fake);
    g_assert_cmpstr(log, ==,
                    "label /sys/fs/cgroup/cpu/g trusted.corral.uuid\n"
                    "label /sys/fs/cgroup/memory/g trusted.corral.uuid\n");

    again = corral_group_open(host, "g", BIT(MEMORY), NULL);
    value = corral_group_get_label(again, "uuid", NULL);
    g_assert_cmpstr(value, ==, "1234");
    g_assert_null(corral_group_get_label(again, "uui", NULL));

    /* One hierarchy is enough to tell. */
    fake_cgroup_rmdir(fake, "/sys/fs/cgroup/cpu/g");
    left = corral_group_get_label(group, "uuid", NULL);
    g_assert_cmpstr(left, ==, "1234");
}

static void
test_cannot(void)
{
    static const struct {
        int errnum;
        CorralError code;
    } table[] = {
        {EPERM, CORRAL_ERROR_PERMISSION},
        {EOPNOTSUPP, CORRAL_ERROR_UNSUPPORTED},
        {ENOSPC, CORRAL_ERROR_REFUSED},
        {ENOMEM, CORRAL_ERROR_FAILED},
    };
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralHost) reader = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = make(host);
    g_autoptr(CorralGroup) seen = corral_group_open(reader, "g", BIT(CPU), NULL);
    g_autoptr(GError) error = NULL;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        fake_cgroup_fail(fake, FAKE_LABEL, 1, table[i].errnum);
        g_assert_false(corral_group_set_label(group, "uuid", "1234", &error));
        g_assert_error(error, CORRAL_ERROR, (int)table[i].code);
        g_assert_nonnull(strstr(error->message, "/sys/fs/cgroup/memory/g/trusted.corral.uuid'"));
        g_clear_error(&error);
    }

    g_assert_false(corral_group_set_label(seen, "other", "1234", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_assert_null(corral_group_get_label(group, "other", NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/label/values", test_values);
    g_test_add_func("/label/places", test_places);
    g_test_add_func("/label/cannot", test_cannot);

    return g_test_run();
}
