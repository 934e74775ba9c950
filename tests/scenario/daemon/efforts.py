# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests from request to result, and what athletes do in them."""
from station import (
    FULL,
    Daemon,
    Onlooker,
    check,
    lead,
    main,
    same,
    scenario,
    wait_for,
)


def flags(report):
    """Every flag anywhere in a report."""
    found = set()

    def look(part):
        if isinstance(part, dict):
            for name, value in part.items():
                if name == "flags" and isinstance(value, list):
                    found.update(flag for flag in value if isinstance(flag, str))
                elif name == "status" and isinstance(value, str) and ":" in value:
                    found.update(value.split(":", 1)[1].split("+"))
                look(value)
        elif isinstance(part, list):
            for value in part:
                look(value)

    look(report)
    return found


def pass_proof(daemon):
    """The straps need no proof: it is passed over, and the results say so."""

    def answer(test):
        proving = test["state"].startswith("prove_")
        if proving:
            daemon.command(test["id"], "next", status=None)
        return proving

    return answer


def repetitions(protocol):
    return protocol["repetitions"] * (1 if protocol["sides"] in ("both", "left", "right") else 2)


@scenario("each protocol from the request to its report, nothing lost, every repetition counted")
def each_protocol(folder):
    with Daemon(folder, "sim:?speed=max&rate=250") as daemon:
        protocols = daemon.ask("GET", "protocols")[1]
        check(len(protocols) >= 14, "protocols:", [p["id"] for p in protocols])
        if not FULL:  # both legs at once, in turn; strap and plates; a lowering and a hold
            protocols = [p for p in protocols if p["id"] in ("nordic", "isometric", "imtp")]
        onlooker = Onlooker(daemon)
        for protocol in protocols:
            name = protocol["id"]
            test = daemon.start(name, athlete="A-17", mass_kg=80, lever_m=0.4)
            report = daemon.result(test)
            same(report["protocol"]["id"], name, "protocol")
            result = onlooker.wait("result", lambda data, test=test: data["id"] == test)
            same(result["warnings"], [], f"{name}: warnings")
            same(result["report"], report, f"{name}: the event's report and report.json")
            counted = {data["number"] for data in onlooker.all("repetition") if data["counted"]}
            same(len(counted), repetitions(protocol), f"{name}: counted live")
            onlooker.events.clear()
            daemon.keeps(test)
        same(onlooker.missed, 0, "events that an onlooker missed")
        same(len(daemon.ask("GET", "tests?athlete=A-17")[1]), len(protocols), "history")


@scenario("attended: the clinician goes on at each prompt; what was not proved is said")
def attended(folder):
    device = "sim:nordic?speed=20&unloaded_s=6&get_on_s=1&limb_s=8&ready_s=1&rest_s=3"
    with Daemon(folder, device, unattended=False) as daemon:
        test = daemon.start(athlete="A-17")
        lead(daemon, test, until=("get_off", "rest"), answer=pass_proof(daemon))
        if daemon.state()["test"]["state"] != "get_off":
            daemon.command(test, "finish")
        lead(daemon, test)
        report = daemon.result(test)
        check("sides_unproved" in flags(report), "flags:", flags(report))
        daemon.keeps(test)


@scenario("false start: an effort before the signal is told, waited for anew, kept and not used")
def false_start(folder):
    # up and down without a rest, so that some effort begins between 'get ready' and 'go'
    device = (
        "sim:nordic?speed=10&unloaded_s=4&get_on_s=0&limb_s=7&ready_s=0.5&effort_s=1&rest_s=1"
        "&repetitions=60"
    )
    with Daemon(folder, device, unattended=False) as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17")
        lead(daemon, test, until=("ready",), answer=pass_proof(daemon))
        onlooker.wait("tell", lambda data: data["message"] == "false_start")
        onlooker.wait("state", lambda data: data["test"] and data["test"]["state"] == "wait")
        early = onlooker.wait("repetition", lambda data: data["message"] == "false_start")
        same(early["counted"], False, early)
        # until it is over
        over_s = onlooker.all("live")[-1]["t_s"] + 3
        onlooker.wait("live", lambda data: data["t_s"] > over_s)
        daemon.command(test, "abort")
        report = daemon.result(test)
        check("taken_back" in flags(report), "it is used:", report["repetitions"])
        daemon.keeps(test)


@scenario("the athlete moves while he is weighed: told again until he keeps still")
def moves_while_weighed(folder):
    device = (
        "sim:nordic?speed=10&unloaded_s=5&get_on_s=12&limb_n=300&limb_s=20&ready_s=1&range_n=5000"
    )
    with Daemon(folder, device, unattended=False) as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17")
        # weighed while he gets on, from 5 s to 17 s, which moves the reading most in the middle
        lead(daemon, test, until=("weigh",), answer=pass_proof(daemon))
        onlooker.wait("live", lambda data: data["t_s"] > 8)
        lead(daemon, test, until=("wait",))
        check("not_still" in onlooker.told(), "told:", onlooker.told())
        sentence = onlooker.wait("tell", lambda data: data["message"] == "not_still")
        check(sentence["number"] > 50, "by how much:", sentence)
        daemon.command(test, "abort")
        daemon.result(test)
        same(
            daemon.rows("SELECT count(*) FROM phases WHERE recording = ? AND kind = 'limb'", test),
            [(1,)],
            "limbs that were weighed",
        )
        daemon.keeps(test)


@scenario("a repetition that was missed, one that is repeated, one that is rejected: all are kept")
def missed_repeated_rejected(folder):
    with Daemon(folder, "sim:?speed=20&repetitions=2") as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17")
        onlooker.wait("repetition", lambda data: data["number"] == 1 and data["counted"])
        daemon.command(test, "repeat")
        taken_back = onlooker.wait("repetition", lambda data: not data["counted"])
        same(taken_back["number"], 1, "which one was taken back")
        daemon.command(test, "repeat", status=409)  # it is taken back already
        onlooker.wait("repetition", lambda data: data["number"] == 2 and data["counted"])
        daemon.command(test, "reject")
        onlooker.wait("tell", lambda data: data["message"] == "missed")
        report = daemon.result(test)
        same(daemon.state()["test"], None, "test")
        same(len(daemon.notes(test, "reject")), 2, "rejections in the store")
        check("taken_back" in str(report), "no taken_back in the report")
        daemon.keeps(test)


@scenario("pain: the effort ends at once, the side is locked until released, over a restart too")
def pain_locks(folder):
    device = "sim:nordic?speed=10&unloaded_s=600&duration=620"
    with Daemon(folder, device, unattended=False) as daemon:
        test = daemon.start(athlete="A-17")
        lead(daemon, test, until=("effort",), answer=pass_proof(daemon))
        daemon.command(test, "stop")
        daemon.command(test, "abort")  # and nobody says on which side
        daemon.result(test)
        test = daemon.start(athlete="A-17")
        now = lead(daemon, test, until=("wait",), answer=pass_proof(daemon))
        same(now["locked"], ["left", "right"], "locked by a pain that nobody answered")
        check("release" in now["commands"], "offers to release")
        daemon.command(test, "release", "left")
        daemon.command(test, "release", "right")
        lead(daemon, test, until=("effort",))
        daemon.command(test, "stop")
        same(daemon.state()["test"]["needs"], "pain", "what is asked for")
        attempt = daemon.state()["test"]["attempts"][-1]
        same((attempt["counted"], attempt["message"]), (False, "broken_off"), "the attempt")
        for wrong in (11, -1, 2.5, "left", None):
            check(daemon.command(test, "pain", wrong, status=None) == 400, "pain", wrong)
        daemon.command(test, "pain", 6)
        same(daemon.state()["test"]["needs"], "side", "what is asked for")
        daemon.command(test, "side", "left")
        now = daemon.state()["test"]
        same((now["state"], now["locked"]), ("wait", ["left"]), "after the answers")
        daemon.command(test, "next", status=409)
        check("next" not in now["commands"], "offers to go on")
        daemon.command(test, "abort")
        daemon.result(test)
        same([value for _, _, value in daemon.notes(test, "pain")], [6.0], "pain in the store")
        daemon.keeps(test)
    with Daemon(folder, device, unattended=False) as daemon:
        test = daemon.start(athlete="A-17")
        lead(daemon, test, until=("wait",), answer=pass_proof(daemon))
        same(daemon.state()["test"]["locked"], ["left"], "another day")
        daemon.command(test, "next", status=409)
        daemon.command(test, "release", "left")
        daemon.command(test, "next")
        daemon.command(test, "abort")
        daemon.result(test)


@scenario("legs swapped: the other strap answers, is told, and nothing is proved by it")
def legs_swapped(folder):
    device = (
        "sim:nordic?speed=10&sides=right&unloaded_s=5&get_on_s=1&limb_s=2&ready_s=0.5&effort_s=3"
        "&rest_s=3&repetitions=60"
    )
    with Daemon(folder, device, unattended=False) as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17")
        lead(daemon, test, until=("prove_left",))
        wrong = onlooker.wait("tell", lambda data: data["message"] == "side_wrong")
        check(wrong["number"] >= 20, wrong)
        wait_for(lambda: onlooker.told().count("side_wrong") == 2, "the answer to the next pull")
        rig_s, told_s = 0, []
        for name, data in list(onlooker.events):
            rig_s = data["t_s"] if name == "live" else rig_s
            if name == "tell" and data["message"] == "side_wrong":
                told_s.append(rig_s)
        check(told_s[1] - told_s[0] > 4, "one pull, one answer; they were told at", told_s)
        same(daemon.state()["test"]["state"], "prove_left", "what is asked for")
        same(daemon.state()["test"]["sides_proved"], False, "proved by the wrong side")
        check("side_proved" not in onlooker.told(), "told:", onlooker.told())
        daemon.command(test, "abort")
        daemon.result(test)
        daemon.keeps(test)


@scenario("zero: refused under an athlete's weight; under a small load, found out at the end")
def zeroed_under_load(folder):
    device = (
        "sim:nordic?speed=10&unloaded_s=0&get_on_s=0&get_off_s=0.5&tail_s=600&limb_s=14&ready_s=1"
        "&effort_s=3&rest_s=5&repetitions=1&limb_n="
    )
    with Daemon(folder, device + "60", unattended=False) as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17")
        daemon.wait_state("zero")
        daemon.command(test, "next")
        refused = onlooker.wait("tell", lambda data: data["message"] == "zero_far")
        check(100 < refused["number"] < 140, refused)
        daemon.wait_state("zero")
        daemon.command(test, "abort")
        daemon.result(test)
    with Daemon(folder, device + "30", unattended=False) as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17")
        lead(daemon, test, until=("wait",), answer=pass_proof(daemon))
        onlooker.wait("live", lambda data: data["t_s"] > 26)  # he is off
        daemon.command(test, "finish")
        lead(daemon, test)
        report = daemon.result(test)
        onlooker.wait("tell", lambda data: data["message"] == "zeroed_under_load")
        check("zeroed_under_load" in flags(report), "flags:", flags(report))
        daemon.keeps(test)


if __name__ == "__main__":
    main()
