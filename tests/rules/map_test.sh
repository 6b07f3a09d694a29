#!/usr/bin/env bash
# map_test.sh: map.sh finds each kind of name that is not there, and is content with those that are.
#
# By hand: tests/rules/map_test.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/framework/job"
cat >"$root/framework/job/a.c" <<'END'
/* [a-tag] hands it over. */
static int first_one(struct synched_job *job) {
  return second_one(job);
}
END
printf 'bool second_one(struct synched_job *job);\n' >"$root/framework/job/a.h"

# expect TEXT LINE: map.sh complains so about a map with this line; "": it does not complain. The
# rest of the map names enough to be a map.
expect() {
  local status=0
  {
    printf '%s\n' "$2"
    printf '`job/a.c` %.0s' {1..101}
    echo
  } >"$root/framework/README.md"
  "$here/map.sh" "$root" >"$root/said" 2>&1 || status=$?
  if [ -z "$1" ] && [ $status -ne 0 ] ||
    { [ -n "$1" ] && { [ $status -ne 1 ] || ! grep -qF "$1" "$root/said"; }; }; then
    echo "'$2': exit status $status, not '$1'" >&2
    cat "$root/said" >&2
    exit 1
  fi
}

expect "" '`job/a.c`, `job/a.h`; `first_one()` calls `second_one()` [a-tag]. [A link](#here).'
expect "there is no job/b.c" 'Read `job/b.c`.'
expect "no file defines third_one" 'It calls `third_one()`.'
expect "no edge has the tag [b-tag]" 'It is handed over [b-tag].'
expect "" '| 1 | `job/a.c` | `first_one()` | calls `second_one()` [a-tag] |'
expect "" '| 1 | any | `job/a.c` | `first_one()` | calls `second_one()` |'
expect "job/a.c does not define second_one" '| 1 | `job/a.c` | `second_one()` | is elsewhere |'
expect "job/a.h does not define first_one" '| 1 | any | `job/a.h` | `first_one()` | is elsewhere |'

printf 'nothing\n' >"$root/framework/README.md"
! "$here/map.sh" "$root" >/dev/null 2>&1 || {
  echo "a map without names is a map" >&2
  exit 1
}
