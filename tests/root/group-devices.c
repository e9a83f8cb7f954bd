/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules about devices on the kernel we run on: what corral says a process may do
 * is compared with what the kernel lets it do.
 *
 * Where the legacy interface serves devices and there is a unified hierarchy as
 * well, all of it happens a second time in a mount namespace in which the former
 * is not mounted, so that the latter serves them.
 *
 *   group-devices --try        does on devices what it is told
 *   group-devices --hammer     opens a device until it is told to stop
 *   group-devices --list PATH  the rules of a group, as somebody new sees them
 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device-prober.h"
#include "foreign-program.h"
#include "kernel-bed.h"
#include "unified-devices.h"

#define R CORRAL_DEVICE_ACCESS_READ
#define W CORRAL_DEVICE_ACCESS_WRITE
#define M CORRAL_DEVICE_ACCESS_MKNOD
#define ANY CORRAL_DEVICE_ANY
#define B CORRAL_DEVICE_TYPE_BLOCK
#define C CORRAL_DEVICE_TYPE_CHARACTER
#define A CORRAL_DEVICE_TYPE_ALL

#define OUR_NAME "corral_devices"

/* Set in the second run. */
#define SECOND_RUN "CORRAL_TEST_UNIFIED_DEVICES"

#define UPDATES 1000

static const CorralDevice null_device = {C, 1, 3};

/* ---- the rules as text ---- */

static gint
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
list(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rules = corral_group_list_device_rules(group, &error);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    guint i;

    g_assert_no_error(error);
    for (i = 0; i < rules->len; i++)
        g_ptr_array_add(lines, corral_device_rule_to_string(g_ptr_array_index(rules, i)));
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv(";", (char **)lines->pdata);
}

static int
be_listing(const char *path)
{
    g_autoptr(CorralHost) new_host = corral_host_new(NULL, CORRAL_HOST_NONE, NULL);
    g_autoptr(CorralGroup) group = corral_group_open(new_host, path, BED_BIT(DEVICES), NULL);
    g_autofree char *text = list(group);

    puts(text);
    return 0;
}

/* ---- comparing ---- */

static const struct {
    guint access;
    const char *open;
    const char *ask; /* in place of opening */
} accesses[] = {{R, "r", "R"}, {W, "w", "W"}, {R | W, "rw", "RW"}, {M, "m", "m"}};

static void
ok(gboolean done, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(done);
}

static void
enter(CorralGroup *group, BedProcess *process)
{
    GError *error = NULL;

    ok(corral_group_attach_process(group, process->pid, &error), error);
}

static CorralDeviceVerdict
ask(CorralGroup *group, const CorralDevice *device, guint access)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralDeviceAnswer) answer = corral_group_ask_device(group, device, access, &error);

    g_assert_no_error(error);
    g_assert_nonnull(answer->reason);
    return answer->verdict;
}

static void
compare(CorralGroup *group, BedProcess *process, const CorralDevice *devices, gsize n_devices,
        gboolean open)
{
    gsize i, k;

    for (i = 0; i < n_devices; i++) {
        for (k = 0; k < G_N_ELEMENTS(accesses); k++) {
            CorralDeviceVerdict verdict = ask(group, &devices[i], accesses[k].access);
            const char *word = open ? accesses[k].open : accesses[k].ask;
            gboolean can = device_prober_may(process, &devices[i], word);

            /* What only somebody else's rules decide, we do not know. */
            if (verdict == CORRAL_DEVICE_VERDICT_UNKNOWN ||
                can == (verdict == CORRAL_DEVICE_VERDICT_ALLOWED))
                continue;
            g_test_message("%s %u:%u %s: %d", devices[i].type == B ? "b" : "c", devices[i].major,
                           devices[i].minor, word, can);
            g_test_fail();
        }
    }
}

static void
assert_same(CorralGroup *group, BedProcess *process, const CorralDevice *devices, gsize n_devices)
{
    compare(group, process, devices, n_devices, TRUE);
}

static gboolean
is_unified(CorralGroup *group)
{
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    g_autofree char *dir = g_path_get_dirname(entrances[0]);

    return !bed_is_legacy(dir);
}

static void
assert_list(CorralGroup *group, const char *expected)
{
    g_autofree char *text = list(group);

    g_assert_cmpstr(text, ==, expected);
}

/* Skips where nobody serves devices, or neither the kernel nor the library can. */
static CorralGroup *
make_or_skip(const char *path)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip(path, CORRAL_CONTROLLER_DEVICES);
    g_autoptr(GPtrArray) rules = NULL;
    g_autoptr(GError) error = NULL;

    if (!group)
        return NULL;
    rules = corral_group_list_device_rules(group, &error);
    if (!g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
        return g_steal_pointer(&group);

    g_test_skip(error->message);
    bed_remove(group);
    return NULL;
}

/* ---- tests ---- */

/* Nothing but what is named. */
static void
test_use(void)
{
    static const CorralDevice devices[] = {
        {C, 1, 3}, {C, 1, 5}, {C, 1, 7}, {C, 1, 8}, {B, 7, 0}, {C, 7, 0}, {C, 200, 1},
    };
    static const CorralDevice memory = {C, 1, ANY};
    static const CorralDevice loop = {B, 7, 0};
    static const CorralDevice sevens = {A, 7, 0};
    g_autoptr(CorralGroup) group = make_or_skip("g");
    GError *error = NULL;
    BedProcess process;

    if (!group)
        return;
    process = device_prober_start(devices, G_N_ELEMENTS(devices));
    enter(group, &process);

#define SAME() assert_same(group, &process, devices, G_N_ELEMENTS(devices))
    SAME();
    g_assert_true(device_prober_may(&process, &null_device, "rw"));
    assert_list(group, "allow a *:* rwm");

    ok(corral_group_deny_all_devices(group, &error), error);
    SAME();
    g_assert_false(device_prober_may(&process, &null_device, "r"));
    g_assert_false(device_prober_may(&process, &null_device, "e"));
    assert_list(group, "");

    ok(corral_group_allow_device_node(group, "/dev/null", R, &error), error);
    SAME();
    g_assert_true(device_prober_may(&process, &null_device, "r"));
    g_assert_true(device_prober_may(&process, &null_device, "e"));
    g_assert_false(device_prober_may(&process, &null_device, "rw"));
    ok(corral_group_allow_device_node(group, "/dev/null", W, &error), error);
    SAME();
    g_assert_true(device_prober_may(&process, &null_device, "rw"));
    assert_list(group, "allow c 1:3 rw");

    ok(corral_group_allow_device(group, &loop, R | W, &error), error);
    SAME();
    assert_list(group, "allow b 7:0 rw;allow c 1:3 rw");
    ok(corral_group_allow_device(group, &memory, R | M, &error), error);
    SAME();
    assert_list(group, "allow b 7:0 rw;allow c 1:* rm;allow c 1:3 rwm");
    g_assert_false(corral_group_deny_device(group, &null_device, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    SAME();
    ok(corral_group_deny_device(group, &memory, R | M, &error), error);
    ok(corral_group_deny_device(group, &sevens, W, &error), error);
    SAME();
    assert_list(group, "allow b 7:0 r;allow c 1:3 w");

    ok(corral_group_allow_all_devices(group, &error), error);
    SAME();
    ok(corral_group_deny_device(group, &memory, W, &error), error);
    ok(corral_group_deny_device(group, &null_device, R, &error), error);
    SAME();
    assert_list(group, "allow a *:* rwm;deny c 1:* w;deny c 1:3 rw");
    g_assert_false(device_prober_may(&process, &null_device, "r"));
    ok(corral_group_allow_device(group, &null_device, R, &error), error);
    ok(corral_group_allow_device(group, &memory, W, &error), error);
    SAME();
    assert_list(group, "allow a *:* rwm");
#undef SAME

    bed_end(&process);
    bed_remove(group);
}

/* Numbers without a driver; no rule names the last ones. */
static const guint majors[] = {240, 241, 242};
static const guint minors[] = {0, 1, 2};

static CorralDevice
random_device(void)
{
    gint32 major = g_test_rand_int_range(0, 3);
    gint32 minor = g_test_rand_int_range(0, 3);

    return (CorralDevice){g_test_rand_int_range(0, 3), major == 2 ? ANY : majors[major],
                          minor == 2 ? ANY : minors[minor]};
}

static void
test_random(void)
{
    g_autoptr(CorralGroup) group = make_or_skip("g");
    CorralDevice devices[18];
    BedProcess process;
    gsize i;
    int run, step;

    if (!group)
        return;
    for (i = 0; i < G_N_ELEMENTS(devices); i++)
        devices[i] = (CorralDevice){i % 2 ? B : C, majors[i / 2 % 3], minors[i / 6]};
    process = device_prober_start(devices, G_N_ELEMENTS(devices));
    enter(group, &process);

    for (run = 0; run < 10; run++) {
        g_autoptr(GError) error = NULL;

        ok(run % 2 ? corral_group_allow_all_devices(group, &error)
                   : corral_group_deny_all_devices(group, &error),
           error);
        for (step = 0; step < 8; step++) {
            CorralDevice device = random_device();
            guint access = g_test_rand_int_range(1, 8);
            gboolean done = g_test_rand_int_range(0, 3) == run % 2
                                ? corral_group_deny_device(group, &device, access, &error)
                                : corral_group_allow_device(group, &device, access, &error);

            if (!done)
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
            g_clear_error(&error);
        }
        compare(group, &process, devices, G_N_ELEMENTS(devices), FALSE);
    }

    bed_end(&process);
    bed_remove(group);
}

/* A group, and one below it. */
static void
test_levels(void)
{
    static const CorralDevice devices[] = {{C, 1, 3}, {C, 1, 5}, {C, 1, 7}, {B, 7, 0}};
    static const CorralDevice memory = {C, 1, ANY};
    g_autoptr(CorralGroup) above = make_or_skip("a");
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    BedProcess process;

    if (!above)
        return;
    ok(corral_group_deny_all_devices(above, &error), error);
    ok(corral_group_allow_device(above, &devices[0], R | W, &error), error);
    ok(corral_group_allow_device(above, &devices[1], R, &error), error);
    group = bed_make("a/g", BED_BIT(DEVICES));
    process = device_prober_start(devices, G_N_ELEMENTS(devices));
    enter(group, &process);
    assert_same(group, &process, devices, G_N_ELEMENTS(devices));
    assert_list(group, "allow c 1:3 rw;allow c 1:5 r");
    g_assert_cmpint(ask(group, &devices[2], R), ==, CORRAL_DEVICE_VERDICT_DENIED);

    g_assert_false(corral_group_allow_device(group, &devices[2], R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_false(corral_group_allow_device(group, &memory, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_false(corral_group_allow_all_devices(group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);

    ok(corral_group_deny_device(group, &devices[0], W, &error), error);
    assert_list(group, "allow c 1:3 r;allow c 1:5 r");
    assert_list(above, "allow c 1:3 rw;allow c 1:5 r");
    assert_same(group, &process, devices, G_N_ELEMENTS(devices));
    ok(corral_group_allow_device(group, &devices[0], W, &error), error);
    assert_same(group, &process, devices, G_N_ELEMENTS(devices));

    /* What is taken from the one above is not to be had below. */
    ok(corral_group_deny_device(above, &devices[0], R | W, &error), error);
    assert_same(group, &process, devices, G_N_ELEMENTS(devices));
    g_assert_cmpint(ask(group, &devices[0], R), ==, CORRAL_DEVICE_VERDICT_DENIED);
    g_assert_cmpint(ask(group, &devices[1], R), ==, CORRAL_DEVICE_VERDICT_ALLOWED);

    bed_end(&process);
    bed_remove(above);
}

static GPtrArray *
make_rules(guint first, guint n)
{
    GPtrArray *rules = g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);
    guint i;

    g_ptr_array_add(rules, corral_device_rule_new(TRUE, &null_device, R | W));
    for (i = 0; i < n; i++) {
        CorralDevice device = {C, 240, first + i};

        g_ptr_array_add(rules, corral_device_rule_new(TRUE, &device, R));
    }
    return rules;
}

static guint
count_descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;

    while (g_dir_read_name(dir))
        count++;
    return count;
}

/* How many programs and maps of ours there were before all tests. */
static guint count_at_start;

/* What nobody holds any more goes a moment later. */
static void
assert_count(guint more)
{
    guint expected = count_at_start + more;
    gint64 deadline = g_get_monotonic_time() + BED_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;

    while (foreign_count(OUR_NAME) != expected) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    }
}

/* Somebody opens what is allowed all the time while rules are replaced. */
static void
test_replace(void)
{
    g_autoptr(CorralGroup) group = make_or_skip("g");
    g_autoptr(GError) error = NULL;
    g_autofree char *ready = NULL;
    guint descriptors;
    BedProcess process;
    int status, i;

    if (!group)
        return;
    ok(corral_group_deny_all_devices(group, &error), error);
    ok(corral_group_allow_device(group, &null_device, R | W, &error), error);
    process = bed_start("--hammer", NULL);
    ready = bed_read_line(&process);
    enter(group, &process);
    g_assert_cmpint(write(process.in, "!", 1), ==, 1);
    descriptors = count_descriptors();

    for (i = 0; i < UPDATES; i++) {
        g_autoptr(GPtrArray) rules = make_rules(i % 7, i % 5);
        CorralDevice device = {C, 241, i % 100};

        ok(corral_group_set_device_rules(group, rules, &error), error);
        if (i % 3 == 0)
            ok(corral_group_allow_device(group, &device, R, &error), error);
    }
    g_assert_cmpuint(count_descriptors(), ==, descriptors);
    status = bed_end(&process);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    assert_list(group, "allow c 1:3 rw;allow c 240:5 r;allow c 240:6 r;allow c 240:7 r;"
                       "allow c 240:8 r;allow c 241:99 r");

    /* A program and its map. */
    assert_count(is_unified(group) ? 2 : 0);
    bed_remove(group);
}

/* More rules than a map had room for at first, changed in place one by one. */
static void
test_many(void)
{
    const guint n = 150;
    g_autoptr(CorralGroup) group = make_or_skip("g");
    g_autoptr(GError) error = NULL;
    guint descriptors = count_descriptors();
    CorralDevice device = {C, 240, 0};
    CorralDevice last = {C, 240, n - 1};
    CorralDevice beyond = {C, 240, n};
    CorralDevice samples[] = {{C, 240, 0}, last, beyond};
    BedProcess process;
    guint i;

    if (!group)
        return;
    process = device_prober_start(samples, G_N_ELEMENTS(samples));
    enter(group, &process);
    ok(corral_group_deny_all_devices(group, &error), error);
    descriptors = count_descriptors();
    for (device.minor = 0; device.minor < n; device.minor++) {
        ok(corral_group_allow_device(group, &device, R, &error), error);
        ok(corral_group_allow_device(group, &device, W, &error), error);
    }
    assert_same(group, &process, samples, G_N_ELEMENTS(samples));
    g_assert_true(device_prober_may(&process, &last, "rw"));
    g_assert_false(device_prober_may(&process, &beyond, "r"));

    for (i = 0; i < 2 * n; i++) {
        ok(i % 2 ? corral_group_allow_device(group, &beyond, R, &error)
                 : corral_group_deny_device(group, &beyond, R, &error),
           error);
    }
    for (device.minor = 0; device.minor < n; device.minor++)
        ok(corral_group_deny_device(group, &device, R | W, &error), error);
    assert_list(group, "allow c 240:150 r");
    assert_same(group, &process, samples, G_N_ELEMENTS(samples));
    g_assert_cmpuint(count_descriptors(), ==, descriptors);
    bed_end(&process);
    bed_remove(group);
    assert_count(0);
}

/* A new process finds the rules. */
static void
test_found_again(void)
{
    g_autoptr(CorralGroup) group = make_or_skip("g");
    g_autoptr(GPtrArray) rules = make_rules(0, 3);
    g_autofree char *mine = NULL;
    g_autofree char *theirs = NULL;
    g_autoptr(GError) error = NULL;

    if (!group)
        return;
    ok(corral_group_set_device_rules(group, rules, &error), error);
    mine = list(group);
    {
        char *argv[] = {(char *)"/proc/self/exe", (char *)"--list",
                        (char *)corral_group_get_path(group), NULL};

        ok(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &theirs, NULL, NULL, &error),
           error);
    }
    g_assert_cmpstr(g_strchomp(theirs), ==, mine);
    bed_remove(group);
}

static void
test_unprivileged(void)
{
    g_autoptr(CorralGroup) group = make_or_skip("g");
    g_autoptr(GError) error = NULL;
    gboolean done;

    if (!group)
        return;
    g_assert_cmpint(seteuid(65534), ==, 0);
    done = corral_group_deny_all_devices(group, &error);
    g_assert_cmpint(seteuid(0), ==, 0);
    g_assert_false(done);
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    if (is_unified(group))
        g_assert_nonnull(strstr(error->message, "CAP_SYS_ADMIN"));
    assert_list(group, "allow a *:* rwm");
    bed_remove(group);
}

static void
test_vanished(void)
{
    g_autoptr(CorralGroup) group = make_or_skip("g");
    g_autoptr(GPtrArray) rules = make_rules(0, 1);
    g_autoptr(GError) error = NULL;

    if (!group)
        return;
    bed_remove(group);
    g_assert_false(corral_group_deny_all_devices(group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_set_device_rules(group, rules, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_null(corral_group_list_device_rules(group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_null(corral_group_ask_device(group, &null_device, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

/* ---- among the programs of others ---- */

static const CorralDevice foreign_devices[] = {{C, 240, 0}, {C, 241, 0}, {C, 242, 0}, {C, 243, 0}};

/* Closed, with 240 to 242 allowed; NULL if no program would do that here. */
static CorralGroup *
make_for_programs(const char *path)
{
    g_autoptr(CorralGroup) group = make_or_skip(path);

    if (!group)
        return NULL;
    if (!is_unified(group)) {
        g_test_skip("devices are not served by the unified interface");
        bed_remove(group);
        return NULL;
    }
    return g_steal_pointer(&group);
}

static void
restrict_devices(CorralGroup *group)
{
    g_autoptr(GPtrArray) rules =
        g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);
    GError *error = NULL;
    guint i;

    for (i = 0; i < 3; i++) {
        CorralDevice device = {C, 240 + i, ANY};

        g_ptr_array_add(rules, corral_device_rule_new(TRUE, &device, R));
    }
    ok(corral_group_set_device_rules(group, rules, &error), error);
}

/* Above, beside and below ours: all have a say, ours is found, and none is lost. */
static void
test_foreign(void)
{
    g_autoptr(CorralGroup) above = make_for_programs("a");
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(CorralGroup) below = NULL;
    g_autofree char *dir_above = NULL;
    g_autofree char *dir = NULL;
    g_autofree char *dir_below = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralDeviceAnswer) answer = NULL;
    BedProcess process;
    guint32 first, last;

    if (!above)
        return;
    group = bed_make("a/g", BED_BIT(DEVICES));
    below = bed_make("a/g/b", BED_BIT(DEVICES));
    dir_above = bed_dir("a", CORRAL_CONTROLLER_DEVICES);
    dir = bed_dir("a/g", CORRAL_CONTROLLER_DEVICES);
    dir_below = bed_dir("a/g/b", CORRAL_CONTROLLER_DEVICES);
    process = device_prober_start(foreign_devices, G_N_ELEMENTS(foreign_devices));
    enter(group, &process);

    /* One that has our name, and a map of our name and layout, stands before ours. */
    g_assert_cmpuint(foreign_attach(dir_above, "sd_devices", 240, FALSE, FOREIGN_MULTI), !=, 0);
    first = foreign_attach(dir, OUR_NAME, 241, TRUE, FOREIGN_MULTI);
    g_assert_cmpuint(first, !=, 0);
    assert_list(group, "allow a *:* rwm");
    restrict_devices(group);
    last = foreign_attach(dir, "other", 244, FALSE, FOREIGN_MULTI);
    g_assert_cmpuint(last, !=, 0);
    assert_list(group, "allow c 240:* r;allow c 241:* r;allow c 242:* r");
    assert_list(below, "allow c 240:* r;allow c 241:* r;allow c 242:* r");
    restrict_devices(group);
    ids = foreign_list(dir);
    g_assert_cmpuint(ids->len, ==, 3);

    g_assert_false(device_prober_may(&process, &foreign_devices[0], "r"));
    g_assert_false(device_prober_may(&process, &foreign_devices[1], "r"));
    g_assert_true(device_prober_may(&process, &foreign_devices[2], "r"));
    g_assert_false(device_prober_may(&process, &foreign_devices[3], "r"));
    g_assert_cmpint(ask(group, &foreign_devices[2], R), ==, CORRAL_DEVICE_VERDICT_UNKNOWN);
    g_assert_cmpint(ask(group, &foreign_devices[3], R), ==, CORRAL_DEVICE_VERDICT_DENIED);

    answer = corral_group_ask_device(above, &foreign_devices[2], R, &error);
    g_assert_no_error(error);
    g_assert_cmpint(answer->verdict, ==, CORRAL_DEVICE_VERDICT_UNKNOWN);
    g_assert_nonnull(strstr(answer->reason, "'sd_devices'"));
    g_assert_cmpstr(answer->group, ==, corral_group_get_path(above));
    g_clear_pointer(&answer, corral_device_answer_free);

    /* An exclusive one below, as stock libvirt has it, is none of ours and goes on. */
    g_assert_cmpuint(foreign_attach(dir_below, "", 242, TRUE, FOREIGN_EXCLUSIVE), !=, 0);
    enter(below, &process);
    g_assert_false(device_prober_may(&process, &foreign_devices[2], "r"));
    enter(group, &process);
    g_assert_true(device_prober_may(&process, &foreign_devices[2], "r"));

    /* Opened, only ours is gone. */
    ok(corral_group_allow_all_devices(group, &error), error);
    g_array_unref(g_steal_pointer(&ids));
    ids = foreign_list(dir);
    g_assert_cmpuint(ids->len, ==, 2);
    g_assert_cmpuint(g_array_index(ids, guint32, 0), ==, first);
    g_assert_cmpuint(g_array_index(ids, guint32, 1), ==, last);
    g_assert_true(device_prober_may(&process, &foreign_devices[3], "r"));

    /* And one with ours alone, above all of them, says where it decides. */
    foreign_detach(dir, first);
    foreign_detach(dir, last);
    ok(corral_group_deny_all_devices(above, &error), error);
    answer = corral_group_ask_device(group, &foreign_devices[2], R, &error);
    g_assert_no_error(error);
    g_assert_cmpint(answer->verdict, ==, CORRAL_DEVICE_VERDICT_DENIED);
    g_assert_cmpstr(answer->group, ==, corral_group_get_path(above));
    g_assert_false(device_prober_may(&process, &foreign_devices[2], "r"));

    bed_end(&process);
    bed_remove(above);
}

/* One that suffers no other is left alone, and the error says so. */
static void
test_exclusive(void)
{
    g_autoptr(CorralGroup) above = make_for_programs("a");
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *dir = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;
    guint32 id;

    if (!above)
        return;
    group = bed_make("a/g", BED_BIT(DEVICES));
    dir = bed_dir("a", CORRAL_CONTROLLER_DEVICES);
    id = foreign_attach(dir, "stock", 240, TRUE, FOREIGN_EXCLUSIVE);
    g_assert_cmpuint(id, !=, 0);

    g_assert_false(corral_group_deny_all_devices(above, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, "'stock'"));
    g_assert_nonnull(strstr(error->message, dir));
    g_clear_error(&error);
    g_assert_false(corral_group_deny_device(group, &null_device, R, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, dir));
    g_clear_error(&error);
    assert_list(group, "allow a *:* rwm");
    ids = foreign_list(dir);
    g_assert_cmpuint(ids->len, ==, 1);
    g_assert_cmpuint(g_array_index(ids, guint32, 0), ==, id);

    foreign_detach(dir, id);
    ok(corral_group_deny_device(group, &null_device, R, &error), error);
    bed_remove(above);
}

static void
add_tests(void)
{
    count_at_start = foreign_count(OUR_NAME);

    g_test_add_func("/devices/use", test_use);
    g_test_add_func("/devices/random", test_random);
    g_test_add_func("/devices/levels", test_levels);
    g_test_add_func("/devices/replace", test_replace);
    g_test_add_func("/devices/many", test_many);
    g_test_add_func("/devices/found-again", test_found_again);
    g_test_add_func("/devices/unprivileged", test_unprivileged);
    g_test_add_func("/devices/vanished", test_vanished);
    g_test_add_func("/devices/foreign", test_foreign);
    g_test_add_func("/devices/exclusive", test_exclusive);
}

/* ---- the second run ---- */

static int
run_again(char **argv)
{
    int status;
    pid_t pid;

    if (!unified_devices_are_hidden() || g_getenv(SECOND_RUN))
        return 0;

    pid = fork();
    if (pid == 0) {
        g_setenv(SECOND_RUN, "1", TRUE);
        if (!unified_devices_show())
            _exit(99);
        printf("# again, with devices served by the unified interface\n");
        fflush(stdout);
        execv("/proc/self/exe", argv);
        _exit(98);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
main(int argc, char **argv)
{
    int status;

    if (argc == 2 && g_str_equal(argv[1], "--try"))
        return device_prober_try();
    if (argc == 2 && g_str_equal(argv[1], "--hammer"))
        return device_prober_hammer();
    if (argc == 3 && g_str_equal(argv[1], "--list"))
        return be_listing(argv[2]);

    /* GLib takes its options out of it. */
    {
        g_auto(GStrv) again = g_strdupv(argv);

        status = bed_run(argc, argv, add_tests);
        return status == 0 ? run_again(again) : status;
    }
}
