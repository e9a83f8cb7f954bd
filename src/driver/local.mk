# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Room 4: the modules that libvirtd loads.

# ---- libvirt's private headers ------------------------------------------------
#
# Fetched once per build tree; never in git, never in the tarball.  -isystem, so
# that our warnings are about our code.

libvirt_headers_stamp = $(LIBVIRT_HEADERS)/version

driver_cppflags = \
	$(AM_CPPFLAGS) \
	-I$(top_srcdir)/src/driver \
	-I$(top_srcdir)/src/guest \
	$(path_cppflags) \
	-isystem $(LIBVIRT_HEADERS)/include \
	-isystem $(LIBVIRT_HEADERS)/src \
	-isystem $(LIBVIRT_HEADERS)/src/access \
	-isystem $(LIBVIRT_HEADERS)/src/conf \
	-isystem $(LIBVIRT_HEADERS)/src/hypervisor \
	-isystem $(LIBVIRT_HEADERS)/src/util \
	$(LIBVIRT_CFLAGS) \
	$(LIBXML_CFLAGS) \
	$(NULL)

if FETCH_LIBVIRT_HEADERS
$(libvirt_headers_stamp):
	$(AM_V_GEN)$(BASH) $(srcdir)/build-aux/libvirt-headers \
		--with-libvirt-source "$(LIBVIRT_SOURCE)" --version "$(LIBVIRT_VERSION)" \
		"$(LIBVIRT_HEADERS)"
endif

$(libcorral_driver_la_OBJECTS): $(libvirt_headers_stamp)

# ---- the shim -----------------------------------------------------------------
#
# Knows no libvirt and links nothing: it must load in any daemon.

shimdir = $(pkglibdir)/connection-driver
shim_LTLIBRARIES = libvirt_driver_qemu.la
libvirt_driver_qemu_la_SOURCES = \
	src/driver/drv-implementation.h \
	src/driver/drv-module-qemu.c \
	src/driver/drv-report.c \
	src/driver/drv-report.h \
	$(NULL)
libvirt_driver_qemu_la_CPPFLAGS = $(path_cppflags)
libvirt_driver_qemu_la_LDFLAGS = \
	$(AM_LDFLAGS) -module -avoid-version -shared -export-symbols-regex '^qemuRegister$$'
libvirt_driver_qemu_la_LIBADD = -ldl

# ---- the implementation -------------------------------------------------------
#
# The objects are a library of their own, which the in-process tests link too.
# libvirt's symbols stay undefined: the daemon that loads us has them.

noinst_LTLIBRARIES += libcorral-driver.la
libcorral_driver_la_SOURCES = \
	src/driver/drv-access.c \
	src/driver/drv-access.h \
	src/driver/drv-base.c \
	src/driver/drv-base.h \
	src/driver/drv-birth.c \
	src/driver/drv-birth.h \
	src/driver/drv-error.c \
	src/driver/drv-error.h \
	src/driver/drv-events.c \
	src/driver/drv-events.h \
	src/driver/drv-group.c \
	src/driver/drv-group.h \
	src/driver/drv-implementation.h \
	src/driver/drv-keeper.c \
	src/driver/drv-keeper.h \
	src/driver/drv-libvirt.h \
	src/driver/drv-life.c \
	src/driver/drv-life.h \
	src/driver/drv-parent.c \
	src/driver/drv-parent.h \
	src/driver/drv-register.c \
	src/driver/drv-register.h \
	src/driver/drv-sched.c \
	src/driver/drv-sched.h \
	src/driver/drv-settle.c \
	src/driver/drv-settle.h \
	src/driver/drv-slots.def \
	src/driver/drv-stack.c \
	src/driver/drv-stack.h \
	src/driver/drv-threads.c \
	src/driver/drv-threads.h \
	src/driver/drv-xml.c \
	src/driver/drv-xml.h \
	$(NULL)
libcorral_driver_la_CPPFLAGS = $(driver_cppflags)

implementationdir = $(pkglibdir)/$(LIBVIRT_VERSION)
implementation_LTLIBRARIES = driver.la
driver_la_SOURCES =
driver_la_LDFLAGS = \
	$(AM_LDFLAGS) -module -avoid-version -shared -export-symbols-regex '^corral_driver$$'
driver_la_LIBADD = \
	libcorral-driver.la \
	libcorral-guest.la \
	libcorral.la \
	$(LIBXML_LIBS) \
	$(GLIB_LIBS) \
	$(NULL)

# Nobody links a module: its .la file is of no use once installed.
install-data-hook:
	rm -f "$(DESTDIR)$(shimdir)/libvirt_driver_qemu.la" "$(DESTDIR)$(implementationdir)/driver.la"

uninstall-hook:
	rm -f "$(DESTDIR)$(shimdir)/libvirt_driver_qemu.so" "$(DESTDIR)$(implementationdir)/driver.so"
