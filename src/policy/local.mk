# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Room 3: decides.  Time and samples are arguments.

noinst_LTLIBRARIES += libcorral-policy.la
libcorral_policy_la_SOURCES = \
	src/policy/policy-governor.c \
	src/policy/policy-governor.h \
	$(NULL)
libcorral_policy_la_LIBADD = $(GLIB_LIBS)
