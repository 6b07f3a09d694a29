#!/usr/bin/env bash
# poll_cli.sh POLL: steers the finished program `poll` through its stdin, and checks what it says.
#
# By hand: tests/programs/poll_cli.sh build/test-gcc/examples/poll
set -euo pipefail

# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# steer CODE LETTERS [ARGUMENT...]: the program must end with this exit code.
steer() {
  local expected=$1 letters=$2 code=0
  shift 2
  printf '%b' "$letters" | timeout 600 "$program" "$@" >stdout 2>stderr || code=$?
  [ "$code" = "$expected" ] || fail "exit code $code, not $expected: '$letters' to poll $*"
}

quiet() {
  [ ! -s stderr ] || fail "words on stderr: $*"
}

# It starts paused, so rounds are counted exactly. What is piped in happens in order, however long
# it takes.
steer 0 's\ns\nss\nq\n'
quiet "steps"
for round in 1 2 3 4; do
  says stdout "stepped, round $round"
done
says stdout "Job string: ended well"
says stdout "  rounds     4 at .*"

# The end of the input is as good as q.
steer 0 ''
quiet "no input"
says stdout "  rounds     0"
steer 0 's\nr\np\n'
quiet "r and p"
says stdout "stepped, round 1"
says stdout "resumed, round 1"
says stdout "paused, round [1-9][0-9]*"
says stdout "Job string: ended well"

# What the state does not allow is refused, in a line, and the program goes on.
steer 0 'pxrsq' --period 60000
[ "$(wc -l <stderr)" = 3 ] || fail "not three lines on stderr"
says stderr "poll: p: .*paused.*"
says stderr "poll: no such command: .*"
says stderr "poll: s: .*"
says stdout "resumed, round 0"
says stdout "Job string: ended well"

# It goes on by itself until it is told otherwise, and so does the loop.
(printf 'r' && sleep 1.5 && printf 'q') | timeout 600 "$program" --period 1 >stdout 2>stderr ||
  fail "running"
quiet "running"
says stdout "running, round [1-9][0-9]*, the middle is at [+-].*"

well --help
says stdout "usage: poll .*"
refused 2 "--period: 0 is not within 1 .. 60000" --period 0
refused 2 "--period: 60001 is not within 1 .. 60000" --period 60001
refused 2 "--period: 'x' is not a number" --period x
refused 2 "--period: a value is missing (see poll --help)" --period
refused 2 "--no: there is no such option (see poll --help)" --no
refused 2 "more: it takes options only (see poll --help)" more
