/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the host would have a guest.
 *
 * With placement 'auto' libvirt asks numad at the start.  No call tells the answer
 * while the start lasts, but the stock driver writes a status file as soon as the
 * guest has a process, which then waits before it becomes QEMU.
 */
#include <config.h>

#include <string.h>

#include "drv-advice.h"
#include "drv-cpuset.h"
#include "drv-libvirt.h"
#include "guest-set.h"

/* libvirt prints it, so it is plain: what is its own comes before <domain>, which is the
 * first that a user could have written. */
GArray *
drv_advice_parse_nodes(const char *status, pid_t pid)
{
    static const char nodeset[] = "\n  <numad nodeset='";
    g_autofree char *whose = g_strdup_printf(" pid='%d'>", (int)pid);
    const char *domain = strstr(status, "\n  <domain ");
    const char *head = strstr(status, "<domstatus ");
    const char *end = head ? strchr(head, '\n') : NULL;
    const char *said;
    g_autofree char *text = NULL;

    if (!end || !domain || end > domain || !g_strrstr_len(head, end + 1 - head, whose))
        return NULL;
    said = g_strstr_len(end, domain - end, nodeset);
    if (!said)
        return NULL;

    said += strlen(nodeset);
    text = g_strndup(said, strcspn(said, "'"));
    return guest_set_parse(text);
}

static GArray *
read_nodes(CorralGroup *whole, pid_t pid)
{
    g_autofree char *driver = corral_group_get_label(whole, "driver", NULL);
    g_autofree char *name = corral_group_get_label(whole, "name", NULL);
    g_autofree char *status = NULL;
    g_autofree char *file = NULL;

    if (!driver || !name)
        return NULL;
    file = g_strdup_printf("%s/libvirt/%s/%s.xml", LIBVIRT_RUNSTATEDIR, driver, name);
    return g_file_get_contents(file, &status, NULL, NULL) ? drv_advice_parse_nodes(status, pid)
                                                          : NULL;
}

gboolean
drv_advice_take(DrvGroup *group, pid_t pid, GError **error)
{
    g_autoptr(GArray) nodes = NULL;

    if (!drv_cpuset_awaits_advice(group))
        return TRUE;

    nodes = read_nodes(drv_group_get_whole(group), pid);
    return !nodes || drv_cpuset_take_advice(group, nodes, error);
}
