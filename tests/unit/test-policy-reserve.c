/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is left of a host for its guests: hosts with one node and with several, and those that
 * have less than the policy keeps or promises. */
#include <config.h>

#include <glib/gstdio.h>

#include "guest-set.h"
#include "policy-reserve.h"
#include "policy-xml.h"

#define GIB ((guint64)1 << 30)

/* @nodes: the CPUs of each, with blanks between: "0-3 4-7"; "-" is a node without CPUs. */
static PolicyMachine *
machine_of(guint64 gib, const char *nodes)
{
    g_auto(GStrv) lists = g_strsplit(nodes, " ", -1);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(guint));
    PolicyMachine *machine;
    guint i;

    for (i = 0; lists[i]; i++) {
        g_autoptr(GArray) cpus = g_str_equal(lists[i], "-") ? NULL : guest_set_parse(lists[i]);
        GArray *before = all;

        if (cpus) {
            all = guest_set_unite(before, cpus);
            g_array_unref(before);
        }
    }
    machine = policy_machine_new(gib * GIB, all);
    for (i = 0; lists[i]; i++) {
        gboolean none = g_str_equal(lists[i], "-");

        policy_machine_add_node(machine, i,
                                none ? g_array_new(FALSE, FALSE, sizeof(guint))
                                     : guest_set_parse(lists[i]));
    }
    return machine;
}

static Policy *
policy_of(const char *inside)
{
    g_autofree char *xml = g_strdup_printf("<corral>\n%s</corral>", inside);
    g_autoptr(GError) error = NULL;
    Policy *policy = policy_xml_parse(xml, "corral.xml", &error);

    g_assert_no_error(error);
    return policy;
}

static void
test_cpus(void)
{
    static const struct {
        const char *nodes;
        const char *reserved;
        const char *left;
    } table[] = {
        {"0-3", "", "0-3"},
        {"0-3", "<cpus count='0'/>", "0-3"},
        {"0-3", "<cpus count='1'/>", "1-3"},
        {"0-3", "<cpus count='3'/>", "3"},
        {"0-3", "<cpus count='4'/>", "3"},
        {"0-3", "<cpus count='99'/>", "3"},
        {"0-3", "<cpus cpuset='1,3'/>", "0,2"},
        {"0-3", "<cpus cpuset='0-9'/>", "3"},
        {"0-3", "<cpus cpuset='7'/>", "0-3"},
        {"0-3 4-7", "<cpus count='1'/>", "1-7"},
        {"0-3 4-7", "<cpus count='2'/>", "1-3,5-7"},
        {"0-3 4-7", "<cpus count='3'/>", "2-3,5-7"},
        {"0-3 4-7", "<cpus count='7'/>", "7"},
        {"0,2,4,6 1,3,5,7", "<cpus count='4'/>", "4-7"},
        {"0-3 -", "<cpus count='2'/>", "2-3"},
        {"0-1 2-7", "<cpus count='5'/>", "5-7"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *xml = g_strdup_printf("<reserve>%s</reserve>", table[i].reserved);
        g_autoptr(Policy) policy = policy_of(xml);
        g_autoptr(PolicyMachine) machine = machine_of(8, table[i].nodes);
        g_autoptr(GArray) left = policy_reserve_find_cpus(&policy->reserve, machine);
        g_autofree char *text = guest_set_format(left);

        g_test_message("%s %s", table[i].nodes, table[i].reserved);
        g_assert_cmpstr(text, ==, table[i].left);
    }
}

static void
test_limit(void)
{
    static const struct {
        const char *cpus;
        const char *allowed;
        const char *both;
    } table[] = {
        {"0-3", "0-3", "0-3"},
        {"0-3", "2-5", "2-3"},
        {"0-1", "2-5", "2-5"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GArray) cpus = guest_set_parse(table[i].cpus);
        g_autoptr(GArray) allowed = guest_set_parse(table[i].allowed);
        g_autoptr(GArray) both = policy_reserve_limit_cpus(cpus, allowed);
        g_autofree char *text = guest_set_format(both);

        g_assert_cmpstr(text, ==, table[i].both);
    }
}

static void
test_memory(void)
{
    g_autoptr(PolicyMachine) machine = machine_of(24, "0-1");
    g_autoptr(Policy) some = policy_of("<reserve><memory unit='GiB'>20</memory></reserve>");
    g_autoptr(Policy) much = policy_of("<reserve><memory unit='GiB'>25</memory></reserve>");
    g_autoptr(Policy) none = policy_new();

    g_assert_cmpuint(policy_reserve_find_memory(&some->reserve, machine), ==, 4 * GIB);
    g_assert_cmpuint(policy_reserve_find_memory(&much->reserve, machine), ==, 0);
    g_assert_cmpuint(policy_reserve_find_memory(&none->reserve, machine), ==, 24 * GIB);
}

#define GUARANTEED(name, what, amount)                                                             \
    "<partition name='" name "'><" what "><min_guarantee unit='GiB'>" amount                       \
    "</min_guarantee></" what "></partition>"
#define CPUS(name, amount)                                                                         \
    "<partition name='" name "'><cputune><min_guarantee>" amount                                   \
    "</min_guarantee></cputune></partition>"

static void
test_check(void)
{
    static const struct {
        const char *inside;
        const char *says; /* NULL: it is accepted */
    } table[] = {
        {"", NULL},
        {"<reserve><memory unit='GiB'>23</memory><cpus count='3'/></reserve>", NULL},
        {"<reserve><memory unit='GiB'>24</memory></reserve>",
         "24576 MiB of memory are reserved, and this host has 24576"},
        {"<reserve><cpus count='4'/></reserve>", "4 CPUs are reserved, and this host has 4"},
        {"<reserve><cpus cpuset='0-7'/></reserve>", "all CPUs that this host has are reserved"},
        {"<partition name='/a'><cpuset>3-9</cpuset></partition>", NULL},
        {"\n<partition name='/a'><cpuset>4-9</cpuset></partition>",
         "line 3: partition '/a': this host has none of its CPUs"},
        {"<reserve><cpus cpuset='3'/></reserve><partition name='/a'><cpuset>3</cpuset></partition>",
         "partition '/a': this host has none of its CPUs for guests"},
        {"<partition name='/a'><numatune><memory nodeset='1'/></numatune></partition>", NULL},
        {"<partition name='/a'><numatune><memory nodeset='1-2'/></numatune></partition>",
         "partition '/a': this host has no memory node 2"},
        {GUARANTEED("/a", "memtune", "12") GUARANTEED("/b", "memtune", "12"), NULL},
        {GUARANTEED("/a", "memtune", "12") GUARANTEED("/b", "memtune", "13"),
         "partitions are guaranteed 25600 MiB of memory, and guests have 24576 MiB"},
        {GUARANTEED("/a", "memtune", "20") GUARANTEED("/a/b", "memtune", "20"), NULL},
        {CPUS("/a", "2.5") CPUS("/b", "1.5"), NULL},
        {CPUS("/a", "2.5") CPUS("/b", "1.501"),
         "partitions are guaranteed 4.001 CPUs, and guests have 4"},
        {"<reserve><cpus count='1'/></reserve>" CPUS("/a", "3.5"),
         "partitions are guaranteed 3.500 CPUs, and guests have 3"},
    };
    g_autoptr(PolicyMachine) machine = machine_of(24, "0-1 2-3");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *inside = g_strconcat(table[i].inside, NULL);
        g_autoptr(Policy) policy = policy_of(inside);
        g_autoptr(GError) error = NULL;
        gboolean good = policy_reserve_check(policy, machine, &error);

        g_test_message("%s", table[i].inside);
        g_assert_true(good == (table[i].says == NULL));
        if (table[i].says && !strstr(error->message, table[i].says))
            g_error("'%s' does not say '%s'", error->message, table[i].says);
    }
}

/* ---- a machine's files ---- */

static void
put(const char *root, const char *name, const char *text)
{
    g_autofree char *file = g_build_filename(root, name, NULL);
    g_autofree char *dir = g_path_get_dirname(file);

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static void
test_read(void)
{
    g_autofree char *root = g_dir_make_tmp("machine-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(PolicyMachine) expected = machine_of(1, "0-1,5 -");
    g_autoptr(PolicyMachine) single = machine_of(1, "0-1,5");
    g_autoptr(PolicyMachine) machine = policy_machine_read(root, &error);
    g_autofree char *rest = NULL;

    g_assert_null(machine);
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_FILE);
    g_clear_error(&error);

    put(root, "proc/meminfo", "MemTotal:        1048576 kB\nMemFree: 5 kB\n");
    put(root, "sys/devices/system/cpu/online", "0-1,5\n");
    machine = policy_machine_read(root, &error);
    g_assert_no_error(error);
    g_assert_true(policy_machine_equals(machine, single));
    policy_machine_free(machine);

    put(root, "sys/devices/system/node/online", "0-1\n");
    put(root, "sys/devices/system/node/node0/cpulist", "0-1,5\n");
    put(root, "sys/devices/system/node/node1/cpulist", "\n");
    machine = policy_machine_read(root, &error);
    g_assert_no_error(error);
    g_assert_true(policy_machine_equals(machine, expected));
    g_assert_false(policy_machine_equals(machine, single));
    g_clear_pointer(&machine, policy_machine_free);

    put(root, "sys/devices/system/cpu/online", "many\n");
    machine = policy_machine_read(root, &error);
    g_assert_null(machine);
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_FILE);
    g_clear_error(&error);

    put(root, "proc/meminfo", "MemFree: 5 kB\n");
    machine = policy_machine_read(root, &error);
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_FILE);

    rest = g_strdup_printf("rm -r '%s'", root);
    g_assert_true(g_spawn_command_line_sync(rest, NULL, NULL, NULL, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/policy-reserve/cpus", test_cpus);
    g_test_add_func("/policy-reserve/limit", test_limit);
    g_test_add_func("/policy-reserve/memory", test_memory);
    g_test_add_func("/policy-reserve/check", test_check);
    g_test_add_func("/policy-reserve/read", test_read);

    return g_test_run();
}
