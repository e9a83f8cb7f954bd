/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where libvirt can start containers, and what we make up for. */
#include <config.h>

#include <string.h>

#include <glib/gstdio.h>

#include "drv-container.h"
#include "drv-error.h"
#include "drv-group.h"
#include "fake-cgroup.h"
#include "guest-xml.h"

/* mountinfo: see proc(5) */
#define V1 "30 29 0:27 / /cgroup/memory rw - cgroup cgroup rw,memory\n"
#define SYSTEMD "31 29 0:28 / /cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
#define V2 "32 29 0:29 / /cgroup/unified rw - cgroup2 cgroup2 rw\n"

static const struct {
    const char *name;
    const char *controllers; /* of the unified interface */
    gboolean legacy;
    gboolean unified;
    gboolean starts;
} hosts[] = {
    {"/container/v1", "", TRUE, FALSE, TRUE},
    {"/container/v2", "cpu memory\n", FALSE, TRUE, TRUE},
    {"/container/hybrid", "hugetlb\n", TRUE, TRUE, FALSE},
    {"/container/hybrid-in-name", "\n", TRUE, TRUE, TRUE},
    {"/container/none", "", FALSE, FALSE, TRUE},
};

static void
put(const char *root, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autofree char *dir = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_file_set_contents(path, content, -1, &error);
    g_assert_no_error(error);
}

static void
take_away(const char *root, const char *name)
{
    g_autofree char *path = g_build_filename(root, name, NULL);

    g_assert_cmpint(g_remove(path), ==, 0);
}

static void
test_host(gconstpointer data)
{
    static const char *const files[] = {
        "cgroup/memory/cgroup.procs",
        "cgroup/memory",
        "cgroup/systemd/cgroup.procs",
        "cgroup/systemd",
        "cgroup/unified/cgroup.procs",
        "cgroup/unified/cgroup.controllers",
        "cgroup/unified",
        "cgroup",
        "proc/self/mountinfo",
        "proc/self",
        "proc",
        "",
    };
    const gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GError) error = NULL;
    g_autofree char *root = g_dir_make_tmp("corral-container-XXXXXX", &error);
    g_autoptr(GString) text = g_string_new(SYSTEMD);
    gsize j;

    g_assert_no_error(error);
    g_string_append(text, hosts[i].unified ? V2 : "");
    g_string_append(text, hosts[i].legacy ? V1 : "");
    put(root, "proc/self/mountinfo", text->str);
    put(root, "cgroup/memory/cgroup.procs", "");
    put(root, "cgroup/systemd/cgroup.procs", "");
    put(root, "cgroup/unified/cgroup.procs", "");
    put(root, "cgroup/unified/cgroup.controllers", hosts[i].controllers);

    if (hosts[i].starts) {
        g_assert_true(drv_container_check_host(root, &error));
        g_assert_no_error(error);
    } else {
        g_assert_false(drv_container_check_host(root, &error));
        g_assert_error(error, GUEST_ERROR, GUEST_ERROR_HOST);
        g_assert_nonnull(strstr(error->message, "'/cgroup/unified' has 'hugetlb'"));
        g_assert_null(strchr(error->message, '\n'));
    }

    for (j = 0; j < G_N_ELEMENTS(files); j++)
        take_away(root, files[j]);
}

/* A container of which libvirt has made nothing but the group. */
#define GROUP "production.partition/lxc-7-web.libvirt-lxc"
#define CONTAINER(memtune)                                                                         \
    "<domain type='lxc'><name>web</name><uuid>2f3a9d3e-8d6d-4c5b-9a54-3e2b6f1c7d80</uuid>"         \
    "<metadata><c:limits xmlns:c='" GUEST_XML_NAMESPACE "'><c:pids>300</c:pids></c:limits>"        \
    "</metadata><memory unit='MiB'>128</memory><currentMemory unit='MiB'>64</currentMemory>"       \
    "<vcpu>2</vcpu>" memtune "<cputune><emulatorpin cpuset='1'/></cputune>"                        \
    "<numatune><memory mode='strict' nodeset='1'/></numatune></domain>"

static DrvGroup *
take_over(CorralHost *host, const char *xml)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Guest) guest = guest_xml_parse("lxc", xml, &error);
    DrvGroup *group;

    g_assert_no_error(error);
    group = drv_group_take_over(host, GROUP, guest, &error);
    g_assert_no_error(error);
    return group;
}

static void
assert_memory(DrvGroup *group, guint64 mib)
{
    g_autoptr(GError) error = NULL;
    guint64 limit;

    g_assert_true(corral_group_get_memory_limit(drv_group_get_whole(group), &limit, &error));
    g_assert_cmpuint(limit >> 20, ==, mib);
}

static void
assert_one(GArray *numbers, guint number)
{
    g_assert_cmpuint(numbers->len, ==, 1);
    g_assert_cmpuint(g_array_index(numbers, guint, 0), ==, number);
    g_array_unref(numbers);
}

static void
test_take_over(gconstpointer kind)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new(kind);
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(DrvGroup) group = take_over(host, CONTAINER(""));
    CorralGroup *whole = drv_group_get_whole(group);
    g_autoptr(DrvGroup) again = NULL;
    g_autoptr(GError) error = NULL;
    guint64 limit;

    assert_memory(group, 64);
    g_assert_true(corral_group_get_pids_limit(whole, &limit, &error));
    g_assert_cmpuint(limit, ==, 300);

    /* What is in force stays so. */
    g_assert_true(corral_group_set_memory_limit(whole, 80 << 20, &error));
    again = take_over(host, CONTAINER(""));
    assert_memory(again, 80);
}

static void
test_confined(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(DrvGroup) group = NULL;
    g_autoptr(GError) error = NULL;

    fake_cgroup_put(fake, "/sys/fs/cgroup/cpuset/cpuset.mems", "0-3\n");
    fake_cgroup_put(fake, "/sys/fs/cgroup/cpuset/cpuset.cpus", "0-3\n");
    group = take_over(host, CONTAINER(""));
    assert_one(corral_group_get_cpus(drv_group_get_whole(group), &error), 1);
    assert_one(corral_group_get_memory_nodes(drv_group_get_whole(group), &error), 1);
}

static void
test_hard_limit(gconstpointer kind)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new(kind);
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(DrvGroup) group =
        take_over(host, CONTAINER("<memtune><hard_limit unit='MiB'>96</hard_limit></memtune>"));

    assert_memory(group, 96);
}

static void
enter(CorralGroup *group, pid_t pid)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_attach_process(group, pid, &error));
    g_assert_no_error(error);
}

/* A group has lost its head if it was ours, and somebody is in there, but not who made it. */
static void
test_headless(gconstpointer kind)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new(kind);
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) strange =
        corral_group_make(host, "production.partition/lxc-9-db.libvirt-lxc", DRV_GROUP_CONTROLLERS,
                          CORRAL_MAKE_NEW, &error);
    g_autoptr(CorralGroup) odd =
        corral_group_make(host, "production.partition/lxc-x-db.libvirt-lxc", DRV_GROUP_CONTROLLERS,
                          CORRAL_MAKE_NEW, &error);
    g_autoptr(DrvGroup) group = take_over(host, CONTAINER(""));
    CorralGroup *whole = drv_group_get_whole(group);

    g_assert_no_error(error);
    g_assert_cmpint(drv_container_read_controller(whole), ==, 7);
    g_assert_cmpint(drv_container_read_controller(strange), ==, 9);
    g_assert_cmpint(drv_container_read_controller(odd), ==, 0);

    g_assert_false(drv_container_is_headless(whole));
    enter(whole, 8);
    g_assert_true(drv_container_is_headless(whole));
    enter(whole, 7);
    g_assert_false(drv_container_is_headless(whole));
    fake_cgroup_exit(fake, 7);
    g_assert_true(drv_container_is_headless(whole));
    fake_cgroup_exit(fake, 8);
    g_assert_false(drv_container_is_headless(whole));

    /* Nobody has taken it over. */
    enter(strange, 10);
    g_assert_false(drv_container_is_headless(strange));
    enter(odd, 11);
    g_assert_false(drv_container_is_headless(odd));
}

/* Whoever listens to errors is told whose they are. */
static void
test_origin(void)
{
    drv_error_set_origin(TRUE);
    drv_error_raise(VIR_ERR_OPERATION_INVALID, "of a container");
    g_assert_cmpint(virGetLastError()->domain, ==, VIR_FROM_LXC);

    drv_error_set_origin(FALSE);
    drv_error_raise(VIR_ERR_OPERATION_INVALID, "of a guest");
    g_assert_cmpint(virGetLastError()->domain, ==, VIR_FROM_QEMU);
    virResetLastError();
}

int
main(int argc, char **argv)
{
    gsize i;

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(virInitialize(), ==, 0);
    for (i = 0; i < G_N_ELEMENTS(hosts); i++)
        g_test_add_data_func(hosts[i].name, GSIZE_TO_POINTER(i), test_host);
    g_test_add_data_func("/container/take-over/legacy", "legacy", test_take_over);
    g_test_add_data_func("/container/take-over/unified", "unified", test_take_over);
    g_test_add_data_func("/container/hard-limit/legacy", "legacy", test_hard_limit);
    g_test_add_data_func("/container/hard-limit/unified", "unified", test_hard_limit);
    g_test_add_data_func("/container/headless/legacy", "legacy", test_headless);
    g_test_add_data_func("/container/headless/unified", "unified", test_headless);
    g_test_add_func("/container/confined", test_confined);
    g_test_add_func("/container/origin", test_origin);

    return g_test_run();
}
