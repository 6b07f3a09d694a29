#!/usr/bin/env bash
# binding.sh MPIEXEC HEAT: a rank that its launcher has bound to fewer CPUs than its pool has
# workers is told so by its report, with the option that mends it; one that is not bound, is not.
# Needs Open MPI and two CPUs; else it says so, and the exit code is 77.
#
# By hand: tests/mpi/binding.sh mpiexec build/test-gcc/examples/heat/heat
set -euo pipefail
mpiexec=$1 heat=$2
. "$(dirname "$0")/launch.sh"
unset OMPI_MCA_hwloc_base_binding_policy PRTE_MCA_hwloc_default_binding_policy

skip() {
  echo "binding: $1" >&2
  exit 77
}

"$mpiexec" --version 2>&1 | grep -q 'Open MPI\|OpenRTE' || skip "this is for Open MPI's mpiexec"
[ "$(nproc)" -ge 2 ] || skip "this process may use one CPU only"
plate=(--size 60x60 --rows-per-segment 10 --rounds 20 --mpi -w 2)

# report BINDING: what heat prints, in one line.
report() {
  launch "$mpiexec" 1 --bind-to "$1" "$heat" "${plate[@]}" | tr -s ' \n' '  '
}

bound=$(report hwthread)
told="the launcher has bound this rank to 1 of "
[[ $bound == *"$told"*"mpirun --bind-to none, or --map-by slot:PE=2"* ]] || {
  echo "binding: a bound rank is not told: $bound" >&2
  exit 1
}
free=$(report none)
[[ $free != *"the launcher has bound"* ]] || {
  echo "binding: a free rank is told that it is bound: $free" >&2
  exit 1
}
echo "binding: a bound rank is told, a free one is not"
