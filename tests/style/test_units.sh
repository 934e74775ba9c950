#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# systemd reads the units of the package without a complaint.
# shellcheck source=tests/style/common.sh
. "$(dirname "$0")/common.sh"
need systemd-analyze
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# verify KIND: the unit of tools/packaging as it is installed, but for the program, that is not.
verify() {
  local unit=tools/packaging/stanced.$1.service said
  [ -f "$unit" ] || { complain "$unit is not there"; return; }
  sed 's|/usr/bin/stanced|/bin/true|' "$unit" >"$work/stanced.service"
  if ! said=$(XDG_RUNTIME_DIR=$work systemd-analyze "--$1" --man=no verify "$work/stanced.service" 2>&1) ||
    grep -qF stanced.service <<<"$said"; then
    complain "$unit: $said"
  fi
}

verify user
verify system
finish
