#!/usr/bin/env bash
# find_package.sh STAGE [CMAKE [GENERATOR]]: builds and runs the consumer with find_package against
# the installation in STAGE. CC and CXX name the compilers, which CMake finds without them; an empty
# CXX leaves the C++ programs out.
#
# By hand: cmake --install build/test-gcc --prefix /tmp/stage &&
#   tests/programs/package/find_package.sh /tmp/stage
set -euo pipefail
stage=$1 cmake=${2:-cmake} generator=${3:-Ninja}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r "$here/consumer" "$work/consumer"
with_cxx=ON
if [ -z "${CXX-c++}" ]; then
  with_cxx=OFF
  unset CXX
fi
"$cmake" -S "$work/consumer" -B "$work/build" -G "$generator" -DCMAKE_PREFIX_PATH="$stage" \
  -DCONSUMER_CXX=$with_cxx -DCMAKE_C_FLAGS=-Werror -DCMAKE_CXX_FLAGS=-Werror
"$cmake" --build "$work/build"
programs=(shared_c static_c)
[ $with_cxx = OFF ] || programs+=(shared_cxx static_cxx)
for program in "${programs[@]}"; do
  echo "$program:"
  "$work/build/$program"
done
