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
