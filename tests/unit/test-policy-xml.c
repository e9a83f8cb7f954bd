/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's file: what is read from it, and what is refused, by name and line. */
#include <config.h>

#include "corral.h"
#include "policy-xml.h"

#define FILE_NAME "corral.xml"

static Policy *
parse(const char *inside, GError **error)
{
    g_autofree char *xml = g_strdup_printf("<corral>\n%s</corral>\n", inside);

    return policy_xml_parse(xml, FILE_NAME, error);
}

static void
test_everything(void)
{
    static const guint reserved[] = {0, 4};
    static const guint cpus[] = {1, 2, 3, 5};
    g_autoptr(GError) error = NULL;
    const PolicyTerms *terms;
    const GuestBlkioDevice *device;
    guint i;
    g_autoptr(Policy) policy = parse(
        "<layout type='uuid'/>\n"
        "<!-- words -->\n"
        "<reserve excess='refuse'>\n"
        "  <memory unit='GiB'>20</memory><cpus cpuset='0,4'/>\n"
        "</reserve>\n"
        "<partition name='/clients' priority='800'>\n"
        "  <cputune><shares>2048</shares><global_period>50000</global_period>\n"
        "    <global_quota>75000</global_quota><min_guarantee> 2.5 </min_guarantee></cputune>\n"
        "  <memtune><hard_limit unit='GiB'>8</hard_limit><soft_limit>4096</soft_limit>\n"
        "    <swap_hard_limit unit='G'>9</swap_hard_limit>\n"
        "    <min_guarantee unit='GiB'>6</min_guarantee></memtune>\n"
        "  <blkiotune><weight>500</weight><device><path>/dev/sda</path>\n"
        "    <read_iops_sec>7</read_iops_sec></device></blkiotune>\n"
        "  <numatune><memory mode='strict' nodeset='0'/></numatune>\n"
        "  <cpuset>1-5,^4</cpuset><pids>300</pids>\n"
        "</partition>\n"
        "<partition name='/clients/gold'/>\n",
        &error);

    g_assert_no_error(error);
    g_assert_cmpint(policy->layout, ==, GUEST_LAYOUT_UUID);
    g_assert_cmpint(policy->reserve.excess, ==, POLICY_EXCESS_REFUSE);
    g_assert_cmpuint(policy->reserve.memory_kib, ==, 20 << 20);
    g_assert_cmpuint(policy->reserve.n_cpus, ==, 0);
    g_assert_cmpmem(policy->reserve.cpus->data, policy->reserve.cpus->len * sizeof(guint), reserved,
                    sizeof(reserved));

    g_assert_cmpuint(policy->terms->len, ==, 2);
    terms = policy_find(policy, "/clients");
    g_assert_cmpuint(terms->line, ==, 7);
    g_assert_cmpuint(terms->priority, ==, 800);
    g_assert_cmpuint(terms->cpu_guarantee, ==, 2500);
    g_assert_cmpuint(terms->guarantee_kib, ==, 6 << 20);
    g_assert_true(terms->cputune.has_shares);
    g_assert_cmpuint(terms->cputune.shares, ==, 2048);
    for (i = 0; i < GUEST_N_PARTS; i++) {
        gboolean whole = i == GUEST_PART_GLOBAL;

        g_assert_cmpuint(terms->cputune.bandwidth[i].period_us, ==, whole ? 50000 : 0);
        g_assert_cmpint(terms->cputune.bandwidth[i].quota_us, ==, whole ? 75000 : 0);
    }
    g_assert_cmpuint(terms->memtune.hard_limit_kib, ==, 8 << 20);
    g_assert_cmpuint(terms->memtune.soft_limit_kib, ==, 4096);
    g_assert_cmpuint(terms->memtune.swap_hard_limit_kib, ==, 9 << 20);
    g_assert_cmpuint(terms->blkiotune.weight, ==, 500);
    g_assert_cmpuint(terms->blkiotune.devices->len, ==, 1);
    device = g_ptr_array_index(terms->blkiotune.devices, 0);
    g_assert_cmpstr(device->path, ==, "/dev/sda");
    g_assert_cmpuint(device->read_iops, ==, 7);
    g_assert_cmpmem(terms->cpus->data, terms->cpus->len * sizeof(guint), cpus, sizeof(cpus));
    g_assert_cmpuint(terms->nodes->len, ==, 1);
    g_assert_cmpuint(terms->pids, ==, 300);

    terms = policy_find(policy, "/clients/gold");
    g_assert_cmpuint(terms->priority, ==, POLICY_PRIORITY_DEFAULT);
    g_assert_cmpuint(terms->memtune.hard_limit_kib, ==, GUEST_MEMORY_UNLIMITED_KIB);
    g_assert_false(terms->cputune.has_shares);
    g_assert_null(terms->cpus);
}

/* What is in force where there is no file, and where it says nothing. */
static void
assert_nothing_is_asked_for(const Policy *policy)
{
    g_assert_cmpint(policy->layout, ==, GUEST_LAYOUT_FLAT);
    g_assert_cmpint(policy->reserve.excess, ==, POLICY_EXCESS_SQUEEZE);
    g_assert_cmpuint(policy->reserve.memory_kib, ==, 0);
    g_assert_cmpuint(policy->reserve.n_cpus, ==, 0);
    g_assert_null(policy->reserve.cpus);
    g_assert_false(policy->reactions.on_oom.given || policy->reactions.on_pressure.given);
    g_assert_cmpuint(policy->terms->len, ==, 0);
}

static void
test_nothing(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) absent = policy_xml_load("/nonexistent/corral.xml", &error);
    g_autoptr(Policy) empty = NULL;

    g_assert_no_error(error);
    assert_nothing_is_asked_for(absent);

    empty = parse("", &error);
    g_assert_no_error(error);
    assert_nothing_is_asked_for(empty);
}

/* ---- what is to be done for guests that want memory ---- */

static void
assert_reactions(const Policy *policy, const char *partition, GuestAction oom, guint64 most_kib,
                 gboolean pressure, GuestAction on_pressure)
{
    const GuestReactions found = policy_find_reactions(policy, partition);

    g_test_message("%s", partition);
    g_assert_true(found.on_oom.given);
    g_assert_cmpint(found.on_oom.action, ==, oom);
    g_assert_cmpuint(found.on_oom.most_kib, ==, most_kib);
    g_assert_cmpint(found.on_pressure.given, ==, pressure);
    g_assert_cmpint(found.on_pressure.action, ==, on_pressure);
}

static void
test_reactions(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy =
        parse("<partition name='/clients'>\n"
              "  <on_oom action='raise'><step>1</step><most unit='GiB'>4</most></on_oom>\n"
              "  <on_pressure action='pause' some_ms='500'/>\n"
              "</partition>\n"
              "<partition name='/clients/gold'><on_oom action='log'/></partition>\n"
              "<on_oom action='ignore'/>\n"
              "<partition name='/others'/>\n",
              &error);

    g_assert_no_error(error);
    assert_reactions(policy, "/machine", GUEST_ACTION_IGNORE, 0, FALSE, GUEST_ACTION_IGNORE);
    assert_reactions(policy, "/others", GUEST_ACTION_IGNORE, 0, FALSE, GUEST_ACTION_IGNORE);
    assert_reactions(policy, "/clients", GUEST_ACTION_RAISE, 4 << 20, TRUE, GUEST_ACTION_PAUSE);
    assert_reactions(policy, "/clients/", GUEST_ACTION_RAISE, 4 << 20, TRUE, GUEST_ACTION_PAUSE);
    assert_reactions(policy, "/clients/a/b", GUEST_ACTION_RAISE, 4 << 20, TRUE, GUEST_ACTION_PAUSE);
    assert_reactions(policy, "/clientsland", GUEST_ACTION_IGNORE, 0, FALSE, GUEST_ACTION_IGNORE);
    /* As a whole, and each of the two for itself. */
    assert_reactions(policy, "/clients/gold", GUEST_ACTION_LOG, 0, TRUE, GUEST_ACTION_PAUSE);
    g_assert_cmpuint(policy_find(policy, "/clients")->reactions.on_pressure.some_ms, ==, 500);
}

/* Whatever is changed in a copy, it says the rest as well. */
static void
test_copy(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = parse("<partition name='/gold'><on_oom action='log'/></partition>"
                                     "<on_oom action='ignore'/>",
                                     &error);
    g_autoptr(Policy) copy = NULL;

    g_assert_no_error(error);
    copy = policy_copy(policy);
    copy->reserve.memory_kib = 4096;
    g_assert_cmpuint(policy->reserve.memory_kib, ==, 0);
    assert_reactions(copy, "/gold", GUEST_ACTION_LOG, 0, FALSE, GUEST_ACTION_IGNORE);
    assert_reactions(copy, "/others", GUEST_ACTION_IGNORE, 0, FALSE, GUEST_ACTION_IGNORE);
}

#define MEMORY_BELOW                                                                               \
    "<partition name='/a/b'><memtune><min_guarantee>1</min_guarantee></memtune></partition>"
#define CPU_BELOW                                                                                  \
    "<partition name='/a/b'><cputune><min_guarantee>.5</min_guarantee></cputune></partition>"
#define NOTHING_ABOVE "<partition name='/a'/>\n"
#define PARTITION(inside) "<partition name='/a'>\n" inside "</partition>\n"

static void
test_refused(void)
{
    static const struct {
        const char *inside; /* begins on line 2 */
        PolicyError code;
        const char *says;
    } table[] = {
        {"<layuot type='flat'/>", POLICY_ERROR_XML, "line 2: <layuot> is not known in <corral>"},
        {"\n<c:layout xmlns:c='urn:c' type='flat'/>", POLICY_ERROR_XML,
         "line 3: <layout> is not known"},
        {"<layout/>", POLICY_ERROR_XML, "line 2: <layout> has no type"},
        {"<layout type='Flat'/>", POLICY_ERROR_XML, "attribute type: 'Flat' is no layout"},
        {"<layout type='flat' kind='x'/>", POLICY_ERROR_XML, "<layout> has no attribute 'kind'"},
        {"<layout type='flat'/>\n<layout type='flat'/>", POLICY_ERROR_XML,
         "line 3: there is a second <layout>"},
        {"words", POLICY_ERROR_XML, "there is text in <corral>"},
        {"<layout type='flat'>words</layout>", POLICY_ERROR_XML, "there is text in <layout>"},
        {"<layout type='flat'><layout type='flat'/></layout>", POLICY_ERROR_XML,
         "<layout> is not known in <layout>"},
        {"<reserve excess='kill'/>", POLICY_ERROR_XML, "'kill' is no 'refuse' or 'squeeze'"},
        {"<reserve><memory/></reserve>", POLICY_ERROR_XML, "<memory>: '' is no amount of memory"},
        {"<reserve><memory unit='pages'>1</memory></reserve>", POLICY_ERROR_XML,
         "no amount of memory"},
        {"<reserve><memory>-1</memory></reserve>", POLICY_ERROR_XML, "'-1' is no amount of memory"},
        {"<reserve><cpus/></reserve>", POLICY_ERROR_XML, "either a count or a cpuset"},
        {"<reserve><cpus count='1' cpuset='0'/></reserve>", POLICY_ERROR_XML,
         "either a count or a cpuset"},
        {"<reserve><cpus count='-1'/></reserve>", POLICY_ERROR_XML, "'-1' is no number of CPUs"},
        {"<reserve><cpus cpuset='0-'/></reserve>", POLICY_ERROR_XML, "'0-' is no set of numbers"},
        {"<reserve><cpus cpuset='1,^1'/></reserve>", POLICY_ERROR_XML,
         "'1,^1' is no set of numbers"},
        {"<partition/>", POLICY_ERROR_XML, "<partition> has no name"},
        {"<partition name='a'/>", POLICY_ERROR_XML, "must start with '/'"},
        {"<partition name='/'/>", POLICY_ERROR_XML, "is the root"},
        {"<partition name='/a/../b'/>", POLICY_ERROR_XML, "must not contain"},
        {"<partition name='/a' priority='1001'/>", POLICY_ERROR_XML,
         "'1001' is no number up to 1000"},
        {"<partition name='/a'/>\n\n<partition name='/a'/>", POLICY_ERROR_TERMS,
         "line 4: partition '/a' has been described before"},
        {"<partition name='/a'/>\n<partition name='/a.partition'/>", POLICY_ERROR_TERMS,
         "line 3: partition '/a.partition' has been described before, as '/a': both are "
         "'a.partition'"},
        {"<partition name='/a/b.partition'/>\n<partition name='/a.partition/b'/>",
         POLICY_ERROR_TERMS, "line 3: partition '/a.partition/b' has been described before"},
        {"<partition name='/a/b' priority='1'/>", POLICY_ERROR_TERMS,
         "only those at the top have a priority"},
        {PARTITION("<memory>1</memory>"), POLICY_ERROR_XML,
         "line 3: <memory> is not known in <partition>"},
        {PARTITION("<cputune><period>1000</period></cputune>"), POLICY_ERROR_XML,
         "<period> is not known in <cputune>"},
        {PARTITION("<cputune><shares>1</shares></cputune>"), POLICY_ERROR_XML,
         "'1' is no number between 2 and 262144"},
        {PARTITION("<cputune><global_quota>-1</global_quota></cputune>"), POLICY_ERROR_XML,
         "'-1' is no number"},
        {PARTITION("<cputune><global_period>999</global_period></cputune>"), POLICY_ERROR_XML,
         "'999' is no number"},
        {PARTITION("<cputune><min_guarantee>nan</min_guarantee></cputune>"), POLICY_ERROR_XML,
         "'nan' is no number of CPUs"},
        {PARTITION("<cputune><min_guarantee>2,5</min_guarantee></cputune>"), POLICY_ERROR_XML,
         "'2,5' is no number of CPUs"},
        {PARTITION("<cputune><min_guarantee>-1</min_guarantee></cputune>"), POLICY_ERROR_XML,
         "'-1' is no number of CPUs"},
        {PARTITION("<memtune>\n<hard_limit>much</hard_limit></memtune>"), POLICY_ERROR_XML,
         "line 4: <hard_limit>: 'much' is no amount"},
        {PARTITION("<memtune><hard_limit>4</hard_limit><min_guarantee>5</min_guarantee></memtune>"),
         POLICY_ERROR_TERMS, "is guaranteed 5 KiB of memory, and may have no more than 4"},
        {PARTITION("<memtune><swap_hard_limit>4</swap_hard_limit>"
                   "<min_guarantee>5</min_guarantee></memtune>"),
         POLICY_ERROR_TERMS, "is guaranteed 5 KiB of memory, and may have no more than 4"},
        {PARTITION("<memtune><hard_limit>0</hard_limit></memtune>"), POLICY_ERROR_TERMS,
         "partition '/a' may have no memory at all"},
        {PARTITION("<blkiotune><weight>9</weight></blkiotune>"), POLICY_ERROR_XML,
         "'9' is no number between 10 and 1000"},
        {PARTITION("<blkiotune><device><weight>100</weight></device></blkiotune>"),
         POLICY_ERROR_XML, "has no path"},
        {PARTITION("<numatune><memory mode='preferred' nodeset='0'/></numatune>"), POLICY_ERROR_XML,
         "there is 'strict'"},
        {PARTITION("<numatune><memory/></numatune>"), POLICY_ERROR_XML, "'' is no set of numbers"},
        {PARTITION("<cpuset></cpuset>"), POLICY_ERROR_XML, "'' is no set of numbers"},
        {PARTITION("<pids>3<pids/></pids>"), POLICY_ERROR_XML, "<pids> is not known in <pids>"},
        {PARTITION("<pids>0</pids>"), POLICY_ERROR_XML, "'0' is no number between 1 and 4194304"},
        {"<on_oom action='kill'/>", POLICY_ERROR_XML,
         "line 2: <on_oom>, attribute action: 'kill' is none of"},
        {"<on_oom action='raise'/>", POLICY_ERROR_XML, "'raise' is nothing without a <most>"},
        {"<on_oom action='log'/>\n<on_oom action='log'/>", POLICY_ERROR_XML,
         "line 3: there is a second <on_oom>"},
        {"<on_oom action='log' some_ms='1'/>", POLICY_ERROR_XML,
         "<on_oom> has no attribute 'some_ms'"},
        {"<on_oom action='log'>words</on_oom>", POLICY_ERROR_XML, "there is text in <on_oom>"},
        {PARTITION("<on_pressure action='raise'><most>0</most></on_pressure>"), POLICY_ERROR_XML,
         "line 3: <most>: '0' is no amount of memory"},
        {PARTITION("<on_pressure action='log' some_ms='9' window_ms='1'/>"), POLICY_ERROR_XML,
         "line 3: <on_pressure>, attribute window_ms: '1' is no number of milliseconds"},
        {PARTITION("<on_pressure action='log'><limit>1</limit></on_pressure>"), POLICY_ERROR_XML,
         "<limit> is not known in <on_pressure>"},
        {MEMORY_BELOW, POLICY_ERROR_TERMS, "'/a' above it is not described"},
        {NOTHING_ABOVE MEMORY_BELOW, POLICY_ERROR_TERMS, "those below it 1"},
        {NOTHING_ABOVE CPU_BELOW, POLICY_ERROR_TERMS, "those below it 0.500"},
        {"<layout type='flat'>", POLICY_ERROR_XML, "line 2: "},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = parse(table[i].inside, &error);

        g_test_message("%s", table[i].inside);
        g_assert_null(policy);
        g_assert_error(error, POLICY_ERROR, (int)table[i].code);
        g_assert_true(g_str_has_prefix(error->message, "'" FILE_NAME "', line "));
        if (!strstr(error->message, table[i].says))
            g_error("'%s' does not say '%s'", error->message, table[i].says);
    }
}

/* A layout without a group that all guests are in has none to keep memory from. */
static void
test_reserve_of_none(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) cpus =
        parse("<layout type='single'/><reserve><cpus count='1'/></reserve>", &error);
    g_autoptr(Policy) memory = NULL;

    g_assert_no_error(error);
    g_assert_nonnull(cpus);
    memory = parse("<layout type='single'/><reserve><memory>1</memory></reserve>", &error);
    g_assert_null(memory);
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TERMS);
    g_assert_nonnull(strstr(error->message, "layout 'single'"));
}

/* Not even well-formed, or something else altogether. */
static void
test_not_ours(void)
{
    static const char *const table[] = {
        "",
        "words",
        "<corral/>more",
        "<domain/>",
        "<x:corral xmlns:x='urn:x'/>",
        "<!DOCTYPE corral [<!ENTITY e '<layout type=\"flat\"/>'>]><corral>&e;</corral>",
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = policy_xml_parse(table[i], FILE_NAME, &error);

        g_test_message("%s", table[i]);
        g_assert_null(policy);
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_XML);
    }
}

static void
test_unreadable(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = policy_xml_load("/proc/self", &error);

    g_assert_null(policy);
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, "/proc/self"));
}

/* What is shipped is read as it is meant. */
static void
test_shipped(void)
{
    g_autofree char *directory = g_test_build_filename(G_TEST_DIST, "..", "xml", "policies", NULL);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;
    guint n = 0;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(directory, name, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = policy_xml_load(file, &error);

        g_assert_no_error(error);
        g_assert_true(policy->terms->len > 0 || policy->reserve.memory_kib > 0);
        n++;
    }
    g_assert_cmpuint(n, >=, 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/policy-xml/everything", test_everything);
    g_test_add_func("/policy-xml/nothing", test_nothing);
    g_test_add_func("/policy-xml/reactions", test_reactions);
    g_test_add_func("/policy-xml/copy", test_copy);
    g_test_add_func("/policy-xml/refused", test_refused);
    g_test_add_func("/policy-xml/reserve-of-none", test_reserve_of_none);
    g_test_add_func("/policy-xml/not-ours", test_not_ours);
    g_test_add_func("/policy-xml/unreadable", test_unreadable);
    g_test_add_func("/policy-xml/shipped", test_shipped);

    return g_test_run();
}
