/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * SECTION:corral
 * @short_description: resource groups in terms of what they mean
 *
 * The only header a user includes.
 *
 * What holds for all of the library: a path names a group relative to every
 * hierarchy, without a leading slash; sizes are bytes and times microseconds
 * where the name does not say otherwise; results are written only on success;
 * errors are of %CORRAL_ERROR and their message names the file or the group.
 * Objects may be used from several threads as long as no two of them change
 * the same group at once.
 */
#include "corral-cpu-time.h"
#include "corral-cpu.h"
#include "corral-cpuset.h"
#include "corral-device-answer.h"
#include "corral-device-rule.h"
#include "corral-device.h"
#include "corral-devices.h"
#include "corral-error.h"
#include "corral-freezer.h"
#include "corral-event.h"
#include "corral-group.h"
#include "corral-host.h"
#include "corral-hugetlb.h"
#include "corral-io-limits.h"
#include "corral-io-mechanism.h"
#include "corral-io-statistics.h"
#include "corral-io.h"
#include "corral-label.h"
#include "corral-members.h"
#include "corral-memory-reclaim.h"
#include "corral-memory-usage.h"
#include "corral-memory.h"
#include "corral-netclass.h"
#include "corral-owner.h"
#include "corral-pids.h"
#include "corral-pressure.h"
#include "corral-room.h"
#include "corral-review.h"
#include "corral-sampler.h"
#include "corral-scope.h"
#include "corral-setting.h"
#include "corral-transaction.h"
#include "corral-types.h"
#include "corral-unit.h"
#include "corral-watch.h"
#include "corral-watcher.h"
