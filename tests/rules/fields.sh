#!/usr/bin/env bash
# fields.sh ROOT FOLDER...: what is said of a field of a struct or union stands above the field, not
# beside it, in the C sources below the FOLDERs of ROOT.
#
# By hand: tests/rules/fields.sh . framework
set -euo pipefail
export LC_ALL=C
. "$(dirname "$0")/places.sh" "$@"

mapfile -t files < <(find "${places[@]}" -type f -name '*.[ch]' | sort)
[ ${#files[@]} -gt 0 ] || { echo "no sources in ${places[*]}" >&2; exit 1; }
awk -f "$rules/comments.awk" -f "$rules/fields.awk" "${files[@]}" >&2 || {
  echo "these comments belong above their fields" >&2
  exit 1
}
echo "no comment stands beside a field in ${#files[@]} files"
