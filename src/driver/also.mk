# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The implementation once more, for each libvirt of $(ALSO_LIBVIRT).
#
# What is common to all versions, the library and the shims, is there once; the sources
# of libcorral-driver.la are compiled again, against the headers in libvirt-headers/NAME.
# Automake does not know this file: its names are not known before configure.
#
#   also/NAME/driver.la     goes to $(pkglibdir)/VERSION, where the shim looks for it

also_modules = $(ALSO_LIBVIRT:%=also/%/driver.la)
also_headers = $(ALSO_LIBVIRT:%=libvirt-headers/%/version)
also_header_list = $(shell echo $(ALSO_LIBVIRT:%=$(abs_builddir)/libvirt-headers/%) | tr ' ' ,)

# Those that configure found are there; the others are named after their release.
libvirt-headers/%/version:
	$(AM_V_GEN)$(BASH) $(srcdir)/build-aux/libvirt-headers --release $* $(@D)

# also_rules NAME
define also_rules
also_$(1)_objects = $$(patsubst src/driver/%.c,also/$(1)/%.lo, \
	$$(filter %.c,$$(libcorral_driver_la_SOURCES)))

also/$(1)/%.lo: LIBVIRT_HEADERS = $$(abs_builddir)/libvirt-headers/$(1)
also/$(1)/%.lo: src/driver/%.c libvirt-headers/$(1)/version
	$$(AM_V_CC)$$(MKDIR_P) $$(@D) && $$(LTCOMPILE) $$(driver_cppflags) \
		-MT $$@ -MD -MP -MF $$(@:.lo=.d) -c -o $$@ $$<

also/$(1)/driver.la: $$(also_$(1)_objects) $$(driver_la_DEPENDENCIES)
	$$(AM_V_CCLD)$$(driver_la_LINK) -rpath $$(pkglibdir)/`cat libvirt-headers/$(1)/version` \
		$$(also_$(1)_objects) $$(filter-out libcorral-driver.la,$$(driver_la_LIBADD)) $$(LIBS)

-include $$(also_$(1)_objects:.lo=.d)
endef
$(foreach name,$(ALSO_LIBVIRT),$(eval $(call also_rules,$(name))))

all-am: $(also_modules)

# For each of them the directory in which it is installed.
also_versions = $(foreach file,$(also_headers),`cat $(file)`)

install-also:
	$(AM_V_at)for name in $(ALSO_LIBVIRT); do \
		dir="$(DESTDIR)$(pkglibdir)/`cat libvirt-headers/$$name/version`"; \
		$(MKDIR_P) "$$dir" && \
		$(LIBTOOL) $(AM_LIBTOOLFLAGS) --mode=install $(INSTALL) also/$$name/driver.la "$$dir" && \
		rm -f "$$dir/driver.la" || exit 1; \
	done

uninstall-also:
	$(AM_V_at)for version in $(also_versions); do \
		rm -f "$(DESTDIR)$(pkglibdir)/$$version/driver.so"; \
	done

.PHONY: install-also uninstall-also
