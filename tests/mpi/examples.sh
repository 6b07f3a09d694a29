#!/usr/bin/env bash
# examples.sh MPIEXEC FOLDER PROGRAM...: heat, life, cg and pagerank write the same bytes on 2, 3
# and 5 ranks as by themselves. FOLDER has the patterns of life. A program that was not built is
# left out.
#
# By hand: tests/mpi/examples.sh mpiexec examples/patterns build/test-gcc/examples/heat/heat
set -euo pipefail
mpiexec=$1 patterns=$(realpath "$2")
shift 2
. "$(dirname "$0")/launch.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# same NAME PROGRAM RANKS OPTION FILE ARGUMENT...: the program writes FILE with OPTION, by itself
# with one worker, then on so many ranks, for each number in RANKS.
same() {
  local name=$1 program=$2 counts=$3 option=$4 file=$5 ranks workers
  shift 5
  "$program" "$@" -w 1 "$option" "$folder/$file" >"$folder/log" 2>&1 ||
    { cat "$folder/log" >&2; exit 1; }
  for ranks in $counts; do
    workers=$((ranks % 3 + 1))
    rm -f "$folder/ranks.$file"
    launch "$mpiexec" $ranks "$program" "$@" --mpi -w $workers "$option" "$folder/ranks.$file" \
      >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
    cmp "$folder/$file" "$folder/ranks.$file" || {
      echo "$name on $ranks ranks with $workers workers each writes something else" >&2
      exit 1
    }
    echo "$name: the same on $ranks ranks with $workers workers each"
  done
}

awk 'BEGIN { for (i = 0; i < 3000; i++) print i % 977, (i * 7919 + i * i % 389) % 991 }' \
  >"$folder/edges"
# traces ARGUMENT...: the report of three ranks is one, whose trace keeps to the rules of its form.
traces() {
  rm -f "$folder/trace.json"
  launch "$mpiexec" 3 "$program" "$@" --mpi -w 2 --report "trace:$folder/trace.json" \
    >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
  grep -q ', rank 2"' "$folder/trace.json" || {
    echo "$name: a trace of three ranks has no rank 2" >&2
    exit 1
  }
  if command -v python3 >/dev/null; then
    python3 "$(dirname "$0")/../support/trace_check.py" chrome "$folder/trace.json"
  fi
}

for program in "$@"; do
  name=${program##*/}
  case $name in
  heat)
    traces --size 200x150 --rows-per-segment 7 --rounds 20
    same "$name" "$program" "2 5" --png heat.png --size 200x150 --rows-per-segment 7 --rounds 40
    same "$name, 4 rounds per barrier" "$program" 3 --png heat.png --size 200x150 \
      --rows-per-segment 7 --rounds 42 --rounds-per-barrier 4
    ;;
  life)
    traces "$patterns/gosper-gun.rle" -g 30 -s 11
    same "$name" "$program" "2 5" -o life.rle "$patterns/gosper-gun.rle" -g 120 -s 11
    same "$name on a torus" "$program" 3 -o life.rle "$patterns/glider-torus.rle" -g 120 -s 11
    ;;
  cg)
    traces --grid 40 -s 13
    same "$name" "$program" "2 3" -o x.mtx --grid 60 -s 13 --check
    same "$name, scaled" "$program" 3 -o x.mtx --grid 40 -s 7 -b random --scale
    ;;
  pagerank)
    traces "$folder/edges" -s 17
    same "$name" "$program" "1 3" -o ranks.txt "$folder/edges" -s 17
    ;;
  esac
done
