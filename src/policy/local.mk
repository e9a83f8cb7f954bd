# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Room 3: decides.  Time and samples are arguments.

noinst_LTLIBRARIES += libcorral-policy.la
libcorral_policy_la_SOURCES = \
	src/policy/policy-amount.c \
	src/policy/policy-amount.h \
	src/policy/policy-balloons.c \
	src/policy/policy-balloons.h \
	src/policy/policy-bytes.h \
	src/policy/policy-cuts.c \
	src/policy/policy-cuts.h \
	src/policy/policy-difference.c \
	src/policy/policy-difference.h \
	src/policy/policy-division.c \
	src/policy/policy-division.h \
	src/policy/policy-edit.c \
	src/policy/policy-edit.h \
	src/policy/policy-forecast.c \
	src/policy/policy-forecast.h \
	src/policy/policy-governor.c \
	src/policy/policy-governor.h \
	src/policy/policy-io.c \
	src/policy/policy-io.h \
	src/policy/policy-machine.c \
	src/policy/policy-machine.h \
	src/policy/policy-means.c \
	src/policy/policy-means.h \
	src/policy/policy-partition.c \
	src/policy/policy-partition.h \
	src/policy/policy-plan.c \
	src/policy/policy-plan.h \
	src/policy/policy-raises.c \
	src/policy/policy-raises.h \
	src/policy/policy-reaction.c \
	src/policy/policy-reaction.h \
	src/policy/policy-reserve.c \
	src/policy/policy-reserve.h \
	src/policy/policy-shares.c \
	src/policy/policy-shares.h \
	src/policy/policy-step.c \
	src/policy/policy-step.h \
	src/policy/policy-xml.c \
	src/policy/policy-xml.h \
	src/policy/policy.c \
	src/policy/policy.h \
	$(NULL)
libcorral_policy_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/guest $(LIBXML_CFLAGS)
libcorral_policy_la_LIBADD = $(GLIB_LIBS) $(LIBXML_LIBS)
