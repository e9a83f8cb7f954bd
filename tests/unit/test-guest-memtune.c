/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <memtune>: what is read from it, what is refused, how it is edited. */
#include <config.h>

#include <string.h>

#include "guest-xml.h"

#define GUEST(inside) "<domain><name>g</name>" inside "</domain>"
#define MEMTUNE(inside) GUEST("<memtune>" inside "</memtune>")

static const struct {
    const char *xml;
    guint64 hard, soft, swap; /* 0: unlimited */
} readable[] = {
    {GUEST(""), 0, 0, 0},
    {MEMTUNE(""), 0, 0, 0},
    {MEMTUNE("<hard_limit>100</hard_limit>"), 100, 0, 0},
    {MEMTUNE("<hard_limit/><soft_limit unit='KiB'>7</soft_limit>"), 0, 7, 0},
    {MEMTUNE("<swap_hard_limit unit='MiB'>2</swap_hard_limit>"), 0, 0, 2048},
    {MEMTUNE("<hard_limit unit='m'> 2</hard_limit>"), 2048, 0, 0},
    {MEMTUNE("<hard_limit unit='Kb'>2048</hard_limit>"), 2000, 0, 0},
    {MEMTUNE("<hard_limit unit='bytes'>1025</hard_limit>"), 2, 0, 0},
    {MEMTUNE("<hard_limit unit='B'>1024</hard_limit>"), 1, 0, 0},
    {MEMTUNE("<hard_limit unit='GB'>1</hard_limit>"), 976563, 0, 0},
    {MEMTUNE("<hard_limit unit='E'>1</hard_limit>"), G_GUINT64_CONSTANT(1125899906842624), 0, 0},
    {MEMTUNE("<hard_limit unit=''>5</hard_limit>"), 5, 0, 0},
    {MEMTUNE("<hard_limit>5</hard_limit><hard_limit>6</hard_limit>"), 5, 0, 0},
    {MEMTUNE("<hard_limit>9007199254740991</hard_limit>"), 0, 0, 0},
    {MEMTUNE("<hard_limit>9007199254740990</hard_limit>"), G_GUINT64_CONSTANT(9007199254740990), 0,
     0},
    {MEMTUNE("<min_guarantee>9</min_guarantee>"), 0, 0, 0},
    {GUEST("<memtune><soft_limit>3</soft_limit></memtune><memtune><hard_limit>4</hard_limit>"
           "<soft_limit>5</soft_limit></memtune>"),
     4, 3, 0},
};

static void
assert_limit(guint64 kib, guint64 wanted)
{
    g_assert_cmpuint(kib, ==, wanted ? wanted : GUEST_MEMORY_UNLIMITED_KIB);
}

static void
test_read(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(readable); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = guest_xml_parse("qemu", readable[i].xml, &error);

        g_test_message("%s", readable[i].xml);
        g_assert_no_error(error);
        assert_limit(guest_get_memtune(guest)->hard_limit_kib, readable[i].hard);
        assert_limit(guest_get_memtune(guest)->soft_limit_kib, readable[i].soft);
        assert_limit(guest_get_memtune(guest)->swap_hard_limit_kib, readable[i].swap);
    }
}

static void
test_refused(void)
{
    static const char *const refused[] = {
        MEMTUNE("<hard_limit>x</hard_limit>"),
        MEMTUNE("<hard_limit>-1</hard_limit>"),
        MEMTUNE("<soft_limit>1.5</soft_limit>"),
        MEMTUNE("<soft_limit unit='pages'>1</soft_limit>"),
        MEMTUNE("<soft_limit unit='Kbit'>1</soft_limit>"),
        MEMTUNE("<swap_hard_limit>9007199254740992</swap_hard_limit>"),
        MEMTUNE("<swap_hard_limit unit='E'>16</swap_hard_limit>"),
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", refused[i]);
        g_assert_null(guest_xml_parse("qemu", refused[i], &error));
        g_assert_error(error, GUEST_ERROR, GUEST_ERROR_XML);
        g_assert_nonnull(strstr(error->message, "memtune element <"));
    }
}

#define UNLIMITED GUEST_MEMORY_UNLIMITED_KIB

static const struct {
    const char *xml;
    GuestMemtune tune;
    const char *shown;
} edits[] = {
    {"<domain>\n  <name>g</name>\n  <memory unit='KiB'>1</memory>\n  <vcpu>1</vcpu>\n</domain>\n",
     {8, UNLIMITED, 9},
     "<domain>\n  <name>g</name>\n  <memory unit='KiB'>1</memory>\n  <memtune>\n"
     "    <hard_limit unit='KiB'>8</hard_limit>\n"
     "    <swap_hard_limit unit='KiB'>9</swap_hard_limit>\n  </memtune>\n  <vcpu>1</vcpu>\n"
     "</domain>\n"},
    {"<domain>\n  <name>g</name>\n  <memtune>\n    <hard_limit unit='KiB'>8</hard_limit>\n"
     "    <soft_limit unit='KiB'>7</soft_limit>\n  </memtune>\n</domain>\n",
     {UNLIMITED, 6, UNLIMITED},
     "<domain>\n  <name>g</name>\n  <memtune>\n    <soft_limit unit='KiB'>6</soft_limit>\n"
     "  </memtune>\n</domain>\n"},
    {"<domain>\n  <name>g</name>\n  <memtune>\n    <hard_limit unit='KiB'>8</hard_limit>\n"
     "  </memtune>\n</domain>\n",
     {UNLIMITED, UNLIMITED, UNLIMITED},
     "<domain>\n  <name>g</name>\n</domain>\n"},
    /* what says so already, in whatever words */
    {MEMTUNE("<hard_limit unit=\"MiB\" >1</hard_limit>"),
     {1024, UNLIMITED, UNLIMITED},
     MEMTUNE("<hard_limit unit=\"MiB\" >1</hard_limit>")},
    {GUEST("<memtune/>"), {UNLIMITED, UNLIMITED, UNLIMITED}, GUEST("<memtune/>")},
    {GUEST("<memtune/>"),
     {UNLIMITED, 5, UNLIMITED},
     MEMTUNE("<soft_limit unit='KiB'>5</soft_limit>")},
};

static void
test_edit(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *shown = guest_xml_set_memtune(edits[i].xml, &edits[i].tune, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(shown, ==, edits[i].shown);
    }
}

static const struct {
    const char *xml;
    guint64 kib;
} sizes[] = {
    {GUEST(""), 0},
    {GUEST("<memory>2048</memory>"), 2048},
    {GUEST("<memory unit='MiB'>2</memory><currentMemory/>"), 2048},
    {GUEST("<memory unit='MiB'>2</memory><currentMemory unit='MiB'>1</currentMemory>"), 1024},
    {GUEST("<currentMemory unit='b'>1025</currentMemory>"), 2},
};

static void
test_size(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = guest_xml_parse("lxc", sizes[i].xml, &error);

        g_test_message("%s", sizes[i].xml);
        g_assert_no_error(error);
        g_assert_cmpuint(guest_get_memory_kib(guest), ==, sizes[i].kib);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memtune/read", test_read);
    g_test_add_func("/memtune/refused", test_refused);
    g_test_add_func("/memtune/edit", test_edit);
    g_test_add_func("/memtune/size", test_size);
    return g_test_run();
}
