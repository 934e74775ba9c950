#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The real daemon on virtual instruments on Debian's own USB stack: daemon.py in a guest; the short
# cases, with STANCE_FULL=1 all. With arguments: the cases of those numbers.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${STANCE_BUILD_DIR:?}"
[ -x /usr/bin/python3 ] || { echo 'SKIPPED: there is no python3' >&2; exit 77; }
"$here/guest.sh" --prepare --module vhci_hcd >/dev/null || exit $?
usual_s=600
[ "${STANCE_FULL:-0}" = 1 ] && usual_s=2400
exec "$here/guest.sh" --module vhci_hcd --seconds "${STANCE_GUEST_SECONDS:-$usual_s}" -- \
  /usr/bin/python3 -B "$here/daemon.py" "$@"
