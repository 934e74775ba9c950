#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Virtual instruments on Debian's own USB stack, recorded by `stance run`: a sample, or with
# STANCE_FULL=1 the whole matrix. A guest runs many cases; cases.sh says what each is. With
# arguments: those cases.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${STANCE_BUILD_DIR:?}"
damage='skip-counter@1000=2,bad-checksum8@2000,bad-checksum16@3000,truncate@4000,overrun@5000=300'
breaks='zlp@1000,stall@2000,babble@3000'
cases=('steady:labjack-u6:0,1,2,3,4,5,6,7:1000:4' 'steady:labjack-u3:0,1,2,3,4:500:4'
  'steady:mcc-1608fs-plus:0,1,2,3,4,5,6,7:1000:4' 'steady:mcc-204:0,1,2,3,4,5,6,7:1000:4'
  'steady:optoforce-6::1000:4' 'steady:bota::1000:4' 'steady:open-plate:0,1,2,3,4,5,6,7:1000:4'
  "faults:labjack-u6:$damage" "restarts:labjack-u6:$breaks:3" restarts:mcc-1608fs-plus:overrun@2000
  replugs:labjack-u6:1 cycles:labjack-u6:configuring:1 stall:labjack-u6:500:500
  two:labjack-u6:mcc-1608fs-plus:360000001:01A2B3C4 terminate:labjack-u6 permission:labjack-u6)
if [ "${STANCE_FULL:-0}" = 1 ]; then
  for instrument in mcc-201 mcc-202 mcc-205; do
    cases+=("steady:$instrument:0,1,2,3,4,5,6,7:1000:3")
  done
  # A hundred absences of one, some of each of the others.
  for moment in idle configuring first stopping; do cases+=("cycles:labjack-u6:$moment:20"); done
  cases+=(replugs:labjack-u6:20 replugs:labjack-u6:3:real)
  for instrument in labjack-u3 mcc-1608fs-plus mcc-204 optoforce-6 bota open-plate; do
    for moment in configuring first stopping; do cases+=("cycles:$instrument:$moment:2"); done
    cases+=("replugs:$instrument:1")
  done
  # First the highest useful rates; the sample has those of optoforce-6 and bota. No truth of these
  # two: their small buffers do not bridge a busy emulator at real pace; steady holds every sample of
  # theirs to the truth.
  mapfile -t -O "${#cases[@]}" cases <<LIST
steady:labjack-u6:0,1:10000:3
steady:labjack-u3:0,1:5000:3
steady:mcc-1608fs-plus:0,1:10000:3
steady:mcc-204:0,1:10000:3
steady:open-plate:0,1:4000:3
stall:labjack-u6:50:0
stall:labjack-u6:200:0
stall:mcc-1608fs-plus:50:0
stall:mcc-1608fs-plus:200:0
stall:mcc-1608fs-plus:500:0
freeze:labjack-u6:50
freeze:labjack-u6:200
freeze:labjack-u6:500
freeze:mcc-1608fs-plus:500
faults:labjack-u3:$damage
faults:optoforce-6:bad-checksum@1000,skip-counter@2000=2,cut@3000,noise@4000
faults:bota:bad-checksum@1000,skip@2000=3,cut@3000
faults:open-plate:bad-checksum@1000,cut@2000,missed@3000
faults:labjack-u6:already-streaming,stale
faults:labjack-u6:delay-response=1500
restarts:mcc-204:overrun@2000
restarts:mcc-1608fs-plus:stall@2000
memory:labjack-u6
permission:mcc-1608fs-plus
terminate:mcc-1608fs-plus
terminate:labjack-u6:unplug@1500=2000
swap:labjack-u6
swap:mcc-1608fs-plus
move:labjack-u6
move:mcc-1608fs-plus
two:labjack-u6:labjack-u6:360000001:360000002
truth:labjack-u6:0.0763
truth:mcc-1608fs-plus:0.0763
truth:mcc-204:1.2207
truth:mcc-201:1.2207
truth:mcc-202:1.2207
truth:mcc-205:1.2207
truth:labjack-u3:0.0558
truth:open-plate:0.01
LIST
fi
[ $# = 0 ] || cases=("$@")
usual_s=600
[ "${STANCE_FULL:-0}" = 1 ] && usual_s=2400
"$here/guest.sh" --prepare --module vhci_hcd >/dev/null || exit $?

run() {
  "$here/guest.sh" --module vhci_hcd --seconds "${STANCE_GUEST_SECONDS:-$usual_s}" -- \
    "$here/bench.sh" "$@"
}
# A guest mostly waits: two share the cases, in turn, as those that take long stand together.
mine=() others=()
for k in "${!cases[@]}"; do
  if [ $((k % 2)) = 0 ]; then mine+=("${cases[k]}"); else others+=("${cases[k]}"); fi
done
if [ ${#others[@]} = 0 ]; then
  run "${mine[@]}"
  exit
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run "${others[@]}" >"$log" 2>&1 &
other=$!
run "${mine[@]}"
status=$?
wait "$other" || status=$?
cat "$log"
exit $status
