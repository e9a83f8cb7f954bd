/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shim between fake modules: whatever is wrong with the implementation,
 * the stock driver is registered, once, and one line says why corral is not
 * there.
 *
 * Each try is a process of its own, this program again in the place of
 * libvirtd.  It has no privileges, so that the status file of a real daemon is
 * out of its reach.
 */
#include <config.h>

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <grp.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#define REGISTER_OPTION "--register"
#define NOBODY 65534

/* ---- libvirtd's part ---- */

__attribute__((visibility("default"))) int virGetVersion(unsigned long *version, const char *type,
                                                         unsigned long *type_version);

int
virGetVersion(unsigned long *version, const char *type G_GNUC_UNUSED,
              unsigned long *type_version G_GNUC_UNUSED)
{
    *version = 9000000;
    return g_getenv("FAKE_NO_VERSION") ? -1 : 0;
}

static int
be_libvirtd(const char *shim)
{
    const char *name = g_getenv("FAKE_PROGRAM");
    int (*func)(void);
    void *module;

    program_invocation_short_name = g_strdup(name ? name : "libvirtd");
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
        return 1;

    module = dlopen(shim, RTLD_NOW | RTLD_GLOBAL);
    func = module ? (int (*)(void))dlsym(module, "qemuRegister") : NULL;
    if (module && !func)
        func = (int (*)(void))dlsym(module, "lxcRegister");
    if (!func) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }

    printf("returned %d\n", func());
    return 0;
}

/* ---- the test's ---- */

typedef struct {
    char *dir;
    char *shim;
    char *stock_dir;
    char *stock;
    char *impl_dir;
    char *impl; /* what the shim looks for */
    char **environment;
    char *out;
    char *err;
} Bed;

static char *
built(const char *dir, const char *module)
{
    const char *builddir = g_getenv("CORRAL_BUILDDIR");

    return g_build_filename(builddir ? builddir : ".", dir, ".libs", module, NULL);
}

static void
copy(const char *from, const char *to)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;

    g_file_get_contents(from, &content, &len, &error);
    g_assert_no_error(error);
    g_file_set_contents_full(to, content, len, G_FILE_SET_CONTENTS_CONSISTENT, 0755, &error);
    g_assert_no_error(error);
}

static void
copy_module(const char *dir, const char *module, const char *to)
{
    g_autofree char *from = built(dir, module);

    copy(from, to);
}

/* Readable for everybody, whatever the umask. */
static char *
make_dir(const char *parent, const char *name)
{
    char *dir = g_build_filename(parent, name, NULL);

    g_assert_cmpint(g_mkdir(dir, 0755), ==, 0);
    g_assert_cmpint(g_chmod(dir, 0755), ==, 0);
    return dir;
}

static void
set_up(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *version = NULL;

    bed->dir = g_dir_make_tmp("corral-shim-XXXXXX", &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_chmod(bed->dir, 0755), ==, 0);
    bed->stock_dir = make_dir(bed->dir, "stock");
    bed->impl_dir = make_dir(bed->dir, "impl");
    version = make_dir(bed->impl_dir, "9.0.0");
    bed->shim = g_build_filename(bed->dir, "shim.so", NULL);
    bed->stock = g_build_filename(bed->stock_dir, "libvirt_driver_qemu.so", NULL);
    bed->impl = g_build_filename(version, "driver.so", NULL);
    copy_module("", "libvirt_driver_qemu.so", bed->shim);
    copy_module("tests/driver", "fake-stock.so", bed->stock);
    copy_module("tests/driver", "fake-implementation.so", bed->impl);

    bed->environment = g_get_environ();
    bed->environment =
        g_environ_setenv(bed->environment, "CORRAL_STOCK_DRIVER_DIR", bed->stock_dir, TRUE);
    bed->environment = g_environ_setenv(bed->environment, "CORRAL_IMPL_DIR", bed->impl_dir, TRUE);
}

static void
tear_down(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *version = g_path_get_dirname(bed->impl);

    g_remove(bed->impl);
    g_assert_cmpint(g_rmdir(version), ==, 0);
    g_assert_cmpint(g_rmdir(bed->impl_dir), ==, 0);
    g_remove(bed->stock);
    g_assert_cmpint(g_rmdir(bed->stock_dir), ==, 0);
    g_remove(bed->shim);
    g_assert_cmpint(g_rmdir(bed->dir), ==, 0);

    g_free(bed->dir);
    g_free(bed->shim);
    g_free(bed->stock_dir);
    g_free(bed->stock);
    g_free(bed->impl_dir);
    g_free(bed->impl);
    g_strfreev(bed->environment);
    g_free(bed->out);
    g_free(bed->err);
}

static void
set_env(Bed *bed, const char *name, const char *value)
{
    bed->environment = g_environ_setenv(bed->environment, name, value, TRUE);
}

static void
run(Bed *bed)
{
    char *argv[] = {(char *)"/proc/self/exe", (char *)REGISTER_OPTION, bed->shim, NULL};
    g_autoptr(GError) error = NULL;
    int status;

    g_clear_pointer(&bed->out, g_free);
    g_clear_pointer(&bed->err, g_free);
    g_spawn_sync(NULL, argv, bed->environment, G_SPAWN_DEFAULT, NULL, NULL, &bed->out, &bed->err,
                 &status, &error);
    g_assert_no_error(error);
    if (status != 0)
        g_test_message("libvirtd died: status %d, '%s'", status, bed->err);
    g_assert_cmpint(status, ==, 0);
}

/* Stock runs alone, and the one line on stderr has @reason. */
static void
assert_aside(Bed *bed, const char *reason)
{
    const char *prefix = "corral: the qemu driver runs without corral: ";

    run(bed);
    g_assert_cmpstr(bed->out, ==, "stock\nreturned 0\n");
    g_assert_true(g_str_has_prefix(bed->err, prefix));
    g_assert_true(strchr(bed->err, '\n') == bed->err + strlen(bed->err) - 1);
    if (!strstr(bed->err, reason))
        g_test_message("no '%s' in '%s'", reason, bed->err);
    g_assert_nonnull(strstr(bed->err, reason));
}

static void
test_stacked(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stack qemu\nstock\nreturned 0\n");
    g_assert_cmpstr(bed->err, ==, "");

    set_env(bed, "FAKE_STOCK_FAILS", "yes");
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stack qemu\nstock\nreturned -1\n");
}

static void
test_missing(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(g_unlink(bed->impl), ==, 0);
    assert_aside(bed, "no implementation for libvirt 9.0.0");
    g_assert_nonnull(strstr(bed->err, bed->impl));
    g_assert_nonnull(strstr(bed->err, "No such file"));

    /* Stock's own failure is passed on. */
    set_env(bed, "FAKE_STOCK_FAILS", "yes");
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stock\nreturned -1\n");

    set_env(bed, "CORRAL_IMPL_DIR", "/no/such/directory");
    bed->environment = g_environ_unsetenv(bed->environment, "FAKE_STOCK_FAILS");
    assert_aside(bed, "/no/such/directory/9.0.0/driver.so");
}

static void
cut(Bed *bed, const char *content, gsize len)
{
    g_autoptr(GError) error = NULL;

    g_file_set_contents_full(bed->impl, content, len, G_FILE_SET_CONTENTS_CONSISTENT, 0755, &error);
    g_assert_no_error(error);
}

/* Cut off anywhere: within the headers, at the end of a page, in the last byte. */
static void
test_truncated(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    gsize len, i;

    g_file_get_contents(bed->impl, &content, &len, &error);
    g_assert_no_error(error);

    {
        const gsize lengths[] = {0,
                                 1,
                                 SELFMAG,
                                 EI_NIDENT,
                                 sizeof(ElfW(Ehdr)) - 1,
                                 sizeof(ElfW(Ehdr)),
                                 sizeof(ElfW(Ehdr)) + sizeof(ElfW(Phdr)),
                                 1024,
                                 4096,
                                 8192,
                                 12288,
                                 len / 2,
                                 len - sizeof(ElfW(Shdr)),
                                 len - 1};

        for (i = 0; i < G_N_ELEMENTS(lengths); i++) {
            if (lengths[i] >= len)
                continue;
            g_test_message("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes", lengths[i], len);
            cut(bed, content, lengths[i]);
            assert_aside(bed, "damaged or incomplete");
        }
    }

    /* Whole again, it is taken. */
    cut(bed, content, len);
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stack qemu\nstock\nreturned 0\n");
}

static void
test_garbage(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    char garbage[4096];
    gsize i;

    for (i = 0; i < sizeof(garbage); i++)
        garbage[i] = (char)(i * 37 + i / 251);
    cut(bed, garbage, sizeof(garbage));
    assert_aside(bed, "damaged or incomplete");

    /* A header that begins well. */
    memcpy(garbage, ELFMAG, SELFMAG);
    cut(bed, garbage, sizeof(garbage));
    assert_aside(bed, bed->impl);

    cut(bed, "#!/bin/sh\n", 10);
    assert_aside(bed, "damaged or incomplete");
}

static void
test_directory(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(g_unlink(bed->impl), ==, 0);
    g_assert_cmpint(g_mkdir(bed->impl, 0755), ==, 0);
    assert_aside(bed, "damaged or incomplete");
}

static void
test_unreadable(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(g_chmod(bed->impl, 0), ==, 0);
    assert_aside(bed, "Permission denied");
}

static void
test_unresolved(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    copy_module("tests/driver", "fake-unresolved.so", bed->impl);
    assert_aside(bed, "no_library_has_this_symbol");
}

/* Some other module of that name. */
static void
test_other_module(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    copy(bed->stock, bed->impl);
    assert_aside(bed, "belongs to another version of corral");
}

static void
test_other_abi(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    set_env(bed, "FAKE_ABI", "2");
    assert_aside(bed, "belongs to another version of corral");
    set_env(bed, "FAKE_ABI", "0");
    assert_aside(bed, "belongs to another version of corral");
}

static void
test_other_libvirt(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    set_env(bed, "FAKE_LIBVIRT", "11003000");
    assert_aside(bed, "was built for libvirt 11.3.0, this is 9.0.0");
    set_env(bed, "FAKE_LIBVIRT", "9000001");
    assert_aside(bed, "was built for libvirt 9.0.1, this is 9.0.0");
}

/* The same for containers, whose module is another one. */
static void
test_lxc(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *stock = g_build_filename(bed->stock_dir, "libvirt_driver_lxc.so", NULL);

    copy_module("", "libvirt_driver_lxc.so", bed->shim);
    g_assert_cmpint(g_rename(bed->stock, stock), ==, 0);
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stack lxc\nstock\nreturned 0\n");
    g_assert_cmpstr(bed->err, ==, "");

    g_assert_cmpint(g_unlink(bed->impl), ==, 0);
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stock\nreturned 0\n");
    g_assert_true(g_str_has_prefix(bed->err, "corral: the lxc driver runs without corral: "));

    g_assert_cmpint(g_rename(stock, bed->stock), ==, 0);
}

static void
test_no_version(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    set_env(bed, "FAKE_NO_VERSION", "yes");
    assert_aside(bed, "does not tell its version");
}

/* The implementation itself declines. */
static void
test_obstacle(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    set_env(bed, "FAKE_OBSTACLE", "not on a Monday");
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stack qemu\nstock\nreturned 0\n");
    g_assert_cmpstr(bed->err, ==, "corral: the qemu driver runs without corral: not on a Monday\n");
}

/* A program's own libvirt is none of ours, and says nothing; the daemons of the drivers are. */
static void
test_program(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    set_env(bed, "FAKE_PROGRAM", "virt-qemu-run");
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stock\nreturned 0\n");
    g_assert_cmpstr(bed->err, ==, "");

    set_env(bed, "FAKE_PROGRAM", "virtqemud");
    run(bed);
    g_assert_cmpstr(bed->out, ==, "stack qemu\nstock\nreturned 0\n");
}

/* Without a stock driver there is nothing to register, but libvirtd starts. */
static void
test_no_stock(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(g_unlink(bed->stock), ==, 0);
    run(bed);
    g_assert_cmpstr(bed->out, ==, "returned 0\n");
    g_assert_true(g_str_has_prefix(bed->err, "corral: cannot load the stock driver: "));
    g_assert_nonnull(strstr(bed->err, bed->stock));

    /* The shim where the stock driver should be would call itself for ever. */
    g_assert_cmpint(symlink(bed->shim, bed->stock), ==, 0);
    run(bed);
    g_assert_cmpstr(bed->out, ==, "returned 0\n");
    g_assert_nonnull(strstr(bed->err, "is not the stock driver"));
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Bed *bed, gconstpointer data);
    } tests[] = {
        {"/shim/stacked", test_stacked},       {"/shim/missing", test_missing},
        {"/shim/truncated", test_truncated},   {"/shim/garbage", test_garbage},
        {"/shim/directory", test_directory},   {"/shim/unreadable", test_unreadable},
        {"/shim/unresolved", test_unresolved}, {"/shim/other-module", test_other_module},
        {"/shim/other-abi", test_other_abi},   {"/shim/other-libvirt", test_other_libvirt},
        {"/shim/no-version", test_no_version}, {"/shim/obstacle", test_obstacle},
        {"/shim/no-stock", test_no_stock},     {"/shim/lxc", test_lxc},
        {"/shim/program", test_program},
    };
    gsize i;

    if (argc == 3 && g_str_equal(argv[1], REGISTER_OPTION))
        return be_libvirtd(argv[2]);

    g_test_init(&argc, &argv, NULL);
    for (i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].name, Bed, NULL, set_up, tests[i].test, tear_down);

    return g_test_run();
}
