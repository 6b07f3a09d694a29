#!/usr/bin/env bash
# particles_cli.sh PARTICLES: runs the finished program `particles` as its users do, and checks what
# comes out.
#
# By hand: tests/programs/particles_cli.sh build/test-gcc/examples/particles/particles
set -euo pipefail

# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# --- the command line ---

well --help
grep -q '^usage: particles ' stdout || fail "no usage"
refused 2 "more: it takes options only" more
refused 2 "--gap: there is no such" --gap 5
refused 2 "--particles: 99 is not within 100 .. 100000000" --particles 99
refused 2 "--particles: 'many' is not a number" --particles many
refused 2 "--steps: 0 is not within 1 .. " --steps 0
refused 2 "--every: 0 is not within 1 .. " --every 0
refused 2 "-w: 4097 is not within 0 .. 4096" -w 4097
refused 2 "-s: 65 is not within 0 .. 64" -s 65
refused 2 "-s: a value is missing" -s
refused 2 "--report: 'nonsense' is no form of a report" --report nonsense
refused 1 "nowhere/report.json: cannot be written: " --report json:nowhere/report.json

# --- the same bits as a serial loop's, however the work is cut and shared ---

for cut in "1 1" "1 7" "2 0" "2 64" "3 1" "5 7"; do
  read -r workers segments <<<"$cut"
  well --particles 1999 --steps 60 -w $workers -s $segments --check
  grep -q 'those of a serial loop, bit for bit$' stdout || fail "not compared"
done
well --particles 100 --steps 300 -w 2 --check --quiet
[ ! -s stdout ] || fail "--quiet is not quiet"

# --- what is printed ---

well --particles 3000 --steps 400 --every 25 -w 2
sums='( +[0-9]+[.][0-9]{6}){3}' momenta=' +-?[0-9.]+e[-+][0-9]+, +-?[0-9.]+e[-+][0-9]+'
[ "$(grep -cE "^ *[0-9]+$sums$momenta\$" stdout)" = 16 ] || fail "not sixteen lines"
# The energy stays, and so does the momentum, which is 0.
awk '$1 ~ /^[0-9]+$/ && NF == 6 {
    if (!energy) energy = $4
    if ($4 < 0.999 * energy || $4 > 1.001 * energy || $5 + 0 > 1e-9 || $6 + 0 > 1e-9)
      exit 1
  }' stdout || fail "something is not kept"
grep -qE '^400 steps in [0-9.]+ s, .*, 2 workers; cells were made [0-9]+ times$' stdout ||
  fail "no last line"

# All advances are one run.
well --particles 2000 --steps 50 --quiet --report json
grep -q '"form":"synched report"' stdout || fail "no report"
well --particles 2000 --steps 50 -w 2 --report table
grep -qE '^ +rounds +50 at ' stdout || fail "not fifty rounds"

echo "particles: all is well"
