/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One call of libvirt's scheduler API, with whatever arguments: virsh looks at
 * what it is given before it asks the daemon, so the daemon's own refusals of
 * unknown names, wrong types and the like cannot be seen through it.
 *
 *   call-scheduler [-r] GUEST type
 *   call-scheduler [-r] GUEST get FLAGS ROOM
 *   call-scheduler [-r] GUEST set FLAGS [NAME:TYPE:VALUE]...
 *
 * FLAGS is a number, or "-" for the calls without flags; ROOM the number of
 * parameters there is room for; TYPE one of i u l U d b s, as in libvirt's
 * typed parameters (l and U are 64 bits wide).  Prints what came back.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define MAX_PARAMS 64

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

static int
call_type(virDomainPtr domain)
{
    int n_params = -1;
    char *type = virDomainGetSchedulerType(domain, &n_params);

    print_result(type ? 0 : -1);
    if (type)
        printf("type %s, %d parameters\n", type, n_params);
    free(type);
    return 0;
}

static int
call_get(virDomainPtr domain, const char *flags, int room)
{
    virTypedParameter params[MAX_PARAMS] = {0};
    int n_params = room;
    int result;

    if (room > MAX_PARAMS)
        return -1;
    if (strcmp(flags, "-") == 0)
        result = virDomainGetSchedulerParameters(domain, params, &n_params);
    else
        result = virDomainGetSchedulerParametersFlags(domain, params, &n_params,
                                                      (unsigned int)strtoul(flags, NULL, 0));
    print_result(result);
    if (result == 0) {
        for (int i = 0; i < n_params; i++)
            print_param(&params[i]);
    }
    return 0;
}

static int
call_set(virDomainPtr domain, const char *flags, char **texts, int n_params)
{
    virTypedParameter params[MAX_PARAMS] = {0};
    int result;

    if (n_params > MAX_PARAMS)
        return -1;
    for (int i = 0; i < n_params; i++) {
        if (parse_param(&params[i], texts[i]) < 0)
            return -1;
    }
    if (strcmp(flags, "-") == 0)
        result = virDomainSetSchedulerParameters(domain, params, n_params);
    else
        result = virDomainSetSchedulerParametersFlags(domain, params, n_params,
                                                      (unsigned int)strtoul(flags, NULL, 0));
    print_result(result);
    return 0;
}

int
main(int argc, char **argv)
{
    virConnectPtr connection;
    virDomainPtr domain;
    int read_only = argc > 1 && strcmp(argv[1], "-r") == 0;
    int result = -1;

    argv += read_only;
    argc -= read_only;
    if (argc < 3)
        return 2;

    virSetErrorFunc(NULL, ignore_error);
    connection = read_only ? virConnectOpenReadOnly(NULL) : virConnectOpen(NULL);
    if (!connection)
        return 2;
    domain = virDomainLookupByName(connection, argv[1]);
    if (!domain)
        return 2;

    if (argc == 3 && strcmp(argv[2], "type") == 0)
        result = call_type(domain);
    else if (argc == 5 && strcmp(argv[2], "get") == 0)
        result = call_get(domain, argv[3], (int)strtoll(argv[4], NULL, 10));
    else if (argc >= 4 && strcmp(argv[2], "set") == 0)
        result = call_set(domain, argv[3], argv + 4, argc - 4);

    virDomainFree(domain);
    virConnectClose(connection);
    return result < 0 ? 2 : 0;
}
