# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else is there: two clinicians, many onlookers, and clients that mean harm, while it samples."""
import contextlib
import http.client
import json
import os
import resource
import socket
import threading
import time

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

SAMPLING = "sim:nordic?speed=1&unloaded_s=3000&duration=3600&spare_channels=6"


@scenario("two clinicians at once: every command is taken once, both see the same")
def two_clinicians(folder):
    device = SAMPLING.replace("speed=1&", "speed=10&")
    with Daemon(folder, device, unattended=False) as daemon:
        onlookers = [Onlooker(daemon), Onlooker(daemon)]
        answers = []

        def both(method, path, body):
            def one():
                answers.append(daemon.ask(method, path, body))

            answers.clear()
            threads = [threading.Thread(target=one) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return sorted(status for status, _ in answers)

        same(both("POST", "tests", {"protocol": "nordic"}), [201, 409], "two tests at once")
        test = next(answer["test"] for status, answer in answers if status == 201)
        lead(daemon, test, until=("get_on",))
        # 'next' leads to the proof of a side, which takes 'next' too: both mean something
        same(both("POST", f"tests/{test}/command", {"command": "next"}), [202, 202], "two nexts")
        lead(daemon, test, until=("wait",))
        same(both("POST", f"tests/{test}/command", {"command": "stop"})[0], 202, "two stops")
        pain = {"command": "pain", "value": 4}
        check(both("POST", f"tests/{test}/command", pain)[0] == 202, "two answers")
        lead(daemon, test, until=("pain_side",))
        side = {"command": "side", "value": "right"}
        same(both("POST", f"tests/{test}/command", side), [202, 409], "a side, twice")
        same(both("POST", f"tests/{test}/command", {"command": "abort"})[0], 202, "ended twice")
        daemon.result(test)
        for onlooker in onlookers:
            onlooker.wait("result", lambda data: data["id"] == test)
        # a newcomer's first event is an old one: from there on both have the same
        one, two = ([e for e in o.events if e[0] != "state"] for o in onlookers)
        shorter = min(len(one), len(two))
        check(shorter > 10 and one[-shorter:] == two[-shorter:], "they saw different things")
        daemon.keeps(test)


@scenario("two instruments, a daemon each, one store: two tests at once, nothing lost or mixed up")
def two_instruments(folder):
    with contextlib.ExitStack() as stack:
        daemons = []
        for seed in (7, 8):
            own = os.path.join(folder, str(seed))
            os.mkdir(own)
            device = f"sim:nordic?speed=6&seed={seed}"
            daemon = Daemon(own, device, store=os.path.join(folder, "store.db"))
            daemons.append(stack.enter_context(daemon))
        brief = {} if FULL else {"duration_s": 30}
        tests = [daemon.start(athlete=f"A-{daemon.port}", **brief) for daemon in daemons]
        check(all(daemon.state()["test"] for daemon in daemons), "not at once")
        for seed, daemon, test in zip((7, 8), daemons, tests):
            report = daemon.result(test)
            check(f" sim-{seed}-" in report["instrument"], "instrument:", report["instrument"])
            same(report["athlete"], f"A-{daemon.port}", "athlete")
            if FULL:
                same([r["status"] for r in report["repetitions"]], ["accepted"] * 3, "repetitions")
            daemon.keeps(test)


@scenario("twenty onlookers see every event of a whole test, and one who sleeps harms nobody")
def twenty_onlookers(folder):
    with Daemon(folder, "sim:?speed=30") as daemon:
        onlookers = [Onlooker(daemon) for _ in range(20)]
        sleeper = dial(daemon)
        sleeper.sendall(request(daemon, "GET", "/api/v1/events"))  # and never reads
        test = daemon.start(athlete="A-17")
        for onlooker in onlookers:
            onlooker.wait("result", lambda data: data["id"] == test)
        seen = [[e for e in o.events if e[0] != "state"] for o in onlookers]
        for onlooker, events in zip(onlookers, seen):
            same(onlooker.missed, 0, "missed events")
            same(len(events), len(seen[0]), "events seen")
        same(len({json.dumps(events) for events in seen}), 1, "versions of what happened")
        daemon.result(test)
        daemon.keeps(test)
        sleeper.close()


def real_time_threads(daemon):
    """How many threads come before the desktop."""
    tasks = [int(task) for task in os.listdir(f"/proc/{daemon.process.pid}/task")]
    found = 0
    for task in tasks:
        with contextlib.suppress(ProcessLookupError):  # ended meanwhile
            policy = os.sched_getscheduler(task) & ~os.SCHED_RESET_ON_FORK
            found += policy == os.SCHED_FIFO
    return found


def may_have_priority():
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


@scenario("the live engine comes before the desktop while an instrument streams, and nobody else")
def priority(folder):
    wanted = 1 if may_have_priority() else 0
    for device, threads in ((SAMPLING, wanted), (SAMPLING.replace("speed=1&", "speed=20&"), 0)):
        device = device.replace("speed=1&", "")
        with Daemon(folder, device, unattended=False) as daemon:
            same(real_time_threads(daemon), 0, "before the test")
            test = daemon.start()
            wait_for(lambda: daemon.state()["instrument"]["frames"] > 0, "frames")
            same(real_time_threads(daemon), threads, f"real-time threads with {device}")
            daemon.command(test, "abort")
            daemon.result(test)
            same(real_time_threads(daemon), 0, "after the test")
            daemon.keeps(test)


def dial(daemon):
    return socket.create_connection(("127.0.0.1", daemon.port), timeout=30)


def request(daemon, method, path, length=0, more=""):
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
    head += f"Authorization: Bearer {daemon.token}\r\nContent-Length: {length}\r\n{more}\r\n"
    return head.encode()


def hostile(daemon, kind, until):
    """One client of its kind, again and again, until the time is over."""
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            client = dial(daemon)
            client.settimeout(2)
            if kind == "loris":  # a byte now and then
                for byte in request(daemon, "GET", "/api/v1/state", more="X: " + "y" * 500):
                    client.sendall(bytes([byte]))
                    time.sleep(0.05)
                    if time.monotonic() > until:
                        break
            elif kind == "giant":
                client.sendall(request(daemon, "POST", "/api/v1/tests", 1 << 30))
                for _ in range(64):
                    client.sendall(b"x" * 65536)
            elif kind == "header":
                client.sendall(b"GET / HTTP/1.1\r\nX: " + b"y" * (1 << 20))
            elif kind == "garbage":
                client.sendall(bytes(range(256)) * 64)
            elif kind == "sudden":  # asks for events and is gone
                client.sendall(request(daemon, "GET", "/api/v1/events"))
                client.recv(100)
            elif kind == "report":
                client.sendall(request(daemon, "GET", "/api/v1/protocols") * 20)
            client.close()
        time.sleep(0.01)


class Port(http.client.HTTPConnection):
    """HTTP by the port."""

    def __init__(self, daemon):
        super().__init__("127.0.0.1", daemon.port, timeout=30)


class Private(http.client.HTTPConnection):
    """HTTP by the private socket."""

    def __init__(self, daemon):
        super().__init__("127.0.0.1", daemon.port, timeout=30)
        self.path = str(daemon.folder / "run" / "stance" / "stanced.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Idlers:
    """Connections without the token: more than there are places at both doors, opened again as
    soon as they are cut, as any account of the machine can."""

    def __init__(self, daemon, count):
        self.port, self.over, self.opened = daemon.port, False, 0
        self.idle = [None] * count
        self.thread = threading.Thread(target=self.renew)

    def __enter__(self):
        self.thread.start()
        wait_for(lambda: self.opened >= len(self.idle), "connections")
        return self

    def __exit__(self, kind, value, trace):
        self.over = True
        self.thread.join()
        for client in self.idle:
            client.close()

    def renew(self):
        while not self.over:
            for place, client in enumerate(self.idle):
                if client is None or self.was_cut(client):
                    with contextlib.suppress(AttributeError):
                        client.close()
                    self.idle[place] = client = socket.socket()
                    client.setblocking(False)
                    client.connect_ex(("127.0.0.1", self.port))
                    self.opened += 1
            time.sleep(0.02)

    @staticmethod
    def was_cut(client):
        try:
            return client.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


ATTACKED_S = 1.0 * (5 if Daemon.is_sanitized() else 1)  # what a clinician takes for "at once"


def ask_in_time(daemon, by, method, path, body=None):
    """One new connection with the token, and its answer's status, in time."""
    begun = time.monotonic()
    door = by(daemon)
    try:
        headers = {"Authorization": "Bearer " + daemon.token}
        door.request(method, "/api/v1/" + path, body, headers)
        reply = door.getresponse()
        reply.read()
    finally:
        door.close()
    took = time.monotonic() - begun
    check(took < ATTACKED_S, f"{method} {path} by {by.__name__}: {took:.2f} s")
    return reply.status


@scenario("connections without the token keep nobody out: state and stop at both doors, meanwhile")
def locked_out(folder):
    with Daemon(folder, SAMPLING, unattended=False) as daemon:
        with Idlers(daemon, 600):
            for stops in (Port, Private):
                test = daemon.start(athlete="A-17")
                for _ in range(20 if FULL else 5):
                    for by in (Port, Private):
                        same(ask_in_time(daemon, by, "GET", "state"), 200, "state, attacked")
                    time.sleep(0.1)
                wait_for(lambda: daemon.state()["instrument"]["frames"] > 0, "frames")
                stop = f"tests/{test}/stop"
                same(ask_in_time(daemon, stops, "POST", stop), 202, "stop, attacked")
                wait_for(lambda: daemon.state()["test"] is None, "the end", 10)
                daemon.keeps(test, lost=0)


@scenario("thirty reports are waited for: state, command and stop are answered as ever")
def behind_reports(folder):
    device = SAMPLING.replace("speed=1&", "speed=max&")
    with Daemon(folder, device) as daemon:
        first = daemon.start(duration_s=900)
        daemon.result(first)
    with Daemon(folder, SAMPLING, unattended=False) as daemon:
        test = daemon.start(athlete="A-17")
        lead(daemon, test, until=("get_on",))
        answers = []

        def report():
            with contextlib.suppress(OSError):  # counted below
                answers.append(daemon.ask("GET", f"tests/{first}/report.json")[0])

        threads = [threading.Thread(target=report) for _ in range(30)]
        for thread in threads:
            thread.start()
        wait_for(lambda: answers, "the first report")
        for by in (Port, Private):
            same(ask_in_time(daemon, by, "GET", "state"), 200, "state behind reports")
        command = f"tests/{test}/command"
        body = json.dumps({"command": "next"})
        same(ask_in_time(daemon, Private, "POST", command, body), 202, "command behind reports")
        same(ask_in_time(daemon, Port, "POST", f"tests/{test}/stop"), 202, "stop behind reports")
        check(len(answers) < 20, "too quick to hold anybody:", len(answers))
        for thread in threads:
            thread.join()
        same(answers, [200] * 30, "reports")
        wait_for(lambda: daemon.state()["test"] is None, "the end")
        daemon.keeps(test, lost=0)


@scenario("1,000 connections, slow and giant requests while it samples: not a frame is lost")
def hostile_clients(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Daemon(folder, SAMPLING, unattended=False) as daemon:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        before = daemon.memory_kb()
        test = daemon.start(athlete="A-17")
        page = Onlooker(daemon)
        page.wait("live")
        idle = []
        with contextlib.suppress(OSError):  # what the system refuses is refused
            for _ in range(min(1000, hard - 100)):
                client = socket.socket()
                client.setblocking(False)
                idle.append(client)
                client.connect_ex(("127.0.0.1", daemon.port))
        check(len(idle) == min(1000, hard - 100), "connections:", len(idle))
        until = time.monotonic() + (60 if FULL else 4)
        kinds = ("loris", "loris", "giant", "header", "garbage", "sudden", "report")
        threads = [
            threading.Thread(target=hostile, args=(daemon, kind, until)) for kind in kinds
        ]
        for thread in threads:
            thread.start()
        while time.monotonic() < until:  # the clinician gets through all the time
            for by in (Port, Private):
                same(ask_in_time(daemon, by, "GET", "state"), 200, "state, attacked")
            time.sleep(0.1)
        for thread in threads:
            thread.join()
        seen = len(page.all("live"))
        for client in idle:
            client.close()
        daemon.command(test, "abort")
        daemon.result(test)
        produced = daemon.account(test)[0]
        daemon.keeps(test, lost=0)
        check(produced >= 3000, "frames:", produced)
        same(page.missed, 0, "events that the page missed")
        told_per_s = 30  # where no force acts; half of them is what a page still moves with
        check(seen > told_per_s / 2 * (produced / 1000 - 1), "live events:", seen, "in",
              produced / 1000, "s")
        if not daemon.is_sanitized():  # a sanitizer keeps what was freed
            wait_for(lambda: daemon.memory_kb() < before + 20000, "its memory back", 20)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


if __name__ == "__main__":
    main()
