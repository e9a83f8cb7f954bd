/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block I/O parameters.
 *
 * As with the scheduler's (drv-sched.c) the persistent definition is stock's and
 * the running guest is ours.  Strings are read by libvirt's own functions, so
 * that what they refuse is refused in the same words.
 *
 * Stock tells nothing at all of a running guest where the kernel has no weight,
 * and goes on after an error, so that half of what was asked for is in force.
 */
#include <config.h>

#include <stddef.h>

#include "drv-error.h"
#include "drv-io.h"
#include "drv-running.h"
#include "drv-tune-io.h"

/* What devices have, in the order in which stock returns it behind the weight. */
static const struct {
    const char *name;
    gsize theirs; /* in virBlkioDevice */
    gsize ours;   /* in GuestBlkioDevice */
    gboolean wide;
} fields[] = {
    {VIR_DOMAIN_BLKIO_DEVICE_WEIGHT, offsetof(virBlkioDevice, weight),
     offsetof(GuestBlkioDevice, weight), FALSE},
    {VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS, offsetof(virBlkioDevice, riops),
     offsetof(GuestBlkioDevice, read_iops), FALSE},
    {VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS, offsetof(virBlkioDevice, wiops),
     offsetof(GuestBlkioDevice, write_iops), FALSE},
    {VIR_DOMAIN_BLKIO_DEVICE_READ_BPS, offsetof(virBlkioDevice, rbps),
     offsetof(GuestBlkioDevice, read_bps), TRUE},
    {VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS, offsetof(virBlkioDevice, wbps),
     offsetof(GuestBlkioDevice, write_bps), TRUE},
};

#define N_PARAMETERS (1 + (int)G_N_ELEMENTS(fields))

G_STATIC_ASSERT(sizeof(((virBlkioDevice *)NULL)->riops) == sizeof(guint));
G_STATIC_ASSERT(sizeof(((virBlkioDevice *)NULL)->rbps) == sizeof(guint64));

static DrvGroup *
open_group(DrvStack *stack, DrvSubject *subject)
{
    return drv_running_open_group(stack, subject, CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_IO),
                                  "blkio cgroup isn't mounted");
}

static gboolean
read_live(DrvGroup *group, const char *name, GuestBlkiotune *now)
{
    g_autoptr(GError) error = NULL;

    guest_blkiotune_init(now);
    if (drv_tune_io_read(drv_group_get_whole(group), now, &error))
        return TRUE;

    drv_error_report(g_steal_pointer(&error), name);
    return FALSE;
}

/* "PATH,VALUE,PATH,VALUE" of those that have one; NULL if none has. */
static char *
format_field(const GuestBlkiotune *tune, gsize field)
{
    GString *text = g_string_new(NULL);
    guint i;

    for (i = 0; i < tune->devices->len; i++) {
        const char *device = g_ptr_array_index(tune->devices, i);
        const char *at = device + fields[field].ours;
        guint64 value = fields[field].wide ? *(const guint64 *)at : *(const guint *)at;

        if (value != 0)
            g_string_append_printf(text, "%s%s,%" G_GUINT64_FORMAT, text->len ? "," : "",
                                   ((const GuestBlkioDevice *)device)->path, value);
    }

    return g_string_free(text, text->len == 0);
}

static int
get_live(DrvStack *stack, DrvSubject *subject, virTypedParameterPtr params, int *nparams)
{
    g_autoptr(DrvGroup) group = open_group(stack, subject);
    g_auto(GuestBlkiotune) now = {0, NULL};
    int n = MIN(*nparams, N_PARAMETERS);
    int i;

    if (!group || !read_live(group, subject->def.name, &now))
        return -1;

    if (virTypedParameterAssign(&params[0], VIR_DOMAIN_BLKIO_WEIGHT, VIR_TYPED_PARAM_UINT,
                                now.weight) < 0)
        return -1;
    for (i = 1; i < n; i++) {
        if (virTypedParameterAssign(&params[i], fields[i - 1].name, VIR_TYPED_PARAM_STRING,
                                    format_field(&now, i - 1)) < 0)
            return -1;
    }

    *nparams = n;
    return 0;
}

int
drv_io_get(virDomainPtr dom, virTypedParameterPtr params, int *nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    DrvReach reach;

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_TYPED_PARAM_STRING_OKAY,
                  -1);

    reach = drv_running_begin_read(dom, virDomainGetBlkioParametersEnsureACL, flags, &subject);
    if (reach == DRV_REACH_FAILED)
        return -1;
    if (reach == DRV_REACH_STOCK)
        return stack->next->domainGetBlkioParameters(dom, params, nparams, flags);

    if (*nparams == 0) {
        *nparams = N_PARAMETERS;
        return 0;
    }
    return get_live(stack, &subject, params, nparams);
}

/* ---- what is asked for ---- */

static GuestBlkioDevice *
get_device(GuestBlkiotune *tune, const char *path)
{
    GuestBlkioDevice *device;
    guint i;

    for (i = 0; i < tune->devices->len; i++) {
        device = g_ptr_array_index(tune->devices, i);
        if (g_str_equal(device->path, path))
            return device;
    }

    device = guest_blkio_device_new(path);
    g_ptr_array_add(tune->devices, device);
    return device;
}

static gboolean
merge_devices(char *text, gsize field, GuestBlkiotune *tune)
{
    virBlkioDevice *devices = NULL;
    size_t n = 0;
    size_t i;

    if (virDomainDriverParseBlkioDeviceStr(text, fields[field].name, &devices, &n) < 0)
        return FALSE;

    for (i = 0; i < n; i++) {
        const char *from = (const char *)&devices[i] + fields[field].theirs;
        char *to = (char *)get_device(tune, devices[i].path) + fields[field].ours;

        if (fields[field].wide)
            *(guint64 *)to = *(const unsigned long long *)from;
        else
            *(guint *)to = *(const unsigned int *)from;
    }
    virBlkioDeviceArrayClear(devices, n);
    g_free(devices);
    return TRUE;
}

/* @tune, with what is asked for. */
static gboolean
merge(const virTypedParameter *params, int nparams, GuestBlkiotune *tune, gboolean *weight)
{
    gsize field;
    int i;

    *weight = FALSE;
    for (i = 0; i < nparams; i++) {
        if (g_str_equal(params[i].field, VIR_DOMAIN_BLKIO_WEIGHT)) {
            tune->weight = params[i].value.ui;
            *weight = TRUE;
        }
        for (field = 0; field < G_N_ELEMENTS(fields); field++) {
            if (g_str_equal(params[i].field, fields[field].name) &&
                !merge_devices(params[i].value.s, field, tune))
                return FALSE;
        }
    }

    return TRUE;
}

/* ---- writing ---- */

/* One call on a running guest. */
typedef struct {
    DrvGroup *group;
    GuestBlkiotune before;
    GuestBlkiotune wanted;
} Tuning;

static void
tuning_clear(Tuning *self)
{
    g_clear_pointer(&self->group, drv_group_free);
    guest_blkiotune_clear(&self->before);
    guest_blkiotune_clear(&self->wanted);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tuning, tuning_clear)

/* What is said in stock's words, guest or no guest.  Always -1. */
static int
report(GError *error, const char *name)
{
    gboolean stocks = g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);

    drv_error_report(error, stocks ? NULL : name);
    return -1;
}

static int
prepare(DrvChange *change)
{
    Tuning *self = change->data;
    GError *error = NULL;
    gboolean weight;

    self->group = open_group(change->stack, change->subject);
    if (!self->group || !read_live(self->group, change->subject->def.name, &self->before))
        return -1;
    guest_blkiotune_copy(&self->before, &self->wanted);
    if (!merge(change->params, change->nparams, &self->wanted, &weight))
        return -1;

    /* 0 is what was read where nothing weighs, and a wrong number everywhere. */
    if (weight && self->wanted.weight == 0) {
        drv_error_raise(VIR_ERR_INVALID_ARG, "Invalid value '0' for '%s'", VIR_DOMAIN_BLKIO_WEIGHT);
        return -1;
    }
    return drv_tune_io_check_paths(&self->before, &self->wanted, &error) ? 0 : report(error, NULL);
}

static int
write_tune(DrvChange *change)
{
    Tuning *self = change->data;
    GError *error = NULL;

    return drv_tune_io_write(drv_group_get_whole(self->group), &self->before, &self->wanted, &error)
               ? 0
               : report(error, change->subject->def.name);
}

static void
undo(DrvChange *change)
{
    Tuning *self = change->data;
    g_autoptr(GError) error = NULL;
    guint i;

    /* Who has come has to go. */
    for (i = 0; i < self->wanted.devices->len; i++) {
        const GuestBlkioDevice *device = g_ptr_array_index(self->wanted.devices, i);

        get_device(&self->before, device->path);
    }
    if (!drv_tune_io_write(drv_group_get_whole(self->group), &self->wanted, &self->before, &error))
        drv_error_log(g_steal_pointer(&error), change->subject->def.name, "take back a change");
}

int
drv_io_set(virDomainPtr dom, virTypedParameterPtr params, int nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    const DrvSetter setter = {
        .ensure = virDomainSetBlkioParametersEnsureACL,
        .stock = stack->next->domainSetBlkioParameters,
        .prepare = prepare,
        .write = write_tune,
        .undo = undo,
    };
    g_auto(Tuning) tuning = {NULL};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    if (virTypedParamsValidate(params, nparams, VIR_DOMAIN_BLKIO_WEIGHT, VIR_TYPED_PARAM_UINT,
                               fields[0].name, VIR_TYPED_PARAM_STRING, fields[1].name,
                               VIR_TYPED_PARAM_STRING, fields[2].name, VIR_TYPED_PARAM_STRING,
                               fields[3].name, VIR_TYPED_PARAM_STRING, fields[4].name,
                               VIR_TYPED_PARAM_STRING, NULL) < 0)
        return -1;

    return drv_running_set(&setter, dom, params, nparams, flags, &tuning);
}
