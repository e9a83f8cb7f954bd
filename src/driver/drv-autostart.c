/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Autostart.
 *
 * The stock driver starts marked guests by itself, not through the table that
 * we have our slots in; and only if there is no file "autostarted" in its state
 * directory, which it then makes.  So we make it first, and start the guests
 * through the front door.
 *
 * The daemon may be killed at any time, and no guest may be started twice or
 * not at all.  Our own file is there from before stock's is made until every
 * guest has had its turn, and names those that have: whoever was started and
 * has ended since stays off.  As with stock, nobody is served before that is
 * done, and a guest that fails keeps no other from starting.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drv-autostart.h"

VIR_LOG_INIT("corral.autostart");

#define STOCK_STAMP "autostarted"
#define OWN_STAMP "corral-autostart"

/* What qemu.conf says about it. */
typedef struct {
    unsigned int flags;
    unsigned int delay_ms;
} StartSettings;

static gboolean
touch(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        VIR_WARN("corral: cannot make '%s': %s", file, g_strerror(errno));
        return FALSE;
    }
    close(fd);
    return TRUE;
}

void
drv_autostart_take_over(const char *state_dir)
{
    g_autofree char *stock = g_build_filename(state_dir, STOCK_STAMP, NULL);
    g_autofree char *own = g_build_filename(state_dir, OWN_STAMP, NULL);

    if (access(stock, F_OK) == 0)
        return;

    /* What stock would do next. */
    if (g_mkdir_with_parents(state_dir, 0777) < 0) {
        VIR_WARN("corral: cannot make '%s': %s", state_dir, g_strerror(errno));
        return;
    }
    if (touch(own) && !touch(stock))
        unlink(own);
}

/* FALSE if it cannot be noted: then who is started now might be started again. */
static gboolean
note_turn(const char *own, const char *uuid)
{
    FILE *file = fopen(own, "ae");
    gboolean noted = file && fprintf(file, "%s\n", uuid) > 0;

    if (file && fclose(file) != 0)
        noted = FALSE;
    if (!noted)
        VIR_WARN("corral: cannot write to '%s': %s", own, g_strerror(errno));
    return noted;
}

static StartSettings
read_settings(const char *file)
{
    g_autoptr(virConf) conf = access(file, F_OK) == 0 ? virConfReadFile(file, 0) : NULL;
    StartSettings settings = {0};
    bool bypass = false;

    if (conf) {
        virConfGetValueBool(conf, "auto_start_bypass_cache", &bypass);
        settings.delay_ms = drv_versions_read_autostart_delay_ms(conf);
    }
    virResetLastError();
    settings.flags = bypass ? VIR_DOMAIN_START_BYPASS_CACHE : 0;
    return settings;
}

static gboolean
is_marked(virDomainPtr dom)
{
    int marked = 0;

    if (virDomainGetAutostart(dom, &marked) < 0)
        VIR_WARN("corral: cannot tell whether to start guest '%s': %s", dom->name,
                 virGetLastErrorMessage());
    virResetLastError();
    return marked != 0;
}

/* Whether @dom had its turn. */
static gboolean
start_marked(virDomainPtr dom, const StartSettings *settings, gboolean first, const char *own)
{
    gboolean once = drv_versions_has_autostart_once(dom);
    char uuid[VIR_UUID_STRING_BUFLEN];

    virResetLastError();
    if (!once && !is_marked(dom))
        return FALSE;
    /* Before anything is noted: who is killed here has not had it. */
    if (!first && settings->delay_ms > 0)
        g_usleep(settings->delay_ms * 1000UL);

    virUUIDFormat(dom->uuid, uuid);
    if (!note_turn(own, uuid))
        return FALSE;

    VIR_INFO("corral: starting guest '%s', which is marked for autostart", dom->name);
    if (virDomainCreateWithFlags(dom, settings->flags) < 0)
        VIR_ERROR("Failed to autostart VM '%s': %s", dom->name, virGetLastErrorMessage());
    /* As late as in stock: rather once too often than never. */
    if (once)
        drv_versions_drop_autostart_once(dom);
    virResetLastError();
    return TRUE;
}

void
drv_autostart_run(virConnectPtr conn, const char *state_dir, const char *settings)
{
    g_autofree char *own = g_build_filename(state_dir, OWN_STAMP, NULL);
    g_autofree char *turns = NULL;
    StartSettings start;
    gboolean first = TRUE;
    virDomainPtr *domains = NULL;
    int n, i;

    if (!g_file_get_contents(own, &turns, NULL, NULL))
        return;

    n = virConnectListAllDomains(
        conn, &domains, VIR_CONNECT_LIST_DOMAINS_PERSISTENT | VIR_CONNECT_LIST_DOMAINS_INACTIVE);
    if (n < 0) {
        VIR_ERROR("corral: cannot list the guests to start: %s", virGetLastErrorMessage());
        virResetLastError();
        return;
    }

    start = read_settings(settings);
    for (i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];

        virUUIDFormat(domains[i]->uuid, uuid);
        if (!strstr(turns, uuid) && start_marked(domains[i], &start, first, own))
            first = FALSE;
        virObjectUnref(domains[i]);
    }
    g_free(domains);

    if (unlink(own) < 0)
        VIR_WARN("corral: cannot remove '%s': %s", own, g_strerror(errno));
}
