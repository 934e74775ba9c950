#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command in a virtual machine with Debian's own kernel, which has the USB and sound drivers
# and the disk that a build machine's kernel or container lacks. The guest sees the host's root
# read-only under a tmpfs overlay: every library and the build tree are there, and it can write
# without harm. Software emulation: right for correctness, not for speed.
#
#   guest.sh [--module NAME]… [--mount DEVICE:FOLDER]… [--seconds S] [--qemu WORD]… -- COMMAND…
#   guest.sh --prepare [--module NAME]…        only builds the boot image; prints its kernel's path
#
# --qemu hands one word to QEMU as it is; --mount mounts an ext4 disk inside. The console comes
# out on standard output; the exit status is the command's; 124: no verdict within S (120) seconds;
# 77, with a reason: QEMU, its tools or the kernel package cannot be had here.
set -u
skip() {
  echo "SKIPPED: $*" >&2
  exit 77
}

modules=(virtio_pci 9pnet_virtio 9p overlay)
mounts=() options=() seconds=120 prepare=false
while [ $# -gt 0 ]; do
  case $1 in
  --module) modules+=("$2"); shift 2 ;;
  --mount) mounts+=("$2"); shift 2 ;;
  --seconds) seconds=$2; shift 2 ;;
  --qemu) options+=("$2"); shift 2 ;;
  --prepare) prepare=true; shift ;;
  --) shift; break ;;
  *) echo "guest.sh: unknown option $1" >&2; exit 2 ;;
  esac
done

PATH=$PATH:/usr/sbin:/sbin
for tool in qemu-system-x86_64 busybox cpio depmod modprobe dpkg; do
  command -v "$tool" >/dev/null || skip "$tool is not installed (qemu-system-x86 busybox-static cpio kmod)"
done

# The kernel is only unpacked, never installed; it is kept for the next run.
cache=${STANCE_GUEST_CACHE:-$(cd "$(dirname "$0")/../.." && pwd)/build/guest}
mkdir -p "$cache" || exit 1
exec 9>"$cache/lock"
flock 9
if ! ls "$cache"/kernel/boot/vmlinuz-* >/dev/null 2>&1; then
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-/ {print $2; exit}')
  [ -n "$package" ] || skip "apt knows no package linux-image-amd64 (apt-get update)"
  if ! ls "$cache"/"$package"_*.deb >/dev/null 2>&1; then
    (cd "$cache" && apt-get download "$package" >download.log 2>&1) ||
      skip "the package $package cannot be downloaded: $(tail -n 1 "$cache/download.log")"
  fi
  rm -rf "$cache/kernel.part"
  dpkg -x "$cache/$package"_*.deb "$cache/kernel.part" || skip "$package cannot be unpacked"
  mv "$cache/kernel.part" "$cache/kernel"
  depmod -b "$cache/kernel" "$(ls "$cache/kernel/lib/modules")"
fi
version=$(ls "$cache/kernel/lib/modules")
kernel=$cache/kernel/boot/vmlinuz-$version

# One boot image for each set of modules. insmod in the order that modprobe would take.
image=$cache/initramfs-$(printf '%s\n' "${modules[@]}" "$(md5sum <"$0")" | md5sum | cut -c 1-16).gz
if [ ! -s "$image" ]; then
  tree=$(mktemp -d) || exit 1
  mkdir -p "$tree"/{bin,modules,proc,sys,dev,host,upper,new}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  for module in "${modules[@]}"; do
    modprobe -d "$cache/kernel" -S "$version" --show-depends "$module" 2>/dev/null ||
      { rm -rf "$tree"; skip "the kernel $version has no module $module"; }
  done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' >"$tree/modules/order" || exit 77
  while read -r file; do cp "$file" "$tree/modules/"; done <"$tree/modules/order"
  sed -i 's|.*/||' "$tree/modules/order"
  cat >"$tree/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin
b=/bin/busybox
$b mount -t proc proc /proc; $b mount -t sysfs sys /sys; $b mount -t devtmpfs dev /dev
while read -r file; do $b insmod /modules/$file || echo "guest: insmod $file failed"; done </modules/order
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose root /host || echo "guest: no host root"
$b mount -t tmpfs tmpfs /upper; $b mkdir /upper/data /upper/work
$b mount -t overlay -o lowerdir=/host,upperdir=/upper/data,workdir=/upper/work overlay /new || echo "guest: no overlay"
for part in proc sys dev; do $b mount --move /$part /new/$part; done
$b mkdir -p /new/dev/shm /new/dev/pts; $b mount -t tmpfs tmpfs /new/dev/shm
for entry in $($b sed -n 's/.*stance\.mounts=\([^ ]*\).*/\1/p' /new/proc/cmdline | $b tr , ' '); do
  $b mkdir -p "/new${entry#*:}"
  $b mount -t ext4 "/new${entry%%:*}" "/new${entry#*:}" || { echo "guest: cannot mount $entry"; $b poweroff -f; }
done
command=$($b sed -n 's/.*stance\.command=\([^ ]*\).*/\1/p' /new/proc/cmdline)
echo "guest: ready"
$b chroot /new /bin/bash "$command"
echo "guest: verdict $?"
$b sync
$b poweroff -f
INIT
  chmod +x "$tree/init"
  (cd "$tree" && find . | cpio --quiet -o -H newc | gzip -1) >"$image.part" && mv "$image.part" "$image"
  rm -rf "$tree"
fi
flock -u 9
exec 9>&-
if $prepare; then
  echo "$kernel"
  exit 0
fi
[ $# -gt 0 ] || { echo "guest.sh: no command" >&2; exit 2; }

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
{
  printf 'cd %q || exit 1\n' "$PWD"
  while IFS= read -r name; do printf 'export %s=%q\n' "$name" "${!name}"; done \
    < <(compgen -e | grep -E '^(STANCE_|PATH$|ASAN_|TSAN_|UBSAN_)')
  printf 'export HOME=/tmp\n'
  printf '%q ' "$@"
  printf '\n'
} >"$work/command"

join() { local IFS=,; echo "$*"; }
# no_timer_check: on a busy host the emulated timer looks broken and the kernel would give up.
timeout --foreground "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
  -nodefaults -no-user-config -display none -no-reboot -serial stdio \
  -kernel "$kernel" -initrd "$image" \
  -append "console=ttyS0 panic=-1 quiet no_timer_check stance.command=$work/command stance.mounts=$(join ${mounts[@]+"${mounts[@]}"})" \
  -virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
  ${options[@]+"${options[@]}"} </dev/null | sed -u 's/\r//g' | tee "$work/console"
verdict=$(sed -n 's/^guest: verdict \([0-9]*\)$/\1/p' "$work/console" | tail -n 1)
exit "${verdict:-124}"
