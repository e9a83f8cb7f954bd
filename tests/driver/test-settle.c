/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups come to agree with libvirt: after a restart, by events, and after a start that somebody
 * crossed. */
#include <config.h>

#include <string.h>

#include "stack-bed.h"
#include "drv-events.h"
#include "drv-group.h"
#include "drv-running.h"
#include "drv-settle.h"

#define CPU_BIT CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU)
#define PATIENCE_S 30
#define SHARES "<cputune><shares>2048</shares></cputune>"

/* The daemon dies and starts again, on the same machine; guests run on. */
static void
restart(StackBed *bed)
{
    bed->stack = pretend_stock_boot(bed->host);
    drv_settle_all(bed->stack, bed->conn);
}

static char *
known_path(StackBed *bed, virDomainPtr dom)
{
    char uuid[VIR_UUID_STRING_BUFLEN];

    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
    return drv_keeper_dup_path(bed->stack->keeper, uuid);
}

/* Started by a way that does not pass corral's table. */
static virDomainPtr
start_behind_our_back(StackBed *bed, const char *name, const char *more)
{
    virConnectPtr stock = virConnectOpen(PRETEND_STOCK_URI);
    g_autofree char *xml = stack_bed_format_guest(name, more);
    virDomainPtr behind = virDomainCreateXML(stock, xml, 0);
    virDomainPtr dom;

    g_assert_nonnull(behind);
    dom = virDomainLookupByName(bed->conn, name);
    g_assert_nonnull(dom);
    virDomainFree(behind);
    virConnectClose(stock);
    return dom;
}

static void
stop_behind_our_back(virDomainPtr dom)
{
    virConnectPtr stock = virConnectOpen(PRETEND_STOCK_URI);
    virDomainPtr behind = virDomainLookupByName(stock, virDomainGetName(dom));

    g_assert_nonnull(behind);
    g_assert_cmpint(virDomainDestroy(behind), ==, 0);
    virDomainFree(behind);
    virConnectClose(stock);
}

static CorralGroup *
make_group(StackBed *bed, const char *path)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(bed->host, path, CPU_BIT, CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

/* ---- when the daemon starts ---- */

static void
test_adopts(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom;
    virTypedParameter shares = {.field = "cpu_shares", .type = VIR_TYPED_PARAM_ULLONG};
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *path = NULL;

    pretend_stock_give_processes(bed->fake);
    dom = stack_bed_start(bed, "corral-adopted", SHARES);
    shares.value.ul = 77;
    g_assert_cmpint(virDomainSetSchedulerParametersFlags(dom, &shares, 1, VIR_DOMAIN_AFFECT_LIVE),
                    ==, 0);
    before = fake_cgroup_list(bed->fake);

    restart(bed);
    path = known_path(bed, dom);
    g_assert_cmpstr(path, ==, "machine/corral-adopted.qemu.libvirt");
    after = fake_cgroup_list(bed->fake);
    g_assert_cmpstr(after, ==, before);

    /* What was in force stays in force, and the guest is under control. */
    stack_bed_assert_file(bed, path, "cpu.shares", "77");
    shares.value.ul = 78;
    g_assert_cmpint(virDomainSetSchedulerParametersFlags(dom, &shares, 1, VIR_DOMAIN_AFFECT_LIVE),
                    ==, 0);
    stack_bed_assert_file(bed, path, "cpu.shares", "78");
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpuint(stack_bed_count_guests(bed), ==, 0);
    virDomainFree(dom);
}

/* A guest that runs without a group gets one, with what its XML promises. */
static void
test_makes_missing(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start_behind_our_back(bed, "corral-missing", SHARES);

    g_assert_cmpuint(stack_bed_count_guests(bed), ==, 0);
    restart(bed);
    stack_bed_assert_file(bed, "machine/corral-missing.qemu.libvirt", "cpu.shares", "2048");
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpuint(stack_bed_count_guests(bed), ==, 0);
    virDomainFree(dom);
}

/* What a guest that runs cannot have does not cost it the rest. */
static void
test_gives_the_rest(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start_behind_our_back(
        bed, "corral-rest",
        "<blkiotune><device><path>/nowhere</path><read_bytes_sec>4096</read_bytes_sec>"
        "</device></blkiotune>" SHARES);
    g_autofree char *path = NULL;

    restart(bed);
    path = known_path(bed, dom);
    g_assert_cmpstr(path, ==, "machine/corral-rest.qemu.libvirt");
    stack_bed_assert_file(bed, path, "cpu.shares", "2048");
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpuint(stack_bed_count_guests(bed), ==, 0);
    virDomainFree(dom);
}

/* The daemon died while it gave a running guest its group. */
static void
test_goes_on(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start_behind_our_back(bed, "corral-half", SHARES);
    const char *path = "machine/corral-half.qemu.libvirt";
    g_autoptr(CorralGroup) group = make_group(bed, path);
    g_autoptr(GError) error = NULL;
    g_autofree char *label = NULL;

    g_assert_true(corral_group_set_label(group, "unfinished", "yes", &error));
    g_assert_no_error(error);
    restart(bed);
    stack_bed_assert_file(bed, path, "cpu.shares", "2048");
    label = corral_group_get_label(group, "unfinished", NULL);
    g_assert_cmpstr(label, ==, "");

    /* And now all of it stays as it is. */
    g_assert_true(corral_group_set_cpu_shares(group, 77, &error));
    g_assert_no_error(error);
    restart(bed);
    stack_bed_assert_file(bed, path, "cpu.shares", "77");
    virDomainFree(dom);
}

/* The daemon died between making the group of a vCPU and limiting it. */
static void
test_limits_what_is_empty(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom;
    const char *whole = "machine/corral-empty.qemu.libvirt";
    const char *vcpu = "machine/corral-empty.qemu.libvirt/vcpu1";
    g_autofree char *thread = NULL;
    g_autofree char *place = stack_bed_group(bed, vcpu);
    g_autofree char *quota = g_build_filename(place, "cpu.cfs_quota_us", NULL);

    pretend_stock_give_processes(bed->fake);
    dom = stack_bed_start(bed, "corral-empty", "<cputune><quota>50000</quota></cputune>");
    stack_bed_assert_file(bed, vcpu, "cpu.cfs_quota_us", "50000");
    thread = stack_bed_read(bed, vcpu, "tasks");
    g_assert_cmpstr(thread, !=, "");
    fake_cgroup_exit(bed->fake, (pid_t)g_ascii_strtoll(thread, NULL, 10));
    fake_cgroup_put(bed->fake, quota, "-1");

    restart(bed);
    stack_bed_assert_file(bed, vcpu, "cpu.cfs_quota_us", "50000");
    stack_bed_assert_file(bed, whole, "cpu.cfs_quota_us", "-1");
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    virDomainFree(dom);
}

/* The label tells whose group it is, wherever it is. */
static void
test_finds_by_label(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = start_behind_our_back(bed, "corral-label", "");
    g_autoptr(CorralGroup) group = make_group(bed, "elsewhere/corral-label.qemu.libvirt");
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    g_autofree char *usual = stack_bed_group(bed, "machine");
    char uuid[VIR_UUID_STRING_BUFLEN];

    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
    g_assert_true(corral_group_set_label(group, "uuid", uuid, &error));
    g_assert_no_error(error);

    restart(bed);
    path = known_path(bed, dom);
    g_assert_cmpstr(path, ==, "elsewhere/corral-label.qemu.libvirt");
    g_assert_false(fake_cgroup_exists(bed->fake, usual));
    virDomainFree(dom);
}

static void
test_orphans(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) empty = make_group(bed, "production/corral-gone.qemu.libvirt");
    g_autoptr(CorralGroup) full = make_group(bed, "production/corral-full.qemu.libvirt");
    g_autoptr(CorralGroup) others = make_group(bed, "production/corral-other.lxc.libvirt");
    g_autoptr(CorralGroup) foreign = make_group(bed, "production/corral-gone");
    g_autofree char *procs = stack_bed_group(bed, "production/corral-full.qemu.libvirt/"
                                                  "cgroup.procs");
    const struct {
        const char *path;
        gboolean stays;
    } groups[] = {
        {"production/corral-gone.qemu.libvirt", FALSE},
        {"production/corral-full.qemu.libvirt", TRUE},
        {"production/corral-other.lxc.libvirt", TRUE},
        {"production/corral-gone", TRUE},
    };
    gsize i;

    fake_cgroup_put(bed->fake, procs, "4194304\n");
    restart(bed);
    drv_settle_round(bed->stack, bed->conn);
    for (i = 0; i < G_N_ELEMENTS(groups); i++) {
        g_autofree char *group = stack_bed_group(bed, groups[i].path);

        g_test_message("%s", groups[i].path);
        g_assert_cmpint(fake_cgroup_exists(bed->fake, group), ==, groups[i].stays);
    }
    stack_bed_assert_file(bed, "production/corral-full.qemu.libvirt", "cgroup.procs", "4194304");
}

/*
 * Of a libvirt in a container of ours, which runs the same guest as we do: neither is the
 * group ours when the guest runs, nor is it left over when it does not.
 */
static void
test_anothers(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const path = "box/machine/corral-twin.qemu.libvirt";
    virDomainPtr dom = start_behind_our_back(bed, "corral-twin", SHARES);
    g_autoptr(CorralGroup) group = make_group(bed, path);
    g_autofree char *dir = stack_bed_group(bed, path);
    g_autofree char *known = NULL;
    g_autofree char *owner = NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];
    guint i;

    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
    g_assert_true(corral_group_set_label(group, "uuid", uuid, NULL));
    g_assert_true(
        corral_group_set_label(group, "owner", "system /machine/corral-twin.qemu.libvirt", NULL));

    restart(bed);
    known = known_path(bed, dom);
    g_assert_cmpstr(known, ==, "machine/corral-twin.qemu.libvirt");
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    restart(bed);
    for (i = 0; i < 3; i++)
        drv_settle_round(bed->stack, bed->conn);
    g_assert_true(fake_cgroup_exists(bed->fake, dir));
    owner = corral_group_get_label(group, "owner", NULL);
    g_assert_cmpstr(owner, ==, "system /machine/corral-twin.qemu.libvirt");
    virDomainFree(dom);
}

/* As long as it is new its maker may not have come to the label yet. */
static void
test_unsigned(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const path = "box/machine/corral-new.qemu.libvirt";
    g_autoptr(CorralGroup) group = make_group(bed, path);
    g_autofree char *dir = stack_bed_group(bed, path);

    restart(bed);
    g_assert_true(fake_cgroup_exists(bed->fake, dir));
    g_assert_true(
        corral_group_set_label(group, "owner", "system /machine/corral-new.qemu.libvirt", NULL));
    drv_settle_round(bed->stack, bed->conn);
    drv_settle_round(bed->stack, bed->conn);
    g_assert_true(fake_cgroup_exists(bed->fake, dir));
}

/* A second look changes nothing. */
static void
test_once_more(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-again", SHARES);
    g_autofree char *before = fake_cgroup_list(bed->fake);
    g_autofree char *after = NULL;

    drv_settle_all(bed->stack, bed->conn);
    drv_settle_all(bed->stack, bed->conn);
    after = fake_cgroup_list(bed->fake);
    g_assert_cmpstr(after, ==, before);
    virDomainFree(dom);
}

/* Its group is still there, but what users read they may define. */
static void
test_ended_is_not_live(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-ended", SHARES);
    virTypedParameter shares = {.field = "cpu_shares", .type = VIR_TYPED_PARAM_ULLONG};
    g_autofree char *running = NULL;
    g_autofree char *ended = NULL;

    shares.value.ul = 77;
    g_assert_cmpint(virDomainSetSchedulerParametersFlags(dom, &shares, 1, VIR_DOMAIN_AFFECT_LIVE),
                    ==, 0);
    running = virDomainGetXMLDesc(dom, 0);
    g_assert_nonnull(strstr(running, "<shares>77</shares>"));

    stop_behind_our_back(dom);
    g_assert_cmpuint(stack_bed_count_guests(bed), >, 0);
    ended = virDomainGetXMLDesc(dom, 0);
    g_assert_nonnull(strstr(ended, "<shares>2048</shares>"));
    restart(bed);
    virDomainFree(dom);
}

/* A label that somebody has written. */
static void
test_strange_label(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-label", "");
    g_autoptr(CorralGroup) group = corral_group_open(bed->host, "machine/corral-label.qemu.libvirt",
                                                     DRV_GROUP_CONTROLLERS, NULL);
    g_autofree char *xml = NULL;

    g_assert_nonnull(group);
    g_assert_true(corral_group_set_label(group, "numatune", "gentle 0-3", NULL));
    xml = virDomainGetXMLDesc(dom, 0);
    g_assert_nonnull(xml);
    g_assert_null(strstr(xml, "numatune"));
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    virDomainFree(dom);
}

/* ---- events ---- */

static void
tick(int timer G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
}

static gboolean
has_shares(StackBed *bed, const char *path)
{
    g_autofree char *shares = stack_bed_read(bed, path, "cpu.shares");

    return g_strcmp0(shares, "2048") == 0;
}

static gboolean
is_gone(StackBed *bed, const char *path G_GNUC_UNUSED)
{
    return stack_bed_count_guests(bed) == 0;
}

/* Runs the daemon's main loop until it is so. */
static void
await(StackBed *bed, gboolean (*condition)(StackBed *bed, const char *path), const char *path)
{
    gint64 deadline = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;
    int timer = virEventAddTimeout(5, tick, NULL, NULL);

    while (!condition(bed, path)) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_assert_cmpint(virEventRunDefaultImpl(), ==, 0);
    }
    virEventRemoveTimeout(timer);
}

/* What the events alone do: nobody can look for himself. */
static DrvEvents *
follow_events(StackBed *bed)
{
    DrvEvents *events = drv_events_new(bed->stack, bed->conn);

    g_assert_nonnull(events);
    pretend_stock_refuse_lists(TRUE);
    return events;
}

static void
end_events(DrvEvents *events)
{
    pretend_stock_refuse_lists(FALSE);
    drv_events_free(events);
}

static void
test_shutdown(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    const char *path = "machine/corral-shutdown.qemu.libvirt";
    virDomainPtr dom = stack_bed_start(bed, "corral-shutdown", SHARES);
    DrvEvents *events = follow_events(bed);

    g_assert_true(has_shares(bed, path));
    g_assert_cmpint(virDomainShutdown(dom), ==, 0);
    await(bed, is_gone, NULL);
    g_assert_cmpint(virDomainIsActive(dom), ==, 0);

    /* And again: nothing is left in the way. */
    g_assert_cmpint(virDomainCreate(dom), ==, 0);
    g_assert_true(has_shares(bed, path));
    stop_behind_our_back(dom);
    await(bed, is_gone, NULL);
    end_events(events);
    virDomainFree(dom);
}

static void
test_started_elsewhere(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    DrvEvents *events = follow_events(bed);
    virDomainPtr dom = start_behind_our_back(bed, "corral-elsewhere", SHARES);

    await(bed, has_shares, "machine/corral-elsewhere.qemu.libvirt");
    stop_behind_our_back(dom);
    await(bed, is_gone, NULL);
    end_events(events);
    virDomainFree(dom);
}

static gboolean
is_free(StackBed *bed, const char *path)
{
    g_autofree char *group = stack_bed_group(bed, path);

    return !fake_cgroup_exists(bed->fake, group);
}

/* A call on one guest may take its time, the others are looked after meanwhile. */
static void
test_long_call(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr busy = stack_bed_start(bed, "corral-busy", SHARES);
    virDomainPtr other = stack_bed_start(bed, "corral-other", SHARES);
    DrvEvents *events = follow_events(bed);
    g_auto(DrvSubject) subject = {NULL};
    DrvClaim *claim;

    g_assert_true(drv_access_find_subject(bed->stack->next, busy, &subject));
    claim = drv_running_claim(bed->stack, &subject);
    stop_behind_our_back(busy);
    stop_behind_our_back(other);
    await(bed, is_free, "machine/corral-other.qemu.libvirt");
    g_assert_false(is_free(bed, "machine/corral-busy.qemu.libvirt"));

    drv_running_release(bed->stack, &subject, claim);
    g_assert_true(is_free(bed, "machine/corral-busy.qemu.libvirt"));
    end_events(events);
    virDomainFree(busy);
    virDomainFree(other);
}

/* A group that was left alone for the process in it goes some time after that has ended. */
static void
test_left_alone(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group = make_group(bed, "production/corral-full.qemu.libvirt");
    g_autofree char *procs = stack_bed_group(bed, "production/corral-full.qemu.libvirt/"
                                                  "cgroup.procs");
    DrvEvents *events;

    fake_cgroup_put(bed->fake, procs, "4194304\n");
    events = drv_events_new(bed->stack, bed->conn);
    g_assert_true(fake_cgroup_exists(bed->fake, procs));

    fake_cgroup_put(bed->fake, procs, "");
    await(bed, is_gone, NULL);
    drv_events_free(events);
}

/* Makes a little more noise each time it is asked. */
static gboolean
is_gone_amid_noise(StackBed *bed, const char *path)
{
    virDomainPtr dom = start_behind_our_back(bed, "corral-noise", "");

    stop_behind_our_back(dom);
    virDomainFree(dom);
    return !fake_cgroup_exists(bed->fake, path);
}

/* It goes even if there is an event at every moment. */
static void
test_rounds_amid_events(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group = make_group(bed, "production/corral-full.qemu.libvirt");
    g_autofree char *path = stack_bed_group(bed, "production/corral-full.qemu.libvirt");
    g_autofree char *procs = g_strconcat(path, "/cgroup.procs", NULL);
    DrvEvents *events;

    fake_cgroup_put(bed->fake, procs, "4194304\n");
    events = drv_events_new(bed->stack, bed->conn);
    g_assert_true(fake_cgroup_exists(bed->fake, procs));

    fake_cgroup_put(bed->fake, procs, "");
    await(bed, is_gone_amid_noise, path);
    drv_events_free(events);
}

/* ---- starts that somebody crosses ---- */

static gpointer
start_guest(gpointer data)
{
    virDomainPtr dom = data;

    return GINT_TO_POINTER(virDomainCreate(dom));
}

/* Whoever tidies up while a start is under way does not wait for it, and the starter does it. */
static void
test_settle_during_start(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_define(bed, "corral-crossed", SHARES);
    char uuid[VIR_UUID_STRING_BUFLEN];
    GThread *starter;

    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
    pretend_stock_hold_starts();
    starter = g_thread_new("starter", start_guest, dom);
    pretend_stock_await_start();

    drv_settle(bed->stack, bed->conn, uuid);
    stack_bed_assert_file(bed, "machine/corral-crossed.qemu.libvirt", "cpu.shares", "2048");

    pretend_stock_let_go();
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(starter)), ==, 0);
    stack_bed_assert_file(bed, "machine/corral-crossed.qemu.libvirt", "cpu.shares", "2048");
    virDomainFree(dom);
}

#define NESTED "<resource><partition>/production/eu/web</partition></resource>"

/* What stock looks for above a nested partition is there as long as it may look, and no longer. */
static void
test_parent_during_start(StackBed *bed, gconstpointer kind)
{
    virDomainPtr dom = stack_bed_define(bed, "corral-nested", NESTED);
    const char *top = g_str_equal(kind, "unified") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
    g_autofree char *first = g_build_filename(top, "production.partition", NULL);
    g_autofree char *parent = g_build_filename(first, "eu.partition", NULL);
    g_autoptr(CorralGroup) left = NULL;
    g_autoptr(GError) error = NULL;
    GThread *starter;

    pretend_stock_hold_starts();
    starter = g_thread_new("starter", start_guest, dom);
    pretend_stock_await_start();
    g_assert_true(fake_cgroup_exists(bed->fake, parent));
    pretend_stock_let_go();
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(starter)), ==, 0);
    g_assert_false(fake_cgroup_exists(bed->fake, first));

    /* One that a daemon left behind goes when the next one starts. */
    left = corral_group_make(bed->host, "production.partition/eu.partition/starting.x",
                             CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CORE), CORRAL_MAKE_ON_DEMAND,
                             &error);
    g_assert_no_error(error);
    restart(bed);
    g_assert_false(fake_cgroup_exists(bed->fake, first));
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    virDomainFree(dom);
}

/* The guest ends before its start returns: its group goes all the same. */
static void
test_ends_during_start(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_define(bed, "corral-crossed", SHARES);
    GThread *starter;

    pretend_stock_hold_starts();
    starter = g_thread_new("starter", start_guest, dom);
    pretend_stock_await_start();

    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpint(virDomainIsActive(dom), ==, 0);
    g_assert_cmpuint(stack_bed_count_guests(bed), >, 0);

    pretend_stock_let_go();
    g_thread_join(starter);
    g_assert_cmpuint(stack_bed_count_guests(bed), ==, 0);
    virDomainFree(dom);
}

#define NAMESAKE "<uuid>11111111-2222-4333-8444-555555555555</uuid>"

static gpointer
create_guest(gpointer data)
{
    StackBed *bed = data;
    g_autofree char *xml = stack_bed_format_guest("corral-name", NAMESAKE);
    virDomainPtr dom = virDomainCreateXML(bed->conn, xml, 0);

    if (!dom)
        stack_bed_assert_error(VIR_ERR_OPERATION_FAILED, "in use");
    return dom;
}

/* The name is that of a guest that is just being started: its group is not touched. */
static void
test_namesake_during_start(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    const char *path = "machine/corral-name.qemu.libvirt";
    virDomainPtr dom = stack_bed_define(bed, "corral-name", SHARES);
    g_autofree char *log = NULL;
    GThread *starter;
    GThread *namesake;

    pretend_stock_hold_starts();
    starter = g_thread_new("starter", start_guest, dom);
    pretend_stock_await_start();
    g_free(fake_cgroup_take_log(bed->fake));

    namesake = g_thread_new("namesake", create_guest, bed);
    pretend_stock_let_go();
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(starter)), ==, 0);
    g_assert_null(g_thread_join(namesake));
    log = fake_cgroup_take_log(bed->fake);
    g_assert_null(strstr(log, "rmdir /sys/fs/cgroup/cpu/machine/corral-name.qemu.libvirt"));
    stack_bed_assert_file(bed, path, "cpu.shares", "2048");
    virDomainFree(dom);
}

/* It is that of a guest whose end we have not heard of yet; when we do, it is too late. */
static void
test_namesake_after_end(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    const char *path = "machine/corral-name.qemu.libvirt";
    g_autofree char *first = stack_bed_format_guest("corral-name", "");
    g_autofree char *second = stack_bed_format_guest("corral-name", NAMESAKE SHARES);
    virDomainPtr dom = virDomainCreateXML(bed->conn, first, 0);
    char uuid[VIR_UUID_STRING_BUFLEN];

    g_assert_nonnull(dom);
    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
    stop_behind_our_back(dom);
    virDomainFree(dom);
    g_assert_cmpuint(stack_bed_count_guests(bed), >, 0);

    dom = virDomainCreateXML(bed->conn, second, 0);
    g_assert_nonnull(dom);
    drv_settle(bed->stack, bed->conn, uuid);
    stack_bed_assert_file(bed, path, "cpu.shares", "2048");
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpuint(stack_bed_count_guests(bed), ==, 0);
    virDomainFree(dom);
}

/* Redefined for another partition before its end was heard of: the old group goes all the same. */
static void
test_moved_after_end(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-moved", SHARES);
    g_autofree char *usual = stack_bed_group(bed, "machine/corral-moved.qemu.libvirt");
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autofree char *more = NULL;

    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
    stop_behind_our_back(dom);
    virDomainFree(dom);

    more = g_strdup_printf(
        "<uuid>%s</uuid>" SHARES "<resource><partition>/elsewhere</partition></resource>", uuid);
    dom = stack_bed_start(bed, "corral-moved", more);
    stack_bed_assert_file(bed, "elsewhere/corral-moved.qemu.libvirt", "cpu.shares", "2048");
    g_assert_false(fake_cgroup_exists(bed->fake, usual));
    virDomainFree(dom);
}

int
main(int argc, char **argv)
{
    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(virEventRegisterDefaultImpl(), ==, 0);

    stack_bed_add("/restart/adopts", "legacy", test_adopts);
    stack_bed_add("/restart/makes-missing", "legacy", test_makes_missing);
    stack_bed_add("/restart/gives-the-rest", "legacy", test_gives_the_rest);
    stack_bed_add("/restart/goes-on", "legacy", test_goes_on);
    stack_bed_add("/restart/limits-what-is-empty", "legacy", test_limits_what_is_empty);
    stack_bed_add("/restart/finds-by-label", "legacy", test_finds_by_label);
    stack_bed_add("/restart/orphans", "legacy", test_orphans);
    stack_bed_add("/restart/anothers", "legacy", test_anothers);
    stack_bed_add("/restart/unsigned", "legacy", test_unsigned);
    stack_bed_add("/restart/once-more", "legacy", test_once_more);
    stack_bed_add("/restart/ended-is-not-live", "legacy", test_ended_is_not_live);
    stack_bed_add("/restart/strange-label", "legacy", test_strange_label);
    stack_bed_add("/events/shutdown", "legacy", test_shutdown);
    stack_bed_add("/events/started-elsewhere", "legacy", test_started_elsewhere);
    stack_bed_add("/events/long-call", "legacy", test_long_call);
    stack_bed_add("/events/left-alone", "legacy", test_left_alone);
    stack_bed_add("/events/rounds-amid-events", "legacy", test_rounds_amid_events);
    stack_bed_add("/crossed/settle", "legacy", test_settle_during_start);
    stack_bed_add("/crossed/nested-partition", "unified", test_parent_during_start);
    stack_bed_add("/crossed/nested-partition", "hybrid", test_parent_during_start);
    stack_bed_add("/crossed/ends", "legacy", test_ends_during_start);
    stack_bed_add("/crossed/namesake", "legacy", test_namesake_during_start);
    stack_bed_add("/crossed/moved-after-end", "legacy", test_moved_after_end);
    stack_bed_add("/crossed/namesake-after-end", "legacy", test_namesake_after_end);

    return g_test_run();
}
