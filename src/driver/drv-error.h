/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The only place that raises a libvirt error. */

/* @code is one of virErrorNumber; the message should be stock libvirt's where it has one. */
void drv_error_raise(int code, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* From now on the errors that this thread raises are those of QEMU's driver, or of LXC's. */
void drv_error_set_origin(gboolean containers);

/* Raises what went wrong with @guest (a name, or NULL) and frees @error. */
void drv_error_report(GError *error, const char *guest);

/*
 * libvirt's own error, taken from the thread, to be passed on as it is: its code
 * is one of virErrorNumber, and drv_error_report() adds nothing.
 */
#define DRV_ERROR_LIBVIRT (drv_error_libvirt_quark())
GQuark drv_error_libvirt_quark(void);
void drv_error_take(GError **error);

/* For what goes wrong when nobody asked: a warning in libvirtd's log.  @subject is a
 * guest's or a group's name.  Frees @error. */
void drv_error_log(GError *error, const char *subject, const char *doing);
