#!/usr/bin/env bash
# glib_cli.sh GLIB: runs the finished program `glib`, and checks its counts and its end.
set -euo pipefail

glib=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
touch stdout stderr

fail() {
  echo "FAILED: $*" >&2
  echo "--- stdout ---" >&2
  cat stdout >&2
  echo "--- stderr ---" >&2
  cat stderr >&2
  exit 1
}

# says FILE REGEX: a whole line of it.
says() {
  grep -qxE "$2" "$1" || fail "no line '$2' on $1"
}

# The last snapshot is always delivered, so the last count is that of all rounds.
"$glib" --rounds 100 >stdout 2>stderr || fail "100 rounds"
[ ! -s stderr ] || fail "words on stderr"
[ "$(tail -n 1 stdout)" = "63951 primes below 800000" ] || fail "a wrong count"
says stdout "Job primes: ended well"
says stdout "  rounds     100 at .*"

# Ctrl-C after a second; meanwhile the main loop's own timeout goes on.
timeout --foreground --preserve-status --signal=INT --kill-after=20 1 "$glib" >stdout 2>stderr ||
  fail "Ctrl-C"
[ ! -s stderr ] || fail "words on stderr"
says stdout "Job primes: ended with ECANCELED .*"
[ "$(grep -c ' primes below ' stdout)" -ge 2 ] || fail "no line of the timeout"

"$glib" --help >stdout 2>stderr || fail "--help"
says stdout "usage: glib .*"
for wrong in "--rounds 0" "--rounds x" "--rounds" "--no" "more"; do
  code=0
  # shellcheck disable=SC2086
  "$glib" $wrong >stdout 2>stderr || code=$?
  [ "$code" = 2 ] || fail "exit code $code, not 2: glib $wrong"
  says stderr "usage: glib .*"
done
