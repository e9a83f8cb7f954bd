/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices by their node: what is found, and what is refused. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "corral.h"

static void
test_node(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralDevice) null = corral_device_new_for_path("/dev/null", &error);
    g_autoptr(CorralDevice) copy = NULL;

    /* Numbered by Documentation/admin-guide/devices.txt. */
    g_assert_no_error(error);
    g_assert_cmpint(null->type, ==, CORRAL_DEVICE_TYPE_CHARACTER);
    g_assert_cmpuint(null->major, ==, 1);
    g_assert_cmpuint(null->minor, ==, 3);

    copy = corral_device_copy(null);
    g_assert_true(copy != null);
    g_assert_cmpmem(copy, sizeof(*copy), null, sizeof(*null));
}

static void
test_link(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("corral-device-XXXXXX", NULL);
    g_autofree char *name = g_build_filename(dir, "link", NULL);
    g_autoptr(CorralDevice) device = NULL;

    g_assert_cmpint(symlink("/dev/zero", name), ==, 0);
    device = corral_device_new_for_path(name, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(device->minor, ==, 5);
    g_assert_cmpint(g_unlink(name), ==, 0);
    g_assert_cmpint(g_rmdir(dir), ==, 0);
}

static void
test_refused(void)
{
    static const struct {
        const char *path;
        gint code;
    } table[] = {
        {"/dev/no-such-device", CORRAL_ERROR_NOT_FOUND},
        {"/dev/null/below", CORRAL_ERROR_NOT_FOUND},
        {"", CORRAL_ERROR_NOT_FOUND},
        {"/proc/self/stat", CORRAL_ERROR_NAME},
        {"/dev", CORRAL_ERROR_NAME},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CorralDevice) device = corral_device_new_for_path(table[i].path, &error);

        g_test_message("'%s'", table[i].path);
        g_assert_null(device);
        g_assert_error(error, CORRAL_ERROR, table[i].code);
        g_assert_nonnull(strstr(error->message, table[i].path));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/device/node", test_node);
    g_test_add_func("/device/link", test_link);
    g_test_add_func("/device/refused", test_refused);

    return g_test_run();
}
