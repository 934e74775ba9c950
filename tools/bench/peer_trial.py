#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a laboratory writes for its Nordic tests, recorded as CSV with the columns time, left and
right: for each repetition and leg the quietest stretch before it, onset at five standard deviations
above that, peak, rate of force development, impulses, and the asymmetry of the peaks.

peer_trial.py OUTPUT FILE...   prints the seconds it took for each file, imports not counted
"""
import sys
import time

import numpy as np
import pandas as pd

WINDOWS_MS = (50, 100, 150, 200, 250)


def find_repetitions(data, rate_hz):
    """Stretches in which both legs together are above half of their maximum, 0.3 s at least."""
    total = (data["left"] + data["right"]).rolling(51, center=True, min_periods=1).mean()
    high = total > total.max() / 2
    runs = high.ne(high.shift()).cumsum()
    stretches = (run.index for _, run in high[high].groupby(runs[high]))
    return [(run[0], run[-1]) for run in stretches if len(run) > 0.3 * rate_hz]


def analyse_side(force, first, last, start, rate_hz):
    """One repetition of one leg; the effort began somewhere after sample `start`."""
    before = force[start:first]
    quiet_end = before.rolling(round(0.5 * rate_hz)).std().idxmin()
    quiet = force[quiet_end - round(0.5 * rate_hz) + 1 : quiet_end + 1]
    above = force[quiet_end:last] > quiet.mean() + 5 * quiet.std()
    onset = above[::-1].rolling(round(0.02 * rate_hz)).min()[::-1].eq(1).idxmax()
    effort = force[onset : last + 1]
    net = effort.to_numpy() - quiet.mean()
    peak = effort.idxmax()
    row = {
        "baseline_n": quiet.mean(),
        "onset_s": onset / rate_hz,
        "peak_force_n": effort.max(),
        "peak_force_net_n": net.max(),
        "peak_force_mean_100ms_n": effort.rolling(round(0.1 * rate_hz)).mean().max(),
        "time_to_peak_s": (peak - onset) / rate_hz,
        "rfd_peak_20ms": effort[:peak].diff(round(0.02 * rate_hz)).max() / 0.02,
        "time_to_50pct_s": np.argmax(net >= 0.5 * net.max()) / rate_hz,
        "time_to_90pct_s": np.argmax(net >= 0.9 * net.max()) / rate_hz,
    }
    for end_ms in WINDOWS_MS:
        samples = round(end_ms / 1000 * rate_hz)
        row[f"force_at_{end_ms}ms_n"] = effort.iloc[samples]
        row[f"rfd_0_{end_ms}ms"] = (net[samples] - net[0]) / (end_ms / 1000)
        row[f"impulse_0_{end_ms}ms"] = np.trapz(net[: samples + 1], dx=1 / rate_hz)
    return row


def analyse(path):
    data = pd.read_csv(path)
    rate_hz = 1 / data["time"].diff().median()
    rows, start = [], 0
    for number, (first, last) in enumerate(find_repetitions(data, rate_hz), 1):
        sides = {
            side: analyse_side(data[side], first, last, start, rate_hz) for side in ("left", "right")
        }
        left, right = (row["peak_force_net_n"] for row in sides.values())
        for side, row in sides.items():
            asymmetry = 100 * (right - left) / max(left, right)
            rows.append(
                {"file": path, "repetition": number, "side": side, **row, "asymmetry_pct": asymmetry}
            )
        start = last
    return rows


start = time.perf_counter()
results = [row for path in sys.argv[2:] for row in analyse(path)]
pd.DataFrame(results).to_csv(sys.argv[1], index=False, float_format="%.3f")
print((time.perf_counter() - start) / len(sys.argv[2:]))
