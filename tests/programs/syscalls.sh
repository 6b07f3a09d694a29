#!/usr/bin/env bash
# syscalls.sh QUIET_ROUNDS: a steady round makes no system call.
#
# Traces the program and counts the calls of its workers between its two marks. With workers that
# always spin there must be none at all. With those that spin for a bounded time and then sleep
# there are only futex calls, and few: one that the system keeps from running makes the other sleep,
# and more often where each round needs both. Other programs may be busy here, so the best of a few
# attempts counts; sleeping in every round would be two calls a round. Exit code 77: it cannot be
# checked here.
#
# By hand: tests/programs/syscalls.sh build/test-gcc/tests/programs/quiet_rounds
set -euo pipefail
program=$1
first=2000
last=42000

skip() {
  echo "syscalls: $1" >&2
  exit 77
}

fail() {
  echo "syscalls: $1" >&2
  exit 1
}

command -v strace >/dev/null || skip "there is no strace"
strace -f -o /dev/null true 2>/dev/null || skip "strace is not permitted"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The workers' calls between the marks, one a line; the second half of an interrupted one is not
# another. The first line is the first thread's, which only waits for the end.
between() {
  awk 'NR == 1 { main = $1 }
       /synched: steady from here/ { on = 1; next }
       /synched: steady up to here/ { on = 0; ended = 1 }
       on && $1 != main && $2 != "---" && $2 != "+++" && !/<\.\.\. .* resumed>/
       END { exit !ended }' "$log"
}

# measure WAIT BALANCE: leaves the calls in $calls and their number in $count.
measure() {
  local status=0
  strace -f -o "$log" "$program" "$1" "$2" $first $last || status=$?
  [ $status -ne 77 ] || skip "there are no two CPUs"
  [ $status -eq 0 ] || fail "$1 $2: exit code $status"
  calls=$(between) || fail "$1 $2: the marks are missing"
  ! grep -q clock_gettime <<<"$calls" || skip "here it takes a system call to read the clock"
  count=$(grep -c . <<<"$calls" || true)
  ! grep -v ' futex(' <<<"$calls" | grep -m 5 . >&2 || fail "$1 $2: these are no sleeping or waking"
}

# How many calls there may be.
bound() {
  case "$1 $2" in
    spin*) echo 0 ;;
    "auto static") echo $(((last - first) / 20)) ;;
    *) echo $(((last - first) / 100)) ;;
  esac
}

result=0
for wait in spin auto; do
  for balance in steal static eager; do
    allowed=$(bound "$wait" "$balance")
    for ((attempt = 0; attempt < (allowed > 0 ? 5 : 1); attempt++)); do
      measure "$wait" "$balance"
      echo "syscalls: $wait $balance: $count in $((last - first)) rounds, up to $allowed allowed"
      [ "$count" -gt "$allowed" ] || break
    done
    if [ "$count" -gt "$allowed" ]; then
      head -n 20 <<<"$calls" >&2
      result=1
    fi
  done
done
exit $result
