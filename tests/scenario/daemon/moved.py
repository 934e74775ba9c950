# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a recording is, what it was analysed with, and who has been tested today."""
import time

from station import Daemon, Onlooker, main, same, scenario

RIG = "sim:nordic?speed=max&rate=250&repetitions=1"


def report_of(daemon, test):
    status, report = daemon.ask("GET", f"tests/{test}/report.json")
    same(status, 200, f"report: {report}")
    return report


def move(daemon, test, status=200, **body):
    found, answer = daemon.ask("POST", f"tests/{test}/athlete", body)
    same(found, status, f"move {body}: {answer}")


@scenario("a moved recording has the new athlete's injured side; undone, the first one's")
def injured_side(folder):
    with Daemon(folder, RIG) as daemon:
        test = daemon.start(athlete="A-17", mass_kg=80, injured="left")
        before = daemon.result(test)
        same(before["injured_side"], "left", "injured side")
        move(daemon, test, athlete="B-2")
        same(report_of(daemon, test)["injured_side"], None, "injured side of another athlete")
        move(daemon, test, athlete="C-3", mass_kg=450, lever_m=0.02, injured="right")
        moved = report_of(daemon, test)
        same([moved["athlete"], moved["injured_side"]], ["C-3", "right"], "moved with his injury")
        move(daemon, test, status=400, athlete="B-2", injured="both")
        for side in (None, "left"):
            move(daemon, test, undo=True)
            same(report_of(daemon, test)["injured_side"], side, "injured side, undone")
        daemon.keeps(test)


def kept_result(daemon):
    """What a page that connects now is told first."""
    newcomer = Onlooker(daemon)
    newcomer.wait("state")
    result = newcomer.wait("result")
    newcomer.leave()
    return result


@scenario("the result that is told is the new athlete's, to who looks on and to who comes; undone too")
def told_again(folder):
    with Daemon(folder, RIG + "&fail_s=20&back_s=21") as daemon:
        first = daemon.start(athlete="A-17", mass_kg=80)
        daemon.result(first)
        test = daemon.start(athlete="A-17", mass_kg=80)
        before = daemon.result(test)
        told = kept_result(daemon)
        same([told["id"], told["report"]], [test, before], "result")
        same(len(told["warnings"]), 1, f"warnings: {told['warnings']}")
        onlooker = Onlooker(daemon)
        move(daemon, test, athlete="B-2", mass_kg=71)
        onlooker.wait("result", lambda data: data["report"]["athlete"] == "B-2", 20)
        for athlete, again in (("B-2", kept_result(daemon)), ("A-17", None)):
            if again is None:
                move(daemon, test, undo=True)
                again = kept_result(daemon)
            same(again["report"], report_of(daemon, test), "result and report.json")
            same([again["id"], again["report"]["athlete"]], [test, athlete], "whose it is")
            same(athlete in again["summary"], True, again["summary"])
            for name in ("problem", "warnings"):
                same(again[name], told[name], name)
        same(again, told, "undone")
        move(daemon, first, athlete="C-3")  # of an earlier test nobody is told
        same(kept_result(daemon), told, "result after another one was moved")
        onlooker.leave()
        daemon.keeps(test, lost=None)


@scenario("reports have the settings that the test was given, and a move keeps them")
def own_settings(folder):
    with Daemon(folder, RIG) as daemon:
        test = daemon.start(athlete="A-17", settings={"onset_sd": "7"})
        before = daemon.result(test)
        same(before["settings"]["onset_sd"], 7, "onset_sd")
        same(kept_result(daemon)["report"], before, "result and report.json")
        sheet = daemon.ask("GET", f"tests/{test}/report.csv?layout=long")[1]
        kept = "SELECT settings, long_csv FROM results WHERE recording = ?"
        same(sheet, daemon.rows(kept, test)[0][1], "report.csv and what was kept")
        for body in ({"athlete": "B-2"}, {"undo": True}):
            move(daemon, test, **body)
            same(report_of(daemon, test)["settings"], before["settings"], f"settings after {body}")
            same(kept_result(daemon)["report"]["settings"], before["settings"], "as told")
            same("onset_sd=7\n" in daemon.rows(kept, test)[0][0], True, "as kept")
        same(daemon.ask("GET", f"tests/{test}/report.csv?layout=long")[1], sheet, "undone")
        daemon.keeps(test)


def noons():
    """TZ of two places where it is about noon, of one day and of the next."""
    east_h = 12 - time.gmtime().tm_hour
    first_h = east_h if east_h <= 0 else east_h - 24
    return tuple({"TZ": f"NOON{-hours:+d}"} for hours in (first_h, first_h + 24))


@scenario("who is done is done for the day: on the next one the same list is tested anew")
def team_days(folder):
    day, next_day = noons()
    team = {
        "athletes": [
            {"athlete": "A-17", "mass_kg": 80.5, "done": True},
            {"athlete": "B-2", "lever_m": 0.41, "done": False},
        ],
        "position": 1,
    }
    rested = {**team, "athletes": [{**one, "done": False} for one in team["athletes"]]}
    with Daemon(folder, RIG, environment=day) as daemon:
        same(daemon.ask("PUT", "roster", team), (200, team), "put")
        same(daemon.ask("GET", "roster"), (200, team), "the same day")
    with Daemon(folder, RIG, environment=day) as daemon:
        same(daemon.ask("GET", "roster"), (200, team), "the same day, another daemon")
    with Daemon(folder, RIG, environment=next_day) as daemon:
        same(daemon.ask("GET", "roster"), (200, rested), "another day")
        same(daemon.ask("PUT", "roster", team), (200, team), "put on that day")
        same(daemon.ask("GET", "roster"), (200, team), "that day")
        for body, status in (
            ({"mass_kg": 500, "lever_m": 0.01}, 200),  # as in a test and a move
            ({"mass_kg": 501}, 400),
            ({"lever_m": 0.009}, 400),
        ):
            odd = {"athletes": [{"athlete": "C-3", "done": False, **body}], "position": 0}
            same(daemon.ask("PUT", "roster", odd)[0], status, f"roster with {body}")
        same(daemon.ask("PUT", "roster", team), (200, team), "put again")
        twice = {"athletes": team["athletes"] + team["athletes"][:1], "position": 0}
        status, answer = daemon.ask("PUT", "roster", twice)
        same(status, 400, f"a name twice: {answer}")
        same("A-17" in answer["detail"] and "twice" in answer["detail"], True, answer["detail"])
        same(daemon.ask("GET", "roster"), (200, team), "as it was")


if __name__ == "__main__":
    main()
