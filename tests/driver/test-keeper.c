/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose turn it is to change a guest's group. */
#include <config.h>

#include "drv-keeper.h"
#include "fake-cgroup.h"

#define UUID "c7a5fdbd-edaf-9455-926a-d65c16db1809"
#define OTHER "00000000-0000-4000-8000-000000000000"

typedef struct {
    FakeCgroup *fake;
    DrvKeeper *keeper;
} Bed;

static void
set_up(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = NULL;

    bed->fake = fake_cgroup_new("unified");
    host = fake_cgroup_open_host(bed->fake, CORRAL_HOST_NONE);
    bed->keeper = drv_keeper_new(host);
    g_assert_true(drv_keeper_get_host(bed->keeper) == host);
}

static void
tear_down(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    drv_keeper_free(bed->keeper);
    fake_cgroup_free(bed->fake);
}

static void
test_path(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    DrvClaim *claim = drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_START);
    g_autofree char *path = NULL;
    char *holder = NULL;

    g_assert_null(drv_claim_dup_path(claim));
    g_assert_null(drv_keeper_dup_path(bed->keeper, UUID));
    g_assert_true(drv_claim_take_path(claim, "machine/a", &holder));
    path = drv_keeper_dup_path(bed->keeper, UUID);
    g_assert_cmpstr(path, ==, "machine/a");
    g_assert_null(drv_keeper_dup_path(bed->keeper, OTHER));
    g_assert_false(drv_claim_release(claim));

    /* Known from then on, until somebody says otherwise. */
    g_clear_pointer(&path, g_free);
    claim = drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_TIDY);
    g_assert_nonnull(claim);
    path = drv_claim_dup_path(claim);
    g_assert_cmpstr(path, ==, "machine/a");
    drv_claim_drop_path(claim);
    g_assert_false(drv_claim_release(claim));
    g_assert_null(drv_keeper_dup_path(bed->keeper, UUID));
}

/* Two guests never have the same group. */
static void
test_one_holder(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    DrvClaim *first = drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_START);
    DrvClaim *second = drv_keeper_claim(bed->keeper, OTHER, DRV_CLAIM_TIDY);
    g_autofree char *holder = NULL;
    char *nobody = NULL;

    g_assert_true(drv_claim_take_path(first, "machine/a", &nobody));
    g_assert_true(drv_claim_take_path(first, "machine/a", &nobody));
    g_assert_false(drv_claim_take_path(second, "machine/a", &holder));
    g_assert_cmpstr(holder, ==, UUID);
    g_assert_null(drv_claim_dup_path(second));

    g_assert_true(drv_claim_take_path(first, "machine/b", &nobody));
    g_assert_true(drv_claim_take_path(second, "machine/a", &nobody));
    drv_claim_drop_path(first);
    drv_claim_drop_path(second);
    drv_claim_release(first);
    drv_claim_release(second);
    g_assert_null(nobody);
}

static gpointer
take_path(gpointer data)
{
    DrvKeeper *keeper = data;
    DrvClaim *claim = drv_keeper_claim(keeper, OTHER, DRV_CLAIM_START);
    char *nobody = NULL;
    gboolean taken = drv_claim_take_path(claim, "machine/a", &nobody);

    drv_claim_release(claim);
    g_assert_null(nobody);
    return GINT_TO_POINTER(taken);
}

/* A start that fails makes room for one that waits. */
static void
test_next_in_line(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    DrvClaim *first = drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_START);
    char *nobody = NULL;
    GThread *next;

    g_assert_true(drv_claim_take_path(first, "machine/a", &nobody));
    next = g_thread_new("next", take_path, bed->keeper);
    /* Whether or not it waits already by now, it gets what it wants. */
    g_thread_yield();
    drv_claim_drop_path(first);
    drv_claim_release(first);
    g_assert_true(GPOINTER_TO_INT(g_thread_join(next)));
}

/* Who would tidy up during a start is sent away, and the starter learns of it, once. */
static void
test_tidy_during_start(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    DrvClaim *start = drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_START);
    DrvClaim *other;
    char *holder = NULL;

    g_assert_true(drv_claim_take_path(start, "machine/a", &holder));
    g_assert_null(drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_TIDY));
    g_assert_null(drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_TIDY));
    other = drv_keeper_claim(bed->keeper, OTHER, DRV_CLAIM_TIDY);
    g_assert_nonnull(other);
    g_assert_false(drv_claim_release(other));
    g_assert_true(drv_claim_release(start));

    start = drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_START);
    g_assert_false(drv_claim_release(start));
}

/* Whoever passes by leaves the work to the holder; whoever only looks leaves none. */
static void
test_in_passing(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    DrvClaim *holder = drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_TIDY);

    g_assert_null(drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_LOOK));
    g_assert_false(drv_claim_release(holder));

    holder = drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_LOOK);
    g_assert_null(drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_PASS));
    g_assert_null(drv_keeper_claim(bed->keeper, UUID, DRV_CLAIM_LOOK));
    g_assert_true(drv_claim_release(holder));
}

typedef struct {
    DrvKeeper *keeper;
    DrvClaimPurpose purpose;
    guint *inside; /* unprotected but for the claim */
    guint done;
} Worker;

static gpointer
claim_often(gpointer data)
{
    Worker *worker = data;
    guint i;

    for (i = 0; i < 2000; i++) {
        DrvClaim *claim = drv_keeper_claim(worker->keeper, UUID, worker->purpose);

        if (!claim)
            continue;
        g_assert_cmpuint(++*worker->inside, ==, 1);
        g_thread_yield();
        --*worker->inside;
        drv_claim_release(claim);
        worker->done++;
    }
    return NULL;
}

/* One at a time; a starter always gets its turn, and tidiers theirs among themselves. */
static void
test_exclusive(Bed *bed, gconstpointer data)
{
    const guint n_starters = GPOINTER_TO_UINT(data);
    guint inside = 0;
    Worker workers[6];
    GThread *threads[G_N_ELEMENTS(workers)];
    guint i;

    for (i = 0; i < G_N_ELEMENTS(workers); i++) {
        workers[i] = (Worker){
            .keeper = bed->keeper,
            .purpose = i < n_starters ? DRV_CLAIM_START : DRV_CLAIM_TIDY,
            .inside = &inside,
        };
        threads[i] = g_thread_new("claims", claim_often, &workers[i]);
    }
    for (i = 0; i < G_N_ELEMENTS(workers); i++)
        g_thread_join(threads[i]);

    for (i = 0; i < G_N_ELEMENTS(workers); i++) {
        if (i < n_starters || n_starters == 0)
            g_assert_cmpuint(workers[i].done, ==, 2000);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add("/keeper/path", Bed, NULL, set_up, test_path, tear_down);
    g_test_add("/keeper/one-holder", Bed, NULL, set_up, test_one_holder, tear_down);
    g_test_add("/keeper/next-in-line", Bed, NULL, set_up, test_next_in_line, tear_down);
    g_test_add("/keeper/tidy-during-start", Bed, NULL, set_up, test_tidy_during_start, tear_down);
    g_test_add("/keeper/in-passing", Bed, NULL, set_up, test_in_passing, tear_down);
    g_test_add("/keeper/starters", Bed, GUINT_TO_POINTER(6), set_up, test_exclusive, tear_down);
    g_test_add("/keeper/tidiers", Bed, GUINT_TO_POINTER(0), set_up, test_exclusive, tear_down);
    g_test_add("/keeper/both", Bed, GUINT_TO_POINTER(3), set_up, test_exclusive, tear_down);

    return g_test_run();
}
