/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The test driver's table, found as corral finds the one it is stacked over,
 * and copied with some slots replaced.
 *
 * A guest's process is this very program, started again.  It lives until the
 * pipe that is its standard input ends, so it does not outlive the test,
 * whatever becomes of that.  The fake kernel sees no real process enter a
 * group, so what the child wrote there is made into what the kernel would show.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drv-birth.h"
#include "guest-xml.h"
#include "pretend-stock.h"

#define GUEST_OPTION "--be-a-guest"
#define PATIENCE_S 30

/* libvirt's, but its header is for the daemon alone. */
typedef struct _virAccessManager virAccessManager;
virAccessManager *virAccessManagerNew(const char *name);
void virAccessManagerSetDefault(virAccessManager *manager);

typedef struct {
    char *uuid;
    pid_t pid;
    int life; /* closed, the process ends */
} Process;

static virHypervisorDriver table;
static const virHypervisorDriver *test_driver;
static DrvStack *stack;

static GMutex lock; /* of all that follows */
static GCond changed;
static FakeCgroup *kernel;
static GHashTable *processes; /* uuid -> Process */
static gboolean failing[PRETEND_N_CALLS];
static gboolean refusing_lists;
static gboolean holding;
static guint held;
static char *last_xml;
static GString *settings;

/* ---- the guest's process ---- */

static void *
be_thread(void *data G_GNUC_UNUSED)
{
    while (TRUE)
        pause();
    return NULL;
}

static void
start_threads(const char *prefix, guint first, guint n, const char *suffix)
{
    guint i;

    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("%s%u%s", prefix, first + i, suffix);
        pthread_t thread;

        if (pthread_create(&thread, NULL, be_thread, NULL) != 0 ||
            pthread_setname_np(thread, name) != 0)
            _exit(1);
    }
}

static guint
read_number(const char *text)
{
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(text, 10, 0, 1000, &number, NULL))
        _exit(1);
    return number;
}

/* --be-a-guest VCPUS IOTHREADS: says its id and waits for the end of its input. */
G_NORETURN static void
be_guest(char **argv)
{
    char byte;

    if (pthread_setname_np(pthread_self(), "pretended-qemu") != 0)
        _exit(1);
    start_threads("CPU ", 0, read_number(argv[2]), "/KVM");
    start_threads("IO iothread", 1, read_number(argv[3]), "");
    dprintf(STDOUT_FILENO, "%d\n", (int)getpid());
    close(STDOUT_FILENO);

    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    _exit(0);
}

/* As libvirt does it: the daemon is a child's child. */
static void
daemonise(int input, int output, char **argv)
{
    pid_t child = fork();

    g_assert_cmpint(child, >=, 0);
    if (child > 0) {
        g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
        return;
    }

    child = fork();
    if (child == 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0)
        execv("/proc/self/exe", argv);
    _exit(0);
}

static pid_t
read_pid(int fd)
{
    char text[32] = "";
    gsize len = 0;
    guint64 pid;
    ssize_t n;

    while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
        len += n;
    g_assert_true(g_ascii_string_to_unsigned(g_strchomp(text), 10, 1, G_MAXINT, &pid, NULL));
    return pid;
}

static Process *
start_process(gsize vcpus, gsize iothreads)
{
    g_autofree char *vcpus_text = g_strdup_printf("%zu", vcpus);
    g_autofree char *iothreads_text = g_strdup_printf("%zu", iothreads);
    char *argv[] = {(char *)"guest", (char *)GUEST_OPTION, vcpus_text, iothreads_text, NULL};
    Process *process = g_new0(Process, 1);
    int life[2];
    int born[2];

    g_assert_cmpint(pipe2(life, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(born, O_CLOEXEC), ==, 0);
    daemonise(life[0], born[1], argv);
    close(life[0]);
    close(born[1]);
    process->pid = read_pid(born[0]);
    process->life = life[1];
    close(born[0]);

    return process;
}

static GArray *
list_threads(pid_t pid)
{
    GArray *threads = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_autofree char *name = g_strdup_printf("/proc/%d/task", (int)pid);
    g_autoptr(GDir) dir = g_dir_open(name, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir))) {
        guint64 number;
        pid_t tid;

        if (!g_ascii_string_to_unsigned(entry, 10, 1, G_MAXINT, &number, NULL))
            continue;
        tid = number;
        g_array_append_val(threads, tid);
    }

    return threads;
}

static void
end_process(gpointer data)
{
    Process *process = data;
    g_autoptr(GArray) threads = list_threads(process->pid);
    int pidfd = syscall(SYS_pidfd_open, process->pid, 0);
    guint i;

    close(process->life);
    if (pidfd >= 0) {
        struct pollfd ended = {.fd = pidfd, .events = POLLIN};

        g_assert_cmpint(poll(&ended, 1, PATIENCE_S * 1000), ==, 1);
        close(pidfd);
    }

    for (i = 0; i < threads->len; i++)
        fake_cgroup_exit(kernel, g_array_index(threads, pid_t, i));
    fake_cgroup_exit(kernel, process->pid);
    g_free(process->uuid);
    g_free(process);
}

/* ---- what the kernel makes of an entrance ---- */

static gboolean
has_component(const char *group, const char *component)
{
    g_auto(GStrv) components = g_strsplit(group, "/", -1);

    return g_strv_contains((const char *const *)components, component);
}

/* In whichever layout. */
static gboolean
is_of_guest(const char *group, const char *name, const char *uuid)
{
    g_autofree char *flat = g_strdup_printf("%s.qemu.libvirt", name);
    g_autofree char *single = g_strdup_printf("qemu-%s", name);

    return has_component(group, flat) || has_component(group, single) ||
           has_component(group, name) || has_component(group, uuid);
}

static gboolean
reads_zero(const char *file)
{
    g_autofree char *text = fake_cgroup_read(kernel, file);

    return g_strcmp0(text, "0") == 0;
}

/* Where somebody wrote "0", he is, with his first thread; the others show where they are
 * moved to. */
static void
let_in(const char *name, const char *uuid, pid_t pid)
{
    g_autofree char *list = fake_cgroup_list(kernel);
    g_auto(GStrv) groups = g_strsplit(list, "\n", -1);
    g_autofree char *id = g_strdup_printf("%d\n", (int)pid);
    gsize i;

    for (i = 0; groups[i]; i++) {
        g_autofree char *procs = g_build_filename(groups[i], "cgroup.procs", NULL);
        g_autofree char *tasks = g_build_filename(groups[i], "tasks", NULL);
        g_autofree char *unified = g_build_filename(groups[i], "cgroup.threads", NULL);

        if (!is_of_guest(groups[i], name, uuid) || (!reads_zero(procs) && !reads_zero(tasks)))
            continue;
        fake_cgroup_put(kernel, procs, id);
        fake_cgroup_put(kernel, fake_cgroup_exists(kernel, tasks) ? tasks : unified, id);
    }
}

/* ---- guests ---- */

static void
format_uuid(virDomainPtr dom, char *uuid)
{
    g_assert_cmpint(virDomainGetUUIDString(dom, uuid), ==, 0);
}

/* Once, where it was asked for. */
static gboolean
fails(PretendCall call)
{
    gboolean result;

    g_mutex_lock(&lock);
    result = failing[call];
    failing[call] = FALSE;
    g_mutex_unlock(&lock);
    if (result)
        virReportError(VIR_ERR_INTERNAL_ERROR, "%s", "pretended failure");

    return result;
}

static void
note_xml(const char *xml)
{
    g_mutex_lock(&lock);
    g_free(last_xml);
    last_xml = g_strdup(xml);
    g_mutex_unlock(&lock);
}

static void
give_process(virDomainPtr dom)
{
    g_autofree char *xml = test_driver->domainGetXMLDesc(dom, 0);
    g_autoptr(Guest) guest = guest_xml_parse("qemu", xml, NULL);
    char uuid[VIR_UUID_STRING_BUFLEN];
    gsize vcpus, iothreads;
    Process *process;

    g_assert_nonnull(guest);
    guest_get_vcpus(guest, &vcpus);
    guest_get_iothreads(guest, &iothreads);
    process = start_process(vcpus, iothreads);
    format_uuid(dom, uuid);
    let_in(dom->name, uuid, process->pid);

    g_mutex_lock(&lock);
    process->uuid = g_strdup(uuid);
    g_hash_table_insert(processes, process->uuid, process);
    g_mutex_unlock(&lock);
}

/* The rest of a start that has worked. */
static void
run(virDomainPtr dom)
{
    if (kernel)
        give_process(dom);

    g_mutex_lock(&lock);
    held++;
    g_cond_broadcast(&changed);
    while (holding)
        g_cond_wait(&changed, &lock);
    held--;
    g_mutex_unlock(&lock);
}

static void
stopped(virDomainPtr dom)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    Process *process;

    format_uuid(dom, uuid);
    g_mutex_lock(&lock);
    process = g_hash_table_lookup(processes, uuid);
    g_hash_table_steal(processes, uuid);
    g_mutex_unlock(&lock);
    if (process)
        end_process(process);
}

/* ---- slots ---- */

static virDomainPtr
create_xml(virConnectPtr conn, const char *xml, unsigned int flags)
{
    virDomainPtr dom;

    note_xml(xml);
    if (fails(PRETEND_CREATE))
        return NULL;
    dom = test_driver->domainCreateXML(conn, xml, flags);
    if (dom)
        run(dom);
    return dom;
}

static int
create_with_flags(virDomainPtr dom, unsigned int flags)
{
    note_xml(NULL);
    if (fails(PRETEND_CREATE) || test_driver->domainCreateWithFlags(dom, flags) < 0)
        return -1;
    run(dom);
    return 0;
}

static int
create(virDomainPtr dom)
{
    return create_with_flags(dom, 0);
}

static int
destroy_flags(virDomainPtr dom, unsigned int flags)
{
    if (fails(PRETEND_DESTROY) || test_driver->domainDestroyFlags(dom, flags) < 0)
        return -1;
    stopped(dom);
    return 0;
}

static int
destroy(virDomainPtr dom)
{
    return destroy_flags(dom, 0);
}

static int
shut_down_flags(virDomainPtr dom, unsigned int flags)
{
    if (test_driver->domainShutdownFlags(dom, flags) < 0)
        return -1;
    stopped(dom);
    return 0;
}

static int
shut_down(virDomainPtr dom)
{
    return shut_down_flags(dom, 0);
}

static int
set_scheduler_flags(virDomainPtr dom G_GNUC_UNUSED, virTypedParameterPtr params, int nparams,
                    unsigned int flags)
{
    int i;

    if (fails(PRETEND_SET_SCHEDULER))
        return -1;

    g_mutex_lock(&lock);
    g_string_append_printf(settings, "flags=%u", flags);
    for (i = 0; i < nparams; i++) {
        g_autofree char *value = virTypedParameterToString(&params[i]);

        g_string_append_printf(settings, " %s=%s", params[i].field, value);
    }
    g_string_append_c(settings, '\n');
    g_mutex_unlock(&lock);
    return 0;
}

static int
set_scheduler(virDomainPtr dom, virTypedParameterPtr params, int nparams)
{
    return set_scheduler_flags(dom, params, nparams, 0);
}

/* What stock has in a persistent definition that says nothing. */
static int
get_scheduler_flags(virDomainPtr dom G_GNUC_UNUSED, virTypedParameterPtr params, int *nparams,
                    unsigned int flags)
{
    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_TYPED_PARAM_STRING_OKAY,
                  -1);
    if ((flags & VIR_DOMAIN_AFFECT_LIVE) && (flags & VIR_DOMAIN_AFFECT_CONFIG)) {
        virReportError(VIR_ERR_INVALID_ARG, "%s", "flags are mutually exclusive");
        return -1;
    }
    if (virTypedParameterAssign(&params[0], VIR_DOMAIN_SCHEDULER_CPU_SHARES, VIR_TYPED_PARAM_ULLONG,
                                0ULL) < 0)
        return -1;

    *nparams = 1;
    return 0;
}

static int
get_scheduler(virDomainPtr dom, virTypedParameterPtr params, int *nparams)
{
    return get_scheduler_flags(dom, params, nparams, 0);
}

static int
list_domains(virConnectPtr conn, virDomainPtr **domains, unsigned int flags)
{
    gboolean refused;

    g_mutex_lock(&lock);
    refused = refusing_lists;
    g_mutex_unlock(&lock);
    if (refused) {
        virReportError(VIR_ERR_INTERNAL_ERROR, "%s", "pretended failure");
        return -1;
    }

    return test_driver->connectListAllDomains(conn, domains, flags);
}

static gboolean
find_test_driver(void)
{
    virConnectPtr conn = virConnectOpen("test:///default");

    if (!conn)
        return FALSE;

    test_driver = conn->driver;
    virObjectUnref(conn);
    return TRUE;
}

static virDrvOpenStatus
open_stock(virConnectPtr conn, virConnectAuthPtr auth, virConf *conf, unsigned int flags)
{
    const char *name = table.name;

    if (!test_driver) {
        if (!find_test_driver())
            return VIR_DRV_OPEN_ERROR;
        table = *test_driver;
        table.name = name;
        table.connectOpen = open_stock;
        table.connectListAllDomains = list_domains;
        table.domainCreateXML = create_xml;
        table.domainCreate = create;
        table.domainCreateWithFlags = create_with_flags;
        table.domainDestroy = destroy;
        table.domainDestroyFlags = destroy_flags;
        table.domainShutdown = shut_down;
        table.domainShutdownFlags = shut_down_flags;
        table.domainSetSchedulerParameters = set_scheduler;
        table.domainSetSchedulerParametersFlags = set_scheduler_flags;
        table.domainGetSchedulerParameters = get_scheduler;
        table.domainGetSchedulerParametersFlags = get_scheduler_flags;
    }

    return test_driver->connectOpen(conn, auth, conf, flags);
}

/* ---- the daemon ---- */

static void
ignore_error(void *data G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

void
pretend_stock_init(int argc, char **argv)
{
    static const char *schemes[] = {"corralstock", NULL};
    static virConnectDriver registration = {
        .localOnly = true,
        .uriSchemes = schemes,
        .hypervisorDriver = &table,
    };
    virAccessManager *manager;

    if (argc == 4 && g_str_equal(argv[1], GUEST_OPTION))
        be_guest(argv);

    processes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, end_process);
    settings = g_string_new(NULL);
    g_assert_cmpint(drv_birth_init(), ==, 0);

    /* Before libvirt's own: its driver for remote hosts claims every scheme. */
    table.name = "Test";
    table.connectOpen = open_stock;
    stack = drv_stack_new("Test", "qemu", "corraltest", PRETEND_STOCK_URI, "/default", NULL);
    g_assert_cmpint(virRegisterConnectDriver(&stack->registration, false), >=, 0);
    g_assert_cmpint(virRegisterConnectDriver(&registration, false), >=, 0);

    g_assert_cmpint(virInitialize(), ==, 0);
    virSetErrorFunc(NULL, ignore_error);
    manager = virAccessManagerNew("none");
    g_assert_nonnull(manager);
    virAccessManagerSetDefault(manager);
    virObjectUnref(manager);
}

DrvStack *
pretend_stock_boot(CorralHost *host)
{
    pretend_stock_halt();
    stack->keeper = drv_keeper_new(host);
    g_hash_table_remove_all(stack->left_alone);
    return stack;
}

void
pretend_stock_halt(void)
{
    g_clear_pointer(&stack->keeper, drv_keeper_free);
}

void
pretend_stock_give_processes(FakeCgroup *fake)
{
    /* Those of the kernel before. */
    if (kernel)
        g_hash_table_remove_all(processes);
    kernel = fake;
}

pid_t
pretend_stock_get_process(const char *uuid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    const Process *process = g_hash_table_lookup(processes, uuid);

    return process ? process->pid : 0;
}

void
pretend_stock_fail(PretendCall call)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);

    failing[call] = TRUE;
}

void
pretend_stock_refuse_lists(gboolean refuse)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);

    refusing_lists = refuse;
}

void
pretend_stock_hold_starts(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);

    holding = TRUE;
}

void
pretend_stock_await_start(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    gint64 deadline = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;

    while (held == 0)
        g_assert_true(g_cond_wait_until(&changed, &lock, deadline));
}

void
pretend_stock_let_go(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);

    holding = FALSE;
    g_cond_broadcast(&changed);
}

char *
pretend_stock_dup_xml(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);

    return g_strdup(last_xml);
}

char *
pretend_stock_take_settings(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    char *text = g_strdup(settings->str);

    g_string_truncate(settings, 0);
    return text;
}
