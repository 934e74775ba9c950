# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon as a service: what it tells systemd and when, and what its log does not tell."""
import contextlib
import ctypes
import os
import pathlib
import signal
import socket
import time

from station import Daemon, LeftOut, check, main, same, scenario, wait_for

FAST = "sim:?speed=max&rate=250"
WATCHDOG_S = 0.8
HANGS_AFTER_S = 2  # station.c


class Systemd:
    """The socket that the environment names, and when each datagram came."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0", 1))
        self.socket.settimeout(0.02)
        self.environment = {
            "NOTIFY_SOCKET": name, "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6))
        }
        self.told = []

    def listen(self, seconds=0.0):
        """All that came so far, and within so many seconds more."""
        until = time.monotonic() + seconds
        while True:
            try:
                self.told.append((self.socket.recv(4096).decode(), time.monotonic()))
            except TimeoutError:
                if time.monotonic() >= until:
                    return [word for word, _ in self.told]

    def signs(self, since=0.0):
        return [at for word, at in self.told if word == "WATCHDOG=1" and at >= since]


@scenario("systemd is told when it is ready, that it lives, and that it ends, in this order")
def life(folder):
    for name in (f"{folder}/notify", f"@stance-test-{os.getpid()}"):
        systemd = Systemd(name)
        with Daemon(folder, FAST, environment=systemd.environment) as daemon:
            wait_for(lambda: "READY=1" in systemd.listen(), "READY=1", 10)
            daemon.state()  # it answers by then
            begun = time.monotonic()
            systemd.listen(4 * WATCHDOG_S)
            signs = systemd.signs(begun)
            check(len(signs) >= 8, "signs of life:", len(signs))
            # systemd advises half of its limit; a busy computer may be late by a little
            longest = max(late - early for early, late in zip(signs, signs[1:]))
            check(longest < WATCHDOG_S * 0.75, "between two of them:", longest, "s")
            daemon.signal(signal.SIGHUP)  # nothing is interrupted: it stays ready
            wait_for(lambda: "event=settings_read" in daemon.log(), "settings read")
            test = daemon.start(duration_s=1)
            daemon.result(test)
            daemon.end()
        words = [word for word in systemd.listen() if word != "WATCHDOG=1"]
        same(words, ["READY=1", "STOPPING=1"], "told")
        same(systemd.told[0][0], "READY=1", "first")
        same(systemd.told[-1][0], "STOPPING=1", "last")


@scenario("nobody asks: it says nothing, and another process's watchdog is not its own")
def unasked(folder):
    systemd = Systemd(f"{folder}/notify")
    systemd.environment["WATCHDOG_PID"] = str(os.getpid())
    with Daemon(folder, FAST, environment=systemd.environment):
        systemd.listen(2 * WATCHDOG_S)
    same(systemd.listen(), ["READY=1", "STOPPING=1"], "told")
    with Daemon(folder, FAST, environment={"NOTIFY_SOCKET": f"{folder}/nobody"}) as daemon:
        check("event=notify_failed" in daemon.log(), "an unreachable systemd is not told of")
        daemon.result(daemon.start(duration_s=1))


@contextlib.contextmanager
def all_but_main_held(pid):
    """Holds every thread of the daemon but its first, as a debugger does."""
    seize, interrupt, detach, wait_all = 0x4206, 0x4207, 17, 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    held = [int(path.name) for path in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    held.remove(pid)
    check(held, "no thread beside the first")
    for thread in held:
        if libc.ptrace(seize, thread, None, None) != 0:
            raise LeftOut("holding single threads is not permitted here")
        same(libc.ptrace(interrupt, thread, None, None), 0, "interrupt")
        same(os.waitpid(thread, wait_all)[0], thread, "held")
    try:
        yield
    finally:
        for thread in held:
            libc.ptrace(detach, thread, None, None)


@scenario("the station hangs while the daemon's own loop goes on: systemd hears nothing until it is back")
def hangs(folder):
    systemd = Systemd(f"{folder}/notify")
    with Daemon(folder, FAST, environment=systemd.environment) as daemon:
        wait_for(lambda: "READY=1" in systemd.listen(), "READY=1", 10)
        with all_but_main_held(daemon.process.pid):
            begun = time.monotonic()
            systemd.listen(HANGS_AFTER_S + 3 * WATCHDOG_S)
            daemon.signal(signal.SIGHUP)
            wait_for(lambda: "event=settings_read" in daemon.log(), "the daemon's own loop", 5)
            same(systemd.signs(begun + HANGS_AFTER_S + 0.2), [], "signs of a life that hangs")
        freed = time.monotonic()
        systemd.listen(2 * WATCHDOG_S)
        check(len(systemd.signs(freed)) >= 2, "no sign of life once it goes on")
        daemon.result(daemon.start(duration_s=1))


@scenario("whom a recording is named after is not in the log, though it is played back")
def played_back(folder):
    name = "Jane Roe"
    recording = pathlib.Path(folder) / f"{name}.csv"
    recording.write_text("time_s,left_n,right_n\n" + "".join(f"{k / 100},{k % 7},{k % 5}\n" for k in range(300)))
    with Daemon(folder, f"replay:{recording}") as daemon:
        check(name in str(daemon.state()["instrument"]["name"]), "the page does not say what is played")
        daemon.result(daemon.start(athlete=name))
    check('device="replay:"' in daemon.log(), "does not say what it plays:", daemon.log())
    check("Roe" not in daemon.log() and ".csv" not in daemon.log(), daemon.log())


if __name__ == "__main__":
    main()
