/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the modules that libvirtd loads have in common.
 *
 * libvirt's driver tables are private and change with every release, and a
 * module linked against one release's private symbols keeps another release's
 * libvirtd from starting at all.  So this file refers to no libvirt symbol: it
 * asks the running libvirt for its version and loads the implementation that
 * was built for exactly that one.  Whatever is wrong with it (not there, cut
 * short, built for something else, a symbol missing), the stock driver is
 * registered as if corral did not exist, and one line says why.
 */
#include <config.h>

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drv-implementation.h"
#include "drv-module.h"
#include "drv-report.h"

#define REASON_MAX 512
#define SYMBOL_MAX 64

typedef int (*GetVersionFunc)(unsigned long *version, const char *type,
                              unsigned long *type_version);

static const char *
directory(const char *variable, const char *usual)
{
    const char *value = getenv(variable);

    return value && *value ? value : usual;
}

/* The way libvirt itself loads a driver. */
static CorralRegisterFunc
load_stock(const char *driver, CorralRegisterFunc ours, char *file, size_t size)
{
    char symbol[SYMBOL_MAX];
    CorralRegisterFunc func;
    void *module;

    snprintf(symbol, sizeof(symbol), "%sRegister", driver);
    snprintf(file, size, "%s/libvirt_driver_%s.so",
             directory("CORRAL_STOCK_DRIVER_DIR", STOCK_DRIVER_DIR), driver);
    module = dlopen(file, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    if (!module) {
        fprintf(stderr, "corral: cannot load the stock driver: %s\n", dlerror());
        return NULL;
    }

    func = (CorralRegisterFunc)dlsym(module, symbol);
    if (!func || func == ours) {
        fprintf(stderr, "corral: '%s' is not the stock driver\n", file);
        return NULL;
    }

    return func;
}

static unsigned long
running_version(void)
{
    unsigned long version = 0;
    GetVersionFunc func;

    func = (GetVersionFunc)dlsym(RTLD_DEFAULT, "virGetVersion");
    if (!func || func(&version, NULL, NULL) < 0)
        return 0;

    return version;
}

/*
 * The dynamic linker maps what the headers say and dies of SIGBUS where the
 * file is shorter than that, and libvirtd with it.  The section headers are at
 * the very end of the file, so nothing that was cut off goes unnoticed.
 */
static int
is_whole(const char *file)
{
    ElfW(Ehdr) header;
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    int whole;

    if (fd < 0)
        return 0;

    whole = fstat(fd, &st) == 0 && read(fd, &header, sizeof(header)) == sizeof(header) &&
            memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_shoff != 0 &&
            header.e_shoff + (ElfW(Off))header.e_shnum * header.e_shentsize <=
                (unsigned long long)st.st_size;
    close(fd);
    return whole;
}

/* NULL with the reason if there is none that may run here. */
static const CorralImplementation *
load_implementation(unsigned long version, char *file, size_t size, char *reason)
{
    const CorralImplementation *implementation;
    void *module;

    if (version == 0) {
        snprintf(reason, REASON_MAX, "the running libvirt does not tell its version");
        return NULL;
    }

    snprintf(file, size, "%s/%lu.%lu.%lu/driver.so", directory("CORRAL_IMPL_DIR", PKGLIBDIR),
             version / 1000000, version / 1000 % 1000, version % 1000);
    if (access(file, R_OK) < 0) {
        snprintf(reason, REASON_MAX, "no implementation for libvirt %lu.%lu.%lu: '%s': %s",
                 version / 1000000, version / 1000 % 1000, version % 1000, file, strerror(errno));
        return NULL;
    }
    if (!is_whole(file)) {
        snprintf(reason, REASON_MAX, "'%s' is damaged or incomplete", file);
        return NULL;
    }

    module = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!module) {
        snprintf(reason, REASON_MAX, "%s", dlerror());
        return NULL;
    }
    implementation = dlsym(module, CORRAL_IMPLEMENTATION_SYMBOL);
    if (!implementation || implementation->abi != CORRAL_IMPLEMENTATION_ABI) {
        snprintf(reason, REASON_MAX, "'%s' belongs to another version of corral", file);
        return NULL;
    }
    if (implementation->libvirt != version) {
        snprintf(reason, REASON_MAX, "'%s' was built for libvirt %lu.%lu.%lu, this is %lu.%lu.%lu",
                 file, implementation->libvirt / 1000000, implementation->libvirt / 1000 % 1000,
                 implementation->libvirt % 1000, version / 1000000, version / 1000 % 1000,
                 version % 1000);
        return NULL;
    }

    return implementation;
}

/*
 * A program may have libvirt's drivers in itself (qemu:///embed), with guests of its own that
 * are none of the system's: there stock libvirt has them, and there is nothing to report.
 */
static int
is_daemon(void)
{
    static const char *const names[] = {"libvirtd", "virtqemud", "virtlxcd"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strstr(program_invocation_short_name, names[i]))
            return 1;
    }

    return 0;
}

/* A register function that fails keeps libvirtd from starting: only stock's own failure does. */
int
drv_module_register(const char *driver, CorralRegisterFunc ours)
{
    char stock_file[PATH_MAX] = "";
    char file[PATH_MAX] = "";
    char reason[REASON_MAX] = "";
    unsigned long version = running_version();
    DrvReport report = {
        .driver = driver,
        .state = "stacked",
        .libvirt = version,
        .implementation = file,
        .stock = stock_file,
    };
    CorralRegisterFunc stock = load_stock(driver, ours, stock_file, sizeof(stock_file));
    const CorralImplementation *implementation;
    int result;

    if (!stock)
        return 0;
    if (!is_daemon())
        return stock();

    implementation = load_implementation(version, file, sizeof(file), reason);
    if (!implementation ||
        implementation->stack(driver, stock, &result, reason, sizeof(reason)) < 0) {
        report.state = "aside";
        report.reason = reason;
        drv_report(&report);
        return stock();
    }

    drv_report(&report);
    return result;
}
