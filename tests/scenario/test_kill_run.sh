#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9 of `stance run` at random moments: what it printed as committed is in the store, equal to
# the same recording undisturbed, and is analysed up to there, flagged as truncated.
# 4 kills, 40 with STANCE_FULL=1; STANCE_SEED repeats a run.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"
kills=4
[ "${STANCE_FULL:-0}" = 1 ] && kills=40
seed=${STANCE_SEED:-$(date +%s)}
RANDOM=$seed
echo "seed $seed, $kills kills"
run=("$stance" run nordic --unattended --duration 60 --log commits --output "$work/out")
source='sim:nordic?seed=3'

# The newest recording's id.
newest() {
  expect 0 "$stance" export --list
  cells stdout recording | tail -n 1
}

expect 0 "${run[@]}" --device "$source&speed=max"
expect 0 "$stance" export --raw "$(newest)" --output reference.csv

long=0
for ((kill = 1; kill <= kills; kill++)); do
  "${run[@]}" --device "$source&speed=5" >run_stdout 2>run_stderr </dev/null &
  until grep -qs '^committed frames=[0-9]' run_stderr; do sleep 0.05; done
  # The first one late enough for a whole repetition, at five times real time.
  sleep "$((kill == 1 ? 4 : RANDOM % 5)).$((RANDOM % 10))"
  kill -9 $!
  wait $! 2>/dev/null || true
  # A line that crosses a page of the file can be cut off by the kill.
  committed=$(sed -n 's/^committed frames=\([0-9][0-9]*\)$/\1/p' run_stderr | tail -n 1)
  recording=$(newest)
  rm -f killed.csv
  expect 0 "$stance" export --raw "$recording" --output killed.csv
  frames=$(($(wc -l <killed.csv) - 1))
  [ "$frames" -ge "$committed" ] || fail "kill $kill: $frames frames of $committed committed ones"
  # The times are another matter: each recording has the rate that its own clock marks tell.
  cmp -s <(cut -d , -f 2- killed.csv) <(head -n $((frames + 1)) reference.csv | cut -d , -f 2-) ||
    fail "kill $kill: the recording differs from the undisturbed one"
  if [ "$committed" -ge 19000 ]; then # the first repetition, from 11.8 s to 16.8 s, is in it
    long=$((long + 1))
    expect 0 "$stance" analyze "$recording"
    contains stdout flags truncated
  fi
done
[ "$long" -gt 0 ] || fail "no kill came after the first repetition"
echo "$kills kills, $long of them after the first repetition, nothing lost"
