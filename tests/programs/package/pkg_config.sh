#!/usr/bin/env bash
# pkg_config.sh STAGE [LIBDIR]: compiles and runs the consumer with what pkg-config says about the
# installation in STAGE, shared and static, and looks which of the two it got. CC and CXX name the
# compilers (cc and c++ without them); an empty CXX leaves C++ out.
#
# By hand: cmake --install build/test-gcc --prefix /tmp/stage &&
#   tests/programs/package/pkg_config.sh /tmp/stage
set -euo pipefail
stage=$(realpath "$1")
libdir=${2:-$(cd "$stage" && dirname "$(find . -name libsynched.so -print -quit)")}
CC=${CC:-cc} CXX=${CXX-c++}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strict=(-pedantic -Wall -Wextra -Werror)

# links_shared PROGRAM: whether it needs libsynched.so.
links_shared() { readelf -d "$1" | grep -q 'NEEDED.*\[libsynched\.so'; }

# build_and_run NAME yes|no WORD...: pkg-config's words; and whether the programs then need
# libsynched.so.
build_and_run() {
  local name=$1 shared=$2 flags program found
  shift 2
  read -ra flags <<<"$(pkg-config --cflags --libs "$@")"
  echo "$name: ${flags[*]}"
  "$CC" -std=c11 "${strict[@]}" "$here/consumer/consumer.c" -o "$work/${name}_c" "${flags[@]}"
  "$work/${name}_c"
  if [ -n "$CXX" ]; then
    "$CXX" -std=c++17 "${strict[@]}" "$here/consumer/consumer.cpp" -o "$work/${name}_cxx" \
      "${flags[@]}"
    "$work/${name}_cxx"
  fi
  for program in "$work/${name}_c"*; do
    found=no
    ! links_shared "$program" || found=yes
    [ $found = "$shared" ] || {
      echo "$name: does ${program##*/} need libsynched.so? $found, not $shared" >&2
      exit 1
    }
  done
}

export PKG_CONFIG_PATH="$stage/$libdir/pkgconfig"
export LD_LIBRARY_PATH="$stage/$libdir"
if pkg-config --libs synched | grep -E -- '-l(uv|hwloc|xxhash)'; then
  echo "users of the shared library should not have to link what it uses itself" >&2
  exit 1
fi
build_and_run shared yes synched

# The static one though the shared one is there, beside it and in front of it.
build_and_run static no synched-static

# And where it is the only one, by either name; the tree can be moved.
cp -r "$stage" "$work/moved"
rm "$work/moved/$libdir"/libsynched.so*
export PKG_CONFIG_PATH="$work/moved/$libdir/pkgconfig"
unset LD_LIBRARY_PATH
build_and_run moved no synched-static
build_and_run alone no --static synched
