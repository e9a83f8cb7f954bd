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

# ---- checks of the tree -------------------------------------------------------

tree_checks = \
	build-aux/check-format \
	build-aux/check-style \
	$(NULL)

dist_check_SCRIPTS += $(tree_checks) tests/unit/test-checks.sh
TESTS += $(tree_checks) tests/unit/test-checks.sh
