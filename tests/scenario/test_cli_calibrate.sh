#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance calibrate`: known loads from a recording and typed in, entered numbers, what is refused,
# what is kept, and what a test makes of it.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

# Two cells in volts at 100 Hz: left 250 N/V about 0.125 V, right 200 N/V the other way round about
# 0.2 V; 2 s on each load, 0 to 500 N and back, twice.
awk 'BEGIN {
  print "time (s),left (V),right (V)" >"weights.csv"
  print "load_n,direction,repeat,from_s,to_s" >"points.csv"
  for (r = 1; r <= 2; r++)
    for (k = 0; k <= 10; k++) {
      load = 100 * (k <= 5 ? k : 10 - k)
      printf "%d,%s,%d,%g,%g\n", load, k <= 5 ? "up" : "down", r, t + 0.5, t + 1.5 >"points.csv"
      for (s = 0; s < 200; s++)
        printf "%.2f,%.6f,%.6f\n", t + s / 100, 0.125 + load / 250, 0.2 - load / 200 >"weights.csv"
      t += 2
    }
}'
device='replay:weights.csv?speed=max'
paper=(--operator Kim --standard 'weights 17' --standard-uncertainty 0.02)

# Nothing is known, and the store says so.
expect 1 "$stance" calibrate --device "$device" --channel '#1' --points <(
  echo 'load_n,raw'; printf '%s\n' 0,0.1 100,0.5 200,1.0 300,1.4) --limit 0.01
says 'fits poorly'
grep -q 'residual N' stdout || fail "the points are not shown"
expect 0 "$stance" calibrate list
is "$(wc -l <stdout)" 1

# A recording of both cells without a profile is not in newtons.
expect 0 "$stance" run isometric --device "$device" --unattended --output before
grep -q 'NO CALIBRATION' stdout || fail "nobody says that nothing is calibrated"

# One side, then the other: the profile is complete with the second one, and the first stays.
expect 0 "$stance" calibrate --device "$device" --channel '#1' --points points.csv \
  --serial LC-L "${paper[@]}" --pdf left.pdf
says "'right (V)' is not calibrated yet"
sleep 1.1 # profiles are dated to the second
expect 0 "$stance" calibrate --device "$device" --channel 'right (V)' --points points.csv \
  --serial LC-R "${paper[@]}" --valid-until 2999-12-31
[ ! -s stderr ] || fail "a complete profile is not told as complete"
expect 0 "$stance" calibrate list
cp stdout list.csv
is "$(cells list.csv version | tr '\n' ' ')" '1 1 2 2 '
is "$(cells list.csv serial | tail -2 | tr '\n' ' ')" 'LC-L LC-R '
is "$(cells list.csv method | tail -2 | sort -u)" points
id=$(cells list.csv calibration | tail -1)

# The text carries everything, and imports as itself; nothing else takes its name.
expect 0 "$stance" calibrate export "${id:0:8}"
cp stdout profile.ini
python3 - profile.ini <<'PYTHON'
import configparser, sys
profile = configparser.ConfigParser()
profile.optionxform = str
profile.read(sys.argv[1])
left, right = profile["channel left (V)"], profile["channel right (V)"]
assert abs(float(left["slope_n_per_unit"]) - 250) < 1e-3, left["slope_n_per_unit"]
assert abs(float(left["zero"]) - 0.125) < 1e-6 and left["polarity"] == "1"
assert abs(float(right["slope_n_per_unit"]) - 200) < 1e-3 and right["polarity"] == "-1"
assert right["valid_until"] == "2999-12-31" and float(right["range_n"]) == 500
assert len(profile["points"]) == 44 and profile["calibration"]["standard_1"] == "weights 17"
PYTHON
expect 0 env STANCE_STORE="$work/other.db" "$stance" calibrate import profile.ini
expect 0 env STANCE_STORE="$work/other.db" "$stance" calibrate export "$id"
cmp stdout profile.ini
expect 0 "$stance" calibrate import profile.ini
sed 's/^zero = .*/zero = 0/' profile.ini >changed.ini
expect 1 "$stance" calibrate import changed.ini
says 'profiles never change'
expect 0 "$stance" calibrate export "$id"
cmp stdout profile.ini
# Whatever was imported last is in use, and what it replaces is named.
first=$(cells list.csv calibration | sed -n 1p)
expect 0 "$stance" calibrate export "$first"
cp stdout first.ini
expect 0 "$stance" calibrate import first.ini
is "$(cat stdout)" "imported $first of recording: used from now on, in place of $id, which has a later date"
expect 0 "$stance" calibrate import profile.ini
expect 0 "$stance" calibrate list
is "$(cells stdout calibration | tail -1)" "$id"

# The certificate is one page, and the same again tomorrow.
expect 0 "$stance" calibrate show "$id" --pdf one.pdf
grep -q 'hysteresis' stdout || fail "show does not say how good it is"
sleep 1.1
expect 0 "$stance" calibrate show "$id" --pdf two.pdf
cmp one.pdf two.pdf
head -c 5 one.pdf | grep -q '%PDF-' || fail "the certificate is no PDF"
is "$(grep -acE '/Type /Page( |$)' one.pdf)" 1

# The known answer: 500 N hung on each side, in a test that uses the profile.
awk 'BEGIN { print "time (s),left (V),right (V)"
  for (k = 0; k < 2000; k++) { load = k >= 800 && k < 1200 ? 500 : 0
    printf "%.2f,%.6f,%.6f\n", k / 100, 0.125 + load / 250, 0.2 - load / 200 } }' >hung.csv
expect 0 "$stance" run isometric --device 'replay:hung.csv?speed=max' --unattended --output after
is "$(cells after/*_isometric.csv calibration_ok | sort -u)" 1
cells after/*_isometric.csv peak_force_n | sort -u | awk '{ if ($1 < 499.9 || $1 > 500.1) exit 1 }' ||
  fail "500 N are not 500 N: $(cells after/*_isometric.csv peak_force_n | tr '\n' ' ')"

# Past its day, and a poor fit that was kept: every result says so, and the test still runs.
expect 0 "$stance" calibrate --device "$device" --channel '#1' --points points.csv \
  --valid-until 2020-01-01
sed 's/^300,up,1,7/300,up,1,8.6/; s/,7.5$/,9.4/' points.csv >slip.csv
expect 1 "$stance" calibrate --device "$device" --channel '#2' --points slip.csv
says "channel 'right (V)' fits poorly: repeatability"
says 'limit 1 %; point 4 (300 N) is furthest off'
expect 0 "$stance" calibrate --device "$device" --channel '#2' --points slip.csv --keep
grep -q 'KEPT ALTHOUGH IT FITS POORLY' stdout || fail "a kept poor fit is not told"
expect 0 "$stance" run isometric --device 'replay:hung.csv?speed=max' --unattended --output doubtful
contains doubtful/*_isometric.csv flags calibration_expired
contains doubtful/*_isometric.csv flags calibration_poor_fit
is "$(cells doubtful/*_isometric_long.csv status | grep -c 'ok$' || true)" \
  "$(python3 -c 'import csv,sys; print(sum(r["status"] == "ok" and r["unit"] == "s" for r in csv.DictReader(open(sys.argv[1]))))' doubtful/*_isometric_long.csv)"

# A load that swings while it is read: refused with how much, or kept with a flag.
awk 'BEGIN { print "time (s),left (V),right (V)"
  for (k = 0; k < 1000; k++) { step = int(k / 200); load = 100 * step
    if (step == 3) load += 4 * sin(k / 20)
    printf "%.2f,%.6f,%.6f\n", k / 100, 0.125 + load / 250, 0.2 - load / 200 } }' >swing.csv
printf 'load_n,from_s,to_s\n0,0.2,1.8\n100,2.2,3.8\n200,4.2,5.8\n300,6.2,7.8\n400,8.2,9.8\n' >still.csv
expect 1 "$stance" calibrate --device 'replay:swing.csv?speed=max' --channel '#1' --points still.csv
says 'point 4 (300 N) moved by'
expect 0 "$stance" calibrate --device 'replay:swing.csv?speed=max' --channel '#1' --points still.csv --still 5
expect 0 "$stance" calibrate --device 'replay:swing.csv?speed=max' --channel '#1' --points still.csv --keep
grep -q 'KEPT ALTHOUGH IT FITS POORLY: point 4 moved by' stdout || fail "a kept moving point is not told"

# Numbers of a data sheet.
expect 0 "$stance" calibrate --device "$device" --channel '#1' --sensitivity 2.0mV/V \
  --capacity 500kg --excitation 5 --gain 100
grep -q '4903.325 N/unit' stdout || fail "2 mV/V at 500 kg, 5 V, gain 100 is not 4903.325 N/V"
expect 2 "$stance" calibrate --device "$device" --channel '#1' --sensitivity 2.0mV/V --capacity 500kg
says '--excitation'
expect 0 "$stance" calibrate --device "$device" --channel '#2' --slope -199.5 --zero 0.2

# Typed in: a mass needs its place, an unknown word is told, a point can be taken back.
{ printf '20 kg\n7\nsoon\n'; printf '0\n50 N\nundo\n100 N\n200 N\nhold\nend\n'; } |
  "$stance" calibrate --device 'sim:nordic?speed=max&noise_n=0.1&duration=100' --channel left --seconds 0.2 \
    >stdout 2>stderr || status=$?
is "${status:-0}" 1 # the simulated rig hangs no weights: nothing fits
says 'start again with --latitude'
says 'kilograms or newtons?'
says "'soon' is no load"
says 'point 2 was taken back'
says 'point 4: 200.00 N, hold, repeat 1'

# Uses that cannot be.
expect 2 "$stance" calibrate
expect 2 "$stance" calibrate --device "$device" --unattended
expect 2 "$stance" calibrate --device "$device" --points points.csv
says 'left (V), right (V)'
expect 2 "$stance" calibrate --device "$device" --channel '#1' --points <(printf 'mass_kg,raw\n1,2\n')
says '--latitude'
expect 2 "$stance" calibrate show
expect 2 "$stance" calibrate bake
expect 3 "$stance" calibrate show ffffffff
says 'stance calibrate list'
expect 3 "$stance" calibrate import points.csv
expect 3 "$stance" calibrate import nowhere.ini
expect 3 "$stance" calibrate --device "$device" --channel '#1' --points <(printf 'load_n,raw\n1,2\nx,3\n')
expect 3 "$stance" calibrate --device "$device" --channel '#1' \
  --points <(printf 'load_n,from_s,to_s\n0,1,2\n100,500,501\n')
says 'the recording ends at'
expect 5 env STANCE_STORE=/proc/none/store.db "$stance" calibrate --device "$device" --channel '#1' \
  --points points.csv
expect 5 "$stance" calibrate show "$id" --pdf nowhere/certificate.pdf

# A six-axis sensor: its table read the right way round, the wrong way round (named), and a table
# that is not square. The simulated rig lends its eight or six channels.
python3 - <<'PYTHON'
import random
random.seed(7)
def table(name, rows):
    with open(name, "w") as file:
        file.write("# numbers of the maker\n")
        for row in rows:
            file.write(" ".join("%.6f" % x for x in row) + "\n")
def known(name, matrix, channels):
    with open(name, "w") as file:
        file.write("fx,fy,fz,mx,my,mz," + ",".join(channels) + "\n")
        for _ in range(9):
            value = [random.uniform(-1, 1) for _ in channels]
            load = [sum(c * v for c, v in zip(row, value)) for row in matrix]
            file.write(",".join("%.9f" % x for x in load + value) + "\n")
for count in 6, 8:
    channels = ["left", "right"] + ["spare%d" % (k + 1) for k in range(count - 2)]
    matrix = [[(100 + 10 * r if r == c else 0) + 3 * r - 2 * c for c in range(count)] for r in range(6)]
    table("loads%d.txt" % count, matrix)
    table("channels%d.txt" % count, list(zip(*matrix)))
    known("known%d.csv" % count, matrix, channels)
PYTHON
six='sim:nordic?speed=max&bits=0&spare_channels=4' eight='sim:nordic?speed=max&bits=0&spare_channels=6'
for rows in loads channels; do
  expect 0 "$stance" calibrate --device "$six" --matrix "${rows}6.txt" --rows "$rows" --side left \
    --axis -fz --check known6.csv --serial AMTI-1
  grep -q 'orientation proven' stdout || fail "a proven matrix is not told as proven"
  expect 0 "$stance" calibrate --device "$eight" --matrix "${rows}8.txt" --rows "$rows" --side total \
    --check known8.csv
done
expect 1 "$stance" calibrate --device "$six" --matrix channels6.txt --rows loads --side left \
  --check known6.csv
says 'its transpose does: the table was read with rows and columns exchanged'
expect 1 "$stance" calibrate --device "$eight" --matrix channels8.txt --rows loads --side left
says 'choose the other orientation'
expect 0 "$stance" calibrate --device "$six" --matrix channels6.txt --rows channels --side left
says 'Nothing proves that the matrix is read the right way round'
grep -q 'ITS ORIENTATION WAS NEVER PROVEN' stdout || fail "an unproven matrix passes for proven"
expect 2 "$stance" calibrate --device "$six" --matrix channels6.txt --side left
says '--rows'
expect 3 "$stance" calibrate --device "$eight" --matrix loads6.txt --rows loads --side left
says 'the matrix is for 6 channels, the instrument has 8'
expect 2 "$stance" calibrate --device "$six" --channel left --slope 2
says 'one of a matrix'
