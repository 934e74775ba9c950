#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The page's own code from one screen to the next, without a browser.
# shellcheck source=tests/page/common.sh
. "$(dirname "$0")/common.sh"
exec node "$source/tests/page/journeys.mjs"
