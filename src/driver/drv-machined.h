/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Whether a start of guest @name that has just failed, with libvirt's error raised, did so over
 * its scope, and the next try has a chance.  The error stays raised. */
gboolean drv_machined_may_try_again(const char *name);
