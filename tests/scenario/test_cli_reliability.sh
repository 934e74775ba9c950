#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance reliability`: from stored tests and tables to every later comparison.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

says_out() {
  grep -qF -- "$1" stdout || fail "stdout does not say '$1'"
}

# nordic ATHLETE SEED PEAK ASYMMETRY [OPTION...]: one simulated test.
nordic() {
  local athlete=$1 seed=$2 peak=$3 asymmetry=$4
  shift 4
  expect 0 "$stance" run nordic --unattended --output reports --athlete "$athlete" "$@" --device \
    "sim:nordic?seed=$seed&speed=max&peak_n=$peak&asymmetry_pct=$asymmetry&unloaded_s=1&rest_s=1"
}

# Without a store, and with a store in which nothing was repeated.
expect 5 "$stance" reliability
nordic solo 1 350 0
expect 3 "$stance" reliability
says 'no test was repeated'
says_out 'solo, nordic: a single recording'

# Six athletes, two tests each; the second one of another instrument (the simulated one has the seed
# in its serial number).
seed=10
for _ in 1 2; do
  k=0
  for athlete in A B C D E F; do
    k=$((k + 1)) seed=$((seed + 1))
    nordic $athlete $seed $((300 + 20 * k + (seed * 7919 % 31) - 15)) $((seed * 31 % 9 - 4))
  done
done
nordic A 40 360 30 --injured left
expect 3 "$stance" reliability
says_out 'others are never mixed in'
says_out 'an injured side is named'

# Both on one day: that is not what a comparison between days needs.
expect 3 "$stance" reliability --protocol nordic --model 'simulated rig'
says_out 'a second test on 20'
expect 0 "$stance" reliability --protocol nordic --model 'simulated rig' --same-day
says_out 'made on the same day'
says_out '6 x 2'
says_out 'Not saved.'
says_out 'typical error'
# One instrument alone, or a model that is none.
instrument=$(cells "$(find reports -name '*_C_tests.csv' -o -name '*_C.csv' | sed -n 1p)" instrument | sed -n 1p)
expect 3 "$stance" reliability --instrument "$instrument"
says_out "instrument '$instrument'"
is "$(grep -c "instrument '" stdout)" 1
expect 3 "$stance" reliability --model simulated
is "$(grep -c "instrument '" stdout || true)" 0
expect 0 "$stance" reliability --list
says_out 'No study of this clinic'

# Saved, and used by the next run, by analyze and in every layout; the published one before it.
"$stance" export --list >list.csv
id=$(paste -d' ' <(cells list.csv athlete) <(cells list.csv recording) | sed -n 's/^F //p' | sed -n 1p)
"$stance" analyze --layout tests "$id" >before.csv
contains before.csv mdc95_source 'Opar 2013'
contains before.csv mdc95_source 'measured elsewhere'
expect 0 "$stance" reliability --model 'simulated rig' --same-day --save --json
cp stdout study.json
python3 - <<'PYTHON'
import json
study = json.load(open("study.json"))
assert len(study["records"]) == 3 and study["saved"], study
sides = {record["side"]: record for record in study["records"]}
assert sides["both"]["scale"] == "100*ln(right/left)"
for record in sides.values():
    assert record["athletes"] == 6 and record["tests"] == 2
    error = record["typical_error"]
    assert error["low"] < error["value"] < error["high"]
    assert record["instrument"] == "simulated rig" and record["whole_model"]
assert any("injured" in line for line in study["left_out"])
PYTHON
"$stance" analyze --layout tests "$id" >after.csv
contains after.csv mdc95_source 'own tests: 6 athletes x 2'
python3 - <<'PYTHON'
import csv, json, math
records = {r["side"]: r for r in json.load(open("study.json"))["records"]}
row = next(csv.DictReader(open("after.csv")))
mdc95 = max(records[side]["mdc95"]["value"] for side in ("left", "right"))
assert abs(float(row["mdc95_n"]) - mdc95) < 0.051, (row["mdc95_n"], mdc95)
left, right = (float(row[side + "_peak_force_n"]) for side in ("left", "right"))
ratio = 100 * math.log(right / left)
error = records["both"]["typical_error"]["value"]
band = 2.5705818 * error  # Student's t, 5 degrees of freedom
percent = lambda r: math.copysign(100 * (1 - math.exp(-abs(r) / 100)), r)
assert abs(float(row["asymmetry_low_pct"]) - percent(ratio - band)) < 0.11, row
assert abs(float(row["asymmetry_high_pct"]) - percent(ratio + band)) < 0.11, row
assert row["distinguishable"] == str(int(abs(ratio) > band))
PYTHON
nordic G 50 350 25
says_out 'own tests: 6 athletes x 2'
says_out 'compatible with'
expect 0 "$stance" analyze --layout long "$id"
cp stdout long.csv
contains long.csv mdc95_source 'own tests'
is "$(cells long.csv mdc95_source | grep -c .)" 2 # best, peak force, left and right
expect 0 "$stance" reliability --list
says_out '6 athletes x 2'
study=$(python3 -c 'import json; print(json.load(open("study.json"))["saved"])')
expect 0 "$stance" reliability --forget "$study"
expect 3 "$stance" reliability --forget "$study"
says "$study"
"$stance" analyze --layout tests "$id" >again.csv
cmp again.csv before.csv

# The same tests out of the tables of this program, in both layouts, give the same numbers.
"$stance" analyze --stored --layout tests >tests.csv
"$stance" analyze --stored --layout long >long.csv
"$stance" analyze --stored --layout tests --csv-locale >locale.csv
for file in tests.csv locale.csv; do
  expect 0 "$stance" reliability --model 'simulated rig' --same-day --json "$file"
  cp stdout from_table.json
  python3 - <<'PYTHON'
import json
ours, theirs = (json.load(open(name))["records"] for name in ("study.json", "from_table.json"))
for a, b in zip(ours, theirs, strict=True):
    assert a["side"] == b["side"] and a["athletes"] == b["athletes"]
    # rounded to 0.1 N in the tests layout
    assert abs(a["typical_error"]["value"] - b["typical_error"]["value"]) < 0.1, (a, b)
PYTHON
done
expect 0 "$stance" reliability --protocol nordic --same-day --json long.csv
cp stdout from_long.json
python3 - <<'PYTHON'
import json
records = json.load(open("from_long.json"))["records"]
assert {r["side"] for r in records} == {"left", "right", "both"}
assert all(r["method"].startswith("peak_force/1(") for r in records)
# the long layout names no injured side: seven tests of A, but two of everybody count
assert all(r["athletes"] == 6 and r["tests"] == 2 for r in records)
PYTHON
# The tests layout names no method: not saved without one.
expect 2 "$stance" reliability --model 'simulated rig' --same-day --save tests.csv
says '--method'

# A simple table. Left: SD of the differences over the root of 2.
cat >simple.csv <<'CSV'
athlete,test,left,right
Kim,1,310,320
Kim,2,318,331
Lou,1,352,340
Lou,2,347,344

Sam,1,280,300
Sam,2,301,310
Toni,1,400,
CSV
expect 0 "$stance" reliability --json simple.csv
cp stdout simple.json
python3 - <<'PYTHON'
import json, statistics
result = json.load(open("simple.json"))
left = next(r for r in result["records"] if r["side"] == "left")
expected = statistics.stdev([8, -5, 21]) / 2 ** 0.5
assert abs(left["typical_error"]["value"] - expected) < 1e-9
assert any(line.startswith("Toni") for line in result["left_out"]), result
assert result["saved"] is None
PYTHON
# As a spreadsheet writes it where the comma is decimal.
sed -e 's/athlete,test,left,right/Athlete;Test;Left;Right/' -e 's/,/;/g' -e 's/310;320/310,0;320/' simple.csv >comma.csv
expect 0 "$stance" reliability --json comma.csv
cmp stdout simple.json
expect 2 "$stance" reliability --save simple.csv
says '--protocol'
expect 0 "$stance" reliability --protocol nordic --method 'peak_force/1(zero=assumed)' --save simple.csv
says_out 'Saved as study'
# Files without an instrument are compared by it, those of an instrument are not.
rig file.csv 'time (s),left (N),right (N)' 325@6,14 360@6,14
"$stance" analyze --protocol nordic --layout tests file.csv >file_tests.csv
contains file_tests.csv mdc95_source 'own tests: 3 athletes x 2'
"$stance" analyze --layout tests "$id" >again.csv
cmp again.csv before.csv
# A test of which nothing is known is not compared.
"$stance" analyze --protocol hip-abduction --layout tests file.csv >unknown.csv
is "$(cells unknown.csv distinguishable)$(cells unknown.csv mdc95_n)" ''
contains unknown.csv flags no_reliability

# A store of an older program, which is not changed by reading: files are analysed all the same, and
# it is told that the clinic's own repeatability is not among what is known.
python3 - "$STANCE_STORE" "$work/old.db" <<'PYTHON'
import sqlite3, sys
old = sqlite3.connect(sys.argv[2])
sqlite3.connect(sys.argv[1]).backup(old)
old.execute("DROP TABLE reliability_estimates")
old.execute("DROP TABLE reliability")
old.execute("PRAGMA user_version = 1")
old.commit()
PYTHON
expect 0 env STANCE_STORE="$work/old.db" "$stance" analyze --protocol nordic --layout tests file.csv
says 'without the repeatability measured here'
cp stdout old.csv
contains old.csv mdc95_source 'Opar 2013'
expect 5 env STANCE_STORE="$work/old.db" "$stance" reliability
says 'older stance'

# refused TEXT SENTENCE: a table with line and column.
refused() {
  printf '%b' "$1" >bad.csv
  expect 3 "$stance" reliability bad.csv
  says "bad.csv:$2"
}
refused '' ' the file is empty'
refused 'a,b\n1,2\n' '1: this is neither'
refused 'athlete,test,left,right\nKim,1,310\n' '2:4: this row has 3 cells'
refused 'athlete,test,left,right\nKim,1,310,x\n' "2:4: 'x' is no number"
refused 'athlete,test,left,right\nKim,1,nan,310\n' "2:3: 'nan' is no number"
refused 'athlete,test,left,right\nKim,1,0x10,310\n' "2:3: '0x10' is no number"
refused 'athlete,test,left,right\nKim,1,310,-3\n' "2:4: '-3': a force must be above 0"
refused 'athlete,test,left,right\n,1,310,300\n' "2:1: '': a test without an athlete"
refused 'athlete,test,left,right\nKim,,310,300\n' "2:2: '': a test needs"
refused 'athlete,test,left,right\nKim,1,310,"300\n' '2: a quotation mark'
refused 'athlete,test,left,right\nKim,1,3"10,300\n' '2: a quotation mark'
refused 'athlete,test,left,right\nKim,1,310,30\0000\n' '2: a byte 0'
printf 'athlete,test,left,right\nKim,1,310,300\nKim,1,310,300\nLou,1,300,301\n' >twice.csv
expect 3 "$stance" reliability twice.csv
says_out 'Kim, 1: given more than once'
expect 3 "$stance" reliability missing.csv
says missing.csv

for wrong in '--rule median' '--metric asymmetry_peak_force' '--metric nonsense' '--list --save' \
  '--list --published' '--model a --instrument b' '--protocol no-such-test'; do
  # shellcheck disable=SC2086 # words are meant
  expect 2 "$stance" reliability $wrong
done
expect 0 "$stance" reliability --published
says_out 'Wollin 2016'
expect 0 "$stance" reliability --metric all --same-day --model 'simulated rig'
says_out 'peak_force_mean_100ms'
! grep -q '^  rfd_0_100ms' stdout || fail "a lowering has no rate of force development"
echo "all held"
