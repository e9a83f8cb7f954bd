/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every layout has a place of its own for each guest, which nothing else can have. */

#include <config.h>

#include <limits.h>
#include <string.h>

#include "guest-path.h"

#define UUID "d4cffe98-dca3-4b82-a78a-947fadebfce8"
#define OTHER_UUID "11111111-2222-3333-4444-55555555AAff"

static const GuestLayout all[] = {
    GUEST_LAYOUT_FLAT, GUEST_LAYOUT_NESTED, GUEST_LAYOUT_SERVICE, GUEST_LAYOUT_SINGLE,
    GUEST_LAYOUT_ROOT, GUEST_LAYOUT_UUID,   GUEST_LAYOUT_STOCK,
};

static char *
build(const GuestSite *site, const char *driver, const char *name, const char *partition,
      GError **error)
{
    g_autoptr(Guest) guest = guest_new(driver, name, UUID, partition);

    return guest_path_build(guest, site, error);
}

static void
test_names(void)
{
    GuestLayout layout = GUEST_LAYOUT_ROOT;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(all); i++) {
        GuestLayout parsed;

        g_assert_true(guest_layout_parse(guest_layout_format(all[i]), &parsed));
        g_assert_cmpint(parsed, ==, all[i]);
    }
    g_assert_cmpuint(i, ==, GUEST_N_LAYOUTS);

    g_assert_false(guest_layout_parse("", &layout));
    g_assert_false(guest_layout_parse("Flat", &layout));
    g_assert_false(guest_layout_parse("flat ", &layout));
    g_assert_cmpint(layout, ==, GUEST_LAYOUT_ROOT);
}

static const struct {
    GuestLayout layout;
    const char *own;
    const char *name;
    const char *partition;
    const char *path;
} paths[] = {
    {GUEST_LAYOUT_FLAT, "svc/libvirtd", "web", NULL, "machine/web.qemu.libvirt"},
    {GUEST_LAYOUT_NESTED, "svc/libvirtd", "web", NULL, "svc/libvirtd/libvirt/qemu/web"},
    {GUEST_LAYOUT_SERVICE, "svc/libvirtd", "web", NULL, "svc/libvirtd/qemu/web"},
    {GUEST_LAYOUT_SINGLE, "svc/libvirtd", "web", NULL, "svc/libvirtd/qemu-web"},
    {GUEST_LAYOUT_ROOT, "svc/libvirtd", "web", NULL, "libvirt/qemu/web"},
    {GUEST_LAYOUT_UUID, "svc/libvirtd", "web", NULL, "svc/libvirtd/libvirt/qemu/" UUID},
    {GUEST_LAYOUT_STOCK, "svc/libvirtd", "web", NULL, "machine/qemu-7-web.libvirt-qemu"},
    /* libvirtd is at the root */
    {GUEST_LAYOUT_NESTED, "", "web", NULL, "libvirt/qemu/web"},
    {GUEST_LAYOUT_SERVICE, "", "web", NULL, "qemu/web"},
    {GUEST_LAYOUT_SINGLE, "", "web", NULL, "qemu-web"},
    {GUEST_LAYOUT_UUID, "", "web", NULL, "libvirt/qemu/" UUID},
    /* libvirt writes the default into every live XML */
    {GUEST_LAYOUT_NESTED, "own", "web", "/machine", "own/libvirt/qemu/web"},
    {GUEST_LAYOUT_NESTED, "own", "web", "/machine/web", "machine/web/web"},
    /* a partition is one place */
    {GUEST_LAYOUT_FLAT, "own", "web", "/prod/a", "prod/a/web.qemu.libvirt"},
    {GUEST_LAYOUT_NESTED, "own", "web", "/prod/a", "prod/a/web"},
    {GUEST_LAYOUT_SERVICE, "own", "web", "/prod/a", "prod/a/web"},
    {GUEST_LAYOUT_SINGLE, "own", "web", "/prod/a", "prod/a/qemu-web"},
    {GUEST_LAYOUT_ROOT, "own", "web", "/prod/a", "prod/a/web"},
    {GUEST_LAYOUT_UUID, "own", "web", "/prod/a", "prod/a/" UUID},
    {GUEST_LAYOUT_STOCK, "own", "web", "/prod/a",
     "prod.partition/a.partition/qemu-7-web.libvirt-qemu"},
    /* names that would leave their parent, or be the kernel's */
    {GUEST_LAYOUT_ROOT, "", "..", NULL, "libvirt/qemu/_.."},
    {GUEST_LAYOUT_ROOT, "", "a/b", NULL, "libvirt/qemu/a\\x2fb"},
    {GUEST_LAYOUT_ROOT, "", "tasks", NULL, "libvirt/qemu/_tasks"},
    {GUEST_LAYOUT_ROOT, "", "cpu.shares", NULL, "libvirt/qemu/_cpu.shares"},
    {GUEST_LAYOUT_ROOT, "", "cpu", NULL, "libvirt/qemu/cpu"},
    {GUEST_LAYOUT_ROOT, "", "_libvirtd", NULL, "libvirt/qemu/__libvirtd"},
    {GUEST_LAYOUT_SINGLE, "", "tasks", NULL, "qemu-tasks"},
    {GUEST_LAYOUT_SINGLE, "", "..", NULL, "qemu-.."},
    {GUEST_LAYOUT_SINGLE, "", "a/b", NULL, "qemu-a\\x2fb"},
    /* names that would pass for another kind of group */
    {GUEST_LAYOUT_ROOT, "", "a.qemu.libvirt", NULL, "libvirt/qemu/a\\x2eqemu.libvirt"},
    {GUEST_LAYOUT_ROOT, "", "a.lxc.libvirt", NULL, "libvirt/qemu/a\\x2elxc.libvirt"},
    {GUEST_LAYOUT_ROOT, "", "lxc-5-a.libvirt-lxc", NULL, "libvirt/qemu/_lxc-5-a\\x2elibvirt-lxc"},
    {GUEST_LAYOUT_ROOT, "", "a.libvirt-qemu", NULL, "libvirt/qemu/a\\x2elibvirt-qemu"},
    {GUEST_LAYOUT_ROOT, "", "a.scope", NULL, "libvirt/qemu/a\\x2escope"},
    {GUEST_LAYOUT_ROOT, "", ".scope", NULL, "libvirt/qemu/_\\x2escope"},
    {GUEST_LAYOUT_ROOT, "", "a.slice", NULL, "libvirt/qemu/a\\x2eslice"},
    {GUEST_LAYOUT_ROOT, "", "a.partition", NULL, "libvirt/qemu/a\\x2epartition"},
    {GUEST_LAYOUT_ROOT, "", "a.scope.b", NULL, "libvirt/qemu/a.scope.b"},
    {GUEST_LAYOUT_ROOT, "", "a\\x2escope", NULL, "libvirt/qemu/a\\x5cx2escope"},
    {GUEST_LAYOUT_SINGLE, "", "a.libvirt-lxc", NULL, "qemu-a\\x2elibvirt-lxc"},
    {GUEST_LAYOUT_ROOT, "", "qemu-web", NULL, "libvirt/qemu/_qemu-web"},
    {GUEST_LAYOUT_ROOT, "", "lxc-", NULL, "libvirt/qemu/_lxc-"},
    {GUEST_LAYOUT_ROOT, "", "qemu.web", NULL, "libvirt/qemu/qemu.web"},
    {GUEST_LAYOUT_SINGLE, "", "qemu-web", NULL, "qemu-qemu-web"},
    {GUEST_LAYOUT_ROOT, "", OTHER_UUID, NULL, "libvirt/qemu/_" OTHER_UUID},
    {GUEST_LAYOUT_ROOT, "", "_" OTHER_UUID, NULL, "libvirt/qemu/__" OTHER_UUID},
    /* what libvirt makes of names */
    {GUEST_LAYOUT_STOCK, "", "..my-.weird_näme-", NULL, "machine/qemu-7-my-weirdnme.libvirt-qemu"},
    {GUEST_LAYOUT_STOCK, "", "_", NULL, "machine/qemu-7.libvirt-qemu"},
};

static void
test_paths(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(paths); i++) {
        const GuestSite site = {paths[i].layout, paths[i].own, 7};
        g_autoptr(GError) error = NULL;
        g_autofree char *path = build(&site, "qemu", paths[i].name, paths[i].partition, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(path, ==, paths[i].path);
    }
}

static void
test_refusals(void)
{
    const GuestSite unnumbered = {GUEST_LAYOUT_STOCK, "", 0};
    const GuestSite by_uuid = {GUEST_LAYOUT_UUID, "", 0};
    g_autoptr(Guest) nobody = guest_new("qemu", "web", NULL, NULL);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(all); i++) {
        const GuestSite site = {all[i], "own", 7};
        g_autoptr(GError) nameless = NULL;
        g_autoptr(GError) outside = NULL;

        g_assert_null(build(&site, "qemu", "", NULL, &nameless));
        g_assert_error(nameless, GUEST_ERROR, GUEST_ERROR_NAME);
        g_assert_null(build(&site, "qemu", "web", "/a/../b", &outside));
        g_assert_error(outside, GUEST_ERROR, GUEST_ERROR_PARTITION);
    }
    g_assert_null(build(&unnumbered, "qemu", "web", NULL, NULL));
    g_assert_null(guest_path_build(nobody, &by_uuid, NULL));
}

static char *
repeat(const char *unit, gsize n)
{
    GString *text = g_string_new(NULL);

    while (n-- > 0)
        g_string_append(text, unit);
    return g_string_free(text, FALSE);
}

/* 255 bytes are whole, 256 are cut; so are 255 that escaping makes longer. */
static void
test_too_long(void)
{
    const GuestSite site = {GUEST_LAYOUT_ROOT, "", 0};
    g_autofree char *fits = repeat("x", NAME_MAX);
    g_autofree char *over = repeat("x", NAME_MAX + 1);
    g_autofree char *room = repeat("y", NAME_MAX - strlen(".scope"));
    g_autofree char *ends = g_strconcat(room, ".scope", NULL);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, over, -1);
    g_autofree char *kept = repeat("x", NAME_MAX - strlen("_#-") - 16);
    g_autofree char *cut = g_strdup_printf("libvirt/qemu/_#%s-%.16s", kept, digest);
    g_autofree char *path_fits = build(&site, "qemu", fits, NULL, NULL);
    g_autofree char *path_over = build(&site, "qemu", over, NULL, NULL);
    g_autofree char *path_ends = build(&site, "qemu", ends, NULL, NULL);

    g_assert_cmpstr(path_fits + strlen("libvirt/qemu/"), ==, fits);
    g_assert_cmpstr(path_over, ==, cut);
    g_assert_true(g_str_has_prefix(path_ends, "libvirt/qemu/_#yyy"));
    g_assert_false(g_str_has_suffix(path_ends, ".scope"));
    g_assert_cmpuint(strlen(path_ends), ==, strlen("libvirt/qemu/") + NAME_MAX);
}

/* libvirtd's own group may be deep. */
static void
test_deep(void)
{
    g_autofree char *own = repeat("o/", 1890);
    GuestSite site = {GUEST_LAYOUT_SINGLE, own, 0};
    g_autoptr(GError) error = NULL;

    own[strlen(own) - 1] = '\0';
    g_assert_null(build(&site, "qemu", "a name of a guest", NULL, &error));
    g_assert_error(error, GUEST_ERROR, GUEST_ERROR_PARTITION);
}

/* No two names have one path, in whichever layouts they were started; a name and its own namesake
 * may: they are the same guest. */
static void
test_distinct(void)
{
    static const char *const atoms[] = {
        "_",
        "#",
        ".",
        "/",
        "\\",
        "x2e",
        "x5c",
        "2e",
        "-",
        "cpu.",
        "tasks",
        "qemu",
        "libvirt",
        ".scope",
        ".libvirt-lxc",
        ".qemu.libvirt",
        ".partition",
        UUID,
        OTHER_UUID,
        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    };
    static const GuestLayout bare[] = {GUEST_LAYOUT_NESTED, GUEST_LAYOUT_SINGLE, GUEST_LAYOUT_FLAT};
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GRand) rand = g_rand_new_with_seed(20240301);
    gsize i;
    gsize j;

    for (i = 0; i < 20000; i++) {
        g_autoptr(GString) name = g_string_new(NULL);
        gint n = g_rand_int_range(rand, 1, 7);

        while (n-- > 0)
            g_string_append(name, atoms[g_rand_int_range(rand, 0, G_N_ELEMENTS(atoms))]);
        g_hash_table_add(names, g_strdup(name->str));
        for (j = 0; j < G_N_ELEMENTS(bare); j++) {
            const GuestSite site = {bare[j], "", 0};
            char *path = build(&site, "qemu", name->str, "/p", NULL);
            const char *component = path + strlen("p/");
            const char *owner = g_hash_table_lookup(seen, path);

            g_assert_null(strchr(component, '/'));
            g_assert_cmpint(*component, !=, '.');
            g_assert_cmpuint(strlen(component), <=, NAME_MAX);
            g_assert_cmpstr(component, !=, UUID);
            g_assert_false(guest_path_is_guest(component, "lxc"));
            g_assert_true(guest_path_is_guest(component, "qemu") == (j == 2));
            if (owner)
                g_assert_cmpstr(owner, ==, name->str);
            g_hash_table_insert(seen, path, g_strdup(name->str));
        }
    }
    g_assert_cmpuint(g_hash_table_size(names), >, 10000);
    g_assert_cmpuint(g_hash_table_size(seen), ==, G_N_ELEMENTS(bare) * g_hash_table_size(names));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/guest-layout/names", test_names);
    g_test_add_func("/guest-layout/paths", test_paths);
    g_test_add_func("/guest-layout/refusals", test_refusals);
    g_test_add_func("/guest-layout/too-long", test_too_long);
    g_test_add_func("/guest-layout/deep", test_deep);
    g_test_add_func("/guest-layout/distinct", test_distinct);
    return g_test_run();
}
