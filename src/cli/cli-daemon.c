/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a daemon has said, whoever asked it. */
#include <config.h>

#include "cli-daemon.h"

void
cli_daemon_free(CliDaemon *self)
{
    g_ptr_array_unref(self->guests);
    g_free(self->libvirt);
    g_free(self);
}

void
cli_statistics_free(CliStatistics *self)
{
    g_variant_unref(self->fields);
    g_free(self->uuid);
    g_free(self->name);
    g_free(self);
}

void
cli_reserve_free(CliReserve *self)
{
    if (!self)
        return;

    g_free(self->cpus);
    g_free(self);
}
