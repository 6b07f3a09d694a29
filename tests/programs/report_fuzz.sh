#!/usr/bin/env bash
# report_fuzz.sh ROOT LIBRARY MADE_REPORTS [SECONDS [CORPUS]]: gives synched-report's reader, and
# all forms, files that libFuzzer makes of small reports, under address and undefined-behaviour
# sanitizers, for so many seconds (10). 77: clang has no libFuzzer.
#
# What is read and what is written is built for it; the rest comes from LIBRARY, the static library
# with the test seams. A CORPUS folder is used and added to; without one, a new one is made of
# MADE_REPORTS' reports.
#
# By hand, for an hour: tests/programs/report_fuzz.sh . \
#   build/test-gcc/framework/libsynched_internal.a build/test-gcc/tests/programs/made_reports 3600
set -euo pipefail
root=$(realpath "$1") library=$(realpath "$2") made=$(realpath "$3") seconds=${4:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
corpus=$(realpath "${5:-$work/corpus}")
flags=(-g -O1 -std=c11 -D_GNU_SOURCE -DSYNCHED_STATIC_DEFINE -DSYNCHED_INTERNAL_TESTING=1
  -fsanitize=address,undefined -fno-sanitize-recover=undefined
  -I"$root/include" -I"$root/framework" -I"$root/tools/report")

echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return !d && n; }' |
  clang -x c - -fsanitize=fuzzer,address,undefined -o "$work/probe" 2>/dev/null || {
  echo "clang has no libFuzzer here"
  exit 77
}
read -ra packages <<<"$(pkg-config --cflags --libs jansson libuv hwloc)"

mkdir -p "$work/made" "$work/objects" "$corpus"
"$made" "$work/made"
# Small ones: each mutation of a large one would take long.
find "$work/made" -name '*.json' -size -12k -exec cp -n {} "$corpus" \;
[ "$(find "$corpus" -name '*.json' | wc -l)" -ge 4 ] || [ -n "${5:-}" ]

# The names of members are the words that mutations are made of.
grep -ohE '"[a-z_0-9 ]+"' "$root/framework/report/report.schema.json" | sort -u |
  sed 's/.*/"\\&/; s/"$/\\""/' >"$work/words"

compile() {
  clang "${@:2}" -fsanitize=fuzzer-no-link -c "$1" -o "$(mktemp -p "$objects" XXXXXX.o)"
}
export -f compile
export objects=$work/objects
find "$root/framework/report" "$root/tools/report" "$root/tests/programs/report_fuzz.c" \
  "$root/tests/programs/report_mutate.c" \
  -name '*.c' ! -name main.c -print0 |
  xargs -0 -P "$(nproc)" -I{} bash -c 'compile "$@"' - {} "${flags[@]}"
clang -fsanitize=fuzzer,address,undefined "$work"/objects/*.o "$library" "${packages[@]}" \
  -lpthread -lm -o "$work/fuzz"

cd "$work"
code=0
ASAN_OPTIONS=allocator_may_return_null=1 timeout $((seconds + 120)) "$work/fuzz" \
  -max_total_time="$seconds" -max_len=16384 -dict="$work/words" -timeout=30 -rss_limit_mb=4096 \
  -print_final_stats=1 -artifact_prefix="$work/" "$corpus" >log 2>&1 || code=$?
if [ $code -ne 0 ]; then
  tail -n 60 log >&2
  for file in crash-* timeout-* oom-* leak-*; do
    [ -e "$file" ] || continue
    echo "--- $file, in base64 ---" >&2
    base64 "$file" >&2
  done
  exit 1
fi
grep -E '^stat::(number_of_executed_units|peak_rss_mb)|cov: ' log | tail -n 3
