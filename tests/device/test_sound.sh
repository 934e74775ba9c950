#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The sound as a card plays it: a guest with Debian's own kernel has a card whose output can be heard
# on its input. Each cue once; with STANCE_FULL=1 ten times, and `stance doctor --loopback`.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${STANCE_BUILD_DIR:?}"
[ -f /usr/share/alsa/alsa.conf ] || { echo 'SKIPPED: no alsa.conf (libasound2-data)' >&2; exit 77; }
"$here/guest.sh" --prepare --module snd_aloop >/dev/null || exit $?
# A round takes 25 s where the emulator does not starve the card, a measurement of the doctor's 20 s.
rounds=1 doctor='' usual_s=600
if [ "${STANCE_FULL:-0}" = 1 ]; then rounds=10 doctor=doctor usual_s=1800; fi
# shellcheck disable=SC2086 # nothing where nothing is meant
exec "$here/guest.sh" --module snd_aloop --seconds "${STANCE_GUEST_SECONDS:-$usual_s}" -- \
  "$here/sound.sh" "$rounds" $doctor
