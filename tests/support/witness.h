/*
 * witness.h: a job that watches, while it runs, whether every round keeps its promises.
 *
 * Its calls and its on_round run on workers, where nothing may be asserted: they note what is
 * wrong, and the test's body expects that nothing was noted.
 */
#ifndef SYNCHED_TESTS_WITNESS_H
#define SYNCHED_TESTS_WITNESS_H

#include <stdatomic.h>
#include <stdint.h>

#include "support/serial.h"
#include "support/support.h"

enum wrong {
  WRONG_SHARED,   /* two calls had one segment at the same time */
  WRONG_CALLS,    /* a segment was not computed exactly once */
  WRONG_ORDER,    /* a call outside its round, or on_round before the last call or not alone */
  WRONG_PREVIOUS, /* previous is not the last round, or changed */
  WRONG_OUT,      /* out is not where the snapshot then has the segment, or lies in previous */
  WRONG_REFILL,   /* out did not hold what the refill promises, or count not the previous one */
  WRONG_RESULT,   /* a published round is not what the serial loop computes */
  WRONG_COUNT
};

struct witness {
  struct serial serial;
  _Atomic uint32_t *busy;  /* per segment: calls inside */
  _Atomic uint32_t *calls; /* per segment: in this round */
  void **outs;             /* per segment: of this round; by its call */
  _Atomic uint32_t inside; /* calls and on_round, at the moment */
  _Atomic uint64_t closed; /* the last round that on_round saw */
  _Atomic uint32_t wrong[WRONG_COUNT];
  uint64_t sum;        /* of previous; by on_round. 0: not known */
  bool sums;           /* whether calls check the sum over previous, which takes its time */
  uint64_t stop_round; /* on_round stops here; 0: nowhere */
  void *test;          /* the test's own */
};

/* A witness of rounds on `memory`, which must be new, loaded by this, and of doubles. */
void witness_init(struct witness *witness, const struct serial_options *options,
                  struct synched_memory *memory);
void witness_deinit(struct witness *witness);

/* Forgets the calls of a round that was dropped, which may be computed again. */
void witness_forget_calls(struct witness *witness);

/* Nothing wrong so far, and the current snapshot is the serial loop's. `what` says which case it
 * was. */
void witness_expect(struct witness *witness, struct synched_memory *memory, const char *what);

/* For job options; user is the witness. */
int witness_compute(struct synched_task *task, void *user);
int witness_on_round(const struct synched_snapshot *now, void *user);

/* An engine with a witness: what most tests of jobs are made of. */
struct witnessed {
  struct engine engine;
  struct witness witness;
};

struct witnessed_options {
  struct serial_options serial;
  enum synched_layout layout;
  unsigned lease_count;
  struct synched_job_options
      job; /* compute, on_round, fold and user are filled in where they are not given */
};

/* On the heap, because the job keeps its address. */
struct witnessed *witnessed_new(struct synched_pool *pool, const struct witnessed_options *options);
void witnessed_end(struct witnessed *witnessed);

#endif
