#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy over all C, two at a time, with clang's own warnings. A file that passed is not read
# again until it, a header or the rules change. With STANCE_FULL=1 the analyser follows a function's
# paths eight times as far; most of what it finds it finds early.
# shellcheck source=tests/style/common.sh
. "$(dirname "$0")/common.sh"
need clang-tidy
database=${STANCE_BUILD_DIR:-build/release}
[ -f "$database/compile_commands.json" ] || { echo "no compile_commands.json in $database"; exit 1; }
passed=$database/tidy
mkdir -p "$passed"

# What any file may depend on, as one sum.
depth=30000
[ -z "${STANCE_FULL-}" ] || depth=225000 # clang's default
rules=$({ echo $depth; c_files | grep '\.h$' | xargs -r cat; cat .clang-tidy; clang-tidy --version; } | sha256sum)

tidy() {
  local file=$1 stamp=$passed/${1//\//_}
  local sum
  sum=$({ echo "$rules"; cat "$file"; } | sha256sum)
  [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
  # assert() tells the analyser what is impossible; gcc's warnings are not all clang's.
  local checks=()
  case $file in
  tests/* | tools/bench/*) checks=('--checks=-clang-analyzer-*,-cert-env33-c') ;;
  esac
  clang-tidy -p "$database" --quiet --extra-arg=-UNDEBUG --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=$depth \
    "${checks[@]}" "$file" 2>"$stamp.messages" || { grep -vE 'warnings? generated' "$stamp.messages"; return 1; }
  echo "$sum" >"$stamp"
}
export -f tidy
# shellcheck disable=SC2016 # the inner shell expands it
run_one='tidy "$1"'
export passed database rules depth
# Only what is built: the peers of the benchmarks and the fuzz targets have their own builds.
c_files | grep '\.c$' | while read -r file; do
  grep -qF "/$file\"" "$database/compile_commands.json" && echo "$file"
done | xargs -P "$(nproc)" -I{} bash -c "$run_one" _ {} || complain "clang-tidy complains"
finish
