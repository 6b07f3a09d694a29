#!/usr/bin/env bash
# syscalls.sh QUIET_ROUNDS: a steady round makes no system call.
#
# Traces the program and counts the calls of all its threads between its two marks. With workers that
# always spin there must be none at all. With those that spin for a bounded time and then sleep, on a
# machine that is busy otherwise, a worker that was kept waiting may sleep now and then: fewer than one
# call in a hundred rounds. Exit code 77: it cannot be checked here.
set -euo pipefail
program=$1
first=2000
last=22000

skip() {
  echo "syscalls: $1" >&2
  exit 77
}

command -v strace >/dev/null || skip "there is no strace"
strace -f -o /dev/null true 2>/dev/null || skip "strace is not permitted"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# What lies between the marks, one call a line; the second half of an interrupted one is not another.
between() {
  awk '/synched: steady from here/ { on = 1; next }
       /synched: steady up to here/ { on = 0; ended = 1 }
       on && !/<\.\.\. .* resumed>/ && !/ (---|\+\+\+) / && !/resuming interrupted/
       END { exit !ended }' "$log"
}

result=0
for wait in spin auto; do
  for balance in steal static eager; do
    status=0
    strace -f -o "$log" "$program" "$wait" "$balance" $first $last || status=$?
    [ $status -ne 77 ] || skip "there are no two CPUs"
    [ $status -eq 0 ] || { echo "syscalls: $wait $balance: exit code $status" >&2; exit 1; }
    calls=$(between) || { echo "syscalls: $wait $balance: the marks are missing" >&2; exit 1; }
    count=$(grep -c . <<<"$calls" || true)
    ! grep -q clock_gettime <<<"$calls" || skip "here it takes a system call to read the clock"
    allowed=0
    [ "$wait" = spin ] || allowed=$(((last - first) / 100))
    echo "syscalls: $wait $balance: $count in $((last - first)) rounds, up to $allowed allowed"
    if [ "$count" -gt "$allowed" ]; then
      head -n 20 <<<"$calls" >&2
      result=1
    fi
  done
done
exit $result
