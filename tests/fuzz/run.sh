#!/usr/bin/env bash
# run.sh PROGRAM SECONDS [-OPTION=VALUE...] FOLDER...: gives PROGRAM, a target of this folder, the
# inputs in the FOLDERs, and for so many seconds others that libFuzzer makes of them. Exit status 0:
# nothing was wrong; 1: the input that shows it is printed, and kept below SYNCHED_FUZZ_FOUND.
#
# In the environment: SYNCHED_FUZZ_SECONDS counts instead of SECONDS; what brings the program to
# other places is kept in the folder SYNCHED_FUZZ_KEEP/PROGRAM, where the next run finds it;
# SYNCHED_FUZZ_FOUND is a folder, too (by default, what was found is only printed).
#
# By hand, and in a debugger: PROGRAM FILE runs one input.
set -euo pipefail
program=$1 seconds=${SYNCHED_FUZZ_SECONDS:-$2}
shift 2
options=() seeds=()
for argument; do
  case $argument in
  -*) options+=("$argument") ;;
  ?*) [ ! -d "$argument" ] || seeds+=("$(realpath "$argument")") ;;
  esac
done
name=${program##*/fuzz_}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kept=${SYNCHED_FUZZ_KEEP:-$work}/$name
mkdir -p "$kept" "$work/tmp" "$work/found"

# All that goes wrong is an end of the program: what undefined behaviour is, too. A block that is
# too large is refused, as systems do.
export ASAN_OPTIONS="allocator_may_return_null=1:quarantine_size_mb=64:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
export TMPDIR=$work/tmp
code=0
timeout --kill-after=10 $((seconds + 200)) "$program" -max_total_time="$seconds" -timeout=100 \
  -rss_limit_mb=3072 -print_final_stats=1 -artifact_prefix="$work/found/" "${options[@]}" \
  "$kept" "${seeds[@]}" >"$work/log" 2>&1 || code=$?
if [ $code -ne 0 ]; then
  tail -n 60 "$work/log" >&2
  for file in "$work"/found/*; do
    [ -e "$file" ] || continue
    echo "--- $name: ${file##*/}, in base64 ---" >&2
    base64 "$file" >&2
    [ -z "${SYNCHED_FUZZ_FOUND:-}" ] || install -D -m 644 "$file" -t "$SYNCHED_FUZZ_FOUND/$name"
  done
  echo "$name: exit status $code" >&2
  exit 1
fi
stat() { sed -n "s/^stat::$1: *//p" "$work/log"; }
cover=$(grep -o 'cov: [0-9]*' "$work/log" | tail -n 1)
echo "$name: $(stat number_of_executed_units) inputs in $seconds s, $cover," \
  "$(stat new_units_added) kept, $(stat peak_rss_mb) MB; nothing was wrong"
