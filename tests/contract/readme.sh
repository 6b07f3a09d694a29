#!/usr/bin/env bash
# readme.sh ROOT: README's quick start is examples/quickstart.c, letter for letter.
set -euo pipefail
root=$1
code=$(mktemp)
trap 'rm -f "$code"' EXIT
# The lines between ```c and the next ```.
sed -n '/^```c$/,/^```$/p' "$root/README.md" | sed '1d;$d' >"$code"
if ! diff -u "$root/examples/quickstart.c" "$code"; then
  echo "README.md's quick start differs from examples/quickstart.c" >&2
  exit 1
fi
