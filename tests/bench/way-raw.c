/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls, and the check that they did what they were for. */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench-way.h"

void
raw_write(int dir, const char *file, const char *text)
{
    int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        bed_die(file);
    close(fd);
}

void
raw_write_number(int dir, const char *file, gint64 number)
{
    char text[32];

    g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, number);
    raw_write(dir, file, text);
}

void
raw_read(int dir, const char *file, char *text, size_t size)
{
    int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, size - 1) : -1;

    if (got < 0)
        bed_die(file);
    text[got] = '\0';
    close(fd);
}

guint64
raw_read_number(int dir, const char *file)
{
    char text[64];

    raw_read(dir, file, text, sizeof(text));
    return strtoull(text, NULL, 10);
}

guint64
raw_find_key(const char *text, const char *key)
{
    const char *found = strstr(text, key);

    return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

guint64
raw_read_key(int dir, const char *file, const char *key)
{
    char text[1024];

    raw_read(dir, file, text, sizeof(text));
    return raw_find_key(text, key);
}

int
raw_make_dir(int dir, const char *name)
{
    int fd;

    if (mkdirat(dir, name, 0755) < 0)
        bed_die(name);
    fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        bed_die(name);
    return fd;
}
