/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to become of memory that a guest is asked for, and whether it can be had. */
#include <config.h>

#include <string.h>

#include "guest-xml.h"

#define GUEST(inside) "<domain type='qemu'><name>g</name>" inside "</domain>"
#define LIMITS(inside)                                                                             \
    GUEST("<metadata><c:limits xmlns:c='" GUEST_XML_NAMESPACE "'>" inside "</c:limits></metadata>")
#define BALLOON(attributes, inside) LIMITS("<c:balloon " attributes ">" inside "</c:balloon>")

static void
assert_balloon(const GuestBalloon *got, const GuestBalloon *wanted)
{
    g_assert_cmpint(got->wish, ==, wanted->wish);
    g_assert_cmpint(got->has_grace, ==, wanted->has_grace);
    g_assert_cmpuint(got->grace_s, ==, wanted->grace_s);
    g_assert_cmpint(got->has_margin, ==, wanted->has_margin);
    g_assert_cmpuint(got->margin_kib, ==, wanted->margin_kib);
    g_assert_cmpuint(got->floor_kib, ==, wanted->floor_kib);
    g_assert_cmpint(got->release, ==, wanted->release);
}

/* ---- what users write ---- */

static const struct {
    const char *xml;
    GuestBalloon balloon;
} readable[] = {
    {GUEST(""), {.wish = GUEST_BALLOON_DEFAULT}},
    {GUEST("<metadata/>"), {.wish = GUEST_BALLOON_DEFAULT}},
    {LIMITS(""), {.wish = GUEST_BALLOON_DEFAULT}},
    {LIMITS("<c:pids>300</c:pids>"), {.wish = GUEST_BALLOON_DEFAULT}},
    {BALLOON("", ""), {.wish = GUEST_BALLOON_DEFAULT}},
    {BALLOON("enforce='yes'", ""), {.wish = GUEST_BALLOON_ENFORCE}},
    {BALLOON("enforce='no'", ""), {.wish = GUEST_BALLOON_LEAVE}},
    {BALLOON("grace='0'", ""), {.has_grace = TRUE}},
    {BALLOON("grace=' 7'", ""), {.has_grace = TRUE, .grace_s = 7}},
    {BALLOON("grace='3600'", ""), {.has_grace = TRUE, .grace_s = 3600}},
    {BALLOON("on-unreachable='hold'", ""), {.release = FALSE}},
    {BALLOON("on-unreachable='release'", ""), {.release = TRUE}},
    {BALLOON("", "<c:margin>5</c:margin>"), {.has_margin = TRUE, .margin_kib = 5}},
    {BALLOON("", "<c:margin unit='MiB'>0</c:margin>"), {.has_margin = TRUE}},
    {BALLOON("", "<c:margin unit='bytes'>1025</c:margin>"), {.has_margin = TRUE, .margin_kib = 2}},
    {BALLOON("", "<c:floor unit='MiB'>256</c:floor>"), {.floor_kib = 262144}},
    {BALLOON("", "<c:floor unit=''>9</c:floor>"), {.floor_kib = 9}},
    {BALLOON("", "<c:floor>9007199254740991</c:floor>"), {.floor_kib = GUEST_MEMORY_UNLIMITED_KIB}},
    {BALLOON("", "<c:floor>1</c:floor><c:floor>2</c:floor>"), {.floor_kib = 1}},
    {BALLOON("enforce='yes' grace='30' on-unreachable='release'",
             "<c:floor unit='GB'>1</c:floor><c:margin unit='MiB'>32</c:margin>"),
     {GUEST_BALLOON_ENFORCE, TRUE, 30, TRUE, 32768, 976563, TRUE}},
    /* the first counts, in ours, and only there */
    {LIMITS("<c:balloon grace='1'/><c:balloon grace='2'/>"), {.has_grace = TRUE, .grace_s = 1}},
    {LIMITS("<balloon grace='1'/>"), {.wish = GUEST_BALLOON_DEFAULT}},
    {LIMITS("<x:balloon xmlns:x='urn:x' grace='many'/>"), {.wish = GUEST_BALLOON_DEFAULT}},
    {BALLOON("", "<floor>5</floor>"), {.wish = GUEST_BALLOON_DEFAULT}},
    {GUEST("<metadata><limits xmlns='urn:x'><balloon grace='many'/></limits></metadata>"),
     {.wish = GUEST_BALLOON_DEFAULT}},
    {GUEST("<metadata><held xmlns='" GUEST_XML_HELD_NAMESPACE
           "'><balloon grace='1'/></held><limits xmlns='" GUEST_XML_NAMESPACE
           "'><balloon grace='2'/></limits></metadata>"),
     {.has_grace = TRUE, .grace_s = 2}},
};

static void
test_read(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(readable); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = guest_xml_parse("qemu", readable[i].xml, &error);

        g_test_message("%s", readable[i].xml);
        g_assert_no_error(error);
        assert_balloon(guest_get_balloon(guest), &readable[i].balloon);
    }
}

/* An error names what is wrong, and says what is there. */
static const struct {
    const char *xml;
    const char *name;
    const char *value;
} refused[] = {
    {BALLOON("enforce='maybe'", ""), "<balloon>, attribute enforce", "'maybe'"},
    {BALLOON("enforce=''", ""), "<balloon>, attribute enforce", "''"},
    {BALLOON("enforce='YES'", ""), "<balloon>, attribute enforce", "'YES'"},
    {BALLOON("grace='3601'", ""), "<balloon>, attribute grace", "'3601'"},
    {BALLOON("grace='-1'", ""), "<balloon>, attribute grace", "'-1'"},
    {BALLOON("grace='1.5'", ""), "<balloon>, attribute grace", "'1.5'"},
    {BALLOON("grace='10s'", ""), "<balloon>, attribute grace", "'10s'"},
    {BALLOON("grace=''", ""), "<balloon>, attribute grace", "''"},
    {BALLOON("grace='18446744073709551616'", ""), "<balloon>, attribute grace",
     "'18446744073709551616'"},
    {BALLOON("on-unreachable='kill'", ""), "<balloon>, attribute on-unreachable", "'kill'"},
    {BALLOON("", "<c:margin>much</c:margin>"), "<margin>", "'much'"},
    {BALLOON("", "<c:margin/>"), "<margin>", "''"},
    {BALLOON("", "<c:margin>-5</c:margin>"), "<margin>", "'-5'"},
    {BALLOON("", "<c:margin unit='pages'>5</c:margin>"), "<margin>", "'pages'"},
    {BALLOON("", "<c:floor>1.5</c:floor>"), "<floor>", "'1.5'"},
    {BALLOON("", "<c:floor>9007199254740992</c:floor>"), "<floor>", "'9007199254740992'"},
    {BALLOON("", "<c:floor unit='E'>16</c:floor>"), "<floor>", "'16'"},
};

static void
test_refused(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", refused[i].xml);
        g_assert_null(guest_xml_parse("qemu", refused[i].xml, &error));
        g_assert_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT);
        g_assert_nonnull(strstr(error->message, refused[i].name));
        g_assert_nonnull(strstr(error->message, refused[i].value));
    }
}

static void
test_unknown_guest(void)
{
    g_autoptr(Guest) guest = guest_new("qemu", "g", NULL, NULL);
    const GuestBalloon nothing = {.wish = GUEST_BALLOON_DEFAULT};

    assert_balloon(guest_get_balloon(guest), &nothing);
    g_assert_cmpuint(guest_get_most_memory_kib(guest), ==, 0);
    g_assert_false(guest_has_balloon(guest));
    g_assert_false(guest_is_pinned(guest));
}

/* ---- how much there is ---- */

static const struct {
    const char *xml;
    guint64 current;
    guint64 most;
} sizes[] = {
    {GUEST(""), 0, 0},
    {GUEST("<memory>7</memory>"), 7, 7},
    {GUEST("<memory/><currentMemory/>"), 0, 0},
    {GUEST("<memory unit='MiB'>2</memory><currentMemory>5</currentMemory>"), 5, 2048},
    {GUEST("<memory>7</memory><currentMemory>0</currentMemory>"), 7, 7},
    {GUEST("<currentMemory>5</currentMemory>"), 5, 0},
};

static void
test_sizes(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(Guest) guest = guest_xml_parse("qemu", sizes[i].xml, NULL);

        g_test_message("%s", sizes[i].xml);
        g_assert_cmpuint(guest_get_memory_kib(guest), ==, sizes[i].current);
        g_assert_cmpuint(guest_get_most_memory_kib(guest), ==, sizes[i].most);
    }
}

/* ---- what can be had ---- */

#define DEVICES(inside) GUEST("<devices>" inside "</devices>")
#define BACKING(inside) GUEST("<memoryBacking>" inside "</memoryBacking>")

static const struct {
    const char *xml;
    gboolean has;
    gboolean deflates;
} devices[] = {
    {GUEST(""), FALSE, FALSE},
    {DEVICES(""), FALSE, FALSE},
    {DEVICES("<memballoon model='virtio'/>"), TRUE, FALSE},
    {DEVICES("<memballoon model='virtio' autodeflate='on'/>"), TRUE, TRUE},
    {DEVICES("<memballoon model='virtio' autodeflate='off'/>"), TRUE, FALSE},
    {DEVICES("<disk/><memballoon model='virtio-non-transitional'/>"), TRUE, FALSE},
    {DEVICES("<memballoon model='none'/>"), FALSE, FALSE},
    {DEVICES("<memballoon/>"), FALSE, FALSE},
    {GUEST("<memballoon model='virtio' autodeflate='on'/>"), FALSE, FALSE},
    {DEVICES("<x:memballoon xmlns:x='urn:x' model='virtio'/>"), FALSE, FALSE},
};

static void
test_device(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(devices); i++) {
        g_autoptr(Guest) guest = guest_xml_parse("qemu", devices[i].xml, NULL);

        g_test_message("%s", devices[i].xml);
        g_assert_cmpint(guest_has_balloon(guest), ==, devices[i].has);
        g_assert_cmpint(guest_balloon_deflates(guest), ==, devices[i].deflates);
    }
}

static const struct {
    const char *xml;
    gboolean is;
} pinned[] = {
    {GUEST(""), FALSE},
    {BACKING(""), FALSE},
    {BACKING("<nosharepages/><source type='memfd'/><access mode='shared'/>"), FALSE},
    {BACKING("<locked/>"), TRUE},
    {BACKING("<hugepages/>"), TRUE},
    {BACKING("<nosharepages/><hugepages><page size='2' unit='M' nodeset='0'/></hugepages>"), TRUE},
    {GUEST("<locked/>"), FALSE},
    {DEVICES("<hostdev mode='subsystem' type='usb'/><hostdev mode='capabilities' type='misc'/>"),
     FALSE},
    {DEVICES("<hostdev mode='subsystem' type='scsi'/><interface type='network'/>"), FALSE},
    {DEVICES("<disk type='block'/><hostdev mode='subsystem' type='pci' managed='yes'/>"), TRUE},
    {DEVICES("<hostdev mode='subsystem' type='mdev' model='vfio-pci'/>"), TRUE},
    {DEVICES("<interface type='bridge'/><interface type='hostdev'/>"), TRUE},
    {DEVICES("<interface type='vdpa'/>"), TRUE},
    {DEVICES("<disk type='nvme'/>"), TRUE},
    {DEVICES("<disk type='pci'/><interface type='mdev'/>"), FALSE},
    {GUEST("<hostdev mode='subsystem' type='pci'/>"), FALSE},
    {GUEST("<launchSecurity type='sev'/>"), TRUE},
    {GUEST("<launchSecurity type='s390-pv'/>"), FALSE},
};

static void
test_pinned(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(pinned); i++) {
        g_autoptr(Guest) guest = guest_xml_parse("qemu", pinned[i].xml, NULL);

        g_test_message("%s", pinned[i].xml);
        g_assert_cmpint(guest_is_pinned(guest), ==, pinned[i].is);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guest-balloon/read", test_read);
    g_test_add_func("/guest-balloon/refused", test_refused);
    g_test_add_func("/guest-balloon/unknown-guest", test_unknown_guest);
    g_test_add_func("/guest-balloon/sizes", test_sizes);
    g_test_add_func("/guest-balloon/device", test_device);
    g_test_add_func("/guest-balloon/pinned", test_pinned);
    return g_test_run();
}
