/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fake-labels.h"

static char *
file_of(const char *dir, const char *name)
{
    g_autofree char *file = g_strconcat(".label.", name, NULL);

    return g_build_filename(dir, file, NULL);
}

int
fake_labels_set(const char *dir, const char *name, const char *value, size_t len)
{
    g_autofree char *file = file_of(dir, name);

    if (g_file_test(dir, G_FILE_TEST_IS_DIR) && g_file_set_contents(file, value, (gssize)len, NULL))
        return 0;
    errno = ENOENT;
    return -1;
}

ssize_t
fake_labels_get(const char *dir, const char *name, char *value, size_t size)
{
    g_autofree char *file = file_of(dir, name);
    g_autofree char *text = NULL;
    gsize len;

    if (!g_file_get_contents(file, &text, &len, NULL) || len > size) {
        errno = text ? ERANGE : ENODATA;
        return -1;
    }

    memcpy(value, text, len);
    return (ssize_t)len;
}

int
fake_labels_remove(const char *dir, const char *name)
{
    g_autofree char *file = file_of(dir, name);

    if (unlink(file) == 0)
        return 0;
    errno = ENODATA;
    return -1;
}
