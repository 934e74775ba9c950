# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by the tests of the page.
set -euo pipefail
source=${STANCE_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${STANCE_BUILD_DIR:-$source/build/release}
npm=${STANCE_NPM:-$source/build/npm/node_modules}
export source build npm

skip() {
  echo "skipped: $*"
  exit 77
}
command -v node >/dev/null || skip "there is no node"
