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
 *
 * In most layouts a guest's component is its name and nothing else.  Such a name
 * must not pass for a group of another kind: what ends as theirs do has the dot
 * there written as \x2e, which the first rule never makes, and what could be the
 * UUID of another guest, or another's name with its driver in front, gets a '_'.
 */

#include <config.h>

#include <limits.h>
#include <string.h>

#include "guest-path.h"
#include "guest-private.h"

/* Well below PATH_MAX, so that a mount point, a child group and a file still fit. */
#define PATH_BYTES_MAX 3800

#define DIGEST_DIGITS 16

/* What users see of an over-long name in a message. */
#define MESSAGE_BYTES_MAX 80

static const char *const guest_drivers[] = {"qemu", "lxc"};

static const char *const scope_prefixes[] = {"machine", GUEST_PATH_OWN_SCOPE};

/* "cgroup", every controller there has ever been, and the pressure of interrupts: the kernel's
 * files are <one of these>.<something>.  A list rather than a look at this machine's controllers,
 * so that a guest's path does not change with the kernel. */
static const char *const kernel_prefixes[] = {
    "cgroup",  "cpu",     "cpuacct", "cpuset",  "memory",   "blkio",      "io",
    "devices", "freezer", "pids",    "net_cls", "net_prio", "perf_event", "hugetlb",
    "rdma",    "misc",    "dmem",    "debug",   "irq",
};

/* How guests' groups end in the other layouts, units of systemd's, and libvirt's partitions. */
static const char *const foreign_endings[] = {
    ".qemu.libvirt",
    ".lxc.libvirt",
    GUEST_PATH_STOCK_SUFFIX "qemu",
    GUEST_PATH_STOCK_SUFFIX "lxc",
    GUEST_PATH_SCOPE_SUFFIX,
    ".slice",
    ".partition",
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

/* @text in NAME_MAX bytes with @suffix, which is not cut; the guest is called @name. */
static char *
cut_component(const char *text, const char *name, const char *suffix)
{
    g_autofree char *escaped = escape_component(text);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
    const gsize room = NAME_MAX - strlen("_#-") - DIGEST_DIGITS - strlen(suffix);

    return g_strdup_printf("_#%.*s-%.*s%s", (int)cut_length(escaped, room), escaped, DIGEST_DIGITS,
                           digest, suffix);
}

static char *
flat_component(const char *driver, const char *name)
{
    g_autofree char *suffix = g_strdup_printf(".%s.libvirt", driver);
    g_autofree char *plain = g_strconcat(name, suffix, NULL);
    g_autofree char *escaped = escape_component(plain);

    if (strlen(escaped) > NAME_MAX)
        return cut_component(name, name, suffix);
    return g_steal_pointer(&escaped);
}

static char *
hide_ending(const char *escaped)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(foreign_endings); i++) {
        const char *ending = foreign_endings[i];

        if (g_str_has_suffix(escaped, ending))
            return g_strdup_printf("%.*s\\x2e%s", (int)(strlen(escaped) - strlen(ending)), escaped,
                                   ending + 1);
    }
    return g_strdup(escaped);
}

/* Whether @name alone is what another guest has in a layout that puts more into it, or a UUID. */
static gboolean
could_be_anothers(const char *name)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(guest_drivers); i++) {
        const gsize length = strlen(guest_drivers[i]);

        if (g_str_has_prefix(name, guest_drivers[i]) && name[length] == '-')
            return TRUE;
    }
    return g_uuid_string_is_valid(name);
}

/* A component that is @name and nothing else. */
static char *
bare_component(const char *name)
{
    g_autofree char *escaped = escape_component(name);
    g_autofree char *hidden = hide_ending(escaped);
    g_autofree char *marked = g_strconcat(could_be_anothers(name) ? "_" : "", hidden, NULL);

    return strlen(marked) > NAME_MAX ? cut_component(name, name, "") : g_steal_pointer(&marked);
}

static char *
single_component(const char *driver, const char *name)
{
    g_autofree char *both = g_strconcat(driver, "-", name, NULL);
    g_autofree char *escaped = escape_component(both);
    g_autofree char *hidden = hide_ending(escaped);

    return strlen(hidden) > NAME_MAX ? cut_component(both, name, "") : g_steal_pointer(&hidden);
}

/*
 * The unit that systemd has for a guest: machined's, whose name libvirt chooses, or
 * one of our own.  In the name of a unit what is no separator is escaped, the hyphen, too.
 * A number comes first in it if the guest is the system's; libvirt in a program, and a
 * user's own, begin with something else.
 */
static gboolean
is_scope(const char *component, const char *driver)
{
    gsize i;

    if (!g_str_has_suffix(component, GUEST_PATH_SCOPE_SUFFIX))
        return FALSE;
    for (i = 0; i < G_N_ELEMENTS(scope_prefixes); i++) {
        g_autofree char *prefix = g_strdup_printf("%s-%s\\x2d", scope_prefixes[i], driver);

        if (g_str_has_prefix(component, prefix) && g_ascii_isdigit(component[strlen(prefix)]))
            return TRUE;
    }
    return FALSE;
}

gboolean
guest_path_refuse_partition(GError **error, const char *partition, const char *why)
{
    g_autofree char *shown = shorten_for_message(partition);

    g_set_error(error, GUEST_ERROR, GUEST_ERROR_PARTITION, "Resource partition '%s' %s", shown,
                why);
    return FALSE;
}

static gboolean
is_named_as(const char *component, const char *driver)
{
    g_autofree char *ours = g_strdup_printf(".%s.libvirt", driver);
    g_autofree char *stocks = g_strconcat(GUEST_PATH_STOCK_SUFFIX, driver, NULL);

    return g_str_has_suffix(component, ours) ||
           (g_str_equal(driver, "lxc") && g_str_has_suffix(component, stocks));
}

static gboolean
append_partition(GString *path, const char *partition, GError **error)
{
    g_auto(GStrv) components = NULL;
    gsize i;
    gsize j;

    /* Word for word what libvirt says, and what people search for. */
    if (*partition != '/')
        return guest_path_refuse_partition(error, partition, "must start with '/'");
    if (partition[1] == '\0')
        return guest_path_refuse_partition(error, partition,
                                           "is the root, where no guest can live");

    components = g_strsplit(partition + 1, "/", -1);
    for (i = 0; components[i]; i++) {
        const char *component = components[i];
        g_autofree char *escaped = NULL;

        if (*component == '\0')
            return guest_path_refuse_partition(error, partition, "has an empty component");
        if (g_str_equal(component, ".") || g_str_equal(component, ".."))
            return guest_path_refuse_partition(error, partition, "must not contain '.' or '..'");
        for (j = 0; j < G_N_ELEMENTS(guest_drivers); j++) {
            if (is_named_as(component, guest_drivers[j]))
                return guest_path_refuse_partition(error, partition,
                                                   "would pass for the group of a guest");
        }

        escaped = escape_component(component);
        if (strlen(escaped) > NAME_MAX)
            return guest_path_refuse_partition(error, partition,
                                               "has a component that is too long");
        g_string_append(path, escaped);
        g_string_append_c(path, '/');
    }
    return TRUE;
}

/* Where the layout has the guests of the default partition. */
static void
append_home(GString *path, const GuestSite *site, const char *driver)
{
    if (guest_layout_is_below_own(site->layout) && *site->own)
        g_string_append_printf(path, "%s/", site->own);

    switch (site->layout) {
    case GUEST_LAYOUT_NESTED:
    case GUEST_LAYOUT_UUID:
    case GUEST_LAYOUT_ROOT:
        g_string_append_printf(path, "libvirt/%s/", driver);
        break;
    case GUEST_LAYOUT_SERVICE:
        g_string_append_printf(path, "%s/", driver);
        break;
    case GUEST_LAYOUT_SINGLE:
    case GUEST_LAYOUT_FLAT:
    case GUEST_LAYOUT_STOCK:
        break;
    }
}

static gboolean
append_above(GString *path, const Guest *guest, const GuestSite *site, GError **error)
{
    const char *partition = guest_get_partition(guest);
    g_autofree char *stocks = NULL;

    if (site->layout == GUEST_LAYOUT_STOCK) {
        stocks = guest_path_build_stock_partition(guest, error);
        if (stocks)
            g_string_append_printf(path, "%s/", stocks);
        return stocks != NULL;
    }
    if (site->layout == GUEST_LAYOUT_FLAT || !g_str_equal(partition, GUEST_DEFAULT_PARTITION))
        return append_partition(path, partition, error);

    append_home(path, site, guest_get_driver(guest));
    return TRUE;
}

static char *
guest_component(const Guest *guest, const GuestSite *site)
{
    const char *driver = guest_get_driver(guest);
    const char *name = guest_get_name(guest);

    switch (site->layout) {
    case GUEST_LAYOUT_STOCK:
        return guest_path_build_stock_component(driver, name, site->run);
    case GUEST_LAYOUT_UUID:
        return g_strdup(guest_get_uuid(guest));
    case GUEST_LAYOUT_SINGLE:
        return single_component(driver, name);
    case GUEST_LAYOUT_NESTED:
    case GUEST_LAYOUT_SERVICE:
    case GUEST_LAYOUT_ROOT:
        return bare_component(name);
    case GUEST_LAYOUT_FLAT:
        break;
    }
    return flat_component(driver, name);
}

char *
guest_path_build(const Guest *guest, const GuestSite *site, GError **error)
{
    static const GuestSite flat = {.layout = GUEST_LAYOUT_FLAT, .own = ""};
    g_autoptr(GString) path = g_string_new(NULL);
    g_autofree char *component = NULL;

    if (!site)
        site = &flat;
    if (*guest_get_name(guest) == '\0') {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_NAME, "The guest has no name");
        return NULL;
    }
    if (!append_above(path, guest, site, error))
        return NULL;

    component = guest_component(guest, site);
    if (!component) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_NAME,
                    "What guest '%s' is called by in layout '%s' is not known yet",
                    guest_get_name(guest), guest_layout_format(site->layout));
        return NULL;
    }
    g_string_append(path, component);
    if (path->len > PATH_BYTES_MAX) {
        guest_path_refuse_partition(error, guest_get_partition(guest), "is too long");
        return NULL;
    }
    return g_string_free(g_steal_pointer(&path), FALSE);
}

char *
guest_path_build_partition(const char *partition, GError **error)
{
    g_autoptr(GString) path = g_string_new(NULL);

    if (!append_partition(path, partition, error))
        return NULL;
    g_string_truncate(path, path->len - 1);
    return g_string_free(g_steal_pointer(&path), FALSE);
}

gboolean
guest_path_is_guest(const char *component, const char *driver)
{
    return *component != '.' && (is_named_as(component, driver) || is_scope(component, driver));
}

char *
guest_path_cut_scope(const char *path, const char *driver)
{
    g_auto(GStrv) components = g_strsplit(path, "/", -1);
    g_autoptr(GString) scope = g_string_new(NULL);
    gsize i;

    for (i = 0; components[i]; i++) {
        g_string_append_printf(scope, "%s%s", i > 0 ? "/" : "", components[i]);
        if (is_scope(components[i], driver))
            return g_string_free(g_steal_pointer(&scope), FALSE);
    }
    return NULL;
}

char *
guest_path_format_owner(const char *path)
{
    return g_strconcat("system /", path, NULL);
}
