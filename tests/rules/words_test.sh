#!/usr/bin/env bash
# words_test.sh: words.sh finds each retired word, on its line, and leaves alone what only looks
# like one.
#
# By hand: tests/rules/words_test.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cases=0

# expect STATUS PLACE LINE: of a file there, the second line of which is that.
expect() {
  local status=0
  cases=$((cases + 1))
  mkdir -p "$root/$2"
  printf 'int x;\n%s\n' "$3" >"$root/$2/a.c"
  "$here/words.sh" "$root" "$2" >"$root/said" 2>&1 || status=$?
  if [ $status -ne "$1" ] || { [ "$1" -eq 1 ] && ! grep -qF "$2/a.c:2: " "$root/said"; }; then
    echo "in $2, '$3': exit status $status instead of $1" >&2
    cat "$root/said" >&2
    exit 1
  fi
  rm -rf "${root:?}/${2%%/*}"
}

while IFS= read -r line; do
  expect 1 framework/job "$line"
done <<'END'
/* Baton; read by calls. */
take_baton(pool);
bool attends; /* attended */
synched__attend_open(job);
struct synched__keep keep;
dispatch->keeper = NULL;
#include "job/keep.h"
synched__turn_next(pool);
/* As it stands in a turn's word. */
no memory for the turns of %zu jobs
synched__tally_out(tally);
static void stir(struct synched_job *job)
static void settle(struct synched__worker *worker)
synched__steer_settle(job);
static bool obey(struct synched_job *job)
take_in(job, request);
synched__turn_vacate(job);
pool->occupant = job;
open->roles = memory->roles;
synched__memory_unstarve(memory);
/* The bell. */
synched__job_ring(job);
/* It marks the job ended and rings. */
/* A visitor's last touch. */
synched__gate_glance(gate);
#define DOZE_NS 1
synched__waiter_poke(waiter);
synched__waiter_alert(waiter);
_Atomic uint32_t insist;
synched__waiter_rest(waiter);
const bool rests = true;
synched__schedule_attention(queue);
unsigned party; /* parties */
synched__balance_regrets(balance);
balance->price_ns = 1;
balance->account_ns = 1;
/* A deadline brings the watchdog. */
synched__thread_set_name("synched/watch");
uint32_t synched__process_watch(void);
bool unwatched; /* watched */
END

while IFS= read -r line; do
  expect 0 framework/job "$line"
done <<'END'
pool->ring[position] = 1;
static int make_ring(struct synched_pool *pool)
/* The rings are cleared. A cell of its ring. */
/* Workers would only take turns; each in turn, and those that turn up. */
/* Who keeps a snapshot must keep it; the kept one. */
/* To account for that. Rests of rounds, the rest of it, at rest. */
struct synched__rest rest;
/* Every worker takes part in it. Takes one round's figures in. */
/* Later operations obey; third-party code. The system occupies it. */
/* The graph settles, and has settled. Alertness and uninsisted. */
#include "dispatch/stall_watch.h"
synched__stall_watch_arm(job); /* the stall watch */
/* restart, resting, during, string, starting, distally, stirrup */
END
expect 0 examples "struct tally tally;"
expect 0 tests/unit "static int settled(void);"
expect 1 tests/unit "struct tally tally;"
expect 1 include/synched "struct roles *roles; x->roles"
expect 1 tools "/* baton */"

# fails: words.sh refuses what is below framework/ now, or the place.
fails() {
  ! "$here/words.sh" "$root" "$1" >/dev/null 2>&1 || {
    echo "not refused: $2" >&2
    exit 1
  }
}

# The glossary may list them; nothing else in a README may.
mkdir -p "$root/framework"
printf '# A\n\n## Retired words\n\nbaton\n' >"$root/framework/README.md"
"$here/words.sh" "$root" framework >/dev/null
printf '\n## More\n\nbaton\n' >>"$root/framework/README.md"
fails framework "a word in the rest of a README"
fails nowhere "a place that is not there"
echo "$((cases + 3)) cases"
