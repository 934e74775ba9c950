# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What tools/check, tools/demo and tools/bench/run share. Source it after `cd` to the project's top.

# One sentence to the user, and out.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

have() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || return 1
  done
}

# free_megabytes FOLDER: free space where FOLDER is.
free_megabytes() {
  df -Pm "$1" | awk 'NR == 2 { print $4 }'
}

need_space() {
  local folder=$1 megabytes=$2
  [ "$(free_megabytes "$folder")" -ge "$megabytes" ] ||
    die "only $(free_megabytes "$folder") MB are free in $folder and $megabytes MB are needed:" \
      "free some and start again"
}

# packages_of GROUP…: names from tools/packages.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' tools/packages
  done
}

packages_missing() {
  local package
  # dpkg-query complains about names that it has never seen; those are missing too.
  packages_of "$@" | while read -r package; do
    # Node from elsewhere brings its own npm and refuses Debian's.
    [ "$package" != npm ] || ! have npm || continue
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      printf '%s\n' "$package"
  done
}

explain_apt_failure() {
  local log=$1 reason
  if grep -qiE 'No space left|not enough free space' "$log"; then
    reason="the disk is full: free some space and start again"
  elif grep -qE 'Could not get lock|Unable to acquire' "$log"; then
    reason="another package manager is running: wait until it has ended and start again"
  elif grep -qiE 'resolve|Failed to fetch|Unable to connect|Connection|Network is unreachable' \
    "$log"; then
    reason="no network, or the package mirror cannot be reached: connect this machine and start again"
  elif grep -qE 'Unable to locate package|no installation candidate' "$log"; then
    reason="this system's apt does not offer all of tools/packages: Debian 12 with 'main' does"
  else
    reason="apt-get failed with '$(grep -E '^E: ' "$log" | head -n 1)'"
  fi
  die "$reason (log: $log)"
}

# install_packages GROUP…: installs what is missing, without asking anything.
install_packages() {
  local missing log=build/packages.log as_root=()
  have apt-get dpkg-query ||
    die "apt-get is not here, so this is not Debian: install what tools/packages lists by hand and" \
      "build with cmake --preset release"
  mapfile -t missing < <(packages_missing "$@")
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null ||
      die "these packages are missing and installing them needs root:" \
        "run 'sudo apt-get install --no-install-recommends ${missing[*]}'" \
      "once and start again"
    as_root=(sudo -n)
  fi
  mkdir -p build
  need_space / 2500 # clang, the libraries and a browser take 1.9 GB on an empty Debian 12
  printf 'Installing %d Debian packages with apt-get (tools/packages says what for): %s\n' \
    "${#missing[@]}" "${missing[*]}"
  apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Use-Pty=0 \
      -o DPkg::Lock::Timeout=300 "$@" </dev/null
  }
  # Lists may be absent or older than the mirror: they are fetched only when that shows.
  apt install --no-install-recommends "${missing[@]}" >"$log" 2>&1 && return 0
  { apt update && apt install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
    explain_apt_failure "$log"
}

# A name that says what a step does, its log, its command. Prints how it went and how long it took.
step_names=()
step_results=()
step_seconds=()
record_step() {
  step_names+=("$1")
  step_results+=("$2")
  step_seconds+=("$3")
}

run_step() {
  local name=$1 log=$2 start=$SECONDS
  shift 2
  printf '%-28s … ' "$name"
  if "$@" >"$log" 2>&1 </dev/null; then
    record_step "$name" ok $((SECONDS - start))
    printf 'ok, %d s\n' $((SECONDS - start))
    return 0
  fi
  printf 'FAILED after %d s; from %s:\n' $((SECONDS - start)) "$log"
  { grep -E -A 3 'error:' "$log" || tail -n 40 "$log"; } | head -n 60 | sed 's/^/    /'
  if grep -q 'No space left on device' "$log"; then
    die "the disk is full: free some space and start again"
  fi
  return 1
}

print_steps() {
  local k
  printf '\n%-40s %-10s %8s\n' step result seconds
  for k in "${!step_names[@]}"; do
    printf '%-40s %-10s %8d\n' "${step_names[k]}" "${step_results[k]}" "${step_seconds[k]}"
  done
}

# build PRESET [TARGET…]: configures and builds, showing every error at once; a cache from another
# place or compiler is renewed.
build() {
  local preset=$1 targets=()
  shift
  [ $# -eq 0 ] || targets=(--target "$@")
  cmake --preset "$preset" || cmake --fresh --preset "$preset" || return 1
  cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}" -- -k 0
}
