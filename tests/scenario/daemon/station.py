# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon's scenarios share: a daemon of their own, requests, onlookers, a clinician.

Only Python's own library. A scenario is a function marked with @scenario; main() runs them all, or
those whose numbers are given, each in a folder of its own.
"""
import contextlib
import ctypes
import errno
import http.client
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

BUILD = pathlib.Path(os.environ["STANCE_BUILD_DIR"])
FULL = os.environ.get("STANCE_FULL") == "1"
PATIENCE_S = 120  # a machine that does much else, under a sanitizer


class Failed(Exception):
    """What a scenario says when it does not hold."""


class LeftOut(Exception):
    """What this computer does not permit, so that nothing is shown."""


# Of athletes, as this scenario wrote them to any daemon.
names = set()


def remember_names(body):
    """Every athlete in the JSON of a request, however deep."""
    if isinstance(body, dict):
        names.update([body["athlete"]] if body.get("athlete") else [])
        body = list(body.values())
    for part in body if isinstance(body, list) else []:
        remember_names(part)


def logs_name_nobody(folder):
    for log in pathlib.Path(folder).glob("log*"):
        text = log.read_text(encoding="utf-8", errors="replace")
        found = [name for name in names if name in text]
        check(not found, f"athletes in {log.name}:", found)


def check(holds, *what):
    if not holds:
        raise Failed(" ".join(str(part) for part in what))


def same(found, wanted, what):
    check(found == wanted, f"{what}: {found!r} instead of {wanted!r}")


def wait_for(condition, what, timeout_s=PATIENCE_S):
    until = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise Failed(f"never came: {what}")
        time.sleep(0.02)


class Daemon:
    """A `stanced` on the simulated rig; `with` ends it, and checks that it ends cleanly."""

    def __init__(
        self, folder, device, *, unattended=True, store=None, sound="none", environment=None
    ):
        """`device` and `sound` None: as the settings file says."""
        self.folder = pathlib.Path(folder)
        self.store = pathlib.Path(store or self.folder / "store.db")
        self.log_path = self.folder / f"log{len(list(self.folder.glob('log*')))}"
        runtime = self.folder / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "HOME": str(self.folder),
            "TZ": "UTC",
            **(environment or {}),
        }
        command = [BUILD / "stanced", "--store", self.store, "--port", "0"]
        if device is not None:
            command += ["--device", device]
        if sound is not None:
            command += ["--sound", sound]
        if unattended:
            command += ["--unattended"]
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stderr=log, env=self.environment
            )
        wait_for(lambda: "event=ready" in self.log() or self.process.poll() is not None, "ready", 30)
        check(self.process.poll() is None, "the daemon did not start:", self.log())
        address = json.loads((runtime / "stance" / "daemon.json").read_text())
        self.port, self.token = address["port"], address["token"]

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            if kind is None:
                self.end()
            else:
                self.process.kill()
                self.process.wait()

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """SIGTERM, and the end that it asks for."""
        self.signal(signal.SIGTERM)
        try:
            same(self.process.wait(PATIENCE_S), 0, "exit status after SIGTERM")
        except subprocess.TimeoutExpired as late:
            raise Failed("SIGTERM did not end it") from late

    def ask(self, method, path, body=None, timeout_s=PATIENCE_S):
        """Status, and what the answer's JSON says (its text where it is none)."""
        remember_names(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(
                method,
                "/api/v1/" + path,
                None if body is None else body if isinstance(body, bytes) else json.dumps(body),
                {"Authorization": "Bearer " + self.token},
            )
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        with contextlib.suppress(ValueError):
            return reply.status, json.loads(text)
        return reply.status, text.decode("utf-8", "replace")

    def state(self):
        status, state = self.ask("GET", "state")
        same(status, 200, "GET state")
        return state

    def start(self, protocol="nordic", **more):
        status, answer = self.ask("POST", "tests", {"protocol": protocol, **more})
        same(status, 201, f"POST tests {protocol}: {answer}")
        return answer["test"]

    def command(self, test, command, value=None, status=202):
        body = {"command": command} if value is None else {"command": command, "value": value}
        found, answer = self.ask("POST", f"tests/{test}/command", body)
        check(status is None or found == status, f"{command}: {found} {answer}")
        return found

    def wait_state(self, name, timeout_s=PATIENCE_S):
        """Until the test that goes on is in the state `name`."""

        def there():
            test = self.state()["test"]
            return test is not None and test["state"] == name and test

        return wait_for(there, f"state {name}", timeout_s)

    def result(self, test, timeout_s=PATIENCE_S):
        """The report, once the test has ended and been analysed."""
        wait_for(lambda: self.state()["test"] is None, f"the end of {test}", timeout_s)
        status, report = self.ask("GET", f"tests/{test}/report.json")
        same(status, 200, f"report of {test}: {report}")
        return report

    def rows(self, sql, *values):
        """What the store has; read while the daemon may write."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=30)
        ) as store:
            return store.execute(sql, values).fetchall()

    def account(self, test):
        """Frames produced, lost as the instrument says, and stored; all of one recording."""
        produced, lost = self.rows(
            "SELECT sum(frames_produced), sum(frames_lost) FROM streams WHERE recording = ?", test
        )[0]
        stored = self.rows("SELECT sum(frame_count) FROM blocks WHERE recording = ?", test)[0][0]
        return produced or 0, lost or 0, stored or 0

    def keeps(self, test, lost=0, closed=True):
        """Every frame is in the store or counted as lost, and can be read as it was written.
        `closed` false: its instrument failed, so that it is known to have been cut off."""
        finished = self.rows("SELECT finished_at FROM recordings WHERE id = ?", test)[0][0]
        same(finished is not None, closed, f"{test} is closed")
        produced, missing, stored = self.account(test)
        check(stored > 0, f"{test}: nothing was stored")
        same(stored + missing, produced, f"{test}: frames stored and lost, of those produced")
        check(lost is None or missing == lost, f"{test}: {missing} frames lost instead of {lost}")
        run([BUILD / "stance", "verify-record", test], env=self.store_environment())

    def store_environment(self):
        return {**self.environment, "STANCE_STORE": str(self.store)}

    def notes(self, test, kind):
        return self.rows(
            "SELECT name, side, value FROM notes WHERE recording = ? AND kind = ?", test, kind
        )

    @staticmethod
    def is_sanitized():
        cache = BUILD / "CMakeCache.txt"
        return cache.exists() and "\nSTANCE_SANITIZE:STRING=\n" not in cache.read_text()

    def memory_kb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise Failed("no VmRSS")


def run(command, **more):
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more
    )
    check(done.returncode == 0, *command, "says:", done.stdout.decode("utf-8", "replace"))
    return done.stdout.decode()


class Onlooker(threading.Thread):
    """Reads a daemon's events to their end."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.events, self.missed, self.ended = [], 0, False
        self.lock = threading.Condition()
        self.connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE_S)
        self.connection.request(
            "GET", "/api/v1/events", headers={"Authorization": "Bearer " + daemon.token}
        )
        self.reply = self.connection.getresponse()
        same(self.reply.status, 200, "GET events")
        self.start()

    def run(self):
        name = ""
        with contextlib.suppress(OSError, http.client.HTTPException, AttributeError, ValueError):
            while line := self.reply.readline():
                if line.startswith(b"event: "):
                    name = line[7:-1].decode()
                elif line.startswith(b"data: "):
                    self.take(name, json.loads(line[6:]))
        with self.lock:
            self.ended = True
            self.lock.notify_all()

    def take(self, name, data):
        with self.lock:
            if name == "missed":
                self.missed += data["count"]
            self.events.append((name, data))
            self.lock.notify_all()

    def wait(self, name, holds=lambda data: True, timeout_s=PATIENCE_S, what=""):
        """The first event `name` for which `holds`, of the past or yet to come."""
        until, seen = time.monotonic() + timeout_s, 0
        with self.lock:
            while True:
                for other, data in self.events[seen:]:
                    if other == name and holds(data):
                        return data
                seen = len(self.events)
                left = until - time.monotonic()
                check(left > 0 and not self.ended, f"no event {name} {what}")
                self.lock.wait(left)

    def all(self, name):
        with self.lock:
            return [data for other, data in self.events if other == name]

    def told(self):
        """The messages of all `tell` events so far."""
        return [data["message"] for data in self.all("tell")]

    def leave(self):
        with contextlib.suppress(OSError):
            self.reply.fp.raw._sock.shutdown(2)  # wakes the thread that reads
        self.join(10)
        self.connection.close()


def lead(daemon, test, until=(), answer=None, timeout_s=PATIENCE_S):
    """A clinician who goes on wherever he is asked to, until the test is in one of the states
    `until` or has ended. `answer(test)` may do something else: true where it did."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        now = daemon.state()["test"]
        if now is None or now["id"] != test or now["state"] in until:
            return now
        if (answer is None or not answer(now)) and now["needs"] == "next":
            # it may have gone on by itself meanwhile
            daemon.command(test, "next", status=None)
        time.sleep(0.01)
    raise Failed(f"the test never came to {until or 'its end'}: {daemon.state()['test']}")


class SmallDisk:
    """A tmpfs that this process and its children alone see."""

    def __init__(self, folder):
        if not may_mount():
            raise LeftOut("mounting a small disk is not permitted here")
        self.path = pathlib.Path(folder) / "disk"
        self.path.mkdir()
        mount(b"none", bytes(self.path), b"tmpfs", 0, b"size=24m,mode=0700")
        self.filler = self.path / "filler"

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        ctypes.CDLL(None).umount2(bytes(self.path), 2)

    def fill(self):
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError as full:
                    check(full.errno == errno.ENOSPC, full)

    def make_room(self):
        self.filler.unlink()


def mount(source, target, kind, options, data):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source, target, kind, options, data) != 0:
        raise OSError(ctypes.get_errno(), "mount")


def may_mount():
    libc = ctypes.CDLL(None, use_errno=True)
    new_namespace, recursive, private = 0x20000, 0x4000, 0x40000
    return (
        libc.unshare(new_namespace) == 0
        and libc.mount(None, b"/", None, recursive | private, None) == 0
    )


scenarios = []


def scenario(title, full=False):
    """`full`: only in the long variant."""

    def keep(function):
        scenarios.append((title, full, function))
        return function

    return keep


def main():
    wanted = {int(number) for number in sys.argv[1:]}
    failures = left_out = 0
    for number, (title, full, function) in enumerate(scenarios, 1):
        if (wanted and number not in wanted) or (full and not FULL and not wanted):
            continue
        folder = tempfile.mkdtemp(prefix="stance-scenario-")
        begun = time.monotonic()
        names.clear()
        try:
            function(folder)
            logs_name_nobody(folder)
            print(f"ok {number}: {title} ({time.monotonic() - begun:.1f} s)", flush=True)
        except LeftOut as reason:
            left_out += 1
            print(f"skipped {number}: {title}: {reason}", flush=True)
        except Exception as reason:  # whatever it is, the next ones run
            failures += 1
            print(f"FAILED {number}: {title}: {type(reason).__name__}: {reason}", flush=True)
            for log in sorted(pathlib.Path(folder).glob("log*")):
                print(f"  {log.name}: " + log.read_text(errors="replace").replace("\n", "\n  "))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failures else 77 if left_out else 0)
