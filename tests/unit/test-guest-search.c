/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Guests' groups among others: by name, by label, and asked about once. */

#include <config.h>

#include <string.h>

#include "guest-search.h"

static guint looks;

static const struct {
    const char *path;
    const char *label;
} labels[] = {
    {"libvirt/qemu/web", "qemu"},
    {"libvirt/lxc/box", "lxc"},
    {"machine", NULL},
    {"strange", "xen"},
    /* a name counts more: it is cheaper */
    {"machine/a.qemu.libvirt", "lxc"},
};

static char *
look(const char *path, gpointer data)
{
    gsize i;

    g_assert_cmpstr(data, ==, "mine");
    looks++;
    for (i = 0; i < G_N_ELEMENTS(labels); i++) {
        if (g_str_equal(labels[i].path, path))
            return g_strdup(labels[i].label);
    }
    return NULL;
}

static void
test_find_driver(void)
{
    static const struct {
        const char *path;
        const char *driver;
    } table[] = {
        {"libvirt/qemu/web", "qemu"},
        {"libvirt/lxc/box", "lxc"},
        {"machine", NULL},
        {"strange", NULL},
        {"unheard/of", NULL},
        {"machine/a.qemu.libvirt", "qemu"},
        {"machine/b.lxc.libvirt", "lxc"},
        {"lxc-1-c.libvirt-lxc", "lxc"},
    };
    g_autoptr(GuestSearch) search = guest_search_new("qemu", look, (gpointer) "mine");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++)
        g_assert_cmpstr(guest_search_find_driver(search, table[i].path), ==, table[i].driver);
}

static void
test_once(void)
{
    g_autoptr(GuestSearch) search = guest_search_new(NULL, look, (gpointer) "mine");
    guint i;

    looks = 0;
    for (i = 0; i < 3; i++) {
        g_assert_cmpstr(guest_search_find_driver(search, "libvirt/qemu/web"), ==, "qemu");
        g_assert_null(guest_search_find_driver(search, "machine"));
        g_assert_cmpstr(guest_search_find_driver(search, "machine/a.qemu.libvirt"), ==, "qemu");
    }
    g_assert_cmpuint(looks, ==, 2);
}

static void
test_filters(void)
{
    static const struct {
        const char *path;
        gboolean is_qemus;
        gboolean is_others;
    } table[] = {
        {"libvirt/qemu/web", TRUE, FALSE},
        {"libvirt/lxc/box", FALSE, FALSE},
        {"machine/a.qemu.libvirt", TRUE, FALSE},
        {"machine/b.lxc.libvirt", FALSE, FALSE},
        {"machine", FALSE, TRUE},
        {"strange", FALSE, TRUE},
    };
    g_autoptr(GuestSearch) search = guest_search_new("qemu", look, (gpointer) "mine");
    g_autoptr(GuestSearch) any = guest_search_new(NULL, look, (gpointer) "mine");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        const gboolean is_guest = !table[i].is_others;
        gboolean descend = TRUE;

        g_assert_cmpint(guest_search_filter_guests(table[i].path, &descend, search), ==,
                        table[i].is_qemus);
        g_assert_cmpint(descend, ==, !is_guest);
        descend = TRUE;
        g_assert_cmpint(guest_search_filter_guests(table[i].path, &descend, any), ==, is_guest);
        descend = TRUE;
        g_assert_cmpint(guest_search_filter_others(table[i].path, &descend, search), ==,
                        table[i].is_others);
        g_assert_cmpint(descend, ==, !is_guest);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/guest-search/find-driver", test_find_driver);
    g_test_add_func("/guest-search/once", test_once);
    g_test_add_func("/guest-search/filters", test_filters);
    return g_test_run();
}
