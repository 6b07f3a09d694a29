#!/usr/bin/env bash
# released_snapshot.sh PROGRAM: address sanitizer reports who looks at a snapshot of a checked job
# that was let go, and nobody else. Exit code 77: the sanitizer does not run here.
#
# By hand: tests/programs/released_snapshot.sh build/test-gcc/tests/programs/released_snapshot
set -euo pipefail
export ASAN_OPTIONS=exitcode=99
. "$(dirname "$0")/../support/cli.sh"
# Sanitizers of gcc 12 want fewer random bits in addresses than some kernels give.
calm=()
if setarch --addr-no-randomize true 2>/dev/null; then
  calm=(setarch --addr-no-randomize)
fi

# look CODE ARGUMENT...: the program must end with it.
look() {
  local expected=$1 code=0
  shift
  "$timeout" 200 "${calm[@]}" "$program" "$@" >stdout 2>stderr </dev/null || code=$?
  [ "$code" = "$expected" ] || fail "exit code $code, not $expected: $name $*"
}

if ! "${calm[@]}" "$program" held >stdout 2>stderr </dev/null && grep -q Shadow stderr; then
  echo "released_snapshot: the sanitizer does not run here" >&2
  exit 77
fi
look 0 held
[ "$(cat stdout)" = "OK, round 3 held 3" ] || fail "a snapshot that is held is not as it was"
look 99
grep -q "use-after-poison" stderr || fail "a snapshot that was let go is not reported"
grep -q "in main .*released_snapshot.c" stderr || fail "the report does not say where"
