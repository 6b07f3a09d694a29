#!/usr/bin/env bash
# sanitizers.sh ROOT STAGE LIBDIR CMAKE GENERATOR: who compiles a program with -fsanitize=thread and
# links a library without, or the other way around, hears of it at once; both with it work together,
# and say nothing. Another sanitizer works with the library as it is installed. CC and CXX name the
# compilers. Exit code 77 where there is no such sanitizer.
set -euo pipefail
root=$1 stage=$2 libdir=$3 cmake=$4 generator=$5
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

# Sanitizers of gcc 12 want fewer random bits in addresses than some kernels give.
steady=()
! setarch -R true 2>/dev/null || steady=(setarch -R)

echo 'int main(void) { return 0; }' >"$work/empty.c"
"$CC" -fsanitize=thread "$work/empty.c" -o "$work/empty" >"$log" 2>&1 &&
  "${steady[@]}" "$work/empty" || {
  echo "there is no thread sanitizer for $CC"
  exit 77
}

# fail WHAT: with what was said last.
fail() {
  cat "$log" >&2
  echo "$1" >&2
  exit 1
}

# consumer COMPILER SUFFIX LIBRARIES FLAG...: compiles and links the consumer against the headers in
# the stage.
consumer() {
  local compiler=$1 suffix=$2 libraries=$3
  shift 3
  "$compiler" "$@" -I"$stage/include" "$here/consumer/consumer.$suffix" -o "$work/consumer" \
    -L"$libraries" -lsynched -Wl,-rpath,"$libraries" >"$log" 2>&1
}

# A sanitized program, an ordinary library.
for pair in "$CC c" "${CXX:+$CXX cpp}"; do
  read -r compiler suffix <<<"$pair" || continue
  [ -n "$compiler" ] || continue
  ! consumer "$compiler" "$suffix" "$stage/$libdir" -fsanitize=thread || fail "$suffix: it links"
  grep -q 'undefined.*synched_memory_create_of_a_library_built_with_fsanitize_thread' "$log" ||
    fail "$suffix: the linker does not say what is wrong"
  consumer "$compiler" "$suffix" "$stage/$libdir" -fsanitize=thread -DSYNCHED_ANY_SANITIZER ||
    fail "$suffix: it does not link though that was asked for"
  consumer "$compiler" "$suffix" "$stage/$libdir" -fsanitize=address,undefined ||
    fail "$suffix: it does not link with another sanitizer"
  "${steady[@]}" "$work/consumer" >"$log" 2>&1 ||
    fail "$suffix: it does not run with another sanitizer"
done

# Both sanitized: the library by the flags of the project that includes it.
"$cmake" -S "$here/including" -B "$work/build" -G "$generator" -DSYNCHED_SOURCES="$root" \
  -DCMAKE_C_FLAGS="-fsanitize=thread -g -O1" -DSYNCHED_STATIC=OFF >"$log" 2>&1 &&
  "$cmake" --build "$work/build" >>"$log" 2>&1 || fail "both: they are not built"
"${steady[@]}" "$work/build/including" >"$log" 2>&1 ||
  fail "both: there are reports on correct code"

# An ordinary program, a sanitized library. Some compilers' does not link; the others' is refused.
if consumer "$CC" c "$work/build/synched/framework"; then
  ! "${steady[@]}" "$work/consumer" >"$log" 2>&1 || fail "ordinary program: it runs"
  grep -q 'this Synched is built with -fsanitize=thread, and the program is not' "$log" ||
    fail "ordinary program: nothing says what is wrong"
else
  grep -q '__tsan_' "$log" || fail "ordinary program: the linker does not say what is wrong"
fi
