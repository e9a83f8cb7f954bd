# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Room 1: libcorral, the public library.

corral_includedir = $(includedir)/corral
corral_include_HEADERS = \
	src/cgroup/corral.h \
	src/cgroup/corral-cpu-time.h \
	src/cgroup/corral-cpu.h \
	src/cgroup/corral-cpuset.h \
	src/cgroup/corral-device.h \
	src/cgroup/corral-device-answer.h \
	src/cgroup/corral-device-rule.h \
	src/cgroup/corral-devices.h \
	src/cgroup/corral-error.h \
	src/cgroup/corral-freezer.h \
	src/cgroup/corral-event.h \
	src/cgroup/corral-group.h \
	src/cgroup/corral-host.h \
	src/cgroup/corral-hugetlb.h \
	src/cgroup/corral-io.h \
	src/cgroup/corral-io-limits.h \
	src/cgroup/corral-io-mechanism.h \
	src/cgroup/corral-io-statistics.h \
	src/cgroup/corral-label.h \
	src/cgroup/corral-members.h \
	src/cgroup/corral-memory.h \
	src/cgroup/corral-netclass.h \
	src/cgroup/corral-owner.h \
	src/cgroup/corral-pids.h \
	src/cgroup/corral-pressure.h \
	src/cgroup/corral-room.h \
	src/cgroup/corral-review.h \
	src/cgroup/corral-sampler.h \
	src/cgroup/corral-scope.h \
	src/cgroup/corral-setting.h \
	src/cgroup/corral-transaction.h \
	src/cgroup/corral-memory-reclaim.h \
	src/cgroup/corral-memory-usage.h \
	src/cgroup/corral-types.h \
	src/cgroup/corral-unit.h \
	src/cgroup/corral-watch.h \
	src/cgroup/corral-watcher.h \
	$(NULL)

# All objects of the library, with every symbol still visible: what unit tests
# link to reach cg-*.
noinst_LTLIBRARIES += libcorral-private.la
libcorral_private_la_SOURCES = \
	$(corral_include_HEADERS) \
	src/cgroup/cg-backend.h \
	src/cgroup/cg-backend-legacy.c \
	src/cgroup/cg-backend-unified.c \
	src/cgroup/cg-bpf.h \
	src/cgroup/cg-codec-pages.c \
	src/cgroup/cg-codec-pages.h \
	src/cgroup/cg-block.c \
	src/cgroup/cg-block.h \
	src/cgroup/cg-children.c \
	src/cgroup/cg-codec.c \
	src/cgroup/cg-codec.h \
	src/cgroup/cg-codec-io.c \
	src/cgroup/cg-codec-io.h \
	src/cgroup/cg-codec-devices.c \
	src/cgroup/cg-codec-devices.h \
	src/cgroup/cg-convert.c \
	src/cgroup/cg-convert.h \
	src/cgroup/cg-cpu-time-legacy.c \
	src/cgroup/cg-cpu-time-unified.c \
	src/cgroup/cg-cpu-time.h \
	src/cgroup/cg-cpu.h \
	src/cgroup/cg-cpu-legacy.c \
	src/cgroup/cg-cpu-unified.c \
	src/cgroup/cg-device-rules.c \
	src/cgroup/cg-device-rules.h \
	src/cgroup/cg-devices.h \
	src/cgroup/cg-devices-legacy.c \
	src/cgroup/cg-devices-unified.c \
	src/cgroup/cg-files.c \
	src/cgroup/cg-files.h \
	src/cgroup/cg-cpuset-legacy.c \
	src/cgroup/cg-cpuset-unified.c \
	src/cgroup/cg-cpuset.c \
	src/cgroup/cg-cpuset.h \
	src/cgroup/cg-freezer-legacy.c \
	src/cgroup/cg-freezer-unified.c \
	src/cgroup/cg-freezer.h \
	src/cgroup/cg-group.h \
	src/cgroup/cg-host.h \
	src/cgroup/cg-hugetlb-legacy.c \
	src/cgroup/cg-hugetlb-unified.c \
	src/cgroup/cg-hugetlb.h \
	src/cgroup/cg-io.c \
	src/cgroup/cg-io.h \
	src/cgroup/cg-io-legacy.c \
	src/cgroup/cg-io-unified.c \
	src/cgroup/cg-io-weight.c \
	src/cgroup/cg-levels.c \
	src/cgroup/cg-levels.h \
	src/cgroup/cg-manager.c \
	src/cgroup/cg-manager.h \
	src/cgroup/cg-memory.c \
	src/cgroup/cg-memory.h \
	src/cgroup/cg-memory-legacy.c \
	src/cgroup/cg-memory-unified.c \
	src/cgroup/cg-memory-usage.h \
	src/cgroup/cg-memory-usage-legacy.c \
	src/cgroup/cg-memory-usage-unified.c \
	src/cgroup/cg-memo.c \
	src/cgroup/cg-memo.h \
	src/cgroup/cg-mountinfo.c \
	src/cgroup/cg-mountinfo.h \
	src/cgroup/cg-netclass-legacy.c \
	src/cgroup/cg-netclass-unified.c \
	src/cgroup/cg-netclass.h \
	src/cgroup/cg-owner.c \
	src/cgroup/cg-owner.h \
	src/cgroup/cg-pids.c \
	src/cgroup/cg-pids.h \
	src/cgroup/cg-notify.c \
	src/cgroup/cg-notify.h \
	src/cgroup/cg-place.c \
	src/cgroup/cg-place.h \
	src/cgroup/cg-pressure.h \
	src/cgroup/cg-pressure-unified.c \
	src/cgroup/cg-property.c \
	src/cgroup/cg-property.h \
	src/cgroup/cg-setting.h \
	src/cgroup/cg-slice.c \
	src/cgroup/cg-slice.h \
	src/cgroup/cg-step.c \
	src/cgroup/cg-step.h \
	src/cgroup/cg-source.c \
	src/cgroup/cg-source.h \
	src/cgroup/cg-tree.c \
	src/cgroup/cg-tree.h \
	src/cgroup/cg-unit.c \
	src/cgroup/cg-unit.h \
	src/cgroup/cg-watch.c \
	src/cgroup/cg-watch.h \
	src/cgroup/cg-watch-legacy.c \
	src/cgroup/cg-watch-unified.c \
	src/cgroup/cg-writer.h \
	src/cgroup/cg-writer-check.c \
	src/cgroup/cg-writer-file.c \
	src/cgroup/cg-writer-none.c \
	src/cgroup/cg-writer-systemd.c \
	src/cgroup/corral-cpu-time.c \
	src/cgroup/corral-cpu.c \
	src/cgroup/corral-cpuset.c \
	src/cgroup/corral-device.c \
	src/cgroup/corral-device-answer.c \
	src/cgroup/corral-device-rule.c \
	src/cgroup/corral-devices.c \
	src/cgroup/corral-error.c \
	src/cgroup/corral-freezer.c \
	src/cgroup/corral-event.c \
	src/cgroup/corral-group.c \
	src/cgroup/corral-host.c \
	src/cgroup/corral-hugetlb.c \
	src/cgroup/corral-io.c \
	src/cgroup/corral-io-limits.c \
	src/cgroup/corral-io-mechanism.c \
	src/cgroup/corral-io-statistics.c \
	src/cgroup/corral-label.c \
	src/cgroup/corral-members.c \
	src/cgroup/corral-memory.c \
	src/cgroup/corral-netclass.c \
	src/cgroup/corral-owner.c \
	src/cgroup/corral-pids.c \
	src/cgroup/corral-pressure.c \
	src/cgroup/corral-room.c \
	src/cgroup/corral-review.c \
	src/cgroup/corral-sampler.c \
	src/cgroup/corral-scope.c \
	src/cgroup/corral-setting.c \
	src/cgroup/corral-transaction.c \
	src/cgroup/corral-memory-reclaim.c \
	src/cgroup/corral-memory-usage.c \
	src/cgroup/corral-types.c \
	src/cgroup/corral-unit.c \
	src/cgroup/corral-watch.c \
	src/cgroup/corral-watcher.c \
	$(NULL)
nodist_libcorral_private_la_SOURCES = corral-enums.c
libcorral_private_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBBPF_CFLAGS)
libcorral_private_la_LIBADD = $(GLIB_LIBS)

# Their prototypes are in the headers, beside what they describe.
corral-enums.c: src/cgroup/corral-enums.c.in $(corral_include_HEADERS)
	$(AM_V_GEN)$(GLIB_MKENUMS) --output $@ --template $(srcdir)/src/cgroup/corral-enums.c.in \
		$(corral_include_HEADERS:%=$(srcdir)/%)

CLEANFILES += corral-enums.c
EXTRA_DIST += src/cgroup/corral-enums.c.in

# BPF programs, or none.
if WITH_LIBBPF
libcorral_private_la_SOURCES += src/cgroup/cg-bpf-libbpf.c
libcorral_private_la_LIBADD += $(LIBBPF_LIBS)
else
libcorral_private_la_SOURCES += src/cgroup/cg-bpf-none.c
endif

# The interface is libcorral.sym, no more.  -version-info follows the rules of
# libtool's manual; HACKING.md says when to touch it.
lib_LTLIBRARIES += libcorral.la
libcorral_la_SOURCES =
libcorral_la_LIBADD = libcorral-private.la
libcorral_la_LDFLAGS = \
	$(AM_LDFLAGS) \
	-no-undefined \
	-version-info 0:0:0 \
	-export-symbols $(srcdir)/src/cgroup/libcorral.sym \
	$(NULL)
libcorral_la_DEPENDENCIES = libcorral-private.la src/cgroup/libcorral.sym

# For other languages: scanned from the public headers and the sources that
# document them.  A warning of the scanner is an error, for what it warns of cannot
# be called; what it does not look for, check-api does.
if HAVE_INTROSPECTION
girdir = $(datadir)/gir-1.0
typelibdir = $(libdir)/girepository-1.0
nodist_gir_DATA = src/cgroup/Corral-0.gir
nodist_typelib_DATA = src/cgroup/Corral-0.typelib
CLEANFILES += $(nodist_gir_DATA) $(nodist_typelib_DATA)

src/cgroup/Corral-0.gir: libcorral.la $(libcorral_private_la_SOURCES)
	$(AM_V_GEN)set --; \
	for file in $(libcorral_private_la_SOURCES); do \
		case $$file in \
		*/corral*) set -- "$$@" "$(srcdir)/$$file" ;; \
		esac; \
	done; \
	CC='$(CC)' CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' CPPFLAGS='$(CPPFLAGS)' \
	$(INTROSPECTION_SCANNER) --quiet --warn-all --warn-error \
		--namespace=Corral --nsversion=0 \
		--identifier-prefix=Corral --symbol-prefix=corral \
		--include=GObject-2.0 --include=Gio-2.0 --pkg=gio-2.0 --pkg-export=corral \
		--c-include=corral.h -I$(srcdir)/src/cgroup \
		--libtool='$(LIBTOOL) --silent' --library=libcorral.la \
		--output=$@ "$$@"

src/cgroup/Corral-0.typelib: src/cgroup/Corral-0.gir
	$(AM_V_GEN)$(INTROSPECTION_COMPILER) --output=$@ src/cgroup/Corral-0.gir

if HAVE_VAPIGEN
vapidir = $(datadir)/vala/vapi
nodist_vapi_DATA = src/cgroup/corral.vapi src/cgroup/corral.deps
CLEANFILES += $(nodist_vapi_DATA) src/cgroup/Corral-0.metadata

# What the caller allocates must be a structure to Vala; it would take it for a class,
# and hand us the address of a pointer.
src/cgroup/Corral-0.metadata: src/cgroup/Corral-0.gir
	$(AM_V_GEN)awk -F'"' '/caller-allocates="1"/ { here = 1 } \
		here && /<type name="/ { if (!seen[$$2]++) \
			print $$2 " struct\n\t.copy skip\n\t.free skip"; here = 0 }' \
		src/cgroup/Corral-0.gir >$@

src/cgroup/corral.vapi: src/cgroup/Corral-0.gir src/cgroup/Corral-0.metadata
	$(AM_V_GEN)$(VAPIGEN) --quiet --library=corral --directory=src/cgroup \
		--metadatadir=src/cgroup --pkg=gio-2.0 src/cgroup/Corral-0.gir

src/cgroup/corral.deps: src/cgroup/corral.vapi
	$(AM_V_GEN)echo gio-2.0 >$@
endif
endif

EXTRA_DIST += src/cgroup/libcorral.sym

pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = src/cgroup/corral.pc
