#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Shell scripts are clean under shellcheck.
# shellcheck source=tests/style/common.sh
. "$(dirname "$0")/common.sh"
need shellcheck
mapfile -t files < <(shell_files)
[ ${#files[@]} -gt 0 ] || { echo "no scripts in $root"; exit 1; }
shellcheck --external-sources --format=gcc "${files[@]}" || complain "shellcheck complains"
finish
