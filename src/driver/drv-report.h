/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What became of corral in this daemon, for people: one line on stderr where
 * it steps aside, and a file for `corral status`.  Plain libc, since the shim
 * uses it where nothing else may be there.
 */
typedef struct {
    const char *driver;         /* "qemu" */
    const char *state;          /* "stacked" or "aside" */
    const char *reason;         /* why it stepped aside; NULL when stacked */
    unsigned long libvirt;      /* as virGetVersion() counts; 0 if it could not be asked */
    const char *implementation; /* file name */
    const char *stock;          /* file name */
} DrvReport;

/* Failing to write the file is no reason to fail: the line is still there. */
void drv_report(const DrvReport *report);
