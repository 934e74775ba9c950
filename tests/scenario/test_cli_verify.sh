#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance verify`: live on a simulated rig, from a recording and from typed readings; what fails, what
# the check does not resolve, what is refused, and what results make of it.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

# answered STATUS ANSWERS COMMAND...: what a person would type.
answered() {
  local wanted=$1 answers=$2 status=0
  shift 2
  printf '%b' "$answers" | "$@" >stdout 2>stderr || status=$?
  [ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted: $*"
}

# value KEY: of the JSON on standard output.
value() {
  python3 -c 'import json, sys; print(json.load(open("stdout"))["values"][sys.argv[1]])' "$1"
}

near() {
  python3 -c 'import sys; a, b, c = map(float, sys.argv[1:]); sys.exit(abs(a - b) > c)' "$1" "$2" "$3" ||
    fail "$1 is not $2 +- $3"
}

# A rig on which 20 kg hang on both sides from 5 s to 15 s; its own profile is right.
hung='limb_n=196.2&unloaded_s=4&get_on_s=1&limb_s=10&pretension_n=0&duration=30&drift_n_per_min=0'
rig="sim:nordic?speed=max&$hung&zero_shift_n=0"

# Zero: within 5 N, and not.
expect 0 "$stance" verify zero --device "$rig" --unattended --seconds 2 --operator Kim
grep -q '^zero PASSED: The empty left side reads' stdout || fail "no verdict"
expect 1 "$stance" verify zero --device "sim:nordic?speed=max&$hung&zero_shift_n=9" --unattended --json
near "$(value left_zero_n)" 9 0.5
near "$(value left_zero_limit_n)" 5 0

# A known mass, by the gravity of the place, guided; what swings is told, and read again.
answered 0 '\n\n\n' "$stance" verify mass --device "$rig" --side left --load 196.2 --repeats 1 \
  --seconds 4 --standard 'weights 17' --standard-uncertainty 0.02
says 'Put the known load on the left side (1 of 1)'
says 'it was not still: the left side moved by'
printf 'step,from_s,to_s\nempty,1,3\nload,8,12\n' >hung.csv
expect 0 "$stance" verify mass --device "$rig" --side right --mass 20 --gravity 9.81 --points hung.csv --json
near "$(value deviation_pct)" 0 0.2
near "$(value applied_n)" 196.2 1e-9
expect 0 "$stance" verify mass --device "$rig" --side right --mass 20 --latitude 52.5 --height 40 \
  --points hung.csv --json
near "$(value gravity_m_per_s2)" 9.812789 1e-6
expect 1 "$stance" verify mass --device "$rig" --side right --load 200 --points hung.csv
grep -q '^mass FAILED' stdout || fail "2 % pass for right"
expect 1 "$stance" verify mass --device "$rig" --side right --mass 20 --gravity 9.81 --points hung.csv \
  --standard-uncertainty 3
grep -q 'neither yes nor no' stdout || fail "what is not resolved is not told"

# Stepped on while it was read.
printf 'step,from_s,to_s\nempty,2,6\nload,8,12\n' >moving.csv
expect 3 "$stance" verify mass --device "$rig" --side right --load 196.2 --points moving.csv
says 'it was not still: the right side moved by'
printf 'step,from_s,to_s\nempty,1,3\nload,2,4\n' >overlap.csv
expect 3 "$stance" verify mass --device "$rig" --side right --load 196.2 --points overlap.csv
says 'do not overlap'

# The swap: cells whose gains differ by 1 % are found, equal ones pass, two pairs of hands are not
# enough for a restless load. Cells in volts, calibrated by hand; the gain error is in the profile.
awk 'BEGIN { print "time (s),left (V),right (V)"; srand(7)
  for (k = 0; k < 1600; k++) { step = int(k / 200); on = step % 2 == 1 ? "left" : step == 0 ? "none" : "right"
    l = on == "left" && step > 0 ? 200 : 0; r = on == "right" ? 200 : 0
    printf "%.2f,%.7f,%.7f\n", k / 100, l / 250 + (rand() - 0.5) * 1e-4, r / 250 + (rand() - 0.5) * 1e-4 } }' >swap.csv
awk 'BEGIN { print "step,side,from_s,to_s"
  for (k = 0; k < 7; k++) printf "%s,%s,%g,%g\n", k == 0 ? "empty" : "load", \
    k == 0 ? "" : k % 2 == 1 ? "left" : "right", 2 * k + 0.2, 2 * k + 1.8 }' >pairs.csv
cells_of='replay:swap.csv?speed=max'
calibrate() {
  expect 0 "$stance" calibrate --device "$cells_of" --channel '#1' --side left --slope 250 --serial LC-L
  expect 0 "$stance" calibrate --device "$cells_of" --channel '#2' --side right --slope "$1" --serial LC-R
}
calibrate 252.5
expect 1 "$stance" verify swap --device "$cells_of" --points pairs.csv --json
near "$(value mismatch_pct)" 0.995 0.05
python3 -c 'import json; v = json.load(open("stdout"))["values"]; assert v["mismatch_uncertainty_pct"] < 0.1, v'
expect 0 "$stance" run isometric --device "$cells_of" --unattended --output failed
contains failed/*_tests.csv flags verification_failed
id=$(cells failed/*_tests.csv verification)
sleep 1.1 # times are kept in seconds: what is checked from here on came after that recording began
calibrate 250
expect 0 "$stance" verify swap --device "$cells_of" --points pairs.csv --standard '20 kg'
grep -q 'The same load reads' stdout || fail "no words"
expect 0 "$stance" run isometric --device "$cells_of" --unattended --output mended
[[ $(cells mended/*_tests.csv flags) != *verification* ]] || fail "a mended instrument is still flagged"
[ "$(cells mended/*_tests.csv verification)" != "$id" ] || fail "the new check is not named"

# Another calibration than the one that was checked; a check past its day.
calibrate 250
expect 0 "$stance" run isometric --device "$cells_of" --unattended --output recalibrated
contains recalibrated/*_tests.csv flags verification_overdue
expect 0 "$stance" verify swap --device "$cells_of" --points pairs.csv --valid-days 0
sleep 1.1
expect 0 "$stance" run isometric --device "$cells_of" --unattended --output late
contains late/*_tests.csv flags verification_overdue

# The failed recording says the same today: what was in force then counts.
expect 0 "$stance" analyze --layout tests "$(cells failed/*_tests.csv recording)"
cp stdout again.csv
contains again.csv flags verification_failed
is "$(cells again.csv verification)" "$id"

# Never checked: said, not flagged, and nobody is locked out.
expect 0 "$stance" run isometric --device 'sim:isometric?speed=max&seed=3' --unattended --output never \
  --athlete nobody
expect 0 env STANCE_STORE="$work/other.db" "$stance" run isometric \
  --device 'sim:isometric?speed=max&seed=3' --unattended --output fresh
contains fresh/*_tests.csv notes 'was never checked'
is "$(cells fresh/*_tests.csv verification)" ''
[[ $(cells fresh/*_tests.csv flags) != *verification* ]] || fail "never checked is flagged"

# Typed readings, for an instrument that is known by its name.
name=$(cells failed/*_tests.csv instrument)
printf 'step,side,force_n,uncertainty_n\n' >typed.csv
printf 'load,left,%s,0.02\nload,right,%s,0.02\n' 196.2 196.3 196.3 196.2 196.1 196.3 >>typed.csv
expect 0 "$stance" verify swap --instrument "$name" --points typed.csv
grep -q 'cannot be told from nothing' stdout || fail "a mismatch within the noise is told as one"
printf 'step,side,force_n\nload,left,190\nload,right,198\nload,left,199\nload,right,191\n' >restless.csv
expect 1 "$stance" verify swap --instrument "$name" --points restless.csv
grep -q '^swap UNDECIDED' stdout || fail "a restless swap is decided"
printf 'force_n,x_m,y_m,read_x_m,read_y_m\n200,0,0,0.001,0\n' >cop.csv
printf '200,%s,%s,%s,%s\n' .2 .1 .201 .1 -.2 .1 -.2 .101 -.2 -.1 -.2 -.1 .2 -.1 .2 -.1 >>cop.csv
expect 0 "$stance" verify cop --instrument "$name" --side left --points cop.csv
sed -i '$d' cop.csv
expect 3 "$stance" verify cop --instrument "$name" --side left --points cop.csv
says 'there are 4'

# The rig rings at 120 Hz, damping 0.05, and at 40 Hz.
for hz in 120 40; do
  awk -v hz="$hz" 'BEGIN { print "time (s),force (N)"; w = 6.283185307179586 * hz; z = 0.05; d = w * sqrt(1 - z * z); srand(5)
    for (k = 0; k < 8000; k++) { t = k / 1000 - 2
      printf "%.3f,%.5f\n", k / 1000, (t < 0 ? 200 : 200 * exp(-z * w * t) * (cos(d * t) + z * w / d * sin(d * t))) + rand() - 0.5 } }' >"ring$hz.csv"
done
expect 0 "$stance" verify dynamic --device 'replay:ring120.csv?speed=max' --unattended --json
near "$(value natural_hz)" 120 0.05
near "$(value damping_ratio)" 0.05 0.001
expect 1 "$stance" verify dynamic --device 'replay:ring40.csv?speed=max' --unattended
grep -q '^dynamic FAILED' stdout || fail "40 Hz pass"
expect 3 "$stance" verify dynamic --device 'replay:swap.csv?speed=max' --side left --unattended
says 'no single decaying oscillation'

# What was checked, as a table and as text.
expect 0 "$stance" verify --list
cp stdout list.csv
contains list.csv serial LC-R
is "$(cells list.csv verdict | sort -u | tr '\n' ' ')" 'failed passed undecided '
expect 0 "$stance" verify --export "${id:0:13}"
grep -qx 'kind = swap' stdout || fail "the text lacks the kind"
grep -qx 'verdict = failed' stdout || fail "the text lacks the verdict"
grep -qx 'side = right' stdout || fail "the text lacks a side"

# Uses that cannot be.
expect 2 "$stance" verify
expect 2 "$stance" verify weigh --device "$rig"
says 'none of zero, mass, swap, cop and dynamic'
expect 2 "$stance" verify zero
expect 2 "$stance" verify mass --device "$rig" --side left --mass 20
says '--latitude'
expect 2 "$stance" verify mass --device "$rig" --side left
expect 2 "$stance" verify mass --device "$rig" --load 100 --points hung.csv
says 'say which side'
expect 2 "$stance" verify mass --device "$rig" --side left --mass 20 --latitude 95
expect 2 "$stance" verify swap --device "$rig" --unattended
expect 2 "$stance" verify zero --device "$rig" --device "$rig"
expect 3 "$stance" verify --export ffffffff
says 'stance verify --list'
expect 3 "$stance" verify swap --instrument nobody --points typed.csv
says 'no calibration of'
expect 3 "$stance" verify swap --instrument "$name" --points <(printf 'step,force_n\nload,1\nload,2\n')
says 'on which side the load was'
expect 3 "$stance" verify swap --instrument "$name" --points <(printf 'step,force_n\nhang,1\n')
says ':2: step'
expect 3 "$stance" verify swap --instrument "$name" --points <(printf 'step,side,force_n\nload,left,196\nload,right,196\n')
says 'one pair shows nothing'
expect 3 "$stance" verify zero --instrument "$name" --points <(printf 'a,b\n1,2\n')
expect 5 env STANCE_STORE=/proc/none/store.db "$stance" verify zero --device "$rig" --unattended
echo 'all held'
