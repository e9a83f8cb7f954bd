/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests' groups in every layout: made, found again, left where they are, and never confused with
 * what is somebody else's. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "stack-bed.h"
#include "drv-layout.h"
#include "drv-numbered.h"
#include "drv-settle.h"
#include "guest-path.h"

#define CPU_BIT CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU)

/* In which group we are, in the hierarchy of the cpu controller. */
static void
settle_down(StackBed *bed, const char *group)
{
    static const char *const processes[] = {"cgroup.procs", "tasks"};
    g_autofree char *file = g_strdup_printf("/proc/%d/cgroup", (int)getpid());
    g_autofree char *text = g_strdup_printf("4:memory:/\n3:cpu:/%s\n0::/%s\n", group, group);
    g_autofree char *dir = stack_bed_group(bed, group);
    g_autofree char *pid = g_strdup_printf("%d", (int)getpid());
    g_autofree char *proc = g_strdup_printf("/proc/%d", (int)getpid());
    g_autofree char *real = g_build_filename(fake_cgroup_get_root(bed->fake), proc, NULL);
    g_autoptr(CorralGroup) own =
        corral_group_make(bed->host, group, CPU_BIT, CORRAL_MAKE_NONE, NULL);
    gsize i;

    g_assert_nonnull(own);
    g_assert_cmpint(g_mkdir_with_parents(real, 0755), ==, 0);
    fake_cgroup_put(bed->fake, file, text);
    for (i = 0; i < G_N_ELEMENTS(processes); i++) {
        g_autofree char *members = g_build_filename(dir, processes[i], NULL);

        if (fake_cgroup_exists(bed->fake, members))
            fake_cgroup_put(bed->fake, members, pid);
    }
}

static void
choose(StackBed *bed, GuestLayout layout)
{
    g_autoptr(GError) error = NULL;
    gboolean chosen = drv_layout_set(bed->host, layout, &error);

    g_assert_no_error(error);
    g_assert_true(chosen);
    g_assert_cmpint(drv_layout_get(), ==, layout);
}

/* The next test begins as a daemon does. */
static void
go_back(StackBed *bed)
{
    choose(bed, GUEST_LAYOUT_FLAT);
}

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

static gboolean
is_there(StackBed *bed, const char *path)
{
    g_autofree char *group = stack_bed_group(bed, path);

    return fake_cgroup_exists(bed->fake, group);
}

static const struct {
    GuestLayout layout;
    const char *path;
    const char *in_partition;
} places[] = {
    {GUEST_LAYOUT_FLAT, "machine/web.qemu.libvirt", "prod/web.qemu.libvirt"},
    {GUEST_LAYOUT_NESTED, "svc/libvirt/qemu/web", "prod/web"},
    {GUEST_LAYOUT_SERVICE, "svc/qemu/web", "prod/web"},
    {GUEST_LAYOUT_SINGLE, "svc/qemu-web", "prod/qemu-web"},
    {GUEST_LAYOUT_ROOT, "libvirt/qemu/web", "prod/web"},
    {GUEST_LAYOUT_UUID, "svc/libvirt/qemu/d4cffe98-dca3-4b82-a78a-947fadebfce8",
     "prod/d4cffe98-dca3-4b82-a78a-947fadebfce8"},
};

#define UUID "<uuid>d4cffe98-dca3-4b82-a78a-947fadebfce8</uuid>"
#define IN_PROD "<resource><partition>/prod</partition></resource>"

/* Started, found again in another layout, stopped: nothing is left. */
static void
live_through(StackBed *bed, const char *more, GuestLayout layout, GuestLayout later,
             const char *path)
{
    virDomainPtr dom;
    g_autofree char *before = NULL;
    g_autofree char *running = NULL;
    g_autofree char *again = NULL;
    g_autofree char *after = NULL;
    g_autofree char *known = NULL;

    choose(bed, layout);
    before = fake_cgroup_list(bed->fake);
    dom = stack_bed_start(bed, "web", more);
    stack_bed_assert_file(bed, path, "cpu.shares", "1024");
    running = fake_cgroup_list(bed->fake);

    choose(bed, later);
    restart(bed);
    known = known_path(bed, dom);
    g_assert_cmpstr(known, ==, path);
    again = fake_cgroup_list(bed->fake);
    g_assert_cmpstr(again, ==, running);

    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    after = fake_cgroup_list(bed->fake);
    g_assert_cmpstr(after, ==, before);
    g_assert_cmpint(virDomainUndefine(dom), ==, 0);
    virDomainFree(dom);
}

static void
test_lives(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    gsize i;

    settle_down(bed, "svc");
    choose(bed, GUEST_LAYOUT_ROOT); /* which makes what is there in any case */
    pretend_stock_give_processes(bed->fake);
    for (i = 0; i < G_N_ELEMENTS(places); i++) {
        const GuestLayout later = places[(i + 1) % G_N_ELEMENTS(places)].layout;

        g_test_message("%s", guest_layout_format(places[i].layout));
        live_through(bed, UUID, places[i].layout, later, places[i].path);
        live_through(bed, UUID IN_PROD, places[i].layout, later, places[i].in_partition);
    }
    go_back(bed);
}

/* ---- what is not ours ---- */

static void
refuse_start(StackBed *bed, virDomainPtr dom, const char *part)
{
    g_autofree char *before = fake_cgroup_list(bed->fake);
    g_autofree char *after = NULL;

    virResetLastError();
    g_assert_cmpint(virDomainCreate(dom), ==, -1);
    g_test_message("%s", virGetLastErrorMessage());
    g_assert_nonnull(strstr(virGetLastErrorMessage(), part));
    after = fake_cgroup_list(bed->fake);
    g_assert_cmpstr(after, ==, before);
}

/* A group of that name that somebody has made is not taken and not removed. */
static void
test_foreign(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom;
    g_autoptr(CorralGroup) foreign = NULL;

    choose(bed, GUEST_LAYOUT_ROOT);
    foreign = corral_group_make(bed->host, "libvirt/qemu/web", CPU_BIT, CORRAL_MAKE_NEW, NULL);
    dom = stack_bed_define(bed, "web", "");
    refuse_start(bed, dom, "group 'libvirt/qemu/web' is there already, and is no guest's");

    restart(bed);
    drv_settle_round(bed->stack, bed->conn);
    g_assert_true(is_there(bed, "libvirt/qemu/web"));

    /* Another libvirt's guest. */
    g_assert_true(corral_group_set_label(foreign, "owner", "system /qemu/web", NULL));
    g_assert_true(corral_group_set_label(foreign, "driver", "qemu", NULL));
    refuse_start(bed, dom, "is no guest's of this libvirt");
    restart(bed);
    g_assert_true(is_there(bed, "libvirt/qemu/web"));
    virDomainFree(dom);
    go_back(bed);
}

/* A daemon that was killed before the group had its label. */
static void
test_half(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom;
    g_autoptr(CorralGroup) half = NULL;
    g_autoptr(CorralGroup) other = NULL;
    g_autofree char *known = NULL;

    choose(bed, GUEST_LAYOUT_ROOT);
    half = corral_group_make(bed->host, "libvirt/qemu/web", CPU_BIT,
                             CORRAL_MAKE_NEW | CORRAL_MAKE_ON_DEMAND, NULL);
    other = corral_group_make(bed->host, "libvirt/qemu/db", CPU_BIT,
                              CORRAL_MAKE_NEW | CORRAL_MAKE_ON_DEMAND, NULL);
    g_assert_nonnull(half);
    g_assert_nonnull(other);
    dom = stack_bed_start(bed, "web", "");
    known = known_path(bed, dom);
    g_assert_cmpstr(known, ==, "libvirt/qemu/web");

    restart(bed);
    g_assert_false(is_there(bed, "libvirt/qemu/db"));
    g_assert_true(is_there(bed, "libvirt/qemu/web"));
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    virDomainFree(dom);
    go_back(bed);
}

/* What its guest has left behind is replaced, and goes with the next daemon where nobody starts. */
static void
test_leftover(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const paths[] = {"libvirt/qemu/web", "libvirt/qemu/gone"};
    virDomainPtr dom;
    gsize i;

    choose(bed, GUEST_LAYOUT_ROOT);
    for (i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(CorralGroup) left =
            corral_group_make(bed->host, paths[i], CPU_BIT, CORRAL_MAKE_NEW, NULL);
        g_autofree char *owner = guest_path_format_owner(paths[i]);

        g_assert_true(corral_group_set_cpu_shares(left, 77, NULL));
        g_assert_true(corral_group_set_label(left, "owner", owner, NULL));
        g_assert_true(corral_group_set_label(left, "driver", "qemu", NULL));
    }
    dom = stack_bed_start(bed, "web", "");
    stack_bed_assert_file(bed, "libvirt/qemu/web", "cpu.shares", "1024");
    restart(bed);
    g_assert_true(is_there(bed, "libvirt/qemu/web"));
    g_assert_false(is_there(bed, "libvirt/qemu/gone"));
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    virDomainFree(dom);
    go_back(bed);
}

/* No partition below a guest, and no guest where a partition is. */
static void
test_below_a_guest(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    static const char *const inside = "<resource><partition>/prod/web</partition></resource>";
    virDomainPtr web;
    virDomainPtr db;

    choose(bed, GUEST_LAYOUT_ROOT);
    web = stack_bed_start(bed, "web", IN_PROD);
    db = stack_bed_define(bed, "db", inside);
    refuse_start(bed, db, "would be below 'prod/web', which is the group of a guest");

    g_assert_cmpint(virDomainDestroy(web), ==, 0);
    g_assert_cmpint(virDomainCreate(db), ==, 0);
    refuse_start(bed, web, "group 'prod/web' is there already");
    g_assert_cmpint(virDomainDestroy(db), ==, 0);
    g_assert_false(is_there(bed, "prod"));
    virDomainFree(web);
    virDomainFree(db);
    go_back(bed);
}

/* ---- which layouts can be had ---- */

static void
refuse_layout(StackBed *bed, GuestLayout layout, const char *part)
{
    const GuestLayout before = drv_layout_get();
    g_autoptr(GError) error = NULL;

    g_assert_false(drv_layout_set(bed->host, layout, &error));
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, part));
    g_assert_cmpint(drv_layout_get(), ==, before);
}

static void
test_no_labels(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    guint layout;

    settle_down(bed, "svc");
    for (layout = 0; layout < GUEST_N_LAYOUTS; layout++) {
        if (guest_layout_has_names(layout)) {
            choose(bed, layout);
            continue;
        }
        fake_cgroup_fail(bed->fake, FAKE_LABEL, 0, EPERM);
        refuse_layout(bed, layout, "it takes labels to know its groups again");
    }
    go_back(bed);
}

static void
test_systemd(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    /* By that one tells that it runs the machine: sd_booted(3). */
    g_autofree char *sign =
        g_build_filename(fake_cgroup_get_root(bed->fake), "run/systemd/system", NULL);
    guint layout;

    g_assert_cmpint(g_mkdir_with_parents(sign, 0755), ==, 0);
    for (layout = GUEST_LAYOUT_NESTED; layout < GUEST_LAYOUT_STOCK; layout++)
        refuse_layout(bed, layout, "systemd manages the cgroups of this host");
    g_assert_true(drv_layout_set(bed->host, GUEST_LAYOUT_STOCK, NULL));
    g_assert_cmpint(drv_layout_get(), ==, GUEST_LAYOUT_FLAT);
}

static void
put_namespaces(StackBed *bed, const char *process)
{
    static const char *const names[] = {"cgroup", "pid"};
    g_autofree char *dir =
        g_build_filename(fake_cgroup_get_root(bed->fake), "proc", process, "ns", NULL);
    gsize i;

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *link = g_build_filename(dir, names[i], NULL);

        g_assert_cmpint(symlink("[1]", link), ==, 0);
    }
}

/* Who hands controllers down has nobody in it; and what libvirtd was moved to is not its own. */
static void
test_makes_room(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autofree char *pid = g_strdup_printf("%d", (int)getpid());
    virDomainPtr dom;
    guint i;

    settle_down(bed, "svc");
    put_namespaces(bed, "self");
    put_namespaces(bed, pid);
    for (i = 0; i < 2; i++) {
        g_autofree char *known = NULL;

        choose(bed, GUEST_LAYOUT_NESTED);
        stack_bed_assert_file(bed, "svc", "cgroup.procs", "");
        stack_bed_assert_file(bed, "svc/_libvirtd", "cgroup.procs", pid);
        dom = stack_bed_start(bed, "web", "");
        known = known_path(bed, dom);
        g_assert_cmpstr(known, ==, "svc/libvirt/qemu/web");
        g_assert_cmpint(virDomainDestroy(dom), ==, 0);
        g_assert_cmpint(virDomainUndefine(dom), ==, 0);
        g_assert_false(is_there(bed, "svc/libvirt"));
        g_assert_true(is_there(bed, "svc/_libvirtd"));
        virDomainFree(dom);
    }
    go_back(bed);
}

/* ---- libvirt's own layout ---- */

static void
test_machine_names(void)
{
    static const char *const names[] = {
        "web",
        "a.b-c",
        "..",
        "-a",
        "a-",
        "a--b",
        "_",
        "näme",
        "x y",
        "-.-",
        "a.-b",
        "0",
        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.-zzzzzzzzzzzzzzzzz",
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        const GuestSite site = {GUEST_LAYOUT_STOCK, "", 12};
        g_autoptr(Guest) guest = guest_new("qemu", names[i], NULL, NULL);
        g_autofree char *path = guest_path_build(guest, &site, NULL);
        g_autofree char *machine =
            virDomainDriverGenerateMachineName("qemu", NULL, 12, names[i], true);
        g_autofree char *stocks = g_strdup_printf("machine/%s.libvirt-qemu", machine);

        g_assert_cmpstr(path, ==, stocks);
    }
}

static void
test_parse_run(void)
{
    static const struct {
        const char *status;
        int run;
    } statuses[] = {
        {"<!--\n-->\n<domstatus state='paused' reason='starting up' pid='77'>\n"
         "  <monitor path='x'/>\n  <domain type='qemu' id='5'>\n",
         5},
        {"<domstatus state='paused' pid='77'>\n  <domain type='kvm' id='12' xmlns:qemu='x'>\n", 12},
        /* another process's, or nobody's yet */
        {"<domstatus state='paused' pid='770'>\n  <domain type='qemu' id='5'>\n", 0},
        {"<domstatus state='paused' pid='7'>\n  <domain type='qemu' id='5'>\n", 0},
        {"<domstatus state='paused'>\n  <domain type='qemu' id='5'>\n", 0},
        /* half of it */
        {"<domstatus state='paused' pid='77'>\n  <domain type='qemu' id='5", 0},
        {"<domstatus state='paused' pid='77'>\n  <domain type='qemu'>\n  <x id='5'/>\n", 0},
        {"<domstatus state='paused' pid='77'", 0},
        {"", 0},
        /* what a user has written comes later */
        {"<domstatus state='paused' pid='1'>\n  <domain type='qemu' id='5'>\n"
         "<domstatus state='paused' pid='77'>\n  <domain type='qemu' id='6'>\n",
         0},
        {"<domstatus state='paused' pid='77'>\n  <domain type='qemu' id='-3'>\n", 0},
        {"<domstatus state='paused' pid='77'>\n  <domain type='qemu' id='99999999999999'>\n",
         G_MAXINT},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_test_message("%s", statuses[i].status);
        g_assert_cmpint(drv_numbered_parse_run(statuses[i].status, 77), ==, statuses[i].run);
    }
}

int
main(int argc, char **argv)
{
    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(virEventRegisterDefaultImpl(), ==, 0);

    stack_bed_add("/layout/lives", "legacy", test_lives);
    stack_bed_add("/layout/foreign", "legacy", test_foreign);
    stack_bed_add("/layout/half", "legacy", test_half);
    stack_bed_add("/layout/leftover", "legacy", test_leftover);
    stack_bed_add("/layout/below-a-guest", "legacy", test_below_a_guest);
    stack_bed_add("/layout/no-labels", "legacy", test_no_labels);
    stack_bed_add("/layout/makes-room", "unified", test_makes_room);
    stack_bed_add("/layout/systemd", "unified", test_systemd);
    g_test_add_func("/layout/machine-names", test_machine_names);
    g_test_add_func("/layout/parse-run", test_parse_run);

    return g_test_run();
}
