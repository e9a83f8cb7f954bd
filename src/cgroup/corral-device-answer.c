/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a device may be used, and why. */
#include <config.h>

#include "cg-codec-devices.h"
#include "cg-devices.h"
#include "corral-device-answer.h"

G_DEFINE_BOXED_TYPE(CorralDeviceAnswer, corral_device_answer, corral_device_answer_copy,
                    corral_device_answer_free)

/**
 * corral_device_answer_copy:
 * @self: an answer
 *
 * Returns: (transfer full): another one that is the same
 * Since: 0.1
 */
CorralDeviceAnswer *
corral_device_answer_copy(const CorralDeviceAnswer *self)
{
    CorralDeviceAnswer *copy = g_new(CorralDeviceAnswer, 1);

    *copy = (CorralDeviceAnswer){
        self->verdict,
        g_strdup(self->group),
        self->rule ? corral_device_rule_copy(self->rule) : NULL,
        g_strdup(self->reason),
    };
    return copy;
}

/**
 * corral_device_answer_free:
 * @self: (transfer full): an answer
 *
 * Since: 0.1
 */
void
corral_device_answer_free(CorralDeviceAnswer *self)
{
    g_free(self->group);
    g_clear_pointer(&self->rule, corral_device_rule_free);
    g_free(self->reason);
    g_free(self);
}

static const char *
name_of(const char *group)
{
    return group[0] ? group : "/";
}

/* What is allowed of it, though not enough. */
static char *
describe_near_misses(const CgDeviceRules *rules, const CorralDevice *device, guint access)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint bit;

    for (bit = 1; bit <= CORRAL_DEVICE_ACCESS_MKNOD; bit <<= 1) {
        const CgDeviceEntry *entry;

        if ((access & bit) && cg_device_rules_check(rules, device, bit, &entry) && entry) {
            g_autofree char *shown = cg_codec_format_device_rule(&entry->device, entry->access);

            if (!g_strstr_len(text->str, -1, shown))
                g_string_append_printf(text, "%s'%s'", text->len ? ", " : "", shown);
        }
    }

    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
describe(const CgDeviceRules *rules, const char *group, const CorralDevice *device, guint access,
         const CgDeviceEntry *decider)
{
    g_autofree char *asked = cg_codec_format_device_rule(device, access);
    g_autofree char *rule =
        decider ? cg_codec_format_device_rule(&decider->device, decider->access) : NULL;
    g_autofree char *near_misses = NULL;

    if (decider)
        return g_strdup_printf("'%s' is %s: group '%s' %s '%s'", asked,
                               rules->open ? "denied" : "allowed", name_of(group),
                               rules->open ? "denies" : "allows", rule);
    if (rules->open)
        return g_strdup_printf(
            "'%s' is allowed: group '%s' allows everything that it does not deny", asked,
            name_of(group));

    near_misses = describe_near_misses(rules, device, access);
    if (near_misses[0])
        return g_strdup_printf("'%s' is denied: of it, group '%s' allows no more than %s", asked,
                               name_of(group), near_misses);
    return g_strdup_printf(
        "'%s' is denied: group '%s' denies everything that it does not allow, and no rule "
        "allows it",
        asked, name_of(group));
}

CorralDeviceAnswer *
cg_device_answer_new(const CgDeviceRules *rules, const char *group, const CorralDevice *device,
                     guint access)
{
    CorralDeviceAnswer *self = g_new0(CorralDeviceAnswer, 1);
    const CgDeviceEntry *decider;
    gboolean allowed = cg_device_rules_check(rules, device, access, &decider);

    self->verdict = allowed ? CORRAL_DEVICE_VERDICT_ALLOWED : CORRAL_DEVICE_VERDICT_DENIED;
    self->group = g_strdup(group);
    self->reason = describe(rules, group, device, access, decider);
    if (decider)
        self->rule = corral_device_rule_new(!rules->open, &decider->device, decider->access);
    return self;
}

CorralDeviceAnswer *
cg_device_answer_new_free(const CorralDevice *device, guint access)
{
    CorralDeviceAnswer *self = g_new0(CorralDeviceAnswer, 1);
    g_autofree char *asked = cg_codec_format_device_rule(device, access);

    self->verdict = CORRAL_DEVICE_VERDICT_ALLOWED;
    self->reason = g_strdup_printf("'%s' is allowed: no group restricts devices", asked);
    return self;
}

CorralDeviceAnswer *
cg_device_answer_new_unknown(const char *group, const char *program, const CorralDevice *device,
                             guint access)
{
    CorralDeviceAnswer *self = g_new0(CorralDeviceAnswer, 1);
    g_autofree char *asked = cg_codec_format_device_rule(device, access);

    self->verdict = CORRAL_DEVICE_VERDICT_UNKNOWN;
    self->group = g_strdup(group);
    if (group)
        self->reason = g_strdup_printf(
            "no rule of ours denies '%s', but %s at group '%s' may: it is not ours to read", asked,
            program, name_of(group));
    else
        self->reason = g_strdup_printf(
            "no rule of ours denies '%s', but %s above what is mounted here may", asked, program);
    return self;
}
