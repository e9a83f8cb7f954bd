# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Room 2: what a guest is.

noinst_LTLIBRARIES += libcorral-guest.la
libcorral_guest_la_SOURCES = \
	src/guest/guest.c \
	src/guest/guest.h \
	src/guest/guest-balloon.c \
	src/guest/guest-balloon.h \
	src/guest/guest-blkiotune.c \
	src/guest/guest-blkiotune.h \
	src/guest/guest-cputune.c \
	src/guest/guest-cputune.h \
	src/guest/guest-draft.c \
	src/guest/guest-draft.h \
	src/guest/guest-grants.c \
	src/guest/guest-grants.h \
	src/guest/guest-markup.c \
	src/guest/guest-markup.h \
	src/guest/guest-layout.c \
	src/guest/guest-layout.h \
	src/guest/guest-limits.c \
	src/guest/guest-limits.h \
	src/guest/guest-memtune.c \
	src/guest/guest-memtune.h \
	src/guest/guest-number.c \
	src/guest/guest-number.h \
	src/guest/guest-path.c \
	src/guest/guest-path.h \
	src/guest/guest-path-stock.c \
	src/guest/guest-placement.c \
	src/guest/guest-placement.h \
	src/guest/guest-private.h \
	src/guest/guest-reaction.c \
	src/guest/guest-reaction.h \
	src/guest/guest-search.c \
	src/guest/guest-search.h \
	src/guest/guest-set.c \
	src/guest/guest-set.h \
	src/guest/guest-threads.c \
	src/guest/guest-threads.h \
	src/guest/guest-tree.c \
	src/guest/guest-tree.h \
	src/guest/guest-xml.c \
	src/guest/guest-xml-edit.c \
	src/guest/guest-xml-held.h \
	src/guest/guest-xml-numatune.c \
	src/guest/guest-xml-partition.c \
	src/guest/guest-xml.h \
	$(NULL)
libcorral_guest_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBXML_CFLAGS)
libcorral_guest_la_LIBADD = $(GLIB_LIBS) $(LIBXML_LIBS)
