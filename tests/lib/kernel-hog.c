/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody who uses memory. */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-hog.h"

/* Between fork and end: system calls only. */
static void
be_a_hog(char *const *entrances, gsize bytes, int go, int done)
{
    char byte;
    gsize i;

    for (i = 0; entrances[i]; i++) {
        int fd = open(entrances[i], O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, "0", 1) != 1)
            _exit(99);
        close(fd);
    }
    do {
        char *memory =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED)
            _exit(98);
        memset(memory, 1, bytes);
        if (write(done, "x", 1) != 1)
            _exit(97);
    } while (read(go, &byte, 1) == 1);
    _exit(0);
}

gboolean
kernel_hog_has_taken(KernelHog *hog)
{
    char byte;

    return read(hog->done, &byte, 1) == 1;
}

KernelHog
kernel_hog_start(CorralGroup *group, gsize bytes)
{
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    int go[2], done[2];
    KernelHog hog;

    g_assert_cmpint(pipe2(go, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(done, O_CLOEXEC), ==, 0);
    hog.pid = fork();
    g_assert_cmpint(hog.pid, >=, 0);
    if (hog.pid == 0) {
        close(go[1]);
        close(done[0]);
        be_a_hog(entrances, bytes, go[0], done[1]);
    }
    close(go[0]);
    close(done[1]);
    hog.go = go[1];
    hog.done = done[0];
    g_assert_true(kernel_hog_has_taken(&hog));
    return hog;
}

void
kernel_hog_take_more(KernelHog *hog)
{
    g_assert_cmpint(write(hog->go, "x", 1), ==, 1);
}

int
kernel_hog_end(KernelHog *hog)
{
    int status;

    close(hog->go);
    g_assert_cmpint(waitpid(hog->pid, &status, 0), ==, hog->pid);
    close(hog->done);
    return status;
}

gboolean
kernel_has_swap(void)
{
    g_autofree char *swaps = NULL;

    return g_file_get_contents("/proc/swaps", &swaps, NULL, NULL) && strchr(swaps, '/');
}
