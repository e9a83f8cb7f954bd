dnl SPDX-License-Identifier: LGPL-2.1-or-later
dnl
dnl The driver is compiled against the private headers of exactly one libvirt.
dnl Which one, and where those headers come from, is settled here:
dnl
dnl   LIBVIRT_VERSION   the libvirt the implementation is built for
dnl   LIBVIRT_HEADERS   directory that build-aux/libvirt-headers filled, or will
dnl   LIBVIRT_SOURCE    unpacked source tree to take them from; empty: the distribution's
dnl   ALSO_LIBVIRT      others that implementations are built for besides, by the names
dnl                     that their headers have, or will have, in libvirt-headers/

AC_DEFUN([CORRAL_LIBVIRT], [
  AC_ARG_WITH([libvirt-source],
    [AS_HELP_STRING([--with-libvirt-source=DIR],
      [take libvirt's private headers from this unpacked source tree [the distribution's source package]])],
    [], [with_libvirt_source=no])
  AC_ARG_WITH([libvirt-headers],
    [AS_HELP_STRING([--with-libvirt-headers=DIR],
      [use private headers that build-aux/libvirt-headers has laid here before])],
    [], [with_libvirt_headers=no])
  AC_ARG_WITH([stock-driver-dir],
    [AS_HELP_STRING([--with-stock-driver-dir=DIR],
      [where libvirt's own driver modules are [LIBDIR-OF-LIBVIRT/libvirt/connection-driver]])],
    [], [with_stock_driver_dir=no])

  AC_ARG_WITH([also-libvirt],
    [AS_HELP_STRING([--with-also-libvirt=LIST],
      [build for other libvirts, too: a comma-separated list of releases of Debian, whose headers
       are fetched, and of directories that build-aux/libvirt-headers has made])],
    [], [with_also_libvirt=no])

  AS_CASE([$with_libvirt_source,$with_libvirt_headers],
    [yes,*|*,yes], [AC_MSG_ERROR([--with-libvirt-source and --with-libvirt-headers need a directory])],
    [no,*|*,no], [],
    [AC_MSG_ERROR([--with-libvirt-source and --with-libvirt-headers exclude each other])])

  corral_installed_libvirt=`$PKG_CONFIG --modversion libvirt`
  LIBVIRT_SOURCE=
  LIBVIRT_VERSION=$corral_installed_libvirt
  AS_IF([test "x$with_libvirt_source" != xno], [
    AS_IF([test ! -f "$with_libvirt_source/src/driver-hypervisor.h"],
      [AC_MSG_ERROR([$with_libvirt_source is not a libvirt source tree])])
    LIBVIRT_SOURCE=`cd "$with_libvirt_source" && pwd`
    LIBVIRT_VERSION=`$SED -n "s/^ *version: '\(@<:@0-9.@:>@*\)',/\1/p;T;q" "$LIBVIRT_SOURCE/meson.build"`
  ], [test "x$with_libvirt_headers" != xno], [
    AS_IF([test ! -f "$with_libvirt_headers/version"],
      [AC_MSG_ERROR([$with_libvirt_headers was not made by build-aux/libvirt-headers])])
    LIBVIRT_VERSION=`cat "$with_libvirt_headers/version"`
  ])
  AS_IF([test "$LIBVIRT_VERSION" != "$corral_installed_libvirt"],
    [AC_MSG_WARN([building for libvirt $LIBVIRT_VERSION, but $corral_installed_libvirt is installed: the in-process driver tests are left out])])
  AM_CONDITIONAL([LIBVIRT_IS_INSTALLED], [test "$LIBVIRT_VERSION" = "$corral_installed_libvirt"])

  AS_IF([test "x$with_libvirt_headers" != xno],
    [LIBVIRT_HEADERS=`cd "$with_libvirt_headers" && pwd`],
    [LIBVIRT_HEADERS=`pwd`/libvirt-headers/$LIBVIRT_VERSION])
  AM_CONDITIONAL([FETCH_LIBVIRT_HEADERS], [test "x$with_libvirt_headers" = xno])

  AS_IF([test "x$with_stock_driver_dir" = xno],
    [STOCK_DRIVER_DIR=`$PKG_CONFIG --variable=libdir libvirt`/libvirt/connection-driver],
    [STOCK_DRIVER_DIR=$with_stock_driver_dir])

  ALSO_LIBVIRT=
  AS_CASE([$with_also_libvirt],
    [yes], [AC_MSG_ERROR([--with-also-libvirt: which?])],
    [no], [with_also_libvirt=])
  for corral_name in `AS_ECHO(["$with_also_libvirt"]) | tr , ' '`; do
    AS_CASE([$corral_name], [*/*], [
      AS_IF([test ! -f "$corral_name/version"],
        [AC_MSG_ERROR([$corral_name was not made by build-aux/libvirt-headers])])
      corral_also_dir=`cd "$corral_name" && pwd`
      corral_name=`cat "$corral_also_dir/version"`
      AS_MKDIR_P([libvirt-headers])
      rm -rf "libvirt-headers/$corral_name"
      $LN_S "$corral_also_dir" "libvirt-headers/$corral_name"
    ])
    AS_IF([test "$corral_name" = "$LIBVIRT_VERSION"],
      [AC_MSG_ERROR([--with-also-libvirt: $corral_name is what is built for anyway])])
    AS_VAR_APPEND([ALSO_LIBVIRT], [" $corral_name"])
  done

  AC_SUBST([ALSO_LIBVIRT])
  AC_SUBST([LIBVIRT_SOURCE])
  AC_SUBST([LIBVIRT_VERSION])
  AC_SUBST([LIBVIRT_HEADERS])
  AC_SUBST([STOCK_DRIVER_DIR])
])
