# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a test to every state in which it goes on, for whatever is to be shown at each."""
import os
import pathlib
import re

from station import FULL, check, lead

# Nobody on it, ten times as fast: the clinician can lead it to any state, and nothing ends it.
EMPTY = "sim:nordic?speed=10&unloaded_s=3000&duration=3600&noise_n=0.2&wander_n=0&zero_shift_n=0"
# Pulls left from 10 s on for 60 s: the proof of the sides waits for it from about 4 s on.
PULLS_LEFT = (
    "sim:nordic?speed=5&sides=left&unloaded_s=9&get_on_s=0&limb_s=0&ready_s=1&effort_s=60"
    "&peak_n=3000&range_n=5000&duration=600"
)
# In order, each with the instrument on which it can be come to.
WAY = {
    "zero": EMPTY,
    "zeroing": EMPTY,
    "get_on": EMPTY,
    "prove_left": EMPTY,
    "prove_right": PULLS_LEFT,
    "weigh": EMPTY,
    "weighing": EMPTY,
    "wait": EMPTY,
    "ready": EMPTY,
    "effort": EMPTY,
    "rest": EMPTY,
    "pain": EMPTY,
    "pain_side": EMPTY,
    "get_off": EMPTY,
    "zeroing_after": EMPTY,
}


def states_of_machine():
    """Those of machine.h in which a test goes on."""
    header = pathlib.Path(os.environ["STANCE_SOURCE_DIR"]) / "include/stance/machine.h"
    table = header.read_text().split("#define STANCE_TEST_STATE_LIST(X)")[1].split("enum ")[0]
    states = re.findall(r"X\([A-Z_]+, ([a-z_]+), ", table)
    check(len(states) > 2, "no table of states in machine.h")
    return [state for state in states if state not in ("finished", "aborted")]


def check_complete(states, what):
    missing = set(states_of_machine()) - set(states)
    check(not missing, what, "leaves out", *sorted(missing))


def chosen(place, of=5):
    """All of them with STANCE_FULL=1; else one of so many, others at each place."""
    check_complete(WAY, "the way")
    return list(WAY) if FULL else list(WAY)[place::of]


def by_device(states):
    """The states by the instrument on which they can be come to."""
    for device in dict.fromkeys(WAY[state] for state in states):
        yield device, [state for state in states if WAY[state] == device]


def lead_to(daemon, test, wanted):
    """From the beginning to the state `wanted`."""

    def answer(now):
        state = now["state"]
        if state == "prove_left" and wanted == "prove_right":
            pass  # it is pulled
        elif state.startswith("prove_"):
            daemon.command(test, "next", status=None)
        elif state == "wait" and now["locked"]:  # by a pain on the way before
            daemon.command(test, "release", now["locked"][0], status=None)
        elif state == "wait" and wanted in ("pain", "pain_side"):
            daemon.command(test, "stop", status=None)
        elif state == "wait" and wanted in ("get_off", "zeroing_after"):
            daemon.command(test, "finish", status=None)
        elif state == "pain":
            daemon.command(test, "pain", 3, status=None)
        else:
            return False
        return True

    now = lead(daemon, test, until=(wanted,), answer=answer)
    check(now is not None, f"never came to {wanted}")
