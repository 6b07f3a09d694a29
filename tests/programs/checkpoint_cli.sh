#!/usr/bin/env bash
# checkpoint_cli.sh HEAT LIFE CG [PAGERANK]: examples that are stopped by SIGTERM, or killed, and go
# on from their checkpoints with another number of workers, end with the bits of an unbroken run;
# and NumPy reads what they write.
#
# By hand: tests/programs/checkpoint_cli.sh build/test-gcc/examples/{heat/heat,life/life,cg/cg} \
#   build/test-gcc/examples/pagerank/pagerank
set -euo pipefail
support=$(cd "$(dirname "$0")/../support" && pwd)
heat=$(realpath "$1") life=$(realpath "$2") cg=$(realpath "$3")
pagerank=${4:+$(realpath "$4")}

# shellcheck source=../support/python.sh
source "$support/python.sh" numpy
# shellcheck source=../support/cli.sh
source "$support/cli.sh" "$heat"

# broken NAME SIGNAL CODE PROGRAM ARGUMENT...: starts it, sends it the signal, and waits for its
# end. TERM comes as soon as it has a folder, for it writes what it has then, and says in which
# round it stopped; KILL when a generation is there. Where the machine let that be too early or too
# late, it is started again.
broken() {
  local folder=$1 signal=$2 expected=$3 code pid awaited=generation-00000001
  shift 3
  [ "$signal" = KILL ] || awaited=lock
  for i in $(seq 10 40); do
    rm -rf "$folder"
    code=0
    "$@" --checkpoint "$folder" --every 1 -w 2 >stdout 2>stderr </dev/null &
    pid=$!
    until [ -e "$folder/$awaited" ] || ! kill -0 $pid 2>/dev/null; do
      sleep 0.01
    done
    [ "$signal" = KILL ] || sleep "0.0$i"
    kill "-$signal" $pid 2>/dev/null || true
    wait $pid 2>/dev/null || code=$?
    [ $code = "$expected" ] || [ $code = 0 ] || break
    [ $code = 0 ] && continue
    [ "$signal" = KILL ] || grep -q ': stopped in round [0-9]*, from which' stderr || continue
    return 0
  done
  fail "exit code $code after $signal, not $expected, or it does not say where it stopped: $*"
}

# resumed NAME PROGRAM ARGUMENT...
resumed() {
  local folder=$1 code=0
  shift
  "$timeout" 200 "$@" --checkpoint "$folder" --resume -w 3 >stdout 2>stderr </dev/null || code=$?
  [ $code = 0 ] || fail "exit code $code: $*"
  grep -q '^Going on from round [0-9]* of generation' stdout || fail "it does not go on: $*"
}

# tidy NAME: two generations and the lock are all that there is.
tidy() {
  [ "$(find "$1" -mindepth 1 -maxdepth 1 | wc -l)" = 3 ] || fail "$(ls -a "$1")"
}

same() {
  cmp "$1" "$2" || fail "$1 and $2 differ"
}

for signal in TERM KILL; do
  [ $signal = TERM ] && code=143 || code=137

  # A plate: elements are rows, and NumPy sees them as such.
  plate=("$heat" --size 400x300 --rounds 3000)
  "${plate[@]}" --png unbroken.png --quiet
  broken state $signal $code "${plate[@]}"
  resumed state "${plate[@]}" --png resumed.png --check
  grep -q 'bit for bit' stdout || fail "not compared"
  same unbroken.png resumed.png
  tidy state
  sum=$(awk '/on average/ { print $(NF - 2) * 400 * 300 }' stdout)
  "$python" "$support/npy_check.py" state/generation-* "SUM=$sum" | tee npy
  grep -q '(300, 400) float64' npy || fail "no rows"

  # Linear equations, in place, which end by what on_round says.
  "$cg" --grid 300 -b random -o unbroken.mtx --quiet
  broken state $signal $code "$cg" --grid 300 -b random
  resumed state "$cg" --grid 300 -b random -o resumed.mtx --check
  same unbroken.mtx resumed.mtx
  tidy state
  "$python" "$support/npy_check.py" state/generation-*
  # It is complete: there is nothing to go on with.
  resumed state "$cg" --grid 300 -b random -o again.mtx
  same unbroken.mtx again.mtx

  # Life, which checkpoint_kill.sh kills.
  [ $signal = TERM ] || continue
  awk 'BEGIN { srand(7); print "x = 900, y = 600, rule = B3/S23:T900,600"
    for (y = 0; y < 600; y++) { for (x = 0; x < 900; x++) printf rand() < 0.3 ? "o" : "b"
      print "$" } print "!" }' >soup.rle
  "$life" soup.rle -g 20000 -o unbroken.rle --quiet
  broken state $signal $code "$life" soup.rle -g 20000
  resumed state "$life" soup.rle -g 20000 -o resumed.rle
  same unbroken.rle resumed.rle
  tidy state
  "$python" "$support/npy_check.py" state/generation-*

  # Ranks, which end by their fold.
  [ -n "$pagerank" ] || continue
  seq 1000000 | awk '{ print $1, $1 + 1 }' >edges # along which ranks take their time
  rank=("$pagerank" edges --tolerance 1e-12)
  "${rank[@]}" -o unbroken.txt --quiet
  broken state $signal $code "${rank[@]}"
  resumed state "${rank[@]}" -o resumed.txt
  same unbroken.txt resumed.txt
  "$python" "$support/npy_check.py" state/generation-*
done

# What does not fit is refused, and what is damaged is told.
rm -rf state
well --size 30 --rounds 5 --checkpoint state
refused 1 "generation 1 in state: " --size 31 --rounds 5 --checkpoint state --resume
well --size 30 --rounds 9 --checkpoint state --resume
printf x >>state/generation-00000002/field0.npy
run 0 --size 30 --rounds 12 --checkpoint state --resume --check
one_line "warning: round 5 of generation 1; generation 2 is damaged: field0.npy has"
refused 2 "--every needs --checkpoint FOLDER" --every 10
refused 2 "--resume needs --checkpoint FOLDER" --resume
refused 2 "--every: '0' is not" --checkpoint state --every 0s
refused 2 "--every: 's' is not a number" --checkpoint state --every s
refused 2 "--every: '0.0001s' is not within 0.001s and 1e+09s" --checkpoint state --every 0.0001s
refused 1 "nowhere/state could not be made: No such file" --checkpoint nowhere/state
