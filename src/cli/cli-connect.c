/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only user of libvirt here.
 *
 * A daemon that hangs does not refuse a connection, it just never answers, and
 * that is when people ask what is wrong.  So the question is put by a thread of
 * its own; if the answer takes too long, the thread is left to its fate and the
 * process ends without it.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "cli-connect.h"
#include "cli.h"

/* What is asked: answers NULL with the error set, or what @free_answer frees. */
typedef gpointer (*AskFunc)(virConnectPtr conn, const char *uri, GError **error);

/* Shared by the one who asks and the thread; the last of them frees it. */
typedef struct {
    char *uri;
    AskFunc ask;
    GDestroyNotify free_answer;
    GMutex lock;
    GCond answered;
    gboolean done;
    gpointer answer;
    GError *error;
} Question;

static void
guest_free(gpointer data)
{
    CliGuest *guest = data;

    g_free(guest->name);
    g_free(guest);
}

static void
question_clear(gpointer data)
{
    Question *question = data;

    g_clear_pointer(&question->answer, question->free_answer);
    g_clear_error(&question->error);
    g_cond_clear(&question->answered);
    g_mutex_clear(&question->lock);
    g_free(question->uri);
}

/* libvirt would print every error by itself. */
static void
keep_quiet(void *data G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

static gboolean
refuse(const char *uri, GError **error)
{
    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s does not answer: %s", uri,
                virGetLastErrorMessage());
    return FALSE;
}

/* ---- who is there ---- */

static int
compare_guests(gconstpointer a, gconstpointer b)
{
    const CliGuest *one = *(CliGuest *const *)a;
    const CliGuest *other = *(CliGuest *const *)b;

    return strverscmp(one->name, other->name);
}

static gboolean
list_guests(virConnectPtr conn, const char *uri, GPtrArray *guests, GError **error)
{
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(conn, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    int i;

    if (n < 0)
        return refuse(uri, error);

    for (i = 0; i < n; i++) {
        CliGuest *guest = g_new0(CliGuest, 1);

        guest->id = (int)virDomainGetID(domains[i]);
        guest->name = g_strdup(virDomainGetName(domains[i]));
        g_ptr_array_add(guests, guest);
        virDomainFree(domains[i]);
    }
    free(domains);
    g_ptr_array_sort(guests, compare_guests);

    return TRUE;
}

static gpointer
ask_daemon(virConnectPtr conn, const char *uri, GError **error)
{
    g_autoptr(CliDaemon) daemon = g_new0(CliDaemon, 1);
    unsigned long version;

    daemon->guests = g_ptr_array_new_with_free_func(guest_free);
    if (virConnectGetLibVersion(conn, &version) < 0) {
        refuse(uri, error);
        return NULL;
    }
    daemon->libvirt =
        g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);

    return list_guests(conn, uri, daemon->guests, error) ? g_steal_pointer(&daemon) : NULL;
}

/* ---- what their memory is doing ---- */

/* NULL for what nobody asks for. */
static GVariant *
field_to_variant(const virTypedParameter *param)
{
    switch (param->type) {
    case VIR_TYPED_PARAM_UINT:
        return g_variant_new_uint64(param->value.ui);
    case VIR_TYPED_PARAM_ULLONG:
        return g_variant_new_uint64(param->value.ul);
    case VIR_TYPED_PARAM_STRING:
        return g_variant_new_take_string(g_utf8_make_valid(param->value.s, -1));
    default:
        return NULL;
    }
}

static CliStatistics *
statistics_new(const virDomainStatsRecord *record)
{
    CliStatistics *self = g_new0(CliStatistics, 1);
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    GVariantBuilder fields;
    int i;

    g_variant_builder_init(&fields, G_VARIANT_TYPE_VARDICT);
    for (i = 0; i < record->nparams; i++) {
        GVariant *value = field_to_variant(&record->params[i]);

        if (value)
            g_variant_builder_add(&fields, "{sv}", record->params[i].field, value);
    }

    if (virDomainGetUUIDString(record->dom, uuid) < 0)
        virResetLastError();
    self->name = g_strdup(virDomainGetName(record->dom));
    self->uuid = g_strdup(uuid);
    self->fields = g_variant_ref_sink(g_variant_builder_end(&fields));
    return self;
}

static int
compare_statistics(gconstpointer a, gconstpointer b)
{
    const CliStatistics *one = *(CliStatistics *const *)a;
    const CliStatistics *other = *(CliStatistics *const *)b;

    return strverscmp(one->name, other->name);
}

/* A guest that is busy with something else answers with what is known without it. */
static gpointer
ask_memory(virConnectPtr conn, const char *uri, GError **error)
{
    const unsigned int flags =
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;
    virDomainStatsRecordPtr *records = NULL;
    GPtrArray *guests;
    int n = virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_BALLOON, &records, flags);
    int i;

    if (n < 0) {
        refuse(uri, error);
        return NULL;
    }

    guests = g_ptr_array_new_with_free_func((GDestroyNotify)cli_statistics_free);
    for (i = 0; i < n; i++)
        g_ptr_array_add(guests, statistics_new(records[i]));
    virDomainStatsRecordListFree(records);
    g_ptr_array_sort(guests, compare_statistics);
    return guests;
}

/* ---- asking ---- */

static gpointer
ask(const Question *question, GError **error)
{
    virConnectPtr conn = virConnectOpenReadOnly(question->uri);
    gpointer answer;

    if (!conn) {
        refuse(question->uri, error);
        return NULL;
    }

    answer = question->ask(conn, question->uri, error);
    virConnectClose(conn);
    return answer;
}

static gpointer
ask_in_thread(gpointer data)
{
    Question *question = data;
    g_autoptr(GError) failure = NULL;
    gpointer answer;

    virSetErrorFunc(NULL, keep_quiet);
    answer = ask(question, &failure);

    g_mutex_lock(&question->lock);
    question->answer = answer;
    question->error = g_steal_pointer(&failure);
    question->done = TRUE;
    g_cond_signal(&question->answered);
    g_mutex_unlock(&question->lock);

    g_atomic_rc_box_release_full(question, question_clear);
    return NULL;
}

static gpointer
put(const char *uri, AskFunc func, GDestroyNotify free_answer, guint patience_ms, GError **error)
{
    const gint64 deadline = g_get_monotonic_time() + (gint64)patience_ms * G_TIME_SPAN_MILLISECOND;
    Question *question = g_atomic_rc_box_new0(Question);
    gpointer answer;

    question->uri = g_strdup(uri);
    question->ask = func;
    question->free_answer = free_answer;
    g_mutex_init(&question->lock);
    g_cond_init(&question->answered);
    g_thread_unref(g_thread_new("ask", ask_in_thread, g_atomic_rc_box_acquire(question)));

    g_mutex_lock(&question->lock);
    while (!question->done && g_cond_wait_until(&question->answered, &question->lock, deadline))
        continue;
    answer = g_steal_pointer(&question->answer);
    if (question->error)
        g_propagate_error(error, g_steal_pointer(&question->error));
    else if (!answer)
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s does not answer within %u ms", uri,
                    patience_ms);
    g_mutex_unlock(&question->lock);

    g_atomic_rc_box_release_full(question, question_clear);
    return answer;
}

CliDaemon *
cli_connect_ask(const char *uri, guint patience_ms, GError **error)
{
    return put(uri, ask_daemon, (GDestroyNotify)cli_daemon_free, patience_ms, error);
}

GPtrArray *
cli_connect_list_memory(const char *uri, guint patience_ms, GError **error)
{
    return put(uri, ask_memory, (GDestroyNotify)g_ptr_array_unref, patience_ms, error);
}
