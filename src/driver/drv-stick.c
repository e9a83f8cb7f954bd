/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The governor's limit and the user's, in one file of the kernel's.
 *
 * The label says what the user's is and what is in force in its place, before it is
 * written and after: whichever of the two is found there, it is the governor's, and
 * whatever else is found was written by somebody else and is the user's.  So a daemon that
 * is killed between any two steps leaves nothing that could be mistaken.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "drv-stick.h"
#include "policy-machine.h"

/* "USERS AFTER BEFORE", in bytes */
#define LABEL "balloon-limit"

/* Until the kernel has taken note of a limit. */
#define LOOK_US 200

static guint64
whole_pages(guint64 bytes)
{
    const guint64 page = (guint64)sysconf(_SC_PAGESIZE);

    return bytes == CORRAL_MEMORY_UNLIMITED ? bytes : bytes / page * page;
}

CorralGroup *
drv_stick_open(CorralHost *host, const char *path, GError **error)
{
    CorralGroup *group = corral_group_open(host, path, CORRAL_CONTROLLERS_MEMORY, error);

    if (group && !(corral_group_get_controllers(group) & CORRAL_CONTROLLERS_MEMORY)) {
        g_clear_object(&group);
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                    "'%s' has no memory controller", path);
    }
    return group;
}

static gboolean
parse(const char *text, guint64 *users, guint64 *after, guint64 *before)
{
    g_auto(GStrv) words = text ? g_strsplit(text, " ", -1) : NULL;

    return words && g_strv_length(words) == 3 &&
           g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXUINT64, users, NULL) &&
           g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXUINT64, after, NULL) &&
           g_ascii_string_to_unsigned(words[2], 10, 0, G_MAXUINT64, before, NULL);
}

gboolean
drv_stick_read(CorralGroup *group, DrvStick *self, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *text = NULL;
    DrvStick read = {.setting = CORRAL_SETTING_MEMORY_HIGH};
    guint64 users, after, before;

    if (!corral_group_get(group, read.setting, &read.now, &failure)) {
        if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        read.setting = CORRAL_SETTING_MEMORY_LIMIT;
        read.kills = TRUE;
        if (!corral_group_get(group, read.setting, &read.now, error))
            return FALSE;
    }

    read.users = read.now;
    text = corral_group_get_label(group, LABEL, NULL);
    if (parse(text, &users, &after, &before) && (read.now == after || read.now == before))
        read.users = users;
    *self = read;
    return TRUE;
}

static gboolean
note(CorralGroup *group, guint64 users, guint64 after, guint64 before, GError **error)
{
    g_autofree char *text = g_strdup_printf(
        "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, users, after, before);

    return corral_group_set_label(group, LABEL, text, error);
}

/* Only if there is one: most guests never have. */
void
drv_stick_forget(CorralGroup *group)
{
    g_autofree char *text = corral_group_get_label(group, LABEL, NULL);

    if (text && *text && !corral_group_set_label(group, LABEL, "", NULL))
        g_debug("a label stays");
}

/* *@wanted: what is to be written for @bytes; nothing is if that is FALSE. */
static gboolean
prepare(CorralGroup *group, const DrvStick *self, guint64 bytes, guint64 *wanted, GError **error)
{
    *wanted = MIN(whole_pages(bytes), self->users);
    return *wanted == self->users || note(group, self->users, *wanted, self->now, error);
}

gboolean
drv_stick_set(CorralGroup *group, DrvStick *self, guint64 bytes, GError **error)
{
    guint64 wanted;

    if (MIN(whole_pages(bytes), self->users) == self->now)
        return TRUE;
    if (!prepare(group, self, bytes, &wanted, error) ||
        !corral_group_set(group, self->setting, wanted, error))
        return FALSE;

    if (wanted == self->users)
        drv_stick_forget(group);
    self->now = wanted;
    return TRUE;
}

/* ---- in a thread ---- */

struct _DrvStickWriter {
    CorralGroup *group;
    CorralSetting setting;
    guint64 bytes;
    GError *error;
    gint done; /* atomic */
    GThread *thread;
};

static gpointer
write_it(gpointer data)
{
    DrvStickWriter *self = data;

    (void)!corral_group_set(self->group, self->setting, self->bytes, &self->error);
    g_atomic_int_set(&self->done, TRUE);
    return NULL;
}

/* The kernel has it before it begins to take anything. */
static gboolean
is_in_force(CorralGroup *group, const DrvStickWriter *writer)
{
    guint64 now;

    return corral_group_get(group, writer->setting, &now, NULL) && now == writer->bytes;
}

DrvStickWriter *
drv_stick_start(CorralGroup *group, DrvStick *self, guint64 bytes, GError **error)
{
    DrvStickWriter *writer;
    guint64 wanted;

    if (!prepare(group, self, bytes, &wanted, error))
        return NULL;

    writer = g_new0(DrvStickWriter, 1);
    writer->setting = self->setting;
    writer->bytes = wanted;
    /* Two threads do not share one. */
    writer->group =
        drv_stick_open(corral_group_get_host(group), corral_group_get_path(group), error);
    if (writer->group)
        writer->thread = g_thread_try_new("corral-limit", write_it, writer, error);
    while (writer->thread && !g_atomic_int_get(&writer->done) && !is_in_force(group, writer))
        g_usleep(LOOK_US);

    if (writer->thread && g_atomic_int_get(&writer->done) && writer->error)
        g_propagate_error(error, g_steal_pointer(&writer->error));
    else if (writer->thread) {
        self->now = wanted;
        return writer;
    }
    drv_stick_join(writer);
    return NULL;
}

void
drv_stick_join(DrvStickWriter *writer)
{
    if (!writer)
        return;

    if (writer->thread)
        g_thread_join(writer->thread);
    g_clear_error(&writer->error);
    g_clear_object(&writer->group);
    g_free(writer);
}

guint64
drv_stick_tighten(const DrvStick *self, guint64 bytes)
{
    return self->now < self->users ? MIN(self->now, bytes) : bytes;
}

void
drv_stick_note_users(CorralGroup *group, const DrvStick *self, guint64 bytes)
{
    const guint64 now = whole_pages(drv_stick_tighten(self, bytes));

    if (now >= whole_pages(bytes))
        drv_stick_forget(group);
    else if (!note(group, whole_pages(bytes), now, now, NULL))
        g_debug("no attributes on cgroups here");
}

guint64
drv_stick_find_swap_room(CorralGroup *group, const DrvStick *self)
{
    guint64 total, host;
    guint64 limit, used;
    guint swappiness;

    policy_machine_read_swap(NULL, &total, &host);
    if (host == 0)
        return 0;
    /* Where memory and swap are limited together, swapping changes nothing about their sum. */
    if (self->kills)
        return corral_group_get_swappiness(group, &swappiness, NULL) && swappiness == 0 ? 0 : host;

    if (!corral_group_get_swap_limit(group, &limit, NULL) || limit == CORRAL_MEMORY_UNLIMITED ||
        !corral_group_get_swap_usage(group, &used, NULL))
        return host;
    return MIN(host, limit > used ? limit - used : 0);
}
