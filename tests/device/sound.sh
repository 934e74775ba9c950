#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Inside the guest, whose loopback card plays into its own other end: what is heard is what was said.
# sound.sh ROUNDS [doctor]    exit status 1 where something does not hold
set -u
build=${STANCE_BUILD_DIR:?}
output='hw:0,0' input='hw:0,1'
work=$(mktemp -d)
export STANCE_STORE=$work/store.db HOME=$work
[ -d /proc/asound/card0 ] || { echo "FAILED   no loopback card: $(cat /proc/asound/cards 2>&1)"; exit 1; }
failed=0

# Where the emulator starved the card nothing can be said: it is tried again, with a longer buffer,
# which the rounds to come keep. A round is one stream: what starves it costs one round.
read -r -a latencies <<<"${STANCE_SOUND_LATENCY:-0.03 0.06 0.12 0.2 0.2}"
check_card() {
  local status
  while :; do
    "$build/tests/sound_check" "$output" "$input" "${latencies[0]}" 1
    status=$?
    if [ "$status" != 3 ] || [ ${#latencies[@]} = 1 ]; then break; fi
    echo "         starved at ${latencies[0]} s: again, with more"
    latencies=("${latencies[@]:1}")
  done
  [ "$status" = 0 ] || failed=1
}

# How late the card is, kept, and known afterwards; measured twice, each within what the other says
# of itself.
check_doctor() {
  local turn
  for turn in 1 2; do
    "$build/stance" doctor --loopback="$input" --sound "$output" --latency "${latencies[0]}" --json >"$work/found"
    grep -o '"check":"sound"[^}]*' "$work/found" | tee "$work/turn$turn" | cut -c 1-300
    grep -q '"verdict":"good".* of 20 bursts heard' "$work/turn$turn" || { echo 'FAILED   doctor --loopback'; failed=1; }
  done
  # "plays 1.2 +- 3.4 ms later than it says"
  sed -n 's/.* plays \([-0-9.]*\) +- \([0-9.]*\) ms later.*/\1 \2/p' "$work/turn1" "$work/turn2" |
    awk '{ late[NR] = $1; by[NR] = $2 }
      END { exit !(NR == 2 && (late[1] - late[2])^2 <= by[1]^2 + by[2]^2) }' ||
    { echo 'FAILED   measured twice, two answers'; failed=1; }
  "$build/stance" doctor --json | grep '"check":"sound"' | grep 'plays' | cut -c 1-400 ||
    { echo 'FAILED   the doctor does not know it afterwards'; failed=1; }
}

for ((round = 0; round < $1; round++)); do
  begun=$SECONDS
  check_card
  echo "         round $((round + 1)): $((SECONDS - begun)) s"
done
[ "${2-}" != doctor ] || check_doctor
rm -rf "$work"
exit $failed
