/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs and memory nodes of a guest's parts, on a machine that has as many as one likes. */
#include <config.h>

#include "drv-advice.h"
#include "drv-cpuset.h"
#include "guest-set.h"
#include "guest-xml.h"
#include "stack-bed.h"

#define PATH "machine/corral-cpuset.qemu.libvirt"

#define TOP "/sys/fs/cgroup/cpuset"

static DrvGroup *
make_group(StackBed *bed, const char *more, Guest **guest)
{
    g_autofree char *named =
        g_strconcat("<uuid>1d0f7b3c-6a52-4a9e-8f0e-0b7a5ce0c001</uuid>", more, NULL);
    g_autofree char *xml = stack_bed_format_guest("corral-cpuset", named);
    g_autoptr(GError) error = NULL;
    DrvGroup *group;

    fake_cgroup_put(bed->fake, TOP "/cpuset.mems", "0-3\n");
    fake_cgroup_put(bed->fake, TOP "/cpuset.cpus", "0-3\n");
    *guest = guest_xml_parse("qemu", xml, &error);
    g_assert_no_error(error);
    group = drv_group_make(bed->host, PATH, *guest, &error);
    g_assert_no_error(error);
    return group;
}

/* @file: cpuset.mems and the like */
static void
assert_part(StackBed *bed, const char *part, const char *file, const char *wanted)
{
    g_autofree char *name = g_build_filename(TOP, PATH, part, file, NULL);
    g_autofree char *text = fake_cgroup_read(bed->fake, name);

    g_test_message("%s of %s", file, part);
    g_assert_cmpstr(text, ==, wanted);
}

static GArray *
parse(const char *text)
{
    GArray *set = guest_set_parse(text);

    g_assert_nonnull(set);
    return set;
}

/* What the host says later is for all that is there, and for what comes. */
static void
test_advice(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const modes[] = {"strict", "restrictive", "preferred"};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autofree char *more = g_strdup_printf(
            "<iothreads>1</iothreads><numatune><memory mode='%s' placement='auto'/></numatune>",
            modes[i]);
        g_autoptr(Guest) guest = NULL;
        g_autoptr(DrvGroup) group = make_group(bed, more, &guest);
        g_autoptr(GArray) nodes = parse("1-2");
        g_autoptr(GError) error = NULL;

        g_test_message("%s", modes[i]);
        g_assert_cmpint(drv_cpuset_awaits_advice(group), ==, i < 2);
        if (i < 2) {
            if (!drv_cpuset_take_advice(group, nodes, &error))
                g_assert_no_error(error);
            g_assert_false(drv_cpuset_awaits_advice(group));
            assert_part(bed, "emulator", "cpuset.mems", "1-2");
            assert_part(bed, "vcpu0", "cpuset.mems", "1-2");
            assert_part(bed, "iothread1", "cpuset.mems", "1-2");

            g_assert_nonnull(drv_group_get_thread(group, GUEST_PART_VCPU, 7, &error));
            g_assert_true(drv_cpuset_apply(group, guest, GUEST_PART_VCPU, 7, &error));
            assert_part(bed, "vcpu7", "cpuset.mems", "1-2");
        }
        g_assert_true(corral_group_remove(drv_group_get_whole(group), 0, &error));
        g_assert_no_error(error);
    }
}

/* While libvirt plugs in vCPUs, and with advice that comes before and meanwhile. */
static void
test_open_nodes(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(DrvGroup) group =
        make_group(bed,
                   "<cputune><emulatorpin cpuset='1'/></cputune>"
                   "<numatune><memory mode='restrictive' nodeset='2'/></numatune>"
                   "<vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/>"
                   "<vcpu id='1' enabled='yes' hotpluggable='yes'/></vcpus>",
                   &guest);
    g_autoptr(GError) error = NULL;

    g_assert_true(guest_plugs_vcpus(guest));
    assert_part(bed, "emulator", "cpuset.mems", "2");
    g_assert_true(drv_cpuset_open_nodes(group, &error));
    g_assert_no_error(error);
    assert_part(bed, "vcpu1", "cpuset.mems", "2");
    assert_part(bed, "emulator", "cpuset.mems", "0-3");
    g_assert_true(drv_cpuset_close(group, 0, &error));
    g_assert_no_error(error);
    assert_part(bed, "emulator", "cpuset.mems", "2");
    assert_part(bed, "emulator", "cpuset.cpus", "1");
    g_assert_true(corral_group_remove(drv_group_get_whole(group), 0, NULL));
}

static void
test_open_advised(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(DrvGroup) group =
        make_group(bed,
                   "<cputune><emulatorpin cpuset='1'/></cputune>"
                   "<numatune><memory mode='strict' placement='auto'/></numatune>",
                   &guest);
    g_autoptr(GArray) nodes = parse("3");
    g_autoptr(GArray) later = parse("2");
    g_autoptr(GError) error = NULL;

    g_assert_false(guest_plugs_vcpus(guest));
    g_assert_true(drv_cpuset_open_nodes(group, &error));
    g_assert_true(drv_cpuset_take_advice(group, nodes, &error));
    g_assert_true(drv_cpuset_close(group, 0, &error));
    g_assert_no_error(error);
    assert_part(bed, "emulator", "cpuset.mems", "3");
    assert_part(bed, "emulator", "cpuset.cpus", "1");

    /* What is set later counts more. */
    g_assert_true(drv_cpuset_set_numatune(group, GUEST_MEMORY_STRICT, later, &error));
    g_assert_true(drv_cpuset_open(group, &error));
    assert_part(bed, "emulator", "cpuset.mems", "0-3");
    g_assert_true(drv_cpuset_close(group, 0, &error));
    g_assert_no_error(error);
    assert_part(bed, "emulator", "cpuset.mems", "2");
    g_assert_true(corral_group_remove(drv_group_get_whole(group), 0, NULL));
}

/* Nodes that are set while the guest runs are for all parts, or for none. */
static void
test_numatune(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(DrvGroup) group = make_group(
        bed,
        "<iothreads>1</iothreads><numatune><memory mode='restrictive' nodeset='2'/></numatune>",
        &guest);
    g_autoptr(GArray) nodes = parse("1,3");
    g_autoptr(GArray) missing = parse("3,7");
    g_autoptr(GArray) found = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(DrvNodes) before = drv_nodes_save(group, &error);
    gint mode;

    g_assert_no_error(error);
    g_assert_false(drv_cpuset_set_numatune(group, GUEST_MEMORY_RESTRICTIVE, missing, &error));
    g_clear_error(&error);
    assert_part(bed, "emulator", "cpuset.mems", "2");
    g_assert_false(drv_cpuset_get_numatune(group, &mode, &found));

    g_assert_true(drv_cpuset_set_numatune(group, GUEST_MEMORY_RESTRICTIVE, nodes, &error));
    g_assert_no_error(error);
    assert_part(bed, "emulator", "cpuset.mems", "1,3");
    assert_part(bed, "vcpu0", "cpuset.mems", "1,3");
    assert_part(bed, "vcpu1", "cpuset.mems", "1,3");
    assert_part(bed, "iothread1", "cpuset.mems", "1,3");
    g_assert_true(drv_cpuset_get_numatune(group, &mode, &found));
    g_assert_true(guest_set_equals(found, nodes));

    drv_nodes_put_back(before);
    g_clear_pointer(&found, g_array_unref);
    g_assert_false(drv_cpuset_get_numatune(group, &mode, &found));
    assert_part(bed, "emulator", "cpuset.mems", "2");
    assert_part(bed, "vcpu1", "cpuset.mems", "2");
    assert_part(bed, "iothread1", "cpuset.mems", "2");
    g_assert_true(corral_group_remove(drv_group_get_whole(group), 0, NULL));
}

#define HEAD "<!-- x -->\n<domstatus state='paused' reason='starting up' pid='77'>\n"
#define NUMAD "  <numad nodeset='0,2' cpuset='0-3'/>\n"
#define DOMAIN "  <domain type='kvm' id='1'>\n"

static const struct {
    const char *status;
    const char *nodes;
} statuses[] = {
    {HEAD "  <monitor/>\n" NUMAD DOMAIN, "0,2"},
    {HEAD "  <numad cpuset='0-3'/>\n" DOMAIN, NULL},
    {HEAD DOMAIN NUMAD, NULL},
    {"<domstatus state='paused' pid='770'>\n" NUMAD DOMAIN, NULL},
    {"<domstatus state='paused' pid='7'>\n" NUMAD DOMAIN, NULL},
    {HEAD NUMAD, NULL},
    {"", NULL},
    {"<domstatus pid='77'>", NULL},
};

static void
test_parse(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_autoptr(GArray) nodes = drv_advice_parse_nodes(statuses[i].status, 77);
        g_autofree char *text = nodes ? guest_set_format(nodes) : NULL;

        g_test_message("%s", statuses[i].status);
        g_assert_cmpstr(text, ==, statuses[i].nodes);
    }
}

int
main(int argc, char **argv)
{
    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);

    stack_bed_add("/cpuset/advice", "legacy", test_advice);
    stack_bed_add("/cpuset/open-nodes", "legacy", test_open_nodes);
    stack_bed_add("/cpuset/open-advised", "legacy", test_open_advised);
    stack_bed_add("/cpuset/numatune", "legacy", test_numatune);
    g_test_add_func("/cpuset/parse", test_parse);

    return g_test_run();
}
