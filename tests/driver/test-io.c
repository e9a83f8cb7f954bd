/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block I/O parameters through libvirt's public API, with corral stacked in this
 * process.  The fake kernel remembers one device a file; more of them are on
 * the real one, in tests/root/test-blkio.sh.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "stack-bed.h"

#define GROUP "machine/corral-io.qemu.libvirt"
#define LIVE VIR_DOMAIN_AFFECT_LIVE
#define CONFIG VIR_DOMAIN_AFFECT_CONFIG

static char *disk;   /* a block device of this machine; NULL if it shows none */
static char *number; /* "MAJOR:MINOR" */

static void
find_disk(void)
{
    g_autoptr(GDir) dir = g_dir_open("/dev", 0, NULL);
    const char *name;

    while (dir && !disk && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename("/dev", name, NULL);
        struct stat st;

        if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
            continue;
        disk = g_steal_pointer(&path);
        number = g_strdup_printf("%u:%u", major(st.st_rdev), minor(st.st_rdev));
    }
}

/* @text: "NAME=VALUE NAME=VALUE"; % is the disk. */
static int
set(virDomainPtr dom, const char *text, unsigned int flags)
{
    g_auto(GStrv) parts = g_strsplit(text, "%", -1);
    g_autofree char *whole = g_strjoinv(disk, parts);
    g_auto(GStrv) words = g_strsplit(whole, " ", -1);
    virTypedParameterPtr list = g_new0(virTypedParameter, g_strv_length(words));
    int result;
    gsize i;

    for (i = 0; words[i]; i++) {
        g_auto(GStrv) halves = g_strsplit(words[i], "=", 2);

        g_strlcpy(list[i].field, halves[0], sizeof(list[i].field));
        if (g_str_equal(halves[0], "weight")) {
            list[i].type = VIR_TYPED_PARAM_UINT;
            list[i].value.ui = g_ascii_strtoull(halves[1], NULL, 10);
        } else {
            list[i].type = VIR_TYPED_PARAM_STRING;
            list[i].value.s = g_strdup(halves[1]);
        }
    }

    result = virDomainSetBlkioParameters(dom, list, i, flags);
    virTypedParamsFree(list, i);
    return result;
}

/* The values alone, separated by blanks, with % for the disk. */
static char *
get(virDomainPtr dom, int max, unsigned int flags)
{
    virTypedParameterPtr list = g_new0(virTypedParameter, max);
    g_autoptr(GString) text = g_string_new(NULL);
    int n = max;
    int i;

    if (virDomainGetBlkioParameters(dom, list, &n, flags) < 0) {
        g_free(list);
        return NULL;
    }
    g_assert_cmpint(n, <=, max);
    for (i = 0; i < n; i++) {
        g_autofree char *value = virTypedParameterToString(&list[i]);

        g_string_append_printf(text, "%s%s", i ? " " : "", value);
    }
    virTypedParamsFree(list, n);
    if (disk)
        g_string_replace(text, disk, "%", 0);
    return g_strdup(text->str);
}

static void
assert_get(virDomainPtr dom, unsigned int flags, const char *wanted)
{
    g_autofree char *found = get(dom, 6, flags);

    g_assert_cmpstr(found, ==, wanted);
}

static char *
io_file(StackBed *bed, const char *file)
{
    const char *top = fake_cgroup_exists(bed->fake, "/sys/fs/cgroup/blkio") ? "/sys/fs/cgroup/blkio"
                                                                            : "/sys/fs/cgroup";

    return g_build_filename(top, GROUP, file, NULL);
}

static void
assert_file(StackBed *bed, const char *file, const char *wanted)
{
    g_autofree char *path = io_file(bed, file);
    g_autofree char *found = fake_cgroup_read(bed->fake, path);
    g_auto(GStrv) parts = g_strsplit(wanted, "%", -1);
    g_autofree char *whole = g_strjoinv(number, parts);

    g_assert_cmpstr(found, ==, whole);
}

static virDomainPtr
start(StackBed *bed, const char *blkiotune)
{
    g_auto(GStrv) parts = g_strsplit(blkiotune, "%", -1);
    g_autofree char *whole = g_strjoinv(disk, parts);
    g_autofree char *xml = g_strdup_printf("<blkiotune>%s</blkiotune>", whole);

    return stack_bed_start(bed, "corral-io", xml);
}

static void
test_get_and_set(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "");
    g_autofree char *one = NULL;
    int n = 0;

    g_assert_cmpint(virDomainGetBlkioParameters(dom, NULL, &n, 0), ==, 0);
    g_assert_cmpint(n, ==, 6);
    assert_get(dom, 0, "100     ");
    g_assert_cmpint(set(dom,
                        "weight=300 device_weight=%,200 device_read_iops_sec=%,7 "
                        "device_write_iops_sec=%,8 device_read_bytes_sec=%,9 "
                        "device_write_bytes_sec=%,10",
                        LIVE),
                    ==, 0);
    assert_get(dom, LIVE, "300 %,200 %,7 %,8 %,9 %,10");
    assert_get(dom, CONFIG, "0     ");
    assert_file(bed, "blkio.bfq.weight", "300");
    assert_file(bed, "blkio.bfq.weight_device", "% 200");
    assert_file(bed, "blkio.throttle.read_iops_device", "% 7");
    assert_file(bed, "blkio.throttle.write_bps_device", "% 10");
    one = get(dom, 2, 0);
    g_assert_cmpstr(one, ==, "300 %,200");

    /* Nothing named is nothing changed; 0 lifts a limit. */
    g_assert_cmpint(set(dom, "device_read_iops_sec= weight=400", 0), ==, 0);
    assert_get(dom, LIVE, "400 %,200 %,7 %,8 %,9 %,10");
    assert_file(bed, "blkio.throttle.read_iops_device", "% 7");
    virDomainFree(dom);
}

static const struct {
    const char *text;
    int code;
    const char *message;
} refused[] = {
    {"weight=0", VIR_ERR_INVALID_ARG, "0"},
    {"weight=10001", VIR_ERR_INVALID_ARG, "10001"},
    {"device_read_iops_sec=%,6 weight=1001", VIR_ERR_INVALID_ARG, "1001 is out of range [1, 1000]"},
    {"weight=200 device_weight=%,1001", VIR_ERR_INVALID_ARG, "1001 is out of range [1, 1000]"},
    {"weight=200 device_read_iops_sec=%", VIR_ERR_INVALID_ARG,
     "unable to parse blkio device 'device_read_iops_sec' '"},
    {"weight=200 device_read_iops_sec=%,x", VIR_ERR_INVALID_ARG,
     "invalid value 'x' for parameter 'device_read_iops_sec'"},
    {"weight=200 device_read_iops_sec=%,1,", VIR_ERR_INVALID_ARG, "unable to parse blkio device"},
    {"weight=200 device_read_iops_sec=%,4294967296", VIR_ERR_INVALID_ARG, "invalid value"},
    {"weight=200 device_write_bytes_sec=/dev/null,1", VIR_ERR_SYSTEM_ERROR,
     "Path '/dev/null' must be a block device"},
    {"weight=200 device_write_bytes_sec=%,5,/no/such,0", VIR_ERR_SYSTEM_ERROR,
     "Path '/no/such' is not accessible: No such file"},
    {"weight=200 nonsense=%,1", VIR_ERR_ARGUMENT_UNSUPPORTED, "parameter 'nonsense' not supported"},
    {"weight=200 device_write_bytes_sec=%,9223372036854775808", VIR_ERR_INVALID_ARG,
     "9223372036854775808"},
};

static void
test_refused(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom =
        start(bed, "<device><path>%</path><read_iops_sec>7</read_iops_sec></device>");
    g_autofree char *before = get(dom, 6, 0);
    gsize i;

    g_assert_cmpstr(before, ==, "100  %,7   ");
    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_test_message("%s", refused[i].text);
        g_assert_cmpint(set(dom, refused[i].text, LIVE), ==, -1);
        stack_bed_assert_error(refused[i].code, refused[i].message);
        assert_get(dom, 0, before);
    }
    g_assert_cmpint(set(dom, "weight=200", 1 << 20), ==, -1);
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "unsupported flags");
    virDomainFree(dom);
}

/* Whichever write the kernel refuses, what came before is taken back. */
static void
test_kernel_fails(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "<device><path>%</path><weight>300</weight>"
                                  "<read_iops_sec>7</read_iops_sec></device>");
    g_autofree char *before = get(dom, 6, 0);
    guint after;

    for (after = 0; after < 3; after++) {
        fake_cgroup_fail(bed->fake, FAKE_WRITE, after, EBUSY);
        g_assert_cmpint(set(dom, "weight=9 device_weight=%,8 device_read_iops_sec=%,6", 0), ==, -1);
        stack_bed_assert_error(VIR_ERR_OPERATION_FAILED, "guest 'corral-io'");
        assert_get(dom, 0, before);
    }
    virDomainFree(dom);
}

static int
fail_to_set(virDomainPtr dom G_GNUC_UNUSED, virTypedParameterPtr params G_GNUC_UNUSED,
            int nparams G_GNUC_UNUSED, unsigned int flags G_GNUC_UNUSED)
{
    virReportError(VIR_ERR_INTERNAL_ERROR, "%s", "pretended failure");
    return -1;
}

static void
test_where(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "");
    const virHypervisorDriver *next = bed->stack->next;
    virHypervisorDriver stock = *next;

    g_assert_cmpint(set(dom, "weight=500 device_read_iops_sec=%,7", CONFIG), ==, 0);
    assert_get(dom, LIVE, "100     ");
    assert_get(dom, CONFIG, "500  %,7   ");
    g_assert_cmpint(set(dom, "weight=600 device_write_iops_sec=%,8", CONFIG | LIVE), ==, 0);
    assert_get(dom, LIVE, "600   %,8  ");
    assert_get(dom, CONFIG, "600  %,7 %,8  ");

    stock.domainSetBlkioParameters = fail_to_set;
    bed->stack->next = &stock;
    g_assert_cmpint(
        set(dom, "weight=700 device_write_iops_sec=%,9 device_weight=%,3", CONFIG | LIVE), ==, -1);
    stack_bed_assert_error(VIR_ERR_INTERNAL_ERROR, "pretended failure");
    assert_file(bed, "blkio.bfq.weight", "600");
    assert_file(bed, "blkio.bfq.weight_device", "% default");
    assert_file(bed, "blkio.throttle.write_iops_device", "% 8");
    bed->stack->next = next;

    g_assert_null(get(dom, 6, CONFIG | LIVE));
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "mutually exclusive");
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpint(set(dom, "weight=5", LIVE), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "not running");
    assert_get(dom, 0, "600  %,7 %,8  ");
    virDomainFree(dom);
}

static void
remove_file(StackBed *bed, const char *file)
{
    g_autofree char *name = io_file(bed, file);
    g_autofree char *path = g_build_filename(fake_cgroup_get_root(bed->fake), name, NULL);

    g_assert_cmpint(remove(path), ==, 0);
}

/* Stock tells and sets nothing then. */
static void
test_no_weight(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "");

    remove_file(bed, "blkio.bfq.weight");
    remove_file(bed, "blkio.bfq.weight_device");
    assert_get(dom, 0, "0     ");
    g_assert_cmpint(set(dom, "device_read_bytes_sec=%,500", LIVE), ==, 0);
    assert_get(dom, 0, "0    %,500 ");
    g_assert_cmpint(set(dom, "device_read_bytes_sec=%,600 weight=200", LIVE), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID,
                           "blkio device weight is valid only for bfq or cfq scheduler");
    g_assert_cmpint(set(dom, "device_read_bytes_sec=%,600 device_weight=%,200", LIVE), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID,
                           "blkio device weight is valid only for cfq scheduler");
    assert_get(dom, 0, "0    %,500 ");
    virDomainFree(dom);
}

/* A path of the user's own choosing, then one that nobody gave. */
static void
test_shown(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autofree char *name = g_strdup_printf("/dev/block/%s", number);
    virDomainPtr dom = start(bed, "<weight>300</weight>");
    g_autofree char *file = io_file(bed, "blkio.throttle.read_bps_device");
    g_autofree char *line = g_strdup_printf("%s 77\n", number);
    g_autofree char *xml = NULL;
    g_autofree char *found = NULL;

    fake_cgroup_put(bed->fake, file, line);
    xml = virDomainGetXMLDesc(dom, 0);
    g_assert_nonnull(strstr(xml, "<weight>300</weight>"));
    g_assert_nonnull(strstr(xml, name));
    g_assert_nonnull(strstr(xml, "<read_bytes_sec>77</read_bytes_sec>"));

    g_assert_cmpint(set(dom, "device_write_iops_sec=%,8 weight=100", LIVE), ==, 0);
    assert_get(dom, 0, "100   %,8 %,77 ");
    g_free(xml);
    xml = virDomainGetXMLDesc(dom, 0);
    g_assert_nonnull(strstr(xml, disk));
    g_assert_null(strstr(xml, name));
    g_assert_nonnull(strstr(xml, "<weight>100</weight>"));
    g_free(xml);
    xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
    g_assert_null(strstr(xml, disk));
    virDomainFree(dom);
}

static void
test_unified(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start(bed, "<weight>300</weight>");

    assert_get(dom, 0, "300     ");
    g_assert_cmpint(set(dom, "weight=5000 device_read_iops_sec=%,7", LIVE), ==, 0);
    assert_file(bed, "io.max", "% rbps=max wbps=max riops=7 wiops=max");
    assert_get(dom, 0, "5000  %,7   ");
    virDomainFree(dom);
}

/* Asked for and not to be had: no start. */
static void
test_no_controller(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom =
        stack_bed_define(bed, "corral-io", "<blkiotune><weight>300</weight></blkiotune>");
    virDomainPtr modest = stack_bed_start(bed, "corral-modest", "");

    g_assert_cmpint(virDomainCreate(dom), ==, -1);
    stack_bed_assert_error(VIR_ERR_CONFIG_UNSUPPORTED,
                           "Block I/O tuning is not available on this host");
    g_assert_null(get(modest, 6, 0));
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "blkio cgroup isn't mounted");
    g_assert_cmpint(set(modest, "weight=300", 0), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "blkio cgroup isn't mounted");
    virDomainFree(modest);
    virDomainFree(dom);
}

int
main(int argc, char **argv)
{
    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);
    find_disk();

    if (disk) {
        stack_bed_add("/io/get-and-set", "legacy", test_get_and_set);
        stack_bed_add("/io/refused", "legacy", test_refused);
        stack_bed_add("/io/kernel-fails", "legacy", test_kernel_fails);
        stack_bed_add("/io/where", "legacy", test_where);
        stack_bed_add("/io/no-weight", "legacy", test_no_weight);
        stack_bed_add("/io/shown", "legacy", test_shown);
        stack_bed_add("/io/unified", "unified", test_unified);
    } else {
        g_test_message("no block device in /dev");
    }
    stack_bed_add("/io/no-controller", "legacy-hugetlb", test_no_controller);

    return g_test_run();
}
