/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* corral status: is corral in the daemon that runs, and if not, why not? */
#include <config.h>

#include "cli-driver.h"
#include "cli-policy.h"
#include "cli-print.h"
#include "cli-switch.h"
#include "cli.h"
#include "corral.h"

static char *root;
static gboolean json;

static const GOptionEntry options[] = {
    {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Look at the system below DIR.", "DIR"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON.", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* ---- finding out ---- */

/* Lines for people; NULL with the reason if there are no hierarchies. */
static char **
describe_hierarchies(GError **error)
{
    g_autoptr(CorralHost) host = corral_host_new(root, CORRAL_HOST_READ_ONLY, error);
    g_autofree char *text = NULL;

    if (!host)
        return NULL;

    text = corral_host_describe(host);
    return g_strsplit(g_strchomp(text), "\n", -1);
}

static CliAnswer
look_at_part(const CliPart *part, char **remark)
{
    g_autoptr(GError) failure = NULL;
    gboolean on;

    if (cli_switch_ask(part, root ? root : "/", &on, &failure))
        return on ? CLI_ANSWER_YES : CLI_ANSWER_NO;

    /* Refused is known not to be in place; unreadable may be. */
    *remark = g_strdup(failure->message);
    return failure->domain == CLI_ERROR ? CLI_ANSWER_NO : CLI_ANSWER_UNKNOWN;
}

/* ---- telling people ---- */

static void
print_fact(const char *name, const char *value)
{
    if (value)
        cli_print_line("  %-18s %s", name, value);
}

static void
print_activation(void)
{
    static const char *const words[] = {"off", "on", "unknown"};
    guint i;

    cli_print_line("activation:");
    for (i = 0; i < cli_n_parts; i++) {
        g_autofree char *remark = NULL;
        const CliAnswer answer = look_at_part(&cli_parts[i], &remark);

        cli_print_line("  %-18s %-8s %s", cli_parts[i].name, words[answer],
                       remark ? remark : cli_parts[i].path);
    }
}

static void
print_daemon(const CliDriver *driver)
{
    guint i;

    print_fact("daemon", driver->daemon_silence);
    if (!driver->daemon)
        return;

    cli_print_line("  %-18s libvirt %s, running guests: %u", "daemon", driver->daemon->libvirt,
                   driver->daemon->guests->len);
    for (i = 0; i < driver->daemon->guests->len; i++) {
        const CliGuest *guest = g_ptr_array_index(driver->daemon->guests, i);

        cli_print_line("  %-18s %d %s", "", guest->id, guest->name);
    }
}

static void
print_driver(const CliDriver *driver)
{
    static const char *const words[] = {"no", "yes", "unknown"};
    g_autofree char *running = NULL;

    if (driver->running == CLI_ANSWER_YES)
        running = g_strdup_printf("yes, in process %s%s%s", cli_driver_get_told(driver, "pid"),
                                  driver->remark ? ": " : "", driver->remark ? driver->remark : "");
    else
        running = g_strdup_printf("%s: %s", words[driver->running], driver->remark);

    cli_print_line("%s:", driver->name);
    print_fact("running", running);
    print_fact("state", cli_driver_get_told(driver, "state"));
    print_fact("reason", cli_driver_get_told(driver, "reason"));
    print_fact("corral", cli_driver_get_told(driver, "corral"));
    print_fact("libvirt", cli_driver_get_told(driver, "libvirt"));
    print_fact("driver", cli_driver_get_told(driver, "implementation"));
    print_fact(driver->running == CLI_ANSWER_YES ? "stacked over" : "stock driver",
               cli_driver_get_told(driver, "stock"));
    print_daemon(driver);
}

/* Of the policy there is what a daemon has left, and that there is a file. */
static char *
describe_policy(GHashTable *told)
{
    const char *state = told ? g_hash_table_lookup(told, "state") : NULL;
    const char *reason = told ? g_hash_table_lookup(told, "reason") : NULL;

    if (!state)
        return g_strdup("unknown: no daemon has read it since the machine started");
    return reason ? g_strdup_printf("%s: %s", state, reason) : g_strdup(state);
}

static void
print_policy(void)
{
    g_autoptr(GHashTable) told = cli_policy_read_status(root);
    g_autofree char *state = describe_policy(told);

    cli_print_line("policy:");
    print_fact("file", CLI_POLICY_FILE);
    print_fact("state", state);
}

static void
print_hierarchies(void)
{
    g_autoptr(GError) failure = NULL;
    g_auto(GStrv) hierarchies = describe_hierarchies(&failure);
    gsize i;

    cli_print_line("hierarchies:");
    if (!hierarchies)
        cli_print_line("  none: %s", failure->message);
    for (i = 0; hierarchies && hierarchies[i]; i++)
        cli_print_line("  %s", hierarchies[i]);
}

static void
print_text(const GPtrArray *all)
{
    guint i;

    cli_print_line("corral %s", VERSION);
    print_activation();
    for (i = 0; i < all->len; i++)
        print_driver(g_ptr_array_index(all, i));
    print_policy();
    print_hierarchies();
}

/* ---- telling programs ---- */

static void
add_answer(GVariantBuilder *object, const char *key, CliAnswer answer)
{
    GVariant *value = answer == CLI_ANSWER_UNKNOWN ? NULL : g_variant_new_boolean(answer);

    g_variant_builder_add(object, "{sv}", key, g_variant_new_maybe(G_VARIANT_TYPE_BOOLEAN, value));
}

static GVariant *
activation_to_variant(void)
{
    GVariantBuilder parts;
    guint i;

    g_variant_builder_init(&parts, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < cli_n_parts; i++) {
        g_autofree char *remark = NULL;
        const CliAnswer answer = look_at_part(&cli_parts[i], &remark);

        g_variant_builder_open(&parts, G_VARIANT_TYPE_VARDICT);
        cli_print_add_string(&parts, "name", cli_parts[i].name);
        cli_print_add_string(&parts, "path", cli_parts[i].path);
        add_answer(&parts, "on", answer);
        cli_print_add_string(&parts, "remark", remark);
        g_variant_builder_close(&parts);
    }

    return g_variant_builder_end(&parts);
}

static GVariant *
daemon_to_variant(const CliDaemon *daemon)
{
    GVariantBuilder object;
    GVariantBuilder guests;
    guint i;

    g_variant_builder_init(&guests, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < daemon->guests->len; i++) {
        const CliGuest *guest = g_ptr_array_index(daemon->guests, i);

        g_variant_builder_open(&guests, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&guests, "{sv}", "id", g_variant_new_int32(guest->id));
        cli_print_add_string(&guests, "name", guest->name);
        g_variant_builder_close(&guests);
    }

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "libvirt", daemon->libvirt);
    g_variant_builder_add(&object, "{sv}", "guests", g_variant_builder_end(&guests));
    return g_variant_builder_end(&object);
}

static GVariant *
driver_to_variant(const CliDriver *driver)
{
    static const char *const keys[] = {"state",   "reason",         "corral",
                                       "libvirt", "implementation", "stock"};
    GVariantBuilder object;
    gsize i;

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "name", driver->name);
    add_answer(&object, "running", driver->running);
    cli_print_add_string(&object, "remark", driver->remark);
    for (i = 0; i < G_N_ELEMENTS(keys); i++)
        cli_print_add_string(&object, keys[i], cli_driver_get_told(driver, keys[i]));
    if (cli_driver_get_pid(driver) != 0)
        g_variant_builder_add(&object, "{sv}", "pid",
                              g_variant_new_int64(cli_driver_get_pid(driver)));
    if (driver->daemon)
        g_variant_builder_add(&object, "{sv}", "daemon", daemon_to_variant(driver->daemon));

    return g_variant_builder_end(&object);
}

static GVariant *
policy_to_variant(void)
{
    g_autoptr(GHashTable) told = cli_policy_read_status(root);
    GVariantBuilder object;

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "file", CLI_POLICY_FILE);
    if (told) {
        cli_print_add_string(&object, "state", g_hash_table_lookup(told, "state"));
        cli_print_add_string(&object, "reason", g_hash_table_lookup(told, "reason"));
    }
    return g_variant_builder_end(&object);
}

static void
print_json(const GPtrArray *all)
{
    g_auto(GStrv) hierarchies = describe_hierarchies(NULL);
    GVariantBuilder object;
    GVariantBuilder list;
    gsize i;

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "corral", VERSION);
    g_variant_builder_add(&object, "{sv}", "activation", activation_to_variant());

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < all->len; i++)
        g_variant_builder_add_value(&list, driver_to_variant(g_ptr_array_index(all, i)));
    g_variant_builder_add(&object, "{sv}", "drivers", g_variant_builder_end(&list));
    g_variant_builder_add(&object, "{sv}", "policy", policy_to_variant());

    g_variant_builder_init(&list, G_VARIANT_TYPE_STRING_ARRAY);
    for (i = 0; hierarchies && hierarchies[i]; i++)
        g_variant_builder_add_value(&list, cli_print_new_string(hierarchies[i]));
    g_variant_builder_add(&object, "{sv}", "hierarchies", g_variant_builder_end(&list));

    cli_print_json(g_variant_builder_end(&object));
}

/* ---- the command ---- */

/*
 * The worst of all drivers that somebody has loaded: one may have a daemon of its own that
 * nobody has needed yet.  Not to know is worse than to run, and better than not to.
 */
static CliExit
judge(const GPtrArray *all)
{
    CliExit result = CLI_EXIT_OK;
    gboolean any = FALSE;
    guint i;

    for (i = 0; i < all->len; i++) {
        const CliDriver *driver = g_ptr_array_index(all, i);

        if (driver->is_unseen)
            continue;
        any = TRUE;
        if (driver->running == CLI_ANSWER_NO)
            return CLI_EXIT_NOT_RUNNING;
        if (driver->running == CLI_ANSWER_UNKNOWN)
            result = CLI_EXIT_UNKNOWN;
    }

    return any ? result : CLI_EXIT_NOT_RUNNING;
}

static CliExit
run_status(const char *operand G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GPtrArray) all = NULL;

    if (root && !g_file_test(root, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "there is no directory '%s'", root);
        return CLI_EXIT_FAILED;
    }
    if (root && g_str_equal(root, "/"))
        g_clear_pointer(&root, g_free);

    all = cli_driver_list(root, CLI_DRIVER_ASK);
    if (json)
        print_json(all);
    else
        print_text(all);
    return judge(all);
}

const CliCommand cmd_status = {
    .name = "status",
    .summary = "Tell whether libvirtd runs with corral, and if not, why.",
    .options = options,
    .run = run_status,
};
