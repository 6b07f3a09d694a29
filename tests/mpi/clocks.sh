#!/usr/bin/env bash
# clocks.sh MPIEXEC HEAT: a report of two ranks of which one has another clock, as on another
# machine: a time namespace moves it by a million seconds. The report finds by how much, within the
# error that it says, and its rounds are as long as they were. Needs root and util-linux; else it
# says so, and the exit code is 77.
#
# By hand: tests/mpi/clocks.sh mpiexec build/test-gcc/examples/heat/heat
set -euo pipefail
mpiexec=$1 heat=$2
. "$(dirname "$0")/launch.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
away=(unshare --time --monotonic 1000000 --fork)

"${away[@]}" true 2>"$folder/log" || {
  echo "clocks: there are no time namespaces: $(cat "$folder/log")" >&2
  exit 77
}
plate=("$heat" --size 120x90 --rows-per-segment 6 --rounds 50 -w 1 --quiet --mpi
  --report "json:$folder/report.json")
launch "$mpiexec" 1 "${plate[@]}" : -n 1 "${away[@]}" "${plate[@]}"

# Of each rank: by how much, and how exactly.
grep -o '"clock_ns":-\?[0-9]*,"clock_error_ns":[0-9]*' "$folder/report.json" |
  tr -c '0-9\n-' ' ' | awk '
    NR == 1 && ($1 != 0 || $2 != 0) { exit 1 }
    NR == 2 {
      off = $1 + 1000000 * 1000000000
      off = off < 0 ? -off : off
      if (off > $2 + 1000 || $2 > 60000000000) exit 1
      found = 1
    }
    END { exit !found }' || {
  echo "clocks: it finds" >&2
  grep -o '"clock_[a-z_]*":[0-9-]*' "$folder/report.json" >&2
  exit 1
}
# No round lasts a million seconds.
grep -o '"total_ns":[0-9]*' "$folder/report.json" |
  awk -F: '$2 > 60000000000 { exit 1 } END { exit NR == 0 }' || {
  echo "clocks: a round lasts too long" >&2
  exit 1
}
echo "clocks: another clock is found, and taken off"
