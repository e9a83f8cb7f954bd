# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Room 5: corral(1).

bin_PROGRAMS += corral
cli_sources = \
	src/cli/cli.h \
	src/cli/cli-block.c \
	src/cli/cli-block.h \
	src/cli/cli-change.c \
	src/cli/cli-change.h \
	src/cli/cli-connect.h \
	src/cli/cli-daemon.c \
	src/cli/cli-daemon.h \
	src/cli/cli-driver.c \
	src/cli/cli-driver.h \
	src/cli/cli-edit.c \
	src/cli/cli-edit.h \
	src/cli/cli-follow.c \
	src/cli/cli-follow.h \
	src/cli/cli-groups.c \
	src/cli/cli-groups.h \
	src/cli/cli-partition.c \
	src/cli/cli-partition.h \
	src/cli/cli-policy.c \
	src/cli/cli-policy.h \
	src/cli/cli-print.c \
	src/cli/cli-print.h \
	src/cli/cli-services.c \
	src/cli/cli-services.h \
	src/cli/cli-show.c \
	src/cli/cli-show.h \
	src/cli/cli-switch.c \
	src/cli/cli-switch.h \
	src/cli/cli-told.c \
	src/cli/cli-told.h \
	src/cli/cmd-activate.c \
	src/cli/cmd-balloon.c \
	src/cli/cmd-check.c \
	src/cli/cmd-device.c \
	src/cli/cmd-partition.c \
	src/cli/cmd-plan.c \
	src/cli/cmd-reserve.c \
	src/cli/cmd-status.c \
	src/cli/cmd-tree.c \
	src/cli/main.c \
	$(NULL)
corral_SOURCES = $(cli_sources) src/cli/cli-connect.c
corral_CPPFLAGS = \
	$(AM_CPPFLAGS) \
	-I$(top_srcdir)/src/cli \
	-I$(top_srcdir)/src/guest \
	-I$(top_srcdir)/src/policy \
	$(path_cppflags) \
	$(JSON_CFLAGS) \
	$(LIBVIRT_CFLAGS) \
	$(NULL)
corral_LDADD = \
	libcorral-policy.la \
	libcorral-guest.la \
	libcorral.la \
	$(JSON_LIBS) \
	$(LIBVIRT_LIBS) \
	$(LIBXML_LIBS) \
	$(GLIB_LIBS) \
	$(NULL)

# The same, with a daemon that is a file.
check_PROGRAMS += tests/cli/corral-fake
tests_cli_corral_fake_SOURCES = $(cli_sources) tests/cli/fake-connect.c
tests_cli_corral_fake_CPPFLAGS = $(corral_CPPFLAGS)
tests_cli_corral_fake_LDADD = $(corral_LDADD)

cli_tests = \
	tests/cli/test-activate.sh \
	tests/cli/test-balloon.sh \
	tests/cli/test-check.sh \
	tests/cli/test-help.sh \
	tests/cli/test-partition.sh \
	tests/cli/test-plan.sh \
	tests/cli/test-reserve.sh \
	tests/cli/test-status.sh \
	tests/cli/test-tree.sh \
	$(NULL)

dist_check_SCRIPTS += $(cli_tests)
EXTRA_DIST += tests/cli/functions.sh
TESTS += $(cli_tests)
