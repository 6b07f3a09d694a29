#!/usr/bin/env bash
# edges.sh ROOT FOLDER...: checks the tags of atomic edges, by edges.awk, in the sources below the
# FOLDERs of ROOT. The other end of an edge may be anywhere in framework/.
#
# By hand: tests/rules/edges.sh . framework
# Every tag with its ends: LIST=1 tests/rules/edges.sh . framework
set -euo pipefail
export LC_ALL=C
. "$(dirname "$0")/places.sh" "$@"

# atomic.h has the operations themselves.
mapfile -t files < <(find framework -name '*.[ch]' ! -path framework/platform/atomic.h | sort)
mapfile -t folders < <(find "${places[@]}" -type d | sort)
[ ${#files[@]} -gt 0 ] || { echo "no sources below $PWD/framework" >&2; exit 1; }
awk -v folders="${folders[*]}" -v list="${LIST:-}" \
  -f "$rules/comments.awk" -f "$rules/edges.awk" "${files[@]}"
echo "the edges in ${places[*]} have their tags"
