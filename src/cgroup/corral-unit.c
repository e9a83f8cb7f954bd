/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where systemd keeps what, by name alone.
 *
 * Three spellings of one place.  A partition is what users say:
 * "/production/web 1".  Its slice is one word in which a dash is a level, and a byte
 * that a unit's name cannot have is \xNN: "production-web\x201.slice".  The slice's
 * group has a directory for each level, named by all levels up to it:
 * "production.slice/production-web\x201.slice".
 *
 * A directory must not pass for one of the kernel's files, so there a name that might, or
 * that begins with '_', gets another '_' in front: "/_a" is _a.slice in __a.slice.
 *
 * Escaping is as systemd does it, and as libvirt, which has it from there; so only
 * what comes out of it is taken back.
 */
#include <config.h>

#include <string.h>

#include "corral-error.h"
#include "corral-unit.h"

#define ROOT_SLICE "-.slice"
#define SLICE ".slice"

/* systemd's; a directory cannot have more anyway. */
#define NAME_BYTES_MAX 255

/* What units that have groups end in. */
static const char *const suffixes[] = {".mount", SLICE, ".scope", ".service", ".socket", ".swap"};

/* Names of directories that systemd takes for the kernel's, as far as they may come before
 * a dot; controllers, and what it counts among them. */
static const char *const kernel_prefixes[] = {
    "cgroup",
    "cpu",
    "cpuacct",
    "cpuset",
    "io",
    "blkio",
    "memory",
    "devices",
    "pids",
    "bpf-firewall",
    "bpf-devices",
    "bpf-foreign",
    "bpf-socket-bind",
    "bpf-restrict-network-interfaces",
    "bpf-bind-network-interface",
};

/* What users see of an over-long name in a message. */
#define MESSAGE_BYTES_MAX 80

/* Always NULL. */
static char *
refuse(GError **error, const char *what, const char *name, const char *why)
{
    const char *more = strlen(name) > MESSAGE_BYTES_MAX ? "..." : "";
    g_autofree char *shown = g_strndup(name, MESSAGE_BYTES_MAX);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "%s '%s%s' %s", what, shown, more, why);
    return NULL;
}

/* ---- escaping ---- */

static gboolean
is_plain(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr(":_.", c));
}

static void
escape(GString *name, const char *text)
{
    const char *p;

    for (p = text; *p; p++) {
        if (*p == '/')
            g_string_append_c(name, '-');
        else if (is_plain(*p) && (*p != '.' || p != text))
            g_string_append_c(name, *p);
        else
            g_string_append_printf(name, "\\x%02x", (guchar)*p);
    }
}

/* @length bytes of @name, in which a dash is a slash; NULL where something follows a
 * backslash that escape() never makes, as far as can be seen by looking at it alone. */
static char *
unescape(const char *name, gsize length)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gsize i;

    for (i = 0; i < length; i++) {
        int high, low;

        if (name[i] != '\\') {
            g_string_append_c(text, name[i] == '-' ? '/' : name[i]);
            continue;
        }
        if (length - i < strlen("\\xNN") || name[i + 1] != 'x')
            return NULL;
        high = g_ascii_xdigit_value(name[i + 2]);
        low = g_ascii_xdigit_value(name[i + 3]);
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return NULL;
        g_string_append_c(text, (char)(high * 16 + low));
        i += 3;
    }

    return g_string_free(g_steal_pointer(&text), FALSE);
}

/**
 * corral_unit_escape:
 * @text: anything
 *
 * Makes a part of a unit's name of any text, as systemd-escape(1) does: a slash
 * becomes a dash, and what a name cannot have, a dash, and a dot at the beginning
 * become \xNN.
 *
 * Returns: (transfer full): the part of a name; "" for ""
 * Since: 0.1
 */
char *
corral_unit_escape(const char *text)
{
    GString *name = g_string_new(NULL);

    escape(name, text);
    return g_string_free(name, FALSE);
}

/* ---- names of units ---- */

static const char *
suffix_of(const char *name)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (g_str_has_suffix(name, suffixes[i]) && strlen(name) > strlen(suffixes[i]))
            return suffixes[i];
    }

    return NULL;
}

static gboolean
is_unit(const char *name)
{
    const char *p;

    for (p = name; *p; p++) {
        if (!is_plain(*p) && !strchr("-\\@", *p))
            return FALSE;
    }

    return name[0] != '@' && strlen(name) <= NAME_BYTES_MAX && suffix_of(name);
}

/* Each dash is a level, and none is without a name. */
static gboolean
is_slice(const char *name)
{
    const gsize length = strlen(name) - MIN(strlen(name), strlen(SLICE));

    if (g_str_equal(name, ROOT_SLICE))
        return TRUE;

    return is_unit(name) && g_str_has_suffix(name, SLICE) && name[0] != '-' &&
           name[length - 1] != '-' && !strstr(name, "--") && !strchr(name, '@');
}

/* "." and ".." are names of slices, but not of partitions: no one could walk there. */
static gboolean
check_component(const char *partition, const char *component, GError **error)
{
    if (component[0] == '\0')
        refuse(error, "partition", partition, "has an empty component");
    else if (g_str_equal(component, ".") || g_str_equal(component, ".."))
        refuse(error, "partition", partition, "must not contain '.' or '..'");
    else
        return TRUE;

    return FALSE;
}

static gboolean
check_partition(const char *partition, GError **error)
{
    g_auto(GStrv) components = NULL;
    gsize i;

    if (partition[0] != '/') {
        refuse(error, "partition", partition, "must start with '/'");
        return FALSE;
    }

    components = g_strsplit(partition + 1, "/", -1);
    for (i = 0; components[i]; i++) {
        if (!check_component(partition, components[i], error))
            return FALSE;
    }

    return TRUE;
}

/**
 * corral_unit_slice_from_partition:
 * @partition: e.g. "/production/web 1"; "/" is the root slice
 * @error: where to put what went wrong
 *
 * The slice that libvirt has systemd make for a partition.
 *
 * %CORRAL_ERROR_NAME: it does not begin with a slash, has an empty component, or one that is
 * "." or "..", or is so long that no unit can have its name.
 *
 * Returns: (transfer full): the slice's name, e.g. "production-web\x201.slice"
 * Since: 0.1
 */
char *
corral_unit_slice_from_partition(const char *partition, GError **error)
{
    g_autoptr(GString) name = g_string_new(NULL);

    if (g_str_equal(partition, "/"))
        return g_strdup(ROOT_SLICE);
    if (!check_partition(partition, error))
        return NULL;

    escape(name, partition + 1);
    g_string_append(name, SLICE);
    if (name->len > NAME_BYTES_MAX)
        return refuse(error, "partition", partition, "is too long to be the name of a slice");

    return g_string_free(g_steal_pointer(&name), FALSE);
}

/**
 * corral_unit_slice_to_partition:
 * @slice: a slice's name, e.g. "production-web\x201.slice"
 * @error: where to put what went wrong
 *
 * The opposite of corral_unit_slice_from_partition().
 *
 * %CORRAL_ERROR_NAME: it is no slice's name, or one that no partition becomes: not all
 * that systemd takes comes out of escaping.
 *
 * Returns: (transfer full): the partition, e.g. "/production/web 1"
 * Since: 0.1
 */
char *
corral_unit_slice_to_partition(const char *slice, GError **error)
{
    g_autofree char *below = NULL;
    g_autofree char *partition = NULL;
    g_autofree char *again = NULL;

    if (g_str_equal(slice, ROOT_SLICE))
        return g_strdup("/");
    if (!is_slice(slice))
        return refuse(error, "unit", slice, "is not a slice");

    below = unescape(slice, strlen(slice) - strlen(SLICE));
    partition = below ? g_strconcat("/", below, NULL) : NULL;
    again = partition ? corral_unit_slice_from_partition(partition, NULL) : NULL;
    if (g_strcmp0(again, slice) != 0)
        return refuse(error, "slice", slice, "is not what a partition becomes");

    return g_steal_pointer(&partition);
}

/* ---- groups ---- */

/*
 * Whether systemd puts a '_' in front of the directory of unit @name.  It once compared
 * with what is before the last dot, and does with what is before the first: *either says
 * that it depends on the release.
 */
static gboolean
needs_mark(const char *name, gboolean *either)
{
    const char *last = strrchr(name, '.');
    gsize i;

    *either = FALSE;
    if (name[0] == '_' || name[0] == '.')
        return TRUE;

    for (i = 0; i < G_N_ELEMENTS(kernel_prefixes); i++) {
        const gsize length = strlen(kernel_prefixes[i]);

        if (!g_str_has_prefix(name, kernel_prefixes[i]) || name[length] != '.')
            continue;
        *either = i > 0 && name + length != last;
        return TRUE;
    }

    return FALSE;
}

static gboolean
append_directory(GString *path, const char *name, GError **error)
{
    gboolean either;
    gboolean marked = needs_mark(name, &either);

    if (either) {
        refuse(error, "unit", name, "has a group whose name depends on the version of systemd");
        return FALSE;
    }
    if (strlen(name) + marked > NAME_BYTES_MAX) {
        refuse(error, "unit", name, "has a name that is too long for a group");
        return FALSE;
    }

    g_string_append_printf(path, "%s%s%s", path->len ? "/" : "", marked ? "_" : "", name);
    return TRUE;
}

/* "a-b.slice": a.slice, a-b.slice. */
static gboolean
append_slices(GString *path, const char *slice, GError **error)
{
    const char *dash = slice;

    if (g_str_equal(slice, ROOT_SLICE))
        return TRUE;

    while ((dash = strchr(dash, '-'))) {
        g_autofree char *above = g_strdup_printf("%.*s" SLICE, (int)(dash - slice), slice);

        if (!append_directory(path, above, error))
            return FALSE;
        dash++;
    }

    return append_directory(path, slice, error);
}

/**
 * corral_unit_build_path:
 * @slice: a slice's name; "-.slice" is the root
 * @unit: (nullable): the name of a scope or service in it, or of another unit that is not a
 *   slice; %NULL for the slice itself
 * @error: where to put what went wrong
 *
 * Where systemd puts the group of a unit, whether it is there or not.
 *
 * %CORRAL_ERROR_NAME: @slice is not a slice's name, or @unit none of a unit that has a
 * group; or systemd's releases disagree about where it is: those that are named like a file
 * of the kernel with more than one dot, as "cpu.a.slice".
 *
 * Returns: (transfer full): the path of the group
 * Since: 0.1
 */
char *
corral_unit_build_path(const char *slice, const char *unit, GError **error)
{
    g_autoptr(GString) path = g_string_new(NULL);

    if (!is_slice(slice))
        return refuse(error, "unit", slice, "is not a slice");
    if (unit && (!is_unit(unit) || g_str_equal(suffix_of(unit), SLICE)))
        return refuse(error, "unit", unit, "has no group in a slice");
    if (!append_slices(path, slice, error) || (unit && !append_directory(path, unit, error)))
        return NULL;

    return g_string_free(g_steal_pointer(&path), FALSE);
}

/* "a.slice" is right below the root, "a-b.slice" right below "a.slice". */
static gboolean
is_slice_of(const char *name, const char *parent)
{
    const char *dash = strrchr(name, '-');

    if (!is_slice(name) || g_str_equal(name, ROOT_SLICE))
        return FALSE;
    if (!dash || !parent)
        return !dash && !parent;

    return strlen(parent) == (gsize)(dash - name) + strlen(SLICE) &&
           strncmp(parent, name, dash - name) == 0;
}

/**
 * corral_unit_find:
 * @path: the path of a group; "" is the root
 * @inside: (out) (optional): whether @path is below the unit's group, and not that itself
 *
 * Whose group a path is on a host that systemd runs, by its name: below slices, each of which
 * is one of the slice above it, the first group that is named as a unit.  Without such
 * a one it is the slice itself, if the path goes no further.  Whether there is such a unit only
 * systemd knows.
 *
 * Returns: (transfer full) (nullable): the unit's name; %NULL if no unit's group is called
 *   so, and @inside is untouched then
 * Since: 0.1
 */
char *
corral_unit_find(const char *path, gboolean *inside)
{
    g_auto(GStrv) components = g_strsplit(path, "/", -1);
    const char *slice = NULL;
    const char *name = NULL;
    gsize i;

    for (i = 0; components[i]; i++) {
        name = components[i] + (components[i][0] == '_');
        if (!is_slice_of(name, slice))
            break;
        slice = name;
    }

    if (path[0] != '\0' && components[i] && is_unit(name) && !g_str_equal(suffix_of(name), SLICE))
        i++;
    else if (components[i] || !slice)
        return NULL;

    if (inside)
        *inside = components[i] != NULL;
    return g_strdup(name);
}
