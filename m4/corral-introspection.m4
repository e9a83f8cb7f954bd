dnl SPDX-License-Identifier: LGPL-2.1-or-later
dnl
dnl libcorral for other languages than C: its description for GObject Introspection,
dnl from which the bindings for Vala and the reference documentation are made in turn.
dnl Checked for without the macros of those packages, so that autogen.sh needs none of them.
dnl
dnl   INTROSPECTION_SCANNER   g-ir-scanner
dnl   INTROSPECTION_COMPILER  g-ir-compiler
dnl   VAPIGEN                 Vala's generator
dnl   GI_DOCGEN               the generator of the reference
dnl   PYTHON                  a python3 that has the package gi; for tests only

AC_DEFUN([CORRAL_INTROSPECTION], [
  AC_REQUIRE([CORRAL_SANITIZERS])
  AC_ARG_ENABLE([introspection],
    [AS_HELP_STRING([--disable-introspection], [do not build the description for other languages])],
    [], [enable_introspection=auto])
  AC_ARG_ENABLE([docs],
    [AS_HELP_STRING([--enable-docs], [build and install the reference documentation])],
    [], [enable_docs=no])

  PKG_CHECK_EXISTS([gobject-introspection-1.0 >= 1.66],
    [corral_have_introspection=yes], [corral_have_introspection=no])

  dnl The scanner runs a program of its own that loads the library.
  AS_IF([test -n "$SANITIZER_FLAGS"], [
    AS_IF([test "x$enable_introspection" = xyes],
      [AC_MSG_ERROR([a library with sanitizers cannot be introspected])])
    enable_introspection=no
    AC_MSG_NOTICE([introspection is left out: a library with sanitizers cannot be introspected])
  ])
  AS_CASE([$enable_introspection,$corral_have_introspection],
    [yes,no], [AC_MSG_ERROR([--enable-introspection needs gobject-introspection])],
    [auto,*], [enable_introspection=$corral_have_introspection])

  INTROSPECTION_SCANNER=
  INTROSPECTION_COMPILER=
  VAPIGEN=
  PYTHON=${PYTHON-}
  AS_IF([test "x$enable_introspection" = xyes], [
    INTROSPECTION_SCANNER=`$PKG_CONFIG --variable=g_ir_scanner gobject-introspection-1.0`
    INTROSPECTION_COMPILER=`$PKG_CONFIG --variable=g_ir_compiler gobject-introspection-1.0`
    AC_PATH_PROG([VAPIGEN], [vapigen])
    AC_CACHE_CHECK([for a python3 with gi], [ac_cv_path_PYTHON], [
      ac_cv_path_PYTHON=
      for corral_python in $PYTHON python3 /usr/bin/python3; do
        AS_IF([$corral_python -c 'from gi.repository import GLib' 2>/dev/null],
          [ac_cv_path_PYTHON=$corral_python; break])
      done
    ])
    PYTHON=$ac_cv_path_PYTHON
  ])

  AC_PATH_PROG([GI_DOCGEN], [gi-docgen])
  AS_IF([test "x$enable_docs" = xyes], [
    AS_IF([test "x$enable_introspection" != xyes],
      [AC_MSG_ERROR([--enable-docs needs introspection])])
    AS_IF([test -z "$GI_DOCGEN"], [AC_MSG_ERROR([--enable-docs needs gi-docgen])])
  ])

  AC_SUBST([INTROSPECTION_SCANNER])
  AC_SUBST([INTROSPECTION_COMPILER])
  AC_SUBST([PYTHON])
  AM_CONDITIONAL([HAVE_INTROSPECTION], [test "x$enable_introspection" = xyes])
  AM_CONDITIONAL([HAVE_VAPIGEN], [test -n "$VAPIGEN"])
  AM_CONDITIONAL([HAVE_GI_DOCGEN], [test -n "$GI_DOCGEN" && test "x$enable_introspection" = xyes])
  AM_CONDITIONAL([ENABLE_DOCS], [test "x$enable_docs" = xyes])
])
