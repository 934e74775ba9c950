#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where reports go: files that are whole or absent, a table that is continued, JSON, spreadsheets.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

rig a.csv 'time (s),left (N),right (N)' 325@6,14 360@2,10
rig b.csv 'time (s),left (N),right (N)' 300@6,14 310@2,10

# --append: one header, a row a test, in any number of runs, also at once.
expect 0 "$stance" analyze --layout tests --append --output clinic.csv a.csv
expect 0 "$stance" analyze --layout tests --append --output clinic.csv a.csv b.csv
is "$(cells clinic.csv recording | tr '\n' ' ')" 'a.csv a.csv b.csv '
for _ in 1 2 3 4 5 6 7 8; do
  "$stance" analyze --layout tests --append --output clinic.csv a.csv &
done
wait
is "$(cells clinic.csv recording | wc -l)" 11
is "$(grep -c '^athlete,' clinic.csv)" 1

# An open last line is closed first; another header is refused and nothing is written.
truncate -s -1 clinic.csv
expect 0 "$stance" analyze --layout tests --append --output clinic.csv b.csv
is "$(cells clinic.csv recording | wc -l)" 12
cp clinic.csv before
expect 3 "$stance" analyze --layout wide --append --output clinic.csv a.csv
says 'clinic.csv:1: column 17'
cmp clinic.csv before
sed 's/$/\r/' before >crlf.csv
expect 3 "$stance" analyze --layout tests --append --output crlf.csv a.csv
says 'CR LF'
sed '1s/athlete/Athlet/' before >renamed.csv
expect 3 "$stance" analyze --layout tests --append --output renamed.csv a.csv
says "'Athlet'"

# A failed command leaves the old file; a good one replaces it.
echo old >report.csv
expect 3 "$stance" analyze --output report.csv absent.csv
expect 0 "$stance" analyze --output report.csv a.csv
is "$(cells report.csv side | wc -l)" 4
is "$(find . -name 'report.csv.*' | wc -l)" 0
expect 5 "$stance" analyze --output no/such/folder/x.csv a.csv
says 'cannot be written'
[ ! -w /dev/full ] || {
  status=0
  "$stance" analyze a.csv >/dev/full 2>stderr || status=$?
  is $status 5
}

# A recording is never lost to its own report, by whatever name.
cp b.csv before
ln b.csv other-name.csv
mkdir sub
for output in b.csv ./b.csv sub/../b.csv other-name.csv; do
  expect 2 "$stance" analyze --output "$output" a.csv b.csv
  expect 2 "$stance" analyze --append --output "$output" b.csv
  expect 2 "$stance" analyze --output "$output" left:a.csv right:b.csv
  expect 2 "$stance" export --raw b.csv --output "$output"
  says 'the input itself'
  cmp b.csv before
done
rm other-name.csv

# A name cannot drive the terminal: not a file's, not a column's, not a person's.
evil=$(printf 'x\033[31m\302\233y')
expect 3 "$stance" analyze "$evil.csv"
says 'x?[31m?y.csv'
expect 2 "$stance" analyze --athlete "$evil" a.csv
expect 2 "$stance" run nordic --device sim:nordic --athlete "$evil"
expect 2 "$stance" run nordic --device sim:nordic --operator "a
b"
says 'control characters'

# JSON: one object a line, the same values as the long layout, digit for digit.
"$stance" analyze --json a.csv b.csv >two.json
"$stance" analyze --layout long a.csv b.csv >long.csv
python3 - <<'PYTHON'
import csv, json
objects = [json.loads(line) for line in open("two.json")]
assert len(objects) == 2
rows = list(csv.DictReader(open("long.csv")))
values = [(o["recording"], v) for o in objects for v in o["values"]]
assert len(values) == len(rows), (len(values), len(rows))
for (recording, v), row in zip(values, rows):
    assert recording == row["recording"]
    for key in "repetition", "side", "metric", "unit", "method", "status":
        assert str(v[key]) == row[key], (key, v, row)
    assert (v["value"] is None) == (row["value"] == "")
    if v["value"] is not None:
        assert v["value"] == float(row["value"])
        digits = row["value"].lstrip("-").replace(".", "").lstrip("0")
        shortest = repr(float(row["value"])).lstrip("-").replace(".", "").lstrip("0")
        assert "e" in shortest or len(digits) <= max(len(shortest), 1), row["value"]
for key in "time", "integrity", "settings", "protocol", "flags", "sides", "repetitions", "software":
    assert key in objects[0], key
PYTHON

# The locale form holds the same numbers.
expect 0 "$stance" analyze a.csv
cp stdout plain.csv
expect 0 "$stance" analyze --csv-locale a.csv
cp stdout locale.csv
python3 - <<'PYTHON'
import csv
raw = open("locale.csv", "rb").read()
assert raw.startswith(b"\xef\xbb\xbf") and b"\r\n" in raw and raw.count(b"\n") == raw.count(b"\r\n")
plain = list(csv.reader(open("plain.csv", newline="")))
locale = list(csv.reader(open("locale.csv", encoding="utf-8-sig", newline=""), delimiter=";"))
assert len(plain) == len(locale)
number = 0
for p, l in zip(plain, locale):
    assert len(p) == len(l)
    for a, b in zip(p, l):
        try:
            float(a)
        except ValueError:
            assert a == b, (a, b)
        else:
            assert a == b.replace(",", "."), (a, b)
            number += "." in a
assert number > 50
PYTHON

# The dictionary knows every column, and is a table itself.
"$stance" export --dictionary >dictionary.csv
"$stance" analyze --layout tests a.csv >tests.csv
python3 - <<'PYTHON'
import csv
known = {(row["column"], row["layout"]) for row in csv.DictReader(open("dictionary.csv"), strict=True)}
for layout, path in ("wide", "plain.csv"), ("tests", "tests.csv"), ("long", "long.csv"):
    for column in next(csv.reader(open(path))):
        assert (column, layout) in known, (column, layout)
for row in csv.DictReader(open("long.csv")):
    assert (row["metric"], "metric") in known
    state, _, reasons = row["status"].partition(":")
    assert (state, "status") in known
    for reason in filter(None, reasons.split("+")):
        assert (reason, "reason") in known, reason
PYTHON

# Raw export reads back as the same recording.
expect 0 "$stance" export --raw a.csv --output again.csv
cmp <(tail -n +2 a.csv | awk -F, '{ printf "%s %.4f %.4f\n", $1, $2, $3 }') \
  <(tail -n +2 again.csv | awk -F, '{ printf "%s %.4f %.4f\n", $1, $2, $3 }')
expect 0 "$stance" analyze again.csv
cmp <(cut -d, -f17-60 plain.csv) <(cut -d, -f17-60 stdout)
expect 2 "$stance" export
expect 2 "$stance" export --list --dictionary
expect 3 "$stance" export --raw absent.csv
echo "all held"
