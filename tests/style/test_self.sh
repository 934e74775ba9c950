#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Shows each style test a project that breaks its rule, and one that does not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
unset STANCE_BUILD_DIR
spdx='/* SPDX-License-Identifier: GPL-3.0-or-later */'

fresh() {
  rm -rf "$top"
  mkdir -p "$top"/{include/stance,acquisition,analysis,calibration,tests,tools/station,tools/stance}
  cp "$here/../../.clang-format" "$here/../../.clang-tidy" "$top"
  printf '%s\n#include "stance/status.h"\n#include <math.h>\nint f(void)\n{\n  return 1;\n}\n' \
    "$spdx" >"$top/analysis/good.c"
  printf '%s\n' "$spdx" >"$top/include/stance/status.h"
  printf '#!/bin/sh\n# SPDX-License-Identifier: GPL-3.0-or-later\necho fine\n' >"$top/tools/good.sh"
}

# catches TEST WORDS: the test fails now and says why; then all is put right again.
catches() {
  local test=$1 words=$2 said
  if said=$(STANCE_SOURCE_DIR='' "$here/$test" "$top" 2>&1); then
    echo "$test does not see: $words"
    exit 1
  fi
  grep -qF -- "$words" <<<"$said" || { printf '%s should say "%s" and says:\n%s\n' "$test" "$words" "$said"; exit 1; }
  fresh
}
passes() {
  "$here/$1" "$top" >/dev/null || { echo "$1 complains about a clean project"; exit 1; }
}

fresh
for test in test_format.sh test_shell.sh test_rules.sh test_layering.sh; do
  passes $test
done

put() { printf '%s\n' "$spdx" "${@:2}" >"$top/$1"; }
lines() { yes '  f();' | head -n "$1"; }

put analysis/bad.c 'int   f( void );'
catches test_format.sh bad.c
# shellcheck disable=SC2016 # the bad script is to hold $1
printf '#!/bin/sh\n# SPDX-License-Identifier: GPL-3.0-or-later\ncd $1\n' >"$top/tools/bad"
catches test_shell.sh SC2086

echo 'int x;' >"$top/analysis/bad.c"
catches test_rules.sh 'analysis/bad.c: no SPDX'
put analysis/bad.c "$(lines 400)"
catches test_rules.sh 'at most 400'
put analysis/bad.c 'void g(void)' '{' "$(lines 70)" '}'
catches test_rules.sh 'g has 73 lines, at most 70'
put tools/stance/bad.c 'int main(void)' '{' "$(lines 40)" '}'
catches test_rules.sh 'main has 43 lines, at most 40'
put analysis/bad.c 'void g(void)' '{' "$(lines 50)" '}'
catches test_rules.sh 'longer than 45 lines'
for leftover in "/* TO""DO */" "/* FIX""ME: later */" '"/home/me/x"' '"/root/x"'; do
  put analysis/bad.c "$leftover"
  catches test_rules.sh 'analysis/bad.c:2: a leftover'
done

put analysis/bad.c '#include "stance/calibration.h"'
put include/stance/calibration.h ''
catches test_layering.sh 'analysis must not know calibration'
put acquisition/bad.c '#include "stance/onset.h"'
put include/stance/onset.h ''
catches test_layering.sh 'acquisition must not know analysis'
put calibration/bad.c '#include "stance/absent.h"'
catches test_layering.sh 'is no contract'
put tools/station/store.h ''
put analysis/bad.c '#include "store.h"'
catches test_layering.sh 'store.h belongs to another folder'
put analysis/fft.h ''
put include/stance/frame.h '#include "fft.h"'
catches test_layering.sh 'a contract includes the private fft.h'
put analysis/onset.c '#include <fftw3.h>'
catches test_layering.sh 'fftw3.h belongs to'
put analysis/bad.c '#include <pthread.h>'
catches test_layering.sh 'analysis is pure'
put calibration/bad.c '#include <time.h>'
catches test_layering.sh 'calibration is pure'
put tools/station/bad.c '#include <yaml.h>'
catches test_layering.sh 'has no owner'

if [ -x "$here/test_tidy.sh" ] && command -v clang-tidy >/dev/null; then
  database() {
    mkdir -p "$top/build/release"
    printf '[{"directory": "%s", "file": "%s/analysis/%s.c", "command": "cc -c -Iinclude analysis/%s.c"}]\n' \
      "$top" "$top" "$1" "$1" >"$top/build/release/compile_commands.json"
  }
  database good
  passes test_tidy.sh
  database bad
  put analysis/bad.c 'int g(int *p);' 'int g(int *p)' '{' '  if (p == 0)' '    return *p;' \
    '  return 0;' '}'
  catches test_tidy.sh NullDereference
fi
if command -v systemd-analyze >/dev/null; then
  cp -r "$here/../../tools/packaging" "$top/tools/packaging"
  passes test_units.sh
  sed -i 's/^WatchdogSec=/WatchdogSecs=/' "$top/tools/packaging/stanced.user.service"
  catches test_units.sh "Unknown key 'WatchdogSecs'"
fi
echo "every style test fails where it should"
