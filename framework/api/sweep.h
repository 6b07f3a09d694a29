/*
 * sweep.h: parallel loops on a pool's workers (internal).
 *
 * A sweep is a round of a job that nobody sees: its one stage has indices instead of segments, as
 * many as its loop has, and its memory is one byte. A pool keeps such jobs, as many as it has ever
 * needed at once. Each takes its turn among the pool's jobs like any other one.
 *
 * What a sweep learns (engine/balance.h) is kept by function and size, for the next one of its
 * kind.
 */
#ifndef SYNCHED_API_SWEEP_H
#define SYNCHED_API_SWEEP_H

#include "job/job.h"

/* What is to be done for each index. */
struct synched__sweep_request {
  size_t count;
  synched_for_fn fn;
  void *user;
};

/* What is known of the sweeps of one function and of about one size. */
struct synched__sweep_lesson {
  /* the function that it is of; NULL: of none */
  synched_for_fn fn;
  /* the size's power of two */
  unsigned scale;
  unsigned batch, wake_count, looks;
  uint64_t done_count;
  struct synched__balance balance;
};

#define SYNCHED__SWEEP_LESSONS 8u

struct synched__sweep {
  /* in the list of all of the pool's */
  struct synched__sweep *next;
  /* in the list of those that are free; under the sweeps' mutex */
  struct synched__sweep *next_free;
  struct synched_pool *pool;
  struct synched_job *job;
  struct synched_memory *memory;
  /* under the mutex, too */
  bool is_busy;
  /* and the same: its loop is about to be told the end */
  bool ends;
  bool has_run;
  /* the last sweep's, whose balance and shape are in the stage */
  struct synched__sweep_lesson *lesson;
  struct synched__sweep_lesson lessons[SYNCHED__SWEEP_LESSONS];
  /* the lesson to be forgotten, when there is none of a sweep's kind */
  unsigned next_lesson;
  /* of synched_pool_for_start */
  synched_for_done_fn on_done;
  void *user;
};

struct synched__sweeps;

/* With the pool. SYNCHED_ENOMEM. */
int synched__sweeps_create(struct synched__sweeps **out);

/* Ends those that are over, when the pool is to be destroyed. SYNCHED_EBUSY: one is under way. */
int synched__sweeps_end(struct synched__sweeps *sweeps);
void synched__sweeps_destroy(struct synched__sweeps *sweeps);

/* A sweep for a request that has been checked, ready to be advanced or started; and back. Errors as
 * synched_pool_for. */
int synched__sweep_take(struct synched__sweep **out, struct synched_pool *pool,
                        const struct synched__sweep_request *request);
void synched__sweep_give(struct synched__sweep *sweep);

/* The loop's thread, before it closes the handle itself. */
void synched__sweep_note_end(struct synched__sweep *sweep);

/* Before its job is started on an event loop, which is told the end by on_done. */
void synched__sweep_prepare_start(struct synched__sweep *sweep, synched_for_done_fn on_done,
                                  void *user);

/* The checks that every parallel loop begins with. */
int synched__sweep_check(const struct synched_pool *pool,
                         const struct synched__sweep_request *request);

#endif
