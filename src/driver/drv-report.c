/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status file and the line that says why corral stepped aside. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drv-report.h"

#define STATUS_DIR LIBVIRT_RUNSTATEDIR "/libvirt/corral"

static const char *
or_nothing(const char *text)
{
    return text ? text : "";
}

/* A reader sees the old file or the new one, never half of one. */
static void
write_status(const DrvReport *report)
{
    char name[128];
    char temporary[160];
    FILE *file;
    int fd;

    mkdir(LIBVIRT_RUNSTATEDIR "/libvirt", 0755);
    mkdir(STATUS_DIR, 0755);
    if (snprintf(name, sizeof(name), "%s/%s.status", STATUS_DIR, report->driver) >=
            (int)sizeof(name) ||
        snprintf(temporary, sizeof(temporary), "%s.new", name) >= (int)sizeof(temporary))
        return;

    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return;
    file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return;
    }

    fprintf(file, "state=%s\nreason=%s\nlibvirt=%lu.%lu.%lu\ncorral=%s\n", report->state,
            or_nothing(report->reason), report->libvirt / 1000000, report->libvirt / 1000 % 1000,
            report->libvirt % 1000, VERSION);
    fprintf(file, "implementation=%s\nstock=%s\npid=%ld\n", or_nothing(report->implementation),
            or_nothing(report->stock), (long)getpid());
    if (fclose(file) != 0 || rename(temporary, name) != 0)
        unlink(temporary);
}

void
drv_report(const DrvReport *report)
{
    if (report->reason)
        fprintf(stderr, "corral: the %s driver runs without corral: %s\n", report->driver,
                report->reason);
    write_status(report);
}
