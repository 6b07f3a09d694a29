#!/usr/bin/env bash
# add_subdirectory.sh [ROOT [CMAKE [GENERATOR]]]: a project that has Synched's sources below its own
# gets a library that computes right and fast, whatever flags the project has, or has not. CC names
# the compiler; without it CMake finds one.
#
# By hand: tests/programs/package/add_subdirectory.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$(cd "$here/../../.." && pwd)} cmake=${2:-cmake} generator=${3:-Ninja}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/including" "$work/including"

# configure NAME OPTION...
configure() {
  local name=$1
  shift
  "$cmake" -S "$work/including" -B "$work/$name" -G "$generator" -DSYNCHED_SOURCES="$root" \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "$@" >"$work/$name.log" 2>&1 || {
    cat "$work/$name.log" >&2
    exit 1
  }
}

# expect_commands NAME COUNT TEXT: so many of the library's files are compiled with this flag; "all"
# is each of them.
expect_commands() {
  local all found
  all=$(grep -c '"command".*/framework/' "$work/$1/compile_commands.json")
  found=$(grep '"command".*/framework/' "$work/$1/compile_commands.json" |
    grep -c -- " $3 " || true)
  [ "$found" = "${2/all/$all}" ] || {
    echo "$1: $found of $all files are compiled with $3" >&2
    exit 1
  }
}

# Without a build type: optimised, and it says so; not where flags or a type decide.
configure open
expect_commands open all -O2
grep -q "No CMAKE_BUILD_TYPE.*Synched itself is compiled with -O2" "$work/open.log" || {
  echo "nothing says that the library is optimised although no build type is set" >&2
  exit 1
}
configure small -DCMAKE_C_FLAGS=-Os
expect_commands small 0 -O2
configure debug -DCMAKE_BUILD_TYPE=Debug
expect_commands debug 0 -O2

# With flags that are wrong for it.
configure fast -DINCLUDING_FAST=ON -DCMAKE_C_FLAGS=-Ofast -DSYNCHED_STATIC=OFF
"$cmake" --build "$work/fast" >"$work/build.log" 2>&1 || {
  tail -n 40 "$work/build.log" >&2
  exit 1
}
"$work/fast/including"
if nm "$work"/fast/synched/framework/libsynched.so | grep set_fast_math; then
  echo "the library sets flush-to-zero for whoever loads it" >&2
  exit 1
fi
