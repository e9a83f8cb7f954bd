/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One rule about devices, as a value. */
#include <config.h>

#include "cg-codec-devices.h"
#include "corral-device-rule.h"

G_DEFINE_BOXED_TYPE(CorralDeviceRule, corral_device_rule, corral_device_rule_copy,
                    corral_device_rule_free)

/**
 * corral_device_rule_new:
 * @allow: whether it allows or denies
 * @device: what
 * @access: which access
 *
 * Returns: (transfer full): the rule; free with corral_device_rule_free()
 * Since: 0.1
 */
CorralDeviceRule *
corral_device_rule_new(gboolean allow, const CorralDevice *device, CorralDeviceAccess access)
{
    CorralDeviceRule *self = g_new(CorralDeviceRule, 1);

    *self = (CorralDeviceRule){allow, *device, access};
    return self;
}

/**
 * corral_device_rule_copy:
 * @self: a rule
 *
 * Returns: (transfer full): another one that is the same
 * Since: 0.1
 */
CorralDeviceRule *
corral_device_rule_copy(const CorralDeviceRule *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_device_rule_free:
 * @self: (transfer full): a rule
 *
 * Since: 0.1
 */
void
corral_device_rule_free(CorralDeviceRule *self)
{
    g_free(self);
}

/**
 * corral_device_rule_to_string:
 * @self: a rule
 *
 * For people: "allow c 1:3 rw", "deny b *:* rwm".
 *
 * Returns: (transfer full): the text
 * Since: 0.1
 */
char *
corral_device_rule_to_string(const CorralDeviceRule *self)
{
    g_autofree char *what = cg_codec_format_device_rule(&self->device, self->access);

    return g_strconcat(self->allow ? "allow " : "deny ", what, NULL);
}
