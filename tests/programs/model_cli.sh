#!/usr/bin/env bash
# model_cli.sh SYNCHED_MODEL: the model's arithmetic where it can be done by hand, and its command
# line.
#
# By hand: tests/programs/model_cli.sh build/test-gcc/tools/synched-model
set -euo pipefail
model=$1

fail() {
  echo "model_cli: $1" >&2
  exit 1
}

refused() {
  local text=$1 status=0 said
  shift
  said=$("$model" "$@" 2>&1) || status=$?
  [ "$status" -eq 2 ] || fail "'$*' ends with $status instead of 2"
  case $said in *"$text"*) ;; *) fail "'$*' says $said" ;; esac
}

# round CORES GROUP NEAR FAR: the last columns but one: one level, two levels, the round.
round() {
  "$model" --cores "$1" --group "$2" --near "$3" --far "$4" |
    awk '/^this machine/ { print $5, $6, $7 }'
}

# Two cores: a transfer to release, one to count, 40 ns.
[ "$(round 2 2 100 100)" = "240 240 240" ] || fail "two cores: $(round 2 2 100 100)"
# 64 cores in groups of 8, 10 ns and 100 ns: release 100 * (1 + 6/4) + 10 * (1 + 6/4) = 275; one
# level 7 * 10 + 56 * 100 = 5670; two levels 7 * 10 + 7 * 100 = 770; and 40.
[ "$(round 64 8 10 100)" = "5985 1085 1085" ] || fail "64 cores: $(round 64 8 10 100)"
# Up to 16 workers count in one level, whatever two would cost.
[ "$(round 16 8 10 100 | awk '{ print $1 == $3 }')" = 1 ] ||
  fail "16 cores do not count in one level"

"$model" | awk '
  $0 ~ / 64 / && $0 !~ /Graviton/ { rows++; if ($(NF - 2) >= $(NF - 3)) exit 1 }
  END { exit rows != 2 }' ||
  fail "two levels should be cheaper at 64 cores: $("$model")"
"$model" | grep -q "not measured" || fail "it does not say that it is a model"
"$model" --help | grep -q "not measured" || fail "--help does not say that it is a model"

# ranks_row RANKS ARGUMENT...: Synched's and the plain round, and bytes.
ranks_row() {
  local ranks=$1
  shift
  "$model" ranks "$@" |
    awk -v ranks="$ranks" '$1 == ranks && NF == 8 && $2 > 0 { print $5, $6, $8 }'
}
plate=(--columns 1000 --rows 100 --cell-ns 10 --segments 10 --overhead-us 0 --gigabits 8)
# 1 ms to compute; a message of 8 kB takes 8 us and a latency of 2000 us. One rank has none. Of two
# each has one neighbour: an edge of 100 us, then the message, which is longer than 900 us; and an
# agreement, of one step of 2000 + 0.168 us, in 4 rounds. Plain: 1000 + 2008.
[ "$(ranks_row 1 "${plate[@]}" --latency-us 2000 --barrier 4)" = "1000.0 1000.0 0" ] ||
  fail "one rank: $(ranks_row 1 "${plate[@]}" --latency-us 2000 --barrier 4)"
[ "$(ranks_row 2 "${plate[@]}" --latency-us 2000 --barrier 4)" = "2608.1 3008.0 8008" ] ||
  fail "two ranks: $(ranks_row 2 "${plate[@]}" --latency-us 2000 --barrier 4)"
# Eight ranks: 2 neighbours, 3 steps. With 10 us a message is long there before the inner ones are
# computed: 1000 + 3 * 10.168 / 4. Plain: 1000 + 2 * 18.
[ "$(ranks_row 8 "${plate[@]}" --latency-us 10 --barrier 4)" = "1007.6 1036.0 16016" ] ||
  fail "eight ranks: $(ranks_row 8 "${plate[@]}" --latency-us 10 --barrier 4)"
"$model" ranks | grep -q "not measured" || fail "ranks: it does not say that it is a model"
"$model" ranks | awk '$1 == 1000 { found = 1 } END { exit !found }' ||
  fail "there are no 1000 ranks"
refused "unknown argument" ranks --rank 3
refused "missing after --rows" ranks --rows
refused "no number" ranks --rows 0
refused "no number" ranks --latency-us x

refused "unknown argument" --core 3
refused "missing after --cores" --cores
refused "no number" --cores 0 --group 1 --near 1 --far 1
refused "no number" --cores 2.5 --group 1 --near 1 --far 1
refused "no number" --cores 4 --group 1 --near -1 --far 1
refused "no number" --cores 4 --group 1 --near 1x --far 1
refused "no number" --cores 4 --group 1 --near nan --far 1
refused "needs --far" --cores 4 --group 1 --near 1
refused "both" --cores 4 --group 1 --near 1 --far 1 --socket 2
