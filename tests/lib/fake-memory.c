/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of memory on the fake machine. */
#include <config.h>

#include "fake-memory.h"

#define LIMIT_FILE "memory.limit_in_bytes"
#define TOTAL_FILE "memory.memsw.limit_in_bytes"

/* The kernel counts pages, and no more of them than these. */
#define MOST_MEMORY "9223372036854771712"

const char *
fake_memory_get_other(const char *file)
{
    if (g_str_equal(file, LIMIT_FILE))
        return TOTAL_FILE;

    return g_str_equal(file, TOTAL_FILE) ? LIMIT_FILE : NULL;
}

gboolean
fake_memory_has_amount(const char *file)
{
    return fake_memory_get_other(file) || g_str_equal(file, "memory.soft_limit_in_bytes");
}

static guint64
parse(const char *text)
{
    return MIN(g_ascii_strtoull(text, NULL, 10), g_ascii_strtoull(MOST_MEMORY, NULL, 10));
}

char *
fake_memory_judge(const char *file, const char *value, const char *other)
{
    const gboolean is_total = g_str_equal(file, TOTAL_FILE);
    const char *text = g_str_equal(value, "-1") ? MOST_MEMORY : value;
    guint64 amount = parse(text);

    if (other && (is_total ? amount < parse(other) : amount > parse(other)))
        return NULL;

    return g_strconcat(text, "\n", NULL);
}
