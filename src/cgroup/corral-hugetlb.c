/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Huge pages: how many bytes of each size a group has, and how many at the most. */
#include <config.h>

#include <fcntl.h>

#include "cg-codec-pages.h"
#include "cg-group.h"
#include "cg-host.h"
#include "cg-hugetlb.h"
#include "corral-error.h"
#include "corral-hugetlb.h"

/* Where the kernel has a directory for each size. */
#define SIZES_DIR "sys/kernel/mm/hugepages"

static gint
compare_sizes(gconstpointer a, gconstpointer b)
{
    guint64 x = *(const guint64 *)a;
    guint64 y = *(const guint64 *)b;

    return (x > y) - (x < y);
}

/**
 * corral_host_list_huge_page_sizes:
 * @self: a host
 * @error: where to put what went wrong
 *
 * Returns: (transfer full) (element-type guint64): sizes in bytes that this machine knows,
 *   ascending; none if it has no huge pages
 * Since: 0.1
 */
GArray *
corral_host_list_huge_page_sizes(CorralHost *self, GError **error)
{
    g_autofree char *path = g_build_filename(cg_host_get_root(self), SIZES_DIR, NULL);
    g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GError) failure = NULL;
    g_auto(GStrv) names = NULL;
    CG_AUTO_FD dir = cg_tree_open_dir(AT_FDCWD, path, &failure);
    gsize i;

    if (dir < 0) {
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
            return g_steal_pointer(&sizes);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }

    names = cg_tree_list_dirs(dir, error);
    if (!names)
        return NULL;
    for (i = 0; names[i]; i++) {
        guint64 size;

        if (cg_codec_parse_page_dir(names[i], &size))
            g_array_append_val(sizes, size);
    }
    g_array_sort(sizes, compare_sizes);
    return g_steal_pointer(&sizes);
}

/* How @self's huge pages are controlled, and where. */
static const CgHugetlb *
find_hugetlb(CorralGroup *self, guint64 page_size, const CgPlace **place, GError **error)
{
    if (page_size < 1024 || page_size > (guint64)G_MAXINT64 || (page_size & (page_size - 1))) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                    "%" G_GUINT64_FORMAT " bytes is not the size of a page: no power of two in "
                    "[1024, %" G_GUINT64_FORMAT "]",
                    page_size, G_GUINT64_CONSTANT(1) << 62);
        return NULL;
    }

    *place = cg_group_find_place(self, CORRAL_CONTROLLER_HUGETLB, error);
    return *place ? (*place)->hierarchy->backend->hugetlb : NULL;
}

static gboolean
set_limit(CorralGroup *self, guint64 page_size, CgHugetlbKind kind, guint64 bytes, GError **error)
{
    const CgPlace *place;
    const CgHugetlb *hugetlb;

    if (bytes != CORRAL_HUGE_PAGES_UNLIMITED && bytes > G_MAXINT64) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                    "limit of %" G_GUINT64_FORMAT " bytes of huge pages is out of range [0, "
                    "%" G_GINT64_FORMAT "]",
                    bytes, G_MAXINT64);
        return FALSE;
    }

    hugetlb = find_hugetlb(self, page_size, &place, error);
    return hugetlb && hugetlb->set_limit(place, page_size, kind, bytes, error);
}

static gboolean
get_limit(CorralGroup *self, guint64 page_size, CgHugetlbKind kind, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgHugetlb *hugetlb = find_hugetlb(self, page_size, &place, error);

    return hugetlb && hugetlb->get_limit(place, page_size, kind, bytes, error);
}

static gboolean
get_usage(CorralGroup *self, guint64 page_size, CgHugetlbKind kind, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgHugetlb *hugetlb = find_hugetlb(self, page_size, &place, error);

    return hugetlb && hugetlb->get_usage(place, page_size, kind, bytes, error);
}

/**
 * corral_group_set_huge_page_limit:
 * @self: a group
 * @page_size: size of a page, in bytes; see corral_host_list_huge_page_sizes()
 * @bytes: the most it may have; %CORRAL_HUGE_PAGES_UNLIMITED lifts the limit
 * @error: where to put what went wrong
 *
 * Who wants a huge page beyond the limit gets SIGBUS when he touches it.  The kernel
 * rounds the limit down to whole pages.
 *
 * %CORRAL_ERROR_RANGE: @bytes, or @page_size is no power of two; %CORRAL_ERROR_BUSY:
 * more are in use; %CORRAL_ERROR_UNSUPPORTED: the machine has no pages of this
 * size; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_huge_page_limit(CorralGroup *self, guint64 page_size, guint64 bytes,
                                 GError **error)
{
    return set_limit(self, page_size, CG_HUGETLB_PAGES, bytes, error);
}

/**
 * corral_group_get_huge_page_limit:
 * @self: a group
 * @page_size: size of a page, in bytes; see corral_host_list_huge_page_sizes()
 * @bytes: (out): the most it may have, or %CORRAL_HUGE_PAGES_UNLIMITED
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the machine has no pages of this size.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_huge_page_limit(CorralGroup *self, guint64 page_size, guint64 *bytes,
                                 GError **error)
{
    return get_limit(self, page_size, CG_HUGETLB_PAGES, bytes, error);
}

/**
 * corral_group_get_huge_page_usage:
 * @self: a group
 * @page_size: size of a page, in bytes; see corral_host_list_huge_page_sizes()
 * @bytes: (out): how much is in use in it and below
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the machine has no pages of this size.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_huge_page_usage(CorralGroup *self, guint64 page_size, guint64 *bytes,
                                 GError **error)
{
    return get_usage(self, page_size, CG_HUGETLB_PAGES, bytes, error);
}

/**
 * corral_group_get_huge_page_peak:
 * @self: a group
 * @page_size: size of a page, in bytes; see corral_host_list_huge_page_sizes()
 * @bytes: (out): the most that was ever in use
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the unified interface does not keep it, or the machine has
 * no pages of this size.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_huge_page_peak(CorralGroup *self, guint64 page_size, guint64 *bytes,
                                GError **error)
{
    const CgPlace *place;
    const CgHugetlb *hugetlb = find_hugetlb(self, page_size, &place, error);

    if (!hugetlb)
        return FALSE;
    if (!hugetlb->get_peak)
        return cg_group_refuse_unsupported(error, place, "peak of huge pages");

    return hugetlb->get_peak(place, page_size, bytes, error);
}

/**
 * corral_group_get_huge_page_failures:
 * @self: a group
 * @page_size: size of a page, in bytes; see corral_host_list_huge_page_sizes()
 * @failures: (out): how often the limit was in the way
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the machine has no pages of this size.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_huge_page_failures(CorralGroup *self, guint64 page_size, guint64 *failures,
                                    GError **error)
{
    const CgPlace *place;
    const CgHugetlb *hugetlb = find_hugetlb(self, page_size, &place, error);

    return hugetlb && hugetlb->get_failures(place, page_size, failures, error);
}

/**
 * corral_group_set_huge_page_reservation_limit:
 * @self: a group
 * @page_size: size of a page, in bytes; see corral_host_list_huge_page_sizes()
 * @bytes: the most it may have; %CORRAL_HUGE_PAGES_UNLIMITED lifts the limit
 * @error: where to put what went wrong
 *
 * Limits what may be reserved: who maps more is told so then (ENOMEM), and does not
 * die of it later.
 *
 * %CORRAL_ERROR_RANGE, %CORRAL_ERROR_BUSY, %CORRAL_ERROR_NO_CONTROLLER,
 * %CORRAL_ERROR_GONE: as for corral_group_set_huge_page_limit();
 * %CORRAL_ERROR_UNSUPPORTED: also Linux before 5.7.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_huge_page_reservation_limit(CorralGroup *self, guint64 page_size, guint64 bytes,
                                             GError **error)
{
    return set_limit(self, page_size, CG_HUGETLB_RESERVATIONS, bytes, error);
}

/**
 * corral_group_get_huge_page_reservation_limit:
 * @self: a group
 * @page_size: size of a page, in bytes; see corral_host_list_huge_page_sizes()
 * @bytes: (out): the most it may reserve, or %CORRAL_HUGE_PAGES_UNLIMITED
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the machine has no pages of this size, or Linux is older
 * than 5.7.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_huge_page_reservation_limit(CorralGroup *self, guint64 page_size, guint64 *bytes,
                                             GError **error)
{
    return get_limit(self, page_size, CG_HUGETLB_RESERVATIONS, bytes, error);
}

/**
 * corral_group_get_huge_page_reservation_usage:
 * @self: a group
 * @page_size: size of a page, in bytes; see corral_host_list_huge_page_sizes()
 * @bytes: (out): how much is reserved in it and below
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the machine has no pages of this size, or Linux is older
 * than 5.7.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_huge_page_reservation_usage(CorralGroup *self, guint64 page_size, guint64 *bytes,
                                             GError **error)
{
    return get_usage(self, page_size, CG_HUGETLB_RESERVATIONS, bytes, error);
}
