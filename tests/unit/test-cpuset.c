/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs and memory nodes: what is written, what is not, and what is read. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "cg-codec.h"
#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group; /* a/g: "a" is where the fake kernel's limits are narrowed */
    char *dir;
    gboolean unified;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "a/g", BIT(CPUSET), CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    self->unified = g_str_equal(like, "unified");
    self->dir = g_strdup(self->unified ? "/sys/fs/cgroup/a/g" : "/sys/fs/cgroup/cpuset/a/g");
    g_free(fake_cgroup_take_log(self->fake));
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_free(self->dir);
    g_object_unref(self->group);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

static char *
file_of(Fixture *self, const char *file)
{
    return g_build_filename(self->dir, file, NULL);
}

static void
put(Fixture *self, const char *file, const char *text)
{
    g_autofree char *name = file_of(self, file);

    fake_cgroup_put(self->fake, name, text);
}

static void
assert_log(Fixture *self, const char *file, const char *text)
{
    g_autofree char *log = fake_cgroup_take_log(self->fake);
    g_autofree char *name = file ? file_of(self, file) : NULL;
    g_autofree char *wanted = g_strdup("");

    if (file) {
        g_free(wanted);
        wanted = g_strdup_printf("write %s%s%s\n", name, text[0] ? " " : "", text);
    }
    g_assert_cmpstr(log, ==, wanted);
}

static gboolean
set_from(CorralGroup *group, gboolean nodes, const char *list, GError **error)
{
    g_autoptr(GArray) numbers = NULL;

    g_assert_true(cg_codec_parse_list(list, &numbers));
    return nodes ? corral_group_set_memory_nodes(group, (guint *)numbers->data, numbers->len, error)
                 : corral_group_set_cpus(group, (guint *)numbers->data, numbers->len, error);
}

static void
assert_numbers(GArray *numbers, const GError *error, const char *wanted)
{
    g_autoptr(GArray) owned = numbers;
    g_autofree char *list = NULL;

    g_assert_no_error(error);
    g_assert_nonnull(owned);
    list = cg_codec_format_list((guint *)owned->data, owned->len);
    g_assert_cmpstr(list, ==, wanted);
}

#define ASSERT_NUMBERS(call, wanted)                                                               \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_autoptr(GError) failure = NULL;                                                          \
        GArray *numbers_ = call(self->group, &failure);                                            \
        assert_numbers(numbers_, failure, wanted);                                                 \
    }                                                                                              \
    G_STMT_END

static void
test_set(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        const char *own; /* before; NULL: as a new group has it */
        const char *wanted;
        const char *legacy; /* what is written; NULL: nothing */
        const char *unified;
    } table[] = {
        /* The group above has 0-3. */
        {NULL, "0-3", NULL, NULL}, {NULL, "", NULL, NULL},
        {NULL, "1", "1", "1"},     {NULL, "0-1,3", "0-1,3", "0-1,3"},
        {"1\n", "1", NULL, NULL},  {"1\n", "0-3", "0-3", "0-3"},
        {"1\n", "", "0-3", ""},    {"0-3\n", "0-3", NULL, NULL},
        {"0-3\n", "", NULL, ""},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        const char *written = self->unified ? table[i].unified : table[i].legacy;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        put(self, "cpuset.cpus", table[i].own ? table[i].own : self->unified ? "\n" : "0-3\n");
        g_assert_true(set_from(self->group, FALSE, table[i].wanted, &error));
        g_assert_no_error(error);
        assert_log(self, written ? "cpuset.cpus" : NULL, written);
        if (written)
            ASSERT_NUMBERS(corral_group_get_cpus, written);
    }
}

/* In any order, and more than once. */
static void
test_order(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const guint cpus[] = {2, 0, 2, 1, 0};
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_set_cpus(self->group, cpus, G_N_ELEMENTS(cpus), &error));
    g_assert_no_error(error);
    assert_log(self, "cpuset.cpus", "0-2");
    g_assert_true(corral_group_set_cpus(self->group, NULL, 0, &error));
    assert_log(self, "cpuset.cpus", self->unified ? "" : "0-3");
}

static void
test_nodes(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    if (self->unified)
        fake_cgroup_put(self->fake, "/sys/fs/cgroup/a/cpuset.mems.effective", "0-1\n");
    else
        fake_cgroup_put(self->fake, "/sys/fs/cgroup/cpuset/a/cpuset.mems", "0-1\n");

    g_assert_true(set_from(self->group, TRUE, "1", &error));
    g_assert_no_error(error);
    assert_log(self, "cpuset.mems", "1");
    ASSERT_NUMBERS(corral_group_get_memory_nodes, "1");
    g_assert_false(set_from(self->group, TRUE, "1-2", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "memory node 2 "));
    assert_log(self, NULL, NULL);
}

static void
test_effective(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    put(self, "cpuset.cpus", "0-1\n");
    put(self, self->unified ? "cpuset.cpus.effective" : "cpuset.effective_cpus", "1\n");
    put(self, self->unified ? "cpuset.mems.effective" : "cpuset.effective_mems", "0,2\n");
    ASSERT_NUMBERS(corral_group_get_cpus, "0-1");
    ASSERT_NUMBERS(corral_group_get_effective_cpus, "1");
    ASSERT_NUMBERS(corral_group_get_effective_memory_nodes, "0,2");
}

/* Nothing is asked of the kernel that the group above does not have. */
static void
test_not_above(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const char *const lists[] = {"4", "0,4", "0-4", "65535", "2"};
    const char *file = self->unified ? "/sys/fs/cgroup/a/cpuset.cpus.effective"
                                     : "/sys/fs/cgroup/cpuset/a/cpuset.cpus";
    gsize i;

    fake_cgroup_put(self->fake, file, "0-1,3\n");
    for (i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", lists[i]);
        g_assert_false(set_from(self->group, FALSE, lists[i], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
        g_assert_nonnull(strstr(error->message, file));
        g_assert_nonnull(strstr(error->message, "'0-1,3'"));
        assert_log(self, NULL, NULL);
    }
}

/* EACCES is no matter of permissions if the group above has just lost a CPU, ... */
static void
test_kernel_refuses(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        int errnum;
        CorralError code;
    } table[] = {
        {EACCES, CORRAL_ERROR_PERMISSION}, {EBUSY, CORRAL_ERROR_BUSY},
        {EINVAL, CORRAL_ERROR_REFUSED},    {ERANGE, CORRAL_ERROR_REFUSED},
        {ENOSPC, CORRAL_ERROR_REFUSED},    {ENODEV, CORRAL_ERROR_GONE},
    };
    gsize i;

    /* ... and is one otherwise. */
    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = file_of(self, "cpuset.cpus");

        fake_cgroup_fail(self->fake, FAKE_WRITE, 0, table[i].errnum);
        g_assert_false(set_from(self->group, FALSE, "1", &error));
        g_assert_error(error, CORRAL_ERROR, (int)table[i].code);
        g_assert_nonnull(strstr(error->message, name));
    }
}

/* Some kernels do not let a group with processes in it go back to nothing of its own. */
static void
test_not_empty(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    put(self, "cpuset.cpus", "1\n");
    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, ENOSPC);
    g_assert_true(set_from(self->group, FALSE, "", &error));
    g_assert_no_error(error);
    assert_log(self, "cpuset.cpus", "0-3");

    put(self, "cpuset.cpus", "1\n");
    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, EACCES);
    g_assert_false(set_from(self->group, FALSE, "", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    assert_log(self, NULL, NULL);
}

static void
test_migration(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    gboolean migrate = 4711;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_memory_migration(self->group, &migrate, &error));
    g_assert_cmpint(migrate, ==, self->unified);
    g_assert_true(corral_group_set_memory_migration(self->group, TRUE, &error));
    g_assert_no_error(error);
    assert_log(self, self->unified ? NULL : "cpuset.memory_migrate", "1");
    g_assert_true(corral_group_get_memory_migration(self->group, &migrate, &error));
    g_assert_true(migrate);

    if (self->unified) {
        g_assert_false(corral_group_set_memory_migration(self->group, FALSE, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "/sys/fs/cgroup/a/g/cpuset.mems'"));
    } else {
        g_assert_true(corral_group_set_memory_migration(self->group, FALSE, &error));
        assert_log(self, "cpuset.memory_migrate", "0");
    }
}

static void
test_garbage(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *name = file_of(self, "cpuset.cpus");
    g_autoptr(GError) error = NULL;

    put(self, "cpuset.cpus", "0-\n");
    g_assert_null(corral_group_get_cpus(self->group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, name));
    g_clear_error(&error);
    g_assert_false(set_from(self->group, FALSE, "1", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    assert_log(self, NULL, NULL);
}

static void
assert_all_fail(CorralGroup *group, CorralError code)
{
    gboolean migrate;
    gsize i;

    for (i = 0; i < 8; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) numbers = NULL;
        gboolean done = FALSE;

        if (i == 0)
            done = set_from(group, FALSE, "1", &error);
        else if (i == 1)
            numbers = corral_group_get_cpus(group, &error);
        else if (i == 2)
            numbers = corral_group_get_effective_cpus(group, &error);
        else if (i == 3)
            done = set_from(group, TRUE, "", &error);
        else if (i == 4)
            numbers = corral_group_get_memory_nodes(group, &error);
        else if (i == 5)
            numbers = corral_group_get_effective_memory_nodes(group, &error);
        else if (i == 6)
            done = corral_group_set_memory_migration(group, TRUE, &error);
        else
            done = corral_group_get_memory_migration(group, &migrate, &error);

        g_test_message("call %" G_GSIZE_FORMAT, i);
        g_assert_error(error, CORRAL_ERROR, (int)code);
        g_assert_false(done);
        g_assert_null(numbers);
    }
}

static void
test_vanished(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    fake_cgroup_rmdir(self->fake, self->dir);
    assert_all_fail(self->group, CORRAL_ERROR_GONE);
}

static void
test_no_controller(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group =
        corral_group_make(self->host, "m", BIT(PIDS), CORRAL_MAKE_NEW, NULL);

    assert_all_fail(group, CORRAL_ERROR_NO_CONTROLLER);
}

static void
test_read_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = corral_group_open(host, "a/g", BIT(CPUSET), NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) numbers = NULL;

    g_assert_false(set_from(group, FALSE, "1", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    numbers = corral_group_get_cpus(group, NULL);
    g_assert_nonnull(numbers);
    assert_log(self, NULL, NULL);
}

/* The group at the top: nobody above can be asked, and the kernel decides. */
static void
test_root(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) root = corral_group_open(self->host, "", BIT(CPUSET), NULL);
    g_autoptr(GError) error = NULL;

    if (self->unified) {
        g_assert_false(set_from(root, FALSE, "1", &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        return;
    }
    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, EACCES);
    g_assert_false(set_from(root, FALSE, "1", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
}

#define ADD(name, func)                                                                            \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_test_add("/cpuset/" name "/legacy", Fixture, "legacy", set_up, func, tear_down);         \
        g_test_add("/cpuset/" name "/unified", Fixture, "unified", set_up, func, tear_down);       \
    }                                                                                              \
    G_STMT_END

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD("set", test_set);
    ADD("order", test_order);
    ADD("nodes", test_nodes);
    ADD("effective", test_effective);
    ADD("not-above", test_not_above);
    ADD("kernel-refuses", test_kernel_refuses);
    g_test_add("/cpuset/not-empty", Fixture, "unified", set_up, test_not_empty, tear_down);
    ADD("migration", test_migration);
    ADD("garbage", test_garbage);
    ADD("vanished", test_vanished);
    ADD("no-controller", test_no_controller);
    ADD("read-only", test_read_only);
    ADD("root", test_root);

    return g_test_run();
}
