# SPDX-License-Identifier: LGPL-2.1-or-later

EXTRA_DIST += \
	docs/balloon.md \
	docs/containers.md \
	docs/delegation.md \
	docs/devices.md \
	docs/domstats.md \
	docs/differences.md \
	docs/examples/confine.c \
	docs/examples/guests.py \
	docs/held.md \
	docs/hybrid.md \
	docs/layouts.md \
	docs/network.md \
	docs/policy.md \
	docs/notifications.md \
	docs/python.md \
	docs/reactions.md \
	docs/rescaling.md \
	docs/systemd.md \
	docs/units.md \
	$(NULL)

dist_man_MANS += docs/corral.1

# ---- the reference ------------------------------------------------------------
#
# gi-docgen makes it of what the scanner has found, and links only what is written
# as a link, so in a copy every function and type that a comment names becomes one.
# What leads nowhere is an error.

reference_pages = \
	docs/reference/concepts.md \
	docs/reference/languages.md \
	docs/reference/urlmap.js \
	$(NULL)
EXTRA_DIST += $(reference_pages)

if HAVE_GI_DOCGEN
reference_stamp = docs/reference/Corral-0/.stamp

$(reference_stamp): src/cgroup/Corral-0.gir docs/corral.toml $(reference_pages)
	$(AM_V_at)rm -rf docs/reference/Corral-0
	$(AM_V_at)$(MKDIR_P) docs/reference
	$(AM_V_at)$(SED) -E -e 's/(corral_[a-z0-9_]+)\(\)/[id@\1]/g' \
		-e 's/#Corral([A-Z][A-Za-z]+)/[type@Corral.\1]/g' \
		src/cgroup/Corral-0.gir >docs/reference/Corral-0.gir
	$(AM_V_GEN)$(GI_DOCGEN) generate --quiet --fatal-warnings --config=docs/corral.toml \
		--content-dir=$(srcdir)/docs/reference --output-dir=docs/reference \
		docs/reference/Corral-0.gir
	$(AM_V_at)touch $@

CLEANFILES += docs/reference/Corral-0.gir

docs: $(reference_stamp)
check-local: docs
else
docs:
	@echo "docs: needs gi-docgen and g-ir-scanner, which configure has not found"; exit 1
endif

if ENABLE_DOCS
referencedir = $(docdir)/reference

all-local: docs

install-data-local: docs
	cd docs/reference/Corral-0 && for file in *; do \
		$(MKDIR_P) "$(DESTDIR)$(referencedir)" && \
		$(INSTALL_DATA) "$$file" "$(DESTDIR)$(referencedir)" || exit 1; \
	done

uninstall-local:
	rm -rf "$(DESTDIR)$(referencedir)"
endif

.PHONY: docs
