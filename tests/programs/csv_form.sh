#!/usr/bin/env bash
# csv_form.sh WRITTEN_REPORTS: a report's rounds as comma-separated values, read by Python's csv
# module. Exit code 77 where there is no Python.
#
# By hand: tests/programs/csv_form.sh build/test-gcc/tests/programs/written_reports
set -euo pipefail

# shellcheck source=../support/python.sh
source "$(dirname "$0")/../support/python.sh" csv
check=$(realpath "$(dirname "$0")/../support/csv_check.py")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# has SCENE ROWS COLUMNS [JOB]
has() {
  "$program" "$1" csv rounds.csv >stdout 2>stderr || fail "no table of $1"
  "$python" "$check" rounds.csv "$2" "$3" ${4+"$4"} >stdout 2>stderr || fail "the table of $1"
}

has small 3 23 heat
has none 0 23
has one 5 19 heat
has wide 20 415 heat
has ticks 10 23 heat
has off 0 23
has failed 0 23
has odd 10 27 heat
has run 200 27 run

# The name begins like a formula, and has quotes, commas, ends of lines, and bytes that are no text.
bad=$'\xef\xbf\xbd'
name="'=a \"b\",\\ <b>&"$'\n'"$bad"$'\t'"$bad$bad $bad"$'\xc3\xa4\xf0\x9f\x98\x80'
has names 3 23 "$name {c=\"d\"} $bad$bad"

# The checker itself.
refused_text() {
  printf '%b' "$2" >bad.csv
  ! "$python" "$check" bad.csv >stdout 2>stderr || fail "it does not find: $1"
  grep -q "$1" stderr || fail "it does not say: $1"
}
refused_text 'no UTF-8' 'a,b\r\n\0377,1\r\n'
refused_text 'does not end' 'a,b\r\nx,1'
refused_text 'no CSV' 'a,b\r\n"x"y,1\r\n'
refused_text 'comes twice' 'a,a\r\nx,1\r\n'
refused_text 'has 3 fields' 'a,b\r\nx,1,2\r\n'
refused_text 'is no number' 'a,b\r\nx,1.5\r\n'
refused_text 'otherwise than' 'a,b\nx,1\r\n'

echo "csv_form: all is well"
