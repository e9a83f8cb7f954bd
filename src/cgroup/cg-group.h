/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "corral-group.h"

/* A group's places, for the files that hold one control each. */

/*
 * cg_group_find_place:
 *
 * Where @self has @controller and the backend that serves it; sets
 * CORRAL_ERROR_NO_CONTROLLER and returns NULL if nobody hands it out there.
 */
const CgPlace *cg_group_find_place(CorralGroup *self, CorralController controller, GError **error);
guint cg_group_get_n_places(CorralGroup *self);
const CgPlace *cg_group_get_place(CorralGroup *self, guint i);
/* FALSE and CORRAL_ERROR_NO_CONTROLLER if @self is nowhere: nobody has made or opened it. */
gboolean cg_group_check_places(CorralGroup *self, GError **error);

/*
 * The same group seen by somebody with other habits: what it writes goes through
 * @writer (NULL: as ever), and with @keep_files what it reads is kept open.  It
 * shares the descriptors of @self, which it keeps alive.
 */
CorralGroup *cg_group_new_view(CorralGroup *self, const CgWriter *writer, gboolean keep_files);
/* The unit that @self is, and who manages it; NULL if it is none, or nobody manages units. */
const char *cg_group_get_unit(CorralGroup *self, CgManager **manager);
/* What is written through @view is put down in @call, and the manager is not told of it. */
void cg_group_collect(CorralGroup *view, CgUnitCall *call);
/* Of a view that keeps files: what is read from now on is read afresh. */
void cg_group_begin(CorralGroup *view);

/*
 * corral_group_make() by those who may have to take it back: *@made tells of each
 * place of the group whether it is new; free with g_free().
 */
CorralGroup *cg_group_make(CorralHost *host, const char *path, CorralControllers controllers,
                           CorralMakeFlags flags, gboolean **made, GError **error);
void cg_group_take_back(CorralGroup *self, const gboolean *made);

/* Always FALSE: the answers that every control gives. */
gboolean cg_group_refuse_range(GError **error, const char *what, gint64 value, gint64 min,
                               gint64 max);
gboolean cg_group_refuse_unsupported(GError **error, const CgPlace *place, const char *what);
