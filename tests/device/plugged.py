# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon's cases in the guest share: instruments on its USB ports, a short test, and
the account of every frame that left them."""
import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "scenario" / "daemon"))

from station import BUILD, check, run, same, wait_for  # noqa: E402

RATE_HZ = 1000  # of all of them
VENDORS = {"0cd5", "09db", "1209"}  # LabJack, MCC, home-built plates
LISTENED_MAX = 100  # frames of a stream that only asked what is plugged in; as bench.sh
# Without noise, so that every sample has one true value.
QUIET = "noise_n=0&wander_n=0&hum_n=0&drift_n_per_min=0&zero_shift_n=0"
EMPTY = f"sim:imtp?{QUIET}&unloaded_s=3000"
# In step with TEST where nobody attends it: "go" at 4 s and 8 s, he pulls 1 s after it; the
# emulator may make him early or late by that much.
ATHLETE = (
    f"sim:imtp?seed=5&{QUIET}&unloaded_s=2&get_on_s=0.5&limb_s=2&ready_s=0.5&effort_s=1"
    "&release_s=0.25&rest_s=2.25&repetitions=2&get_off_s=1&tail_s=3000"
)
# Nobody weighs on it; he pulls left, then right, and is still for 2.5 s in between.
PROVER = (
    f"sim:imtp?seed=5&{QUIET}&sides=left,right&unloaded_s=2&get_on_s=0.1&limb_s=0&limb_n=0"
    "&peak_n=300&effort_s=1&release_s=0.25&rest_s=2&repetitions=500"
)
TEST = """[protocol]
title = Of the bench
version = 1
sides = both
rig = two-plates
effort = explosive
repetitions = 2
unloaded_s = {still_s}
get_on_s = 2
limb_s = {still_s}
effort_s = {effort_s}
rest_s = {rest_s}
"""


class Kind:
    """An instrument as the bench plays it: where it is found, what a volt is, and a step of its
    converter in newtons."""

    def __init__(self, name, uri, newtons, step_n, marks=0):
        self.name, self.uri = name, uri
        self.newtons, self.step_n, self.marks = newtons, step_n, marks

    def words(self, play):
        words = ["--play", play, "--sensitivity", str(self.newtons), "--marks", str(self.marks)]
        return [self.name, *words]


U6 = Kind("labjack-u6", "labjack-u6:?channels=0,1&rate=1000", 250, 0.0763)
MCC = Kind("mcc-1608fs-plus", "mcc-1608fs-plus:?channels=0,1&rate=1000", 250, 0.0763)
PLATE = Kind("open-plate", "open-plate:?channels=0,1&rate=1000", 1500, 0.01, marks=0.02)


class Bench:
    """One or two virtual instruments that are plugged in; `with` unplugs them."""

    def __init__(self, folder, *played, faults=()):
        """`played`: pairs of a kind and what pulls at it. `faults`: of the first, from then on."""
        self.folder, self.played = pathlib.Path(folder), played
        words = []
        for number, (kind, play) in enumerate(played):
            words += kind.words(play)
            for fault in faults if number == 0 else ():
                words += ["--fault", fault]
        self.log = self.folder / "instruments"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [BUILD / "stance-instrument", *words, "--attach"],
                stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
            )
        self.enumerated()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print("  instruments: " + self.log.read_text().replace("\n", "\n  "), flush=True)
        self.tell("quit")
        status = self.process.wait(30)
        check(kind is not None or status == 0, "the instruments ended with", status)

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def events(self, number=1):
        """What an instrument says of itself, from its beginning."""
        found = []
        for line in self.log.read_text(encoding="utf-8").splitlines():
            words = dict(word.split("=", 1) for word in line.split() if "=" in word)
            if words.get("instrument") == str(number) and "event" in words:
                found.append(words)
        return found

    def count(self, event, number=1):
        return sum(1 for found in self.events(number) if found["event"] == event)

    def enumerated(self):
        """Until the kernel has every one that is plugged in."""

        def all_there():
            numbers = range(1, len(self.played) + 1)
            wanted = sum(self.count("plugged", n) - self.count("unplugged", n) for n in numbers)
            found = sum(
                path.read_text().strip() in VENDORS
                for path in pathlib.Path("/sys/bus/usb/devices").glob("*/idVendor")
            )
            return wanted == len(self.played) and found == wanted

        wait_for(all_there, "the instruments on the bus", 30)

    def unplug(self, number=1):
        before = self.count("unplugged", number)
        self.tell(f"{number} unplug@now:0")
        wait_for(lambda: self.count("unplugged", number) > before, "unplugged", 30)

    def plug(self, number=1):
        self.tell(f"{number} plug")

    def mark(self):
        """Here a test begins: what is counted is counted from here."""
        return [len(self.events(n + 1)) for n in range(len(self.played))]

    def since(self, mark, number=1):
        before = self.count("counts", number)
        self.tell(f"{number} counts")
        wait_for(lambda: self.count("counts", number) > before, "counts", 30)
        return self.events(number)[mark[number - 1] :]

    def arrived(self, mark, number=1):
        """Frames that its streams delivered, each up to its break; see arrived() of bench.sh."""
        frames, begun, is_open, stopped = 0, 0, False, False
        for event in self.since(mark, number):
            if event["event"] == "stopped":
                stopped = is_open
            if "delivered" not in event:
                continue
            delivered = int(event["delivered"])
            if is_open and not (stopped and delivered - begun <= LISTENED_MAX):
                frames += delivered - begun
            is_open, stopped, begun = event["event"] == "started", False, delivered
        return frames

    def lost(self, number=1):
        """What it lost by itself: in its buffer, or because it was told to."""
        counts = [event for event in self.events(number) if event["event"] == "counts"][-1]
        return int(counts["spoilt"]) + int(counts["dropped"])

    def compare(self, daemon, test, mark, number=1):
        """The recording against what was played, at every sample; what device_check says of it."""
        kind, play = self.played[number - 1]
        told = self.events(number)[mark[number - 1] :]
        starts = [event["time"] for event in told if event["event"] == "started"]
        said = run(
            [BUILD / "tests" / "device_check", "compare", daemon.store, play, kind.newtons, 0, 0,
             kind.marks, number - 1, test],
            env={**daemon.store_environment(), "STANCE_STREAM_STARTS": " ".join(starts)},
        )
        found = dict(word.split("=", 1) for word in said.split())
        same(found["misread"], "0", "values misread")
        return found


def settings(folder, *devices, still_s=1, effort_s=2, rest_s=2):
    """The clinic's own short test, and its instruments. `still_s`: zero and limb are measured."""
    config = pathlib.Path(folder) / "config" / "stance"
    own = config / "protocols"
    own.mkdir(parents=True)
    (own / "bench.ini").write_text(TEST.format(still_s=still_s, effort_s=effort_s, rest_s=rest_s))
    lines = [f"device = {device}" for device in devices] + [f"protocols = {own}"]
    (config / "stanced.ini").write_text("\n".join(lines) + "\n")


def take_profile(folder, kind, play):
    said = subprocess.run(
        [BUILD / "stance-instrument", *kind.words(play), "--channels", "0,1", "--print-profile"],
        stdout=subprocess.PIPE, check=True,
    ).stdout
    store = pathlib.Path(folder) / "store.db"
    run([BUILD / "tests" / "device_check", "profile", store], input=said)


def account(daemon, bench, test, mark, gaps=0):
    """Everything that left the instruments is stored; what is not stored is counted. `gaps`: at
    least so many absences in the recording, of which the clocks alone know how long they were."""
    daemon.keeps(test, lost=None)
    every = []
    for number in range(1, len(bench.played) + 1):
        found = bench.compare(daemon, test, mark, number)
        same(int(found["stored"]), bench.arrived(mark, number), "frames stored, of those delivered")
        if gaps == 0:
            same(int(found["lost"]), bench.lost(number), "frames lost, of those it lost")
        check(int(found["gaps"]) >= gaps, "gaps:", found["gaps"])
        print(f"  {bench.played[number - 1][0].name}: stored {found['stored']}, lost"
              f" {found['lost']}, gaps {found['gaps']}, worst {found['worst']} steps", flush=True)
        every.append(found)
    return every


def is_unproved(report):
    return "sides_unproved" in json.dumps(report)


def judge_peaks(daemon, bench, test, found):
    """The peaks of the report are what truly pulled, within what the converter resolves."""
    kind, play = bench.played[0]
    rows = daemon.ask("GET", f"tests/{test}/report.csv?layout=long")[1].splitlines()
    names = rows[0].split(",")
    values = {}
    for row in rows[1:]:
        row = dict(zip(names, row.split(",")))
        if row["repetition"].isdigit() and row["metric"] in ("peak_force", "onset_time"):
            same((row["unit"], row["status"].split(":")[0] != "missing"),
                 ("N" if row["metric"] == "peak_force" else "s", True), row)
            values[row["repetition"], row["side"], row["metric"]] = float(row["value"])
    peaks = {key: value for key, value in values.items() if key[2] == "peak_force"}
    same(len(peaks), 6, "peaks: of two efforts, left, right and total")
    worst_n = 0
    for (repetition, side, _), peak_n in peaks.items():
        # from the recording's time to the athlete's
        onset_s = values[repetition, "total", "onset_time"]
        at_s = (onset_s * float(found["measured"]) + float(found["shift"])) / float(found["rate"])
        said = run([BUILD / "tests" / "device_check", "force", play, side, f"{at_s:.9f}"]).split()
        error_n = abs(peak_n - float(said[-1]))
        check(error_n <= kind.step_n * (2 if side == "total" else 1),
              f"peak of {side}: {peak_n} N reported, {said[-1]} N true")
        worst_n = max(worst_n, error_n)
    print(f"  {len(peaks)} peaks, at most {worst_n:.4f} N off", flush=True)


def unplug_and_plug(daemon, onlooker, bench, name, without, then=None, number=1):
    """Both are said; nothing can be gone on to meanwhile; the gap is as long as the absence. The
    test's state without it, and once it is back."""
    before = daemon.state()["instrument"]["lost"]
    onlooker.events.clear()
    begun = time.monotonic()
    bench.unplug(number)
    away = time.monotonic()
    lost = onlooker.wait("state", lambda data: data["instrument"]["state"] == "absent", what=name)
    check("plug it in" in (lost["instrument"]["problem"] or ""), name, lost["instrument"])
    onlooker.wait("tell", lambda data: data["message"] == "instrument_lost", what=name)
    now = daemon.state()["test"]
    check("next" not in now["commands"], f"{name}: offers to go on without an instrument")
    same(now["state"], without, f"{name}: state without it")
    back = time.monotonic()
    bench.plug(number)
    onlooker.wait("tell", lambda data: data["message"] == "instrument_back", what=name)
    wait_for(lambda: daemon.state()["instrument"]["lost"] > before, "the gap", 30)
    end = time.monotonic()
    now = daemon.state()
    same(now["instrument"]["state"], "streaming", f"{name}: the instrument")
    daemon.wait_state(then or without)
    gap_s = (now["instrument"]["lost"] - before) / RATE_HZ
    # its clock waits for the emulator's: a tenth either way; bench.sh holds real pace to 20 frames
    check(0.9 * (back - away) - 0.1 <= gap_s <= 1.1 * (end - begun) + 0.1,
          f"{name}: a gap of {gap_s} s; away from {back - away:.3f} to {end - begun:.3f} s")
    print(f"  {name}: gap {gap_s:.3f} s of {back - away:.3f} … {end - begun:.3f} s", flush=True)
