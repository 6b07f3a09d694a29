#!/usr/bin/env bash
# heat_cli.sh HEAT: runs the finished program `heat` as its users do, and checks what comes out.
#
# By hand: tests/programs/heat_cli.sh build/test-gcc/examples/heat/heat
set -euo pipefail

# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

same() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# is_picture FILE WIDTH HEIGHT
is_picture() {
  [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "$1 is no PNG"
  [ "$(od -An -tu4 --endian=big -j 16 -N 8 "$1" | xargs)" = "$2 $3" ] || fail "$1 is not $2 x $3"
}

# --- the command line ---

well --help
grep -q '^usage: heat ' stdout || fail "no usage"
refused 2 "more: it takes options only" more
refused 2 "--gap: there is no such" --gap 5
refused 2 "--size: 2 is not within 3 .. 65536" --size 2
refused 2 "--size: 65537 is not within 3 .. 65536" --size 10x65537
refused 2 "--size: 'big' is not a number" --size big
refused 2 "--size: '' is not a number" --size x20
refused 2 "--size: '' is not a number" --size 20x
refused 2 "--size: '20x20' is not a number" --size 20x20x20
refused 2 "--size: '1111111111111111111111111x9' is no size" --size 1111111111111111111111111x9
refused 2 "--rounds: 0 is not within 1 .. " --rounds 0
refused 2 "--rounds-per-barrier: 65 is not within 0 .. 64" --rounds-per-barrier 65
refused 2 "--rows-per-segment: 65537 is not within 0 .. 65536" --rows-per-segment 65537
refused 2 "-w: 4097 is not within 0 .. 4096" -w 4097
refused 2 "--report: 'nonsense' is no form of a report" --report nonsense
refused 2 "--png: a value is missing" --png
refused 1 "nowhere/a.png: cannot be written: " --png nowhere/a.png
refused 1 "nowhere/report.json: cannot be written: " --report json:nowhere/report.json

# --- the same bits as a serial loop's, however the work is cut, shared and ordered ---

small=(--size 61x53 --rounds 57)
well "${small[@]}" -w 1 --rows-per-segment 65536 --rounds-per-barrier 1 --check --quiet \
  --png one.png
[ ! -s stdout ] || fail "--quiet is not quiet"
is_picture one.png 61 53
for barrier in 0 1 2 3 8 17 64; do
  for cut in "1 7" "2 0" "2 1" "3 1" "5 3" "16 4"; do
    read -r workers rows <<<"$cut"
    well "${small[@]}" -w $workers --rows-per-segment $rows --rounds-per-barrier $barrier --check \
      --png out.png
    grep -qx 'The cells are those of a serial loop, bit for bit' stdout || fail "not compared"
    grep -q '^57 rounds in ' stdout || fail "not 57 rounds"
    same one.png out.png
  done
done
for size in 3 4 3x64 64x3 65; do
  for rounds in 1 2 40; do
    well --size $size --rounds $rounds -w 2 --rounds-per-barrier 8 --check --quiet
  done
done

# --- what is printed ---

well "${small[@]}" -w 3 --rows-per-segment 10 --rounds-per-barrier 4
grep -qx '61 x 53 cells, in 6 bands of 10 rows for 3 workers, a barrier after every 4 rounds' \
  stdout || fail "no plan"
grep -q '^From 20.000 to 100.000 degrees, [0-9.]* on average$' stdout || fail "no temperatures"
grep -q 'Comp Ratio' stdout || fail "no table"
average=$(sed -n 's/^From .* degrees, //p' stdout)
well "${small[@]}" --rounds-per-barrier 0 --report json --progress
grep -q 'a barrier whenever the library thinks best$' stdout || fail "no plan"
[ "$(sed -n 's/^From .* degrees, //p' stdout)" = "$average" ] || fail "not $average"
grep -q '"form":"synched report"' stdout || fail "no report"
well "${small[@]}" --quiet --png -
same one.png stdout
run 0 "${small[@]}" --png -
same one.png stdout
grep -q '^57 rounds in ' stderr || fail "what is printed is not on stderr"
well "${small[@]}" --quiet --report json:report.json
grep -q '"form":"synched report"' report.json || fail "no report in the file"

# A pixel of a large plate is some cells.
well --size 2500x100 --rounds 3 --png large.png --quiet
is_picture large.png 834 34

[ -z "$(find . -name '*.png.*')" ] || fail "a temporary file is left"
echo "heat: all is well"
