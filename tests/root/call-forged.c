/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls on the guest of one UUID under the name of another: what a client says
 * about a name is not to be believed, for access rules may be about names.
 *
 *   call-forged UUID NAME
 *
 * Prints each call and the code of the error that came back; 0 is none.
 */

#include <config.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

/* libvirt's own; clients do not need it, but they can have it. */
typedef virDomainPtr (*MakeDomainFunc)(virConnectPtr conn, const char *name,
                                       const unsigned char *uuid, int id);
typedef int (*ParseUuidFunc)(const char *text, unsigned char *uuid);

static void
ignore_error(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

static void
tell(const char *call, int failed)
{
    const virError *error = virGetLastError();

    printf("%s %d\n", call, failed && error ? error->code : 0);
    virResetLastError();
}

static void
call_all(virDomainPtr dom)
{
    virTypedParameter param = {
        .field = VIR_DOMAIN_SCHEDULER_CPU_SHARES, .type = VIR_TYPED_PARAM_ULLONG, .value.ul = 2};
    virTypedParameter room[16];
    int n = 16;
    char *text;

    tell("get-scheduler", virDomainGetSchedulerParameters(dom, room, &n) < 0);
    text = virDomainGetSchedulerType(dom, &n);
    tell("scheduler-type", !text);
    free(text);
    tell("set-scheduler", virDomainSetSchedulerParameters(dom, &param, 1) < 0);
    tell("set-scheduler-live",
         virDomainSetSchedulerParametersFlags(dom, &param, 1, VIR_DOMAIN_AFFECT_LIVE) < 0);
    tell("set-scheduler-config",
         virDomainSetSchedulerParametersFlags(dom, &param, 1, VIR_DOMAIN_AFFECT_CONFIG) < 0);
    n = 0;
    tell("get-memory", virDomainGetMemoryParameters(dom, NULL, &n, 0) < 0);
    n = 0;
    tell("get-blkio", virDomainGetBlkioParameters(dom, NULL, &n, 0) < 0);
    text = virDomainGetXMLDesc(dom, 0);
    tell("xml", !text);
    free(text);
    text = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_SECURE);
    tell("xml-secure", !text);
    free(text);
    tell("save", virDomainSave(dom, "/run/corral-lab/forged.save") < 0);
    tell("managed-save", virDomainManagedSave(dom, 0) < 0);
    text = virDomainManagedSaveGetXMLDesc(dom, 0);
    tell("managed-xml", !text);
    free(text);
    tell("snapshot",
         !virDomainSnapshotCreateXML(dom, "<domainsnapshot><name>f</name></domainsnapshot>", 0));
    tell("create", virDomainCreate(dom) < 0);
    tell("destroy", virDomainDestroy(dom) < 0);
}

int
main(int argc, char **argv)
{
    MakeDomainFunc make = (MakeDomainFunc)dlsym(RTLD_DEFAULT, "virGetDomain");
    ParseUuidFunc parse = (ParseUuidFunc)dlsym(RTLD_DEFAULT, "virUUIDParse");
    unsigned char uuid[VIR_UUID_BUFLEN];
    virConnectPtr conn;
    virDomainPtr dom;

    if (argc != 3 || !make || !parse || parse(argv[1], uuid) < 0) {
        fprintf(stderr, "usage: call-forged UUID NAME\n");
        return 2;
    }

    virSetErrorFunc(NULL, ignore_error);
    conn = virConnectOpen("qemu:///system");
    dom = conn ? make(conn, argv[2], uuid, -1) : NULL;
    if (!dom) {
        fprintf(stderr, "call-forged: %s\n", virGetLastErrorMessage());
        return 1;
    }

    call_all(dom);
    virDomainFree(dom);
    virConnectClose(conn);
    return 0;
}
