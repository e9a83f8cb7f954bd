/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * corral device: what a guest may open, and why.  The kernel is asked for the
 * rules; the reasons are what the driver has kept with the group, and a rule
 * without one has been made by somebody else.
 */
#include <config.h>

#include <string.h>

#include "cli-groups.h"
#include "cli-print.h"
#include "cli.h"
#include "corral.h"
#include "guest-grants.h"

static char *root;
static gboolean json;

static const GOptionEntry options[] = {
    {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Look at the system below DIR.", "DIR"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON.", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const struct {
    const char *name;
    CorralDeviceAccess access;
} accesses[] = {
    {"read", CORRAL_DEVICE_ACCESS_READ},
    {"write", CORRAL_DEVICE_ACCESS_WRITE},
};

/* ---- finding it ---- */

static CorralGroup *
open_group(const char *name, GError **error)
{
    g_autoptr(GPtrArray) guests = cli_groups_list(root, error);
    g_autoptr(CorralHost) host = NULL;
    guint i;

    if (!guests)
        return NULL;

    for (i = 0; i < guests->len; i++) {
        const CliGuestGroup *guest = g_ptr_array_index(guests, i);

        if (!g_str_equal(guest->name, name) && g_strcmp0(guest->uuid, name) != 0)
            continue;
        host = corral_host_new(root, CORRAL_HOST_READ_ONLY, error);
        return host ? corral_group_open(host, guest->path,
                                        CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES), error)
                    : NULL;
    }

    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "no guest '%s' runs in a group of its own",
                name);
    return NULL;
}

/* Whether @grant is what @device comes from: that very device, or one among those of a class. */
static gboolean
explains(const GuestGrant *grant, const CorralDevice *device)
{
    return grant->device.type == device->type && grant->device.major == device->major &&
           (grant->device.minor == device->minor || grant->device.minor == CORRAL_DEVICE_ANY);
}

static GPtrArray *
read_reasons(CorralGroup *group)
{
    GPtrArray *grants = guest_grants_new();
    guint i;

    for (i = 0; i < GUEST_GRANTS_LABELS_MAX; i++) {
        g_autofree char *label = guest_grants_dup_label(i);
        g_autofree char *text = corral_group_get_label(group, label, NULL);

        if (!text || !*text)
            break;
        guest_grants_parse(grants, text);
    }

    return grants;
}

/* "c 10:232", and "rw" in *@access */
static char *
spell_rule(const CorralDeviceRule *rule, char **access)
{
    g_autofree char *text = corral_device_rule_to_string(rule);
    g_auto(GStrv) words = g_strsplit(text, " ", 4);

    *access = g_strdup(words[3]);
    return g_strconcat(words[1], " ", words[2], NULL);
}

/* ---- list ---- */

static void
print_rule(const CorralDeviceRule *rule, const GPtrArray *grants)
{
    g_autofree char *access = NULL;
    g_autofree char *device = spell_rule(rule, &access);
    gboolean known = FALSE;
    guint i;

    if (!rule->allow) {
        cli_print_line("%-10s %-3s %-24s %s", device, access, "-", "denied");
        return;
    }
    for (i = 0; i < grants->len; i++) {
        const GuestGrant *grant = g_ptr_array_index(grants, i);

        if (!explains(grant, &rule->device))
            continue;
        cli_print_line("%-10s %-3s %-24s %s", known ? "" : device, known ? "" : access,
                       grant->node ? grant->node : "-", grant->reason);
        known = TRUE;
    }
    if (!known)
        cli_print_line("%-10s %-3s %-24s %s", device, access, "-", "not corral's");
}

static GVariant *
reasons_to_variant(const GPtrArray *grants, const CorralDevice *device)
{
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < grants->len; i++) {
        const GuestGrant *grant = g_ptr_array_index(grants, i);

        if (!explains(grant, device))
            continue;
        g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
        cli_print_add_string(&list, "node", grant->node);
        cli_print_add_string(&list, "reason", grant->reason);
        g_variant_builder_close(&list);
    }

    return g_variant_builder_end(&list);
}

static void
print_rules_json(CorralGroup *group, const GPtrArray *rules, const GPtrArray *grants)
{
    GVariantBuilder object;
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < rules->len; i++) {
        const CorralDeviceRule *rule = g_ptr_array_index(rules, i);
        g_autofree char *access = NULL;
        g_autofree char *device = spell_rule(rule, &access);

        g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
        cli_print_add_string(&list, "device", device);
        cli_print_add_string(&list, "access", access);
        g_variant_builder_add(&list, "{sv}", "allow", g_variant_new_boolean(rule->allow));
        g_variant_builder_add(&list, "{sv}", "reasons", reasons_to_variant(grants, &rule->device));
        g_variant_builder_close(&list);
    }

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "group", corral_group_get_path(group));
    g_variant_builder_add(&object, "{sv}", "devices", g_variant_builder_end(&list));
    cli_print_json(g_variant_builder_end(&object));
}

static CliExit
list(CorralGroup *group, GError **error)
{
    g_autoptr(GPtrArray) rules = corral_group_list_device_rules(group, error);
    g_autoptr(GPtrArray) grants = NULL;
    guint i;

    if (!rules)
        return CLI_EXIT_FAILED;

    grants = read_reasons(group);
    if (json)
        print_rules_json(group, rules, grants);
    for (i = 0; !json && i < rules->len; i++)
        print_rule(g_ptr_array_index(rules, i), grants);
    return CLI_EXIT_OK;
}

/* ---- check ---- */

static const char *
spell_verdict(CorralDeviceVerdict verdict)
{
    return verdict == CORRAL_DEVICE_VERDICT_ALLOWED  ? "allowed"
           : verdict == CORRAL_DEVICE_VERDICT_DENIED ? "denied"
                                                     : "unknown";
}

static void
print_answers(const char *node, CorralDeviceAnswer **answers, const GPtrArray *grants,
              const CorralDevice *device)
{
    guint i;

    for (i = 0; i < G_N_ELEMENTS(accesses); i++)
        cli_print_line("%s %s: %s: %s", accesses[i].name, node, spell_verdict(answers[i]->verdict),
                       answers[i]->reason);
    for (i = 0; i < grants->len; i++) {
        const GuestGrant *grant = g_ptr_array_index(grants, i);

        if (explains(grant, device))
            cli_print_line("for %s", grant->reason);
    }
}

static void
print_answers_json(const char *node, CorralDeviceAnswer **answers, const GPtrArray *grants,
                   const CorralDevice *device)
{
    GVariantBuilder object;
    guint i;

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "path", node);
    for (i = 0; i < G_N_ELEMENTS(accesses); i++) {
        GVariantBuilder answer;

        g_variant_builder_init(&answer, G_VARIANT_TYPE_VARDICT);
        cli_print_add_string(&answer, "verdict", spell_verdict(answers[i]->verdict));
        cli_print_add_string(&answer, "because", answers[i]->reason);
        g_variant_builder_add(&object, "{sv}", accesses[i].name, g_variant_builder_end(&answer));
    }
    g_variant_builder_add(&object, "{sv}", "reasons", reasons_to_variant(grants, device));
    cli_print_json(g_variant_builder_end(&object));
}

static CliExit
check(CorralGroup *group, const char *node, GError **error)
{
    g_autoptr(CorralDevice) device = corral_device_new_for_path(node, error);
    g_autoptr(GPtrArray) grants = NULL;
    CorralDeviceAnswer *answers[G_N_ELEMENTS(accesses)] = {NULL};
    CliExit result = CLI_EXIT_FAILED;
    guint i;

    if (!device)
        return CLI_EXIT_FAILED;

    for (i = 0; i < G_N_ELEMENTS(accesses); i++) {
        answers[i] = corral_group_ask_device(group, device, accesses[i].access, error);
        if (!answers[i])
            break;
    }
    if (i == G_N_ELEMENTS(accesses)) {
        grants = read_reasons(group);
        (json ? print_answers_json : print_answers)(node, answers, grants, device);
        result = CLI_EXIT_DENIED;
    }

    for (i = 0; i < G_N_ELEMENTS(accesses) && answers[i]; i++) {
        if (result == CLI_EXIT_DENIED && answers[i]->verdict != CORRAL_DEVICE_VERDICT_DENIED)
            result = answers[i]->verdict == CORRAL_DEVICE_VERDICT_ALLOWED ? CLI_EXIT_OK
                                                                          : CLI_EXIT_UNKNOWN;
        corral_device_answer_free(answers[i]);
    }
    return result;
}

/* ---- the command ---- */

static CliExit
run_device(char *const *operands, GError **error)
{
    const guint n = g_strv_length((char **)operands);
    const gboolean lists = n == 2 && g_str_equal(operands[0], "list");
    const gboolean checks = n == 3 && g_str_equal(operands[0], "check");
    g_autoptr(CorralGroup) group = NULL;

    if (!lists && !checks) {
        g_set_error_literal(error, CLI_ERROR, CLI_ERROR_REFUSED,
                            "say 'list GUEST' or 'check GUEST PATH'");
        return CLI_EXIT_USAGE;
    }
    group = open_group(operands[1], error);
    if (!group)
        return CLI_EXIT_FAILED;

    return lists ? list(group, error) : check(group, operands[2], error);
}

const CliCommand cmd_device = {
    .name = "device",
    .operand = "list|check GUEST [PATH]",
    .summary = "Show which devices a guest may open, and why.",
    .options = options,
    .operands_max = 3,
    .run_all = run_device,
};
