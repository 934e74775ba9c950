#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The page in a browser, against the real daemon on a simulated rig. Pictures stay in build/PRESET/page.
# shellcheck source=tests/page/common.sh
. "$(dirname "$0")/common.sh"
chromium=$(command -v chromium) || skip "there is no chromium"
export chromium
for package in uplot playwright-core axe-core; do
  [ -d "$npm/$package" ] || skip "$package is not there: tools/web/fetch --test fetches it"
done
[ -x "$build/stanced" ] || skip "there is no stanced in $build"
work=$(mktemp -d)
export work
trap 'rm -rf "$work"' EXIT
mkdir -m 700 "$work/run"
mkdir -p "$build/page"
# The browser looks for settings, sound and a bus of the desktop: none of them is ours.
XDG_RUNTIME_DIR=$work/run HOME=$work node "$source/tests/page/browser.mjs"
