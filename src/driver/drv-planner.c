/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The planner's thread.
 *
 * Partitions right below the root share the host, whichever driver's guests they have, and there
 * may be a daemon for each driver.  So one daemon of the host plans: the one that has got the
 * lock.
 *
 * Nothing is kept here that could not be found again: what partitions have is what the kernel
 * says, and what policy-plan remembers are moments.
 *
 * Whoever starts a guest waits for the planner to have seen its partition: it must have its limit
 * before there is anybody in it.
 *
 * To take memory from somebody takes seconds, and the mutex is not held then.  There is one look at
 * a time nevertheless: it decides by what the kernel has, which is on its way to something else as
 * long as another one's cut lasts.  So whoever would look, or change what is looked at, waits
 * for his turn; whoever starts a guest where all is settled does not.
 */
#include <config.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "drv-error.h"
#include "drv-partition.h"
#include "drv-planner.h"
#include "drv-policy.h"
#include "drv-share.h"
#include "drv-tops.h"
#include "drv-yield.h"
#include "policy-partition.h"
#include "policy-reserve.h"

VIR_LOG_INIT("corral.planner");

#define LOCK LIBVIRT_RUNSTATEDIR "/libvirt/corral/planner.lock"

#define KIB ((guint64)1024)

/* How long others may start guests, or CPUs come and go, before it is seen. */
#define SURVEY_US (5 * G_TIME_SPAN_SECOND)
/* How long one that was let in counts with all of its memory, whatever it uses. */
#define ARRIVAL_US (30 * G_TIME_SPAN_SECOND)
/* The same failure is not told again sooner. */
#define SILENCE_US (60 * G_TIME_SPAN_SECOND)

/* A guest that was let in. */
typedef struct {
    guint64 memory;
    guint64 used; /* by all of them, then */
    gint64 until_us;
} Arrival;

typedef struct {
    GMutex mutex; /* of all that follows */
    GCond changed;
    GCond rested;     /* nobody looks any more */
    gboolean looking; /* the tops and the guests' questions stay as they are, but for the looker */
    guint users;
    gboolean ending;
    gboolean stale; /* the policy is not yet what the partitions have */
    gboolean anew;  /* the first look since that is to come */
    gboolean told;  /* that more is guaranteed than there is */
    gboolean owes;  /* guests may have less than their users want, and nobody needs it */
    GThread *thread;
    DrvTops *tops;
    DrvYield *yield; /* NULL: this daemon has no QEMU guests */
    PolicyPlan plan;
    GArray *arrivals; /* the oldest first */
    gint64 survey_us; /* the next one */
    int lock;         /* -1: another daemon plans */
    gint met;         /* atomic: there may be a guest that the plan has not seen */
} DrvPlanner;

static DrvPlanner planner = {.lock = -1};

/* ---- the plan ---- */

static gboolean
is_wanted(DrvPlanner *self, const PolicyChange *change)
{
    switch (change->kind) {
    case POLICY_CHANGE_SHARES:
    case POLICY_CHANGE_IDLE:
        return self->tops->shares_cpu;
    case POLICY_CHANGE_LOW:
    case POLICY_CHANGE_LIMIT:
    case POLICY_CHANGE_BALLOON:
    default:
        return self->tops->shares_memory;
    }
}

static void
give_share(DrvPlanner *self, DrvTop *top, const PolicyChange *change)
{
    const gint64 now_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    gboolean given;

    g_mutex_unlock(&self->mutex);
    given = drv_share_apply(top->group, top->terms, top->portions, change, &error);
    g_mutex_lock(&self->mutex);
    if (given || g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_BUSY) ||
        g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE) ||
        (top->told_us != 0 && now_us - top->told_us < SILENCE_US))
        return;

    top->told_us = now_us;
    drv_error_log(g_steal_pointer(&error), corral_group_get_path(top->group),
                  "give the partition its share");
}

static void
carry_out(DrvPlanner *self, GPtrArray *tops, const PolicyChange *change)
{
    if (!is_wanted(self, change))
        return;
    if (change->kind == POLICY_CHANGE_BALLOON)
        drv_yield_ask(self->yield, change->index, change->to);
    else
        give_share(self, g_ptr_array_index(tops, change->index), change);
}

/* (element-type PolicyPartition): what there is to see of them, in the order of @tops, to which
 * they are added.  Those that have gone are forgotten. */
static GArray *
read_tops(DrvPlanner *self, GPtrArray *tops)
{
    GArray *partitions = g_array_new(FALSE, FALSE, sizeof(PolicyPartition));
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->tops->all);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const DrvTop *top = value;
        PolicyPartition now;

        if (policy_partition_read(top->group, top->terms, top->portions, &now)) {
            g_array_append_val(partitions, now);
            g_ptr_array_add(tops, value);
        } else {
            /* What it had of its partition is the other groups' of the same. */
            self->stale = self->stale || top->portions > 1;
            g_hash_table_iter_remove(&iter);
        }
    }
    return partitions;
}

/* All of a host's groups have it, or none. */
static gboolean
find_idle(GPtrArray *tops)
{
    const DrvTop *any = tops->len > 0 ? g_ptr_array_index(tops, 0) : NULL;
    gboolean idle;

    return any && corral_group_get_cpu_idle(any->group, &idle, NULL);
}

/* NULL if nobody has to know. */
static const GArray *
list_guests(DrvPlanner *self, GPtrArray *tops)
{
    g_autoptr(GHashTable) indices = NULL;
    guint i;

    if (!self->yield)
        return NULL;
    if (!self->tops->shares_memory || !policy_plan_wants_guests(&self->plan)) {
        drv_yield_rest(self->yield);
        return NULL;
    }
    indices = g_hash_table_new(g_str_hash, g_str_equal);
    for (i = 0; i < tops->len; i++) {
        const DrvTop *top = g_ptr_array_index(tops, i);

        g_hash_table_insert(indices, (gpointer)corral_group_get_path(top->group),
                            GUINT_TO_POINTER(i + 1));
    }
    return drv_yield_list(self->yield, indices);
}

/* Memory and CPUs may have been taken out since the policy was found good. */
static void
tell_overcommitment(DrvPlanner *self)
{
    if (self->plan.overcommitted && !self->told)
        VIR_WARN("corral: partitions are guaranteed more than this host has left for guests: each "
                 "has a part of it");
    self->told = self->plan.overcommitted;
}

/* Until none has less: a guest may not answer, and a daemon may have ended before that. */
static void
give_back(DrvPlanner *self)
{
    if (self->owes && self->yield)
        self->owes = drv_yield_give_back(self->yield);
}

static void
wait_for_turn(DrvPlanner *self)
{
    while (self->looking)
        g_cond_wait(&self->rested, &self->mutex);
}

/* One look; until the next. */
static gint64
look_once(DrvPlanner *self)
{
    const DrvTops *all = self->tops;
    g_autoptr(GPtrArray) tops = g_ptr_array_new();
    g_autoptr(GArray) partitions = NULL;
    g_autoptr(GArray) changes = NULL;
    const GArray *guests;
    guint64 swap, swap_room;
    PolicyHost host;
    gint64 pause_us;
    guint i;

    if (!all->shares_memory)
        give_back(self);
    if (g_atomic_int_compare_and_exchange(&self->met, TRUE, FALSE))
        policy_plan_expect_guests(&self->plan);
    if (!all->shares_memory && !all->shares_cpu)
        return SURVEY_US;

    partitions = read_tops(self, tops);
    policy_machine_read_swap(NULL, &swap, &swap_room);
    host = (PolicyHost){
        .memory = policy_reserve_find_memory(&all->policy->reserve, all->machine),
        .swap_room = swap_room,
        .cpus = all->cpus ? all->cpus->len : all->machine->cpus->len,
        .has_idle = find_idle(tops),
    };
    guests = list_guests(self, tops);
    changes = policy_plan_step(&self->plan, &host, (const PolicyPartition *)partitions->data,
                               partitions->len, guests ? (const PolicyGuest *)guests->data : NULL,
                               guests ? guests->len : 0, g_get_monotonic_time(), &pause_us);
    tell_overcommitment(self);
    for (i = 0; i < changes->len; i++)
        carry_out(self, tops, &g_array_index(changes, PolicyChange, i));
    if (self->anew && self->yield)
        drv_yield_consider(self->yield);
    self->anew = FALSE;
    return pause_us;
}

/* In one's turn; others may have the mutex meanwhile. */
static gint64
look(DrvPlanner *self)
{
    gint64 pause_us;

    self->looking = TRUE;
    pause_us = look_once(self);
    drv_tops_note_look(self->tops);
    self->looking = FALSE;
    g_cond_broadcast(&self->rested);
    return pause_us;
}

/* ---- the thread ---- */

/* The lock goes with the process that has it. */
static gboolean
take_lock(DrvPlanner *self)
{
    int fd;

    if (self->lock >= 0)
        return TRUE;
    fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        self->lock = fd;
        self->stale = TRUE;
    } else if (fd >= 0) {
        close(fd);
    }
    return self->lock >= 0;
}

static PolicyMachine *
read_machine(void)
{
    g_autoptr(GError) error = NULL;
    PolicyMachine *machine = policy_machine_read(NULL, &error);

    if (!machine)
        drv_error_log(g_steal_pointer(&error), "this host", "see what there is to be shared out");
    return machine;
}

static gboolean
is_ready(const DrvPlanner *self)
{
    return self->lock >= 0 && self->tops->policy;
}

static void
follow(DrvPlanner *self)
{
    PolicyMachine *machine = read_machine();

    if (!machine)
        return;
    drv_tops_follow(self->tops, drv_policy_get(), machine);
    self->stale = FALSE;
    self->anew = TRUE;
    self->owes = TRUE;
}

/* Others start guests, and set the reserve, and CPUs come and go. */
static void
survey(DrvPlanner *self)
{
    g_autoptr(PolicyMachine) machine = read_machine();
    g_autoptr(Policy) policy = drv_policy_get();

    if (policy != self->tops->policy ||
        (machine && !policy_machine_equals(self->tops->machine, machine)))
        self->stale = TRUE;
    else
        drv_tops_survey(self->tops);
}

/* Until when there is nothing to do. */
static gint64
work(DrvPlanner *self)
{
    gint64 now_us, pause_us;

    wait_for_turn(self);
    now_us = g_get_monotonic_time();
    if (!take_lock(self))
        return now_us + SURVEY_US;
    if (is_ready(self) && now_us >= self->survey_us) {
        survey(self);
        self->survey_us = now_us + SURVEY_US;
    }
    if (self->stale)
        follow(self);
    if (!is_ready(self))
        return now_us + SURVEY_US;
    pause_us = look(self);
    return MIN(g_get_monotonic_time() + pause_us, MAX(self->survey_us, now_us));
}

static gpointer
keep_planning(gpointer data)
{
    DrvPlanner *self = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    while (!self->ending) {
        gint64 until_us = work(self);

        if (!self->ending)
            g_cond_wait_until(&self->changed, &self->mutex, until_us);
    }
    return NULL;
}

void
drv_planner_start(DrvStack *stack, virConnectPtr conn)
{
    DrvPlanner *self = &planner;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    wait_for_turn(self);
    if (!stack->has_containers) {
        self->yield = drv_yield_new(stack, conn);
        self->owes = TRUE;
    }
    if (self->users++ > 0)
        return;

    self->tops = drv_tops_new(drv_keeper_get_host(stack->keeper));
    self->arrivals = g_array_new(FALSE, FALSE, sizeof(Arrival));
    self->stale = TRUE;
    self->ending = FALSE;
    self->survey_us = 0;
    work(self);
    self->thread = g_thread_try_new("corral-planner", keep_planning, self, NULL);
}

void
drv_planner_stop(DrvStack *stack)
{
    DrvPlanner *self = &planner;
    DrvYield *yield = NULL;
    GThread *thread;

    g_mutex_lock(&self->mutex);
    wait_for_turn(self);
    if (!stack->has_containers)
        yield = g_steal_pointer(&self->yield);
    self->ending = --self->users == 0;
    g_cond_broadcast(&self->changed);
    thread = self->ending ? g_steal_pointer(&self->thread) : NULL;
    g_mutex_unlock(&self->mutex);

    drv_yield_free(yield);
    if (thread)
        g_thread_join(thread);
    if (!self->ending)
        return;
    /* A start may have been waiting. */
    g_mutex_lock(&self->mutex);
    wait_for_turn(self);
    policy_plan_clear(&self->plan);
    g_clear_pointer(&self->tops, drv_tops_free);
    g_clear_pointer(&self->arrivals, g_array_unref);
    if (self->lock >= 0)
        close(self->lock);
    self->lock = -1;
    g_mutex_unlock(&self->mutex);
}

void
drv_planner_follow_policy(void)
{
    DrvPlanner *self = &planner;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    wait_for_turn(self);
    if (self->users == 0)
        return;
    self->stale = TRUE;
    if (is_ready(self)) {
        follow(self);
        look(self);
    }
    g_cond_broadcast(&self->changed);
}

/* ---- guests ---- */

/* What guests that have @used so much are about to use: those who have just been let in have it
 * still to come. */
static guint64
find_use(DrvPlanner *self, guint64 used)
{
    const gint64 now_us = g_get_monotonic_time();
    guint64 expected = 0;
    guint i;

    while (self->arrivals->len > 0 && g_array_index(self->arrivals, Arrival, 0).until_us <= now_us)
        g_array_remove_index(self->arrivals, 0);
    if (self->arrivals->len > 0)
        expected = g_array_index(self->arrivals, Arrival, 0).used;
    for (i = 0; i < self->arrivals->len; i++)
        expected += g_array_index(self->arrivals, Arrival, i).memory;
    return MAX(used, expected);
}

/* Whether what guests use leaves room for one that starts. */
static gboolean
check_room(DrvPlanner *self, const Guest *guest, GError **error)
{
    const PolicyReserve *reserve = &self->tops->policy->reserve;
    const guint64 memory = policy_reserve_find_memory(reserve, self->tops->machine);
    guint64 wanted, now, used;

    if (!guest || reserve->excess != POLICY_EXCESS_REFUSE || reserve->memory_kib == 0)
        return TRUE;

    wanted = guest_get_memory_kib(guest) * KIB;
    now = drv_tops_sum_usage(self->tops);
    used = find_use(self, now);
    if (used <= memory && wanted <= memory - used) {
        const Arrival arrival = {wanted, now, g_get_monotonic_time() + ARRIVAL_US};

        g_array_append_val(self->arrivals, arrival);
        return TRUE;
    }
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                "it has %" G_GUINT64_FORMAT " KiB of memory, and of what the host leaves to its "
                "guests %" G_GUINT64_FORMAT " KiB are free",
                wanted / KIB, (memory - MIN(used, memory)) / KIB);
    return FALSE;
}

/* That somebody is about to be below it; also for another daemon. */
static gboolean
sign(CorralHost *host, const char *name, GError **error)
{
    g_autoptr(CorralGroup) top = corral_group_open(host, name, CORRAL_CONTROLLERS_ALL, error);

    if (top)
        drv_partition_label(top, POLICY_LABEL_TOP, TRUE);
    return top != NULL;
}

gboolean
drv_planner_admit(CorralHost *host, const Guest *guest, const char *path, GError **error)
{
    DrvPlanner *self = &planner;
    g_autofree char *name = drv_tops_find(path);
    g_autofree char *place = g_path_get_dirname(path);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    g_autoptr(CorralGroup) partition = NULL;

    if (!name)
        return TRUE;
    if (!is_ready(self) || drv_tops_are_free(self->tops)) {
        (void)!sign(host, name, NULL);
        return TRUE;
    }
    if (!check_room(self, guest, error))
        return FALSE;
    partition = drv_partition_make(host, place, error);
    if (!partition)
        return FALSE;
    if (!drv_tops_know(self->tops, place)) {
        wait_for_turn(self);
        if (is_ready(self) && drv_tops_meet(self->tops, place)) {
            look(self);
            g_cond_broadcast(&self->changed);
        }
    }
    return sign(host, name, error);
}

/* The next survey finds it. */
void
drv_planner_meet(CorralHost *host, const char *path)
{
    g_autofree char *name = drv_tops_find(path);

    if (name)
        (void)!sign(host, name, NULL);
    g_atomic_int_set(&planner.met, TRUE);
}
