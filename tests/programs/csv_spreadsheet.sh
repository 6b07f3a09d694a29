#!/usr/bin/env bash
# csv_spreadsheet.sh WRITTEN_REPORTS: LibreOffice opens a report's rounds, and has the same cells:
# the numbers as they are, and a name that begins like a formula as a name. Exit code 77 where there
# is no LibreOffice (tools/setup spreadsheet) or no Python.
#
# By hand: tests/programs/csv_spreadsheet.sh build/test-gcc/tests/programs/written_reports
set -euo pipefail

# shellcheck source=../support/python.sh
source "$(dirname "$0")/../support/python.sh" csv
command -v soffice >/dev/null || {
  echo "csv_spreadsheet: there is no LibreOffice here"
  exit 77
}
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# Comma, quotation mark, UTF-8, from the first line on: how a table is read, and is written again.
form=44,34,76,1
for scene in small names one; do
  "$program" $scene csv $scene.csv >stdout 2>stderr || fail "no table of $scene"
done
printf 'job,round\r\n"=1+1",1\r\n' >formula.csv
HOME=$work "$timeout" 250 soffice "-env:UserInstallation=file://$work/profile" --headless \
  "--infilter=CSV:$form" --convert-to "csv:Text - txt - csv (StarCalc):$form" --outdir opened \
  small.csv names.csv one.csv formula.csv >stdout 2>stderr </dev/null || fail "it converts nothing"

# cells FILE: one a line.
cells() {
  "$python" -c '
import csv, sys
for row in csv.reader(open(sys.argv[1], encoding="utf-8", newline="")):
    print(row)' "$1"
}
for scene in small names one; do
  [ -s opened/$scene.csv ] || fail "it does not open $scene"
  cells $scene.csv >before
  cells opened/$scene.csv >after
  diff before after >stdout || fail "$scene is another table there"
done
# So that the apostrophe is there for a reason.
cells opened/formula.csv | grep -qxF "['2', '1']" || fail "it would not compute such a name"

echo "csv_spreadsheet: all is well"
