/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device-rule.h"

G_BEGIN_DECLS

/**
 * CorralDeviceVerdict:
 * @CORRAL_DEVICE_VERDICT_DENIED: the kernel will refuse it
 * @CORRAL_DEVICE_VERDICT_ALLOWED: groups will not be what hinders it
 * @CORRAL_DEVICE_VERDICT_UNKNOWN: our rules allow it, but a program that is not ours has a say, too
 *
 * Whether somebody in a group may do something with a device, as far as groups
 * decide about it: file permissions and capabilities come on top.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_DEVICE_VERDICT_DENIED,
    CORRAL_DEVICE_VERDICT_ALLOWED,
    CORRAL_DEVICE_VERDICT_UNKNOWN,
} CorralDeviceVerdict;

#define CORRAL_TYPE_DEVICE_VERDICT (corral_device_verdict_get_type())
GType corral_device_verdict_get_type(void);

/**
 * CorralDeviceAnswer:
 * @verdict: the answer
 * @group: (nullable): path of the group whose rules decide; %NULL if no group restricts devices
 * @rule: (nullable): the rule that decides; %NULL if it is that there is none
 * @reason: one sentence for people
 *
 * Why a device may be used, or not.
 *
 * Since: 0.1
 */
typedef struct {
    CorralDeviceVerdict verdict;
    char *group;
    CorralDeviceRule *rule;
    char *reason;
} CorralDeviceAnswer;

#define CORRAL_TYPE_DEVICE_ANSWER (corral_device_answer_get_type())
GType corral_device_answer_get_type(void);

CorralDeviceAnswer *corral_device_answer_copy(const CorralDeviceAnswer *self);
void corral_device_answer_free(CorralDeviceAnswer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralDeviceAnswer, corral_device_answer_free)

G_END_DECLS
