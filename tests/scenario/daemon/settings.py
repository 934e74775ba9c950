# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings file: read at the start and on SIGHUP, never half, and never in a test."""
import pathlib
import signal
import subprocess
import time

from station import BUILD, Daemon, Onlooker, check, main, same, scenario, wait_for

FAST = "sim:?speed=max&rate=250&seed="


def write(folder, text):
    path = pathlib.Path(folder) / "config" / "stance" / "stanced.ini"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def reread(daemon, event):
    """SIGHUP, and the line of the log that it leads to."""
    seen = len(daemon.log())
    daemon.signal(signal.SIGHUP)

    def line():
        return next((part for part in daemon.log()[seen:].splitlines() if event in part), None)

    return wait_for(line, f"{event} after SIGHUP", 20)


def device_of(daemon, test):
    return daemon.rows("SELECT uri FROM streams WHERE recording = ?", test)[0][0]


@scenario("read at the start, and anew on SIGHUP: other instruments from the next test on")
def other_instruments(folder):
    write(folder, f"[stanced]\ndevice = {FAST}7\nlatency_s = 0.03\n")
    with Daemon(folder, None) as daemon:
        test = daemon.start(duration_s=1)
        daemon.result(test)
        check("seed=7" in device_of(daemon, test), device_of(daemon, test))
        write(folder, f"device = {FAST}8\nport = 7999\nstore = /nowhere/store.db\n")
        line = reread(daemon, "event=settings_applied")
        check("seed=8" in line, line)
        for setting in ("port", "store"):
            check(f"event=needs_restart setting={setting}" not in daemon.log(),
                  "given on the command line, and not changed by the file:", daemon.log())
        test = daemon.start(duration_s=1)
        daemon.result(test)
        check("seed=8" in device_of(daemon, test), device_of(daemon, test))
        write(folder, f"device = left={FAST}1\ndevice = right={FAST}2\nprotocols = /nowhere\n")
        check("setting=protocols" in reread(daemon, "event=needs_restart"), daemon.log())
        wait_for(lambda: daemon.log().count("event=settings_applied") == 2, "two instruments")
        test = daemon.start(duration_s=1)
        daemon.result(test)
        daemon.keeps(test)
        same(
            daemon.rows("SELECT side FROM streams WHERE recording = ? ORDER BY stream", test),
            [("left",), ("right",)],
            "sides",
        )


@scenario("what is wrong in the file is named by its line, and everything stays as it was")
def refused(folder):
    write(folder, f"device = {FAST}7\n")
    with Daemon(folder, None) as daemon:
        for number, (text, what) in enumerate(
            (
                (f"device = {FAST}8\nspeed = 3\n", ":2: there is no setting 'speed'"),
                (f"device = {FAST}8\nlatency_s = fast\n", ":2: 'fast'"),
                ("port = 70000\n", ":1: '70000'"),
                ("store = store.db\n", ":1: 'store.db'"),
                (f"device = {FAST}8\ndevice = {FAST}9\n", ":2: '"),
                ("[sound]\nsound = none\n", ":2: the only section"),
                (f"device = {FAST}8\nwhat is this\n", ":2: expected"),
            ),
            1,
        ):
            write(folder, text)
            line = reread(daemon, "event=settings_refused")
            check(what in line, f"{number}: {line}")
        test = daemon.start(duration_s=1)
        daemon.result(test)
        check("seed=7" in device_of(daemon, test), device_of(daemon, test))
    write(folder, "port = none\n")
    refuses = subprocess.run(
        [BUILD / "stanced", "--store", f"{folder}/store.db", "--sound", "none"],
        env=daemon.environment, stderr=subprocess.PIPE, timeout=60, check=False,
    )
    same(refuses.returncode, 3, "exit status")
    check(b"stanced.ini:1: 'none'" in refuses.stderr, refuses.stderr)


@scenario("SIGHUP while a test goes on: it is not touched, and what was changed waits for its end")
def in_a_test(folder):
    write(folder, "device = sim:?speed=20&seed=7\n")
    with Daemon(folder, None) as daemon:
        onlooker = Onlooker(daemon)
        test = daemon.start(athlete="A-17")
        onlooker.wait("live")
        write(folder, f"device = {FAST}8\nsound = none\n")
        for _ in range(20):
            daemon.signal(signal.SIGHUP)
            time.sleep(0.02)
        check("event=settings_applied" not in daemon.log(), "changed in the middle of a test")
        daemon.command(test, "abort")
        daemon.result(test)
        daemon.keeps(test)
        check("seed=7" in device_of(daemon, test), device_of(daemon, test))
        wait_for(lambda: "event=settings_applied" in daemon.log(), "the change after the test", 20)
        test = daemon.start(duration_s=1)
        daemon.result(test)
        check("seed=8" in device_of(daemon, test), device_of(daemon, test))


@scenario("the sound card is exchanged; one that is not there is said, and a test goes on without")
def other_sound(folder):
    write(folder, f"device = {FAST}7\nsound = none\n")
    with Daemon(folder, None, sound="none") as daemon:  # what the command line says holds
        write(folder, f"device = {FAST}7\nsound = No Such Card\n")
        reread(daemon, "event=settings_read device=same sound=same")
    write(folder, f"device = {FAST}7\nsound = none\n")
    with Daemon(folder, None, sound=None) as daemon:
        same(daemon.state()["sound"]["state"], "off", "sound")
        write(folder, f"device = {FAST}7\nsound = No Such Card\n")
        check("No Such Card" in reread(daemon, "event=settings_applied"), daemon.log())
        wait_for(lambda: daemon.state()["sound"]["state"] == "absent", "absent")
        test = daemon.start(duration_s=1)
        daemon.result(test)
        daemon.keeps(test)
        write(folder, f"device = {FAST}7\nsound = none\n")
        reread(daemon, "event=settings_applied")
        wait_for(lambda: daemon.state()["sound"]["state"] == "off", "off again")


@scenario("a clinic's own protocols: found in its folder, and a change holds from the next test on")
def own_protocols(folder):
    own = pathlib.Path(folder) / "own"
    own.mkdir()
    text = "[protocol]\ntitle = Ours\nversion = 1\nsides = both\nrig = strap\neffort = eccentric\n"
    text += "repetitions = {}\nunloaded_s = 3\nget_on_s = 1\nlimb_s = 2\neffort_s = 8\nrest_s = 5\n"
    (own / "ours.ini").write_text(text.format(1))
    write(folder, f"device = {FAST}7\nprotocols = {own}\n")
    with Daemon(folder, None) as daemon:
        listed = {p["id"]: p for p in daemon.ask("GET", "protocols")[1]}
        same((listed["ours"]["own"], listed["ours"]["repetitions"]), (True, 1), "the own one")
        same(len(daemon.result(daemon.start("ours"))["repetitions"]) > 0, True, "repetitions")
        (own / "ours.ini").write_text(text.format(2))
        onlooker = Onlooker(daemon)
        test = daemon.start("ours")
        onlooker.wait("result", lambda data: data["id"] == test)
        same(len([r for r in onlooker.all("repetition") if r["counted"]]), 2, "after the change")


if __name__ == "__main__":
    main()
