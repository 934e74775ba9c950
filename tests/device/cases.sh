# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # sourced by bench.sh, whose functions set the variables
# One function a case.

# A chip that other machines have too is used at a named port only: the first one of the first bus.
uri_of() {
  case $1 in
  optoforce-6) echo 'optoforce:1-1?counts_per_n=66.6666666667,66.6666666667,6,1000,1000,1000' ;;
  bota) echo "bota:1-1?rate=$3" ;;
  mcc-20*) echo "mcc-usb-20x:?channels=$2&rate=$3" ;;
  *) echo "$1:?channels=$2&rate=$3" ;;
  esac
}

# What the range of each demands. A U3 reads 0 to 2.44 V: its load cells have an amplifier with a
# bias. Of a sensor of six axes only Fz takes an athlete; the others read their mark.
suit() {
  case $1 in
  labjack-u3) newtons=1500 bias=0.1 marks=0.02 ;;
  open-plate) newtons=1500 marks=0.02 ;;
  optoforce-6 | bota) marks=0.02 wiring=left:2 ;;
  esac
  inputs=(--play "$play" --sensitivity "$newtons" --bias "$bias" --marks "$marks" --wiring "$wiring")
}

play_into() {
  suit "$1"
  plug "$1" "${inputs[@]}" "${@:2}"
}

summary() {
  detail="stored $stored, lost $lost, sampled $sampled, delivered $delivered, worst $worst steps, $faults faults, shift $shift"
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
# restarts:INSTRUMENT:FAULT,FAULT…:STREAMS
case_restarts() {
  local -a options=()
  local fault
  for fault in ${2//,/ }; do options+=(--fault "${fault/=/:}"); done
  play_into "$1" "${options[@]}"
  record_streams "$(uri_of "$1" 0,1,2,3 1000)" "${3:-2}"
  must "$faults" = $((${#options[@]} / 2)) faults
  account_by_streams
  must "$streams" -ge "${3:-2}" 'streams'
  summary
}

# record_streams URI NUMBER: until so many streams began, and a second of the last: how quickly an
# emulated host enumerates and starts anew is not what is judged here.
record_streams() {
  patience=900 record "$1" 800 &
  local recorder=$!
  wait_for_stream "$2" $((30 * $2)) || complain "no stream $2"
  sleep 1
  kill -TERM "$(pgrep -n -x stance)"
  wait "$recorder"
  unplug 1
  compare 0
  must "$finished" = yes 'recording finished'
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

# The whole trip with the instrument's profile: peak, onset and rate of force development of the
# report against the athlete's closed form. Real pace: the report's time is the host's.
# truth:INSTRUMENT:STEP-N, the newtons of a converter step
case_truth() {
  local repetition onset t side seen=0 channels=0,1
  local -a sides=(left:left right:right total:total) # in the report, of the athlete
  case $1 in optoforce-6 | bota) channels=2 sides=(total:left) ;; esac
  STANCE_STORE=$work/truth.db
  suit "$1"
  "$build/stance-instrument" "$1" "${inputs[@]}" --channels "$channels" --print-profile \
    >"$work/profile" || complain 'no profile'
  "$build/tests/device_check" profile "$STANCE_STORE" <"$work/profile" || complain 'profile not taken'
  rm -rf "$work/reports"
  play_into "$1" --pace real
  record "$(uri_of "$1" 0,1 1000)" 13
  unplug 1
  compare 0
  must "$status" = 0 'exit status'
  account_exactly
  # One sample before the onset the rule's 10 N above the limb had not been reached, one after it
  # they have. The report's seconds are of the measured rate, the athlete's of the true one and from
  # the first stream on, which may have been one that was only listened to.
  awk -F, '$3 ~ /^[0-9]+$/ && $4 == "total" && $5 == "onset_time" { print $3 "," $6 }' \
    "$work"/reports/*_long.csv >"$work/onsets"
  while IFS=, read -r repetition onset; do
    t=$(awk -v t="$onset" -v m="$measured" -v r="$rate" -v s="$shift" \
      'BEGIN { printf "%.9f", (t * m + s) / r }')
    for side in "${sides[@]}"; do
      reported "$repetition" "${side%:*}" | judge "${side%:*}" "$t" "$2" "${side#*:}" ||
        complain "repetition $repetition, ${side%:*}"
    done
    seen=$((seen + 1))
  done <"$work/onsets"
  must "$seen" -gt 0 'efforts in the report'
  summary
  detail+=", $seen efforts, measured $measured Hz"
  STANCE_STORE=$work/store.db
}

reported() {
  awk -F, -v r="$1" -v s="$2" '$3 == r && $4 == s { print $5, $6, $7 }' "$work"/reports/*_long.csv
}

# judge SIDE ONSET-S STEP-N SIDE-OF-THE-ATHLETE: metrics of one side on standard input.
judge() {
  local k
  local -a times=()
  for k in -1 0 1 100; do
    times+=("$(awk -v t="$2" -v k="$k" 'BEGIN { printf "%.9f", t + k / 1000 }')")
  done
  {
    "$build/tests/device_check" force "$play" "$4" "${times[@]}" | sed 's/^/force /'
    cat
  } | awk -v side="$1" -v step="$3" '
    $1 == "force" { f[n++] = $2; next }
    { value[$1] = $2; unit[$1] = $3 }
    function off(what, got, true, allowed) {
      if (got - true <= allowed && true - got <= allowed) return
      printf "      %s %s: %.3f reported, %.3f true, %.3f allowed\n", side, what, got, true, allowed >"/dev/stderr"
      bad = 1
    }
    END {
      steps = side == "total" ? 2 * step : step
      if (unit["peak_force"] != "N") { print "      no newtons" >"/dev/stderr"; bad = 1 }
      off("peak_force", value["peak_force"], f[4], steps)
      if (side == "total") {
        if (f[0] - value["limb_weight"] >= 10 + steps) off("onset, one sample early", f[0] - value["limb_weight"], 10, steps)
        if (f[2] - value["limb_weight"] <= 10 - steps) off("onset, one sample late", f[2] - value["limb_weight"], 10, steps)
      }
      true = (f[3] - f[1]) / 0.1
      off("rfd_0_100ms", value["rfd_0_100ms"], true, steps / 0.1 + true * 1e-3)
      exit bad
    }'
}

# Unplugged in steady state again and again in one recording. In real pace the gaps have the length of
# the absence; an elastic clock waits where the host's does not. replugs:INSTRUMENT:TIMES[:real]
case_replugs() {
  local -a options=()
  local k
  for ((k = 1; k <= $2; k++)); do options+=(--fault "unplug@$((k * 700)):300"); done
  play_into "$1" --pace "${3:-elastic}" "${options[@]}"
  record_streams "$(uri_of "$1" 0,1 1000)" $(($2 + 1))
  account_by_streams
  must "$streams" -gt "$faults" 'streams, unpluggings'
  must "$gaps" -ge "$faults" 'gaps'
  # A packet of two inputs is 12 frames late before any delay of the host.
  [ "${3-}" != real ] || must "$(awk -v x="$shift" 'BEGIN { print (x < 20 && x > -20) }')" = 1 "right to 20 frames ($shift)"
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
  local -a pids=()
  plug --play "$play" --sensitivity "$newtons" "$1" --serial "$3" "$2" --serial "$4"
  for k in 1 2; do
    export STANCE_STORE=$work/store$k.db
    local kind=$1 serial=$3
    [ $k = 1 ] || kind=$2 serial=$4
    local uri
    uri=$(uri_of "$kind" 0,1 1000)
    (
      record "${uri/:/:$serial}" 4
      exit "$status"
    ) &
    pids+=("$!")
  done
  wait "${pids[0]}" || complain "the first: exit status $?"
  wait "${pids[1]}" || complain "the second: exit status $?"
  for k in 1 2; do
    STANCE_STORE=$work/store$k.db
    [ $k = 1 ] && unplug 1
    # shellcheck disable=SC2046
    declare -g $(grep "instrument=$k event=counts" "$work/events" | tail -n 1 | sed 's/.*event=counts //')
    compare 0 $k
    account_exactly $k
    detail+="${detail:+ | }stored $stored, lost $lost"
  done
  STANCE_STORE=$work/store.db
}

# Another unit of the same kind comes back on the port: it is not taken for the first.
# swap:INSTRUMENT
case_swap() {
  play_into "$1" --fault swap@2000:300
  record "$(uri_of "$1" 0,1 1000)" 5
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
