# SPDX-License-Identifier: LGPL-2.1-or-later

# The directory as a whole: an example is added by adding a file.
EXTRA_DIST += xml/examples xml/policies

# What is kept in the files of others is described for them.
schemadir = $(datadir)/corral/schemas
dist_schema_DATA = xml/corral.rng xml/held.rng xml/limits.rng
