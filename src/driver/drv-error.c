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

static int
code_of(const GError *error)
{
    gsize i;

    if (error->domain == GUEST_ERROR)
        return error->code == GUEST_ERROR_XML ? VIR_ERR_XML_ERROR : VIR_ERR_CONFIG_UNSUPPORTED;
    for (i = 0; error->domain == CORRAL_ERROR && i < G_N_ELEMENTS(corral_codes); i++) {
        if (error->code == corral_codes[i].ours)
            return corral_codes[i].libvirts;
    }

    return VIR_ERR_INTERNAL_ERROR;
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

void
drv_error_report(GError *error, const char *guest)
{
    g_autoptr(GError) owned = error;

    /* stock says what is wrong with a partition in these words and no others */
    if (!guest || owned->domain == GUEST_ERROR)
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
