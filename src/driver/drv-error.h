/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The only place that raises a libvirt error. */

/* @code is one of virErrorNumber; the message should be stock libvirt's where it has one. */
void drv_error_raise(int code, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Raises what went wrong with @guest (a name, or NULL) and frees @error. */
void drv_error_report(GError *error, const char *guest);

/* For what goes wrong when nobody asked: a warning in libvirtd's log.  @subject is a
 * guest's or a group's name.  Frees @error. */
void drv_error_log(GError *error, const char *subject, const char *doing);
