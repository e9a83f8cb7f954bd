/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The overhead of a guest, measured.
 *
 * The group is charged with what the guest has touched and with all else.  How much of the
 * guest's memory is there the process's mappings tell; the rest is overhead, but for page
 * cache, which goes when it has to.  What is in swap just now cannot be told apart, so the
 * most that has been seen counts, and a quarter more: QEMU's buffers grow with use.
 *
 * The guest's memory is one mapping of exactly its size, or, with NUMA nodes and memory that was
 * plugged in, several large ones.  None is executable: that would be the translator's buffer,
 * which can be as large.
 */
#include <config.h>

#include <string.h>

#include "drv-overhead.h"

/* In bytes. */
#define LABEL "balloon-overhead"

#define MIB ((guint64)1 << 20)

/* QEMU with KVM, a few devices and nothing measured yet: docs/balloon.md. */
#define UNMEASURED (48 * MIB)
/* No QEMU was seen to get by with that little: the guest's memory was taken for something else. */
#define LEAST (8 * MIB)
/* As large as what malloc() maps at once (HEAP_MAX_SIZE of glibc). */
#define LARGE (64 * MIB)

typedef struct {
    guint64 exact; /* resident, of mappings of the guest's size */
    guint64 large; /* likewise, of large ones */
} Resident;

/* The line that begins a mapping: "BEGIN-END PERMS ...".  FALSE if this is another one. */
static gboolean
parse_mapping(const char *line, guint64 *size, gboolean *may_be_memory)
{
    const char *perms = strchr(line, ' ');
    char *end;
    guint64 from = g_ascii_strtoull(line, &end, 16);
    guint64 to;

    if (end == line || *end != '-' || !perms)
        return FALSE;
    to = g_ascii_strtoull(end + 1, &end, 16);
    if (end != perms || to <= from)
        return FALSE;

    *size = to - from;
    *may_be_memory = strlen(perms) > 4 && perms[1] == 'r' && perms[2] == 'w' && perms[3] == '-';
    return TRUE;
}

static gboolean
read_resident(pid_t pid, guint64 ram, guint64 *bytes)
{
    static const char field[] = "Rss:";
    g_autofree char *file = g_strdup_printf("/proc/%d/smaps", (int)pid);
    g_autofree char *text = NULL;
    Resident found = {0, 0};
    gboolean may_be_memory = FALSE;
    guint64 size = 0;
    char *line, *next;

    if (!g_file_get_contents(file, &text, NULL, NULL))
        return FALSE;

    for (line = text; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (parse_mapping(line, &size, &may_be_memory))
            continue;
        if (may_be_memory && g_str_has_prefix(line, field)) {
            guint64 rss = g_ascii_strtoull(line + strlen(field), NULL, 10) << 10;

            if (size == ram)
                found.exact += rss;
            else if (size > LARGE)
                found.large += rss;
        }
    }

    *bytes = MIN(found.exact > 0 ? found.exact : found.large, ram);
    return *bytes > 0;
}

static gboolean
measure(CorralGroup *group, pid_t pid, guint64 ram, guint64 *bytes)
{
    CorralMemoryStatistics statistics;
    guint64 usage, resident, cache;

    if (pid == 0 || !read_resident(pid, ram, &resident) ||
        !corral_group_get_memory_usage(group, &usage, NULL) ||
        !corral_group_get_memory_statistics(group, &statistics, NULL))
        return FALSE;

    cache = statistics.file == CORRAL_UNKNOWN ? 0 : statistics.file;
    if (statistics.shmem != CORRAL_UNKNOWN)
        cache -= MIN(cache, statistics.shmem);
    *bytes = usage - MIN(usage, cache + resident);
    *bytes += *bytes / 4;
    return *bytes >= LEAST;
}

guint64
drv_overhead_find(CorralGroup *group, pid_t pid, guint64 ram)
{
    g_autofree char *text = corral_group_get_label(group, LABEL, NULL);
    g_autofree char *now = NULL;
    guint64 kept = 0;
    guint64 measured;

    if (text && !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64 / 2, &kept, NULL))
        kept = 0;
    if (!measure(group, pid, ram, &measured))
        return kept > 0 ? kept : UNMEASURED;
    if (measured <= kept)
        return kept;

    now = g_strdup_printf("%" G_GUINT64_FORMAT, measured);
    if (!corral_group_set_label(group, LABEL, now, NULL))
        g_debug("no attributes on cgroups here");
    return measured;
}
