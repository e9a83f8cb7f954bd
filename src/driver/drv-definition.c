/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain XML by libvirt's own parser. */
#include <config.h>

#include <string.h>

#include "drv-definition.h"

/* What the stock driver understands; nothing is refused here that it does not refuse. */
#define FEATURES                                                                                   \
    (VIR_DOMAIN_DEF_FEATURE_WIDE_SCSI | VIR_DOMAIN_DEF_FEATURE_MEMORY_HOTPLUG |                    \
     VIR_DOMAIN_DEF_FEATURE_OFFLINE_VCPUPIN | VIR_DOMAIN_DEF_FEATURE_INDIVIDUAL_VCPUS |            \
     VIR_DOMAIN_DEF_FEATURE_USER_ALIAS | VIR_DOMAIN_DEF_FEATURE_FW_AUTOSELECT |                    \
     VIR_DOMAIN_DEF_FEATURE_NET_MODEL_STRING | VIR_DOMAIN_DEF_FEATURE_DISK_FD)

#define PARSE_FLAGS                                                                                \
    (VIR_DOMAIN_DEF_PARSE_SKIP_VALIDATE | VIR_DOMAIN_DEF_PARSE_SKIP_SECLABEL |                     \
     VIR_DOMAIN_DEF_PARSE_ALLOW_POST_PARSE_FAIL)

static gpointer
make_options(gpointer unused G_GNUC_UNUSED)
{
    virDomainDefParserConfig config = {.features = FEATURES};

    return virDomainXMLOptionNew(&config, NULL, NULL, NULL, NULL, NULL);
}

virDomainXMLOption *
drv_definition_get_options(void)
{
    static GOnce once = G_ONCE_INIT;

    return g_once(&once, make_options, NULL);
}

/*
 * While a copy ends, the stock driver says that its mirror is of a job with no
 * name, which the parser refuses.  QEMU still has the image, so it is one of a
 * copy, as a mirror without a job is.  NULL if there is nothing of the kind.
 */
static char *
name_ending_jobs(const char *xml)
{
    static const char nameless[] = " job=''";
    g_auto(GStrv) pieces = strstr(xml, nameless) ? g_strsplit(xml, nameless, -1) : NULL;

    return pieces ? g_strjoinv(NULL, pieces) : NULL;
}

virDomainDef *
drv_definition_parse(const char *xml, gboolean live)
{
    g_autofree char *named = live ? name_ending_jobs(xml) : NULL;

    return virDomainDefParseString(named ? named : xml, drv_definition_get_options(), NULL,
                                   PARSE_FLAGS | (live ? 0 : VIR_DOMAIN_DEF_PARSE_INACTIVE));
}

virDomainDeviceDef *
drv_definition_parse_device(const char *xml, virDomainDef *def)
{
    return virDomainDeviceDefParse(xml, def, drv_definition_get_options(), NULL,
                                   PARSE_FLAGS | VIR_DOMAIN_DEF_PARSE_INACTIVE);
}

virStorageSource *
drv_definition_parse_disk_source(const char *xml)
{
    return virDomainDiskDefParseSource(xml, drv_definition_get_options(),
                                       PARSE_FLAGS | VIR_DOMAIN_DEF_PARSE_INACTIVE);
}
