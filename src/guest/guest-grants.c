/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices a guest may use, and why; as rules and as text. */
#include <config.h>

#include <string.h>

#include "guest-grants.h"

static const struct {
    char letter;
    CorralDeviceAccess access;
} letters[] = {
    {'r', CORRAL_DEVICE_ACCESS_READ},
    {'w', CORRAL_DEVICE_ACCESS_WRITE},
    {'m', CORRAL_DEVICE_ACCESS_MKNOD},
};

static void
grant_free(gpointer data)
{
    GuestGrant *grant = data;

    g_free(grant->node);
    g_free(grant->reason);
    g_free(grant);
}

GPtrArray *
guest_grants_new(void)
{
    return g_ptr_array_new_with_free_func(grant_free);
}

char *
guest_grants_dup_label(guint i)
{
    return i == 0 ? g_strdup(GUEST_GRANTS_LABEL) : g_strdup_printf(GUEST_GRANTS_LABEL "-%u", i);
}

static gboolean
same_device(const CorralDevice *a, const CorralDevice *b)
{
    return a->type == b->type && a->major == b->major && a->minor == b->minor;
}

void
guest_grants_add(GPtrArray *self, const CorralDevice *device, CorralDeviceAccess access,
                 const char *node, const char *reason)
{
    GuestGrant *grant;
    guint i;

    for (i = 0; i < self->len; i++) {
        grant = g_ptr_array_index(self, i);
        if (same_device(&grant->device, device) && g_strcmp0(grant->node, node) == 0 &&
            g_str_equal(grant->reason, reason)) {
            grant->access |= access;
            return;
        }
    }

    grant = g_new0(GuestGrant, 1);
    grant->device = *device;
    grant->access = access;
    grant->node = g_strdup(node);
    grant->reason = g_strdup(reason);
    g_ptr_array_add(self, grant);
}

void
guest_grants_add_all(GPtrArray *self, const GPtrArray *others)
{
    guint i;

    for (i = 0; i < others->len; i++) {
        const GuestGrant *grant = g_ptr_array_index(others, i);

        guest_grants_add(self, &grant->device, grant->access, grant->node, grant->reason);
    }
}

gboolean
guest_grants_include(const GPtrArray *self, const GuestGrant *grant)
{
    CorralDeviceAccess access = 0;
    guint i;

    for (i = 0; i < self->len; i++) {
        const GuestGrant *other = g_ptr_array_index(self, i);

        if (same_device(&other->device, &grant->device) && g_strcmp0(other->node, grant->node) == 0)
            access |= other->access;
    }

    return (grant->access & ~access) == 0;
}

CorralDeviceAccess
guest_grants_find_access(const GPtrArray *self, const CorralDevice *device)
{
    CorralDeviceAccess access = 0;
    guint i;

    for (i = 0; i < self->len; i++) {
        const GuestGrant *grant = g_ptr_array_index(self, i);

        if (same_device(&grant->device, device))
            access |= grant->access;
    }

    return access;
}

GPtrArray *
guest_grants_to_rules(const GPtrArray *self)
{
    GPtrArray *rules = g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);
    guint i;
    guint j;

    for (i = 0; i < self->len; i++) {
        const GuestGrant *grant = g_ptr_array_index(self, i);
        CorralDeviceRule *rule = NULL;

        for (j = 0; j < rules->len; j++) {
            rule = g_ptr_array_index(rules, j);
            if (same_device(&rule->device, &grant->device))
                break;
        }
        if (j < rules->len)
            rule->access |= grant->access;
        else
            g_ptr_array_add(rules, corral_device_rule_new(TRUE, &grant->device, grant->access));
    }

    return rules;
}

/* ---- as text ---- */

static void
append_number(GString *line, guint number)
{
    if (number == CORRAL_DEVICE_ANY)
        g_string_append_c(line, '*');
    else
        g_string_append_printf(line, "%u", number);
}

/* "c 10:232 rw TAB /dev/kvm TAB default list"; control characters and the backslash are escaped. */
static char *
format_grant(const GuestGrant *grant)
{
    g_autofree char *node = g_strescape(grant->node ? grant->node : "", NULL);
    g_autofree char *reason = g_strescape(grant->reason, NULL);
    GString *line = g_string_new(NULL);
    gsize i;

    g_string_append_c(line, grant->device.type == CORRAL_DEVICE_TYPE_BLOCK       ? 'b'
                            : grant->device.type == CORRAL_DEVICE_TYPE_CHARACTER ? 'c'
                                                                                 : 'a');
    g_string_append_c(line, ' ');
    append_number(line, grant->device.major);
    g_string_append_c(line, ':');
    append_number(line, grant->device.minor);
    g_string_append_c(line, ' ');
    for (i = 0; i < G_N_ELEMENTS(letters); i++) {
        if (grant->access & letters[i].access)
            g_string_append_c(line, letters[i].letter);
    }
    g_string_append_printf(line, "\t%s\t%s\n", node, reason);

    return g_string_free(line, FALSE);
}

char **
guest_grants_format(const GPtrArray *self, gsize size_max)
{
    GPtrArray *pieces = g_ptr_array_new();
    g_autoptr(GString) piece = g_string_new(NULL);
    guint i;

    for (i = 0; i < self->len; i++) {
        g_autofree char *line = format_grant(g_ptr_array_index(self, i));
        gsize length = strlen(line);

        if (length > size_max)
            continue;
        if (piece->len + length > size_max) {
            g_ptr_array_add(pieces, g_strdup(piece->str));
            g_string_truncate(piece, 0);
        }
        g_string_append(piece, line);
    }
    if (piece->len > 0)
        g_ptr_array_add(pieces, g_strdup(piece->str));
    g_ptr_array_add(pieces, NULL);

    return (char **)g_ptr_array_free(pieces, FALSE);
}

static gboolean
parse_number(const char *text, guint max, guint *number)
{
    guint64 value;

    if (g_str_equal(text, "*")) {
        *number = CORRAL_DEVICE_ANY;
        return TRUE;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 0, max, &value, NULL))
        return FALSE;

    *number = (guint)value;
    return TRUE;
}

/* "c 10:232 rw" */
static gboolean
parse_rule(const char *text, CorralDevice *device, CorralDeviceAccess *access)
{
    g_auto(GStrv) words = g_strsplit_set(text, " :", -1);
    const char *p;

    if (g_strv_length(words) != 4 || strlen(words[0]) != 1 ||
        !parse_number(words[1], CORRAL_DEVICE_MAJOR_MAX, &device->major) ||
        !parse_number(words[2], CORRAL_DEVICE_MINOR_MAX, &device->minor))
        return FALSE;

    switch (words[0][0]) {
    case 'b':
        device->type = CORRAL_DEVICE_TYPE_BLOCK;
        break;
    case 'c':
        device->type = CORRAL_DEVICE_TYPE_CHARACTER;
        break;
    case 'a':
        device->type = CORRAL_DEVICE_TYPE_ALL;
        break;
    default:
        return FALSE;
    }

    *access = 0;
    for (p = words[3]; *p; p++) {
        gsize i;

        for (i = 0; i < G_N_ELEMENTS(letters) && letters[i].letter != *p; i++)
            ;
        if (i == G_N_ELEMENTS(letters))
            return FALSE;
        *access |= letters[i].access;
    }

    return *access != 0;
}

void
guest_grants_parse(GPtrArray *self, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gsize i;

    for (i = 0; lines[i]; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], "\t", -1);
        g_autofree char *node = NULL;
        g_autofree char *reason = NULL;
        CorralDevice device;
        CorralDeviceAccess access;

        if (g_strv_length(fields) != 3 || !parse_rule(fields[0], &device, &access))
            continue;
        node = g_strcompress(fields[1]);
        reason = g_strcompress(fields[2]);
        guest_grants_add(self, &device, access, *node ? node : NULL, reason);
    }
}
