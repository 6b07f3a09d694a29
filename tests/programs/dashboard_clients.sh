#!/usr/bin/env bash
# dashboard_clients.sh DASHBOARD CLIENTS: many clients at once, good, slow and rude ones; then the
# program must end well.
#
# By hand: tests/programs/dashboard_clients.sh \
#   build/test-gcc/examples/dashboard/dashboard build/test-gcc/tests/programs/dashboard_clients
set -euo pipefail

dashboard=$(realpath "$1")
clients=$(realpath "$2")
work=$(mktemp -d)
server=
trap 'kill -KILL $server 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"
: >stdout

fail() {
  echo "FAILED: $*" >&2
  cat stdout stderr >&2
  exit 1
}

# With a sanitizer, what is freed is not kept for long: it would count as grown.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:quarantine_size_mb=4"
# The pictures are so large that a queue of them would be noticed: 500 kB each, 25 a second, 20 who
# do not take any.
"$dashboard" --port 0 -w 3 --width 2000 --height 2000 --period 20 >stdout 2>stderr &
server=$!
for ((tries = 0; tries < 300; tries++)); do
  ! grep -q http:// stdout || break
  sleep 0.1
done
port=$(sed -n 's|.*http://127.0.0.1:\([0-9]*\)/.*|\1|p' stdout)
[ -n "$port" ] || fail "it prints no address"

for round in 1 2; do
  "$clients" "$port" 2000 2000 "$server" || fail "the clients are not content ($round)"
done

kill -INT $server
code=0
wait $server || code=$?
[ "$code" = 0 ] || fail "exit code $code, not 0, after an interrupt"
[ ! -s stderr ] || fail "words on stderr"
grep -q '^dashboard: ended in round [0-9]' stdout || fail "no last word"
echo "dashboard_clients: all is well"
