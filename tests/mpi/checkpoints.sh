#!/usr/bin/env bash
# checkpoints.sh MPIEXEC PROGRAM...: heat, life, cg and pagerank on three ranks, which write
# checkpoints together and are ended early: by SIGTERM to all of them or to one, after which
# all write what was reached, or by SIGKILL to one, in the middle of whatever
# they do. They go on, on another number of ranks or without any, to the bytes of an unbroken run. A
# program that was not built is left out.
#
# By hand: tests/mpi/checkpoints.sh mpiexec build/test-gcc/examples/heat/heat
set -euo pipefail
mpiexec=$1
shift
. "$(dirname "$0")/launch.sh"
# When one rank has ended with another code than 0, Open MPI ends the others after twice as many
# seconds; 1 is its default. By then all have left MPI, and done all that they do.
export OMPI_MCA_odls_base_sigkill_timeout=2 PRTE_MCA_odls_base_sigkill_timeout=2
programs=("$@")
for i in "${!programs[@]}"; do
  programs[i]=$(realpath "${programs[i]}")
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() {
  echo "checkpoints: $1" >&2
  tail -n 20 log* >&2
  exit 1
}

# A rank: notes its program's number, what it says, and its exit code.
cat >rank <<'END'
#!/bin/sh
rank=${OMPI_COMM_WORLD_RANK:-${PMIX_RANK:-${PMI_RANK:-0}}}
exec >"log.$rank" 2>&1
"$@" &
child=$!
trap 'kill -TERM $child 2>/dev/null' TERM
echo $child >"pid.$rank.new" && mv "pid.$rank.new" "pid.$rank"
wait $child
code=$?
while kill -0 $child 2>/dev/null; do
  wait $child
  code=$?
done
echo $code >"code.$rank"
exit $code
END
chmod +x rank

# broken SIGNAL WHOM COMMAND...: starts three ranks, and sends the signal to those of WHOM when they
# have written two generations. Where the run has ended before, and so does not say that it was
# stopped, it is started again.
broken() {
  local signal=$1 whom=$2 pid code rank
  shift 2
  for _ in $(seq 20); do
    rm -rf state pid.* code.* log.*
    code=0
    timeout --kill-after=70 "${SYNCHED_MPI_SECONDS:-900}" "$mpiexec" -n 3 ./rank "$@" --mpi -w 1 \
      --checkpoint state --every 1 >log 2>&1 </dev/null &
    pid=$!
    until [ -e state/generation-00000002 ] || ! kill -0 $pid 2>/dev/null; do
      sleep 0.02
    done
    for ((rank = 0; rank < 3; rank++)); do
      [[ $whom != *$rank* ]] || kill "-$signal" "$(cat pid.$rank)" 2>/dev/null || true
    done
    wait $pid 2>/dev/null || code=$?
    [ $code != 0 ] || continue
    [ "$signal" = KILL ] || grep -q ': stopped in round' log.0 || continue
    return 0
  done
  fail "the run ends before it is ended: $*"
}

# ended_well: each rank's program has ended by itself, after it has written.
ended_well() {
  local rank
  for rank in 0 1 2; do
    [ "$(cat code.$rank 2>/dev/null)" = 143 ] || fail "rank $rank: exit code $(cat code.$rank)"
  done
  [ "$(cat log.? | grep -c ': stopped in round')" = 1 ] || fail "no line, or many"
}

# resumed RANKS COMMAND...: 0: without --mpi.
resumed() {
  local ranks=$1
  shift
  if [ "$ranks" = 0 ]; then
    "$@" --checkpoint state --resume -w 2 >log 2>&1 || fail "it does not go on: $*"
  else
    launch "$mpiexec" "$ranks" "$@" --mpi -w 1 --checkpoint state --resume >log 2>&1 ||
      fail "$ranks ranks do not go on: $*"
  fi
  grep -q '^Going on from round [0-9]* of generation' log || fail "it begins at the beginning"
  [ "$(find state -mindepth 1 -maxdepth 1 | wc -l)" = 3 ] || fail "$(ls -a state)"
}

# survives NAME FILE-OPTION FILE COMMAND...: with each way of ending it, and of going on.
survives() {
  local name=$1 option=$2 file=$3 ways=$4 way signal whom ranks
  shift 4
  "$@" -w 2 --quiet "$option" "one.$file" >log 2>&1 || fail "the unbroken run: $*"
  for way in $ways; do
    IFS=: read -r signal whom ranks <<<"$way"
    broken "$signal" "$whom" "$@"
    [ "$signal" != TERM ] || ended_well
    resumed "$ranks" "$@" "$option" "resumed.$file"
    cmp "one.$file" "resumed.$file" || fail "$name: other bytes after $signal"
    echo "$name: $signal to ${#whom} of 3 ranks, then on ${ranks/#0/one without MPI}: the same"
  done
}

awk 'BEGIN { srand(7); print "x = 300, y = 200, rule = B3/S23:T300,200"
  for (y = 0; y < 200; y++) { for (x = 0; x < 300; x++) printf rand() < 0.3 ? "o" : "b"
    print "$" } print "!" }' >soup.rle
seq 200000 | awk '{ print $1, $1 + 1 }' >edges # along which ranks take their time
for program in "${programs[@]}"; do
  name=${program##*/}
  case $name in
  heat)
    survives "$name" --png end.png "TERM:012:2 TERM:1:0 KILL:2:1" \
      "$program" --size 400x300 --rounds 3000
    ;;
  life) survives "$name" -o end.rle "KILL:0:2" "$program" soup.rle -g 3000 ;;
  cg) survives "$name" -o end.mtx "TERM:2:0" "$program" --grid 200 -b random ;;
  pagerank) survives "$name" -o end.txt "KILL:1:3" "$program" edges --tolerance 1e-12 ;;
  esac
done
