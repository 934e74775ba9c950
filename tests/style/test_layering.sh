#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Who may include what: include <- acquisition, calibration, analysis (none among these three)
# <- tools/station <- the programs. Each library's header has one owner file or folder.
# shellcheck source=tests/style/common.sh
. "$(dirname "$0")/common.sh"

# Contracts of a layer's own; the others are for all.
set_contract_owner() {
  case $1 in
  stance/ring.h | stance/rt.h | stance/source.h | stance/csv.h) owner=acquisition ;;
  stance/calibration.h | stance/plate.h | stance/evaluation.h) owner=calibration ;;
  stance/filter.h | stance/onset.h | stance/metric.h | stance/repetition.h | stance/asymmetry.h | \
    stance/protocol.h | stance/result.h | stance/reliability.h | stance/comparison.h) owner=analysis ;;
  *) owner=all ;;
  esac
}

# header | files that may include it (a pattern of bash)
library_owners='
fftw3.h               analysis/fft.[ch]
gsl/*                 calibration/fit.c|calibration/least_squares.c|analysis/statistics*.c
ini.h                 calibration/profile_read.c|analysis/protocol.c|tools/stanced/settings.c
csv.h                 acquisition/csv_*.c|tools/station/sheet*.c|tools/bench/bench_csv.c
sqlite3.h             tools/station/store*.[ch]|tests/support/faulty_disk.c
zstd.h                tools/station/block_codec.c|tests/fuzz/fuzz_block.c
uuid/uuid.h           tools/station/store*.c
nettle/*              tools/station/digest.c
jansson.h             tools/station/report_json.c|tools/station/station_view.c|tools/station/http_*.[ch]|tools/station/daemon_file.c|tools/station/station_remote.c|tests/fuzz/fuzz_http.c
microhttpd.h          tools/station/http_private.h
curl/*                tools/station/http_curl.h
cairo*.h              tools/certificate/*.[ch]
pango/*               tools/certificate/*.c
libusb.h              acquisition/usb_*.[ch]|tests/support/fake_libusb*.[ch]
portaudio.h           tools/station/cue_card.c|tools/station/cue_portaudio.c|tests/support/fake_portaudio.c
pa_linux_alsa.h       tools/station/cue_card.c|tools/station/cue_portaudio.c|tests/support/fake_portaudio.c
cmocka.h              tests/*
ck_*.h                tools/bench/*
jack/*                tools/bench/*
sanitizer/*           tests/*
'
standard=' assert complex ctype errno float inttypes limits locale math setjmp signal stdalign stdarg
 stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath time wchar '
system=' argp dirent dlfcn fcntl fnmatch ftw getopt glob langinfo libgen malloc netinet/in poll pthread pwd sched
 semaphore spawn strings arpa/inet netinet/in netinet/tcp sys/eventfd sys/file sys/ioctl sys/mman sys/mount sys/prctl sys/random
 sys/resource sys/select sys/socket sys/stat sys/statvfs sys/syscall sys/time sys/timerfd sys/types
 sys/uio sys/un sys/vfs sys/wait ucontext termios unistd wordexp linux/fs linux/usbdevice_fs '
# Pure: no thread, clock, file or process. FFTW's planner is one for the whole process and wants a
# lock around it: that is the one exception.
pure=' calibration analysis '
planner_lock=analysis/fft.c

# These set a variable instead of printing: thousands of processes would take a minute.
set_layer() {
  case $1 in
  include/*) layer=include ;;
  acquisition/* | calibration/* | analysis/*) layer=${1%%/*} ;;
  tools/station/*) layer=station ;;
  *) layer=program ;;
  esac
}

check_contract() {
  local file=$1 layer=$2 header=$3 owner
  [ -f "include/$header" ] || { complain "$file: <$header> is no contract in include/stance"; return; }
  set_contract_owner "$header"
  case $layer in
  acquisition | calibration | analysis)
    [ "$owner" = all ] || [ "$owner" = "$layer" ] ||
      complain "$file: $layer must not know $owner ($header)"
    ;;
  esac
}

check_private() {
  local file=$1 layer=$2 header=$3
  [ "$layer" != include ] || { complain "$file: a contract includes the private $header"; return; }
  # Programs may look into tools/station, virtual instruments into the simulated athlete and nothing
  # else of acquisition: they follow the vendors' documents, not our drivers. The manual may look into
  # the commands, tests into every folder.
  case $file in
  tests/* | tools/bench/* | tools/packaging/*) return ;;
  esac
  [ -f "${file%/*}/$header" ] ||
    { [ "$layer" = program ] && [ -f "tools/station/$header" ]; } ||
    { [[ $file == tools/instruments/input* ]] && [ "$header" = sim.h ]; } ||
    complain "$file: $header belongs to another folder"
}

check_library() {
  local file=$1 layer=$2 header=$3 name=" ${3%.h} " pattern owners found=
  [[ $standard == *"$name"* ]] && [[ $pure == *" $layer "* && $name =~ ^' '(time|signal)' '$ ]] &&
    { complain "$file: $layer is pure and includes $header"; return; }
  [[ $standard == *"$name"* ]] && return
  if [[ $system == *"$name"* ]]; then
    [[ $file != "$planner_lock" || $header != pthread.h ]] || return 0
    [[ $pure != *" $layer "* ]] || complain "$file: $layer is pure and includes $header"
    return
  fi
  while read -r pattern owners; do
    # shellcheck disable=SC2053 # patterns are meant
    [[ -n $pattern && $header == $pattern ]] || continue
    found=yes
    local owner
    IFS='|' read -ra owner <<<"$owners"
    for pattern in "${owner[@]}"; do
      # shellcheck disable=SC2053
      [[ $file == $pattern ]] && return
    done
    complain "$file: $header belongs to $owners"
  done <<<"$library_owners"
  [ -n "$found" ] || complain "$file: $header has no owner: name one in $(basename "$0")"
}

standard=${standard//$'\n'/}
system=${system//$'\n'/}
while IFS=: read -r file include; do
  set_layer "$file"
  header=${include#\#include ?}
  header=${header%%[>\"]*}
  case $include in
  '#include "stance/'*) check_contract "$file" "$layer" "$header" ;;
  '#include "'*) check_private "$file" "$layer" "$header" ;;
  *) check_library "$file" "$layer" "$header" ;;
  esac
done < <(c_files | xargs -r grep -HE '^#include [<"]')

# The same for what is called, where a build is at hand.
check_symbols() {
  local layer=$1 archive=$STANCE_BUILD_DIR/libstance_$1.a forbidden=$2 undefined symbol
  [ -f "$archive" ] || return 0
  undefined=$(nm -A --undefined-only "$archive" 2>/dev/null | awk '{ print $1, $NF }')
  while read -r symbol; do
    complain "$layer calls $symbol"
  done < <(grep -E " ($forbidden)\$" <<<"$undefined" | sed 's/^[^:]*://' |
    grep -vE '^fft\.c\.o: pthread_mutex_(un)?lock$')
}
defined_by() {
  local layer
  for layer in "$@"; do
    [ ! -f "$STANCE_BUILD_DIR/libstance_$layer.a" ] ||
      nm --defined-only --extern-only "$STANCE_BUILD_DIR/libstance_$layer.a" 2>/dev/null |
      awk 'NF == 3 { print $3 }'
  done | paste -sd '|'
}
# fprintf and its like are not among them: without stdout and stderr they write into memory.
prints='v?printf|__v?printf_chk|puts|putchar|perror|v?syslog|stdout|stderr'
impure='fopen|open|openat|read|write|pthread_.*|thrd_.*|clock_gettime|time|gettimeofday|getenv|fork|system|rand|random'
if [ -n "${STANCE_BUILD_DIR-}" ] && [ "$root" = "${STANCE_SOURCE_DIR-}" ] && command -v nm >/dev/null; then
  check_symbols acquisition "$prints|$(defined_by calibration analysis station)"
  check_symbols calibration "$prints|$impure|$(defined_by acquisition analysis station)"
  check_symbols analysis "$prints|$impure|$(defined_by acquisition calibration station)"
fi
finish
