/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A group's state is a hidden file: a line that says "open" or "closed", and its
 * exceptions, a line each.  devices.list is made of it.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>
#include "fake-devices.h"

#define STATE_FILE ".devices"
#define ANY (-1)

typedef struct {
    char type;
    gint64 major;
    gint64 minor;
    guint access;
} Exception;

typedef struct {
    gboolean open;
    GArray *list;
} State;

static const char letters[] = "rwm";

static guint
read_access(const char *text)
{
    guint access = 0;

    for (; *text && strchr(letters, *text); text++)
        access |= 1u << (strchr(letters, *text) - letters);
    return access;
}

static gboolean
read_exception(const char *line, Exception *exception)
{
    char major[16], minor[16], access[8];

    if (sscanf(line, "%c %15[0-9*]:%15[0-9*] %7[rwm]", &exception->type, major, minor, access) != 4)
        return FALSE;
    exception->major = major[0] == '*' ? ANY : g_ascii_strtoll(major, NULL, 10);
    exception->minor = minor[0] == '*' ? ANY : g_ascii_strtoll(minor, NULL, 10);
    exception->access = read_access(access);
    return TRUE;
}

static char *
format_number(gint64 number)
{
    return number == ANY ? g_strdup("*") : g_strdup_printf("%" G_GINT64_FORMAT, number);
}

static void
append_exception(GString *text, const Exception *exception)
{
    g_autofree char *major = format_number(exception->major);
    g_autofree char *minor = format_number(exception->minor);
    guint i;

    g_string_append_printf(text, "%c %s:%s ", exception->type, major, minor);
    for (i = 0; letters[i]; i++) {
        if (exception->access & (1u << i))
            g_string_append_c(text, letters[i]);
    }
    g_string_append_c(text, '\n');
}

static Exception *
at(State *state, guint i)
{
    return &g_array_index(state->list, Exception, i);
}

static void
state_clear(State *state)
{
    g_array_unref(state->list);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(State, state_clear);

static State
load(const char *dir)
{
    g_autofree char *name = g_build_filename(dir, STATE_FILE, NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    State state = {TRUE, g_array_new(FALSE, FALSE, sizeof(Exception))};
    gsize i;

    if (!g_file_get_contents(name, &text, NULL, NULL))
        return state;
    lines = g_strsplit(text, "\n", -1);
    state.open = g_str_equal(lines[0], "open");
    for (i = 1; lines[i]; i++) {
        Exception exception;

        if (read_exception(lines[i], &exception))
            g_array_append_val(state.list, exception);
    }
    return state;
}

static void
put(const char *dir, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(dir, file, NULL);

    g_assert_true(g_file_set_contents(name, text, -1, NULL));
}

static void
store(const char *dir, State *state)
{
    g_autoptr(GString) list = g_string_new(NULL);
    g_autofree char *text = NULL;
    guint i;

    for (i = 0; i < state->list->len; i++)
        append_exception(list, at(state, i));
    text = g_strconcat(state->open ? "open\n" : "closed\n", list->str, NULL);
    put(dir, STATE_FILE, text);
    put(dir, "devices.list", state->open ? "a *:* rwm\n" : list->str);
}

void
fake_devices_inherit(const char *dir, const char *parent)
{
    g_auto(State) state = load(parent);

    store(dir, &state);
}

/* ---- the kernel's rules ---- */

static gboolean
matches(gint64 exception, gint64 number, gboolean partial)
{
    return exception == ANY || exception == number || (partial && number == ANY);
}

static gboolean
finds(State *state, const Exception *wanted, gboolean partial)
{
    guint i;

    for (i = 0; i < state->list->len; i++) {
        const Exception *here = at(state, i);

        if (here->type == wanted->type && matches(here->major, wanted->major, partial) &&
            matches(here->minor, wanted->minor, partial) &&
            (partial ? (wanted->access & here->access) != 0 : !(wanted->access & ~here->access)))
            return TRUE;
    }

    return FALSE;
}

static void
add(State *state, const Exception *exception)
{
    guint i;

    for (i = 0; i < state->list->len; i++) {
        Exception *here = at(state, i);

        if (here->type == exception->type && here->major == exception->major &&
            here->minor == exception->minor) {
            here->access |= exception->access;
            return;
        }
    }
    g_array_append_val(state->list, *exception);
}

static void
take(State *state, const Exception *exception)
{
    guint i;

    for (i = state->list->len; i > 0; i--) {
        Exception *here = at(state, i - 1);

        if (here->type == exception->type && here->major == exception->major &&
            here->minor == exception->minor)
            here->access &= ~exception->access;
        if (here->access == 0)
            g_array_remove_index(state->list, i - 1);
    }
}

/* Whether a closed group below @parent may have @exception. */
static gboolean
may_have(State *parent, const Exception *exception)
{
    return parent->open ? !finds(parent, exception, TRUE) : finds(parent, exception, FALSE);
}

static gboolean
is_group(const char *dir)
{
    g_autofree char *name = g_build_filename(dir, "devices.list", NULL);

    return g_file_test(name, G_FILE_TEST_EXISTS);
}

static GPtrArray *
children_of(const char *dir)
{
    GPtrArray *children = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) stream = g_dir_open(dir, 0, NULL);
    const char *entry;

    while (stream && (entry = g_dir_read_name(stream))) {
        g_autofree char *below = g_build_filename(dir, entry, NULL);

        if (is_group(below))
            g_ptr_array_add(children, g_steal_pointer(&below));
    }
    return children;
}

/* A restriction goes down to all below @dir. */
static void
propagate(const char *dir, State *above, const Exception *exception)
{
    g_autoptr(GPtrArray) children = children_of(dir);
    guint i, k;

    for (i = 0; i < children->len; i++) {
        const char *child = g_ptr_array_index(children, i);
        g_auto(State) state = load(child);

        if (above->open && state.open)
            add(&state, exception);
        else
            take(&state, exception);
        for (k = state.list->len; k > 0 && !state.open; k--) {
            if (!may_have(above, at(&state, k - 1)))
                g_array_remove_index(state.list, k - 1);
        }
        store(child, &state);
        propagate(child, &state, exception);
    }
}

static int
fail(int errnum)
{
    errno = errnum;
    return -1;
}

static int
write_all(const char *dir, State *state, State *parent, gboolean allow)
{
    g_autoptr(GPtrArray) children = children_of(dir);

    if (children->len > 0)
        return fail(EINVAL);
    if (allow && parent && !parent->open)
        return fail(EPERM);

    g_array_set_size(state->list, 0);
    if (allow && parent)
        g_array_append_vals(state->list, parent->list->data, parent->list->len);
    state->open = allow;
    store(dir, state);
    return 0;
}

static int
write_one(const char *dir, State *state, State *parent, gboolean allow, const Exception *exception)
{
    if (allow && state->open) {
        if (parent && finds(parent, exception, TRUE))
            return fail(EPERM);
        take(state, exception);
    } else if (allow) {
        if (parent && !may_have(parent, exception))
            return fail(EPERM);
        add(state, exception);
    } else if (state->open) {
        add(state, exception);
    } else {
        take(state, exception);
    }

    store(dir, state);
    if (!allow)
        propagate(dir, state, exception);
    return 0;
}

int
fake_devices_write(const char *dir, gboolean allow, const char *text)
{
    g_autofree char *above = g_path_get_dirname(dir);
    g_auto(State) state = load(dir);
    g_auto(State) parent = load(above);
    State *if_any = is_group(above) ? &parent : NULL;
    Exception exception;

    if (text[0] == 'a')
        return write_all(dir, &state, if_any, allow);
    if (!read_exception(text, &exception) || !strchr("bc", exception.type))
        return fail(EINVAL);

    return write_one(dir, &state, if_any, allow, &exception);
}

gboolean
fake_devices_check(const char *dir, char type, guint major, guint minor, const char *access)
{
    g_auto(State) state = load(dir);
    Exception wanted = {type, major, minor, read_access(access)};

    return state.open ? !finds(&state, &wanted, TRUE) : finds(&state, &wanted, FALSE);
}
