/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Does to many guests what it is told on standard input, and prints how long that took.
 *
 *   start | tune | read | less | more | info | query | stop  ->  microseconds, or "failed"
 *   and why
 *
 * The guests are all that the daemon knows.  Four threads, each with a connection of
 * its own, start and stop them, as an orchestrator that has many to start does; tune
 * sets shares and a memory limit of one after the other; read asks each for its
 * scheduler parameters; less asks each to get by with half its memory, more gives it all
 * back, with a pause after each call that does not count, so that none meets what the one before
 * has begun; info lists all and asks each for what it is, query asks for the
 * statistics of all with one call: both five times, and are the median.
 *
 * Guests are started paused, so that they do nothing; containers, which cannot be, as
 * they are.  Each request has a connection of its own: the daemon may have been another
 * one before.
 */

#include <config.h>

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define N_THREADS 4
#define N_QUERIES 5
#define PAUSE_MS 100

typedef struct {
    int (*call)(virDomainPtr domain);
    int first;
    int step;
    int failed;
    char message[256];
    pthread_t thread;
} Worker;

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
start(virDomainPtr domain)
{
    const char *type = virConnectGetType(virDomainGetConnect(domain));

    return virDomainCreateWithFlags(domain,
                                    type && strcmp(type, "LXC") == 0 ? 0 : VIR_DOMAIN_START_PAUSED);
}

static int
stop(virDomainPtr domain)
{
    return virDomainDestroy(domain);
}

static int
tune(virDomainPtr domain)
{
    virTypedParameter shares = {
        .field = VIR_DOMAIN_SCHEDULER_CPU_SHARES, .type = VIR_TYPED_PARAM_ULLONG, .value.ul = 512};
    virTypedParameter limit = {
        .field = VIR_DOMAIN_MEMORY_HARD_LIMIT, .type = VIR_TYPED_PARAM_ULLONG, .value.ul = 1048576};

    if (virDomainSetSchedulerParametersFlags(domain, &shares, 1, VIR_DOMAIN_AFFECT_LIVE) < 0)
        return -1;
    return virDomainSetMemoryParameters(domain, &limit, 1, VIR_DOMAIN_AFFECT_LIVE);
}

static int
read_tuning(virDomainPtr domain)
{
    virTypedParameter parameters[3] = {0};
    int n = 3;

    return virDomainGetSchedulerParametersFlags(domain, parameters, &n, VIR_DOMAIN_AFFECT_LIVE);
}

static int
ask_for(virDomainPtr domain, unsigned long share)
{
    unsigned long most = virDomainGetMaxMemory(domain);

    return most == 0 ? -1 : virDomainSetMemoryFlags(domain, most / share, VIR_DOMAIN_AFFECT_LIVE);
}

static int
ask_less(virDomainPtr domain)
{
    return ask_for(domain, 2);
}

static int
ask_more(virDomainPtr domain)
{
    return ask_for(domain, 1);
}

/* Every step-th guest.  The list is the same for all: nobody defines any meanwhile. */
static void *
work(void *opaque)
{
    Worker *worker = opaque;
    virConnectPtr connection = virConnectOpen(NULL);
    virDomainPtr *domains = NULL;
    int n = connection ? virConnectListAllDomains(connection, &domains, 0) : -1;

    worker->failed = n <= 0;
    for (int i = 0; i < n; i++) {
        if (!worker->failed && i % worker->step == worker->first && worker->call(domains[i]) < 0)
            worker->failed = 1;
        if (worker->failed && !worker->message[0])
            snprintf(worker->message, sizeof(worker->message), "%s", virGetLastErrorMessage());
        virDomainFree(domains[i]);
    }
    free(domains);
    if (connection)
        virConnectClose(connection);
    return NULL;
}

static int
work_all(int (*call)(virDomainPtr domain), int n_threads)
{
    Worker workers[N_THREADS] = {0};
    int failed = 0;

    for (int i = 0; i < n_threads; i++) {
        workers[i].call = call;
        workers[i].first = i;
        workers[i].step = n_threads;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            exit(1);
    }
    for (int i = 0; i < n_threads; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].failed && !failed)
            printf("failed: %s\n", workers[i].message);
        failed |= workers[i].failed;
    }
    return failed ? -1 : 0;
}

static int
compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static int
ask_statistics(virConnectPtr connection)
{
    virDomainStatsRecordPtr *records = NULL;

    if (virConnectGetAllDomainStats(connection, 0, &records, 0) < 0)
        return -1;
    virDomainStatsRecordListFree(records);
    return 0;
}

static int
ask_info(virConnectPtr connection)
{
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(connection, &domains, 0);
    int result = n < 0 ? -1 : 0;

    for (int i = 0; i < n; i++) {
        virDomainInfo info;

        if (result == 0 && virDomainGetInfo(domains[i], &info) < 0)
            result = -1;
        virDomainFree(domains[i]);
    }
    free(domains);
    return result;
}

/* How long it takes, -1 if it fails */
static int64_t
query(virConnectPtr connection, int (*ask)(virConnectPtr connection))
{
    int64_t took[N_QUERIES];

    for (int i = 0; i < N_QUERIES; i++) {
        int64_t begin = now_us();

        if (ask(connection) < 0) {
            printf("failed: %s\n", virGetLastErrorMessage());
            return -1;
        }
        took[i] = now_us() - begin;
    }
    qsort(took, N_QUERIES, sizeof(took[0]), compare);
    return took[N_QUERIES / 2];
}

/* How long the calls take, -1 if one fails */
static int64_t
ask_each(virConnectPtr connection, int (*call)(virDomainPtr domain))
{
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(connection, &domains, 0);
    int64_t took = n < 0 ? -1 : 0;

    for (int i = 0; i < n; i++) {
        int64_t begin = now_us();

        if (took >= 0 && call(domains[i]) < 0)
            took = -1;
        if (took >= 0) {
            took += now_us() - begin;
            poll(NULL, 0, PAUSE_MS);
        }
        virDomainFree(domains[i]);
    }
    free(domains);
    if (took < 0)
        printf("failed: %s\n", virGetLastErrorMessage());
    return took;
}

static void
ignore_error(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

/* How long it takes, -1 if it fails */
static int64_t
serve(const char *verb)
{
    /* One after the other. */
    static const struct {
        const char *verb;
        int (*call)(virDomainPtr domain);
    } ones[] = {
        {"tune", tune},
        {"read", read_tuning},
    };
    virConnectPtr connection = virConnectOpen(NULL);
    int64_t begin = now_us();
    int64_t took = -1;

    if (!connection)
        printf("failed: %s\n", virGetLastErrorMessage());
    else if (strcmp(verb, "query") == 0)
        took = query(connection, ask_statistics);
    else if (strcmp(verb, "info") == 0)
        took = query(connection, ask_info);
    else if (strcmp(verb, "less") == 0)
        took = ask_each(connection, ask_less);
    else if (strcmp(verb, "more") == 0)
        took = ask_each(connection, ask_more);
    else if (strcmp(verb, "start") == 0)
        took = work_all(start, N_THREADS) < 0 ? -1 : now_us() - begin;
    else if (strcmp(verb, "stop") == 0)
        took = work_all(stop, N_THREADS) < 0 ? -1 : now_us() - begin;
    else {
        for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
            if (strcmp(verb, ones[i].verb) == 0)
                took = work_all(ones[i].call, 1) < 0 ? -1 : now_us() - begin;
        }
    }
    if (connection)
        virConnectClose(connection);
    return took;
}

int
main(void)
{
    char verb[16];

    virSetErrorFunc(NULL, ignore_error);
    while (scanf("%15s", verb) == 1) {
        int64_t took = serve(verb);

        if (took >= 0)
            printf("%" PRId64 "\n", took);
        fflush(stdout);
    }
    return 0;
}
