#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Single bits flipped in copies of a store: in every column of every row that belongs to a recording
# (by SQL), and anywhere in the file. `stance verify-record` never calls the record identical where
# anything that is stored has changed. STANCE_SEED repeats a run, STANCE_FULL=1 flips many more.
# shellcheck source=tests/scenario/cli.sh
. "$(dirname "$0")/cli.sh"

expect 0 "$stance" run nordic --device 'sim:nordic?seed=7&speed=max&repetitions=1&gaps=4000:3' \
  --unattended --athlete A-1 --mass 82 --lever 0.4 --operator Kim \
  --set onset_sd=4
expect 0 "$stance" verify-record --all
grep -q ': identical; [1-9][0-9]* values compared, result by stance' stdout ||
  fail "an untouched record: $(cat stdout)"
id=$(sed -n 's/: identical;.*//p' stdout)
expect 0 "$stance" verify-record --json "$id"
is "$(jq -r '.verdict + " " + (.digest | .[0:9])' stdout)" 'identical sha256/1:'
expect 2 "$stance" verify-record
expect 3 "$stance" verify-record 00000000-0000-0000-0000-000000000000
says 'there is no recording'
expect 5 "$stance" verify-record --all --store /nowhere/store.db

python3 - "$stance" "$STANCE_STORE" "$id" <<'PYTHON'
import os, random, shutil, sqlite3, struct, subprocess, sys
stance, path, recording = sys.argv[1:]
seed = int(os.environ.get("STANCE_SEED", random.randrange(1 << 32)))
full = "STANCE_FULL" in os.environ
print("seed", seed)
random.seed(seed)
store = sqlite3.connect(path)
store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
store.execute("PRAGMA journal_mode = DELETE")
store.close()
TABLES = ("recordings sessions athletes streams channels blocks phases marks notes results").split()

def verify(copy):
    done = subprocess.run([stance, "verify-record", "--all", "--store", copy], text=True,
                          capture_output=True, timeout=120, errors="replace")
    assert done.returncode in (0, 1, 5), (seed, done.returncode, done.stderr)
    return done.returncode, done.stdout + done.stderr

def fresh(name):
    shutil.copyfile(path, name)
    return sqlite3.connect(name, isolation_level=None)

def flip_bytes(value):
    value = bytearray(value)
    value[random.randrange(len(value))] ^= 1 << random.randrange(8)
    return bytes(value)

def flipped(value):
    if isinstance(value, int):
        bits = struct.unpack("<q", flip_bytes(struct.pack("<q", value)))[0]
        return "?", bits
    if isinstance(value, float):
        bits = struct.unpack("<d", flip_bytes(struct.pack("<d", value)))[0]
        return "?", bits
    if isinstance(value, str):
        return "CAST(? AS TEXT)", flip_bytes(value.encode())
    return "?", flip_bytes(value)

# Every column of some rows of every table.
tried = caught = 0
for table in TABLES:
    look = sqlite3.connect(path)
    columns = [row[1] for row in look.execute(f"PRAGMA table_info({table})")]
    key = [row[1] for row in look.execute(f"PRAGMA table_info({table})") if row[5]]
    rows = look.execute(f"SELECT * FROM {table}").fetchall()
    look.close()
    for column_number, column in enumerate(columns):
        known = [row for row in rows if row[column_number] not in (None, "", b"")]
        for row in random.sample(known, min(len(known), 20 if full else 1)):
            expression, value = flipped(row[column_number])
            copy = fresh("flipped.db")
            where = " AND ".join(f"{name} = ?" for name in key)
            keys = [row[columns.index(name)] for name in key]
            try:
                changed = copy.execute(f"UPDATE {table} SET {column} = {expression} WHERE {where}",
                                       [value] + keys).rowcount
            except sqlite3.IntegrityError:  # such a row cannot even be written
                copy.close()
                continue
            copy.close()
            assert changed == 1, (seed, table, column)
            if value == row[column_number]:  # SQLite keeps -0.0 as 0: no file can hold this flip
                continue
            status, words = verify("flipped.db")
            assert status != 0 and ": identical" not in words or status == 5, \
                (seed, table, column, row[column_number], value, words)
            tried += 1
print(tried, "bits flipped by SQL, each one told")
assert tried > 50, tried

# What would keep an analysis busy for hours, or lead it out of the samples, is refused at once.
for damage in ("streams SET oversampling = 134217729", "streams SET rate_hz = 1e300",
               "streams SET rate_hz = -1000", "channels SET skew_s = 1e300"):
    copy = fresh("flipped.db")
    copy.execute(f"UPDATE {damage}")
    copy.close()
    status, words = verify("flipped.db")
    assert status == 5 and "is damaged" in words, (damage, status, words)

# This test can fail: without digests the operator's name may change unseen, and is said to.
copy = fresh("flipped.db")
copy.execute("UPDATE recordings SET digest = NULL")
copy.execute("UPDATE results SET digest = NULL, ledger = NULL")
copy.execute("UPDATE sessions SET operator = 'Kin'")
copy.close()
status, words = verify("flipped.db")
assert status == 0 and "an older stance kept no digest" in words, words

# Anywhere in the file: only what nothing reads may change unseen.
def content(name):
    db = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
    db.text_factory = bytes
    try:
        return [db.execute(f"SELECT * FROM {table} NOT INDEXED").fetchall() for table in TABLES]
    except sqlite3.Error as error:
        return str(error)
    finally:
        db.close()

before, whole = content(path), open(path, "rb").read()
told = unseen = 0
for _ in range(2000 if full else 60):
    at, bit = random.randrange(len(whole)), random.randrange(8)
    with open("flipped.db", "wb") as file:
        file.write(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1:])
    status, words = verify("flipped.db")
    if status == 0:
        assert content("flipped.db") == before, (seed, at, bit, words)
        unseen += 1
    else:
        told += 1
print(told, "bits flipped in the file told,", unseen, "changed nothing that is stored")
assert told > 10, told
PYTHON
