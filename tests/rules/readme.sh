#!/usr/bin/env bash
# readme.sh [ROOT]: README's code is the examples' code, letter for letter, and its figures are
# those kept.
#
# By hand: tests/rules/readme.sh
set -euo pipefail
root=${1:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every block of C goes to a file of its own, under a first line that says what the comment above it
# names: "whole examples/quickstart.c", "part examples/three_ways.c"; or nothing.
awk -v work="$work" '
  /^<!-- the code below is examples\/[^ ]*; the tests compare the two -->$/ { from = "whole " $6 }
  /^<!-- the code below is part of examples\/[^ ]*; the tests compare the two -->$/ { from = "part " $8 }
  /^```$/ { inside = 0 }
  inside { print > file }
  /^```c$/ {
    inside = 1
    sub(/;$/, "", from)
    file = sprintf("%s/%02d", work, ++count)
    print from > file
    from = ""
  }' "$root/README.md"

whole=0
for block in "$work"/*; do
  read -r how source <"$block" || true
  sed -i 1d "$block"
  code=$(cat "$block")
  case $how in
    whole)
      whole=$((whole + 1))
      diff -u "$root/$source" "$block" || {
        echo "README.md's code differs from $source" >&2
        exit 1
      }
      ;;
    part)
      # Whole lines, one after the other.
      [[ $'\n'$(cat "$root/$source")$'\n' == *$'\n'"$code"$'\n'* ]] || {
        printf 'README.md has code that is not in %s:\n%s\n' "$source" "$code" >&2
        exit 1
      }
      ;;
    *)
      printf 'README.md has code that does not say where it is from:\n%s\n' "$code" >&2
      exit 1
      ;;
  esac
done
[ "$whole" = 1 ] || {
  echo "README.md's quick start is not there" >&2
  exit 1
}
# And its measured figures are those of the last run that was kept.
if ! "$root/tools/measure" --check; then
  echo "README.md's section Measured differs from tools/bench/results: tools/measure --table" >&2
  exit 1
fi
