# SPDX-License-Identifier: GPL-3.0-or-later
"""Days of work: a team in its hour, and a day without a pause."""
import os
import pathlib
import time

from station import BUILD, FULL, Daemon, Onlooker, check, lead, main, same, scenario, wait_for

ATHLETES = 25 if FULL else 2
TEAM_S = 40 * 60
BEYOND_S = 20
LONG_SPEED = 10000  # 24 h in 9 s
RATE_HZ = 1000
# A team's day is the clinic's own protocol: the built-in Nordic with 20 s of rest instead of 30 s.
# With 30 s the repetitions alone take 91 s of the 96 s that each athlete has.
REST_S = 20
# In the time of the rig: gets on when the empty one has been measured, lowers himself within 5 s of
# each signal, and is off again when he has done it three times. He hangs relaxed until 11 s and lowers
# himself from 15.3 s to 20.5 s: a clinician who weighs him at 7.2 s says "go" at 13 s and may be
# 1.8 s late, as the computer that plays him is at times.
TEAM_SPEED = 6
TEAM = (
    f"sim:nordic?speed={TEAM_SPEED}&unloaded_s=4.5&get_on_s=2&limb_s=4.5&ready_s=4.2&reaction_s=0.1&effort_s=5"
    "&release_s=0.25&rest_s=20.5&repetitions=3&get_off_s=1&tail_s=600"
)


def timeline(onlooker, test):
    """When each state of the test began first, in seconds of the rig."""
    begun = {}
    for state in onlooker.all("state"):
        now = state["test"]
        if now and now["id"] == test:
            begun.setdefault(now["state"], state["instrument"]["frames"] / RATE_HZ)
    return begun


@scenario("25 athletes in 40 minutes, at most 20 s of the station's time each beside repetitions")
def team(folder):
    roster = [{"athlete": f"A-{k}", "mass_kg": 60 + k, "done": False} for k in range(ATHLETES)]
    longest_s = total_s = 0
    own = pathlib.Path(folder) / "config" / "stance" / "protocols"
    own.mkdir(parents=True)
    builtin = pathlib.Path(os.environ["STANCE_SOURCE_DIR"]) / "analysis/protocols/nordic.ini"
    text = builtin.read_text()
    check(text.count("\nrest_s = 30\n") == 1, "the built-in protocol has another rest")
    (own / "nordic.ini").write_text(text.replace("\nrest_s = 30\n", f"\nrest_s = {REST_S}\n"))
    with Daemon(folder, TEAM, unattended=False) as daemon:
        for k, athlete in enumerate(roster):
            asked = time.monotonic()
            same(daemon.ask("PUT", "roster", {"athletes": roster, "position": k})[0], 200, "roster")
            onlooker = Onlooker(daemon)
            test = daemon.start(athlete=athlete["athlete"], mass_kg=athlete["mass_kg"])

            def clinician(now, test=test, onlooker=onlooker):
                rig_s = (onlooker.all("live") or [{"t_s": 0}])[-1]["t_s"]
                state = now["state"]
                if state.startswith("prove_"):
                    daemon.command(test, "next", status=None)
                # he sees that the athlete is in place before he weighs him
                return state.startswith("prove_") or (state == "weigh" and rig_s < 7.2)

            lead(daemon, test, answer=clinician)
            report = daemon.result(test)
            answered = time.monotonic()
            begun = timeline(onlooker, test)
            # From one request to where the next can follow: the rig runs faster than in a clinic;
            # opening, analysis and the report do not, and count as long as they take.
            ended_s = daemon.account(test)[0] / RATE_HZ
            ended_s += answered - asked - ended_s / TEAM_SPEED
            repetitions_s = begun["get_off"] - begun["ready"]
            same(len([r for r in onlooker.all("repetition") if r["counted"]]), 3, "counted")
            check(report["athlete"] == athlete["athlete"], "athlete:", report["athlete"])
            longest_s = max(longest_s, ended_s - repetitions_s)
            total_s += ended_s
            roster[k]["done"] = True
            onlooker.leave()
            daemon.keeps(test)
        same(len(daemon.ask("GET", "tests")[1]), ATHLETES, "history")
    print(f"  {total_s / ATHLETES:.1f} s each, at most {longest_s:.1f} s beyond the repetitions")
    check(longest_s <= BEYOND_S, "beyond the repetitions:", longest_s)
    check(total_s / ATHLETES <= TEAM_S / 25, "a team of 25 takes", total_s / ATHLETES * 25 / 60, "min")


def resources(daemon):
    """Memory in kB, open files, threads."""
    proc = f"/proc/{daemon.process.pid}"
    return daemon.memory_kb(), len(os.listdir(proc + "/fd")), len(os.listdir(proc + "/task"))


@scenario("one test of 24 h over midnight: not a frame is lost, and it belongs to the day it began on")
def one_long(folder):
    rate_hz, day_s = 50, 24 * 3600
    offset = pathlib.Path(folder) / "offset"
    midnight_s = (time.time() // day_s + 2) * day_s - time.time()
    ahead_ns = round((midnight_s - 2) * 1e9)  # in two seconds
    offset.write_bytes(ahead_ns.to_bytes(8, "little", signed=True))
    environment = {
        "LD_PRELOAD": str(BUILD / "tests" / "jumping_clock.so"),
        "JUMPING_CLOCK": str(offset),
        "ASAN_OPTIONS": "verify_asan_link_order=0",
    }
    device = f"sim:?speed={LONG_SPEED}&rate={rate_hz}&duration={day_s + 60}"
    with Daemon(folder, device, environment=environment) as daemon:
        test = daemon.start("nordic", athlete="A-17", duration_s=day_s)
        report = daemon.result(test)
        frames = daemon.account(test)[0]
        # how many come until the station has stopped it is the computer's, up to the rig's end
        check(0 <= frames - day_s * rate_hz <= 60 * rate_hz, "frames:", frames)
        daemon.keeps(test)
        check(report["repetitions"], "no repetition")
        begun, ended = daemon.rows(
            "SELECT started_at, finished_at FROM recordings WHERE id = ?", test)[0]
        check(begun[11:] > "23:59" and ended[11:] < "00:59" and begun[:10] < ended[:10], begun, ended)
        (told,) = daemon.ask("GET", "tests?athlete=A-17")[1]
        same(told["started"], begun, "history")


@scenario("24 h of tests without a pause: memory, files and threads stay as they were", full=True)
def day(folder):
    rate_hz, hour_s = 250, 3600
    sampled_s = tests = 0
    settled = None
    with Daemon(folder, f"sim:?speed=max&rate={rate_hz}") as daemon:
        page = Onlooker(daemon)
        while sampled_s < 24 * hour_s:
            # one long one among the usual ones, until 20 of the hours are full
            more = {"duration_s": hour_s} if tests % 5 == 0 and tests < 100 else {}
            test = daemon.start(("nordic", "isometric")[tests % 2], athlete=f"A-{tests % 25}", **more)
            wait_for(lambda: daemon.state()["test"] is None, "the end")
            tests += 1
            produced, lost, stored = daemon.account(test)
            same((lost, stored), (0, produced), f"test {tests}")
            sampled_s += produced / rate_hz
            page.events.clear()
            if tests == 30:
                settled = resources(daemon)
        last = resources(daemon)
    print(f"  {tests} tests, {sampled_s / hour_s:.1f} h; kB, files, threads: {settled}, {last}")
    check(last[0] <= settled[0] * 1.05, "memory grew from", settled[0], "to", last[0])
    check(last[1] <= settled[1] and last[2] <= settled[2], "files, threads:", settled, last)


if __name__ == "__main__":
    main()
