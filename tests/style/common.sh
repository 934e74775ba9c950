# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by the style tests. Each takes the project's top as its argument, so that test_self.sh can
# show it a broken one.
set -euo pipefail
root=${1:-${STANCE_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}}
cd "$root"
folders=(include acquisition analysis calibration tests tools)
failures=0

complain() {
  printf '%s\n' "$*"
  failures=$((failures + 1))
}

finish() {
  [ "$failures" -eq 0 ] || { printf '%d complaints\n' "$failures"; exit 1; }
  printf 'nothing to complain about\n'
}

need() {
  command -v "$1" >/dev/null || { echo "$1 is not installed: tools/check installs it"; exit 77; }
}

existing_folders() {
  local folder
  for folder in "${folders[@]}"; do
    [ ! -d "$folder" ] || printf '%s\n' "$folder"
  done
}

c_files() {
  existing_folders | xargs -I{} find {} -name '*.[ch]' -type f | sort
}

# Scripts by their first line, wherever they are; .ci too.
shell_files() {
  { existing_folders; [ ! -d .ci ] || echo .ci; } | xargs -I{} find {} -type f | sort |
    while read -r file; do
      case $file in
      *.sh) printf '%s\n' "$file" ;;
      *) head -n 1 "$file" | grep -aqE '^#!.*\b(ba)?sh$' && printf '%s\n' "$file" ;;
      esac || true
    done
}
