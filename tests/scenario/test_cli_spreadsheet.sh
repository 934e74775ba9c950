#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A real spreadsheet opens both forms of the wide layout and sees the same numbers.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"
command -v soffice >/dev/null || { echo "LibreOffice is not installed"; exit 77; }

rig a.csv 'time (s),left (N),right (N)' 325@6,14 360@2,10
"$stance" analyze --mass 82 --athlete =A1 a.csv >plain.csv
"$stance" analyze --mass 82 --athlete =A1 --csv-locale a.csv >locale.csv
mkdir out

# Column separator, quote, UTF-8, from line 1; the document's language decides the decimal sign:
# 1033 is English (US), 1031 German.
convert() {
  timeout 120 soffice -env:UserInstallation="file://$work/profile" --headless \
    --infilter="CSV:$2,34,76,1,,$3" --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,false,false' \
    --outdir out "$1" >/dev/null 2>&1 || fail "LibreOffice could not convert $1"
}
convert plain.csv 44 1033
convert locale.csv 59 1031
python3 - <<'PYTHON'
import csv
def table(path):
    return list(csv.reader(open(path, encoding="utf-8-sig", newline="")))
source, plain, locale = table("plain.csv"), table("out/plain.csv"), table("out/locale.csv")
assert source[0] == plain[0] == locale[0]
numbers = 0
for s, p, l in zip(source, plain, locale, strict=True):
    for column, a, b, c in zip(source[0], s, p, l, strict=True):
        try:
            expected = float(a)
        except ValueError:
            if column not in ("date", "time"):
                assert a == b == c, (column, a, b, c)
        else:
            assert float(b) == expected and float(c) == expected, (column, a, b, c)
            numbers += 1
assert numbers > 100, numbers
PYTHON
echo "all held"
