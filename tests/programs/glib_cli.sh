#!/usr/bin/env bash
# glib_cli.sh GLIB: runs the finished program `glib`, and checks its counts and its end.
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

"$program" --help >stdout 2>stderr || fail "--help"
says stdout "usage: glib .*"
for wrong in "--rounds 0" "--rounds x" "--rounds" "--no" "more"; do
  code=0
  # shellcheck disable=SC2086
  "$program" $wrong >stdout 2>stderr || code=$?
  [ "$code" = 2 ] || fail "exit code $code, not 2: glib $wrong"
  says stderr "usage: glib .*"
done
