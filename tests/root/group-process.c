/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A group for a process: corral_group_make_for_process(), and the example that is
 * made of it, whose main() is called here.
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"

int confine_main(int argc, char **argv);

#define main confine_main
#include "../../docs/examples/confine.c"
#undef main

/* A child that tries to open each of these when told to, and exits with how many it could. */
static pid_t
start_opener(int *tell)
{
    static const char *const nodes[] = {"/dev/null", "/dev/zero", "/dev/full"};
    int pipes[2];
    pid_t pid;

    g_assert_cmpint(pipe2(pipes, O_CLOEXEC), ==, 0);
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        int opened = 0;
        gsize i;
        char byte;

        close(pipes[1]);
        (void)!read(pipes[0], &byte, 1);
        for (i = 0; i < G_N_ELEMENTS(nodes); i++)
            opened |= open(nodes[i], O_RDONLY | O_CLOEXEC) >= 0 ? 1 << i : 0;
        _exit(opened);
    }
    close(pipes[0]);
    *tell = pipes[1];
    return pid;
}

static int
end_opener(pid_t pid, int tell)
{
    int status;

    close(tell);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int
run_example(const char *path, pid_t pid)
{
    g_autofree char *text = g_strdup_printf("%d", (int)pid);
    const char *const words[] = {"confine", path, text, "65536", NULL};
    g_auto(GStrv) argv = g_strdupv((char **)words);

    return confine_main(4, argv);
}

static CorralGroup *
open_group(const char *path)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_open(bed_get_host(), path, CORRAL_CONTROLLERS_ALL, &error);

    g_assert_no_error(error);
    return group;
}

/* Three levels, a process, its devices, its memory: all by one program of meanings. */
static void
test_example(void)
{
    g_autofree char *path = bed_path("libvirt/lxc/demo");
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    guint64 bytes = 0;
    int tell;
    pid_t pid = start_opener(&tell);

    if (run_example(path, pid) != 0) {
        g_assert_cmpint(end_opener(pid, tell), ==, 7);
        group = open_group(path);
        g_assert_false(corral_group_deny_all_devices(group, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        bed_remove(group);
        g_test_skip(error->message);
        return;
    }

    group = open_group(path);
    bed_assert_where(pid, group, NULL);
    g_assert_true(corral_group_get_memory_limit(group, &bytes, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(bytes, ==, G_GUINT64_CONSTANT(65536) * 1024);
    g_assert_cmpint(end_opener(pid, tell), ==, 1);
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
test_example_fails(void)
{
    g_autofree char *path = bed_path("libvirt/lxc/demo");

    g_assert_cmpint(run_example(path, 0), ==, 1);
    bed_assert_nothing_left();
}

/* Every controller of the host, on every level. */
static void
test_all_controllers(void)
{
    g_autofree char *path = bed_path("a/b/c");
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    int tell;
    pid_t pid = start_opener(&tell);

    group = corral_group_make_for_process(bed_get_host(), path, pid, &error);
    g_assert_no_error(error);
    bed_assert_where(pid, group, NULL);
    g_assert_cmpint(end_opener(pid, tell), ==, 7);
    bed_remove(group);
    bed_assert_nothing_left();
}

/*
 * Under the unified interface a group that holds processes hands nothing down;
 * whoever wants a group below it is told which one it is, and nothing has changed.
 */
static void
test_below_busy(void)
{
    g_autofree char *above = bed_path("busy");
    g_autofree char *path = bed_path("busy/below");
    g_autofree char *dir = NULL;
    g_autoptr(CorralGroup) busy = NULL;
    g_autoptr(CorralGroup) below = NULL;
    g_autoptr(GError) error = NULL;
    int tell;
    pid_t pid = start_opener(&tell);

    busy = corral_group_make_for_process(bed_get_host(), above, pid, &error);
    g_assert_no_error(error);
    below = corral_group_make_for_process(bed_get_host(), path, pid, &error);

    dir = bed_dir("busy", CORRAL_CONTROLLER_PIDS);
    if (dir && !bed_is_legacy(dir)) {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
        g_assert_nonnull(strstr(error->message, "busy' holds processes itself"));
        bed_assert_where(pid, busy, NULL);
    } else if (below) {
        bed_assert_where(pid, below, NULL);
    } else {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    }
    g_assert_cmpint(end_opener(pid, tell), ==, 7);
    bed_remove(busy);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/process/example", test_example);
    g_test_add_func("/process/example-fails", test_example_fails);
    g_test_add_func("/process/all-controllers", test_all_controllers);
    g_test_add_func("/process/below-busy", test_below_busy);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
