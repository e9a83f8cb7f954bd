/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a policy would change on a host; the host stays as it is. */
#include <config.h>

#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"
#include "guest-set.h"
#include "policy-forecast.h"
#include "policy-partition.h"
#include "policy-xml.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

#define PIDS CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_PIDS)
#define WANTED                                                                                     \
    (CORRAL_CONTROLLERS_THREADED | CORRAL_CONTROLLERS_MEMORY | CORRAL_CONTROLLERS_IO | PIDS)

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

static CorralGroup *
make(Fixture *self, const char *path, const char *label)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(self->host, path, WANTED, CORRAL_MAKE_NONE, &error);

    g_assert_no_error(error);
    g_assert_true(!label || corral_group_set_label(group, label, "yes", &error));
    return group;
}

/* "PARTITION WHAT FROM TO" a line each, on a machine of 16 GiB and 4 CPUs. */
static char *
forecast(Fixture *self, const char *inside)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(PolicyMachine) machine = policy_machine_new(16 * GIB, guest_set_parse("0-3"));
    g_autofree char *xml = g_strdup_printf("<corral>%s</corral>", inside);
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = policy_xml_parse(xml, "corral.xml", &error);
    g_autoptr(GPtrArray) found = NULL;
    g_autofree char *log = NULL;
    GString *text = g_string_new(NULL);
    guint i;

    g_assert_no_error(error);
    policy_machine_add_node(machine, 0, guest_set_parse("0-3"));
    g_free(fake_cgroup_take_log(self->fake));
    found = policy_forecast(host, policy, machine, 0);
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==, "");
    for (i = 0; i < found->len; i++) {
        const PolicyDifference *one = g_ptr_array_index(found, i);

        g_string_append_printf(text, "%s: %s: %s -> %s\n", one->partition, one->what, one->from,
                               one->to);
    }
    return g_string_free(text, FALSE);
}

static void
test_nothing(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group = make(self, "machine", POLICY_LABEL_TOP);
    g_autofree char *got = forecast(self, "");

    g_assert_cmpstr(got, ==, "");
}

/* What is not there yet has nothing to change. */
static void
test_described(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const char policy[] = "<partition name='/a'><pids>9</pids></partition>"
                                 "<partition name='/a/b'><pids>5</pids></partition>";
    g_autofree char *missing = forecast(self, policy);
    g_autoptr(CorralGroup) group = make(self, "a", NULL);
    g_autofree char *half = forecast(self, policy);

    g_autoptr(CorralGroup) below = make(self, "a/b", NULL);
    g_autofree char *both = forecast(self, policy);
    g_autofree char *none = NULL;

    g_assert_cmpstr(missing, ==, "");
    g_assert_cmpstr(half, ==, "/a: processes: none -> 9\n");
    g_assert_cmpstr(both, ==, "/a: processes: none -> 9\n/a/b: processes: none -> 5\n");
    g_assert_true(corral_group_set_pids_limit(group, 9, NULL));
    g_assert_true(corral_group_set_pids_limit(below, 5, NULL));
    none = forecast(self, policy);
    g_assert_cmpstr(none, ==, "");
}

/* What nobody describes any more loses what it had, and no other does. */
static void
test_undescribed(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group = make(self, "a", POLICY_LABEL_TERMS);
    g_autoptr(CorralGroup) other = make(self, "b", NULL);
    g_autofree char *got = NULL;

    g_assert_true(corral_group_set_pids_limit(group, 9, NULL));
    g_assert_true(corral_group_set_pids_limit(other, 9, NULL));
    got = forecast(self, "");
    g_assert_cmpstr(got, ==, "/a: processes: 9 -> none\n");
}

/* Containers' groups have libvirt's name, and both share what is promised. */
static void
test_containers(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const char policy[] =
        "<partition name='/a'><memtune><hard_limit unit='GiB'>4</hard_limit></memtune></partition>";
    g_autoptr(CorralGroup) ours = make(self, "a", NULL);
    g_autoptr(CorralGroup) stocks = make(self, "a.partition", NULL);
    g_autofree char *got = forecast(self, policy);

    g_assert_cmpstr(got, ==, "/a: memory limit: none -> 2 GiB\n/a: memory limit: none -> 2 GiB\n");
}

/* The first step of what is shared out: somebody's guarantee is a limit for the others. */
static void
test_shared(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group = make(self, "other", POLICY_LABEL_TOP);
    g_autoptr(CorralGroup) promised = make(self, "a", POLICY_LABEL_TOP);
    g_autofree char *got = forecast(
        self, "<reserve><memory unit='GiB'>2</memory><cpus count='1'/></reserve>"
              "<partition name='/a'><memtune><min_guarantee unit='GiB'>8</min_guarantee></memtune>"
              "</partition>");

    g_assert_nonnull(strstr(got, "/other: cpus: "));
    g_assert_nonnull(strstr(got, "/other: memory limit: none -> "));
    g_assert_nonnull(strstr(got, "/a: memory limit: none -> "));
    g_assert_null(strstr(got, "cpu shares"));
}

static void
add(const char *what, const char *like, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strdup_printf("/policy-forecast/%s/%s", like, what);

    g_test_add(path, Fixture, like, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
    static const char *const likes[] = {"legacy", "unified"};
    gsize i;

    g_test_init(&argc, &argv, NULL);

    for (i = 0; i < G_N_ELEMENTS(likes); i++) {
        add("nothing", likes[i], test_nothing);
        add("described", likes[i], test_described);
        add("undescribed", likes[i], test_undescribed);
        add("containers", likes[i], test_containers);
        add("shared", likes[i], test_shared);
    }

    return g_test_run();
}
