# SPDX-License-Identifier: GPL-3.0-or-later
"""`stance run` beside a daemon: through it where it has what is asked for, alone where not; the same
numbers both ways; what the user is told when the daemon is busy, ends or dies."""
import contextlib
import json
import pathlib
import re
import signal
import subprocess

from station import (
    BUILD,
    PATIENCE_S,
    Daemon,
    SmallDisk,
    check,
    main,
    may_mount,
    same,
    scenario,
    wait_for,
)

RIG = "sim:nordic?seed=7&speed=max"
SLOW = "sim:nordic?seed=7&speed=2"
# The same samples each time: at this speed more of them come until a test without it is stopped.
LENGTH = ("--duration", "125")
VOLATILE = (  # ids and instants
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d[-+:0-9.Z]*|[,;]\d\d:\d\d:\d\d)", "THEN"),
    (r"\d{8}T\d{6}", "THEN"),
    (r"[0-9a-f]{64}", "DIGEST"),
)


class Run:
    """A `stance run` of its own folder, or of `output`."""

    def __init__(self, daemon, *options, protocol="nordic", store=None, stdin=None, **environment):
        self.folder = daemon.folder / f"terminal{len(list(daemon.folder.glob('terminal*')))}"
        self.folder.mkdir()
        self.environment = {
            **daemon.environment, "STANCE_STORE": str(store or daemon.store), **environment
        }
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                [BUILD / "stance", "run", protocol, *options],
                cwd=self.folder, env=self.environment, stdout=out, stderr=err,
                stdin=stdin or subprocess.DEVNULL,
            )

    def text(self, name):
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")

    def says(self, text):
        wait_for(lambda: text in self.text("stderr") or self.process.poll() is not None, text)
        check(text in self.text("stderr"), f"never said {text!r}:", self.text("stderr"))

    def end(self, status=0):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE_S)
        same(self.process.returncode, status, self.text("stderr"))
        return self

    def reports(self):
        """Suffix → text."""
        found = {}
        for path in (self.folder / "reports").glob("*.csv"):
            suffix = re.fullmatch(r"\d{8}T\d{6}_[a-z0-9-]+(?:_A)?(|_long|_tests|_truth)\.csv", path.name)
            check(suffix, path.name)
            found[suffix[1]] = path.read_bytes().decode()
        return found

    def recording(self):
        return re.search(r"Recording ([0-9a-f-]{36})", self.text("stderr"))[1]


def constant(text):
    for pattern, word in VOLATILE:
        text = re.sub(pattern, word, text)
    return text


def same_text(found, wanted, what):
    """But for ids and instants; the first line that differs."""
    found, wanted = (constant(text).splitlines() for text in (found, wanted))
    for number, pair in enumerate(zip(found, wanted), 1):
        same(pair[0], pair[1], f"{what}, line {number}")
    same(len(found), len(wanted), f"{what}, lines")


def through(run):
    return "This test runs in stanced" in run.text("stderr")


@scenario("the same test both ways: every report, the summary, JSON and what is kept are the same")
def both_ways(folder):
    who = ("--unattended", "--athlete", "A", "--mass", "80.5", "--lever", "0.41", "--operator", "K",
           "--injured", "left", "--set", "onset_sd=4", "--csv-locale", *LENGTH)
    with Daemon(folder, RIG, unattended=False) as daemon:
        there = Run(daemon, *who).end()
        check(through(there), there.text("stderr"))
        own_store = f"{folder}/own.db"
        here = Run(daemon, *who, "--own", "--device", RIG, store=own_store).end()
        check(not through(here), here.text("stderr"))
        same(sorted(there.reports()), ["", "_long", "_tests", "_truth"], "reports")
        for suffix, text in here.reports().items():
            check(text.count("\n") > 1, suffix, "is empty")
            same_text(there.reports()[suffix], text, suffix or "_wide")
        check("80,5" in there.reports()[""], "no decimal comma")
        same_text(there.text("stdout"), here.text("stdout"), "summary")
        kept = "SELECT settings, long_csv FROM results WHERE recording = ?"
        settings, long_csv = daemon.rows(kept, there.recording())[0]
        check("onset_sd=4" in settings, settings)
        same(re.findall(r"onset_sd=\d+", long_csv)[0], "onset_sd=4", "kept")
        daemon.keeps(there.recording())
        # once more as JSON, named instrument, other protocol
        wanted = ("--unattended", "--json", "--duration", "12", "--device", RIG)
        there = Run(daemon, *wanted, protocol="iso-supine-90-90").end()
        here = Run(daemon, *wanted, "--own", protocol="iso-supine-90-90", store=own_store).end()
        check(through(there) and not through(here), there.text("stderr"))
        same(json.loads(there.text("stdout"))["protocol"]["id"], "iso-supine-90-90", "JSON")
        same_text(there.text("stdout"), here.text("stdout"), "JSON")


@scenario("sides in turn on one plate are carried too")
def in_turn(folder):
    rig = "sim:isometric?seed=3&speed=max&rig=plate&sides=left"
    with Daemon(folder, rig, unattended=False) as daemon:
        wanted = ("--unattended", "--side-order", "left,right,left", "--device", rig, *LENGTH)
        there = Run(daemon, *wanted, protocol="iso-supine-90-90").end()
        here = Run(
            daemon, *wanted, "--own", protocol="iso-supine-90-90", store=f"{folder}/own.db"
        ).end()
        check(through(there), there.text("stderr"))
        same_text(there.reports()["_long"], here.reports()["_long"], "long")


@scenario("led by keys through the daemon; when they end, by time alone")
def led(folder):
    rig = "sim:nordic?speed=20&unloaded_s=60"
    with Daemon(folder, rig, unattended=False) as daemon:
        run = Run(daemon, "--device", rig, stdin=subprocess.PIPE)
        for prompt in ("the instrument. Press Enter", "into position. Press Enter",
                       "Pull the LEFT side", "Relaxed and still. Press Enter"):
            run.says(prompt)
            run.process.stdin.write(b"\n")
            run.process.stdin.flush()
        run.process.stdin.close()
        run.says("going on by time alone")
        run.end()
        check(through(run), run.text("stderr"))
        for text in ("The sides were not proved", "Measuring the relaxed limb", "Go."):
            run.says(text)
        same(run.text("stderr").count("going on by time alone"), 1, "said")
        daemon.keeps(run.recording())


@scenario("Ctrl-C ends the test, not the daemon; everything is kept and reported")
def interrupted(folder):
    with Daemon(folder, SLOW) as daemon:
        run = Run(daemon, "--unattended")
        run.says("Measuring the empty instrument")
        run.process.send_signal(signal.SIGINT)
        run.end()
        run.says("Interrupted: the recording is kept and analysed.")
        same(sorted(run.reports()), ["", "_long", "_tests", "_truth"], "reports")
        same(daemon.state()["test"], None, "test")
        daemon.keeps(run.recording())


@scenario("a terminal that dies leaves its test to the page")
def terminal_dies(folder):
    with Daemon(folder, "sim:nordic?seed=7&speed=20") as daemon:
        run = Run(daemon, "--unattended")
        run.says("Measuring the empty instrument")
        test = run.recording()
        run.process.kill()
        run.process.wait()
        same(daemon.state()["test"]["id"], test, "the test goes on")
        same(daemon.result(test)["protocol"]["id"], "nordic", "result")
        daemon.keeps(test)


@scenario("the daemon is killed in the middle: said, with where the data are; the next start has them")
def daemon_dies(folder):
    with Daemon(folder, SLOW) as daemon:
        run = Run(daemon, "--unattended")
        run.says("Athlete into position")
        test = run.recording()
        wait_for(lambda: daemon.rows("SELECT count(*) FROM blocks")[0][0] > 4, "blocks")
        daemon.signal(signal.SIGKILL)
        daemon.process.wait()
        run.end(4)
        for text in ("ENDED IN THE MIDDLE OF THE TEST", test, str(daemon.store),
                     f"stance analyze {test}"):
            run.says(text)
        same(run.reports(), {}, "reports of nothing")
        # nobody is there now: this process is the station, without a word about another one
        alone = Run(daemon, "--unattended", "--device", RIG).end()
        check("stanced" not in alone.text("stderr"), alone.text("stderr"))
    with Daemon(folder, RIG) as daemon:
        found = subprocess.run(
            [BUILD / "stance", "analyze", test], env=daemon.store_environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
        )
        same(found.returncode, 0, found.stderr)
        run = Run(daemon, "--unattended").end()
        check(through(run), "not through the new daemon:", run.text("stderr"))


@scenario("the daemon is told to end in the middle: the test is ended, kept and reported")
def daemon_ends(folder):
    with Daemon(folder, SLOW) as daemon:
        run = Run(daemon, "--unattended")
        run.says("Athlete into position")
        daemon.end()
        run.end()
        same(sorted(run.reports()), ["", "_long", "_tests", "_truth"], "reports")
        daemon.keeps(run.recording())


@scenario("busy: a second run is told by whom and how to see it; an own one with another rig goes on")
def busy(folder):
    with Daemon(folder, SLOW) as daemon:
        first = Run(daemon, "--unattended")
        first.says("Measuring the empty instrument")
        second = Run(daemon, "--unattended").end(4)
        for text in (f"stanced (process {daemon.process.pid}) cannot begin a test now", "going on",
                     "stance open"):
            second.says(text)
        other = Run(daemon, "--unattended", "--device", RIG).end()
        other.says("stanced does not lead this test, this process does: it has other instruments")
        # an instrument that is not to be had while the daemon tests with one
        held = Run(daemon, "--own", "--device", "usb:").end(4)
        for text in (f"stanced (process {daemon.process.pid}) is testing with", "stance open"):
            held.says(text)
        same(daemon.state()["test"]["id"], first.recording(), "the first one goes on")
        first.process.send_signal(signal.SIGINT)
        first.end()
        idle = Run(daemon, "--own", "--device", "usb:").end(4)
        check("stanced" not in idle.text("stderr"), idle.text("stderr"))


@scenario("a folder that goes in the test: the numbers are shown, and how they are had again")
def folder_goes(folder):
    rig = "sim:nordic?seed=7&speed=20"
    with Daemon(folder, rig) as daemon:
        for way in ((), ("--own", "--device", rig)):
            run = Run(daemon, "--unattended", "--duration", "30", "--output", "gone", *way)
            run.says("Measuring the empty instrument")
            (run.folder / "gone").rmdir()
            run.end(5)
            check("peak force, best" in run.text("stdout"), run.text("stdout"))
            again = f"`stance analyze --output FILE {run.recording()}` makes its report anew."
            run.says("What was recorded is kept: " + again)
            found = subprocess.run(
                [BUILD / "stance", "analyze", "--output", run.folder / "again.csv", run.recording()],
                env=daemon.store_environment(), stderr=subprocess.PIPE, check=False,
            )
            same(found.returncode, 0, found.stderr)
            check((run.folder / "again.csv").read_text().count("\n") > 1, "nothing")


@scenario("an empty name is none, one that is no text is refused, both ways alike")
def names(folder):
    with Daemon(folder, RIG) as daemon:
        short = ("--unattended", "--duration", "1")
        for way in ((), ("--own", "--device", RIG)):
            run = Run(daemon, *short, *way, "--athlete", "", "--operator", "").end()
            same(through(run), way == (), run.text("stderr"))
            same(len(run.reports()), 4, "reports")
            Run(daemon, *short, *way, "--athlete", b"\xdcnal").end(2).says("a name is UTF-8")
            run = Run(daemon, *short, *way, "--athlete", "Ünal").end()
            check("Athlete Ünal" in run.text("stdout"), run.text("stdout"))


@scenario("a closed standard output takes no JSON, and nothing else gets it: told, both ways alike")
def closed(folder):
    with Daemon(folder, RIG) as daemon:
        for way in ((), ("--own", "--device", RIG)):
            run = subprocess.run(
                ["sh", "-c", 'exec "$@" >&-', "sh", BUILD / "stance", "run", "nordic", "--json",
                 "--unattended", "--duration", "1", "--output", f"{folder}/closed", *way],
                env=daemon.store_environment(), stderr=subprocess.PIPE, check=False,
            )
            same(run.returncode, 5, run.stderr)
            check(b"standard output cannot be written" in run.stderr, run.stderr)


@scenario("what a daemon cannot honour makes this process the station, and says why")
def obstacles(folder):
    own = pathlib.Path(folder) / "own"
    own.mkdir()
    (own / "ours.ini").write_text(
        "[protocol]\ntitle = Ours\nversion = 1\nsides = both\nrig = strap\neffort = eccentric\n"
        "repetitions = 1\nunloaded_s = 3\nget_on_s = 1\nlimb_s = 2\neffort_s = 8\nrest_s = 5\n"
    )
    short = ("--unattended", "--duration", "1", "--device", RIG)
    with Daemon(folder, RIG) as daemon:
        for options, more, because in (
            (("--sound", "none"), {}, "--sound is for a station of one's own"),
            (("--log", "commits"), {}, "--log is for a station of one's own"),
            ((), {"store": f"{folder}/other.db"}, "it has another store"),
            ((), {"protocol": str(own / "ours.ini")}, "the protocol is a file"),
            ((), {"protocol": "ours", "STANCE_PROTOCOLS": str(own)}, "it has another folder of protocols"),
        ):
            run = Run(daemon, *short, *options, **more).end()
            run.says(f"stanced does not lead this test, this process does: {because}")
            check(not through(run), run.text("stderr"))
        run = Run(daemon, *short[1:]).end()
        run.says("it answers every prompt by itself")
        run = Run(daemon, *short, "--own").end()
        check("stanced" not in run.text("stderr"), run.text("stderr"))
        # a slip leaves nothing behind, there as here
        slip = Run(daemon, *short, protocol="no-such-test").end(2)
        check(not (slip.folder / "reports").exists(), "a folder for nothing")
        # the same store by another name is the same
        link = pathlib.Path(folder) / "link"
        link.symlink_to(folder)
        run = Run(daemon, *short, store=link / "store.db").end()
        check(through(run), run.text("stderr"))


@scenario("two instruments are one rig in either order; a third of another side is another rig")
def pair(folder):
    left, right = "sim:?speed=max&rate=250&seed=1", "sim:?speed=max&rate=250&seed=2"
    config = pathlib.Path(folder) / "config" / "stance" / "stanced.ini"
    config.parent.mkdir(parents=True)
    config.write_text(f"device = left={left}\ndevice = right={right}\n")
    with Daemon(folder, None) as daemon:
        short = ("--unattended", "--duration", "1")
        run = Run(daemon, *short, "--device", "right=" + right, "--device", "left=" + left).end()
        check(through(run), run.text("stderr"))
        run = Run(daemon, *short, "--device", "left=" + right, "--device", "right=" + left).end()
        check(not through(run), run.text("stderr"))


@scenario("a full disk: said; a second Ctrl-C leaves it to the daemon, which loses nothing")
def left_to_it(folder):
    if not may_mount():
        print("  left out: mounting a small disk is not permitted here")
        return
    with SmallDisk(folder) as disk:
        with Daemon(folder, SLOW, store=disk.path / "store.db") as daemon:
            run = Run(daemon, "--unattended")
            run.says("Measuring the empty instrument")
            disk.fill()
            run.says("THE STORE REFUSES")
            run.process.send_signal(signal.SIGINT)
            run.says("Ctrl-C leaves that to stanced.")
            run.process.send_signal(signal.SIGINT)
            run.end(5)
            run.says(f"left to stanced (process {daemon.process.pid})")
            run.says(f"`stance analyze {run.recording()}` reads it then")
            same(run.reports(), {}, "reports")
            disk.make_room()
            daemon.result(run.recording())
            daemon.keeps(run.recording())


if __name__ == "__main__":
    main()
