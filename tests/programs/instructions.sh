#!/usr/bin/env bash
# instructions.sh EMPTY_ROUNDS [COMPILER BUILD_TYPE]: what a steady empty round is made of, counted
# by callgrind.
#
# Two runs of different length; their difference, over the rounds by which they differ, has no start
# and no end in it. Only what workers do in a round is counted, not their waiting; and not what they
# publish of it, once in a ms, which depends on how fast the machine counts. A change that
# makes the hot path longer shows here, on any machine and however busy. When it is meant to, change
# the numbers below: the script prints what it found. They are those of tools/test's build; with
# other compilers and flags there is nothing to compare. Exit code 77: so it is.
#
# By hand: tests/programs/instructions.sh build/test-gcc/tests/programs/empty_rounds
set -euo pipefail
program=$1 compiler=${2:-GNU} type=${3:-RelWithDebInfo}
margin=4 # per cent

skip() {
  echo "instructions: $1" >&2
  exit 77
}

[ "$compiler $type" = "GNU RelWithDebInfo" ] ||
  skip "the numbers are those of gcc's RelWithDebInfo build, not $compiler's $type"
[ "$(uname -m)" = x86_64 ] || skip "the numbers are those of x86-64"
command -v valgrind >/dev/null || skip "there is no valgrind"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# count WORKERS SEGMENTS ROUNDS KIND: instructions in all workers' rounds.
count() {
  valgrind --tool=callgrind --fair-sched=yes --callgrind-out-file="$folder/out" \
    --toggle-collect=take_part --toggle-collect=synched__job_publish \
    "$program" "$@" >"$folder/log" 2>&1 ||
    { cat "$folder/log" >&2; exit 1; }
  sed -n 's/.*Collected : //p' "$folder/log"
}

# per_round WORKERS SEGMENTS ROUNDS KIND
per_round() {
  local short long
  short=$(count "$1" "$2" "$3" "$4")
  long=$(count "$1" "$2" $((2 * $3)) "$4")
  echo $(((long - short) / $3))
}

result=0

# expect WHAT EXPECTED MEASURED
expect() {
  local verdict=
  if [ $(($3 * 100)) -gt $(($2 * (100 + margin))) ]; then
    verdict=" - longer than it was"
    result=1
  elif [ $(($3 * 100)) -lt $(($2 * (100 - margin))) ]; then
    verdict=" - shorter: write that down here"
    result=1
  fi
  echo "instructions: $1: $3, expected $2$verdict"
}

# expect_no_more WHAT LIMIT MEASURED
expect_no_more() {
  local verdict=
  if [ $(($3 * 100)) -gt $(($2 * (100 + margin))) ]; then
    verdict=" - longer"
    result=1
  fi
  echo "instructions: $1: $3, at most $2$verdict"
}

expect "1 worker, a round" 916 "$(per_round 1 1 2000 steal)"
expect "1 worker, a segment" 127 $(($(per_round 1 1000 200 static) / 1000))
expect "2 workers, static, a round and worker" 849 $(($(per_round 2 2 2000 static) / 2))

# Nothing grows with the number of workers: 256 of them need no more than 16, each. They need less,
# for what is done once in a round is one worker's.
few=$(($(per_round 16 16 200 static) / 16))
expect "16 workers, static, a round and worker" 588 "$few"
expect_no_more "64 workers, static, a round and worker" "$few" \
  $(($(per_round 64 64 80 static) / 64))
expect_no_more "256 workers, static, a round and worker" "$few" \
  $(($(per_round 256 256 40 static) / 256))

# With stealing each of them also looks for work that others left: where, and how often, depends on
# who runs when.
few=$(($(per_round 16 64 100 eager) / 16))
many=$(($(per_round 256 1024 40 eager) / 256))
echo "instructions: 4 segments each, stealing, a round and worker:" \
  "$few with 16 workers, $many with 256"
if [ "$many" -gt $((4 * few)) ]; then
  echo "instructions: sixteen times the workers should not need more than about twice as much each"
  result=1
fi
exit $result
