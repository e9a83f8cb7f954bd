/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* corral(1): finds the command that was asked for and runs it. */
#include <config.h>

#include <locale.h>
#include <string.h>

#include "cli-print.h"
#include "cli.h"

G_DEFINE_QUARK(cli - error - quark, cli_error)

static CliExit run_help(const char *operand, GError **error);

static const CliCommand cmd_help = {
    .name = "help",
    .operand = "[COMMAND]",
    .summary = "Explain corral or one of its commands.",
    .run = run_help,
};

static const CliCommand *const commands[] = {
    &cmd_activate, &cmd_balloon, &cmd_check,  &cmd_deactivate, &cmd_device, &cmd_partition,
    &cmd_plan,     &cmd_reserve, &cmd_status, &cmd_tree,       &cmd_help,
};

static const CliCommand *
find_command(const char *name)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(commands[i]->name, name))
            return commands[i];
    }

    return NULL;
}

/* ---- help ---- */

/* "--root DIR" */
static char *
spell_option(const GOptionEntry *option)
{
    if (!option->arg_description)
        return g_strconcat("--", option->long_name, NULL);

    return g_strconcat("--", option->long_name, " ", option->arg_description, NULL);
}

#define COLUMN 14

/* How wide the column of options is. */
static int
measure_options(const CliCommand *command)
{
    const GOptionEntry *option;
    int width = COLUMN;

    for (option = command->options; option && option->long_name; option++) {
        g_autofree char *spelt = spell_option(option);

        width = MAX(width, (int)strlen(spelt));
    }
    return width;
}

static void
explain_command(const CliCommand *command)
{
    const int width = measure_options(command);
    g_autoptr(GString) usage = g_string_new("corral ");
    const GOptionEntry *option;

    g_string_append(usage, command->name);
    for (option = command->options; option && option->long_name; option++) {
        g_autofree char *spelt = spell_option(option);

        g_string_append_printf(usage, " [%s]", spelt);
    }
    if (command->operand)
        g_string_append_printf(usage, " %s", command->operand);

    cli_print_line("Usage: %s", usage->str);
    cli_print_line("%s", "");
    cli_print_line("%s", command->summary);
    if (command->options) {
        cli_print_line("%s", "");
        cli_print_line("Options:");
    }
    for (option = command->options; option && option->long_name; option++) {
        g_autofree char *spelt = spell_option(option);

        cli_print_line("  %-*s %s", width, spelt, option->description);
    }
}

static void
explain_corral(void)
{
    gsize i;

    cli_print_line("Usage: corral COMMAND [OPTION]...");
    cli_print_line("%s", "");
    cli_print_line("Resource groups for the guests of libvirt.");
    cli_print_line("%s", "");
    cli_print_line("Commands:");
    for (i = 0; i < G_N_ELEMENTS(commands); i++)
        cli_print_line("  %-14s %s", commands[i]->name, commands[i]->summary);
    cli_print_line("%s", "");
    cli_print_line("Options:");
    cli_print_line("  %-14s %s", "--help", "Explain corral, or the command before it.");
    cli_print_line("  %-14s %s", "--version", "Say which version of corral this is.");
    cli_print_line("%s", "");
    cli_print_line("corral help COMMAND and corral(1) say more.");
}

static CliExit
run_help(const char *operand, GError **error)
{
    const CliCommand *command = operand ? find_command(operand) : NULL;

    if (operand && !command) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "there is no command '%s'", operand);
        return CLI_EXIT_USAGE;
    }
    if (command)
        explain_command(command);
    else
        explain_corral();

    return CLI_EXIT_OK;
}

/* ---- running a command ---- */

static void
complain(const char *message)
{
    g_printerr("corral: %s\n", message);
}

static CliExit
refuse_usage(const char *message)
{
    complain(message);
    g_printerr("Try 'corral help'.\n");
    return CLI_EXIT_USAGE;
}

/* @args begins with the command's name; what the options do not take is left in it. */
static gboolean
parse_options(const CliCommand *command, char ***args, gboolean *help, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    const GOptionEntry common[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, help, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };

    /* GLib's own help would go to stdout past everything, and exit. */
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, common, NULL);
    if (command->options)
        g_option_context_add_main_entries(context, command->options, NULL);

    return g_option_context_parse_strv(context, args, error);
}

static CliExit
run(const CliCommand *command, char ***args)
{
    g_autoptr(GError) failure = NULL;
    gboolean help = FALSE;
    CliExit result;
    guint n_operands;

    if (!parse_options(command, args, &help, &failure))
        return refuse_usage(failure->message);

    n_operands = g_strv_length(*args) - 1;
    if (n_operands > (command->run_all ? command->operands_max : command->operand ? 1 : 0)) {
        g_autofree char *message =
            g_strdup_printf("'%s' is one argument too many", (*args)[n_operands]);

        return refuse_usage(message);
    }

    if (help)
        result = run_help(command->name, &failure);
    else if (command->run_all)
        result = command->run_all(*args + 1, &failure);
    else
        result = command->run(n_operands ? (*args)[1] : NULL, &failure);
    if (!failure && !cli_print_finish(&failure))
        result = CLI_EXIT_FAILED;
    if (failure)
        complain(failure->message);

    return result;
}

/* Options in the place of a command. */
static CliExit
run_option(const char *option)
{
    g_autoptr(GError) failure = NULL;

    if (g_str_equal(option, "--version"))
        cli_print_line("corral %s", VERSION);
    else if (g_str_equal(option, "--help") || g_str_equal(option, "-h"))
        explain_corral();
    else
        return refuse_usage("options come after the command");

    if (!cli_print_finish(&failure)) {
        complain(failure->message);
        return CLI_EXIT_FAILED;
    }
    return CLI_EXIT_OK;
}

int
main(int argc, char **argv)
{
    g_auto(GStrv) args = NULL;
    const CliCommand *command;

    setlocale(LC_ALL, "");
    g_set_prgname("corral");

    if (argc < 2)
        return refuse_usage("which command?");
    if (argv[1][0] == '-')
        return run_option(argv[1]);

    command = find_command(argv[1]);
    if (!command) {
        g_autofree char *message = g_strdup_printf("there is no command '%s'", argv[1]);

        return refuse_usage(message);
    }

    args = g_strdupv(argv + 1);
    return run(command, &args);
}
