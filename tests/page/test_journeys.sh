#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The page's own code from one screen to the next, without a browser.
# shellcheck source=tests/page/common.sh
. "$(dirname "$0")/common.sh"
# Where midnight in Greenwich is yesterday.
TZ=America/New_York exec node "$source/tests/page/journeys.mjs"
