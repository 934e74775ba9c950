# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154 # sourced by bench.sh, whose functions set the variables
# One function a case.

uri_of() {
  case $1 in
  labjack-u6) echo "labjack-u6:?channels=$2&rate=$3" ;;
  labjack-u3) echo "labjack-u3:?channels=$2&rate=$3" ;;
  mcc-1608fs-plus) echo "mcc-1608fs-plus:?channels=$2&rate=$3" ;;
  mcc-20*) echo "mcc-usb-20x:?channels=$2&rate=$3" ;;
  esac
}

summary() {
  detail="stored $stored, lost $lost, sampled $sampled, worst $worst steps${faults:+, $faults faults}"
}

# Force played in = force read out, at every sample. steady:INSTRUMENT:CHANNELS:RATE:SECONDS
case_steady() {
  [ "$1" != labjack-u3 ] || newtons=1000
  plug "$1" --play "$play" --sensitivity "$newtons" --speed "$speed"
  record "$(uri_of "$1" "$2" "$3")" "$4"
  unplug
  compare
  must "$status" = 0 'exit status'
  account_exactly
  must "$lost" = 0 'lost'
  summary
}

# faults:INSTRUMENT:FAULT,FAULT…
case_faults() {
  local -a options=()
  local fault
  for fault in ${2//,/ }; do options+=(--fault "${fault/=/:}"); done
  plug "$1" --play "$play" --sensitivity "$newtons" --speed "$speed" "${options[@]}"
  record "$(uri_of "$1" 0,1,2,3 1000)" "${3:-6}"
  unplug
  compare
  must "$status" = 0 'exit status'
  must "$faults" = $((${#options[@]} / 2)) faults
  account_exactly
  summary
}
