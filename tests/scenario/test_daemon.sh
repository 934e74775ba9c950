#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The daemon as `curl` and a hostile page see it: who gets in, a test from the request to its report,
# what hostile requests cost, what stays private, and a clean end.
set -euo pipefail
build=${STANCE_BUILD_DIR:?}
for program in curl jq sqlite3 python3; do
  command -v "$program" >/dev/null || exit 77
done
work=$(mktemp -d)
daemon=
finish() {
  [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
  [ -z "$daemon" ] || wait "$daemon" || true
  rm -rf "$work"
}
trap 'finish' EXIT
fail() {
  echo "FAILED: $*" >&2
  cat "$work"/log* >&2 || true
  exit 1
}
is() {
  [ "$1" = "$2" ] || fail "'$1' instead of '$2' ($3)"
}
export XDG_RUNTIME_DIR=$work/run HOME=$work
mkdir -m 700 "$work/run"

# start LOG OPTION…: sets daemon, base and token.
start() {
  local log=$1
  shift
  "$build/stanced" --store "$work/store.db" --port 0 --sound none "$@" 2>"$log" &
  daemon=$!
  for _ in $(seq 200); do
    grep -q event=ready "$log" && break
    kill -0 "$daemon" 2>/dev/null || fail "the daemon did not start"
    sleep 0.05
  done
  local address
  address=$("$build/stance" open --print) || fail "stance open"
  base=${address%%/#*} token=${address##*#token=}
}
# ask METHOD PATH [OPTION…]: the status; the body in $work/body.
ask() {
  local method=$1 path=$2
  shift 2
  [ "$method" != HEAD ] || set -- -I "$@"
  curl -s -m 60 -o "$work/body" -w '%{http_code}' -X "$method" "$@" "$base$path" || true
}
own() {
  ask "$@" -H "Authorization: Bearer $token"
}
error() {
  jq -r .error "$work/body"
}

# two requests come within its two seconds
start "$work/log1" --device 'sim:?speed=60' --unattended

# 1: who gets in
is "$(ask GET /api/v1/state)" 401 "without the token"
is "$(error)" no_token "without the token"
is "$(ask GET /api/v1/state -H 'Authorization: Bearer 0123456789abcdef0123456789abcdef')" 401 wrong
is "$(own GET /api/v1/state -H 'Host: evil.example')" 403 "foreign host"
is "$(own GET /api/v1/state -H 'Origin: http://evil.example')" 403 "foreign origin"
is "$(own GET /api/v1/state -H "Origin: $base")" 200 "own origin"
is "$(jq -r .api "$work/body")" 1 "version of the interface"
is "$(own DELETE /api/v1/tests)" 405 "method"
is "$(own GET /api/v1/nothing)" 404 "path"
is "$(own GET '/api/v1/state?x=1')" 400 "unknown query"
is "$(stat -c %a "$work/run/stance/daemon.json")" 600 "rights of the token's file"
is "$(stat -c %a "$work/run/stance")" 700 "rights of its folder"
if "$build/stanced" --store "$work/other.db" --port "${base##*:}" --sound none \
  --device sim: 2>"$work/log_taken"; then
  fail "the same port twice"
fi
grep -q -- --port "$work/log_taken" || fail "a taken port is not named"
is "$(own GET /api/v1/state)" 200 "the first one is still found"

for body in '{"protocol":"nordic","side_order":"left,up"}' '{"protocol":"nordic","settings":{"no_such":"1"}}'; do
  is "$(own POST /api/v1/tests -d "$body")" 400 "$body"
done

# 2: a test from its request to its report
curl -sN -m 90 -H "Authorization: Bearer $token" "$base/api/v1/events" >"$work/events" &
onlooker=$!
is "$(own POST /api/v1/tests -d '{"protocol":"nordic","athlete":"Jane Roe","mass_kg":70}')" 201 post
id=$(jq -r .test "$work/body")
is "$(own POST /api/v1/tests -d '{"protocol":"nordic","athlete":"B"}')" 409 "two at once"
is "$(own POST "/api/v1/tests/$id/command" -d '{"command":"side","value":"left"}')" 409 "means nothing"
is "$(own POST "/api/v1/tests/$id/athlete" -d '{"athlete":"B"}')" 409 "moved while it goes on"
for _ in $(seq 600); do
  [ "$(own GET /api/v1/state)" = 200 ] || fail "state"
  [ "$(jq -r .last_result "$work/body")" != "$id" ] || break
  sleep 0.1
done
is "$(jq -r .last_result "$work/body")" "$id" "the test ends by itself"
sleep 0.2
kill "$onlooker" 2>/dev/null || true
wait "$onlooker" 2>/dev/null || true
for name in state live repetition result; do
  grep -q "^event: $name\$" "$work/events" || fail "no event $name"
done
grep '^data: ' "$work/events" | cut -c7- | jq -e . >/dev/null || fail "an event is no JSON"
for layout in wide long tests; do
  is "$(own GET "/api/v1/tests/$id/report.csv?layout=$layout")" 200 "report $layout"
  STANCE_STORE=$work/store.db "$build/stance" analyze --layout "$layout" "$id" >"$work/analyzed"
  cmp "$work/body" "$work/analyzed" || fail "report.csv is not what analyze prints ($layout)"
done
is "$(own GET "/api/v1/tests/$id/report.csv?layout=tall")" 400 "no such layout"
is "$(own GET "/api/v1/tests/$id/report.json")" 200 "report.json"
jq -e . "$work/body" >/dev/null || fail "report.json is no JSON"
is "$(own GET /api/v1/tests/00000000-0000-0000-0000-000000000000/report.csv)" 404 "unknown test"
is "$(own GET '/api/v1/tests?athlete=Jane%20Roe')" 200 history
jq -e '.[0].peak_left_n > 50 and .[0].peak_right_n > 50' "$work/body" >/dev/null || fail "history"
is "$(own GET /api/v1/protocols)" 200 protocols
jq -e 'map(.id) | index("nordic")' "$work/body" >/dev/null || fail "no nordic"

# 3: moved to another athlete, with nothing of the first one's mass, and back
is "$(own POST "/api/v1/tests/$id/athlete" -d '{"athlete":"B-2"}')" 200 move
is "$(own GET "/api/v1/tests?athlete=B-2")" 200 history
is "$(jq -r '.[0].id' "$work/body")" "$id" "moved"
own GET "/api/v1/tests/$id/report.csv?layout=long" >/dev/null
if grep -q 'Jane Roe' "$work/body"; then
  fail "the first athlete is still named"
fi
is "$(sqlite3 "$work/store.db" 'SELECT count(*) FROM moves')" 1 "moves that are logged"
is "$(own POST "/api/v1/tests/$id/athlete" -d '{"undo":true}')" 200 undo
own GET "/api/v1/tests/$id/report.csv?layout=wide" >/dev/null
grep -q 'Jane Roe' "$work/body" || fail "undone, but not as before"
is "$(own POST "/api/v1/tests/$id/athlete" -d '{"undo":true}')" 409 "undone twice"

# 4: the roster
roster='{"athletes":[{"athlete":"A","mass_kg":70.1,"done":false}],"position":1}'
is "$(own PUT /api/v1/roster -d "$roster")" 200 roster
is "$(own GET /api/v1/roster)" 200 roster
is "$(cat "$work/body")" "$roster" "the roster comes back"
is "$(own PUT /api/v1/roster -d '{"athletes":[{"athlete":"A","mas_kg":70,"done":false}],"position":0}')" 400 slip
jq -r .detail "$work/body" | grep -q mas_kg || fail "the unknown key is not named"

# 5: no GET changes anything
sqlite3 "$work/store.db" .dump >"$work/before"
for path in state protocols tests roster "tests/$id/report.csv" "tests/$id/report.json" \
  "tests/$id/stop" "tests/$id/command" "tests/$id/athlete"; do
  own GET "/api/v1/$path" >/dev/null
  own HEAD "/api/v1/$path" >/dev/null
done
sqlite3 "$work/store.db" .dump | cmp - "$work/before" || fail "a GET changed the store"

kill -TERM "$daemon"
wait "$daemon" || fail "SIGTERM: exit status $?"
daemon=
[ ! -e "$work/run/stance/daemon.json" ] || fail "the token's file stays"
if "$build/stance" open --print 2>/dev/null; then
  fail "a daemon is found that is not there"
fi

# 6: hostile bodies while a test samples, which loses nothing; then SIGTERM in its middle
start "$work/log2" --device 'sim:nordic?speed=2' --unattended
is "$(own POST /api/v1/tests -d '{"protocol":"nordic","athlete":"Jane Roe"}')" 201 post
id=$(jq -r .test "$work/body")
head -c 300000 /dev/zero | tr '\0' x >"$work/giant"
printf '[%.0s' $(seq 60000) >"$work/deep"
printf '{"protocol":"nordic\0"}' >"$work/nul"
printf '{"protocol":"nor\377dic"}' >"$work/no_utf8"
is "$(own POST /api/v1/tests --data-binary "@$work/giant")" 413 giant
for body in deep nul no_utf8; do
  is "$(own POST /api/v1/tests --data-binary "@$work/$body")" 400 "$body"
done
for body in '' '{' '[]' 'null' '7' '{"protocol":1}' '{"protocol":"nordic","mass_kg":"70"}' \
  '{"protocol":"nordic","mass_kg":1e999}' '{"protocol":"nordic","mass_kg":7}' \
  '{"protocol":"nordic","protocol":"nordic"}' '{"protocol":"../../etc/passwd"}' \
  '{"protocol":"nordic","Athlete":"A"}' '{"protocol":"nordic","athlete":"a\nb"}' \
  '{"protocol":"nordic","injured":"both"}' '{"protocol":"nordic","settings":["onset_sd"]}' \
  '{"protocol":"nordic","unattended":"yes"}'; do
  is "$(own POST /api/v1/tests -d "$body")" 400 "$body"
  is "$(jq -r '.error | length > 0' "$work/body")" true "$body"
done
for body in '{"command":"jump"}' '{"command":"pain","value":11}' '{"command":"pain"}' \
  '{"command":"next","value":1}' '{"command":"side","value":"up"}'; do
  is "$(own POST "/api/v1/tests/$id/command" -d "$body")" 400 "$body"
done
is "$(own POST /api/v1/tests/..%2f..%2fetc/stop)" 404 "no id"
is "$(own GET /api/v1/state)" 200 state
is "$(jq -r .instrument.lost "$work/body")" 0 "frames lost"
is "$(jq -r .test.id "$work/body")" "$id" "the test goes on"
kill -TERM "$daemon"
wait "$daemon" || fail "SIGTERM in a test: exit status $?"
daemon=
STANCE_STORE=$work/store.db "$build/stance" analyze --layout tests "$id" >"$work/tests.csv"
python3 - "$work/tests.csv" <<'PYTHON' || fail "frames were lost"
import csv, sys
row = next(csv.DictReader(open(sys.argv[1], encoding="utf-8-sig")))
sys.exit(row["frames_lost"] != "0")
PYTHON

# 7: what stays private
is "$(stat -c %a "$work/store.db")" 600 "rights of the store"
if grep -q 'Jane\|Roe\|B-2' "$work"/log*; then
  fail "an athlete's name is in the log"
fi
