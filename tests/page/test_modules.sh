#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The page's modules that need no browser, and its texts.
# shellcheck source=tests/page/common.sh
. "$(dirname "$0")/common.sh"
exec node "$source/tests/page/modules.mjs"
