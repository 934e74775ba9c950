# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon's private socket: rights, rules, whose it is, and what daemon.json says of it."""
import http.client
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess

from station import BUILD, Daemon, check, main, same, scenario, wait_for

FAST = "sim:?speed=max&rate=250&seed="


def address_of(daemon):
    return json.loads((daemon.folder / "run" / "stance" / "daemon.json").read_text())


class Private(http.client.HTTPConnection):
    """HTTP by the socket."""

    def __init__(self, daemon):
        super().__init__("127.0.0.1", daemon.port, timeout=30)
        self.path = address_of(daemon)["socket"]

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def ask(daemon, method, path, body=None, **headers):
    door = Private(daemon)
    try:
        door.request(method, path, None if body is None else json.dumps(body), headers)
        reply = door.getresponse()
        return reply.status, json.loads(reply.read() or "null")
    finally:
        door.close()


@scenario("0600 in 0700; the rules of the port; a test through it; gone with the daemon")
def rules(folder):
    with Daemon(folder, FAST + "7") as daemon:
        door = pathlib.Path(address_of(daemon)["socket"])
        same(door, daemon.folder / "run" / "stance" / "stanced.sock", "where it is")
        same(stat.S_IMODE(door.stat().st_mode), 0o600, "its rights")
        check(stat.S_ISSOCK(door.stat().st_mode), "no socket")
        same(stat.S_IMODE(door.parent.stat().st_mode), 0o700, "its folder's rights")
        token = {"Authorization": "Bearer " + daemon.token}
        same(ask(daemon, "GET", "/api/v1/state")[0], 401, "without the token")
        same(ask(daemon, "GET", "/api/v1/state", **token)[0], 200, "with it")
        for name, value in (("Host", "evil.example"), ("Origin", "http://evil.example")):
            same(ask(daemon, "GET", "/api/v1/state", **token, **{name: value})[0], 403, name)
        same(ask(daemon, "GET", "/api/v1/tests/x/stop", **token)[0], 405, "a GET that would change")
        status, answer = ask(
            daemon, "POST", "/api/v1/tests", {"protocol": "nordic", "duration_s": 1}, **token
        )
        same(status, 201, answer)
        daemon.result(answer["test"])
        daemon.keeps(answer["test"])
    check(not door.exists(), "the socket stays")


@scenario("killed: the next one takes the name; a second one beside it never does, nor stays found")
def stale(folder):
    with Daemon(folder, FAST + "7") as daemon:
        door = pathlib.Path(address_of(daemon)["socket"])
        daemon.signal(signal.SIGKILL)
        daemon.process.wait()
    check(door.exists(), "there is nothing to replace")
    with Daemon(folder, FAST + "7") as daemon:
        token = {"Authorization": "Bearer " + daemon.token}
        same(ask(daemon, "GET", "/api/v1/state", **token)[0], 200, "after the crash")
        with Daemon(folder, FAST + "8", store=f"{folder}/other.db") as second:
            same(address_of(second)["socket"], None, "socket of the second one")
            check("event=no_socket" in second.log(), second.log())
        check(door.exists(), "the second one took the first one's socket with it")
        daemon.signal(signal.SIGHUP)  # else within ten seconds
        wait_for(lambda: "event=told_again" in daemon.log(), "the first one's address")
        same(address_of(daemon)["port"], daemon.port, "who is found")


@scenario("a folder that others may read: no daemon, with the reason")
def foreign_folder(folder):
    runtime = pathlib.Path(folder) / "run"
    (runtime / "stance").mkdir(parents=True)
    os.chmod(runtime / "stance", 0o755)
    refuses = subprocess.run(
        [BUILD / "stanced", "--store", f"{folder}/store.db", "--sound", "none", "--port", "0",
         "--device", FAST + "7", "--settings", "/dev/null"],
        env={**os.environ, "XDG_RUNTIME_DIR": str(runtime)},
        stderr=subprocess.PIPE, timeout=60, check=False,
    )
    same(refuses.returncode, 5, "exit status")
    check(b"not a folder of this account alone" in refuses.stderr, refuses.stderr)
    check(not (runtime / "stance" / "stanced.sock").exists(), "a socket is there")


@scenario("daemon.json names store, protocols and instruments, as they are after SIGHUP too")
def service(folder):
    settings = pathlib.Path(folder) / "config" / "stance" / "stanced.ini"
    settings.parent.mkdir(parents=True)
    own = pathlib.Path(folder) / "own"
    own.mkdir()
    settings.write_text(f"device = {FAST}7\nprotocols = {own}\n")
    with Daemon(folder, None) as daemon:
        told = address_of(daemon)
        same(told["devices"], [FAST + "7"], "devices")
        same(told["store"], str(daemon.store), "store")
        same(told["protocols"], str(own), "protocols")
        same((told["pid"], told["unattended"]), (daemon.process.pid, True), "pid, unattended")
        settings.write_text(f"device = right={FAST}1\ndevice = left={FAST}2\n")
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: "event=settings_applied" in daemon.log(), "the change")
        told = address_of(daemon)
        same(told["devices"], [f"right={FAST}1", f"left={FAST}2"], "devices")
        same((told["port"], told["token"]), (daemon.port, daemon.token), "port and token")


if __name__ == "__main__":
    main()
