/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Which thread of a QEMU process does what, by the names QEMU gives its
 * threads ("CPU 0/KVM", "IO iothread1"): a process is found by its PID, never
 * by its name.
 */
typedef enum {
    GUEST_THREAD_EMULATOR,
    GUEST_THREAD_VCPU,
    GUEST_THREAD_IOTHREAD,
} GuestThreadKind;

typedef struct {
    pid_t tid;
    GuestThreadKind kind;
    guint number; /* of the vCPU or iothread; 0 for the emulator's */
} GuestThread;

/* Classifies one thread name, as read from comm (with or without the newline). */
GuestThreadKind guest_thread_classify(const char *comm, guint *number);

/*
 * guest_threads_list:
 * @proc: where proc is mounted, normally "/proc"
 * @pid: a QEMU process
 *
 * Threads that end while they are listed are left out.
 *
 * Returns: (element-type GuestThread): the threads, or NULL if the process is gone or unreadable
 */
GArray *guest_threads_list(const char *proc, pid_t pid, GError **error) G_GNUC_WARN_UNUSED_RESULT;
