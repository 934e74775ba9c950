# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by the scenarios that drive the real program in a folder of their own.
set -euo pipefail
stance=${STANCE_BUILD_DIR:?}/stance
[ -x "$stance" ] || { echo "$stance is not built"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export STANCE_STORE=$work/store.db XDG_CONFIG_HOME=$work/config XDG_RUNTIME_DIR=$work TZ=UTC LC_ALL=C
cd "$work"

fail() {
  echo "FAILED: $*" >&2
  [ ! -s stderr ] || sed 's/^/  stderr: /' stderr >&2
  exit 1
}

# expect STATUS COMMAND...: standard output to ./stdout, standard error to ./stderr.
expect() {
  local wanted=$1 status=0
  shift
  "$@" >stdout 2>stderr </dev/null || status=$?
  [ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted: $*"
}

says() {
  grep -qF -- "$1" stderr || fail "stderr does not say '$1'"
}

# cells FILE COLUMN [DELIMITER]: the cells of one column, one a line.
cells() {
  python3 - "$@" <<'PYTHON'
import csv, sys
path, column = sys.argv[1:3]
delimiter = sys.argv[3] if len(sys.argv) > 3 else ","
with open(path, encoding="utf-8-sig", newline="") as file:
    for row in csv.DictReader(file, delimiter=delimiter, strict=True):
        if None in row or None in row.values():
            sys.exit("a row has another number of cells than the header")
        print(row[column])
PYTHON
}

# contains FILE COLUMN TEXT: some cell of the column has TEXT in it.
contains() {
  local found
  found=$(cells "$1" "$2")
  [[ $found == *"$3"* ]] || fail "no $2 of $1 has '$3'"
}

is() {
  [ "$1" = "$2" ] || fail "'$1' instead of '$2'"
}

# rig FILE COLUMNS ...: a noise-free recording at 1 kHz, 20 s; for each column PEAK@TIME[,TIME...]:
# exponential efforts (time constant 0.15 s, 3 s long, 0.3 s of release) on a limb of 20 N.
rig() {
  local file=$1 header=$2
  shift 2
  awk -v header="$header" -v efforts="$*" 'BEGIN {
    sides = split(efforts, side, " ")
    print header
    for (k = 0; k < 20000; k++) {
      t = k / 1000
      line = sprintf("%.3f", t)
      for (s = 1; s <= sides; s++) {
        split(side[s], part, "@")
        n = split(part[2], start, ",")
        f = 20
        for (e = 1; e <= n; e++) {
          d = t - start[e]
          if (d > 0 && d <= 3) f += part[1] * (1 - exp(-d / 0.15))
          if (d > 3 && d <= 3.3) f += part[1] * (3.3 - d) / 0.3
        }
        line = line sprintf(",%.4f", f + 0.2 * sin(k * 1.7 + s))
      }
      print line
    }
  }' >"$file"
}
