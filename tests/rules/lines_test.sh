#!/usr/bin/env bash
# lines_test.sh: what lines.sh finds, and what it leaves alone.
#
# By hand: tests/rules/lines_test.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/a" "$root/b"

fits=$(printf 'x%.0s' {1..100})
long=${fits}x

# expect STATUS WHAT [PLACE...]: lines.sh ends so.
expect() {
  local wanted=$1 what=$2 status=0
  shift 2
  "$here/lines.sh" "$root" "${@:-a}" >"$root/said" 2>&1 || status=$?
  [ "$status" -eq "$wanted" ] || {
    echo "$what: exit status $status instead of $wanted" >&2
    cat "$root/said" >&2
    exit 1
  }
  rm -rf "$root"/a/*
}

expect 1 "a folder without sources"
echo "$fits" >"$root/a/x.c"
expect 1 "a place that is not there" a c

for name in x.c x.h x.cpp x.sh x.cmake x.awk x.py CMakeLists.txt; do
  echo "$fits" >"$root/a/$name"
  expect 0 "100 columns in $name"
  echo "$long" >"$root/a/$name"
  expect 1 "101 columns in $name"
  grep -qF "a/$name:1:" "$root/said" || {
    echo "the line of $name is not named" >&2
    exit 1
  }
done

printf '#!/bin/sh\n%s\n' "$long" >"$root/a/script"
expect 1 "a script without a suffix"
printf '%s\n' "$long" >"$root/a/data"
echo "$fits" >"$root/a/x.c"
expect 0 "a file that is no script"
echo "${fits//x/é}" >"$root/a/x.c"
expect 0 "100 characters of two bytes"

printf '%s\n' "$long" >"$root/a/README.md"
expect 1 "prose"
printf '```c\n%s\n```\n| %s |\n    %s\n<!-- %s -->\n' \
  "$long" "$long" "$long" "$long" >"$root/a/README.md"
expect 0 "code, tables and remarks of a README"
printf '```c\ncode\n```\n%s\n' "$long" >"$root/a/README.md"
expect 1 "prose after code"

echo "$fits" >"$root/a/x.c"
echo "$long" >"$root/b/x.c"
expect 0 "a place that is not asked about"
echo "$fits" >"$root/a/x.c"
expect 1 "the second place" a b
