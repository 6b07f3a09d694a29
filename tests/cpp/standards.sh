#!/usr/bin/env bash
# standards.sh LIBRARY: the tests of the C++ header, compiled by each compiler that is here as C++20
# with exceptions, and as C++17 and C++20 without, with no warnings, and run. As C++17 with
# exceptions they are part of each build. LIBRARY is libsynched.so or libsynched.a.
#
# By hand: tests/cpp/standards.sh build/test-gcc/framework/libsynched.so
set -euo pipefail
library=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strict=(-O0 -pthread -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror "-I$here/../../include")
libraries=("$library" "-Wl,-rpath,${library%/*}" -pthread -lm)
case $library in
*.a)
  strict+=(-DSYNCHED_STATIC_DEFINE)
  libraries=("$library" -pthread -lm)
  ;;
esac
read -ra more <<<"$(pkg-config --cflags --libs libuv hwloc libxxhash)"
libraries+=("${more[@]}")

# What most of them include, compiled once for a compiler and a standard; and in the same way the
# object file that two of them share.
cat >"$work/shared.hpp" <<END
#include <synched/synched.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>
END

# share COMPILER STANDARD
share() {
  rm -f "$work/shared.hpp.gch"
  "$1" -std="$2" "${strict[@]}" -x c++-header "$work/shared.hpp" -o "$work/shared.hpp.gch"
  "$1" -std="$2" "${strict[@]}" -include "$work/shared.hpp" -c "$here/counted_new.cpp" \
    -o "$work/counted_new.o"
}

# build_and_run COMPILER STANDARD NAME OPTION... -- SOURCE...
build_and_run() {
  local compiler=$1 standard=$2 name=$3 options=() sources=()
  shift 3
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  for source in "$@"; do
    [[ $source == /* ]] || source=$here/$source
    sources+=("$source")
  done
  echo "$compiler -std=$standard: $name"
  "$compiler" -std="$standard" "${strict[@]}" "${options[@]}" "${sources[@]}" -o "$work/$name" \
    "${libraries[@]}"
  "$work/$name"
}

compilers=0
for compiler in g++ clang++; do
  command -v "$compiler" >/dev/null || continue
  compilers=$((compilers + 1))
  share "$compiler" c++20
  shared=(-include "$work/shared.hpp" -- "$work/counted_new.o")
  for name in throwing fields loops; do
    build_and_run "$compiler" c++20 $name "${shared[@]}" "${name}_test.cpp"
  done
  for standard in c++17 c++20; do
    build_and_run "$compiler" "$standard" returning -fno-exceptions -- returning_test.cpp
  done
done
[ $compilers -gt 0 ] || { echo "neither g++ nor clang++ is here"; exit 77; }
