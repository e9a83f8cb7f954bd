/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest.h"

/*
 * The period and quota elements of <cputune>, by number and in the order in
 * which libvirt prints them.
 */

/* NULL behind the last one. */
const char *guest_cputune_get_element(guint i);

/* Takes the text of element @i over into @tune; NULL, an element without text, changes nothing.
 * Returns FALSE if @text is no number. */
gboolean guest_cputune_parse_element(GuestCputune *tune, guint i, const char *text);

/* Whether libvirt accepts the shares, the periods and quotas, all of them. */
gboolean guest_cputune_has_fair_shares(const GuestCputune *tune);
gboolean guest_cputune_has_fair_bandwidth(const GuestCputune *tune);
gboolean guest_cputune_is_in_range(const GuestCputune *tune);

/* The elements that are given, named with @prefix, each behind @line_break. */
char *guest_cputune_format(const GuestCputune *tune, const char *prefix, const char *line_break);
