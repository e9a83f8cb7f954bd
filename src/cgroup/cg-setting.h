/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-setting.h"

/* Whether a higher number lets the group have less. */
gboolean cg_setting_is_inverse(CorralSetting setting);
