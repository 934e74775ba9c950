#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance run` on a terminal: each key at once, the bar, pain and side by keys, any key in an effort,
# Ctrl-C; and the terminal is afterwards as it was before. By a station in its own process, and by
# stanced's.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; wait; rm -rf "$work"' EXIT
# Of a simulated athlete who waits for nobody; attended, because the URI has a timing of its own.
rig='sim:nordic?unloaded_s=900&duration=920&noise_n=0.2&wander_n=0&zero_shift_n=0&speed=20'

# lead KEYS OPTION…: three tests, in the folders pain, any and cut; KEYS stop an effort.
lead() {
  rm -rf pain any cut
  python3 - "$stance" "$rig" "$@" <<'PYTHON' || fail "see above"
import fcntl, os, pty, re, select, subprocess, sys, termios, time

stance, rig, keys, *common = sys.argv[1:]

def lead_session():  # so that Ctrl-C is a signal
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

class Run:
    def __init__(self, *options):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.text = ""
        self.program = subprocess.Popen([stance, "run", "nordic", "--device", rig, *common, *options],
                                        stdin=slave, stderr=slave, stdout=subprocess.PIPE,
                                        preexec_fn=lead_session)

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.text += os.read(self.master, 65536).decode()

    def until(self, pattern, seconds=60):
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            if time.monotonic() > end or self.program.poll() is not None:
                sys.exit(f"never came: {pattern}\n{self.text[-2000:]}")
            self.read(0.1)
        self.text = self.text[found.end():]

    def press(self, keys):
        os.write(self.master, keys.encode())

    def end(self, status):
        answer = self.program.stdout.read().decode()
        if self.program.wait() != status:
            sys.exit(f"exit status {self.program.returncode}\n{self.text[-2000:]}")
        if termios.tcgetattr(self.slave) != self.before:
            sys.exit("the terminal is not as it was")
        os.close(self.slave)
        os.close(self.master)
        return answer

def to_efforts(run):
    run.until("Nothing may touch the instrument. Press Enter")
    run.press(" ")
    run.until("Measuring the empty instrument")
    run.until("into position. Press Enter")
    run.press("\n")
    run.until("Pull the LEFT side alone")
    run.press(" ")  # the clinician does without
    run.until("sides were not proved")
    run.until("Relaxed and still. Press Enter")
    run.press(" ")
    run.until("keep still")
    run.until("Ready for the next repetition. Press Enter")
    run.until(r"left +-?\d+ N .*lost 0")  # the bar

def calm():  # so long after a stop nothing is an answer
    time.sleep(1.2)

# Any key, at the first moment of an effort; what the hand goes on hitting answers nothing.
run = Run("--athlete", "B", "--output", "any")
to_efforts(run)
for key in keys.split():
    parts = [part.encode().decode("unicode_escape") for part in key.split("|")]
    run.press(" ")
    run.until(r"Go\.")
    for part in parts:  # a slow line parts what is one key
        run.press(part)
        time.sleep(0.1 if len(parts) > 1 else 0)
    run.until("How much pain")
    time.sleep(0.66)  # then a key that is held begins to repeat
    for _ in range(8):
        run.press("".join(parts))
        time.sleep(0.04)
    run.read(0)
    if "which side" in run.text or "Not now" in run.text:
        sys.exit(f"the hand that stopped by {key!r} answers: {run.text}")
    time.sleep(0.6)
    run.press("3")
    run.until("On which side")
    run.press("\033[1;5C")  # with Ctrl: no arrow
    run.press("\033[D")
    run.until("No maximal effort on this side")
    run.press("L")
    run.until("released")
run.press("q")
run.end(0)

# Pain: ten is two digits, the side an arrow; a maximal effort on that side is no longer asked for.
run = Run("--athlete", "A", "--output", "pain")
to_efforts(run)
run.press("x")
run.until("How much pain")
calm()
run.press("10")
run.until("On which side")
run.press("\033[D")
run.until("No maximal effort on this side")
run.press(" ")
run.until("Not now: .*locked")
run.press("L")
run.until("released")
run.press("f")
run.until("Athlete off")
run.press("q")
answer = run.end(0)
assert "Reports: pain/" in answer, answer

# An empty instrument far from its zero: said with its reading, asked anew.
if "--sound" in common:
    rig, right = rig.replace("zero_shift_n=0", "zero_shift_n=234"), rig
    run = Run("--output", "far")
    run.until("Press Enter")
    run.press(" ")
    run.until(r"Zero refused: the empty instrument reads 46\d N")
    run.until("Nothing may touch the instrument. Press Enter")
    run.press("q")
    run.end(0)
    rig = right

# An instrument that falls silent for three seconds: its last force does not stand there as if it acted.
rig, there = rig + "&fail_s=20&back_s=80", rig
if "--sound" in common:
    run = Run("--output", "away")
    run.until(r"left +-?\d+ N .*live, \d+\.\d s, lost 0")
    run.until(r"zero no reading \d+\.\d s, lost 0")
    run.until(r"left +-?\d+ N .*live, \d+\.\d s, lost [1-9]")
    run.press("q")
    run.end(0)
rig = there

# Ctrl-C ends and keeps.
run = Run("--output", "cut")
to_efforts(run)
run.press("\x03")
run.until("Interrupted")
assert "Reports: cut/" in run.end(0)
PYTHON
}
pains() {
  sqlite3 "$STANCE_STORE" "SELECT value, count(*) FROM notes WHERE kind='pain' GROUP BY value" | paste -sd' '
}

# A digit, F5 whole and in parts, Tab, F1, Ctrl-Z, Escape.
lead '5 \033[15~ \033[1|5~ \t \033OP \x1a \033' --sound none
is "$(pains)" '3.0|7 10.0|1'
"$STANCE_BUILD_DIR/stanced" --device "$rig" --sound none --port 0 --settings /dev/null 2>log &
daemon=$!
for _ in $(seq 600); do
  ! grep -q event=ready log || break
  sleep 0.05
done
lead '7 \033[D'
is "$(pains)" '3.0|9 10.0|2'
kill -TERM "$daemon"
wait "$daemon" || fail "the daemon: exit status $?"
daemon=
echo "all held"
