#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance run` on the simulated rig: reports, store, statuses, endings.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

expect 0 "$stance" run nordic --device 'sim:nordic?seed=7&speed=max' --unattended \
  --athlete 'A/1 =x' --mass 82 --operator Kim --log commits
grep -q 'weaker than' stdout || fail "no comparison in words"
grep -q 'compatible with' stdout || fail "a comparison without its noise"
grep -q 'Opar 2013.*measured elsewhere' stdout || fail "the summary claims too much"
says 'committed frames='
wide=$(ls reports/*_nordic_A_1__x.csv)
stem=${wide%.csv}
for suffix in _long _tests _truth; do
  [ -s "$stem$suffix.csv" ] || fail "$stem$suffix.csv is not there"
done
is "$(cells "$wide" side | tr '\n' ' ')" 'left right left right left right '
is "$(cells "$wide" athlete | sort -u)" 'A/1 =x'
is "$(cells "$wide" operator | sort -u)" Kim
is "$(cells "$wide" calibration_ok | sort -u)" 1
is "$(cells "$wide" frames_lost | sort -u)" 0
for column in unloaded_zero_n limb_weight_n; do
  is "$(cells "$wide" $column | grep -c '[0-9]')" 6
done

# The truth lies within 2 % of what was measured.
python3 - "$wide" "${stem}_truth.csv" <<'PYTHON'
import csv, sys
truth = {}
for row in csv.DictReader(open(sys.argv[2])):
    if row["metric"] == "peak_force":
        truth[row["repetition"], row["side"]] = float(row["value"])
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == 6
for row in rows:
    expected = truth[row["repetition"], row["side"]]
    assert abs(float(row["peak_force_n"]) - expected) < 0.02 * expected, (row, expected)
PYTHON

# The store gives the same report again, to the byte, under its UUID and with --stored.
id=$(cells "$wide" recording | sort -u)
"$stance" analyze "$id" >again.csv
cmp again.csv "$wide"
"$stance" analyze --stored --layout long >stored.csv
cmp stored.csv "${stem}_long.csv"
expect 0 "$stance" export --list
cp stdout list.csv
is "$(cells list.csv recording)" "$id"
expect 0 "$stance" export --calibration "$id"
grep -q '^\[calibration\]' stdout || fail "no calibration text"
expect 0 "$stance" export --raw "$id"
is "$(wc -l <stdout)" "$(($(cells list.csv frames_stored) + 1))"

# Speed changes nothing: the same seed at another speed gives the same numbers.
for speed in max 200; do
  expect 0 "$stance" run iso-supine-90-90 --device "sim:?seed=3&speed=$speed" --unattended --output "at-$speed"
done
cmp <(cut -d, -f17-69 at-max/*_iso-supine-90-90.csv) <(cut -d, -f17-69 at-200/*_iso-supine-90-90.csv)
is "$(cells at-max/*_iso-supine-90-90.csv side | sort | uniq -c | tr -s ' \n' ' ')" ' 3 left 3 right '

# A recording played back gives the numbers of its file, and no phases: nobody followed prompts.
rig file.csv 'time (s),left (N),right (N)' 325@6,14 360@2,10
expect 0 "$stance" run isometric --device 'replay:file.csv?speed=max' --unattended --output played
"$stance" analyze file.csv >from_file.csv
for column in side repetition peak_force_n onset_time_s rfd_0_100ms_n_per_s unloaded_zero_n; do
  is "$(cells played/*_isometric.csv $column)" "$(cells from_file.csv $column)"
done
is "$(cells played/*_isometric.csv calibration_ok | sort -u)" ''

# More repetitions than were asked for: mean and best hold some that may be no efforts.
expect 0 "$stance" run nordic --device 'sim:nordic?speed=max&repetitions=4' --unattended --output four
grep -q '4 were counted where the protocol asks for 3' stdout || fail "four pass for three"

# Frames lost on the wire are told.
expect 0 "$stance" run nordic --device 'sim:nordic?speed=max&gaps=20000:50' --unattended --output gap
is "$(cells gap/*_nordic.csv frames_lost | sort -u)" 50
grep -q 'LOST: 50 of' stdout || fail "the summary hides lost frames"

# Whatever flag stands in the row of a counted repetition stands in the summary too, in words.
expect 0 "$stance" run nordic --unattended --output flags \
  --device 'sim:nordic?seed=3&speed=max&duration=20&repetitions=2&unloaded_s=1.5&get_on_s=1&limb_s=1.5&rest_s=1'
python3 - flags/*_nordic.csv stdout <<'PYTHON' || fail "a flag is not said in words"
import csv, sys
said = {line.split(":")[0].strip() for line in open(sys.argv[2]).read().partition("To be read with it")[2].splitlines()}
flags = {flag for row in csv.DictReader(open(sys.argv[1])) if row["counted"] == "1"
         for flag in row["flags"].split("+")}
assert "unquiet_baseline" in flags and flags <= said, (flags, said)
PYTHON

# --duration records so much; a recording without efforts is no failure.
expect 0 "$stance" run nordic --device 'sim:nordic?speed=max' --unattended --duration 4 --output short
id=$(cells short/*_nordic_long.csv recording | sort -u)
"$stance" export --raw "$id" | tail -n +2 | wc -l >length
is "$(tr -d ' ' <length)" 4000
grep -q 'none was found' stdout || fail "the summary does not say that nothing was found"

# Interrupted: kept, analysed, status 0.
"$stance" run nordic --device 'sim:nordic?speed=1' --unattended --output cut >stdout 2>stderr &
process=$!
for _ in $(seq 100); do
  ! grep -q 'Measuring the empty instrument' stderr || break
  sleep 0.05
done
sleep 0.6
kill -INT $process
wait $process || fail "an interrupted run fails"
says 'Interrupted'
ls cut/*_nordic.csv >/dev/null

# By Enter: each prompt is waited for and answered; when standard input ends, the clock goes on.
mkfifo keys
"$stance" run nordic --device 'sim:nordic?speed=20&unloaded_s=60' --output attended \
  <keys >stdout 2>stderr &
process=$!
exec 7>keys
for prompt in 'the instrument. Press Enter' 'into position. Press Enter' 'Pull the LEFT side' \
  'Relaxed and still. Press Enter'; do
  for _ in $(seq 600); do
    ! grep -qF "$prompt" stderr || break
    sleep 0.05
  done
  says "$prompt"
  echo >&7
done
exec 7>&-
wait $process || fail "an attended run fails"
for text in 'Measuring the empty instrument. ' 'The sides were not proved' 'Measuring the relaxed limb' \
  'going on by time alone' 'Go.'; do
  says "$text"
done
contains attended/*_nordic.csv flags sides_unproved
# Without anybody at the keyboard the clock goes on.
expect 0 "$stance" run nordic --device 'sim:nordic?speed=100&unloaded_s=1' --output alone
says 'going on by time alone'

# --json on standard output, and nothing else there.
expect 0 "$stance" run nordic --device 'sim:nordic?speed=max' --unattended --json --output json
python3 -c 'import json; assert json.load(open("stdout"))["protocol"]["id"] == "nordic"'

# Statuses before anything is armed.
expect 2 "$stance" run
expect 2 "$stance" run no-such-test --device sim:nordic
expect 4 "$stance" run nordic --device usb: --unattended
expect 2 "$stance" run nordic --device 'sim:nordic?seed=x' --unattended
says seed
mkdir locked && : >locked/file
expect 5 "$stance" run nordic --device 'sim:nordic?speed=max' --unattended --output locked/file
says 'cannot be written'
expect 5 env STANCE_STORE="$work/locked/file/store.db" "$stance" run nordic \
  --device 'sim:nordic?speed=max' --unattended
[ ! -w /dev/full ] || {
  status=0
  "$stance" devices >/dev/full 2>stderr || status=$?
  is $status 5
}
expect 0 "$stance" devices
for scheme in sim: replay:; do
  grep -q "^$scheme" stdout || fail "devices does not list $scheme"
done
expect 0 "$stance" devices --device 'sim:nordic?seed=7'
grep -q 'rate: 1000 Hz' stdout || fail "no rate"

# An athlete's lever is taken over in later tests of the same kind, and said; nobody else's is.
expect 0 "$stance" run nordic --device 'sim:nordic?speed=max' --unattended --athlete L --lever 0.41 \
  --output lever1
expect 0 "$stance" run nordic --device 'sim:nordic?speed=max' --unattended --athlete L --output lever2
says 'Lever arm 0.41 m, as in this athlete'
is "$(cells lever2/*_nordic_L.csv lever_m | sort -u)" 0.41
for other in 'nordic --athlete M' 'isometric --athlete L' nordic; do
  rm -rf lever3
  # shellcheck disable=SC2086 # words
  expect 0 "$stance" run $other --device 'sim:nordic?speed=max' --unattended --output lever3
  is "$(cells "$(find lever3 -name '*_tests.csv')" lever_m)" ''
done
echo "all held"
