/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a group: entering it, being listed, and being killed. */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group; /* "web/g" */
    CorralGroup *child; /* "web/g/emulator" */
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "web/g", BIT(CPU) | BIT(CPUSET) | BIT(MEMORY),
                                    CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    self->child = corral_group_make_threaded(self->group, "emulator", &error);
    g_assert_no_error(error);
    g_free(fake_cgroup_take_log(self->fake));
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_object_unref(self->child);
    g_object_unref(self->group);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

/* "7 12 ", or the error's message. */
static char *
show_ids(GArray *ids, GError *error)
{
    GString *text = g_string_new(error ? error->message : NULL);
    guint i;

    for (i = 0; ids && i < ids->len; i++)
        g_string_append_printf(text, "%d ", (int)g_array_index(ids, pid_t, i));

    return g_string_free(text, FALSE);
}

static void
assert_processes(CorralGroup *group, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) ids = corral_group_list_processes(group, &error);
    g_autofree char *shown = show_ids(ids, error);

    g_assert_cmpstr(shown, ==, wanted);
}

static void
assert_threads(CorralGroup *group, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) ids = corral_group_list_threads(group, &error);
    g_autofree char *shown = show_ids(ids, error);

    g_assert_cmpstr(shown, ==, wanted);
}

static void
assert_gone(GError **error)
{
    g_assert_error(*error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_nonnull(strstr((*error)->message, "the group was removed"));
    g_clear_error(error);
}

/* ---- entering ---- */

static void
test_attach(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    gboolean attached;
    CorralController controller;

    attached = corral_group_attach_process(self->group, 300, &error);
    g_assert_no_error(error);
    g_assert_true(attached);
    g_assert_true(corral_group_attach_process(self->group, 20, NULL));
    assert_processes(self->group, "20 300 ");
    assert_threads(self->group, "20 300 ");

    for (controller = 0; controller < CORRAL_N_CONTROLLERS; controller++) {
        g_autofree char *path = NULL;

        if (!(corral_group_get_controllers(self->group) & CORRAL_CONTROLLER_BIT(controller)))
            continue;
        path = corral_host_find_process(self->host, controller, 300, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(path, ==, "web/g");
    }

    /* Threads of the first one. */
    g_assert_true(corral_group_attach_thread(self->child, 300, NULL));
    g_assert_true(corral_group_attach_thread(self->child, 301, NULL));
    assert_threads(self->group, "20 ");
    assert_threads(self->child, "300 301 ");

    fake_cgroup_exit(self->fake, 300);
    fake_cgroup_exit(self->fake, 301);
    assert_processes(self->group, "20 ");
    assert_threads(self->child, "");
}

static void
test_attach_nobody(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const pid_t nobody[] = {0, -1, G_MININT};
    g_autofree char *log = NULL;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(nobody); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(corral_group_attach_process(self->group, nobody[i], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
        g_clear_error(&error);
        g_assert_false(corral_group_attach_thread(self->child, nobody[i], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    }

    /* "0" would have been ourselves. */
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==, "");
}

static void
test_attach_errors(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        int errnum;
        CorralError code;
    } table[] = {
        {ESRCH, CORRAL_ERROR_NOT_FOUND},   {ENODEV, CORRAL_ERROR_GONE},
        {EBUSY, CORRAL_ERROR_BUSY},        {EPERM, CORRAL_ERROR_PERMISSION},
        {EACCES, CORRAL_ERROR_PERMISSION}, {EOPNOTSUPP, CORRAL_ERROR_UNSUPPORTED},
        {ENOMEM, CORRAL_ERROR_FAILED},     {EIO, CORRAL_ERROR_FAILED},
        {ENOENT, CORRAL_ERROR_NOT_FOUND},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", g_strerror(table[i].errnum));
        fake_cgroup_fail(self->fake, FAKE_WRITE, 0, table[i].errnum);
        g_assert_false(corral_group_attach_process(self->group, 20, &error));
        g_assert_error(error, CORRAL_ERROR, (int)table[i].code);
        g_assert_nonnull(strstr(error->message, "'20'"));
        g_assert_nonnull(strstr(error->message, "cgroup.procs'"));
        assert_processes(self->group, "");
    }

    /* Once is no refusal: the group may just have lacked CPUs or memory nodes. */
    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, ENOSPC);
    g_assert_true(corral_group_attach_process(self->group, 20, NULL));
    assert_processes(self->group, "20 ");
}

/* ---- a group for a process ---- */

static void
assert_where(CorralHost *host, pid_t pid, const char *path)
{
    CorralController controller;

    for (controller = 0; controller < CORRAL_N_CONTROLLERS; controller++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *found = NULL;

        if (!(corral_host_get_controllers(host) & CORRAL_CONTROLLER_BIT(controller)))
            continue;
        found = corral_host_find_process(host, controller, pid, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(found, ==, path);
    }
}

static void
test_make_for_process(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(CorralGroup) again = NULL;

    group = corral_group_make_for_process(self->host, "libvirt/lxc/demo", 20, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(corral_group_get_path(group), ==, "libvirt/lxc/demo");
    g_assert_cmpuint(corral_group_get_controllers(group), ==,
                     corral_host_get_controllers(self->host));
    assert_where(self->host, 20, "libvirt/lxc/demo");

    /* One that is there is taken as it is. */
    again = corral_group_make_for_process(self->host, "libvirt/lxc/demo", 300, &error);
    g_assert_no_error(error);
    assert_processes(again, "20 300 ");
}

/* However far it came: the process is where it was, and no level is left. */
static void
test_make_for_process_fails(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) old = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL;
    guint i = 0;

    old = corral_group_make_for_process(self->host, "old/place", 20, &error);
    g_assert_no_error(error);
    before = fake_cgroup_list(self->fake);

    while (TRUE) {
        g_autoptr(CorralGroup) group = NULL;
        g_autofree char *after = NULL;

        fake_cgroup_fail(self->fake, FAKE_WRITE, i, EPERM);
        group = corral_group_make_for_process(self->host, "libvirt/lxc/demo", 20, &error);
        if (group)
            break;
        g_test_message("%u: %s", i++, error->message);
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
        g_clear_error(&error);
        after = fake_cgroup_list(self->fake);
        g_assert_cmpstr(after, ==, before);
        assert_where(self->host, 20, "old/place");
    }
    g_assert_cmpuint(i, >, 0);
    assert_where(self->host, 20, "libvirt/lxc/demo");
}

static void
test_make_for_nobody(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        const char *path;
        pid_t pid;
        CorralError code;
    } table[] = {
        {"libvirt/lxc/demo", 0, CORRAL_ERROR_NOT_FOUND},
        {"libvirt/lxc/demo", -1, CORRAL_ERROR_NOT_FOUND},
        {"", 20, CORRAL_ERROR_NAME},
        {"/libvirt", 20, CORRAL_ERROR_NAME},
        {"libvirt/../lxc", 20, CORRAL_ERROR_NAME},
    };
    g_autofree char *before = fake_cgroup_list(self->fake);
    g_autofree char *after = NULL;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(
            corral_group_make_for_process(self->host, table[i].path, table[i].pid, &error));
        g_assert_error(error, CORRAL_ERROR, (int)table[i].code);
    }
    after = fake_cgroup_list(self->fake);
    g_assert_cmpstr(after, ==, before);
}

/* A group that holds processes hands nothing down. */
static void
test_make_below_busy(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *before = fake_cgroup_list(self->fake);
    g_autofree char *after = NULL;
    g_autoptr(GError) error = NULL;

    /* The root's word comes first. */
    fake_cgroup_fail(self->fake, FAKE_WRITE, 1, EBUSY);
    g_assert_null(corral_group_make_for_process(self->host, "libvirt/lxc/demo", 20, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, "/libvirt' holds processes itself"));
    after = fake_cgroup_list(self->fake);
    g_assert_cmpstr(after, ==, before);
}

/* Somebody emptied the group after it was made. */
static void
test_attach_to_empty_cpuset(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *cpus = NULL;
    g_autoptr(GError) error = NULL;

    fake_cgroup_put(self->fake, "/sys/fs/cgroup/cpuset/web/g/cpuset.cpus", "\n");
    fake_cgroup_put(self->fake, "/sys/fs/cgroup/cpuset/web/g/cpuset.mems", "\n");
    g_assert_true(corral_group_attach_process(self->group, 20, &error));
    g_assert_no_error(error);
    cpus = fake_cgroup_read(self->fake, "/sys/fs/cgroup/cpuset/web/g/cpuset.cpus");
    g_assert_cmpstr(cpus, ==, "0-3");
}

static void
test_entrances(Fixture *self, gconstpointer like)
{
    static const struct {
        const char *like;
        const char *files; /* of the child, where it exists; then of the group alone */
        const char *files_of_group;
    } table[] = {
        {"legacy",
         "/sys/fs/cgroup/cpu/web/g/emulator/tasks /sys/fs/cgroup/cpuset/web/g/emulator/tasks "
         "/sys/fs/cgroup/memory/web/g/tasks",
         "/sys/fs/cgroup/cpu/web/g/tasks /sys/fs/cgroup/cpuset/web/g/tasks "
         "/sys/fs/cgroup/memory/web/g/tasks"},
        {"unified", "/sys/fs/cgroup/web/g/emulator/cgroup.procs",
         "/sys/fs/cgroup/web/g/cgroup.procs"},
    };
    gsize i, k;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        CorralGroup *children[] = {self->child, NULL};
        const char *wanted[] = {table[i].files, table[i].files_of_group};

        for (k = 0; k < G_N_ELEMENTS(children) && g_str_equal(table[i].like, like); k++) {
            g_auto(GStrv) files = corral_group_list_entrances(self->group, children[k]);
            g_auto(GStrv) names = g_strsplit(wanted[k], " ", -1);
            gsize n;

            g_assert_cmpuint(g_strv_length(files), ==, g_strv_length(names));
            for (n = 0; names[n]; n++) {
                g_autofree char *real =
                    g_build_filename(fake_cgroup_get_root(self->fake), names[n], NULL);

                g_assert_cmpstr(files[n], ==, real);
                g_assert_true(g_file_test(real, G_FILE_TEST_IS_REGULAR));
            }
        }
    }
}

/* ---- being listed ---- */

static void
test_list_garbage(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    /* Another hierarchy has the answer. */
    fake_cgroup_put(self->fake, "/sys/fs/cgroup/cpu/web/g/cgroup.procs", "12\nrubbish\n");
    assert_processes(self->group, "");

    fake_cgroup_put(self->fake, "/sys/fs/cgroup/cpuset/web/g/cgroup.procs", "rubbish");
    fake_cgroup_put(self->fake, "/sys/fs/cgroup/memory/web/g/cgroup.procs", "-1\n");
    g_assert_null(corral_group_list_processes(self->group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "\"-1\\n\""));
    g_assert_nonnull(strstr(error->message, "/sys/fs/cgroup/memory/web/g/cgroup.procs'"));
}

static void
test_vanished(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    fake_cgroup_rmdir(self->fake, "/sys/fs/cgroup/web/g/emulator");
    fake_cgroup_rmdir(self->fake, "/sys/fs/cgroup/web/g");

    g_assert_null(corral_group_list_processes(self->group, &error));
    assert_gone(&error);
    g_assert_null(corral_group_list_threads(self->child, &error));
    assert_gone(&error);
    g_assert_false(corral_group_attach_process(self->group, 20, &error));
    assert_gone(&error);
    g_assert_false(corral_group_attach_thread(self->child, 20, &error));
    assert_gone(&error);

    /* Nobody is left in it. */
    g_assert_true(corral_group_kill(self->group, 0, &error));
    g_assert_no_error(error);
}

static void
test_read_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;

    group = corral_group_open(host, "web/g", BIT(CPU) | BIT(MEMORY), &error);
    g_assert_no_error(error);
    g_assert_false(corral_group_attach_process(group, 20, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    g_assert_false(corral_group_attach_thread(group, 20, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    g_assert_false(corral_group_kill(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);

    assert_processes(group, "");
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==, "");
}

/* ---- being killed ---- */

/* A process of our own that does nothing; the write end of a pipe keeps it alive. */
static pid_t
start_process(int *leash)
{
    int ends[2];
    pid_t pid;

    g_assert_cmpint(pipe(ends), ==, 0);
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        char byte;

        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ends[0]);
    *leash = ends[1];
    return pid;
}

typedef struct {
    FakeCgroup *fake;
    pid_t pid;
    int status;
} Mourner;

/* What the kernel does by itself: who died is in no group any more. */
static gpointer
mourn(gpointer data)
{
    Mourner *self = data;

    g_assert_cmpint(waitpid(self->pid, &self->status, 0), ==, self->pid);
    fake_cgroup_exit(self->fake, self->pid);
    return NULL;
}

static void
test_kill(Fixture *self, gconstpointer like)
{
    int leashes[2];
    Mourner mourners[2];
    GThread *threads[2];
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gboolean killed;
    int i;

    for (i = 0; i < 2; i++)
        mourners[i] = (Mourner){self->fake, start_process(&leashes[i]), 0};
    g_assert_true(corral_group_attach_process(self->group, mourners[0].pid, NULL));
    g_assert_true(corral_group_attach_process(self->child, mourners[1].pid, NULL));
    for (i = 0; i < 2; i++)
        threads[i] = g_thread_new("mourner", mourn, &mourners[i]);

    killed = corral_group_kill(self->group, 60000, &error);
    g_assert_no_error(error);
    g_assert_true(killed);
    assert_processes(self->group, "");

    for (i = 0; i < 2; i++) {
        g_thread_join(threads[i]);
        g_assert_true(WIFSIGNALED(mourners[i].status));
        g_assert_cmpint(WTERMSIG(mourners[i].status), ==, SIGKILL);
        close(leashes[i]);
    }

    /* On the fake machine a thread is gone a moment after its process. */
    assert_threads(self->child, "");

    text = fake_cgroup_read(self->fake, "/sys/fs/cgroup/web/g/cgroup.kill");
    g_assert_cmpstr(text, ==, g_str_equal(like, "unified") ? "1" : NULL);
}

static void
test_kill_in_vain(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    int leash;
    pid_t pid = start_process(&leash);
    int status;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_kill(self->group, 0, &error));
    g_assert_no_error(error);

    /* Dead and reaped, and listed all the same: as one that cannot die. */
    close(leash);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(corral_group_attach_process(self->group, pid, NULL));
    g_assert_false(corral_group_kill(self->group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, "'web/g'"));
}

/* Whoever does not go at once may be one of many who fork: then he stands still meanwhile. */
static void
test_kill_held(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group =
        corral_group_make(self->host, "web/h", BIT(CPU) | BIT(FREEZER), CORRAL_MAKE_NEW, NULL);
    int leash;
    pid_t pid = start_process(&leash);
    g_autoptr(GError) error = NULL;
    g_autofree char *quick = NULL;
    g_autofree char *slow = NULL;
    CorralFreezerState state;
    int status;

    close(leash);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(corral_group_attach_process(group, pid, NULL));
    g_free(fake_cgroup_take_log(self->fake));

    g_assert_false(corral_group_kill(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_clear_error(&error);
    quick = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(quick, ==, "");

    g_assert_false(corral_group_kill(group, 500, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    slow = fake_cgroup_take_log(self->fake);
    g_assert_nonnull(strstr(slow, "freezer.state FROZEN"));
    g_assert_true(corral_group_get_freezer_state(group, &state, NULL));
    g_assert_cmpint(state, ==, CORRAL_FREEZER_THAWED);
}

/* Everybody is in the root or below it. */
static void
test_kill_root(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    int leash;
    pid_t pid = start_process(&leash);
    int status;
    g_autoptr(CorralGroup) root = NULL;
    g_autoptr(GError) error = NULL;

    root = corral_group_open(self->host, "", BIT(CPU), &error);
    g_assert_no_error(error);
    g_assert_true(corral_group_attach_process(self->group, pid, NULL));
    g_assert_false(corral_group_kill(root, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);

    close(leash);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
}

#define ADD(path, like, func) g_test_add(path, Fixture, like, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD("/members/attach/legacy", "legacy", test_attach);
    ADD("/members/attach/together", "together", test_attach);
    ADD("/members/attach/unified", "unified", test_attach);
    ADD("/members/attach/container", "container-unified", test_attach);
    ADD("/members/attach-nobody", "legacy", test_attach_nobody);
    ADD("/members/attach-errors", "legacy", test_attach_errors);
    ADD("/members/attach-to-empty-cpuset", "legacy", test_attach_to_empty_cpuset);
    ADD("/members/make-for-process/legacy", "legacy", test_make_for_process);
    ADD("/members/make-for-process/together", "together", test_make_for_process);
    ADD("/members/make-for-process/hybrid", "hybrid", test_make_for_process);
    ADD("/members/make-for-process/unified", "unified", test_make_for_process);
    ADD("/members/make-for-process-fails/legacy", "legacy", test_make_for_process_fails);
    ADD("/members/make-for-process-fails/hybrid", "hybrid", test_make_for_process_fails);
    ADD("/members/make-for-process-fails/unified", "unified", test_make_for_process_fails);
    ADD("/members/make-for-nobody/legacy", "legacy", test_make_for_nobody);
    ADD("/members/make-for-nobody/unified", "unified", test_make_for_nobody);
    ADD("/members/make-below-busy", "unified", test_make_below_busy);
    ADD("/members/entrances/legacy", "legacy", test_entrances);
    ADD("/members/entrances/unified", "unified", test_entrances);
    ADD("/members/list-garbage", "legacy", test_list_garbage);
    ADD("/members/vanished", "unified", test_vanished);
    ADD("/members/read-only", "legacy", test_read_only);
    ADD("/members/kill/legacy", "legacy", test_kill);
    ADD("/members/kill/unified", "unified", test_kill);
    ADD("/members/kill-in-vain", "legacy", test_kill_in_vain);
    ADD("/members/kill-held", "legacy", test_kill_held);
    ADD("/members/kill-root/legacy", "legacy", test_kill_root);
    ADD("/members/kill-root/unified", "unified", test_kill_root);

    return g_test_run();
}
