# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a recording is, what it was analysed with, and who has been tested today."""
from station import Daemon, check, main, same, scenario

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


if __name__ == "__main__":
    main()
