/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Grants: what is granted for two reasons, rules, and the text that explains them. */
#include <config.h>

#include <string.h>

#include "guest-grants.h"

#define RO CORRAL_DEVICE_ACCESS_READ
#define RW (CORRAL_DEVICE_ACCESS_READ | CORRAL_DEVICE_ACCESS_WRITE)

static const CorralDevice loop0 = {CORRAL_DEVICE_TYPE_BLOCK, 7, 0};
static const CorralDevice loop1 = {CORRAL_DEVICE_TYPE_BLOCK, 7, 1};
static const CorralDevice ptys = {CORRAL_DEVICE_TYPE_CHARACTER, 136, CORRAL_DEVICE_ANY};
static const CorralDevice kvm = {CORRAL_DEVICE_TYPE_CHARACTER, 10, 232};

/* "b 7:0 rw; c 136:* rw" */
static char *
spell_rules(const GPtrArray *grants)
{
    g_autoptr(GPtrArray) rules = guest_grants_to_rules(grants);
    GString *text = g_string_new(NULL);
    guint i;

    for (i = 0; i < rules->len; i++) {
        g_autofree char *rule = corral_device_rule_to_string(g_ptr_array_index(rules, i));

        g_string_append_printf(text, "%s%s", i ? "; " : "", rule);
    }

    return g_string_free(text, FALSE);
}

static void
assert_rules(const GPtrArray *grants, const char *expected)
{
    g_autofree char *rules = spell_rules(grants);

    g_assert_cmpstr(rules, ==, expected);
}

static void
test_shared_node(void)
{
    g_autoptr(GPtrArray) grants = guest_grants_new();

    assert_rules(grants, "");
    guest_grants_add(grants, &loop0, RO, "/dev/loop0", "disk vda");
    assert_rules(grants, "allow b 7:0 r");
    guest_grants_add(grants, &loop0, RW, "/dev/loop0", "disk vdb");
    guest_grants_add(grants, &loop1, RO, "/dev/loop1", "disk vdb");
    g_assert_cmpuint(grants->len, ==, 3);
    assert_rules(grants, "allow b 7:0 rw; allow b 7:1 r");

    g_assert_cmpint(guest_grants_find_access(grants, &loop0), ==, RW);
    g_assert_cmpint(guest_grants_find_access(grants, &ptys), ==, 0);

    /* The other one still needs it, but only to read. */
    g_ptr_array_remove_index(grants, 1);
    g_assert_cmpint(guest_grants_find_access(grants, &loop0), ==, RO);
    assert_rules(grants, "allow b 7:0 r; allow b 7:1 r");
}

static void
test_same_reason_twice(void)
{
    g_autoptr(GPtrArray) grants = guest_grants_new();
    g_autoptr(GPtrArray) more = guest_grants_new();

    guest_grants_add(grants, &loop0, RO, "/dev/loop0", "disk vda");
    guest_grants_add(more, &loop0, RW, "/dev/loop0", "disk vda");
    guest_grants_add(more, &ptys, RW, NULL, "pseudo terminals");
    guest_grants_add_all(grants, more);
    g_assert_cmpuint(grants->len, ==, 2);
    assert_rules(grants, "allow b 7:0 rw; allow c 136:* rw");
}

static void
test_include(void)
{
    g_autoptr(GPtrArray) grants = guest_grants_new();
    g_autoptr(GPtrArray) others = guest_grants_new();

    guest_grants_add(grants, &loop0, RO, "/dev/loop0", "disk vda");
    guest_grants_add(others, &loop0, RO, "/dev/loop0", "disk vdz");
    guest_grants_add(others, &loop0, RW, "/dev/loop0", "disk vdy");
    guest_grants_add(others, &loop0, RO, "/dev/disk/by-id/x", "disk vdx");
    guest_grants_add(others, &loop1, RO, "/dev/loop1", "disk vdw");
    g_assert_true(guest_grants_include(grants, g_ptr_array_index(others, 0)));
    g_assert_false(guest_grants_include(grants, g_ptr_array_index(others, 1)));
    g_assert_false(guest_grants_include(grants, g_ptr_array_index(others, 2)));
    g_assert_false(guest_grants_include(grants, g_ptr_array_index(others, 3)));
}

static void
test_text(void)
{
    g_autoptr(GPtrArray) grants = guest_grants_new();
    g_autoptr(GPtrArray) read = guest_grants_new();
    g_auto(GStrv) pieces = NULL;
    const GuestGrant *grant;

    guest_grants_add(grants, &kvm, RW, "/dev/kvm", "default list");
    guest_grants_add(grants, &ptys, RW, NULL, "pseudo terminals");
    guest_grants_add(grants, &loop0, RO, "/dev/a\tb\n\\c\xff", "disk vda");
    pieces = guest_grants_format(grants, 4096);
    g_assert_cmpuint(g_strv_length(pieces), ==, 1);
    g_assert_cmpstr(pieces[0], ==,
                    "c 10:232 rw\t/dev/kvm\tdefault list\n"
                    "c 136:* rw\t\tpseudo terminals\n"
                    "b 7:0 r\t/dev/a\\tb\\n\\\\c\\377\tdisk vda\n");

    guest_grants_parse(read, pieces[0]);
    g_assert_cmpuint(read->len, ==, 3);
    assert_rules(read, "allow c 10:232 rw; allow c 136:* rw; allow b 7:0 r");
    grant = g_ptr_array_index(read, 1);
    g_assert_null(grant->node);
    g_assert_cmpstr(grant->reason, ==, "pseudo terminals");
    grant = g_ptr_array_index(read, 2);
    g_assert_cmpstr(grant->node, ==, "/dev/a\tb\n\\c\xff");
}

static void
test_pieces(void)
{
    g_autoptr(GPtrArray) grants = guest_grants_new();
    g_autoptr(GPtrArray) read = guest_grants_new();
    g_autofree char *long_node = g_strnfill(300, 'x');
    g_auto(GStrv) pieces = NULL;
    gsize i;

    for (i = 0; i < 100; i++) {
        CorralDevice device = {CORRAL_DEVICE_TYPE_BLOCK, 253, (guint)i};
        g_autofree char *node = g_strdup_printf("/dev/dm-%zu", i);

        guest_grants_add(grants, &device, RW, node, "disk vda");
    }
    guest_grants_add(grants, &loop0, RW, long_node, "does not fit");
    pieces = guest_grants_format(grants, 256);
    g_assert_cmpuint(g_strv_length(pieces), >, 10);
    for (i = 0; pieces[i]; i++) {
        g_assert_cmpuint(strlen(pieces[i]), <=, 256);
        guest_grants_parse(read, pieces[i]);
    }
    g_assert_cmpuint(read->len, ==, 100);
}

static void
test_nonsense(void)
{
    static const char *const lines[] = {
        "",
        "\n\n",
        "c 10:232 rw",
        "c 10:232 rw\t/dev/kvm",
        "c 10:232 rw\t/dev/kvm\tx\ty",
        "x 10:232 rw\t/dev/kvm\tx",
        "cc 10:232 rw\t/dev/kvm\tx",
        "c 10 rw\t/dev/kvm\tx",
        "c 4096:1 rw\t/dev/kvm\tx",
        "c 1:1048576 rw\t/dev/kvm\tx",
        "c -1:1 rw\t/dev/kvm\tx",
        "c 1:1 rx\t/dev/kvm\tx",
        "c 1:1 \t/dev/kvm\tx",
    };
    g_autoptr(GPtrArray) grants = guest_grants_new();
    g_auto(GStrv) pieces = guest_grants_format(grants, 4096);
    gsize i;

    g_assert_cmpuint(g_strv_length(pieces), ==, 0);
    for (i = 0; i < G_N_ELEMENTS(lines); i++)
        guest_grants_parse(grants, lines[i]);
    g_assert_cmpuint(grants->len, ==, 0);

    guest_grants_parse(grants, "nonsense\nc 1:* m\t\tx\na *:* rwm\t\ty\nmore");
    assert_rules(grants, "allow c 1:* m; allow a *:* rwm");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guest-grants/shared-node", test_shared_node);
    g_test_add_func("/guest-grants/same-reason-twice", test_same_reason_twice);
    g_test_add_func("/guest-grants/include", test_include);
    g_test_add_func("/guest-grants/text", test_text);
    g_test_add_func("/guest-grants/pieces", test_pieces);
    g_test_add_func("/guest-grants/nonsense", test_nonsense);
    return g_test_run();
}
