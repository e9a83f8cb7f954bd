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

typedef struct Question Question;

/* What is asked: answers NULL with the error set, or what @free_answer frees. */
typedef gpointer (*AskFunc)(virConnectPtr conn, const Question *question, GError **error);

/* Shared by the one who asks and the thread; the last of them frees it. */
struct Question {
    char *uri;
    AskFunc ask;
    GDestroyNotify free_answer;
    gpointer asked; /* what belongs to the question, freed by @free_asked */
    GDestroyNotify free_asked;
    gboolean writes;
    GMutex lock;
    GCond answered;
    gboolean done;
    gpointer answer;
    GError *error;
};

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
    if (question->asked)
        question->free_asked(question->asked);
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
ask_daemon(virConnectPtr conn, const Question *question, GError **error)
{
    const char *uri = question->uri;
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
ask_memory(virConnectPtr conn, const Question *question, GError **error)
{
    const unsigned int flags =
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;
    virDomainStatsRecordPtr *records = NULL;
    GPtrArray *guests;
    int n = virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_BALLOON, &records, flags);
    int i;

    if (n < 0) {
        refuse(question->uri, error);
        return NULL;
    }

    guests = g_ptr_array_new_with_free_func((GDestroyNotify)cli_statistics_free);
    for (i = 0; i < n; i++)
        g_ptr_array_add(guests, statistics_new(records[i]));
    virDomainStatsRecordListFree(records);
    g_ptr_array_sort(guests, compare_statistics);
    return guests;
}

/* ---- what the host keeps ---- */

/* As the driver calls them among libvirt's own. */
#define RESERVE_MEMORY "corral.reserve_memory"
#define RESERVE_CPUS "corral.reserve_cpus"
#define RESERVE_N_CPUS "corral.reserve_cpu_count"
#define GUEST_MEMORY "corral.guest_memory"

typedef struct {
    virTypedParameterPtr params;
    int n;
} Typed;

static void
typed_free(gpointer data)
{
    Typed *typed = data;

    virTypedParamsFree(typed->params, typed->n);
    g_free(typed);
}

/* These fail for want of memory alone.  Nothing of libvirt's may be called before the first. */
static Typed *
typed_new(const CliReserveChange *change)
{
    Typed *typed = g_new0(Typed, 1);
    int room = 0;

    (void)!virInitialize();
    if (change->memory_kib)
        (void)!virTypedParamsAddULLong(&typed->params, &typed->n, &room, RESERVE_MEMORY,
                                       *change->memory_kib);
    if (change->n_cpus)
        (void)!virTypedParamsAddUInt(&typed->params, &typed->n, &room, RESERVE_N_CPUS,
                                     *change->n_cpus);
    if (change->cpuset)
        (void)!virTypedParamsAddString(&typed->params, &typed->n, &room, RESERVE_CPUS,
                                       change->cpuset);
    return typed;
}

static gpointer
refuse_without_corral(const char *uri, GError **error)
{
    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s runs without corral, or with an older one",
                uri);
    return NULL;
}

static gpointer
read_reserve(const char *uri, virTypedParameterPtr params, int n, GError **error)
{
    g_autoptr(CliReserve) reserve = g_new0(CliReserve, 1);
    unsigned long long memory;
    unsigned long long guest_memory;
    const char *cpus = "";

    if (virTypedParamsGetULLong(params, n, RESERVE_MEMORY, &memory) != 1 ||
        virTypedParamsGetULLong(params, n, GUEST_MEMORY, &guest_memory) != 1)
        return refuse_without_corral(uri, error);
    if (virTypedParamsGetString(params, n, RESERVE_CPUS, &cpus) < 0)
        virResetLastError();
    reserve->memory_kib = memory;
    reserve->guest_memory_kib = guest_memory;
    reserve->cpus = g_strdup(cpus);
    return g_steal_pointer(&reserve);
}

static gpointer
ask_reserve(virConnectPtr conn, const Question *question, GError **error)
{
    g_autofree virTypedParameterPtr params = NULL;
    gpointer answer;
    int room = 0;
    int n;

    if (virNodeGetMemoryParameters(conn, NULL, &room, 0) < 0) {
        refuse(question->uri, error);
        return NULL;
    }
    params = g_new0(virTypedParameter, room);
    n = room;
    if (virNodeGetMemoryParameters(conn, params, &n, 0) < 0) {
        refuse(question->uri, error);
        return NULL;
    }
    answer = read_reserve(question->uri, params, n, error);
    virTypedParamsClear(params, n);
    return answer;
}

/* What is wrong with a value is the daemon's to say. */
static gpointer
pass_on_refusal(const Question *question, GError **error)
{
    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s: %s", question->uri,
                virGetLastErrorMessage());
    return NULL;
}

static gpointer
set_reserve(virConnectPtr conn, const Question *question, GError **error)
{
    const Typed *typed = question->asked;

    return virNodeSetMemoryParameters(conn, typed->params, typed->n, 0) == 0
               ? g_strdup("done")
               : pass_on_refusal(question, error);
}

/* ---- where a guest is ---- */

/* Not metadata but a call of corral's: docs/policy.md, "Moving a guest". */
#define PLACE_NAMESPACE "https://corral.dev/xmlns/libvirt/place/1.0"

typedef struct {
    char *guest;
    char *element;
    unsigned int flags;
} Move;

static void
move_free(gpointer data)
{
    Move *move = data;

    g_free(move->guest);
    g_free(move->element);
    g_free(move);
}

/* As people name it: a guest may have a number for a name. */
static virDomainPtr
find_guest(virConnectPtr conn, const char *name)
{
    virDomainPtr dom = virDomainLookupByName(conn, name);
    guint64 id;

    if (!dom)
        dom = virDomainLookupByUUIDString(conn, name);
    if (!dom && g_ascii_string_to_unsigned(name, 10, 0, G_MAXINT, &id, NULL))
        dom = virDomainLookupByID(conn, (int)id);
    return dom;
}

/* Any other daemon would keep what it is told as metadata, and move nobody. */
static gpointer
move_guest(virConnectPtr conn, const Question *question, GError **error)
{
    const Move *move = question->asked;
    g_autoptr(CliReserve) corrals = ask_reserve(conn, question, error);
    gpointer answer;
    virDomainPtr dom;

    if (!corrals)
        return NULL;
    dom = find_guest(conn, move->guest);
    if (!dom) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s has no guest '%s'", question->uri,
                    move->guest);
        return NULL;
    }
    answer = virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, move->element, "place",
                                  PLACE_NAMESPACE, move->flags) == 0
                 ? g_strdup("done")
                 : pass_on_refusal(question, error);
    virDomainFree(dom);
    return answer;
}

/* ---- asking ---- */

static gpointer
ask(const Question *question, GError **error)
{
    virConnectPtr conn =
        question->writes ? virConnectOpen(question->uri) : virConnectOpenReadOnly(question->uri);
    gpointer answer;

    if (!conn) {
        refuse(question->uri, error);
        return NULL;
    }

    answer = question->ask(conn, question, error);
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

static Question *
question_new(const char *uri, AskFunc func, GDestroyNotify free_answer)
{
    Question *question = g_atomic_rc_box_new0(Question);

    question->uri = g_strdup(uri);
    question->ask = func;
    question->free_answer = free_answer;
    g_mutex_init(&question->lock);
    g_cond_init(&question->answered);
    return question;
}

/* Takes @question. */
static gpointer
put(Question *question, guint patience_ms, GError **error)
{
    const gint64 deadline = g_get_monotonic_time() + (gint64)patience_ms * G_TIME_SPAN_MILLISECOND;
    gpointer answer;

    g_thread_unref(g_thread_new("ask", ask_in_thread, g_atomic_rc_box_acquire(question)));

    g_mutex_lock(&question->lock);
    while (!question->done && g_cond_wait_until(&question->answered, &question->lock, deadline))
        continue;
    answer = g_steal_pointer(&question->answer);
    if (question->error)
        g_propagate_error(error, g_steal_pointer(&question->error));
    else if (!answer)
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s does not answer within %u ms",
                    question->uri, patience_ms);
    g_mutex_unlock(&question->lock);

    g_atomic_rc_box_release_full(question, question_clear);
    return answer;
}

CliDaemon *
cli_connect_ask(const char *uri, guint patience_ms, GError **error)
{
    return put(question_new(uri, ask_daemon, (GDestroyNotify)cli_daemon_free), patience_ms, error);
}

GPtrArray *
cli_connect_list_memory(const char *uri, guint patience_ms, GError **error)
{
    return put(question_new(uri, ask_memory, (GDestroyNotify)g_ptr_array_unref), patience_ms,
               error);
}

CliReserve *
cli_connect_get_reserve(const char *uri, guint patience_ms, GError **error)
{
    return put(question_new(uri, ask_reserve, (GDestroyNotify)cli_reserve_free), patience_ms,
               error);
}

/* Takes @asked, which is freed by @free_asked. */
static gboolean
tell(const char *uri, AskFunc func, gpointer asked, GDestroyNotify free_asked, guint patience_ms,
     GError **error)
{
    Question *question = question_new(uri, func, g_free);
    g_autofree char *answer = NULL;

    question->asked = asked;
    question->free_asked = free_asked;
    question->writes = TRUE;
    answer = put(question, patience_ms, error);
    return answer != NULL;
}

gboolean
cli_connect_set_reserve(const char *uri, const CliReserveChange *change, guint patience_ms,
                        GError **error)
{
    return tell(uri, set_reserve, typed_new(change), typed_free, patience_ms, error);
}

gboolean
cli_connect_move(const char *uri, const CliMove *move, guint patience_ms, GError **error)
{
    Move *own = g_new0(Move, 1);

    own->guest = g_strdup(move->guest);
    own->element = g_markup_printf_escaped("<partition>%s</partition>", move->partition);
    own->flags =
        (move->live ? VIR_DOMAIN_AFFECT_LIVE : 0) | (move->config ? VIR_DOMAIN_AFFECT_CONFIG : 0);
    return tell(uri, move_guest, own, move_free, patience_ms, error);
}
