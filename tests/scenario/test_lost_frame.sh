#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One lost sample at every place around onset: exactly the values whose window it touches are
# missing, with that reason; all others are the same to the last digit.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

# Exponential efforts of 400 N, time constant 0.15 s, at 1 kHz, without noise; the one sample of the
# left force is left empty.
python3 - <<'PYTHON'
import math
def force(k):
    t = (k - 6000) / 1000
    rise = 400 * (1 - math.exp(-t / 0.15)) if 0 <= t < 3 else 0
    fall = 400 * (1 - (t - 3) / 0.3) if 3 <= t < 3.3 else 0
    return 20 + rise + fall
trace = [force(k) for k in range(14000)]
onset = next(k for k, f in enumerate(trace) if f > 30)  # the threshold is 10 N above the limb
for lost in [None] + [onset + k for k in range(-20, 320)]:
    name = "whole.csv" if lost is None else f"lost_{lost - onset:+04d}.csv"
    with open(name, "w") as file:
        file.write("time (s),left (N),right (N)\n")
        for k, f in enumerate(trace[4500:10500], 4500):
            left = "" if k == lost else f"{f:.6f}"
            file.write(f"{k / 1000:.3f},{left},{f:.6f}\n")
PYTHON

expect 0 "$stance" analyze --protocol iso-supine-90-90 --layout long whole.csv lost_*.csv
cp stdout all.csv
python3 - <<'PYTHON'
import csv, math
values = {}
for row in csv.DictReader(open("all.csv", newline="")):
    if row["repetition"] == "1" and row["side"] != "both":
        key = row["side"], row["metric"]
        values.setdefault(row["recording"], {})[key] = row["value"], row["status"]
whole = values.pop("whole.csv")
assert len(values) == 340, len(values)
windows = {f"force_at_{t}ms": (t, t) for t in range(50, 300, 50)}
windows |= {"net_" + name: window for name, window in windows.items()}
for t in range(50, 300, 50):
    windows[f"rfd_0_{t}ms"] = windows[f"impulse_net_0_{t}ms"] = 0, t
for a, b in (50, 100), (100, 150), (150, 200), (200, 250), (100, 200):
    windows[f"rfd_{a}_{b}ms"] = a, b
# To where a level is first reached, to the peak, to the return below the threshold.
for name in "time_to_50pct", "time_to_90pct":
    windows[name] = 0, math.ceil(1000 * float(whole["left", name][0]))
peak = round(1000 * float(whole["left", "time_to_peak"][0]))
windows["rfd_peak_20ms"] = 0, peak
windows["mean_force"] = 0, 10 ** 6
# Where the onset itself, or the sample before it, is lost, nobody knows when it was.
on_onset = set(windows) | {"onset_time", "reaction_time", "time_to_peak", "duration"}
removed = 0
for name, found in values.items():
    at = int(name[len("lost_"):-len(".csv")])
    for (side, metric), (value, status) in found.items():
        first, last = windows.get(metric, (1, 0))
        touched = metric in on_onset if at in (-1, 0) else first <= at <= last
        if side == "left" and touched:
            assert (value, status) == ("", "missing:gap_in_window"), (name, metric, value, status)
            removed += 1
        else:
            old_value, old_status = whole[side, metric]
            assert value == old_value, (name, side, metric, value, old_value)
            extra = set(status.replace("flagged:", "").split("+")) ^ \
                set(old_status.replace("flagged:", "").split("+"))
            assert extra <= {"ok", "frames_lost"}, (name, side, metric, status, old_status)
print(removed, "values removed, each by a sample of its own window")
assert removed > 2500, removed
PYTHON
