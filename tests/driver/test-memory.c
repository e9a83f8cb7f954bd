/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory parameters through libvirt's public API, with corral stacked in this process. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "drv-anew.h"
#include "guest-xml.h"
#include "stack-bed.h"

#define GROUP "machine/corral-memory.qemu.libvirt"
#define LIVE VIR_DOMAIN_AFFECT_LIVE
#define CONFIG VIR_DOMAIN_AFFECT_CONFIG
#define UNLIMITED "9007199254740991"
#define NOTHING "hard_limit=" UNLIMITED " soft_limit=" UNLIMITED " swap_hard_limit=" UNLIMITED

static virDomainPtr
start(StackBed *bed, const char *memtune)
{
    g_autofree char *xml = g_strdup_printf("<memtune>%s</memtune>", memtune);

    return stack_bed_start(bed, "corral-memory", xml);
}

/* @text: "NAME=VALUE NAME=VALUE" */
static int
set(virDomainPtr dom, const char *text, unsigned int flags)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autofree virTypedParameterPtr list = g_new0(virTypedParameter, g_strv_length(words));
    gsize i;

    for (i = 0; words[i]; i++) {
        g_auto(GStrv) halves = g_strsplit(words[i], "=", 2);

        g_strlcpy(list[i].field, halves[0], sizeof(list[i].field));
        list[i].type = VIR_TYPED_PARAM_ULLONG;
        list[i].value.ul = g_ascii_strtoull(halves[1], NULL, 10);
    }

    return virDomainSetMemoryParameters(dom, list, i, flags);
}

/* As virsh asks: first how many, then for all. */
static char *
get(virDomainPtr dom, unsigned int flags)
{
    g_autofree virTypedParameterPtr list = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    int n = 0;
    int i;

    if (virDomainGetMemoryParameters(dom, NULL, &n, flags) < 0)
        return NULL;
    list = g_new0(virTypedParameter, n);
    if (virDomainGetMemoryParameters(dom, list, &n, flags) < 0)
        return NULL;
    for (i = 0; i < n; i++)
        g_string_append_printf(text, "%s%s=%llu", i ? " " : "", list[i].field, list[i].value.ul);

    return g_strdup(text->str);
}

static void
assert_get(virDomainPtr dom, unsigned int flags, const char *wanted)
{
    g_autofree char *found = get(dom, flags);

    g_assert_cmpstr(found, ==, wanted);
}

static char *
memory_file(StackBed *bed, const char *file)
{
    const char *top = fake_cgroup_exists(bed->fake, "/sys/fs/cgroup/memory")
                          ? "/sys/fs/cgroup/memory"
                          : "/sys/fs/cgroup";

    return g_build_filename(top, GROUP, file, NULL);
}

static void
assert_file(StackBed *bed, const char *file, const char *wanted)
{
    g_autofree char *path = memory_file(bed, file);
    g_autofree char *found = fake_cgroup_read(bed->fake, path);

    g_assert_cmpstr(found, ==, wanted);
}

static void
test_get_and_set(StackBed *bed, gconstpointer kind)
{
    virDomainPtr dom = start(bed, "");
    virTypedParameter one[5] = {0};
    int n = 1;

    assert_get(dom, 0, NOTHING);
    g_assert_cmpint(set(dom, "hard_limit=65536 soft_limit=32768 swap_hard_limit=98304", LIVE), ==,
                    0);
    assert_get(dom, LIVE, "hard_limit=65536 soft_limit=32768 swap_hard_limit=98304");
    /* The definition is another matter. */
    assert_get(dom, CONFIG, NOTHING);
    if (g_str_equal(kind, "unified")) {
        assert_file(bed, "memory.max", "67108864");
        assert_file(bed, "memory.high", "33554432");
        assert_file(bed, "memory.swap.max", "33554432");
    } else {
        assert_file(bed, "memory.limit_in_bytes", "67108864");
        assert_file(bed, "memory.soft_limit_in_bytes", "33554432");
        assert_file(bed, "memory.memsw.limit_in_bytes", "100663296");
    }

    g_assert_cmpint(virDomainGetMemoryParameters(dom, one, &n, 0), ==, 0);
    g_assert_cmpint(n, ==, 1);
    g_assert_cmpstr(one[0].field, ==, "hard_limit");
    g_assert_cmpuint(one[0].type, ==, VIR_TYPED_PARAM_ULLONG);
    n = 5;
    g_assert_cmpint(virDomainGetMemoryParameters(dom, one, &n, 0), ==, 0);
    g_assert_cmpint(n, ==, 3);

    g_assert_cmpint(set(dom, "swap_hard_limit=" UNLIMITED, 0), ==, 0);
    g_assert_cmpint(set(dom, "hard_limit=" UNLIMITED " soft_limit=" UNLIMITED, 0), ==, 0);
    assert_get(dom, 0, NOTHING);
    virDomainFree(dom);
}

static const struct {
    const char *text;
    int code;
    const char *message;
} refused[] = {
    {"hard_limit=98305", VIR_ERR_INVALID_ARG,
     "memory hard_limit tunable value must be lower than or equal to swap_hard_limit"},
    {"swap_hard_limit=65535", VIR_ERR_INVALID_ARG, "lower than or equal to swap_hard_limit"},
    {"soft_limit=1 hard_limit=200 swap_hard_limit=100", VIR_ERR_INVALID_ARG, "lower than or equal"},
    {"soft_limit=9007199254740992", VIR_ERR_INVALID_ARG,
     "Memory '9007199254740992' must be less than 9007199254740991"},
    {"hard_limit=9007199254740992 swap_hard_limit=9007199254740993", VIR_ERR_INVALID_ARG,
     "Memory '9007199254740992' must be less than"},
    {"soft_limit=1 nonsense=1", VIR_ERR_ARGUMENT_UNSUPPORTED, "parameter 'nonsense' not supported"},
    {"soft_limit=1 soft_limit=2", VIR_ERR_INVALID_ARG, "soft_limit"},
};

/* All or nothing, whatever comes first. */
static void
test_refused(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "<hard_limit>65536</hard_limit>"
                                  "<swap_hard_limit>98304</swap_hard_limit>");
    g_autofree char *before = get(dom, 0);
    gsize i;

    g_assert_cmpstr(before, ==, "hard_limit=65536 soft_limit=" UNLIMITED " swap_hard_limit=98304");
    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_test_message("%s", refused[i].text);
        g_assert_cmpint(set(dom, refused[i].text, LIVE), ==, -1);
        stack_bed_assert_error(refused[i].code, refused[i].message);
        assert_get(dom, 0, before);
    }
    g_assert_cmpint(set(dom, "hard_limit=1", 1 << 20), ==, -1);
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "unsupported flags");
    virDomainFree(dom);
}

/* Whichever write the kernel refuses, what came before is taken back. */
static void
test_kernel_fails(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "<hard_limit>65536</hard_limit>"
                                  "<swap_hard_limit>98304</swap_hard_limit>");
    g_autofree char *before = get(dom, 0);
    guint after;

    for (after = 0; after < 3; after++) {
        fake_cgroup_fail(bed->fake, FAKE_WRITE, after, EBUSY);
        g_assert_cmpint(set(dom, "hard_limit=4 soft_limit=4 swap_hard_limit=8", 0), ==, -1);
        stack_bed_assert_error(VIR_ERR_OPERATION_FAILED, "guest 'corral-memory'");
        assert_get(dom, 0, before);
    }
    g_assert_cmpint(set(dom, "hard_limit=4 soft_limit=4 swap_hard_limit=8", 0), ==, 0);
    virDomainFree(dom);
}

/* Each limit is held against the other one of where it goes. */
static void
test_where(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "<hard_limit>65536</hard_limit>"
                                  "<swap_hard_limit>98304</swap_hard_limit>");

    /* Live there is room now, in the definition there is not. */
    g_assert_cmpint(set(dom, "hard_limit=200000 swap_hard_limit=300000", LIVE), ==, 0);
    g_assert_cmpint(set(dom, "hard_limit=100000", CONFIG), ==, -1);
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "lower than or equal to swap_hard_limit");
    assert_get(dom, CONFIG, "hard_limit=65536 soft_limit=" UNLIMITED " swap_hard_limit=98304");
    g_assert_cmpint(set(dom, "hard_limit=250000", CONFIG | LIVE), ==, -1);
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "lower than or equal to swap_hard_limit");
    assert_get(dom, LIVE, "hard_limit=200000 soft_limit=" UNLIMITED " swap_hard_limit=300000");

    /* And the other way round. */
    g_assert_cmpint(set(dom, "swap_hard_limit=900000", CONFIG), ==, 0);
    g_assert_cmpint(set(dom, "hard_limit=800000", CONFIG), ==, 0);
    assert_get(dom, CONFIG, "hard_limit=800000 soft_limit=" UNLIMITED " swap_hard_limit=900000");
    g_assert_cmpint(set(dom, "soft_limit=4096 hard_limit=131072", CONFIG | LIVE), ==, 0);
    assert_get(dom, LIVE, "hard_limit=131072 soft_limit=4096 swap_hard_limit=300000");
    assert_get(dom, CONFIG, "hard_limit=131072 soft_limit=4096 swap_hard_limit=900000");

    g_assert_null(get(dom, CONFIG | LIVE));
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "mutually exclusive");

    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_null(get(dom, LIVE));
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "not running");
    g_assert_cmpint(set(dom, "soft_limit=8192", 0), ==, 0);
    assert_get(dom, 0, "hard_limit=131072 soft_limit=8192 swap_hard_limit=900000");
    virDomainFree(dom);
}

/* The definition cannot be changed after all: the running guest gets back what it had. */
static int
fail_to_set(virDomainPtr dom G_GNUC_UNUSED, virTypedParameterPtr params G_GNUC_UNUSED,
            int nparams G_GNUC_UNUSED, unsigned int flags G_GNUC_UNUSED)
{
    virReportError(VIR_ERR_INTERNAL_ERROR, "%s", "pretended failure");
    return -1;
}

static void
test_config_fails(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "<hard_limit>65536</hard_limit>");
    g_autofree char *before = get(dom, 0);
    const virHypervisorDriver *next = bed->stack->next;
    virHypervisorDriver stock = *next;

    stock.domainSetMemoryParameters = fail_to_set;
    bed->stack->next = &stock;
    g_assert_cmpint(set(dom, "hard_limit=4096 soft_limit=4 swap_hard_limit=8192", CONFIG | LIVE),
                    ==, -1);
    stack_bed_assert_error(VIR_ERR_INTERNAL_ERROR, "pretended failure");
    assert_get(dom, LIVE, before);
    bed->stack->next = next;
    virDomainFree(dom);
}

static void
test_guarantee(StackBed *bed, gconstpointer kind)
{
    virDomainPtr dom = start(bed, "");

    if (!g_str_equal(kind, "unified")) {
        g_assert_cmpint(set(dom, "min_guarantee=4096", LIVE), ==, -1);
        stack_bed_assert_error(VIR_ERR_ARGUMENT_UNSUPPORTED,
                               "parameter 'min_guarantee' not supported");
        assert_get(dom, 0, NOTHING);
        virDomainFree(dom);
        return;
    }

    g_assert_cmpint(set(dom, "soft_limit=8192 min_guarantee=4096", LIVE), ==, 0);
    assert_file(bed, "memory.min", "4194304");
    assert_get(dom, 0,
               "hard_limit=" UNLIMITED " soft_limit=8192 swap_hard_limit=" UNLIMITED
               " min_guarantee=4096");
    g_assert_cmpint(set(dom, "min_guarantee=8192", CONFIG | LIVE), ==, -1);
    stack_bed_assert_error(VIR_ERR_ARGUMENT_UNSUPPORTED, "parameter 'min_guarantee' not supported");
    assert_file(bed, "memory.min", "4194304");
    g_assert_cmpint(set(dom, "min_guarantee=0 soft_limit=" UNLIMITED, LIVE), ==, 0);
    assert_get(dom, 0, NOTHING);
    virDomainFree(dom);
}

/* A guest that is reverted has what the snapshot says, and no more. */
static void
test_anew(StackBed *bed, gconstpointer kind)
{
    gboolean guarantees = g_str_equal(kind, "unified");
    virDomainPtr dom = start(bed, "<soft_limit unit='KiB'>8192</soft_limit>");
    g_autofree char *xml = virDomainGetXMLDesc(dom, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(Guest) guest = guest_xml_parse("qemu", xml, &error);
    g_autoptr(DrvGroup) group = drv_group_open(bed->host, GROUP, DRV_GROUP_CONTROLLERS, &error);
    g_autoptr(DrvAnew) anew = NULL;
    g_autoptr(DrvAnew) failed = NULL;

    g_assert_no_error(error);
    g_assert_cmpint(set(dom, "hard_limit=16384 soft_limit=4096", LIVE), ==, 0);
    if (guarantees)
        g_assert_cmpint(set(dom, "min_guarantee=4096", LIVE), ==, 0);

    failed = drv_anew_begin(bed->stack, dom, group, guest, &error);
    g_assert_no_error(error);
    drv_anew_take_back(failed);
    assert_get(dom, LIVE,
               guarantees ? "hard_limit=16384 soft_limit=4096 swap_hard_limit=" UNLIMITED
                            " min_guarantee=4096"
                          : "hard_limit=16384 soft_limit=4096 swap_hard_limit=" UNLIMITED);

    anew = drv_anew_begin(bed->stack, dom, group, guest, &error);
    g_assert_no_error(error);
    g_assert_true(drv_anew_end(anew, &error));
    g_assert_no_error(error);
    assert_get(dom, LIVE, "hard_limit=" UNLIMITED " soft_limit=8192 swap_hard_limit=" UNLIMITED);
    if (guarantees)
        assert_file(bed, "memory.min", "0");
    virDomainFree(dom);
}

/* A kernel that does not account for swap. */
static void
test_no_swap(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "<hard_limit>65536</hard_limit>");
    g_autofree char *file = memory_file(bed, "memory.memsw.limit_in_bytes");
    g_autofree char *path = g_build_filename(fake_cgroup_get_root(bed->fake), file, NULL);

    g_assert_cmpint(remove(path), ==, 0);
    assert_get(dom, 0, "hard_limit=65536 soft_limit=" UNLIMITED " swap_hard_limit=" UNLIMITED);
    g_assert_cmpint(set(dom, "hard_limit=4096", LIVE), ==, 0);
    assert_file(bed, "memory.limit_in_bytes", "4194304");
    g_assert_cmpint(set(dom, "hard_limit=8192 swap_hard_limit=8192", LIVE), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_UNSUPPORTED, "corral-memory");
    assert_file(bed, "memory.limit_in_bytes", "4194304");
    virDomainFree(dom);
}

static char *
dup_memtune(virDomainPtr dom, unsigned int flags)
{
    g_autofree char *xml = virDomainGetXMLDesc(dom, flags);
    const char *start_tag = strstr(xml, "<memtune>");
    const char *end_tag = strstr(xml, "</memtune>");

    return start_tag ? g_strndup(start_tag, end_tag - start_tag) : g_strdup("");
}

/* What the user wrote as long as it is so, page or no page; then what the kernel has. */
static void
test_shown(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "<hard_limit>65537</hard_limit>");
    g_autofree char *shown = dup_memtune(dom, 0);
    g_autofree char *file = memory_file(bed, "memory.limit_in_bytes");
    g_autofree char *soft = memory_file(bed, "memory.soft_limit_in_bytes");

    g_assert_cmpstr(shown, ==, "<memtune>\n    <hard_limit unit='KiB'>65537</hard_limit>\n  ");
    fake_cgroup_put(bed->fake, file, "67108864\n");
    g_free(shown);
    shown = dup_memtune(dom, 0);
    g_assert_cmpstr(shown, ==, "<memtune>\n    <hard_limit unit='KiB'>65537</hard_limit>\n  ");

    g_assert_cmpint(set(dom, "soft_limit=402", LIVE), ==, 0);
    fake_cgroup_put(bed->fake, soft, "409600\n");
    fake_cgroup_put(bed->fake, file, "4096\n");
    g_free(shown);
    shown = dup_memtune(dom, 0);
    g_assert_cmpstr(shown, ==,
                    "<memtune>\n    <hard_limit unit='KiB'>4</hard_limit>\n"
                    "    <soft_limit unit='KiB'>402</soft_limit>\n  ");
    g_free(shown);
    shown = dup_memtune(dom, VIR_DOMAIN_XML_INACTIVE);
    g_assert_cmpstr(shown, ==, "<memtune>\n    <hard_limit unit='KiB'>65537</hard_limit>\n  ");

    g_assert_cmpint(set(dom, "soft_limit=" UNLIMITED " hard_limit=" UNLIMITED, LIVE), ==, 0);
    g_free(shown);
    shown = dup_memtune(dom, 0);
    g_assert_cmpstr(shown, ==, "");
    virDomainFree(dom);
}

/* Asked for and not to be had: no start. */
static void
test_no_controller(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom =
        stack_bed_define(bed, "corral-memory", "<memtune><hard_limit>9</hard_limit></memtune>");
    virDomainPtr modest = stack_bed_start(bed, "corral-modest", "");
    int n = 0;

    g_assert_cmpint(virDomainCreate(dom), ==, -1);
    stack_bed_assert_error(VIR_ERR_CONFIG_UNSUPPORTED,
                           "Memory cgroup is not available on this host");
    g_assert_cmpint(virDomainGetMemoryParameters(modest, NULL, &n, 0), ==, 0);
    g_assert_cmpint(n, ==, 3);
    g_assert_null(get(modest, 0));
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "cgroup memory controller is not mounted");
    g_assert_cmpint(set(modest, "hard_limit=9", 0), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "cgroup memory controller is not mounted");
    virDomainFree(modest);
    virDomainFree(dom);
}

int
main(int argc, char **argv)
{
    static const char *const kinds[] = {"legacy", "unified"};
    gsize i;

    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        stack_bed_add("/memory/get-and-set", kinds[i], test_get_and_set);
        stack_bed_add("/memory/refused", kinds[i], test_refused);
        stack_bed_add("/memory/kernel-fails", kinds[i], test_kernel_fails);
        stack_bed_add("/memory/config-fails", kinds[i], test_config_fails);
        stack_bed_add("/memory/where", kinds[i], test_where);
        stack_bed_add("/memory/guarantee", kinds[i], test_guarantee);
        stack_bed_add("/memory/anew", kinds[i], test_anew);
    }
    stack_bed_add("/memory/no-swap", "legacy", test_no_swap);
    stack_bed_add("/memory/shown", "legacy", test_shown);
    stack_bed_add("/memory/no-controller", "hybrid-bare", test_no_controller);

    return g_test_run();
}
