#!/usr/bin/env bash
# maxwell_cli.sh MAXWELL: runs the finished program `maxwell` as its users do, and checks what comes
# out.
#
# By hand: tests/programs/maxwell_cli.sh build/test-gcc/examples/maxwell/maxwell
set -euo pipefail

# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

same() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# is_picture FILE
is_picture() {
  [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "$1 is no PNG"
}

# --- the command line ---

well --help
grep -q '^usage: maxwell ' stdout || fail "no usage"
refused 2 "more: it takes options only" more
refused 2 "--gap: there is no such" --gap 5
refused 2 "--size: 3 is not within 4 .. 32768" --size 3
refused 2 "--size: 'big' is not a number" --size big
refused 2 "--steps: 0 is not within 1 .. " --steps 0
refused 2 "--every: 0 is not within 1 .. " --every 0
refused 2 "-w: 4097 is not within 0 .. 4096" -w 4097
refused 2 "-s: 32769 is not within 0 .. 32768" -s 32769
refused 2 "--rounds-per-barrier: 65 is not within 0 .. 64" --rounds-per-barrier 65
refused 2 "usage: --every needs a barrier after each step" --rounds-per-barrier 8 --every 5
refused 2 "usage: --every needs a barrier after each step" --every 5 --rounds-per-barrier 0
refused 2 "--border: 'open' is no border" --border open
refused 2 "--report: 'nonsense' is no form of a report" --report nonsense
refused 2 "--png: a value is missing" --png
refused 1 "nowhere/a.png: cannot be written: " --png nowhere/a.png
refused 1 "nowhere: is no folder" --frames nowhere
refused 1 "stdout: is no folder" --frames stdout
refused 1 "nowhere/report.json: cannot be written: " --report json:nowhere/report.json

# --- the same bits as a serial loop's, however the work is cut and shared ---

small=(--size 61 --steps 157 --every 20)
for border in reflecting absorbing; do
  well "${small[@]}" --border $border -w 1 -s 1 --check --png $border.png --quiet
  [ ! -s stdout ] || fail "--quiet is not quiet"
  is_picture $border.png
  for way in "" --buffered; do
    for cut in "1 7" "2 0" "2 1000" "3 1" "5 7"; do
      read -r workers segments <<<"$cut"
      well "${small[@]}" --border $border -w $workers -s $segments $way --check --png out.png
      grep -q 'those of a serial loop, bit for bit$' stdout || fail "not compared"
      same $border.png out.png
    done
    for barrier in 0 1 2 3 8 64; do
      for cut in "1 7" "2 0" "3 30" "5 7"; do
        read -r workers segments <<<"$cut"
        well --size 61 --steps 157 --border $border -w $workers -s $segments $way --check \
          --rounds-per-barrier $barrier --png out.png
        grep -q 'those of a serial loop, bit for bit$' stdout || fail "not compared"
        grep -q '^157 steps in ' stdout || fail "not 157 steps"
        same $border.png out.png
      done
    done
  done
done
cmp -s reflecting.png absorbing.png && fail "the borders make no difference"
for size in 4 5 64; do
  well --size $size --steps 40 -w 2 --check --quiet
done

# --- what is printed ---

# energies: of all that are printed, how much the last one is of the first, in a thousandth.
energies() {
  awk '$1 == "step" { if (!first) first = $4; last = $4; count++ }
    END { print count, int(1000 * last / first + 0.5) }' stdout
}
well "${small[@]}" --steps 400 --every 50
[ "$(energies)" = "8 1000" ] || fail "energies: $(energies)"
grep -q '^step *350  energy ' stdout || fail "no energy of step 350"
grep -q 'Comp Ratio' stdout || fail "no table"
well "${small[@]}" --steps 400 --every 50 --border absorbing --report json
read -r count thousandths < <(energies)
[ "$count" = 8 ] && [ "$thousandths" -lt 20 ] || fail "energies: $(energies)"
grep -q '"form":"synched report"' stdout || fail "no report"
well "${small[@]}" --quiet --png -
same reflecting.png stdout
well "${small[@]}" --quiet --report json:report.json
grep -q '"form":"synched report"' report.json || fail "no report in the file"

# --- frames ---

for way in "" --buffered "--rounds-per-barrier 8" "--rounds-per-barrier 8 --buffered"; do
  mkdir frames
  # shellcheck disable=SC2086 # some ways are two words
  well --size 200 --steps 3000 --frames frames $way --check
  count=$(find frames -name '*.png' | wc -l)
  [ "$count" -ge 1 ] || fail "no frames"
  grep -qx "$count frames in frames" stdout || fail "not $count frames"
  for frame in frames/*; do
    is_picture "$frame"
  done
  rm -r frames
done
mkdir frames
chmod a-w frames
if [ ! -w frames ]; then
  run 1 "${small[@]}" --frames frames --quiet
  one_line "a frame cannot be written: "
fi

[ -z "$(find . -name '*.png.*')" ] || fail "a temporary file is left"
echo "maxwell: all is well"
