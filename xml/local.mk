# SPDX-License-Identifier: LGPL-2.1-or-later

# The directory as a whole: an example is added by adding a file.
EXTRA_DIST += xml/examples
