#!/usr/bin/env bash
# trace_forms.sh WRITTEN_REPORTS: traces in Chrome's and in Perfetto's form keep to the rules of
# their formats, and say the same. Exit code 77 where there is no Python, protoc, or its module.
#
# By hand: tests/programs/trace_forms.sh build/test-gcc/tests/programs/written_reports
set -euo pipefail

# shellcheck source=../support/python.sh
source "$(dirname "$0")/../support/python.sh" google.protobuf
command -v protoc >/dev/null || {
  echo "trace_forms: there is no protoc here"
  exit 77
}
check=$(realpath "$(dirname "$0")/../support/trace_check.py")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# both SCENE: writes its two traces; what is in both of them is on stdout.
both() {
  "$program" "$1" trace chrome.json perfetto perfetto.pb >stdout 2>stderr || fail "no traces of $1"
  "$python" "$check" same chrome.json perfetto.pb >stdout 2>stderr || fail "the traces of $1"
}

# has SCENE WORDS
has() {
  both "$1"
  [ "$(cat stdout)" = "$2" ] || fail "$1 has not '$2'"
}

has small "2 tracks: 3 callback, 3 closing, 6 part, 3 sleep; 3 flows, 6 samples"
has names "2 tracks: 3 callback, 3 closing, 6 part, 3 sleep, 12 task; 3 flows, 6 samples"
has none "2 tracks: nothing; 0 flows, 0 samples"
has one "1 tracks: 5 callback, 5 closing, 5 part, 10 task; 0 flows, 10 samples"
has wide "100 tracks: 20 callback, 20 closing, 2000 part, 1000 sleep, 2000 task; 1980 flows, \
40 samples"
has tasks "3 tracks: 10 callback, 10 closing, 30 part, 10 sleep, 120 task; 20 flows, 20 samples"
has loose "3 tracks: 8 callback, 8 closing, 24 part, 8 sleep, 121 task; 16 flows, 16 samples"
has solo "3 tracks: 10 callback, 10 closing, 10 part, 3 sleep, 60 task; 0 flows, 20 samples"
has ticks "2 tracks: 10 callback, 10 closing, 20 part, 10 sleep; 10 flows, 30 samples"
has off "2 tracks: nothing; 0 flows, 0 samples"
has running "2 tracks: 4 callback, 4 closing, 8 part, 4 sleep, 8 task; 4 flows, 8 samples"
has failed "2 tracks: 1 task; 0 flows, 0 samples"
has ranks "6 tracks: 10 agreement, 12 callback, 12 closing, 10 message_wait, 12 messages, 24 part, \
12 sleep, 72 task; 12 flows, 12 samples"
both odd # whatever times are in it
grep -q ' 120 task' stdout || fail "odd: calls are missing"

for scene in run ticks-run; do
  both $scene
  grep -qE '^3 tracks: .* task; ' stdout || fail "a job that has run: there are no tasks of it"
  grep -q '"synched/2"' chrome.json || fail "$scene: a track is not named like its thread"
done

echo "trace_forms: all is well"
