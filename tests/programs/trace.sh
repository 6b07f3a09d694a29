#!/usr/bin/env bash
# trace.sh TRACE_SCENE: in a build with trace rings, what happened before is written down when the
# program asks for it, when an assertion fails, and when a stress program's patience is over.
#
# By hand: tests/programs/trace.sh build/test-asan/tests/programs/trace_scene
set -euo pipefail
. "$(dirname "$0")/../support/cli.sh" "$1"

# story FILE: what one worker tells of three rounds; the dump is whole.
story() {
  local said
  [ "$(grep -c '^trace: us before the last event' "$1")" = 1 ] || fail "not one dump on $1"
  [ "$(sed -n 's/^trace: \([0-9]*\) events$/\1/p' "$1")" = "$(grep -cE '^ *-?[0-9]+\.[0-9]{3}  ' \
    "$1")" ] || fail "the dump on $1 does not end with the number of its events"
  said=$(awk '$2 == "traced/0" && $4 !~ /sleep/ {
    line = $4; for (i = 7; i <= NF; i++) line = line " " $i; print line }' "$1")
  [ "$said" = "$expected" ] || fail "the events of the worker on $1 are:"$'\n'"$said"
  says "$1" ' *-[0-9.]+  others +[0-9]+ +job_start +job 0x[0-9a-f]+, round 0'
}

expected=$(
  for round in 1 2 3; do
    # The thread that starts the job opens its first round.
    [ $round = 1 ] || echo "round_open round $round"
    for segment in 0 1 2 3; do
      echo "task_begin round $round, segment $segment, worker 0"
      echo "task_end round $round, segment $segment, worker 0"
    done
    echo "round_close round $round, published 1"
  done
  echo "job_end round 3, status 0"
)

well request
story stdout

code=0
"$timeout" 100 "$program" assertion >stdout 2>stderr || code=$?
[ $code = 134 ] || fail "exit code $code, not that of an abort"
says stderr '.*where\.h:[0-9]+: assertion failed: synched__where_may_move\(.*\)'
story stderr

run 2 hang --patience 0.2
says stderr 'trace_scene: .*it hangs.*'
story stderr
