# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in a test, at each of its states: it ends early, the instrument is unplugged, the
daemon is killed. Whatever it is, what was sampled is kept."""
import pathlib
import signal

from station import (
    BUILD,
    FULL,
    Daemon,
    Onlooker,
    check,
    lead,
    main,
    run,
    same,
    scenario,
    wait_for,
)
from way import EMPTY, PULLS_LEFT, WAY, by_device, check_complete, chosen, lead_to


@scenario("ended early at each state, by each way to end it: everything is kept and analysed")
def ended_at_each_state(folder):
    for device, states in by_device(chosen(0, of=2)):
        with Daemon(folder, device, unattended=False) as daemon:
            for number, state in enumerate(states):
                ways = ("abort", "stop_test", "finish") if FULL else (("abort", "stop_test")[number % 2],)
                for way in ways:
                    end_in(daemon, state, way)


def end_in(daemon, state, way):
    test = daemon.start(athlete="A-17")
    lead_to(daemon, test, state)
    if way == "stop_test":
        same(daemon.ask("POST", f"tests/{test}/stop")[0], 202, "stop")
    elif way == "finish" and "finish" in daemon.state()["test"]["commands"]:
        daemon.command(test, "finish")
        lead(daemon, test)
    else:
        daemon.command(test, "abort", status=None)
    daemon.result(test)
    daemon.keeps(test)
    same(daemon.ask("POST", f"tests/{test}/stop")[0], 202, "stopped once more")
    daemon.command(test, "next", status=404)


@scenario("ended while the right side is proved")
def ended_while_right_is_proved(folder):
    with Daemon(folder, PULLS_LEFT, unattended=False) as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17")
        lead_to(daemon, test, "prove_right")
        onlooker.wait("tell", lambda data: data["message"] == "side_proved")
        daemon.command(test, "abort")
        daemon.result(test)
        daemon.keeps(test)


# When the cable is pulled in each state, in seconds of the rig. What ends by itself does so where
# nobody attends a Nordic, too, and always at the same time.
ALONE = {"zeroing": 1.5, "weighing": 9, "effort": 14, "rest": 25, "zeroing_after": 131}
# What waits for a person waits for longer than this; the proof of a side for 10 s.
ATTENDED = {state: 30 for state in WAY if state not in ALONE}
ATTENDED |= {"prove_left": 10, "prove_right": 15}
# Get ready lasts 2.5 s at least: it begins so long before.
ATTENDED["ready"] = 20
READY_BEFORE_S = 1.3
AWAY_S = 2


def unplug(folder, name, back):
    """A daemon with an onlooker and a test, in which the instrument has just gone away in `name`."""
    check_complete([*ALONE, *ATTENDED], "unplugging")
    moment_s = ALONE.get(name) or ATTENDED[name]
    device = "sim:?speed=20" if name in ALONE else WAY[name]
    device = device.replace("speed=10", "speed=4") if name == "ready" else device
    device += f"&fail_s={moment_s}" + (f"&back_s={moment_s + AWAY_S}" if back else "")
    daemon = Daemon(folder, device, unattended=name in ALONE, store=f"{folder}/{name}.db")
    onlooker = Onlooker(daemon)
    test = daemon.start(athlete="A-17")
    if name == "ready":
        lead_to(daemon, test, "wait")
        onlooker.wait("live", lambda data: data["t_s"] > moment_s - READY_BEFORE_S)
        daemon.command(test, "next")
    elif name in ATTENDED:
        lead_to(daemon, test, name)
    if back:
        onlooker.wait("tell", lambda data: data["message"] == "instrument_lost", what=name)
    else:
        onlooker.wait("result", lambda data: data["id"] == test, what=name)
    states = [state["test"]["state"] for state in onlooker.all("state")
              if state["test"] and state["instrument"]["state"] == "streaming"]
    same(states[-1], name, "unplugged in")
    return daemon, onlooker, test, moment_s


@scenario("unplugged and plugged in again at each state: told, waited for, its time is a gap")
def unplugged_at_each_state(folder):
    for name in chosen(4):
        daemon, onlooker, test, _ = unplug(folder, name, back=True)
        with daemon:
            away = onlooker.wait(
                "state", lambda data: data["instrument"]["state"] == "absent", what=f"away in {name}"
            )
            check(away["instrument"]["problem"], "no sentence about it")
            told = onlooker.wait("tell", lambda data: data["message"] == "instrument_lost")
            check(told["text"], told)
            same(away["test"]["commands"].count("next"), 0, "offers to go on without an instrument")
            onlooker.wait("tell", lambda data: data["message"] == "instrument_back")
            whole = FULL and name in ALONE
            if not whole:
                daemon.command(test, "abort")
            report = daemon.result(test)
            daemon.keeps(test, lost=AWAY_S * 1000)
            check(report["repetitions"] or not whole, f"{name}: no repetition")


@scenario("unplugged for good at each state: it ends, says so, and keeps what there is")
def lost_at_each_state(folder):
    for name in chosen(3):
        daemon, onlooker, test, moment_s = unplug(folder, name, back=False)
        with daemon:
            result = onlooker.wait("result", lambda data: data["id"] == test)
            check(any("fell silent" in text for text in result["warnings"]), result["warnings"])
            daemon.result(test)
            daemon.keeps(test, lost=None, closed=False)
            same(daemon.account(test)[2], moment_s * 1000, f"{name}: frames stored")


@scenario("two instruments, one of them unplugged for a while: the test waits, the other is whole")
def one_of_two_unplugged(folder):
    config = pathlib.Path(folder) / "config" / "stance"
    config.mkdir(parents=True)
    rig = "sim:?speed=10&sides="
    (config / "stanced.ini").write_text(
        f"device = left={rig}left\ndevice = right={rig}right&fail_s=12&back_s=14\n"
    )
    with Daemon(folder, None) as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17", duration_s=30)
        onlooker.wait("tell", lambda data: data["message"] == "instrument_lost")
        onlooker.wait("tell", lambda data: data["message"] == "instrument_back")
        daemon.result(test)
        daemon.keeps(test, lost=None)
        lost = dict(daemon.rows("SELECT side, frames_lost FROM streams WHERE recording = ?", test))
        same(lost["left"], 0, "lost of the one that was there")
        # what it sampled until the other one had its length is lost as well
        check(2000 <= lost["right"] < 2100, "lost of the one that was away:", lost)


@scenario("the wall clock jumps by hours, forth and back, in a test: only its date notices")
def clock_jumps(folder):
    offset = pathlib.Path(folder) / "offset"
    offset.write_bytes(bytes(8))

    def jump(hours):
        with open(offset, "r+b") as file:  # what is mapped stays mapped
            file.write((hours * 3600 * 10**9).to_bytes(8, "little", signed=True))

    environment = {
        "LD_PRELOAD": str(BUILD / "tests" / "jumping_clock.so"),
        "JUMPING_CLOCK": str(offset),
        "ASAN_OPTIONS": "verify_asan_link_order=0",
    }
    with Daemon(folder, "sim:?speed=10&repetitions=1", environment=environment) as daemon:
        onlooker = Onlooker(daemon)
        jump(5)
        test = daemon.start(athlete="A-17", duration_s=40)
        day_before = daemon.rows("SELECT started_at FROM recordings WHERE id = ?", test)[0][0]
        for state, hours in (("zeroing", 30), ("weighing", -30), ("effort", 1000), ("rest", -9)):
            onlooker.wait(
                "state", lambda data, s=state: data["test"] and data["test"]["state"] == s, what=state
            )
            jump(hours)
        report = daemon.result(test)
        daemon.keeps(test)
        same(daemon.account(test), (40000, 0, 40000), "frames")
        end_s = 0
        for data in onlooker.all("live"):  # without a hole, and to the end but for a screen's frames
            same(round(data["t_s"], 3), round(end_s, 3), "the live trace goes on at")
            end_s = data["t_s"] + data["dt_s"] * len(data["left_n"])
        check(end_s > 39, "the live trace ends at", end_s)
        same(onlooker.missed, 0, "events missed")
        same(len([r for r in onlooker.all("repetition") if r["counted"]]), 1, "counted")
        check(report["repetitions"], "no repetition in the report")
        finished = daemon.rows("SELECT finished_at FROM recordings WHERE id = ?", test)[0][0]
        check(finished < day_before, "the clock did not jump:", day_before, finished)
        frames = [f for f, in daemon.rows(
            "SELECT frame_index FROM marks WHERE recording = ? ORDER BY host_ns", test)]
        same(frames, sorted(frames), "marks of the clock, in order of the host's")


@scenario("SIGTERM at each state: the test is ended, closed and analysed before the program is")
def told_to_end_at_each_state(folder):
    for state in chosen(2):
        with Daemon(folder, WAY[state], unattended=False) as daemon:
            test = daemon.start(athlete="A-17")
            lead_to(daemon, test, state)
            daemon.end()
            daemon.keeps(test)
            same(
                daemon.rows("SELECT count(*) FROM results WHERE recording = ?", test),
                [(1,)],
                f"{state}: results",
            )


@scenario("killed at each state: the next start says what was recovered, at most 250 ms are lost")
def killed_at_each_state(folder):
    for state in chosen(1):
        device = WAY[state].replace("speed=10", "speed=5")
        daemon = Daemon(folder, device, unattended=False)
        test = daemon.start(athlete="A-17")
        lead_to(daemon, test, state)
        seen = daemon.state()["instrument"]["frames"]
        daemon.signal(signal.SIGKILL)
        daemon.process.wait()
        with Daemon(folder, EMPTY, unattended=False) as again:
            check("event=recovered" in again.log(), "the log does not say what was recovered")
            check(
                f"event=cut_off recording={test}" in again.log(), "does not say what was cut off"
            )
            told = again.state()["cut_off"]
            same(told and told["id"], test, "the page is not told what was cut off")
            stored = again.rows("SELECT max(last_index) FROM blocks WHERE recording = ?", test)[0][0]
            # the block in flight, at five times the pace, and what came in while it was asked
            check((stored or 0) > seen - 2 * 5 * 250, state, stored, seen)
            if stored is None:
                continue
            run([BUILD / "stance", "analyze", test], env=again.store_environment())
            same(again.ask("GET", f"tests/{test}/report.json")[0], 200, f"{state}: report")
            again.result(again.start("nordic", duration_s=0.5))


if __name__ == "__main__":
    main()
