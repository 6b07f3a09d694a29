#!/usr/bin/env bash
# edges.sh ROOT FOLDER...: checks the tags of atomic edges, by edges.awk, in the sources below the
# FOLDERs of ROOT. The other end of an edge may be anywhere in framework/.
#
# By hand: tests/rules/edges.sh . framework
# Every tag with its ends: LIST=1 tests/rules/edges.sh . framework
set -euo pipefail
export LC_ALL=C
rules=$(cd "$(dirname "$0")" && pwd)/edges.awk
cd "$1"
shift

for folder in "$@"; do
  [ -d "$folder" ] || {
    echo "there is no folder $folder" >&2
    exit 1
  }
done
# atomic.h has the operations themselves.
mapfile -t files < <(find framework -name '*.[ch]' ! -path framework/platform/atomic.h | sort)
mapfile -t folders < <(find "$@" -type d | sort)
[ ${#files[@]} -gt 0 ] || { echo "no sources below $PWD/framework" >&2; exit 1; }
awk -v folders="${folders[*]}" -v list="${LIST:-}" -f "$rules" "${files[@]}"
echo "the edges in $* have their tags"
