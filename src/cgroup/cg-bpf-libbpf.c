/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our program, and how it is found, changed and replaced.
 *
 * The program is the same for every group; the rules are in its map.  The key is
 * type, major and minor, with all ones for a wildcard; the value is the accesses
 * and a bit that is always set.  The program looks up the four keys that can be
 * about a device and puts together what they say.  One key that no device has
 * tells whether the group is open.
 *
 * Programs are attached with BPF_F_ALLOW_MULTI, so that those of others, beside
 * it, above and below, go on working: all of them have to agree.  A program lives
 * as long as the group; nobody needs to hold or pin anything.
 *
 * A program is ours if it has our name and the tag that the kernel gives to
 * exactly our instructions, and a single map of our name and layout.  The tag is
 * a digest whose algorithm is the kernel's affair, so the kernel is asked: once
 * in a process, a program of ours is loaded and looked at.
 */
#include <config.h>

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cg-bpf.h"
#include "cg-tree.h"
#include "corral-error.h"

/* Of the program and of its map; who changes either's layout changes this. */
#define OUR_NAME "corral_devices"

#define MIN_MAP_SIZE 64

/* In every value: that there is a rule at all. */
#define PRESENT 8u
G_STATIC_ASSERT((PRESENT & (BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD)) == 0);

typedef struct {
    guint32 type; /* BPF_DEVCG_DEV_...; 0: see open_key */
    guint32 major;
    guint32 minor;
} Key;

#define KEY_ANY G_MAXUINT32
G_STATIC_ASSERT(KEY_ANY == CORRAL_DEVICE_ANY);

/* Whether there is such a key tells whether the group is open. */
static const Key open_key = {0, 0, 0};

static const struct {
    guint ours;
    guint32 kernels;
} access_bits[] = {
    {CORRAL_DEVICE_ACCESS_READ, BPF_DEVCG_ACC_READ},
    {CORRAL_DEVICE_ACCESS_WRITE, BPF_DEVCG_ACC_WRITE},
    {CORRAL_DEVICE_ACCESS_MKNOD, BPF_DEVCG_ACC_MKNOD},
};

/* ---- errors ---- */

static void
set_error(GError **error, int errnum, int dir, const char *doing)
{
    g_autofree char *name = cg_tree_name(dir, "");

    switch (errnum) {
    case EPERM:
    case EACCES:
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION,
                    "cannot %s '%s': %s; it takes the CAP_SYS_ADMIN capability, and before Linux "
                    "5.11 a limit of locked memory (RLIMIT_MEMLOCK) that leaves room",
                    doing, name, g_strerror(errnum));
        break;
    case ENOSYS:
    case EINVAL:
    case EOPNOTSUPP:
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                    "cannot %s '%s': %s; this kernel lacks BPF programs for groups "
                    "(CONFIG_CGROUP_BPF), or is older than Linux 5.6",
                    doing, name, g_strerror(errnum));
        break;
    case EBADF:
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                    "cannot %s '%s': it is not a group of a kernel that runs", doing, name);
        break;
    case ENOENT:
    case ENODEV:
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE, "cannot %s '%s': the group was removed",
                    doing, name);
        break;
    default:
        cg_tree_set_error(error, errnum, dir, "", doing);
    }
}

/* ---- the program ---- */

/* On the stack, below the frame pointer. */
#define KEY_AT (-(int)sizeof(Key))
#define TYPE_AT (KEY_AT + (int)offsetof(Key, type))
#define MAJOR_AT (KEY_AT + (int)offsetof(Key, major))
#define MINOR_AT (KEY_AT + (int)offsetof(Key, minor))

/* Kept over calls. */
#define CONTEXT BPF_REG_6
#define WANTED BPF_REG_7
#define FOUND BPF_REG_8

static void
emit(GArray *code, guint8 op, guint8 to, guint8 from, gint16 offset, gint32 value)
{
    struct bpf_insn instruction = {
        .code = op, .dst_reg = to, .src_reg = from, .off = offset, .imm = value};

    g_array_append_val(code, instruction);
}

static void
emit_load(GArray *code, guint8 to, guint8 from, gint16 offset)
{
    emit(code, BPF_LDX | BPF_MEM | BPF_W, to, from, offset, 0);
}

static void
emit_store(GArray *code, gint16 offset, guint8 from)
{
    emit(code, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, from, offset, 0);
}

static void
emit_store_value(GArray *code, gint16 offset, gint32 value)
{
    emit(code, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, offset, value);
}

static void
emit_value(GArray *code, guint8 op, guint8 to, gint32 value)
{
    emit(code, BPF_ALU | op | BPF_K, to, 0, 0, value);
}

static void
emit_register(GArray *code, guint8 op, guint8 to, guint8 from)
{
    emit(code, BPF_ALU | op | BPF_X, to, from, 0, 0);
}

/* What the map says about the key on the stack: NULL or a value's address in register 0. */
static void
emit_lookup(GArray *code, int map)
{
    emit(code, BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map);
    emit(code, 0, 0, 0, 0, 0);
    emit(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
    emit(code, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, KEY_AT);
    emit(code, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
}

static void
emit_number(GArray *code, gboolean any, gint16 to, gint16 from)
{
    if (any) {
        emit_store_value(code, to, -1);
    } else {
        emit_load(code, BPF_REG_1, CONTEXT, from);
        emit_store(code, to, BPF_REG_1);
    }
}

static void
emit_rule(GArray *code, int map, gboolean any_major, gboolean any_minor)
{
    emit_number(code, any_major, MAJOR_AT, offsetof(struct bpf_cgroup_dev_ctx, major));
    emit_number(code, any_minor, MINOR_AT, offsetof(struct bpf_cgroup_dev_ctx, minor));
    emit_lookup(code, map);
    emit(code, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0);
    emit_load(code, BPF_REG_1, BPF_REG_0, 0);
    emit_register(code, BPF_OR, FOUND, BPF_REG_1);
}

/* Allows if no bit of register 1 is set. */
static void
emit_verdict(GArray *code)
{
    emit_value(code, BPF_MOV, BPF_REG_0, 1);
    emit(code, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, 1, 0);
    emit_value(code, BPF_MOV, BPF_REG_0, 0);
    emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static GArray *
write_program(int map)
{
    GArray *code = g_array_new(FALSE, FALSE, sizeof(struct bpf_insn));

    emit(code, BPF_ALU64 | BPF_MOV | BPF_X, CONTEXT, BPF_REG_1, 0, 0);
    emit_load(code, BPF_REG_2, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, access_type));
    emit_register(code, BPF_MOV, WANTED, BPF_REG_2);
    emit_value(code, BPF_RSH, WANTED, 16);
    emit_value(code, BPF_AND, BPF_REG_2, 0xffff);
    emit_store(code, TYPE_AT, BPF_REG_2);
    emit_value(code, BPF_MOV, FOUND, 0);

    emit_rule(code, map, FALSE, FALSE);
    emit_rule(code, map, FALSE, TRUE);
    emit_rule(code, map, TRUE, FALSE);
    emit_rule(code, map, TRUE, TRUE);

    emit_store_value(code, TYPE_AT, open_key.type);
    emit_store_value(code, MAJOR_AT, open_key.major);
    emit_store_value(code, MINOR_AT, open_key.minor);
    emit_lookup(code, map);
    emit(code, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 8, 0);

    /* Closed: what is wanted, be it nothing, and not found.  Eight instructions. */
    emit_value(code, BPF_OR, WANTED, PRESENT);
    emit_register(code, BPF_MOV, BPF_REG_1, FOUND);
    emit_value(code, BPF_XOR, BPF_REG_1, -1);
    emit_register(code, BPF_AND, BPF_REG_1, WANTED);
    emit_verdict(code);

    /* Open: what is wanted, and found. */
    emit_register(code, BPF_MOV, BPF_REG_1, FOUND);
    emit_register(code, BPF_AND, BPF_REG_1, WANTED);
    emit_verdict(code);
    return code;
}

static CgFd
load_program(int map)
{
    g_autoptr(GArray) code = write_program(map);

    return bpf_prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, OUR_NAME, "LGPL-2.1-or-later",
                         (const struct bpf_insn *)(gpointer)code->data, code->len, NULL);
}

/* ---- what is ours ---- */

static GMutex tag_lock;
static gboolean tag_known;
static guint8 our_tag[BPF_TAG_SIZE];

static gboolean
get_program_info(int program, struct bpf_prog_info *info, guint32 *map_id)
{
    guint32 size = sizeof(*info);

    memset(info, 0, sizeof(*info));
    if (map_id) {
        info->nr_map_ids = 1;
        info->map_ids = GPOINTER_TO_SIZE(map_id);
    }
    return bpf_obj_get_info_by_fd(program, info, &size) == 0;
}

static gboolean
get_map_info(int map, struct bpf_map_info *info)
{
    guint32 size = sizeof(*info);

    memset(info, 0, sizeof(*info));
    return bpf_obj_get_info_by_fd(map, info, &size) == 0;
}

static CgFd
make_map(guint size)
{
    return bpf_map_create(BPF_MAP_TYPE_HASH, OUR_NAME, sizeof(Key), sizeof(guint32), size, NULL);
}

static gboolean
learn_tag(void)
{
    struct bpf_prog_info info;
    CG_AUTO_FD map = make_map(1);
    CG_AUTO_FD program = map >= 0 ? load_program(map) : -1;

    if (program < 0 || !get_program_info(program, &info, NULL))
        return FALSE;

    memcpy(our_tag, info.tag, sizeof(our_tag));
    return TRUE;
}

/* FALSE and errno if it cannot be found out. */
static gboolean
know_tag(void)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&tag_lock);

    if (!tag_known)
        tag_known = learn_tag();
    return tag_known;
}

static gboolean
is_our_map(int map, guint *size)
{
    struct bpf_map_info info;

    if (!get_map_info(map, &info) || info.type != BPF_MAP_TYPE_HASH ||
        info.key_size != sizeof(Key) || info.value_size != sizeof(guint32) ||
        strcmp(info.name, OUR_NAME) != 0)
        return FALSE;

    if (size)
        *size = info.max_entries;
    return TRUE;
}

/*
 * Whether the open @program is ours, and then its map.  -1 and errno on failure;
 * -1 and 0 if it is somebody else's.
 */
static CgFd
open_our_map(int program, char *name, guint *size)
{
    struct bpf_prog_info info;
    CG_AUTO_FD map = -1;
    guint32 map_id = 0;

    if (!get_program_info(program, &info, &map_id))
        return -1;
    if (name)
        g_strlcpy(name, info.name, sizeof(((CgBpfProgram *)NULL)->name));

    if (strcmp(info.name, OUR_NAME) == 0) {
        if (!know_tag())
            return -1;
        if (memcmp(info.tag, our_tag, sizeof(our_tag)) == 0 && info.nr_map_ids == 1)
            map = bpf_map_get_fd_by_id(map_id);
        if (map >= 0 && is_our_map(map, size))
            return cg_fd_steal(&map);
    }

    errno = 0;
    return -1;
}

/* ---- which there are ---- */

static GArray *
query(int dir, guint32 flags, guint32 *attach_flags)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 count = 64;

    do {
        g_array_set_size(ids, count);
        if (bpf_prog_query(dir, BPF_CGROUP_DEVICE, flags, attach_flags,
                           (guint32 *)(gpointer)ids->data, &count) == 0) {
            g_array_set_size(ids, count);
            return g_steal_pointer(&ids);
        }
        /* Then the kernel has said how many there are. */
    } while (errno == ENOSPC && count > ids->len);

    return NULL;
}

GArray *
cg_bpf_list_effective(int dir, GError **error)
{
    GArray *ids = query(dir, BPF_F_QUERY_EFFECTIVE, NULL);

    if (!ids)
        set_error(error, errno, dir, "list the programs that judge devices in");
    return ids;
}

void
cg_bpf_programs_free(CgBpfPrograms *programs)
{
    g_array_unref(programs->programs);
    g_free(programs);
}

/* One that is detached this very moment is passed over. */
static gboolean
append_program(GArray *programs, guint32 id)
{
    CgBpfProgram found = {.id = id};
    CG_AUTO_FD program = bpf_prog_get_fd_by_id(id);
    CG_AUTO_FD map = -1;

    if (program < 0)
        return errno == ENOENT;
    map = open_our_map(program, found.name, NULL);
    if (map < 0 && errno != 0)
        return FALSE;

    found.ours = map >= 0;
    g_array_append_val(programs, found);
    return TRUE;
}

CgBpfPrograms *
cg_bpf_list(int dir, GError **error)
{
    guint32 flags = 0;
    g_autoptr(GArray) ids = query(dir, 0, &flags);
    g_autoptr(CgBpfPrograms) found = NULL;
    guint i;

    if (!ids) {
        set_error(error, errno, dir, "list the programs that judge devices in");
        return NULL;
    }

    found = g_new0(CgBpfPrograms, 1);
    found->programs = g_array_new(FALSE, FALSE, sizeof(CgBpfProgram));
    found->shares_group = ids->len == 0 || (flags & BPF_F_ALLOW_MULTI);
    found->shares_below = found->shares_group || (flags & BPF_F_ALLOW_OVERRIDE);
    for (i = 0; i < ids->len; i++) {
        if (!append_program(found->programs, g_array_index(ids, guint32, i))) {
            set_error(error, errno, dir, "look at a program that judges devices in");
            return NULL;
        }
    }

    return g_steal_pointer(&found);
}

/* ---- rules in a map ---- */

static void
write_entry(const CgDeviceEntry *entry, Key *key, guint32 *value)
{
    guint i;

    key->type =
        entry->device.type == CORRAL_DEVICE_TYPE_BLOCK ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
    key->major = entry->device.major;
    key->minor = entry->device.minor;
    *value = PRESENT;
    for (i = 0; i < G_N_ELEMENTS(access_bits); i++) {
        if (entry->access & access_bits[i].ours)
            *value |= access_bits[i].kernels;
    }
}

static CgDeviceEntry
read_entry(const Key *key, guint32 value)
{
    CgDeviceEntry entry = {
        {key->type == BPF_DEVCG_DEV_BLOCK ? CORRAL_DEVICE_TYPE_BLOCK : CORRAL_DEVICE_TYPE_CHARACTER,
         key->major, key->minor},
        0};
    guint i;

    for (i = 0; i < G_N_ELEMENTS(access_bits); i++) {
        if (value & access_bits[i].kernels)
            entry.access |= access_bits[i].ours;
    }
    return entry;
}

static gint
compare_entries(gconstpointer a, gconstpointer b)
{
    const CorralDevice *one = &((const CgDeviceEntry *)a)->device;
    const CorralDevice *other = &((const CgDeviceEntry *)b)->device;

    if (one->type != other->type)
        return one->type < other->type ? -1 : 1;
    if (one->major != other->major)
        return one->major < other->major ? -1 : 1;
    return (one->minor > other->minor) - (one->minor < other->minor);
}

static void
take_entry(CgDeviceRules *rules, const Key *key, guint32 value)
{
    if (key->type == open_key.type) {
        rules->open = TRUE;
    } else {
        CgDeviceEntry entry = read_entry(key, value);

        g_array_append_val(rules->entries, entry);
    }
}

/* In no order; a map that is changed meanwhile may tell a key twice. */
static gboolean
read_map(int map, guint size, CgDeviceRules *rules)
{
    g_autofree Key *keys = g_new(Key, size);
    g_autofree guint32 *values = g_new(guint32, size);
    guint32 batch;
    guint32 *last = NULL;
    gboolean more;

    do {
        guint32 count = size;
        guint i;

        more = bpf_map_lookup_batch(map, last, &batch, keys, values, &count, NULL) == 0;
        if (!more && errno != ENOENT)
            return FALSE;
        for (i = 0; i < count; i++)
            take_entry(rules, &keys[i], values[i]);
        last = &batch;
    } while (more);

    return TRUE;
}

static void
sort_entries(GArray *entries)
{
    guint i;

    g_array_sort(entries, compare_entries);
    for (i = entries->len; i > 1; i--) {
        if (compare_entries(&g_array_index(entries, CgDeviceEntry, i - 1),
                            &g_array_index(entries, CgDeviceEntry, i - 2)) == 0)
            g_array_remove_index(entries, i - 2);
    }
}

/* The map of our program @id; -1 and a GError on failure. */
static CgFd
open_map(int dir, guint32 id, guint *size, GError **error)
{
    CG_AUTO_FD program = bpf_prog_get_fd_by_id(id);
    CgFd map = program >= 0 ? open_our_map(program, NULL, size) : -1;

    if (map < 0)
        set_error(error, errno ? errno : ENOENT, dir, "open the rules about devices of");
    return map;
}

CgDeviceRules *
cg_bpf_read(int dir, guint32 id, GError **error)
{
    g_autoptr(CgDeviceRules) rules = cg_device_rules_new(FALSE);
    guint size = 0;
    CG_AUTO_FD map = open_map(dir, id, &size, error);

    if (map < 0)
        return NULL;
    if (!read_map(map, size, rules)) {
        set_error(error, errno, dir, "read the rules about devices of");
        return NULL;
    }

    sort_entries(rules->entries);
    return g_steal_pointer(&rules);
}

static gboolean
put_entry(int map, const CgDeviceEntry *entry)
{
    guint32 value;
    Key key;

    write_entry(entry, &key, &value);
    if (entry->access == 0)
        return bpf_map_delete_elem(map, &key) == 0 || errno == ENOENT;
    return bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0;
}

/* What @rules say about exactly the device of @entry, together with @entry's accesses. */
static CgDeviceEntry
join(const CgDeviceEntry *entry, const CgDeviceRules *rules, gboolean with_own)
{
    CgDeviceEntry joined = *entry;
    guint i;

    if (!with_own)
        joined.access = 0;
    for (i = 0; i < rules->entries->len; i++) {
        const CgDeviceEntry *other = cg_device_rules_get(rules, i);

        if (compare_entries(other, entry) == 0)
            joined.access |= other->access;
    }
    return joined;
}

/* Puts each device of @entries as @rules have it, and with the accesses of @entries if @more. */
static gboolean
put_entries(int map, GArray *entries, const CgDeviceRules *rules, gboolean more)
{
    guint i;

    for (i = 0; i < entries->len; i++) {
        CgDeviceEntry entry = join(&g_array_index(entries, CgDeviceEntry, i), rules, more);

        if (!put_entry(map, &entry))
            return FALSE;
    }

    return TRUE;
}

gboolean
cg_bpf_update(int dir, guint32 id, const CgDeviceRules *before, const CgDeviceRules *after,
              gboolean *full, GError **error)
{
    g_autoptr(GArray) more = cg_device_rules_subtract(after, before);
    g_autoptr(GArray) less = cg_device_rules_subtract(before, after);
    guint size = 0;
    CG_AUTO_FD map = open_map(dir, id, &size, error);
    int errnum;

    if (map < 0)
        return FALSE;
    /* One is for open_key. */
    *full = before->entries->len + more->len + 1 > size;
    if (*full)
        return FALSE;

    if (put_entries(map, more, before, TRUE) && put_entries(map, less, after, FALSE))
        return TRUE;

    errnum = errno;
    if (!put_entries(map, less, before, FALSE) || !put_entries(map, more, before, FALSE))
        g_debug("rules about devices are not what they were");
    set_error(error, errnum, dir, "change the rules about devices of");
    return FALSE;
}

/* ---- attaching ---- */

static guint
size_for(guint n_entries)
{
    guint size = MIN_MAP_SIZE;

    while (size < 2 * n_entries)
        size *= 2;
    return size;
}

static gboolean
fill_map(int map, const CgDeviceRules *rules)
{
    guint32 present = PRESENT;
    guint i;

    if (rules->open && bpf_map_update_elem(map, &open_key, &present, BPF_ANY) < 0)
        return FALSE;
    for (i = 0; i < rules->entries->len; i++) {
        if (!put_entry(map, cg_device_rules_get(rules, i)))
            return FALSE;
    }

    return TRUE;
}

gboolean
cg_bpf_attach(int dir, guint32 replaced, const CgDeviceRules *rules, GError **error)
{
    LIBBPF_OPTS(bpf_prog_attach_opts, options, .flags = BPF_F_ALLOW_MULTI);
    CG_AUTO_FD map = make_map(size_for(rules->entries->len + 1));
    CG_AUTO_FD program = -1;
    CG_AUTO_FD old = -1;

    if (map < 0 || !fill_map(map, rules)) {
        set_error(error, errno, dir, "make a map of the rules about devices of");
        return FALSE;
    }
    program = load_program(map);
    if (program < 0) {
        set_error(error, errno, dir, "load the program that judges devices in");
        return FALSE;
    }
    if (replaced) {
        old = bpf_prog_get_fd_by_id(replaced);
        if (old < 0) {
            set_error(error, errno, dir, "open the program that judges devices in");
            return FALSE;
        }
        options.flags |= BPF_F_REPLACE;
        options.replace_prog_fd = old;
    }
    if (bpf_prog_attach_opts(program, dir, BPF_CGROUP_DEVICE, &options) < 0) {
        set_error(error, errno, dir, "attach the program that judges devices to");
        return FALSE;
    }

    return TRUE;
}

gboolean
cg_bpf_detach(int dir, guint32 id, GError **error)
{
    CG_AUTO_FD program = bpf_prog_get_fd_by_id(id);

    if (program < 0 || bpf_prog_detach2(program, dir, BPF_CGROUP_DEVICE) < 0) {
        if (errno == ENOENT)
            return TRUE;
        set_error(error, errno, dir, "detach the program that judges devices from");
        return FALSE;
    }

    return TRUE;
}
