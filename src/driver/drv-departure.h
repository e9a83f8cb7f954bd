/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Guests that leave by migration: the calls on the source. */
char *drv_departure_begin3(virDomainPtr dom, const char *xmlin, char **cookieout, int *cookieoutlen,
                           unsigned long flags, const char *dname, unsigned long resource);
char *drv_departure_begin3_params(virDomainPtr dom, virTypedParameterPtr params, int nparams,
                                  char **cookieout, int *cookieoutlen, unsigned int flags);
int drv_departure_perform(virDomainPtr dom, const char *cookie, int cookielen, const char *uri,
                          unsigned long flags, const char *dname, unsigned long resource);
int drv_departure_perform3(virDomainPtr dom, const char *xmlin, const char *cookiein,
                           int cookieinlen, char **cookieout, int *cookieoutlen,
                           const char *dconnuri, const char *uri, unsigned long flags,
                           const char *dname, unsigned long resource);
int drv_departure_perform3_params(virDomainPtr dom, const char *dconnuri,
                                  virTypedParameterPtr params, int nparams, const char *cookiein,
                                  int cookieinlen, char **cookieout, int *cookieoutlen,
                                  unsigned int flags);
int drv_departure_confirm3(virDomainPtr dom, const char *cookiein, int cookieinlen,
                           unsigned long flags, int cancelled);
int drv_departure_confirm3_params(virDomainPtr dom, virTypedParameterPtr params, int nparams,
                                  const char *cookiein, int cookieinlen, unsigned int flags,
                                  int cancelled);
