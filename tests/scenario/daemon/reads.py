# SPDX-License-Identifier: GPL-3.0-or-later
"""No GET and no HEAD changes anything: a page elsewhere can make a browser send those."""
import http.client
import json
import urllib.parse

from station import Daemon, check, lead, main, same, scenario, wait_for

SLOW = "sim:nordic?speed=1&unloaded_s=3000&duration=3600"
ROSTER = {"athletes": [{"athlete": "A-1", "mass_kg": 70, "done": False}], "position": 0}


def ask(daemon, method, path, body, **headers):
    """Status of one request, with the token unless another `Authorization` is given."""
    door = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=30)
    try:
        door.request(method, path, body, {"Authorization": "Bearer " + daemon.token, **headers})
        reply = door.getresponse()
        reply.read()
        return reply.status
    finally:
        door.close()


def what_stands(daemon):
    """The test that goes on, the roster, and what the store has of every recording."""
    test = daemon.state()["test"]
    kept = ("id", "state", "needs", "athlete", "attempts", "locked", "commands", "unattended")
    return (
        test and {name: test[name] for name in kept if name in test},
        daemon.ask("GET", "roster"),
        daemon.rows("SELECT * FROM recordings ORDER BY id"),
        daemon.rows("SELECT recording, kind, name, value FROM notes ORDER BY 1, 2, 3, 4"),
    )


def changes(daemon, running, ended):
    """Every request that would change something if it were posted or put, and did so."""
    for test in (running, ended):
        yield f"tests/{test}/stop", None
        yield f"tests/{test}/athlete", {"athlete": "B-2"}
        for command in ("next", "repeat", "reject", "stop", "finish", "abort", "unattended"):
            yield f"tests/{test}/command", {"command": command}
        yield f"tests/{test}/command", {"command": "pain", "value": 9}
        yield f"tests/{test}/command", {"command": "release", "value": "left"}
    yield "tests", {"protocol": "nordic", "athlete": "B-2"}
    yield "roster", {"athletes": [], "position": 0}


def senders(daemon):
    """Who may ask, with the answers that he may get."""
    read = (200, 400, 405)
    own = f"http://127.0.0.1:{daemon.port}"
    yield {}, read
    yield {"Origin": own}, read
    yield {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "PUT"}, read
    yield {"Origin": "http://evil.example"}, (403,)
    yield {"Origin": "null"}, (403,)
    yield {"Host": "evil.example"}, (403,)
    yield {"Authorization": ""}, (401,)


def try_all(daemon, running, ended):
    before, tried = what_stands(daemon), 0
    for path, body in changes(daemon, running, ended):
        query = urllib.parse.urlencode(body or {"_method": "POST"})
        text = json.dumps(body) if body else None
        for headers, allowed in senders(daemon):
            for method in ("GET", "HEAD"):
                for target, sent in ((path, text), (f"{path}?{query}", None)):
                    status = ask(daemon, method, f"/api/v1/{target}", sent, **headers)
                    check(status in allowed, method, target, sent, headers, "says", status)
                    tried += 1
        same(what_stands(daemon), before, f"after {path} {body} was read")
    return tried


@scenario("GET and HEAD on all that is posted or put, own and foreign: test, roster, store untouched")
def reads(folder):
    with Daemon(folder, "sim:?speed=max&rate=250") as daemon:
        ended = daemon.start(duration_s=1, athlete="A-1")
        daemon.result(ended)
        same(daemon.ask("PUT", "roster", ROSTER)[0], 200, "PUT roster")
    with Daemon(folder, SLOW, unattended=False) as daemon:
        running = daemon.start(athlete="A-17")
        lead(daemon, running, until=("get_on",))
        same(daemon.state()["test"]["needs"], "next", "what it waits for")
        tried = try_all(daemon, running, ended)
        check(tried >= 22 * 7 * 4, "requests:", tried)
        # the same paths and bodies are those that change it, from whoever may
        same(daemon.command(running, "next"), 202, "next")
        wait_for(lambda: daemon.state()["test"]["state"] != "get_on", "what next does")
        same(daemon.ask("POST", f"tests/{running}/stop")[0], 202, "stop")
        wait_for(lambda: daemon.state()["test"] is None, "the end")
        moved = daemon.ask("POST", f"tests/{ended}/athlete", {"athlete": "B-2"})[0]
        same(moved, 200, "moved to another athlete")
        # and where none goes on, nothing begins
        try_all(daemon, running, ended)
        same(daemon.ask("PUT", "roster", {"athletes": [], "position": 0})[0], 200, "PUT roster")
        daemon.keeps(running)


if __name__ == "__main__":
    main()
