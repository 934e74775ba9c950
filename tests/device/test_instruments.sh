#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Virtual instruments on Debian's own USB stack, recorded by `stance run`: a sample, or with
# STANCE_FULL=1 the whole matrix. One guest runs many cases; cases.sh says what each is. With
# arguments: those cases.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${STANCE_BUILD_DIR:?}"
damage='skip-counter@1000=2,bad-checksum8@2000,bad-checksum16@3000,truncate@4000,overrun@5000=300'
breaks='zlp@1000,stall@2000,babble@3000'
cases=('steady:labjack-u6:0,1,2,3:1000:6' 'steady:labjack-u3:0,1,2,3:500:4'
  'steady:mcc-1608fs-plus:0,1,2,3,4,5,6,7:1000:5' 'steady:mcc-204:0,1,2,3:1000:5'
  "faults:labjack-u6:$damage" "restarts:labjack-u6:$breaks:6:3" restarts:mcc-1608fs-plus:overrun@2000:5
  stall:labjack-u6:500:500 move:labjack-u6 cycles:labjack-u6:first:1 terminate:labjack-u6
  permission:labjack-u6)
if [ "${STANCE_FULL:-0}" = 1 ]; then
  instruments=(labjack-u6 labjack-u3 mcc-1608fs-plus mcc-201 mcc-202 mcc-204 mcc-205)
  for instrument in "${instruments[@]}"; do
    rate=1000
    [ "$instrument" != labjack-u3 ] || rate=250 # 2500 samples a second at full resolution
    cases+=("steady:$instrument:0,1,2,3,4,5,6,7:$rate:8" "replugs:$instrument:5" "terminate:$instrument"
      "swap:$instrument" "move:$instrument" "permission:$instrument")
    for ms in 50 200; do cases+=("freeze:$instrument:$ms"); done
    for moment in idle configuring first stopping; do cases+=("cycles:$instrument:$moment:10"); done
  done
  for ms in 50 200; do cases+=("stall:labjack-u6:$ms:0" "stall:mcc-1608fs-plus:$ms:0"); done
  cases+=("faults:labjack-u3:$damage" stall:mcc-1608fs-plus:500:0 freeze:labjack-u6:500
    cycles:labjack-u6:first:100 cycles:labjack-u6:configuring:100 cycles:labjack-u6:idle:100
    cycles:labjack-u6:stopping:100 replugs:labjack-u6:100 memory:labjack-u6
    two:labjack-u6:labjack-u6:360000001:360000002 two:labjack-u6:mcc-1608fs-plus:360000001:01A2B3C4)
fi
[ $# = 0 ] || cases=("$@")
usual_s=900
[ "${STANCE_FULL:-0}" = 1 ] && usual_s=7000
"$here/guest.sh" --prepare --module vhci_hcd >/dev/null || exit $?
exec "$here/guest.sh" --module vhci_hcd --seconds "${STANCE_GUEST_SECONDS:-$usual_s}" -- "$here/bench.sh" "${cases[@]}"
