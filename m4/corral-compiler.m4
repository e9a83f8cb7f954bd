dnl SPDX-License-Identifier: LGPL-2.1-or-later
dnl
dnl What we ask of the compiler beyond CFLAGS, which stay the user's.  Every flag is
dnl tried first, so that an older or a different compiler just gets fewer of them.

dnl CORRAL_TRY_CFLAGS(VARIABLE, FLAGS): appends the FLAGS that the compiler takes.
AC_DEFUN([CORRAL_TRY_CFLAGS], [
  for corral_flag in $2; do
    AC_MSG_CHECKING([whether $CC takes $corral_flag])
    corral_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $corral_flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdlib.h>]])],
      [AC_MSG_RESULT([yes])
       AS_VAR_APPEND([$1], [" $corral_flag"])],
      [AC_MSG_RESULT([no])])
    CFLAGS=$corral_save_CFLAGS
  done
])

dnl CORRAL_TRY_LDFLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([CORRAL_TRY_LDFLAGS], [
  for corral_flag in $2; do
    AC_MSG_CHECKING([whether the linker takes $corral_flag])
    corral_save_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS $corral_flag"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
      [AC_MSG_RESULT([yes])
       AS_VAR_APPEND([$1], [" $corral_flag"])],
      [AC_MSG_RESULT([no])])
    LDFLAGS=$corral_save_LDFLAGS
  done
])

AC_DEFUN([CORRAL_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [warnings are errors (for development and CI)])],
    [], [enable_werror=no])
  WARNING_CFLAGS=
  CORRAL_TRY_CFLAGS([WARNING_CFLAGS], [m4_normalize([
    -Wall -Wextra -Wformat=2 -Wundef -Wvla -Walloca -Wshadow -Wdate-time
    -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wnested-externs
    -Wmissing-declarations -Wredundant-decls -Wdeclaration-after-statement
    -Wpointer-arith -Wwrite-strings -Winit-self -Wimplicit-fallthrough
    -Wlogical-op -Wduplicated-cond -Wjump-misses-init -Wstrict-aliasing=2])])
  dnl clang takes {NULL} for fields that were forgotten, and warns of the casts in libvirt's macros.
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifndef __clang__
# error
#endif]])],
    [CORRAL_TRY_CFLAGS([WARNING_CFLAGS],
      [-Wno-missing-field-initializers -Wno-cast-function-type-mismatch])])
  AS_IF([test "x$enable_werror" = xyes], [AS_VAR_APPEND([WARNING_CFLAGS], [" -Werror"])])
  AC_SUBST([WARNING_CFLAGS])
])

dnl -fsanitize= has to be there at compile time and at link time.  Nobody reads what a
dnl sanitizer writes beside a test that passes, so a finding ends the program.
AC_DEFUN([CORRAL_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST], [compile with these sanitizers, e.g. address,undefined])],
    [], [enable_sanitizers=no])
  SANITIZER_FLAGS=
  AC_ARG_ENABLE([fuzzers],
    [AS_HELP_STRING([--enable-fuzzers], [let libFuzzer drive the fuzz targets (needs CC=clang)])],
    [], [enable_fuzzers=no])
  FUZZER_LDFLAGS=
  AS_IF([test "x$enable_fuzzers,$enable_sanitizers" = xyes,no], [enable_sanitizers=yes])
  AS_CASE([$enable_sanitizers],
    [no], [enable_sanitizers=],
    [yes], [enable_sanitizers=address,undefined])
  AS_IF([test "x$enable_fuzzers" = xyes], [
    AS_VAR_APPEND([enable_sanitizers], [",fuzzer-no-link"])
    FUZZER_LDFLAGS=-fsanitize=fuzzer
  ])
  AM_CONDITIONAL([FUZZERS], [test "x$enable_fuzzers" = xyes])
  AC_SUBST([FUZZER_LDFLAGS])
  AS_IF([test -n "$enable_sanitizers"], [
    SANITIZER_FLAGS="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"
    AC_MSG_CHECKING([whether $CC links with $SANITIZER_FLAGS])
    corral_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $SANITIZER_FLAGS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
      [AC_MSG_RESULT([yes])],
      [AC_MSG_FAILURE([this compiler has no such sanitizers])])
    CFLAGS=$corral_save_CFLAGS
  ])
  AC_SUBST([SANITIZER_FLAGS])
])

dnl _FORTIFY_SOURCE warns without optimisation, and hides what a sanitizer would see.
AC_DEFUN([CORRAL_HARDENING], [
  HARDENING_CFLAGS=
  HARDENING_LDFLAGS=
  CORRAL_TRY_CFLAGS([HARDENING_CFLAGS], [-fstack-protector-strong])
  AS_IF([test -z "$SANITIZER_FLAGS"], [
    AC_MSG_CHECKING([whether _FORTIFY_SOURCE is ours to set])
    corral_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror -D_FORTIFY_SOURCE=2"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdlib.h>]])],
      [AC_MSG_RESULT([yes])
       AS_VAR_APPEND([HARDENING_CFLAGS], [" -D_FORTIFY_SOURCE=2"])],
      [AC_MSG_RESULT([no])])
    CFLAGS=$corral_save_CFLAGS
  ])
  CORRAL_TRY_LDFLAGS([HARDENING_LDFLAGS], [-Wl,-z,relro -Wl,-z,now])
  AC_SUBST([HARDENING_CFLAGS])
  AC_SUBST([HARDENING_LDFLAGS])
])
