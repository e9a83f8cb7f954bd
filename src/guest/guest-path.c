/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Names that users choose become names of directories among the kernel's own
 * files, and they are read back from line-oriented files such as
 * /proc/PID/cgroup.  Three rules make every name safe, and none of them maps
 * two names to one:
 *
 *  - A byte that no such file could carry becomes \xNN, and so does the
 *    backslash, so that what looks like an escape always is one.
 *  - A component that could be one of the kernel's own files gets a '_' in
 *    front, and so does one that begins with '_' already.  Hence whoever sees
 *    a leading '_' may take it off and has the original.
 *  - A guest's component that is too long is cut, and the digest of the whole
 *    name follows.  It begins with "_#", which the second rule never makes:
 *    what follows its '_' is '_', '.' or a letter.
 *
 * Partitions are not cut, they are refused: their name is their address, and
 * people type it.
 */

#include <config.h>

#include <limits.h>
#include <string.h>

#include "guest-path.h"

/* Well below PATH_MAX, so that a mount point, a child group and a file still fit. */
#define PATH_BYTES_MAX 3800

#define DIGEST_DIGITS 16

/* What users see of an over-long name in a message. */
#define MESSAGE_BYTES_MAX 80

static const char *const guest_drivers[] = {"qemu", "lxc"};

/* "cgroup", every controller there has ever been, and the pressure of interrupts: the kernel's
 * files are <one of these>.<something>.  A list rather than a look at this machine's controllers,
 * so that a guest's path does not change with the kernel. */
static const char *const kernel_prefixes[] = {
    "cgroup",  "cpu",     "cpuacct", "cpuset",  "memory",   "blkio",      "io",
    "devices", "freezer", "pids",    "net_cls", "net_prio", "perf_event", "hugetlb",
    "rdma",    "misc",    "dmem",    "debug",   "irq",
};

static const char *const kernel_files[] = {"tasks", "notify_on_release", "release_agent"};

static gboolean
looks_like_kernel_file(const char *component)
{
    const char *dot = strchr(component, '.');
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(kernel_files); i++) {
        if (g_str_equal(component, kernel_files[i]))
            return TRUE;
    }

    for (i = 0; dot && i < G_N_ELEMENTS(kernel_prefixes); i++) {
        if (strlen(kernel_prefixes[i]) == (gsize)(dot - component) &&
            g_str_has_prefix(component, kernel_prefixes[i]))
            return TRUE;
    }
    return FALSE;
}

static char *
escape_component(const char *component)
{
    GString *escaped = g_string_new(NULL);
    const char *p;

    if (*component == '_' || *component == '.' || looks_like_kernel_file(component))
        g_string_append_c(escaped, '_');

    for (p = component; *p; p++) {
        if (g_ascii_iscntrl(*p) || *p == '/' || *p == '\\')
            g_string_append_printf(escaped, "\\x%02x", (guchar)*p);
        else
            g_string_append_c(escaped, *p);
    }
    return g_string_free(escaped, FALSE);
}

/* The most that fits in @max bytes without halving a character or an escape. */
static gsize
cut_length(const char *text, gsize max)
{
    const char *escape;
    gsize length = max;

    if (strlen(text) <= max)
        return strlen(text);

    /* No character has more than three bytes after its first; what has is not UTF-8. */
    while (length > 0 && max - length < 3 && ((guchar)text[length] & 0xc0) == 0x80)
        length--;

    escape = g_strrstr_len(text, (gssize)length, "\\");
    if (escape && (gsize)(escape - text) + strlen("\\xNN") > length)
        length = (gsize)(escape - text);
    return length;
}

static char *
shorten_for_message(const char *text)
{
    gsize length = cut_length(text, MESSAGE_BYTES_MAX);

    return g_strdup_printf("%.*s%s", (int)length, text, text[length] ? "..." : "");
}

static char *
guest_component(const char *driver, const char *name)
{
    g_autofree char *suffix = g_strdup_printf(".%s.libvirt", driver);
    g_autofree char *plain = g_strconcat(name, suffix, NULL);
    g_autofree char *escaped = escape_component(plain);
    g_autofree char *escaped_name = NULL;
    g_autofree char *digest = NULL;
    gsize room;

    if (strlen(escaped) <= NAME_MAX)
        return g_steal_pointer(&escaped);

    escaped_name = escape_component(name);
    digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
    room = NAME_MAX - strlen("_#-") - DIGEST_DIGITS - strlen(suffix);
    return g_strdup_printf("_#%.*s-%.*s%s", (int)cut_length(escaped_name, room), escaped_name,
                           DIGEST_DIGITS, digest, suffix);
}

static gboolean
partition_refuse(GError **error, const char *partition, const char *why)
{
    g_autofree char *shown = shorten_for_message(partition);

    g_set_error(error, GUEST_ERROR, GUEST_ERROR_PARTITION, "Resource partition '%s' %s", shown,
                why);
    return FALSE;
}

static gboolean
append_partition(GString *path, const char *partition, GError **error)
{
    g_auto(GStrv) components = NULL;
    gsize i;
    gsize j;

    /* Word for word what libvirt says, and what people search for. */
    if (*partition != '/')
        return partition_refuse(error, partition, "must start with '/'");
    if (partition[1] == '\0')
        return partition_refuse(error, partition, "is the root, where no guest can live");

    components = g_strsplit(partition + 1, "/", -1);
    for (i = 0; components[i]; i++) {
        const char *component = components[i];
        g_autofree char *escaped = NULL;

        if (*component == '\0')
            return partition_refuse(error, partition, "has an empty component");
        if (g_str_equal(component, ".") || g_str_equal(component, ".."))
            return partition_refuse(error, partition, "must not contain '.' or '..'");
        for (j = 0; j < G_N_ELEMENTS(guest_drivers); j++) {
            g_autofree char *suffix = g_strdup_printf(".%s.libvirt", guest_drivers[j]);

            if (g_str_has_suffix(component, suffix))
                return partition_refuse(error, partition, "would pass for the group of a guest");
        }

        escaped = escape_component(component);
        if (strlen(escaped) > NAME_MAX)
            return partition_refuse(error, partition, "has a component that is too long");
        g_string_append(path, escaped);
        g_string_append_c(path, '/');
    }
    return TRUE;
}

char *
guest_path_build(const Guest *guest, GError **error)
{
    g_autoptr(GString) path = g_string_new(NULL);
    g_autofree char *component = NULL;

    if (*guest_get_name(guest) == '\0') {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_NAME, "The guest has no name");
        return NULL;
    }
    if (!append_partition(path, guest_get_partition(guest), error))
        return NULL;

    component = guest_component(guest_get_driver(guest), guest_get_name(guest));
    g_string_append(path, component);
    if (path->len > PATH_BYTES_MAX) {
        partition_refuse(error, guest_get_partition(guest), "is too long");
        return NULL;
    }
    return g_string_free(g_steal_pointer(&path), FALSE);
}

gboolean
guest_path_is_guest(const char *component, const char *driver)
{
    g_autofree char *suffix = g_strdup_printf(".%s.libvirt", driver);

    return g_str_has_suffix(component, suffix) && strlen(component) > strlen(suffix);
}

/* virCgroupSetPartitionSuffix() of libvirt 9.0.0; it escapes what begins with the name of a
 * controller of this machine, we what begins with that of any. */
static char *
stock_component(const char *component, gboolean first)
{
    g_autofree char *suffixed = NULL;
    const char *dot;

    if (first && (g_str_equal(component, "machine") || g_str_equal(component, "system") ||
                  g_str_equal(component, "user")))
        return g_strdup(component);

    dot = strchr(component, '.');
    suffixed = dot ? g_strdup(component) : g_strconcat(component, ".partition", NULL);
    if (*suffixed == '_' || *suffixed == '.' || looks_like_kernel_file(suffixed))
        return g_strconcat("_", suffixed, NULL);

    return g_steal_pointer(&suffixed);
}

char *
guest_path_build_stock_parent(const Guest *guest)
{
    g_auto(GStrv) components = g_strsplit(guest_get_partition(guest), "/", -1);
    g_autoptr(GString) path = g_string_new(NULL);
    gsize i;

    /* The first is what is before the leading slash. */
    for (i = 1; components[0] && components[i] && components[i + 1]; i++) {
        g_autofree char *component = stock_component(components[i], i == 1);

        if (path->len > 0)
            g_string_append_c(path, '/');
        g_string_append(path, component);
    }

    return path->len > 0 ? g_string_free(g_steal_pointer(&path), FALSE) : NULL;
}
