/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Guests that arrive by migration: the calls on the destination. */
int drv_arrival_prepare2(virConnectPtr conn, char **cookie, int *cookielen, const char *uri_in,
                         char **uri_out, unsigned long flags, const char *dname,
                         unsigned long resource, const char *xml);
int drv_arrival_prepare_tunnel(virConnectPtr conn, virStreamPtr stream, unsigned long flags,
                               const char *dname, unsigned long resource, const char *xml);
int drv_arrival_prepare3(virConnectPtr conn, const char *cookiein, int cookieinlen,
                         char **cookieout, int *cookieoutlen, const char *uri_in, char **uri_out,
                         unsigned long flags, const char *dname, unsigned long resource,
                         const char *xml);
int drv_arrival_prepare_tunnel3(virConnectPtr conn, virStreamPtr stream, const char *cookiein,
                                int cookieinlen, char **cookieout, int *cookieoutlen,
                                unsigned long flags, const char *dname, unsigned long resource,
                                const char *xml);
int drv_arrival_prepare3_params(virConnectPtr conn, virTypedParameterPtr params, int nparams,
                                const char *cookiein, int cookieinlen, char **cookieout,
                                int *cookieoutlen, char **uri_out, unsigned int flags);
int drv_arrival_prepare_tunnel3_params(virConnectPtr conn, virStreamPtr stream,
                                       virTypedParameterPtr params, int nparams,
                                       const char *cookiein, int cookieinlen, char **cookieout,
                                       int *cookieoutlen, unsigned int flags);

virDomainPtr drv_arrival_finish2(virConnectPtr conn, const char *dname, const char *cookie,
                                 int cookielen, const char *uri, unsigned long flags, int retcode);
virDomainPtr drv_arrival_finish3(virConnectPtr conn, const char *dname, const char *cookiein,
                                 int cookieinlen, char **cookieout, int *cookieoutlen,
                                 const char *dconnuri, const char *uri, unsigned long flags,
                                 int cancelled);
virDomainPtr drv_arrival_finish3_params(virConnectPtr conn, virTypedParameterPtr params,
                                        int nparams, const char *cookiein, int cookieinlen,
                                        char **cookieout, int *cookieoutlen, unsigned int flags,
                                        int cancelled);
