/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of guests through libvirt's public API, with corral stacked in this process. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "stack-bed.h"
#include "guest-xml.h"

#define PARTITION "<resource><partition>/production/web</partition></resource>"
#define UUID "c7a5fdbd-edaf-9455-926a-d65c16db1809"
#define QUOTAS                                                                                     \
    "<cputune>"                                                                                    \
    "<shares>2048</shares>"                                                                        \
    "<period>50000</period><quota>20000</quota>"                                                   \
    "<global_period>100000</global_period><global_quota>90000</global_quota>"                      \
    "<emulator_period>100000</emulator_period><emulator_quota>30000</emulator_quota>"              \
    "</cputune>"

static const char *const kinds[] = {"legacy", "hybrid", "unified", "together"};

/* No guest's, and no partition that was made for one. */
static void
assert_no_group(StackBed *bed)
{
    g_autofree char *list = fake_cgroup_list(bed->fake);

    g_assert_cmpstr(list, ==, "");
}

/* ---- life ---- */

static void
test_life(StackBed *bed, gconstpointer kind)
{
    static const char *const children[] = {"emulator", "vcpu0", "vcpu1"};
    virDomainPtr dom = stack_bed_define(bed, "corral-life", PARTITION);
    gsize i;

    assert_no_group(bed);
    g_assert_cmpint(virDomainCreate(dom), ==, 0);
    g_assert_cmpint(virDomainIsActive(dom), ==, 1);
    for (i = 0; i < G_N_ELEMENTS(children); i++) {
        g_autofree char *group = stack_bed_group(bed, "production/web/corral-life.qemu.libvirt");
        g_autofree char *child = g_build_filename(group, children[i], NULL);

        g_assert_true(fake_cgroup_exists(bed->fake, child));
    }
    /* Where accounting is apart, the group is there as well; where nobody limits, it is not. */
    if (!g_str_equal(kind, "unified")) {
        g_assert_true(fake_cgroup_exists(bed->fake, "/sys/fs/cgroup/memory/production/web/"
                                                    "corral-life.qemu.libvirt"));
        g_assert_false(fake_cgroup_exists(bed->fake, "/sys/fs/cgroup/memory/production/web/"
                                                     "corral-life.qemu.libvirt/emulator"));
        g_assert_false(fake_cgroup_exists(bed->fake, "/sys/fs/cgroup/systemd/production"));
    }

    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    assert_no_group(bed);

    virDomainFree(dom);
}

/* All three ways to start, both ways to stop, again and again. */
static void
test_ways(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autofree char *xml = stack_bed_format_guest("corral-ways", "");
    virDomainPtr dom = virDomainCreateXML(bed->conn, xml, 0);
    guint with_one;

    g_assert_nonnull(dom);
    with_one = stack_bed_count_guests(bed);
    g_assert_cmpuint(with_one, >, 0);
    g_assert_cmpint(virDomainDestroyFlags(dom, 0), ==, 0);
    assert_no_group(bed);
    virDomainFree(dom);

    dom = stack_bed_define(bed, "corral-ways", "");
    g_assert_cmpint(virDomainCreateWithFlags(dom, 0), ==, 0);
    g_assert_cmpint((int)virDomainGetID(dom), >, 0);
    g_assert_cmpuint(stack_bed_count_guests(bed), ==, with_one);
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    assert_no_group(bed);

    g_assert_cmpint(virDomainCreate(dom), ==, 0);
    g_assert_cmpuint(stack_bed_count_guests(bed), ==, with_one);
    g_assert_cmpint(virDomainDestroyFlags(dom, 0), ==, 0);
    assert_no_group(bed);
    virDomainFree(dom);
}

/* createXML: the group is labelled with the UUID that libvirt then shows. */
static void
test_random_uuid(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autofree char *xml = stack_bed_format_guest("corral-random", "");
    virDomainPtr dom = virDomainCreateXML(bed->conn, xml, 0);
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *label = NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];

    g_assert_nonnull(dom);
    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
    group = corral_group_open(bed->host, "machine/corral-random.qemu.libvirt",
                              CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU), &error);
    g_assert_no_error(error);
    label = corral_group_get_label(group, "uuid", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(label, ==, uuid);
    virDomainFree(dom);
}

/* ---- what users write below <metadata> ---- */

static int
write_element(virDomainPtr dom, const char *element, const char *uri)
{
    return virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, element, element ? "c" : NULL,
                                uri, VIR_DOMAIN_AFFECT_CONFIG);
}

static void
test_metadata(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_define(bed, "corral-metadata", "");
    g_autofree char *xml = NULL;

    g_assert_cmpint(write_element(dom, "<limits><pids>7</pids></limits>", GUEST_XML_NAMESPACE), ==,
                    0);
    g_assert_cmpint(write_element(dom, "<limits><pids>x</pids></limits>", GUEST_XML_NAMESPACE), ==,
                    -1);
    stack_bed_assert_error(VIR_ERR_CONFIG_UNSUPPORTED, "<pids>: 'x' is no number");
    g_assert_cmpint(write_element(dom, "<held/>", GUEST_XML_HELD_NAMESPACE), ==, -1);
    stack_bed_assert_error(VIR_ERR_CONFIG_UNSUPPORTED, GUEST_XML_HELD_NAMESPACE);
    g_assert_cmpint(write_element(dom, NULL, GUEST_XML_HELD_NAMESPACE), ==, -1);
    stack_bed_assert_error(VIR_ERR_CONFIG_UNSUPPORTED, GUEST_XML_HELD_NAMESPACE);

    /* In other namespaces anything goes, and in <title> there is none. */
    g_assert_cmpint(write_element(dom, "<limits><pids>x</pids></limits>", "urn:x"), ==, 0);
    g_assert_cmpint(virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_TITLE, "<pids>x</pids>", NULL,
                                         NULL, VIR_DOMAIN_AFFECT_CONFIG),
                    ==, 0);
    /* What is no XML stock has the words for. */
    g_assert_cmpint(write_element(dom, "<limits", GUEST_XML_NAMESPACE), ==, -1);
    stack_bed_assert_error(VIR_ERR_XML_DETAIL, "metadata_xml");

    xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
    g_assert_nonnull(strstr(xml, "<c:pids>7</c:pids>"));
    g_assert_cmpint(write_element(dom, NULL, GUEST_XML_NAMESPACE), ==, 0);
    g_clear_pointer(&xml, g_free);
    xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
    g_assert_null(strstr(xml, "<c:pids>7</c:pids>"));
    virDomainFree(dom);
}

/* ---- the guest's process ---- */

static gboolean
lists(const char *text, int id)
{
    g_autofree char *wanted = g_strdup_printf("%d", id);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

    return g_strv_contains((const char *const *)lines, wanted);
}

/* The one thread in @child, by its name. */
static void
assert_thread(StackBed *bed, const char *group, const char *child, pid_t pid, const char *name)
{
    g_autofree char *path = g_build_filename(group, child, NULL);
    g_autofree char *tasks = stack_bed_read(bed, path, "tasks");
    g_autofree char *threads = stack_bed_read(bed, path, "cgroup.threads");
    g_autofree char *comm = NULL;
    g_autofree char *file = NULL;

    if (!tasks)
        tasks = g_steal_pointer(&threads);
    g_assert_nonnull(tasks);
    file = g_strdup_printf("/proc/%d/task/%s/comm", (int)pid, tasks);
    g_assert_true(g_file_get_contents(file, &comm, NULL, NULL));
    g_assert_cmpstr(g_strchomp(comm), ==, name);
}

static void
test_process(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    const char *group = "machine/corral-process.qemu.libvirt";
    g_autofree char *emulator = g_build_filename(group, "emulator", NULL);
    g_autofree char *born = NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];
    virDomainPtr dom;
    pid_t pid;

    pretend_stock_give_processes(bed->fake);
    dom = stack_bed_start(bed, "corral-process", "<iothreads>1</iothreads>");
    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
    pid = pretend_stock_get_process(uuid);
    g_assert_cmpint(pid, >, 0);

    born = stack_bed_read(bed, emulator, "cgroup.procs");
    g_assert_true(lists(born, pid));
    assert_thread(bed, group, "emulator", pid, "pretended-qemu");
    assert_thread(bed, group, "vcpu0", pid, "CPU 0/KVM");
    assert_thread(bed, group, "vcpu1", pid, "CPU 1/KVM");
    assert_thread(bed, group, "iothread1", pid, "IO iothread1");

    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    assert_no_group(bed);
    virDomainFree(dom);
}

/* ---- refusals ---- */

static const struct {
    const char *partition;
    int code;
    const char *message;
} bad_partitions[] = {
    {"/", VIR_ERR_CONFIG_UNSUPPORTED, "partition"},
    {"relative", VIR_ERR_CONFIG_UNSUPPORTED, "must start with '/'"},
    {"/a/../b", VIR_ERR_CONFIG_UNSUPPORTED, "partition"},
    {"/..", VIR_ERR_CONFIG_UNSUPPORTED, "partition"},
};

static void
test_refused(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(bad_partitions); i++) {
        g_autofree char *resource = g_strdup_printf(
            "<resource><partition>%s</partition></resource>", bad_partitions[i].partition);
        g_autofree char *xml = stack_bed_format_guest("corral-refused", resource);
        g_autofree char *before = fake_cgroup_list(bed->fake);
        g_autofree char *after = NULL;
        g_autofree char *asked = fake_cgroup_take_log(bed->fake);
        g_autofree char *done = NULL;
        virDomainPtr dom;

        g_test_message("partition '%s'", bad_partitions[i].partition);
        g_assert_null(virDomainCreateXML(bed->conn, xml, 0));
        stack_bed_assert_error(bad_partitions[i].code, bad_partitions[i].message);

        dom = stack_bed_define(bed, "corral-refused", resource);
        g_assert_cmpint(virDomainCreate(dom), ==, -1);
        stack_bed_assert_error(bad_partitions[i].code, bad_partitions[i].message);
        g_assert_cmpint(virDomainIsActive(dom), ==, 0);
        g_assert_cmpint(virDomainUndefine(dom), ==, 0);
        virDomainFree(dom);

        after = fake_cgroup_list(bed->fake);
        done = fake_cgroup_take_log(bed->fake);
        g_assert_cmpstr(after, ==, before);
        g_assert_cmpstr(done, ==, "");
    }
}

/* Names that try to be something else: refused, or one component of a harmless name. */
static void
test_names(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const names[] = {"cpu.evil",     "..",    ".",         "cgroup.procs",
                                        "with a blank", "_low",  "it&apos;s", "g\xc3\xa4st",
                                        "vcpu0",        "tasks", "emulator"};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *xml = stack_bed_format_guest(names[i], "");
        virDomainPtr dom = virDomainCreateXML(bed->conn, xml, 0);
        g_autofree char *list = fake_cgroup_list(bed->fake);
        g_auto(GStrv) groups = g_strsplit(list, "\n", -1);
        gsize g;

        g_test_message("name '%s'", names[i]);
        g_assert_nonnull(dom);
        g_assert_cmpuint(stack_bed_count_guests(bed), >, 0);
        for (g = 0; groups[g]; g++) {
            const char *guest = strstr(groups[g], ".qemu.libvirt");
            const char *machine = strstr(groups[g], "/machine/");

            /* Directly below the partition, whatever its name. */
            if (guest) {
                g_assert_nonnull(machine);
                g_assert_null(memchr(machine + strlen("/machine/"), '/',
                                     guest - machine - strlen("/machine/")));
            }
        }
        g_assert_cmpint(virDomainDestroy(dom), ==, 0);
        assert_no_group(bed);
        virDomainFree(dom);
    }
}

/* ---- starts that fail ---- */

static void
test_stock_fails(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autofree char *xml = stack_bed_format_guest("corral-fails", PARTITION);
    virDomainPtr dom;

    pretend_stock_fail(PRETEND_CREATE);
    g_assert_null(virDomainCreateXML(bed->conn, xml, 0));
    stack_bed_assert_error(VIR_ERR_INTERNAL_ERROR, "pretended failure");
    assert_no_group(bed);

    dom = stack_bed_define(bed, "corral-fails", QUOTAS);
    pretend_stock_fail(PRETEND_CREATE);
    g_assert_cmpint(virDomainCreate(dom), ==, -1);
    stack_bed_assert_error(VIR_ERR_INTERNAL_ERROR, "pretended failure");
    g_assert_cmpint(virDomainIsActive(dom), ==, 0);
    assert_no_group(bed);

    /* Nothing of it stands in the way of the next one. */
    g_assert_cmpint(virDomainCreate(dom), ==, 0);
    g_assert_cmpuint(stack_bed_count_guests(bed), >, 0);
    virDomainFree(dom);
}

/* A description that libvirt refuses is refused in libvirt's words. */
static void
test_no_domain(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const xmls[] = {
        "",
        "<domain",
        "<domain type='test'/>",
        "<domain type='test'><name>corral-bad</name></domain>",
        "<domain type='test'><name/><memory>8192</memory><os><type>hvm</type></os></domain>",
        "<domain type='test'><name>corral-bad</name><memory>8192</memory><vcpu>no</vcpu>"
        "<os><type>hvm</type></os></domain>",
        "<domain type='test'><name>corral-bad</name><uuid>no</uuid><memory>8192</memory>"
        "<os><type>hvm</type></os></domain>",
        "<domain type='test'><name>corral-bad</name><memory>8192</memory>"
        "<cputune><period>5</period></cputune><os><type>hvm</type></os></domain>",
    };
    virConnectPtr stock = virConnectOpen(PRETEND_STOCK_URI);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(xmls); i++) {
        g_autofree char *message = NULL;
        int code;

        g_test_message("%s", xmls[i]);
        g_assert_null(virDomainCreateXML(stock, xmls[i], 0));
        code = virGetLastErrorCode();
        message = g_strdup(virGetLastErrorMessage());

        g_assert_null(virDomainCreateXML(bed->conn, xmls[i], 0));
        g_assert_cmpint(virGetLastErrorCode(), ==, code);
        g_assert_cmpstr(virGetLastErrorMessage(), ==, message);
        assert_no_group(bed);
    }
    virConnectClose(stock);
}

/* A group that an earlier life left: replaced if nobody is in it, otherwise in the way. */
static void
test_leftover(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_define(bed, "corral-left", QUOTAS);
    g_autofree char *machine = stack_bed_group(bed, "machine");
    g_autofree char *group = stack_bed_group(bed, "machine/corral-left.qemu.libvirt");
    g_autofree char *procs = g_build_filename(group, "cgroup.procs", NULL);
    g_autofree char *members = NULL;

    fake_cgroup_mkdir(bed->fake, machine);
    fake_cgroup_mkdir(bed->fake, group);
    fake_cgroup_put(bed->fake, procs, "4194304\n");
    g_assert_cmpint(virDomainCreate(dom), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_FAILED, "4194304");
    members = fake_cgroup_read(bed->fake, procs);
    g_assert_cmpstr(members, ==, "4194304");

    fake_cgroup_put(bed->fake, procs, "");
    g_assert_cmpint(virDomainCreate(dom), ==, 0);
    virDomainFree(dom);
}

/* ---- periods and quotas in the XML ---- */

static void
assert_ceiling(StackBed *bed, const char *path, const char *quota, const char *period)
{
    g_autofree char *line = stack_bed_read(bed, path, "cpu.max");
    g_autofree char *wanted = g_strdup_printf("%s %s", quota, period);

    if (line) {
        g_assert_cmpstr(line, ==, wanted);
        return;
    }
    stack_bed_assert_file(bed, path, "cpu.cfs_quota_us", quota);
    stack_bed_assert_file(bed, path, "cpu.cfs_period_us", period);
}

static void
assert_shown(virDomainPtr dom, unsigned int flags, gboolean running)
{
    static const char *const elements[] = {"<shares>2048</shares>",
                                           "<period>50000</period>",
                                           "<quota>20000</quota>",
                                           "<global_period>100000</global_period>",
                                           "<global_quota>90000</global_quota>",
                                           "<emulator_period>100000</emulator_period>",
                                           "<emulator_quota>30000</emulator_quota>"};
    g_autofree char *xml = virDomainGetXMLDesc(dom, flags);
    gsize i;

    g_assert_nonnull(xml);
    for (i = 0; i < G_N_ELEMENTS(elements); i++) {
        const char *found = strstr(xml, elements[i]);

        g_assert_nonnull(found);
        g_assert_null(strstr(found + 1, elements[i]));
    }
    g_assert_null(strstr(xml, GUEST_XML_HELD_NAMESPACE));
    g_assert_cmpint(strstr(xml, " id='") != NULL, ==, running);
}

static void
assert_quotas_in_force(StackBed *bed, const char *name)
{
    g_autofree char *group = g_strdup_printf("machine/%s.qemu.libvirt", name);
    g_autofree char *vcpu0 = g_build_filename(group, "vcpu0", NULL);
    g_autofree char *vcpu1 = g_build_filename(group, "vcpu1", NULL);
    g_autofree char *emulator = g_build_filename(group, "emulator", NULL);

    assert_ceiling(bed, group, "90000", "100000");
    assert_ceiling(bed, vcpu0, "20000", "50000");
    assert_ceiling(bed, vcpu1, "20000", "50000");
    assert_ceiling(bed, emulator, "30000", "100000");
}

/* What stock was given has none of them, and still every one of them is so. */
static void
assert_held_back(void)
{
    g_autofree char *given = pretend_stock_dup_xml();
    const char *cputune;
    const char *end;
    g_autofree char *inside = NULL;

    g_assert_nonnull(given);
    cputune = strstr(given, "<cputune>");
    g_assert_nonnull(cputune);
    end = strstr(cputune, "</cputune>");
    g_assert_nonnull(end);
    inside = g_strndup(cputune, end - cputune);
    g_assert_nonnull(strstr(inside, "<shares>2048</shares>"));
    g_assert_null(strstr(inside, "period"));
    g_assert_null(strstr(inside, "quota"));
}

static void
test_quota_of_transient(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autofree char *xml = stack_bed_format_guest("corral-quota", QUOTAS);
    virDomainPtr dom = virDomainCreateXML(bed->conn, xml, 0);

    g_assert_nonnull(dom);
    assert_held_back();
    assert_quotas_in_force(bed, "corral-quota");
    assert_shown(dom, 0, TRUE);
    virDomainFree(dom);
}

static void
test_quota_of_persistent(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-quota", QUOTAS);

    assert_held_back();
    g_assert_cmpint((int)virDomainGetID(dom), >, 0);
    g_assert_cmpint(virDomainIsPersistent(dom), ==, 1);
    assert_quotas_in_force(bed, "corral-quota");
    assert_shown(dom, 0, TRUE);
    assert_shown(dom, VIR_DOMAIN_XML_INACTIVE, FALSE);

    /* The definition is as it was, and the guest can be started from it again. */
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    assert_no_group(bed);
    assert_shown(dom, 0, FALSE);
    g_assert_cmpint(virDomainCreate(dom), ==, 0);
    assert_quotas_in_force(bed, "corral-quota");
    virDomainFree(dom);
}

/* A guest without them is started by the very call that the user made. */
static void
test_without_quota(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-plain", "");
    g_autofree char *given = pretend_stock_dup_xml();

    g_assert_null(given);
    virDomainFree(dom);
}

/* ---- calls of the kernel ---- */

static guint
count_calls(StackBed *bed, const char *prefix)
{
    g_autofree char *log = fake_cgroup_take_log(bed->fake);
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    guint n = 0;
    gsize i;

    for (i = 0; lines[i]; i++)
        n += g_str_has_prefix(lines[i], prefix);
    return n;
}

/* A second start of a running guest must not touch its group. */
static void
test_runs_already(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-twice", QUOTAS);
    g_autofree char *xml = virDomainGetXMLDesc(dom, 0);
    g_autofree char *before = fake_cgroup_list(bed->fake);
    g_autofree char *after = NULL;

    count_calls(bed, "");
    g_assert_cmpint(virDomainCreate(dom), ==, -1);
    g_assert_null(virDomainCreateXML(bed->conn, xml, 0));
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "already active");

    g_assert_cmpuint(count_calls(bed, "write "), ==, 0);
    after = fake_cgroup_list(bed->fake);
    g_assert_cmpstr(after, ==, before);
    assert_quotas_in_force(bed, "corral-twice");
    virDomainFree(dom);
}

/* Whichever of the kernel's calls fails: the guest runs as it was promised to, or it does not
 * run and nothing of it stays. */
static void
test_kernel_fails(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const struct {
        FakeCall call;
        const char *name;
    } calls[] = {{FAKE_MKDIR, "mkdir "}, {FAKE_WRITE, "write "}};
    virDomainPtr dom = stack_bed_define(bed, "corral-kernel", QUOTAS);
    gsize c;

    for (c = 0; c < G_N_ELEMENTS(calls); c++) {
        guint failed = 0;
        guint n, after;

        count_calls(bed, "");
        g_assert_cmpint(virDomainCreate(dom), ==, 0);
        n = count_calls(bed, calls[c].name);
        g_assert_cmpint(virDomainDestroy(dom), ==, 0);

        for (after = 0; after < n; after++) {
            fake_cgroup_fail(bed->fake, calls[c].call, after, ENOMEM);
            if (virDomainCreate(dom) == 0) {
                assert_quotas_in_force(bed, "corral-kernel");
                fake_cgroup_fail(bed->fake, calls[c].call, 0, 0);
                g_assert_cmpint(virDomainDestroy(dom), ==, 0);
            } else {
                stack_bed_assert_error(VIR_ERR_SYSTEM_ERROR, "corral-kernel");
                g_assert_cmpint(virDomainIsActive(dom), ==, 0);
                failed++;
            }
            assert_no_group(bed);
        }
        g_test_message("%s: %u of %u are not survived", calls[c].name, failed, n);
        g_assert_cmpuint(failed, >=, 5);
    }
    virDomainFree(dom);
}

/* ---- many at once ---- */

typedef struct {
    virConnectPtr conn;
    guint number;
    guint started;
} Worker;

static gpointer
start_one(gpointer data)
{
    Worker *worker = data;
    virDomainPtr dom = virDomainLookupByName(worker->conn, "corral-both");

    g_assert_nonnull(dom);
    worker->started = virDomainCreate(dom) == 0;
    virDomainFree(dom);
    return NULL;
}

/* One of them wins, the other is told, and the guest has its group. */
static void
test_same_guest(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_define(bed, "corral-both", QUOTAS);
    Worker first = {.conn = bed->conn};
    Worker second = {.conn = bed->conn};
    GThread *one, *two;

    pretend_stock_hold_starts();
    one = g_thread_new("one", start_one, &first);
    pretend_stock_await_start();
    two = g_thread_new("two", start_one, &second);
    pretend_stock_let_go();
    g_thread_join(one);
    g_thread_join(two);

    g_assert_cmpuint(first.started, ==, 1);
    g_assert_cmpuint(second.started, ==, 0);
    g_assert_cmpint(virDomainIsActive(dom), ==, 1);
    assert_quotas_in_force(bed, "corral-both");
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    assert_no_group(bed);
    virDomainFree(dom);
}

static gpointer
live_and_die(gpointer data)
{
    Worker *worker = data;
    g_autofree char *name = g_strdup_printf("corral-many-%u", worker->number);
    g_autofree char *xml = stack_bed_format_guest(name, QUOTAS PARTITION);
    guint i;

    for (i = 0; i < 5; i++) {
        virDomainPtr dom = virDomainCreateXML(worker->conn, xml, 0);

        g_assert_nonnull(dom);
        g_assert_cmpint(virDomainDestroy(dom), ==, 0);
        virDomainFree(dom);
        worker->started++;
    }
    return NULL;
}

static void
test_many(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr bystander = stack_bed_start(bed, "corral-bystander", PARTITION);
    guint with_one = stack_bed_count_guests(bed);
    Worker workers[8];
    GThread *threads[8];
    guint i;

    for (i = 0; i < G_N_ELEMENTS(workers); i++) {
        workers[i] = (Worker){.conn = bed->conn, .number = i};
        threads[i] = g_thread_new("worker", live_and_die, &workers[i]);
    }
    for (i = 0; i < G_N_ELEMENTS(workers); i++) {
        g_thread_join(threads[i]);
        g_assert_cmpuint(workers[i].started, ==, 5);
    }

    g_assert_cmpuint(stack_bed_count_guests(bed), ==, with_one);
    virDomainFree(bystander);
}

int
main(int argc, char **argv)
{
    gsize i;

    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        stack_bed_add("/life/simple", kinds[i], test_life);
        stack_bed_add("/life/process", kinds[i], test_process);
        stack_bed_add("/quota/transient", kinds[i], test_quota_of_transient);
        stack_bed_add("/quota/persistent", kinds[i], test_quota_of_persistent);
    }
    stack_bed_add("/life/ways", "hybrid", test_ways);
    stack_bed_add("/life/random-uuid", "hybrid", test_random_uuid);
    stack_bed_add("/refused/partition", "hybrid", test_refused);
    stack_bed_add("/refused/names", "hybrid", test_names);
    stack_bed_add("/refused/metadata", "hybrid", test_metadata);
    stack_bed_add("/fails/kernel", "hybrid", test_kernel_fails);
    stack_bed_add("/fails/kernel", "unified", test_kernel_fails);
    stack_bed_add("/fails/stock", "hybrid", test_stock_fails);
    stack_bed_add("/fails/runs-already", "hybrid", test_runs_already);
    stack_bed_add("/refused/no-domain", "hybrid", test_no_domain);
    stack_bed_add("/fails/leftover", "hybrid", test_leftover);
    stack_bed_add("/quota/none", "hybrid", test_without_quota);
    stack_bed_add("/threads/same-guest", "hybrid", test_same_guest);
    stack_bed_add("/threads/many", "hybrid", test_many);

    return g_test_run();
}
