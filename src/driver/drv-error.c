/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From GError to libvirt's errors. */
#include <config.h>

#include "corral.h"
#include "drv-error.h"
#include "drv-libvirt.h"
#include "guest.h"

VIR_LOG_INIT("corral");

static const struct {
    int ours;
    int libvirts;
} corral_codes[] = {
    {CORRAL_ERROR_FAILED, VIR_ERR_SYSTEM_ERROR},
    {CORRAL_ERROR_RANGE, VIR_ERR_INVALID_ARG},
    {CORRAL_ERROR_NO_CONTROLLER, VIR_ERR_OPERATION_INVALID},
    {CORRAL_ERROR_UNSUPPORTED, VIR_ERR_OPERATION_UNSUPPORTED},
    {CORRAL_ERROR_NOT_FOUND, VIR_ERR_OPERATION_FAILED},
    {CORRAL_ERROR_GONE, VIR_ERR_OPERATION_FAILED},
    {CORRAL_ERROR_EXISTS, VIR_ERR_OPERATION_FAILED},
    {CORRAL_ERROR_BUSY, VIR_ERR_OPERATION_FAILED},
    {CORRAL_ERROR_PERMISSION, VIR_ERR_SYSTEM_ERROR},
    {CORRAL_ERROR_REFUSED, VIR_ERR_SYSTEM_ERROR},
    {CORRAL_ERROR_NAME, VIR_ERR_CONFIG_UNSUPPORTED},
};

G_DEFINE_QUARK(drv - error - libvirt - quark, drv_error_libvirt);

static int
code_of(const GError *error)
{
    gsize i;

    if (error->domain == DRV_ERROR_LIBVIRT)
        return error->code;
    if (error->domain == GUEST_ERROR)
        return error->code == GUEST_ERROR_XML ? VIR_ERR_XML_ERROR : VIR_ERR_CONFIG_UNSUPPORTED;
    for (i = 0; error->domain == CORRAL_ERROR && i < G_N_ELEMENTS(corral_codes); i++) {
        if (error->code == corral_codes[i].ours)
            return corral_codes[i].libvirts;
    }

    return VIR_ERR_INTERNAL_ERROR;
}

static __thread gboolean is_of_containers;

void
drv_error_set_origin(gboolean containers)
{
    is_of_containers = containers;
}

int
drv_error_get_origin(void)
{
    return is_of_containers ? VIR_FROM_LXC : VIR_FROM_QEMU;
}

void
drv_error_raise(int code, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);

    virReportErrorHelper(VIR_FROM_THIS, code, __FILE__, __func__, __LINE__, "%s", message);
}

/* The message of an error begins with what its code means; str2 is the rest. */
void
drv_error_take(GError **error)
{
    virErrorPtr raised = virGetLastError();

    if (raised)
        g_set_error(error, DRV_ERROR_LIBVIRT, raised->code, "%s",
                    raised->str2 ? raised->str2 : raised->message);
    else
        g_set_error_literal(error, DRV_ERROR_LIBVIRT, VIR_ERR_INTERNAL_ERROR, "unknown error");
    virResetLastError();
}

void
drv_error_report(GError *error, const char *guest)
{
    g_autoptr(GError) owned = error;

    /* stock says what is wrong with a partition in these words and no others */
    if (!guest || owned->domain == GUEST_ERROR || owned->domain == DRV_ERROR_LIBVIRT)
        drv_error_raise(code_of(owned), "%s", owned->message);
    else
        drv_error_raise(code_of(owned), "guest '%s': %s", guest, owned->message);
}

void
drv_error_log(GError *error, const char *subject, const char *doing)
{
    g_autoptr(GError) owned = error;

    VIR_WARN("corral: '%s': cannot %s: %s", subject, doing, owned->message);
}
