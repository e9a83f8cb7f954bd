/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/* Starting and stopping. */
virDomainPtr drv_life_create_xml(virConnectPtr conn, const char *xml, unsigned int flags);
virDomainPtr drv_life_create_xml_with_files(virConnectPtr conn, const char *xml,
                                            unsigned int nfiles, int *files, unsigned int flags);
int drv_life_create(virDomainPtr dom);
int drv_life_create_with_flags(virDomainPtr dom, unsigned int flags);
int drv_life_create_with_files(virDomainPtr dom, unsigned int nfiles, int *files,
                               unsigned int flags);
int drv_life_destroy(virDomainPtr dom);
int drv_life_destroy_flags(virDomainPtr dom, unsigned int flags);

/* A guest has been destroyed: when the call returns, its groups are gone as well. */
void drv_life_tidy_up(DrvStack *stack, virDomainPtr dom);
