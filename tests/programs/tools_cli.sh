#!/usr/bin/env bash
# tools_cli.sh ROOT BUILD: what tools/test, tools/fuzz, tools/format and tools/mutate refuse, what
# tools/format does to a file, that the mutants are made of the sources as they are, and that the
# build tells editors how each source is compiled.
#
# By hand: tests/programs/tools_cli.sh "$PWD" build/test-gcc
set -euo pipefail
root=$1 build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "tools_cli: $1" >&2
  exit 1
}

# refused TEXT COMMAND...: exit status 2, and the text on stderr.
refused() {
  local text=$1 status=0
  shift
  "$@" >"$folder/out" 2>"$folder/err" || status=$?
  [ "$status" -eq 2 ] || fail "'$*' ends with $status instead of 2"
  grep -qF -- "$text" "$folder/err" || fail "'$*' says $(cat "$folder/err")"
}

refused "unknown argument gxx" "$root/tools/test" gxx
refused "nothing follows --" "$root/tools/test" gcc --
refused "the step lint has no tests" "$root/tools/test" gcc lint -- -R heap
refused "the step coverage counts" "$root/tools/test" coverage -- -R heap
refused "the step mcdc counts" "$root/tools/test" mcdc -- -R heap
refused "the step analyze has no tests" "$root/tools/test" gcc analyze -- -R heap
refused "unknown argument --quick" "$root/tools/format" --quick
refused "x is no number of seconds" "$root/tools/fuzz" x
refused "there is no target nobody" "$root/tools/fuzz" 10 cpu_list nobody
refused "unknown argument --tables" "$root/tools/measure" --tables
# A clang without libFuzzer.
mkdir "$folder/bin"
printf '#!/bin/sh\nexit 1\n' >"$folder/bin/clang"
chmod +x "$folder/bin/clang"
status=0
PATH=$folder/bin:$PATH "$root/tools/fuzz" --build >"$folder/out" || status=$?
[ "$status" -eq 77 ] && grep -qF "clang has no libFuzzer here" "$folder/out" ||
  fail "without libFuzzer, tools/fuzz ends with $status and says $(cat "$folder/out")"
refused "unrecognized arguments: --tables" "$root/tools/mutate" --tables
"$root/tools/mutate" --check >"$folder/out" 2>&1 || fail "$(cat "$folder/out")"
"$root/tools/test" --help | grep -qF "tools/test gcc -- -R" ||
  fail "--help does not say how to choose tests"

grep -qF '"file": "'"$root"'/framework/base/status.c"' "$build/compile_commands.json" ||
  fail "compile_commands.json does not say how status.c is compiled"

command -v clang-format >/dev/null || {
  echo "tools_cli: there is no clang-format" >&2
  exit 77
}
cp "$root/.clang-format" "$folder"
printf 'int  f( void ){return 0;}\n' >"$folder/x.c"
cp "$folder/x.c" "$folder/before.c"
! "$root/tools/format" --check "$folder/x.c" 2>"$folder/err" || fail "--check is content"
cmp -s "$folder/x.c" "$folder/before.c" || fail "--check changes the file"
"$root/tools/format" "$folder/x.c"
printf 'int f(void) {\n  return 0;\n}\n' | cmp -s - "$folder/x.c" || fail "$(cat "$folder/x.c")"
"$root/tools/format" --check "$folder/x.c" || fail "what is formatted is not as it should be"
