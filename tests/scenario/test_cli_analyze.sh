#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance analyze` on recordings with known efforts: rows, columns, statuses, words.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

rig both.csv 'time (s),left (N),right (N)' 325@6,14 360@2,10
rig left.csv 'time (s),force (N)' 325@6,14
rig right.csv 'time (s),force (N)' 360@2,10
printf 'time (s),left (N)\n0,1\n0.001,2\n0.002,3\n0.003,"unclosed\n' >broken.csv

# Wide: a row a repetition and side, in order of time.
expect 0 "$stance" analyze both.csv
cp stdout wide.csv
is "$(cells wide.csv side | tr '\n' ' ')" 'right left right left '
is "$(cells wide.csv repetition | tr '\n' ' ')" '1 2 3 4 '
is "$(cells wide.csv order | tr '\n' ' ')" '1 1 2 2 '
is "$(cells wide.csv counted | sort -u)" 1
is "$(cells wide.csv protocol | sort -u)" isometric
is "$(cells wide.csv recording | sort -u)" both.csv
is "$(cells wide.csv calibration_ok | sort -u)" ''
awk -v peak="$(cells wide.csv peak_force_net_n | sed -n 2p)" \
  'BEGIN { exit !(peak > 324 && peak < 326) }' || fail "left peak net is not 325 N"

# The same twice, and from one job or many: byte for byte.
"$stance" analyze --jobs 1 both.csv left.csv both.csv >one
"$stance" analyze --jobs 4 both.csv left.csv both.csv >many
cmp one many
is "$(grep -c '^athlete,' one)" 1

# Long: summaries, and the side that was not tested.
expect 0 "$stance" analyze --layout long --side left left.csv
grep -q ',best,right,peak_force,,N,.*missing:side_not_tested' stdout || fail "right is not missing"
grep -q ',best,both,asymmetry_peak_force,,%,.*missing:' stdout || fail "asymmetry is not missing"
grep -q ',best,left,peak_force,3[0-9][0-9]' stdout || fail "left has no best"

# Tests, with asymmetry in the right direction; a pair of one-sided files says the same.
expect 0 "$stance" analyze --layout tests --mass 82 --athlete =A1 both.csv
cp stdout tests.csv
is "$(cells tests.csv weaker_side)" left
is "$(cells tests.csv athlete)" "'=A1"
is "$(cells tests.csv left_reps_used)" 2
expect 0 "$stance" analyze --layout tests left:left.csv right:right.csv
cp stdout pair.csv
for column in left_peak_force_net_n right_peak_force_net_n asymmetry_pct left_reps_used; do
  is "$(cells pair.csv $column)" "$(cells tests.csv $column)"
done
is "$(cells pair.csv recording)" left.csv+right.csv
expect 2 "$stance" analyze left:left.csv
says 'the other side must follow'

# An interval where the calibration is known, and only where propagation covers: 5 % of some 345 N.
contains wide.csv flags calibration_unknown
awk -v u="$(cells wide.csv peak_force_uncertainty_n | sed -n 2p)" \
  'BEGIN { exit !(u > 0 && u < 10) }' || fail "an interval of noise alone is none or too wide"
expect 0 "$stance" analyze --calibration-uncertainty 5 both.csv
cp stdout uncertain.csv
awk -v u="$(cells uncertain.csv peak_force_uncertainty_n | sed -n 2p)" \
  'BEGIN { exit !(u > 16 && u < 19) }' || fail "left peak is not known to 5 %"
contains uncertain.csv notes 'calibration taken to be known to 5 % (k = 2)'
expect 0 "$stance" analyze --uncertainty none both.csv
is "$(cells stdout peak_force_uncertainty_n | sort -u)" ''
expect 2 "$stance" analyze --uncertainty some both.csv
says "is none of full, linear, none"
expect 0 "$stance" analyze --calibration-uncertainty 5 --uncertainty linear --layout long both.csv
grep -q ',left,rfd_0_100ms,[0-9.]*,N/s,,' stdout || fail "a rate has an interval"
grep -q ',left,peak_force_mean_100ms,[0-9.]*,N,1[678]\.' stdout || fail "a mean has no interval"
expect 2 "$stance" analyze --calibration-uncertainty 0 both.csv

# The budget of a number: its inputs make up all of it, and it is what the report says.
expect 0 "$stance" analyze --calibration-uncertainty 5 --budget peak_force both.csv
grep -q '^Repetition 2, left: peak_force 34[0-9.]* N +- 1[678][0-9.]* N (k = 2)$' stdout ||
  fail "no line of the peak: $(cat stdout)"
grep -qE '^  calibration_standard .* (99|100)\.[0-9] %$' stdout || fail "calibration is not nearly all"
expect 0 "$stance" analyze --calibration-uncertainty 5 --budget peak_force --json both.csv
python3 - stdout uncertain.csv <<'PYTHON'
import csv, json, sys
budget = json.load(open(sys.argv[1]))
rows = list(csv.DictReader(open(sys.argv[2], encoding="utf-8-sig")))
assert budget["metric"] == "peak_force" and len(budget["budget"]) == len(rows) == 4, budget
for item, row in zip(budget["budget"], rows):
    squares = sum(part["contribution"] ** 2 for part in item["inputs"])
    assert abs(2 * squares**0.5 / item["uncertainty"] - 1) < 1e-12, item
    assert abs(sum(part["share_pct"] for part in item["inputs"]) - 100) < 1e-9, item
    assert f'{item["uncertainty"]:.1f}' == row["peak_force_uncertainty_n"], (item, row)
PYTHON
expect 0 "$stance" analyze --uncertainty linear --budget rfd_0_100ms both.csv
grep -q 'No interval' stdout || fail "a rate has a budget without the bootstrap"
expect 0 "$stance" analyze --budget rfd_0_100ms both.csv
grep -q '^  noise_bootstrapped ' stdout || fail "a rate has no budget"
grep -q 'Bootstrapped: ' stdout || fail "nothing says how a rate's interval was made"
expect 2 "$stance" analyze --budget nothing both.csv
says "'nothing' is no metric"

# Settings reach the analysis and stand beside the number.
expect 0 "$stance" analyze --set onset_floor_n=20 --onset-method threshold_n both.csv
cp stdout set.csv
contains set.csv onset_method 'threshold_n/1(onset_floor_n=20'
expect 0 "$stance" analyze --asymmetry bilateral_index --layout tests both.csv
cp stdout formula.csv
is "$(cells formula.csv asymmetry_formula)" bilateral_index/1
expect 0 "$stance" analyze --from 5.5 --to 13.5 both.csv
cp stdout part.csv
is "$(cells part.csv side | tr '\n' ' ')" 'left right '

# Several trials in one file: each is a recording of its own.
awk -F, 'NR == 1 { print "trial," $0 }
  NR > 1 { print "A," $0 }
  NR > 1 { later[NR] = "B," $0 }
  END { for (k = 2; k <= NR; k++) print later[k] }' both.csv >grouped.csv
expect 0 "$stance" analyze --group trial grouped.csv
cp stdout groups.csv
is "$(cells groups.csv recording | sort | uniq -c | tr -s ' \n' ' ')" \
  ' 4 grouped.csv#A 4 grouped.csv#B '

# Units and scales: the same forces said in kgf and in volts.
awk -F, 'NR == 1 { print "time (s),left (kgf),right (kgf)" }
  NR > 1 { printf "%s,%.9f,%.9f\n", $1, $2 / 9.80665, $3 / 9.80665 }' both.csv >kgf.csv
awk -F, 'NR == 1 { print "time (s),left (V),right (V)" }
  NR > 1 { printf "%s,%.9f,%.9f\n", $1, ($2 - 7) / 250, ($3 + 3) / 250 }' both.csv >volts.csv
"$stance" analyze kgf.csv >kgf_report.csv
"$stance" analyze --scale 'left=250,7;right=250,-3' volts.csv >volts_report.csv
for column in peak_force_n peak_force_net_n rfd_0_100ms_n_per_s onset_time_s; do
  is "$(cells kgf_report.csv $column)" "$(cells wide.csv $column)"
  is "$(cells volts_report.csv $column)" "$(cells wide.csv $column)"
done
"$stance" analyze --scale left=250,7 --scale right=250,-3 volts.csv | cmp - volts_report.csv
expect 2 "$stance" analyze --scale left=250,7 --scale left=250,7 volts.csv
says 'left twice'
expect 2 "$stance" analyze volts.csv
says '--scale'

# The injured side is named, never inferred. Gross on a strap: 345 of 380 N.
expect 0 "$stance" analyze --layout tests --asymmetry lsi both.csv
cp stdout lsi.csv
is "$(cells lsi.csv asymmetry_pct)" ''
contains lsi.csv flags no_involved_side
expect 0 "$stance" analyze --layout tests --asymmetry lsi --injured left both.csv
cp stdout lsi.csv
is "$(cells lsi.csv asymmetry_pct)" 90.8
is "$(cells lsi.csv weaker_side)" left

# A protocol of the clinic's own.
mkdir -p config/stance/protocols
printf '[protocol]\ntitle = Ours\nversion = 7\nsides = left,right\nrig = strap\neffort = explosive\nrepetitions = 3\n' \
  >config/stance/protocols/ours.ini
expect 0 "$stance" analyze --protocol ours both.csv
cp stdout ours.csv
is "$(cells ours.csv protocol_version | sort -u)" 7
contains ours.csv notes "protocol from $work/config/stance/protocols/ours.ini"
printf '[protocol]\ntitle = Ours\nsides = up\n' >bad.ini
expect 3 "$stance" analyze --protocol ./bad.ini both.csv
says 'bad.ini:3'

# A header that says ms over stamps in seconds would be 1 MHz.
sed '1s/.*/time (ms),left (N),right (N)/' both.csv >wrong-unit.csv
expect 3 "$stance" analyze wrong-unit.csv
says 'no force instrument reaches'

# A force of the wrong sign is refused, and turned when asked.
awk -F, 'NR == 1 { print; next } { printf "%s,%.4f,%s\n", $1, -$2, $3 }' both.csv >reversed.csv
expect 3 "$stance" analyze reversed.csv
says '--scale left=-1,0'
expect 0 "$stance" analyze both.csv
cut -d, -f17-40 stdout >wanted
expect 0 "$stance" analyze --scale left=-1,0 reversed.csv
cut -d, -f17-40 stdout | cmp - wanted

# Every imported file lacks an unloaded phase: no row is flagged for that, each value's status is.
expect 0 "$stance" analyze both.csv
cp stdout wide.csv
is "$(cells wide.csv flags | sort -u | grep -c zero_assumed)" 0
"$stance" analyze --layout tests both.csv >tests.csv
is "$(cells tests.csv flags | grep -c zero_assumed)" 0

# One unreadable file among three: two reports, and 3.
expect 3 "$stance" analyze both.csv broken.csv left.csv
says 'broken.csv:'
cp stdout three.csv
is "$(cells three.csv recording | sort -u | tr '\n' ' ')" 'both.csv left.csv '
expect 3 "$stance" analyze absent.csv
says absent.csv

# Wrong use: 2 and a sentence.
expect 2 "$stance" analyze
expect 2 "$stance" analyze --layout tall both.csv
says 'none of wide, long, tests'
expect 2 "$stance" analyze --set onset_sd=many both.csv
says onset_sd
expect 2 "$stance" analyze --set sd=5 both.csv
says 'the settings are'
expect 2 "$stance" analyze --mass 820 both.csv
expect 2 "$stance" analyze --protocol no-such-test both.csv
says nordic
expect 2 "$stance" analyze --nonsense both.csv
expect 2 "$stance" analyze --append both.csv
says '--output'
expect 2 "$stance" juggle
says 'there is no command'
expect 2 "$stance"
expect 0 "$stance" --version
grep -q '^stance [0-9]' stdout
expect 0 "$stance" --help
for command in run analyze export devices; do
  grep -q "stance $command" stdout || fail "--help does not name $command"
done
for command in run analyze export devices; do
  expect 0 "$stance" $command --help
  grep -q Examples stdout || fail "$command --help has no examples"
done
echo "all held"
