#!/usr/bin/env bash
# mpich.sh LIBRARY: what ranks.sh does, in less of it, with MPICH in place of the MPI that this
# build has found. Debian has both side by side, MPICH under names of its own (mpicc.mpich). Where
# it is not there, the exit code is 77. LIBRARY is libsynched.so or libsynched.a.
#
# By hand: tests/mpi/mpich.sh build/test-gcc/framework/libsynched.so
set -euo pipefail
library=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
. "$here/launch.sh"
compiler=$(command -v mpicc.mpich) && mpiexec=$(command -v mpiexec.mpich) || {
  echo "there is no MPICH (Debian: mpich libmpich-dev)" >&2
  exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

more=("-Wl,-rpath,${library%/*}")
if [[ $library == *.a ]]; then
  read -ra more <<<"$(pkg-config --libs libuv hwloc libxxhash) -DSYNCHED_STATIC_DEFINE -lm"
fi
# MPICH's MPI_STATUSES_IGNORE is an address at which gcc sees no room for what is ignored.
flags=(-std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -Wno-stringop-overflow -pthread)
"$compiler" "${flags[@]}" -I"$here/../../include" -I"$here/../../framework" -I"$here/.." \
  "$here/../../framework/mpi/transport.c" "$here/ranks.c" "$here/../support/ranked.c" "$library" \
  "${more[@]}" -o "$work/ranks"

for ranks in 1 2 3; do
  launch "$mpiexec" $ranks "$work/ranks" same
done
launch "$mpiexec" 3 "$work/ranks" random 7000 50
launch "$mpiexec" 2 "$work/ranks" learn
launch "$mpiexec" 3 "$work/ranks" steer
launch "$mpiexec" 3 "$work/ranks" bytes
launch "$mpiexec" 2 "$work/ranks" wrong
