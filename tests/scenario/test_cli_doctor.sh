#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance doctor`: what it finds on this computer, said to people and to programs.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

says_out() {
  grep -qF -- "$1" stdout || fail "stdout does not say '$1'"
}

# The same judgement in both forms, and an exit status that says it. What this computer is like is
# not for the test to know.
status=0
"$stance" doctor >text 2>stderr || status=$?
[ "$status" -le 1 ] || fail "exit status $status"
[ ! -s stderr ] || fail "it complains"
expect "$status" "$stance" doctor --json
jq -e --argjson status "$status" '
  (.holds == ($status == 0)) and
  (.holds == ([.findings[] | select(.verdict == "bad")] | length == 0)) and
  ([.findings[].check] | contains(["real-time priority", "locked memory", "USB memory",
    "processor", "clock", "sound", "disk", "file system", "store"])) and
  (.findings | all(.what != "" and (.verdict | IN("good", "advice", "bad"))))' stdout >/dev/null ||
  fail "the JSON is not what the text says"
[ "$(grep -c '^bad ' text)" -eq "$(jq '[.findings[] | select(.verdict == "bad")] | length' stdout)" ]
[ ! -e "$STANCE_STORE" ] || fail "looking made a store"

# Without a right to real-time priority, as a user of no importance.
if [ "$(id -u)" -eq 0 ] && setpriv --reuid 65534 --clear-groups test -x "$stance"; then
  chmod 755 "$work"
  # shellcheck disable=SC2016 # the inner shell expands it
  expect 1 setpriv --reuid 65534 --clear-groups prlimit --rtprio=0:0 --memlock=65536:65536 \
    bash -c 'cd / && XDG_DATA_HOME=/tmp "$0" doctor' "$stance"
  says_out 'bad     real-time priority'
  says_out '@audio - rtprio 20'
  says_out '@audio - memlock unlimited'
fi

# A store that is none is named, and not touched.
mkdir shut
printf 'not a store at all, whatever its name says' >shut/store.db
before=$(cksum <shut/store.db)
expect 1 env STANCE_STORE="$work/shut/store.db" "$stance" doctor
says_out 'bad     store'
says_out 'safe place'
[ "$before" = "$(cksum <shut/store.db)" ] || fail "the doctor changed the store"

# A store that was written.
expect 0 "$stance" run nordic --unattended --output reports --device 'sim:nordic?seed=1&speed=max'
"$stance" doctor >stdout 2>stderr || true
says_out 'store.db is whole'

# How late the sound card plays, where there is none: said, and nothing made up.
if ! [ -d /proc/asound ]; then
  says_out 'sound: there is no sound card'
  expect 1 "$stance" doctor --loopback
  says_out 'bad     sound: '
fi
expect 2 "$stance" doctor --latency 0.05
expect 2 "$stance" doctor --loopback --latency 7

expect 2 "$stance" doctor --cure
expect 5 bash -c "'$stance' doctor >/dev/full"
