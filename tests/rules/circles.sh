#!/usr/bin/env bash
# circles.sh OBJECTS: no circle of calls between the files of framework/. OBJECTS are the compiled
# objects, with a semicolon between two of them: what each needs, and which has it, is read from
# their symbols.
#
# By hand: tests/rules/circles.sh "$(find build/test-gcc/framework -path '*internal*' -name '*.o' |
#   paste -sd ';')"
set -euo pipefail
IFS=';' read -ra objects <<<"$1"

# pairs: "A B" for each file A that needs a symbol of the file B.
pairs=$(for object in "${objects[@]}"; do
  nm -P "$object" | sed "s|^|${object##*.dir/} |"
done | awk '
  { file = $1; sub(/\.c\.o$/, "", file) }
  $3 == "U" { needs[file, $2] = 1; next }
  $3 ~ /^[A-TV-Z]$/ { owner[$2] = file }
  END {
    for (need in needs) {
      split(need, part, SUBSEP)
      if (part[2] in owner && owner[part[2]] != part[1]) pair[part[1] " " owner[part[2]]] = 1
    }
    for (one in pair) print one
  }' | sort)

count=$(wc -l <<<"$pairs")
[ "$count" -gt 20 ] || { echo "circles: only $count pairs of files in $1" >&2; exit 1; }
loops=$(tsort <<<"$pairs" 2>&1 >/dev/null) || true
if [ -n "$loops" ]; then
  echo "these files call each other in a circle:" >&2
  sed -n 's/^tsort: //p' <<<"$loops" | grep -v 'input contains a loop' | sort -u >&2
  exit 1
fi
echo "$count pairs of files in ${#objects[@]}, no circle"
