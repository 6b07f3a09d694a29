#!/usr/bin/env bash
# suites.sh: in tests/unit and tests/contract the suite is the file: NAME_test.c has tests of NAME
# only, it is in the list that CMake builds, and a unit test is called for what it tests: a module
# of framework/ or of the public headers, or EXAMPLE_MODULE for one of examples/EXAMPLE, with more
# words behind it where there are several files.
#
# By hand: tests/rules/suites.sh
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
failed=0
files=0
tests=0

complain() {
  echo "$*" >&2
  failed=1
}

# is_module NAME: a file, of whatever kind, or a folder; example_NAME is for examples/common.
is_module() {
  local found example
  found=$(find framework include/synched \( -name "$1" -type d -o -name "$1.[ch]" \) -print -quit)
  [ -z "$found" ] || return 0
  for example in examples/*/; do
    example=$(basename "$example")
    case $1 in
    "${example/#common/example}"_*)
      [ -z "$(find "examples/$example" -name "${1#*_}.[ch]" -print -quit)" ] || return 0
      ;;
    esac
  done
  return 1
}

# is_named_for_a_module NAME: the words up to some underscore are a module.
is_named_for_a_module() {
  local words=$1
  until is_module "$words"; do
    [[ $words == *_* ]] || return 1
    words=${words%_*}
  done
}

for file in tests/unit/*_test.c tests/contract/*_test.c; do
  name=$(basename "$file" _test.c)
  files=$((files + 1))
  # What each test, parameterised test, theory and suite says is its suite.
  said=$(grep -E '^(Test|TestSuite|Theory|ParameterizedTest(Parameters)?)\(' "$file" || true)
  [ -n "$said" ] || complain "$file has no test"
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    tests=$((tests + 1))
    [[ $line =~ (\(|, )$name[,\)] ]] || complain "$file: the suite is to be $name: $line"
  done <<<"$said"
  grep -qE "(^|[ (])$name([ )]|\$)" "$(dirname "$file")/CMakeLists.txt" ||
    complain "$file is not built: it is not in $(dirname "$file")/CMakeLists.txt"
  case $file in
  tests/unit/*)
    is_named_for_a_module "$name" || complain "$file: there is no module of this name"
    ;;
  esac
done
echo "$tests tests in $files files are in the suite of their file's name"
exit $failed
