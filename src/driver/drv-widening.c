/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest may open, around a change of what it uses. */
#include <config.h>

#include "drv-error.h"
#include "drv-running.h"
#include "drv-widening.h"

static gboolean
look(DrvWidening *self, GError **error)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_autofree char *xml = self->stack->next->domainGetXMLDesc(self->subject->dom, 0);

    (void)caller;
    self->def = xml ? drv_definition_parse(xml, TRUE) : NULL;
    if (!self->def) {
        drv_error_take(error);
        return FALSE;
    }

    self->group = drv_running_find_group(self->stack, self->subject);
    self->grants = self->group ? drv_acl_collect(self->stack, self->subject->dom, xml,
                                                 drv_group_get_whole(self->group), error)
                               : guest_grants_new();
    return self->grants != NULL;
}

static void
release(DrvWidening *self)
{
    g_clear_pointer(&self->grants, g_ptr_array_unref);
    g_clear_pointer(&self->def, virDomainDefFree);
    g_clear_pointer(&self->group, drv_group_free);
    drv_running_release(self->stack, self->subject, self->claim);
}

gboolean
drv_widening_begin(DrvWidening *self, DrvStack *stack, DrvSubject *subject)
{
    g_autoptr(GError) error = NULL;

    *self = (DrvWidening){.stack = stack, .subject = subject};
    self->claim = drv_running_claim(stack, subject);
    if (look(self, &error))
        return TRUE;

    release(self);
    drv_error_report(g_steal_pointer(&error), subject->def.name);
    return FALSE;
}

gboolean
drv_widening_apply(DrvWidening *self, GError *error)
{
    if (!error && (!self->group || drv_acl_set(drv_group_get_whole(self->group), self->subject->dom,
                                               self->grants, &error)))
        return TRUE;

    drv_error_report(error, self->subject->def.name);
    return FALSE;
}

void
drv_widening_end(DrvWidening *self)
{
    virErrorPtr raised = NULL;

    virErrorPreserveLast(&raised);
    if (self->group) {
        DRV_ELEVATED virIdentity *caller = drv_access_elevate();

        (void)caller;
        drv_acl_follow(self->stack, self->subject->dom, NULL, drv_group_get_whole(self->group));
    }
    release(self);
    virErrorRestore(&raised);
}

void
drv_widening_follow(DrvStack *stack, virDomainPtr dom)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_auto(DrvSubject) subject = {NULL};
    g_autoptr(DrvGroup) group = NULL;
    virErrorPtr raised = NULL;
    DrvClaim *claim;

    (void)caller;
    virErrorPreserveLast(&raised);
    if (drv_access_find_subject(stack->next, dom, &subject) &&
        drv_running_is_active(stack, &subject) == 1) {
        claim = drv_running_claim(stack, &subject);
        group = drv_running_find_group(stack, &subject);
        if (group)
            drv_acl_follow(stack, subject.dom, NULL, drv_group_get_whole(group));
        drv_running_release(stack, &subject, claim);
    }
    virErrorRestore(&raised);
}
