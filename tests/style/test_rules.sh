#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rules that are counted: licence line, length of files and functions, no leftovers.
# shellcheck source=tests/style/common.sh
. "$(dirname "$0")/common.sh"
need ctags

file_lines_max=400
function_lines_max=70
main_lines_max=40
function_lines_usual=45 # nine in ten

mapfile -t c < <(c_files)
mapfile -t shell < <(shell_files)
mapfile -t other < <({ existing_folders | xargs -I{} find {} -type f \
  \( -name CMakeLists.txt -o -name '*.cmake' -o -name '*.py' \); ls CMakeLists.txt 2>/dev/null; } |
  sort)
sources=("${c[@]}" "${shell[@]}" "${other[@]}")
[ ${#sources[@]} -gt 0 ] || { echo "no source files in $root"; exit 1; }

while read -r file; do
  complain "$file: no SPDX-License-Identifier in the first three lines"
done < <(for file in "${sources[@]}"; do
  head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || echo "$file"
done)

while read -r lines file; do
  [ "$lines" -le $file_lines_max ] || complain "$file: $lines lines, at most $file_lines_max"
done < <(wc -l "${sources[@]}" | grep -v ' total$')

# Functions as ctags sees them: name, file, first and last line.
long=0
count=0
while read -r name file first last; do
  lines=$((last - first + 1))
  count=$((count + 1))
  [ $lines -le $function_lines_usual ] || long=$((long + 1))
  limit=$function_lines_max
  [ "$name" != main ] || limit=$main_lines_max
  # A test's or benchmark's main is its table of what it does.
  [[ $name == main && $file =~ ^(tests|tools/bench)/ ]] && limit=$function_lines_max
  [ $lines -le $limit ] || complain "$file:$first: $name has $lines lines, at most $limit"
done < <([ ${#c[@]} -eq 0 ] ||
  ctags --languages=C --langmap=C:.c.h --kinds-C=f -x --_xformat='%N %F %n %{end}' "${c[@]}")
[ $((long * 10)) -le $count ] ||
  complain "$long of $count functions are longer than $function_lines_usual lines: one in ten may"

# Not in this file, which names them.
while IFS= read -r line; do
  complain "$line: a leftover, a path of one machine or a registry's address"
done < <(grep -nE '\b(TODO|FIXME|XXX|HACK)\b|(^|[^A-Za-z0-9_.-])/(home|root|work|Users)/|(deb|snapshot)\.debian\.org|registry\.npmjs|pypi\.org|proxy\.golang' \
  "${sources[@]}" README.md CHANGELOG.md 2>/dev/null | grep -vE '^tests/style/test_(rules|self)\.sh:' |
  cut -d: -f1,2)
finish
