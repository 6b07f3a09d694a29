#!/usr/bin/env bash
# pagerank_cli.sh PAGERANK: runs the finished program `pagerank` as its users do, and checks what
# comes out.
#
# By hand: tests/programs/pagerank_cli.sh build/test-gcc/examples/pagerank/pagerank
set -euo pipefail
export LC_ALL=C

# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# refused CODE TEXT ARGUMENT...: exit code, one line on stderr that begins so, nothing else printed
# and nothing written.
refused() {
  local code=$1 text=$2
  shift 2
  run "$code" "$@" -o never.tsv
  one_line "$text" "$@"
  [ ! -s stdout ] || fail "words on stdout: pagerank $*"
  [ -z "$(find . -name 'never*')" ] || fail "something was written: pagerank $*"
}

same() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# --- the command line ---

printf '# a triangle and a tail\n0\t1\n1\t2\n2\t0\n3\t0\n' >small.txt
well --help
grep -q '^usage: pagerank ' stdout || fail "no usage"
refused 2 "usage: no list of edges"
refused 2 "usage: more than one" small.txt small.txt
refused 2 "usage: a list of edges is named besides --deps" --deps small.txt
refused 2 "--report: 'nonsense' is no form of a report" small.txt --report nonsense
refused 2 "--damping: there is no such" small.txt --damping 5
refused 2 "-x: there is no such" small.txt -x
refused 2 "-w: 'two' is not a number" small.txt -w two
refused 2 "-w: 4097 is not within 0 .. 4096" small.txt -w 4097
refused 2 "-n: '-1' is not a number" small.txt -n -1
refused 2 "-n: 18446744073709551616 is not within 0 .. 18446744073709551615" \
  small.txt -n 18446744073709551616
refused 2 "--rounds: '1e3' is not a number" small.txt --rounds 1e3
refused 2 "-t: 'small' is not a number" small.txt -t small
refused 2 "-t: '1e-3x' is not a number" small.txt -t 1e-3x
refused 2 "-t: '' is not a number" small.txt -t ''
refused 2 "-t: 'nan' is not a number" small.txt --tolerance=nan
refused 2 "-t: 'inf' is not a number" small.txt -t inf
refused 2 "-t: '0' is not above 0" small.txt -t 0
refused 2 "-t: '-1e-9' is not above 0" small.txt -t -1e-9
run 2 small.txt -w
[ "$(cat stderr)" = "pagerank: -w: a value is missing (see pagerank --help)" ] ||
  fail "no value for -w"
well small.txt --quiet
[ ! -s stdout ] || fail "--quiet is not quiet"
well small.txt
! grep -q 'Comp Ratio' stdout || fail "a report that nobody asked for"
well small.txt --report table
grep -q 'Comp Ratio' stdout || fail "no report"

# --- files that are not what they should be ---

refused 1 "nowhere.txt: cannot be read: No such file" nowhere.txt
refused 1 ".: cannot be read: Is a directory" .

# damaged PLACE-AND-TEXT CONTENT: the file with this content is refused so; packed, too.
damaged() {
  printf '%b' "$2" >damaged
  refused 1 "damaged:$1" damaged
  gzip -n <damaged >damaged.gz
  refused 1 "damaged.gz:$1" damaged.gz
}
damaged " there are no edges: the file is empty" ''
damaged " there are no edges: nothing but comments" '# 1 2\n\n'
damaged "2: 'x' is not part of an edge; two vertex numbers are expected: \"3 x4\"" \
  '1 2\n3\tx4\n5 6\n'
damaged "1: 'F' is not part of an edge" 'FromNodeId\tToNodeId\n1 2\n'
damaged "3: a negative number; vertex numbers begin at 0: \"2 -3\"" '#\r\n0 1\r\n2 -3\r\n'
damaged "2: a vertex number that does not fit in 64 bits: \"1 18446744073709551616\"" \
  '1 18446744073709551615\n1 18446744073709551616\n'
damaged "2: only one number; an edge is two vertex numbers, from and to: \"3\"" '1 2\n3\n4 5\n'
damaged "2: only one number" '1 2\n3'
damaged "1: a third column; an edge is two vertex numbers, from and to, and no more: \"1 2 3\"" \
  '1 2 3\n'
damaged "2: a comment behind an edge; a comment is a line of its own: \"3 4 #" '1 2\n3 4 # five\n'
damaged "1: a Matrix Market file" \
  '%%MatrixMarket matrix coordinate pattern general\n3 3 2\n1 2\n2 3\n'
damaged " is text in UTF-16" '\xff\xfe1\0 \x002\0\n\0'
damaged "1: byte 0x00" '\0\0\0'
damaged "2: something follows 2 zero bytes" '1 2\n\0\x003 4\n'
head -c 100000 "$program" >damaged
refused 1 "damaged:1: byte 0x7f is not part of an edge" damaged
gzip -n <small.txt >small.txt.gz
head -c 25 small.txt.gz >damaged
refused 1 "damaged: the gzip data ends too early" damaged
head -c 2 small.txt.gz >damaged
refused 1 "damaged: the gzip data ends too early" damaged
{ head -c 20 small.txt.gz && printf '\377\377\377\377' && tail -c +25 small.txt.gz; } >damaged
refused 1 "damaged: the gzip data is damaged" damaged
{ cat small.txt.gz && echo '4 5'; } >damaged
refused 1 "damaged: something that is neither gzip data nor zero bytes follows the gzip data" \
  damaged
{ cat small.txt.gz && head -c 1000 /dev/zero && cat small.txt.gz; } >damaged
refused 1 "damaged: something follows the zero bytes behind the gzip data" damaged
refused 1 "two?lines: cannot be read" "$(printf 'two\nlines')"
refused 1 "red??31m?: cannot be read" "$(printf 'red\xc2\x9b31m\x9b')"

# --- ranks that are known, and ranks computed by the formula, in another language ---

well small.txt -n 2
[ "$(tail -n 2 stdout)" = "   1  0.332604470  0
   2  0.320213800  1" ] || fail "not the highest ranks"
well small.txt -n 0
[ "$(wc -l <stdout)" = 2 ] || fail "ranks printed that nobody asked for"
well small.txt -n 1000
[ "$(wc -l <stdout)" = 7 ] || fail "not all ranks printed"
# The same list in other forms that it comes in.
well small.txt --quiet -o wanted.tsv
gzip -nc small.txt | cat - <(head -c 512 /dev/zero) >padded.gz
{ printf '\xef\xbb\xbf' && cat small.txt; } >marked.txt
tr '\n' '\r' <small.txt >returns.txt
sed 's/^#/% asym\n%/' small.txt >konect.txt
for file in padded.gz marked.txt returns.txt konect.txt; do
  well $file --quiet -o ranks.tsv
  same wanted.tsv ranks.tsv
done
head -c 512 /dev/zero | cat small.txt - >padded.txt
run 0 padded.txt --quiet -o ranks.tsv
one_line "padded.txt:6: note: 512 zero bytes at the end are taken for padding"
same wanted.tsv ranks.tsv
cp small.txt "$(printf 'red\xc2\x9b31m')"
well "$(printf 'red\xc2\x9b31m')" --report table
says stdout 'red\?\?31m: 4 vertices, .*'
! grep -aq "$(printf '\xc2\x9b')" stdout || fail "a control character reaches the terminal"
printf '18446744073709551614 18446744073709551615\r\n' >far.txt
well far.txt --quiet -o ranks.tsv -t 1e-14
awk -F '\t' '{ print $1, sprintf("%.12f", $2) }' ranks.tsv >found
printf '18446744073709551614 0.350877192982\n18446744073709551615 0.649122807018\n' >wanted
same found wanted

# Uneven, with loops, parallel edges and vertices that lead nowhere; large enough for many segments.
awk 'BEGIN {
  srand(7)
  for (i = 0; i < 60000; i++) print int(9000 * rand() ^ 2) "\t" 7 * int(9000 * rand() ^ 4)
}' >graph.txt
well graph.txt --quiet -o ranks.tsv -t 1e-13
awk -F '\t' '
  FNR == NR { from[NR] = $1; to[NR] = $2; degree[$1]++
    vertices[$1]; vertices[$2]; edges = NR; next }
  FNR == 1 { for (v in vertices) n++; for (v in vertices) rank[v] = 1 / n
    for (round = 1; round <= 40; round++) {
      spread = 0
      for (v in vertices) if (!(v in degree)) spread += rank[v]
      for (v in vertices) gained[v] = (0.15 + 0.85 * spread) / n
      for (v in degree) share[v] = rank[v] / degree[v]
      for (e = 1; e <= edges; e++) gained[to[e]] += 0.85 * share[from[e]]
      change = 0
      for (v in vertices) {
        change += gained[v] > rank[v] ? gained[v] - rank[v] : rank[v] - gained[v]
        rank[v] = gained[v]
      }
      if (change >= 1e-6 || settled) continue
      settled = round
      printf "%d %.3g\n", round, change >"settled"
    } }
  { off += ($2 > rank[$1] ? $2 - rank[$1] : rank[$1] - $2); seen++; sum += $2
    if (FNR > 1 && $1 <= before) exit 1; before = $1 + 0 }
  END { printf "%d of %d vertices, off by %g, sum %.12f\n", seen, n, off, sum
    exit !(seen == n && off < 1e-9 && sum > 1 - 1e-9 && sum < 1 + 1e-9) }' graph.txt ranks.tsv \
  >stdout || fail "the ranks are not what the formula says"
well graph.txt -t 1e-6 -w 3
sed -n 's/^Settled in round \([0-9]*\), which changed the ranks by \([^ ]*\) in all.*/\1 \2/p' \
  stdout >found
same found settled

# --- the same bits, whoever computes them and whatever they were read from ---

well graph.txt --quiet -w 1 -o wanted.tsv
for workers in 2 5; do
  well graph.txt --quiet -w $workers -o ranks.tsv
  same wanted.tsv ranks.tsv
done
gzip -1 -n <graph.txt >graph.txt.gz
mv graph.txt.gz packed.dat # by content, not by name
well packed.dat --quiet -o ranks.tsv
same wanted.tsv ranks.tsv
{ head -n 30001 graph.txt | gzip -n && tail -n +30002 graph.txt | gzip -9 -n; } >parts.gz
well parts.gz --quiet -o ranks.tsv
same wanted.tsv ranks.tsv
sort graph.txt | sed 's/$/\r/' >sorted.txt
well sorted.txt --quiet -o ranks.tsv
same wanted.tsv ranks.tsv
for file in graph.txt packed.dat; do
  "$program" - --quiet -o /dev/stdout <$file | cmp -s - wanted.tsv || fail "pipes and files differ"
done
# Standard output as a file: what is printed otherwise is out of its way.
well graph.txt --quiet -o -
same wanted.tsv stdout
"$program" graph.txt --report table -o - 2>words | cmp -s - wanted.tsv ||
  fail "words between the ranks"
grep -q '^Settled in round' words && grep -q 'Comp Ratio' words || fail "no words on stderr"
[ ! -e ./- ] || fail "a file named -"
[ -z "$(cut -f 2 wanted.tsv | awk 'sprintf("%.17g", $1) != $1')" ] ||
  fail "not 17 significant digits"

# --- a file is complete or as it was ---

echo old >ranks.tsv
chmod 640 ranks.tsv
ln ranks.tsv old.tsv
ln -s ranks.tsv link.tsv
well graph.txt --quiet -o link.tsv
same wanted.tsv ranks.tsv
[ "$(cat old.tsv)" = old ] || fail "the old file was written into, not replaced"
[ -L link.tsv ] || fail "the link was replaced, not what it leads to"
[ "$(stat -c %a ranks.tsv)" = 640 ] || fail "the file has lost its permissions"

# in_place WHAT ARGUMENT...: the output is the input, and that stays as it is.
in_place() {
  local what=$1
  shift
  run 1 --quiet "$@"
  one_line "$what: is the input, and cannot be the output too" "$@"
  same small.txt kept.txt
}
cp small.txt kept.txt
ln small.txt hard.txt
ln -s small.txt soft.txt
in_place ./small.txt small.txt -o ./small.txt
in_place hard.txt small.txt -o hard.txt
in_place small.txt soft.txt -o small.txt
code=0
"$program" - --quiet -o small.txt <small.txt >stdout 2>stderr || code=$?
[ "$code" = 1 ] || fail "exit code $code, not 1: standard input is the output"
one_line "small.txt: is the input, and cannot be the output too"
same small.txt kept.txt
code=0
"$program" small.txt -o - >>small.txt 2>stderr || code=$?
[ "$code" = 1 ] || fail "exit code $code, not 1: standard output is the input"
one_line "<stdout>: is the input, and cannot be the output too"
same small.txt kept.txt
"$program" - --quiet -o /dev/null </dev/null 2>stderr && fail "no edges in /dev/null"
one_line "<stdin>: there are no edges"

# unwritable TEXT ARGUMENT...: the output cannot be, and is as it was.
unwritable() {
  local text=$1
  shift
  run 1 "$@" --quiet
  one_line "$text" "$@"
  same wanted.tsv ranks.tsv
}
unwritable "nowhere/out.tsv: cannot be written: No such file" graph.txt -o nowhere/out.tsv
unwritable ".: cannot be written: Is a directory" graph.txt -o .
unwritable "/dev/full: cannot be written: No space left" graph.txt -o /dev/full
unwritable "graph.txt: the ranks have not settled: round 3, the last one allowed" \
  graph.txt --rounds 3 -o ranks.tsv
unwritable "damaged: something follows the zero bytes" damaged -o ranks.tsv
trap '' XFSZ
(ulimit -f 8 && unwritable "ranks.tsv: cannot be written: File too large" graph.txt -o ranks.tsv)
trap - XFSZ
code=0
"$program" graph.txt >/dev/full 2>stderr || code=$?
[ "$code" = 1 ] || fail "a full standard output goes unnoticed"
[ -z "$(find . -name '*.tsv.*' -o -name 'out*')" ] || fail "a temporary file is left"

# --- Debian's packages: captured from Debian 12, less some versions; and from here ---

mkdir bin
cat >available <<'END'
Package: dpkg
Version: 1.21.23
Depends: tar (>= 1.28-1)
Pre-Depends: libbz2-1.0, libc6 (>= 2.34), liblzma5, libmd0, libselinux1, libzstd1, zlib1g (>= 1:1)
Tag: admin::package-management, implemented-in::c,
 implemented-in::perl, role::program

Package: gcc-12-base
Version: 12.2.0-14+deb12u1

Package: libgcc-s1
Version: 12.2.0-14+deb12u1
Provides: libgcc1 (= 1:12.2.0-14+deb12u1)
Depends: gcc-12-base (= 12.2.0-14+deb12u1), libc6 (>= 2.35)

Package: libc6
Version: 2.36-9+deb12u14
Depends: libgcc-s1

Package: tar
Version: 1.34+dfsg-1.2+deb12u1
Pre-Depends: libacl1 (>= 2.2.23), libc6 (>= 2.34), libselinux1 (>= 3.1~)

Package: zlib1g
Version: 1:1.2.13.dfsg-1
Depends: libc6 (>= 2.14)
END
printf '#!/bin/sh\n[ "$*" = dumpavail ] && cat "%s/available" && exit "$(cat "%s/code")"\n' \
  "$work" "$work" >bin/apt-cache
chmod +x bin/apt-cache
echo 0 >code
(
  PATH=$work/bin:$PATH
  well --deps -n 3 -o packages.tsv
  packages="dpkg gcc-12-base libacl1 libbz2-1.0 libc6 libgcc-s1 liblzma5 libmd0 libselinux1"
  [ "$(cut -f 1 packages.tsv | tr '\n' ' ')" = "$packages libzstd1 tar zlib1g " ] ||
    fail "not these packages"
  grep -q '^apt-cache dumpavail: 12 vertices, 7 without edges from them; 15 edges' stdout ||
    fail "not these edges"
  [ "$(tail -n 3 stdout | awk '{ print $3 }' | tr '\n' ' ')" = "libgcc-s1 libc6 gcc-12-base " ] ||
    fail "not the highest ranks"
  echo 100 >code
  refused 1 "apt-cache dumpavail: ended with exit code 100" --deps
  : >available
  refused 1 "apt-cache dumpavail: ended with exit code 100" --deps
  echo 0 >code
  refused 1 "apt-cache dumpavail: there are no packages" --deps
  printf 'Package: a\nDepends: b (>= 1\n' >available
  refused 1 "apt-cache dumpavail:2: this dependency cannot be read: \"b (>= 1\"" --deps
  for ((i = 0; i < 20000; i++)); do echo "Package: a"; done >>available # more than a pipe holds
  refused 1 "apt-cache dumpavail:2: this dependency cannot be read" --deps
)
mkdir empty
(PATH=$work/empty run 1 --deps)
grep -qx "pagerank: apt-cache dumpavail: cannot be started: No such file or directory" stderr ||
  fail "not the reason: there is no apt-cache"

# There may be an apt-cache that knows of no packages: that is another machine's state, not an error
# of ours.
if command -v apt-cache >/dev/null && apt-cache dumpavail 2>/dev/null | head -n 1 |
  grep -q '^Package:'; then
  well --deps -n 1 -w 1 -o packages.tsv
  grep -q '^dpkg	0\.' packages.tsv || fail "dpkg is no package here"
  well --deps --quiet -w 2 -o ranks.tsv
  same packages.tsv ranks.tsv
fi
echo "pagerank: all is well"
