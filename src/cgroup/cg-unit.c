/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling systemd what has become of a unit. */
#include <config.h>

#include <string.h>

#include "cg-backend.h"
#include "cg-block.h"
#include "cg-memo.h"
#include "cg-property.h"
#include "cg-unit.h"
#include "corral-error.h"

struct _CgUnitCall {
    CgManager *manager;
    char *unit;
    GPtrArray *properties; /* owned GVariant, (sv) */
    GPtrArray *places;     /* that they are about */
    GArray *written;       /* Written, all that was said */
};

typedef struct {
    const CgPlace *place;
    char *file;
} Written;

static void
written_clear(gpointer data)
{
    g_free(((Written *)data)->file);
}

CgUnitCall *
cg_unit_call_new(CgManager *manager, const char *unit)
{
    CgUnitCall *self = g_new0(CgUnitCall, 1);

    self->manager = manager;
    self->unit = g_strdup(unit);
    self->properties = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
    self->places = g_ptr_array_new();
    self->written = g_array_new(FALSE, FALSE, sizeof(Written));
    g_array_set_clear_func(self->written, written_clear);
    return self;
}

void
cg_unit_call_free(CgUnitCall *self)
{
    g_ptr_array_unref(self->properties);
    g_ptr_array_unref(self->places);
    g_array_unref(self->written);
    g_free(self->unit);
    g_free(self);
}

static char *
find_node(guint major, guint minor, gpointer user_data)
{
    return cg_block_find_node(cg_manager_get_root(user_data), major, minor);
}

/* As cg_property_tell(), of what is said about @place. */
static gboolean
tell(CgManager *manager, const CgPlace *place, const CgProperty *property, const char *text,
     GPtrArray *properties, gboolean *exact)
{
    const char *other = cg_property_get_companion(property, text);
    g_autofree char *companion = other ? cg_tree_read(place->dir, other, NULL) : NULL;

    return cg_property_tell(property, text, companion, find_node, manager, properties, exact);
}

void
cg_unit_call_add(CgUnitCall *self, const CgPlace *place, const char *file, const char *text)
{
    const CgProperty *property = cg_property_find(place->hierarchy->mount->unified, file);
    Written written = {place, NULL};
    gboolean exact;

    if (!property)
        return;
    written.file = g_strdup(file);
    g_array_append_val(self->written, written);
    if (!tell(self->manager, place, property, text, self->properties, &exact)) {
        g_debug("systemd is not told of \"%s\" in '%s' of '%s': no word for it", text, file,
                self->unit);
        return;
    }
    if (!g_ptr_array_find(self->places, place, NULL))
        g_ptr_array_add(self->places, (gpointer)place);
}

/* ---- what systemd would spoil ---- */

/*
 * Together with what it is told systemd writes its own to all files of that controller.
 * These it may have nothing to say to that is right: what was said to it is near at best,
 * or there is no word for it, and then it is as @usual to systemd.
 */
static const struct {
    const char *file;
    const char *usual;
} spoiled[] = {
    {"cpu.max", NULL},         {"pids.max", NULL},       {"blkio.bfq.weight", NULL},
    {"memory.oom.group", "0"}, {"io.bfq.weight", "100"},
};

typedef struct {
    const CgPlace *place;
    const char *file;
    char *text;
} Kept;

static void
kept_free(Kept *self)
{
    g_free(self->text);
    g_free(self);
}

/* "default 100" and lines of devices, or "100" alone; NULL if there is no such file. */
static char *
read_first(const CgPlace *place, const char *file)
{
    g_autofree char *text = cg_tree_read(place->dir, file, NULL);
    const char *first = text;

    if (!text)
        return NULL;
    if (g_str_has_prefix(first, "default "))
        first += strlen("default ");
    return g_strndup(first, strcspn(first, "\n"));
}

static gboolean
is_spoiled(CgManager *manager, const CgPlace *place, const char *file, const char *usual,
           const char *text)
{
    const CgProperty *property = cg_property_find(place->hierarchy->mount->unified, file);
    g_autoptr(GPtrArray) unused = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
    gboolean exact;

    if (usual)
        return !g_str_equal(text, usual);

    return property && tell(manager, place, property, text, unused, &exact) && !exact;
}

/* (transfer full): what of it there is. */
static GPtrArray *
keep(CgUnitCall *self)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)kept_free);
    guint i;
    gsize f;

    for (i = 0; i < self->places->len; i++) {
        const CgPlace *place = g_ptr_array_index(self->places, i);

        for (f = 0; f < G_N_ELEMENTS(spoiled); f++) {
            g_autofree char *text = read_first(place, spoiled[f].file);
            Kept *kept;

            if (!text || !is_spoiled(self->manager, place, spoiled[f].file, spoiled[f].usual, text))
                continue;
            kept = g_new0(Kept, 1);
            kept->place = place;
            kept->file = spoiled[f].file;
            kept->text = g_steal_pointer(&text);
            g_ptr_array_add(list, kept);
        }
    }

    return list;
}

/* After systemd has done what it was told to. */
static gboolean
write_again(CgUnitCall *self, GPtrArray *list, GError **error)
{
    guint i;

    if (list->len == 0 || !cg_manager_settle(self->manager))
        return TRUE;

    for (i = 0; i < list->len; i++) {
        const Kept *kept = g_ptr_array_index(list, i);

        if (!cg_tree_write(kept->place->dir, kept->file, kept->text, error))
            return FALSE;
    }

    return TRUE;
}

/* ---- the call ---- */

/* "CPUWeight, MemoryMax": each once. */
static char *
name_properties(CgUnitCall *self)
{
    GString *names = g_string_new(NULL);
    guint i;

    for (i = 0; i < self->properties->len; i++) {
        const char *name;

        g_variant_get(g_ptr_array_index(self->properties, i), "(&sv)", &name, NULL);
        if (!strstr(names->str, name))
            g_string_append_printf(names, "%s%s", names->len ? ", " : "", name);
    }

    return g_string_free(names, FALSE);
}

static gboolean
call_systemd(CgUnitCall *self, gboolean *silent, GError **error)
{
    g_autoptr(GVariant) reply = NULL;
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("a(sv)"));
    for (i = 0; i < self->properties->len; i++)
        g_variant_builder_add_value(&list, g_ptr_array_index(self->properties, i));

    reply =
        cg_manager_call(self->manager, "SetUnitProperties",
                        g_variant_new("(sba(sv))", self->unit, TRUE, &list), "()", silent, error);
    return reply != NULL;
}

static void
note_all(CgUnitCall *self)
{
    guint i;

    for (i = 0; i < self->written->len; i++) {
        const Written *written = &g_array_index(self->written, Written, i);

        cg_memo_note(written->place, written->file);
    }
}

static gboolean
send_all(CgUnitCall *self, GError **error)
{
    g_autoptr(GPtrArray) kept = NULL;
    g_autofree char *names = NULL;
    g_autoptr(GError) failure = NULL;
    gboolean silent;

    if (self->properties->len == 0)
        return TRUE;
    kept = keep(self);
    if (call_systemd(self, &silent, &failure))
        return write_again(self, kept, error);

    names = name_properties(self);
    if (silent || g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND)) {
        g_debug("%s of '%s' by file only: %s", names, self->unit, failure->message);
        return TRUE;
    }

    g_prefix_error(&failure, "cannot set %s of unit '%s': ", names, self->unit);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean
cg_unit_call_send(CgUnitCall *self, GError **error)
{
    if (!send_all(self, error))
        return FALSE;

    note_all(self);
    return TRUE;
}
