/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Overrides: pinning the threads of a guest. */
int drv_pin_vcpu(virDomainPtr dom, unsigned int vcpu, unsigned char *map, int length);
int drv_pin_vcpu_flags(virDomainPtr dom, unsigned int vcpu, unsigned char *map, int length,
                       unsigned int flags);
int drv_pin_emulator(virDomainPtr dom, unsigned char *map, int length, unsigned int flags);
int drv_pin_iothread(virDomainPtr dom, unsigned int iothread, unsigned char *map, int length,
                     unsigned int flags);
