/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dbus-daemon of our own, and a thread that is systemd on it.  What the tests say to it
 * goes through the thread's context, so that nothing happens while it answers.
 */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "fake-systemd.h"

#define NAME "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"

static const char introspection[] =
    "<node>"
    "<interface name='" NAME ".Manager'>"
    "<property name='Version' type='s' access='read'/>"
    "<method name='Subscribe'/>"
    "<method name='GetUnit'><arg type='s' direction='in'/><arg type='o' direction='out'/></method>"
    "<method name='GetUnitProcesses'><arg type='s' direction='in'/>"
    "<arg type='a(sus)' direction='out'/></method>"
    "<method name='SetUnitProperties'><arg type='s' direction='in'/><arg type='b' direction='in'/>"
    "<arg type='a(sv)' direction='in'/></method>"
    "<method name='StartUnit'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='o' direction='out'/></method>"
    "<method name='StopUnit'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='o' direction='out'/></method>"
    "<method name='ResetFailedUnit'><arg type='s' direction='in'/></method>"
    "<method name='StartTransientUnit'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='a(sv)' direction='in'/><arg type='a(sa(sv))' direction='in'/>"
    "<arg type='o' direction='out'/></method>"
    "<signal name='JobRemoved'>"
    "<arg type='u'/><arg type='o'/><arg type='s'/><arg type='s'/></signal>"
    "</interface>"
    "<interface name='" NAME ".Unit'>"
    "<property name='ActiveState' type='s' access='read'/>"
    "</interface>"
    "</node>";

struct _FakeSystemd {
    char *root;
    char *config;
    char *address;
    GPid bus;
    GThread *thread;
    GMainContext *context;
    GMainLoop *loop;
    GDBusNodeInfo *node;
    GDBusConnection *connection; /* of the thread */
    guint n_jobs;

    GMutex lock; /* over what follows */
    GCond ready;
    gboolean is_ready;
    GHashTable *units;   /* of owned names and states */
    GHashTable *members; /* of owned names and ids */
    GString *log;
    char *refuse_name;
    char *refuse_message;
    FakeSystemdFunc func;
    gpointer user_data;
    gboolean hang;
    gboolean restart;
};

static void join_bus(FakeSystemd *self);

/* ---- answers; on the thread, with the lock held ---- */

static void
log_properties(FakeSystemd *self, GVariantIter *properties)
{
    const char *name;
    GVariant *value;

    while (g_variant_iter_next(properties, "(&sv)", &name, &value)) {
        g_autofree char *text = g_variant_print(value, FALSE);

        g_string_append_printf(self->log, " %s=%s", name, text);
        g_variant_unref(value);
    }
}

static char *
path_of_unit(const char *unit)
{
    g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_MD5, unit, -1);

    return g_strconcat(MANAGER_PATH "/unit/", hex, NULL);
}

static void
answer_unknown(GDBusMethodInvocation *invocation, const char *unit)
{
    g_autofree char *message = g_strdup_printf("Unit %s not loaded.", unit);

    g_dbus_method_invocation_return_dbus_error(invocation, NAME ".NoSuchUnit", message);
}

static void
answer_with_job(FakeSystemd *self, GDBusMethodInvocation *invocation, const char *unit)
{
    g_autofree char *job = g_strdup_printf(MANAGER_PATH "/job/%u", ++self->n_jobs);

    g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", job));
    g_dbus_connection_emit_signal(self->connection, NULL, MANAGER_PATH, NAME ".Manager",
                                  "JobRemoved",
                                  g_variant_new("(uoss)", self->n_jobs, job, unit, "done"), NULL);
}

static void
answer_state_change(FakeSystemd *self, GDBusMethodInvocation *invocation, const char *what,
                    const char *unit, const char *state)
{
    g_string_append_printf(self->log, "%s %s\n", what, unit);
    if (self->func)
        self->func(what, unit, self->user_data);
    if (state)
        g_hash_table_replace(self->units, g_strdup(unit), g_strdup(state));
    else
        g_hash_table_remove(self->units, unit);
    if (!state)
        g_hash_table_remove(self->members, unit);
    answer_with_job(self, invocation, unit);
}

static void
answer_processes(FakeSystemd *self, GDBusMethodInvocation *invocation, const char *unit)
{
    guint pid = GPOINTER_TO_UINT(g_hash_table_lookup(self->members, unit));
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("a(sus)"));
    if (pid != 0)
        g_variant_builder_add(&list, "(sus)", "/x", pid, "x");
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(a(sus))", &list));
}

static void
answer_scope(FakeSystemd *self, GDBusMethodInvocation *invocation, const char *unit,
             GVariant *parameters)
{
    g_autoptr(GVariantIter) properties = NULL;
    const char *state = g_hash_table_lookup(self->units, unit);

    g_string_append_printf(self->log, "scope %s", unit);
    g_variant_get(parameters, "(ssa(sv)a(sa(sv)))", NULL, NULL, &properties, NULL);
    log_properties(self, properties);
    g_string_append_c(self->log, '\n');
    if (state) {
        g_dbus_method_invocation_return_dbus_error(
            invocation, NAME ".UnitExists", "Unit was already loaded or has a fragment file.");
        return;
    }
    g_hash_table_replace(self->units, g_strdup(unit), g_strdup("active"));
    answer_with_job(self, invocation, unit);
}

static void
answer_properties(FakeSystemd *self, GDBusMethodInvocation *invocation, const char *unit,
                  GVariant *parameters)
{
    g_autoptr(GVariantIter) properties = NULL;

    g_string_append_printf(self->log, "set %s", unit);
    g_variant_get(parameters, "(sba(sv))", NULL, NULL, &properties);
    log_properties(self, properties);
    g_string_append_c(self->log, '\n');
    if (self->func)
        self->func("set", unit, self->user_data);
    if (!g_hash_table_contains(self->units, unit) && !g_str_has_suffix(unit, ".slice"))
        answer_unknown(invocation, unit);
    else if (self->refuse_name)
        g_dbus_method_invocation_return_dbus_error(invocation, self->refuse_name,
                                                   self->refuse_message);
    else
        g_dbus_method_invocation_return_value(invocation, NULL);
    g_clear_pointer(&self->refuse_name, g_free);
    g_clear_pointer(&self->refuse_message, g_free);
}

static void
answer(FakeSystemd *self, GDBusMethodInvocation *invocation, const char *method,
       GVariant *parameters)
{
    const char *unit = NULL;

    if (g_str_equal(method, "Subscribe")) {
        g_dbus_method_invocation_return_value(invocation, NULL);
        return;
    }

    g_variant_get_child(parameters, 0, "&s", &unit);
    if (g_str_equal(method, "SetUnitProperties")) {
        answer_properties(self, invocation, unit, parameters);
    } else if (g_str_equal(method, "StartTransientUnit")) {
        answer_scope(self, invocation, unit, parameters);
    } else if (g_str_equal(method, "StartUnit")) {
        answer_state_change(self, invocation, "start", unit, "active");
    } else if (!g_hash_table_contains(self->units, unit)) {
        answer_unknown(invocation, unit);
    } else if (g_str_equal(method, "GetUnit")) {
        g_autofree char *path = path_of_unit(unit);

        g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", path));
    } else if (g_str_equal(method, "GetUnitProcesses")) {
        answer_processes(self, invocation, unit);
    } else if (g_str_equal(method, "StopUnit")) {
        answer_state_change(self, invocation, "stop", unit, NULL);
    } else {
        g_string_append_printf(self->log, "reset %s\n", unit);
        g_hash_table_remove(self->units, unit);
        g_dbus_method_invocation_return_value(invocation, NULL);
    }
}

static gboolean
leave_bus_and_return(gpointer user_data)
{
    FakeSystemd *self = user_data;

    g_dbus_connection_close_sync(self->connection, NULL, NULL);
    g_clear_object(&self->connection);
    join_bus(self);
    return G_SOURCE_REMOVE;
}

static void
on_call(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
        const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED, const char *method,
        GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
    FakeSystemd *self = user_data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (self->restart) {
        g_autoptr(GSource) source = g_idle_source_new();

        self->restart = FALSE;
        g_source_set_callback(source, leave_bus_and_return, self, NULL);
        g_source_attach(source, self->context);
        g_object_unref(invocation);
        return;
    }
    if (self->hang) {
        g_string_append_printf(self->log, "ignored %s\n", method);
        g_object_unref(invocation);
        return;
    }
    answer(self, invocation, method, parameters);
}

static GVariant *
get_property(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
             const char *path, const char *interface G_GNUC_UNUSED, const char *property,
             GError **error G_GNUC_UNUSED, gpointer user_data)
{
    FakeSystemd *self = user_data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    GHashTableIter iter;
    gpointer unit, state;

    if (g_str_equal(property, "Version"))
        return g_variant_new_string("252");

    g_hash_table_iter_init(&iter, self->units);
    while (g_hash_table_iter_next(&iter, &unit, &state)) {
        g_autofree char *here = path_of_unit(unit);

        if (g_str_equal(here, path))
            return g_variant_new_string(state);
    }

    return g_variant_new_string("inactive");
}

static const GDBusInterfaceVTable vtable = {.method_call = on_call, .get_property = get_property};

/* ---- units' objects ---- */

static char **
enumerate_units(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
                const char *path G_GNUC_UNUSED, gpointer user_data G_GNUC_UNUSED)
{
    return g_new0(char *, 1);
}

static GDBusInterfaceInfo **
introspect_unit(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
                const char *path G_GNUC_UNUSED, const char *node, gpointer user_data)
{
    FakeSystemd *self = user_data;
    GDBusInterfaceInfo **list = g_new0(GDBusInterfaceInfo *, 2);

    if (node)
        list[0] = g_dbus_interface_info_ref(self->node->interfaces[1]);
    return list;
}

static const GDBusInterfaceVTable *
dispatch_unit(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
              const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
              const char *node G_GNUC_UNUSED, gpointer *out_user_data, gpointer user_data)
{
    *out_user_data = user_data;
    return &vtable;
}

static const GDBusSubtreeVTable subtree = {
    .enumerate = enumerate_units,
    .introspect = introspect_unit,
    .dispatch = dispatch_unit,
};

/* ---- the thread, and the bus ---- */

static void
join_bus(FakeSystemd *self)
{
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GError) error = NULL;

    self->connection =
        g_dbus_connection_new_for_address_sync(self->address,
                                               G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                   G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                               NULL, NULL, &error);
    g_assert_no_error(error);
    g_dbus_connection_register_object(self->connection, MANAGER_PATH, self->node->interfaces[0],
                                      &vtable, self, NULL, &error);
    g_assert_no_error(error);
    g_dbus_connection_register_subtree(self->connection, MANAGER_PATH "/unit", &subtree,
                                       G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, self,
                                       NULL, &error);
    g_assert_no_error(error);
    reply = g_dbus_connection_call_sync(
        self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "RequestName", g_variant_new("(su)", NAME, 0), G_VARIANT_TYPE("(u)"),
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    g_assert_no_error(error);
}

static gboolean
say_ready(gpointer user_data)
{
    FakeSystemd *self = user_data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->is_ready = TRUE;
    g_cond_signal(&self->ready);
    return G_SOURCE_REMOVE;
}

static gpointer
be_systemd(gpointer data)
{
    FakeSystemd *self = data;
    g_autoptr(GSource) source = g_idle_source_new();

    g_main_context_push_thread_default(self->context);
    join_bus(self);
    g_source_set_callback(source, say_ready, self, NULL);
    g_source_attach(source, self->context);
    g_main_loop_run(self->loop);
    g_dbus_connection_close_sync(self->connection, NULL, NULL);
    g_clear_object(&self->connection);
    g_main_context_pop_thread_default(self->context);
    return NULL;
}

static void
die_with_parent(gpointer data G_GNUC_UNUSED)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* It says where it listens when it does. */
static gboolean
start_bus(FakeSystemd *self, GError **error)
{
    g_autofree char *config = g_strconcat("--config-file=", self->config, NULL);
    const char *const argv[] = {"dbus-daemon", config, "--nofork", "--print-address=1", NULL};
    char byte = '\0';
    int out;

    if (!g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
                                  G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_parent,
                                  NULL, &self->bus, NULL, &out, NULL, error))
        return FALSE;
    while (byte != '\n' && read(out, &byte, 1) == 1)
        ;
    close(out);
    g_assert_cmpint(byte, ==, '\n');
    return TRUE;
}

static void
start_thread(FakeSystemd *self)
{
    self->is_ready = FALSE;
    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, FALSE);
    self->thread = g_thread_new("systemd", be_systemd, self);
    g_mutex_lock(&self->lock);
    while (!self->is_ready)
        g_cond_wait(&self->ready, &self->lock);
    g_mutex_unlock(&self->lock);
}

static void
end_thread(FakeSystemd *self)
{
    g_main_loop_quit(self->loop);
    g_thread_join(self->thread);
    self->thread = NULL;
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
}

static void
end_bus(FakeSystemd *self)
{
    kill(self->bus, SIGKILL);
    waitpid(self->bus, NULL, 0);
    g_spawn_close_pid(self->bus);
    self->bus = 0;
}

static void
write_config(FakeSystemd *self)
{
    g_autofree char *text = g_strdup_printf(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
        " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
        "<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>"
        "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>"
        "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n",
        self->address);

    g_assert_true(g_file_set_contents(self->config, text, -1, NULL));
}

FakeSystemd *
fake_systemd_new(const char *root, char **why)
{
    FakeSystemd *self = g_new0(FakeSystemd, 1);
    g_autofree char *bus = g_build_filename(root, "run", "dbus", NULL);
    g_autofree char *sign = g_build_filename(root, "run", "systemd", "system", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(g_mkdir_with_parents(bus, 0755), ==, 0);
    g_assert_cmpint(g_mkdir_with_parents(sign, 0755), ==, 0);
    self->root = g_strdup(root);
    self->config = g_build_filename(bus, "bus.conf", NULL);
    self->address = g_strdup_printf("unix:path=%s/system_bus_socket", bus);
    self->log = g_string_new(NULL);
    self->units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->node = g_dbus_node_info_new_for_xml(introspection, &error);
    g_assert_no_error(error);
    write_config(self);
    if (!start_bus(self, &error)) {
        *why = g_strdup(error->message);
        fake_systemd_free(self);
        return NULL;
    }
    start_thread(self);
    return self;
}

void
fake_systemd_free(FakeSystemd *self)
{
    if (self->thread)
        end_thread(self);
    if (self->bus)
        end_bus(self);
    g_dbus_node_info_unref(self->node);
    g_hash_table_unref(self->units);
    g_hash_table_unref(self->members);
    g_string_free(self->log, TRUE);
    g_free(self->refuse_name);
    g_free(self->refuse_message);
    g_free(self->address);
    g_free(self->config);
    g_free(self->root);
    g_free(self);
}

void
fake_systemd_end_bus(FakeSystemd *self)
{
    end_thread(self);
    end_bus(self);
}

void
fake_systemd_begin_bus(FakeSystemd *self)
{
    g_autofree char *socket = g_build_filename(self->root, "run/dbus/system_bus_socket", NULL);
    g_autoptr(GError) error = NULL;

    g_unlink(socket);
    start_bus(self, &error);
    g_assert_no_error(error);
    start_thread(self);
}

/* ---- what it is told ---- */

void
fake_systemd_know(FakeSystemd *self, const char *unit, const char *state)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_hash_table_replace(self->units, g_strdup(unit), g_strdup(state));
}

void
fake_systemd_forget(FakeSystemd *self, const char *unit)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_hash_table_remove(self->units, unit);
}

void
fake_systemd_populate(FakeSystemd *self, const char *unit, guint pid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_hash_table_replace(self->members, g_strdup(unit), GUINT_TO_POINTER(pid));
}

char *
fake_systemd_take_log(FakeSystemd *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    char *text = g_strdup(self->log->str);

    g_string_truncate(self->log, 0);
    return text;
}

void
fake_systemd_refuse(FakeSystemd *self, const char *name, const char *message)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->refuse_name = g_strdup(name);
    self->refuse_message = g_strdup(message);
}

void
fake_systemd_hang(FakeSystemd *self, gboolean hang)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->hang = hang;
}

void
fake_systemd_restart_at_next(FakeSystemd *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->restart = TRUE;
}

void
fake_systemd_listen(FakeSystemd *self, FakeSystemdFunc func, gpointer user_data)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->func = func;
    self->user_data = user_data;
}
