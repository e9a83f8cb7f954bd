/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "stack-bed.h"

/* libvirt's test driver begins with a guest of its own. */
static void
forget_everybody(virConnectPtr conn)
{
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(conn, &domains, 0);
    int i;

    g_assert_cmpint(n, >=, 0);
    for (i = 0; i < n; i++) {
        if (virDomainIsActive(domains[i]) == 1)
            g_assert_cmpint(virDomainDestroy(domains[i]), ==, 0);
        if (virDomainIsPersistent(domains[i]) == 1)
            g_assert_cmpint(virDomainUndefine(domains[i]), ==, 0);
        virDomainFree(domains[i]);
    }
    free(domains);
}

void
stack_bed_set_up(StackBed *bed, gconstpointer kind)
{
    bed->fake = fake_cgroup_new(kind);
    bed->host = fake_cgroup_open_host(bed->fake, CORRAL_HOST_NONE);
    bed->stack = pretend_stock_boot(bed->host);
    bed->conn = virConnectOpen(PRETEND_STACK_URI);
    g_assert_nonnull(bed->conn);
    g_assert_true(bed->conn->driver == &bed->stack->ops);
    forget_everybody(bed->conn);
}

void
stack_bed_tear_down(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    forget_everybody(bed->conn);
    pretend_stock_give_processes(NULL);
    g_assert_cmpint(virConnectClose(bed->conn), ==, 0);
    pretend_stock_halt();
    g_object_unref(bed->host);
    fake_cgroup_free(bed->fake);
}

void
stack_bed_add(const char *name, const char *kind, StackBedTest test)
{
    g_autofree char *path = g_strdup_printf("%s/%s", name, kind);

    g_test_add(path, StackBed, kind, stack_bed_set_up, test, stack_bed_tear_down);
}

char *
stack_bed_format_guest(const char *name, const char *more)
{
    return g_strdup_printf("<domain type='test'>\n"
                           "  <name>%s</name>\n"
                           "  <memory unit='MiB'>8</memory>\n"
                           "  <vcpu>2</vcpu>\n"
                           "  <os><type>hvm</type></os>\n"
                           "  %s\n"
                           "</domain>\n",
                           name, more);
}

virDomainPtr
stack_bed_define(StackBed *bed, const char *name, const char *more)
{
    g_autofree char *xml = stack_bed_format_guest(name, more);
    virDomainPtr dom = virDomainDefineXML(bed->conn, xml);

    g_assert_nonnull(dom);
    return dom;
}

virDomainPtr
stack_bed_start(StackBed *bed, const char *name, const char *more)
{
    virDomainPtr dom = stack_bed_define(bed, name, more);

    g_assert_cmpint(virDomainCreate(dom), ==, 0);
    return dom;
}

char *
stack_bed_group(StackBed *bed, const char *path)
{
    static const char *const mounts[] = {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"};
    const char *top = "/sys/fs/cgroup";
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(mounts); i++) {
        if (fake_cgroup_exists(bed->fake, mounts[i]))
            top = mounts[i];
    }
    return g_build_filename(top, path, NULL);
}

char *
stack_bed_read(StackBed *bed, const char *path, const char *file)
{
    g_autofree char *group = stack_bed_group(bed, path);
    g_autofree char *name = g_build_filename(group, file, NULL);

    return fake_cgroup_read(bed->fake, name);
}

void
stack_bed_assert_file(StackBed *bed, const char *path, const char *file, const char *text)
{
    g_autofree char *found = stack_bed_read(bed, path, file);

    g_assert_cmpstr(found, ==, text);
}

guint
stack_bed_count_guests(StackBed *bed)
{
    g_autofree char *list = fake_cgroup_list(bed->fake);
    g_auto(GStrv) groups = g_strsplit(list, "\n", -1);
    guint n = 0;
    gsize i;

    for (i = 0; groups[i]; i++)
        n += g_str_has_suffix(groups[i], ".libvirt");
    return n;
}

void
stack_bed_assert_error(int code, const char *part)
{
    if (virGetLastErrorCode() != code)
        g_test_message("the error is: %s", virGetLastErrorMessage());
    g_assert_cmpint(virGetLastErrorCode(), ==, code);
    if (!strstr(virGetLastErrorMessage(), part))
        g_test_message("'%s' is not in '%s'", part, virGetLastErrorMessage());
    g_assert_nonnull(strstr(virGetLastErrorMessage(), part));
}
