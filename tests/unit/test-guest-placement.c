/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a guest's threads may run, by its XML. */
#include <config.h>

#include "guest-placement.h"
#include "guest-set.h"
#include "guest-xml.h"

static Guest *
parse(const char *inside)
{
    g_autofree char *xml = g_strdup_printf("<domain><name>g</name>%s</domain>", inside);

    return guest_xml_parse("qemu", xml, NULL);
}

static void
assert_set(const GArray *set, const char *text)
{
    g_autofree char *is = set ? guest_set_format(set) : NULL;

    g_assert_cmpstr(is, ==, text);
}

static void
assert_cpus(const Guest *guest, GuestPart part, guint number, const char *text)
{
    assert_set(guest_placement_get_cpus(guest_get_placement(guest), part, number), text);
}

static void
assert_nodes(const Guest *guest, GuestPart part, guint number, const char *text)
{
    assert_set(guest_placement_get_nodes(guest_get_placement(guest), part, number), text);
}

static void
test_nothing_said(void)
{
    g_autoptr(Guest) guest = parse("<vcpu>2</vcpu><iothreads>1</iothreads>");
    const GuestPlacement *placement = guest_get_placement(guest);

    assert_cpus(guest, GUEST_PART_EMULATOR, 0, NULL);
    assert_cpus(guest, GUEST_PART_VCPU, 1, NULL);
    assert_cpus(guest, GUEST_PART_IOTHREAD, 1, NULL);
    assert_nodes(guest, GUEST_PART_EMULATOR, 0, NULL);
    g_assert_false(guest_placement_is_auto(placement));
    g_assert_cmpint(guest_placement_get_memory_mode(placement), ==, GUEST_MEMORY_UNSET);
}

static void
test_pins(void)
{
    g_autoptr(Guest) guest = parse("<vcpu cpuset='0-3,^1'>4</vcpu><cputune>"
                                   "<vcpupin vcpu='1' cpuset='7'/><vcpupin vcpu='2' cpuset='1,5'/>"
                                   "<emulatorpin cpuset='4'/>"
                                   "<iothreadpin iothread='3' cpuset='6-7'/></cputune>");
    g_autoptr(Guest) bare =
        parse("<vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='1'/></cputune>");

    assert_cpus(guest, GUEST_PART_EMULATOR, 0, "4");
    assert_cpus(guest, GUEST_PART_VCPU, 0, "0,2-3");
    assert_cpus(guest, GUEST_PART_VCPU, 1, "7");
    assert_cpus(guest, GUEST_PART_VCPU, 2, "1,5");
    assert_cpus(guest, GUEST_PART_IOTHREAD, 1, "0,2-3");
    assert_cpus(guest, GUEST_PART_IOTHREAD, 3, "6-7");
    assert_cpus(bare, GUEST_PART_VCPU, 0, "1");
    assert_cpus(bare, GUEST_PART_EMULATOR, 0, NULL);
}

static void
test_auto(void)
{
    g_autoptr(Guest) guest = parse("<vcpu placement='auto' cpuset='1'>2</vcpu>"
                                   "<cputune><vcpupin vcpu='1' cpuset='0'/></cputune>");
    g_autoptr(Guest) memory = parse("<numatune><memory placement='auto' mode='interleave'/>"
                                    "</numatune>");
    g_autoptr(Guest) pinned = parse("<vcpu cpuset='1'>2</vcpu><numatune><memory placement='auto'/>"
                                    "</numatune>");

    g_assert_true(guest_placement_is_auto(guest_get_placement(guest)));
    g_assert_true(guest_placement_is_memory_auto(guest_get_placement(guest)));
    assert_cpus(guest, GUEST_PART_VCPU, 0, NULL);
    assert_cpus(guest, GUEST_PART_VCPU, 1, "0");
    g_assert_true(guest_placement_is_auto(guest_get_placement(memory)));
    g_assert_false(guest_placement_is_auto(guest_get_placement(pinned)));
    g_assert_true(guest_placement_is_memory_auto(guest_get_placement(pinned)));
}

static const struct {
    const char *memory;
    GuestMemoryMode mode;
    const char *nodes; /* of <memory> */
    const char *held;  /* what the guest is held to */
} memories[] = {
    {"<memory mode='strict' nodeset='0-1'/>", GUEST_MEMORY_STRICT, "0-1", "0-1"},
    {"<memory nodeset='1'/>", GUEST_MEMORY_STRICT, "1", "1"},
    {"<memory mode='preferred' nodeset='1'/>", GUEST_MEMORY_PREFERRED, "1", NULL},
    {"<memory mode='interleave' nodeset='0,2'/>", GUEST_MEMORY_INTERLEAVE, "0,2", NULL},
    {"<memory mode='restrictive' nodeset='2'/>", GUEST_MEMORY_RESTRICTIVE, "2", "2"},
    {"<memory mode='restrictive' placement='auto' nodeset='2'/>", GUEST_MEMORY_RESTRICTIVE, NULL,
     NULL},
};

static void
test_memory(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(memories); i++) {
        g_autofree char *inside = g_strdup_printf("<numatune>%s</numatune>", memories[i].memory);
        g_autoptr(Guest) guest = parse(inside);
        const GuestPlacement *placement = guest_get_placement(guest);

        g_test_message("%s", memories[i].memory);
        g_assert_cmpint(guest_placement_get_memory_mode(placement), ==, memories[i].mode);
        assert_set(guest_placement_get_memory_nodes(placement), memories[i].nodes);
        assert_nodes(guest, GUEST_PART_EMULATOR, 0, memories[i].held);
        assert_nodes(guest, GUEST_PART_VCPU, 0, memories[i].held);
        assert_nodes(guest, GUEST_PART_IOTHREAD, 1, memories[i].held);
    }
}

#define CELLS                                                                                      \
    "<cpu><numa><cell id='0' cpus='0-1' memory='1'/><cell cpus='2' memory='1'/>"                   \
    "<cell cpus='3' memory='1'/></numa></cpu>"

static void
test_cells(void)
{
    g_autoptr(Guest) guest = parse("<vcpu>4</vcpu>" CELLS "<numatune>"
                                   "<memory mode='restrictive' nodeset='0-3'/>"
                                   "<memnode cellid='0' mode='restrictive' nodeset='1'/>"
                                   "<memnode cellid='1' mode='restrictive' nodeset='2-3'/>"
                                   "</numatune>");
    g_autoptr(Guest) strict = parse("<vcpu>4</vcpu>" CELLS "<numatune>"
                                    "<memnode cellid='0' mode='strict' nodeset='1'/></numatune>");

    assert_nodes(guest, GUEST_PART_EMULATOR, 0, "0-3");
    assert_nodes(guest, GUEST_PART_VCPU, 0, "1");
    assert_nodes(guest, GUEST_PART_VCPU, 1, "1");
    assert_nodes(guest, GUEST_PART_VCPU, 2, "2-3");
    assert_nodes(guest, GUEST_PART_VCPU, 3, "0-3");
    assert_nodes(guest, GUEST_PART_IOTHREAD, 1, "0-3");
    assert_nodes(strict, GUEST_PART_VCPU, 0, NULL);
}

/* Libvirt refuses those as well, and says why. */
static const char *const refused[] = {
    "<vcpu cpuset=''>1</vcpu>",
    "<vcpu cpuset='0,^0'>1</vcpu>",
    "<vcpu cpuset='x'>1</vcpu>",
    "<cputune><vcpupin cpuset='1'/></cputune>",
    "<cputune><vcpupin vcpu='-1' cpuset='1'/></cputune>",
    "<cputune><emulatorpin cpuset='1-'/></cputune>",
    "<numatune><memory mode='whatever' nodeset='1'/></numatune>",
    "<numatune><memory nodeset='-'/></numatune>",
    "<numatune><memnode mode='restrictive' nodeset='1'/></numatune>",
};

static void
test_refuses(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(Guest) guest = parse(refused[i]);

        g_test_message("%s", refused[i]);
        g_assert_null(guest);
    }
}

static void
test_modes(void)
{
    g_assert_cmpint(guest_memory_mode_parse("restrictive"), ==, GUEST_MEMORY_RESTRICTIVE);
    g_assert_cmpint(guest_memory_mode_parse(""), ==, GUEST_MEMORY_UNSET);
    g_assert_cmpstr(guest_memory_mode_format(GUEST_MEMORY_PREFERRED), ==, "preferred");
}

static const struct {
    const char *before;
    const char *after;
} edits[] = {
    {"<domain>\n  <vcpu>1</vcpu>\n  <os/>\n</domain>",
     "<domain>\n  <vcpu>1</vcpu>\n  <numatune>\n    <memory mode='restrictive' nodeset='0,2-3'/>\n"
     "  </numatune>\n  <os/>\n</domain>"},
    {"<domain>\n  <numatune>\n    <memory mode=\"strict\" placement='auto'/>\n"
     "  </numatune>\n</domain>",
     "<domain>\n  <numatune>\n    <memory mode='restrictive' nodeset='0,2-3'/>\n  </numatune>\n"
     "</domain>"},
    {"<domain>\n  <numatune>\n    <memnode cellid='0' mode='preferred' nodeset='1'/>\n"
     "  </numatune>\n</domain>",
     "<domain>\n  <numatune>\n    <memory mode='restrictive' nodeset='0,2-3'/>\n"
     "    <memnode cellid='0' mode='preferred' nodeset='1'/>\n  </numatune>\n</domain>"},
};

static void
test_edits(void)
{
    g_autoptr(GArray) nodes = guest_set_parse("0,2,3");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *after =
            guest_xml_set_numatune(edits[i].before, GUEST_MEMORY_RESTRICTIVE, nodes, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(after, ==, edits[i].after);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/guest-placement/nothing-said", test_nothing_said);
    g_test_add_func("/guest-placement/pins", test_pins);
    g_test_add_func("/guest-placement/auto", test_auto);
    g_test_add_func("/guest-placement/memory", test_memory);
    g_test_add_func("/guest-placement/cells", test_cells);
    g_test_add_func("/guest-placement/refuses", test_refuses);
    g_test_add_func("/guest-placement/edits", test_edits);
    g_test_add_func("/guest-placement/modes", test_modes);

    return g_test_run();
}
