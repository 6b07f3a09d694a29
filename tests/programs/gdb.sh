#!/usr/bin/env bash
# gdb.sh ROOT GDB_SCENE [RINGS]: what tools/gdb.py says of a pool and jobs that are in a known
# state. RINGS 1: the library writes its trace rings. Exit code 77: there is no gdb with Python, or
# it may not run programs here, or they have no symbols.
#
# By hand: tests/programs/gdb.sh . build/test-gcc/tests/programs/gdb_scene
set -euo pipefail
root=$1 program=$2 rings=${3:-0}
said=$(mktemp)
trap 'rm -f "$said"' EXIT

skip() {
  echo "gdb: $1" >&2
  exit 77
}

command -v gdb >/dev/null || skip "there is no gdb"
gdb -nx -batch -ex 'python print(6 * 7)' 2>/dev/null | grep -qx 42 || skip "gdb has no Python"

# Nothing may be fetched, and no settings of whoever runs this.
timeout 900 gdb -nx -batch -iex 'set debuginfod enabled off' -iex 'set auto-load off' \
  -x "$root/tools/gdb.py" \
  -ex 'set width 0' -ex 'set print pretty off' -ex 'break scene_is_set' -ex run \
  -ex 'synched pool scene_pool' -ex 'synched pool *scene_pool' \
  -ex 'synched job scene_parked' -ex 'synched job scene_waiting' \
  -ex 'synched job scene_sleeping' -ex 'synched job scene_computing' \
  -ex 'print scene_pool->open->slots[1]' -ex 'print scene_pool->open->homes[0]' \
  -ex 'print scene_computing->control.deadline' \
  -ex 'print $synched_state(27)' -ex 'print $synched_count(0x200000007)' \
  -ex 'print $synched_shape(0xffffffffffffffff)' -ex 'print $synched_deadline(4096 + 3)' \
  -ex 'print $synched_cursor(0x10000003)' -ex 'synched job 0' -ex 'synched pool' \
  -ex 'synched trace 3' -ex 'synched trace 1000' -ex 'synched trace' \
  -ex 'kill' --args "$program" >"$said" 2>&1 </dev/null || true

if grep -qE "ptrace: |Couldn't get CS|Operation not permitted" "$said" &&
  ! grep -q 'hit Breakpoint 1' "$said"; then
  skip "gdb may not run programs here"
fi
! grep -qE 'No symbol table|No debugging symbols' "$said" || skip "the program has no symbols"

# says REGEX: a whole line of what was said.
failed=0
says() {
  grep -qxE -- "$1" "$said" || {
    echo "gdb: no line '$1'" >&2
    failed=1
  }
}

time='at [0-9]+ ns \((in [0-9.]+ ms|[0-9.]+ ms ago)\)'
running='running: it has a leader, or an open round'
says "pool \"scene\", 1 workers on [0-9]+ CPUs, 4 jobs, epoch 3, $running"
says '  bound: job "computing", round 1, prepared or open'
says '    stage 0, "flux"'
says '    remaining: 4 segments, 0 ns; 4 segments when it was opened'
says '    slot 1: 4 segments, team 1, batch 1, stealing, wakes 1'
says '    home 0: segments 0 to 3, cursor epoch 3, 1 left'
says "  queue, sleeping: job \"sleeping\", $time"
says '  worker 0, thread [0-9]+: computes.*'
says 'job "parked" of pool "scene": PARKED'
says '  state: STARTED'
says '  requests: accepted PAUSED; asked: none; done: none'
says "job \"waiting\" of pool \"scene\": AWAITING a buffer since $time"
says '  buffer [012]: current, round 3, 1 readers'
says '  buffer [012]: leased, round 1, 1 readers'
says 'job "sleeping" of pool "scene": QUEUED, sleeping'
says "  pace: every 3600000000000 ns; next tick $time"
says 'job "computing" of pool "scene": BOUND'
says '  state: STARTED \| STEERED'
says '  rounds: after 0, up to 10'
says '  requests: accepted PAUSED; asked: weight 3, pause; done: none'
says '    applied: not paused, 0 rounds of a step left'
says "  deadline: a round is open, deadline $time"
says '  stage 0: "flux", writes fields 0x3'
says '  stage 1: "stage 1", writes fields 0x0'
says '  field 0: 3 blocks'
says '  field 1: 1 blocks, changed in place'
says '  buffer [012]: next, round 0, 0 readers'
says '\$1 = .*shape = "?[0-9]+ segments, team 1, batch 1, stealing, wakes 1"?.*'
says '\$2 = .*cursor = "?epoch 3, 1 left"?.*'
says '\$3 = .*word = "?a round is open, deadline .*'
says '\$4 = "STARTED \| ENDED \| STOPPING \| STEERED"'
says '\$5 = "2 segments, 7 ns"'
says '\$6 = "16777215 segments, team 4096, dealt anew, batch 16383, static, wakes 4096"'
says '\$7 = "a round is open, and has missed it, deadline at 4096 ns \([0-9.]+ ms ago\)"'
says '\$8 = "epoch 16, 3 left"'
says 'the synched_job is NULL'
says 'synched pool EXPR'
# The trace: its last three events, all that the ring kept, and 40 of them. Where the library writes
# events of its own they are more.
if [ "$rings" = 0 ]; then
  says ' +-[0-9.]+ us  scene/main [0-9]+ +task_end     job 0x1000, round 266, segment 5, worker 6'
  says ' +0\.000 us  scene/main [0-9]+ +job_end      job 0x1000, round 9, status -1'
  for count in 3 256 40; do
    says "$count events"
  done
  [ "$(grep -c 'round 12, segment 5' "$said")" -eq 1 ] &&
    ! grep -q 'round 11, segment 5' "$said" || {
    echo "gdb: the ring does not begin with the oldest event that it has kept" >&2
    failed=1
  }
fi
[ "$(grep -c '^pool "scene"' "$said")" -eq 2 ] || {
  echo "gdb: a pool and a pointer to it are not the same" >&2
  failed=1
}
# The functions by which it tells what a worker does are there.
while IFS= read -r function; do
  grep -rqE "[ *]$function\(" --include='*.c' "$root/framework" || {
    echo "gdb: tools/gdb.py looks for $function, which is not there" >&2
    failed=1
  }
done < <(sed -n '/^DOINGS = /,/^}/s/^    "\([a-z_]*\)":.*/\1/p' "$root/tools/gdb.py")
[ $failed -eq 0 ] || cat "$said" >&2
exit $failed
