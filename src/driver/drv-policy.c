/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy in force is what the operator's file said when it was last found good.  A daemon
 * that starts over a file that is bad by now must go on with that, and not without one: so the
 * text is kept beside the status files, until the host starts anew.  There the share of
 * the host is kept, too, if somebody has set it over a connection; reading another file
 * ends that.  That connection may be another daemon's, and it is one host: whoever asks here
 * has what was last set, wherever.
 */
#include <config.h>

#include <glib/gstdio.h>
#include <string.h>

#include "drv-error.h"
#include "drv-libvirt.h"
#include "drv-policy.h"
#include "guest-set.h"
#include "policy-reserve.h"
#include "policy-xml.h"

VIR_LOG_INIT("corral.policy");

#define RUN_DIR LIBVIRT_RUNSTATEDIR "/libvirt/corral"
#define KEPT RUN_DIR "/policy.xml"
#define STATUS RUN_DIR "/policy.status"
#define RESERVE RUN_DIR "/reserve"

#define GROUP "reserve"

static GMutex mutex; /* of all that follows */
static Policy *policy;
static char *text;    /* what it was read from; NULL if there was no file */
static GStatBuf seen; /* the reserve's file, as it was looked at last; zeroes if there was none */

/* ---- with the mutex held ---- */

static gboolean
check_here(const Policy *checked, GError **error)
{
    g_autoptr(PolicyMachine) machine = policy_machine_read(NULL, error);

    return machine && policy_reserve_check(checked, machine, error);
}

/* NULL without an error if there is no file. */
static char *
read_text(const char *file, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *read = NULL;
    gsize length = 0;

    if (!g_file_get_contents(file, &read, &length, &failure)) {
        if (!g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (strlen(read) != length) {
        g_set_error(error, POLICY_ERROR, POLICY_ERROR_XML, "'%s' has a zero byte in it", file);
        return NULL;
    }
    return g_steal_pointer(&read);
}

/* NULL with an error if it is no good. */
static Policy *
understand(const char *xml, const char *file, GError **error)
{
    g_autoptr(Policy) read = xml ? policy_xml_parse(xml, file, error) : policy_new();

    if (!read)
        return NULL;
    if (!check_here(read, error)) {
        g_prefix_error(error, "'%s', ", file);
        return NULL;
    }
    return g_steal_pointer(&read);
}

static void
tell(const GError *refused)
{
    g_autofree char *status = g_strdup_printf("file=%s\nstate=%s\nreason=%s\n", DRV_POLICY_FILE,
                                              refused ? "refused" : (text ? "in force" : "none"),
                                              refused ? refused->message : "");

    if (!g_file_set_contents(STATUS, status, -1, NULL))
        g_debug("'%s' cannot be written", STATUS);
}

static void
keep(void)
{
    g_autoptr(GError) error = NULL;

    if (!text)
        g_unlink(KEPT);
    else if (!g_file_set_contents(KEPT, text, -1, &error))
        drv_error_log(g_steal_pointer(&error), DRV_POLICY_FILE, "keep what it says");
}

/* Takes both. */
static void
put_in_force(Policy *good, char *said)
{
    g_clear_pointer(&policy, policy_unref);
    g_free(text);
    policy = good;
    text = said;
}

/* ---- the reserve, as it was set ---- */

static void
keep_reserve(const PolicyReserve *reserve)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *cpus = reserve->cpus ? guest_set_format(reserve->cpus) : g_strdup("");
    g_autoptr(GError) error = NULL;

    g_key_file_set_uint64(file, GROUP, "memory_kib", reserve->memory_kib);
    g_key_file_set_uint64(file, GROUP, "n_cpus", reserve->n_cpus);
    g_key_file_set_string(file, GROUP, "cpus", cpus);
    if (!g_key_file_save_to_file(file, RESERVE, &error))
        drv_error_log(g_steal_pointer(&error), RESERVE, "keep the reserve");
}

/* NULL with an error if that would not do here. */
static Policy *
change(const Policy *base, const DrvReserveChange *wanted, GError **error)
{
    g_autoptr(Policy) changed = policy_copy(base);
    PolicyReserve *reserve = &changed->reserve;

    if (wanted->memory_kib)
        reserve->memory_kib = *wanted->memory_kib;
    if (wanted->n_cpus || wanted->cpus) {
        g_clear_pointer(&reserve->cpus, g_array_unref);
        reserve->n_cpus = wanted->n_cpus ? *wanted->n_cpus : 0;
    }
    if (wanted->cpus)
        reserve->cpus = g_array_copy((GArray *)wanted->cpus);
    return check_here(changed, error) ? g_steal_pointer(&changed) : NULL;
}

/* What was set before this daemon started. */
static void
recall_reserve(void)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *list = NULL;
    g_autoptr(GArray) cpus = NULL;
    g_autoptr(GError) error = NULL;
    DrvReserveChange wanted = {NULL};
    Policy *changed;
    guint64 kib;
    guint n;

    if (!g_key_file_load_from_file(file, RESERVE, G_KEY_FILE_NONE, NULL))
        return;

    kib = g_key_file_get_uint64(file, GROUP, "memory_kib", NULL);
    n = (guint)g_key_file_get_uint64(file, GROUP, "n_cpus", NULL);
    list = g_key_file_get_string(file, GROUP, "cpus", NULL);
    cpus = list && *list ? guest_set_parse(list) : NULL;
    wanted.memory_kib = &kib;
    wanted.n_cpus = &n;
    wanted.cpus = cpus;
    changed = change(policy, &wanted, &error);
    if (changed)
        put_in_force(changed, g_steal_pointer(&text));
    else
        drv_error_log(g_steal_pointer(&error), RESERVE, "keep the reserve that was set");
}

/* Whoever sets it makes a new file. */
static gboolean
is_reserve_new(void)
{
    const GStatBuf before = seen;

    if (g_stat(RESERVE, &seen) != 0)
        memset(&seen, 0, sizeof(seen));
    return seen.st_ino != before.st_ino || seen.st_mtim.tv_sec != before.st_mtim.tv_sec ||
           seen.st_mtim.tv_nsec != before.st_mtim.tv_nsec;
}

/* What we have set ourselves comes back by this, too. */
static void
follow_reserve(void)
{
    Policy *said;

    if (!policy || !is_reserve_new())
        return;
    said = understand(text, DRV_POLICY_FILE, NULL);
    if (said)
        put_in_force(said, g_steal_pointer(&text));
    recall_reserve();
}

/* ---- without it ---- */

void
drv_policy_tell(const GError *refused)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    tell(refused);
}

void
drv_policy_start(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
    g_autoptr(GError) failure = NULL;
    g_autofree char *said = NULL;
    g_autofree char *kept = NULL;
    Policy *good = NULL;

    if (policy)
        return;
    if (g_mkdir_with_parents(RUN_DIR, 0755) < 0)
        g_debug("'%s' cannot be made", RUN_DIR);

    kept = read_text(KEPT, NULL);
    said = read_text(DRV_POLICY_FILE, &failure);
    if (!failure)
        good = understand(said, DRV_POLICY_FILE, &failure);
    if (good) {
        /* It says something new: as if it had been read again. */
        if (g_strcmp0(said, kept) != 0)
            g_unlink(RESERVE);
        put_in_force(good, g_steal_pointer(&said));
        keep();
    } else {
        good = kept ? policy_xml_parse(kept, KEPT, NULL) : NULL;
        VIR_ERROR("corral: %s: %s", failure->message,
                  good ? "going on with what it said before" : "going on without a policy");
        put_in_force(good ? good : policy_new(), good ? g_steal_pointer(&kept) : NULL);
    }
    tell(failure);
    (void)is_reserve_new();
    recall_reserve();
}

gboolean
drv_policy_reload(gboolean *changed, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
    g_autoptr(GError) failure = NULL;
    g_autofree char *said = read_text(DRV_POLICY_FILE, &failure);
    Policy *good = failure ? NULL : understand(said, DRV_POLICY_FILE, &failure);

    if (!good) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    *changed = g_strcmp0(said, text) != 0;
    if (*changed) {
        g_unlink(RESERVE);
        put_in_force(good, g_steal_pointer(&said));
        keep();
    } else {
        policy_unref(good);
    }
    return TRUE;
}

Policy *
drv_policy_get(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    follow_reserve();
    return policy ? policy_ref(policy) : policy_new();
}

gboolean
drv_policy_set_reserve(const DrvReserveChange *wanted, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
    Policy *changed;

    follow_reserve();
    changed = policy ? change(policy, wanted, error) : NULL;
    if (!changed)
        return FALSE;
    put_in_force(changed, g_steal_pointer(&text));
    keep_reserve(&policy->reserve);
    return TRUE;
}
