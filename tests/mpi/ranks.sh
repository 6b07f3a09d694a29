#!/usr/bin/env bash
# ranks.sh MPIEXEC RANKS_PROGRAM [CASES]: jobs on 1, 2, 3 and 5 ranks by MPI have the bits of one
# process, with 1, 2 and 3 workers each; what ends or steers them on one rank does so on all; and a
# rank has no more memory than its part needs. CASES random ones for each number of ranks, 100 by
# default.
#
# By hand: tests/mpi/ranks.sh mpiexec build/test-gcc/tests/mpi/mpi_ranks
set -euo pipefail
mpiexec=$1 program=$2 cases=${3:-100}
. "$(dirname "$0")/launch.sh"

for ranks in 1 2 3 5; do
  launch "$mpiexec" $ranks "$program" same
done
for ranks in 2 3 5; do
  launch "$mpiexec" $ranks "$program" random $((ranks * 1000)) "$cases"
done
for ranks in 2 3; do
  launch "$mpiexec" $ranks "$program" learn
  launch "$mpiexec" $ranks "$program" steer
done
launch "$mpiexec" 3 "$program" bytes
launch "$mpiexec" 2 "$program" wrong
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
launch "$mpiexec" 4 "$program" memory "$folder/state"
