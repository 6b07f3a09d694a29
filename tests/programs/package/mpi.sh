#!/usr/bin/env bash
# mpi.sh STAGE LIBDIR MPIEXEC [CMAKE [GENERATOR]]: builds a program against the installation's
# libsynched-mpi, with pkg-config and with find_package, and runs it on two ranks. CC names the
# compiler, cc without it.
#
# By hand: cmake --install build/test-gcc --prefix /tmp/stage &&
#   tests/programs/package/mpi.sh /tmp/stage lib mpiexec
set -euo pipefail
stage=$(realpath "$1") libdir=$2 mpiexec=$3 cmake=${4:-cmake} generator=${5:-Ninja}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../mpi/launch.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export LD_LIBRARY_PATH="$stage/$libdir"
read -ra flags <<<"$(PKG_CONFIG_PATH="$stage/$libdir/pkgconfig" \
  pkg-config --cflags --libs synched-mpi)"
echo "pkg-config: ${flags[*]}"
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror "$here/mpi_consumer/mpi_consumer.c" \
  -o "$work/by_pkg_config" "${flags[@]}"
launch "$mpiexec" 2 "$work/by_pkg_config"

cp -r "$here/mpi_consumer" "$work/source"
"$cmake" -S "$work/source" -B "$work/build" -G "$generator" -DCMAKE_PREFIX_PATH="$stage" \
  -DCMAKE_C_FLAGS=-Werror
"$cmake" --build "$work/build"
unset LD_LIBRARY_PATH
launch "$mpiexec" 2 "$work/build/mpi_consumer"
