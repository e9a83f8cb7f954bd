/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-access.h"
#include "drv-stack.h"

/* Saving guests, restoring them, and the descriptions in their images. */
int drv_image_save(virDomainPtr dom, const char *to);
int drv_image_save_flags(virDomainPtr dom, const char *to, const char *dxml, unsigned int flags);
int drv_image_save_params(virDomainPtr dom, virTypedParameterPtr params, int nparams,
                          unsigned int flags);
int drv_image_managed_save(virDomainPtr dom, unsigned int flags);

int drv_image_restore(virConnectPtr conn, const char *from);
int drv_image_restore_flags(virConnectPtr conn, const char *from, const char *dxml,
                            unsigned int flags);
int drv_image_restore_params(virConnectPtr conn, virTypedParameterPtr params, int nparams,
                             unsigned int flags);

char *drv_image_get_desc(virConnectPtr conn, const char *file, unsigned int flags);
int drv_image_define(virConnectPtr conn, const char *file, const char *dxml, unsigned int flags);
char *drv_image_get_managed_desc(virDomainPtr dom, unsigned int flags);
int drv_image_define_managed(virDomainPtr dom, const char *dxml, unsigned int flags);

/*
 * What @subject would be started from if it has a managed save image: its
 * description in a form that starts without cgroups of stock's, to which the
 * image is changed if need be.  NULL without an error if the image cannot be read:
 * stock knows what to do about that.  FALSE with an error raised.
 */
gboolean drv_image_prepare_managed(const virHypervisorDriver *next, DrvSubject *subject,
                                   char **xml);
