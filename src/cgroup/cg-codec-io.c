/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats of block I/O's control files. */
#include <config.h>

#include <string.h>

#include "cg-codec-io.h"
#include "cg-codec.h"
#include "corral-types.h"

static const CorralIoLimits no_limits = {
    .read_bps = CORRAL_IO_UNLIMITED,
    .write_bps = CORRAL_IO_UNLIMITED,
    .read_iops = CORRAL_IO_UNLIMITED,
    .write_iops = CORRAL_IO_UNLIMITED,
};

static const CorralIoStatistics no_statistics = {
    .read_bytes = CORRAL_UNKNOWN,
    .write_bytes = CORRAL_UNKNOWN,
    .reads = CORRAL_UNKNOWN,
    .writes = CORRAL_UNKNOWN,
    .discard_bytes = CORRAL_UNKNOWN,
    .discards = CORRAL_UNKNOWN,
};

gpointer
cg_codec_find_device(GArray *list, const CorralDevice *device)
{
    const guint size = g_array_get_element_size(list);
    guint i;

    for (i = 0; i < list->len; i++) {
        CorralDevice *other = (CorralDevice *)(list->data + (gsize)i * size);

        if (other->major == device->major && other->minor == device->minor)
            return other;
    }

    return NULL;
}

/* That of @device, made from @blank if there is none yet. */
static gpointer
take_device(GArray *list, const CorralDevice *device, gconstpointer blank)
{
    const guint size = g_array_get_element_size(list);
    CorralDevice *element = cg_codec_find_device(list, device);

    if (element)
        return element;

    g_array_append_vals(list, blank, 1);
    element = (CorralDevice *)(list->data + (gsize)(list->len - 1) * size);
    *element = *device;
    return element;
}

/* One device; a wildcard is none. */
static gboolean
parse_device(const char *word, CorralDevice *device)
{
    device->type = CORRAL_DEVICE_TYPE_BLOCK;
    return cg_codec_parse_device(word, &device->major, &device->minor) &&
           device->major != CORRAL_DEVICE_ANY && device->minor != CORRAL_DEVICE_ANY;
}

static GArray *
copy_list(GArray *list)
{
    const guint size = g_array_get_element_size(list);
    GArray *copy = g_array_new(FALSE, FALSE, size);

    if (list->len > 0)
        g_array_append_vals(copy, list->data, list->len);
    return copy;
}

/* Reads into a copy of @list, so that half a text leaves nothing. */
typedef struct {
    GArray *list;
    gsize offset; /* of parse_throttle_line() */
    gboolean bytes;
    guint weight;
} Reader;

static gboolean
read_list(const char *text, CgCodecLine line, Reader *reader, GArray *list)
{
    g_autoptr(GArray) copy = copy_list(list);

    reader->list = copy;
    if (!cg_codec_each_line(text, line, reader))
        return FALSE;

    g_array_set_size(list, 0);
    if (copy->len > 0)
        g_array_append_vals(list, copy->data, copy->len);
    return TRUE;
}

static gboolean
parse_weight(const char *word, guint *weight)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(word, 10, 1, CORRAL_IO_WEIGHT_MAX, &value, NULL))
        return FALSE;

    *weight = value;
    return TRUE;
}

static gboolean
parse_weight_line(char *const *words, gpointer user_data)
{
    static const CorralIoWeight blank = {.weight = CORRAL_IO_WEIGHT_INHERIT};
    const guint n_words = g_strv_length((char **)words);
    Reader *reader = user_data;
    CorralDevice device;
    guint weight;

    if (n_words == 1)
        return parse_weight(words[0], &reader->weight);
    if (n_words != 2)
        return FALSE;
    if (g_str_equal(words[0], "default"))
        return parse_weight(words[1], &reader->weight);
    if (!parse_device(words[0], &device) || !parse_weight(words[1], &weight))
        return FALSE;

    ((CorralIoWeight *)take_device(reader->list, &device, &blank))->weight = weight;
    return TRUE;
}

gboolean
cg_codec_parse_io_weights(const char *text, guint *weight, GArray *weights)
{
    Reader reader = {.weight = 0};

    if (!read_list(text, parse_weight_line, &reader, weights))
        return FALSE;

    *weight = reader.weight;
    return TRUE;
}

static gboolean
parse_max_line(char *const *words, gpointer user_data)
{
    Reader *reader = user_data;
    CorralIoLimits limits = no_limits;

    if (!words[0] || !parse_device(words[0], &limits.device) ||
        !cg_codec_find_pair(words, "rbps", &limits.read_bps) ||
        !cg_codec_find_pair(words, "wbps", &limits.write_bps) ||
        !cg_codec_find_pair(words, "riops", &limits.read_iops) ||
        !cg_codec_find_pair(words, "wiops", &limits.write_iops))
        return FALSE;

    *(CorralIoLimits *)take_device(reader->list, &limits.device, &no_limits) = limits;
    return TRUE;
}

gboolean
cg_codec_parse_io_max(const char *text, GArray *limits)
{
    Reader reader = {0};

    return read_list(text, parse_max_line, &reader, limits);
}

static void
append_limit(GString *text, const char *key, guint64 limit)
{
    if (limit == CORRAL_IO_UNLIMITED)
        g_string_append_printf(text, " %s=max", key);
    else
        g_string_append_printf(text, " %s=%" G_GUINT64_FORMAT, key, limit);
}

char *
cg_codec_format_io_max(const CorralIoLimits *limits)
{
    g_autofree char *device = cg_codec_format_device(limits->device.major, limits->device.minor);
    GString *text = g_string_new(device);

    append_limit(text, "rbps", limits->read_bps);
    append_limit(text, "wbps", limits->write_bps);
    append_limit(text, "riops", limits->read_iops);
    append_limit(text, "wiops", limits->write_iops);
    return g_string_free(text, FALSE);
}

static gboolean
parse_throttle_line(char *const *words, gpointer user_data)
{
    Reader *reader = user_data;
    CorralDevice device;
    char *limits;
    guint64 value;

    if (g_strv_length((char **)words) != 2 || !parse_device(words[0], &device) ||
        !cg_codec_parse_u64(words[1], &value))
        return FALSE;

    limits = take_device(reader->list, &device, &no_limits);
    *(guint64 *)(limits + reader->offset) = value;
    return TRUE;
}

gboolean
cg_codec_parse_io_throttle(const char *text, gsize offset, GArray *limits)
{
    Reader reader = {.offset = offset};

    return read_list(text, parse_throttle_line, &reader, limits);
}

/*
 * Some kernels begin a line with devices that have nothing to tell, and forget
 * to end it; what is told is about the last of them.  A line that ends there
 * tells nothing.
 */
static gboolean
parse_stat_line(char *const *words, gpointer user_data)
{
    Reader *reader = user_data;
    CorralIoStatistics told = no_statistics;
    gsize n = 0;

    while (words[n] && parse_device(words[n], &told.device))
        n++;
    if (n == 0)
        return FALSE;
    if (!words[n] || words[n][0] == '\0')
        return TRUE;
    if (!cg_codec_find_pair(words, "rbytes", &told.read_bytes) ||
        !cg_codec_find_pair(words, "wbytes", &told.write_bytes) ||
        !cg_codec_find_pair(words, "rios", &told.reads) ||
        !cg_codec_find_pair(words, "wios", &told.writes)) {
        /* Nothing but what it costs, or what no kernel says. */
        return !g_str_has_prefix(words[n], "rbytes=") && strchr(words[n], '=') != NULL;
    }
    /* Since Linux 4.20. */
    if (!cg_codec_find_pair(words, "dbytes", &told.discard_bytes) ||
        !cg_codec_find_pair(words, "dios", &told.discards))
        told.discard_bytes = told.discards = CORRAL_UNKNOWN;

    *(CorralIoStatistics *)take_device(reader->list, &told.device, &no_statistics) = told;
    return TRUE;
}

gboolean
cg_codec_parse_io_stat(const char *text, GArray *statistics)
{
    Reader reader = {0};

    return read_list(text, parse_stat_line, &reader, statistics);
}

static gboolean
parse_service_line(char *const *words, gpointer user_data)
{
    const guint n_words = g_strv_length((char **)words);
    Reader *reader = user_data;
    CorralIoStatistics *told;
    CorralDevice device;
    guint64 value;

    if (n_words == 2 && g_str_equal(words[0], "Total"))
        return cg_codec_parse_u64(words[1], &value);
    if (n_words != 3 || !parse_device(words[0], &device) || !cg_codec_parse_u64(words[2], &value))
        return FALSE;

    told = take_device(reader->list, &device, &no_statistics);
    if (g_str_equal(words[1], "Read"))
        *(reader->bytes ? &told->read_bytes : &told->reads) = value;
    else if (g_str_equal(words[1], "Write"))
        *(reader->bytes ? &told->write_bytes : &told->writes) = value;
    else if (g_str_equal(words[1], "Discard"))
        *(reader->bytes ? &told->discard_bytes : &told->discards) = value;
    return TRUE;
}

gboolean
cg_codec_parse_io_service(const char *text, gboolean bytes, GArray *statistics)
{
    Reader reader = {.bytes = bytes};

    return read_list(text, parse_service_line, &reader, statistics);
}

typedef struct {
    const CorralDevice *device;
    gboolean enabled;
} CostReader;

static gboolean
parse_cost_line(char *const *words, gpointer user_data)
{
    CostReader *reader = user_data;
    CorralDevice device;
    guint64 value;

    if (!words[0] || !parse_device(words[0], &device))
        return FALSE;
    if (device.major == reader->device->major && device.minor == reader->device->minor)
        reader->enabled = cg_codec_find_pair(words, "enable", &value) && value == 1;
    return TRUE;
}

gboolean
cg_codec_parse_io_cost(const char *text, const CorralDevice *device, gboolean *enabled)
{
    CostReader reader = {device, FALSE};

    if (!cg_codec_each_line(text, parse_cost_line, &reader))
        return FALSE;

    *enabled = reader.enabled;
    return TRUE;
}

char *
cg_codec_parse_scheduler(const char *text)
{
    const char *open = strchr(text, '[');
    const char *close = open ? strchr(open, ']') : NULL;

    return close ? g_strndup(open + 1, close - open - 1) : NULL;
}
