# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # sourced by bench.sh, whose functions set the variables
# One function a case.

uri_of() {
  case $1 in
  mcc-20*) echo "mcc-usb-20x:?channels=$2&rate=$3" ;;
  *) echo "$1:?channels=$2&rate=$3" ;;
  esac
}

# Sets what a U3 needs: it reads 0 to 2.44 V, so its load cells have an amplifier with a bias.
play_into() {
  [ "$1" != labjack-u3 ] || newtons=1500 bias=0.1 marks=0.02
  plug "$1" --play "$play" --sensitivity "$newtons" --bias "$bias" --marks "$marks" "${@:2}"
}

summary() {
  detail="stored $stored, lost $lost, sampled $sampled, worst $worst steps, $faults faults, shift $shift"
}

# Force played in = force read out, at every sample. steady:INSTRUMENT:CHANNELS:RATE:SECONDS
case_steady() {
  play_into "$1" --speed "$speed"
  record "$(uri_of "$1" "$2" "$3")" "$4"
  unplug 1
  compare 0
  must "$status" = 0 'exit status'
  account_exactly
  must "$lost" = 0 'lost'
  summary
}

# Damage that the stream itself accounts for. faults:INSTRUMENT:FAULT,FAULT…
case_faults() {
  local -a options=()
  local fault
  for fault in ${2//,/ }; do options+=(--fault "${fault/=/:}"); done
  play_into "$1" --speed "$speed" "${options[@]}"
  record "$(uri_of "$1" 0,1,2,3 1000)" "${3:-6}"
  unplug 1
  compare 0
  must "$status" = 0 'exit status'
  must "$faults" = $((${#options[@]} / 2)) faults
  account_exactly
  summary
}

# What ends a stream: it is started anew, and the gap has the length that the clock tells.
# restarts:INSTRUMENT:FAULT,FAULT…:SECONDS:STREAMS
case_restarts() {
  local -a options=()
  local fault
  for fault in ${2//,/ }; do options+=(--fault "${fault/=/:}"); done
  play_into "$1" "${options[@]}"
  record "$(uri_of "$1" 0,1,2,3 1000)" "${3:-6}"
  unplug 1
  compare 0
  must "$status" = 0 'exit status'
  must "$faults" = $((${#options[@]} / 2)) faults
  must "$misread" = 0 'values misread'
  must "$stored" -le "$delivered" 'frames stored, delivered'
  must "$streams" -ge "${4:-2}" 'streams'
  summary
}

# Unplugged at a moment of the dialogue, again and again: the run ends with a sentence or goes on,
# nothing hangs, and the next one works. cycles:INSTRUMENT:MOMENT:TIMES
case_cycles() {
  local k said=0 went_on=0
  play_into "$1" --speed "$speed"
  for ((k = 1; k <= $3; k++)); do
    wait_for event=plugged "$k" || complain "not plugged in again after $k"
    settle
    tell "unplug@$2:300"
    record "$(uri_of "$1" 0,1 1000)" 1
    case $status in
    0) went_on=$((went_on + 1)) ;;
    4)
      said=$((said + 1))
      grep -qE 'plug it in|not connected|unplugged' "$work/err" ||
        complain "cycle $k: nothing that helps was said: $(tail -n 1 "$work/err")"
      ;;
    *) complain "cycle $k: exit status $status: $(tail -n 1 "$work/err")" ;;
    esac
  done
  wait_for event=plugged $(($3 + 1)) || complain 'not plugged in at the end'
  settle
  newest=$(grep -c event=started "$work/events")
  record "$(uri_of "$1" 0,1 1000)" 1
  must "$status" = 0 'exit status after the cycles'
  unplug 1
  must "$(grep -c event=started "$work/events")" -gt "$newest" 'streams after the cycles'
  detail="$3 cycles: $said ended with a sentence, $went_on went on, $faults unpluggings"
}

# Unplugged in steady state again and again in one recording. replugs:INSTRUMENT:TIMES
case_replugs() {
  local -a options=()
  local k
  for ((k = 1; k <= $2; k++)); do options+=(--fault "unplug@$((k * 700)):300"); done
  play_into "$1" "${options[@]}"
  patience=900 record "$(uri_of "$1" 0,1 1000)" $((3 * $2))
  unplug 1
  compare 0
  must "$status" = 0 'exit status'
  must "$misread" = 0 'values misread'
  must "$stored" -le "$delivered" 'frames stored, delivered'
  must "$streams" = $((faults + 1)) 'streams, unpluggings + 1'
  must "$gaps" -ge "$faults" 'gaps'
  summary
}

# The host takes nothing for a while: what the buffer does not hold is lost and counted.
# stall:INSTRUMENT:MS:FRAMES-LOST-AT-MOST
case_stall() {
  play_into "$1" --fault "host-stall@2000:$2"
  record "$(uri_of "$1" 0,1,2,3 1000)" 5
  unplug 1
  compare 0
  must "$status" = 0 'exit status'
  account_exactly
  must "$lost" -le "$3" 'frames lost'
  [ "$3" = 0 ] || must "$lost" -gt 0 'frames lost'
  summary
}

# The program is stopped by its own machine; the kernel and the queued transfers go on.
# freeze:INSTRUMENT:MS
case_freeze() {
  play_into "$1"
  record "$(uri_of "$1" 0,1 1000)" 5 &
  local recorder=$! stance
  wait_for event=started
  sleep 2
  stance=$(pgrep -n -x stance)
  kill -STOP "$stance"
  sleep "$(printf '%d.%03d' $(($2 / 1000)) $(($2 % 1000)))"
  kill -CONT "$stance"
  wait "$recorder"
  unplug 1
  compare 0
  account_exactly
  must "$lost" = 0 'frames lost'
  summary
}

# Two at once in two programs, each by its serial number. two:INSTRUMENT:INSTRUMENT
case_two() {
  local first='' second=''
  plug --play "$play" --sensitivity "$newtons" "$1" --serial "$3" "$2" --serial "$4"
  for k in 1 2; do
    export STANCE_STORE=$work/store$k.db
    local kind=$1 serial=$3
    [ $k = 1 ] || kind=$2 serial=$4
    local uri
    uri=$(uri_of "$kind" 0,1 1000)
    (record "${uri/:/:$serial}" 4; exit "$status") &
    eval "pid$k=$!"
  done
  wait "$pid1" || complain "the first: exit status $?"
  wait "$pid2" || complain "the second: exit status $?"
  for k in 1 2; do
    STANCE_STORE=$work/store$k.db
    [ $k = 1 ] && unplug 1
    # shellcheck disable=SC2046
    declare -g $(grep "instrument=$k event=counts" "$work/events" | tail -n 1 | sed 's/.*event=counts //')
    compare 0 $k
    account_exactly
    detail+="${detail:+ | }stored $stored, lost $lost"
  done
  STANCE_STORE=$work/store.db
}

# Another unit of the same kind comes back on the port: it is not taken for the first.
# swap:INSTRUMENT
case_swap() {
  play_into "$1" --fault swap@2000:300
  patience=30 record "$(uri_of "$1" 0,1 1000)" 5
  unplug 1
  must "$(grep -c event=started "$work/events")" = 1 'streams'
  detail="exit status $status: $(grep -vE '^committed' "$work/err" | tail -n 1 | cut -c 1-120)"
}

# The same unit comes back on another port. move:INSTRUMENT
case_move() {
  play_into "$1" --fault move@2000:300
  record "$(uri_of "$1" 0,1 1000)" 6
  unplug 1
  compare 0
  must "$status" = 0 'exit status'
  must "$misread" = 0 'values misread'
  must "$streams" = 2 'streams'
  must "$(grep -o 'port=[0-9]*' "$work/events" | sort -u | wc -l)" = 2 'ports'
  summary
}

# Another program holds all memory for USB transfers when recording begins. memory:INSTRUMENT
case_memory() {
  local limit=/sys/module/usbcore/parameters/usbfs_memory_mb hog
  echo 1 >$limit
  plug --play "$play" --sensitivity "$newtons" "$1" mcc-204
  "$build/tests/usb_hog" "$(node_of 09db)" 81 >"$work/hog" 2>&1 &
  hog=$!
  for ((k = 0; k < 60; k++)); do grep -qs 'no memory' "$work/hog" && break; sleep 0.1; done
  grep -q 'no memory' "$work/hog" || complain "$(cat "$work/hog")"
  record "$(uri_of "$1" 0,1 1000)" 2
  case $status in # fewer transfers, or none at all
  0 | 4) ;;
  *) complain "exit status without memory: $status" ;;
  esac
  grep -q usbfs_memory_mb "$work/err" || complain "the mending command is not named: $(tail -n 1 "$work/err")"
  detail=$(grep usbfs_memory_mb "$work/err" | head -n 1 | cut -c 1-100)
  kill "$hog"
  wait "$hog" 2>/dev/null
  echo 16 >$limit
  record "$(uri_of "$1" 0,1 1000)" 1
  must "$status" = 0 'exit status with memory'
  unplug 1
}

node_of() {
  local device
  device=$(dirname "$(grep -l "$1" /sys/bus/usb/devices/*/idVendor | head -n 1)")
  printf '/dev/bus/usb/%03d/%03d' "$(cat "$device/busnum")" "$(cat "$device/devnum")"
}

# A user without the right, then with it. permission:INSTRUMENT
case_permission() {
  local vendor=0cd5
  [ "$1" = "${1#mcc}" ] || vendor=09db
  play_into "$1"
  chmod 1777 "$work"
  for right in 600 666; do
    chmod $right "$(node_of $vendor)"
    STANCE_STORE=$work/user-$right.db timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups \
      "$build/stance" run imtp --device "$(uri_of "$1" 0,1 1000)" --unattended --duration 1 \
      --output "$work/user-reports" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    [ $right = 666 ] || detail="$(tail -n 1 "$work/err" | cut -c 1-160)"
    [ $right = 666 ] || must "$status" = 4 'exit status without the right'
  done
  must "$status" = 0 'exit status with it'
  unplug 1
}

# SIGTERM in the middle: everything up to it is there. terminate:INSTRUMENT[:FAULT]
case_terminate() {
  play_into "$1" ${2:+--fault "${2/=/:}"}
  record "$(uri_of "$1" 0,1 1000)" 60 &
  local recorder=$!
  wait_for event=started
  sleep 2
  kill -TERM "$(pgrep -n -x stance)"
  local asked=$SECONDS
  wait "$recorder"
  must $((SECONDS - asked)) -le 20 'seconds until it ended'
  unplug 1
  compare 0
  must "$finished" = yes 'recording finished'
  must "$misread" = 0 'values misread'
  [ -n "${2-}" ] || account_exactly
  must "$stored" -gt 500 'frames stored'
  summary
}
