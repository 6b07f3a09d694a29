#!/usr/bin/env bash
# glib_cli.sh GLIB: runs the finished program `glib`, and checks its counts and its end.
#
# By hand: tests/programs/glib_cli.sh build/test-gcc/examples/glib
set -euo pipefail

# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# The last snapshot is always delivered, so the last count is that of all rounds.
"$program" --rounds 100 >stdout 2>stderr || fail "100 rounds"
[ ! -s stderr ] || fail "words on stderr"
[ "$(tail -n 1 stdout)" = "63951 primes below 800000" ] || fail "a wrong count"
says stdout "Job primes: ended well"
says stdout "  rounds     100 at .*"

# Ctrl-C after a second; meanwhile the main loop's own timeout goes on.
timeout --foreground --preserve-status --signal=INT --kill-after=20 1 "$program" >stdout 2>stderr ||
  fail "Ctrl-C"
[ ! -s stderr ] || fail "words on stderr"
says stdout "Job primes: ended with ECANCELED .*"
[ "$(grep -c ' primes below ' stdout)" -ge 2 ] || fail "no line of the timeout"

well --help
says stdout "usage: glib .*"
refused 2 "--rounds: 0 is not within 1 .. 18446744073709551615" --rounds 0
refused 2 "--rounds: 'x' is not a number" --rounds x
refused 2 "--rounds: a value is missing (see glib --help)" --rounds
refused 2 "--no: there is no such option (see glib --help)" --no
refused 2 "more: it takes options only (see glib --help)" more
