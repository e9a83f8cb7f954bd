# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   make check        unit tests, in-process driver tests and the checks of the tree: no root

AM_TESTS_ENVIRONMENT = \
	export CORRAL_SRCDIR='$(abs_srcdir)' CORRAL_BUILDDIR='$(abs_builddir)'; \
	export CORRAL_VERSION='$(VERSION)' CC='$(CC)'; \
	export CORRAL_LIBVIRT_HEADERS='$(LIBVIRT_HEADERS)' CORRAL_LIBVIRT_VERSION='$(LIBVIRT_VERSION)'; \
	export G_TEST_SRCDIR='$(abs_srcdir)/tests' G_TEST_BUILDDIR='$(abs_builddir)/tests'; \
	export LC_ALL=C.UTF-8;

TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = $(BASH)

# ---- unit tests ---------------------------------------------------------------

check_LTLIBRARIES += tests/lib/libfake-cgroup.la
tests_lib_libfake_cgroup_la_SOURCES = \
	tests/lib/fake-cgroup.c \
	tests/lib/fake-cgroup.h \
	$(NULL)

unit_tests = \
	tests/unit/test-cg-codec \
	tests/unit/test-cg-convert \
	tests/unit/test-cg-mountinfo \
	tests/unit/test-cpu \
	tests/unit/test-group \
	tests/unit/test-guest-path \
	tests/unit/test-guest-threads \
	tests/unit/test-guest-xml \
	tests/unit/test-host \
	tests/unit/test-label \
	tests/unit/test-members \
	tests/unit/test-memory \
	$(NULL)

cgroup_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib
cgroup_test_ldadd = tests/lib/libfake-cgroup.la libcorral-private.la $(GLIB_LIBS)
guest_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/src/guest
guest_test_ldadd = libcorral-guest.la $(LIBXML_LIBS) $(GLIB_LIBS)

tests_unit_test_cg_codec_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_codec_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_convert_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_convert_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_mountinfo_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_mountinfo_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cpu_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cpu_LDADD = $(cgroup_test_ldadd)
tests_unit_test_group_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_group_LDADD = $(cgroup_test_ldadd)
tests_unit_test_host_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_host_LDADD = $(cgroup_test_ldadd)
tests_unit_test_label_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_label_LDADD = $(cgroup_test_ldadd)
tests_unit_test_members_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_members_LDADD = $(cgroup_test_ldadd)
tests_unit_test_memory_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_memory_LDADD = $(cgroup_test_ldadd)
tests_unit_test_guest_path_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_path_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_threads_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_threads_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_xml_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_xml_LDADD = $(guest_test_ldadd)

check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

# ---- checks of the tree -------------------------------------------------------

tree_checks = \
	build-aux/check-format \
	build-aux/check-includes \
	build-aux/check-lists \
	build-aux/check-style \
	$(NULL)

dist_check_SCRIPTS += $(tree_checks) tests/unit/test-checks.sh
TESTS += $(tree_checks) tests/unit/test-checks.sh

EXTRA_DIST += tests/data
