/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that are in the way are moved down by one level, if they are ours to move. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "corral.h"
#include "fake-cgroup.h"

#define ROOT "/sys/fs/cgroup"
#define CPU CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU)

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *root;
} Fixture;

static void
put_namespaces(Fixture *self, const char *process, const char *cgroup, const char *pid)
{
    g_autofree char *dir =
        g_build_filename(fake_cgroup_get_root(self->fake), "proc", process, "ns", NULL);
    g_autofree char *cgroup_link = g_build_filename(dir, "cgroup", NULL);
    g_autofree char *pid_link = g_build_filename(dir, "pid", NULL);

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_cmpint(symlink(cgroup, cgroup_link), ==, 0);
    g_assert_cmpint(symlink(pid, pid_link), ==, 0);
}

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->root = corral_group_open(self->host, "", CPU, &error);
    g_assert_no_error(error);
    put_namespaces(self, "self", "cgroup:[1]", "pid:[1]");
}

/* As outside of containers: the root is a group unlike others, and has no type. */
static void
set_up_machine(Fixture *self, gconstpointer like)
{
    g_autofree char *type = NULL;

    set_up(self, like);
    type = g_build_filename(fake_cgroup_get_root(self->fake), ROOT, "cgroup.type", NULL);
    g_assert_cmpint(unlink(type), ==, 0);
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_object_unref(self->root);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

static void
assert_room(Fixture *self, const char *log)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *made = NULL;
    gboolean room;

    g_free(fake_cgroup_take_log(self->fake));
    room = corral_group_make_room(self->root, "_apart", &error);
    g_assert_no_error(error);
    g_assert_true(room);
    made = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(made, ==, log);
}

static void
assert_no_room(Fixture *self, CorralGroup *root, const char *culprit)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *made = NULL;

    g_free(fake_cgroup_take_log(self->fake));
    g_assert_false(corral_group_make_room(root, "_apart", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, culprit));
    made = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(made, ==, "");
}

/* Legacy hierarchies, and a machine's root. */
static void
test_needless(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_attach_process(self->root, 20, &error));
    g_assert_no_error(error);
    assert_room(self, "");
}

static void
test_empty(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    assert_room(self, "");
}

static void
test_moves(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) apart = NULL;
    g_autoptr(GArray) left = NULL;
    g_autoptr(GArray) moved = NULL;

    put_namespaces(self, "20", "cgroup:[1]", "pid:[1]");
    put_namespaces(self, "300", "cgroup:[1]", "pid:[1]");
    g_assert_true(corral_group_attach_process(self->root, 20, NULL));
    g_assert_true(corral_group_attach_process(self->root, 300, NULL));
    assert_room(self, "mkdir " ROOT "/_apart\n"
                      "write " ROOT "/_apart/cgroup.procs 20\n"
                      "write " ROOT "/_apart/cgroup.procs 300\n");

    left = corral_group_list_processes(self->root, NULL);
    g_assert_cmpuint(left->len, ==, 0);
    apart = corral_group_open(self->host, "_apart", CPU, NULL);
    moved = corral_group_list_processes(apart, NULL);
    g_assert_cmpuint(moved->len, ==, 2);
    assert_room(self, "");
}

/* Some of them were put there from outside: all stay. */
static void
test_others(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    put_namespaces(self, "20", "cgroup:[1]", "pid:[1]");
    put_namespaces(self, "300", "cgroup:[2]", "pid:[1]");
    g_assert_true(corral_group_attach_process(self->root, 20, NULL));
    g_assert_true(corral_group_attach_process(self->root, 300, NULL));
    assert_no_room(self, self->root,
                   ROOT "' cannot hand controllers down, because it holds "
                        "process 300, which is of another container");
}

static void
test_others_processes(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    put_namespaces(self, "300", "cgroup:[1]", "pid:[2]");
    g_assert_true(corral_group_attach_process(self->root, 300, NULL));
    assert_no_room(self, self->root, "process 300");
}

/* Without namespaces, as who is just ending; the kernel lists it for a moment. */
static void
test_ending(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    put_namespaces(self, "20", "cgroup:[1]", "pid:[1]");
    g_assert_true(corral_group_attach_process(self->root, 20, NULL));
    g_assert_true(corral_group_attach_process(self->root, 300, NULL));
    assert_room(self, "mkdir " ROOT "/_apart\n"
                      "write " ROOT "/_apart/cgroup.procs 20\n"
                      "write " ROOT "/_apart/cgroup.procs 300\n");
}

/* Nobody here has a number for it. */
static void
test_unseen(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    fake_cgroup_put(self->fake, ROOT "/cgroup.procs", "0\n");
    assert_no_room(self, self->root, "a process, which is of another container");
}

static void
test_read_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) root = corral_group_open(host, "", CPU, NULL);

    assert_no_room(self, root, "read-only");
}

static void
test_name(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(corral_group_make_room(self->root, "a/b", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
}

#define ADD(name, like, before, test)                                                              \
    g_test_add("/room/" name, Fixture, like, before, test, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("needless/legacy", "legacy", set_up, test_needless);
    ADD("needless/unified", "unified", set_up_machine, test_needless);
    ADD("empty", "unified", set_up, test_empty);
    ADD("moves", "unified", set_up, test_moves);
    ADD("others", "unified", set_up, test_others);
    ADD("others-processes", "unified", set_up, test_others_processes);
    ADD("ending", "unified", set_up, test_ending);
    ADD("unseen", "unified", set_up, test_unseen);
    ADD("read-only", "unified", set_up, test_read_only);
    ADD("name", "unified", set_up, test_name);
    return g_test_run();
}
