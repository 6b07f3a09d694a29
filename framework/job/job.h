/*
 * job.h: a job, in parts that each have one writer at a time (internal).
 *
 *   setup     fixed when the job is created or a run begins.
 *   work      what the engine computes: see engine/work.h.
 *   pace      when its rounds are due. The leader's while a round is prepared, open or closed, else
 *             the owner's.
 *   control   what is asked of it, its deadline, its wait for a buffer: see the headers of these.
 *   advance   who waits for a piece of its run, where it runs in pieces: see job/advance.h.
 *   delivery  what the loop is told. The engine's side until `departed` is set, then the loop's.
 *   roster    its place among the process's jobs: see job/roster.h.
 *
 * Owner: outside of rounds a job is in exactly one place, and whoever takes it from there owns it:
 * the run queue, a wait for a buffer, parked by a pause, or the thread that starts it. The owner
 * alone applies requests, prepares a round, parks the job or finishes it. job/requests.h says how a
 * caller finds a job in these places.
 *
 * The last touch of the engine to a job that has ended is the store to `departed`.
 */
#ifndef SYNCHED_JOB_JOB_H
#define SYNCHED_JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/work.h"
#include "job/advance.h"
#include "job/buffer_wait.h"
#include "job/deadline.h"
#include "job/mailbox.h"
#include "job/meeting.h"
#include "job/queue_entry.h"
#include "job/requests.h"
#include "job/roster.h"
#include "job/saver.h"
#include "job/ticks.h"
#include "job/where.h"
#include "platform/process.h"
#include "platform/signal.h"

#include <synched/job.h>

/* What the loop's side of a started job can be asked. */
struct synched__port_calls {
  /* how the job was started, for messages: "on a libuv loop" */
  const char *way;
  /* whether its handle was closed under it: nothing is delivered any more */
  bool (*is_lost)(void *port);
  /* whether, if it is lost, the loop has nothing of it any more; on the loop's thread, sees to
   * that */
  bool (*let_go)(void *port);
  /* of a port that its loop has let go */
  void (*destroy)(void *port);
  /* tells it that a paused job goes on; any thread */
  void (*expect_more)(void *port);
};

/* What ended the job: an answer of on_round or on_init. */
struct synched__answer {
  /* the callback's name; NULL: none has ended the job */
  const char *callback;
  int code;
};

struct synched__setup {
  /* of the process that made it */
  uint32_t generation;
  struct synched_job_options options;
  /* the round before the first one of this run */
  uint64_t base_round;
  /* the last round of this run; 0: no limit */
  uint64_t last_round;
  /* init has run, in this run or an earlier one; leader */
  bool initialised;
  /* snapshots of this run go to on_snapshot */
  bool shows;
  /* the job is the library's own, for parallel loops, and nobody sees it */
  bool is_sweep;
  /* who wants some of its rounds to be kept; NULL: nobody. Changed while the job does not run */
  struct synched__saver *saver;
  /* the round from which round_count counts: the base round, or that of the run of which this one
   * is the rest */
  uint64_t counted_from;
  /* [own_count] memories that were made with the job and end with it */
  struct synched_memory *own[SYNCHED_FIELDS_MAX];
  unsigned own_count;
  /* who has made it in a call that still lasts ends it, and nobody else may */
  bool is_held;
  /* the next run is the rest of one that has been written to a checkpoint */
  bool is_rest;
  struct synched__resumed resumed;
};

struct synched__pace {
  /* its rounds come one after the other, not in steps: nothing is asked of the clock */
  bool is_free;
  /* its rounds have a time or a deadline, or are counted in steps */
  bool is_paced;
  /* the open round is that of a tick */
  bool ticking;
  struct synched__ticks ticks;
};

struct synched__control {
  /* enum synched__where; the owner's */
  _Atomic uint32_t where;
  struct synched__requests requests;
  struct synched__deadline deadline;
  struct synched__buffer_wait wait;
  struct synched__meeting meeting;
};

struct synched__job_delivery {
  /* the signal has been raised and not been answered */
  _Atomic uint32_t notified;
  /* status and report are final */
  _Atomic uint32_t ended;
  /* the engine has left it for good */
  _Atomic uint32_t departed;
  /* threads inside it, whom the end must wait for: job/notify.h */
  _Atomic uint32_t pin_count;
  int status;
  struct synched__answer answer;
  /* the report of the whole run, for on_done; the loop's */
  struct synched_report *report;
  /* it ended while it waited for a buffer */
  bool waited_at_end;
  struct synched__signal signal;
  struct synched__mailbox mailbox;
  /* The loop's. The port is written before it is stored here, and taken away when nobody else is
   * inside the job. */
  /* the loop's part while it is started */
  _Atomic(void *) port;
  const struct synched__port_calls *port_calls;
  /* the system's number of the thread that started it; 0: it is not started */
  _Atomic uint64_t loop_thread_id;
  /* how many snapshots were passed over, for synched_job_missed */
  uint64_t passed_over;
};

struct synched_job {
  /* first: a job is found from it; under the dispatch mutex */
  struct synched__queue_entry entry;
  struct synched__setup setup;
  struct synched__work work;
  _Alignas(SYNCHED__CACHE_LINE) struct synched__pace pace;
  struct synched__control control;
  struct synched__advance advance;
  _Alignas(SYNCHED__CACHE_LINE) struct synched__job_delivery delivery;
  struct synched__roster_entry roster;
};

_Static_assert(!SYNCHED__SHARE_LINE(struct synched_job, work.skip_from, pace),
               "the leader takes nothing away that calls read");
_Static_assert(!SYNCHED__SHARE_LINE(struct synched_job, control, delivery.notified),
               "the loop takes nothing of the leader's away");
_Static_assert(!SYNCHED__SHARE_LINE(struct synched__mailbox, put_count, taken_count),
               "who puts and who takes do not share a line");

/* Owner: see where.h. */
static inline void synched__job_move(struct synched_job *job, enum synched__where to) {
  synched__where_move(&job->control.where, to);
}

/* Whose round the engine runs. */
static inline struct synched_job *synched__job_of(struct synched__work *work) {
  return (struct synched_job *)((char *)work - offsetof(struct synched_job, work));
}

#endif
