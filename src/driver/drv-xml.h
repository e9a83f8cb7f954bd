/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* A running guest's description shows the tuning that is in force. */
char *drv_xml_get_desc(virDomainPtr dom, unsigned int flags);
