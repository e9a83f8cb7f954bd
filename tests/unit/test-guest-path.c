/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names and partitions become paths: which, which not, and never the same one twice. */

#include <config.h>

#include <limits.h>
#include <string.h>

#include "guest-path.h"

static char *
build(const char *driver, const char *name, const char *partition, GError **error)
{
    g_autoptr(Guest) guest = guest_new(driver, name, NULL, partition);

    return guest_path_build(guest, NULL, error);
}

static const struct {
    const char *driver;
    const char *name;
    const char *partition;
    const char *path;
} paths[] = {
    {"qemu", "web", NULL, "machine/web.qemu.libvirt"},
    {"lxc", "web", NULL, "machine/web.lxc.libvirt"},
    {"qemu", "web", "/production/web", "production/web/web.qemu.libvirt"},
    {"qemu", "two words", "/a b", "a b/two words.qemu.libvirt"},
    {"qemu", "\"quoted'", NULL, "machine/\"quoted'.qemu.libvirt"},
    {"qemu", "Größe", "/prod/größe", "prod/größe/Größe.qemu.libvirt"},
    /* what would leave its parent */
    {"qemu", ".", NULL, "machine/_..qemu.libvirt"},
    {"qemu", "..", NULL, "machine/_...qemu.libvirt"},
    {"qemu", "../x", NULL, "machine/_..\\x2fx.qemu.libvirt"},
    {"qemu", "/etc", NULL, "machine/\\x2fetc.qemu.libvirt"},
    {"qemu", ".hidden", "/.hidden", "_.hidden/_.hidden.qemu.libvirt"},
    {"qemu", "_x", "/_x", "__x/__x.qemu.libvirt"},
    {"qemu", "...", "/...", "_.../_....qemu.libvirt"},
    /* what would be the kernel's */
    {"qemu", "cgroup", NULL, "machine/_cgroup.qemu.libvirt"},
    {"qemu", "cgroup.procs", "/cgroup.procs", "_cgroup.procs/_cgroup.procs.qemu.libvirt"},
    {"qemu", "cpu", "/cpu", "cpu/_cpu.qemu.libvirt"},
    {"qemu", "cpu.evil", "/cpu.shares", "_cpu.shares/_cpu.evil.qemu.libvirt"},
    {"qemu", "cpux.evil", "/cpux.shares", "cpux.shares/cpux.evil.qemu.libvirt"},
    {"qemu", "CPU.evil", NULL, "machine/CPU.evil.qemu.libvirt"},
    {"qemu", "x", "/net_prio.ifpriomap", "_net_prio.ifpriomap/x.qemu.libvirt"},
    {"qemu", "x", "/irq.pressure", "_irq.pressure/x.qemu.libvirt"},
    {"qemu", "x", "/perf_event.x", "_perf_event.x/x.qemu.libvirt"},
    {"qemu", "x", "/dmem.max", "_dmem.max/x.qemu.libvirt"},
    {"qemu", "tasks", "/tasks", "_tasks/tasks.qemu.libvirt"},
    {"qemu", "x", "/notify_on_release", "_notify_on_release/x.qemu.libvirt"},
    {"qemu", "x", "/release_agent", "_release_agent/x.qemu.libvirt"},
    {"qemu", "x", "/tasks2", "tasks2/x.qemu.libvirt"},
    /* what a line cannot carry */
    {"qemu", "two\nlines", NULL, "machine/two\\x0alines.qemu.libvirt"},
    {"qemu", "tab\tdel\x7f", NULL, "machine/tab\\x09del\\x7f.qemu.libvirt"},
    {"qemu", "back\\slash", NULL, "machine/back\\x5cslash.qemu.libvirt"},
    {"qemu", "\\x0a", NULL, "machine/\\x5cx0a.qemu.libvirt"},
    /* the other driver's ending is part of a name, not of a partition */
    {"qemu", "web.lxc.libvirt", NULL, "machine/web.lxc.libvirt.qemu.libvirt"},
    {"qemu", "x", "/web.qemu.libvirt2", "web.qemu.libvirt2/x.qemu.libvirt"},
};

static void
test_paths(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = build(paths[i].driver, paths[i].name, paths[i].partition, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(path, ==, paths[i].path);
    }
}

static const struct {
    const char *name;
    const char *partition;
    GuestError code;
    const char *message;
} refusals[] = {
    {"web", "", GUEST_ERROR_PARTITION, "Resource partition '' must start with '/'"},
    {"web", "machine", GUEST_ERROR_PARTITION, "Resource partition 'machine' must start with '/'"},
    {"web", " /machine", GUEST_ERROR_PARTITION,
     "Resource partition ' /machine' must start with '/'"},
    {"web", "/", GUEST_ERROR_PARTITION,
     "Resource partition '/' is the root, where no guest can live"},
    {"web", "//", GUEST_ERROR_PARTITION, "Resource partition '//' has an empty component"},
    {"web", "/a/", GUEST_ERROR_PARTITION, "Resource partition '/a/' has an empty component"},
    {"web", "//a", GUEST_ERROR_PARTITION, "Resource partition '//a' has an empty component"},
    {"web", "/a//b", GUEST_ERROR_PARTITION, "Resource partition '/a//b' has an empty component"},
    {"web", "/..", GUEST_ERROR_PARTITION, "Resource partition '/..' must not contain '.' or '..'"},
    {"web", "/a/../../b", GUEST_ERROR_PARTITION,
     "Resource partition '/a/../../b' must not contain '.' or '..'"},
    {"web", "/a/./b", GUEST_ERROR_PARTITION,
     "Resource partition '/a/./b' must not contain '.' or '..'"},
    {"web", "/machine/db.qemu.libvirt", GUEST_ERROR_PARTITION,
     "Resource partition '/machine/db.qemu.libvirt' would pass for the group of a guest"},
    {"web", "/machine/db.lxc.libvirt/deeper", GUEST_ERROR_PARTITION,
     "Resource partition '/machine/db.lxc.libvirt/deeper' would pass for the group of a guest"},
    {"", "/machine", GUEST_ERROR_NAME, "The guest has no name"},
};

static void
test_refusals(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = build("qemu", refusals[i].name, refusals[i].partition, &error);

        g_assert_null(path);
        g_assert_error(error, GUEST_ERROR, (int)refusals[i].code);
        g_assert_cmpstr(error->message, ==, refusals[i].message);
    }
}

static char *
repeat(const char *unit, gsize n)
{
    GString *text = g_string_new(NULL);

    while (n-- > 0)
        g_string_append(text, unit);
    return g_string_free(text, FALSE);
}

#define MACHINE "machine/"
#define SUFFIX ".qemu.libvirt"

/* 255 bytes are whole, 256 are cut. */
static void
test_longest_name(void)
{
    gsize fits = NAME_MAX - strlen(SUFFIX);
    g_autofree char *whole = repeat("x", fits);
    g_autofree char *over = repeat("x", fits + 1);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, over, -1);
    g_autofree char *kept = repeat("x", NAME_MAX - strlen("_#-" SUFFIX) - 16);
    g_autofree char *expected_whole = g_strconcat(MACHINE, whole, SUFFIX, NULL);
    g_autofree char *expected_over = g_strdup_printf(MACHINE "_#%s-%.16s" SUFFIX, kept, digest);
    g_autofree char *path_whole = build("qemu", whole, NULL, NULL);
    g_autofree char *path_over = build("qemu", over, NULL, NULL);

    g_assert_cmpstr(path_whole, ==, expected_whole);
    g_assert_cmpstr(path_over, ==, expected_over);
    g_assert_cmpuint(strlen(path_over), ==, strlen(MACHINE) + NAME_MAX);
}

/* Neither a character nor an escape is halved, wherever the cut falls. */
static void
test_cut_is_clean(void)
{
    static const char *const units[] = {"ö", "€", "😀", "\n", "\\"};
    gsize i;
    gsize shift;

    for (i = 0; i < G_N_ELEMENTS(units); i++) {
        for (shift = 0; shift < 4; shift++) {
            g_autofree char *lead = repeat("x", shift);
            g_autofree char *tail = repeat(units[i], NAME_MAX / strlen(units[i]) + 1);
            g_autofree char *name = g_strconcat(lead, tail, NULL);
            g_autofree char *path = build("qemu", name, NULL, NULL);
            g_autofree char *escape = strchr(units[i], '\n')   ? g_strdup("\\x0a")
                                      : strchr(units[i], '\\') ? g_strdup("\\x5c")
                                                               : g_strdup(units[i]);
            const char *p = path + strlen(MACHINE "_#") + shift;

            g_assert_true(g_str_has_prefix(path, MACHINE "_#"));
            g_assert_cmpuint(strlen(path), <=, strlen(MACHINE) + NAME_MAX);
            /* At most one unit was given up. */
            g_assert_cmpuint(strlen(path), >, strlen(MACHINE) + NAME_MAX - strlen(escape));
            while (g_str_has_prefix(p, escape))
                p += strlen(escape);
            g_assert_cmpint(*p, ==, '-');
            g_assert_cmpuint(strlen(p), ==, strlen("-" SUFFIX) + 16);
        }
    }
}

static void
test_invalid_utf8_is_cut_too(void)
{
    g_autofree char *name = repeat("\xbf", 300);
    g_autofree char *path = build("qemu", name, NULL, NULL);

    g_assert_true(g_str_has_prefix(path, MACHINE "_#\xbf"));
    g_assert_cmpuint(strlen(path), <=, strlen(MACHINE) + NAME_MAX);
}

static void
test_long_partitions(void)
{
    g_autofree char *component = repeat("p", NAME_MAX);
    g_autofree char *component_over = repeat("p", NAME_MAX + 1);
    g_autofree char *escaped_over = repeat("\n", NAME_MAX / 4 + 1);
    g_autofree char *fits = g_strconcat("/", component, NULL);
    g_autofree char *over = g_strconcat("/", component_over, NULL);
    g_autofree char *escaped = g_strconcat("/", escaped_over, NULL);
    g_autofree char *expected = g_strconcat(component, "/x" SUFFIX, NULL);
    g_autofree char *path = build("qemu", "x", fits, NULL);
    const char *const too_long[] = {over, escaped};
    gsize i;

    g_assert_cmpstr(path, ==, expected);
    for (i = 0; i < G_N_ELEMENTS(too_long); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(build("qemu", "x", too_long[i], &error));
        g_assert_error(error, GUEST_ERROR, GUEST_ERROR_PARTITION);
        g_assert_nonnull(strstr(error->message, "has a component that is too long"));
        g_assert_cmpuint(strlen(error->message), <, 200);
    }
}

/* 3800 bytes altogether. */
static void
test_longest_path(void)
{
    gsize n = (3800 - strlen("x" SUFFIX)) / 2;
    g_autofree char *fits = repeat("/p", n);
    g_autofree char *over = repeat("/p", n + 1);
    g_autofree char *path = build("qemu", "x", fits, NULL);
    g_autofree char *wider = build("qemu", "xx", fits, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(path);
    g_assert_cmpuint(strlen(path), ==, 3800);
    g_assert_null(wider);
    g_assert_null(build("qemu", "x", over, &error));
    g_assert_error(error, GUEST_ERROR, GUEST_ERROR_PARTITION);
    g_assert_nonnull(strstr(error->message, "is too long"));
}

/* Adds the path of @name, which no other name may have; and what every path has to be. */
static void
add_distinct(GHashTable *seen, const char *driver, const char *name)
{
    g_autoptr(GError) error = NULL;
    char *path = build(driver, name, "/p", &error);
    const char *component;
    const char *p;

    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(path, "p/"));
    component = path + strlen("p/");
    g_assert_null(strchr(component, '/'));
    g_assert_cmpint(*component, !=, '.');
    g_assert_cmpuint(strlen(component), <=, NAME_MAX);
    g_assert_true(guest_path_is_guest(component, driver));
    for (p = component; *p; p++)
        g_assert_false(g_ascii_iscntrl(*p));

    g_assert_cmpstr(g_hash_table_lookup(seen, path), ==, NULL);
    g_hash_table_insert(seen, path, g_strdup(name));
}

static void
test_injective_tricky(void)
{
    static const char *const names[] = {
        "a",
        "_a",
        "__a",
        ".a",
        "_.a",
        "..a",
        "_..a",
        "#a",
        "_#a",
        "__#a",
        "cpu",
        "_cpu",
        "cpu.x",
        "_cpu.x",
        "__cpu.x",
        "tasks",
        "_tasks",
        "\n",
        "\\x0a",
        "\\n",
        "\\",
        "\\\\",
        "\\x5c",
        "\\x5cx0a",
        "/",
        "\\x2f",
        "\x7f",
        "\\x7f",
        "\\x7F",
        "a/b",
        "a\\x2fb",
        "a_b",
        "a b",
        "A",
        "ä",
        "a.qemu.libvirt",
        "a.qemu",
        "a.lxc.libvirt",
        ".qemu.libvirt",
        "_.qemu.libvirt",
    };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    gsize i;
    gsize length;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        add_distinct(seen, "qemu", names[i]);
        add_distinct(seen, "lxc", names[i]);
    }

    /* Around the cut; and what a cut name becomes is a name as well. */
    for (length = 200; length < 300; length++) {
        g_autofree char *name = repeat("y", length);
        g_autofree char *marked = g_strconcat("_", name, NULL);
        g_autofree char *path = build("qemu", name, "/p", NULL);
        g_autofree char *mimic = g_strndup(path + strlen("p/"), strlen(path) - strlen("p/" SUFFIX));

        add_distinct(seen, "qemu", name);
        add_distinct(seen, "qemu", marked);
        if (!g_str_equal(mimic, name))
            add_distinct(seen, "qemu", mimic);
    }
}

static void
test_injective_random(void)
{
    static const char *const atoms[] = {
        "_",
        "#",
        ".",
        "/",
        "\\",
        "x",
        "0a",
        "5c",
        "2f",
        "\n",
        "cpu",
        "cgroup.",
        "tasks",
        "-",
        "ö",
        "\x7f",
        ".qemu.libvirt",
        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    };
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GRand) rand = g_rand_new_with_seed(20240229);
    gsize i;

    for (i = 0; i < 20000; i++) {
        g_autoptr(GString) name = g_string_new(NULL);
        gint n = g_rand_int_range(rand, 1, 12);

        while (n-- > 0)
            g_string_append(name, atoms[g_rand_int_range(rand, 0, G_N_ELEMENTS(atoms))]);
        if (g_hash_table_add(names, g_strdup(name->str)))
            add_distinct(seen, "qemu", name->str);
    }
    g_assert_cmpuint(g_hash_table_size(seen), ==, g_hash_table_size(names));
    g_assert_cmpuint(g_hash_table_size(seen), >, 15000);
}

static void
test_is_guest(void)
{
    g_assert_true(guest_path_is_guest("web.qemu.libvirt", "qemu"));
    g_assert_true(guest_path_is_guest("_cpu.qemu.libvirt", "qemu"));
    g_assert_true(guest_path_is_guest("a.lxc.libvirt.qemu.libvirt", "qemu"));
    g_assert_false(guest_path_is_guest("web.qemu.libvirt", "lxc"));
    g_assert_false(guest_path_is_guest("web.lxc.libvirt", "qemu"));
    g_assert_false(guest_path_is_guest(".qemu.libvirt", "qemu"));
    g_assert_false(guest_path_is_guest("web.libvirt-qemu", "qemu"));
    g_assert_false(guest_path_is_guest("web.qemu.libvirt2", "qemu"));
    g_assert_false(guest_path_is_guest("", "qemu"));
    g_assert_true(guest_path_is_guest("lxc-12-web.libvirt-lxc", "lxc"));
    g_assert_false(guest_path_is_guest("lxc-12-web.libvirt-lxc", "qemu"));
    g_assert_false(guest_path_is_guest(".libvirt-lxc", "lxc"));
    g_assert_false(guest_path_is_guest("web.libvirt-lxc2", "lxc"));
    g_assert_true(guest_path_is_guest("machine-qemu\\x2d1\\x2dweb.scope", "qemu"));
    g_assert_true(guest_path_is_guest("corral-qemu\\x2d1\\x2dweb.scope", "qemu"));
    g_assert_true(guest_path_is_guest("machine-lxc\\x2d12\\x2dweb.scope", "lxc"));
    g_assert_false(guest_path_is_guest("machine-lxc\\x2d12\\x2dweb.scope", "qemu"));
    g_assert_false(guest_path_is_guest("machine-qemu\\x2d1\\x2dweb.slice", "qemu"));
    g_assert_false(
        guest_path_is_guest("machine-qemu\\x2dembed\\x2d0ae1b2c3\\x2d1\\x2dweb.scope", "qemu"));
    g_assert_false(guest_path_is_guest("machine-qemu\\x2dalice\\x2d1\\x2dweb.scope", "qemu"));
    g_assert_false(guest_path_is_guest("machine-qemu-1-web.scope", "qemu"));
    g_assert_false(guest_path_is_guest("session-1.scope", "qemu"));
}

static void
test_cut_scope(void)
{
    static const struct {
        const char *path;
        const char *scope;
    } table[] = {
        {"machine.slice/machine-qemu\\x2d1\\x2da.scope",
         "machine.slice/machine-qemu\\x2d1\\x2da.scope"},
        {"a.slice/a-b.slice/machine-qemu\\x2d1\\x2da.scope/libvirt/emulator",
         "a.slice/a-b.slice/machine-qemu\\x2d1\\x2da.scope"},
        {"machine.slice/corral-qemu\\x2d77\\x2da.scope/emulator",
         "machine.slice/corral-qemu\\x2d77\\x2da.scope"},
        {"machine.slice/machine-lxc\\x2d1\\x2da.scope/libvirt", NULL},
        {"user.slice/user-0.slice/session-1.scope", NULL},
        {"system.slice/libvirtd.service", NULL},
        {"", NULL},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *scope = guest_path_cut_scope(table[i].path, "qemu");

        g_assert_cmpstr(scope, ==, table[i].scope);
    }
}

/* As virCgroupSetPartitionSuffix() of libvirt 9.0.0 has it. */
static void
test_stock_parent(void)
{
    static const struct {
        const char *partition;
        const char *parent;
    } table[] = {
        {NULL, NULL},
        {"/machine", NULL},
        {"/production", NULL},
        {"/production/web", "production.partition"},
        {"/machine/web", "machine"},
        {"/system/user/web", "system/user.partition"},
        {"/a/b/c", "a.partition/b.partition"},
        {"/a.slice/b.x/c", "a.slice/b.x"},
        {"/cpu/memory.x/c", "cpu.partition/memory.x"},
        {"/cgroup/cgroup.x/c", "_cgroup.partition/_cgroup.x"},
        {"/_a/.b/c", "__a.partition/_.b"},
        {"/a b/c", "a b.partition"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(Guest) guest = guest_new("qemu", "web", NULL, table[i].partition);
        g_autofree char *parent = guest_path_build_stock_parent(guest);

        g_assert_cmpstr(parent, ==, table[i].parent);
    }
}

static void
test_stock_partition(void)
{
    static const struct {
        const char *partition;
        const char *path; /* NULL: refused */
    } table[] = {
        {NULL, "machine"},
        {"/production", "production.partition"},
        {"/production/web", "production.partition/web.partition"},
        {"/machine/user", "machine/user.partition"},
        {"/a.slice", "a.slice"},
        {"/", NULL},
        {"relative", NULL},
        {"/a//b", NULL},
        {"/../b", NULL},
        {"/lxc-1-a.libvirt-lxc", NULL},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(Guest) guest = guest_new("lxc", "web", NULL, table[i].partition);
        g_autoptr(GError) error = NULL;
        g_autofree char *path = guest_path_build_stock_partition(guest, &error);

        g_assert_cmpstr(path, ==, table[i].path);
        if (!path)
            g_assert_error(error, GUEST_ERROR, GUEST_ERROR_PARTITION);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guest-path/paths", test_paths);
    g_test_add_func("/guest-path/refusals", test_refusals);
    g_test_add_func("/guest-path/longest-name", test_longest_name);
    g_test_add_func("/guest-path/cut-is-clean", test_cut_is_clean);
    g_test_add_func("/guest-path/invalid-utf8", test_invalid_utf8_is_cut_too);
    g_test_add_func("/guest-path/long-partitions", test_long_partitions);
    g_test_add_func("/guest-path/longest-path", test_longest_path);
    g_test_add_func("/guest-path/injective-tricky", test_injective_tricky);
    g_test_add_func("/guest-path/injective-random", test_injective_random);
    g_test_add_func("/guest-path/is-guest", test_is_guest);
    g_test_add_func("/guest-path/cut-scope", test_cut_scope);
    g_test_add_func("/guest-path/stock-parent", test_stock_parent);
    g_test_add_func("/guest-path/stock-partition", test_stock_partition);
    return g_test_run();
}
