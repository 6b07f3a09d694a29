#!/usr/bin/env bash
# circles.sh OBJECTS: no circle of calls between the files of framework/, whose compiled objects are below the folder
# OBJECTS: what each object needs, and which object has it, is read from their symbols.
set -euo pipefail
objects=$1
cd "$objects"

# file_pairs: "A B" for each A that needs a symbol of B.
file_pairs() {
  find . -name '*.o' | sort | while read -r object; do
    nm -P "$object" | sed "s|^|${object#./} |"
  done | awk '
    { file = $1; sub(/\.c\.o$/, "", file) }
    $3 == "U" { needs[file, $2] = 1; next }
    $3 ~ /^[A-TV-Z]$/ { owner[$2] = file }
    END {
      for (need in needs) {
        split(need, part, SUBSEP)
        if (part[2] in owner && owner[part[2]] != part[1]) pair[part[1] " " owner[part[2]]] = part[2]
      }
      for (one in pair) print one, pair[one]
    }' | sort
}

pairs=$(file_pairs)
count=$(wc -l <<<"$pairs")
[ "$count" -gt 20 ] || { echo "circles: only $count pairs of files found in $objects" >&2; exit 1; }
if loops=$(cut -d' ' -f1,2 <<<"$pairs" | tsort 2>&1 >/dev/null) && [ -z "$loops" ]; then
  echo "$count pairs of files, no circle"
  exit 0
fi
echo "circles of calls between files:" >&2
sed -n 's/^tsort: //p' <<<"$loops" | grep -v 'input contains a loop' | sort -u >&2 || true
exit 1
