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

/* Shared by the one who asks and the thread; the last of them frees it. */
typedef struct {
    char *uri;
    GMutex lock;
    GCond answered;
    gboolean done;
    CliDaemon *daemon;
    GError *error;
} Question;

static void
guest_free(gpointer data)
{
    CliGuest *guest = data;

    g_free(guest->name);
    g_free(guest);
}

void
cli_daemon_free(CliDaemon *self)
{
    g_ptr_array_unref(self->guests);
    g_free(self->libvirt);
    g_free(self);
}

static void
question_clear(gpointer data)
{
    Question *question = data;

    g_clear_pointer(&question->daemon, cli_daemon_free);
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

static CliDaemon *
ask(const char *uri, GError **error)
{
    g_autoptr(CliDaemon) daemon = g_new0(CliDaemon, 1);
    virConnectPtr conn = virConnectOpenReadOnly(uri);
    unsigned long version;
    gboolean answered;

    daemon->guests = g_ptr_array_new_with_free_func(guest_free);
    if (!conn) {
        refuse(uri, error);
        return NULL;
    }

    answered = virConnectGetLibVersion(conn, &version) == 0 || refuse(uri, error);
    if (answered) {
        daemon->libvirt = g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000,
                                          version % 1000);
        answered = list_guests(conn, uri, daemon->guests, error);
    }
    virConnectClose(conn);

    return answered ? g_steal_pointer(&daemon) : NULL;
}

static gpointer
ask_in_thread(gpointer data)
{
    Question *question = data;
    g_autoptr(GError) failure = NULL;
    CliDaemon *daemon;

    virSetErrorFunc(NULL, keep_quiet);
    daemon = ask(question->uri, &failure);

    g_mutex_lock(&question->lock);
    question->daemon = daemon;
    question->error = g_steal_pointer(&failure);
    question->done = TRUE;
    g_cond_signal(&question->answered);
    g_mutex_unlock(&question->lock);

    g_atomic_rc_box_release_full(question, question_clear);
    return NULL;
}

CliDaemon *
cli_connect_ask(const char *uri, guint patience_ms, GError **error)
{
    const gint64 deadline = g_get_monotonic_time() + (gint64)patience_ms * G_TIME_SPAN_MILLISECOND;
    Question *question = g_atomic_rc_box_new0(Question);
    CliDaemon *daemon;

    question->uri = g_strdup(uri);
    g_mutex_init(&question->lock);
    g_cond_init(&question->answered);
    g_thread_unref(g_thread_new("ask", ask_in_thread, g_atomic_rc_box_acquire(question)));

    g_mutex_lock(&question->lock);
    while (!question->done && g_cond_wait_until(&question->answered, &question->lock, deadline))
        continue;
    daemon = g_steal_pointer(&question->daemon);
    if (question->error)
        g_propagate_error(error, g_steal_pointer(&question->error));
    else if (!daemon)
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s does not answer within %u ms", uri,
                    patience_ms);
    g_mutex_unlock(&question->lock);

    g_atomic_rc_box_release_full(question, question_clear);
    return daemon;
}
