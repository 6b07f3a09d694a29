#!/usr/bin/env bash
# example_report_cli.sh LIFE: --report of life, and its progress on a terminal, as its users do.
#
# By hand: tests/programs/example_report_cli.sh build/test-gcc/examples/life/life
set -euo pipefail
patterns=$(realpath "$(dirname "$0")/../../examples/patterns")
. "$(dirname "$0")/../support/cli.sh"

# A report goes to its file, whole, and in addition to the table; or to standard output, instead.
well "$patterns/acorn.rle" -g 20 --report table:report.txt
grep -q '^Job acorn.rle: ended well$' report.txt || fail "no report in the file"
[ "$(grep -c '^Job ' stdout)" = 1 ] || fail "not one table"
well "$patterns/acorn.rle" -g 20 --report table
[ "$(grep -c '^Job ' stdout)" = 1 ] || fail "not one table"
well "$patterns/acorn.rle" -g 20 --quiet --report table
[ "$(head -n 1 stdout)" = "Job acorn.rle: ended well" ] || fail "more than the report"
well "$patterns/acorn.rle" -g 0 --report table:none.txt
[ ! -e none.txt ] || fail "a report of no run"

# What is wrong with it is said before anything is computed, in one line.
refused 2 "--report: 'nonsense' is no form of a report; there are table, json," \
  "$patterns/acorn.rle" -g 20 --report nonsense
refused 2 "--report: 'table,json' is no form" "$patterns/acorn.rle" -g 20 --report table,json
refused 2 "--report: '' is no form" "$patterns/acorn.rle" -g 20 --report ""
refused 2 "--report: there is no file behind 'table:'" \
  "$patterns/acorn.rle" -g 20 --report table:
refused 1 "nowhere/report.txt: cannot be written: " \
  "$patterns/acorn.rle" -g 20 --report table:nowhere/report.txt
run 1 "$patterns/acorn.rle" -g 20 --quiet --report table:/dev/full
one_line "/dev/full: cannot be written: "

# Progress: nothing of it where stderr is no terminal (as in all runs above), or a simple one.
script=$(command -v script) || exit 0
# on_terminal TERM ARGUMENT...: what the program writes to a terminal. script runs $SHELL, and
# only bash reads every form of what bash quotes.
on_terminal() {
  local term=$1
  shift
  TERM=$term SHELL=$BASH \
    "$timeout" 200 "$script" -qec "$(printf '%q ' "$program" "$@")" /dev/null \
    </dev/null >terminal || fail "on a terminal: $*"
}
erase=$'\r\033[K'
on_terminal xterm "$patterns/acorn.rle" -g 20
grep -qF "$erase" terminal || fail "the line is not erased"
case $(tail -c 300 terminal) in
*"$erase") fail "the report comes before the end of the progress" ;;
esac
on_terminal xterm "$patterns/acorn.rle" -g 20 --quiet
[ ! -s terminal ] || fail "progress of a quiet run"
on_terminal dumb "$patterns/acorn.rle" -g 20
! grep -qF $'\033' terminal || fail "escapes for a terminal that knows none"
# A name cannot drive the terminal.
cp "$patterns/acorn.rle" "$(printf 'a\033[31mb.rle')"
on_terminal xterm "$(printf 'a\033[31mb.rle')" -g 20
! grep -qF $'\033[31m' terminal || fail "the name has reached the terminal"
