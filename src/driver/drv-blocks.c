/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block jobs, snapshots and backups: calls that have QEMU open images which the
 * running definition does not name, or not for writing.
 *
 * What they name is allowed before.  Afterwards the running definition names the
 * overlay of a snapshot and the mirror of a copy by itself, and a backup can be
 * asked about; of a commit nobody knows which images it writes to, so those are
 * noted with the group for as long as the disk has such a job (drv-acl.h).
 *
 * What these calls cannot do is for the stock driver to tell: a disk that is not
 * found here is not found there.
 */
#include <config.h>

#include "drv-blocks.h"
#include "drv-error.h"
#include "drv-nodes.h"
#include "drv-running.h"
#include "drv-stack.h"
#include "drv-widening.h"

/* One call: what it wants to be allowed, and the stock function behind it. */
typedef struct {
    virDomainPtr dom;
    const char *disk;
    const char *xml;
    const char *base;
    const char *top;
    virTypedParameterPtr params;
    int nparams;
    unsigned long bandwidth;
    unsigned int flags;
    virDomainCheckpointPtr checkpoint;
    virDomainSnapshotPtr snapshot;
    virDomainSnapshotPtr made;
} Call;

typedef gboolean (*WantFunc)(DrvWidening *widening, const Call *call, GError **error);
typedef int (*StockFunc)(const virHypervisorDriver *next, Call *call);

static int
perform_live(DrvStack *stack, DrvSubject *subject, Call *call, WantFunc want, StockFunc perform)
{
    DrvWidening widening;
    GError *error = NULL;
    gboolean found;
    int result = -1;

    if (!drv_widening_begin(&widening, stack, subject))
        return -1;
    found = want(&widening, call, &error);
    virResetLastError();
    if (drv_widening_apply(&widening, found ? NULL : error))
        result = perform(stack->next, call);
    drv_widening_end(&widening);

    return result;
}

static int
perform_call(DrvStack *stack, DrvSubject *subject, Call *call, WantFunc want, StockFunc perform)
{
    return drv_running_is_active(stack, subject) == 1
               ? perform_live(stack, subject, call, want, perform)
               : perform(stack->next, call);
}

static virDomainDiskDef *
find_disk(DrvWidening *widening, const char *name)
{
    return name ? virDomainDiskByName(widening->def, name, true) : NULL;
}

/* An image that is made is empty; what a used one has behind it is opened, too. */
static gboolean
add_destination(DrvWidening *widening, virStorageSource *image, gboolean reused, const char *reason,
                GError **error)
{
    return reused ? drv_nodes_add_chain(widening->grants, image, reason, DRV_NODES_LENIENT, error)
                  : drv_nodes_add_image(widening->grants, image, reason, DRV_NODES_LENIENT, error);
}

/* ---- copies ---- */

static gboolean
want_copy(DrvWidening *widening, const Call *call, GError **error)
{
    g_autoptr(virStorageSource) image = drv_definition_parse_disk_source(call->xml);
    g_autofree char *reason = g_strdup_printf("disk %s, copy", call->disk);

    return !image ||
           add_destination(widening, image, (call->flags & VIR_DOMAIN_BLOCK_COPY_REUSE_EXT) != 0,
                           reason, error);
}

static int
stock_copy(const virHypervisorDriver *next, Call *call)
{
    return next->domainBlockCopy(call->dom, call->disk, call->xml, call->params, call->nparams,
                                 call->flags);
}

int
drv_blocks_copy(virDomainPtr dom, const char *disk, const char *xml, virTypedParameterPtr params,
                int nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    Call call = {
        .dom = dom, .disk = disk, .xml = xml, .params = params, .nparams = nparams, .flags = flags};
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainBlockCopyEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    return perform_call(stack, &subject, &call, want_copy, stock_copy);
}

/* With a flag, a copy to @base; otherwise a pull. */
static gboolean
want_rebase(DrvWidening *widening, const Call *call, GError **error)
{
    const virDomainDiskDef *disk = find_disk(widening, call->disk);
    g_autoptr(virStorageSource) image = virStorageSourceNew();
    g_autofree char *reason = g_strdup_printf("disk %s, copy", call->disk);

    if (!(call->flags & VIR_DOMAIN_BLOCK_REBASE_COPY) || !disk || !call->base)
        return TRUE;

    image->type = call->flags & VIR_DOMAIN_BLOCK_REBASE_COPY_DEV ? VIR_STORAGE_TYPE_BLOCK
                                                                 : VIR_STORAGE_TYPE_FILE;
    image->path = g_strdup(call->base);
    image->format =
        call->flags & VIR_DOMAIN_BLOCK_REBASE_COPY_RAW ? VIR_STORAGE_FILE_RAW : disk->src->format;
    return add_destination(widening, image, (call->flags & VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT) != 0,
                           reason, error);
}

static int
stock_rebase(const virHypervisorDriver *next, Call *call)
{
    return next->domainBlockRebase(call->dom, call->disk, call->base, call->bandwidth, call->flags);
}

int
drv_blocks_rebase(virDomainPtr dom, const char *disk, const char *base, unsigned long bandwidth,
                  unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    Call call = {.dom = dom, .disk = disk, .base = base, .bandwidth = bandwidth, .flags = flags};
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainBlockRebaseEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    return perform_call(stack, &subject, &call, want_rebase, stock_rebase);
}

/* ---- pulls, and the end of jobs: nothing new, but perhaps less than before ---- */

int
drv_blocks_pull(virDomainPtr dom, const char *disk, unsigned long bandwidth, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    int result = stack->next->domainBlockPull(dom, disk, bandwidth, flags);

    if (result == 0)
        drv_widening_follow(stack, dom);
    return result;
}

int
drv_blocks_abort(virDomainPtr dom, const char *disk, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    int result = stack->next->domainBlockJobAbort(dom, disk, flags);

    if (result == 0)
        drv_widening_follow(stack, dom);
    return result;
}

/* ---- commits ---- */

/* Those that are read only otherwise: where the data goes, and the one that has to name it as its
 * own base afterwards. */
static gboolean
want_commit(DrvWidening *widening, const Call *call, GError **error)
{
    virDomainDiskDef *disk = find_disk(widening, call->disk);
    g_autofree char *reason = disk ? drv_acl_dup_job_reason(disk->dst) : NULL;
    g_autoptr(GPtrArray) jobs = guest_grants_new();
    virStorageSource *above = NULL;
    virStorageSource *top;
    virStorageSource *base;

    if (!disk)
        return TRUE;
    top = call->top ? virStorageSourceChainLookup(disk->src, NULL, call->top, disk->dst, &above)
                    : disk->src;
    if (!top)
        return TRUE;
    if (call->base)
        base = virStorageSourceChainLookup(disk->src, top, call->base, disk->dst, NULL);
    else if (call->flags & VIR_DOMAIN_BLOCK_COMMIT_SHALLOW)
        base = top->backingStore;
    else
        for (base = top; virStorageSourceHasBacking(base);)
            base = base->backingStore;

    if ((virStorageSourceIsBacking(base) &&
         !drv_nodes_add_image(jobs, base, reason, DRV_NODES_LENIENT, error)) ||
        (above && !drv_nodes_add_image(jobs, above, reason, DRV_NODES_LENIENT, error)))
        return FALSE;

    if (widening->group)
        drv_acl_add_jobs(drv_group_get_whole(widening->group), jobs);
    guest_grants_add_all(widening->grants, jobs);
    return TRUE;
}

static int
stock_commit(const virHypervisorDriver *next, Call *call)
{
    return next->domainBlockCommit(call->dom, call->disk, call->base, call->top, call->bandwidth,
                                   call->flags);
}

int
drv_blocks_commit(virDomainPtr dom, const char *disk, const char *base, const char *top,
                  unsigned long bandwidth, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    Call call = {
        .dom = dom, .disk = disk, .base = base, .top = top, .bandwidth = bandwidth, .flags = flags};
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainBlockCommitEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    return perform_call(stack, &subject, &call, want_commit, stock_commit);
}

/* ---- backups ---- */

static gboolean
want_backup(DrvWidening *widening, const Call *call, GError **error)
{
    virDomainBackupDef *backup =
        virDomainBackupDefParseString(call->xml, drv_definition_get_options(), 0);
    gboolean success = TRUE;
    gsize i;

    for (i = 0; success && backup && i < backup->ndisks; i++) {
        g_autofree char *reason = g_strdup_printf("disk %s, backup", backup->disks[i].name);

        success =
            !backup->disks[i].store || drv_nodes_add_image(widening->grants, backup->disks[i].store,
                                                           reason, DRV_NODES_LENIENT, error);
    }

    virDomainBackupDefFree(backup);
    return success;
}

static int
stock_backup(const virHypervisorDriver *next, Call *call)
{
    return next->domainBackupBegin(call->dom, call->xml, call->base, call->flags);
}

int
drv_blocks_backup(virDomainPtr dom, const char *xml, const char *checkpoint, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    Call call = {.dom = dom, .xml = xml, .base = checkpoint, .flags = flags};
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainBackupBeginEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    return perform_call(stack, &subject, &call, want_backup, stock_backup);
}

/* ---- checkpoints and snapshots ---- */

/* Bitmaps are merged, or overlays into what is below them, in images that the call alone finds: for
 * its time all of the guest's own may be written to. */
static gboolean
want_chains(DrvWidening *widening, const Call *call G_GNUC_UNUSED, GError **error)
{
    gsize i;

    for (i = 0; i < widening->def->ndisks; i++) {
        const virDomainDiskDef *disk = widening->def->disks[i];
        g_autofree char *reason = g_strdup_printf("disk %s, merge", disk->dst);
        virStorageSource *image;

        for (image = disk->src->readonly ? NULL : disk->src; virStorageSourceIsBacking(image);
             image = image->backingStore) {
            if (!drv_nodes_add_image(widening->grants, image, reason, DRV_NODES_LENIENT, error))
                return FALSE;
        }
    }

    return TRUE;
}

static int
stock_delete_checkpoint(const virHypervisorDriver *next, Call *call)
{
    return next->domainCheckpointDelete(call->checkpoint, call->flags);
}

int
drv_blocks_delete_checkpoint(virDomainCheckpointPtr checkpoint, unsigned int flags)
{
    virDomainPtr dom = checkpoint->domain;
    DrvStack *stack = drv_stack_of(dom->conn);
    Call call = {.dom = dom, .checkpoint = checkpoint, .flags = flags};
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainCheckpointDeleteEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    return perform_call(stack, &subject, &call, want_chains, stock_delete_checkpoint);
}

static int
stock_delete_snapshot(const virHypervisorDriver *next, Call *call)
{
    return next->domainSnapshotDelete(call->snapshot, call->flags);
}

int
drv_blocks_delete_snapshot(virDomainSnapshotPtr snapshot, unsigned int flags)
{
    virDomainPtr dom = snapshot->domain;
    DrvStack *stack = drv_stack_of(dom->conn);
    Call call = {.dom = dom, .snapshot = snapshot, .flags = flags};
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainSnapshotDeleteEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    return perform_call(stack, &subject, &call, want_chains, stock_delete_snapshot);
}

static gboolean
want_snapshot(DrvWidening *widening, const Call *call, GError **error)
{
    const gboolean reused = (call->flags & VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT) != 0;
    virDomainSnapshotDef *def;
    gboolean success = TRUE;
    gsize i;

    if (call->flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE)
        return TRUE;

    def = virDomainSnapshotDefParseString(call->xml, drv_definition_get_options(), NULL, NULL, 0);
    for (i = 0; success && def && i < def->ndisks; i++) {
        g_autofree char *reason = g_strdup_printf("disk %s, snapshot", def->disks[i].name);

        success = !def->disks[i].src ||
                  add_destination(widening, def->disks[i].src, reused, reason, error);
    }

    virObjectUnref(def);
    return success;
}

static int
stock_snapshot(const virHypervisorDriver *next, Call *call)
{
    call->made = next->domainSnapshotCreateXML(call->dom, call->xml, call->flags);
    return call->made ? 0 : -1;
}

virDomainSnapshotPtr
drv_blocks_snapshot(virDomainPtr dom, const char *xml, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    Call call = {.dom = dom, .xml = xml, .flags = flags};
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainSnapshotCreateXMLEnsureACL(dom->conn, &subject.def, flags) < 0)
        return NULL;

    perform_call(stack, &subject, &call, want_snapshot, stock_snapshot);
    return call.made;
}
