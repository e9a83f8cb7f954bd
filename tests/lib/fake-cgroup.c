/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups on a plain file system.
 *
 * Every directory of the fake machine that is a group has a hidden file that
 * says what it is, KIND_FILE: "unified", or "legacy" and the controllers.  A
 * new group is put together aside and moved into place, and a removed one is
 * moved away before it is emptied, so that nobody sees half of one.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "cg-mountinfo.h"
#include "cg-tree.h"
#include "fake-cgroup.h"
#include "fake-defaults.h"
#include "fake-devices.h"
#include "fake-io.h"
#include "fake-labels.h"
#include "fake-memory.h"

#define KIND_FILE ".kind"

struct _FakeCgroup {
    char *root;
    GPtrArray *mounts; /* owned CgMount */
    GString *log;
    struct {
        guint after;
        int errnum; /* 0: nothing is to fail */
        GThread *thread;
    } faults[FAKE_N_CALLS];
    guint resists; /* how often freezing is in vain */
};

static FakeCgroup *fake; /* the one that the library talks to */
static GMutex lock;      /* over all of it */

static const char *const members_files[] = {"cgroup.procs", "tasks", "cgroup.threads", NULL};

/* ---- files, by absolute name ---- */

static char *
read_file(const char *dir, const char *file)
{
    g_autofree char *name = g_build_filename(dir, file, NULL);
    char *text = NULL;

    return g_file_get_contents(name, &text, NULL, NULL) ? text : NULL;
}

static void
write_file(const char *dir, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(dir, file, NULL);
    FILE *stream = g_fopen(name, "we");

    g_assert_nonnull(stream);
    fputs(text, stream);
    g_assert_cmpint(fclose(stream), ==, 0);
}

/* Whether one of @text's words or lines is @wanted. */
static gboolean
lists(const char *text, const char *wanted)
{
    g_auto(GStrv) words = text ? g_strsplit_set(text, " \n", -1) : NULL;

    return words && g_strv_contains((const char *const *)words, wanted);
}

/* The absolute name of @path below an open directory. */
static char *
name_of(int dir, const char *path)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", dir);
    g_autofree char *here = g_file_read_link(link, NULL);

    g_assert_nonnull(here);
    return path[0] ? g_build_filename(here, path, NULL) : g_steal_pointer(&here);
}

static char *
name_in_machine(const char *name)
{
    g_assert_true(g_str_has_prefix(name, fake->root));
    return g_strdup(name + strlen(fake->root));
}

static int
remove_entry(const char *name, const struct stat *st G_GNUC_UNUSED, int type G_GNUC_UNUSED,
             struct FTW *walk G_GNUC_UNUSED)
{
    return remove(name);
}

static void
remove_tree(const char *name)
{
    if (nftw(name, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0)
        g_error("cannot remove '%s': %s", name, g_strerror(errno));
}

/* ---- faults and the log; the lock is held ---- */

static gboolean
fails(FakeCall call)
{
    if (fake->faults[call].errnum == 0 || fake->faults[call].thread != g_thread_self() ||
        fake->faults[call].after-- > 0)
        return FALSE;

    errno = fake->faults[call].errnum;
    fake->faults[call].errnum = 0;
    return TRUE;
}

static void
log_call(const char *what, const char *name, const char *more)
{
    g_autofree char *shown = name_in_machine(name);

    g_string_append_printf(fake->log, "%s %s%s%s\n", what, shown, more[0] ? " " : "", more);
}

/* ---- making groups ---- */

static void
add_files(const char *dir, gboolean unified, const char *controller)
{
    gsize i;

    for (i = 0; i < fake_n_defaults; i++) {
        g_autofree char *name = g_build_filename(dir, fake_defaults[i].file, NULL);

        if (fake_defaults[i].unified == unified &&
            g_strcmp0(fake_defaults[i].controller, controller) == 0 &&
            !g_file_test(name, G_FILE_TEST_EXISTS))
            write_file(dir, fake_defaults[i].file, fake_defaults[i].text);
    }
}

static void
add_files_of_all(const char *dir, gboolean unified, const char *controllers)
{
    g_auto(GStrv) words = g_strsplit_set(controllers, " \n", -1);
    gsize i;

    for (i = 0; words[i]; i++)
        add_files(dir, unified, words[i]);
}

/* Fills @dir, which is new, as a child of the group @parent. */
static void
fill(const char *dir, const char *parent)
{
    g_autofree char *kind = read_file(parent, KIND_FILE);
    g_autofree char *clone = read_file(parent, "cgroup.clone_children");
    g_autofree char *granted = read_file(parent, "cgroup.subtree_control");
    gboolean unified = lists(kind, "unified");

    write_file(dir, KIND_FILE, kind);
    add_files(dir, unified, NULL);
    if (unified) {
        write_file(dir, "cgroup.controllers", granted);
        add_files_of_all(dir, TRUE, granted);
        return;
    }

    add_files_of_all(dir, FALSE, kind);
    if (lists(kind, "devices"))
        fake_devices_inherit(dir, parent);
    if (lists(clone, "1")) {
        write_file(dir, "cgroup.clone_children", "1\n");
        if (lists(kind, "cpuset")) {
            g_autofree char *cpus = read_file(parent, "cpuset.cpus");
            g_autofree char *mems = read_file(parent, "cpuset.mems");

            write_file(dir, "cpuset.cpus", cpus);
            write_file(dir, "cpuset.mems", mems);
        }
    }
}

static int
make_group(const char *name)
{
    g_autofree char *parent = g_path_get_dirname(name);
    g_autofree char *kind = read_file(parent, KIND_FILE);
    g_autofree char *aside = g_build_filename(fake->root, "making", NULL);

    if (!kind) {
        errno = ENOENT;
        return -1;
    }
    if (g_file_test(name, G_FILE_TEST_EXISTS)) {
        errno = EEXIST;
        return -1;
    }
    if (g_mkdir(aside, 0755) < 0)
        return -1;
    fill(aside, parent);
    if (rename(aside, name) < 0) {
        int errnum = errno;

        remove_tree(aside);
        errno = errnum;
        return -1;
    }

    return 0;
}

static int
fake_mkdir(int dir, const char *path)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *name = name_of(dir, path);

    if (fails(FAKE_MKDIR))
        return -1;
    log_call("mkdir", name, "");
    return make_group(name);
}

/* ---- removing groups ---- */

static gboolean
is_busy(const char *name)
{
    g_autoptr(GDir) dir = g_dir_open(name, 0, NULL);
    const char *entry;
    gsize i;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(name, entry, NULL);

        if (g_file_test(below, G_FILE_TEST_IS_DIR))
            return TRUE;
    }
    for (i = 0; members_files[i]; i++) {
        g_autofree char *members = read_file(name, members_files[i]);

        if (members && members[0])
            return TRUE;
    }

    return FALSE;
}

static int
remove_group(const char *name)
{
    g_autofree char *aside = g_build_filename(fake->root, "removing", NULL);
    g_autofree char *procs = g_build_filename(name, "cgroup.procs", NULL);

    if (is_busy(name)) {
        errno = EBUSY;
        return -1;
    }
    /* To those who hold it, it is gone before its name is. */
    if (unlink(procs) < 0 || rename(name, aside) < 0)
        return -1;
    remove_tree(aside);

    return 0;
}

static int
fake_rmdir(int dir, const char *path)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *name = name_of(dir, path);

    if (fails(FAKE_RMDIR))
        return -1;
    log_call("rmdir", name, "");
    return remove_group(name);
}

/* ---- members ---- */

/* The group at or below @dir whose @file lists @id; NULL if none does. */
static char *
find_member(const char *dir, const char *file, const char *id)
{
    g_autofree char *members = read_file(dir, file);
    g_autoptr(GDir) stream = g_dir_open(dir, 0, NULL);
    const char *entry;

    if (lists(members, id))
        return g_strdup(dir);

    while (stream && (entry = g_dir_read_name(stream))) {
        g_autofree char *below = g_build_filename(dir, entry, NULL);
        char *found = NULL;

        if (g_file_test(below, G_FILE_TEST_IS_DIR))
            found = find_member(below, file, id);
        if (found)
            return found;
    }

    return NULL;
}

static void
drop_member(const char *dir, const char *file, const char *id)
{
    g_autofree char *members = read_file(dir, file);
    g_auto(GStrv) lines = g_strsplit(members, "\n", -1);
    g_autoptr(GString) left = g_string_new(NULL);
    gsize i;

    for (i = 0; lines[i]; i++) {
        if (lines[i][0] && !g_str_equal(lines[i], id))
            g_string_append_printf(left, "%s\n", lines[i]);
    }
    write_file(dir, file, left->str);
}

/* Where the hierarchy of @mount shows. */
static char *
mount_dir(const CgMount *mount)
{
    return g_build_filename(fake->root, mount->mount_point, NULL);
}

/* The top of the hierarchy that the group @name is in. */
static char *
hierarchy_of(const char *name)
{
    guint i;

    for (i = fake->mounts->len; i > 0; i--) {
        g_autofree char *dir = mount_dir(g_ptr_array_index(fake->mounts, i - 1));

        if (g_str_has_prefix(name, dir) && strchr("/", name[strlen(dir)]))
            return g_steal_pointer(&dir);
    }

    return NULL;
}

static void
leave(const char *hierarchy, const char *file, const char *id)
{
    g_autofree char *before = find_member(hierarchy, file, id);

    if (before)
        drop_member(before, file, id);
}

static void
join(const char *dir, const char *file, const char *id)
{
    g_autofree char *members = read_file(dir, file);
    g_autofree char *more = g_strconcat(members, id, "\n", NULL);

    write_file(dir, file, more);
}

/* As the kernel shows it: where @id is in each hierarchy; the root if nobody put it elsewhere. */
static void
update_proc(const char *id)
{
    g_autofree char *proc = g_build_filename(fake->root, "proc", id, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    guint i;

    for (i = 0; i < fake->mounts->len; i++) {
        const CgMount *mount = g_ptr_array_index(fake->mounts, i);
        g_autofree char *dir = mount_dir(mount);
        g_autofree char *group = find_member(dir, "cgroup.procs", id);
        g_autofree char *path =
            g_build_filename(mount->root, group ? group + strlen(dir) : "", NULL);
        guint c;

        g_string_append_printf(text, "%u:", mount->unified ? 0 : i + 1);
        for (c = 0; !mount->unified && c < CORRAL_N_CONTROLLERS; c++) {
            if (mount->controllers & CORRAL_CONTROLLER_BIT(c))
                g_string_append_printf(text, "%s%s", text->str[text->len - 1] == ':' ? "" : ",",
                                       corral_controller_get_name(c));
        }
        if (mount->name)
            g_string_append_printf(text, "name=%s", mount->name);
        g_string_append_printf(text, ":%s\n", path);
    }

    g_mkdir_with_parents(proc, 0755);
    write_file(proc, "cgroup", text->str);
}

static gboolean
is_empty_cpuset(const char *dir)
{
    g_autofree char *kind = read_file(dir, KIND_FILE);
    g_autofree char *cpus = read_file(dir, "cpuset.cpus");
    g_autofree char *mems = read_file(dir, "cpuset.mems");

    return lists(kind, "legacy") && cpus && (cpus[0] == '\n' || mems[0] == '\n');
}

/* Takes @id into the group @dir; a process comes with its first thread. */
static int
enter(const char *dir, const char *file, const char *id)
{
    g_autofree char *kind = read_file(dir, KIND_FILE);
    const char *threads = lists(kind, "unified") ? "cgroup.threads" : "tasks";
    g_autofree char *hierarchy = hierarchy_of(dir);

    if (is_empty_cpuset(dir)) {
        errno = ENOSPC;
        return -1;
    }

    if (g_str_equal(file, "cgroup.procs")) {
        leave(hierarchy, file, id);
        join(dir, file, id);
    }
    leave(hierarchy, threads, id);
    join(dir, threads, id);
    update_proc(id);
    return 0;
}

/* ---- cgroup.subtree_control ---- */

static void
hand_down_to_children(const char *dir, const char *granted)
{
    g_autoptr(GDir) stream = g_dir_open(dir, 0, NULL);
    const char *entry;

    while (stream && (entry = g_dir_read_name(stream))) {
        g_autofree char *below = g_build_filename(dir, entry, NULL);

        if (g_file_test(below, G_FILE_TEST_IS_DIR)) {
            write_file(below, "cgroup.controllers", granted);
            add_files_of_all(below, TRUE, granted);
        }
    }
}

/* Understands "+name" alone: the library takes nothing back. */
static int
hand_down(const char *dir, const char *text)
{
    g_autofree char *offered = read_file(dir, "cgroup.controllers");
    g_autofree char *before = read_file(dir, "cgroup.subtree_control");
    g_autoptr(GString) after = g_string_new(g_strchomp(before));
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    gsize i;

    for (i = 0; words[i]; i++) {
        if (words[i][0] != '+') {
            errno = EINVAL;
            return -1;
        }
        if (!lists(offered, words[i] + 1)) {
            errno = ENOENT;
            return -1;
        }
        if (!lists(after->str, words[i] + 1))
            g_string_append_printf(after, "%s%s", after->len ? " " : "", words[i] + 1);
    }

    g_string_append_c(after, '\n');
    write_file(dir, "cgroup.subtree_control", after->str);
    hand_down_to_children(dir, after->str);
    return 0;
}

/* ---- memory ---- */

static int
limit_memory(const char *dir, const char *file, const char *value)
{
    const char *other_file = fake_memory_get_other(file);
    g_autofree char *other = other_file ? read_file(dir, other_file) : NULL;
    g_autofree char *line = fake_memory_judge(file, value, other);

    if (!line) {
        errno = EINVAL;
        return -1;
    }

    write_file(dir, file, line);
    return 0;
}

/* ---- freezing ---- */

/* Whether all have stopped. */
static gboolean
obeys(void)
{
    if (fake->resists == 0)
        return TRUE;

    fake->resists--;
    return FALSE;
}

static int
freeze_legacy(const char *dir, const char *state)
{
    gboolean freeze = g_str_equal(state, "FROZEN");

    if (!freeze && !g_str_equal(state, "THAWED")) {
        errno = EINVAL;
        return -1;
    }

    write_file(dir, "freezer.self_freezing", freeze ? "1\n" : "0\n");
    write_file(dir, "freezer.state", !freeze ? "THAWED\n" : obeys() ? "FROZEN\n" : "FREEZING\n");
    return 0;
}

static int
freeze_unified(const char *dir, const char *value)
{
    g_autofree char *line = g_strconcat(value, "\n", NULL);
    g_autofree char *events = read_file(dir, "cgroup.events");
    g_auto(GStrv) parts = g_strsplit(events, "frozen ", 2);
    gboolean frozen = g_str_equal(value, "1") && obeys();
    g_autofree char *after = g_strconcat(parts[0], "frozen ", frozen ? "1" : "0", "\n", NULL);

    write_file(dir, "cgroup.freeze", line);
    write_file(dir, "cgroup.events", after);
    return 0;
}

/* ---- the rest of the kernel ---- */

static ssize_t
fake_write(int dir, const char *file, int fd G_GNUC_UNUSED, const char *text, size_t len)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *here = name_of(dir, "");
    g_autofree char *name = g_build_filename(here, file, NULL);
    g_autofree char *value = g_strchomp(g_strndup(text, len));
    int done = 0;

    if (fails(FAKE_WRITE))
        return -1;
    /* Never gets to the file's owner. */
    if (len == 0)
        return 0;
    log_call("write", name, value);

    if (g_strv_contains(members_files, file)) {
        done = enter(here, file, value);
    } else if (g_str_equal(file, "freezer.state")) {
        done = freeze_legacy(here, value);
    } else if (g_str_equal(file, "cgroup.freeze")) {
        done = freeze_unified(here, value);
    } else if (g_str_equal(file, "cgroup.subtree_control")) {
        done = hand_down(here, value);
    } else if (g_str_equal(file, "devices.allow") || g_str_equal(file, "devices.deny")) {
        done = fake_devices_write(here, g_str_equal(file, "devices.allow"), value);
    } else if (fake_memory_has_amount(file)) {
        done = limit_memory(here, file, value);
    } else if (fake_io_has_limits(file)) {
        g_autofree char *before = read_file(here, file);
        g_autofree char *after = fake_io_judge(before, value);

        write_file(here, file, after);
    } else {
        g_autofree char *line = g_strconcat(value, "\n", NULL);

        write_file(here, file, line);
    }

    return done < 0 ? -1 : (ssize_t)len;
}

static int
fake_setxattr(int dir, const char *name, const char *value, size_t len)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *here = name_of(dir, "");

    if (fails(FAKE_LABEL) || fake_labels_set(here, name, value, len) < 0)
        return -1;
    log_call("label", here, name);
    return 0;
}

static ssize_t
fake_getxattr(int dir, const char *name, char *value, size_t size)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *here = name_of(dir, "");

    return fake_labels_get(here, name, value, size);
}

static int
fake_removexattr(int dir, const char *name)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *here = name_of(dir, "");

    return fake_labels_remove(here, name);
}

static const CgTreeKernel fake_kernel = {
    .mkdir = fake_mkdir,
    .rmdir = fake_rmdir,
    .write = fake_write,
    .setxattr = fake_setxattr,
    .getxattr = fake_getxattr,
    .removexattr = fake_removexattr,
};

const CgTreeKernel *
fake_cgroup_get_kernel(void)
{
    return &fake_kernel;
}

/* ---- the machine ---- */

static char *
data_file(const char *like, const char *file)
{
    const char *tests = g_getenv("G_TEST_SRCDIR");

    return g_build_filename(tests ? tests : "tests", "data", "hosts", like, file, NULL);
}

static char *
read_data(const char *like, const char *file)
{
    g_autofree char *name = data_file(like, file);
    char *text = NULL;

    return g_file_get_contents(name, &text, NULL, NULL) ? text : g_strdup("");
}

/* The top of a hierarchy: has no limits of its own, and all CPUs and memory nodes. */
static void
lay_mount(const CgMount *mount, const char *controllers)
{
    g_autofree char *dir = mount_dir(mount);
    g_autoptr(GString) kind = g_string_new(mount->unified ? "unified" : "legacy");
    guint i;

    /* Hides what is there already. */
    if (g_file_test(dir, G_FILE_TEST_IS_DIR))
        remove_tree(dir);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        if (mount->controllers & CORRAL_CONTROLLER_BIT(i))
            g_string_append_printf(kind, " %s", corral_controller_get_name(i));
    }
    write_file(dir, KIND_FILE, kind->str);
    add_files(dir, mount->unified, NULL);
    if (mount->unified) {
        write_file(dir, "cgroup.controllers", controllers);
        if (lists(controllers, "cpuset")) {
            write_file(dir, "cpuset.cpus.effective", "0-3\n");
            write_file(dir, "cpuset.mems.effective", "0\n");
        }
        return;
    }

    add_files_of_all(dir, FALSE, kind->str);
    if (mount->controllers & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUSET)) {
        write_file(dir, "cpuset.cpus", "0-3\n");
        write_file(dir, "cpuset.mems", "0\n");
    }
}

/* In memory if possible, as the real one: on a disk thousands of little files take their time. */
static char *
make_root(void)
{
    g_autofree char *in_memory = g_strdup("/dev/shm/corral-fake-XXXXXX");
    g_autoptr(GError) error = NULL;
    char *root;

    if (!g_getenv("TMPDIR") && g_mkdtemp(in_memory))
        return g_steal_pointer(&in_memory);

    root = g_dir_make_tmp("corral-fake-XXXXXX", &error);
    g_assert_no_error(error);
    return root;
}

FakeCgroup *
fake_cgroup_new(const char *like)
{
    g_autofree char *mountinfo = read_data(like, "mountinfo");
    g_autofree char *controllers = read_data(like, "cgroup.controllers");
    FakeCgroup *self = g_new0(FakeCgroup, 1);
    g_autofree char *made = make_root();
    g_autofree char *proc = NULL;
    guint i;

    g_assert_null(fake);
    fake = self;

    /* As the kernel will name it. */
    self->root = realpath(made, NULL);
    g_assert_nonnull(self->root);
    self->log = g_string_new(NULL);
    self->mounts = cg_mountinfo_parse(mountinfo);
    for (i = 0; i < self->mounts->len; i++)
        lay_mount(g_ptr_array_index(self->mounts, i), controllers);

    proc = g_build_filename(self->root, "proc", "self", NULL);
    g_assert_cmpint(g_mkdir_with_parents(proc, 0755), ==, 0);
    write_file(proc, "mountinfo", mountinfo);

    cg_tree_set_kernel_for_testing(&fake_kernel);
    return self;
}

void
fake_cgroup_free(FakeCgroup *self)
{
    cg_tree_set_kernel_for_testing(NULL);
    fake = NULL;

    remove_tree(self->root);
    g_ptr_array_unref(self->mounts);
    g_string_free(self->log, TRUE);
    free(self->root);
    g_free(self);
}

const char *
fake_cgroup_get_root(FakeCgroup *self)
{
    return self->root;
}

CorralHost *
fake_cgroup_open_host(FakeCgroup *self, CorralHostFlags flags)
{
    g_autoptr(GError) error = NULL;
    CorralHost *host = corral_host_new(self->root, flags, &error);

    g_assert_no_error(error);
    return host;
}

gboolean
fake_cgroup_exists(FakeCgroup *self, const char *name)
{
    g_autofree char *real = g_build_filename(self->root, name, NULL);

    return g_file_test(real, G_FILE_TEST_EXISTS);
}

char *
fake_cgroup_read(FakeCgroup *self, const char *name)
{
    char *text = read_file(self->root, name);

    if (text && g_str_has_suffix(text, "\n"))
        text[strlen(text) - 1] = '\0';
    return text;
}

void
fake_cgroup_put(FakeCgroup *self, const char *name, const char *text)
{
    write_file(self->root, name, text);
}

void
fake_cgroup_mkdir(FakeCgroup *self, const char *name)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *real = g_build_filename(self->root, name, NULL);

    g_assert_cmpint(make_group(real), ==, 0);
}

void
fake_cgroup_rmdir(FakeCgroup *self, const char *name)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *real = g_build_filename(self->root, name, NULL);

    g_assert_cmpint(remove_group(real), ==, 0);
}

static void
list_below(const char *dir, GPtrArray *names)
{
    g_autoptr(GDir) stream = g_dir_open(dir, 0, NULL);
    const char *entry;

    while (stream && (entry = g_dir_read_name(stream))) {
        g_autofree char *below = g_build_filename(dir, entry, NULL);

        if (g_file_test(below, G_FILE_TEST_IS_DIR)) {
            g_ptr_array_add(names, name_in_machine(below));
            list_below(below, names);
        }
    }
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *
fake_cgroup_list(FakeCgroup *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GString *text = g_string_new(NULL);
    guint i;

    for (i = 0; i < self->mounts->len; i++) {
        g_autofree char *dir = mount_dir(g_ptr_array_index(self->mounts, i));

        list_below(dir, names);
    }
    g_ptr_array_sort(names, compare_names);
    for (i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s\n", (char *)g_ptr_array_index(names, i));

    return g_string_free(text, FALSE);
}

void
fake_cgroup_exit(FakeCgroup *self, pid_t id)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *text = g_strdup_printf("%d", (int)id);
    g_autofree char *proc = g_build_filename(self->root, "proc", text, NULL);
    guint i, f;

    for (i = 0; i < self->mounts->len; i++) {
        g_autofree char *dir = mount_dir(g_ptr_array_index(self->mounts, i));

        for (f = 0; members_files[f]; f++)
            leave(dir, members_files[f], text);
    }
    if (g_file_test(proc, G_FILE_TEST_IS_DIR))
        remove_tree(proc);
}

char *
fake_cgroup_take_log(FakeCgroup *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    char *text = g_strdup(self->log->str);

    g_string_truncate(self->log, 0);
    return text;
}

void
fake_cgroup_fail(FakeCgroup *self, FakeCall call, guint after, int errnum)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);

    self->faults[call].after = after;
    self->faults[call].errnum = errnum;
    self->faults[call].thread = g_thread_self();
}

void
fake_cgroup_resist(FakeCgroup *self, guint times)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);

    self->resists = times;
}
