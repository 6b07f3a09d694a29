#!/usr/bin/env bash
# readme.sh ROOT: README's quick start is examples/quickstart.c, letter for letter, and its figures are those kept.
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
# And its measured figures are those of the last run that was kept.
if ! "$root/tools/measure" --check; then
  echo "README.md's section Measured differs from tools/bench/results: tools/measure --table" >&2
  exit 1
fi
