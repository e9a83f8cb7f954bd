/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Feeds a fuzz target with files: those named on the command line, or all of
 * the corpus that belongs to the program's name.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "fuzz.h"

static gboolean
replay_file(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *data = NULL;
    gsize size;

    if (!g_file_get_contents(name, &data, &size, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return FALSE;
    }

    /* So that the last thing read before a crash is the name of what did it. */
    printf("%s\n", name);
    fflush(stdout);
    /* The sanitizers know the end of a block of this very size. */
    {
        g_autofree uint8_t *exact = g_memdup2(data, size);

        LLVMFuzzerTestOneInput(exact, size);
    }
    return TRUE;
}

/* ".../fuzz-codec" is fed from "corpus/codec". */
static char *
corpus_of(const char *program)
{
    g_autofree char *base = g_path_get_basename(program);
    const char *tests = g_getenv("G_TEST_SRCDIR");
    const char *name = base;

    if (g_str_has_prefix(name, "lt-"))
        name += strlen("lt-");
    if (g_str_has_prefix(name, "fuzz-"))
        name += strlen("fuzz-");
    return g_build_filename(tests ? tests : "tests", "fuzz", "corpus", name, NULL);
}

static int
replay_dir(const char *dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) stream = g_dir_open(dir, 0, &error);
    const char *entry;
    guint n = 0;

    if (!stream) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }

    while ((entry = g_dir_read_name(stream))) {
        g_autofree char *name = g_build_filename(dir, entry, NULL);

        if (!replay_file(name))
            return 1;
        n++;
    }
    printf("%u inputs\n", n);
    return n > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    g_autofree char *corpus = NULL;
    int i;

    if (argc < 2) {
        corpus = corpus_of(argv[0]);
        return replay_dir(corpus);
    }

    for (i = 1; i < argc; i++) {
        if (!replay_file(argv[i]))
            return 1;
    }
    return 0;
}
