#!/usr/bin/env bash
# life_cli.sh LIFE: runs the finished program `life` as its users do, and checks what comes out.
#
# By hand: tests/programs/life_cli.sh build/test-gcc/examples/life/life
set -euo pipefail

patterns=$(realpath "$(dirname "$0")/../../examples/patterns")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# refused CODE TEXT ARGUMENT...: exit code, one line on stderr that begins so, nothing else printed
# and nothing written.
refused() {
  local code=$1 text=$2
  shift 2
  run "$code" "$@" -o never.rle --png never.png
  one_line "$text" "$@"
  [ ! -s stdout ] || fail "words on stdout: life $*"
  [ -z "$(find . -name 'never*')" ] || fail "something was written: life $*"
}

# population COUNT ARGUMENT...: how many cells are alive at the end.
population() {
  local expected=$1
  shift
  well "$@"
  grep -q "^Generation [0-9]*, population $expected\$" stdout || fail "not $expected cells: life $*"
}

same() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# --- the command line ---

gun=$patterns/gosper-gun.rle
well --help
grep -q '^usage: life ' stdout || fail "no usage"
refused 2 "usage: no pattern file"
refused 2 "usage: no pattern file" -g 5
refused 2 "usage: -g GENERATIONS is missing" "$gun"
refused 2 "usage: more than one" "$gun" "$gun" -g 5
refused 2 "--generation-gap: there is no such" "$gun" --generation-gap 5
refused 2 "-x: there is no such" "$gun" -g 5 -x
refused 2 "-g: 'five' is not a number" "$gun" -g five
refused 2 "-g: '-5' is not a number" "$gun" -g -5
refused 2 "-g: '' is not a number" "$gun" -g ''
refused 2 "-g: '5x' is not a number" "$gun" --generations=5x
refused 2 "-g: 18446744073709551616 is not within 0 .. 18446744073709551615" \
  "$gun" -g 18446744073709551616
refused 2 "-w: 4097 is not within 0 .. 4096" "$gun" -g 5 -w 4097
refused 2 "--rounds-per-barrier: 65 is not within 0 .. 64" "$gun" -g 5 --rounds-per-barrier 65
refused 2 "-s: 99999999999 is not within 0 .. " "$gun" -g 5 -s 99999999999
refused 2 "--affinity: 'near' is no affinity" "$gun" -g 5 --affinity near
refused 2 "--affinity: say which CPUs" "$gun" -g 5 --affinity list
run 2 "$gun" -g 5 -o one --png one
one_line "usage: -o and --png name the same file"
run 2 "$gun" -g
[ "$(cat stderr)" = "life: -g: a value is missing (see life --help)" ] || fail "no value for -g"
well "$gun" -g 5 --quiet
[ ! -s stdout ] || fail "--quiet is not quiet"

# --- files that are not what they should be ---

refused 1 "nowhere.rle: cannot be read: No such file" nowhere.rle -g 5
refused 1 ".: cannot be read: Is a directory" . -g 5

# damaged LINE TEXT CONTENT: the file with this content is refused on this line.
damaged() {
  printf '%b' "$3" >damaged.rle
  refused 1 "damaged.rle:$1: $2" damaged.rle -g 5
}
damaged 1 "the file is empty" ''
damaged 2 "the file ends with a count: it has been cut short" 'x = 3, y = 3\nbo$2bo$3'
damaged 1 "the file ends without a pattern: it has been cut short" 'x = 3, y = 3\n'
damaged 2 "the pattern is too wide" 'x = 3, y = 3\n18446744073709551617o!'
damaged 2 "the pattern is too high" 'x = 3, y = 3\n1048576$o!'
damaged 1 "LifeHistory is a named rule, which is not supported" \
  'x = 3, y = 3, rule = LifeHistory\n.A$2.A$3A!'
damaged 1 "rule 'B3/S2??31mQ' cannot be read at '?'" 'x = 3, y = 3, rule = B3/S2\xc2\x9b31mQ\nbo!'
damaged 1 "rule 'B3/S2?31mQ' cannot be read at '?'" 'x = 3, y = 3, rule = B3/S2\x9b31mQ\nbo!'
damaged 1 "the header 'x = WIDTH, y = HEIGHT, rule = RULE' is expected here" \
  '!Name: Glider\n.O.\n..O\nOOO\n'
damaged 3 "there is neither a header nor a count" '.o.\n..o\nooo\n'
damaged 1 "this is a file in the format Life 1.06" '#Life 1.06\n0 -1\n1 0\n'
damaged 2 "rule 'B3/S29'" '#C\nx = 3, y = 3, rule = B3/S29\nbo!'
damaged 1 "the header's x is too large" 'x = 1000000000, y = 1000000000\no!'
damaged 1 "the grid ':T1000000000,1000000000'" \
  'x = 1, y = 1, rule = B3/S23:T1000000000,1000000000\no!'
damaged 1 "the pattern is 3 cells wide" 'x = 3, y = 3, rule = B3/S23:T2,2\nbo!'
damaged 1 "a rule with B0" 'x = 3, y = 3, rule = B03/S23\nbo!'
damaged 1 "1048588 x 1048588 cells would be" 'x = 1048576, y = 1048576\nbo!'
damaged 1 "byte 0x00" '\0\0\0\0'
damaged 1 "byte 0x01" '\001\002\nx = 3, y = 3\nbo!'
head -c 100000 "$program" >damaged.rle
refused 1 "damaged.rle:1: byte 0x7f" damaged.rle -g 5
printf 'x = 3, y = 3\nbo!' >"$(printf 'two\nlines')"
rm "$(printf 'two\nlines')"
refused 1 "two?lines: cannot be read" "$(printf 'two\nlines')" -g 5
printf '#CXRLE Gen=18446744073709551615\nx = 1, y = 1\no!' >late.rle
refused 1 "late.rle: generation 18446744073709551615" late.rle -g 5

# --- files that are a glider, written otherwise ---

# a_glider NOTE CONTENT: the file with this content is a glider, and stderr has this line, if any.
a_glider() {
  printf '%b' "$2" >glider.rle
  run 0 glider.rle -g 4 --quiet -o out.rle
  [ "$(cat stderr)" = "${1:+life: glider.rle:$1}" ] || fail "not what is to be noted"
  [ "$(tail -n 1 out.rle)" = 'bo$2bo$3o!' ] || fail "not a glider"
}
a_glider '' '#N Glider\rx = 3, y = 3, rule = B3/S23\rbob$2bo$3o!\r'
a_glider '' '\xef\xbb\xbfx = 3, y = 3\r\nbo$2bo$\r\n3o!\r\n'
a_glider '' 'x = 3, y = 3, rule = LIFE\nbo$2bo$3o!'
a_glider "2: note: the file ends without '!'; it may have been cut short" \
  'x = 3, y = 3\nbo$2bo$3o\n'
a_glider "1: note: there is no header 'x = .., y = ..'; the rule is taken to be B3/S23" 'bo$2bo$3o!'
a_glider "1: note: the header says 2 x 1 cells, and the live ones take 3 x 3" \
  'x = 2, y = 1\nbo$2bo$3o!'
printf 'x = 3, y = 3\nbo$2bo$3o!\n' | gzip -n >packed.rle # by content, not by name
cat packed.rle <(head -c 512 /dev/zero) >padded.rle
for pattern in packed padded; do
  well $pattern.rle -g 4 --quiet -o out.rle
  [ "$(tail -n 1 out.rle)" = 'bo$2bo$3o!' ] || fail "not a glider"
done
"$program" - -g 4 --quiet -o /dev/stdout <packed.rle | cmp -s - out.rle ||
  fail "pipes and files differ"
head -c 30 packed.rle >cut.rle
refused 1 "cut.rle: the gzip data ends too early: the file has been cut short" cut.rle -g 4
cat packed.rle "$gun" >mixed.rle
refused 1 "mixed.rle: something that is neither gzip data nor zero bytes follows" mixed.rle -g 4
printf 'x = 3, y = 3\nbo$2bo$3o!\n' >"$(printf 'red\xc2\x9b31m')"
well "$(printf 'red\xc2\x9b31m')" -g 4
says stdout 'red\?\?31m: B3/S23, .*'

# --- what is left out of a large world with little in it makes no difference ---

printf 'x = 3, y = 3, rule = B3/S23:T2048,2048\nbo$2bo$3o!\n' >sparse.rle
well sparse.rle -g 600 --quiet -o skipped.rle --report json:skipped.json
well sparse.rle -g 600 --quiet -o called.rle --report json:called.json --rounds-per-barrier 1
cmp -s skipped.rle called.rle || fail "bands that were left out have changed"
grep -q '"unchanged_count":0' called.json || fail "a call has been left out"
! grep -q '"unchanged_count":0' skipped.json || fail "no call has been left out"

# --- outputs that cannot be ---

unwritable() {
  run 1 "$gun" -g 5 --quiet "$@"
  [ "$(wc -l <stderr)" = 1 ] || fail "not exactly one line on stderr: life $*"
}
unwritable -o nowhere/out.rle
unwritable --png nowhere/out.png
unwritable -o .
unwritable -o /dev/full
unwritable --png /dev/full
unwritable -o nowhere/../out.rle
cp "$gun" gun.rle
ln gun.rle hard.rle
ln -s gun.rle soft.rle

# in_place WHAT ARGUMENT...: the output is the input, and that stays as it is.
in_place() {
  local what=$1
  shift
  run 1 -g 5 "$@"
  one_line "$what: is the input, and cannot be the output too" "$@"
  [ ! -s stdout ] || fail "words on stdout: life $*"
  same gun.rle "$gun"
}
in_place gun.rle gun.rle -o gun.rle
in_place ./gun.rle gun.rle -o ./gun.rle
in_place hard.rle gun.rle --png hard.rle
in_place gun.rle soft.rle -o out.rle --png gun.rle
code=0
"$program" - -g 5 -o gun.rle <gun.rle >stdout 2>stderr || code=$?
[ "$code" = 1 ] || fail "exit code $code, not 1: standard input is the output"
one_line "gun.rle: is the input, and cannot be the output too"
code=0
"$program" gun.rle -g 5 -o - >>gun.rle 2>stderr || code=$?
[ "$code" = 1 ] || fail "exit code $code, not 1: standard output is the input"
one_line "<stdout>: is the input, and cannot be the output too"
same gun.rle "$gun"
echo old >old.rle
ln old.rle hard.png
run 1 gun.rle -g 5 -o old.rle --png hard.png
one_line "hard.png: -o and --png name the same file"
run 1 gun.rle -g 5 -o out.rle --png ./out.rle
one_line "./out.rle: -o and --png name the same file"
[ "$(cat old.rle)" = old ] || fail "an output was written"
rm out.rle
code=0
"$program" "$gun" -g 5 >/dev/full 2>stderr || code=$?
[ "$code" = 1 ] || fail "a full standard output goes unnoticed"
[ -z "$(find . -name '*out*' ! -name stdout)" ] || fail "half an output is left"

# --- what is known about the patterns ---

population 36 "$gun" -g 0
population 41 "$gun" -g 30
population 86 "$gun" -g 300
population 116 "$patterns/r-pentomino.rle" -g 1103
population 633 "$patterns/acorn.rle" -g 5206
population 154 "$patterns/puffer.rle" -g 256
population 336 "$patterns/puffer.rle" -g 1152
population 24 "$patterns/replicator.rle" -g 192
population 192 "$patterns/replicator.rle" -g 180
population 67445 "$patterns/spacefiller.rle" -g 500
well "$patterns/glider-torus.rle" -g 256 --quiet -o glider.rle
[ "$(tail -n 1 glider.rle)" = 'bo$2bo$3o!' ] || fail "the glider did not come home"

# --- the same cells, however the work is cut and shared ---

sed 's/T4096,4096/T333,222/' "$patterns/spacefiller.rle" >small.rle
sed 's/:T4096,4096/:P190,250/' "$patterns/spacefiller.rle" >plane.rle
for pattern in small plane; do
  well $pattern.rle -g 700 -w 1 -s 1 --quiet -o $pattern.wanted
  for workers in 1 2 3 7; do
    for segments in 0 1 5 1000; do
      well $pattern.rle -g 700 -w $workers -s $segments --quiet -o out.rle
      same $pattern.wanted out.rle
    done
  done
  for barrier in 1 2 3 8 17 64; do
    for cut in "1 5" "2 0" "3 1000" "5 7"; do
      read -r workers segments <<<"$cut"
      well $pattern.rle -g 700 -w $workers -s $segments --rounds-per-barrier $barrier --quiet \
        -o out.rle
      same $pattern.wanted out.rle
    done
  done
  for affinity in none compact scatter cores; do
    well $pattern.rle -g 700 --affinity $affinity --quiet -o out.rle
    same $pattern.wanted out.rle
  done
  well $pattern.rle -g 300 --quiet -o half.rle
  well half.rle -g 400 --quiet -o out.rle
  same $pattern.wanted out.rle
  well half.rle -g 400 --quiet -o -
  same $pattern.wanted stdout
  "$program" half.rle -g 400 -o - 2>words | cmp -s - $pattern.wanted || fail "words in the pattern"
  grep -q '^Generation 700, population' words || fail "no words on stderr"
  "$program" - -g 700 --quiet -o /dev/stdout <$pattern.rle | cmp -s - $pattern.wanted ||
    fail "pipes and files differ"
done

# --- the edge of a chosen plane, pictures, and an early end ---

printf 'x = 1, y = 2, rule = B2/S:P0,6\no$o!' >fast.rle
well fast.rle -g 100 --quiet
run 0 fast.rle -g 9000 --quiet
grep -q '^life: warning: the pattern reached the edge' stderr || fail "no warning about the edge"
mv stderr warning
for barrier in 1 2 64; do
  run 0 fast.rle -g 9000 --quiet --rounds-per-barrier $barrier -s 7 -w 3
  same warning stderr
done
well "$gun" -g 100
grep -q 'the plane was chosen' stdout || fail "no word about the chosen plane"

for pattern in "$gun" "$patterns/spacefiller.rle" late.rle; do
  well "$pattern" -g 0 --quiet --png picture.png
  [ "$(head -c 8 picture.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "no PNG"
  "$program" "$pattern" -g 0 --png - 2>/dev/null | cmp -s - picture.png ||
    fail "words in the picture"
done

"$program" small.rle -g 1000000000 --quiet -o interrupted.rle >stdout 2>stderr &
sleep 1
kill -INT $!
code=0
wait $! || code=$?
[ "$code" = 130 ] || fail "exit code $code, not 130, after an interrupt"
[ "$(wc -l <stderr)" = 1 ] || fail "not exactly one line after an interrupt"
well interrupted.rle -g 1 --quiet

[ -z "$(find . -name '*.rle.*' -o -name '*.png.*')" ] || fail "a temporary file is left"
echo "life: all is well"
