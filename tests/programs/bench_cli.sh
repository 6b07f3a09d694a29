#!/usr/bin/env bash
# bench_cli.sh SYNCHED_BENCH: the benchmark's command line, its files, and its comparison. What it
# measures is not looked at, except that the kernels check their results themselves, contestant
# against serial loop.
#
# By hand: tests/programs/bench_cli.sh build/test-gcc/tools/synched-bench
set -euo pipefail
bench=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "bench_cli: $1" >&2
  exit 1
}

# refused TEXT ARGUMENT...: exit status 2, and one line with the text in it.
refused() {
  local text=$1 status=0
  shift
  "$bench" "$@" >"$folder/out" 2>"$folder/err" || status=$?
  [ "$status" -eq 2 ] || fail "'$*' ends with $status instead of 2"
  [ "$(wc -l <"$folder/err")" -eq 1 ] || fail "'$*' does not say one line: $(cat "$folder/err")"
  grep -qF -- "$text" "$folder/err" || fail "'$*' says $(cat "$folder/err")"
}

refused "which family"
refused "no family: rounds" rounds
refused "missing after: --workers" round --workers
refused "not: 0" round --repeat 0
refused "not: -1" round --repeat -1
refused "not: 2x" round --workers 2x
refused "not: 1001" round --repeat 1001
refused "takes small, not: large" codes --sizes large
refused "unknown argument: --out" round --out "$folder"
refused "unknown argument: --json" all --json "$folder/x"
refused "two files" --compare "$folder/x"
refused "$folder/none.json" --compare "$folder/none.json" "$folder/none.json"
echo '{"rows": 3}' >"$folder/odd.json"
refused "no array" --compare "$folder/odd.json" "$folder/odd.json"
echo '[{"family": 3}]' >"$folder/odd.json"
refused "no array" --compare "$folder/odd.json" "$folder/odd.json"
echo '[' >"$folder/odd.json"
refused "odd.json:" --compare "$folder/odd.json" "$folder/odd.json"

"$bench" --help | grep -q "imbalance" || fail "--help does not name the families"

# A family, its table, and its file.
"$bench" round --workers 1 --repeat 2 --json "$folder/round.json" >"$folder/table" ||
  fail "round: $(cat "$folder/table")"
grep -q "^synched  *1  *1 0 " "$folder/table" || fail "the table lacks synched's row"
grep -q '"contestant": "cache_line_round_trip"' "$folder/round.json" || fail "no yardstick"
grep -q '"median_ns"' "$folder/round.json" || fail "no median"
if "$bench" round --workers 1 --repeat 1 --json "$folder/none/x.json" >/dev/null \
  2>"$folder/err"; then
  fail "a file that cannot be written is no failure"
fi
grep -q "none/x.json cannot be written" "$folder/err" || fail "$(cat "$folder/err")"

# What recording costs, and its figures compared.
"$bench" record --workers 1 --repeat 1 --json "$folder/record.json" >"$folder/record" ||
  fail "record: $(cat "$folder/record")"
[ "$(grep -cE '^synched(_static)? +1 +1(000)? (totals|rounds|tasks)' "$folder/record")" -eq 18 ] ||
  fail "the levels' rows: $(cat "$folder/record")"
"$bench" --compare "$folder/record.json" "$folder/record.json" >"$folder/same" ||
  fail "recording is worse than itself"

# A run compared with itself, and with one in which everything takes ten times as long.
"$bench" --compare "$folder/round.json" "$folder/round.json" >"$folder/same" ||
  fail "worse than itself"
grep -q "^0 worse, 0 better" "$folder/same" || fail "$(cat "$folder/same")"
sed '/cache_line/,/}/!s/\("m[a-z]*_ns": [0-9]*\)/\10/' "$folder/round.json" >"$folder/slow.json"
status=0
"$bench" --compare "$folder/round.json" "$folder/slow.json" >"$folder/worse" || status=$?
[ "$status" -eq 1 ] || fail "ten times slower ends with $status: $(cat "$folder/worse")"
grep -q "^worse *round *synched " "$folder/worse" || fail "$(cat "$folder/worse")"
"$bench" --compare "$folder/slow.json" "$folder/round.json" >"$folder/better" ||
  fail "faster is worse"
grep -q "^better *round *synched " "$folder/better" || fail "$(cat "$folder/better")"

# Every contestant computes what the serial loop does, or the family fails.
"$bench" kernels --repeat 1 >"$folder/kernels" 2>&1 || fail "kernels: $(cat "$folder/kernels")"
"$bench" codes --repeat 1 --sizes small >"$folder/codes" 2>&1 ||
  fail "codes: $(cat "$folder/codes")"
if ! grep -q '^absent: libgomp ' "$folder/codes"; then
  for code in maxwell_1000 buffered_6000 blocked_1000 blocked_6000 cg particles; do
    grep -qE "^synched_by_libgomp +2 +0 $code +[0-9.]+" "$folder/codes" || fail "no ratio of $code"
  done
fi
"$bench" sparse --repeat 1 --sizes small >"$folder/sparse" 2>&1 ||
  fail "sparse: $(cat "$folder/sparse")"
grep -qE '^synched_all_by_skips +2 +1000 active_0.01 +[0-9.]+' "$folder/sparse" || fail "not sparse"
"$bench" stencil --repeat 1 --sizes small >"$folder/stencil" 2>&1 ||
  fail "stencil: $(cat "$folder/stencil")"
grep -qE '^synched_8_by_1 +16 +64 slow_call_naps +[0-9.]+' "$folder/stencil" || fail "no naps"
if ! grep -q '^absent: libgomp ' "$folder/stencil"; then
  for stencil in heat_1024 heat_2048 heat_4096 heat_8192 heat_8192_small cube_256 life_8192; do
    for who in libgomp_tiles synched_1 synched_4 synched_8 synched_16 synched_auto; do
      grep -qE "^${who}_by_libgomp +2 +0 $stencil +[0-9.]+" "$folder/stencil" ||
        fail "no $who of $stencil"
    done
  done
fi
"$bench" memory --repeat 1 >"$folder/memory" 2>&1 || fail "memory: $(cat "$folder/memory")"
