/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Thread names of QEMU, honest and not, and a process that changes while it is read. */

#include <config.h>

#include <errno.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "guest-threads.h"

static const struct {
    const char *comm;
    GuestThreadKind kind;
    guint number;
} names[] = {
    {"CPU 0/KVM\n", GUEST_THREAD_VCPU, 0},
    {"CPU 0/KVM", GUEST_THREAD_VCPU, 0},
    {"CPU 17/TCG\n", GUEST_THREAD_VCPU, 17},
    {"CPU 1/DUMMY\n", GUEST_THREAD_VCPU, 1},
    {"CPU 4095/KVM\n", GUEST_THREAD_VCPU, 4095},
    /* cut behind the number, which is whole */
    {"CPU 12345678/KV\n", GUEST_THREAD_VCPU, 12345678},
    {"CPU 4294967295/\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 42949672950\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 9999999999/", GUEST_THREAD_EMULATOR, 0},
    {"CPU /KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU -1/KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU +1/KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU  1/KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 01/KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 1 /KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 1/\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 1/K M\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 1/KVM\n\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 1/KVM\nCPU 2\n", GUEST_THREAD_EMULATOR, 0},
    {"CPU 0x1/KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"xCPU 1/KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"cpu 1/KVM\n", GUEST_THREAD_EMULATOR, 0},
    {"ALL CPUs/TCG\n", GUEST_THREAD_EMULATOR, 0},

    {"IO iothread1\n", GUEST_THREAD_IOTHREAD, 1},
    {"IO iothread1", GUEST_THREAD_IOTHREAD, 1},
    {"IO iothread999\n", GUEST_THREAD_IOTHREAD, 999},
    /* fills the kernel's 15 bytes: perhaps cut */
    {"IO iothread1234\n", GUEST_THREAD_EMULATOR, 0},
    {"IO iothread12345", GUEST_THREAD_EMULATOR, 0},
    {"IO iothread0\n", GUEST_THREAD_EMULATOR, 0},
    {"IO iothread01\n", GUEST_THREAD_EMULATOR, 0},
    {"IO iothread\n", GUEST_THREAD_EMULATOR, 0},
    {"IO iothread1x\n", GUEST_THREAD_EMULATOR, 0},
    {"IO iothread 1\n", GUEST_THREAD_EMULATOR, 0},
    {"IO mon_iothread\n", GUEST_THREAD_EMULATOR, 0},
    {"IO io1\n", GUEST_THREAD_EMULATOR, 0},

    {"qemu-system-x86\n", GUEST_THREAD_EMULATOR, 0},
    {"worker\n", GUEST_THREAD_EMULATOR, 0},
    {"vhost-1234\n", GUEST_THREAD_EMULATOR, 0},
    {"kvm-nx-lpage-recovery-1234\n", GUEST_THREAD_EMULATOR, 0},
    {"\n", GUEST_THREAD_EMULATOR, 0},
    {"", GUEST_THREAD_EMULATOR, 0},
    {"\xff\xfe\x01/%s%n\n", GUEST_THREAD_EMULATOR, 0},
};

static void
test_classify(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *shown = g_strescape(names[i].comm, NULL);
        guint number = 77;
        GuestThreadKind kind = guest_thread_classify(names[i].comm, &number);

        g_test_message("%s", shown);
        g_assert_cmpint(kind, ==, names[i].kind);
        g_assert_cmpuint(number, ==, names[i].number);
    }
}

/* ---- a proc of our own ---- */

typedef struct {
    char *proc;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    fixture->proc = g_dir_make_tmp("corral-threads-XXXXXX", &error);
    g_assert_no_error(error);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        remove_tree(below);
    }
    g_remove(path);
}

static void
tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    remove_tree(fixture->proc);
    g_free(fixture->proc);
}

/* @comm is NULL for a thread that has ended since its directory was listed. */
static void
add_thread(Fixture *fixture, const char *pid, const char *tid, const char *comm)
{
    g_autofree char *dir = g_build_filename(fixture->proc, pid, "task", tid, NULL);
    g_autofree char *file = g_build_filename(dir, "comm", NULL);

    g_assert_no_errno(g_mkdir_with_parents(dir, 0755));
    if (comm)
        g_assert_true(g_file_set_contents(file, comm, -1, NULL));
}

static const GuestThread *
find_thread(GArray *threads, pid_t tid)
{
    guint i;

    for (i = 0; i < threads->len; i++) {
        const GuestThread *thread = &g_array_index(threads, GuestThread, i);

        if (thread->tid == tid)
            return thread;
    }
    return NULL;
}

static void
test_list(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) threads = NULL;
    const GuestThread *thread;

    add_thread(fixture, "100", "100", "qemu-system-x86\n");
    add_thread(fixture, "100", "101", "CPU 3/KVM\n");
    add_thread(fixture, "100", "2147483647", "IO iothread5\n");
    add_thread(fixture, "100", "103", NULL);
    add_thread(fixture, "100", "104", "");
    add_thread(fixture, "200", "200", "CPU 0/KVM\n");
    /* the kernel does not do this; then no more should be made of it */
    add_thread(fixture, "100", "2147483648", "CPU 1/KVM\n");
    add_thread(fixture, "100", "12x", "CPU 1/KVM\n");
    add_thread(fixture, "100", "-5", "CPU 1/KVM\n");

    threads = guest_threads_list(fixture->proc, 100, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(threads->len, ==, 4);

    thread = find_thread(threads, 100);
    g_assert_nonnull(thread);
    g_assert_cmpint(thread->kind, ==, GUEST_THREAD_EMULATOR);
    thread = find_thread(threads, 101);
    g_assert_nonnull(thread);
    g_assert_cmpint(thread->kind, ==, GUEST_THREAD_VCPU);
    g_assert_cmpuint(thread->number, ==, 3);
    thread = find_thread(threads, 2147483647);
    g_assert_nonnull(thread);
    g_assert_cmpint(thread->kind, ==, GUEST_THREAD_IOTHREAD);
    g_assert_cmpuint(thread->number, ==, 5);
    thread = find_thread(threads, 104);
    g_assert_nonnull(thread);
    g_assert_cmpint(thread->kind, ==, GUEST_THREAD_EMULATOR);
}

/* A name longer than what is read of it, and one that begins like a vCPU's. */
static void
test_list_long_names(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *digits = g_strnfill(5000, '1');
    g_autofree char *name = g_strconcat("CPU ", digits, "/KVM\n", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) threads = NULL;

    add_thread(fixture, "7", "7", name);
    threads = guest_threads_list(fixture->proc, 7, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(threads->len, ==, 1);
    g_assert_cmpint(g_array_index(threads, GuestThread, 0).kind, ==, GUEST_THREAD_EMULATOR);
}

static void
test_list_gone(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) other = NULL;

    g_assert_null(guest_threads_list(fixture->proc, 100, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    g_assert_cmpstr(error->message, ==, "Process 100 is gone");

    /* All of its threads ended between the listing and the reading. */
    add_thread(fixture, "100", "100", NULL);
    g_assert_null(guest_threads_list(fixture->proc, 100, &other));
    g_assert_error(other, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

static void
test_list_unreadable(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *comm = g_build_filename(fixture->proc, "100/task/101/comm", NULL);
    g_autoptr(GError) error = NULL;

    add_thread(fixture, "100", "100", "qemu\n");
    add_thread(fixture, "100", "101", NULL);
    g_assert_no_errno(g_mkdir(comm, 0755));

    g_assert_null(guest_threads_list(fixture->proc, 100, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
    g_assert_nonnull(g_strstr_len(error->message, -1, "process 100"));
}

/* Nothing outside the process's own files is read. */
static void
test_list_no_symlink(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *comm = g_build_filename(fixture->proc, "100/task/101/comm", NULL);
    g_autofree char *other = g_build_filename(fixture->proc, "200/task/200/comm", NULL);
    g_autoptr(GError) error = NULL;

    add_thread(fixture, "100", "101", NULL);
    add_thread(fixture, "200", "200", "CPU 0/KVM\n");
    g_assert_no_errno(symlink(other, comm));

    g_assert_null(guest_threads_list(fixture->proc, 100, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_LOOP);
}

/* ---- the real one ---- */

typedef struct {
    GMutex mutex;
    GCond cond;
    gboolean named;
    gboolean done;
} Turn;

static gpointer
be_a_vcpu(gpointer data)
{
    Turn *turn = data;

    g_mutex_lock(&turn->mutex);
    turn->named = TRUE;
    g_cond_broadcast(&turn->cond);
    while (!turn->done)
        g_cond_wait(&turn->cond, &turn->mutex);
    g_mutex_unlock(&turn->mutex);
    return NULL;
}

static gboolean
has_vcpu(GArray *threads, guint number)
{
    guint i;

    for (i = 0; i < threads->len; i++) {
        const GuestThread *thread = &g_array_index(threads, GuestThread, i);

        if (thread->kind == GUEST_THREAD_VCPU && thread->number == number)
            return TRUE;
    }
    return FALSE;
}

static void
test_list_self(void)
{
    Turn turn = {.named = FALSE};
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) threads = NULL;
    GThread *thread;

    g_mutex_init(&turn.mutex);
    g_cond_init(&turn.cond);
    thread = g_thread_new("CPU 42/TCG", be_a_vcpu, &turn);
    g_mutex_lock(&turn.mutex);
    while (!turn.named)
        g_cond_wait(&turn.cond, &turn.mutex);
    g_mutex_unlock(&turn.mutex);

    threads = guest_threads_list("/proc", getpid(), &error);

    g_mutex_lock(&turn.mutex);
    turn.done = TRUE;
    g_cond_broadcast(&turn.cond);
    g_mutex_unlock(&turn.mutex);
    g_thread_join(thread);
    g_mutex_clear(&turn.mutex);
    g_cond_clear(&turn.cond);

    g_assert_no_error(error);
    g_assert_nonnull(find_thread(threads, getpid()));
    g_assert_true(has_vcpu(threads, 42));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guest-threads/classify", test_classify);
    g_test_add("/guest-threads/list", Fixture, NULL, set_up, test_list, tear_down);
    g_test_add("/guest-threads/long-names", Fixture, NULL, set_up, test_list_long_names, tear_down);
    g_test_add("/guest-threads/gone", Fixture, NULL, set_up, test_list_gone, tear_down);
    g_test_add("/guest-threads/unreadable", Fixture, NULL, set_up, test_list_unreadable, tear_down);
    g_test_add("/guest-threads/no-symlink", Fixture, NULL, set_up, test_list_no_symlink, tear_down);
    g_test_add_func("/guest-threads/self", test_list_self);
    return g_test_run();
}
