/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "foreign-program.h"

static int
sys_bpf(int command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int
open_group(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static int
make_map(const char *name)
{
    union bpf_attr attr = {
        .map_type = BPF_MAP_TYPE_HASH, .key_size = 12, .value_size = 4, .max_entries = 64};

    g_strlcpy(attr.map_name, name, sizeof(attr.map_name));
    return sys_bpf(BPF_MAP_CREATE, &attr);
}

static int
load(const char *name, guint major, int map)
{
    const struct bpf_insn code[] = {
        {.code = BPF_LD | BPF_DW | BPF_IMM,
         .dst_reg = BPF_REG_3,
         .src_reg = map >= 0 ? BPF_PSEUDO_MAP_FD : 0,
         .imm = MAX(map, 0)},
        {0},
        {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1, .off = 4},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
        {.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_2, .off = 1, .imm = major},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attr = {
        .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
        .insn_cnt = G_N_ELEMENTS(code),
        .insns = GPOINTER_TO_SIZE(code),
        .license = GPOINTER_TO_SIZE("GPL"),
    };

    g_strlcpy(attr.prog_name, name, sizeof(attr.prog_name));
    return sys_bpf(BPF_PROG_LOAD, &attr);
}

static guint32
id_of(int program)
{
    struct bpf_prog_info info = {0};
    union bpf_attr attr = {0};

    attr.info.bpf_fd = program;
    attr.info.info = GPOINTER_TO_SIZE(&info);
    attr.info.info_len = sizeof(info);
    return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 ? 0 : info.id;
}

guint32
foreign_attach(const char *dir, const char *name, guint major, gboolean with_map, ForeignMode mode)
{
    int map = with_map ? make_map(name) : -1;
    int program = load(name, major, map);
    int group = open_group(dir);
    union bpf_attr attr = {0};
    guint32 id = 0;
    int errnum = errno;

    if (program >= 0) {
        attr.target_fd = group;
        attr.attach_bpf_fd = program;
        attr.attach_type = BPF_CGROUP_DEVICE;
        attr.attach_flags = mode == FOREIGN_MULTI ? BPF_F_ALLOW_MULTI : 0;
        if (sys_bpf(BPF_PROG_ATTACH, &attr) == 0)
            id = id_of(program);
        errnum = errno;
        close(program);
    }
    if (map >= 0)
        close(map);
    close(group);
    errno = errnum;
    return id;
}

void
foreign_detach(const char *dir, guint32 id)
{
    int group = open_group(dir);
    union bpf_attr attr = {.prog_id = id};
    int program = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);

    g_assert_cmpint(program, >=, 0);
    memset(&attr, 0, sizeof(attr));
    attr.target_fd = group;
    attr.attach_bpf_fd = program;
    attr.attach_type = BPF_CGROUP_DEVICE;
    g_assert_cmpint(sys_bpf(BPF_PROG_DETACH, &attr), ==, 0);
    close(program);
    close(group);
}

static gboolean
is_called(int command, guint32 id, const char *name)
{
    struct bpf_prog_info program = {0};
    struct bpf_map_info map = {0};
    gboolean is_map = command == BPF_MAP_GET_FD_BY_ID;
    union bpf_attr attr = {.prog_id = id};
    int fd = sys_bpf(command, &attr);
    gboolean called = FALSE;

    if (fd < 0)
        return FALSE;
    memset(&attr, 0, sizeof(attr));
    attr.info.bpf_fd = fd;
    attr.info.info = is_map ? GPOINTER_TO_SIZE(&map) : GPOINTER_TO_SIZE(&program);
    attr.info.info_len = is_map ? sizeof(map) : sizeof(program);
    if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0)
        called = strcmp(is_map ? map.name : program.name, name) == 0;
    close(fd);
    return called;
}

guint
foreign_count(const char *name)
{
    static const int commands[][2] = {
        {BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID},
        {BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID},
    };
    guint count = 0;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(commands); i++) {
        union bpf_attr attr = {0};

        while (sys_bpf(commands[i][0], &attr) == 0) {
            count += is_called(commands[i][1], attr.next_id, name);
            attr.start_id = attr.next_id;
        }
        if (errno != ENOENT)
            return G_MAXUINT;
    }

    return count;
}

GArray *
foreign_list(const char *dir)
{
    int group = open_group(dir);
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    union bpf_attr attr = {0};

    g_array_set_size(ids, 64);
    attr.query.target_fd = group;
    attr.query.attach_type = BPF_CGROUP_DEVICE;
    attr.query.prog_ids = GPOINTER_TO_SIZE(ids->data);
    attr.query.prog_cnt = ids->len;
    g_assert_cmpint(sys_bpf(BPF_PROG_QUERY, &attr), ==, 0);
    g_array_set_size(ids, attr.query.prog_cnt);
    close(group);
    return ids;
}
