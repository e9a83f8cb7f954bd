/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits that users write below <metadata>. */
#include <config.h>

#include <string.h>

#include "guest-xml.h"

#define IN_OURS(text)                                                                              \
    "<metadata><c:limits xmlns:c='" GUEST_XML_NAMESPACE "'>" text "</c:limits></metadata>"

static const struct {
    const char *name;
    const char *metadata;
    guint64 pids; /* G_MAXUINT64: refused */
} descriptions[] = {
    {"none", "", 0},
    {"empty", "<metadata/>", 0},
    {"nothing", IN_OURS(""), 0},
    {"some", IN_OURS("<c:pids>300</c:pids>"), 300},
    {"most", IN_OURS("<c:pids>4194304</c:pids>"), 4194304},
    {"with-others",
     "<metadata><a xmlns='other'/><c:limits xmlns:c='" GUEST_XML_NAMESPACE "'>"
     "<c:pids> 7</c:pids></c:limits></metadata>",
     7},
    {"somebody-elses", "<metadata><limits xmlns='other'><pids>300</pids></limits></metadata>", 0},
    {"somebody-elses-within", IN_OURS("<pids>300</pids>"), 0},
    {"more-than-most", IN_OURS("<c:pids>4194305</c:pids>"), G_MAXUINT64},
    {"zero", IN_OURS("<c:pids>0</c:pids>"), G_MAXUINT64},
    {"negative", IN_OURS("<c:pids>-1</c:pids>"), G_MAXUINT64},
    {"words", IN_OURS("<c:pids>many</c:pids>"), G_MAXUINT64},
    {"not-said", IN_OURS("<c:pids/>"), G_MAXUINT64},
};

static void
test_pids(gconstpointer data)
{
    const gsize i = GPOINTER_TO_SIZE(data);
    g_autofree char *xml =
        g_strdup_printf("<domain type='lxc'><name>web</name>%s</domain>", descriptions[i].metadata);
    g_autoptr(GError) error = NULL;
    g_autoptr(Guest) guest = guest_xml_parse("lxc", xml, &error);

    if (descriptions[i].pids == G_MAXUINT64) {
        g_assert_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT);
        g_assert_nonnull(strstr(error->message, "<pids>"));
        g_assert_null(guest);
        return;
    }
    g_assert_no_error(error);
    g_assert_cmpuint(guest_get_pids_limit(guest), ==, descriptions[i].pids);
}

/* ---- one element, as virDomainSetMetadata() gets it ---- */

static const struct {
    const char *name;
    const char *element;
    const char *refused; /* what the message has; NULL: it is not */
} elements[] = {
    {"pids", "<limits><pids>300</pids></limits>", NULL},
    {"empty", "<limits/>", NULL},
    {"all", "<limits><pids>3</pids><balloon grace='5'><floor>7</floor></balloon></limits>", NULL},
    {"prefixed", "<c:limits xmlns:c='" GUEST_XML_NAMESPACE "'><c:pids>3</c:pids></c:limits>", NULL},
    {"declared", "<?xml version='1.0'?><!-- mine --><limits><pids>3</pids></limits>", NULL},
    {"others-within", "<limits><x:pids xmlns:x='urn:x'>many</x:pids></limits>", NULL},
    {"no-xml", "<limits", NULL},
    {"nothing", "", NULL},
    {"bad-pids", "<limits><pids>many</pids></limits>", "<pids>: 'many'"},
    {"bad-pids-prefixed",
     "<c:limits xmlns:c='" GUEST_XML_NAMESPACE "'><c:pids>0</c:pids></c:limits>", "<pids>: '0'"},
    {"bad-pids-in-namespace", "<limits xmlns='" GUEST_XML_NAMESPACE "'><pids/></limits>", "<pids>"},
    {"reactions",
     "<limits><on_oom action='raise'><most>7</most></on_oom><on_pressure action='log'/></limits>",
     NULL},
    {"bad-reaction", "<limits><on_oom action='kill'/></limits>",
     "metadata element <on_oom>, attribute action: 'kill'"},
    {"bad-grace", "<limits><balloon grace='soon'/></limits>", "attribute grace: 'soon'"},
    {"bad-floor", "<limits><balloon><floor unit='pages'>7</floor></balloon></limits>", "<floor>"},
    {"pids-alone", "<pids>300</pids>", "<pids>: there is only <limits>"},
    {"another", "<held/>", "<held>: there is only <limits>"},
    {"in-anothers", "<x:limits xmlns:x='urn:x'/>", "there is only <limits>"},
};

static void
test_element(gconstpointer data)
{
    const gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GError) error = NULL;
    const gboolean good = guest_xml_check_limits(elements[i].element, &error);

    g_assert_cmpint(good, ==, elements[i].refused == NULL);
    if (good) {
        g_assert_no_error(error);
        return;
    }
    g_assert_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT);
    g_assert_nonnull(strstr(error->message, elements[i].refused));
}

int
main(int argc, char **argv)
{
    gsize i;

    g_test_init(&argc, &argv, NULL);
    for (i = 0; i < G_N_ELEMENTS(descriptions); i++) {
        g_autofree char *path = g_strconcat("/guest-limits/", descriptions[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_pids);
    }
    for (i = 0; i < G_N_ELEMENTS(elements); i++) {
        g_autofree char *path = g_strconcat("/guest-limits/element/", elements[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_element);
    }

    return g_test_run();
}
