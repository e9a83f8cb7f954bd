/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's file is changed where it has to be, and nowhere else. */
#include <config.h>

#include <string.h>

#include "policy-edit.h"
#include "policy-xml.h"

#define BEFORE                                                                                     \
    "<?xml version='1.0'?>\n"                                                                      \
    "<!-- ours -->\n"                                                                              \
    "<corral>\n"                                                                                   \
    "    <partition  name=\"/web\"\n"                                                              \
    "                priority='7'>\n"                                                              \
    "        <memtune>\n"                                                                          \
    "            <!-- as agreed --> <hard_limit unit='GiB'>4</hard_limit>\n"                       \
    "        </memtune>\n"                                                                         \
    "    </partition>   <!-- the rest -->\n"                                                       \
    "  <partition name='/batch'/>\n"                                                               \
    "</corral>\n"

static void
expect_text(const char *got, const char *before, const char *removed, const char *added)
{
    const char *place = strstr(before, removed);
    g_autoptr(GString) expected = g_string_new(NULL);

    g_assert_nonnull(place);
    g_string_append_len(expected, before, place - before);
    g_string_append(expected, added);
    g_string_append(expected, place + strlen(removed));
    g_assert_cmpstr(got, ==, expected->str);
}

/* One piece of the text goes, and another comes in its place. */
static void
test_tune(void)
{
    static const struct {
        const char *partition;
        PolicyField field;
        const char *value;
        const char *removed;
        const char *added;
    } cases[] = {
        {"/web", POLICY_FIELD_HARD_LIMIT, "512MiB", "<hard_limit unit='GiB'>4</hard_limit>",
         "<hard_limit unit='MiB'>512</hard_limit>"},
        {"/web", POLICY_FIELD_HARD_LIMIT, "1000", "<hard_limit unit='GiB'>4</hard_limit>",
         "<hard_limit unit='KiB'>1000</hard_limit>"},
        {"/web", POLICY_FIELD_MIN_GUARANTEE, "1G", "4</hard_limit>",
         "4</hard_limit><min_guarantee unit='G'>1</min_guarantee>"},
        {"/web", POLICY_FIELD_PRIORITY, "9", "\n                priority='7'>", " priority='9'>"},
        {"/web", POLICY_FIELD_PRIORITY, "none", "\n                priority='7'>", ">"},
        {"/batch", POLICY_FIELD_PRIORITY, "9", "'/batch'", "'/batch' priority='9'"},
        {"/batch", POLICY_FIELD_PRIORITY, "none", "", ""},
        {"/web", POLICY_FIELD_SHARES, "2048", "        </memtune>\n",
         "        </memtune>\n        <cputune>\n          <shares>2048</shares>\n"
         "        </cputune>\n"},
        {"/web", POLICY_FIELD_PIDS, "100", "        </memtune>\n",
         "        </memtune>\n        <pids>100</pids>\n"},
        {"/batch", POLICY_FIELD_CPUSET, "0-1", "<partition name='/batch'/>",
         "<partition name='/batch'>\n    <cpuset>0-1</cpuset>\n  </partition>"},
        {"/batch", POLICY_FIELD_NODESET, "0", "<partition name='/batch'/>",
         "<partition name='/batch'>\n    <numatune>\n      <memory mode='strict' nodeset='0'/>\n"
         "    </numatune>\n  </partition>"},
        {"/web", POLICY_FIELD_SOFT_LIMIT, "none", "", ""},
        {"/batch", POLICY_FIELD_PIDS, "<&", "<partition name='/batch'/>",
         "<partition name='/batch'>\n    <pids>&lt;&amp;</pids>\n  </partition>"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *got =
            policy_edit_tune(BEFORE, cases[i].partition, cases[i].field, cases[i].value, &error);

        g_assert_no_error(error);
        expect_text(got, BEFORE, cases[i].removed, cases[i].added);
    }
}

/* What is set and taken away again leaves no trace; an element goes with the last in it. */
static void
test_there_and_back(void)
{
    guint field;

    for (field = 0; field < POLICY_N_FIELDS; field++) {
        const char *value = field == POLICY_FIELD_PRIORITY ? "5" : "2000";
        const char before[] = "<corral>\n  <partition name='/a'>\n    <!-- a -->\n"
                              "  </partition>\n</corral>\n";
        g_autoptr(GError) error = NULL;
        g_autofree char *set = policy_edit_tune(before, "/a", field, value, &error);
        g_autofree char *back = set ? policy_edit_tune(set, "/a", field, "none", &error) : NULL;

        g_assert_no_error(error);
        g_assert_cmpstr(set, !=, before);
        g_assert_cmpstr(back, ==, before);
    }
}

/* Each field is read as what it was written for. */
static void
test_meaning(void)
{
    static const char *const values[POLICY_N_FIELDS] = {
        "600", "2048", "50000", "25000", "1.5", "4G", "3G", "5G", "2G", "200", "0-1", "0", "4000",
    };
    g_autofree char *xml = policy_edit_define(POLICY_EDIT_EMPTY, "/a", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = NULL;
    const PolicyTerms *terms;
    guint field;

    for (field = 0; field < POLICY_N_FIELDS; field++) {
        char *next = policy_edit_tune(xml, "/a", field, values[field], &error);

        g_assert_no_error(error);
        g_free(xml);
        xml = next;
    }
    policy = policy_xml_parse(xml, "corral.xml", &error);
    g_assert_no_error(error);
    terms = policy_find(policy, "/a");
    g_assert_nonnull(terms);
    g_assert_cmpuint(terms->priority, ==, 600);
    g_assert_cmpuint(terms->cputune.shares, ==, 2048);
    g_assert_cmpuint(terms->cputune.bandwidth[GUEST_PART_GLOBAL].period_us, ==, 50000);
    g_assert_cmpint(terms->cputune.bandwidth[GUEST_PART_GLOBAL].quota_us, ==, 25000);
    g_assert_cmpuint(terms->cpu_guarantee, ==, 1500);
    g_assert_cmpuint(terms->memtune.hard_limit_kib, ==, 4 << 20);
    g_assert_cmpuint(terms->memtune.soft_limit_kib, ==, 3 << 20);
    g_assert_cmpuint(terms->memtune.swap_hard_limit_kib, ==, 5 << 20);
    g_assert_cmpuint(terms->guarantee_kib, ==, 2 << 20);
    g_assert_cmpuint(terms->blkiotune.weight, ==, 200);
    g_assert_cmpuint(terms->cpus->len, ==, 2);
    g_assert_cmpuint(terms->nodes->len, ==, 1);
    g_assert_cmpuint(terms->pids, ==, 4000);
}

static void
test_define(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *got = policy_edit_define(BEFORE, "/a'b", &error);
    g_autofree char *first = policy_edit_define(POLICY_EDIT_EMPTY, "/a", &error);
    g_autofree char *bare = policy_edit_define("<corral/>", "/a", &error);

    g_assert_no_error(error);
    expect_text(got, BEFORE, "<partition name='/batch'/>\n",
                "<partition name='/batch'/>\n  <partition name='/a&apos;b'/>\n");
    g_assert_cmpstr(first, ==, "<corral>\n  <partition name='/a'/>\n</corral>\n");
    g_assert_cmpstr(bare, ==, "<corral>\n  <partition name='/a'/>\n</corral>");
}

static void
test_remove(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *batch = policy_edit_remove(BEFORE, "/batch", &error);
    g_autofree char *only =
        policy_edit_remove("<corral>\n  <partition name='/a'/>\n</corral>\n", "/a", &error);

    g_assert_no_error(error);
    expect_text(batch, BEFORE, "  <partition name='/batch'/>\n", "");
    g_assert_cmpstr(only, ==, POLICY_EDIT_EMPTY);
}

static void
test_reserve(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *first = policy_edit_reserve(POLICY_EDIT_EMPTY, "2G", "1", NULL, &error);
    g_autofree char *second = policy_edit_reserve(first, NULL, NULL, "0,2", &error);
    g_autofree char *third = policy_edit_reserve(second, "none", NULL, NULL, &error);
    g_autofree char *none = policy_edit_reserve(POLICY_EDIT_EMPTY, "none", NULL, "none", &error);

    g_assert_no_error(error);
    g_assert_cmpstr(first, ==,
                    "<corral>\n  <reserve>\n    <memory unit='G'>2</memory>\n"
                    "    <cpus count='1'/>\n  </reserve>\n</corral>\n");
    expect_text(second, first, "count='1'", "cpuset='0,2'");
    expect_text(third, second, "    <memory unit='G'>2</memory>\n", "");
    g_assert_cmpstr(none, ==, POLICY_EDIT_EMPTY);
}

static void
test_refused(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(policy_edit_define(BEFORE, "/web", &error));
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TERMS);
    g_clear_error(&error);
    g_assert_null(policy_edit_tune(BEFORE, "/nobody", POLICY_FIELD_PIDS, "1", &error));
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TERMS);
    g_assert_nonnull(strstr(error->message, "'/nobody'"));
    g_clear_error(&error);
    g_assert_null(policy_edit_tune(BEFORE, "/web", POLICY_FIELD_HARD_LIMIT, "4 apples", &error));
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TERMS);
    g_clear_error(&error);
    g_assert_null(policy_edit_remove(BEFORE, "/nobody", &error));
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TERMS);
    g_clear_error(&error);
    g_assert_null(policy_edit_reserve("<corral>", "1G", NULL, NULL, &error));
    g_assert_error(error, POLICY_ERROR, POLICY_ERROR_XML);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/policy-edit/tune", test_tune);
    g_test_add_func("/policy-edit/there-and-back", test_there_and_back);
    g_test_add_func("/policy-edit/meaning", test_meaning);
    g_test_add_func("/policy-edit/define", test_define);
    g_test_add_func("/policy-edit/remove", test_remove);
    g_test_add_func("/policy-edit/reserve", test_reserve);
    g_test_add_func("/policy-edit/refused", test_refused);

    return g_test_run();
}
