/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine and the process that groups are made for. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-bed.h"

void
bed_die(const char *what)
{
    perror(what);
    exit(1);
}

void
bed_check(gboolean ok, GError *error)
{
    if (!ok) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

const char *
bed_child_name(guint i, char name[16])
{
    if (i == 0)
        g_strlcpy(name, "emulator", 16);
    else
        g_snprintf(name, 16, "vcpu%u", i - 1);
    return name;
}

/* ---- the machine ---- */

/* Several controllers may be mounted together. */
static void
add_hierarchy(BenchBed *self, const char *path, CorralController controller)
{
    guint i;

    for (i = 0; i < self->n_hierarchies; i++) {
        if (g_str_equal(self->hierarchies[i].path, path))
            break;
    }
    if (i == self->n_hierarchies) {
        self->hierarchies[i].path = g_strdup(path);
        self->hierarchies[i].root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (self->hierarchies[i].root < 0)
            bed_die(path);
        self->n_hierarchies++;
    }
    self->hierarchies[i].controllers |= CORRAL_CONTROLLER_BIT(controller);
}

/* The roots, from the library: it knows where they are. */
static gboolean
find_hierarchies(BenchBed *self)
{
    guint n_unified = 0;
    guint c;

    for (c = 0; c < CORRAL_N_CONTROLLERS; c++) {
        CorralControllers one = CORRAL_CONTROLLER_BIT(c);
        g_autoptr(CorralGroup) root = NULL;
        g_auto(GStrv) entrances = NULL;
        g_autofree char *dir = NULL;

        if (!(one & BED_GUEST))
            continue;
        root = corral_group_open(self->host, "", one, NULL);
        entrances = root ? corral_group_list_entrances(root, NULL) : NULL;
        if (!entrances || !entrances[0]) {
            printf("SKIP: nobody serves '%s' here\n", corral_controller_get_name(c));
            return FALSE;
        }
        dir = g_path_get_dirname(entrances[0]);
        add_hierarchy(self, dir, c);
        n_unified += !g_str_has_suffix(entrances[0], "/tasks");
    }

    self->unified = n_unified > 0;
    if (self->unified && self->n_hierarchies > 1) {
        printf("SKIP: the controllers are in hierarchies of both kinds here\n");
        return FALSE;
    }
    return TRUE;
}

guint
bed_find_hierarchy(const BenchBed *self, CorralController controller)
{
    guint i = 0;

    while (!(self->hierarchies[i].controllers & CORRAL_CONTROLLER_BIT(controller)))
        i++;
    return i;
}

int
bed_start(BenchBed *self, const char *name)
{
    g_autoptr(CorralGroup) group = NULL;
    GError *error = NULL;

    memset(self, 0, sizeof(*self));
    self->process = -1;
    self->host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    if (!self->host || geteuid() != 0) {
        printf("SKIP: %s\n", error ? error->message : "needs root");
        return 77;
    }
    if (!find_hierarchies(self))
        return 77;

    self->partition = g_strdup_printf("%s.%d", name, (int)getpid());
    self->guest = g_strconcat(self->partition, "/g", NULL);
    group = corral_group_make(self->host, self->partition, BED_GUEST, CORRAL_MAKE_NEW, &error);
    bed_check(group != NULL, error);
    return 0;
}

void
bed_stop(BenchBed *self)
{
    g_autoptr(CorralGroup) group = NULL;
    GError *error = NULL;
    guint i;

    group = corral_group_open(self->host, self->partition, BED_GUEST, &error);
    bed_check(group && corral_group_remove(group, 10000, &error), error);
    for (i = 0; i < self->n_hierarchies; i++) {
        close(self->hierarchies[i].root);
        g_free(self->hierarchies[i].path);
    }
    g_clear_object(&self->host);
    g_free(self->partition);
    g_free(self->guest);
}

/* ---- the process ---- */

static gpointer
be_a_thread(gpointer data)
{
    int report = GPOINTER_TO_INT(data);
    pid_t tid = syscall(SYS_gettid);

    if (write(report, &tid, sizeof(tid)) < 0)
        _exit(1);
    while (TRUE)
        pause();
    return NULL;
}

/* Ends when we do: nobody else holds the other end of the pipe. */
void
bed_start_process(BenchBed *self, guint n_vcpus)
{
    int report[2];
    int leash[2];
    char byte;
    guint i;

    if (pipe2(report, O_CLOEXEC) < 0 || pipe2(leash, O_CLOEXEC) < 0)
        bed_die("pipe");
    self->n_vcpus = n_vcpus;
    self->process = fork();
    if (self->process == 0) {
        close(leash[1]);
        for (i = 0; i < n_vcpus; i++)
            g_thread_unref(g_thread_new("vcpu", be_a_thread, GINT_TO_POINTER(report[1])));
        _exit(read(leash[0], &byte, 1) == 0 ? 0 : 1);
    }
    for (i = 0; i < n_vcpus; i++) {
        if (read(report[0], &self->threads[i], sizeof(pid_t)) != sizeof(pid_t))
            bed_die("threads");
    }
    self->leash = leash[1];
    close(leash[0]);
    close(report[0]);
    close(report[1]);
}

void
bed_end_process(BenchBed *self)
{
    close(self->leash);
    waitpid(self->process, NULL, 0);
    self->process = -1;
}

void
bed_take_out(const BenchBed *self)
{
    guint h;

    for (h = 0; h < self->n_hierarchies; h++) {
        int fd = openat(self->hierarchies[h].root, "cgroup.procs", O_WRONLY | O_CLOEXEC);

        if (fd < 0 || dprintf(fd, "%d", (int)self->process) < 0)
            bed_die("cgroup.procs");
        close(fd);
    }
}

/* ---- what has become of the group ---- */

static const char *const telling_files[] = {
    "cpu.shares",
    "cpu.cfs_quota_us",
    "cpu.cfs_period_us",
    "cpuset.cpus",
    "cpuset.mems",
    "memory.limit_in_bytes",
    "pids.max",
    "tasks",
    "cgroup.type",
    "cgroup.controllers",
    "cgroup.subtree_control",
    "cgroup.threads",
    "cpu.weight",
    "cpu.max",
    "memory.max",
};

static gint
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Members come in any order. */
static void
describe_file(GString *text, const char *dir, const char *file)
{
    g_autofree char *name = g_build_filename(dir, file, NULL);
    g_autofree char *content = NULL;
    g_auto(GStrv) lines = NULL;
    g_autofree char *joined = NULL;

    if (!g_file_get_contents(name, &content, NULL, NULL))
        return;
    lines = g_strsplit(g_strchomp(content), "\n", -1);
    qsort(lines, g_strv_length(lines), sizeof(lines[0]), compare_lines);
    joined = g_strjoinv(" ", lines);
    g_string_append_printf(text, "%s: %s\n", name, joined);
}

char *
bed_describe_guest(const BenchBed *self)
{
    GString *text = g_string_new(NULL);
    char name[16];
    guint h, i, f;

    for (h = 0; h < self->n_hierarchies; h++) {
        g_autofree char *dir = g_build_filename(self->hierarchies[h].path, self->guest, NULL);

        for (f = 0; f < G_N_ELEMENTS(telling_files); f++)
            describe_file(text, dir, telling_files[f]);
        for (i = 0; i <= self->n_vcpus; i++) {
            g_autofree char *child = g_build_filename(dir, bed_child_name(i, name), NULL);

            for (f = 0; f < G_N_ELEMENTS(telling_files); f++)
                describe_file(text, child, telling_files[f]);
        }
    }

    return g_string_free(text, FALSE);
}
