#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2154 # `declare -g` sets what the programs print
# Inside the guest: plugs virtual instruments in, records from them, and counts every frame.
# bench.sh CASE…    where a case is a function of cases.sh, with its arguments after colons. Prints
# one line a case; exit status 1 where one failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${STANCE_BUILD_DIR:?}
work=$(mktemp -d)
export STANCE_STORE=$work/store.db HOME=$work TZ=UTC
ulimit -c 0

# An athlete without noise, so that every sample has one true value.
quiet='noise_n=0&wander_n=0&hum_n=0&drift_n_per_min=0&zero_shift_n=0'
short='unloaded_s=1&get_on_s=1&limb_s=1&repetitions=2&rest_s=1&effort_s=2'
play="sim:imtp?seed=5&$quiet&$short"
newtons=250 # of a volt
speed=${STANCE_BENCH_SPEED:-2}

problems=''
complain() { problems+="${problems:+; }$*"; }

# plug INSTRUMENT [OPTION…]: its events go to $work/events, lines for it to descriptor 7.
plug() {
  rm -f "$work/command" "$work/events"
  mkfifo "$work/command"
  exec 7<>"$work/command"
  "$build/stance-instrument" "$@" --attach <&7 >"$work/events" 2>"$work/instrument.err" &
  instrument=$!
  wait_for 'event=plugged' || complain "not plugged in: $(tail -n 1 "$work/instrument.err")"
  settle
}
tell() { echo "$*" >&7; }

# Until the kernel has enumerated as many devices as there are instruments.
settle() {
  local k wanted
  wanted=$(grep -o '^instrument=[0-9]*' "$work/events" | sort -u | wc -l)
  for ((k = 0; k < 100; k++)); do
    [ "$(grep -lE '^(0cd5|09db|04d8|0403|1209)$' /sys/bus/usb/devices/*/idVendor 2>/dev/null | wc -l)" -ge "$wanted" ] && return
    sleep 0.05
  done
  complain "not enumerated"
}

# wait_for PATTERN [TIMES [SECONDS]]
wait_for() {
  local k
  for ((k = 0; k < ${3:-10} * 20; k++)); do
    [ "$(grep -c "$1" "$work/events" 2>/dev/null)" -ge "${2:-1}" ] && return 0
    sleep 0.05
  done
  return 1
}

# wait_for_stream NUMBER SECONDS: until so many streams began that were more than listened to, and
# the last of them runs.
wait_for_stream() {
  local k
  for ((k = 0; k < $2 * 5; k++)); do
    awk -v wanted="$1" '
      $2 == "event=started" { running = 1; begun++; next }
      $2 == "event=stopped" && running { running = 0; begun-- }
      / delivered=/ { running = 0 }
      END { exit !(running && begun >= wanted) }' "$work/events" && return 0
    sleep 0.2
  done
  return 1
}

# unplug NUMBER: all end, and the one says what went through; sets sampled, delivered, spoilt, dropped…
unplug() {
  local line
  echo quit >&7
  wait "$instrument" || complain "the instrument ended with $?: $(tail -n 1 "$work/instrument.err")"
  exec 7>&-
  line=$(grep "instrument=$1 event=counts" "$work/events" | tail -n 1)
  # shellcheck disable=SC2086 # words are meant
  declare -g ${line#*event=counts }
}

# record URI SECONDS [OPTION…]: sets status; what it said is in $work/out.
record() {
  local uri=$1 seconds=$2
  shift 2
  # shellcheck disable=SC2086 # STANCE_BENCH_UNDER is a command such as valgrind or `gdb -batch -ex run -ex bt --args`
  timeout -s KILL "$patience" ${STANCE_BENCH_UNDER:-} "$build/stance" run imtp --device "$uri" --unattended \
    --duration "$seconds" --output "$work/reports" --log commits "$@" >"$work/out" 2>"$work/err" </dev/null
  status=$?
  [ "$status" != 137 ] || complain 'stance hung'
}

# compare STREAM [INSTRUMENT]: sets stored, lost, gaps, misread, worst…
compare() {
  local line instrument=${2:-$(($1 + 1))}
  STANCE_STREAM_STARTS=$(sed -n "s/^instrument=$instrument event=started time=\([^ ]*\).*/\1/p" "$work/events" | tr '\n' ' ')
  export STANCE_STREAM_STARTS STANCE_WIRING=$wiring
  line=$("$build/tests/device_check" compare "$STANCE_STORE" "$play" "$newtons" "$ppm" "$bias" "$marks" "$1" 2>"$work/check.err")
  [ -n "$line" ] || { complain "no recording: $(tail -n 1 "$work/check.err")"; line='stored=0 lost=0 misread=0 worst=0 gaps=0 shift=0 measured=0 rate=1 finished=no'; }
  # shellcheck disable=SC2086
  declare -g $line
}

# must VALUE = WANTED WHAT, or another operator of test.
must() { test "$1" "$2" "$3" || complain "$4: $1 $2 $3"; }

# Frames that streams delivered, each up to its break: what left an instrument behind one the host
# does not look at. A stream that was stopped after a few frames was only listened to, to find out what
# it is. arrived [NUMBER]
arrived() {
  awk -v who="instrument=${1:-1}" -v listened=100 '
    $1 != who { next }
    $2 == "event=stopped" { stopped = open }
    !match($0, / delivered=[0-9]+/) { next }
    { delivered = substr($0, RSTART + 11, RLENGTH - 11) + 0 }
    open && !(stopped && delivered - begun <= listened) { sum += delivered - begun }
    { open = $2 == "event=started"; stopped = 0; begun = delivered }
    END { print sum + 0 }' "$work/events"
}

# What came in is what left the instrument, what is missing is what it lost, nothing else.
account_exactly() {
  must "$stored" = "$(arrived "${1:-1}")" 'frames stored, delivered'
  must "$lost" = "$((spoilt + dropped))" 'frames lost, lost by the instrument'
  must "$misread" = 0 'values misread'
}

# Streams that broke off: what came in is what each had delivered by its break, exactly. What left
# the instrument behind it, what it lost, and what it did not sample lies within the gaps, whose
# length the clocks tell.
account_by_streams() {
  must "$stored" = "$(arrived)" 'frames stored, delivered before breaks'
  must "$lost" -ge "$((delivered - stored + spoilt + dropped))" 'frames lost, not stored'
  must "$misread" = 0 'values misread'
}

run_case() {
  local name=${1%%:*} start=$SECONDS verdict=ok
  local -a arguments
  IFS=: read -r -a arguments <<<"$1"
  problems='' detail='' patience=120 ppm=0 bias=0 marks=0 speed=${STANCE_BENCH_SPEED:-2} newtons=250 wiring=left:0,right:1
  sampled=0 delivered=0 spoilt=0 dropped=0 faults=0
  "case_$name" "${arguments[@]:1}"
  [ -z "$problems" ] || verdict=FAILED
  printf '%-34s %-6s %3d s  %s%s\n' "$1" "$verdict" $((SECONDS - start)) "$detail" \
    "${problems:+  [$problems]}"
  if [ "$verdict" = FAILED ]; then
    failed=$((failed + 1))
    [ "${STANCE_BENCH_VERBOSE:-}" = "" ] || cat "$work/err"
    tail -n "${STANCE_BENCH_TAIL:-5}" "$work/err" "$work/events" "$work/instrument.err" 2>/dev/null | cut -c 1-240 | sed 's/^/      /'
  fi
}

# shellcheck source=tests/device/cases.sh
. "$here/cases.sh"
failed=0
for name; do
  run_case "$name"
done
echo "$# cases, $failed failed"
rm -rf "$work"
[ "$failed" = 0 ]
