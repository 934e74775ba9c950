#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9 at random moments: what was printed as committed is in the store, bit for bit, the store
# passes its check, and the recording is flagged as cut off. 20 kills, 200 with STANCE_FULL=1.
# STANCE_SEED repeats a run.
set -u
victim=${STANCE_BUILD_DIR:?}/tests/recorder_victim
kills=20
[ "${STANCE_FULL:-0}" = 1 ] && kills=200
seed=${STANCE_SEED:-$(date +%s)}
RANDOM=$seed
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
echo "seed $seed, $kills kills"

failed=0 with_data=0 recovered=0
for kill in $(seq "$kills"); do
  # One store for all: each kill finds what the ones before it left behind.
  store=$folder/store.db log=$folder/log
  rate=$((1000 * (1 + RANDOM % 100))) channels=$((1 + RANDOM % 8)) block_ms=$((5 + RANDOM % 60))
  "$victim" record "$store" "$rate" "$channels" "$block_ms" 2>"$log" &
  pid=$!
  # One in five at any moment, while the store is being opened too; the others while it records.
  [ $((kill % 5)) = 0 ] || until grep -qs '^recording ' "$log"; do sleep 0.01; done
  sleep "$(printf '0.%03d' $((RANDOM % 500)))"
  kill -9 "$pid"
  wait "$pid" 2>/dev/null
  grep -q '^recording ' "$log" || continue # killed before it had begun: nothing was promised
  committed=$(sed -n 's/^committed frames=\([0-9]*\)$/\1/p' "$log" | tail -n 1)
  verdict=$("$victim" verify "$store" "${committed:-0}" 2>&1) || {
    echo "kill $kill ($rate Hz, $channels channels, blocks of $block_ms ms): $verdict"
    failed=$((failed + 1))
  }
  [ "${committed:-0}" -gt 0 ] && with_data=$((with_data + 1))
  case $verdict in *recovered=1*) recovered=$((recovered + 1)) ;; esac
done
echo "$kills kills, $with_data with committed frames, log recovered after $recovered, $failed failed"
# A run in which hardly any kill hit a recording proves nothing.
[ "$failed" = 0 ] && [ "$with_data" -ge $((kills / 2)) ] && [ "$recovered" -ge $((kills / 2)) ]
