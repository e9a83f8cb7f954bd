dnl SPDX-License-Identifier: LGPL-2.1-or-later
dnl
dnl Two sets of directories that must not be mixed up: ours follow --prefix and friends,
dnl libvirt's are where the distribution's libvirt was built to look, whatever our prefix.

AC_DEFUN([CORRAL_PATHS], [
  AC_ARG_WITH([libvirt-sysconfdir],
    [AS_HELP_STRING([--with-libvirt-sysconfdir=DIR], [libvirt reads DIR/libvirt/qemu.conf [/etc]])],
    [], [with_libvirt_sysconfdir=/etc])
  AC_ARG_WITH([libvirt-runstatedir],
    [AS_HELP_STRING([--with-libvirt-runstatedir=DIR], [libvirt keeps its state in DIR/libvirt [/run]])],
    [], [with_libvirt_runstatedir=/run])
  LIBVIRT_SYSCONFDIR=$with_libvirt_sysconfdir
  LIBVIRT_RUNSTATEDIR=$with_libvirt_runstatedir
  AC_SUBST([LIBVIRT_SYSCONFDIR])
  AC_SUBST([LIBVIRT_RUNSTATEDIR])

  dnl Autoconf's own default is $prefix/var/run, which no boot ever empties.
  AS_IF([test "x$runstatedir" = 'x${localstatedir}/run'], [runstatedir=/run])
])
