/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory on the kernel we run on, whichever interface serves it. */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"
#include "memory-steps.h"

#define MIB(n) ((guint64)(n) << 20)
#define NONE CORRAL_MEMORY_UNLIMITED

/* What a call is answered. */
#define FINE (-1)

/* ---- somebody who uses memory ---- */

typedef struct {
    pid_t pid;
    int go; /* a byte: take as much again; closed: end */
    int done;
} Hog;

/* Between fork and end: system calls only. */
static void
be_a_hog(char *const *entrances, gsize bytes, int go, int done)
{
    char byte;
    gsize i;

    for (i = 0; entrances[i]; i++) {
        FILE *file = fopen(entrances[i], "we");

        if (!file || fputs("0", file) < 0 || fclose(file) != 0)
            _exit(99);
    }
    do {
        char *memory =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED)
            _exit(98);
        memset(memory, 1, bytes);
        if (write(done, "x", 1) != 1)
            _exit(97);
    } while (read(go, &byte, 1) == 1);
    _exit(0);
}

/* Whether it took what it was told to, rather than die of it. */
static gboolean
hog_has_taken(Hog *hog)
{
    char byte;

    return read(hog->done, &byte, 1) == 1;
}

static Hog
hog_start(CorralGroup *group, gsize bytes)
{
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    int go[2], done[2];
    Hog hog;

    g_assert_cmpint(pipe(go), ==, 0);
    g_assert_cmpint(pipe(done), ==, 0);
    hog.pid = fork();
    g_assert_cmpint(hog.pid, >=, 0);
    if (hog.pid == 0) {
        close(go[1]);
        close(done[0]);
        be_a_hog(entrances, bytes, go[0], done[1]);
    }
    close(go[0]);
    close(done[1]);
    hog.go = go[1];
    hog.done = done[0];
    g_assert_true(hog_has_taken(&hog));
    return hog;
}

static void
hog_take_more(Hog *hog)
{
    g_assert_cmpint(write(hog->go, "x", 1), ==, 1);
}

static int
hog_end(Hog *hog)
{
    int status;

    close(hog->go);
    g_assert_cmpint(waitpid(hog->pid, &status, 0), ==, hog->pid);
    close(hog->done);
    return status;
}

static gboolean
machine_has_swap(void)
{
    g_autofree char *swaps = NULL;

    return g_file_get_contents("/proc/swaps", &swaps, NULL, NULL) && strchr(swaps, '/');
}

/* ---- the tests ---- */

static gboolean
is_served(void)
{
    if (corral_host_get_controllers(bed_get_host()) & BED_BIT(MEMORY))
        return TRUE;

    g_test_skip("nobody serves memory");
    return FALSE;
}

static void
test_limit(void)
{
    static const struct {
        guint64 bytes;
        int error;
        guint64 after;
        const char *legacy, *unified; /* what the kernel's file says then */
    } table[] = {
        {MIB(64), FINE, MIB(64), "67108864", "67108864"},
        /* Whole pages. */
        {MIB(64) + 4095, FINE, MIB(64), "67108864", "67108864"},
        {MIB(64) - 1, FINE, MIB(64) - 4096, "67104768", "67104768"},
        {1, FINE, 0, "0", "0"},
        {0, FINE, 0, "0", "0"},
        {NONE, FINE, NONE, "9223372036854771712", "max"},
        {(guint64)G_MAXINT64 + 1, CORRAL_ERROR_RANGE, NONE, "9223372036854771712", "max"},
        {NONE - 1, CORRAL_ERROR_RANGE, NONE, "9223372036854771712", "max"},
        {MIB(1) << 20, FINE, MIB(1) << 20, "1099511627776", "1099511627776"},
    };
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *dir = NULL;
    gboolean legacy;
    gsize i;

    if (!is_served())
        return;
    if (sysconf(_SC_PAGESIZE) != 4096) {
        g_test_skip("pages are not 4096 bytes here");
        return;
    }
    group = bed_make("limit", BED_BIT(MEMORY));
    dir = bed_dir("limit", CORRAL_CONTROLLER_MEMORY);
    legacy = bed_is_legacy(dir);

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        guint64 bytes;

        g_test_message("%" G_GUINT64_FORMAT, table[i].bytes);
        if (corral_group_set_memory_limit(group, table[i].bytes, &error))
            g_assert_cmpint(table[i].error, ==, FINE);
        else
            g_assert_error(error, CORRAL_ERROR, table[i].error);
        text = bed_get(dir, legacy ? "memory.limit_in_bytes" : "memory.max");
        g_assert_cmpstr(text, ==, legacy ? table[i].legacy : table[i].unified);
        g_assert_true(corral_group_get_memory_limit(group, &bytes, NULL));
        g_assert_cmpuint(bytes, ==, table[i].after);
    }

    bed_remove(group);
}

static void
test_steps(void)
{
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    guint64 total;

    if (!is_served())
        return;
    group = bed_make("steps", BED_BIT(MEMORY));
    if (corral_group_get_memory_total_limit(group, &total, &error)) {
        g_assert_cmpuint(total, ==, NONE);
        memory_steps_run(group);

        /* An odd total is kept in whole pages. */
        g_assert_true(corral_group_set_memory_limits(group, MIB(8) + 1, MIB(16) + 1, NULL));
        g_assert_true(corral_group_get_memory_total_limit(group, &total, NULL));
        g_assert_cmpuint(total, ==, MIB(16));
        g_assert_true(corral_group_set_memory_limit(group, MIB(10) + 1, NULL));
        g_assert_true(corral_group_get_memory_total_limit(group, &total, NULL));
        g_assert_cmpuint(total, ==, MIB(16));
    } else {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_test_skip("this kernel does not account for swap");
    }

    bed_remove(group);
}

typedef gboolean (*Set)(CorralGroup *group, guint64 bytes, GError **error);
typedef gboolean (*Get)(CorralGroup *group, guint64 *bytes, GError **error);

static void
test_marks(void)
{
    static const struct {
        Set set;
        Get get;
        const char *legacy, *unified; /* its file, or NULL */
        guint64 usual;
    } table[] = {
        {corral_group_set_memory_high, corral_group_get_memory_high, NULL, "memory.high", NONE},
        {corral_group_set_memory_low, corral_group_get_memory_low, NULL, "memory.low", 0},
        {corral_group_set_memory_min, corral_group_get_memory_min, NULL, "memory.min", 0},
        {corral_group_set_memory_soft_limit, corral_group_get_memory_soft_limit,
         "memory.soft_limit_in_bytes", NULL, NONE},
    };
    static const struct {
        guint64 bytes;
        int error;
        guint64 after;
    } values[] = {
        {0, FINE, 0},
        {MIB(64), FINE, MIB(64)},
        {MIB(64) + 1, FINE, MIB(64)},
        {NONE - 1, CORRAL_ERROR_RANGE, MIB(64)},
        {(guint64)G_MAXINT64 + 1, CORRAL_ERROR_RANGE, MIB(64)},
        {NONE, FINE, NONE},
    };
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *dir = NULL;
    gsize i, v;

    if (!is_served())
        return;
    group = bed_make("marks", BED_BIT(MEMORY));
    dir = bed_dir("marks", CORRAL_CONTROLLER_MEMORY);

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        const char *file = bed_is_legacy(dir) ? table[i].legacy : table[i].unified;
        g_autoptr(GError) error = NULL;
        guint64 bytes = 4711;

        if (!file) {
            g_assert_false(table[i].set(group, MIB(1), &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_clear_error(&error);
            g_assert_false(table[i].get(group, &bytes, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            continue;
        }

        g_test_message("%s", file);
        g_assert_true(table[i].get(group, &bytes, NULL));
        g_assert_cmpuint(bytes, ==, table[i].usual);
        for (v = 0; v < G_N_ELEMENTS(values); v++) {
            g_clear_error(&error);
            if (table[i].set(group, values[v].bytes, &error))
                g_assert_cmpint(values[v].error, ==, FINE);
            else
                g_assert_error(error, CORRAL_ERROR, values[v].error);
            g_assert_true(table[i].get(group, &bytes, NULL));
            g_assert_cmpuint(bytes, ==, values[v].after);
        }
    }

    bed_remove(group);
}

static void
test_switches(void)
{
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *dir = NULL;
    g_autoptr(GError) error = NULL;

    if (!is_served())
        return;
    group = bed_make("switches", BED_BIT(MEMORY));
    dir = bed_dir("switches", CORRAL_CONTROLLER_MEMORY);

    if (bed_is_legacy(dir)) {
        guint swappiness = 4711;

        g_assert_false(corral_group_set_oom_group(group, TRUE, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_true(corral_group_set_swappiness(group, 1, NULL));
        g_assert_true(corral_group_get_swappiness(group, &swappiness, NULL));
        g_assert_cmpuint(swappiness, ==, 1);
    } else {
        gboolean whole = FALSE;

        g_assert_false(corral_group_set_swappiness(group, 1, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_true(corral_group_set_oom_group(group, TRUE, NULL));
        g_assert_true(corral_group_get_oom_group(group, &whole, NULL));
        g_assert_true(whole);
    }

    bed_remove(group);
}

/* What the documentation of corral_group_set_memory_limit() warns of. */
static void
test_cut(void)
{
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *dir = NULL;
    g_autoptr(GError) error = NULL;
    gboolean cut;
    guint64 bytes;
    Hog hog;

    if (!is_served())
        return;
    if (machine_has_swap()) {
        g_test_skip("what is cut off goes to swap here");
        return;
    }
    group = bed_make("cut", BED_BIT(MEMORY));
    dir = bed_dir("cut", CORRAL_CONTROLLER_MEMORY);
    hog = hog_start(group, MIB(32));

    cut = corral_group_set_memory_limit(group, MIB(8), &error);
    g_assert_true(corral_group_get_memory_limit(group, &bytes, NULL));
    if (bed_is_legacy(dir)) {
        g_assert_false(cut);
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
        g_assert_cmpuint(bytes, ==, NONE);
        g_assert_cmpint(hog_end(&hog), ==, 0);
    } else {
        g_assert_true(cut);
        g_assert_no_error(error);
        g_assert_cmpuint(bytes, ==, MIB(8));
        g_assert_cmpint(WTERMSIG(hog_end(&hog)), ==, SIGKILL);
    }

    bed_remove(group);
}

/* A group at its limit that goes on growing is killed for, on either interface. */
static void
test_grow(void)
{
    g_autoptr(CorralGroup) group = NULL;
    Hog hog;

    if (!is_served())
        return;
    if (machine_has_swap()) {
        g_test_skip("what is too much goes to swap here");
        return;
    }
    group = bed_make("grow", BED_BIT(MEMORY));
    hog = hog_start(group, MIB(16));
    g_assert_true(corral_group_set_memory_limit(group, MIB(48), NULL));

    hog_take_more(&hog);
    g_assert_true(hog_has_taken(&hog));
    hog_take_more(&hog);
    g_assert_false(hog_has_taken(&hog));
    g_assert_cmpint(WTERMSIG(hog_end(&hog)), ==, SIGKILL);

    bed_remove(group);
}

static void
test_cannot(void)
{
    g_autoptr(CorralHost) reader = corral_host_new(NULL, CORRAL_HOST_READ_ONLY, NULL);
    g_autofree char *path = bed_path("cannot");
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(CorralGroup) seen = NULL;
    g_autoptr(GError) error = NULL;
    guint64 bytes = 4711;

    if (!is_served())
        return;
    group = bed_make("cannot", BED_BIT(MEMORY));
    seen = corral_group_open(reader, path, BED_BIT(MEMORY), &error);
    g_assert_no_error(error);
    g_assert_false(corral_group_set_memory_limit(seen, MIB(1), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    g_assert_false(corral_group_set_memory_limits(seen, MIB(1), MIB(1), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);

    bed_remove(group);
    g_assert_false(corral_group_set_memory_limit(group, MIB(1), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_set_memory_limits(group, MIB(1), MIB(1), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_memory_total_limit(group, &bytes, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_cmpuint(bytes, ==, 4711);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/memory/limit", test_limit);
    g_test_add_func("/memory/steps", test_steps);
    g_test_add_func("/memory/marks", test_marks);
    g_test_add_func("/memory/switches", test_switches);
    g_test_add_func("/memory/cut", test_cut);
    g_test_add_func("/memory/grow", test_grow);
    g_test_add_func("/memory/cannot", test_cannot);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
