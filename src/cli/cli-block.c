/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The marks in the files that activate touches.
 *
 * A block goes to the top of qemu.conf, because libvirt takes the first setting
 * of a key and leaves the later ones alone.  Nothing else in the file changes,
 * so that taking the block out restores it to the byte, and keeps what the
 * administrator changed elsewhere in the meantime.  The blocks are looked for
 * line by line and tolerate an editor that changes line ends.
 */
#include <config.h>

#include <string.h>

#include "cli-block.h"
#include "cli.h"

#define BEGIN "# BEGIN corral activate"
#define END "# END corral activate"
#define OUR_FILE "# Made by corral activate"

#define MADE_FILE "; file made"
#define MADE_DIRS "; directories made: "

/* More than a path can have. */
#define MADE_DIRS_MAX 4096

static char *
compose_mark(const char *mark, const CliOrigin *origin)
{
    if (!origin->made_file)
        return g_strconcat(mark, "\n", NULL);

    return g_strdup_printf("%s" MADE_FILE MADE_DIRS "%u\n", mark, origin->made_dirs);
}

static void
parse_mark(const char *line, gsize length, CliOrigin *origin)
{
    g_autofree char *mark = g_strndup(line, length);
    const char *dirs = strstr(mark, MADE_DIRS);
    guint64 n = dirs ? g_ascii_strtoull(dirs + strlen(MADE_DIRS), NULL, 10) : 0;

    origin->made_file = strstr(mark, MADE_FILE) != NULL;
    origin->made_dirs = (guint)MIN(n, MADE_DIRS_MAX);
}

/* Whether the line at @line is @mark, followed by what no longer word could be. */
static gboolean
is_mark(const char *line, gsize length, const char *mark)
{
    const gsize n = strlen(mark);

    return length >= n && memcmp(line, mark, n) == 0 &&
           (length == n || memchr(";\r\n", line[n], 3));
}

/* With its end, if it has one. */
static gsize
line_length(const char *line, gsize left)
{
    const char *end = memchr(line, '\n', left);

    return end ? (gsize)(end - line) + 1 : left;
}

/* The first line at or after @from that is @mark; @text->len if there is none. */
static gsize
find_mark(const GString *text, gsize from, const char *mark, gsize *length)
{
    gsize at = from;

    while (at < text->len) {
        *length = line_length(text->str + at, text->len - at);
        if (is_mark(text->str + at, *length, mark))
            return at;
        at += *length;
    }

    return text->len;
}

char *
cli_block_compose(const CliOrigin *origin)
{
    g_autofree char *begin = compose_mark(BEGIN, origin);

    return g_strconcat(begin,
                       "# The guests' resource groups are corral's.  The first setting counts;\n"
                       "# \"corral deactivate\" takes these lines out again.\n"
                       "cgroup_controllers = [ ]\n" END "\n",
                       NULL);
}

gboolean
cli_block_take_out(GString *text, CliOrigin *origin, gboolean *found, GError **error)
{
    g_autoptr(GString) rest = g_string_new_len(text->str, (gssize)text->len);
    CliOrigin told = {FALSE, 0};
    gboolean any = FALSE;
    gsize begin_length = 0;
    gsize end_length = 0;
    gsize begin = 0;

    while ((begin = find_mark(rest, begin, BEGIN, &begin_length)) < rest->len) {
        const gsize end = find_mark(rest, begin + begin_length, END, &end_length);

        if (end == rest->len) {
            g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED,
                        "there is a line \"" BEGIN "\" and no line \"" END "\" after it");
            return FALSE;
        }
        if (!any)
            parse_mark(rest->str + begin, begin_length, &told);
        any = TRUE;
        g_string_erase(rest, (gssize)begin, (gssize)(end + end_length - begin));
    }

    g_string_truncate(text, 0);
    g_string_append_len(text, rest->str, (gssize)rest->len);
    *origin = told;
    *found = any;
    return TRUE;
}

char *
cli_block_compose_file(const CliOrigin *origin, const char *content)
{
    g_autofree char *mark = compose_mark(OUR_FILE, origin);

    return g_strconcat(mark, content, NULL);
}

gboolean
cli_block_is_our_file(const char *text, CliOrigin *origin)
{
    const gsize length = line_length(text, strlen(text));

    if (!is_mark(text, length, OUR_FILE))
        return FALSE;

    parse_mark(text, length, origin);
    return TRUE;
}
