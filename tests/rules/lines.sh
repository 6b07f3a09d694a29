#!/usr/bin/env bash
# lines.sh ROOT PLACE...: no line of a source or a script is over 100 columns, and none of a
# README's prose. A PLACE is a folder or a file below ROOT. Tables, code and links may be wider in a
# README.
#
# By hand: tests/rules/lines.sh . examples
set -euo pipefail
# Columns are characters, not bytes.
export LC_ALL=C.UTF-8
columns=100
. "$(dirname "$0")/places.sh" "$@"

# sources PLACE...: sources, CMake's files, and scripts, those without a suffix included.
sources() {
  find "$@" -type f \( -name '*.[ch]' -o -name '*.[ch]pp' -o -name '*.cmake' -o -name '*.sh' \
    -o -name '*.awk' -o -name '*.py' -o -name CMakeLists.txt \) -print
  find "$@" -type f ! -name '*.*' ! -name CMakeLists.txt -exec grep -lE '^#!' {} + || true
}

# prose README...: FILE:LINE:TEXT of what is neither in a block of code nor in a table.
prose() {
  awk 'FNR == 1 { code = 0 }
    /^```/ { code = !code; next }
    !code && !/^(    |[|]|<!--|\[[^]]*\]:)/ { print FILENAME ":" FNR ":" $0 }' "$@"
}

mapfile -t files < <(sources "${places[@]}" | sort -u)
mapfile -t readmes < <(find "${places[@]}" -type f -name README.md | sort -u)
echo "$((${#files[@]} + ${#readmes[@]})) files"
[ $((${#files[@]} + ${#readmes[@]})) -gt 0 ] || exit 1

status=0
more=$((columns + 1))
if [ ${#files[@]} -gt 0 ] && grep -HnE "^.{$more,}" "${files[@]}" >&2; then
  status=1
fi
if [ ${#readmes[@]} -gt 0 ] && prose "${readmes[@]}" | grep -E "^[^:]+:[0-9]+:.{$more,}" >&2; then
  status=1
fi
[ $status -eq 0 ] || echo "these lines are over $columns columns" >&2
exit $status
