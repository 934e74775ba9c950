#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Power cuts: a guest records onto a disk of its own and is killed at a random moment. QEMU's log of
# the disk's writes and flushes then gives what a disk with a volatile cache would hold, at that
# moment and at others before it: everything up to the last flush, and of the rest what chance
# leaves. Each such disk is repaired as at boot, and what had been printed as committed must be
# there, bit for bit. A last guest whose syncs are dropped shows that this test notices.
# 1 guest with 6 cuts; 20 guests with 6 each with STANCE_FULL=1. STANCE_SEED repeats the choice of moments.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${STANCE_BUILD_DIR:?}/tests
guests=1 cuts=6
[ "${STANCE_FULL:-0}" = 1 ] && guests=20
seed=${STANCE_SEED:-$(date +%s)}
RANDOM=$seed
PATH=$PATH:/usr/sbin:/sbin
modules=(--module virtio_blk --module ext4 --module crc32c_generic)
for tool in mkfs.ext4 e2fsck debugfs; do
  command -v "$tool" >/dev/null || { echo "SKIPPED: $tool is not installed (e2fsprogs)" >&2; exit 77; }
done
"$here/../device/guest.sh" --prepare "${modules[@]}" >/dev/null || exit $?
folder=$(mktemp -d) || exit 1
trap 'kill_guest; rm -rf "$folder"' EXIT
echo "seed $seed, $guests guests, $cuts cuts each"

kill_guest() {
  [ -s "$folder/pid" ] && kill -9 "$(cat "$folder/pid")" 2>/dev/null
  rm -f "$folder/pid" # its number may soon be another's
}

# Records in a guest and kills it. $1: sync or forget. Leaves base, log and lines.
run_guest() {
  rm -f "$folder"/{base,disk,log,lines,pid}
  truncate -s 64M "$folder/base"
  mkfs.ext4 -q -F "$folder/base" || return 1
  cp "$folder/base" "$folder/disk"
  truncate -s 0 "$folder/log"
  local block_ms=$((20 + RANDOM % 100)) seconds after
  after=$(printf '%d.%03d' $((1 + RANDOM % 5)) $((RANDOM % 1000)))
  "$here/../device/guest.sh" "${modules[@]}" --mount /dev/vda:/mnt/store --seconds 150 \
    --qemu -pidfile --qemu "$folder/pid" \
    --qemu -blockdev --qemu "driver=file,node-name=disk,filename=$folder/disk" \
    --qemu -blockdev --qemu "driver=file,node-name=log,filename=$folder/log" \
    --qemu -blockdev --qemu "driver=blklogwrites,node-name=logged,file=disk,log=log" \
    --qemu -device --qemu "virtio-blk-pci,drive=logged,write-cache=on" \
    -- "$build/recorder_victim" record /mnt/store/store.db 20000 8 "$block_ms" "$1" 2>&1 |
    "$build/power_cut" watch "$folder/log" >"$folder/lines" &
  for ((seconds = 0; seconds < 140; seconds++)); do
    grep -q 'committed frames=' "$folder/lines" && break
    sleep 1
  done
  sleep "$after"
  kill_guest
  wait
  grep -q 'committed frames=' "$folder/lines" ||
    { echo "the guest recorded nothing:"; cut -d' ' -f2- "$folder/lines" | tail; return 1; }
  echo "killed $after s after its first commit, blocks of $block_ms ms," \
    "$(grep -c 'committed frames=' "$folder/lines") commits"
}

# The log as it stood $1 bytes long: 0 when nothing that was committed is missing.
check_cut() {
  local size=$1 committed summary verdict
  committed=$(awk -v size="$size" '$1 <= size && /committed frames=/ {split($3, a, "="); n = a[2]} END {print n + 0}' "$folder/lines")
  summary=$("$build/power_cut" replay "$folder/base" "$folder/log" "$size" "$RANDOM" "$folder/cut") || exit 1
  e2fsck -fy "$folder/cut" >"$folder/fsck" 2>&1
  [ $? -lt 4 ] || { echo "the file system is lost:"; tail -n 3 "$folder/fsck"; return 1; }
  rm -rf "$folder/found"
  mkdir "$folder/found"
  debugfs -R "rdump / $folder/found" "$folder/cut" >/dev/null 2>&1
  rm -f "$folder/found/store.db-shm" # shared memory: SQLite makes it anew after a restart
  verdict=$("$build/recorder_victim" verify "$folder/found/store.db" "$committed" 2>&1)
  local status=$?
  echo "  cut at $size: $summary; $verdict"
  return "$status"
}

# A cut right after a line was printed is the hardest moment; the others are anywhere. Sets $moment:
# in a subshell, RANDOM would choose the same one each time.
choose_cut() {
  local moments
  mapfile -t moments < <(awk '/committed frames=/ {print $1}' "$folder/lines")
  moment=${moments[RANDOM % ${#moments[@]}]}
  [ $((RANDOM % 2)) = 0 ] ||
    moment=$((moments[0] + (RANDOM * 32768 + RANDOM) % (moments[-1] - moments[0] + 1)))
}

failed=0 checked=0
while [ "$checked" -lt $((guests * cuts)) ]; do
  run_guest sync || exit 1
  check_cut "$(stat -c %s "$folder/log")" || failed=$((failed + 1))
  for ((cut = 2; cut <= cuts; cut++)); do
    choose_cut
    check_cut "$moment" || failed=$((failed + 1))
  done
  checked=$((checked + cuts))
done

echo "without syncs:"
run_guest forget || exit 1
noticed=0
for size in $(awk '/committed frames=/ {print $1}' "$folder/lines" | tail -n 3); do
  check_cut "$size" || noticed=$((noticed + 1))
done
echo "$checked power cuts, $failed lost a committed frame; dropped syncs noticed in $noticed of 3 cuts"
[ "$failed" = 0 ] && [ "$noticed" -gt 0 ]
