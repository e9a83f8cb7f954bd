/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a change of one rule about devices costs on the unified interface, in turn
 * through the library, which changes a map in place, and as container runtimes
 * and systemd do it: all rules are compiled into a new program, which is loaded
 * and takes the old one's place.  And what it costs to replace all rules.
 *
 *   bench-devices [ROUNDS]
 *
 * Where the legacy interface serves devices, it is taken away for this process.
 */
#include <config.h>

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "corral.h"
#include "unified-devices.h"

#define DEVICES CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES)
#define MAX_RULES 200
#define ACCESS (CORRAL_DEVICE_ACCESS_READ | CORRAL_DEVICE_ACCESS_WRITE)

static CorralGroup *group;
static int n_rules;
static int round_number;

static void
check(gboolean ok, GError *error)
{
    if (!ok) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

/* ---- through the library ---- */

/* One rule comes and goes. */
static void
library_change(void)
{
    static const CorralDevice device = {CORRAL_DEVICE_TYPE_CHARACTER, 240, 1000};
    GError *error = NULL;

    check(round_number % 2 ? corral_group_deny_device(group, &device, ACCESS, &error)
                           : corral_group_allow_device(group, &device, ACCESS, &error),
          error);
}

static void
library_replace(void)
{
    g_autoptr(GPtrArray) rules =
        g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);
    GError *error = NULL;
    int i;

    for (i = 0; i < n_rules; i++) {
        CorralDevice device = {CORRAL_DEVICE_TYPE_CHARACTER, 240, i + round_number % 2};

        g_ptr_array_add(rules, corral_device_rule_new(TRUE, &device, ACCESS));
    }
    check(corral_group_set_device_rules(group, rules, &error), error);
}

/* ---- by hand ---- */

static int raw_group = -1;
static int raw_program = -1;

static int
sys_bpf(int command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static struct bpf_insn *
add(struct bpf_insn *at, guint8 op, guint8 to, guint8 from, gint16 offset, gint32 value)
{
    *at =
        (struct bpf_insn){.code = op, .dst_reg = to, .src_reg = from, .off = offset, .imm = value};
    return at + 1;
}

/* Rule by rule: another type, more access, another major or minor number, or allowed. */
static int
raw_load(void)
{
    static struct bpf_insn code[16 + 8 * (MAX_RULES + 1)];
    struct bpf_insn *at = code;
    union bpf_attr attr = {0};
    int i;

    at = add(at, BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0);
    at = add(at, BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
    at = add(at, BPF_LDX | BPF_MEM | BPF_W, 3, 1, 0, 0);
    at = add(at, BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
    at = add(at, BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
    at = add(at, BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
    for (i = 0; i < n_rules + round_number % 2; i++) {
        at = add(at, BPF_JMP | BPF_JNE | BPF_K, 2, 0, 7, BPF_DEVCG_DEV_CHAR);
        at = add(at, BPF_ALU | BPF_MOV | BPF_X, 1, 3, 0, 0);
        at = add(at, BPF_ALU | BPF_AND | BPF_K, 1, 0, 0, BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE);
        at = add(at, BPF_JMP | BPF_JNE | BPF_X, 1, 3, 4, 0);
        at = add(at, BPF_JMP | BPF_JNE | BPF_K, 4, 0, 3, 240);
        at = add(at, BPF_JMP | BPF_JNE | BPF_K, 5, 0, 2, i);
        at = add(at, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
        at = add(at, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }
    at = add(at, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
    at = add(at, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

    attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attr.insn_cnt = at - code;
    attr.insns = GPOINTER_TO_SIZE(code);
    attr.license = GPOINTER_TO_SIZE("GPL");
    return sys_bpf(BPF_PROG_LOAD, &attr);
}

static void
raw_reattach(void)
{
    int program = raw_load();
    union bpf_attr attr = {0};

    if (program < 0)
        die("load");
    attr.target_fd = raw_group;
    attr.attach_bpf_fd = program;
    attr.attach_type = BPF_CGROUP_DEVICE;
    attr.attach_flags = BPF_F_ALLOW_MULTI;
    if (raw_program >= 0) {
        attr.attach_flags |= BPF_F_REPLACE;
        attr.replace_bpf_fd = raw_program;
    }
    if (sys_bpf(BPF_PROG_ATTACH, &attr) < 0)
        die("attach");
    if (raw_program >= 0)
        close(raw_program);
    raw_program = program;
}

/* ---- comparing ---- */

static gint
compare_times(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a;
    gint64 y = *(const gint64 *)b;

    return (x > y) - (x < y);
}

static double
median(GArray *times)
{
    g_array_sort(times, compare_times);
    return g_array_index(times, gint64, times->len / 2);
}

static void
compare(int rules, int rounds)
{
    static void (*const ways[])(void) = {library_change, raw_reattach, library_replace};
    static const int times_each = 8;
    GArray *times[G_N_ELEMENTS(ways)];
    double result[G_N_ELEMENTS(ways)];
    gsize w;
    int round, i;

    n_rules = rules;
    round_number = 0;
    library_replace();
    for (w = 0; w < G_N_ELEMENTS(ways); w++)
        times[w] = g_array_new(FALSE, FALSE, sizeof(gint64));

    for (round = 0; round < rounds; round++) {
        for (w = 0; w < G_N_ELEMENTS(ways); w++) {
            gint64 begin = g_get_monotonic_time();
            gint64 took;

            for (i = 0; i < times_each; i++) {
                round_number = i;
                ways[w]();
            }
            took = g_get_monotonic_time() - begin;
            if (round > 0)
                g_array_append_val(times[w], took);
        }
    }

    for (w = 0; w < G_N_ELEMENTS(ways); w++) {
        result[w] = median(times[w]) / times_each;
        g_array_unref(times[w]);
    }
    printf("%5d %18.1f %18.1f %18.1f %10.2f %10.2f\n", rules, result[0], result[2], result[1],
           result[0] / result[1], result[2] / result[1]);
}

static int
open_group(CorralGroup *of)
{
    g_auto(GStrv) entrances = corral_group_list_entrances(of, NULL);
    g_autofree char *dir = g_path_get_dirname(entrances[0]);

    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
main(int argc, char **argv)
{
    static const int sizes[] = {5, 20, MAX_RULES};
    int rounds = argc == 2 ? g_ascii_strtoll(argv[1], NULL, 10) : 100;
    g_autofree char *path = g_strdup_printf("corral-bench.%d", (int)getpid());
    g_autofree char *raw_path = g_strconcat(path, "/raw", NULL);
    g_autofree char *own_path = g_strconcat(path, "/own", NULL);
    CorralGroup *raw, *top;
    CorralHost *host;
    GPtrArray *rules;
    GError *error = NULL;
    gsize i;

    if (geteuid() != 0 || (unified_devices_are_hidden() && !unified_devices_show())) {
        puts("SKIP: needs root");
        return 77;
    }
    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    check(host != NULL, error);
    top = corral_group_make(host, path, DEVICES, CORRAL_MAKE_NEW, &error);
    check(top != NULL, error);
    group = corral_group_make(host, own_path, DEVICES, CORRAL_MAKE_NEW, &error);
    check(group != NULL, error);
    raw = corral_group_make(host, raw_path, DEVICES, CORRAL_MAKE_NEW, &error);
    check(raw != NULL, error);
    raw_group = open_group(raw);
    rules = corral_group_list_device_rules(group, &error);
    if (!rules || raw_group < 0) {
        printf("SKIP: %s\n", error ? error->message : "no group");
        g_clear_error(&error);
        check(corral_group_remove(top, 10000, &error), error);
        return 77;
    }
    g_ptr_array_unref(rules);

    printf("Rules about devices on the unified interface: medians of %d rounds, interleaved\n\n",
           rounds - 1);
    printf("%5s %18s %18s %18s %10s %10s\n", "rules", "change one, us", "replace all, us",
           "re-attach, us", "change", "replace");
    for (i = 0; i < G_N_ELEMENTS(sizes); i++)
        compare(sizes[i], rounds);
    puts("\nchange, replace: over compiling, loading and attaching a program by hand");

    g_object_unref(raw);
    g_object_unref(group);
    check(corral_group_remove(top, 10000, &error), error);
    g_object_unref(top);
    g_object_unref(host);
    return 0;
}
