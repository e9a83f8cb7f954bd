/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that outlives the daemon for a moment. */
#include <config.h>

#include <poll.h>
#include <unistd.h>

#include "drv-guardian.h"

#define PROGRAM PKGLIBDIR "/corral-release"

struct _DrvGuardian {
    GMutex mutex;
    int input;  /* its standard input, which ends with us; -1: there is none */
    int output; /* its standard output, which ends with it */
};

DrvGuardian *
drv_guardian_new(void)
{
    DrvGuardian *self = g_new0(DrvGuardian, 1);

    g_mutex_init(&self->mutex);
    self->input = self->output = -1;
    return self;
}

static void
let_go(DrvGuardian *self)
{
    if (self->input >= 0)
        close(self->input);
    if (self->output >= 0)
        close(self->output);
    self->input = self->output = -1;
}

void
drv_guardian_free(DrvGuardian *self)
{
    if (!self)
        return;

    let_go(self);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

/* It never writes anything, so all there can be to read is its end. */
static gboolean
is_there(const DrvGuardian *self)
{
    struct pollfd end = {.fd = self->output, .events = POLLIN};

    return self->input >= 0 && poll(&end, 1, 0) == 0;
}

/* In the child: whoever ends the daemon by its terminal or its process group does not end it. */
static void
set_apart(gpointer user_data G_GNUC_UNUSED)
{
    setsid();
}

gboolean
drv_guardian_ensure(DrvGuardian *self, GError **error)
{
    char *argv[] = {(char *)PROGRAM, NULL};
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    if (is_there(self))
        return TRUE;

    let_go(self);
    /* Neither end of ours goes on to anybody whom the daemon starts, and nobody has to wait
     * for its end. */
    return g_spawn_async_with_pipes("/", argv, NULL, G_SPAWN_DEFAULT, set_apart, NULL, NULL,
                                    &self->input, &self->output, NULL, error);
}
