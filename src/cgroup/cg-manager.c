/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Talking to systemd over the system's bus.
 *
 * The connection is our own: nobody else's is closed with it, and none of GLib's ends the
 * process when the bus goes.  One that was closed is replaced at the next call, so a
 * bus that is restarted, and a systemd that executes itself anew, cost time and no more.
 *
 * While it does that systemd is not on the bus: such a call is made again, until
 * patience ends.  A call that was heard and not answered in time is not: systemd will come
 * to it.  Who was kept waiting in vain once is not kept waiting as long the next time, until it
 * answers again: a host whose systemd hangs must still have its guests tuned.
 */
#include <config.h>

#include <string.h>

#include "cg-manager.h"
#include "corral-error.h"

#define NAME "org.freedesktop.systemd1"
#define PATH "/org/freedesktop/systemd1"
#define MANAGER NAME ".Manager"

#define PATIENCE_MS 10000
/* Of one that did not answer the last time. */
#define LITTLE_PATIENCE_MS 500

struct _CgManager {
    char *root;
    char *address; /* NULL: the system's */
    guint patience_ms;
    gint tired; /* atomic; whether the last call was not answered */

    GMutex lock; /* over what follows */
    GDBusConnection *connection;
};

CgManager *
cg_manager_new(const char *root)
{
    CgManager *self = g_new0(CgManager, 1);

    self->root = g_strdup(root);
    if (!g_str_equal(root, "/"))
        self->address = g_strdup_printf("unix:path=%s/run/dbus/system_bus_socket", root);
    self->patience_ms = PATIENCE_MS;
    g_mutex_init(&self->lock);
    return self;
}

void
cg_manager_free(CgManager *self)
{
    g_clear_object(&self->connection);
    g_mutex_clear(&self->lock);
    g_free(self->address);
    g_free(self->root);
    g_free(self);
}

const char *
cg_manager_get_root(CgManager *self)
{
    return self->root;
}

void
cg_manager_set_patience(CgManager *self, guint patience_ms)
{
    self->patience_ms = patience_ms;
}

static GDBusConnection *
connect_to_bus(CgManager *self, GError **error)
{
    const GDBusConnectionFlags flags = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                       G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;
    g_autofree char *address = g_strdup(self->address);

    if (!address)
        address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, error);

    return address ? g_dbus_connection_new_for_address_sync(address, flags, NULL, NULL, error)
                   : NULL;
}

static GDBusConnection *
take_connection(CgManager *self, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (self->connection && g_dbus_connection_is_closed(self->connection))
        g_clear_object(&self->connection);
    if (!self->connection)
        self->connection = connect_to_bus(self, error);

    return self->connection ? g_object_ref(self->connection) : NULL;
}

/* ---- answers ---- */

static const struct {
    const char *name;
    CorralError code;
} answers[] = {
    {NAME ".NoSuchUnit", CORRAL_ERROR_NOT_FOUND},
    {NAME ".UnitExists", CORRAL_ERROR_EXISTS},
    {NAME ".LoadFailed", CORRAL_ERROR_NOT_FOUND},
    {"org.freedesktop.DBus.Error.UnixProcessIdUnknown", CORRAL_ERROR_NOT_FOUND},
    {"org.freedesktop.DBus.Error.InvalidArgs", CORRAL_ERROR_REFUSED},
    {"org.freedesktop.DBus.Error.PropertyReadOnly", CORRAL_ERROR_UNSUPPORTED},
    {"org.freedesktop.DBus.Error.UnknownProperty", CORRAL_ERROR_UNSUPPORTED},
    {"org.freedesktop.DBus.Error.UnknownMethod", CORRAL_ERROR_UNSUPPORTED},
    {"org.freedesktop.DBus.Error.NotSupported", CORRAL_ERROR_UNSUPPORTED},
    {"org.freedesktop.DBus.Error.AccessDenied", CORRAL_ERROR_PERMISSION},
    {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", CORRAL_ERROR_PERMISSION},
};

/* These come from the bus: nobody has heard the call, or who has is gone. */
static const char *const absences[] = {
    "org.freedesktop.DBus.Error.NoReply",
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.Disconnected",
    NULL,
};

static gboolean
is_absence(const GError *failure)
{
    g_autofree char *name = g_dbus_error_get_remote_error(failure);

    /* Without a name it is the connection that failed. */
    return !name || g_strv_contains(absences, name) ||
           g_str_has_prefix(name, "org.freedesktop.DBus.Error.Spawn.");
}

static gboolean
is_timeout(const GError *failure)
{
    g_autofree char *name = g_dbus_error_get_remote_error(failure);

    return g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
           g_strcmp0(name, "org.freedesktop.DBus.Error.Timeout") == 0 ||
           g_strcmp0(name, "org.freedesktop.DBus.Error.TimedOut") == 0;
}

static void
set_answer(GError **error, GError *failure)
{
    g_autofree char *name = g_dbus_error_get_remote_error(failure);
    CorralError code = CORRAL_ERROR_FAILED;
    gsize i;

    for (i = 0; name && i < G_N_ELEMENTS(answers); i++) {
        if (g_str_equal(name, answers[i].name))
            code = answers[i].code;
    }

    g_dbus_error_strip_remote_error(failure);
    g_set_error(error, CORRAL_ERROR, code, "systemd says: %s", failure->message);
}

static void
set_silence(GError **error, const GError *failure)
{
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED, "systemd does not answer: %s",
                failure->message);
}

/* ---- calls ---- */

typedef struct {
    const char *path;
    const char *interface;
    const char *method;
    GVariant *parameters;
    const char *reply_type;
} Call;

static GVariant *
call_once(CgManager *self, const Call *call, int timeout_ms, GError **error)
{
    g_autoptr(GDBusConnection) connection = take_connection(self, error);

    if (!connection)
        return NULL;

    return g_dbus_connection_call_sync(connection, NAME, call->path, call->interface, call->method,
                                       call->parameters, G_VARIANT_TYPE(call->reply_type),
                                       G_DBUS_CALL_FLAGS_NO_AUTO_START, timeout_ms, NULL, error);
}

static GVariant *
call_until(CgManager *self, const Call *call, gint64 deadline, gboolean *silent, GError **error)
{
    gulong pause_us = 10000;

    while (TRUE) {
        gint64 left_ms = MAX((deadline - g_get_monotonic_time()) / 1000, 1);
        g_autoptr(GError) failure = NULL;
        GVariant *reply = call_once(self, call, left_ms, &failure);
        gboolean late;

        if (reply) {
            g_atomic_int_set(&self->tired, FALSE);
            return reply;
        }

        late = is_timeout(failure);
        *silent = late || is_absence(failure);
        if (!*silent) {
            g_atomic_int_set(&self->tired, FALSE);
            set_answer(error, failure);
            return NULL;
        }
        if (late || g_get_monotonic_time() + (gint64)pause_us >= deadline) {
            g_atomic_int_set(&self->tired, TRUE);
            set_silence(error, failure);
            return NULL;
        }
        g_usleep(pause_us);
        pause_us = MIN(pause_us * 2, 200000);
    }
}

static GVariant *
run_call(CgManager *self, const Call *call, gboolean *silent, GError **error)
{
    g_autoptr(GVariant) kept = call->parameters ? g_variant_ref_sink(call->parameters) : NULL;
    guint patience_ms = g_atomic_int_get(&self->tired) ? MIN(self->patience_ms, LITTLE_PATIENCE_MS)
                                                       : self->patience_ms;

    *silent = FALSE;
    return call_until(self, call,
                      g_get_monotonic_time() + (gint64)patience_ms * G_TIME_SPAN_MILLISECOND,
                      silent, error);
}

GVariant *
cg_manager_call(CgManager *self, const char *method, GVariant *parameters, const char *reply_type,
                gboolean *silent, GError **error)
{
    const Call call = {PATH, MANAGER, method, parameters, reply_type};

    return run_call(self, &call, silent, error);
}

static GVariant *
get_property_of(CgManager *self, const char *path, const char *interface, const char *property,
                gboolean *silent, GError **error)
{
    const Call call = {path, "org.freedesktop.DBus.Properties", "Get",
                       g_variant_new("(ss)", interface, property), "(v)"};
    g_autoptr(GVariant) reply = run_call(self, &call, silent, error);
    GVariant *value = NULL;

    if (reply)
        g_variant_get(reply, "(v)", &value);
    return value;
}

/*
 * systemd does what is due to groups before it takes the next message, so an answer to a
 * later one says that it is done.
 */
gboolean
cg_manager_settle(CgManager *self)
{
    gboolean silent;
    g_autoptr(GVariant) version = get_property_of(self, PATH, MANAGER, "Version", &silent, NULL);

    return version != NULL;
}

GVariant *
cg_manager_get_property(CgManager *self, const char *unit, const char *kind, const char *property,
                        gboolean *silent, GError **error)
{
    g_autofree char *interface = g_strconcat(NAME ".", kind, NULL);
    g_autoptr(GVariant) found =
        cg_manager_call(self, "GetUnit", g_variant_new("(s)", unit), "(o)", silent, error);
    const char *path;

    if (!found)
        return NULL;

    g_variant_get(found, "(&o)", &path);
    return get_property_of(self, path, interface, property, silent, error);
}

/* ---- jobs ---- */

typedef struct {
    GMainContext *context;
    GHashTable *results; /* of owned paths and what became of the jobs */
    gboolean late;
} JobWatch;

/* Other people's jobs, too; ours may end before we are told which one it is. */
static void
on_job_removed(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
               const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
               const char *signal G_GNUC_UNUSED, GVariant *parameters, gpointer user_data)
{
    JobWatch *watch = user_data;
    const char *job, *result;

    if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uoss)")))
        return;
    g_variant_get(parameters, "(u&os&s)", NULL, &job, NULL, &result);
    g_hash_table_replace(watch->results, g_strdup(job), g_strdup(result));
}

static gboolean
on_late(gpointer user_data)
{
    ((JobWatch *)user_data)->late = TRUE;
    return G_SOURCE_REMOVE;
}

static gboolean
wait_for_job(JobWatch *watch, const char *job, guint patience_ms)
{
    g_autoptr(GSource) timeout = g_timeout_source_new(patience_ms);

    g_source_set_callback(timeout, on_late, watch, NULL);
    g_source_attach(timeout, watch->context);
    while (!watch->late && !g_hash_table_contains(watch->results, job))
        g_main_context_iteration(watch->context, TRUE);
    g_source_destroy(timeout);

    return g_hash_table_contains(watch->results, job);
}

static gboolean
call_and_wait(CgManager *self, JobWatch *watch, const char *method, GVariant *parameters,
              guint patience_ms, char **result, gboolean *silent, GError **error)
{
    g_autoptr(GVariant) reply = cg_manager_call(self, method, parameters, "(o)", silent, error);
    const char *job;

    if (!reply)
        return FALSE;

    g_variant_get(reply, "(&o)", &job);
    if (!wait_for_job(watch, job, patience_ms)) {
        *silent = TRUE;
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED,
                    "systemd has not finished %s within %u ms", method, patience_ms);
        return FALSE;
    }

    *result = g_strdup(g_hash_table_lookup(watch->results, job));
    return TRUE;
}

gboolean
cg_manager_run_job(CgManager *self, const char *method, GVariant *parameters, guint patience_ms,
                   char **result, gboolean *silent, GError **error)
{
    g_autoptr(GVariant) kept = g_variant_ref_sink(parameters);
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GHashTable) results = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    JobWatch watch = {context, results, FALSE};
    g_autoptr(GVariant) subscribed = NULL;
    g_autoptr(GDBusConnection) connection = NULL;
    gboolean done = FALSE;
    guint id;

    /* It tells nobody of jobs before somebody has asked for it; on this very connection. */
    subscribed = cg_manager_call(self, "Subscribe", NULL, "()", silent, error);
    if (!subscribed && *silent)
        return FALSE;
    g_clear_error(error);
    connection = take_connection(self, error);
    if (!connection) {
        *silent = TRUE;
        return FALSE;
    }

    g_main_context_push_thread_default(context);
    id = g_dbus_connection_signal_subscribe(connection, NAME, MANAGER, "JobRemoved", PATH, NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE, on_job_removed, &watch, NULL);
    done = call_and_wait(self, &watch, method, kept, patience_ms, result, silent, error);
    g_dbus_connection_signal_unsubscribe(connection, id);
    /* What is on its way to us must not come after us. */
    while (g_main_context_iteration(context, FALSE))
        ;
    g_main_context_pop_thread_default(context);
    return done;
}
