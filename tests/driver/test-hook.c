/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody else's program is called, whatever it does. */
#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drv-hook.h"

#define PATIENCE_MS 30000
#define PATIENCE_US (PATIENCE_MS * G_TIME_SPAN_MILLISECOND)
#define LONG_US (60 * G_TIME_SPAN_SECOND)
#define SHORT_US (3 * G_TIME_SPAN_SECOND)

typedef struct {
    char *dir;
    char *program;
    int news; /* of files in the directory */
    DrvHook *hook;
} Bed;

static char *
path_of(const Bed *bed, const char *name)
{
    return g_build_filename(bed->dir, name, NULL);
}

/* @bound: of what it may take, a gint64. */
static void
set_up(Bed *bed, gconstpointer bound)
{
    bed->dir = g_dir_make_tmp("corral-hook-XXXXXX", NULL);
    bed->program = path_of(bed, "hook");
    bed->news = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    g_assert_cmpint(inotify_add_watch(bed->news, bed->dir, IN_CLOSE_WRITE | IN_MOVED_TO), >=, 0);
    bed->hook = drv_hook_new(bed->program, *(const gint64 *)bound);
}

static void
tear_down(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autoptr(GDir) dir = g_dir_open(bed->dir, 0, NULL);
    const char *name;

    drv_hook_free(bed->hook);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = path_of(bed, name);

        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(bed->dir), ==, 0);
    close(bed->news);
    g_free(bed->program);
    g_free(bed->dir);
}

/* A script, in the bed's directory from its first line on. */
static void
write_program(const Bed *bed, const char *commands, int mode)
{
    g_autofree char *text = g_strdup_printf("#!/bin/sh\ncd '%s'\n%s\n", bed->dir, commands);

    g_assert_true(g_file_set_contents(bed->program, text, -1, NULL));
    g_assert_cmpint(g_chmod(bed->program, mode), ==, 0);
}

static void
call(const Bed *bed, const char *xml)
{
    drv_hook_call(bed->hook, "web", "oom", "raised", "machine/web.qemu.libvirt", xml);
}

static void
wait_for(int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN};

    g_assert_cmpint(poll(&event, 1, PATIENCE_MS), ==, 1);
}

/* Until a file is there that was not, or has more in it; also for nothing. */
static void
wait_for_news(const Bed *bed)
{
    char events[4096];

    wait_for(bed->news);
    while (read(bed->news, events, sizeof(events)) > 0)
        continue;
}

/* What a script has left there, once it has moved it to that name. */
static char *
wait_for_file(const Bed *bed, const char *name)
{
    g_autofree char *path = path_of(bed, name);
    char *text = NULL;

    while (!g_file_get_contents(path, &text, NULL, NULL))
        wait_for_news(bed);
    return text;
}

static void
wait_for_end(const char *pid)
{
    const pid_t number = (pid_t)g_ascii_strtoll(pid, NULL, 10);
    int fd;

    g_assert_cmpint(number, >, 1);
    fd = (int)syscall(SYS_pidfd_open, number, 0);
    /* It may be over, or this may be an old kernel; then the next question answers. */
    if (fd >= 0) {
        wait_for(fd);
        close(fd);
    }
    g_assert_true(fd >= 0 || kill(number, 0) < 0);
}

static const gint64 long_us = LONG_US;
static const gint64 short_us = SHORT_US;

/* ---- what it gets ---- */

static void
test_arguments(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *text = NULL;

    write_program(bed, "{ echo \"$# $@\"; cat; } > new; mv new said", 0755);
    call(bed, "<domain/>");
    text = wait_for_file(bed, "said");
    g_assert_cmpstr(text, ==, "4 web oom raised machine/web.qemu.libvirt\n<domain/>");
}

static void
test_no_extra(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *text = NULL;

    write_program(bed, "{ echo \"$# $@\"; cat; } > new; mv new said", 0755);
    drv_hook_call(bed->hook, "a guest", "oom-kill", "ended", NULL, NULL);
    text = wait_for_file(bed, "said");
    g_assert_cmpstr(text, ==, "4 a guest oom-kill ended -\n");
}

/* More than a pipe holds. */
static void
test_much_xml(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *xml = g_strnfill(1 << 20, 'x');
    g_autofree char *text = NULL;

    write_program(bed, "cat > new; mv new said", 0755);
    call(bed, xml);
    text = wait_for_file(bed, "said");
    g_assert_cmpuint(strlen(text), ==, 1 << 20);
}

/* Neither what the daemon has open, nor its environment, nor its signals, nor its session. */
static void
test_apart(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    const int inherited = open("/dev/null", O_RDONLY);
    g_auto(GStrv) lines = NULL;
    g_autofree char *text = NULL;
    sigset_t blocked, before;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    g_assert_cmpint(pthread_sigmask(SIG_BLOCK, &blocked, &before), ==, 0);
    write_program(bed,
                  "{ echo \"$LC_ALL ${CORRAL_TEST_SECRET-none} ${PATH:+path}\"\n"
                  "echo $(ls /proc/self/fd); sed -n 's/^SigBlk:.//p' /proc/self/status\n"
                  "set -- $(cat /proc/$$/stat); echo $(($5 == $$)) $(($6 == $$)); } > new\n"
                  "mv new said",
                  0755);
    call(bed, "");
    text = wait_for_file(bed, "said");
    lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 5);
    g_assert_cmpstr(lines[0], ==, "C none path");
    g_assert_cmpstr(lines[1], ==, "0 1 2 3"); /* the last is that of ls */
    g_assert_cmpstr(lines[2], ==, "0000000000000000");
    g_assert_cmpstr(lines[3], ==, "1 1");
    close(inherited);
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, &before, NULL), ==, 0);
}

/* ---- what it does ---- */

static void
test_does_not_read(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *xml = g_strnfill(1 << 20, 'x');
    g_autofree char *text = NULL;

    write_program(bed, "exec < /dev/null; echo done > new; mv new said", 0755);
    call(bed, xml);
    text = wait_for_file(bed, "said");
    g_assert_cmpstr(text, ==, "done\n");
}

/* Nobody listens for ever, and the script need not wait until somebody does. */
static void
test_says_much(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *text = NULL;

    write_program(bed,
                  "dd if=/dev/zero bs=65536 count=64 2> /dev/null\n"
                  "dd if=/dev/zero bs=65536 count=64 2> /dev/null >&2\n"
                  "echo $? > new; mv new said",
                  0755);
    call(bed, "");
    text = wait_for_file(bed, "said");
    g_assert_cmpstr(text, ==, "0\n");
}

/* With whom it has started, and who has its output. */
static void
test_hangs(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *pid = NULL;
    g_autofree char *child = NULL;
    g_autofree char *next = NULL;

    write_program(bed,
                  "trap '' TERM INT\n"
                  "sleep 1000 & echo $! > child.new; mv child.new child\n"
                  "echo $$ > new; mv new pid; while :; do sleep 1000; done",
                  0755);
    call(bed, "");
    pid = wait_for_file(bed, "pid");
    child = wait_for_file(bed, "child");
    wait_for_end(pid);
    wait_for_end(child);

    /* And the next one is called. */
    write_program(bed, "echo next > new; mv new said", 0755);
    call(bed, "");
    next = wait_for_file(bed, "said");
    g_assert_cmpstr(next, ==, "next\n");
}

/* Who is left by a script that has ended is nobody's business, nor does he keep anybody. */
static void
test_leaves_somebody(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *child = NULL;
    g_autofree char *path = path_of(bed, "child");
    const gint64 begin_us = g_get_monotonic_time();
    pid_t pid;

    write_program(bed, "sleep 1000 & echo $! > new; mv new child; exit 0", 0755);
    call(bed, "");
    child = wait_for_file(bed, "child");
    pid = (pid_t)g_ascii_strtoll(child, NULL, 10);
    g_clear_pointer(&bed->hook, drv_hook_free);
    g_assert_cmpint(g_get_monotonic_time() - begin_us, <, PATIENCE_US);
    bed->hook = drv_hook_new(bed->program, LONG_US);
    (void)kill(pid, SIGKILL);
}

static void
test_ends_with_us(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    const gint64 begin_us = g_get_monotonic_time();
    g_autofree char *pid = NULL;

    write_program(bed, "echo $$ > new; mv new pid; exec sleep 1000", 0755);
    call(bed, "");
    call(bed, "");
    pid = wait_for_file(bed, "pid");
    g_clear_pointer(&bed->hook, drv_hook_free);
    g_assert_cmpint(g_get_monotonic_time() - begin_us, <, PATIENCE_US);
    wait_for_end(pid);
}

/* ---- whether it is called at all ---- */

static guint
count_lines(const Bed *bed, const char *name)
{
    g_autofree char *path = path_of(bed, name);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    lines = g_strsplit(text, "\n", -1);
    return g_strv_length(lines) - 1;
}

static void
test_absent(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *next = path_of(bed, "next");
    g_autofree char *text = NULL;

    g_assert_false(drv_hook_exists(bed->hook));
    call(bed, "");
    write_program(bed, "echo called > wrong", 0644);
    g_assert_true(drv_hook_exists(bed->hook));
    call(bed, "");

    /* No interpreter: it does not begin, and the next one does.  That is written before anything
     * is forked, as who has it open to write keeps others from running it. */
    write_program(bed, "echo called > new.$$; mv new.$$ said", 0755);
    g_assert_cmpint(g_rename(bed->program, next), ==, 0);
    g_assert_true(g_file_set_contents(bed->program, "#!/nonexistent\n", -1, NULL));
    g_assert_cmpint(g_chmod(bed->program, 0755), ==, 0);
    call(bed, "");
    g_assert_cmpint(g_rename(next, bed->program), ==, 0);
    call(bed, "");
    text = wait_for_file(bed, "said");
    g_assert_cmpstr(text, ==, "called\n");
    g_assert_cmpuint(count_lines(bed, "wrong"), ==, 0);
}

/* Four at a time, 64 that wait, and no more. */
static void
test_bounded(Bed *bed, gconstpointer bound G_GNUC_UNUSED)
{
    g_autofree char *path = path_of(bed, "go");
    int go;
    guint i;

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    write_program(bed, "echo $$ >> begun; read line < go; echo >> ended", 0755);
    for (i = 0; i < 200; i++)
        call(bed, "");
    while (count_lines(bed, "begun") < 4)
        wait_for_news(bed);
    g_assert_cmpuint(count_lines(bed, "begun"), ==, 4);
    go = open(path, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(go, >=, 0);
    for (i = 0; i < 200; i++)
        g_assert_cmpint(write(go, "go\n", 3), ==, 3);
    while (count_lines(bed, "ended") < 64)
        wait_for_news(bed);
    g_clear_pointer(&bed->hook, drv_hook_free);
    g_assert_cmpuint(count_lines(bed, "begun"), <=, 68);
    close(go);
}

#define ADD(name, bound, function)                                                                 \
    g_test_add("/hook/" name, Bed, (bound), set_up, (function), tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* As in the daemon. */
    signal(SIGPIPE, SIG_IGN);
    g_setenv("CORRAL_TEST_SECRET", "secret", TRUE);
    ADD("arguments", &long_us, test_arguments);
    ADD("no-extra", &long_us, test_no_extra);
    ADD("much-xml", &long_us, test_much_xml);
    ADD("apart", &long_us, test_apart);
    ADD("does-not-read", &long_us, test_does_not_read);
    ADD("says-much", &long_us, test_says_much);
    ADD("hangs", &short_us, test_hangs);
    ADD("leaves-somebody", &long_us, test_leaves_somebody);
    ADD("ends-with-us", &long_us, test_ends_with_us);
    ADD("absent", &long_us, test_absent);
    ADD("bounded", &long_us, test_bounded);
    return g_test_run();
}
