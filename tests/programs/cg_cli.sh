#!/usr/bin/env bash
# cg_cli.sh CG: runs the finished program `cg` as its users do, and checks what comes out.
#
# By hand: tests/programs/cg_cli.sh build/test-gcc/examples/cg/cg
set -euo pipefail
export LC_ALL=C

make_matrix=$(realpath "$(dirname "$0")/../../examples/cg/make_matrix")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# refused CODE TEXT ARGUMENT...: exit code, one line on stderr that begins so, nothing else printed
# and nothing written.
refused() {
  local code=$1 text=$2
  shift 2
  run "$code" "$@" -o never.mtx
  one_line "$text" "$@"
  [ ! -s stdout ] || fail "words on stdout: cg $*"
  [ -z "$(find . -name 'never*')" ] || fail "something was written: cg $*"
}

# gives_up TEXT ARGUMENT...: the same of a run that has begun, and has said so.
gives_up() {
  local text=$1
  shift
  run 1 "$@" -o never.mtx
  one_line "$text" "$@"
  [ "$(wc -l <stdout)" = 1 ] || fail "more words on stdout: cg $*"
  [ -z "$(find . -name 'never*')" ] || fail "something was written: cg $*"
}

same() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# --- the command line ---

cat >small.mtx <<'END'
%%MatrixMarket matrix coordinate real symmetric
% three unknowns
3 3 5
1 1 4
2 1 1
2 2 3
3 2 -1
3 3 2
END
well --help
grep -q '^usage: cg ' stdout || fail "no usage"
refused 2 "usage: no matrix is named"
refused 2 "usage: more than one matrix" small.mtx small.mtx
refused 2 "usage: a matrix is named besides --grid" small.mtx --grid 3
refused 2 "usage: standard input cannot be both the matrix and the right-hand side" - -b -
refused 2 "--grid: 0 is not within 1 .. 65535" --grid 0
refused 2 "--grid: 'ten' is not a number" --grid ten
refused 2 "-t: '0' is not above 0" small.mtx -t 0
refused 2 "-t: 'nan' is not a number" small.mtx --tolerance nan
refused 2 "-w: 4097 is not within 0 .. 4096" small.mtx -w 4097
refused 2 "-s: 513 is not within 0 .. 512" small.mtx -s 513
refused 2 "--seed: 16777216 is not within 0 .. 16777215" small.mtx --seed 16777216
refused 2 "--max-rounds: '-1' is not a number" small.mtx --max-rounds -1
refused 2 "--report: 'nonsense' is no form of a report" small.mtx --report nonsense
refused 2 "--jacobi: there is no such" small.mtx --jacobi
well small.mtx --quiet
[ ! -s stdout ] || fail "--quiet is not quiet"
well small.mtx --report table
grep -q 'Comp Ratio' stdout || fail "no report"

# --- solutions that are known ---

printf '%%%%MatrixMarket matrix array real general\n3 1\n1\n2\n3\n' >right.mtx
well small.mtx -b right.mtx -o x.mtx
says stdout 'small\.mtx: 3 unknowns, 7 entries; read in .* s'
says stdout 'Solved in round 3: the residual is .*, 1 segment, [0-9]+ workers'
[ "$(head -n 2 x.mtx)" = "%%MatrixMarket matrix array real general
3 1" ] || fail "no file of Matrix Market's"
tail -n +3 x.mtx | awk '{ printf "%.12f\n", $1 }' >found
printf -- '-0.111111111111\n1.444444444444\n2.222222222222\n' >wanted
same found wanted
# The same equations in other forms.
sed 's/symmetric/general/; s/^3 3 5/3 3 7/; s/^2 1 1/2 1 1\n1 2 1/; s/^3 2 -1/3 2 -1\n2 3 -1/' \
  small.mtx | sed 's/$/\r/' >general.mtx
gzip -nc small.mtx >packed.dat
gzip -nc right.mtx >right.gz
for arguments in "general.mtx -b right.mtx" "packed.dat -b right.gz"; do
  # shellcheck disable=SC2086
  well $arguments --quiet -o other.mtx
  same x.mtx other.mtx
done
"$program" - -b right.mtx --quiet -o - <small.mtx | cmp -s - x.mtx || fail "pipes and files differ"
"$program" small.mtx -b - --quiet -o /dev/stdout <right.mtx | cmp -s - x.mtx ||
  fail "a right-hand side from a pipe differs"
"$program" small.mtx -b right.mtx -o - 2>words | cmp -s - x.mtx || fail "words between the numbers"
grep -q '^Solved in round 3' words || fail "no words on stderr"
# One number on the right, and zeros.
printf '%%%%MatrixMarket matrix coordinate real general\n3 1 1\n2 1 18\n' >one.mtx
well small.mtx -b one.mtx --quiet -o x.mtx
tail -n +3 x.mtx | awk '{ printf "%.9f\n", $1 }' >found
printf -- '-2.000000000\n8.000000000\n4.000000000\n' >wanted
same found wanted
printf '%%%%MatrixMarket matrix coordinate integer general\n3 1 0\n' >zeros.mtx
well small.mtx -b zeros.mtx --check -o x.mtx
says stdout 'Solved in round 0: the residual is 0, and 0 when computed anew; .*'
[ "$(tail -n +3 x.mtx | sort -u)" = 0 ] || fail "no zeros"

# A graph: the sum of each row of its matrix is 1, so that ones are solved by ones.
"$make_matrix" graph 500 >graph.mtx
well graph.mtx --quiet -o x.mtx
[ "$(tail -n +3 x.mtx | awk '{ printf "%.6f\n", $1 }' | sort -u)" = 1.000000 ] ||
  fail "the rows of a graph's matrix do not sum to 1"

# --- the same bits as a serial loop, whoever computes them ---

"$make_matrix" poisson 90 >poisson.mtx
"$make_matrix" cube 20 >cube.mtx
"$make_matrix" random 4000 3 >random.mtx
"$make_matrix" beam 60 >beam.mtx
for kind in poisson cube random beam graph; do
  well $kind.mtx --check -b known --seed 4 -s 37
  says stdout 'The numbers are those of a serial loop, bit for bit'
  says stdout 'Solved in round .*: the residual is [0-9.]*e-1[0-9], and .*'
  awk '/^The largest error is / && $5 + 0 < 1e-6 { found = 1 } END { exit !found }' stdout ||
    fail "not the known solution: $kind"
done
well --grid 90 --quiet -w 1 -o wanted.mtx
well poisson.mtx --quiet -w 1 -o x.mtx
same x.mtx wanted.mtx
for workers in 2 3 5; do
  well --grid 90 --check --quiet -w $workers -o x.mtx
  same x.mtx wanted.mtx
done
well --grid 90 --check --scale -b random --seed 7
says stdout 'The numbers are those of a serial loop, bit for bit'
well --grid 1 --check
well --grid 3 --check -s 512 -w 4

# Rows of very different size take a few rounds once they are scaled, and very many before.
awk 'BEGIN { print "%%MatrixMarket matrix coordinate real symmetric"; print 400, 400, 799
  for (i = 1; i <= 400; i++) {
    size = 10 ^ (i / 70)
    print i, i, 4 * size * size
    if (i > 1) print i, i - 1, size * before
    before = size
  } }' >uneven.mtx
gives_up "uneven.mtx: the equations are not solved: round 100, the last one allowed, has left" \
  uneven.mtx --max-rounds 100
well uneven.mtx --max-rounds 100 --scale -b known --check
awk '/^The largest error is / && $5 + 0 < 1e-8 { found = 1 } END { exit !found }' stdout ||
  fail "not the known solution once it was scaled"

# --- what cannot be read or solved ---

# damaged PLACE-AND-TEXT CONTENT: a matrix with this content is refused so; packed, too.
damaged() {
  printf '%b' "$2" >damaged
  refused 1 "damaged:$1" damaged
  gzip -n <damaged >damaged.gz
  refused 1 "damaged.gz:$1" damaged.gz
}
real='%%MatrixMarket matrix coordinate real general\n'
refused 1 "nowhere.mtx: cannot be read: No such file" nowhere.mtx
refused 1 ".: cannot be read: Is a directory" .
damaged " there is no matrix: the file is empty" ''
damaged "1: this is no Matrix Market file" '1 2\n'
damaged "1: complex numbers" '%%MatrixMarket matrix coordinate complex general\n'
damaged "3: the matrix is not square: \"2 3 6\"" "$real%\n2 3 6\n"
damaged "2: some row has no entry" "${real}3 3 2\n"
damaged "4: there is no such place in the matrix: \"3 1 5\"" "${real}2 2 4\n1 1 4\n3 1 5\n"
damaged "3: the third word is no number, or not a finite one: \"1 1 nan\"" "${real}2 2 4\n1 1 nan\n"
damaged "5: the file ends after 2 of 4 entries" "${real}2 2 4\n1 1 4\n2 2 4\n%\n"
damaged "5: more entries than the sizes say: \"1 2 4\"" "${real}2 2 2\n1 1 4\n2 2 4\n1 2 4\n"
damaged " the matrix is not symmetric: there is an entry in row 1, column 2, and none" \
  "${real}2 2 3\n1 1 4\n1 2 1\n2 2 4\n"
damaged " the matrix is not positive definite: row 2 has -4 on the diagonal" \
  "${real}2 2 2\n1 1 4\n2 2 -4\n"
head -c 40 packed.dat >damaged
refused 1 "damaged: the gzip data ends too early" damaged
refused 1 "two?lines: cannot be read" "$(printf 'two\nlines')"
refused 1 "right.mtx:2: an array, in which zeros are written, too" right.mtx
refused 1 "general.mtx:3: the sizes of this column are not those of the matrix" \
  small.mtx -b general.mtx
refused 1 "nowhere.mtx: cannot be read" small.mtx -b nowhere.mtx
printf '%%%%MatrixMarket matrix array real general\n3 1\n1e200\n2\n3\n' >large.mtx
refused 1 "large.mtx: the largest number is 1e+200, and the squares of such numbers cannot be" \
  small.mtx -b large.mtx
# matrix NAME LINE...: a file of these numbers.
matrix() {
  local name=$1
  shift
  { echo '%%MatrixMarket matrix coordinate real general' && printf '%s\n' "$@"; } >"$name"
}
matrix indefinite.mtx '2 2 4' '1 1 1' '1 2 2' '2 1 2' '2 2 1'
matrix opposite.mtx '2 1 2' '1 1 1' '2 1 -1'
gives_up "indefinite.mtx: the matrix is not positive definite, as round 1 shows" \
  indefinite.mtx -b opposite.mtx
matrix huge.mtx '2 2 4' '1 1 1e308' '1 2 1e308' '2 1 1e308' '2 2 1e308'
gives_up "huge.mtx: round 1 has numbers beyond the range of a double" huge.mtx
gives_up "grid: the equations are not solved: round 3, the last one allowed" \
  --grid 50 --max-rounds 3

# --- a file is complete or as it was ---

well small.mtx --quiet -o x.mtx
cp x.mtx kept.mtx
run 1 --quiet small.mtx -o small.mtx
one_line "small.mtx: is the input, and cannot be the output too"
run 1 --quiet small.mtx -b right.mtx -o ./right.mtx
one_line "./right.mtx: is the input, and cannot be the output too"
run 1 --quiet small.mtx -o nowhere/x.mtx
one_line "nowhere/x.mtx: cannot be written: No such file"
run 1 --quiet small.mtx -o /dev/full
one_line "/dev/full: cannot be written: No space left"
run 1 --quiet small.mtx --max-rounds 1 -o x.mtx
same x.mtx kept.mtx
code=0
"$program" small.mtx >/dev/full 2>stderr || code=$?
[ "$code" = 1 ] || fail "a full standard output goes unnoticed"
[ -z "$(find . -name '*.mtx.*')" ] || fail "a temporary file is left"

# --- matrices made by the script ---

"$make_matrix" random 50 1 >one
"$make_matrix" random 50 1 | cmp -s - one || fail "the same seed makes another matrix"
! "$make_matrix" random 50 2 | cmp -s - one || fail "another seed makes the same matrix"
"$make_matrix" --help | grep -q '^make_matrix KIND N' || fail "make_matrix has no help"
for arguments in "" "poisson" "poisson 0" "torus 5" "poisson 5 x" "poisson 5 1 2"; do
  # shellcheck disable=SC2086
  ! "$make_matrix" $arguments >stdout 2>stderr || fail "make_matrix $arguments is accepted"
  [ ! -s stdout ] || fail "make_matrix $arguments prints a matrix"
done
echo "cg: all is well"
