#!/usr/bin/env bash
# readme.sh [ROOT]: README's code is the examples' code, letter for letter, its figures are those
# that were kept, it is short enough to be read at once, and what the READMEs name is there.
#
# By hand: tests/rules/readme.sh
set -euo pipefail
root=$(cd "${1:-$(dirname "$0")/../..}" && pwd)
least=180 most=220
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

fail() {
  echo "$1" >&2
  exit 1
}

# The READMEs that people wrote, not those of what was built or fetched.
mapfile -t readmes < <(find . -name README.md ! -path './build*' ! -path './.*/*' | sort)

# blocks README: every block of C or C++ goes to a file of its own, under a first line that says
# what the comment above it names: "whole examples/quickstart.c", "part examples/three_ways.c"; or
# nothing.
blocks() {
  rm -f "$work"/*
  awk -v work="$work" '
    /^<!-- the code below is examples\/[^ ]*; the tests compare the two -->$/ {
      from = "whole " $6
    }
    /^<!-- the code below is part of examples\/[^ ]*; the tests compare the two -->$/ {
      from = "part " $8
    }
    /^```$/ { inside = 0 }
    inside { print > file }
    /^```c(pp)?$/ {
      inside = 1
      sub(/;$/, "", from)
      file = sprintf("%s/%02d", work, ++count)
      print from > file
      from = ""
    }' "$1"
}

# compare README: its blocks of C with the examples.
compare() {
  local block how source code
  blocks "$1"
  for block in "$work"/*; do
    [ -f "$block" ] || continue
    read -r how source <"$block" || true
    sed -i 1d "$block"
    code=$(cat "$block")
    case $how in
    whole)
      diff -u "$source" "$block" >&2 || fail "$1's code differs from $source"
      ;;
    part)
      # Whole lines, one after the other.
      [[ $'\n'$(cat "$source")$'\n' == *$'\n'"$code"$'\n'* ]] ||
        fail "$1 has code that is not in $source:"$'\n'"$code"
      ;;
    *) fail "$1 has code that does not say where it is from:"$'\n'"$code" ;;
    esac
    compared=$((compared + 1))
  done
}

# follow README: where its links lead, and the files and folders that it names in `code`, are there.
follow() {
  local folder=${1%/*} target
  while IFS= read -r target; do
    [ -e "$folder/${target%%#*}" ] || fail "$1 links to $target, which is not there"
  done < <(sed '/^```/,/^```/d' "$1" | grep -oE '\]\([^)]+\)' | sed 's/^](//; s/)$//' |
    grep -vE '^(https?:|#)')
  while IFS= read -r target; do
    [ -e "$target" ] || fail "$1 names $target, which is not there"
  done < <(grep -oE '`(framework|include|examples|tests|tools)/[a-z0-9_./-]+`' "$1" | tr -d '`')
}

compared=0
for readme in "${readmes[@]}"; do
  compare "$readme"
  follow "$readme"
done
grep -q '^<!-- the code below is examples/quickstart.c; ' README.md ||
  fail "README.md's quick start is not there"
[ "$compared" -ge 4 ] || fail "only $compared blocks of code were compared"

lines=$(wc -l <README.md)
[ "$lines" -ge $least ] && [ "$lines" -le $most ] ||
  fail "README.md has $lines lines, not $least to $most"

# Every example is in the list of examples.
for example in examples/*.c examples/*/main.c examples/*/main.cpp; do
  name=${example%/main.c*}
  [ "$name" = "$example" ] || name+=/
  grep -qF "| \`$name\` |" examples/README.md || fail "examples/README.md does not list $name"
done

# And the measured figures are those of the last run that was kept.
tools/measure --check || fail "the READMEs' figures are not those kept: run tools/measure --table"
