/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory and CPUs of the host, and to which node of memory each CPU belongs. */
#include <config.h>

#include <string.h>

#include "guest-set.h"
#include "policy-machine.h"
#include "policy.h"

#define KIB ((guint64)1024)

#define MEMINFO "proc/meminfo"
#define SYSTEM "sys/devices/system"

static void
node_clear(gpointer data)
{
    PolicyNode *node = data;

    g_array_unref(node->cpus);
}

PolicyMachine *
policy_machine_new(guint64 memory, GArray *cpus)
{
    PolicyMachine *self = g_new0(PolicyMachine, 1);

    self->memory = memory;
    self->cpus = cpus;
    self->nodes = g_array_new(FALSE, FALSE, sizeof(PolicyNode));
    g_array_set_clear_func(self->nodes, node_clear);
    return self;
}

void
policy_machine_add_node(PolicyMachine *self, guint number, GArray *cpus)
{
    const PolicyNode node = {number, cpus};

    g_array_append_val(self->nodes, node);
}

void
policy_machine_free(PolicyMachine *self)
{
    if (!self)
        return;

    g_array_unref(self->cpus);
    g_array_unref(self->nodes);
    g_free(self);
}

gboolean
policy_machine_equals(const PolicyMachine *self, const PolicyMachine *other)
{
    guint i;

    if (self->memory != other->memory || !guest_set_equals(self->cpus, other->cpus) ||
        self->nodes->len != other->nodes->len)
        return FALSE;
    for (i = 0; i < self->nodes->len; i++) {
        const PolicyNode *one = &g_array_index(self->nodes, PolicyNode, i);
        const PolicyNode *two = &g_array_index(other->nodes, PolicyNode, i);

        if (one->number != two->number || !guest_set_equals(one->cpus, two->cpus))
            return FALSE;
    }
    return TRUE;
}

static gboolean
fail(GError **error, const char *file, const char *why)
{
    g_set_error(error, POLICY_ERROR, POLICY_ERROR_FILE, "'%s' %s", file, why);
    return FALSE;
}

static gboolean
read_file(const char *root, const char *name, char **file, char **text, GError **error)
{
    g_autoptr(GError) failure = NULL;

    *file = g_build_filename(root ? root : "/", name, NULL);
    if (g_file_get_contents(*file, text, NULL, &failure))
        return TRUE;
    g_set_error_literal(error, POLICY_ERROR, POLICY_ERROR_FILE, failure->message);
    return FALSE;
}

/* Bytes, of a @field like "MemTotal:"; 0 if it is not there. */
static guint64
find_field(const char *text, const char *field)
{
    const char *line = strstr(text, field);

    return line ? g_ascii_strtoull(line + strlen(field), NULL, 10) * KIB : 0;
}

static gboolean
read_memory(const char *root, guint64 *bytes, GError **error)
{
    g_autofree char *file = NULL;
    g_autofree char *text = NULL;

    if (!read_file(root, MEMINFO, &file, &text, error))
        return FALSE;
    *bytes = find_field(text, "MemTotal:");
    return *bytes > 0 || fail(error, file, "does not say how much memory there is");
}

void
policy_machine_read_swap(const char *root, guint64 *total, guint64 *unused)
{
    g_autofree char *file = NULL;
    g_autofree char *text = NULL;

    *total = *unused = 0;
    if (read_file(root, MEMINFO, &file, &text, NULL)) {
        *total = find_field(text, "SwapTotal:");
        *unused = find_field(text, "SwapFree:");
    }
}

guint64
policy_machine_read_available(const char *root)
{
    g_autofree char *file = NULL;
    g_autofree char *text = NULL;

    return read_file(root, MEMINFO, &file, &text, NULL) ? find_field(text, "MemAvailable:") : 0;
}

/* A list as the kernel has it is one of libvirt's; an empty one is not. */
static GArray *
read_list(const char *root, const char *name, GError **error)
{
    g_autofree char *file = NULL;
    g_autofree char *text = NULL;
    GArray *set;

    if (!read_file(root, name, &file, &text, error))
        return NULL;
    g_strchomp(text);
    if (*text == '\0')
        return g_array_new(FALSE, FALSE, sizeof(guint));
    set = guest_set_parse(text);
    if (!set)
        fail(error, file, "is no list of numbers");
    return set;
}

/* A kernel without nodes has none of their files. */
static gboolean
read_nodes(const char *root, PolicyMachine *self, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GArray) numbers = read_list(root, SYSTEM "/node/online", &failure);
    guint i;

    if (!numbers) {
        policy_machine_add_node(self, 0, g_array_ref(self->cpus));
        return TRUE;
    }
    for (i = 0; i < numbers->len; i++) {
        const guint number = g_array_index(numbers, guint, i);
        g_autofree char *name = g_strdup_printf(SYSTEM "/node/node%u/cpulist", number);
        GArray *cpus = read_list(root, name, error);

        if (!cpus)
            return FALSE;
        policy_machine_add_node(self, number, cpus);
    }
    return TRUE;
}

PolicyMachine *
policy_machine_read(const char *root, GError **error)
{
    g_autoptr(PolicyMachine) self = NULL;
    GArray *cpus;
    guint64 memory;

    if (!read_memory(root, &memory, error))
        return NULL;
    cpus = read_list(root, SYSTEM "/cpu/online", error);
    if (!cpus)
        return NULL;

    self = policy_machine_new(memory, cpus);
    return read_nodes(root, self, error) ? g_steal_pointer(&self) : NULL;
}
