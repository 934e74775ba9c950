# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in a test, at each of its states: it ends early, the instrument is unplugged, the
disk is full, the daemon is killed. Whatever it is, what was sampled is kept."""
import pathlib
import signal
import time

from station import (
    BUILD,
    FULL,
    Daemon,
    Onlooker,
    SmallDisk,
    check,
    lead,
    main,
    may_mount,
    run,
    same,
    scenario,
    wait_for,
)

# Nobody on it, ten times as fast: the clinician can lead it to any state, and nothing ends it.
EMPTY = "sim:nordic?speed=10&unloaded_s=3000&duration=3600&noise_n=0.2&wander_n=0&zero_shift_n=0"
# Pulls left from 6 s on for 60 s.
PULLS_LEFT = (
    "sim:nordic?speed=10&sides=left&unloaded_s=5&get_on_s=0&limb_s=0&ready_s=1&effort_s=60"
    "&peak_n=3000&range_n=5000&duration=600"
)
WAY = (
    "zero zeroing get_on prove_left weigh weighing wait ready effort rest pain pain_side get_off"
    " zeroing_after"
).split()
SHORT_WAY = "zeroing prove_left weighing ready effort rest pain_side zeroing_after".split()


def lead_to(daemon, test, wanted):
    """From the beginning to the state `wanted`, on an empty instrument."""

    def answer(now):
        state = now["state"]
        if state.startswith("prove_"):
            daemon.command(test, "next", status=None)
        elif state == "wait" and wanted in ("pain", "pain_side"):
            daemon.command(test, "stop", status=None)
        elif state == "wait" and wanted in ("get_off", "zeroing_after"):
            daemon.command(test, "finish", status=None)
        elif state == "pain":
            daemon.command(test, "pain", 3, status=None)
        else:
            return False
        return True

    now = lead(daemon, test, until=(wanted,), answer=answer)
    check(now is not None, f"never came to {wanted}")


@scenario("ended early at each state, by each way to end it: everything is kept and analysed")
def ended_at_each_state(folder):
    with Daemon(folder, EMPTY, unattended=False) as daemon:
        for number, state in enumerate(WAY if FULL else SHORT_WAY):
            ways = ("abort", "stop_test", "finish") if FULL else (("abort", "stop_test")[number % 2],)
            for way in ways:
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
        lead(daemon, test, until=("prove_right",))
        onlooker.wait("tell", lambda data: data["message"] == "side_proved")
        daemon.command(test, "abort")
        daemon.result(test)
        daemon.keeps(test)


# A Nordic that nobody attends: when each of its states goes on, in seconds of the rig.
MOMENTS = {
    "zeroing": 1.5,
    "get_on": 5,
    "weighing": 9,
    "effort": 14,
    "rest": 25,
    "second effort": 50,
    "get_off": 127,
    "zeroing_after": 131,
}


@scenario("unplugged and plugged in again at each state: told, waited for, its time is a gap")
def unplugged_at_each_state(folder):
    moments = MOMENTS if FULL else {name: MOMENTS[name] for name in ("zeroing", "weighing", "effort")}
    away_s = 2
    for name, moment_s in moments.items():
        device = f"sim:?speed=20&fail_s={moment_s}&back_s={moment_s + away_s}"
        with Daemon(folder, device, store=f"{folder}/{name.replace(' ', '-')}.db") as daemon:
            onlooker = Onlooker(daemon)
            test = daemon.start(athlete="A-17")
            away = onlooker.wait(
                "state", lambda data: data["instrument"]["state"] == "absent", what=f"away in {name}"
            )
            check(away["instrument"]["problem"], "no sentence about it")
            told = onlooker.wait("tell", lambda data: data["message"] == "instrument_lost")
            check(told["text"], told)
            same(away["test"]["commands"].count("next"), 0, "offers to go on without an instrument")
            onlooker.wait("tell", lambda data: data["message"] == "instrument_back")
            if not FULL:
                daemon.command(test, "abort")
            report = daemon.result(test)
            daemon.keeps(test, lost=away_s * 1000)
            check(report["repetitions"] or not FULL, f"{name}: no repetition")


@scenario("unplugged for good at each state: it ends, says so, and keeps what there is")
def lost_at_each_state(folder):
    for name, moment_s in MOMENTS.items() if FULL else {"effort": 14}.items():
        store = f"{folder}/{name.replace(' ', '-')}.db"
        with Daemon(folder, f"sim:?speed=20&fail_s={moment_s}", store=store) as daemon:
            onlooker = Onlooker(daemon)
            test = daemon.start(athlete="A-17")
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


def notices(daemon, state):
    """That the disk is full; what still fits into the log that is there may end a test before."""
    now = daemon.state()
    if now["store"]["state"] == "ok":
        return state == "zeroing_after" and now["test"] is None
    check(str(daemon.store) in (now["store"]["problem"] or ""), now["store"])
    return True


@scenario("the disk is full at each state: said, nothing lost, and recording goes on with room")
def disk_full_at_each_state(folder):
    if not may_mount():
        print("  left out: mounting a small disk is not permitted here")
        return
    with SmallDisk(folder) as disk:
        device = EMPTY + "&rate=200"
        with Daemon(folder, device, unattended=False, store=disk.path / "store.db") as daemon:
            for state in WAY if FULL else ("zeroing", "effort", "pain"):
                test = daemon.start(athlete="A-17")
                lead_to(daemon, test, state)
                disk.fill()
                wait_for(lambda: notices(daemon, state), f"a full disk in {state}")
                disk.make_room()
                wait_for(lambda: daemon.state()["store"]["state"] == "ok", "room again")
                daemon.command(test, "abort", status=None)
                daemon.result(test)
                daemon.keeps(test)


@scenario("the disk is full when a test ends: it waits, refuses the next one, loses nothing")
def disk_full_at_the_end(folder):
    if not may_mount():
        print("  left out: mounting a small disk is not permitted here")
        return
    with SmallDisk(folder) as disk:
        device = EMPTY + "&rate=200"
        with Daemon(folder, device, unattended=False, store=disk.path / "store.db") as daemon:
            test = daemon.start(athlete="A-17")
            lead_to(daemon, test, "wait")
            disk.fill()
            wait_for(lambda: daemon.state()["store"]["state"] == "retrying", "a full disk")
            daemon.command(test, "abort")
            time.sleep(0.5)
            check(daemon.state()["test"] is not None, "it ended without a disk")
            status, answer = daemon.ask("POST", "tests", {"protocol": "nordic"})
            check(status in (409, 503), "another test on a full disk:", status, answer)
            disk.make_room()
            daemon.result(test)
            daemon.keeps(test)
            disk.fill()
            status, answer = daemon.ask("POST", "tests", {"protocol": "nordic"})
            same((status, answer["error"]), (503, "store"), "a test on a full disk")
            disk.make_room()
            daemon.result(daemon.start("nordic", duration_s=0.5))


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
    for state in WAY if FULL else ("zeroing", "effort"):
        with Daemon(folder, EMPTY, unattended=False) as daemon:
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
    for state in WAY if FULL else ("weighing", "effort"):
        daemon = Daemon(folder, EMPTY.replace("speed=10", "speed=4"), unattended=False)
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
            # the block in flight, at four times the pace, and what came in while it was asked
            check((stored or 0) > seen - 2 * 4 * 250, state, stored, seen)
            if stored is None:
                continue
            run([BUILD / "stance", "analyze", test], env=again.store_environment())
            same(again.ask("GET", f"tests/{test}/report.json")[0], 200, f"{state}: report")
            again.result(again.start("nordic", duration_s=0.5))


if __name__ == "__main__":
    main()
