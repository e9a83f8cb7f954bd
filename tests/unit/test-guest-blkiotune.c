/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <blkiotune>: what is read from it, what is refused, how it is edited. */
#include <config.h>

#include "guest-xml.h"

#define GUEST(inside) "<domain><name>g</name>" inside "</domain>"
#define TUNE(inside) GUEST("<blkiotune>" inside "</blkiotune>")
#define DEVICE(inside) "<device>" inside "</device>"

/* "WEIGHT PATH:weight,riops,wiops,rbps,wbps ..." */
static char *
format(const GuestBlkiotune *tune)
{
    GString *text = g_string_new(NULL);
    guint i;

    g_string_append_printf(text, "%u", tune->weight);
    for (i = 0; i < tune->devices->len; i++) {
        const GuestBlkioDevice *device = g_ptr_array_index(tune->devices, i);

        g_string_append_printf(text, " %s:%u,%u,%u,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT,
                               device->path, device->weight, device->read_iops, device->write_iops,
                               device->read_bps, device->write_bps);
    }
    return g_string_free(text, FALSE);
}

static const struct {
    const char *xml;
    const char *tune;
} readable[] = {
    {GUEST(""), "0"},
    {TUNE(""), "0"},
    {TUNE("<weight>500</weight>"), "500"},
    {TUNE("<weight>nonsense</weight>"), "0"},
    {TUNE("<weight>4294967296</weight>"), "0"},
    {TUNE(DEVICE("<path>/dev/sda</path>")), "0 /dev/sda:0,0,0,0,0"},
    {TUNE("<weight>3</weight>" DEVICE(
         "<path>/dev/a&amp;b</path><weight>1</weight><read_iops_sec>2</read_iops_sec>"
         "<write_iops_sec>4294967295</write_iops_sec><read_bytes_sec>4</read_bytes_sec>"
         "<write_bytes_sec>18446744073709551615</write_bytes_sec>")),
     "3 /dev/a&b:1,2,4294967295,4,18446744073709551615"},
    {TUNE(DEVICE("<path>/dev/a</path><weight/>")), "0 /dev/a:0,0,0,0,0"},
    {GUEST("<blkiotune><device><path>/a</path><weight>1</weight></device></blkiotune>"
           "<blkiotune><weight>9</weight><device><path>/b</path><weight>2</weight></device>"
           "</blkiotune>"),
     "9 /a:1,0,0,0,0 /b:2,0,0,0,0"},
};

static void
test_read(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(readable); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = guest_xml_parse("qemu", readable[i].xml, &error);
        g_autofree char *tune = NULL;

        g_test_message("%s", readable[i].xml);
        g_assert_no_error(error);
        tune = format(guest_get_blkiotune(guest));
        g_assert_cmpstr(tune, ==, readable[i].tune);
    }
}

static void
test_refused(void)
{
    static const char *const refused[] = {
        TUNE(DEVICE("")),
        TUNE(DEVICE("<path/><weight>1</weight>")),
        TUNE(DEVICE("<path>/a</path><weight>x</weight>")),
        TUNE(DEVICE("<path>/a</path><read_iops_sec>4294967296</read_iops_sec>")),
        TUNE(DEVICE("<path>/a</path><write_iops_sec>-1</write_iops_sec>")),
        TUNE(DEVICE("<path>/a</path><read_bytes_sec>1k</read_bytes_sec>")),
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", refused[i]);
        g_assert_null(guest_xml_parse("qemu", refused[i], &error));
        g_assert_error(error, GUEST_ERROR, GUEST_ERROR_XML);
    }
}

/* From one description to what another one says. */
static const struct {
    const char *xml;
    const char *other;
    const char *shown;
} edits[] = {
    {"<domain>\n  <name>g</name>\n  <vcpu>1</vcpu>\n</domain>\n",
     TUNE("<weight>7</weight>" DEVICE("<path>/a&lt;b</path>"
                                      "<write_bytes_sec>5</write_bytes_sec>"
                                      "<read_iops_sec>6</read_iops_sec>")
              DEVICE("<path>/none</path>")),
     "<domain>\n  <name>g</name>\n  <blkiotune>\n    <weight>7</weight>\n    <device>\n"
     "      <path>/a&lt;b</path>\n      <read_iops_sec>6</read_iops_sec>\n"
     "      <write_bytes_sec>5</write_bytes_sec>\n    </device>\n  </blkiotune>\n"
     "  <vcpu>1</vcpu>\n</domain>\n"},
    {"<domain>\n  <name>g</name>\n  <blkiotune>\n    <weight>7</weight>\n    <device>\n"
     "      <path>/a</path>\n      <weight>6</weight>\n    </device>\n  </blkiotune>\n</domain>\n",
     TUNE("<weight>8</weight>"),
     "<domain>\n  <name>g</name>\n  <blkiotune>\n    <weight>8</weight>\n  </blkiotune>\n"
     "</domain>\n"},
    {"<domain>\n  <name>g</name>\n  <blkiotune>\n    <weight>7</weight>\n  </blkiotune>\n"
     "</domain>\n",
     GUEST(""), "<domain>\n  <name>g</name>\n</domain>\n"},
    {TUNE(DEVICE("<weight >5</weight><path>/a</path>")),
     TUNE(DEVICE("<path>/a</path><weight>5</weight>")),
     TUNE(DEVICE("<weight >5</weight><path>/a</path>"))},
    {TUNE(DEVICE("<path>/a</path><weight>5</weight>")),
     TUNE(DEVICE("<path>/b</path><weight>5</weight>")),
     TUNE(DEVICE("<path>/b</path><weight>5</weight>"))},
};

static void
test_edit(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) other = guest_xml_parse("qemu", edits[i].other, &error);
        g_autofree char *shown = NULL;

        g_assert_no_error(error);
        shown = guest_xml_set_blkiotune(edits[i].xml, guest_get_blkiotune(other), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(shown, ==, edits[i].shown);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/blkiotune/read", test_read);
    g_test_add_func("/blkiotune/refused", test_refused);
    g_test_add_func("/blkiotune/edit", test_edit);
    return g_test_run();
}
