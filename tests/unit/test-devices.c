/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about devices on the legacy interface: what is asked of the kernel, and answered. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"
#include "fake-devices.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define DIR_OF(group) "/sys/fs/cgroup/devices/" group

#define R CORRAL_DEVICE_ACCESS_READ
#define W CORRAL_DEVICE_ACCESS_WRITE
#define M CORRAL_DEVICE_ACCESS_MKNOD
#define ANY CORRAL_DEVICE_ANY
#define B CORRAL_DEVICE_TYPE_BLOCK
#define C CORRAL_DEVICE_TYPE_CHARACTER
#define A CORRAL_DEVICE_TYPE_ALL

static const CorralDevice null_device = {C, 1, 3};

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group;
} Bed;

static CorralGroup *
make(Bed *bed, const char *path)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(bed->host, path, BIT(DEVICES), CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

static Bed
bed_new(void)
{
    Bed bed;

    bed.fake = fake_cgroup_new("hybrid");
    bed.host = fake_cgroup_open_host(bed.fake, CORRAL_HOST_NONE);
    bed.group = make(&bed, "web/g");
    return bed;
}

static void
bed_clear(Bed *bed)
{
    g_clear_object(&bed->group);
    g_clear_object(&bed->host);
    g_clear_pointer(&bed->fake, fake_cgroup_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bed, bed_clear);

static char *
list(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rules = corral_group_list_device_rules(group, &error);
    GString *text = g_string_new(NULL);
    guint i;

    g_assert_no_error(error);
    for (i = 0; i < rules->len; i++) {
        g_autofree char *rule = corral_device_rule_to_string(g_ptr_array_index(rules, i));

        g_string_append_printf(text, "%s;", rule);
    }
    return g_string_free(text, FALSE);
}

static void
assert_list(CorralGroup *group, const char *expected)
{
    g_autofree char *text = list(group);

    g_assert_cmpstr(text, ==, expected);
}

/* What was written since the last time, without names of directories. */
static void
assert_written(Bed *bed, const char *expected)
{
    g_autofree char *log = fake_cgroup_take_log(bed->fake);
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    g_autoptr(GString) text = g_string_new(NULL);
    gsize i;

    for (i = 0; lines[i]; i++) {
        const char *order = strstr(lines[i], "/devices.");

        if (g_str_has_prefix(lines[i], "write ") && order)
            g_string_append_printf(text, "%s;", order + strlen("/devices."));
    }
    g_assert_cmpstr(text->str, ==, expected);
}

static void
ok(gboolean done, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(done);
}

static void
test_use(void)
{
    g_auto(Bed) bed = bed_new();
    GError *error = NULL;
    static const CorralDevice pts = {C, 136, ANY};
    static const CorralDevice disk = {B, 8, 0};

    assert_list(bed.group, "allow a *:* rwm;");
    ok(corral_group_deny_all_devices(bed.group, &error), error);
    assert_written(&bed, "deny a;");
    assert_list(bed.group, "");

    ok(corral_group_allow_device(bed.group, &null_device, R, &error), error);
    ok(corral_group_allow_device(bed.group, &null_device, W, &error), error);
    ok(corral_group_allow_device(bed.group, &pts, R | W, &error), error);
    ok(corral_group_allow_device(bed.group, &disk, R, &error), error);
    assert_written(&bed, "allow c 1:3 r;allow c 1:3 w;allow c 136:* rw;allow b 8:0 r;");
    assert_list(bed.group, "allow c 1:3 rw;allow c 136:* rw;allow b 8:0 r;");

    /* Nothing is written that is so already. */
    ok(corral_group_allow_device(bed.group, &null_device, R | W, &error), error);
    ok(corral_group_deny_device(bed.group, &disk, W | M, &error), error);
    assert_written(&bed, "");

    ok(corral_group_deny_device(bed.group, &null_device, W, &error), error);
    ok(corral_group_deny_device(bed.group, &disk, R, &error), error);
    assert_written(&bed, "deny c 1:3 w;deny b 8:0 r;");
    assert_list(bed.group, "allow c 1:3 r;allow c 136:* rw;");

    ok(corral_group_deny_all_devices(bed.group, &error), error);
    assert_list(bed.group, "");
    ok(corral_group_allow_all_devices(bed.group, &error), error);
    assert_list(bed.group, "allow a *:* rwm;");
    assert_written(&bed, "deny a;allow a;");
}

static void
test_nodes(void)
{
    g_auto(Bed) bed = bed_new();
    g_autoptr(CorralDeviceAnswer) answer = NULL;
    GError *error = NULL;

    ok(corral_group_deny_all_devices(bed.group, &error), error);
    ok(corral_group_allow_device_node(bed.group, "/dev/null", R | W, &error), error);
    assert_list(bed.group, "allow c 1:3 rw;");
    answer = corral_group_ask_device_node(bed.group, "/dev/null", R, &error);
    ok(answer != NULL, error);
    g_assert_cmpint(answer->verdict, ==, CORRAL_DEVICE_VERDICT_ALLOWED);
    ok(corral_group_deny_device_node(bed.group, "/dev/null", W, &error), error);
    assert_list(bed.group, "allow c 1:3 r;");

    g_assert_false(corral_group_allow_device_node(bed.group, "/nowhere", R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(corral_group_deny_device_node(bed.group, "/proc/self/status", R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    g_clear_error(&error);
    g_assert_null(corral_group_ask_device_node(bed.group, "/nowhere", R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);
}

static void
test_ranges(void)
{
    static const struct {
        CorralDevice device;
        guint access;
        gboolean ok;
        gboolean can_ask;
    } table[] = {
        {{C, 0, 0}, R, TRUE, TRUE},
        {{C, 4095, 1048575}, R | W | M, TRUE, TRUE},
        {{C, ANY, 1048575}, R, TRUE, FALSE},
        {{B, 4095, ANY}, R, TRUE, FALSE},
        {{A, 1, 3}, R, TRUE, FALSE},
        {{C, 4096, 0}, R, FALSE, FALSE},
        {{C, 0, 1048576}, R, FALSE, FALSE},
        {{C, ANY - 1, 0}, R, FALSE, FALSE},
        {{C, 1, 3}, 0, FALSE, FALSE},
        {{C, 1, 3}, 8, FALSE, FALSE},
        {{C, 1, 3}, G_MAXUINT, FALSE, FALSE},
        {{A + 1, 1, 3}, R, FALSE, FALSE},
        {{(CorralDeviceType)-1, 1, 3}, R, FALSE, FALSE},
    };
    g_auto(Bed) bed = bed_new();
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GPtrArray) rules =
            g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);
        g_autoptr(CorralDeviceAnswer) answer = NULL;
        g_autoptr(GError) error = NULL;
        gboolean done;
        guint way;

        g_ptr_array_add(rules, corral_device_rule_new(TRUE, &table[i].device, table[i].access));
        for (way = 0; way < 3; way++) {
            g_test_message("row %" G_GSIZE_FORMAT ", way %u", i, way);
            g_assert_true(corral_group_deny_all_devices(bed.group, NULL));
            g_free(fake_cgroup_take_log(bed.fake));
            done = way == 0   ? corral_group_allow_device(bed.group, &table[i].device,
                                                          table[i].access, &error)
                   : way == 1 ? corral_group_deny_device(bed.group, &table[i].device,
                                                         table[i].access, &error)
                              : corral_group_set_device_rules(bed.group, rules, &error);
            g_assert_cmpint(done, ==, table[i].ok);
            if (!table[i].ok) {
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
                assert_written(&bed, "");
            }
            g_clear_error(&error);
        }
        answer = corral_group_ask_device(bed.group, &table[i].device, table[i].access, &error);
        g_assert_cmpint(answer != NULL, ==, table[i].can_ask);
        if (!answer)
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
    }
}

/* No exceptions to wildcards, whichever way. */
static void
test_wider(void)
{
    static const CorralDevice pts = {C, 136, ANY};
    static const CorralDevice one = {C, 136, 5};
    g_auto(Bed) bed = bed_new();
    g_autoptr(GError) error = NULL;

    ok(corral_group_deny_all_devices(bed.group, &error), error);
    ok(corral_group_allow_device(bed.group, &pts, R | W, &error), error);
    assert_written(&bed, "deny a;allow c 136:* rw;");
    g_assert_false(corral_group_deny_device(bed.group, &one, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "'c 136:* rw'"));
    g_assert_nonnull(strstr(error->message, "web/g"));
    g_clear_error(&error);

    ok(corral_group_allow_all_devices(bed.group, &error), error);
    ok(corral_group_deny_device(bed.group, &pts, W, &error), error);
    assert_written(&bed, "allow a;deny c 136:* w;");
    g_assert_false(corral_group_allow_device(bed.group, &one, W, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    assert_written(&bed, "");
}

/* What is denied in an open group is not in devices.list. */
static void
test_open(void)
{
    static const CorralDevice zero = {C, 1, 5};
    g_auto(Bed) bed = bed_new();
    g_autoptr(CorralGroup) again = NULL;
    g_autoptr(CorralGroup) child = NULL;
    g_autoptr(CorralDeviceAnswer) answer = NULL;
    g_autoptr(GError) error = NULL;
    guint i;

    ok(corral_group_deny_device(bed.group, &null_device, W, &error), error);
    ok(corral_group_deny_device(bed.group, &zero, R | W, &error), error);
    ok(corral_group_allow_device(bed.group, &zero, R, &error), error);
    assert_written(&bed, "deny c 1:3 w;deny c 1:5 rw;allow c 1:5 r;");
    assert_list(bed.group, "allow a *:* rwm;deny c 1:3 w;deny c 1:5 w;");

    /* Somebody else who looks. */
    again = corral_group_open(bed.host, "web/g", BIT(DEVICES), NULL);
    assert_list(again, "allow a *:* rwm;deny c 1:3 w;deny c 1:5 w;");
    answer = corral_group_ask_device(again, &zero, R | W, &error);
    g_assert_cmpint(answer->verdict, ==, CORRAL_DEVICE_VERDICT_DENIED);
    g_assert_cmpstr(answer->reason, ==, "'c 1:5 rw' is denied: group 'web/g' denies 'c 1:5 w'");
    g_assert_false(answer->rule->allow);
    g_assert_cmpstr(answer->group, ==, "web/g");

    /* One below has it from here. */
    child = make(&bed, "web/g/below");
    assert_list(child, "allow a *:* rwm;deny c 1:3 w;deny c 1:5 w;");
    g_assert_false(corral_group_allow_device(child, &zero, W, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    ok(corral_group_allow_all_devices(child, &error), error);
    assert_list(child, "allow a *:* rwm;deny c 1:3 w;deny c 1:5 w;");
    ok(corral_group_remove(child, 0, &error), error);

    /* Closed and opened by somebody else: nothing is left of it. */
    ok(corral_group_deny_all_devices(bed.group, &error), error);
    fake_devices_write(fake_cgroup_get_root(bed.fake), TRUE, "a");
    {
        g_autofree char *dir = g_strconcat(fake_cgroup_get_root(bed.fake), DIR_OF("web/g"), NULL);

        g_assert_cmpint(fake_devices_write(dir, TRUE, "a"), ==, 0);
    }
    assert_list(bed.group, "allow a *:* rwm;");

    /* There is a limit to what a label holds, and nothing is done beyond it. */
    for (i = 0;; i++) {
        CorralDevice device = {C, 1000, i};

        if (!corral_group_deny_device(bed.group, &device, R | W | M, &error))
            break;
        g_free(fake_cgroup_take_log(bed.fake));
    }
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_assert_cmpuint(i, >, 200);
    assert_written(&bed, "");
}

static void
test_levels(void)
{
    static const CorralDevice zero = {C, 1, 5};
    static const CorralDevice any = {C, 1, ANY};
    g_auto(Bed) bed = bed_new();
    g_autoptr(CorralGroup) above = corral_group_open(bed.host, "web", BIT(DEVICES), NULL);
    g_autoptr(GError) error = NULL;

    /* A group with others below it is neither closed nor opened. */
    g_assert_false(corral_group_deny_all_devices(above, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "groups below it"));
    g_clear_error(&error);

    ok(corral_group_remove(bed.group, 0, &error), error);
    g_clear_object(&bed.group);
    g_clear_object(&above);
    above = make(&bed, "web");
    ok(corral_group_deny_all_devices(above, &error), error);
    ok(corral_group_allow_device(above, &null_device, R | W, &error), error);
    bed.group = make(&bed, "web/g");
    assert_list(bed.group, "allow c 1:3 rw;");

    g_free(fake_cgroup_take_log(bed.fake));
    g_assert_false(corral_group_allow_device(bed.group, &zero, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_false(corral_group_allow_device(bed.group, &any, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_false(corral_group_allow_all_devices(bed.group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    assert_written(&bed, "");

    ok(corral_group_deny_device(bed.group, &null_device, W, &error), error);
    ok(corral_group_allow_device(bed.group, &null_device, W, &error), error);
    assert_list(bed.group, "allow c 1:3 rw;");
    /* Closed to closed is no matter of "a", so it is done with groups below, too. */
    ok(corral_group_deny_all_devices(above, &error), error);
    assert_list(above, "");
    assert_list(bed.group, "");
}

static GPtrArray *
rules_of(const char *text)
{
    GPtrArray *rules = g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);
    g_auto(GStrv) words = g_strsplit(text, ";", -1);
    gsize i;

    /* "+1:3 r" */
    for (i = 0; words[i] && words[i][0]; i++) {
        char **parts = g_strsplit_set(words[i] + 1, ": ", -1);
        CorralDevice device = {C, g_ascii_strtoull(parts[0], NULL, 10),
                               parts[1][0] == '*' ? ANY : g_ascii_strtoull(parts[1], NULL, 10)};
        guint access = (strchr(parts[2], 'r') ? R : 0) | (strchr(parts[2], 'w') ? W : 0) |
                       (strchr(parts[2], 'm') ? M : 0);

        if (parts[0][0] == '*')
            device = (CorralDevice){A, ANY, ANY};
        g_ptr_array_add(rules, corral_device_rule_new(words[i][0] == '+', &device, access));
        g_strfreev(parts);
    }
    return rules;
}

static void
test_set(void)
{
    static const struct {
        const char *rules;
        const char *written;
        const char *left;
    } table[] = {
        {"", "deny a;", ""},
        {"+1:3 r;+1:5 rw", "allow c 1:3 r;allow c 1:5 rw;", "allow c 1:3 r;allow c 1:5 rw;"},
        /* What is allowed before anything is denied. */
        {"+1:7 r;+1:5 r;-1:3 r", "allow c 1:7 r;deny c 1:3 r;deny c 1:5 w;",
         "allow c 1:5 r;allow c 1:7 r;"},
        {"+1:* r", "allow c 1:* r;deny c 1:5 r;deny c 1:7 r;", "allow c 1:* r;"},
        {"+1:5 r", "allow c 1:5 r;deny c 1:* r;", "allow c 1:5 r;"},
        {"+*:* rwm;-1:3 w", "allow a;deny c 1:3 w;", "allow a *:* rwm;deny c 1:3 w;"},
        {"+*:* rwm;-1:5 w", "deny c 1:5 w;allow c 1:3 w;", "allow a *:* rwm;deny c 1:5 w;"},
        {"+1:3 w;+1:3 r", "deny a;allow c 1:3 rw;", "allow c 1:3 rw;"},
    };
    g_auto(Bed) bed = bed_new();
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GPtrArray) rules = rules_of(table[i].rules);
        g_autoptr(GPtrArray) back = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", table[i].rules);
        ok(corral_group_set_device_rules(bed.group, rules, &error), error);
        assert_written(&bed, table[i].written);
        assert_list(bed.group, table[i].left);

        /* Taken as they are read back, they are no change. */
        back = corral_group_list_device_rules(bed.group, &error);
        ok(corral_group_set_device_rules(bed.group, back, &error), error);
        assert_written(&bed, "");
    }
}

/* The kernel refuses the n-th write: the rules are what they were. */
static void
test_refused_half_way(void)
{
    static const char *const befores[] = {"+1:3 rw;+1:5 r", "+*:* rwm;-1:3 w"};
    static const char *const afters[] = {"+1:7 r;+1:8 r;+1:5 w", "+*:* rwm;-1:5 w;-1:9 r", ""};
    guint refusals = 0;
    gsize b, a;
    guint n;

    for (b = 0; b < G_N_ELEMENTS(befores); b++) {
        for (a = 0; a < G_N_ELEMENTS(afters); a++) {
            for (n = 0;; n++) {
                g_auto(Bed) bed = bed_new();
                g_autoptr(GPtrArray) before = rules_of(befores[b]);
                g_autoptr(GPtrArray) after = rules_of(afters[a]);
                g_autofree char *was = NULL;
                g_autoptr(GError) error = NULL;

                g_test_message("%s to %s, write %u", befores[b], afters[a], n);
                ok(corral_group_set_device_rules(bed.group, before, &error), error);
                was = list(bed.group);
                fake_cgroup_fail(bed.fake, FAKE_WRITE, n, EPERM);
                if (corral_group_set_device_rules(bed.group, after, &error))
                    break;
                refusals++;
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
                {
                    g_autoptr(GPtrArray) now = corral_group_list_device_rules(bed.group, NULL);
                    g_autofree char *is = list(bed.group);

                    g_assert_cmpuint(now->len, ==, before->len);
                    if (befores[b][1] != '*')
                        g_assert_cmpuint(strlen(is), ==, strlen(was));
                    else
                        g_assert_cmpstr(is, ==, was);
                }
            }
        }
    }
    g_assert_cmpuint(refusals, >, 10);
}

static void
test_ask(void)
{
    static const struct {
        const char *rules;
        CorralDevice device;
        guint access;
        CorralDeviceVerdict verdict;
        const char *reason;
    } table[] = {
        {"+*:* rwm",
         {C, 1, 3},
         R,
         CORRAL_DEVICE_VERDICT_ALLOWED,
         "'c 1:3 r' is allowed: group 'web/g' allows everything that it does not deny"},
        {"",
         {C, 1, 3},
         R,
         CORRAL_DEVICE_VERDICT_DENIED,
         "'c 1:3 r' is denied: group 'web/g' denies everything that it does not allow, and no rule "
         "allows it"},
        {"+1:3 r",
         {C, 1, 3},
         R | W,
         CORRAL_DEVICE_VERDICT_DENIED,
         "'c 1:3 rw' is denied: of it, group 'web/g' allows no more than 'c 1:3 r'"},
        {"+1:* r;+1:3 w",
         {C, 1, 3},
         R | W,
         CORRAL_DEVICE_VERDICT_ALLOWED,
         "'c 1:3 rw' is allowed: group 'web/g' allows 'c 1:3 rw'"},
        {"+1:* r",
         {B, 1, 3},
         R,
         CORRAL_DEVICE_VERDICT_DENIED,
         "'b 1:3 r' is denied: group 'web/g' denies everything that it does not allow, and no rule "
         "allows it"},
        {"+136:* rw",
         {C, 136, 5},
         W,
         CORRAL_DEVICE_VERDICT_ALLOWED,
         "'c 136:5 w' is allowed: group 'web/g' allows 'c 136:* rw'"},
    };
    g_auto(Bed) bed = bed_new();
    g_autofree char *dir = g_strconcat(fake_cgroup_get_root(bed.fake), DIR_OF("web/g"), NULL);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GPtrArray) rules = rules_of(table[i].rules);
        g_autoptr(CorralDeviceAnswer) answer = NULL;
        g_autoptr(CorralDeviceAnswer) copy = NULL;
        g_autoptr(GError) error = NULL;
        const char *access = table[i].access == R ? "r" : table[i].access == W ? "w" : "rw";

        ok(corral_group_set_device_rules(bed.group, rules, &error), error);
        answer = corral_group_ask_device(bed.group, &table[i].device, table[i].access, &error);
        ok(answer != NULL, error);
        g_assert_cmpint(answer->verdict, ==, table[i].verdict);
        g_assert_cmpstr(answer->reason, ==, table[i].reason);
        g_assert_cmpint(fake_devices_check(dir, table[i].device.type == B ? 'b' : 'c',
                                           table[i].device.major, table[i].device.minor, access),
                        ==, answer->verdict == CORRAL_DEVICE_VERDICT_ALLOWED);
        copy = corral_device_answer_copy(answer);
        g_assert_cmpstr(copy->reason, ==, answer->reason);
        g_assert_cmpstr(copy->group, ==, "web/g");
    }
}

static void
test_cannot(void)
{
    g_auto(Bed) bed = bed_new();
    g_autoptr(CorralHost) reader = fake_cgroup_open_host(bed.fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) seen = corral_group_open(reader, "web/g", BIT(DEVICES), NULL);
    g_autoptr(CorralGroup) root = corral_group_open(bed.host, "", BIT(DEVICES), NULL);
    g_autoptr(CorralGroup) without =
        corral_group_make(bed.host, "other", BIT(CPU), CORRAL_MAKE_NEW, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(corral_group_deny_all_devices(seen, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    assert_list(seen, "allow a *:* rwm;");

    g_assert_false(corral_group_deny_all_devices(root, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    g_clear_error(&error);
    assert_list(root, "allow a *:* rwm;");

    g_assert_false(corral_group_allow_device(without, &null_device, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    g_clear_error(&error);
    g_assert_null(corral_group_list_device_rules(without, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    g_clear_error(&error);

    fake_cgroup_put(bed.fake, DIR_OF("web/g/devices.list"), "nonsense\n");
    g_assert_null(corral_group_ask_device(bed.group, &null_device, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "web/g/devices.list"));
    g_clear_error(&error);

    fake_cgroup_fail(bed.fake, FAKE_LABEL, 0, EPERM);
    fake_cgroup_put(bed.fake, DIR_OF("web/g/devices.list"), "a *:* rwm\n");
    g_free(fake_cgroup_take_log(bed.fake));
    g_assert_false(corral_group_deny_device(bed.group, &null_device, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    assert_written(&bed, "");

    fake_cgroup_rmdir(bed.fake, DIR_OF("web/g"));
    g_assert_false(corral_group_deny_all_devices(bed.group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_null(corral_group_list_device_rules(bed.group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/devices/use", test_use);
    g_test_add_func("/devices/nodes", test_nodes);
    g_test_add_func("/devices/ranges", test_ranges);
    g_test_add_func("/devices/wider", test_wider);
    g_test_add_func("/devices/open", test_open);
    g_test_add_func("/devices/levels", test_levels);
    g_test_add_func("/devices/set", test_set);
    g_test_add_func("/devices/refused-half-way", test_refused_half_way);
    g_test_add_func("/devices/ask", test_ask);
    g_test_add_func("/devices/cannot", test_cannot);

    return g_test_run();
}
