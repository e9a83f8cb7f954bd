/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Overrides: vCPUs and iothreads that come and go while the guest runs. */
int drv_plug_set_vcpus(virDomainPtr dom, unsigned int count);
int drv_plug_set_vcpus_flags(virDomainPtr dom, unsigned int count, unsigned int flags);
int drv_plug_set_vcpu(virDomainPtr dom, const char *vcpus, int state, unsigned int flags);
int drv_plug_add_iothread(virDomainPtr dom, unsigned int id, unsigned int flags);
int drv_plug_delete_iothread(virDomainPtr dom, unsigned int id, unsigned int flags);
