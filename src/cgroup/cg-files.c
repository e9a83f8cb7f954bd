/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files kept open. */
#include <config.h>

#include "cg-files.h"
#include "cg-tree.h"
#include "corral-error.h"

typedef struct {
    CgFd fd;
    char *text;      /* of this round; NULL: not read yet */
    GError *missing; /* why there is no such file */
} KeptFile;

struct _CgFiles {
    GHashTable *kept; /* of owned names and KeptFile */
};

static void
kept_file_free(KeptFile *self)
{
    cg_fd_close(&self->fd);
    g_free(self->text);
    g_clear_error(&self->missing);
    g_free(self);
}

CgFiles *
cg_files_new(void)
{
    CgFiles *self = g_new0(CgFiles, 1);

    self->kept =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)kept_file_free);
    return self;
}

void
cg_files_free(CgFiles *self)
{
    g_hash_table_unref(self->kept);
    g_free(self);
}

void
cg_files_begin(CgFiles *self)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->kept);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_clear_pointer(&((KeptFile *)value)->text, g_free);
}

guint
cg_files_get_n_open(CgFiles *self)
{
    GHashTableIter iter;
    gpointer value;
    guint n = 0;

    g_hash_table_iter_init(&iter, self->kept);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        n += ((KeptFile *)value)->fd >= 0;

    return n;
}

/* NULL if it cannot be opened; one that is missing is remembered as well. */
static KeptFile *
open_file(CgFiles *self, int dir, const char *file, GError **error)
{
    g_autoptr(GError) failure = NULL;
    KeptFile *kept;
    CgFd fd = cg_tree_open_file(dir, file, &failure);

    if (failure && !g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }

    kept = g_new0(KeptFile, 1);
    kept->fd = fd;
    kept->missing = g_steal_pointer(&failure);
    g_hash_table_insert(self->kept, g_strdup(file), kept);
    return kept;
}

char *
cg_files_read(CgFiles *self, int dir, const char *file, GError **error)
{
    KeptFile *kept = g_hash_table_lookup(self->kept, file);

    if (!kept)
        kept = open_file(self, dir, file, error);
    if (!kept)
        return NULL;
    if (kept->missing) {
        g_propagate_error(error, g_error_copy(kept->missing));
        return NULL;
    }
    if (!kept->text)
        kept->text = cg_tree_read_open(kept->fd, dir, file, error);

    return g_strdup(kept->text);
}
