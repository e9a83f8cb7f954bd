/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stopping and continuing: what is asked of the kernel, and for how long. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group; /* a/g */
    const char *top;
    gboolean unified;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "a/g", BIT(FREEZER), CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    self->unified = g_str_equal(like, "unified");
    self->top = self->unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/freezer";
    g_free(fake_cgroup_take_log(self->fake));
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_object_unref(self->group);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

static void
put(Fixture *self, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(self->top, file, NULL);

    fake_cgroup_put(self->fake, name, text);
}

static void
assert_asked(Fixture *self, gboolean freeze)
{
    g_autofree char *name =
        g_build_filename(self->top, "a/g", self->unified ? "cgroup.freeze" : "freezer.state", NULL);
    g_autofree char *text = fake_cgroup_read(self->fake, name);

    if (self->unified)
        g_assert_cmpstr(text, ==, freeze ? "1" : "0");
    else
        g_assert_cmpstr(text, ==, freeze ? "FROZEN" : "THAWED");
}

static CorralFreezerState
get_state(Fixture *self)
{
    CorralFreezerState state = CORRAL_FREEZER_THAWED;
    gboolean frozen = 4711;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_freezer_state(self->group, &state, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_is_frozen(self->group, &frozen, &error));
    g_assert_cmpint(frozen, ==, (state & CORRAL_FREEZER_COMPLETE) != 0);
    return state;
}

static void
test_freeze(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_THAWED);
    g_assert_true(corral_group_freeze(self->group, 0, &error));
    g_assert_no_error(error);
    assert_asked(self, TRUE);
    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_SELF | CORRAL_FREEZER_COMPLETE);
    /* Once more is no error. */
    g_assert_true(corral_group_freeze(self->group, 0, &error));

    g_assert_true(corral_group_thaw(self->group, &error));
    g_assert_no_error(error);
    assert_asked(self, FALSE);
    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_THAWED);
    g_assert_true(corral_group_thaw(self->group, &error));
}

/* Some do not stop in time: the group goes on. */
static void
test_timeout(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    gint64 began = g_get_monotonic_time();

    fake_cgroup_resist(self->fake, G_MAXUINT);
    g_assert_false(corral_group_freeze(self->group, 30, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, "'a/g'"));
    g_assert_cmpint(g_get_monotonic_time() - began, >=, 30 * G_TIME_SPAN_MILLISECOND);
    assert_asked(self, FALSE);
    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_THAWED);
}

/* What somebody else had asked for is left to him. */
static void
test_timeout_of_second(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    fake_cgroup_resist(self->fake, G_MAXUINT);
    if (self->unified) {
        put(self, "a/g/cgroup.freeze", "1\n");
    } else {
        put(self, "a/g/freezer.state", "FREEZING\n");
        put(self, "a/g/freezer.self_freezing", "1\n");
    }
    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_SELF);
    g_assert_false(corral_group_freeze(self->group, 5, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_SELF);
}

/* A group that stays in FREEZING is asked again and again, and let run now and then. */
static void
test_again(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;

    fake_cgroup_resist(self->fake, 5);
    g_assert_true(corral_group_freeze(self->group, 30000, &error));
    g_assert_no_error(error);
    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_SELF | CORRAL_FREEZER_COMPLETE);
    log = fake_cgroup_take_log(self->fake);
    g_assert_null(strstr(log, "THAWED"));

    g_assert_true(corral_group_thaw(self->group, &error));
    g_free(fake_cgroup_take_log(self->fake));
    fake_cgroup_resist(self->fake, 150);
    g_assert_true(corral_group_freeze(self->group, 30000, &error));
    g_assert_no_error(error);
    g_free(log);
    log = fake_cgroup_take_log(self->fake);
    g_assert_nonnull(strstr(log, "THAWED"));
    assert_asked(self, TRUE);
}

/* One that waits for another that has stopped gets his answer when all are let run. */
static void
test_let_run(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;

    fake_cgroup_resist(self->fake, 1);
    g_assert_true(corral_group_freeze(self->group, 30000, &error));
    g_assert_no_error(error);
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==,
                    "write /sys/fs/cgroup/a/g/cgroup.freeze 1\n"
                    "write /sys/fs/cgroup/a/g/cgroup.freeze 0\n"
                    "write /sys/fs/cgroup/a/g/cgroup.freeze 1\n");
}

/* In place and at one stroke, as nobody may read half of it. */
static gpointer
stop_at_last(gpointer data)
{
    static const char text[] = "populated 0\nfrozen 1\n";
    g_autofree char *name =
        g_build_filename(fake_cgroup_get_root(data), "/sys/fs/cgroup/a/g/cgroup.events", NULL);
    gboolean asked = FALSE;
    int fd = open(name, O_WRONLY | O_CLOEXEC);

    while (!asked) {
        g_autofree char *freeze = fake_cgroup_read(data, "/sys/fs/cgroup/a/g/cgroup.freeze");

        asked = g_str_equal(freeze, "1");
        g_thread_yield();
    }
    g_assert_cmpint(pwrite(fd, text, strlen(text), 0), ==, (ssize_t)strlen(text));
    close(fd);
    return NULL;
}

/* Completion comes by itself. */
static void
test_waits(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;
    GThread *thread;

    fake_cgroup_resist(self->fake, 1);
    thread = g_thread_new("stop", stop_at_last, self->fake);
    g_assert_true(corral_group_freeze(self->group, 30000, &error));
    g_assert_no_error(error);
    g_thread_join(thread);
    log = fake_cgroup_take_log(self->fake);
    g_assert_true(g_str_has_prefix(log, "write /sys/fs/cgroup/a/g/cgroup.freeze 1\n"));
}

static void
test_above(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    if (self->unified) {
        put(self, "a/cgroup.freeze", "1\n");
        put(self, "a/g/cgroup.events", "populated 1\nfrozen 0\n");
    } else {
        put(self, "a/g/freezer.parent_freezing", "1\n");
        put(self, "a/g/freezer.state", "FREEZING\n");
    }
    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_ABOVE);
    if (self->unified)
        put(self, "a/g/cgroup.events", "populated 1\nfrozen 1\n");
    else
        put(self, "a/g/freezer.state", "FROZEN\n");
    g_assert_cmpint(get_state(self), ==, CORRAL_FREEZER_ABOVE | CORRAL_FREEZER_COMPLETE);
    g_assert_true(corral_group_freeze(self->group, 0, &error));
    g_assert_no_error(error);
    g_assert_cmpint(get_state(self), ==,
                    CORRAL_FREEZER_SELF | CORRAL_FREEZER_ABOVE | CORRAL_FREEZER_COMPLETE);
}

/* Nobody freezes himself, nor the whole machine. */
static void
test_myself(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) above = corral_group_open(self->host, "a", BIT(FREEZER), NULL);
    g_autoptr(CorralGroup) root = corral_group_open(self->host, "", BIT(FREEZER), NULL);
    g_autoptr(CorralGroup) other =
        corral_group_make(self->host, "a/gg", BIT(FREEZER), CORRAL_MAKE_NEW, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;

    g_assert_true(corral_group_attach_process(self->group, getpid(), &error));
    g_assert_no_error(error);
    g_free(fake_cgroup_take_log(self->fake));
    g_assert_false(corral_group_freeze(self->group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "'a/g'"));
    g_clear_error(&error);
    g_assert_false(corral_group_freeze(above, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_false(corral_group_freeze(root, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    g_clear_error(&error);
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==, "");
    /* One whose name begins alike is another. */
    g_assert_true(corral_group_freeze(other, 0, &error));
    g_assert_no_error(error);
    fake_cgroup_exit(self->fake, getpid());
}

static void
test_kernel_refuses(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, EACCES);
    g_assert_false(corral_group_freeze(self->group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    assert_asked(self, FALSE);
}

static void
test_garbage(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    const char *file = self->unified ? "a/g/cgroup.events" : "a/g/freezer.state";
    CorralFreezerState state;
    g_autoptr(GError) error = NULL;

    put(self, file, self->unified ? "frozen 2\n" : "COLD\n");
    g_assert_false(corral_group_get_freezer_state(self->group, &state, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, file));
    g_clear_error(&error);
    g_assert_false(corral_group_freeze(self->group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
}

static void
assert_all_fail(CorralGroup *group, CorralError code)
{
    CorralFreezerState state;
    gboolean frozen;
    gsize i;

    for (i = 0; i < 4; i++) {
        g_autoptr(GError) error = NULL;
        gboolean done = i == 0   ? corral_group_freeze(group, 0, &error)
                        : i == 1 ? corral_group_thaw(group, &error)
                        : i == 2 ? corral_group_is_frozen(group, &frozen, &error)
                                 : corral_group_get_freezer_state(group, &state, &error);

        g_test_message("call %" G_GSIZE_FORMAT, i);
        g_assert_false(done);
        g_assert_error(error, CORRAL_ERROR, (int)code);
    }
}

static void
test_vanished(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *name = g_build_filename(self->top, "a/g", NULL);

    fake_cgroup_rmdir(self->fake, name);
    assert_all_fail(self->group, CORRAL_ERROR_GONE);
}

static void
test_no_controller(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group =
        corral_group_make(self->host, "p", BIT(PIDS), CORRAL_MAKE_NEW, NULL);

    assert_all_fail(group, CORRAL_ERROR_NO_CONTROLLER);
}

static void
test_read_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = corral_group_open(host, "a/g", BIT(FREEZER), NULL);
    g_autoptr(GError) error = NULL;
    gboolean frozen;

    g_assert_false(corral_group_freeze(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    g_assert_false(corral_group_thaw(group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_assert_true(corral_group_is_frozen(group, &frozen, NULL));
}

#define ADD(path, like, func) g_test_add(path, Fixture, like, set_up, func, tear_down)
#define ADD_BOTH(name, func)                                                                       \
    G_STMT_START                                                                                   \
    {                                                                                              \
        ADD("/freezer/" name "/legacy", "legacy", func);                                           \
        ADD("/freezer/" name "/unified", "unified", func);                                         \
    }                                                                                              \
    G_STMT_END

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD_BOTH("freeze", test_freeze);
    ADD_BOTH("timeout", test_timeout);
    ADD_BOTH("timeout-of-second", test_timeout_of_second);
    ADD("/freezer/again", "legacy", test_again);
    ADD("/freezer/let-run", "unified", test_let_run);
    ADD("/freezer/waits", "unified", test_waits);
    ADD_BOTH("above", test_above);
    ADD_BOTH("myself", test_myself);
    ADD_BOTH("kernel-refuses", test_kernel_refuses);
    ADD_BOTH("garbage", test_garbage);
    ADD_BOTH("vanished", test_vanished);
    ADD("/freezer/no-controller", "legacy", test_no_controller);
    ADD_BOTH("read-only", test_read_only);

    return g_test_run();
}
