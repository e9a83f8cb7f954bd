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
	-I$(top_srcdir)/src/policy \
	$(path_cppflags) \
	-isystem $(LIBVIRT_HEADERS)/include \
	-isystem $(LIBVIRT_HEADERS)/src \
	-isystem $(LIBVIRT_HEADERS)/src/access \
	-isystem $(LIBVIRT_HEADERS)/src/conf \
	-isystem $(LIBVIRT_HEADERS)/src/hypervisor \
	-isystem $(LIBVIRT_HEADERS)/src/storage_file \
	-isystem $(LIBVIRT_HEADERS)/src/util \
	-isystem $(top_srcdir)/src/driver/libvirt-made \
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

# ---- the shims ----------------------------------------------------------------
#
# They know no libvirt and link nothing: they must load in any daemon.

shimdir = $(pkglibdir)/connection-driver
shim_LTLIBRARIES = libvirt_driver_lxc.la libvirt_driver_qemu.la
shim_sources = \
	src/driver/drv-implementation.h \
	src/driver/drv-module.c \
	src/driver/drv-module.h \
	src/driver/drv-report.c \
	src/driver/drv-report.h \
	$(NULL)
shim_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared

libvirt_driver_lxc_la_SOURCES = src/driver/drv-module-lxc.c $(shim_sources)
libvirt_driver_lxc_la_CPPFLAGS = $(path_cppflags)
libvirt_driver_lxc_la_LDFLAGS = $(shim_ldflags) -export-symbols-regex '^lxcRegister$$'
libvirt_driver_lxc_la_LIBADD = -ldl

libvirt_driver_qemu_la_SOURCES = src/driver/drv-module-qemu.c $(shim_sources)
libvirt_driver_qemu_la_CPPFLAGS = $(path_cppflags)
libvirt_driver_qemu_la_LDFLAGS = $(shim_ldflags) -export-symbols-regex '^qemuRegister$$'
libvirt_driver_qemu_la_LIBADD = -ldl

# ---- the implementation -------------------------------------------------------
#
# The objects are a library of their own, which the in-process tests link too.
# libvirt's symbols stay undefined: the daemon that loads us has them.

noinst_LTLIBRARIES += libcorral-driver.la
libcorral_driver_la_SOURCES = \
	src/driver/drv-balloon.c \
	src/driver/drv-balloon.h \
	src/driver/drv-governor.c \
	src/driver/drv-governor.h \
	src/driver/drv-overhead.c \
	src/driver/drv-overhead.h \
	src/driver/drv-guardian.c \
	src/driver/drv-guardian.h \
	src/driver/drv-room.c \
	src/driver/drv-room.h \
	src/driver/drv-squeeze.c \
	src/driver/drv-squeeze.h \
	src/driver/drv-stick.c \
	src/driver/drv-stick.h \
	src/driver/drv-target.c \
	src/driver/drv-target.h \
	src/driver/drv-ward.c \
	src/driver/drv-ward.h \
	src/driver/drv-access.c \
	src/driver/drv-access.h \
	src/driver/drv-arrival.c \
	src/driver/drv-arrival.h \
	src/driver/drv-autostart.c \
	src/driver/drv-autostart.h \
	src/driver/drv-acl.c \
	src/driver/drv-acl.h \
	src/driver/drv-advice.c \
	src/driver/drv-advice.h \
	src/driver/drv-anew.c \
	src/driver/drv-anew.h \
	src/driver/drv-audit.c \
	src/driver/drv-audit.h \
	src/driver/drv-base.c \
	src/driver/drv-base.h \
	src/driver/drv-birth.c \
	src/driver/drv-birth.h \
	src/driver/drv-departure.c \
	src/driver/drv-departure.h \
	src/driver/drv-blocks.c \
	src/driver/drv-blocks.h \
	src/driver/drv-confine.c \
	src/driver/drv-confine.h \
	src/driver/drv-container.c \
	src/driver/drv-container.h \
	src/driver/drv-cradle.c \
	src/driver/drv-cradle.h \
	src/driver/drv-definition.c \
	src/driver/drv-definition.h \
	src/driver/drv-cpu-stats.c \
	src/driver/drv-crew.c \
	src/driver/drv-crew.h \
	src/driver/drv-devices.c \
	src/driver/drv-devices.h \
	src/driver/drv-cpuset.c \
	src/driver/drv-cpuset.h \
	src/driver/drv-error.c \
	src/driver/drv-error.h \
	src/driver/drv-events.c \
	src/driver/drv-events.h \
	src/driver/drv-group-container.c \
	src/driver/drv-group-tune.c \
	src/driver/drv-group.c \
	src/driver/drv-group.h \
	src/driver/drv-hook.c \
	src/driver/drv-hook.h \
	src/driver/drv-image.c \
	src/driver/drv-image.h \
	src/driver/drv-implementation.h \
	src/driver/drv-init.c \
	src/driver/drv-init.h \
	src/driver/drv-inside.c \
	src/driver/drv-inside.h \
	src/driver/drv-io-names.c \
	src/driver/drv-io-names.h \
	src/driver/drv-io.c \
	src/driver/drv-io.h \
	src/driver/drv-keeper.c \
	src/driver/drv-keeper.h \
	src/driver/drv-layout.c \
	src/driver/drv-layout.h \
	src/driver/drv-later.c \
	src/driver/drv-later.h \
	src/driver/drv-kill.c \
	src/driver/drv-kill.h \
	src/driver/drv-level.c \
	src/driver/drv-level.h \
	src/driver/drv-libvirt.h \
	src/driver/libvirt-made/configmake.h \
	src/driver/libvirt-made/lxc_monitor_protocol.h \
	src/driver/drv-life.c \
	src/driver/drv-life.h \
	src/driver/drv-lookout.c \
	src/driver/drv-lookout.h \
	src/driver/drv-loop.c \
	src/driver/drv-loop.h \
	src/driver/drv-lxc.c \
	src/driver/drv-lxc.h \
	src/driver/drv-machined.c \
	src/driver/drv-machined.h \
	src/driver/drv-mark.c \
	src/driver/drv-mark.h \
	src/driver/drv-memory.c \
	src/driver/drv-memory.h \
	src/driver/drv-metadata.c \
	src/driver/drv-metadata.h \
	src/driver/drv-monitor.c \
	src/driver/drv-monitor.h \
	src/driver/drv-nodes-container.c \
	src/driver/drv-move.c \
	src/driver/drv-move.h \
	src/driver/drv-nodes.c \
	src/driver/drv-nodes-host.c \
	src/driver/drv-nodes-search.h \
	src/driver/drv-owner.c \
	src/driver/drv-owner.h \
	src/driver/drv-nodes.h \
	src/driver/drv-numa.c \
	src/driver/drv-numa.h \
	src/driver/drv-numbered.c \
	src/driver/drv-numbered.h \
	src/driver/drv-nursery.c \
	src/driver/drv-nursery.h \
	src/driver/drv-params.c \
	src/driver/drv-params.h \
	src/driver/drv-parent.c \
	src/driver/drv-parent.h \
	src/driver/drv-partition.c \
	src/driver/drv-partition.h \
	src/driver/drv-parts.c \
	src/driver/drv-parts.h \
	src/driver/drv-pause.c \
	src/driver/drv-pause.h \
	src/driver/drv-pin.c \
	src/driver/drv-pin.h \
	src/driver/drv-planner.c \
	src/driver/drv-planner.h \
	src/driver/drv-policy.c \
	src/driver/drv-policy.h \
	src/driver/drv-plug.c \
	src/driver/drv-plug.h \
	src/driver/drv-protect.c \
	src/driver/drv-protect.h \
	src/driver/drv-reaction.c \
	src/driver/drv-reaction.h \
	src/driver/drv-records.c \
	src/driver/drv-records.h \
	src/driver/drv-register.c \
	src/driver/drv-register.h \
	src/driver/drv-remedy.c \
	src/driver/drv-remedy.h \
	src/driver/drv-reserve.c \
	src/driver/drv-reserve.h \
	src/driver/drv-review.c \
	src/driver/drv-review.h \
	src/driver/drv-running.c \
	src/driver/drv-running.h \
	src/driver/drv-samples.c \
	src/driver/drv-samples.h \
	src/driver/drv-scope.c \
	src/driver/drv-scope.h \
	src/driver/drv-sched.c \
	src/driver/drv-sched.h \
	src/driver/drv-sentry.c \
	src/driver/drv-sentry.h \
	src/driver/drv-settle.c \
	src/driver/drv-settle.h \
	src/driver/drv-share.c \
	src/driver/drv-share.h \
	src/driver/drv-slots-lxc.def \
	src/driver/drv-slots.def \
	src/driver/drv-size.c \
	src/driver/drv-size.h \
	src/driver/drv-snapshot.c \
	src/driver/drv-snapshot.h \
	src/driver/drv-spare.c \
	src/driver/drv-spare.h \
	src/driver/drv-stack.c \
	src/driver/drv-stack.h \
	src/driver/drv-start.c \
	src/driver/drv-start.h \
	src/driver/drv-stats.c \
	src/driver/drv-stats.h \
	src/driver/drv-threads.c \
	src/driver/drv-threads.h \
	src/driver/drv-tops.c \
	src/driver/drv-tops.h \
	src/driver/drv-tunable.c \
	src/driver/drv-tunable.h \
	src/driver/drv-tune-io.c \
	src/driver/drv-tune-io.h \
	src/driver/drv-tune-memory.c \
	src/driver/drv-tune-memory.h \
	src/driver/drv-use.c \
	src/driver/drv-use.h \
	src/driver/drv-vacancy.c \
	src/driver/drv-vacancy.h \
	src/driver/drv-versions.h \
	src/driver/drv-widening.c \
	src/driver/drv-widening.h \
	src/driver/drv-xml.c \
	src/driver/drv-xml.h \
	src/driver/drv-yield.c \
	src/driver/drv-yield.h \
	$(NULL)
libcorral_driver_la_CPPFLAGS = $(driver_cppflags)

# What the implementation starts; it knows no libvirt.
helperdir = $(pkglibdir)
helper_PROGRAMS = corral-release
corral_release_SOURCES = \
	src/driver/drv-mark.c \
	src/driver/drv-mark.h \
	src/driver/drv-owner.c \
	src/driver/drv-owner.h \
	src/driver/drv-release.c \
	src/driver/drv-stick.c \
	src/driver/drv-stick.h \
	$(NULL)
corral_release_CPPFLAGS = \
	$(AM_CPPFLAGS) \
	-I$(top_srcdir)/src/guest \
	-I$(top_srcdir)/src/policy \
	$(NULL)
corral_release_LDADD = \
	libcorral-policy.la \
	libcorral-guest.la \
	libcorral.la \
	$(LIBXML_LIBS) \
	$(GLIB_LIBS) \
	$(NULL)

implementationdir = $(pkglibdir)/$(LIBVIRT_VERSION)
implementation_LTLIBRARIES = driver.la
driver_la_SOURCES =
driver_la_LDFLAGS = \
	$(AM_LDFLAGS) -module -avoid-version -shared -export-symbols-regex '^corral_driver$$'
driver_la_LIBADD = \
	libcorral-driver.la \
	libcorral-policy.la \
	libcorral-guest.la \
	libcorral.la \
	$(LIBXML_LIBS) \
	$(GLIB_LIBS) \
	$(NULL)

EXTRA_DIST += src/driver/also.mk
-include $(srcdir)/src/driver/also.mk

# Nobody links a module: its .la file is of no use once installed.
install-data-hook: install-also
	rm -f "$(DESTDIR)$(shimdir)/libvirt_driver_lxc.la" "$(DESTDIR)$(shimdir)/libvirt_driver_qemu.la"
	rm -f "$(DESTDIR)$(implementationdir)/driver.la"

uninstall-hook: uninstall-also
	rm -f "$(DESTDIR)$(shimdir)/libvirt_driver_lxc.so" "$(DESTDIR)$(shimdir)/libvirt_driver_qemu.so"
	rm -f "$(DESTDIR)$(implementationdir)/driver.so"
