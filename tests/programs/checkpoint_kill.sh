#!/usr/bin/env bash
# checkpoint_kill.sh LIFE [COUNT]: kills a running life, which writes four generations a second, at
# COUNT random times, each time after it has gone on from where the last one was killed: no state is
# lost, nothing is left over after the next start, and the end has the bits of an unbroken run.
# COUNT is 12; SYNCHED_KILLS says otherwise.
#
# By hand: SYNCHED_KILLS=1000 tests/programs/checkpoint_kill.sh build/test-gcc/examples/life/life
set -euo pipefail
count=${2:-${SYNCHED_KILLS:-12}}
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

awk 'BEGIN { srand(9); print "x = 2048, y = 1024, rule = B3/S23:T2048,1024"
  for (y = 0; y < 1024; y++) { for (x = 0; x < 2048; x++) printf rand() < 0.3 ? "o" : "b"
    print "$" } print "!" }' >soup.rle

# newest: the number and the round of the newest generation; "0 0": there is none.
newest() {
  local last
  last=$(find state -maxdepth 1 -name 'generation-*' 2>/dev/null | sort | tail -n 1)
  [ -n "$last" ] || {
    echo 0 0
    return
  }
  echo "$((10#${last##*-})) $(sed -n 's/.*"round":\([0-9]*\).*/\1/p' "$last/manifest.json")"
}

RANDOM=1
in_the_middle=0 read_last=0 round_last=0
for i in $(seq "$count"); do
  "$program" soup.rle -g 100000000 --checkpoint state --every 0.25s --resume -w 2 --quiet \
    >stdout 2>stderr </dev/null &
  pid=$!
  # The first one lives until there is something to lose, however busy the machine is.
  until [ "$i" != 1 ] || [ "$(newest)" != "0 0" ] || ! kill -0 $pid; do
    sleep 0.05
  done
  sleep "0.$(printf %03d $((RANDOM % 700)))"
  kill -KILL $pid
  wait $pid 2>/dev/null || true
  [ ! -s stderr ] || fail "words on stderr before kill $i"
  [ ! -e state/.writing ] && [ ! -e state/.removing ] || in_the_middle=$((in_the_middle + 1))
  read -r number round <<<"$(newest)"
  [ "$number" -ge $read_last ] && [ "$round" -ge $round_last ] ||
    fail "after kill $i: round $round of generation $number, after $round_last of $read_last"
  read_last=$number round_last=$round
  # Of one generation, it is complete: so it starts, and ends.
  [ "$number" = 0 ] || well soup.rle -g 1 --checkpoint state --resume --quiet
  left=$(find state -mindepth 1 -maxdepth 1 ! -name 'generation-????????' ! -name lock)
  [ -z "$left" ] || [ "$number" = 0 ] || fail "left over after kill $i: $left"
  [ "$(find state -maxdepth 1 -name 'generation-*' 2>/dev/null | wc -l)" -le 2 ] ||
    fail "more than two generations after kill $i"
  [ "$number" = 0 ] || [ "$(newest)" = "$number $round" ] || fail "kill $i has cost a state"
done
[ $round_last -gt 0 ] || fail "nothing has been written in $count lives"

well soup.rle -g $((round_last + 50)) --checkpoint state --resume --quiet -o resumed.rle
well soup.rle -g $((round_last + 50)) --quiet -o unbroken.rle
cmp resumed.rle unbroken.rle || fail "the cells differ from those of an unbroken run"
echo "$count kills, $in_the_middle of them in the middle of writing: $read_last generations, and" \
  "the bits of round $((round_last + 50)) are those of an unbroken run"
