/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The carrot and the stick.
 *
 * A guest that is asked to get by with less memory is asked by its balloon first.  What
 * it gives back is the host's at once and costs nobody anything: so it has time to, and as
 * soon as it has, the limit follows.  What it has not given back when its time is over
 * is taken by the limit, into swap.
 *
 * Down.  One blow at a time: the limit goes to a step below what the group uses, and the
 * next look shows what came of it.  A step is 64 MiB or a tenth of the guest, as smaller
 * ones were measured to be refused more often and to be no easier on the guest.  Where a
 * blow takes nothing the pause doubles.  After eight in vain, of a guest that uses its memory
 * faster than the kernel can take it, it is shaken once: for a moment it stands still and
 * loses a step, and what it then does not fetch back was not in use.  After that it is let be
 * for half a minute, then for longer.
 *
 * Up.  At once, all the way, whatever else is under way.
 *
 * What a limit can do depends on its kind.  One that kills is never left where the guest
 * runs into it: without swap it stays above all that the guest could touch, that is what its
 * balloon has left it, or all there is if it may take back the balloon by itself; with swap it
 * is raised a step whenever the group is stopped at it with no page cache to give, and lifted
 * where that happens so often that a step would not last until the next look.  One that does not
 * kill but brakes is left where it is, since that is what it is for; only where not even that
 * helps, it goes back to what the guest has.
 *
 * All is judged by the next sample: a limit that was not taken is one that is not there.
 * So whoever comes without a memory, after the daemon was killed, goes on from where
 * the kernel is.
 */
#include <config.h>

#include "policy-governor.h"

#define MIB ((guint64)1 << 20)

/* More or less is no difference: what the kernel charges ahead to each CPU, and for huge pages. */
#define TOLERANCE (4 * MIB)

#define STEP (64 * MIB)
#define STEP_SHARE 10 /* of the guest's memory, if that is more */
#define MOST_IN_VAIN 8

/* Page cache that is as good as none: what QEMU reads anew all the time. */
#define LITTLE_CACHE (16 * MIB)
/* Less than this on its lists, and the kernel is about to kill. */
#define LITTLE_IDLE (8 * MIB)
/* From one look to the next: a guest that touches its limit as it goes along is stopped a few
 * times, one that needs what was taken from it thousands of times. */
#define MANY_STOPS 64
/* Looks in a row that find it stopped: of a guest that is just being taken memory from, and of one
 * whose limit stands. */
#define MOST_STRUCK 5
#define MOST_BOUND 2

/* Swap that others may take before us. */
#define SWAP_SHARE(bytes) ((bytes) / 4 * 3)

#define WAITING_US (G_TIME_SPAN_SECOND / 2)
#define FIRST_PAUSE_US (G_TIME_SPAN_SECOND / 4)
#define LAST_PAUSE_US (2 * G_TIME_SPAN_SECOND)
#define FIRST_REST_US (30 * G_TIME_SPAN_SECOND)
#define LAST_REST_US (10 * G_TIME_SPAN_MINUTE)
/* For a driver that is loaded late in the guest's boot. */
#define SLEEP_US (5 * G_TIME_SPAN_MINUTE)

/* How soon to look at a limit again.  One that kills: while the guest touches it or it has just
 * been lowered, and otherwise, as 650 ms are the least that was seen to pass between the first
 * touch and the end; one that does not kill. */
#define TOUCHED_US (G_TIME_SPAN_SECOND / 10)
#define UNTOUCHED_US (G_TIME_SPAN_SECOND / 2)
#define HARMLESS_US (5 * G_TIME_SPAN_SECOND)

/* Sums with no limit have no limit; differences end at 0. */
static guint64
add(guint64 a, guint64 b)
{
    return a > CORRAL_MEMORY_UNLIMITED - b ? CORRAL_MEMORY_UNLIMITED : a + b;
}

static guint64
subtract(guint64 a, guint64 b)
{
    return a > b ? a - b : 0;
}

/* The kernel counts in pages, and what it has rounded down must not look as if it were too low. */
static guint64
whole_mib(guint64 bytes)
{
    return bytes > CORRAL_MEMORY_UNLIMITED - MIB ? CORRAL_MEMORY_UNLIMITED
                                                 : (bytes + MIB - 1) / MIB * MIB;
}

static gboolean
is_asked(const PolicyBalloon *policy, const PolicySample *sample)
{
    return policy->enforce && sample->target > 0 && sample->target < sample->ram &&
           policy->floor < sample->ram;
}

/* For a guest that may have @memory. */
static guint64
room_for(const PolicyBalloon *policy, const PolicySample *sample, guint64 memory)
{
    return whole_mib(add(add(memory, sample->overhead), policy->margin));
}

guint64
policy_governor_find_goal(const PolicyBalloon *policy, const PolicySample *sample)
{
    if (!is_asked(policy, sample))
        return sample->users;
    return MIN(room_for(policy, sample, MAX(sample->target, policy->floor)), sample->users);
}

/* ---- how low it can go ---- */

/* Nothing that the guest can still touch must be without a place. */
static guint64
find_safe(const PolicyBalloon *policy, const PolicySample *sample)
{
    const guint64 within_reach = sample->deflates ? sample->ram : MIN(sample->actual, sample->ram);

    return whole_mib(subtract(room_for(policy, sample, within_reach),
                              SWAP_SHARE(add(sample->swapped, sample->swap_room))));
}

/* What it has now can stay, and a limit that is there stays. */
static guint64
find_harmless(const PolicyBalloon *policy, const PolicySample *sample)
{
    guint64 kept = subtract(subtract(sample->usage, sample->cache), sample->swap_room);

    if (kept == 0)
        return 0;
    kept = whole_mib(add(kept, policy->margin));
    return sample->limit < sample->users ? MIN(kept, sample->limit) : kept;
}

/* Not below @goal; *@reason says what keeps it from there. */
static guint64
find_reach(const PolicyBalloon *policy, const PolicySample *sample, guint64 goal,
           PolicyReason *reason)
{
    const guint64 by_swap =
        sample->kills ? find_safe(policy, sample) : find_harmless(policy, sample);
    const guint64 by_pins = sample->pinned > 0 ? whole_mib(add(sample->pinned, policy->margin)) : 0;
    const guint64 reach = MIN(MAX(goal, MAX(by_swap, by_pins)), sample->users);

    *reason = POLICY_REASON_NONE;
    if (reach > goal)
        *reason = by_pins >= by_swap ? POLICY_REASON_PINNED : POLICY_REASON_NO_SWAP;
    return reach;
}

static guint64
find_step(const PolicySample *sample)
{
    return MAX(STEP, sample->ram / STEP_SHARE);
}

/* ---- what it says ---- */

static PolicyDeed
rest(gint64 pause_us)
{
    return (PolicyDeed){POLICY_DEED_NONE, 0, pause_us};
}

static PolicyDeed
set_limit(guint64 limit, gint64 pause_us)
{
    return (PolicyDeed){POLICY_DEED_LIMIT, limit, pause_us};
}

/* How long a limit that stands can do without being looked at. */
static gint64
find_watch(const PolicyGovernor *self, const PolicySample *sample)
{
    if (!sample->kills)
        return HARMLESS_US;
    return self->bound > 0 ? TOUCHED_US : UNTOUCHED_US;
}

static void
be(PolicyGovernor *self, PolicyBalloonState state, PolicyReason reason)
{
    self->state = state;
    self->reason = reason;
}

/* It goes no further for now. */
static void
let_be(PolicyGovernor *self, PolicyReason reason, gint64 now_us)
{
    /* Still the same one: no longer than it was to be. */
    if (now_us >= self->rest_until_us)
        self->rest_us = CLAMP(self->rest_us * 2, FIRST_REST_US, LAST_REST_US);
    self->rest_until_us = now_us + self->rest_us;
    self->vain = 0;
    self->squeezed = FALSE;
    self->pause_us = FIRST_PAUSE_US;
    be(self, POLICY_BALLOON_UNREACHABLE, reason);
}

/* ---- looking ---- */

/* Whether memory has to leave the group for @limit. */
static gboolean
is_above(const PolicySample *sample, guint64 limit)
{
    return sample->usage > add(limit, TOLERANCE);
}

/* What came of a squeeze shows when the guest has fetched back what it needs. */
static void
judge_blow(PolicyGovernor *self, const PolicySample *sample, gint64 now_us)
{
    if (self->aim == 0 || (self->squeezed && now_us < self->blow_us))
        return;

    if (sample->limit <= self->aim && !is_above(sample, self->aim)) {
        self->vain = 0;
        self->squeezed = FALSE;
        self->pause_us = FIRST_PAUSE_US;
    } else if (add(sample->usage, TOLERANCE) > self->usage_then) {
        self->vain++;
        self->blow_us += self->pause_us;
        self->pause_us = MIN(self->pause_us * 2, LAST_PAUSE_US);
    }
    self->aim = 0;
}

typedef enum {
    DANGER_NONE,
    DANGER_NEAR, /* it runs into its limit: it should have more */
    DANGER_HERE, /* so much that the next moment may be its last */
} Danger;

/* Notes as well what was seen.  Of a group that has been stopped before it was looked at for the
 * first time nobody knows when: it counts as now. */
static Danger
find_danger(PolicyGovernor *self, const PolicySample *sample, gboolean settled)
{
    const guint64 stops = subtract(sample->stopped, self->stopped);
    const gboolean touched = stops > 0 && sample->cache < LITTLE_CACHE;

    self->bound = touched ? self->bound + 1 : 0;
    self->stopped = sample->stopped;
    if (!sample->kills || !touched || sample->limit >= sample->users)
        return DANGER_NONE;
    if (stops >= MANY_STOPS)
        return DANGER_HERE;
    return sample->idle < LITTLE_IDLE || self->bound >= (settled ? MOST_BOUND : MOST_STRUCK)
               ? DANGER_NEAR
               : DANGER_NONE;
}

static void
note_target(PolicyGovernor *self, const PolicySample *sample, gint64 now_us)
{
    const gboolean first = self->target == 0;

    if (self->target == sample->target)
        return;

    self->target = sample->target;
    self->since_us = now_us;
    self->blow_us = 0;
    self->rest_until_us = 0;
    self->rest_us = 0;
    self->vain = 0;
    self->squeezed = FALSE;
    self->given_up = FALSE;
    self->aim = 0;
    self->pause_us = FIRST_PAUSE_US;
    /* A limit of ours is there: whoever set it had waited. */
    if (first && sample->limit < sample->users)
        self->since_us = G_MININT64;
}

static gboolean
has_time(const PolicyGovernor *self, const PolicyBalloon *policy, const PolicySample *sample,
         gint64 now_us)
{
    const gboolean asleep = sample->asleep && add(sample->actual, TOLERANCE) >= sample->ram;
    const gint64 grace_us = asleep ? MAX(policy->grace_us, SLEEP_US) : policy->grace_us;

    return self->since_us != G_MININT64 && now_us - self->since_us < grace_us &&
           sample->actual > add(MAX(sample->target, policy->floor), TOLERANCE);
}

/* ---- deciding ---- */

static PolicyDeed
strike(PolicyGovernor *self, const PolicySample *sample, guint64 reach, gint64 now_us)
{
    const guint64 aim =
        is_above(sample, reach) ? MAX(reach, subtract(sample->usage, find_step(sample))) : reach;
    PolicyDeed deed = set_limit(aim, sample->kills ? TOUCHED_US : self->pause_us);

    if (self->vain >= MOST_IN_VAIN) {
        deed.kind = POLICY_DEED_SQUEEZE;
        self->squeezed = TRUE;
        self->vain = MOST_IN_VAIN - 1;
    }
    self->blow_us = now_us + self->pause_us;
    self->aim = aim;
    self->usage_then = sample->usage;
    /* Trying again what could not be had is no news. */
    if (self->rest_us == 0)
        be(self, POLICY_BALLOON_ENFORCING, POLICY_REASON_NONE);
    return deed;
}

/* What was gained is kept although the blow was refused: the limit goes to what is used. */
static guint64
find_ratchet(const PolicySample *sample)
{
    return add(sample->usage, find_step(sample) / 4);
}

/* It can go no further. */
static PolicyDeed
hold_or_release(PolicyGovernor *self, const PolicyBalloon *policy, const PolicySample *sample,
                PolicyDeed held)
{
    if (!policy->release)
        return held;

    self->given_up = TRUE;
    return set_limit(sample->users, -1);
}

static PolicyDeed
give_up(PolicyGovernor *self, const PolicyBalloon *policy, const PolicySample *sample,
        gint64 now_us)
{
    PolicyDeed held = rest(find_watch(self, sample));

    let_be(self, POLICY_REASON_BUSY, now_us);
    if (is_above(sample, add(sample->limit, policy->margin)))
        held = set_limit(MIN(add(sample->usage, policy->margin), sample->users), held.pause_us);
    return hold_or_release(self, policy, sample, held);
}

/* The guest is running into a limit that may be its end.  Where it fights for its memory a step
 * more would not last it until the next look. */
static PolicyDeed
step_back(PolicyGovernor *self, const PolicyBalloon *policy, const PolicySample *sample,
          Danger danger, gint64 now_us)
{
    const guint64 limit = danger == DANGER_HERE
                              ? sample->users
                              : MIN(add(sample->limit, find_step(sample)), sample->users);

    let_be(self, POLICY_REASON_BUSY, now_us);
    return hold_or_release(self, policy, sample, set_limit(limit, TOUCHED_US));
}

static PolicyDeed
go_down(PolicyGovernor *self, const PolicyBalloon *policy, const PolicySample *sample,
        guint64 reach, gint64 now_us)
{
    const guint64 ratchet = find_ratchet(sample);

    if (now_us < MAX(self->rest_until_us, self->blow_us))
        return rest(
            MIN(find_watch(self, sample), MAX(self->rest_until_us, self->blow_us) - now_us));
    if (has_time(self, policy, sample, now_us)) {
        be(self, POLICY_BALLOON_WAITING, POLICY_REASON_NONE);
        return rest(WAITING_US);
    }
    if (self->vain >= MOST_IN_VAIN && (self->squeezed || !sample->kills))
        return give_up(self, policy, sample, now_us);
    if ((self->vain > 0 || self->squeezed) && add(ratchet, TOLERANCE) < sample->limit &&
        ratchet > reach)
        return set_limit(ratchet, sample->kills ? TOUCHED_US : self->pause_us);
    return strike(self, sample, reach, now_us);
}

/* The limit is as low as it gets. */
static PolicyDeed
stand(PolicyGovernor *self, const PolicyBalloon *policy, const PolicySample *sample,
      PolicyReason reason)
{
    const PolicyDeed held = rest(find_watch(self, sample));

    if (reason == POLICY_REASON_NONE) {
        be(self, POLICY_BALLOON_ENFORCED, reason);
        return held;
    }
    be(self, POLICY_BALLOON_UNREACHABLE, reason);
    return hold_or_release(self, policy, sample, held);
}

static PolicyDeed
switch_off(PolicyGovernor *self, const PolicySample *sample)
{
    const guint64 stopped = sample->stopped;

    *self = (PolicyGovernor){.target = sample->target, .stopped = stopped};
    return sample->limit == sample->users ? rest(-1) : set_limit(sample->users, -1);
}

PolicyDeed
policy_governor_step(PolicyGovernor *self, const PolicyBalloon *policy, const PolicySample *sample,
                     gint64 now_us)
{
    const guint64 goal = policy_governor_find_goal(policy, sample);
    PolicyReason reason;
    guint64 reach;
    Danger danger;

    if (!is_asked(policy, sample))
        return switch_off(self, sample);

    reach = find_reach(policy, sample, goal, &reason);
    note_target(self, sample, now_us);
    if (self->given_up)
        return rest(-1);
    judge_blow(self, sample, now_us);
    danger = find_danger(self, sample, self->state != POLICY_BALLOON_ENFORCING);

    if (sample->limit < reach)
        return set_limit(reach, FIRST_PAUSE_US);
    if (danger != DANGER_NONE)
        return step_back(self, policy, sample, danger, now_us);
    if (sample->limit <= add(reach, reach == goal ? 0 : TOLERANCE) &&
        (sample->kills || !is_above(sample, add(reach, policy->margin))))
        return stand(self, policy, sample, reason);
    return go_down(self, policy, sample, reach, now_us);
}

const char *
policy_balloon_state_name(PolicyBalloonState state)
{
    static const char *const names[] = {
        [POLICY_BALLOON_OFF] = "off",
        [POLICY_BALLOON_WAITING] = "waiting",
        [POLICY_BALLOON_ENFORCING] = "enforcing",
        [POLICY_BALLOON_ENFORCED] = "enforced",
        [POLICY_BALLOON_UNREACHABLE] = "unreachable",
    };

    return names[state];
}

const char *
policy_reason_name(PolicyReason reason)
{
    static const char *const names[] = {
        [POLICY_REASON_NONE] = "",
        [POLICY_REASON_NO_SWAP] = "no-swap",
        [POLICY_REASON_PINNED] = "pinned",
        [POLICY_REASON_BUSY] = "busy",
    };

    return names[reason];
}
