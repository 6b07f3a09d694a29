#!/usr/bin/env bash
# dashboard_clients.sh DASHBOARD CLIENTS: many clients at once, good, slow and rude ones; then the
# program must end well.
#
# By hand: tests/programs/dashboard_clients.sh \
#   build/test-gcc/examples/dashboard/dashboard build/test-gcc/tests/programs/dashboard_clients
set -euo pipefail

clients=$(realpath "$2")
# shellcheck source=../support/dashboard.sh
source "$(dirname "$0")/../support/dashboard.sh" "$1"

# With a sanitizer, what is freed is not kept for long: it would count as grown.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:quarantine_size_mb=4"
# The pictures are so large that a queue of them would be noticed: 500 kB each, 25 a second, 20 who
# do not take any.
start --port 0 -w 3 --width 2000 --height 2000 --period 20
for round in 1 2; do
  "$clients" "$port" 2000 2000 "$server" || fail "the clients are not content ($round)"
done
kill -INT "$server"
ended "after an interrupt"
echo "dashboard_clients: all is well"
