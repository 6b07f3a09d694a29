#!/usr/bin/env bash
# map.sh [ROOT]: what framework/README.md names is there: its files, its functions, each in the file
# that a row of a table puts it in, and the tags of its edges.
#
# By hand: tests/rules/map.sh
set -euo pipefail
export LC_ALL=C
cd "${1:-$(dirname "$0")/../..}/framework"
map=README.md
failed=0
named=0

complain() {
  echo "$map: $*" >&2
  failed=1
}

# defines FILE FUNCTION: whether the file defines it, for which its name begins a parameter list,
# on a line that is not indented.
defines() {
  grep -qE "^[a-z_].*[ *]$2\(|^$2\(" "$1"
}

while IFS= read -r line; do
  line_files=()
  for file in $(grep -oE '`[a-z]+/[a-z_]+\.[ch]`' <<<"$line" | tr -d '`' || true); do
    named=$((named + 1))
    [ -f "$file" ] || { complain "there is no $file"; continue; }
    line_files+=("$file")
  done
  # Of a row that begins with a step, the functions of its third or fourth column.
  if [[ $line =~ ^\|\ [0-9]+\ \| ]]; then
    for function in $(sed -E 's/^[^`]*`[^`]*` \| ([^|]*)\|.*/\1/' <<<"$line" |
      grep -oE '[a-z_]+\(\)' | tr -d '()' || true); do
      named=$((named + 1))
      [ ${#line_files[@]} -gt 0 ] && defines "${line_files[0]}" "$function" ||
        complain "${line_files[0]:-no file} does not define $function"
    done
  fi
  for function in $(grep -oE '`[a-z_]+\(\)`' <<<"$line" | tr -d '`()' || true); do
    named=$((named + 1))
    grep -rqE "^[a-z_].*[ *]$function\(|^$function\(" --include='*.[ch]' . ||
      complain "no file defines $function"
  done
  for tag in $(sed -E 's/\[[^]]*\]\([^)]*\)//g' <<<"$line" |
    grep -oE '\[[a-z]+-?[a-z]+\]' || true); do
    named=$((named + 1))
    grep -rqF --include='*.[ch]' -- "$tag" . || complain "no edge has the tag $tag"
  done
done <$map
[ $named -gt 100 ] || complain "only $named names were found"
echo "$named names"
exit $failed
