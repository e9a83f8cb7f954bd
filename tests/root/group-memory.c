/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory on the kernel we run on, whichever interface serves it. */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"
#include "kernel-hog.h"
#include "memory-steps.h"

#define MIB(n) ((guint64)(n) << 20)
#define NONE CORRAL_MEMORY_UNLIMITED

/* What a call is answered. */
#define FINE (-1)

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
    KernelHog hog;

    if (!is_served())
        return;
    if (kernel_has_swap()) {
        g_test_skip("what is cut off goes to swap here");
        return;
    }
    group = bed_make("cut", BED_BIT(MEMORY));
    dir = bed_dir("cut", CORRAL_CONTROLLER_MEMORY);
    hog = kernel_hog_start(group, MIB(32));

    cut = corral_group_set_memory_limit(group, MIB(8), &error);
    g_assert_true(corral_group_get_memory_limit(group, &bytes, NULL));
    if (bed_is_legacy(dir)) {
        g_assert_false(cut);
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
        g_assert_cmpuint(bytes, ==, NONE);
        g_assert_cmpint(kernel_hog_end(&hog), ==, 0);
    } else {
        g_assert_true(cut);
        g_assert_no_error(error);
        g_assert_cmpuint(bytes, ==, MIB(8));
        g_assert_cmpint(WTERMSIG(kernel_hog_end(&hog)), ==, SIGKILL);
    }

    bed_remove(group);
}

/* A group at its limit that goes on growing is killed for, on either interface. */
static void
test_grow(void)
{
    g_autoptr(CorralGroup) group = NULL;
    KernelHog hog;

    if (!is_served())
        return;
    if (kernel_has_swap()) {
        g_test_skip("what is too much goes to swap here");
        return;
    }
    group = bed_make("grow", BED_BIT(MEMORY));
    hog = kernel_hog_start(group, MIB(16));
    g_assert_true(corral_group_set_memory_limit(group, MIB(48), NULL));

    kernel_hog_take_more(&hog);
    g_assert_true(kernel_hog_has_taken(&hog));
    kernel_hog_take_more(&hog);
    g_assert_false(kernel_hog_has_taken(&hog));
    g_assert_cmpint(WTERMSIG(kernel_hog_end(&hog)), ==, SIGKILL);

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
