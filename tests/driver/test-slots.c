/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table holds what drv-slots*.def say: ours where stock has something, stock's elsewhere. */
#include <config.h>

#include "drv-arrival.h"
#include "drv-balloon.h"
#include "drv-blocks.h"
#include "drv-departure.h"
#include "drv-devices.h"
#include "drv-image.h"
#include "drv-io.h"
#include "drv-kill.h"
#include "drv-life.h"
#include "drv-memory.h"
#include "drv-metadata.h"
#include "drv-numa.h"
#include "drv-pause.h"
#include "drv-pin.h"
#include "drv-plug.h"
#include "drv-reserve.h"
#include "drv-sched.h"
#include "drv-size.h"
#include "drv-snapshot.h"
#include "drv-stack.h"
#include "drv-stats.h"
#include "drv-tunable.h"
#include "drv-use.h"
#include "drv-xml.h"
#include "fake-cgroup.h"

static gboolean
is_open(const char *slot)
{
    return g_str_equal(slot, "connectOpen");
}

/* Each slot that we replace is replaced if stock has it; nothing else is. */
static void
check_slots(gboolean containers, const virHypervisorDriver *ops, const virHypervisorDriver *next)
{
#define PASS(slot) g_assert_true(is_open(#slot) || ops->slot == next->slot);
#define NONE(slot) PASS(slot)
#define WATCH(slot, func) g_assert_true(ops->slot == (next->slot ? func : NULL));
#define VET(slot, func) WATCH(slot, func)
#define OWN(slot, func) WATCH(slot, func)
#define NEW(slot, func) g_assert_true(ops->slot == func);
    if (containers) {
#include "drv-slots-lxc.def"
    } else {
#include "drv-slots.def"
    }
#undef PASS
#undef WATCH
#undef VET
#undef OWN
#undef NEW
}

/* As many as the list says, and nothing besides. */
static guint
count_replaced(gboolean containers)
{
    guint n = 1; /* open */

#define PASS(slot)
#define WATCH(slot, func) n++;
#define VET(slot, func) n++;
#define NEW(slot, func) n++;
#define OWN(slot, func) n++;
    if (containers) {
#include "drv-slots-lxc.def"
    } else {
#include "drv-slots.def"
    }
    return n;
}

/* A table's slots behind its name, one after the other; drv-libvirt.h asserts that it is so. */
typedef union {
    virHypervisorDriver table;
    void (*slots[sizeof(virHypervisorDriver) / sizeof(void *)])(void);
} Table;

static void
not_called(void)
{
    g_assert_not_reached();
}

static void
test_slots(gconstpointer driver)
{
    const gboolean containers = g_str_equal(driver, "lxc");
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(DrvStack) self =
        drv_stack_new("Order", driver, "nowhere", "nowhere:///", "/", drv_keeper_new(host));
    Table full;
    Table empty = {.table.name = "Empty"};
    Table ours;
    guint differ = 0;
    gsize i;

    for (i = 1; i < G_N_ELEMENTS(full.slots); i++)
        full.slots[i] = not_called;
    full.table.name = "Full";

    drv_stack_fill(self, &full.table);
    g_assert_true(self->next == &full.table);
    g_assert_cmpstr(self->ops.name, ==, "Order");
    check_slots(containers, &self->ops, &full.table);
    ours.table = self->ops;
    for (i = 1; i < G_N_ELEMENTS(ours.slots); i++)
        differ += ours.slots[i] != not_called;
    g_assert_cmpuint(differ, ==, count_replaced(containers));

    drv_stack_fill(self, &empty.table);
    check_slots(containers, &self->ops, &empty.table);
    ours.table = self->ops;
    g_assert_nonnull(ours.table.connectOpen);
    ours.table.connectOpen = NULL;
    /* What stock has not got at all, and we have. */
    if (containers)
        ours.table.connectGetAllDomainStats = NULL;
    for (i = 1; i < G_N_ELEMENTS(ours.slots); i++)
        g_assert_true(ours.slots[i] == NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_data_func("/slots/qemu", "qemu", test_slots);
    g_test_add_data_func("/slots/lxc", "lxc", test_slots);

    return g_test_run();
}
