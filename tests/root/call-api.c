/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One call of libvirt's API about a guest, with whatever arguments: virsh looks at
 * what it is given before it asks the daemon, so the daemon's own refusals of
 * unknown names, wrong types and the like cannot be seen through it.
 *
 *   call-api [-r] [-n NAME] GUEST VERB [ARGUMENT]...
 *
 * -r opens a read-only connection; -n sends NAME instead of the guest's own, with
 * the right UUID, as only a client that forges what it sends can do.  VERB is one
 * of the table at the end.  FLAGS is a number, or "-" for a call without flags;
 * ROOM the number of parameters there is room for, N any number; PARAM is
 * NAME:TYPE:VALUE, TYPE one of i u l U d b s, as in libvirt's typed parameters (l
 * and U are 64 bits wide); MAP is bytes in hexadecimal, "-" for none.
 * Prints what came back, except values that never are the same.
 */

#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define MAX_PARAMS 64
#define MAX_BYTES 4096

#define NO_FLAGS(text) (strcmp(text, "-") == 0)

static void
ignore_error(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

static void
print_result(int result)
{
    const virError *error = virGetLastError();

    printf("result %d\n", result);
    if (result < 0 && error)
        printf("error %d: %s\n", error->code, error->message);
}

static void
print_param(const virTypedParameter *param)
{
    printf("%s ", param->field);
    switch (param->type) {
    case VIR_TYPED_PARAM_INT:
        printf("int %d\n", param->value.i);
        break;
    case VIR_TYPED_PARAM_UINT:
        printf("uint %u\n", param->value.ui);
        break;
    case VIR_TYPED_PARAM_LLONG:
        printf("llong %lld\n", param->value.l);
        break;
    case VIR_TYPED_PARAM_ULLONG:
        printf("ullong %llu\n", param->value.ul);
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        printf("double %g\n", param->value.d);
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        printf("boolean %d\n", param->value.b);
        break;
    case VIR_TYPED_PARAM_STRING:
        printf("string '%s'\n", param->value.s);
        break;
    default:
        printf("type %d\n", param->type);
        break;
    }
}

static int
parse_param(virTypedParameter *param, char *text)
{
    char *type = strchr(text, ':');
    char *value = type ? strchr(type + 1, ':') : NULL;

    if (!value)
        return -1;
    *type++ = '\0';
    *value++ = '\0';
    snprintf(param->field, sizeof(param->field), "%s", text);

    switch (*type) {
    case 'i':
        param->type = VIR_TYPED_PARAM_INT;
        param->value.i = (int)strtoll(value, NULL, 10);
        return 0;
    case 'u':
        param->type = VIR_TYPED_PARAM_UINT;
        param->value.ui = (unsigned int)strtoull(value, NULL, 10);
        return 0;
    case 'l':
        param->type = VIR_TYPED_PARAM_LLONG;
        param->value.l = strtoll(value, NULL, 10);
        return 0;
    case 'U':
        param->type = VIR_TYPED_PARAM_ULLONG;
        param->value.ul = strtoull(value, NULL, 10);
        return 0;
    case 'd':
        param->type = VIR_TYPED_PARAM_DOUBLE;
        param->value.d = strtod(value, NULL);
        return 0;
    case 'b':
        param->type = VIR_TYPED_PARAM_BOOLEAN;
        param->value.b = *value == '1';
        return 0;
    case 's':
        param->type = VIR_TYPED_PARAM_STRING;
        param->value.s = value;
        return 0;
    default:
        return -1;
    }
}

static unsigned int
number(const char *text)
{
    return (unsigned int)strtoll(text, NULL, 0);
}

/* ---- typed parameters -------------------------------------------------------- */

typedef int (*GetParams)(virDomainPtr domain, virTypedParameterPtr params, int *n_params,
                         unsigned int flags);
typedef int (*SetParams)(virDomainPtr domain, virTypedParameterPtr params, int n_params,
                         unsigned int flags);

static int
call_get(GetParams get, virDomainPtr domain, char **arguments)
{
    virTypedParameter params[MAX_PARAMS] = {0};
    int n_params = (int)number(arguments[1]);
    int room = n_params;
    int result;

    if (room > MAX_PARAMS)
        return -1;
    if (NO_FLAGS(arguments[0]))
        result = virDomainGetSchedulerParameters(domain, params, &n_params);
    else
        result = get(domain, params, &n_params, number(arguments[0]));
    print_result(result);
    if (result == 0) {
        printf("%d parameters\n", n_params);
        for (int i = 0; i < n_params && i < room; i++)
            print_param(&params[i]);
    }
    return 0;
}

static int
call_set(SetParams set, virDomainPtr domain, char **arguments, int n_arguments)
{
    virTypedParameter params[MAX_PARAMS] = {0};
    int n_params = n_arguments - 1;
    int result;

    if (n_params > MAX_PARAMS)
        return -1;
    for (int i = 0; i < n_params; i++) {
        if (parse_param(&params[i], arguments[i + 1]) < 0)
            return -1;
    }
    if (NO_FLAGS(arguments[0]))
        result = virDomainSetSchedulerParameters(domain, params, n_params);
    else
        result = set(domain, params, n_params, number(arguments[0]));
    print_result(result);
    return 0;
}

/* ---- calls with arguments of their own ---------------------------------------- */

static int
call_sched_type(virDomainPtr domain, char **arguments)
{
    int n_params = -1;
    char *type = virDomainGetSchedulerType(domain, &n_params);

    (void)arguments;
    if (type)
        printf("type %s, %d parameters\n", type, n_params);
    free(type);
    return type ? 0 : -1;
}

/* Bytes of hexadecimal @text into @map: how many */
static int
read_map(const char *text, unsigned char *map)
{
    int n = 0;
    unsigned int byte;

    while (n < MAX_BYTES && sscanf(text + 2 * n, "%2x", &byte) == 1)
        map[n++] = (unsigned char)byte;
    return n;
}

static void
print_map(const unsigned char *map, int length)
{
    for (int i = 0; i < length; i++)
        printf("%02x", map[i]);
    printf("\n");
}

static int
call_pin_vcpu(virDomainPtr domain, char **arguments)
{
    unsigned char map[MAX_BYTES];
    int length = read_map(arguments[2], map);

    if (NO_FLAGS(arguments[0]))
        return virDomainPinVcpu(domain, number(arguments[1]), map, length);
    return virDomainPinVcpuFlags(domain, number(arguments[1]), map, length, number(arguments[0]));
}

static int
call_pin_emulator(virDomainPtr domain, char **arguments)
{
    unsigned char map[MAX_BYTES];
    int length = read_map(arguments[1], map);

    return virDomainPinEmulator(domain, map, length, number(arguments[0]));
}

static int
call_pin_iothread(virDomainPtr domain, char **arguments)
{
    unsigned char map[MAX_BYTES];
    int length = read_map(arguments[2], map);

    return virDomainPinIOThread(domain, number(arguments[1]), map, length, number(arguments[0]));
}

static int
call_vcpu_pins(virDomainPtr domain, char **arguments)
{
    unsigned char maps[MAX_BYTES] = {0};
    int n_maps = (int)number(arguments[1]);
    int length = (int)number(arguments[2]);
    int result;

    if (n_maps > 0 && length > 0 && n_maps > MAX_BYTES / length)
        return -2;
    result = virDomainGetVcpuPinInfo(domain, n_maps, maps, length, number(arguments[0]));
    for (int i = 0; i < result && i < n_maps; i++)
        print_map(maps + i * length, length);
    return result;
}

static int
call_emulator_pin(virDomainPtr domain, char **arguments)
{
    unsigned char map[MAX_BYTES] = {0};
    int length = (int)number(arguments[1]);
    int result;

    if (length > MAX_BYTES)
        return -2;
    result = virDomainGetEmulatorPinInfo(domain, map, length, number(arguments[0]));
    if (result > 0)
        print_map(map, length);
    return result;
}

/* Names and kinds: processor time never is the same. */
static int
call_cpu_stats(virDomainPtr domain, char **arguments)
{
    virTypedParameter params[MAX_BYTES] = {0};
    unsigned int n_params = number(arguments[1]);
    int start = (int)number(arguments[2]);
    unsigned int n_cpus = number(arguments[3]);
    int result;

    if (n_params > 0 && n_cpus > MAX_BYTES / n_params)
        return -2;
    result = virDomainGetCPUStats(domain, n_params > 0 ? params : NULL, n_params, start, n_cpus,
                                  number(arguments[0]));
    for (unsigned int i = 0; i < MAX_BYTES && i < n_params * n_cpus; i++) {
        if (params[i].type)
            printf("%u: %s type %d\n", i, params[i].field, params[i].type);
    }
    return result;
}

static int
call_set_vcpus(virDomainPtr domain, char **arguments)
{
    if (NO_FLAGS(arguments[0]))
        return virDomainSetVcpus(domain, number(arguments[1]));
    return virDomainSetVcpusFlags(domain, number(arguments[1]), number(arguments[0]));
}

static int
call_get_vcpus(virDomainPtr domain, char **arguments)
{
    return virDomainGetVcpusFlags(domain, number(arguments[0]));
}

static int
call_max_vcpus(virDomainPtr domain, char **arguments)
{
    (void)arguments;
    return virDomainGetMaxVcpus(domain);
}

static int
call_set_vcpu(virDomainPtr domain, char **arguments)
{
    return virDomainSetVcpu(domain, arguments[1], (int)number(arguments[2]), number(arguments[0]));
}

static int
call_add_iothread(virDomainPtr domain, char **arguments)
{
    return virDomainAddIOThread(domain, number(arguments[1]), number(arguments[0]));
}

static int
call_del_iothread(virDomainPtr domain, char **arguments)
{
    return virDomainDelIOThread(domain, number(arguments[1]), number(arguments[0]));
}

static int
call_iothreads(virDomainPtr domain, char **arguments)
{
    virDomainIOThreadInfoPtr *info = NULL;
    int result = virDomainGetIOThreadInfo(domain, &info, number(arguments[0]));

    for (int i = 0; i < result; i++) {
        printf("iothread %u: ", info[i]->iothread_id);
        print_map(info[i]->cpumap, info[i]->cpumaplen);
    }
    return result;
}

static int
call_memory(virDomainPtr domain, char **arguments)
{
    unsigned long memory = strtoull(arguments[1], NULL, 0);

    if (NO_FLAGS(arguments[0]))
        return virDomainSetMemory(domain, memory);
    return virDomainSetMemoryFlags(domain, memory, number(arguments[0]));
}

static int
call_max_memory(virDomainPtr domain, char **arguments)
{
    return virDomainSetMaxMemory(domain, strtoull(arguments[0], NULL, 0));
}

static int
call_xml(virDomainPtr domain, char **arguments)
{
    char *xml = virDomainGetXMLDesc(domain, number(arguments[0]));
    int result = xml ? 0 : -1;

    free(xml);
    return result;
}

static int
call_attach(virDomainPtr domain, char **arguments)
{
    if (NO_FLAGS(arguments[0]))
        return virDomainAttachDevice(domain, arguments[1]);
    return virDomainAttachDeviceFlags(domain, arguments[1], number(arguments[0]));
}

static int
call_detach(virDomainPtr domain, char **arguments)
{
    if (NO_FLAGS(arguments[0]))
        return virDomainDetachDevice(domain, arguments[1]);
    return virDomainDetachDeviceFlags(domain, arguments[1], number(arguments[0]));
}

static int
call_update(virDomainPtr domain, char **arguments)
{
    return virDomainUpdateDeviceFlags(domain, arguments[1], number(arguments[0]));
}

static int
call_undefine(virDomainPtr domain, char **arguments)
{
    return virDomainUndefineFlags(domain, number(arguments[0]));
}

static int
call_destroy(virDomainPtr domain, char **arguments)
{
    return virDomainDestroyFlags(domain, number(arguments[0]));
}

static int
call_start(virDomainPtr domain, char **arguments)
{
    return virDomainCreateWithFlags(domain, number(arguments[0]));
}

static int
call_suspend(virDomainPtr domain, char **arguments)
{
    (void)arguments;
    return virDomainSuspend(domain);
}

static int
call_save(virDomainPtr domain, char **arguments)
{
    if (NO_FLAGS(arguments[0]))
        return virDomainSave(domain, arguments[1]);
    return virDomainSaveFlags(domain, arguments[1], NULL, number(arguments[0]));
}

static int
call_managed_save(virDomainPtr domain, char **arguments)
{
    return virDomainManagedSave(domain, number(arguments[0]));
}

static int
call_rename(virDomainPtr domain, char **arguments)
{
    return virDomainRename(domain, arguments[1], number(arguments[0]));
}

static int
call_autostart(virDomainPtr domain, char **arguments)
{
    return virDomainSetAutostart(domain, (int)number(arguments[0]));
}

/* ---- the table ---------------------------------------------------------------- */

typedef struct {
    const char *verb;
    const char *arguments; /* as in the usage; their number counts */
    int n_arguments;
    int (*call)(virDomainPtr domain, char **arguments);
    GetParams get;
    SetParams set;
} Verb;

static const Verb verbs[] = {
    {"sched-type", "", 0, call_sched_type, NULL, NULL},
    {"sched-get", "FLAGS ROOM", 2, NULL, virDomainGetSchedulerParametersFlags, NULL},
    {"sched-set", "FLAGS [PARAM]...", 1, NULL, NULL, virDomainSetSchedulerParametersFlags},
    {"memory-get", "FLAGS ROOM", 2, NULL, virDomainGetMemoryParameters, NULL},
    {"memory-set", "FLAGS [PARAM]...", 1, NULL, NULL, virDomainSetMemoryParameters},
    {"blkio-get", "FLAGS ROOM", 2, NULL, virDomainGetBlkioParameters, NULL},
    {"blkio-set", "FLAGS [PARAM]...", 1, NULL, NULL, virDomainSetBlkioParameters},
    {"numa-get", "FLAGS ROOM", 2, NULL, virDomainGetNumaParameters, NULL},
    {"numa-set", "FLAGS [PARAM]...", 1, NULL, NULL, virDomainSetNumaParameters},
    {"pin-vcpu", "FLAGS VCPU MAP", 3, call_pin_vcpu, NULL, NULL},
    {"pin-emulator", "FLAGS MAP", 2, call_pin_emulator, NULL, NULL},
    {"pin-iothread", "FLAGS IOTHREAD MAP", 3, call_pin_iothread, NULL, NULL},
    {"vcpu-pins", "FLAGS N-MAPS LENGTH", 3, call_vcpu_pins, NULL, NULL},
    {"emulator-pin", "FLAGS LENGTH", 2, call_emulator_pin, NULL, NULL},
    {"cpu-stats", "FLAGS ROOM START N-CPUS", 4, call_cpu_stats, NULL, NULL},
    {"set-vcpus", "FLAGS N", 2, call_set_vcpus, NULL, NULL},
    {"get-vcpus", "FLAGS", 1, call_get_vcpus, NULL, NULL},
    {"max-vcpus", "", 0, call_max_vcpus, NULL, NULL},
    {"set-vcpu", "FLAGS VCPUS STATE", 3, call_set_vcpu, NULL, NULL},
    {"add-iothread", "FLAGS IOTHREAD", 2, call_add_iothread, NULL, NULL},
    {"del-iothread", "FLAGS IOTHREAD", 2, call_del_iothread, NULL, NULL},
    {"iothreads", "FLAGS", 1, call_iothreads, NULL, NULL},
    {"memory", "FLAGS KIB", 2, call_memory, NULL, NULL},
    {"max-memory", "KIB", 1, call_max_memory, NULL, NULL},
    {"xml", "FLAGS", 1, call_xml, NULL, NULL},
    {"attach", "FLAGS XML", 2, call_attach, NULL, NULL},
    {"detach", "FLAGS XML", 2, call_detach, NULL, NULL},
    {"update", "FLAGS XML", 2, call_update, NULL, NULL},
    {"start", "FLAGS", 1, call_start, NULL, NULL},
    {"destroy", "FLAGS", 1, call_destroy, NULL, NULL},
    {"undefine", "FLAGS", 1, call_undefine, NULL, NULL},
    {"suspend", "", 0, call_suspend, NULL, NULL},
    {"save", "FLAGS FILE", 2, call_save, NULL, NULL},
    {"managed-save", "FLAGS", 1, call_managed_save, NULL, NULL},
    {"rename", "FLAGS NAME", 2, call_rename, NULL, NULL},
    {"autostart", "N", 1, call_autostart, NULL, NULL},
};

static int
usage(void)
{
    fprintf(stderr, "Usage: call-api [-r] [-n NAME] GUEST VERB [ARGUMENT]...\n");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        fprintf(stderr, "  %s %s\n", verbs[i].verb, verbs[i].arguments);
    return 2;
}

/* -1 if it could not be called */
static int
run_verb(virDomainPtr domain, const char *name, char **arguments, int n_arguments)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const Verb *verb = &verbs[i];

        if (strcmp(verb->verb, name) != 0)
            continue;
        if (n_arguments < verb->n_arguments)
            return -1;
        if (verb->get)
            return call_get(verb->get, domain, arguments);
        if (verb->set)
            return call_set(verb->set, domain, arguments, n_arguments);
        print_result(verb->call(domain, arguments));
        return 0;
    }
    return -1;
}

/* The name is sent to the daemon as it stands in the object, which is not ours to
 * write to; but a client that lies would do just that. */
static int
forge_name(virDomainPtr domain, const char *name)
{
    char *own = (char *)(uintptr_t)virDomainGetName(domain);

    if (strlen(name) > strlen(own))
        return -1;
    memcpy(own, name, strlen(name) + 1);
    return 0;
}

int
main(int argc, char **argv)
{
    virConnectPtr connection;
    virDomainPtr domain;
    const char *forged = NULL;
    int read_only = 0;
    int result = -1;
    int option;

    while ((option = getopt(argc, argv, "+rn:")) != -1) {
        if (option == 'r')
            read_only = 1;
        else if (option == 'n')
            forged = optarg;
        else
            return usage();
    }
    argv += optind;
    argc -= optind;
    if (argc < 2)
        return usage();

    virSetErrorFunc(NULL, ignore_error);
    connection = read_only ? virConnectOpenReadOnly(NULL) : virConnectOpen(NULL);
    if (!connection)
        return 2;
    domain = virDomainLookupByName(connection, argv[0]);
    if (!domain) {
        print_result(-1);
        virConnectClose(connection);
        return 1;
    }
    if (!forged || forge_name(domain, forged) == 0)
        result = run_verb(domain, argv[1], argv + 2, argc - 2);
    virDomainFree(domain);
    virConnectClose(connection);
    return result < 0 ? usage() : 0;
}
