#!/usr/bin/env bash
# headers.sh [ROOT]: every header compiles alone. The public ones as C11 and as C++17, and all of
# them together as C11 to C23 and as C++17 and 20, as strictly as compilers go, with each compiler
# that is here, and so does README's first example; those that are only for C++ with exceptions and
# without; the framework's as C11, with the flags that pkg-config gives for what they include.
#
# By hand: tests/rules/headers.sh
set -euo pipefail
root=${1:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
read -ra dependencies <<<"$(pkg-config --cflags libuv hwloc)"
strict=(-pedantic -Wall -Wextra -Werror -fsyntax-only -Iinclude)
# What <mpi.h> needs, which is another project's header; where there is none, ours is left out.
mapfile -t public_headers < <(find include/synched -maxdepth 1 -name '*.h' ! -name mpi.h | sort)
if pkg-config --exists mpi-c; then
  public_headers+=(include/synched/mpi.h)
  read -ra mpi <<<"$(pkg-config --cflags mpi-c | sed 's/-I/-isystem /g')"
  strict+=("${mpi[@]}" -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX)
fi
count=0
failed=0

# compile SUFFIX HEADER COMMAND...: a file with nothing but the header, and one declaration because
# ISO C wants one in every file.
compile() {
  local source=$work/alone.$1 header=$2
  shift 2
  printf '#include "%s"\nextern int alone;\n' "$header" >"$source"
  count=$((count + 1))
  "$@" "$source" || {
    echo "$header does not compile alone: $*" >&2
    failed=1
  }
}

# strictest COMPILER: all of clang's warnings but those of padding and of plain pointers; gcc's that
# people ask for.
strictest() {
  case $1 in
  *clang++) echo -Weverything -Wno-padded -Wno-c++98-compat-pedantic ;;
  *clang) echo -Weverything -Wno-padded ;;
  *++) echo -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wuseless-cast ;;
  *) echo -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Wvla ;;
  esac
  [[ $1 != *clang* ]] || echo -Wno-unknown-warning-option -Wno-unsafe-buffer-usage
}

# A header has no place for a class's functions but itself.
cxx_only=(-Wno-weak-vtables)

c_standards=(c11 c17 c2x)
cxx_standards=(c++17 c++20)

public() {
  local c=$1 cxx=$2 header standard more
  read -ra more <<<"$(strictest "$c" | tr '\n' ' ')"
  for header in "${public_headers[@]}"; do
    compile c "synched/${header##*/}" "$c" -std="${c_standards[0]}" "${strict[@]}" "${more[@]}"
  done
  for standard in "${c_standards[@]}"; do
    compile c synched/synched.h "$c" -std="$standard" "${strict[@]}" "${more[@]}"
    example "$c" -std="$standard" "${strict[@]}" "${more[@]}"
  done
  [ -n "$cxx" ] || return 0
  read -ra more <<<"$(strictest "$cxx" | tr '\n' ' ')"
  for header in "${public_headers[@]}"; do
    compile cpp "synched/${header##*/}" "$cxx" -std="${cxx_standards[0]}" "${strict[@]}" \
      "${more[@]}"
  done
  for standard in "${cxx_standards[@]}"; do
    compile cpp synched/synched.h "$cxx" -std="$standard" "${strict[@]}" "${more[@]}"
    compile cpp synched/synched.hpp "$cxx" -std="$standard" "${strict[@]}" "${more[@]}" \
      "${cxx_only[@]}"
    compile cpp synched/synched.hpp "$cxx" -std="$standard" -fno-exceptions "${strict[@]}" \
      "${more[@]}" "${cxx_only[@]}"
  done
  # Who includes the one above includes them all; the newest dialect is enough.
  for header in include/synched/cpp/*.hpp; do
    compile cpp "synched/cpp/${header##*/}" "$cxx" -std="${cxx_standards[-1]}" "${strict[@]}" \
      "${more[@]}" "${cxx_only[@]}"
  done
}

# example COMMAND...: what everybody copies first. With and without optimisation, for some warnings
# come with it.
example() {
  local level
  for level in -O0 -O2; do
    count=$((count + 1))
    "$@" $level examples/quickstart.c || {
      echo "quickstart.c has warnings: $* $level" >&2
      failed=1
    }
  done
}

internal() {
  local header
  while IFS= read -r header; do
    compile c "${header#framework/}" "$1" -std=c11 "${strict[@]}" -Iframework -D_GNU_SOURCE \
      -DSYNCHED_STATIC_DEFINE -DSYNCHED_INTERNAL_TESTING=1 "${dependencies[@]}"
  done < <(find framework -name '*.h' | sort)
}

compilers=0
for pair in gcc:g++ clang:clang++; do
  c=$(command -v "${pair%:*}") || continue
  cxx=$(command -v "${pair#*:}") || cxx=
  [ -n "$cxx" ] || echo "no ${pair#*:}: the C++ half is left out for it"
  public "$c" "$cxx"
  [ $compilers -gt 0 ] || internal "$c"
  compilers=$((compilers + 1))
done
[ $compilers -gt 0 ] || { echo "neither gcc nor clang is here"; exit 77; }
echo "$count compilations"
exit $failed
