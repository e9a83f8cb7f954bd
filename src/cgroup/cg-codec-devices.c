/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats of rules about devices. */
#include <config.h>

#include <string.h>

#include "cg-codec.h"
#include "cg-codec-devices.h"

static const char access_letters[] = "rwm"; /* in the order of CorralDeviceAccess's bits */

static gboolean
parse_access(const char *word, guint *access)
{
    guint bits = 0;

    for (; *word; word++) {
        const char *letter = strchr(access_letters, *word);
        guint bit;

        if (!letter)
            return FALSE;
        bit = 1u << (letter - access_letters);
        if (bits & bit)
            return FALSE;
        bits |= bit;
    }

    *access = bits;
    return bits != 0;
}

static gboolean
parse_type(const char *word, CorralDeviceType *type)
{
    if (g_str_equal(word, "b"))
        *type = CORRAL_DEVICE_TYPE_BLOCK;
    else if (g_str_equal(word, "c"))
        *type = CORRAL_DEVICE_TYPE_CHARACTER;
    else if (g_str_equal(word, "a"))
        *type = CORRAL_DEVICE_TYPE_ALL;
    else
        return FALSE;

    return TRUE;
}

/* Nothing else beside the line that says "all"; none of the others says so. */
static gboolean
parse_line(char *const *words, gpointer user_data)
{
    CgDeviceRules *rules = user_data;
    CgDeviceEntry entry;

    if (g_strv_length((char **)words) != 3 || rules->open ||
        !parse_type(words[0], &entry.device.type) ||
        !cg_codec_parse_device(words[1], &entry.device.major, &entry.device.minor) ||
        !parse_access(words[2], &entry.access))
        return FALSE;

    if (entry.device.type == CORRAL_DEVICE_TYPE_ALL) {
        rules->open = TRUE;
        return rules->entries->len == 0 &&
               cg_device_rules_is_everything(&entry.device, entry.access);
    }

    g_array_append_val(rules->entries, entry);
    return TRUE;
}

CgDeviceRules *
cg_codec_parse_device_rules(const char *text)
{
    g_autoptr(CgDeviceRules) rules = cg_device_rules_new(FALSE);

    return cg_codec_each_line(text, parse_line, rules) ? g_steal_pointer(&rules) : NULL;
}

char *
cg_codec_format_device_access(guint access)
{
    GString *text = g_string_new(NULL);
    guint i;

    for (i = 0; access_letters[i]; i++) {
        if (access & (1u << i))
            g_string_append_c(text, access_letters[i]);
    }

    return g_string_free(text, FALSE);
}

char *
cg_codec_format_device_rule(const CorralDevice *device, guint access)
{
    char type = device->type == CORRAL_DEVICE_TYPE_BLOCK       ? 'b'
                : device->type == CORRAL_DEVICE_TYPE_CHARACTER ? 'c'
                                                               : 'a';
    g_autofree char *number = cg_codec_format_device(device->major, device->minor);
    g_autofree char *letters = cg_codec_format_device_access(access);

    return g_strdup_printf("%c %s %s", type, number, letters);
}

char *
cg_codec_format_device_exceptions(const CgDeviceRules *rules)
{
    GString *text = g_string_new(NULL);
    guint i;

    for (i = 0; i < rules->entries->len; i++) {
        const CgDeviceEntry *entry = cg_device_rules_get(rules, i);
        g_autofree char *line = cg_codec_format_device_rule(&entry->device, entry->access);

        g_string_append_printf(text, "%s\n", line);
    }

    return g_string_free(text, FALSE);
}
