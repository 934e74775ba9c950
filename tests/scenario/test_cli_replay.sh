#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A recording of the store, played back as its instruments delivered it: the same numbers to the
# printed digits.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

id_of() {
  cells "$1"/*_long.csv recording | sort -u
}

# same WHOLE COPY: all cells but who, when and which recording.
same() {
  python3 - "$1"/*_long.csv "$2"/*_long.csv <<'PYTHON'
import csv, sys
def table(path):
    return [{name: cell for name, cell in row.items()
             if name not in ("recording", "athlete", "started_at")}
            for row in csv.DictReader(open(path))]
one, two = table(sys.argv[1]), table(sys.argv[2])
assert len(one) > 100, len(one)
assert one == two, [pair for pair in zip(one, two) if pair[0] != pair[1]][:3]
PYTHON
}

rig='sim:nordic?seed=3&converter=volts&oversampling=4&skew_s=0.00002&gaps=40000:80'
expect 0 "$stance" run nordic --unattended --athlete A --mass 80 --output whole --device "$rig&speed=max"
expect 0 "$stance" run nordic --unattended --output copy --device "replay:$(id_of whole)?speed=max"
same whole copy
contains copy/*_nordic.csv notes "played back from $(id_of whole)"
is "$(cells copy/*_nordic.csv instrument | sort -u)" "$(cells whole/*_nordic_A.csv instrument | sort -u)"
is "$(cells copy/*_nordic.csv athlete | sort -u)" ''
cmp whole/*_truth.csv copy/*_truth.csv
expect 0 "$stance" export --raw "$(id_of whole)" --output one.csv
expect 0 "$stance" export --raw "$(id_of copy)" --output two.csv
cmp one.csv two.csv

# A rate that the host's clock measured, with its uncertainty, and a copy of the copy.
expect 0 "$stance" run nordic --unattended --output live --duration 14 \
  --device 'sim:nordic?clock_ppm=180&ready_s=1&repetitions=1&speed=2'
expect 0 "$stance" run nordic --unattended --output live2 --device "replay:$(id_of live)?speed=max"
expect 0 "$stance" run nordic --unattended --output live3 --device "replay:$(id_of live2)?speed=50"
same live live2
same live live3

# Two instruments, one of which was away.
two='sim:nordic?seed=7&repetitions=3&duration=45&speed=max'
expect 0 "$stance" run nordic --unattended --output pair --device "left=$two" \
  --device "right=$two&fail_s=16&back_s=24"
expect 0 "$stance" run nordic --unattended --output pair2 --device "replay:$(id_of pair)?speed=max"
same pair pair2

# What was cut off stays cut off; what cannot be is refused.
expect 4 "$stance" run nordic --unattended --output cut --device "$rig&speed=max&fail_s=30"
expect 4 "$stance" run nordic --unattended --output cut2 --device "replay:$(id_of cut)?speed=max"
same cut cut2
contains cut2/*_nordic.csv flags truncated
expect 2 "$stance" run nordic --unattended --device "replay:$(id_of whole)?rate=1000"
says 'only speed= may be set'
expect 2 "$stance" run nordic --unattended --device "left=replay:$(id_of whole)" --device "right=$two"
says 'played back alone'
expect 3 "$stance" run nordic --unattended --device 'replay:00000000-0000-4000-8000-000000000000'
says 'there is no recording'
