/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics of many guests.
 *
 * Stock asks one guest after the other, each several times over its monitor, and
 * waits for each answer.  That is where the time goes: with a hundred guests
 * hundreds of times as long as it takes QEMU to wake up.  Guests do not wait for
 * each other, so here a few threads ask, each for a handful of guests at a
 * time, and what they got is put together in the order of the list.
 *
 * A thread asks in the caller's name: it has his identity while it does.  Who the
 * guests are is looked up with our own authority where the caller did not say;
 * which of them he may see is checked by stock, guest by guest, as ever.
 */
#include <config.h>

#include <string.h>

#include "drv-access.h"
#include "drv-crew.h"

VIR_LOG_INIT("corral.crew");

#define HANDFUL 4
#define MOST_HELPERS 8
/* With fewer it is not worth it. */
#define FEW 6

#define LIST_FLAGS                                                                                 \
    (VIR_CONNECT_LIST_DOMAINS_FILTERS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_FILTERS_PERSISTENT |       \
     VIR_CONNECT_LIST_DOMAINS_FILTERS_STATE)
#define KNOWN_FLAGS                                                                                \
    (LIST_FLAGS | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT |                                       \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING | VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)

typedef struct {
    virDomainPtr *doms; /* the caller's */
    unsigned int ndoms;
    int n; /* -1: failed, with @error */
    virDomainStatsRecordPtr *records;
    virErrorPtr error;
} Part;

/*
 * What the caller asked.  He works on the parts like everybody else, so that all
 * of them get done even if no thread can be had, and waits for those that
 * others have begun.  One who comes when nothing is left to do just leaves; by
 * then the caller may be gone.
 */
typedef struct {
    gatomicrefcount refs;
    virConnectPtr conn;
    virIdentity *identity; /* NULL: nobody's */
    unsigned int flags;
    DrvCrewAsk ask;
    gpointer opaque; /* the caller's, who waits for all parts */
    Part *parts;
    guint n;

    GMutex mutex; /* of what follows */
    GCond done;
    guint begun;
    guint answered;
} Question;

static void
question_unref(Question *self)
{
    if (!g_atomic_ref_count_dec(&self->refs))
        return;

    g_clear_object(&self->identity);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->done);
    g_free(self->parts);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_unref)

/* NULL if all have been begun. */
static Part *
begin_part(Question *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    return self->begun < self->n ? &self->parts[self->begun++] : NULL;
}

static void
end_part(Question *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    self->answered++;
    g_cond_broadcast(&self->done);
}

static void
work(Question *self)
{
    Part *part;

    while ((part = begin_part(self))) {
        part->n = self->ask(self->conn, part->doms, part->ndoms, &part->records, self->flags,
                            self->opaque);
        if (part->n < 0)
            part->error = virSaveLastError();
        end_part(self);
    }
}

static void
help(gpointer data, gpointer unused G_GNUC_UNUSED)
{
    g_autoptr(Question) question = data;

    virResetLastError();
    virIdentitySetCurrent(question->identity);
    work(question);
    virIdentitySetCurrent(NULL);
}

static GThreadPool *
get_pool(void)
{
    static gsize made;
    static GThreadPool *pool;

    if (g_once_init_enter(&made)) {
        pool = g_thread_pool_new(help, NULL, MOST_HELPERS, FALSE, NULL);
        g_once_init_leave(&made, 1);
    }
    return pool;
}

static void
answer(Question *self)
{
    guint helpers = MIN(self->n - 1, MOST_HELPERS);
    guint i;

    for (i = 0; i < helpers; i++) {
        g_atomic_ref_count_inc(&self->refs);
        g_thread_pool_push(get_pool(), self, NULL);
    }
    work(self);

    g_mutex_lock(&self->mutex);
    while (self->answered < self->n)
        g_cond_wait(&self->done, &self->mutex);
    g_mutex_unlock(&self->mutex);
}

/* All records in one list; if a part has failed, its error and no list. */
static int
put_together(Part *parts, guint n, virDomainStatsRecordPtr **records)
{
    virErrorPtr error = NULL;
    virDomainStatsRecordPtr *all;
    gsize total = 0;
    gsize at = 0;
    guint i;

    for (i = 0; i < n; i++)
        total += MAX(parts[i].n, 0);
    all = g_new0(virDomainStatsRecordPtr, total + 1);
    for (i = 0; i < n; i++) {
        if (parts[i].n < 0 && !error)
            error = g_steal_pointer(&parts[i].error);
        if (parts[i].n > 0)
            memcpy(all + at, parts[i].records, parts[i].n * sizeof(*all));
        at += MAX(parts[i].n, 0);
        g_free(parts[i].records);
        virFreeError(parts[i].error);
    }

    if (error) {
        virDomainStatsRecordListFree(all);
        virErrorRestore(&error);
        return -1;
    }
    *records = all;
    return total;
}

static int
ask_in_parts(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms,
             virDomainStatsRecordPtr **records, unsigned int flags, DrvCrewAsk ask, gpointer opaque)
{
    g_autoptr(Question) question = g_new0(Question, 1);
    guint i;

    g_atomic_ref_count_init(&question->refs);
    g_mutex_init(&question->mutex);
    g_cond_init(&question->done);
    question->conn = conn;
    question->identity = virIdentityGetCurrent();
    question->flags = flags;
    question->ask = ask;
    question->opaque = opaque;
    question->n = (ndoms + HANDFUL - 1) / HANDFUL;
    question->parts = g_new0(Part, question->n);
    for (i = 0; i < question->n; i++) {
        question->parts[i].doms = doms + i * HANDFUL;
        question->parts[i].ndoms = MIN(HANDFUL, ndoms - i * HANDFUL);
    }

    answer(question);
    return put_together(question->parts, question->n, records);
}

static int
list_everybody(virDrvConnectListAllDomains list, virConnectPtr conn, virDomainPtr **doms,
               unsigned int flags)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return list(conn, doms, flags & LIST_FLAGS);
}

int
drv_crew_get_all_stats(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms,
                       virDomainStatsRecordPtr **records, unsigned int flags,
                       virDrvConnectListAllDomains list, DrvCrewAsk ask, gpointer opaque)
{
    virDomainPtr *everybody = NULL;
    int n = ndoms;
    int result;
    int i;

    if ((ndoms > 0 && ndoms < FEW) || (flags & ~KNOWN_FLAGS) || !list)
        return ask(conn, doms, ndoms, records, flags, opaque);

    if (virConnectGetAllDomainStatsEnsureACL(conn) < 0)
        return -1;
    if (ndoms == 0) {
        n = list_everybody(list, conn, &everybody, flags);
        if (n < 0)
            virResetLastError();
    }

    if (n < FEW)
        result = ask(conn, doms, ndoms, records, flags, opaque);
    else
        result = ask_in_parts(conn, everybody ? everybody : doms, n, records, flags, ask, opaque);

    for (i = 0; i < n && everybody; i++)
        virObjectUnref(everybody[i]);
    g_free(everybody);
    return result;
}
