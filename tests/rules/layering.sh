#!/usr/bin/env bash
# layering.sh [ROOT]: checks the rules of layering.awk on the sources below ROOT.
#
# By hand: tests/rules/layering.sh
set -euo pipefail
export LC_ALL=C
rules=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$(dirname "$0")/../..}"

folders=()
for folder in include framework examples; do
  [ ! -d $folder ] || folders+=("$folder")
done
mapfile -t files < <(find "${folders[@]}" -name '*.[ch]' | sort)
[ ${#files[@]} -gt 0 ] || { echo "no sources below $PWD" >&2; exit 1; }
awk -f "$rules/comments.awk" -f "$rules/layering.awk" "${files[@]}"
echo "${#files[@]} files keep to the layers"
