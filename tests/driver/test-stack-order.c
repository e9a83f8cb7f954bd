/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which calls reach the stock driver, which access checks are made, and in
 * what order.  Stock is a table whose functions write down their names;
 * libvirt's access manager is a real one whose driver does the same.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "drv-base.h"
#include "drv-birth.h"
#include "drv-life.h"
#include "drv-settle.h"
#include "drv-stack.h"
#include "drv-tunable.h"
#include "drv-xml.h"
#include "fake-cgroup.h"

#define NAME "corral-order"
#define UUID "c7a5fdbd-edaf-9455-926a-d65c16db1809"
#define FORMAT                                                                                     \
    "<domain type='test'><name>" NAME "</name><uuid>" UUID "</uuid><memory>8192</memory>"          \
    "<vcpu>1</vcpu>%s<os><type>hvm</type></os></domain>"
#define QUOTA "<cputune><quota>20000</quota></cputune>"

static GString *calls; /* "lookup ask:start xml": all since the last question */

static struct {
    gboolean active;
    gboolean transient;
    gboolean image;
    gboolean quota;
    const char *fails;  /* the call of this name */
    const char *denies; /* the permission of this name */
} stock;

static gboolean
note(const char *name)
{
    g_string_append_printf(calls, "%s%s", calls->len ? " " : "", name);
    if (g_strcmp0(name, stock.fails) != 0)
        return TRUE;

    virReportError(VIR_ERR_INTERNAL_ERROR, "%s", "pretended failure");
    return FALSE;
}

static char *
take_calls(void)
{
    char *text = g_strdup(calls->str);

    g_string_truncate(calls, 0);
    return text;
}

/* ---- the access manager ---- */

/* libvirt's, but their headers are for the daemon alone. */
typedef struct _virAccessManager virAccessManager;
virAccessManager *virAccessManagerNew(const char *name);
void virAccessManagerSetDefault(virAccessManager *manager);
const char *virAccessPermDomainTypeToString(int permission);

typedef struct {
    gsize private_size;
    const char *name;
    void (*unused[3])(void);
    int (*check_domain)(virAccessManager *manager, const char *driver, virDomainDef *domain,
                        int permission);
    void (*unused_too[9])(void);
} AccessDriver;

typedef struct {
    virObjectLockable parent;
    const AccessDriver *driver;
} AccessManager;

static int
check_domain(virAccessManager *manager G_GNUC_UNUSED, const char *driver, virDomainDef *domain,
             int permission)
{
    const char *name = virAccessPermDomainTypeToString(permission);
    g_autofree char *asked = g_strdup_printf("ask:%s", name);
    char uuid[VIR_UUID_STRING_BUFLEN];

    /* The stock driver's name, and the guest as stock knows it. */
    g_assert_cmpstr(driver, ==, "Order");
    g_assert_cmpstr(domain->name, ==, NAME);
    virUUIDFormat(domain->uuid, uuid);
    g_assert_cmpstr(uuid, ==, UUID);
    note(asked);
    return g_strcmp0(name, stock.denies) != 0;
}

static void
manage_access(void)
{
    static const AccessDriver driver = {.name = "order", .check_domain = check_domain};
    virAccessManager *manager = virAccessManagerNew("none");

    g_assert_nonnull(manager);
    /* Is it what we take it for? */
    g_assert_cmpstr(((AccessManager *)manager)->driver->name, ==, "none");
    ((AccessManager *)manager)->driver = &driver;
    virAccessManagerSetDefault(manager);
    virObjectUnref(manager);
}

/* ---- the stock driver ---- */

static virDomainPtr
get_domain(virConnectPtr conn)
{
    unsigned char uuid[VIR_UUID_BUFLEN];

    g_assert_cmpint(virUUIDParse(UUID, uuid), ==, 0);
    return virGetDomain(conn, NAME, uuid, stock.active ? 7 : -1);
}

static virDrvOpenStatus
stock_open(virConnectPtr conn G_GNUC_UNUSED, virConnectAuthPtr auth G_GNUC_UNUSED,
           virConf *conf G_GNUC_UNUSED, unsigned int flags G_GNUC_UNUSED)
{
    return note("open") ? VIR_DRV_OPEN_SUCCESS : VIR_DRV_OPEN_ERROR;
}

static int
stock_close(virConnectPtr conn G_GNUC_UNUSED)
{
    note("close");
    return 0;
}

static char *
stock_get_hostname(virConnectPtr conn G_GNUC_UNUSED)
{
    return note("hostname") ? g_strdup("host") : NULL;
}

/* Stock asks its own questions in the name of whoever the thread's identity is. */
static void
note_caller(void)
{
    g_autoptr(virIdentity) caller = virIdentityGetCurrent();
    pid_t pid;

    if (caller && virIdentityGetProcessID(caller, &pid) == 1 && pid != getpid())
        note("as-the-client");
}

static virDomainPtr
stock_lookup(virConnectPtr conn, const unsigned char *uuid G_GNUC_UNUSED)
{
    note_caller();
    if (!note("lookup"))
        return NULL;
    return get_domain(conn);
}

static int
stock_is_active(virDomainPtr dom G_GNUC_UNUSED)
{
    return note("active?") ? stock.active : -1;
}

static int
stock_is_persistent(virDomainPtr dom G_GNUC_UNUSED)
{
    return note("persistent?") ? !stock.transient : -1;
}

static int
stock_has_image(virDomainPtr dom G_GNUC_UNUSED, unsigned int flags G_GNUC_UNUSED)
{
    return note("image?") ? stock.image : -1;
}

static int
stock_remove_image(virDomainPtr dom G_GNUC_UNUSED, unsigned int flags G_GNUC_UNUSED)
{
    stock.image = FALSE;
    return note("image-remove") ? 0 : -1;
}

static char *
stock_get_xml(virDomainPtr dom G_GNUC_UNUSED, unsigned int flags)
{
    if (!note(flags & VIR_DOMAIN_XML_INACTIVE ? "xml-inactive" : "xml"))
        return NULL;
    return g_strdup_printf(FORMAT, stock.quota ? QUOTA : "");
}

static virDomainPtr
stock_create_xml(virConnectPtr conn, const char *xml, unsigned int flags)
{
    g_autofree char *name = g_strdup_printf("createXML(%u)", flags);

    g_assert_null(strstr(xml, "<quota>"));
    if (!note(name))
        return NULL;
    stock.active = TRUE;
    return get_domain(conn);
}

static virDomainPtr
stock_create_xml_with_files(virConnectPtr conn, const char *xml, unsigned int nfiles,
                            int *files G_GNUC_UNUSED, unsigned int flags)
{
    g_autofree char *name = g_strdup_printf("createXMLWithFiles(%u,%u)", nfiles, flags);

    g_assert_null(strstr(xml, "<quota>"));
    if (!note(name))
        return NULL;
    stock.active = TRUE;
    return get_domain(conn);
}

static int
stock_create_with_flags(virDomainPtr dom G_GNUC_UNUSED, unsigned int flags)
{
    g_autofree char *name = g_strdup_printf("create(%u)", flags);

    if (!note(name))
        return -1;
    stock.active = TRUE;
    return 0;
}

static int
stock_create_with_files(virDomainPtr dom G_GNUC_UNUSED, unsigned int nfiles,
                        int *files G_GNUC_UNUSED, unsigned int flags)
{
    g_autofree char *name = g_strdup_printf("createWithFiles(%u,%u)", nfiles, flags);

    if (!note(name))
        return -1;
    stock.active = TRUE;
    return 0;
}

static int
stock_create(virDomainPtr dom)
{
    return stock_create_with_flags(dom, 0);
}

static int
stock_destroy_flags(virDomainPtr dom G_GNUC_UNUSED, unsigned int flags)
{
    g_autofree char *name = g_strdup_printf("destroy(%u)", flags);

    if (!note(name))
        return -1;
    stock.active = FALSE;
    return 0;
}

static int
stock_destroy(virDomainPtr dom)
{
    return stock_destroy_flags(dom, 0);
}

static char *
stock_get_type(virDomainPtr dom G_GNUC_UNUSED, int *nparams)
{
    *nparams = 3;
    return note("type") ? g_strdup("stock's") : NULL;
}

static int
stock_get_params(virDomainPtr dom G_GNUC_UNUSED, virTypedParameterPtr params G_GNUC_UNUSED,
                 int *nparams, unsigned int flags)
{
    g_autofree char *name = g_strdup_printf("get(%u)", flags & ~VIR_TYPED_PARAM_STRING_OKAY);

    *nparams = 0;
    return note(name) ? 0 : -1;
}

static int
stock_get_params_plain(virDomainPtr dom, virTypedParameterPtr params, int *nparams)
{
    return stock_get_params(dom, params, nparams, 0);
}

static int
stock_set_params(virDomainPtr dom G_GNUC_UNUSED, virTypedParameterPtr params G_GNUC_UNUSED,
                 int nparams G_GNUC_UNUSED, unsigned int flags)
{
    g_autofree char *name = g_strdup_printf("set(%u)", flags);

    return note(name) ? 0 : -1;
}

static int
stock_set_params_plain(virDomainPtr dom, virTypedParameterPtr params, int nparams)
{
    return stock_set_params(dom, params, nparams, 0);
}

static int
stock_attach(virDomainPtr dom G_GNUC_UNUSED, const char *xml G_GNUC_UNUSED, unsigned int flags)
{
    static const char *const names[] = {"attach(0)", "attach(1)", "attach(2)"};

    return note(names[flags & 3]) ? 0 : -1;
}

static int
stock_detach(virDomainPtr dom G_GNUC_UNUSED, const char *xml G_GNUC_UNUSED,
             unsigned int flags G_GNUC_UNUSED)
{
    return note("detach(1)") ? 0 : -1;
}

static int
stock_commit(virDomainPtr dom G_GNUC_UNUSED, const char *disk G_GNUC_UNUSED,
             const char *base G_GNUC_UNUSED, const char *top G_GNUC_UNUSED,
             unsigned long bandwidth G_GNUC_UNUSED, unsigned int flags G_GNUC_UNUSED)
{
    return note("commit") ? 0 : -1;
}

static virHypervisorDriver recorder = {
    .name = "Order",
    .connectOpen = stock_open,
    .connectClose = stock_close,
    .connectGetHostname = stock_get_hostname,
    .domainLookupByUUID = stock_lookup,
    .domainIsActive = stock_is_active,
    .domainIsPersistent = stock_is_persistent,
    .domainHasManagedSaveImage = stock_has_image,
    .domainManagedSaveRemove = stock_remove_image,
    .domainGetXMLDesc = stock_get_xml,
    .domainCreateXML = stock_create_xml,
    .domainCreateXMLWithFiles = stock_create_xml_with_files,
    .domainCreate = stock_create,
    .domainCreateWithFlags = stock_create_with_flags,
    .domainCreateWithFiles = stock_create_with_files,
    .domainDestroy = stock_destroy,
    .domainDestroyFlags = stock_destroy_flags,
    .domainAttachDeviceFlags = stock_attach,
    .domainDetachDeviceFlags = stock_detach,
    .domainBlockCommit = stock_commit,
    .domainGetSchedulerType = stock_get_type,
    .domainGetSchedulerParameters = stock_get_params_plain,
    .domainGetSchedulerParametersFlags = stock_get_params,
    .domainSetSchedulerParameters = stock_set_params_plain,
    .domainSetSchedulerParametersFlags = stock_set_params,
};

/* ---- the bed ---- */

static DrvStack *stack; /* "corralorder:///order" */
static DrvStack *over;  /* "recorder:///order", the very URI that stock serves */

typedef struct {
    FakeCgroup *fake;
    virConnectPtr conn;
    virDomainPtr dom;
} Bed;

static void
set_up(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = NULL;

    memset(&stock, 0, sizeof(stock));
    bed->fake = fake_cgroup_new("unified");
    host = fake_cgroup_open_host(bed->fake, CORRAL_HOST_NONE);
    stack->keeper = drv_keeper_new(host);
    over->keeper = drv_keeper_new(host);
    bed->conn = virConnectOpen("corralorder:///order");
    g_assert_nonnull(bed->conn);
    bed->dom = get_domain(bed->conn);
    g_free(take_calls());
}

static void
tear_down(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    virDomainFree(bed->dom);
    virConnectClose(bed->conn);
    g_clear_pointer(&stack->keeper, drv_keeper_free);
    g_clear_pointer(&over->keeper, drv_keeper_free);
    fake_cgroup_free(bed->fake);
}

static void
assert_calls(const char *wanted)
{
    g_autofree char *found = take_calls();

    g_assert_cmpstr(found, ==, wanted);
}

/* A function that we do not replace is stock's own, called once. */
static void
test_pass(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *host = virConnectGetHostname(bed->conn);

    g_assert_cmpstr(host, ==, "host");
    assert_calls("hostname");
    g_assert_true(bed->conn->driver == &stack->ops);
    g_assert_true(bed->conn->driver->connectGetHostname == stock_get_hostname);
    g_assert_null(bed->conn->driver->domainSuspend);
}

/* ---- opening ---- */

static void
test_open(Bed *bed G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
    virConnectPtr conn;

    /* Stock does not open when we look for it, nor when it is asked in our place. */
    stock.fails = "open";
    g_assert_null(virConnectOpen("recorder:///order"));
    g_assert_cmpint(virGetLastErrorCode(), ==, VIR_ERR_INTERNAL_ERROR);
    assert_calls("open open");
    g_assert_null(over->next);
    stock.fails = NULL;

    /* The next open tries again: a look at who would serve it, and the caller's own. */
    conn = virConnectOpen("recorder:///order");
    g_assert_nonnull(conn);
    assert_calls("open close open");
    g_assert_true(conn->driver == &over->ops);
    g_assert_true(over->next == &recorder);
    g_assert_true(drv_stack_of(conn) == over);
    g_assert_false(drv_base_is_looking());
    virConnectClose(conn);
    assert_calls("close");

    /* From then on only the caller's. */
    conn = virConnectOpen("recorder:///order");
    g_assert_nonnull(conn);
    assert_calls("open");
    virConnectClose(conn);
    assert_calls("close");

    /* Another path is stock's alone; what its open refuses is refused. */
    conn = virConnectOpen("recorder:///session");
    g_assert_nonnull(conn);
    g_assert_true(conn->driver == &recorder);
    assert_calls("open");
    virConnectClose(conn);
    assert_calls("close");
    stock.fails = "open";
    g_assert_null(virConnectOpen("recorder:///order"));
    g_assert_cmpint(virGetLastErrorCode(), ==, VIR_ERR_INTERNAL_ERROR);
    assert_calls("open");
}

/* ---- the calls, one by one ---- */

static int
do_create(Bed *bed)
{
    return virDomainCreate(bed->dom);
}

static int
do_create_with_flags(Bed *bed)
{
    return virDomainCreateWithFlags(bed->dom, VIR_DOMAIN_START_PAUSED);
}

static int
do_create_forced(Bed *bed)
{
    return virDomainCreateWithFlags(bed->dom, VIR_DOMAIN_START_FORCE_BOOT);
}

static int
do_create_with_files(Bed *bed)
{
    int files[] = {0};

    /* Not by way of the public function, which wants a connection over a socket. */
    return bed->conn->driver->domainCreateWithFiles(bed->dom, 1, files, 0);
}

static int
do_create_xml(Bed *bed)
{
    g_autofree char *xml = g_strdup_printf(FORMAT, stock.quota ? QUOTA : "");
    virDomainPtr dom = virDomainCreateXML(bed->conn, xml, VIR_DOMAIN_START_PAUSED);

    virObjectUnref(dom);
    return dom ? 0 : -1;
}

static int
do_create_xml_with_files(Bed *bed)
{
    g_autofree char *xml = g_strdup_printf(FORMAT, stock.quota ? QUOTA : "");
    int files[] = {0};
    virDomainPtr dom = bed->conn->driver->domainCreateXMLWithFiles(bed->conn, xml, 1, files, 0);

    virObjectUnref(dom);
    return dom ? 0 : -1;
}

static int
do_destroy(Bed *bed)
{
    return virDomainDestroy(bed->dom);
}

static int
do_destroy_flags(Bed *bed)
{
    return virDomainDestroyFlags(bed->dom, VIR_DOMAIN_DESTROY_GRACEFUL);
}

#define RNG "<rng model='virtio'><backend model='random'>/dev/null</backend></rng>"
#define VIRTIOFS                                                                                   \
    "<filesystem type='mount'><driver type='virtiofs'/><source dir='/'/><target dir='a'/>"         \
    "</filesystem>"

static int
do_attach(Bed *bed)
{
    return virDomainAttachDeviceFlags(bed->dom, RNG, VIR_DOMAIN_AFFECT_LIVE);
}

static int
do_attach_current(Bed *bed)
{
    return virDomainAttachDeviceFlags(bed->dom, RNG, VIR_DOMAIN_AFFECT_CURRENT);
}

static int
do_attach_config(Bed *bed)
{
    return virDomainAttachDeviceFlags(bed->dom, VIRTIOFS, VIR_DOMAIN_AFFECT_CONFIG);
}

static int
do_attach_virtiofs(Bed *bed)
{
    return virDomainAttachDeviceFlags(bed->dom, VIRTIOFS, VIR_DOMAIN_AFFECT_CURRENT);
}

static int
do_attach_nonsense(Bed *bed)
{
    return virDomainAttachDeviceFlags(bed->dom, "<filesystem", VIR_DOMAIN_AFFECT_LIVE);
}

static int
do_detach(Bed *bed)
{
    return virDomainDetachDeviceFlags(bed->dom, RNG, VIR_DOMAIN_AFFECT_LIVE);
}

static int
do_commit(Bed *bed)
{
    return virDomainBlockCommit(bed->dom, "vda", NULL, NULL, 0, 0);
}

static int
do_xml(Bed *bed)
{
    g_autofree char *xml = virDomainGetXMLDesc(bed->dom, 0);

    return xml ? 0 : -1;
}

static int
do_type(Bed *bed)
{
    int n = 0;
    g_autofree char *type = virDomainGetSchedulerType(bed->dom, &n);

    return type ? 0 : -1;
}

static int
get_flags(Bed *bed, unsigned int flags)
{
    virTypedParameter params[9];
    int n = 9;

    return virDomainGetSchedulerParametersFlags(bed->dom, params, &n, flags);
}

static int
do_get(Bed *bed)
{
    virTypedParameter params[9];
    int n = 9;

    return virDomainGetSchedulerParameters(bed->dom, params, &n);
}

static int
do_get_live(Bed *bed)
{
    return get_flags(bed, VIR_DOMAIN_AFFECT_LIVE);
}

static int
do_get_config(Bed *bed)
{
    return get_flags(bed, VIR_DOMAIN_AFFECT_CONFIG);
}

static int
set_flags(Bed *bed, unsigned int flags)
{
    virTypedParameter param = {.field = "cpu_shares", .type = VIR_TYPED_PARAM_ULLONG};

    param.value.ul = 500;
    return virDomainSetSchedulerParametersFlags(bed->dom, &param, 1, flags);
}

static int
do_set(Bed *bed)
{
    virTypedParameter param = {.field = "cpu_shares", .type = VIR_TYPED_PARAM_ULLONG};

    param.value.ul = 500;
    return virDomainSetSchedulerParameters(bed->dom, &param, 1);
}

static int
do_set_live(Bed *bed)
{
    return set_flags(bed, VIR_DOMAIN_AFFECT_LIVE);
}

static int
do_set_config(Bed *bed)
{
    return set_flags(bed, VIR_DOMAIN_AFFECT_CONFIG);
}

static int
do_set_both(Bed *bed)
{
    return set_flags(bed, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG);
}

enum {
    RUNS = 1 << 0, /* the guest runs, started through us */
    TRANSIENT = 1 << 1,
    IMAGE = 1 << 2, /* it has a managed save image */
    WITH_QUOTA = 1 << 3,
};

typedef struct {
    const char *name;
    int (*call)(Bed *bed);
    unsigned int state;
    const char *fails; /* a call to stock that fails, and ours with it */
    const char *wanted;
} Order;

#define DEFINITION "lookup ask:start image? xml-inactive"
#define UNLESS_IT_RUNS "lookup active?"

static const Order orders[] = {
    {"create", do_create, 0, NULL, DEFINITION " " UNLESS_IT_RUNS " create(0) lookup xml"},
    {"create-with-flags", do_create_with_flags, 0, NULL,
     DEFINITION " " UNLESS_IT_RUNS " create(1) lookup xml"},
    {"create-image", do_create, IMAGE | WITH_QUOTA, NULL,
     DEFINITION " " UNLESS_IT_RUNS " create(0) lookup xml"},
    {"create-quota", do_create_with_flags, WITH_QUOTA, NULL,
     DEFINITION " " UNLESS_IT_RUNS " createXML(1) lookup xml"},
    {"create-forced", do_create_forced, IMAGE, NULL,
     "lookup ask:start xml-inactive " UNLESS_IT_RUNS " create(8) lookup xml"},
    {"create-forced-quota", do_create_forced, IMAGE | WITH_QUOTA, NULL,
     "lookup ask:start xml-inactive image? image-remove " UNLESS_IT_RUNS
     " createXML(0) lookup xml"},
    {"create-fails", do_create, 0, "create(0)",
     DEFINITION " " UNLESS_IT_RUNS " create(0) lookup active?"},
    {"create-running", do_create, RUNS, NULL,
     DEFINITION " " UNLESS_IT_RUNS " create(0) lookup active? xml"},
    {"create-running-quota", do_create, RUNS | WITH_QUOTA, NULL,
     DEFINITION " " UNLESS_IT_RUNS " create(0) lookup active? xml"},
    {"create-no-xml", do_create, 0, "xml-inactive", DEFINITION},
    {"create-with-files", do_create_with_files, 0, NULL,
     DEFINITION " " UNLESS_IT_RUNS " createWithFiles(1,0) lookup xml"},
    {"create-xml", do_create_xml, 0, NULL,
     "ask:write ask:start " UNLESS_IT_RUNS " createXML(1) lookup xml"},
    {"create-xml-quota", do_create_xml, WITH_QUOTA, NULL,
     "ask:write ask:start " UNLESS_IT_RUNS " createXML(1) lookup xml"},
    {"create-xml-with-files", do_create_xml_with_files, WITH_QUOTA, NULL,
     "ask:write ask:start " UNLESS_IT_RUNS " createXMLWithFiles(1,0) lookup xml"},

    {"destroy", do_destroy, RUNS, NULL, "destroy(0) " UNLESS_IT_RUNS},
    {"destroy-flags", do_destroy_flags, RUNS, NULL, "destroy(1) " UNLESS_IT_RUNS},
    {"destroy-fails", do_destroy, RUNS, "destroy(0)", "destroy(0)"},
    {"xml", do_xml, 0, NULL, "xml"},
    {"xml-of-running", do_xml, RUNS, NULL, "xml active?"},
    {"xml-fails", do_xml, RUNS, "xml", "xml"},

    {"attach", do_attach, RUNS, NULL, "lookup ask:write active? xml attach(1) xml"},
    {"attach-fails", do_attach, RUNS, "attach(1)", "lookup ask:write active? xml attach(1) xml"},
    {"attach-current", do_attach_current, RUNS, NULL,
     "lookup ask:write ask:save active? xml attach(0) xml"},
    {"attach-inactive", do_attach_current, 0, NULL, "lookup ask:write ask:save active? attach(2)"},
    {"attach-live-inactive", do_attach, 0, "nothing", "lookup ask:write active?"},
    {"attach-config", do_attach_config, RUNS, NULL, "lookup ask:write ask:save attach(2)"},
    {"attach-virtiofs", do_attach_virtiofs, RUNS, "nothing",
     "lookup ask:write ask:save active? xml xml"},
    {"attach-nonsense", do_attach_nonsense, RUNS, "nothing", "lookup ask:write active? xml xml"},
    {"detach", do_detach, RUNS, NULL, "detach(1) lookup active? xml"},
    {"commit", do_commit, RUNS, NULL, "lookup ask:block_write active? xml commit xml"},
    {"commit-inactive", do_commit, 0, NULL, "lookup ask:block_write active? commit"},
    {"type", do_type, RUNS, NULL, "lookup ask:read active?"},
    {"type-inactive", do_type, 0, NULL, "lookup ask:read active? type"},
    {"get", do_get, RUNS, NULL, "lookup ask:read active?"},
    {"get-live", do_get_live, RUNS, NULL, "lookup ask:read active?"},
    {"get-config", do_get_config, RUNS, NULL, "lookup ask:read active? get(2)"},
    {"get-inactive", do_get, 0, NULL, "lookup ask:read active? get(0)"},
    {"get-live-inactive", do_get_live, 0, "get(1)", "lookup ask:read active? get(1)"},
    {"set", do_set, RUNS, NULL, "lookup ask:write ask:save active?"},
    {"set-live", do_set_live, RUNS, NULL, "lookup ask:write active?"},
    {"set-config", do_set_config, RUNS, NULL, "lookup ask:write ask:save active? set(2)"},
    {"set-both", do_set_both, RUNS, NULL, "lookup ask:write ask:save active? persistent? set(2)"},
    {"set-both-transient", do_set_both, RUNS | TRANSIENT, "nothing",
     "lookup ask:write ask:save active? persistent?"},
    {"set-inactive", do_set, 0, NULL, "lookup ask:write ask:save active? set(0)"},
};

static void
prepare(Bed *bed, unsigned int state)
{
    if (state & RUNS)
        g_assert_cmpint(virDomainCreate(bed->dom), ==, 0);
    stock.transient = (state & TRANSIENT) != 0;
    stock.image = (state & IMAGE) != 0;
    stock.quota = (state & WITH_QUOTA) != 0;
    g_free(take_calls());
    g_free(fake_cgroup_take_log(bed->fake));
}

static void
test_order(Bed *bed, gconstpointer data)
{
    const Order *order = data;
    int result;

    prepare(bed, order->state);
    stock.fails = order->fails;
    result = order->call(bed);
    assert_calls(order->wanted);
    g_assert_cmpint(result, ==, order->fails ? -1 : 0);
}

/* For each permission that the call asks for: without it nothing happens, to the guest, to its
 * group, or to the definition. */
static void
test_denied(Bed *bed, gconstpointer data)
{
    const Order *order = data;
    g_auto(GStrv) words = g_strsplit(order->wanted, " ", -1);
    gsize i, j;

    prepare(bed, order->state);
    for (i = 0; words[i]; i++) {
        g_autoptr(GString) wanted = g_string_new(NULL);
        g_autofree char *done = NULL;

        if (!g_str_has_prefix(words[i], "ask:"))
            continue;
        for (j = 0; j <= i; j++)
            g_string_append_printf(wanted, "%s%s", j ? " " : "", words[j]);

        /* If it is asked for twice, the first question settles it. */
        stock.denies = words[i] + strlen("ask:");
        g_string_truncate(wanted, strstr(wanted->str, words[i]) - wanted->str + strlen(words[i]));
        g_assert_cmpint(order->call(bed), ==, -1);
        g_assert_cmpint(virGetLastErrorCode(), ==, VIR_ERR_ACCESS_DENIED);
        assert_calls(wanted->str);
        done = fake_cgroup_take_log(bed->fake);
        g_assert_cmpstr(done, ==, "");
    }
}

/* A guest that stock does not know is refused in stock's words, before any question. */
static void
test_unknown(Bed *bed, gconstpointer data)
{
    const Order *order = data;

    prepare(bed, order->state);
    stock.fails = "lookup";
    g_assert_cmpint(order->call(bed), ==, -1);
    g_assert_cmpint(virGetLastErrorCode(), ==, VIR_ERR_NO_DOMAIN);
    g_assert_nonnull(strstr(virGetLastErrorMessage(), UUID));
    assert_calls("lookup");
}

/* Where stock does not say whether a guest runs, it keeps its group and all that is in it. */
static void
test_not_told(Bed *bed, gconstpointer call)
{
    g_autofree char *done = NULL;
    g_autofree char *path = NULL;

    prepare(bed, RUNS);
    stock.fails = call;
    drv_settle(stack, bed->conn, UUID);
    g_assert_cmpint(virGetLastErrorCode(), ==, VIR_ERR_OK);
    done = fake_cgroup_take_log(bed->fake);
    g_assert_cmpstr(done, ==, "");
    path = drv_keeper_dup_path(stack->keeper, UUID);
    g_assert_nonnull(path);
}

/* What we ask for ourselves is asked by the daemon, whatever the client may; the rest by him. */
static void
test_caller(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(virIdentity) client = virIdentityNew();
    g_autoptr(virIdentity) after = NULL;

    g_assert_cmpint(virIdentitySetProcessID(client, 1), ==, 0);
    g_assert_cmpint(virIdentitySetCurrent(client), ==, 0);
    g_assert_cmpint(virDomainCreate(bed->dom), ==, 0);
    assert_calls(DEFINITION " " UNLESS_IT_RUNS " create(0) lookup xml");
    g_assert_cmpint(virDomainDestroy(bed->dom), ==, 0);
    assert_calls("destroy(0) " UNLESS_IT_RUNS);

    after = virIdentityGetCurrent();
    g_assert_true(after == client);
    g_assert_cmpint(virIdentitySetCurrent(NULL), ==, 0);
}

static void
add_orders(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autofree char *order = g_strconcat("/order/", orders[i].name, NULL);
        g_autofree char *denied = g_strconcat("/denied/", orders[i].name, NULL);
        g_autofree char *unknown = g_strconcat("/unknown/", orders[i].name, NULL);

        g_test_add(order, Bed, &orders[i], set_up, test_order, tear_down);
        if (strstr(orders[i].wanted, "ask:"))
            g_test_add(denied, Bed, &orders[i], set_up, test_denied, tear_down);
        if (g_str_has_prefix(orders[i].wanted, "lookup "))
            g_test_add(unknown, Bed, &orders[i], set_up, test_unknown, tear_down);
    }
}

static void
ignore_error(void *data G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

static void
register_drivers(void)
{
    static const char *schemes[] = {"recorder", NULL};
    static virConnectDriver registration = {
        .localOnly = true,
        .uriSchemes = schemes,
        .hypervisorDriver = &recorder,
    };

    stack = drv_stack_new("Order", "qemu", "corralorder", "recorder:///order", "/order", NULL);
    over = drv_stack_new("Order", "qemu", "recorder", "recorder:///order", "/order", NULL);
    g_assert_cmpint(virRegisterConnectDriver(&stack->registration, false), >=, 0);
    g_assert_cmpint(virRegisterConnectDriver(&over->registration, false), >=, 0);
    g_assert_cmpint(virRegisterConnectDriver(&registration, false), >=, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    calls = g_string_new(NULL);
    g_assert_cmpint(drv_birth_init(), ==, 0);
    /* Before libvirt's own: its driver for remote hosts claims every scheme. */
    register_drivers();
    g_assert_cmpint(virInitialize(), ==, 0);
    virSetErrorFunc(NULL, ignore_error);
    manage_access();

    g_test_add("/table/pass", Bed, NULL, set_up, test_pass, tear_down);
    g_test_add("/open", Bed, NULL, set_up, test_open, tear_down);
    g_test_add("/caller", Bed, NULL, set_up, test_caller, tear_down);
    g_test_add("/not-told/lookup", Bed, "lookup", set_up, test_not_told, tear_down);
    g_test_add("/not-told/active", Bed, "active?", set_up, test_not_told, tear_down);
    add_orders();

    return g_test_run();
}
