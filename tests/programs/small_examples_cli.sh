#!/usr/bin/env bash
# small_examples_cli.sh QUICKSTART THREE_WAYS: what the examples that take nothing but --report make
# of it, and of anything else.
#
# By hand: tests/programs/small_examples_cli.sh build/test-gcc/examples/{quickstart,three_ways}
set -euo pipefail

three_ways=$(realpath "$2")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# usage ARGUMENT...: refused with a line that says what it takes.
usage() {
  run 2 "$@"
  says stderr "usage: quickstart \[--report FORM\[:FILE\]\]"
  [ "$(wc -l <stderr)" = 1 ] || fail "more than one line: $name $*"
  [ ! -s stdout ] || fail "words on stdout: $name $*"
}

well
grep -q '^Job job: ended well' stdout || fail "no table"
well --report json:quickstart.json
[ ! -s stdout ] || fail "a table, too"
grep -q '"form":"synched report"' quickstart.json || fail "no report in the file"
usage nonsense
usage --report
usage --reports table
usage --report table more
usage ""

program=$three_ways name=three_ways
well
[ "$(grep -c '^Job ' stdout)" = 3 ] || fail "not three tables"
well --report=csv:three_ways.csv
[ -s three_ways.csv ] || fail "no report in the file"
refused 2 "nonsense: it takes options only" nonsense
refused 2 "--report: a value is missing" --report
refused 2 "--repeat: there is no such option" --repeat
refused 2 "more: it takes options only" --report table more
refused 2 "--report: 'nonsense' is no form of a report" --report nonsense
refused 1 "nowhere/report.json: cannot be written: " --report json:nowhere/report.json
