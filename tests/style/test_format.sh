#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# .clang-format decides the layout of all C.
# shellcheck source=tests/style/common.sh
. "$(dirname "$0")/common.sh"
need clang-format
mapfile -t files < <(c_files)
[ ${#files[@]} -gt 0 ] || { echo "no C files in $root"; exit 1; }
clang-format --dry-run -Werror --ferror-limit=3 "${files[@]}" ||
  complain "run: clang-format -i on these files"
finish
