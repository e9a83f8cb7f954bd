/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Devices that are plugged into a running guest, changed, and pulled out. */
int drv_devices_attach(virDomainPtr dom, const char *xml);
int drv_devices_attach_flags(virDomainPtr dom, const char *xml, unsigned int flags);
int drv_devices_update(virDomainPtr dom, const char *xml, unsigned int flags);
int drv_devices_detach(virDomainPtr dom, const char *xml);
int drv_devices_detach_flags(virDomainPtr dom, const char *xml, unsigned int flags);
int drv_devices_detach_alias(virDomainPtr dom, const char *alias, unsigned int flags);
