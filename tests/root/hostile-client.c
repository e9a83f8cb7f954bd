/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A client that means harm: for some seconds, every call that takes a guest or an
 * argument, with random and boundary arguments.  It is read-only and does not
 * admit it: libvirt's client library refuses what a read-only connection may not
 * do before the daemon hears of it, so the mark is taken off our end.  Some of the
 * objects it asks about are forged: the name or the UUID of a guest that is none,
 * or another one's.
 *
 *   hostile-client [-w] [-s SEED] SECONDS
 *
 * -w opens a read-write connection; then only calls are made that leave a guest
 * alive and no file outside of it changed.  Prints how often each call was made
 * and did not fail.  Exit status 3: the daemon does not answer any more.
 *
 * What harms the client library (it frees what it never set when it cannot encode
 * parameters) ends a worker, and another one goes on.
 */

#include <config.h>

#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define N_PARAMS 32
#define N_BYTES 8192

static uint64_t seed = 1;
static int writing;
static virConnectPtr connection;
static virDomainPtr domain;

/* What calls write to; larger than anything the protocol lets through. */
static virTypedParameter params[N_BYTES];
static unsigned char bytes[N_BYTES];

/* ---- arguments ----------------------------------------------------------------- */

static uint64_t
any(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t
below(uint64_t n)
{
    return any() % n;
}

static uint64_t
number(void)
{
    static const uint64_t edges[] = {
        0,      1,          2,          3,          7,          8,         15,        16,
        17,     64,         127,        128,        255,        256,       1023,      1024,
        4095,   4096,       65535,      65536,      INT_MAX,    UINT_MAX,  INT64_MAX, 262144,
        262145, UINT64_MAX, 1ULL << 31, 1ULL << 32, 1ULL << 63, 1ULL << 53};

    if (below(8) == 0)
        return any();
    return edges[below(sizeof(edges) / sizeof(edges[0]))];
}

/* Mostly those that mean something, or the call goes no further. */
static unsigned int
flags(void)
{
    return below(3) ? (unsigned int)below(4) : 1U << below(32);
}

/* @max at most, so that the client library stays within our arrays */
static int
small(int max)
{
    int n = (int)number();

    return n > max ? max : n;
}

static const char *
text(void)
{
    static char long_text[70000];
    static char noise[32];
    static const char *const texts[] = {
        "",
        "vcpu0",
        "hda",
        "/",
        "../../etc/passwd",
        "/machine",
        "0",
        "0-1",
        "^0",
        "0-99999999",
        "%s%s%s%n",
        "/dev/null",
        "a,b,c",
        "/dev/loop0,1",
        "<domain/>",
        "<domain type='kvm'><name>x</name></domain>",
        "]]>",
        "\n",
        "g1",
        "cpu_shares",
        "\xff\xfe",
        "net0",
        "<disk type='block'><source dev='/dev/loop0'/><target dev='sda'/></disk>",
        "<domain type='qemu'><name>g1</name><memory>1</memory><os><type>hvm</type></os></domain>",
    };

    if (below(16) == 0) {
        memset(long_text, 'x', sizeof(long_text) - 1);
        long_text[below(sizeof(long_text))] = '\0';
        return long_text;
    }
    if (below(8) == 0) {
        for (size_t i = 0; i + 1 < sizeof(noise); i++)
            noise[i] = (char)(1 + below(255));
        noise[below(sizeof(noise))] = '\0';
        return noise;
    }
    return texts[below(sizeof(texts) / sizeof(texts[0]))];
}

/* Parameters to set: real names more often than not, of the right type or another. */
static virTypedParameter *
some_params(void)
{
    static const char *const names[] = {
        "cpu_shares",
        "vcpu_period",
        "vcpu_quota",
        "global_quota",
        "emulator_period",
        "iothread_quota",
        "hard_limit",
        "soft_limit",
        "weight",
        "swap_hard_limit",
        "min_guarantee",
        "device_weight",
        "numa_nodeset",
        "numa_mode",
        "inbound.average",
        "total_bytes_sec",
        "read_iops_sec",
        "poll_max_ns",
        "cmt",
        "nonsense",
        "destination_xml",
        "device_read_iops_sec",
        "device_write_bytes_sec",
    };

    for (int i = 0; i < N_PARAMS; i++) {
        virTypedParameter *param = &params[i];

        memset(param, 0, sizeof(*param));
        snprintf(param->field, sizeof(param->field), "%s",
                 names[below(sizeof(names) / sizeof(names[0]))]);
        /* A string where none may be is what the client library dies of. */
        param->type = 1 + (int)below(below(64) ? 6 : 7);
        if (param->type == VIR_TYPED_PARAM_STRING)
            param->value.s = (char *)(uintptr_t)text();
        else
            param->value.ul = number();
    }
    return params;
}

static virTypedParameter *
room(void)
{
    memset(params, 0, sizeof(params));
    return params;
}

static unsigned char *
map(void)
{
    for (int i = 0; i < N_BYTES; i++)
        bytes[i] = (unsigned char)(below(2) ? 0xff : any());
    return bytes;
}

/* ---- the calls ----------------------------------------------------------------- */

typedef struct {
    const char *name;
    void (*call)(int *result);
    int harmless; /* made with -w, too */
} Call;

static int n_params;
static int type_or_error;
static unsigned char security[16384];

static int
keep(void *result)
{
    free(result);
    return result ? 0 : -1;
}

static int
keep_domain(virDomainPtr result)
{
    if (!result)
        return -1;
    virDomainFree(result);
    return 0;
}

static int
call_all_stats(void)
{
    virDomainStatsRecordPtr *records = NULL;
    int result = virConnectGetAllDomainStats(connection, (unsigned int)number(), &records, flags());

    if (result >= 0)
        virDomainStatsRecordListFree(records);
    return result;
}

static int
call_iothread_info(void)
{
    virDomainIOThreadInfoPtr *info = NULL;
    int result = virDomainGetIOThreadInfo(domain, &info, flags());

    for (int i = 0; i < result; i++)
        virDomainIOThreadInfoFree(info[i]);
    free(info);
    return result;
}

static int
call_list_all(void)
{
    virDomainPtr *domains = NULL;
    int result = virConnectListAllDomains(connection, &domains, (unsigned int)number());

    for (int i = 0; i < result; i++)
        virDomainFree(domains[i]);
    free(domains);
    return result;
}

static int
call_perf_events(void)
{
    virTypedParameterPtr list = NULL;
    int n = 0;
    int result = virDomainGetPerfEvents(domain, &list, &n, flags());

    if (result >= 0)
        virTypedParamsFree(list, n);
    return result;
}

static int
call_job_stats(void)
{
    virTypedParameterPtr list = NULL;
    int n = 0;
    int type;
    int result = virDomainGetJobStats(domain, &type, &list, &n, flags());

    if (result >= 0)
        virTypedParamsFree(list, n);
    return result;
}

static int
call_snapshot(void)
{
    virDomainSnapshotPtr snapshot = virDomainSnapshotCreateXML(domain, text(), flags());

    if (!snapshot)
        return -1;
    virDomainSnapshotFree(snapshot);
    return 0;
}

static int
call_pin_info(void)
{
    int n = small(64);
    int length = small(64);

    return virDomainGetVcpuPinInfo(domain, n, bytes, length, flags());
}

static int
call_vcpus(void)
{
    virVcpuInfo info[64];

    return virDomainGetVcpus(domain, info, small(64), bytes, small(64));
}

static int
call_cpu_stats(void)
{
    unsigned int n = (unsigned int)number();
    unsigned int cpus = (unsigned int)number();

    if (n > 16)
        n %= 17;
    if (cpus > 128)
        cpus %= 129;
    return virDomainGetCPUStats(domain, below(4) ? room() : NULL, n, (int)number(), cpus, flags());
}

#define GET(function) function(domain, room(), (n_params = small(N_BYTES), &n_params), flags())
#define SET(function) function(domain, some_params(), (int)below(N_PARAMS), flags())

#define CALL(name, harmless, how)                                                                  \
    static void call_##name(int *result)                                                           \
    {                                                                                              \
        *result = (how);                                                                           \
    }
#include "hostile-calls.def"
#undef CALL

#define CALL(name, harmless, how) {#name, call_##name, harmless},
static const Call calls[] = {
#include "hostile-calls.def"
};
#undef CALL

#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

typedef struct {
    unsigned int n_made;
    unsigned int n_done;
} Count;

/* Shared by all workers, one a call. */
static Count *counts;

/* ---- objects that are not what they seem ------------------------------------------ */

/* Where the object keeps its UUID we find by looking for it. */
static void
forge_uuid(void)
{
    unsigned char uuid[VIR_UUID_BUFLEN];
    unsigned char *object = (unsigned char *)domain;
    size_t size = malloc_usable_size(domain);

    if (virDomainGetUUID(domain, uuid) < 0)
        return;
    for (size_t i = 0; i + sizeof(uuid) <= size; i++) {
        if (memcmp(object + i, uuid, sizeof(uuid)) == 0) {
            object[i + below(sizeof(uuid))] ^= (unsigned char)any();
            return;
        }
    }
}

static void
forge_name(void)
{
    char *name = (char *)(uintptr_t)virDomainGetName(domain);
    size_t length = strlen(name);

    for (size_t i = 0; i < length; i++)
        name[i] = (char)(1 + below(255));
}

/* The mark of a read-only connection is a word of its own that is 1; after it is taken
 * off, it is for the daemon alone to refuse. */
static int
hide_read_only(void)
{
    static const size_t offset = 64; /* of virConnect's flags, in 9.0.0 and 11.3.0 */
    unsigned int word;

    memcpy(&word, (char *)connection + offset, sizeof(word));
    if (word != VIR_CONNECT_RO)
        return -1;
    word = 0;
    memcpy((char *)connection + offset, &word, sizeof(word));
    return 0;
}

static void
ignore_error(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

static int
reconnect(void)
{
    if (connection)
        virConnectClose(connection);
    connection = writing ? virConnectOpen(NULL) : virConnectOpenReadOnly(NULL);
    if (!connection) {
        printf("no connection: %s\n", virGetLastErrorMessage());
        return -1;
    }
    if (!writing && hide_read_only() < 0)
        printf("this libvirt's connections look different: only what it lets through is sent\n");
    return 0;
}

static int
some_domain(void)
{
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(connection, &domains, 0);
    int chosen = n > 0 ? (int)below((uint64_t)n) : -1;

    for (int i = 0; i < n; i++) {
        if (i == chosen)
            domain = domains[i];
        else
            virDomainFree(domains[i]);
    }
    free(domains);
    if (chosen < 0)
        return -1;
    if (below(8) == 0)
        forge_uuid();
    if (below(8) == 0)
        forge_name();
    return 0;
}

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A dozen calls about one object, then another one. */
static int
attack(void)
{
    if (some_domain() < 0) {
        printf("no guest: %s\n", virGetLastErrorMessage());
        return -1;
    }
    for (int i = 0; i < 12; i++) {
        size_t which = below(N_CALLS);
        const Call *call = &calls[which];
        int result = -1;

        if (writing && !call->harmless)
            continue;
        counts[which].n_made++;
        call->call(&result);
        counts[which].n_done += result >= 0;
    }
    virDomainFree(domain);
    domain = NULL;
    return virConnectIsAlive(connection) == 1 ? 0 : reconnect();
}

static void
report(void)
{
    unsigned int sum = 0;

    printf("%-28s %8s %8s\n", "call", "made", "done");
    for (size_t i = 0; i < N_CALLS; i++) {
        if (counts[i].n_made > 0)
            printf("%-28s %8u %8u\n", calls[i].name, counts[i].n_made, counts[i].n_done);
        sum += counts[i].n_made;
    }
    printf("%-28s %8u\n", "all", sum);
}

/* work: until @end; 0, or 3 if there is no daemon */
static int
work(int64_t end)
{
    if (reconnect() < 0)
        return 3;
    while (now_ms() < end) {
        if (attack() < 0)
            return 3;
    }
    virConnectClose(connection);
    return 0;
}

/* Workers one after the other, as long as they die of it; the status of the last. */
static int
employ(int64_t end, unsigned int *n_died)
{
    int status = 0;
    pid_t worker;

    for (;;) {
        worker = fork();
        if (worker < 0)
            return 2;
        if (worker == 0)
            _exit(work(end));
        if (waitpid(worker, &status, 0) < 0)
            return 2;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        ++*n_died;
        seed += 2;
    }
}

int
main(int argc, char **argv)
{
    unsigned int n_died = 0;
    int status;
    int option;

    while ((option = getopt(argc, argv, "ws:")) != -1) {
        if (option == 'w')
            writing = 1;
        else if (option == 's')
            seed = strtoull(optarg, NULL, 0) | 1;
        else
            return 2;
    }
    if (optind + 1 != argc)
        return 2;
    counts = mmap(NULL, N_CALLS * sizeof(*counts), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    virSetErrorFunc(NULL, ignore_error);
    printf("seed %" PRIu64 "\n", seed);
    status = employ(now_ms() + strtoll(argv[optind], NULL, 10) * 1000, &n_died);
    printf("the client library died %u times\n", n_died);
    report();
    return status;
}
