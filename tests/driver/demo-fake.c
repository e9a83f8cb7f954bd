/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What corral does, for those who are not root: the driver that libvirtd would
 * load, in this process, over libvirt's test driver instead of QEMU's and with
 * a made-up machine's cgroups.  build-aux/demo calls it.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack-bed.h"

#define CPU "/sys/fs/cgroup/cpu"

/* ---- saying things ---- */

static void
say(const char *text)
{
    printf("\n# %s\n\n", text);
}

G_NORETURN static void
give_up(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "demo-fake: cannot %s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

/* The lines of @text that have one of @words. */
static void
show_lines(const char *text, const char *const *words)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gsize i, w;

    for (i = 0; lines[i]; i++) {
        for (w = 0; words[w]; w++) {
            if (strstr(lines[i], words[w])) {
                printf("    %s\n", lines[i]);
                break;
            }
        }
    }
}

/* "CPU 0/KVM (123)" for each thread in the group. */
static char *
describe_members(StackBed *bed, const char *group)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *file = g_build_filename(group, "tasks", NULL);
    g_autofree char *ids = fake_cgroup_read(bed->fake, file);
    g_auto(GStrv) lines = g_strsplit(ids ? ids : "", "\n", -1);
    gsize i;

    for (i = 0; lines[i] && lines[i][0]; i++) {
        g_autofree char *comm = g_strdup_printf("/proc/%s/comm", lines[i]);
        g_autofree char *name = NULL;

        if (g_file_get_contents(comm, &name, NULL, NULL))
            g_string_append_printf(text, "%s%s (%s)", i ? ", " : "", g_strchomp(name), lines[i]);
    }

    return g_strdup(text->str);
}

/* The groups below @top, each below its parent; nothing if there are none. */
static void
show_tree(StackBed *bed, const char *top)
{
    g_autofree char *list = fake_cgroup_list(bed->fake);
    g_auto(GStrv) groups = g_strsplit(list, "\n", -1);
    g_autofree char *below = g_strconcat(top, "/", NULL);
    gsize i;

    printf("    %s\n", top);
    for (i = 0; groups[i]; i++) {
        g_autofree char *members = NULL;
        const char *name;
        const char *slash;
        int depth = 1;

        if (!g_str_has_prefix(groups[i], below))
            continue;
        name = groups[i] + strlen(below);
        for (; (slash = strchr(name, '/')); name = slash + 1)
            depth++;
        members = describe_members(bed, groups[i]);
        printf("    %*s", 2 * depth, "");
        if (members[0])
            printf("%-*s %s\n", 30 - 2 * depth, name, members);
        else
            printf("%s\n", name);
    }
}

static void
show_file(StackBed *bed, const char *name)
{
    g_autofree char *text = fake_cgroup_read(bed->fake, name);

    printf("    %s: %s\n", name, text ? text : "not there");
}

/* ---- guests ---- */

static char *
cut_out(const char *text, const char *from, const char *to)
{
    const char *begin = strstr(text, from);
    const char *end = begin ? strstr(begin + strlen(from), to) : NULL;

    if (!end)
        return g_strdup(text);
    return g_strdup_printf("%.*s%s", (int)(begin - text), text, end + strlen(to));
}

/* The test driver knows neither QEMU's machines nor its program. */
static char *
adapt(const char *xml)
{
    g_autofree char *without_program = cut_out(xml, "<emulator>", "</emulator>");
    g_autofree char *without_machine = cut_out(without_program, " machine='", "'");
    char **halves = g_strsplit(without_machine, "<domain type='qemu'>", 2);
    char *adapted = g_strjoinv("<domain type='test'>", halves);

    g_strfreev(halves);
    return adapted;
}

static virDomainPtr
define_example(StackBed *bed, const char *example)
{
    static const char *const words[] = {"<name>", "<vcpu",       "shares>",     "period>",
                                        "quota>", "<iothreads>", "<partition>", NULL};
    g_autofree char *name =
        g_build_filename(g_getenv("CORRAL_SRCDIR"), "xml/examples", example, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    g_autofree char *adapted = NULL;
    virDomainPtr dom;

    if (!g_file_get_contents(name, &xml, NULL, &error)) {
        fprintf(stderr, "demo-fake: %s\n", error->message);
        exit(1);
    }

    printf("    xml/examples/%s:\n", example);
    show_lines(xml, words);
    adapted = adapt(xml);
    dom = virDomainDefineXML(bed->conn, adapted);
    if (!dom)
        give_up("define the guest");
    return dom;
}

static void
show_schedinfo(virDomainPtr dom)
{
    virTypedParameterPtr params;
    g_autofree char *type = NULL;
    int n = 0;
    int i;

    type = virDomainGetSchedulerType(dom, &n);
    if (!type)
        give_up("ask for the scheduler");
    params = g_new0(virTypedParameter, n);
    if (virDomainGetSchedulerParametersFlags(dom, params, &n, VIR_DOMAIN_AFFECT_LIVE) < 0)
        give_up("read the scheduler's parameters");

    for (i = 0; i < n; i++) {
        g_autofree char *value = virTypedParameterToString(&params[i]);

        printf("    %-16s: %s\n", params[i].field, value);
    }
    g_free(params);
}

static void
set_shares(virDomainPtr dom, unsigned long long shares)
{
    virTypedParameter param = {.field = "cpu_shares", .type = VIR_TYPED_PARAM_ULLONG};

    param.value.ul = shares;
    if (virDomainSetSchedulerParametersFlags(dom, &param, 1, VIR_DOMAIN_AFFECT_LIVE) < 0)
        give_up("set cpu_shares");
}

static void
show_cputune(const char *xml)
{
    static const char *const words[] = {"shares>", "period>", "quota>", NULL};
    const char *begin = strstr(xml, "<cputune>");
    const char *end = begin ? strstr(begin, "</cputune>") : NULL;
    g_autofree char *inside = end ? g_strndup(begin, end - begin) : g_strdup("");

    show_lines(inside, words);
}

static void
destroy(virDomainPtr dom)
{
    if (virDomainDestroy(dom) < 0)
        give_up("stop the guest");
    virDomainFree(dom);
}

/* ---- the story ---- */

static void
tell_of_web(StackBed *bed)
{
    const char *group = CPU "/production/web/web.qemu.libvirt";
    g_autofree char *shares = g_build_filename(group, "cpu.shares", NULL);
    virDomainPtr dom;

    say("A guest that asks for a partition nobody has made:");
    dom = define_example(bed, "web.xml");
    if (virDomainCreate(dom) < 0)
        give_up("start the guest");

    say("Started.  It was born in a group of its own, and its threads are in theirs:");
    show_tree(bed, CPU);

    say("Where nothing acts on threads it has one group, for its memory, devices and disks:");
    show_tree(bed, "/sys/fs/cgroup/memory");

    say("virsh schedinfo web, and the kernel's own file:");
    show_schedinfo(dom);
    show_file(bed, shares);

    say("virsh schedinfo web --set cpu_shares=500:");
    set_shares(dom, 500);
    show_schedinfo(dom);
    show_file(bed, shares);

    say("virsh destroy web.  No group is left, and no partition that was made for it:");
    destroy(dom);
    show_tree(bed, CPU);
}

static void
tell_of_batch(StackBed *bed)
{
    g_autofree char *given = NULL;
    g_autofree char *shown = NULL;
    virDomainPtr dom;

    say("A guest with ceilings, which libvirt refuses to start where it manages no cgroups:");
    dom = define_example(bed, "batch.xml");
    if (virDomainCreate(dom) < 0)
        give_up("start the guest");

    say("corral started it: libvirt's own driver saw this much of <cputune> ...");
    given = pretend_stock_dup_xml();
    show_cputune(given ? given : "");

    say("... virsh dumpxml shows all of it ...");
    shown = virDomainGetXMLDesc(dom, 0);
    if (!shown)
        give_up("show the guest");
    show_cputune(shown);

    say("... and the kernel has it:");
    show_file(bed, CPU "/production/batch/batch.qemu.libvirt/cpu.cfs_quota_us");
    show_file(bed, CPU "/production/batch/batch.qemu.libvirt/emulator/cpu.cfs_quota_us");
    show_file(bed, CPU "/production/batch/batch.qemu.libvirt/vcpu0/cpu.cfs_quota_us");
    show_file(bed, CPU "/production/batch/batch.qemu.libvirt/iothread1/cpu.cfs_quota_us");

    say("virsh destroy batch:");
    destroy(dom);
    show_tree(bed, CPU);
}

int
main(int argc, char **argv)
{
    StackBed bed = {NULL};

    pretend_stock_init(argc, argv);
    g_setenv("CORRAL_SRCDIR", SOURCE_DIR, FALSE);
    g_setenv("G_TEST_SRCDIR", SOURCE_DIR "/tests", FALSE);
    stack_bed_set_up(&bed, "hybrid");
    pretend_stock_give_processes(bed.fake);

    say("corral, stacked over libvirt's test driver in this process.  The machine is made up:");
    printf("    its /sys is below %s\n", fake_cgroup_get_root(bed.fake));
    tell_of_web(&bed);
    tell_of_batch(&bed);
    say("That was it.  As root, build-aux/demo does this with libvirtd, QEMU and the kernel.");

    stack_bed_tear_down(&bed, NULL);
    return 0;
}
