#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two instruments make one rig: two clocks, two beginnings, one axis; one of them dies.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

# One athlete on two simulated rigs. His force rises alike on both sides, the right one 50 ms later.
athlete='seed=7&shape=exponential&asymmetry_pct=0&variation_pct=0&onset_lag_s=0.05&peak_lag_s=0.05'
quiet='noise_n=0.05&wander_n=0&hum_n=0&tremor_pct=0&drift_n_per_min=0&zero_shift_n=0'
short='ready_s=1.5&effort_s=1.5&rest_s=2&repetitions=2'
rig="sim:nordic?$athlete&$quiet&$short"

# In real time: a clock that is 180 ppm slow begins 0.4 s after one that is 150 ppm fast, on a host
# whose transfers come late by 1 ms on average.
expect 0 "$stance" run nordic --unattended --output live --json \
  --device "left=$rig&clock_ppm=150&jitter_s=0.001" \
  --device "right=$rig&clock_ppm=-180&jitter_s=0.001&start_s=0.4"
cp stdout live.json
python3 - live.json live/*_long.csv <<'PYTHON'
import csv, json, sys
result = json.load(open(sys.argv[1]))
time = result["time"]
uncertainty = time["alignment_uncertainty_s"]
assert 0.0005 < uncertainty < 0.003, uncertainty
assert abs(time["rate_hz"] - 1000.15) < time["rate_uncertainty_hz"] < 0.1, time
assert time["nominal_rate_hz"] == 1000, time
assert "two instruments on one axis" in json.dumps(result), result
lags = [row for row in csv.DictReader(open(sys.argv[2]))
        if row["metric"] == "onset_lag" and row["repetition"].isdigit()]
assert len(lags) == 2, lags
for row in lags:
    # the clocks' alignment and two onsets rounded to a sample; noise has no interval of its own
    assert abs(float(row["value"]) - 0.05) < (uncertainty**2 + 0.002**2 / 6) ** 0.5, row
    assert row["uncertainty"] == "", row
PYTHON

# The store gives the same again; its raw values lie on one axis, or each on its own.
id=$(cells live/*_long.csv recording | sort -u)
"$stance" analyze "$id" --layout long >again.csv
cmp again.csv live/*_long.csv
expect 0 "$stance" export --raw "$id" --output both.csv
expect 0 "$stance" export --raw "$id" --side right --output right.csv
head -1 both.csv | grep -q '^time (s),"*left (counts)"*,"*right (counts)"*$' || fail "$(head -1 both.csv)"
[ "$(wc -l <right.csv)" -gt 5000 ] || fail "the right instrument sampled more than that"
expect 2 "$stance" export --calibration "$id"
says '--side left'
expect 0 "$stance" export --calibration "$id" --side left
grep -q '^\[calibration\]' stdout || fail "no calibration text"
expect 0 "$stance" analyze both.csv --scale 1,0 --protocol nordic --layout long
contains <(cat stdout) metric onset_lag

# Played back, the pair still says the same lag.
expect 0 "$stance" export --raw "$id" --side left --output left.csv
expect 0 "$stance" run nordic --unattended --output played \
  --device 'left=replay:left.csv?speed=max&columns=left=left' \
  --device 'right=replay:right.csv?speed=max&columns=right=right'
contains played/*_long.csv status clocks_unrelated

# Elastic time has no clock to relate: said, not hidden.
expect 0 "$stance" run nordic --unattended --output fast --device "left=$rig&speed=max" \
  --device "right=$rig&speed=max"
contains fast/*_long.csv status clocks_unrelated
grep -q 'not related' stdout || fail "the summary does not say that the clocks are not related"
contains fast/*_long.csv metric onset_lag

# One dies: the other one's data stay, and everybody is told.
expect 4 "$stance" run nordic --unattended --output dead --device "left=$rig&speed=20" \
  --device "right=$rig&speed=20&fail_s=12"
says 'THE RIGHT INSTRUMENT FAILED'
says 'RIGHT: the simulated instrument fell silent'
contains dead/*_nordic.csv notes 'right: the instrument failed'
contains dead/*_nordic.csv flags frames_lost
contains dead/*_nordic.csv side left
id=$(cells dead/*_long.csv recording | sort -u)
for side in left right; do
  expect 0 "$stance" export --raw "$id" --side $side
  cells stdout 'time (s)' >"$side.times"
done
[ "$(wc -l <left.times)" -gt 19000 ] || fail "the left instrument was not recorded to its end"
is "$(tail -1 right.times)" 11.999
expect 4 "$stance" run nordic --unattended --output dead2 --device "left=$rig&speed=20&fail_s=8" \
  --device "right=$rig&speed=20"
says 'THE LEFT INSTRUMENT FAILED'

# One dies in the middle and comes back: the efforts between are the other one's alone, flagged, and
# nothing is compared with what nobody sampled. Without its death the living side's numbers are the
# same.
many='ready_s=1.5&effort_s=1.5&rest_s=2&repetitions=4&duration=40&speed=max'
four="sim:nordic?$athlete&$quiet&$many"
expect 0 "$stance" run nordic --unattended --output whole --device "left=$four" \
  --device "right=$four"
is "$(cells whole/*_nordic.csv repetition | sort -u | wc -l)" 4
python3 - whole/*_nordic.csv <<'PYTHON' >when
import csv, sys
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row["side"] == "left"]
at = [float(row["onset_time_s"]) for row in rows]
print((at[0] + at[1]) / 2 + 1, at[3] - 1.2)
PYTHON
read -r dies returns <when
expect 0 "$stance" run nordic --unattended --output away --device "left=$four" \
  --device "right=$four&fail_s=$dies&back_s=$returns"
grep -q 'RIGHT: The instrument was interrupted 1 time' stdout || fail "the summary does not tell of it"
grep -q 'right was not sampled' stdout || fail "the summary does not name the side"
grep -q 'side_not_sampled: ' stdout || fail "the summary does not explain it"
python3 - whole/*_nordic_long.csv away/*_nordic_long.csv <<'PYTHON'
import csv, sys
def table(path):
    return {(row["repetition"], row["side"], row["metric"]): row for row in csv.DictReader(open(path))}
whole, away = table(sys.argv[1]), table(sys.argv[2])
def peak(of, repetition, side):
    return of[repetition, side, "peak_force"]
for repetition in "1234":
    one, other = peak(whole, repetition, "left"), peak(away, repetition, "left")
    assert abs(float(one["value"]) / float(other["value"]) - 1) < 1e-3, (one, other)
    alone = repetition in "23"
    assert ("side_not_sampled" in other["status"]) == alone, other
    right = peak(away, repetition, "right")
    asymmetry = away[repetition, "both", "asymmetry_peak_force"]
    if alone:
        assert right["status"] == "missing:side_not_sampled" and right["value"] == "", right
        assert asymmetry["status"] == "missing:side_not_sampled", asymmetry
    else:
        assert float(right["value"]) > 100 and asymmetry["value"], (right, asymmetry)
PYTHON

# One instrument that measures one side; two that are not told apart; a side that is not there.
expect 0 "$stance" run nordic --unattended --output single --device "right=$rig&speed=max"
is "$(cells single/*_nordic.csv side | sort -u)" right
expect 2 "$stance" run nordic --unattended --device "$rig" --device "$rig"
expect 2 "$stance" run nordic --unattended --device "left=$rig" --device "left=$rig"

# Without a profile nothing is called newtons, and every value says so.
expect 0 "$stance" run nordic --unattended --output raw --device "$rig&speed=max&profile=no"
says 'NO CALIBRATION'
grep -q 'counts' stdout || fail "the summary does not name the instrument's unit"
! grep -qE '[0-9] N([^a-zA-Z]|$)' stdout || fail "the summary calls counts newtons"
python3 - raw/*_long.csv raw/*_nordic.csv <<'PYTHON'
import csv, sys
values = [row for row in csv.DictReader(open(sys.argv[1])) if row["value"]]
assert len(values) > 50
for row in values:
    assert "uncalibrated" in row["status"], row
    assert row["unit"] in ("s", "%", "counts", "counts/s", "counts.s"), row
for row in csv.DictReader(open(sys.argv[2])):
    assert row["calibration_ok"] == "0" and "uncalibrated" in row["flags"], row
    named = [name for name in row if name.endswith(("_n", "_n_per_s", "_n_s")) and row[name]]
    assert not named, named
PYTHON
expect 0 "$stance" run nordic --unattended --output volts \
  --device "$rig&speed=max&profile=no&converter=volts" --json
python3 - stdout <<'PYTHON'
import json, sys
result = json.load(open(sys.argv[1]))
assert "V" in json.dumps(result) and "uncalibrated" in json.dumps(result)
PYTHON

# Eight samples for each one of the result, of a multiplexed converter that speaks volts.
expect 0 "$stance" run nordic --unattended --output eight \
  --device "$rig&speed=max&converter=volts&oversampling=8&skew_s=0.00002&rate=1000"
contains eight/*_nordic.csv notes 'decimated by 8'
contains eight/*_nordic.csv notes 'channel skew of up to 20 us removed'
expect 0 "$stance" run nordic --unattended --output one --device "$rig&speed=max"
python3 - one/*_long.csv eight/*_long.csv <<'PYTHON'
import csv, sys
def values(path):
    return {(row["repetition"], row["side"], row["metric"]): float(row["value"])
            for row in csv.DictReader(open(path)) if row["value"]}
one, eight = values(sys.argv[1]), values(sys.argv[2])
for metric, share in (("peak_force", 1e-3), ("rfd_0_100ms", 0.02), ("rfd_0_200ms", 0.02)):
    keys = [key for key in one if key[2] == metric and key[0].isdigit()]
    assert keys, metric
    for key in keys:
        assert abs(eight[key] / one[key] - 1) < share, (key, one[key], eight[key])
PYTHON

# A store from before there were clocks: its profile and its times of arrival come along, the result
# stays the same to the byte.
id=$(cells one/*_long.csv recording | sort -u)
python3 - "$STANCE_STORE" old.db <<'PYTHON'
import sqlite3, sys
old = sqlite3.connect(sys.argv[2])
sqlite3.connect(sys.argv[1]).backup(old)
old.executescript("""
    DROP TABLE sound_latencies;
    DROP TABLE moves;
    DROP TABLE notes;
    DROP TABLE verification_subjects;
    DROP TABLE verifications;
    DROP TABLE marks;
    ALTER TABLE blocks ADD COLUMN host_ns INTEGER NOT NULL DEFAULT 0;
    UPDATE blocks SET host_ns = 7 + last_index * 1000000;
    ALTER TABLE recordings ADD COLUMN calibration_text TEXT;
    UPDATE recordings SET calibration_text =
        (SELECT profile FROM streams WHERE recording = id AND stream = 0);
""")
for table, names in (("streams", "side oversampling rate_exact profile"),
                     ("channels", "skew_s converter_unit converter_zero converter_slope_above "
                                  "converter_slope_below converter_offset"),
                     ("recordings", "digest"), ("results", "settings ledger digest")):
    for name in names.split():
        old.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
old.execute("PRAGMA user_version = 2")
old.commit()
PYTHON
export STANCE_STORE=$work/old.db
expect 5 "$stance" analyze "$id"
says 'older stance'
expect 0 "$stance" run nordic --unattended --output new --device 'sim:nordic?speed=max&repetitions=1'
"$stance" analyze "$id" --layout long >upgraded.csv
cmp upgraded.csv one/*_long.csv
python3 - old.db "$id" <<'PYTHON'
import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
blocks = store.execute("SELECT last_index FROM blocks WHERE recording = ? ORDER BY 1", sys.argv[2:])
marks = store.execute("SELECT frame_index, host_ns FROM marks WHERE recording = ? ORDER BY 1",
                      sys.argv[2:]).fetchall()
assert marks == [(last, 7 + last * 1000000) for last, in blocks] and marks, marks
PYTHON
