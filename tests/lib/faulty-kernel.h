/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-tree.h"

/*
 * Lets the system calls of the library fail, one at a time.  The linker hands
 * them to us (--wrap, faulty_kernel_ldflags in tests/local.mk); the five that
 * only a cgroup file system can do come through the library's own table, where
 * we stand before the fake machine.
 */

/* Not an error number: the call does less than it was asked for. */
#define FAULTY_KERNEL_SHORT (-1)

/* Stands before @below, until the library gets another kernel. */
void faulty_kernel_install(const CgTreeKernel *below);

/*
 * From now on calls are counted, from 0, and those from @first on, @n of them,
 * fail with @errnum; what is to be short and cannot is as ever.
 */
void faulty_kernel_arm(guint first, guint n, int errnum);

/* All is well again; returns how many calls there were. */
guint faulty_kernel_disarm(void);

/* Which call was the first to fail since the last faulty_kernel_arm(); or NULL. */
const char *faulty_kernel_get_victim(void);
