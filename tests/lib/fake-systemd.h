/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * A systemd that is not there: somebody on a bus of its own who has its name, takes its calls
 * and puts them down.  It knows the units that it is told to know, and those that are
 * started; it has no groups.
 */
typedef struct _FakeSystemd FakeSystemd;

/*
 * Below @root, which becomes a machine that systemd runs: its bus is where a system's is.
 * NULL if there is no dbus-daemon to be had; *why says so then.
 */
FakeSystemd *fake_systemd_new(const char *root, char **why);
void fake_systemd_free(FakeSystemd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeSystemd, fake_systemd_free)

void fake_systemd_know(FakeSystemd *self, const char *unit, const char *state);
void fake_systemd_forget(FakeSystemd *self, const char *unit);
/* Whoever is in @unit, as far as anybody asks. */
void fake_systemd_populate(FakeSystemd *self, const char *unit, guint pid);

/*
 * What was asked since the last call, a line each: "set g.scope CPUWeight=200 MemoryMax=1",
 * "start a.slice", "stop ...", "reset ...", "scope g.scope Slice='a.slice' ...".
 */
char *fake_systemd_take_log(FakeSystemd *self);

/* Called, on another thread, when a unit is started, stopped or given properties. */
typedef void (*FakeSystemdFunc)(const char *what, const char *unit, gpointer user_data);
void fake_systemd_listen(FakeSystemd *self, FakeSystemdFunc func, gpointer user_data);

/* The next call that is put down is answered with this error. */
void fake_systemd_refuse(FakeSystemd *self, const char *name, const char *message);
/* Calls are put down and not answered. */
void fake_systemd_hang(FakeSystemd *self, gboolean hang);
/* It leaves the bus instead of answering the next call, and is back a moment later. */
void fake_systemd_restart_at_next(FakeSystemd *self);
/* The bus is gone, and so is everybody on it. */
void fake_systemd_end_bus(FakeSystemd *self);
/* ... and it is back, and systemd on it. */
void fake_systemd_begin_bus(FakeSystemd *self);
