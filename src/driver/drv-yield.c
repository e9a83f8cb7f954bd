/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that give memory back because others want it.
 *
 * They are asked by their balloons, as by `virsh setmem`.  What their users have asked them to
 * have stays on their groups and comes back when there is room again, whoever the daemon is
 * by then.
 *
 * A guest may take long to answer, or not answer at all, and the others' turn must not wait for
 * that: each is asked in a thread of a few, one question at a time.
 *
 * A guest whose user says nothing is never asked for more than half of what it has: it is still
 * a machine, and nobody here knows what it is for.
 */
#include <config.h>

#include "drv-access.h"
#include "drv-balloon.h"
#include "drv-error.h"
#include "drv-governor.h"
#include "drv-stick.h"
#include "drv-target.h"
#include "drv-yield.h"
#include "guest-xml.h"
#include "drv-tops.h"

#define KIB ((guint64)1024)
#define THREADS 4

/* A user may say meanwhile what his guest is not to be asked for. */
#define FACTS_US (10 * G_TIME_SPAN_SECOND)

/* What its description says, which is much to read for thousands of guests at each look. */
typedef struct {
    gboolean balloons;
    guint64 most_kib;
    guint64 floor_kib;
    gint64 read_us;
} Facts;

struct _DrvYield {
    DrvStack *stack;
    virConnectPtr conn;
    GHashTable *facts; /* uuid -> Facts; of those that have been listed */
    GArray *guests;    /* PolicyGuest */
    GPtrArray *uuids;  /* of the same */
    GThreadPool *pool;
    GMutex mutex;
    GHashTable *asking; /* set of UUIDs; with the mutex */
};

typedef struct {
    char *uuid;
    guint64 kib;
} Question;

static void ask(gpointer data, gpointer opaque);

DrvYield *
drv_yield_new(DrvStack *stack, virConnectPtr conn)
{
    DrvYield *self = g_new0(DrvYield, 1);

    self->stack = stack;
    self->conn = virObjectRef(conn);
    self->facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->guests = g_array_new(FALSE, FALSE, sizeof(PolicyGuest));
    self->uuids = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&self->mutex);
    self->asking = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->pool = g_thread_pool_new(ask, self, THREADS, FALSE, NULL);
    return self;
}

void
drv_yield_free(DrvYield *self)
{
    if (!self)
        return;

    g_thread_pool_free(self->pool, TRUE, TRUE);
    virObjectUnref(self->conn);
    g_hash_table_unref(self->asking);
    g_mutex_clear(&self->mutex);
    g_hash_table_unref(self->facts);
    g_array_unref(self->guests);
    g_ptr_array_unref(self->uuids);
    g_free(self);
}

void
drv_yield_rest(DrvYield *self)
{
    g_hash_table_remove_all(self->facts);
}

void
drv_yield_consider(DrvYield *self)
{
    g_auto(GStrv) uuids = drv_keeper_list(self->stack->keeper);
    gsize i;

    for (i = 0; uuids[i]; i++)
        drv_governor_consider(self->stack->governor, uuids[i]);
}

/* ---- what there is ---- */

static Facts *
read_facts(DrvYield *self, const char *uuid)
{
    virDomainPtr dom = drv_access_look_up(self->stack->next, self->conn, uuid);
    g_autofree char *xml = dom ? self->stack->next->domainGetXMLDesc(dom, 0) : NULL;
    g_autoptr(Guest) guest = xml ? guest_xml_parse(self->stack->driver, xml, NULL) : NULL;
    Facts *facts = NULL;

    if (guest) {
        facts = g_new0(Facts, 1);
        facts->read_us = g_get_monotonic_time();
        facts->most_kib = guest_get_most_memory_kib(guest);
        facts->floor_kib = guest_get_balloon(guest)->floor_kib;
        facts->balloons = guest_has_balloon(guest) && !guest_is_pinned(guest) &&
                          guest_get_balloon(guest)->wish != GUEST_BALLOON_LEAVE;
    }
    virObjectUnref(dom);
    virResetLastError();
    return facts;
}

static const Facts *
find_facts(DrvYield *self, const char *uuid)
{
    Facts *facts = g_hash_table_lookup(self->facts, uuid);

    if (facts && g_get_monotonic_time() - facts->read_us < FACTS_US)
        return facts;
    facts = read_facts(self, uuid);
    if (facts)
        g_hash_table_insert(self->facts, g_strdup(uuid), facts);
    else
        g_hash_table_remove(self->facts, uuid);
    return facts;
}

static void
add(DrvYield *self, const char *uuid, CorralGroup *group, guint partition)
{
    const Facts *facts = find_facts(self, uuid);
    PolicyGuest guest = {.partition = partition};
    guint64 wanted_kib;
    DrvTarget target;

    if (!facts || !corral_group_get_memory_usage(group, &guest.usage, NULL))
        return;
    drv_target_read(group, &target);
    if (target.kib == 0)
        target.kib = facts->most_kib;
    wanted_kib = drv_target_read_wanted(group);
    if (wanted_kib == 0)
        wanted_kib = target.kib;

    guest.balloons = facts->balloons;
    guest.target = target.kib * KIB;
    guest.wanted = wanted_kib * KIB;
    guest.floor = (facts->floor_kib ? MIN(facts->floor_kib, wanted_kib) : wanted_kib / 2) * KIB;
    g_array_append_val(self->guests, guest);
    g_ptr_array_add(self->uuids, g_strdup(uuid));
}

const GArray *
drv_yield_list(DrvYield *self, GHashTable *tops)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_auto(GStrv) uuids = drv_keeper_list(self->stack->keeper);
    CorralHost *host = drv_keeper_get_host(self->stack->keeper);
    gsize i;

    (void)caller;
    g_array_set_size(self->guests, 0);
    g_ptr_array_set_size(self->uuids, 0);
    for (i = 0; uuids[i]; i++) {
        g_autofree char *path = drv_keeper_dup_path(self->stack->keeper, uuids[i]);
        g_autofree char *top = path ? drv_tops_find(path) : NULL;
        guint index = top ? GPOINTER_TO_UINT(g_hash_table_lookup(tops, top)) : 0;
        g_autoptr(CorralGroup) group = index > 0 ? drv_stick_open(host, path, NULL) : NULL;

        if (group)
            add(self, uuids[i], group, index - 1);
    }
    return self->guests;
}

/* ---- what is asked of it ---- */

static gboolean
begin(DrvYield *self, const char *uuid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    return g_hash_table_add(self->asking, g_strdup(uuid));
}

static void
end(DrvYield *self, const char *uuid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    g_hash_table_remove(self->asking, uuid);
}

static void
ask(gpointer data, gpointer opaque)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    DrvYield *self = opaque;
    Question *question = data;
    virDomainPtr dom = drv_access_look_up(self->stack->next, self->conn, question->uuid);
    g_autoptr(GError) error = NULL;

    (void)caller;
    if (dom && self->stack->next->domainIsActive(dom) == 1 &&
        !drv_balloon_ask_for_others(self->stack, dom, question->kib, &error))
        drv_error_log(g_steal_pointer(&error), dom->name, "ask it for memory that others want");
    virObjectUnref(dom);
    virResetLastError();
    end(self, question->uuid);
    g_free(question->uuid);
    g_free(question);
}

static void
put_question(DrvYield *self, const char *uuid, guint64 kib)
{
    Question *question;

    if (!begin(self, uuid))
        return;
    question = g_new0(Question, 1);
    question->uuid = g_strdup(uuid);
    question->kib = kib;
    g_thread_pool_push(self->pool, question, NULL);
}

void
drv_yield_ask(DrvYield *self, guint index, guint64 bytes)
{
    put_question(self, g_ptr_array_index(self->uuids, index), bytes / KIB);
}

gboolean
drv_yield_give_back(DrvYield *self)
{
    g_auto(GStrv) uuids = drv_keeper_list(self->stack->keeper);
    CorralHost *host = drv_keeper_get_host(self->stack->keeper);
    gboolean any = FALSE;
    gsize i;

    for (i = 0; uuids[i]; i++) {
        g_autofree char *path = drv_keeper_dup_path(self->stack->keeper, uuids[i]);
        g_autoptr(CorralGroup) group = path ? drv_stick_open(host, path, NULL) : NULL;
        const guint64 wanted_kib = group ? drv_target_read_wanted(group) : 0;

        if (wanted_kib == 0)
            continue;
        put_question(self, uuids[i], wanted_kib);
        any = TRUE;
    }
    return any;
}
