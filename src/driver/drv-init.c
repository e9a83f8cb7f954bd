/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The init of a container: the child of libvirt_lxc that is number 1 inside. */
#include <config.h>

#include <string.h>

#include "drv-container.h"
#include "drv-init.h"
#include "drv-lxc.h"

VIR_LOG_INIT("corral.init");

/* What follows "FIELD:" in a process's status, see proc(5); NULL if it does not say. */
static char *
find_field(const char *status, const char *field)
{
    const char *line = strstr(status, field);
    const char *value = line ? line + strlen(field) : NULL;

    return value ? g_strstrip(g_strndup(value, strcspn(value, "\n"))) : NULL;
}

static gboolean
is_init(pid_t pid, pid_t controller)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *wanted = g_strdup_printf("%d", (int)controller);
    g_autofree char *status = NULL;
    g_autofree char *parent = NULL;
    g_autofree char *numbers = NULL;

    if (!g_file_get_contents(file, &status, NULL, NULL))
        return FALSE;

    /* Its name comes first, and cannot have a line of its own. */
    parent = find_field(status, "\nPPid:");
    numbers = find_field(status, "\nNSpid:");
    return g_strcmp0(parent, wanted) == 0 && numbers && g_str_has_suffix(numbers, "\t1");
}

/* 0 if there is none. */
static pid_t
find_init(CorralGroup *group, pid_t controller)
{
    g_autoptr(GArray) processes = drv_container_list_processes(group);
    guint i;

    for (i = 0; i < processes->len; i++) {
        if (is_init(g_array_index(processes, pid_t, i), controller))
            return g_array_index(processes, pid_t, i);
    }

    return 0;
}

void
drv_init_tell(DrvStack *stack, virDomainPtr dom, CorralGroup *group)
{
    g_auto(DrvLxc) lxc = {NULL};
    virLXCDomainObjPrivate *private;

    if (drv_lxc_open(stack, dom, &lxc) && virDomainObjIsActive(lxc.vm) &&
        lxc.vm->def->id == dom->id) {
        private = lxc.vm->privateData;
        if (private->initpid == 0) {
            private->initpid = find_init(group, dom->id);
            if (private->initpid != 0 && !drv_lxc_save(&lxc))
                VIR_WARN("corral: cannot note the init of container '%s': %s", dom->name,
                         virGetLastErrorMessage());
        }
    }
    virResetLastError();
}
