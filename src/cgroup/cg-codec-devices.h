/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-device-rules.h"

/*
 * The format of devices.list, devices.allow and devices.deny: "c 1:3 rwm".  Pure,
 * as cg-codec.
 */

/* "a *:* rwm" alone is an open group; otherwise the lines are exceptions.  NULL: malformed. */
CgDeviceRules *cg_codec_parse_device_rules(const char *text);

char *cg_codec_format_device_rule(const CorralDevice *device, guint access);

/* All exceptions, a line each. */
char *cg_codec_format_device_exceptions(const CgDeviceRules *rules);

/* "rw" */
char *cg_codec_format_device_access(guint access);
