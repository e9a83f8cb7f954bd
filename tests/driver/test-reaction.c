/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done for a guest that wants memory, with corral stacked in this process. */
#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drv-sentry.h"
#include "drv-stick.h"
#include "guest-xml.h"
#include "stack-bed.h"

#define NAME "corral-want"
#define PATH "machine/" NAME ".qemu.libvirt"
#define PATIENCE_MS 30000
#define PLENTY_US (60 * G_TIME_SPAN_SECOND)

/* A running guest with a limit, and what it takes to do something for it. */
typedef struct {
    StackBed *bed;
    virDomainPtr dom;
    Guest *guest;
    GuestReactions wish;
    char *dir;     /* of the hook */
    char *program; /* the hook */
    char *pipe;    /* what it says comes out here... */
    int said;      /* ...of which this is both ends */
    DrvSentryMeans means;
    guint woken;
} Want;

static char *
memory_file(StackBed *bed, const char *unified, const char *legacy)
{
    if (fake_cgroup_exists(bed->fake, "/sys/fs/cgroup/memory"))
        return g_build_filename("/sys/fs/cgroup/memory", PATH, legacy, NULL);
    return g_build_filename("/sys/fs/cgroup", PATH, unified, NULL);
}

/* The guest has met its limit @stops times by now, and the kernel killed @kills processes. */
static void
happen(Want *self, guint stops, guint kills)
{
    g_autofree char *events = memory_file(self->bed, "memory.events", "memory.failcnt");
    g_autofree char *control = memory_file(self->bed, "memory.events", "memory.oom_control");
    const gboolean unified = g_str_equal(events, control);
    g_autofree char *text =
        unified
            ? g_strdup_printf("low 0\nhigh 0\nmax %u\noom %u\noom_kill %u\n", stops, stops, kills)
            : g_strdup_printf("%u\n", stops);
    g_autofree char *killed =
        g_strdup_printf("oom_kill_disable 0\nunder_oom 0\noom_kill %u\n", kills);

    fake_cgroup_put(self->bed->fake, events, text);
    if (!unified)
        fake_cgroup_put(self->bed->fake, control, killed);
}

static void
assert_limit(Want *self, guint mib)
{
    g_autofree char *path = memory_file(self->bed, "memory.max", "memory.limit_in_bytes");
    g_autofree char *found = fake_cgroup_read(self->bed->fake, path);
    g_autofree char *wanted = g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)mib << 20);

    g_assert_cmpstr(found, ==, wanted);
}

static void
assert_state(Want *self, int wanted)
{
    int state;

    g_assert_cmpint(virDomainGetState(self->dom, &state, NULL, 0), ==, 0);
    g_assert_cmpint(state, ==, wanted);
}

/* ---- the hook ---- */

static void
make_hook(Want *self)
{
    g_autofree char *text = NULL;

    self->dir = g_dir_make_tmp("corral-want-XXXXXX", NULL);
    self->program = g_build_filename(self->dir, "hook", NULL);
    self->pipe = g_build_filename(self->dir, "said", NULL);
    text =
        g_strdup_printf("#!/bin/sh\necho \"$*\" $(grep -o '<name>.*</name>') > '%s'\n", self->pipe);
    g_assert_true(g_file_set_contents(self->program, text, -1, NULL));
    g_assert_cmpint(g_chmod(self->program, 0755), ==, 0);
    g_assert_cmpint(mkfifo(self->pipe, 0600), ==, 0);
    self->said = open(self->pipe, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(self->said, >=, 0);
    self->means.remedy.hook = drv_hook_new(self->program, PLENTY_US);
}

static void
remove_hook(Want *self)
{
    drv_hook_free(self->means.remedy.hook);
    close(self->said);
    g_assert_cmpint(g_unlink(self->program), ==, 0);
    g_assert_cmpint(g_unlink(self->pipe), ==, 0);
    g_assert_cmpint(g_rmdir(self->dir), ==, 0);
    g_free(self->program);
    g_free(self->pipe);
    g_free(self->dir);
}

static void
assert_hook(Want *self, const char *operation, const char *sub_operation)
{
    g_autofree char *wanted =
        g_strdup_printf(NAME " %s %s " PATH " <name>" NAME "</name>\n", operation, sub_operation);
    struct pollfd event = {.fd = self->said, .events = POLLIN};
    char text[256] = "";

    g_assert_cmpint(poll(&event, 1, PATIENCE_MS), ==, 1);
    g_assert_cmpint(read(self->said, text, sizeof(text) - 1), >, 0);
    g_assert_cmpstr(text, ==, wanted);
}

/* ---- the guest ---- */

static void
wake(DrvSentry *sentry, gpointer opaque)
{
    Want *self = opaque;

    self->woken++;
    drv_sentry_work(sentry);
    drv_sentry_rest(sentry);
}

static void
begin(Want *self, StackBed *bed, GuestAction action, const char *limits)
{
    const GuestReaction said = {
        .given = TRUE,
        .action = action,
        .step_kib = 64 << 10,
        .most_kib = 256 << 10,
        .some_ms = GUEST_REACTION_SOME_MS,
        .window_ms = GUEST_REACTION_WINDOW_MS,
    };
    g_autofree char *more = g_strdup_printf("<memtune>%s</memtune>", limits);
    g_autofree char *xml = NULL;

    *self = (Want){.bed = bed, .wish = {.on_oom = said, .on_pressure = said}};
    self->dom = stack_bed_start(bed, NAME, more);
    xml = virDomainGetXMLDesc(self->dom, 0);
    self->guest = guest_xml_parse("qemu", xml, NULL);
    g_assert_nonnull(self->guest);
    self->means = (DrvSentryMeans){
        .remedy = {.stack = bed->stack, .conn = bed->conn},
        .host = bed->host,
        .context = g_main_context_new(),
        .wake = wake,
        .opaque = self,
    };
    make_hook(self);
}

static void
end(Want *self)
{
    g_main_context_unref(self->means.context);
    remove_hook(self);
    guest_unref(self->guest);
    virDomainFree(self->dom);
}

static DrvRemedy *
make_remedy(Want *self)
{
    return drv_remedy_new(&self->means.remedy, self->guest, PATH, &self->wish);
}

static void
apply_late(DrvRemedy *remedy, PolicyEvent event, gint64 late_us)
{
    PolicyIncident seen = {.window_us = G_TIME_SPAN_SECOND};

    seen.seen_us[event] = g_get_monotonic_time() + late_us;
    drv_remedy_apply(remedy, &seen);
}

static void
apply(DrvRemedy *remedy, PolicyEvent event)
{
    apply_late(remedy, event, 0);
}

#define LIMIT "<hard_limit unit='MiB'>128</hard_limit>"
#define TOTAL "<swap_hard_limit unit='MiB'>160</swap_hard_limit>"

static void
test_raise(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(DrvRemedy) remedy = NULL;
    Want want;

    begin(&want, bed, GUEST_ACTION_RAISE, LIMIT);
    remedy = make_remedy(&want);
    happen(&want, 1, 1);
    apply(remedy, POLICY_EVENT_OOM_KILL);
    assert_limit(&want, 192);
    assert_hook(&want, "oom-kill", "raised");

    /* Nobody has met it again: it was another's. */
    apply(remedy, POLICY_EVENT_OOM_KILL);
    assert_limit(&want, 192);
    assert_hook(&want, "oom-kill", "logged");

    happen(&want, 2, 1);
    apply(remedy, POLICY_EVENT_OOM);
    assert_limit(&want, 256);
    assert_hook(&want, "oom", "raised");
    happen(&want, 3, 1);
    apply(remedy, POLICY_EVENT_PRESSURE);
    assert_limit(&want, 256);
    assert_hook(&want, "pressure", "logged");
    end(&want);
}

/* What was for swap still is, and whether that was met nobody tells. */
static void
test_raise_both(StackBed *bed, gconstpointer kind)
{
    g_autofree char *path = NULL;
    g_autofree char *swap = NULL;
    g_autoptr(DrvRemedy) remedy = NULL;
    Want want;

    begin(&want, bed, GUEST_ACTION_RAISE, LIMIT TOTAL);
    remedy = make_remedy(&want);
    apply(remedy, POLICY_EVENT_OOM);
    assert_limit(&want, 192);
    path = memory_file(bed, "memory.swap.max", "memory.memsw.limit_in_bytes");
    swap = fake_cgroup_read(bed->fake, path);
    g_assert_cmpstr(swap, ==, g_str_equal(kind, "unified") ? "33554432" : "234881024");
    end(&want);
}

static void
test_no_limit(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(DrvRemedy) remedy = NULL;
    Want want;

    begin(&want, bed, GUEST_ACTION_RAISE, "");
    remedy = make_remedy(&want);
    happen(&want, 1, 1);
    apply(remedy, POLICY_EVENT_OOM);
    assert_hook(&want, "oom", "logged");
    end(&want);
}

/* A guest that is being taken memory is not given any: the limit in force is its balloon's. */
static void
test_governed(StackBed *bed, gconstpointer kind)
{
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(DrvRemedy) remedy = NULL;
    DrvStick stick;
    Want want;

    begin(&want, bed, GUEST_ACTION_RAISE, LIMIT);
    group = drv_stick_open(bed->host, PATH, NULL);
    g_assert_true(drv_stick_read(group, &stick, NULL));
    g_assert_true(drv_stick_set(group, &stick, 64 << 20, NULL));
    remedy = make_remedy(&want);
    happen(&want, 1, 1);
    apply(remedy, POLICY_EVENT_OOM);
    assert_hook(&want, "oom", "logged");
    assert_limit(&want, g_str_equal(kind, "legacy") ? 64 : 128);

    /* It has all it was promised again. */
    g_assert_true(drv_stick_set(group, &stick, CORRAL_MEMORY_UNLIMITED, NULL));
    happen(&want, 2, 1);
    apply(remedy, POLICY_EVENT_OOM);
    assert_limit(&want, 192);
    end(&want);
}

/* By libvirt, which is asked again only after a while if it does not want to. */
static void
test_pause(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(DrvRemedy) remedy = NULL;
    Want want;

    begin(&want, bed, GUEST_ACTION_PAUSE, LIMIT);
    remedy = make_remedy(&want);
    apply(remedy, POLICY_EVENT_OOM);
    assert_state(&want, VIR_DOMAIN_PAUSED);
    assert_limit(&want, 128);
    assert_hook(&want, "oom", "paused");

    /* It is not paused again for what it was paused for. */
    g_assert_cmpint(virDomainResume(want.dom), ==, 0);
    apply_late(remedy, POLICY_EVENT_OOM, -PLENTY_US);
    apply_late(remedy, POLICY_EVENT_PRESSURE, -PLENTY_US);
    assert_state(&want, VIR_DOMAIN_RUNNING);
    apply_late(remedy, POLICY_EVENT_OOM_KILL, -PLENTY_US);
    assert_state(&want, VIR_DOMAIN_RUNNING);
    assert_hook(&want, "oom-kill", "logged");
    apply_late(remedy, POLICY_EVENT_PRESSURE, PLENTY_US);
    assert_state(&want, VIR_DOMAIN_PAUSED);
    assert_hook(&want, "pressure", "paused");

    /* libvirt's test driver refuses what is so already. */
    apply_late(remedy, POLICY_EVENT_OOM, PLENTY_US);
    assert_hook(&want, "oom", "logged");
    g_assert_cmpint(virDomainResume(want.dom), ==, 0);
    apply_late(remedy, POLICY_EVENT_OOM, PLENTY_US);
    assert_state(&want, VIR_DOMAIN_RUNNING);
    end(&want);
}

/* Its group is gone, and so is what could be looked at or done. */
static void
test_end(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    const DrvRemedyView last = {.kills = 1, .limit = 64 << 20, .total = CORRAL_MEMORY_UNLIMITED};
    g_autoptr(DrvRemedy) remedy = NULL;
    Want want;

    begin(&want, bed, GUEST_ACTION_PAUSE, LIMIT);
    remedy = make_remedy(&want);
    g_assert_cmpint(virDomainDestroy(want.dom), ==, 0);
    g_assert_cmpint(virDomainUndefine(want.dom), ==, 0);
    drv_remedy_note_end(remedy, &last);
    apply(remedy, POLICY_EVENT_END);
    assert_hook(&want, "oom-kill", "ended");
    end(&want);
}

/* ---- who watches ---- */

static void
wait_for_wake(Want *self, guint times)
{
    const gint64 until_us = g_get_monotonic_time() + PATIENCE_MS * G_TIME_SPAN_MILLISECOND;

    while (self->woken < times) {
        g_assert_cmpint(g_get_monotonic_time(), <, until_us);
        g_main_context_iteration(self->means.context, TRUE);
    }
}

static void
test_watch(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    g_autoptr(DrvSentry) sentry = NULL;
    GuestReactions other;
    Want want;

    begin(&want, bed, GUEST_ACTION_RAISE, LIMIT);
    want.wish.on_pressure.action = GUEST_ACTION_IGNORE;
    sentry = drv_sentry_new(&want.means, want.guest, PATH, &want.wish);
    g_assert_nonnull(sentry);

    /* Want and kill are one thing to be done. */
    happen(&want, 1, 1);
    wait_for_wake(&want, 1);
    assert_limit(&want, 192);
    assert_hook(&want, "oom-kill", "raised");
    g_assert_cmpuint(want.woken, ==, 1);

    other = want.wish;
    g_assert_true(drv_sentry_does(sentry, PATH, &want.wish));
    g_assert_false(drv_sentry_does(sentry, "machine/other.qemu.libvirt", &want.wish));
    other.on_oom.step_kib++;
    g_assert_false(drv_sentry_does(sentry, PATH, &other));
    drv_sentry_dismiss(sentry);
    end(&want);
}

/* However soon the group goes, and however late its watch is told. */
static void
test_watch_end(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    const DrvRemedyView peaceful = {.limit = 64 << 20, .total = CORRAL_MEMORY_UNLIMITED};
    const DrvRemedyView killed = {.kills = 1, .limit = 64 << 20, .total = CORRAL_MEMORY_UNLIMITED};
    DrvSentry *sentry;
    Want want;

    begin(&want, bed, GUEST_ACTION_LOG, LIMIT);
    want.wish.on_pressure.action = GUEST_ACTION_IGNORE;

    sentry = drv_sentry_new(&want.means, want.guest, PATH, &want.wish);
    drv_sentry_end(sentry, &peaceful);
    drv_sentry_unref(sentry);
    g_assert_false(g_main_context_pending(want.means.context));

    /* Whoever had it has let go of it: it is there until that is done. */
    sentry = drv_sentry_new(&want.means, want.guest, PATH, &want.wish);
    g_assert_cmpint(virDomainDestroy(want.dom), ==, 0);
    drv_sentry_end(sentry, &killed);
    drv_sentry_unref(sentry);
    wait_for_wake(&want, 1);
    assert_hook(&want, "oom-kill", "ended");
    end(&want);
}

static void
test_nothing_to_watch(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    Want want;

    begin(&want, bed, GUEST_ACTION_LOG, LIMIT);
    g_assert_null(
        drv_sentry_new(&want.means, want.guest, "machine/absent.qemu.libvirt", &want.wish));
    end(&want);
}

int
main(int argc, char **argv)
{
    static const char *const kinds[] = {"unified", "legacy"};
    gsize i;

    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        stack_bed_add("/reaction/raise", kinds[i], test_raise);
        stack_bed_add("/reaction/raise-both", kinds[i], test_raise_both);
        stack_bed_add("/reaction/no-limit", kinds[i], test_no_limit);
        stack_bed_add("/reaction/governed", kinds[i], test_governed);
        stack_bed_add("/reaction/pause", kinds[i], test_pause);
        stack_bed_add("/reaction/end", kinds[i], test_end);
        stack_bed_add("/reaction/nothing-to-watch", kinds[i], test_nothing_to_watch);
    }
    /* The legacy interface tells by descriptors, which a made-up one has none of. */
    stack_bed_add("/reaction/watch", "unified", test_watch);
    stack_bed_add("/reaction/watch-end", "unified", test_watch_end);
    return g_test_run();
}
