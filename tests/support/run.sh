#!/usr/bin/env bash
# run.sh [EMULATOR...] PROGRAM [ARGUMENT...]: runs a Criterion program so that nothing that is wrong
# is missed.
#
# Criterion runs each test in a process of its own, and reports only what the test's assertions
# said: a leak that a sanitizer or valgrind finds when that process ends changes no exit code. So
# each of them writes a log per process, and a log that complains is a failure.
#
# Criterion's own timeouts are not used: its runner can wait for ever for a process that it has
# killed (2.4.1). A program that hangs is ended here; the last [RUN ] line tells which test it was.
# So are processes that it leaves behind, for they hold its output open, and then whoever reads that
# waits for ever.
#
# SYNCHED_TEST_SECONDS in the environment: after so long it counts as hanging.
#
# SYNCHED_VALGRIND=1 in the environment runs the tests under valgrind.
#
# By hand: tests/support/run.sh build/test-gcc/tests/unit/heap_test --filter 'heap/*'; or the
# program alone, which does the same (main.c) but does not look for leaks. In a debugger: test.gdb.
set -euo pipefail
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=1:log_path=$logs/sanitizer"
export LSAN_OPTIONS="${LSAN_OPTIONS:+$LSAN_OPTIONS:}log_path=$logs/sanitizer"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}print_stacktrace=1:log_path=$logs/sanitizer"

limit=${SYNCHED_TEST_SECONDS:-1200} # ten times what it takes where twenty programs want each CPU
command=("$@" --verbose)
if [ "${SYNCHED_VALGRIND:-0}" = 1 ]; then
  limit=2400
  # fair-sched: threads that spin for one another must all come to run. A child that a test forks
  # ends in the middle of things, and is not asked what it left; Criterion's own processes start
  # anew, and are.
  command=(valgrind --quiet --trace-children=yes --child-silent-after-fork=yes --fair-sched=yes
    --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all --num-callers=24
    --log-file="$logs/valgrind.%p" "${command[@]}" --jobs "$(nproc)")
fi

# The one that some have earlier in their PATH takes ten times as long to start.
python=/usr/bin/python3
[ -x $python ] || python=python3

status=0
$python -IS "${BASH_SOURCE%/*}/reap.py" timeout --kill-after=10 "$limit" "${command[@]}" ||
  status=$?
[ $status -ne 124 ] && [ $status -ne 137 ] || echo "ended after $limit s" >&2

# A log is empty unless there is something to say.
while IFS= read -r log; do
  echo "--- ${log##*/} ---" >&2
  head -n 200 "$log" >&2
  status=1
done < <(find "$logs" -type f -size +0)
exit "$status"
