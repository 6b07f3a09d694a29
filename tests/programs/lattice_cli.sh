#!/usr/bin/env bash
# lattice_cli.sh LATTICE: runs the finished program `lattice` as its users do, and checks what comes
# out.
#
# By hand: tests/programs/lattice_cli.sh build/test-gcc/examples/lattice/lattice
set -euo pipefail

# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# is_picture FILE
is_picture() {
  [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "$1 is no PNG"
}

# --- the command line ---

well --help
grep -q '^usage: lattice ' stdout || fail "no usage"
refused 2 "more: it takes options only" more
refused 2 "--gap: there is no such" --gap 5
refused 2 "-x: 31 is not within 32 .. 65536" -x 31
refused 2 "-y: 'high' is not a number" --height high
refused 2 "-n: 0 is not within 1 .. " -n 0
refused 2 "-r: 0 is not within 1 .. 100000" -r 0
refused 2 "-w: 4097 is not within 0 .. 4096" -w 4097
refused 2 "-s: 16777216 is not within 0 .. 16777215" -s 16777216
refused 2 "--report: 'nonsense' is no form of a report" --report nonsense
refused 2 "--png: a value is missing" --png
refused 2 "usage: a Reynolds number of 5000 needs more cells; with so many it can be 106" \
  -x 96 -y 32 -r 5000
refused 1 "nowhere/a.png: No such file" --png nowhere/a.png
refused 1 "nowhere/report.json: cannot be written: " --report json:nowhere/report.json

# --- the same bits as a serial loop's, however the work is cut and shared ---

small=(-x 61 -y 37 -r 8 -n 157)
well "${small[@]}" -w 1 -s 1 --check --png one.png --quiet
[ ! -s stdout ] || fail "--quiet is not quiet"
is_picture one.png
for workers in 1 2 3 5; do
  for segments in 0 1 7 1000; do
    well "${small[@]}" -w $workers -s $segments -e 20 --check --png out.png
    says stdout 'The state is that of a serial loop, bit for bit'
    cmp -s one.png out.png || fail "another picture with $workers workers, $segments bands"
  done
done
says stdout '61 x 37 cells in 37 bands for 5 workers; .* Reynolds number 8'
[ "$(grep -c '^step [0-9]*: mass [0-9.]*, energy [0-9.]*, fastest 0\.[0-9]*$' stdout)" = 8 ] ||
  fail "not a line for each 20 steps, and one for the last"

# What is added up is the same, too, with as many bands.
well "${small[@]}" -w 1 -s 7
grep '^step' stdout >one.txt
well "${small[@]}" -w 3 -s 7
grep '^step' stdout | cmp - one.txt || fail "other sums with 3 workers"

# --- outputs ---

well "${small[@]}" --report json:report.json
grep -q '"name": *"lattice"' report.json || fail "the report has another name"
run 0 "${small[@]}" --png -
cmp -s one.png stdout || fail "the picture on standard output is another one"
grep -q '^step 157' stderr || fail "what is printed does not go to standard error"

# --- Ctrl-C ---

code=0
"$timeout" --foreground --preserve-status --signal=INT --kill-after=100 1 \
  "$program" -x 300 -y 200 -r 50 -n 1000000000 -w 2 --png ended.png >stdout 2>stderr || code=$?
[ $code = 130 ] || fail "exit code $code, not 130"
one_line "interrupted in step "
is_picture ended.png
