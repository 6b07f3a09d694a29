#!/usr/bin/env bash
# symbols.sh ROOT SHARED STATIC: the shared library exports exactly what the headers declare, and
# neither library defines a global name outside synched_*; but for the one that <sys/sdt.h> puts,
# weak and hidden, into whatever has probes.
#
# By hand: tests/rules/symbols.sh \
#   . build/test-gcc/framework/libsynched.so build/test-gcc/framework/libsynched.a
set -euo pipefail
export LC_ALL=C
root=$1 shared=$2 static=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# complain TEXT: with the names on standard input, if there are any.
complain() {
  local names
  names=$(cat)
  [ -n "$names" ] || return 0
  printf '%s:\n%s\n' "$1" "$names" >&2
  failed=1
}

nm -D --defined-only "$shared" | awk '{print $NF}' | sort >"$work/exported"
cat "$root"/include/synched/*.h | tr '\n' ' ' | grep -oE 'SYNCHED_API [^;(]*\(' |
  grep -oE 'synched_[a-z_]+\($' | tr -d '(' | sort -u >"$work/declared"

complain "exported, but no public header declares it" < <(
  comm -23 "$work/exported" "$work/declared")
complain "declared in a public header, but not exported" < <(
  comm -13 "$work/exported" "$work/declared")
complain "global names outside synched_ in $static" < <(
  nm -g --defined-only "$static" 2>/dev/null | awk 'NF == 3 {print $3}' |
    grep -v -e '^synched_' -e '^_\.stapsdt\.base$' || true)
complain "no SONAME libsynched.so.N in $shared" < <(
  readelf -d "$shared" | grep -q 'SONAME.*\[libsynched\.so\.[0-9]*\]' || echo "$shared")

echo "$(wc -l <"$work/exported") names exported"
exit $failed
