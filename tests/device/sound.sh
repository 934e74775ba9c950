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

# Where the emulator starved the card nothing can be said: it is tried again, with a longer buffer.
check_card() {
  local latency status=3
  for latency in ${STANCE_SOUND_LATENCY:-0.03 0.06 0.12 0.2}; do
    "$build/tests/sound_check" "$output" "$input" "$latency" "$1"
    status=$?
    [ "$status" = 3 ] || break
    echo "         the card ran dry at $latency s: again, with more"
  done
  [ "$status" = 0 ] || failed=1
}

# How late the card is, kept, and known afterwards; two times the same to a period.
check_doctor() {
  local latency
  for latency in 0.06 0.06; do
    "$build/stance" doctor --loopback="$input" --sound "$output" --latency "$latency" --json >"$work/found"
    grep -o '"check":"sound"[^}]*' "$work/found" || true
    grep '"check":"sound"' "$work/found" | grep -q '"verdict":"good"' || { echo 'FAILED   doctor --loopback'; failed=1; }
  done
  "$build/stance" doctor --json | grep '"check":"sound"' | grep 'plays' ||
    { echo 'FAILED   the doctor does not know it afterwards'; failed=1; }
}

check_card "$1"
[ "${2-}" != doctor ] || check_doctor
rm -rf "$work"
exit $failed
