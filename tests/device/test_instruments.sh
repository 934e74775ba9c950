#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Virtual instruments on Debian's own USB stack, recorded by `stance run`: a sample, or with
# STANCE_FULL=1 the whole matrix. One guest runs many cases.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${STANCE_BUILD_DIR:?}"
cases=('steady:labjack-u6:0,1,2,3:1000:7'
  'faults:labjack-u6:skip-counter@1000=2,bad-checksum8@2000,bad-checksum16@3000,truncate@4000,overrun@5000=300')
[ $# = 0 ] || cases=("$@")
"$here/guest.sh" --prepare --module vhci_hcd >/dev/null || exit $?
exec "$here/guest.sh" --module vhci_hcd --seconds "${STANCE_GUEST_SECONDS:-280}" -- "$here/bench.sh" "${cases[@]}"
