/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What crun does with groups, done through the library, so that both can be timed
 * from outside.
 *
 *   bench-born run GROUP COMMAND [ARGUMENT]...    COMMAND in a new group with limits, to its end
 *   bench-born plain COMMAND [ARGUMENT]...        COMMAND in no group of its own, to its end
 *   bench-born update GROUP                       other limits for a group
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-bed.h"

/* What crun gives every container that has no devices of its own. */
static const CorralDevice devices[] = {
    {CORRAL_DEVICE_TYPE_CHARACTER, 1, 3}, {CORRAL_DEVICE_TYPE_CHARACTER, 1, 8},
    {CORRAL_DEVICE_TYPE_CHARACTER, 1, 7}, {CORRAL_DEVICE_TYPE_CHARACTER, 5, 0},
    {CORRAL_DEVICE_TYPE_CHARACTER, 1, 5}, {CORRAL_DEVICE_TYPE_CHARACTER, 1, 9},
    {CORRAL_DEVICE_TYPE_CHARACTER, 5, 1}, {CORRAL_DEVICE_TYPE_CHARACTER, 136, CORRAL_DEVICE_ANY},
    {CORRAL_DEVICE_TYPE_CHARACTER, 5, 2},
};

static void
set_devices(CorralGroup *group)
{
    const CorralDevice any[] = {
        {CORRAL_DEVICE_TYPE_CHARACTER, CORRAL_DEVICE_ANY, CORRAL_DEVICE_ANY},
        {CORRAL_DEVICE_TYPE_BLOCK, CORRAL_DEVICE_ANY, CORRAL_DEVICE_ANY},
    };
    g_autoptr(GPtrArray) rules =
        g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);
    GError *error = NULL;
    guint i;

    for (i = 0; i < G_N_ELEMENTS(any); i++)
        g_ptr_array_add(rules, corral_device_rule_new(TRUE, &any[i], CORRAL_DEVICE_ACCESS_MKNOD));
    for (i = 0; i < G_N_ELEMENTS(devices); i++)
        g_ptr_array_add(rules, corral_device_rule_new(TRUE, &devices[i], CORRAL_DEVICE_ACCESS_ALL));
    bed_check(corral_group_set_device_rules(group, rules, &error), error);
}

static void
set_limits(CorralGroup *group, guint64 shares, gint64 quota_us, guint64 memory_limit)
{
    GError *error = NULL;

    bed_check(corral_group_set_cpu_shares(group, shares, &error), error);
    bed_check(corral_group_set_cpu_ceiling(group, quota_us, BED_PERIOD_US, &error), error);
    bed_check(corral_group_set_memory_limit(group, memory_limit, &error), error);
}

/* A process is born in its group: nobody has to move it, which is what takes long. */
static void
enter(char *const *entrances)
{
    guint i;

    for (i = 0; entrances[i]; i++) {
        int fd = open(entrances[i], O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, "0", 1) != 1)
            _exit(126);
        close(fd);
    }
}

static int
run_command(char *const *entrances, char **command)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        if (entrances)
            enter(entrances);
        execv(command[0], command);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        bed_die(command[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int
run_in_group(CorralHost *host, const char *path, char **command)
{
    g_autoptr(CorralGroup) group = NULL;
    g_auto(GStrv) entrances = NULL;
    GError *error = NULL;
    int status;

    group = corral_group_make(host, path, BED_GUEST, CORRAL_MAKE_NEW, &error);
    bed_check(group != NULL, error);
    set_limits(group, BED_SHARES, BED_QUOTA_US(1), BED_MEMORY_LIMIT);
    set_devices(group);
    entrances = corral_group_list_entrances(group, NULL);
    status = run_command(entrances, command);
    bed_check(corral_group_remove(group, 10000, &error), error);

    return status;
}

static int
update(CorralHost *host, const char *path)
{
    g_autoptr(CorralGroup) group = NULL;
    GError *error = NULL;

    group = corral_group_open(host, path, BED_GUEST, &error);
    bed_check(group != NULL, error);
    set_limits(group, BED_SHARES * 2, BED_PERIOD_US, BED_MEMORY_LIMIT * 2);

    return 0;
}

int
main(int argc, char **argv)
{
    g_autoptr(CorralHost) host = NULL;
    GError *error = NULL;

    if (argc >= 3 && g_str_equal(argv[1], "plain"))
        return run_command(NULL, argv + 2);

    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    bed_check(host != NULL, error);
    if (argc >= 4 && g_str_equal(argv[1], "run"))
        return run_in_group(host, argv[2], argv + 3);
    if (argc == 3 && g_str_equal(argv[1], "update"))
        return update(host, argv[2]);

    fprintf(stderr, "Usage: bench-born run GROUP COMMAND... | plain COMMAND... | update GROUP\n");
    return 2;
}
