# SPDX-License-Identifier: GPL-3.0-or-later
"""Inside the guest: the real daemon on virtual instruments, over a real USB stack. Whatever happens
to the cable, every frame that left an instrument is in the store; every other one is counted."""
import subprocess
import time

from plugged import (
    ATHLETE,
    EMPTY,
    MCC,
    PLATE,
    PROVER,
    U6,
    Bench,
    account,
    is_unproved,
    judge_peaks,
    settings,
    take_profile,
    unplug_and_plug,
)
from station import Daemon, Onlooker, check, main, same, scenario, wait_for  # plugged finds it


def whole_test(folder, kind, faults=()):
    settings(folder, kind.uri)
    take_profile(folder, kind, ATHLETE)
    with Bench(folder, (kind, ATHLETE), faults=faults) as bench, Daemon(folder, None) as daemon:
        onlooker = Onlooker(daemon)
        mark = bench.mark()
        test = daemon.start("bench", athlete="A-17")
        report = daemon.result(test)
        result = onlooker.wait("result", lambda data: data["id"] == test)
        same(result["report"], report, "the event's report and report.json")
        check(is_unproved(report), "nobody proved the sides")
        states = [state["test"]["state"] for state in onlooker.all("state") if state["test"]]
        for state in ("zeroing", "get_on", "weighing", "effort", "rest", "zeroing_after"):
            check(state in states, f"no {state}:", states)
        found = account(daemon, bench, test, mark)[0]
        if faults:
            check(bench.lost() > 0, "nothing was damaged")
        else:
            same(found["lost"], "0", "frames lost")
            judge_peaks(daemon, bench, test, found)


@scenario("a posted test from start to report: every frame kept, its peaks are what truly pulled")
def whole_test_labjack(folder):
    whole_test(folder, U6)


# What a clinician does to come to each state of a test from the one before it, and where he is when
# the instrument is back: an effort that it interrupted is offered again.
WAY = {
    "zero": ([], "zero"),
    "zeroing": (["next"], "zeroing"),
    "get_on": ([], "get_on"),
    "prove_left": (["next"], "prove_left"),
    "weigh": (["next"], "weigh"),
    "weighing": (["next"], "weighing"),
    "wait": ([], "wait"),
    "ready": (["next"], "wait"),
    "effort": (["next"], "wait"),
    "rest": (["next", "repeat"], "rest"),
    "get_off": (["finish"], "get_off"),
    "zeroing_after": (["next"], "zeroing_after"),
}


def come_to(daemon, test, state):
    for command in WAY[state][0]:
        if command == "repeat":
            daemon.wait_state("effort")
        daemon.command(test, command)
    return daemon.wait_state(state)


def unplugged_in_each_state(folder, kind):
    settings(folder, kind.uri, still_s=3, effort_s=20, rest_s=20)  # none ends too soon
    with Bench(folder, (kind, EMPTY)) as bench, Daemon(folder, None, unattended=False) as daemon:
        bench.unplug()
        seen = lambda: daemon.state()["instrument"]
        wait_for(lambda: seen()["state"] == "absent", "absent without a test")
        check("plug it in" in seen()["problem"], seen())
        status, answer = daemon.ask("POST", "tests", {"protocol": "bench"})
        same((status, "plug it in" in answer["detail"]), (503, True), f"without it: {answer}")
        bench.plug()
        bench.enumerated()
        wait_for(lambda: seen()["state"] == "idle", "idle again")
        same(seen()["problem"], None, "its problem")
        onlooker = Onlooker(daemon)
        mark = bench.mark()
        test = daemon.start("bench", athlete="A-17")
        for state, (_, after) in WAY.items():
            come_to(daemon, test, state)
            unplug_and_plug(daemon, onlooker, bench, state, after)
            # what is measured anew is measured behind the gap
            check("frames_lost" not in onlooker.told(), f"{state}: {onlooker.told()}")
        check(is_unproved(daemon.result(test)), "it was plugged in anew")
        account(daemon, bench, test, mark, gaps=len(WAY))


@scenario("unplugged in each state of the station and of a test: said, waited for, a measured gap")
def unplugged_labjack(folder):
    unplugged_in_each_state(folder, U6)


@scenario("SIGTERM in an effort: it is ended, closed, analysed; every frame is kept", full=True)
def told_to_end(folder):
    settings(folder, MCC.uri, effort_s=20)
    with Bench(folder, (MCC, EMPTY)) as bench, Daemon(folder, None) as daemon:
        mark = bench.mark()
        test = daemon.start("bench")
        daemon.wait_state("effort")
        begun = time.monotonic()
        daemon.end()
        print(f"  ended after {time.monotonic() - begun:.1f} s", flush=True)
        account(daemon, bench, test, mark)
        results = daemon.rows("SELECT count(*) FROM results WHERE recording = ?", test)
        same(results, [(1,)], "results")


@scenario("SIGTERM while the instrument is away: nothing waits for it", full=True)
def told_to_end_while_away(folder):
    settings(folder, U6.uri, effort_s=20)
    with Bench(folder, (U6, EMPTY)) as bench, Daemon(folder, None) as daemon:
        mark = bench.mark()
        test = daemon.start("bench")
        daemon.wait_state("effort")
        bench.unplug()
        wait_for(lambda: daemon.state()["instrument"]["state"] == "absent", "absent")
        begun = time.monotonic()
        daemon.end()
        took_s = time.monotonic() - begun
        check(took_s < 20, f"it took {took_s} s to end")
        found = bench.compare(daemon, test, mark)
        same(int(found["stored"]), bench.arrived(mark), "frames stored, of those delivered")
        produced, lost, stored = daemon.account(test)
        same(stored + lost, produced, "frames stored and lost, of those produced")


@scenario("a posted test on a USB-1608FS-Plus", full=True)
def whole_test_mcc(folder):
    whole_test(folder, MCC)


@scenario("a posted test on a home-built plate", full=True)
def whole_test_plate(folder):
    whole_test(folder, PLATE)


@scenario("damage on the wire: what is not stored is what it lost, to the frame", full=True)
def damaged(folder):
    faults = ("skip-counter@3000:2", "bad-checksum8@5000", "bad-checksum16@7000", "truncate@9000",
              "overrun@11000:300")
    whole_test(folder, U6, faults)


@scenario("unplugged in each state: a USB-1608FS-Plus", full=True)
def unplugged_mcc(folder):
    unplugged_in_each_state(folder, MCC)


@scenario("unplugged in each state: a home-built plate", full=True)
def unplugged_plate(folder):
    unplugged_in_each_state(folder, PLATE)


@scenario("unattended, away in an effort: the test goes on by itself to its report", full=True)
def away_while_nobody_is_there(folder):
    settings(folder, U6.uri, effort_s=5)
    with Bench(folder, (U6, EMPTY)) as bench, Daemon(folder, None) as daemon:
        onlooker = Onlooker(daemon)
        mark = bench.mark()
        test = daemon.start("bench")
        daemon.wait_state("effort")
        unplug_and_plug(daemon, onlooker, bench, "unattended", "wait", "effort")
        daemon.result(test)
        account(daemon, bench, test, mark, gaps=1)


@scenario("unattended, away for good: it ends with a sentence, and keeps what there is", full=True)
def away_for_good(folder):
    settings(folder, U6.uri, effort_s=20)
    with Bench(folder, (U6, EMPTY)) as bench, Daemon(folder, None) as daemon:
        onlooker = Onlooker(daemon)
        mark = bench.mark()
        test = daemon.start("bench")
        daemon.wait_state("effort")
        bench.unplug()
        result = onlooker.wait("result", lambda data: data["id"] == test)
        check(any("did not come back" in text for text in result["warnings"]), result["warnings"])
        wait_for(lambda: daemon.state()["test"] is None, "the end")
        found = bench.compare(daemon, test, mark)
        same(int(found["stored"]), bench.arrived(mark), "frames stored, of those delivered")
        bench.plug()
        bench.enumerated()
        again = daemon.start("bench", duration_s=1)
        daemon.result(again)
        daemon.keeps(again)


@scenario("another unit on the same port is not taken for the one that was there", full=True)
def swapped(folder):
    settings(folder, U6.uri, effort_s=20)
    with Bench(folder, (U6, EMPTY)) as bench, Daemon(folder, None, unattended=False) as daemon:
        onlooker = Onlooker(daemon)
        mark = bench.mark()
        test = daemon.start("bench")
        come_to(daemon, test, "zeroing")
        come_to(daemon, test, "get_on")
        bench.tell("swap@now:300")
        onlooker.wait("tell", lambda data: data["message"] == "instrument_lost")
        bench.enumerated()
        other = onlooker.wait(
            "state", lambda data: "is left alone" in (data["instrument"]["problem"] or "")
        )
        check(other["instrument"]["state"] != "streaming", other["instrument"])
        daemon.command(test, "abort")
        daemon.result(test)
        found = bench.compare(daemon, test, mark)
        same(int(found["stored"]), bench.arrived(mark), "frames stored, of those delivered")


def prove(daemon, wanted):
    """From the beginning to the prompt before he is weighed; `wanted`: the sides are asked for."""
    test = daemon.start("bench")
    come_to(daemon, test, "zero")
    daemon.command(test, "next")
    daemon.wait_state("get_on")
    daemon.command(test, "next")
    asked = daemon.state()["test"]["state"] != "weigh"
    same(asked, wanted, "the sides are to be proved")
    now = daemon.wait_state("weigh")
    same(now["sides_proved"], True, "proved")
    return test


def end_early(daemon, test):
    daemon.command(test, "abort")
    return daemon.result(test)


@scenario("what was proved holds until it is plugged in anew, in a test and between two", full=True)
def proved_and_plugged_in_anew(folder):
    settings(folder, U6.uri)
    take_profile(folder, U6, PROVER)
    with Bench(folder, (U6, PROVER)) as bench, Daemon(folder, None, unattended=False) as daemon:
        onlooker = Onlooker(daemon)
        check(not is_unproved(end_early(daemon, prove(daemon, True))), "it was proved")
        test = prove(daemon, False)
        unplug_and_plug(daemon, onlooker, bench, "weigh", "weigh")
        same(daemon.state()["test"]["sides_proved"], False, "proved, plugged in anew")
        check(is_unproved(end_early(daemon, test)), "it was plugged in anew")
        check(not is_unproved(end_early(daemon, prove(daemon, True))), "it was proved anew")
        bench.unplug()
        bench.plug()
        bench.enumerated()
        check(not is_unproved(end_early(daemon, prove(daemon, True))), "proved between two tests")


@scenario("two instruments make one rig; one is away for a while, the other is whole", full=True)
def two_instruments(folder):
    settings(folder, "left=" + U6.uri.replace("0,1", "0"), "right=" + MCC.uri.replace("0,1", "1"),
             effort_s=5)
    played = ((U6, EMPTY), (MCC, EMPTY))
    with Bench(folder, *played) as bench, Daemon(folder, None) as daemon:
        onlooker = Onlooker(daemon)
        mark = bench.mark()
        test = daemon.start("bench")
        report = daemon.result(test)
        check(is_unproved(report), "nobody proved the sides")
        account(daemon, bench, test, mark)
        for number in (1, 2):
            mark = bench.mark()
            test = daemon.start("bench")
            daemon.wait_state("effort")
            name = f"one of two, {number}"
            unplug_and_plug(daemon, onlooker, bench, name, "wait", "effort", number)
            daemon.result(test)
            for k in (1, 2):
                found = bench.compare(daemon, test, mark, k)
                same(int(found["stored"]), bench.arrived(mark, k), f"{number}, {k}: frames stored")
                check((int(found["lost"]) > 0) == (k == number), f"{number}, {k}: lost", found)


if __name__ == "__main__":
    subprocess.run(["busybox", "ip", "link", "set", "lo", "up"], check=True)
    main()
