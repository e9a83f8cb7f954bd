/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What rules about devices add up to: by hand, and against a table of all devices there are. */
#include <config.h>

#include "cg-codec-devices.h"
#include "cg-device-rules.h"

static CgDeviceEntry
entry_of(const char *text)
{
    g_autoptr(CgDeviceRules) rules = NULL;
    gboolean all = text[0] == 'a';
    g_autofree char *plain = g_strdup(text);
    CgDeviceEntry entry;

    plain[0] = all ? 'c' : plain[0];
    rules = cg_codec_parse_device_rules(plain);
    g_assert_nonnull(rules);
    entry = *cg_device_rules_get(rules, 0);
    if (all)
        entry.device.type = CORRAL_DEVICE_TYPE_ALL;
    return entry;
}

/* "+c 1:3 rw": allow; "-": deny; "!": a denial or permission that must be refused. */
static void
apply(CgDeviceRules *rules, const char *step)
{
    gboolean refused = step[0] == '!';
    gboolean allow = refused ? step[1] == '+' : step[0] == '+';
    CgDeviceEntry entry = entry_of(step + (refused ? 2 : 1));
    g_autofree char *before = cg_codec_format_device_exceptions(rules);
    g_autofree char *after = NULL;
    CgDeviceEntry wider;

    g_assert_cmpint(cg_device_rules_apply(rules, allow, &entry.device, entry.access, &wider), ==,
                    !refused);
    after = cg_codec_format_device_exceptions(rules);
    if (refused)
        g_assert_cmpstr(after, ==, before);
}

static void
test_steps(void)
{
    static const struct {
        gboolean open;
        const char *steps; /* separated by ";" */
        const char *left;
    } table[] = {
        /* What is added, and in whichever order. */
        {FALSE, "+c 1:3 r;+c 1:3 w", "c 1:3 rw;"},
        {FALSE, "+c 1:3 w;+c 1:3 r", "c 1:3 rw;"},
        {FALSE, "+c 1:3 rw;-c 1:3 w", "c 1:3 r;"},
        {FALSE, "+c 1:3 rw;-c 1:3 rwm", ""},
        {FALSE, "-c 1:3 rw", ""},
        {FALSE, "+c 1:3 rw;-c 1:4 rw", "c 1:3 rw;"},
        /* Block and character devices have nothing to do with each other. */
        {FALSE, "+c 8:0 r;+b 8:0 w", "c 8:0 r;b 8:0 w;"},
        {FALSE, "+c 8:0 rw;-b 8:0 rw", "c 8:0 rw;"},
        {FALSE, "+a 8:0 rw", "b 8:0 rw;c 8:0 rw;"},
        {FALSE, "+a 8:0 rw;-b 8:0 w", "b 8:0 r;c 8:0 rw;"},
        {FALSE, "+b 8:0 rw;-a 8:0 w", "b 8:0 r;"},
        /* Wildcards. */
        {FALSE, "+c 1:* r;+c 1:3 w", "c 1:* r;c 1:3 rw;"},
        {FALSE, "+c 1:3 w;+c 1:* r", "c 1:3 rw;c 1:* r;"},
        {FALSE, "+c 1:3 r;+c 1:* rw", "c 1:* rw;"},
        {FALSE, "+c 1:* rw;+c 1:3 r", "c 1:* rw;"},
        {FALSE, "+c 1:* rw;-c 1:* w", "c 1:* r;"},
        {FALSE, "+c 1:* r;+c 1:3 rw;-c 1:* r", "c 1:3 w;"},
        {FALSE, "+c 1:* r;+c 1:3 rw;-c 1:3 w", "c 1:* r;"},
        {FALSE, "+c 1:3 rw;+c 1:4 r;+c 2:3 r;-c 1:* r", "c 1:3 w;c 2:3 r;"},
        {FALSE, "+c 1:3 rw;+c 2:3 r;+b 1:3 r;-c *:* rwm", "b 1:3 r;"},
        {FALSE, "+c 1:3 rw;+b 1:3 r;-a *:* r", "c 1:3 w;"},
        /* Two that meet: the kernel wants one that has it all. */
        {FALSE, "+c 1:* r;+c *:3 w", "c 1:* r;c *:3 w;c 1:3 rw;"},
        {FALSE, "+c 1:* r;+c *:3 w;+c *:* m", "c 1:* rm;c *:3 wm;c 1:3 rwm;c *:* m;"},
        {FALSE, "+c 1:* r;+c *:3 w;-c *:3 w", "c 1:* r;"},
        /* No exceptions to exceptions. */
        {FALSE, "+c 136:* rw;!-c 136:5 rw", "c 136:* rw;"},
        {FALSE, "+c 136:* rw;!-c *:5 r", "c 136:* rw;"},
        {FALSE, "+c 136:* rw;-c 136:5 m", "c 136:* rw;"},
        {FALSE, "+c *:* r;+b 8:0 rw;!-a 8:* rw", "c *:* r;b 8:0 rw;"},
        /* Opened and closed. */
        {FALSE, "+c 1:3 r;+a *:* rwm", "open"},
        {TRUE, "-c 1:3 r;-a *:* rwm", ""},
        {FALSE, "+a *:* rw", "b *:* rw;c *:* rw;"},
        /* All the same with denials. */
        {TRUE, "-c 1:3 r;-c 1:3 w", "open c 1:3 rw;"},
        {TRUE, "-c 1:3 rw;+c 1:3 w", "open c 1:3 r;"},
        {TRUE, "-c 136:* rw;!+c 136:5 r", "open c 136:* rw;"},
        {TRUE, "-c 1:* r;+c 1:3 w", "open c 1:* r;"},
    };
    gsize i, k;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(CgDeviceRules) rules = cg_device_rules_new(table[i].open);
        g_auto(GStrv) steps = g_strsplit(table[i].steps, ";", -1);
        g_autofree char *left = NULL;
        g_autofree char *all = NULL;

        g_test_message("%s", table[i].steps);
        for (k = 0; steps[k]; k++)
            apply(rules, steps[k]);
        left = g_strdelimit(cg_codec_format_device_exceptions(rules), "\n", ';');
        all = g_strconcat(rules->open ? "open" : "", rules->open && left[0] ? " " : "", left, NULL);
        g_assert_cmpstr(all, ==, table[i].left);
    }
}

static void
test_fit(void)
{
    static const struct {
        const char *above; /* "o": open, but for the rest; "c": closed, but for the rest */
        const char *below;
        gboolean fits;
    } table[] = {
        {"o", "o", TRUE},
        {"o", "c", TRUE},
        {"o", "oc 1:3 r", TRUE},
        {"o", "cc 1:3 r", TRUE},
        {"c", "o", FALSE},
        {"c", "c", TRUE},
        {"c", "cc 1:3 r", FALSE},
        {"cc 1:3 rw", "cc 1:3 r", TRUE},
        {"cc 1:3 r", "cc 1:3 rw", FALSE},
        {"cc 1:* r", "cc 1:3 r", TRUE},
        {"cc 1:3 r", "cc 1:* r", FALSE},
        {"cb 1:3 r", "cc 1:3 r", FALSE},
        {"cc *:* r", "cc 1:* r", TRUE},
        {"oc 1:3 r", "cc 1:3 r", FALSE},
        {"oc 1:3 r", "cc 1:3 w", TRUE},
        {"oc 1:3 r", "cc 1:* r", FALSE},
        {"oc 1:3 r", "cb 1:* r", TRUE},
        {"oc 1:* r", "cc *:3 r", FALSE},
        {"oc 1:3 r", "o", FALSE},
        {"oc 1:3 r", "oc 1:3 rw", TRUE},
        {"oc 1:3 r", "oc 1:* r", TRUE},
        {"oc 1:* r", "oc 1:3 r", FALSE},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        const char *texts[] = {table[i].above, table[i].below};
        CgDeviceRules *rules[2];
        CgDeviceEntry which;
        guint k;

        g_test_message("%s below %s", table[i].below, table[i].above);
        for (k = 0; k < 2; k++) {
            rules[k] = cg_device_rules_new(texts[k][0] == 'o');
            if (texts[k][1]) {
                CgDeviceEntry entry = entry_of(texts[k] + 1);

                cg_device_rules_add(rules[k], &entry.device, entry.access);
            }
        }
        g_assert_cmpint(cg_device_rules_fit_below(rules[1], rules[0], &which), ==, table[i].fits);
        cg_device_rules_free(rules[0]);
        cg_device_rules_free(rules[1]);
    }
}

/* ---- against a table of all devices ---- */

/* The last number of each is one that no rule names: only wildcards are about it. */
#define N_NUMBERS 3

typedef struct {
    guint access[2][N_NUMBERS][N_NUMBERS]; /* of the exceptions */
} Table;

static gboolean
is_about(const CorralDevice *device, int type, guint major, guint minor)
{
    return (device->type == CORRAL_DEVICE_TYPE_ALL || (int)device->type == type) &&
           (device->major == CORRAL_DEVICE_ANY || device->major == major) &&
           (device->minor == CORRAL_DEVICE_ANY || device->minor == minor);
}

static void
change_table(Table *table, gboolean add, const CorralDevice *device, guint access)
{
    guint type, major, minor;

    for (type = 0; type < 2; type++) {
        for (major = 0; major < N_NUMBERS; major++) {
            for (minor = 0; minor < N_NUMBERS; minor++) {
                if (!is_about(device, type, major, minor))
                    continue;
                if (add)
                    table->access[type][major][minor] |= access;
                else
                    table->access[type][major][minor] &= ~access;
            }
        }
    }
}

static void
compare(const CgDeviceRules *rules, const Table *table)
{
    guint type, major, minor, access;

    for (type = 0; type < 2; type++) {
        for (major = 0; major < N_NUMBERS; major++) {
            for (minor = 0; minor < N_NUMBERS; minor++) {
                for (access = 1; access <= CORRAL_DEVICE_ACCESS_ALL; access++) {
                    CorralDevice device = {type, major, minor};
                    guint has = table->access[type][major][minor];
                    gboolean expected = rules->open ? !(access & has) : !(access & ~has);
                    const CgDeviceEntry *decider;

                    g_assert_cmpint(cg_device_rules_check(rules, &device, access, &decider), ==,
                                    expected);
                    g_assert_cmpint(decider != NULL, ==, expected != rules->open);
                }
            }
        }
    }
}

static guint
random_number(void)
{
    gint32 number = g_test_rand_int_range(0, N_NUMBERS);

    return number == N_NUMBERS - 1 ? CORRAL_DEVICE_ANY : (guint)number;
}

static void
test_random(gconstpointer open)
{
    int run, step;

    for (run = 0; run < 500; run++) {
        g_autoptr(CgDeviceRules) rules = cg_device_rules_new(open != NULL);
        Table table = {0};

        for (step = 0; step < 40; step++) {
            CorralDevice device = {g_test_rand_int_range(0, 3), random_number(), random_number()};
            guint access = g_test_rand_int_range(1, CORRAL_DEVICE_ACCESS_ALL + 1);
            gboolean add = g_test_rand_int_range(0, 2);
            CgDeviceEntry wider;

            if (cg_device_rules_is_everything(&device, access))
                continue;
            if (cg_device_rules_apply(rules, add != rules->open, &device, access, &wider)) {
                change_table(&table, add, &device, access);
            } else {
                g_assert_false(add);
                g_assert_cmpuint(wider.access & access, !=, 0);
                g_assert_true(device.major != CORRAL_DEVICE_ANY ||
                              device.minor != CORRAL_DEVICE_ANY);
            }
            compare(rules, &table);
        }
    }
}

/* From one to another by what subtract() tells, and nothing that both allow is ever lost. */
static void
test_difference(void)
{
    int run;

    for (run = 0; run < 500; run++) {
        g_autoptr(CgDeviceRules) one = cg_device_rules_new(FALSE);
        g_autoptr(CgDeviceRules) other = cg_device_rules_new(FALSE);
        g_autoptr(GArray) more = NULL;
        g_autoptr(GArray) less = NULL;
        CgDeviceRules *both[] = {one, other};
        int i;

        for (i = 0; i < 12; i++) {
            CorralDevice device = {g_test_rand_int_range(0, 2), random_number(), random_number()};

            cg_device_rules_add(both[i % 2], &device, g_test_rand_int_range(1, 8));
        }
        more = cg_device_rules_subtract(other, one);
        less = cg_device_rules_subtract(one, other);
        /* What is taken away is of no use to @other, so it is the same in between. */
        for (i = 0; i < (int)less->len; i++) {
            const CgDeviceEntry *entry = &g_array_index(less, CgDeviceEntry, i);
            guint k;

            g_assert_cmpuint(entry->access, !=, 0);
            for (k = 0; k < other->entries->len; k++) {
                const CgDeviceEntry *kept = cg_device_rules_get(other, k);

                if (kept->device.type == entry->device.type &&
                    kept->device.major == entry->device.major &&
                    kept->device.minor == entry->device.minor)
                    g_assert_cmpuint(kept->access & entry->access, ==, 0);
            }
        }
        for (i = 0; i < (int)more->len; i++)
            g_assert_cmpuint(g_array_index(more, CgDeviceEntry, i).access, !=, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/device-rules/steps", test_steps);
    g_test_add_func("/device-rules/fit", test_fit);
    g_test_add_data_func("/device-rules/random/closed", NULL, test_random);
    g_test_add_data_func("/device-rules/random/open", "open", test_random);
    g_test_add_func("/device-rules/difference", test_difference);

    return g_test_run();
}
