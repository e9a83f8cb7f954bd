/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Domain XML: what is read from it, what is refused, and that holding back and
 * putting back change nothing that they should not.  The files
 * data/guests/xml-*.xml are libvirt's own output.
 */

#include <config.h>

#include <string.h>

#include "guest-markup.h"
#include "guest-xml.h"

#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define NS "xmlns:corral=\"" GUEST_XML_HELD_NAMESPACE "\""

/* The smallest guest, with something in it. */
#define GUEST(inside) "<domain><name>g</name>" inside "</domain>"

static char *
load(const char *file)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", "guests", file, NULL);
    g_autoptr(GError) error = NULL;
    char *xml = NULL;

    g_file_get_contents(path, &xml, NULL, &error);
    g_assert_no_error(error);
    return xml;
}

static Guest *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    Guest *guest = guest_xml_parse("qemu", xml, &error);

    g_assert_no_error(error);
    g_assert_nonnull(guest);
    return guest;
}

/* "1 2 3" */
static char *
list(const guint *numbers, gsize n)
{
    GString *text = g_string_new(NULL);
    gsize i;

    for (i = 0; i < n; i++)
        g_string_append_printf(text, "%s%u", i > 0 ? " " : "", numbers[i]);
    return g_string_free(text, FALSE);
}

/* "shares: period/quota of vCPUs, emulator, global, iothreads" */
static char *
tune_text(const GuestCputune *tune)
{
    GString *text = g_string_new(NULL);
    gsize i;

    if (tune->has_shares)
        g_string_append_printf(text, "%" G_GUINT64_FORMAT, tune->shares);
    else
        g_string_append_c(text, '-');
    g_string_append_c(text, ':');
    for (i = 0; i < GUEST_N_PARTS; i++)
        g_string_append_printf(text, " %" G_GUINT64_FORMAT "/%" G_GINT64_FORMAT,
                               tune->bandwidth[i].period_us, tune->bandwidth[i].quota_us);
    return g_string_free(text, FALSE);
}

/* ---- parse ---- */

static const struct {
    const char *xml;
    const char *name;
    const char *uuid;
    const char *partition;
} identities[] = {
    {GUEST(""), "g", NULL, "/machine"},
    {"<?xml version='1.0'?>\n<domain type='kvm' id='3'><name> a b </name></domain>", " a b ", NULL,
     "/machine"},
    {"<domain><name>a<!-- x -->&lt;b&#10;&gt;</name><name>z</name></domain>", "a<b\n>", NULL,
     "/machine"},
    {"<domain><name><![CDATA[<&]]></name></domain>", "<&", NULL, "/machine"},
    {"<domain xmlns:x='urn:x'><x:name>no</x:name><name>yes</name></domain>", "yes", NULL,
     "/machine"},
    {"<domain><description><name>no</name></description><name>yes</name></domain>", "yes", NULL,
     "/machine"},
    {"<?xml version='1.0' encoding='ISO-8859-1'?><domain><name>gr\xf6\xdf"
     "e</name></domain>",
     "größe", NULL, "/machine"},
    {"<!DOCTYPE domain [<!ENTITY n 'from an entity'>]><domain><name>&n;</name></domain>",
     "from an entity", NULL, "/machine"},
    {GUEST("<uuid>" UUID "</uuid>"), "g", UUID, "/machine"},
    {GUEST("<uuid> \n4DEA22B31D52D8F32516782E98AB3FA0\t</uuid>"), "g", UUID, "/machine"},
    {GUEST("<uuid>4d-ea 22--b31d52d8f32516782e98ab3fa0</uuid>"), "g", UUID, "/machine"},
    {GUEST("<uuid></uuid>"), "g", NULL, "/machine"},
    {GUEST("<resource><partition>/a/b</partition></resource>"), "g", NULL, "/a/b"},
    {GUEST("<resource><partition> /a </partition></resource>"), "g", NULL, " /a "},
    {GUEST("<resource><partition>nonsense//</partition></resource>"), "g", NULL, "nonsense//"},
    {GUEST("<resource><partition/><fibrechannel appid='x'/></resource>"), "g", NULL, "/machine"},
    {GUEST("<resource><partition>/a</partition><partition>/b</partition></resource>"), "g", NULL,
     "/a"},
};

static void
test_identity(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(identities); i++) {
        g_autoptr(Guest) guest = parse(identities[i].xml);

        g_assert_cmpstr(guest_get_driver(guest), ==, "qemu");
        g_assert_cmpstr(guest_get_name(guest), ==, identities[i].name);
        g_assert_cmpstr(guest_get_uuid(guest), ==, identities[i].uuid);
        g_assert_cmpstr(guest_get_partition(guest), ==, identities[i].partition);
    }
}

static void
test_users(void)
{
    g_autoptr(Guest) without = parse(GUEST("<idmap/>"));
    g_autoptr(Guest) with =
        parse(GUEST("<idmap><uid start='0' target='100000' count='65536'/></idmap>"));

    g_assert_false(guest_has_own_users(without));
    g_assert_true(guest_has_own_users(with));
}

static const struct {
    const char *xml;
    const char *vcpus;
    const char *iothreads;
} numbers[] = {
    {GUEST(""), "0", ""},
    {GUEST("<vcpu>3</vcpu>"), "0 1 2", ""},
    {GUEST("<vcpu placement='static'> 2</vcpu>"), "0 1", ""},
    {GUEST("<vcpu current='1'>3</vcpu>"), "0", ""},
    {GUEST("<vcpu current='0'>3</vcpu>"), "", ""},
    {GUEST("<vcpu>2</vcpu><vcpu>5</vcpu>"), "0 1", ""},
    {GUEST("<vcpu>4</vcpu><vcpus/>"), "0 1 2 3", ""},
    {GUEST("<vcpu current='1'>4</vcpu><vcpus><vcpu id='3' enabled='yes'/>"
           "<vcpu id='0' enabled='yes'/><vcpu id='1' enabled='no'/></vcpus>"),
     "0 3", ""},
    {GUEST("<vcpu>2</vcpu><vcpus><vcpu id='1' enabled='yes'/></vcpus>"
           "<vcpus><vcpu id='1' enabled='no'/><vcpu id='0' enabled='yes'/></vcpus>"),
     "0", ""},
    /* current is not looked at then */
    {GUEST("<vcpu current='9'>2</vcpu><vcpus><vcpu id='1' enabled='yes'/></vcpus>"), "1", ""},
    {GUEST("<iothreads>2</iothreads>"), "0", "1 2"},
    {GUEST("<iothreads/>"), "0", ""},
    {GUEST("<iothreadids><iothread id='4'/><iothread id='1'/></iothreadids>"), "0", "4 1"},
    {GUEST("<iothreads>4</iothreads><iothreadids><iothread id='3'/><iothread id='1'/>"
           "</iothreadids>"),
     "0", "3 1 2 4"},
    {GUEST("<iothreads>1</iothreads><iothreadids><iothread id='3'/><iothread id='2'/>"
           "</iothreadids>"),
     "0", "3 2"},
    {GUEST("<iothreads>2</iothreads><iothreadids><iothread id='900'/></iothreadids>"), "0",
     "900 1"},
};

static void
test_numbers(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autoptr(Guest) guest = parse(numbers[i].xml);
        gsize n_vcpus;
        gsize n_iothreads;
        const guint *vcpus = guest_get_vcpus(guest, &n_vcpus);
        const guint *iothreads = guest_get_iothreads(guest, &n_iothreads);
        g_autofree char *vcpu_list = list(vcpus, n_vcpus);
        g_autofree char *iothread_list = list(iothreads, n_iothreads);

        g_assert_cmpstr(vcpu_list, ==, numbers[i].vcpus);
        g_assert_cmpstr(iothread_list, ==, numbers[i].iothreads);
    }
}

#define HELD_OPEN "<metadata><corral:held " NS "><corral:cputune>"
#define HELD_CLOSE "</corral:cputune></corral:held></metadata>"

static const struct {
    const char *xml;
    const char *tune;
} tunes[] = {
    {GUEST(""), "-: 0/0 0/0 0/0 0/0"},
    {GUEST("<cputune/>"), "-: 0/0 0/0 0/0 0/0"},
    {GUEST("<cputune><shares>0</shares></cputune>"), "0: 0/0 0/0 0/0 0/0"},
    {GUEST("<cputune><shares>+1024</shares></cputune>"), "1024: 0/0 0/0 0/0 0/0"},
    {GUEST("<cputune><shares/></cputune>"), "-: 0/0 0/0 0/0 0/0"},
    {GUEST("<cputune><shares>18446744073709551615</shares></cputune>"),
     "18446744073709551615: 0/0 0/0 0/0 0/0"},
    {GUEST("<cputune><period> 1</period><quota>-17</quota></cputune>"), "-: 1/-17 0/0 0/0 0/0"},
    {GUEST("<cputune><global_period>2</global_period><global_quota>3</global_quota>"
           "<emulator_period>4</emulator_period><emulator_quota>5</emulator_quota>"
           "<iothread_period>6</iothread_period><iothread_quota>7</iothread_quota></cputune>"),
     "-: 0/0 4/5 2/3 6/7"},
    /* the first counts, wherever the others are */
    {GUEST("<cputune><quota/><quota>5</quota></cputune><cputune><quota>6</quota>"
           "<period>7</period></cputune>"),
     "-: 7/0 0/0 0/0 0/0"},
    {GUEST("<x:cputune xmlns:x='urn:x'><quota>5</quota></x:cputune>"), "-: 0/0 0/0 0/0 0/0"},
    {GUEST("<cputune xmlns='urn:x'><quota>5</quota></cputune>"), "-: 0/0 0/0 0/0 0/0"},
    {GUEST("<memory><cputune><quota>5</quota></cputune></memory>"), "-: 0/0 0/0 0/0 0/0"},
    /* held back */
    {GUEST(HELD_OPEN "<corral:period>100000</corral:period><corral:iothread_quota>-1"
                     "</corral:iothread_quota>" HELD_CLOSE),
     "-: 100000/0 0/0 0/0 0/-1"},
    {GUEST(HELD_OPEN
           "<corral:period>100000</corral:period><corral:quota>2000</corral:quota>" HELD_CLOSE
           "<cputune><shares>3</shares><quota>9000</quota></cputune>"),
     "3: 100000/9000 0/0 0/0 0/0"},
    {GUEST(HELD_OPEN "<corral:quota>2000</corral:quota>" HELD_CLOSE
                     "<cputune><quota>0</quota></cputune>"),
     "-: 0/0 0/0 0/0 0/0"},
    /* not ours: no namespace, another one, out of range, no number, no shares */
    {GUEST(HELD_OPEN "<quota>2000</quota><corral:period>999</corral:period>"
                     "<corral:global_quota>x</corral:global_quota>"
                     "<corral:emulator_quota>17592186044416</corral:emulator_quota>"
                     "<corral:global_period>1000001</corral:global_period>"
                     "<corral:shares>5</corral:shares>" HELD_CLOSE),
     "-: 0/0 0/0 0/0 0/0"},
    {GUEST("<metadata><held xmlns='urn:x'><cputune><quota>2000</quota></cputune></held>"
           "</metadata>"),
     "-: 0/0 0/0 0/0 0/0"},
    {GUEST("<metadata><held xmlns='" GUEST_XML_NAMESPACE "'><cputune><quota>2000</quota></cputune>"
           "</held></metadata>"),
     "-: 0/0 0/0 0/0 0/0"},
    {GUEST("<corral:held " NS "><corral:cputune><corral:quota>2000</corral:quota>"
           "</corral:cputune></corral:held>"),
     "-: 0/0 0/0 0/0 0/0"},
};

static void
test_tunes(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(tunes); i++) {
        g_autoptr(Guest) guest = parse(tunes[i].xml);
        g_autofree char *text = tune_text(guest_get_cputune(guest));

        g_assert_cmpstr(text, ==, tunes[i].tune);
    }
}

static const struct {
    const char *xml;
    const char *message;
} refusals[] = {
    {GUEST("<uuid>4dea22b3</uuid>"), "uuid '4dea22b3' is malformed"},
    {GUEST("<uuid>" UUID "0</uuid>"), "uuid '" UUID "0' is malformed"},
    {GUEST("<uuid>4-dea22b31d52d8f32516782e98ab3fa0</uuid>"),
     "uuid '4-dea22b31d52d8f32516782e98ab3fa0' is malformed"},
    {"<domain/>", "The domain has no name"},
    {"<domain><name/></domain>", "The domain has no name"},
    {"<domain xmlns='urn:x'><name>g</name></domain>", "The domain has no name"},
    {"<network><name>g</name></network>", "The root element is <network>, not <domain>"},
    {GUEST("<vcpu/>"), "Number of vCPUs '' is not a number"},
    {GUEST("<vcpu>two</vcpu>"), "Number of vCPUs 'two' is not a number"},
    {GUEST("<vcpu>2 </vcpu>"), "Number of vCPUs '2 ' is not a number"},
    {GUEST("<vcpu>4294967296</vcpu>"), "Number of vCPUs '4294967296' is not a number"},
    {GUEST("<vcpu>4294967295</vcpu>"),
     "Number of vCPUs '4294967295' is more than any guest can have"},
    {GUEST("<vcpu current=''>2</vcpu>"), "vcpu attribute current '' is not a number"},
    {GUEST("<vcpu current='3'>2</vcpu>"),
     "vcpu attribute current '3' is more than the number of vCPUs"},
    {GUEST("<vcpus><vcpu enabled='yes'/></vcpus>"), "vcpu id '' is not a number"},
    {GUEST("<vcpus><vcpu id='1' enabled='yes'/></vcpus>"),
     "vcpu id '1' is not below the number of vCPUs"},
    {GUEST("<vcpu>0</vcpu><vcpus><vcpu id='0' enabled='yes'/></vcpus>"),
     "vcpu id '0' is not below the number of vCPUs"},
    {GUEST("<vcpus><vcpu id='0'/></vcpus>"), "vcpu attribute enabled '' is neither 'yes' nor 'no'"},
    {GUEST("<vcpus><vcpu id='0' enabled='on'/></vcpus>"),
     "vcpu attribute enabled 'on' is neither 'yes' nor 'no'"},
    {GUEST("<iothreads>-1</iothreads>"), "Number of iothreads '-1' is not a number"},
    {GUEST("<iothreads>4294967295</iothreads>"),
     "Number of iothreads '4294967295' is more than any guest can have"},
    {GUEST("<iothreadids><iothread id='0'/></iothreadids>"), "iothread id '0' is not allowed"},
    {GUEST("<iothreadids><iothread id='1'/><iothread id='01'/></iothreadids>"),
     "iothread id '01' is given twice"},
    {GUEST("<resource/>"), "The <resource> element is empty"},
    {GUEST("<resource><partition/></resource>"), "The <resource> element is empty"},
    {GUEST("<resource><partition>/a</partition></resource><resource/>"),
     "There is more than one <resource> element"},
    {GUEST("<cputune><shares>-1</shares></cputune>"),
     "cputune element <shares> '-1' is not a number"},
    {GUEST("<cputune><shares>18446744073709551616</shares></cputune>"),
     "cputune element <shares> '18446744073709551616' is not a number"},
    {GUEST("<cputune><quota>5ms</quota></cputune>"),
     "cputune element <quota> '5ms' is not a number"},
    {GUEST("<cputune><quota> </quota></cputune>"), "cputune element <quota> ' ' is not a number"},
    {GUEST("<cputune><iothread_quota>9223372036854775808</iothread_quota></cputune>"),
     "cputune element <iothread_quota> '9223372036854775808' is not a number"},
    {GUEST("<cputune><emulator_period>-1</emulator_period></cputune>"),
     "cputune element <emulator_period> '-1' is not a number"},
};

static void
test_refusals(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(guest_xml_parse("qemu", refusals[i].xml, &error));
        g_assert_error(error, GUEST_ERROR, GUEST_ERROR_XML);
        g_assert_cmpstr(error->message, ==, refusals[i].message);
    }
}

static const struct {
    const char *xml;
    const char *line;
} malformed[] = {
    {"", "line 1:"},
    {"not XML", "line 1:"},
    {"<domain>", "line 1:"},
    {"<domain>\n<name>g</name>\n<vcpu></domain>", "line 3:"},
    {"<domain>\n\n<name>g</name>&undeclared;</domain>", "line 3:"},
    {"<domain a='<'/>", "line 1:"},
    {"<domain/>\n<domain/>", "line 2:"},
    {"<domain><name>\x80</name></domain>", "line 1:"},
    /* entities that would grow to 64 million letters */
    {"<!DOCTYPE domain [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaa'>"
     "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
     "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
     "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
     "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>"
     "<!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>]>"
     "<domain><name>&f;</name></domain>",
     "line 1:"},
};

/* All three say so, where, and nothing on stderr. */
static void
test_malformed(void)
{
    gsize i;

    if (g_test_subprocess()) {
        for (i = 0; i < G_N_ELEMENTS(malformed); i++) {
            const GuestCputune tune = {TRUE, 1, {{0, 0}}};
            g_autoptr(GError) parse_error = NULL;
            g_autoptr(GError) hold_error = NULL;
            g_autoptr(GError) put_error = NULL;
            char *held = (char *)"untouched";

            g_assert_null(guest_xml_parse("qemu", malformed[i].xml, &parse_error));
            g_assert_error(parse_error, GUEST_ERROR, GUEST_ERROR_XML);
            g_assert_nonnull(strstr(parse_error->message, malformed[i].line));
            g_assert_null(strchr(parse_error->message, '\n'));

            g_assert_false(guest_xml_hold_back(malformed[i].xml, &held, &hold_error));
            g_assert_cmpstr(hold_error->message, ==, parse_error->message);
            g_assert_cmpstr(held, ==, "untouched");
            g_assert_null(guest_xml_put_back(malformed[i].xml, &tune, &put_error));
            g_assert_cmpstr(put_error->message, ==, parse_error->message);
        }
        return;
    }

    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("");
}

static gpointer
parse_many(gpointer xml)
{
    gsize i;

    for (i = 0; i < 200; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = guest_xml_parse("qemu", xml, NULL);
        g_autoptr(Guest) none = guest_xml_parse("qemu", "<domain>\n<", &error);

        if (!guest || none || !strstr(error->message, "line 2:"))
            return GINT_TO_POINTER(FALSE);
    }
    return GINT_TO_POINTER(TRUE);
}

static void
test_threads(void)
{
    g_autofree char *xml = load("xml-everything.xml");
    GThread *threads[4];
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new(NULL, parse_many, xml);
    for (i = 0; i < G_N_ELEMENTS(threads); i++)
        g_assert_true(GPOINTER_TO_INT(g_thread_join(threads[i])));
}

/* ---- hold back ---- */

/* How held back elements look where <metadata> was made for them. */
#define MADE_OPEN "\n  <metadata>\n    <corral:held " NS ">\n      <corral:cputune>"
#define MADE_CLOSE "\n      </corral:cputune>\n    </corral:held>\n  </metadata>"
#define TIGHT_OPEN "<corral:held " NS "><corral:cputune>"
#define TIGHT_OPEN_EMPTY "<corral:held " NS " metadata=\"empty\"><corral:cputune>"
#define TIGHT_CLOSE "</corral:cputune></corral:held>"

static const struct {
    const char *xml;
    const char *held; /* NULL: use the original */
} holds[] = {
    /* nothing to do */
    {GUEST(""), NULL},
    {GUEST("<cputune/>"), NULL},
    {GUEST("<cputune><shares>5</shares><vcpupin vcpu='0' cpuset='0'/></cputune>"), NULL},
    {GUEST("<description>&lt;cputune&gt;&lt;quota&gt;1&lt;/quota&gt;</description>"), NULL},
    {GUEST("<!-- <cputune><quota>5000</quota></cputune> -->"), NULL},
    {GUEST("<metadata><x:cputune xmlns:x='urn:x'><x:quota>5</x:quota></x:cputune></metadata>"),
     NULL},
    {GUEST(HELD_OPEN "<corral:quota>2000</corral:quota>" HELD_CLOSE), NULL},

    /* libvirt is to see and refuse these itself */
    {GUEST("<cputune><quota>999</quota></cputune>"), NULL},
    {GUEST("<cputune><quota>17592186044416</quota></cputune>"), NULL},
    {GUEST("<cputune><period>999</period><quota>5000</quota></cputune>"), NULL},
    {GUEST("<cputune><iothread_period>1000001</iothread_period></cputune>"), NULL},
    {GUEST("<cputune><quota>x</quota></cputune>"), NULL},
    {GUEST("<cputune><shares>x</shares><quota>5000</quota></cputune>"), NULL},

    /* at the very limits */
    {GUEST("<cputune><period>1000</period><quota>1000</quota></cputune>"),
     "<domain><name>g</name>" MADE_OPEN "\n        <corral:period>1000</corral:period>"
     "\n        <corral:quota>1000</corral:quota>" MADE_CLOSE "</domain>"},
    {GUEST("<cputune><period>1000000</period><quota>17592186044415</quota></cputune>"),
     "<domain><name>g</name>" MADE_OPEN "\n        <corral:period>1000000</corral:period>"
     "\n        <corral:quota>17592186044415</corral:quota>" MADE_CLOSE "</domain>"},
    {GUEST("<cputune><quota>-5</quota></cputune>"),
     "<domain><name>g</name>" MADE_OPEN "\n        <corral:quota>-5</corral:quota>" MADE_CLOSE
     "</domain>"},

    /* in libvirt's own order, and behind <description> */
    {GUEST("<description>d</description><memory/><cputune><iothread_quota>2000</iothread_quota>"
           "<emulator_period>3000</emulator_period></cputune>"),
     "<domain><name>g</name><description>d</description>" MADE_OPEN
     "\n        <corral:emulator_period>3000</corral:emulator_period>"
     "\n        <corral:iothread_quota>2000</corral:iothread_quota>" MADE_CLOSE
     "<memory/></domain>"},
    {"<?xml version='1.0'?>\n<!-- mine -->\n<domain>\n\t<name>g</name>\n"
     "\t<cputune>\n\t\t<!-- why -->\n\t\t<quota>2000</quota>\n"
     "\t\t<shares>5</shares>\n\n\t\t<period>3000</period>\n\t</cputune>\n</domain>\n<!-- end -->\n",
     "<?xml version='1.0'?>\n<!-- mine -->\n<domain>\n\t<name>g</name>" MADE_OPEN
     "\n        <corral:period>3000</corral:period>"
     "\n        <corral:quota>2000</corral:quota>" MADE_CLOSE
     "\n\t<cputune>\n\t\t<!-- why -->\n\t\t<shares>5</shares>\n\n\t</cputune>\n"
     "</domain>\n<!-- end -->\n"},
    {"<domain>\r\n  <name>g</name>\r\n  <cputune>\r\n    <quota>2000</quota>\r\n"
     "    <shares>5</shares>\r\n  </cputune>\r\n</domain>",
     "<domain>\r\n  <name>g</name>" MADE_OPEN
     "\n        <corral:quota>2000</corral:quota>" MADE_CLOSE
     "\r\n  <cputune>\r\n    <shares>5</shares>\r\n  </cputune>\r\n</domain>"},

    /* not given, and gone */
    {GUEST("<cputune><period>0</period><quota/><shares>5</shares></cputune>"),
     GUEST("<cputune><shares>5</shares></cputune>")},
    {GUEST("<cputune><period>0</period></cputune>"), GUEST("")},
    {GUEST(HELD_OPEN "<corral:quota>2000</corral:quota>" HELD_CLOSE
                     "<cputune><quota>0</quota></cputune>"),
     GUEST("")},

    /* every one of them, in every <cputune>: libvirt would find the second */
    {GUEST("<cputune><quota>2000</quota><quota>3000</quota></cputune><cputune><shares>5</shares>"
           "<quota>4000</quota></cputune>"),
     "<domain><name>g</name>" MADE_OPEN "\n        <corral:quota>2000</corral:quota>" MADE_CLOSE
     "<cputune><shares>5</shares></cputune></domain>"},

    /* other people's <metadata> */
    {GUEST("<metadata>\n    <a:x xmlns:a='urn:a'/>\n  </metadata>"
           "<cputune><quota>2000</quota></cputune>"),
     GUEST("<metadata>" TIGHT_OPEN "<corral:quota>2000</corral:quota>" TIGHT_CLOSE
           "\n    <a:x xmlns:a='urn:a'/>\n  </metadata>")},
    /* their limits: next to it, in another namespace, whatever the prefix */
    {GUEST("<metadata><corral:limits xmlns:corral='" GUEST_XML_NAMESPACE "'>"
           "<corral:pids>7</corral:pids></corral:limits></metadata>"
           "<cputune><quota>2000</quota></cputune>"),
     GUEST("<metadata>" TIGHT_OPEN "<corral:quota>2000</corral:quota>" TIGHT_CLOSE
           "<corral:limits xmlns:corral='" GUEST_XML_NAMESPACE "'>"
           "<corral:pids>7</corral:pids></corral:limits></metadata>")},
    {GUEST("<metadata xmlns:corral='" GUEST_XML_NAMESPACE "'><corral:limits/></metadata>"
           "<cputune><quota>2000</quota></cputune>"),
     GUEST("<metadata xmlns:corral='" GUEST_XML_NAMESPACE "'>" TIGHT_OPEN
           "<corral:quota>2000</corral:quota>" TIGHT_CLOSE "<corral:limits/></metadata>")},
    {GUEST("<metadata/><cputune><quota>2000</quota></cputune>"),
     GUEST("<metadata>" TIGHT_OPEN_EMPTY "<corral:quota>2000</corral:quota>" TIGHT_CLOSE
           "</metadata>")},
    {GUEST("<metadata a='&gt;'></metadata><cputune><quota>2000</quota></cputune>"),
     GUEST("<metadata a='&gt;'>" TIGHT_OPEN_EMPTY "<corral:quota>2000</corral:quota>" TIGHT_CLOSE
           "</metadata>")},
    {GUEST("<metadata><!-- note --></metadata><cputune><quota>2000</quota></cputune>"),
     GUEST("<metadata>" TIGHT_OPEN_EMPTY "<corral:quota>2000</corral:quota>" TIGHT_CLOSE
           "<!-- note --></metadata>")},

    /* a held element that is there already: replaced, the real ones count more */
    {GUEST(HELD_OPEN "<corral:period>7000</corral:period><corral:quota>2000</corral:quota>"
                     "<corral:evil/>" HELD_CLOSE "<cputune><quota>9000</quota></cputune>"),
     GUEST("<metadata>" TIGHT_OPEN
           "<corral:period>7000</corral:period><corral:quota>9000</corral:quota>" TIGHT_CLOSE
           "</metadata>")},
    {GUEST("<metadata><c:held xmlns:c='" GUEST_XML_HELD_NAMESPACE "'/><a:x xmlns:a='urn:a'/>"
           "<held xmlns='" GUEST_XML_HELD_NAMESPACE "'>x</held></metadata>"
           "<cputune><quota>9000</quota></cputune>"),
     GUEST("<metadata>" TIGHT_OPEN "<corral:quota>9000</corral:quota>" TIGHT_CLOSE
           "<a:x xmlns:a='urn:a'/></metadata>")},

    /* text that only looks like tags */
    {"<!DOCTYPE domain [<!-- ]> ' --><!ENTITY e \"<quota>']>'</quota>\"><?pi ']>?>]>"
     "<domain><?pi <quota>?><name a='>'>g</name><![CDATA[<quota>]]><cputune><quota\n>2000"
     "<!-- </quota> --></quota ></cputune></domain>",
     "<!DOCTYPE domain [<!-- ]> ' --><!ENTITY e \"<quota>']>'</quota>\"><?pi ']>?>]>"
     "<domain><?pi <quota>?><name a='>'>g</name>" MADE_OPEN
     "\n        <corral:quota>2000</corral:quota>" MADE_CLOSE "<![CDATA[<quota>]]></domain>"},
};

static void
test_hold_back(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(holds); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *held = NULL;

        g_assert_true(guest_xml_hold_back(holds[i].xml, &held, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(held, ==, holds[i].held);
        if (held) {
            g_autoptr(Guest) before = parse(holds[i].xml);
            g_autoptr(Guest) after = parse(held);
            g_autofree char *tune_before = tune_text(guest_get_cputune(before));
            g_autofree char *tune_after = tune_text(guest_get_cputune(after));
            g_autofree char *again = NULL;

            g_assert_cmpstr(tune_after, ==, tune_before);
            g_assert_true(guest_xml_hold_back(held, &again, NULL));
            g_assert_cmpstr(again, ==, NULL);
        }
    }
}

/* An encoding in which '<' may be half a character: the two readings differ. */
static void
test_unsafe_encoding(void)
{
    const char *xml = "<?xml version='1.0' encoding='ISO-2022-JP'?>"
                      "<domain><name>\x1b$B<a\x1b(B</name></domain>";
    g_autoptr(GError) error = NULL;
    g_autofree char *held = NULL;
    g_autoptr(Guest) guest = guest_xml_parse("qemu", xml, NULL);

    if (!guest) {
        g_test_skip("this libxml2 does not know ISO-2022-JP");
        return;
    }
    g_assert_false(guest_xml_hold_back(xml, &held, &error));
    g_assert_error(error, GUEST_ERROR, GUEST_ERROR_XML);
    g_assert_null(held);
}

/* ---- put back ---- */

#define LINES(inside) "<domain>\n  <name>g</name>\n" inside "</domain>\n"
#define CPUTUNE_OPEN "  <cputune>\n"
#define CPUTUNE_CLOSE "  </cputune>\n"

static const GuestCputune no_tune;
static const GuestCputune some_tune = {TRUE, 7, {{0, 5000}, {3000, 0}}};

static const struct {
    const char *xml;
    const GuestCputune *tune;
    const char *result;
} puts_back[] = {
    {LINES(""), &no_tune, LINES("")},
    {"<?xml version='1.0'?>\n" LINES("") "<!-- end -->", &no_tune,
     "<?xml version='1.0'?>\n" LINES("") "<!-- end -->"},
    {LINES(CPUTUNE_OPEN "    <shares>5</shares>\n" CPUTUNE_CLOSE), &no_tune, LINES("")},
    {LINES(CPUTUNE_OPEN "    <quota>5</quota>\n    <vcpupin vcpu='0' cpuset='0'/>\n" CPUTUNE_CLOSE),
     &no_tune, LINES(CPUTUNE_OPEN "    <vcpupin vcpu='0' cpuset='0'/>\n" CPUTUNE_CLOSE)},
    {LINES(CPUTUNE_OPEN "    <!-- note -->\n    <quota>5</quota>\n" CPUTUNE_CLOSE), &no_tune,
     LINES(CPUTUNE_OPEN "    <!-- note -->\n" CPUTUNE_CLOSE)},
    {LINES(""), &some_tune,
     LINES(CPUTUNE_OPEN "    <shares>7</shares>\n    <quota>5000</quota>\n"
                        "    <emulator_period>3000</emulator_period>\n" CPUTUNE_CLOSE)},
    {LINES(CPUTUNE_OPEN "    <vcpupin vcpu='0' cpuset='0'/>\n    <quota>9</quota>\n" CPUTUNE_CLOSE),
     &some_tune,
     LINES(CPUTUNE_OPEN "    <shares>7</shares>\n    <quota>5000</quota>\n"
                        "    <emulator_period>3000</emulator_period>\n"
                        "    <vcpupin vcpu='0' cpuset='0'/>\n" CPUTUNE_CLOSE)},
    {LINES("  <cputune/>\n"), &some_tune,
     LINES(CPUTUNE_OPEN "    <shares>7</shares>\n    <quota>5000</quota>\n"
                        "    <emulator_period>3000</emulator_period>\n" CPUTUNE_CLOSE)},
    {"<domain><name>g</name><cputune><vcpupin vcpu='0' cpuset='0'/></cputune></domain>", &some_tune,
     "<domain><name>g</name><cputune><shares>7</shares><quota>5000</quota>"
     "<emulator_period>3000</emulator_period><vcpupin vcpu='0' cpuset='0'/></cputune></domain>"},
    /* what comes before and what after */
    {LINES("  <metadata/>\n  <memory/>\n  <currentMemory/>\n  <blkiotune/>\n  <memtune/>\n"
           "  <memoryBacking/>\n  <vcpu>1</vcpu>\n  <vcpus/>\n  <iothreads/>\n  <iothreadids/>\n"
           "  <defaultiothread/>\n  <numatune/>\n  <resource/>\n  <os/>\n"),
     &some_tune,
     LINES("  <metadata/>\n  <memory/>\n  <currentMemory/>\n  <blkiotune/>\n  <memtune/>\n"
           "  <memoryBacking/>\n  <vcpu>1</vcpu>\n  <vcpus/>\n  <iothreads/>\n  <iothreadids/>\n"
           "  <defaultiothread/>\n" CPUTUNE_OPEN "    <shares>7</shares>\n    <quota>5000</quota>\n"
           "    <emulator_period>3000</emulator_period>\n" CPUTUNE_CLOSE
           "  <numatune/>\n  <resource/>\n  <os/>\n")},
    /* corral's metadata, as libvirt prints it */
    {LINES("  <metadata>\n    <corral:held " NS ">\n      <corral:cputune>\n      "
           "</corral:cputune>\n    </corral:held>\n  </metadata>\n  <memory/>\n"),
     &no_tune, LINES("  <memory/>\n")},
    {LINES("  <metadata>\n    <corral:held " NS "/>\n    <a:x xmlns:a=\"urn:a\"/>\n"
           "  </metadata>\n"),
     &no_tune, LINES("  <metadata>\n    <a:x xmlns:a=\"urn:a\"/>\n  </metadata>\n")},
    {LINES("  <metadata>\n    <corral:held " NS "/>\n    <c:limits xmlns:c=\"" GUEST_XML_NAMESPACE
           "\"/>\n  </metadata>\n"),
     &no_tune,
     LINES("  <metadata>\n    <c:limits xmlns:c=\"" GUEST_XML_NAMESPACE "\"/>\n  </metadata>\n")},
    {LINES("  <metadata>\n    <corral:held " NS " metadata=\"empty\"/>\n  </metadata>\n"), &no_tune,
     LINES("  <metadata/>\n")},
    {LINES("  <metadata>\n    <!-- note --><corral:held " NS "/>\n  </metadata>\n"), &no_tune,
     LINES("  <metadata>\n    <!-- note -->\n  </metadata>\n")},
    {LINES("  <metadata>\n  </metadata>\n"), &no_tune, LINES("  <metadata>\n  </metadata>\n")},
    /* only metadata goes before what is put in */
    {LINES("  <metadata>\n    <corral:held " NS "/>\n  </metadata>\n  <os/>\n"), &some_tune,
     LINES(CPUTUNE_OPEN "    <shares>7</shares>\n    <quota>5000</quota>\n"
                        "    <emulator_period>3000</emulator_period>\n" CPUTUNE_CLOSE "  <os/>\n")},
};

static void
test_put_back(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(puts_back); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *result = guest_xml_put_back(puts_back[i].xml, puts_back[i].tune, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(result, ==, puts_back[i].result);
    }
}

static void
test_put_back_everything(void)
{
    static const GuestCputune tune = {
        TRUE,
        0,
        {[GUEST_PART_VCPU] = {1000, -1},
         [GUEST_PART_EMULATOR] = {1001, G_MININT64},
         [GUEST_PART_GLOBAL] = {1002, G_MAXINT64},
         [GUEST_PART_IOTHREAD] = {G_MAXUINT64, 1003}},
    };
    g_autofree char *result = guest_xml_put_back(LINES(""), &tune, NULL);

    g_assert_cmpstr(result, ==,
                    LINES(CPUTUNE_OPEN
                          "    <shares>0</shares>\n"
                          "    <period>1000</period>\n"
                          "    <quota>-1</quota>\n"
                          "    <global_period>1002</global_period>\n"
                          "    <global_quota>9223372036854775807</global_quota>\n"
                          "    <emulator_period>1001</emulator_period>\n"
                          "    <emulator_quota>-9223372036854775808</emulator_quota>\n"
                          "    <iothread_period>18446744073709551615</iothread_period>\n"
                          "    <iothread_quota>1003</iothread_quota>\n" CPUTUNE_CLOSE));
}

/* ---- there and back ---- */

static const struct {
    const char *file;
    gboolean is_held;
} round_trips[] = {
    {"xml-everything.xml", TRUE},
    {"xml-quota-only.xml", TRUE},
    {"xml-empty-metadata.xml", TRUE},
    {"xml-plain.xml", FALSE},
};

static void
test_round_trip(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(round_trips); i++) {
        g_autofree char *xml = load(round_trips[i].file);
        g_autoptr(Guest) guest = parse(xml);
        g_autoptr(GError) error = NULL;
        g_autofree char *held = NULL;
        g_autofree char *back = NULL;
        g_autofree char *same = NULL;

        g_assert_true(guest_xml_hold_back(xml, &held, &error));
        g_assert_no_error(error);
        g_assert_cmpint(held != NULL, ==, round_trips[i].is_held);
        if (held) {
            g_assert_nonnull(strstr(held, "<corral:held"));
            g_assert_null(strstr(held, "\n    <quota>"));
            g_assert_null(strstr(held, "\n    <period>"));
        }

        back = guest_xml_put_back(held ? held : xml, guest_get_cputune(guest), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(back, ==, xml);

        same = guest_xml_put_back(xml, guest_get_cputune(guest), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(same, ==, xml);
    }
}

static void
test_everything(void)
{
    g_autofree char *xml = load("xml-everything.xml");
    g_autoptr(Guest) guest = parse(xml);
    g_autofree char *tune = tune_text(guest_get_cputune(guest));
    gsize n;
    const guint *vcpus = guest_get_vcpus(guest, &n);
    g_autofree char *vcpu_list = list(vcpus, n);
    const guint *iothreads = guest_get_iothreads(guest, &n);
    g_autofree char *iothread_list = list(iothreads, n);

    g_assert_cmpstr(guest_get_name(guest), ==, "web & \"front\" <1>");
    g_assert_cmpstr(guest_get_uuid(guest), ==, UUID);
    g_assert_cmpstr(guest_get_partition(guest), ==, "/production/web");
    g_assert_cmpstr(vcpu_list, ==, "0 2");
    g_assert_cmpstr(iothread_list, ==, "7 2 1 3");
    g_assert_cmpstr(tune, ==, "2048: 100000/-1 300000/50000 200000/150000 400000/60000");
}

/* ---- the rest of a guest ---- */

static void
test_has_bandwidth(void)
{
    GuestCputune tune = {TRUE, 1024, {{0, 0}}};
    gsize i;

    g_assert_false(guest_cputune_has_bandwidth(&tune));
    for (i = 0; i < GUEST_N_PARTS; i++) {
        tune.bandwidth[i].quota_us = -1;
        g_assert_true(guest_cputune_has_bandwidth(&tune));
        tune.bandwidth[i].quota_us = 0;
        tune.bandwidth[i].period_us = 1000;
        g_assert_true(guest_cputune_has_bandwidth(&tune));
        tune.bandwidth[i].period_us = 0;
    }
}

static void
test_new(void)
{
    Guest *guest = guest_new("lxc", "n", UUID, NULL);
    g_autoptr(Guest) same = guest_ref(guest);
    gsize n = 5;

    guest_unref(guest);
    g_assert_cmpstr(guest_get_driver(same), ==, "lxc");
    g_assert_cmpstr(guest_get_name(same), ==, "n");
    g_assert_cmpstr(guest_get_uuid(same), ==, UUID);
    g_assert_cmpstr(guest_get_partition(same), ==, GUEST_DEFAULT_PARTITION);
    g_assert_false(guest_get_cputune(same)->has_shares);
    guest_get_vcpus(same, &n);
    g_assert_cmpuint(n, ==, 0);
    n = 5;
    guest_get_iothreads(same, &n);
    g_assert_cmpuint(n, ==, 0);
}

/* The reader of tags meets only what a parser let through, but it has to hold by itself. */
static void
test_markup_refuses(void)
{
    static const char *const texts[] = {
        "<",
        "<a",
        "<a>",
        "<a b='>",
        "<a b=\">",
        "</a>",
        "<a></a></a>",
        "<a><b></a>",
        "<!--",
        "<!-->",
        "<![CDATA[",
        "<?",
        "<!DOCTYPE",
        "<!DOCTYPE a [",
        "<!DOCTYPE a [>",
        "<!DOCTYPE a '>",
        "<!DOCTYPE a [<!-- ]>",
        "<a",
        "<a/",
        "</",
        "<>",
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_null(guest_markup_new(texts[i]));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guest-xml/identity", test_identity);
    g_test_add_func("/guest-xml/users", test_users);
    g_test_add_func("/guest-xml/numbers", test_numbers);
    g_test_add_func("/guest-xml/tunes", test_tunes);
    g_test_add_func("/guest-xml/refusals", test_refusals);
    g_test_add_func("/guest-xml/malformed", test_malformed);
    g_test_add_func("/guest-xml/threads", test_threads);
    g_test_add_func("/guest-xml/everything", test_everything);
    g_test_add_func("/guest-xml/hold-back", test_hold_back);
    g_test_add_func("/guest-xml/unsafe-encoding", test_unsafe_encoding);
    g_test_add_func("/guest-xml/put-back", test_put_back);
    g_test_add_func("/guest-xml/put-back-everything", test_put_back_everything);
    g_test_add_func("/guest-xml/round-trip", test_round_trip);
    g_test_add_func("/guest-xml/has-bandwidth", test_has_bandwidth);
    g_test_add_func("/guest-xml/new", test_new);
    g_test_add_func("/guest-xml/markup-refuses", test_markup_refuses);
    return g_test_run();
}
