/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks on packets: what is written, and what is said where there are none. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

#define DIR "/sys/fs/cgroup/net_cls,net_prio/g"

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "g", BIT(NET_CLS) | BIT(NET_PRIO) | BIT(CPUACCT),
                                    CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
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
test_class(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        guint32 handle;
        const char *text;
    } table[] = {{0, "0"}, {1, "1"}, {0x00100001, "1048577"}, {G_MAXUINT32, "4294967295"}};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        guint32 handle = UNTOUCHED;

        g_assert_true(corral_group_set_net_class(self->group, table[i].handle, &error));
        g_assert_no_error(error);
        text = fake_cgroup_read(self->fake, DIR "/net_cls.classid");
        g_assert_cmpstr(text, ==, table[i].text);
        g_assert_true(corral_group_get_net_class(self->group, &handle, &error));
        g_assert_cmpuint(handle, ==, table[i].handle);
    }
}

static void
test_priority(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;
    guint32 priority = UNTOUCHED;

    g_assert_true(corral_group_set_net_priority(self->group, "eth0", 5, &error));
    g_assert_no_error(error);
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==, "write " DIR "/net_prio.ifpriomap eth0 5\n");

    fake_cgroup_put(self->fake, DIR "/net_prio.ifpriomap", "lo 0\neth0 5\neth00 6\n");
    g_assert_true(corral_group_get_net_priority(self->group, "eth0", &priority, &error));
    g_assert_cmpuint(priority, ==, 5);
    priority = UNTOUCHED;
    g_assert_false(corral_group_get_net_priority(self->group, "eth1", &priority, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "'eth1'"));
    g_clear_error(&error);

    /* The kernel's ENODEV is not about the group. */
    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, ENODEV);
    g_assert_false(corral_group_set_net_priority(self->group, "eth1", 5, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, DIR "/net_prio.ifpriomap'"));
    g_assert_cmpuint(priority, ==, UNTOUCHED);
}

static void
test_interfaces(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const char *const names[] = {"", " ", "eth0 7", "eth0\nlo", "a/b", "0123456789abcdef"};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *log = NULL;
        g_autoptr(GError) error = NULL;
        guint32 priority;

        g_assert_false(corral_group_set_net_priority(self->group, names[i], 5, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        g_clear_error(&error);
        g_assert_false(corral_group_get_net_priority(self->group, names[i], &priority, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        log = fake_cgroup_take_log(self->fake);
        g_assert_cmpstr(log, ==, "");
    }
}

static void
test_garbage(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        const char *class;
        const char *map;
    } table[] = {{"x\n", "eth0\n"},
                 {"4294967296\n", "eth0 4294967296\n"},
                 {"-1\n", "eth0 1 2\n"},
                 {"", "eth0 x\n"}};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        guint32 value = UNTOUCHED;

        fake_cgroup_put(self->fake, DIR "/net_cls.classid", table[i].class);
        fake_cgroup_put(self->fake, DIR "/net_prio.ifpriomap", table[i].map);
        g_assert_false(corral_group_get_net_class(self->group, &value, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
        g_clear_error(&error);
        g_assert_false(corral_group_get_net_priority(self->group, "eth0", &value, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
        g_assert_cmpuint(value, ==, UNTOUCHED);
    }
}

static void
assert_all_fail(CorralGroup *group, CorralError code, const char *said)
{
    guint32 value = UNTOUCHED;
    gsize i;

    for (i = 0; i < 4; i++) {
        g_autoptr(GError) error = NULL;
        gboolean done = i == 0   ? corral_group_set_net_class(group, 1, &error)
                        : i == 1 ? corral_group_get_net_class(group, &value, &error)
                        : i == 2 ? corral_group_set_net_priority(group, "lo", 1, &error)
                                 : corral_group_get_net_priority(group, "lo", &value, &error);

        g_assert_false(done);
        g_assert_error(error, CORRAL_ERROR, (int)code);
        g_assert_nonnull(strstr(error->message, said));
        g_assert_cmpuint(value, ==, UNTOUCHED);
    }
}

/* The unified interface says what to do instead. */
static void
test_unsupported(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    assert_all_fail(self->group, CORRAL_ERROR_UNSUPPORTED, "socket cgroupv2");
}

/* One that could be mounted is missing, no more. */
static void
test_no_controller(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    assert_all_fail(self->group, CORRAL_ERROR_NO_CONTROLLER, "controller");
}

static void
test_vanished(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    fake_cgroup_rmdir(self->fake, DIR);
    assert_all_fail(self->group, CORRAL_ERROR_GONE, "net_");
}

static void
test_read_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = corral_group_open(host, "g", BIT(NET_CLS) | BIT(NET_PRIO), NULL);
    g_autoptr(GError) error = NULL;
    guint32 handle;

    g_assert_false(corral_group_set_net_class(group, 1, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    g_assert_false(corral_group_set_net_priority(group, "lo", 1, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_assert_true(corral_group_get_net_class(group, &handle, NULL));
}

#define ADD(path, like, func) g_test_add(path, Fixture, like, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD("/netclass/class", "together", test_class);
    ADD("/netclass/priority", "together", test_priority);
    ADD("/netclass/interfaces", "together", test_interfaces);
    ADD("/netclass/garbage", "together", test_garbage);
    ADD("/netclass/unsupported", "unified", test_unsupported);
    ADD("/netclass/no-controller", "legacy", test_no_controller);
    ADD("/netclass/vanished", "together", test_vanished);
    ADD("/netclass/read-only", "together", test_read_only);

    return g_test_run();
}
