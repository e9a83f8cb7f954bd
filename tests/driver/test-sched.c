/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scheduler parameters through libvirt's public API, with corral stacked in this process. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "stack-bed.h"

#define GROUP "machine/corral-sched.qemu.libvirt"
#define IOTHREAD "<iothreads>1</iothreads>"

/* In the order in which stock returns them, and where they are on a legacy host. */
static const struct {
    const char *name;
    const char *group;
    const char *file;
    const char *usual;
    const char *other;
} params[] = {
    {"cpu_shares", GROUP, "cpu.shares", "1024", "500"},
    {"vcpu_period", GROUP "/vcpu0", "cpu.cfs_period_us", "100000", "50000"},
    {"vcpu_quota", GROUP "/vcpu0", "cpu.cfs_quota_us", "-1", "20000"},
    {"emulator_period", GROUP "/emulator", "cpu.cfs_period_us", "100000", "60000"},
    {"emulator_quota", GROUP "/emulator", "cpu.cfs_quota_us", "-1", "30000"},
    {"global_period", GROUP, "cpu.cfs_period_us", "100000", "70000"},
    {"global_quota", GROUP, "cpu.cfs_quota_us", "-1", "40000"},
    {"iothread_period", GROUP "/iothread1", "cpu.cfs_period_us", "100000", "80000"},
    {"iothread_quota", GROUP "/iothread1", "cpu.cfs_quota_us", "-1", "10000"},
};

static virDomainPtr
start(StackBed *bed)
{
    return stack_bed_start(bed, "corral-sched", IOTHREAD);
}

/* @text: "NAME=VALUE NAME=VALUE", with quotas signed and all others unsigned. */
static virTypedParameterPtr
parse(const char *text, int *n)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    virTypedParameterPtr list = g_new0(virTypedParameter, g_strv_length(words));
    gsize i;

    for (i = 0; words[i]; i++) {
        g_auto(GStrv) halves = g_strsplit(words[i], "=", 2);

        g_strlcpy(list[i].field, halves[0], sizeof(list[i].field));
        if (g_str_has_suffix(halves[0], "quota")) {
            list[i].type = VIR_TYPED_PARAM_LLONG;
            list[i].value.l = g_ascii_strtoll(halves[1], NULL, 10);
        } else {
            list[i].type = VIR_TYPED_PARAM_ULLONG;
            list[i].value.ul = g_ascii_strtoull(halves[1], NULL, 10);
        }
    }

    *n = i;
    return list;
}

static int
set(virDomainPtr dom, const char *text, unsigned int flags)
{
    int n;
    g_autofree virTypedParameterPtr list = parse(text, &n);

    return virDomainSetSchedulerParametersFlags(dom, list, n, flags);
}

/* "NAME=VALUE NAME=VALUE" of the first @max parameters; NULL if the call fails. */
static char *
get(virDomainPtr dom, int max, unsigned int flags)
{
    g_autofree virTypedParameterPtr list = g_new0(virTypedParameter, max);
    g_autoptr(GString) text = g_string_new(NULL);
    int n = max;
    int i;

    if (virDomainGetSchedulerParametersFlags(dom, list, &n, flags) < 0)
        return NULL;
    g_assert_cmpint(n, <=, max);
    for (i = 0; i < n; i++) {
        g_autofree char *value = virTypedParameterToString(&list[i]);

        g_string_append_printf(text, "%s%s=%s", i ? " " : "", list[i].field, value);
    }

    return g_strdup(text->str);
}

/* All of them, with the number of the table that @other says. */
static char *
format_params(guint n, gboolean other)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint i;

    for (i = 0; i < n; i++)
        g_string_append_printf(text, "%s%s=%s", i ? " " : "", params[i].name,
                               other ? params[i].other : params[i].usual);
    return g_strdup(text->str);
}

static void
assert_files(StackBed *bed, gboolean other)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(params); i++)
        stack_bed_assert_file(bed, params[i].group, params[i].file,
                              other ? params[i].other : params[i].usual);
}

/* ---- reading ---- */

static void
test_type(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    g_autofree char *type = NULL;
    int n = 0;

    type = virDomainGetSchedulerType(dom, &n);
    g_assert_cmpstr(type, ==, "posix");
    g_assert_cmpint(n, ==, G_N_ELEMENTS(params));
    g_clear_pointer(&type, g_free);
    type = virDomainGetSchedulerType(dom, NULL);
    g_assert_cmpstr(type, ==, "posix");

    /* Shut off, stock answers; this one in words of its own. */
    g_clear_pointer(&type, g_free);
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    type = virDomainGetSchedulerType(dom, &n);
    g_assert_cmpstr(type, ==, "fair");
    virDomainFree(dom);
}

static void
test_get(StackBed *bed, gconstpointer kind)
{
    virDomainPtr dom = start(bed);
    virTypedParameter one[G_N_ELEMENTS(params)] = {0};
    int n = G_N_ELEMENTS(params);
    guint max;

    /* As many as the caller has room for. */
    for (max = 1; max <= G_N_ELEMENTS(params) + 1; max++) {
        g_autofree char *wanted = format_params(MIN(max, G_N_ELEMENTS(params)), FALSE);
        g_autofree char *found = get(dom, max, VIR_DOMAIN_AFFECT_LIVE);
        g_autofree char *current = get(dom, max, VIR_DOMAIN_AFFECT_CURRENT);

        g_assert_cmpstr(found, ==, wanted);
        g_assert_cmpstr(current, ==, wanted);
    }

    g_assert_cmpint(virDomainGetSchedulerParameters(dom, one, &n), ==, 0);
    g_assert_cmpint(n, ==, G_N_ELEMENTS(params));
    g_assert_cmpstr(one[8].field, ==, "iothread_quota");

    /* The kernel is the database. */
    if (!g_str_equal(kind, "unified")) {
        g_autofree char *group = stack_bed_group(bed, GROUP);
        g_autofree char *shares = g_build_filename(group, "cpu.shares", NULL);
        g_autofree char *found = NULL;

        fake_cgroup_put(bed->fake, shares, "77\n");
        found = get(dom, 1, 0);
        g_assert_cmpstr(found, ==, "cpu_shares=77");
    }
    virDomainFree(dom);
}

/* The persistent definition and guests that are shut off are stock's. */
static void
test_get_config(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    g_autofree char *found = get(dom, 9, VIR_DOMAIN_AFFECT_CONFIG);

    g_assert_cmpstr(found, ==, "cpu_shares=0");
    g_assert_null(get(dom, 9, VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE));
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "mutually exclusive");
    g_assert_null(get(dom, 9, 1 << 20));
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "unsupported flags");

    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_clear_pointer(&found, g_free);
    found = get(dom, 9, 0);
    g_assert_cmpstr(found, ==, "cpu_shares=0");
    virDomainFree(dom);
}

/* A kernel without ceilings has one parameter. */
static void
test_no_ceilings(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const groups[] = {"", "emulator", "vcpu0", "vcpu1", "iothread1"};
    static const char *const files[] = {"cpu.cfs_quota_us", "cpu.cfs_period_us"};
    virDomainPtr dom = start(bed);
    g_autofree char *type = NULL;
    g_autofree char *found = NULL;
    int n = 0;
    gsize g, f;

    for (g = 0; g < G_N_ELEMENTS(groups); g++) {
        for (f = 0; f < G_N_ELEMENTS(files); f++) {
            g_autofree char *group = stack_bed_group(bed, GROUP);
            g_autofree char *file =
                g_build_filename(fake_cgroup_get_root(bed->fake), group, groups[g], files[f], NULL);

            g_assert_cmpint(remove(file), ==, 0);
        }
    }

    type = virDomainGetSchedulerType(dom, &n);
    g_assert_cmpint(n, ==, 1);
    found = get(dom, 9, 0);
    g_assert_cmpstr(found, ==, "cpu_shares=1024");
    g_assert_cmpint(set(dom, "cpu_shares=7", 0), ==, 0);
    g_assert_cmpint(set(dom, "vcpu_quota=7000", 0), ==, -1);
    virDomainFree(dom);
}

/* ---- writing ---- */

static void
test_set_each(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    gsize i, j;

    for (i = 0; i < G_N_ELEMENTS(params); i++) {
        g_autofree char *text = g_strdup_printf("%s=%s", params[i].name, params[i].other);
        g_autofree char *back = g_strdup_printf("%s=%s", params[i].name, params[i].usual);

        g_test_message("%s", text);
        g_assert_cmpint(set(dom, text, VIR_DOMAIN_AFFECT_LIVE), ==, 0);
        for (j = 0; j < G_N_ELEMENTS(params); j++)
            stack_bed_assert_file(bed, params[j].group, params[j].file,
                                  j == i ? params[j].other : params[j].usual);
        g_assert_cmpint(set(dom, back, VIR_DOMAIN_AFFECT_LIVE), ==, 0);
        assert_files(bed, FALSE);
    }
    virDomainFree(dom);
}

/* All at once, in each of the vCPUs' groups, and read back; on each kind of host. */
static void
test_set_all(StackBed *bed, gconstpointer kind)
{
    virDomainPtr dom = start(bed);
    g_autofree char *all = format_params(G_N_ELEMENTS(params), TRUE);
    g_autofree char *found = NULL;
    g_autofree char *settings = NULL;

    g_assert_cmpint(set(dom, all, 0), ==, 0);
    found = get(dom, G_N_ELEMENTS(params), 0);
    g_assert_cmpstr(found, ==, all);
    settings = pretend_stock_take_settings();
    g_assert_cmpstr(settings, ==, "");

    if (g_str_equal(kind, "unified")) {
        stack_bed_assert_file(bed, GROUP, "cpu.weight", "49");
        stack_bed_assert_file(bed, GROUP, "cpu.max", "40000 70000");
        stack_bed_assert_file(bed, GROUP "/vcpu1", "cpu.max", "20000 50000");
    } else {
        assert_files(bed, TRUE);
        stack_bed_assert_file(bed, GROUP "/vcpu1", "cpu.cfs_quota_us", "20000");
    }
    virDomainFree(dom);
}

static void
test_set_plain(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    g_autofree virTypedParameterPtr list = NULL;
    int n;

    list = parse("cpu_shares=500 vcpu_quota=-1", &n);
    g_assert_cmpint(virDomainSetSchedulerParameters(dom, list, n), ==, 0);
    stack_bed_assert_file(bed, GROUP, "cpu.shares", "500");
    virDomainFree(dom);
}

static const struct {
    const char *text;
    int code; /* VIR_ERR_OK: accepted */
    const char *message;
} values[] = {
    {"cpu_shares=2", VIR_ERR_OK, NULL},
    {"cpu_shares=262144", VIR_ERR_OK, NULL},
    {"cpu_shares=1", VIR_ERR_INVALID_ARG, "shares '1' must be in range [2, 262144]"},
    {"cpu_shares=0", VIR_ERR_INVALID_ARG, "shares '0' must be in range [2, 262144]"},
    {"cpu_shares=262145", VIR_ERR_INVALID_ARG, "shares '262145' must be in range"},
    {"vcpu_period=1000", VIR_ERR_OK, NULL},
    {"vcpu_period=1000000", VIR_ERR_OK, NULL},
    {"vcpu_period=0", VIR_ERR_OK, NULL},
    {"vcpu_period=999", VIR_ERR_INVALID_ARG,
     "value of 'vcpu_period' is out of range [1000, 1000000]"},
    {"global_period=1000001", VIR_ERR_INVALID_ARG, "'global_period' is out of range"},
    {"emulator_period=18446744073709551615", VIR_ERR_INVALID_ARG,
     "'emulator_period' is out of range"},
    {"vcpu_quota=1000", VIR_ERR_OK, NULL},
    {"vcpu_quota=17592186044415", VIR_ERR_OK, NULL},
    {"vcpu_quota=0", VIR_ERR_OK, NULL},
    {"vcpu_quota=-1", VIR_ERR_OK, NULL},
    {"vcpu_quota=-9223372036854775808", VIR_ERR_OK, NULL},
    {"vcpu_quota=999", VIR_ERR_INVALID_ARG,
     "value of 'vcpu_quota' is out of range [1000, 17592186044415]"},
    {"iothread_quota=17592186044416", VIR_ERR_INVALID_ARG, "'iothread_quota' is out of range"},
    {"cpu_shares=500 cpu_shares=600", VIR_ERR_INVALID_ARG, "cpu_shares"},
    {"cpu_shares=500 no_such=1", VIR_ERR_ARGUMENT_UNSUPPORTED, "no_such"},
    {"cpu_shares=500 vcpu_quota=7000 global_period=5", VIR_ERR_INVALID_ARG, "global_period"},
};

static void
test_values(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *before = get(dom, 9, 0);
        g_autofree char *asked = fake_cgroup_take_log(bed->fake);
        int result = set(dom, values[i].text, VIR_DOMAIN_AFFECT_LIVE);
        g_autofree char *done = NULL;
        g_autofree char *after = NULL;

        g_test_message("%s", values[i].text);
        if (values[i].code == VIR_ERR_OK) {
            g_assert_cmpint(result, ==, 0);
            continue;
        }

        /* Nothing was written, not even what came before the bad one. */
        g_assert_cmpint(result, ==, -1);
        stack_bed_assert_error(values[i].code, values[i].message);
        done = fake_cgroup_take_log(bed->fake);
        after = get(dom, 9, 0);
        g_assert_cmpstr(done, ==, "");
        g_assert_cmpstr(after, ==, before);
    }
    virDomainFree(dom);
}

static void
test_wrong_type(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    virTypedParameter param = {.field = "cpu_shares", .type = VIR_TYPED_PARAM_UINT};

    param.value.ui = 500;
    g_assert_cmpint(virDomainSetSchedulerParametersFlags(dom, &param, 1, 0), ==, -1);
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "cpu_shares");
    assert_files(bed, FALSE);
    virDomainFree(dom);
}

/* ---- live and persistent ---- */

static void
test_where(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    g_autofree char *settings = NULL;

    /* The definition alone: any number, as stock has it, and the kernel is not asked. */
    g_assert_cmpint(set(dom, "cpu_shares=1", VIR_DOMAIN_AFFECT_CONFIG), ==, 0);
    assert_files(bed, FALSE);
    settings = pretend_stock_take_settings();
    g_assert_cmpstr(settings, ==, "flags=2 cpu_shares=1\n");
    g_clear_pointer(&settings, g_free);

    /* Both. */
    g_assert_cmpint(set(dom, "cpu_shares=500 vcpu_quota=20000",
                        VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
                    ==, 0);
    stack_bed_assert_file(bed, GROUP, "cpu.shares", "500");
    stack_bed_assert_file(bed, GROUP "/vcpu1", "cpu.cfs_quota_us", "20000");
    settings = pretend_stock_take_settings();
    g_assert_cmpstr(settings, ==, "flags=2 cpu_shares=500 vcpu_quota=20000\n");
    g_clear_pointer(&settings, g_free);

    /* The live half is refused: the other is not tried. */
    g_assert_cmpint(set(dom, "cpu_shares=1", VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE), ==,
                    -1);
    settings = pretend_stock_take_settings();
    g_assert_cmpstr(settings, ==, "");
    g_clear_pointer(&settings, g_free);

    g_assert_cmpint(set(dom, "cpu_shares=600", 1 << 20), ==, -1);
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "unsupported flags");
    stack_bed_assert_file(bed, GROUP, "cpu.shares", "500");

    /* Shut off, all is stock's. */
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpint(set(dom, "cpu_shares=9", 0), ==, 0);
    settings = pretend_stock_take_settings();
    g_assert_cmpstr(settings, ==, "flags=0 cpu_shares=9\n");
    virDomainFree(dom);
}

static void
test_transient(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autofree char *xml = stack_bed_format_guest("corral-sched", IOTHREAD);
    virDomainPtr dom = virDomainCreateXML(bed->conn, xml, 0);
    g_autofree char *settings = NULL;

    g_assert_nonnull(dom);
    g_assert_cmpint(set(dom, "cpu_shares=500", VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
                    ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "transient domains");
    assert_files(bed, FALSE);
    settings = pretend_stock_take_settings();
    g_assert_cmpstr(settings, ==, "");
    g_assert_cmpint(set(dom, "cpu_shares=500", VIR_DOMAIN_AFFECT_LIVE), ==, 0);
    stack_bed_assert_file(bed, GROUP, "cpu.shares", "500");
    virDomainFree(dom);
}

/* ---- all or nothing ---- */

static void
test_config_fails(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    g_autofree char *all = format_params(G_N_ELEMENTS(params), TRUE);

    pretend_stock_fail(PRETEND_SET_SCHEDULER);
    g_assert_cmpint(set(dom, all, VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE), ==, -1);
    stack_bed_assert_error(VIR_ERR_INTERNAL_ERROR, "pretended failure");
    assert_files(bed, FALSE);
    stack_bed_assert_file(bed, GROUP "/vcpu1", "cpu.cfs_quota_us", "-1");
    stack_bed_assert_file(bed, GROUP "/vcpu1", "cpu.cfs_period_us", "100000");
    virDomainFree(dom);
}

/* Whichever of the kernel's files refuses, all the others are as they were. */
static void
test_kernel_fails(StackBed *bed, gconstpointer kind)
{
    virDomainPtr dom = start(bed);
    g_autofree char *all = format_params(G_N_ELEMENTS(params), TRUE);
    g_autofree char *before = get(dom, 9, 0);
    guint after;

    for (after = 0; after < 100; after++) {
        g_autofree char *found = NULL;

        fake_cgroup_fail(bed->fake, FAKE_WRITE, after, ENOMEM);
        if (set(dom, all, VIR_DOMAIN_AFFECT_LIVE) == 0)
            break;
        stack_bed_assert_error(VIR_ERR_SYSTEM_ERROR, "corral-sched");
        found = get(dom, 9, 0);
        g_assert_cmpstr(found, ==, before);
        if (!g_str_equal(kind, "unified"))
            stack_bed_assert_file(bed, GROUP "/vcpu1", "cpu.cfs_quota_us", "-1");
    }

    /* Shares, and at least one write for each of five groups' ceilings. */
    g_test_message("%u writes", after);
    g_assert_cmpuint(after, >=, 6);
    g_assert_cmpuint(after, <, 100);
    virDomainFree(dom);
}

/* Somebody removed the group: said so, and nothing else. */
static void
test_no_group(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const children[] = {"emulator", "vcpu0", "vcpu1", "iothread1", ""};
    virDomainPtr dom = start(bed);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(children); i++) {
        g_autofree char *group = stack_bed_group(bed, GROUP);
        g_autofree char *child = g_build_filename(group, children[i], NULL);

        fake_cgroup_rmdir(bed->fake, g_str_has_suffix(child, "/") ? group : child);
    }

    g_assert_null(virDomainGetSchedulerType(dom, NULL));
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "cgroup CPU controller is not mounted");
    g_assert_null(get(dom, 9, 0));
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "cgroup CPU controller is not mounted");
    g_assert_cmpint(set(dom, "cpu_shares=500", 0), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "cgroup CPU controller is not mounted");
    virDomainFree(dom);
}

/* What was set shows in the live XML. */
static void
test_shown(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed);
    g_autofree char *xml = NULL;

    xml = virDomainGetXMLDesc(dom, 0);
    g_assert_null(strstr(xml, "<cputune>"));
    g_clear_pointer(&xml, g_free);

    g_assert_cmpint(set(dom, "cpu_shares=500 global_quota=40000", 0), ==, 0);
    xml = virDomainGetXMLDesc(dom, 0);
    g_assert_nonnull(strstr(xml, "<shares>500</shares>"));
    g_assert_nonnull(strstr(xml, "<global_quota>40000</global_quota>"));
    g_assert_null(strstr(xml, "<quota>"));
    virDomainFree(dom);
}

int
main(int argc, char **argv)
{
    static const char *const kinds[] = {"legacy", "hybrid", "unified"};
    gsize i;

    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        stack_bed_add("/get/live", kinds[i], test_get);
        stack_bed_add("/set/all", kinds[i], test_set_all);
        stack_bed_add("/rollback/kernel", kinds[i], test_kernel_fails);
        stack_bed_add("/gone", kinds[i], test_no_group);
    }
    stack_bed_add("/get/type", "legacy", test_type);
    stack_bed_add("/get/config", "legacy", test_get_config);
    stack_bed_add("/get/no-ceilings", "legacy", test_no_ceilings);
    stack_bed_add("/set/each", "legacy", test_set_each);
    stack_bed_add("/set/plain", "legacy", test_set_plain);
    stack_bed_add("/set/values", "legacy", test_values);
    stack_bed_add("/set/wrong-type", "legacy", test_wrong_type);
    stack_bed_add("/set/where", "legacy", test_where);
    stack_bed_add("/set/transient", "legacy", test_transient);
    stack_bed_add("/set/shown", "legacy", test_shown);
    stack_bed_add("/rollback/config", "legacy", test_config_fails);

    return g_test_run();
}
