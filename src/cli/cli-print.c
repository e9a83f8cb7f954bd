/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only writer of stdout. */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "cli-print.h"

/* How deep is deep, drawn for those who can see it and for those who cannot. */
typedef struct {
    const char *item;
    const char *last_item;
    const char *beside;
    const char *beneath;
} Branches;

static const Branches drawn = {"├─ ", "└─ ", "│  ", "   "};
static const Branches plain = {"|- ", "`- ", "|  ", "   "};

static char *
make_printable(const char *text)
{
    const gboolean utf8 = g_get_charset(NULL);
    GString *printable = g_string_new(NULL);
    const char *p = text;

    while (*p) {
        gunichar c = g_utf8_get_char_validated(p, -1);
        gboolean valid = c != (gunichar)-1 && c != (gunichar)-2;
        gsize length = valid ? (gsize)(g_utf8_next_char(p) - p) : 1;
        gsize i;

        if (valid && g_unichar_isprint(c) && (utf8 || c < 0x80)) {
            g_string_append_len(printable, p, (gssize)length);
        } else {
            for (i = 0; i < length; i++)
                g_string_append_printf(printable, "\\x%02x", (guchar)p[i]);
        }
        p += length;
    }

    return g_string_free(printable, FALSE);
}

void
cli_print_line(const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *printable = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);

    printable = make_printable(text);
    puts(printable);
}

static void
print_below(GNode *parent, const char *indent, const Branches *branches)
{
    GNode *node;

    for (node = parent->children; node; node = node->next) {
        const gboolean top = G_NODE_IS_ROOT(parent);
        g_autofree char *text = make_printable(node->data);
        g_autofree char *below = NULL;

        printf("%s%s%s\n", indent,
               top          ? ""
               : node->next ? branches->item
                            : branches->last_item,
               text);
        below = g_strconcat(indent,
                            top          ? ""
                            : node->next ? branches->beside
                                         : branches->beneath,
                            NULL);
        print_below(node, below, branches);
    }
}

void
cli_print_tree(GNode *root)
{
    print_below(root, "", g_get_charset(NULL) ? &drawn : &plain);
}

void
cli_print_json(GVariant *value)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(value);
    g_autoptr(JsonNode) node = json_gvariant_serialize(owned);
    g_autofree char *text = json_to_string(node, TRUE);
    g_auto(GStrv) parts = NULL;
    g_autofree char *valid = NULL;

    /* json-glib escapes all control characters but the last. */
    parts = g_strsplit(text, "\x1f", -1);
    valid = g_strjoinv("\\u001f", parts);
    puts(valid);
}

GVariant *
cli_print_new_string(const char *text)
{
    return g_variant_new_take_string(g_utf8_make_valid(text, -1));
}

void
cli_print_add_string(GVariantBuilder *object, const char *key, const char *value)
{
    if (value)
        g_variant_builder_add(object, "{sv}", key, cli_print_new_string(value));
}

gboolean
cli_print_finish(GError **error)
{
    int saved_errno;

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TRUE;

    saved_errno = errno ? errno : EIO;
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(saved_errno),
                "cannot write the answer: %s", g_strerror(saved_errno));
    return FALSE;
}
