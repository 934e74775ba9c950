#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance run` on a terminal: each key at once, the bar, pain and side by keys, Ctrl-C; and the
# terminal is afterwards as it was before. By a station in its own process, and by stanced's.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; wait; rm -rf "$work"' EXIT
# Of a simulated athlete who waits for nobody; attended, because the URI has a timing of its own.
rig='sim:nordic?unloaded_s=900&duration=920&noise_n=0.2&wander_n=0&zero_shift_n=0&speed=20'

# lead OPTION…: two tests, in the folders pain and cut.
lead() {
  rm -rf pain cut
  python3 - "$stance" "$rig" "$@" <<'PYTHON' || fail "see above"
import fcntl, os, pty, re, select, subprocess, sys, termios, time

stance, rig, *common = sys.argv[1:]

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

# Pain: ten is two digits, the side an arrow; a maximal effort on that side is no longer asked for.
run = Run("--athlete", "A", "--output", "pain")
to_efforts(run)
run.press("x")
run.until("How much pain")
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

# Ctrl-C ends and keeps.
run = Run("--output", "cut")
to_efforts(run)
run.press("\x03")
run.until("Interrupted")
assert "Reports: cut/" in run.end(0)
PYTHON
}
pains() {
  sqlite3 "$STANCE_STORE" "SELECT count(*) FROM notes WHERE kind='pain' AND value=10"
}

lead --sound none
is "$(pains)" 1
"$STANCE_BUILD_DIR/stanced" --device "$rig" --sound none --port 0 --settings /dev/null 2>log &
daemon=$!
for _ in $(seq 600); do
  ! grep -q event=ready log || break
  sleep 0.05
done
lead
is "$(pains)" 2
kill -TERM "$daemon"
wait "$daemon" || fail "the daemon: exit status $?"
daemon=
echo "all held"
