/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's policy, as a daemon of this machine would read it. */
#include <config.h>

#include "cli-policy.h"
#include "cli-told.h"
#include "cli.h"
#include "policy-reserve.h"
#include "policy-xml.h"

#define STATUS LIBVIRT_RUNSTATEDIR "/libvirt/corral/policy.status"

void
cli_policy_free(CliPolicy *self)
{
    if (!self)
        return;

    g_clear_pointer(&self->policy, policy_unref);
    g_clear_pointer(&self->machine, policy_machine_free);
    g_free(self->file);
    g_free(self);
}

/* Takes @policy, which may be NULL. */
static CliPolicy *
check(const char *root, const char *file, Policy *policy, GError **error)
{
    g_autoptr(CliPolicy) self = g_new0(CliPolicy, 1);

    self->file = g_strdup(file);
    self->policy = policy;
    if (!policy)
        return NULL;
    self->machine = policy_machine_read(root, error);
    if (!self->machine)
        return NULL;
    if (!policy_reserve_check(policy, self->machine, error)) {
        g_prefix_error(error, "'%s', ", file);
        return NULL;
    }
    return g_steal_pointer(&self);
}

static char *
find_file(const char *root)
{
    return g_build_filename(root ? root : "/", CLI_POLICY_FILE, NULL);
}

CliPolicy *
cli_policy_read(const char *root, const char *file, GError **error)
{
    g_autofree char *path = file ? g_strdup(file) : find_file(root);

    /* Where a daemon looks there may be none. */
    if (file && !g_file_test(file, G_FILE_TEST_EXISTS)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "there is no file '%s'", file);
        return NULL;
    }
    return check(root, path, policy_xml_load(path, error), error);
}

CliPolicy *
cli_policy_read_with_host(const char *root, const char *file, CorralHost **host, GError **error)
{
    g_autoptr(CliPolicy) self = cli_policy_read(root, file, error);

    if (self)
        *host = corral_host_new(root, CORRAL_HOST_READ_ONLY, error);
    return self && *host ? g_steal_pointer(&self) : NULL;
}

CliPolicy *
cli_policy_parse(const char *root, const char *xml, GError **error)
{
    g_autofree char *path = find_file(root);

    return check(root, path, policy_xml_parse(xml, path, error), error);
}

char *
cli_policy_find_status(const char *root)
{
    return g_build_filename(root ? root : "/", STATUS, NULL);
}

GHashTable *
cli_policy_read_status(const char *root)
{
    g_autofree char *file = cli_policy_find_status(root);

    return cli_told_read(file, NULL);
}
