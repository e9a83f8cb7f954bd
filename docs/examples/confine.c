/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * confine PATH PID KIB: gives a process a group of its own, in which it may use no
 * device but /dev/null, and no more than KIB of memory.
 *
 *     cc confine.c -o confine $(pkg-config --cflags --libs corral)
 *     ./confine libvirt/lxc/demo $$ 65536
 */
#include <corral.h>

static gboolean
confine(const char *path, pid_t pid, guint64 kib, GError **error)
{
    g_autoptr(CorralGroup) group = corral_group_make_for_process(NULL, path, pid, error);

    return group && corral_group_deny_all_devices(group, error) &&
           corral_group_allow_device_node(group, "/dev/null", CORRAL_DEVICE_ACCESS_ALL, error) &&
           corral_group_set_memory_limit(group, kib * 1024, error);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (argc != 4) {
        g_printerr("Usage: confine PATH PID KIB\n");
        return 2;
    }
    if (!confine(argv[1], g_ascii_strtoll(argv[2], NULL, 10),
                 g_ascii_strtoull(argv[3], NULL, 10), &error)) {
        g_printerr("confine: %s\n", error->message);
        return 1;
    }
    return 0;
}
