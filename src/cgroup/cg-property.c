/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control files and systemd's properties.
 *
 * systemd has its names for what the unified interface holds, and older ones for the legacy
 * interface, which it took for as long as it had that.  A limit that there is none of is
 * the largest number to it.
 *
 * A ceiling is an amount of time a second to systemd, whatever the period.  It is rounded
 * up here: the kernel gets back what it had, for systemd rounds down, and no period is longer
 * than a second.  On disk systemd keeps whole per cents, so after a daemon-reload it is up
 * to one per cent of a CPU less; what would be none at all then is told to be one.
 */
#include <config.h>

#include <string.h>

#include "cg-codec-io.h"
#include "cg-codec.h"
#include "cg-property.h"
#include "corral-types.h"

typedef struct {
    const char *text;
    const char *companion;
    CgPropertyNode node;
    gpointer user_data;
    GPtrArray *properties;
    gboolean exact;
} Telling;

struct _CgProperty {
    gboolean unified;
    const char *file;
    const char *name;
    gboolean (*tell)(const CgProperty *self, Telling *telling);
    const char *companion;
    gboolean of_devices;  /* each line of the file is about one */
    guint64 least;        /* that systemd takes */
    gboolean exact_least; /* what is below that is the same to the kernel */
};

static void
append(Telling *telling, const char *name, GVariant *value)
{
    g_ptr_array_add(telling->properties, g_variant_ref_sink(g_variant_new("(sv)", name, value)));
}

static gboolean
append_number(const CgProperty *self, Telling *telling, guint64 value)
{
    if (value < self->least && !self->exact_least)
        telling->exact = FALSE;
    append(telling, self->name, g_variant_new_uint64(MAX(value, self->least)));
    return TRUE;
}

/* ---- a number ---- */

static gboolean
tell_number(const CgProperty *self, Telling *telling)
{
    guint64 value;

    return cg_codec_parse_u64(telling->text, &value) && append_number(self, telling, value);
}

/* "max", or -1 under the legacy interface. */
static gboolean
tell_limit(const CgProperty *self, Telling *telling)
{
    guint64 value;

    if (g_str_equal(telling->text, "-1"))
        return append_number(self, telling, G_MAXUINT64);

    return cg_codec_parse_limit(telling->text, &value) && append_number(self, telling, value);
}

/* A weight of nothing is systemd's word for it; the kernel forgets the one from before. */
static gboolean
tell_idle(const CgProperty *self, Telling *telling)
{
    guint64 value;

    if (!cg_codec_parse_u64(telling->text, &value) || value > 1)
        return FALSE;

    return append_number(self, telling, value == 1 ? 0 : CORRAL_CPU_WEIGHT_DEFAULT);
}

/* ---- ceilings ---- */

/* The least that is left on disk. */
#define LEAST_QUOTA_PER_SECOND 10000

static gboolean
append_ceiling(Telling *telling, gint64 quota_us, guint64 period_us)
{
    guint64 per_second = G_MAXUINT64;

    if (period_us == 0)
        return FALSE;
    if (quota_us >= 0) {
        guint64 whole = (guint64)quota_us / period_us;
        guint64 rest = (guint64)quota_us % period_us;

        per_second = whole * G_USEC_PER_SEC + (rest * G_USEC_PER_SEC + period_us - 1) / period_us;
        if (per_second < LEAST_QUOTA_PER_SECOND)
            telling->exact = FALSE;
        per_second = MAX(per_second, LEAST_QUOTA_PER_SECOND);
    }

    append(telling, "CPUQuotaPeriodUSec", g_variant_new_uint64(period_us));
    append(telling, "CPUQuotaPerSecUSec", g_variant_new_uint64(per_second));
    return TRUE;
}

static gboolean
tell_ceiling(const CgProperty *self G_GNUC_UNUSED, Telling *telling)
{
    gint64 quota_us;
    guint64 period_us;

    return cg_codec_parse_cpu_max(telling->text, &quota_us, &period_us) &&
           append_ceiling(telling, quota_us, period_us);
}

static gboolean
tell_quota(const CgProperty *self G_GNUC_UNUSED, Telling *telling)
{
    gint64 quota_us;
    guint64 period_us;

    return telling->companion && cg_codec_parse_i64(telling->text, &quota_us) &&
           cg_codec_parse_u64(telling->companion, &period_us) &&
           append_ceiling(telling, quota_us, period_us);
}

static gboolean
tell_period(const CgProperty *self G_GNUC_UNUSED, Telling *telling)
{
    gint64 quota_us;
    guint64 period_us;

    return telling->companion && cg_codec_parse_u64(telling->text, &period_us) &&
           cg_codec_parse_i64(telling->companion, &quota_us) &&
           append_ceiling(telling, quota_us, period_us);
}

/* ---- sets ---- */

/* A bit for each, the first in the lowest of the first byte. */
static gboolean
tell_set(const CgProperty *self, Telling *telling)
{
    g_autoptr(GArray) numbers = NULL;
    g_autoptr(GByteArray) bits = g_byte_array_new();
    guint i;

    if (!cg_codec_parse_list(telling->text, &numbers))
        return FALSE;

    for (i = 0; i < numbers->len; i++) {
        const guint number = g_array_index(numbers, guint, i);
        const guint length = bits->len;

        if (number / 8 >= length) {
            g_byte_array_set_size(bits, number / 8 + 1);
            memset(bits->data + length, 0, bits->len - length);
        }
        bits->data[number / 8] |= (guint8)(1 << number % 8);
    }

    append(telling, self->name,
           g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bits->data, bits->len, 1));
    return TRUE;
}

/* ---- devices ---- */

static gboolean
append_of_device(Telling *telling, const char *name, const CorralDevice *device, guint64 value)
{
    g_autofree char *node = telling->node(device->major, device->minor, telling->user_data);
    GVariantBuilder list;

    if (!node)
        return FALSE;

    g_variant_builder_init(&list, G_VARIANT_TYPE("a(st)"));
    g_variant_builder_add(&list, "(st)", node, value);
    append(telling, name, g_variant_builder_end(&list));
    return TRUE;
}

static gboolean
tell_io_max(const CgProperty *self G_GNUC_UNUSED, Telling *telling)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoLimits));
    const CorralIoLimits *limits;

    if (!cg_codec_parse_io_max(telling->text, list) || list->len != 1)
        return FALSE;

    limits = &g_array_index(list, CorralIoLimits, 0);
    return append_of_device(telling, "IOReadBandwidthMax", &limits->device, limits->read_bps) &&
           append_of_device(telling, "IOWriteBandwidthMax", &limits->device, limits->write_bps) &&
           append_of_device(telling, "IOReadIOPSMax", &limits->device, limits->read_iops) &&
           append_of_device(telling, "IOWriteIOPSMax", &limits->device, limits->write_iops);
}

/* "8:16 1000"; 0 is none. */
static gboolean
tell_throttle(const CgProperty *self, Telling *telling)
{
    g_auto(GStrv) words = g_strsplit(telling->text, " ", -1);
    CorralDevice device = {.type = CORRAL_DEVICE_TYPE_BLOCK};
    guint64 value;

    return g_strv_length(words) == 2 &&
           cg_codec_parse_device(words[0], &device.major, &device.minor) &&
           cg_codec_parse_u64(words[1], &value) &&
           append_of_device(telling, self->name, &device, value == 0 ? G_MAXUINT64 : value);
}

/*
 * The group's weight, or one of a device.  systemd can forget these only all at once, so it
 * is told to, and then of all that the file has by now.
 */
static gboolean
tell_io_weight(const CgProperty *self, Telling *telling)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoWeight));
    GVariantBuilder all;
    guint unused, i;

    if (!strchr(telling->text, ' '))
        return tell_number(self, telling);
    if (!telling->companion || !cg_codec_parse_io_weights(telling->companion, &unused, list))
        return FALSE;

    g_variant_builder_init(&all, G_VARIANT_TYPE("a(st)"));
    for (i = 0; i < list->len; i++) {
        const CorralIoWeight *weight = &g_array_index(list, CorralIoWeight, i);
        g_autofree char *node =
            telling->node(weight->device.major, weight->device.minor, telling->user_data);

        if (node)
            g_variant_builder_add(&all, "(st)", node, (guint64)weight->weight);
    }

    append(telling, "IODeviceWeight", g_variant_new("a(st)", NULL));
    if (list->len > 0)
        append(telling, "IODeviceWeight", g_variant_builder_end(&all));
    else
        g_variant_builder_clear(&all);
    return TRUE;
}

/* ---- the table ---- */

static const CgProperty properties[] = {
    {TRUE, "cpu.weight", "CPUWeight", tell_number, .least = 1},
    {TRUE, "cpu.idle", "CPUWeight", tell_idle, .least = 0},
    {TRUE, "cpu.max", "CPUQuotaPerSecUSec", tell_ceiling, .least = 0},
    {TRUE, "cpuset.cpus", "AllowedCPUs", tell_set, .least = 0},
    {TRUE, "cpuset.mems", "AllowedMemoryNodes", tell_set, .least = 0},
    {TRUE, "io.weight", "IOWeight", tell_io_weight, .companion = "io.weight", .of_devices = TRUE,
     .least = 1},
    {TRUE, "io.max", "IOReadBandwidthMax", tell_io_max, .of_devices = TRUE},
    /* Less than a page is none. */
    {TRUE, "memory.max", "MemoryMax", tell_limit, .least = 1, .exact_least = TRUE},
    {TRUE, "memory.high", "MemoryHigh", tell_limit, .least = 1, .exact_least = TRUE},
    {TRUE, "memory.low", "MemoryLow", tell_limit, .least = 0},
    {TRUE, "memory.min", "MemoryMin", tell_limit, .least = 0},
    {TRUE, "memory.swap.max", "MemorySwapMax", tell_limit, .least = 0},
    {TRUE, "pids.max", "TasksMax", tell_limit, .least = 1},
    {FALSE, "cpu.shares", "CPUShares", tell_number, .least = 2},
    {FALSE, "cpu.cfs_quota_us", "CPUQuotaPerSecUSec", tell_quota, .companion = "cpu.cfs_period_us"},
    {FALSE, "cpu.cfs_period_us", "CPUQuotaPeriodUSec", tell_period,
     .companion = "cpu.cfs_quota_us"},
    {FALSE, "memory.limit_in_bytes", "MemoryLimit", tell_limit, .least = 1, .exact_least = TRUE},
    {FALSE, "blkio.weight", "BlockIOWeight", tell_number, .least = 10},
    {FALSE, "blkio.bfq.weight", "BlockIOWeight", tell_number, .least = 10},
    {FALSE, "blkio.throttle.read_bps_device", "BlockIOReadBandwidth", tell_throttle,
     .of_devices = TRUE},
    {FALSE, "blkio.throttle.write_bps_device", "BlockIOWriteBandwidth", tell_throttle,
     .of_devices = TRUE},
    {FALSE, "pids.max", "TasksMax", tell_limit, .least = 1},
};

const CgProperty *
cg_property_find(gboolean unified, const char *file)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(properties); i++) {
        if (properties[i].unified == !!unified && g_str_equal(properties[i].file, file))
            return &properties[i];
    }

    return NULL;
}

const char *
cg_property_get_companion(const CgProperty *self, const char *text)
{
    return self->of_devices && !strchr(text, ' ') ? NULL : self->companion;
}

gboolean
cg_property_tell(const CgProperty *self, const char *text, const char *companion,
                 CgPropertyNode node, gpointer user_data, GPtrArray *told, gboolean *exact)
{
    g_autoptr(GPtrArray) here = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
    Telling telling = {text, companion, node, user_data, here, TRUE};

    if (!self->tell(self, &telling))
        return FALSE;

    g_ptr_array_extend_and_steal(told, g_steal_pointer(&here));
    *exact = telling.exact;
    return TRUE;
}

/* ---- and back ---- */

/* The line of @text that begins with @word and a space; NULL if there is none. */
static char *
find_line(const char *text, const char *word)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *beginning = g_strconcat(word, " ", NULL);
    gsize i;

    for (i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], beginning))
            return g_strdup(lines[i]);
    }

    return NULL;
}

/* A device that the file did not list had nothing of its own. */
static const char *
nothing_of(const CgProperty *self)
{
    if (self->tell == tell_io_max)
        return "rbps=max wbps=max riops=max wiops=max";

    return self->tell == tell_io_weight ? "default" : "0";
}

char *
cg_property_undo(const CgProperty *self, const char *before, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 2);
    char *line;

    if (!self->of_devices)
        return g_strchomp(g_strdup(before));

    /* "default 100", or "100" alone. */
    if (!words[1]) {
        line = find_line(before, "default");
        return line ? line : g_strndup(before, strcspn(before, "\n"));
    }

    line = find_line(before, words[0]);
    return line ? line : g_strconcat(words[0], " ", nothing_of(self), NULL);
}
