#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# In a guest, the store's disk meets an error while a recording runs, and the kernel turns it
# read-only. The recording goes on from memory; nothing is called committed, and another station is
# refused with a clear sentence. The disk is repaired and mounted anew, as after plugging it in
# again: every frame is there, also of a commit whose sync succeeded while the file system was just
# giving up. With argument `guest` this script is what runs inside.
set -u
here=$(cd "$(dirname "$0")" && pwd)
victim=${STANCE_BUILD_DIR:?}/tests/recorder_victim

committed() { sed -n 's/^committed frames=\([0-9]*\)$/\1/p' /tmp/log | tail -n 1; }

inside() {
  local before while_read_only after
  truncate -s 64M /tmp/disk
  mkfs.ext4 -q -F -e remount-ro /tmp/disk && losetup /dev/loop0 /tmp/disk &&
    mkdir -p /mnt/store && mount /dev/loop0 /mnt/store || return 1
  "$victim" record /mnt/store/store.db 1000 4 50 sync 2>/tmp/log &
  until grep -q '^committed' /tmp/log; do sleep 0.1; done
  sleep 1
  echo 1 >/sys/fs/ext4/loop0/trigger_fs_error
  sleep 1
  before=$(committed)
  "$victim" record /mnt/store/store.db 1000 4 50 sync 2>/tmp/refused && return 1
  cat /tmp/refused
  # Which of the two depends on the kernel.
  grep -qE 'the disk (is read-only|reports an error)' /tmp/refused || return 1
  sleep 2
  while_read_only=$(committed)
  umount -l /mnt/store
  sleep 2
  # A copy: the dead mount still writes its own marks to its disk, which no unplugged one can.
  cp --sparse=always /tmp/disk /tmp/replugged
  losetup /dev/loop1 /tmp/replugged && e2fsck -fy /dev/loop1 >/tmp/fsck
  mount /dev/loop1 /mnt/store || return 1
  sleep 4
  kill -9 %1
  wait 2>/dev/null
  after=$(committed)
  echo "committed: $before, $while_read_only while read-only, $after in the end"
  [ "$while_read_only" = "$before" ] && [ "$after" -gt $((before + 6000)) ] &&
    "$victim" verify /mnt/store/store.db "$after"
}

if [ "${1:-}" = guest ]; then
  inside
  exit $?
fi
PATH=$PATH:/usr/sbin:/sbin
command -v mkfs.ext4 >/dev/null || { echo "SKIPPED: mkfs.ext4 is not installed (e2fsprogs)" >&2; exit 77; }
"$here/../device/guest.sh" --module loop --module ext4 --module crc32c_generic -- \
  "$here/test_read_only.sh" guest | grep -v ' EXT4-fs '
exit "${PIPESTATUS[0]}"
