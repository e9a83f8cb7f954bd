/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Huge pages on the kernel we run on, for each size that it has. */
#include <config.h>

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"

static GArray *
list_sizes(void)
{
    g_autoptr(GError) error = NULL;
    GArray *sizes = corral_host_list_huge_page_sizes(bed_get_host(), &error);

    g_assert_no_error(error);
    return sizes;
}

/* The name of a size in those of files, found past the library. */
static char *
find_file(const char *dir, guint64 size, const char *what)
{
    static const char *const units[] = {"KB", "MB", "GB"};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autofree char *file = g_strdup_printf("hugetlb.%" G_GUINT64_FORMAT "%s.%s",
                                                size >> (10 * (i + 1)), units[i], what);
        g_autofree char *text = (size >> (10 * (i + 1))) ? bed_get(dir, file) : NULL;

        if (text)
            return g_steal_pointer(&file);
    }

    return NULL;
}

static void
test_limit(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_HUGETLB);
    g_autofree char *dir = group ? bed_dir("g", CORRAL_CONTROLLER_HUGETLB) : NULL;
    g_autoptr(GArray) sizes = list_sizes();
    guint i, k;

    if (!group)
        return;
    for (i = 0; i < sizes->len; i++) {
        guint64 size = g_array_index(sizes, guint64, i);
        const struct {
            guint64 bytes;
            int code;
            guint64 kept;
        } table[] = {
            {0, BED_ACCEPTED, 0},
            {1, BED_ACCEPTED, 0},
            {size - 1, BED_ACCEPTED, 0},
            {size, BED_ACCEPTED, size},
            {3 * size + 1, BED_ACCEPTED, 3 * size},
            {(guint64)G_MAXINT64 + 1, CORRAL_ERROR_RANGE, 3 * size},
            {G_MAXINT64, BED_ACCEPTED, CORRAL_HUGE_PAGES_UNLIMITED},
            {size, BED_ACCEPTED, size},
            {CORRAL_HUGE_PAGES_UNLIMITED, BED_ACCEPTED, CORRAL_HUGE_PAGES_UNLIMITED},
        };
        g_autofree char *file = find_file(dir, size, bed_is_legacy(dir) ? "limit_in_bytes" : "max");

        g_assert_nonnull(file);
        for (k = 0; k < G_N_ELEMENTS(table); k++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *text = NULL;
            guint64 bytes;
            gboolean done = corral_group_set_huge_page_limit(group, size, table[k].bytes, &error);

            g_test_message("size %" G_GUINT64_FORMAT ", row %u", size, k);
            bed_assert_answer(done, error, table[k].code);
            g_assert_true(corral_group_get_huge_page_limit(group, size, &bytes, &error));
            g_assert_cmpuint(bytes, ==, table[k].kept);
            text = bed_get(dir, file);
            if (bytes != CORRAL_HUGE_PAGES_UNLIMITED)
                g_assert_cmpuint(g_ascii_strtoull(text, NULL, 10), ==, table[k].kept);
            else if (!bed_is_legacy(dir))
                g_assert_cmpstr(text, ==, "max");
        }
    }
    bed_remove(group);
}

static void
test_statistics(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_HUGETLB);
    g_autofree char *dir = group ? bed_dir("g", CORRAL_CONTROLLER_HUGETLB) : NULL;
    g_autoptr(GArray) sizes = list_sizes();
    guint i;

    if (!group)
        return;
    for (i = 0; i < sizes->len; i++) {
        guint64 size = g_array_index(sizes, guint64, i);
        g_autoptr(GError) error = NULL;
        guint64 value;
        gboolean done;

        g_assert_true(corral_group_get_huge_page_usage(group, size, &value, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(value, ==, 0);
        g_assert_true(corral_group_get_huge_page_failures(group, size, &value, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(value, ==, 0);
        done = corral_group_get_huge_page_peak(group, size, &value, &error);
        bed_assert_answer(done, error,
                          bed_is_legacy(dir) ? BED_ACCEPTED : CORRAL_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        /* Since Linux 5.7. */
        if (!corral_group_get_huge_page_reservation_usage(group, size, &value, &error)) {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            continue;
        }
        g_assert_cmpuint(value, ==, 0);
        g_assert_true(corral_group_set_huge_page_reservation_limit(group, size, 2 * size, &error));
        g_assert_no_error(error);
        g_assert_true(corral_group_get_huge_page_reservation_limit(group, size, &value, &error));
        g_assert_cmpuint(value, ==, 2 * size);
        g_assert_true(corral_group_set_huge_page_reservation_limit(
            group, size, CORRAL_HUGE_PAGES_UNLIMITED, &error));
        g_assert_true(corral_group_get_huge_page_reservation_limit(group, size, &value, &error));
        g_assert_cmpuint(value, ==, CORRAL_HUGE_PAGES_UNLIMITED);
    }
    bed_remove(group);
}

/* Of the default size, in the group; 0: the machine has none to spare. */
static int
be_mapping(CorralGroup *group, guint64 size)
{
    char *page;

    if (!corral_group_attach_process(group, getpid(), NULL))
        return 1;
    page = mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (21 << MAP_HUGE_SHIFT), -1, 0);
    return page == MAP_FAILED ? 0 : 2;
}

/* Reserving is what fails first, if that is what is limited. */
static void
test_reservation(void)
{
    const guint64 size = 2 * 1024 * 1024;
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_HUGETLB);
    g_autoptr(GError) error = NULL;
    int status;
    int limited;

    for (limited = 0; group && limited < 2; limited++) {
        pid_t pid;

        if (limited && !corral_group_set_huge_page_reservation_limit(group, size, 0, &error)) {
            g_test_skip(error->message);
            break;
        }
        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0)
            _exit(be_mapping(group, size));
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        if (!limited && WEXITSTATUS(status) == 0) {
            g_test_skip("this machine has no huge page to spare");
            break;
        }
        g_assert_cmpint(WEXITSTATUS(status), ==, limited ? 0 : 2);
    }
    if (group)
        bed_remove(group);
}

static void
test_unknown(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_HUGETLB);
    g_autoptr(GError) error = NULL;
    guint64 value;

    if (!group)
        return;
    g_assert_false(corral_group_get_huge_page_limit(group, 4096, &value, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(corral_group_set_huge_page_limit(group, 4095, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
    g_clear_error(&error);
    bed_remove(group);
    g_assert_false(corral_group_get_huge_page_limit(group, 2 * 1024 * 1024, &value, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/hugetlb/limit", test_limit);
    g_test_add_func("/hugetlb/statistics", test_statistics);
    g_test_add_func("/hugetlb/reservation", test_reservation);
    g_test_add_func("/hugetlb/unknown", test_unknown);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
