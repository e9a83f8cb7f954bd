/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-manager.h"
#include "cg-place.h"

/*
 * What systemd is told about one unit, in one call.
 */
typedef struct _CgUnitCall CgUnitCall;

CgUnitCall *cg_unit_call_new(CgManager *manager, const char *unit);
void cg_unit_call_free(CgUnitCall *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgUnitCall, cg_unit_call_free)

/*
 * Adds what @text means, which has just been written to @file of @place.  Nothing if
 * systemd has no word for it.  @place must stay until the call is made.
 */
void cg_unit_call_add(CgUnitCall *self, const CgPlace *place, const char *file, const char *text);

/*
 * Tells all of it; what systemd could only come near to, or spoils on the way, is then written to
 * the files once more.  TRUE also if systemd does not answer or knows no such unit: the files hold.
 *
 * Answers of systemd, and then it has changed nothing: CORRAL_ERROR_REFUSED,
 * CORRAL_ERROR_UNSUPPORTED, CORRAL_ERROR_PERMISSION, CORRAL_ERROR_FAILED.
 */
gboolean cg_unit_call_send(CgUnitCall *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
