/*
 * ranked.h: jobs that can be computed on one rank or on several, and what they come to.
 *
 * What is computed depends on all that calls may read, and on nothing else: so one element that
 * has not arrived, or is of another round, shows in the result. Nothing here asserts, for it runs
 * on the threads of ranks, and under mpirun.
 */
#ifndef SYNCHED_TESTS_RANKED_H
#define SYNCHED_TESTS_RANKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synched/synched.h>

enum ranked_shape {
  /* one field, one stage, a plain fold */
  RANKED_PLAIN,
  /* two fields, three stages, folds of several kinds */
  RANKED_STAGES,
  /* two fields that are changed in place, in turns */
  RANKED_IN_PLACE
};

enum ranked_reads {
  RANKED_NEAR,   /* one segment on each side */
  RANKED_WRAPS,  /* two, round the end */
  RANKED_NARROW, /* one element of one segment on each side */
  RANKED_CLOSED, /* the same, round the end */
  RANKED_LIST,
  RANKED_MIXED, /* each stage more segments than the one before; the first only its own */
  RANKED_ALL
};

/* What goes wrong, or ends the job. */
enum ranked_event {
  RANKED_NOTHING,
  RANKED_FAILS,      /* calls return RANKED_CODE, or others, see ranked.c */
  RANKED_CANCELS,    /* a call cancels its job */
  RANKED_STOPS,      /* a call stops it */
  RANKED_ANSWERS,    /* on_round returns RANKED_CODE, on one rank */
  RANKED_ASKS_STOP,  /* on_round returns SYNCHED_STOP, on one rank */
  RANKED_DISAGREES,  /* RANKED_CODE on one rank, SYNCHED_STOP below, other codes above it */
  RANKED_COUNTS,     /* a call counts too much */
  RANKED_STEERED,    /* a thread on each of several ranks pauses, steps and lets go on, any time */
  RANKED_INTERRUPTED /* a thread cancels or stops the job of one rank, at any time */
};

#define RANKED_CODE (-12345)
#define RANKED_SUMMARIES 16

struct ranked_case {
  enum ranked_shape shape;
  enum ranked_reads reads;
  size_t segment_count;
  unsigned worker_count;
  uint64_t round_count;
  unsigned rounds_per_barrier;
  enum synched_balance balance;
  enum synched_refill refill;
  /* 0: init fills the fields; 1: each rank loads its own part */
  bool loads;
  bool has_on_round;
  /* every call is recorded, and the first rank gets the report of all of them */
  bool reports;
  /* 0: run; else advanced by so many rounds at a time */
  uint64_t advanced_by;
  /* of several ranks: the first segments take long, and after each advance segments are dealt
   * anew */
  bool learns;
  /* of STEERED: it starts paused, on several ranks; and 0: no ticks */
  bool starts_paused;
  uint64_t period_ns;
  enum ranked_event event;
  uint64_t event_round;
  /* where it happens; of what on_round returns: on the rank that computes it */
  size_t event_segment;
  unsigned event_stage;
};

struct ranked_result {
  int status;
  /* what a step before the run has failed with; 0 */
  int setup_status;
  /* the last published round */
  uint64_t round;
  /* of all fields; 0 on ranks but the first */
  uint64_t digest;
  /* of all folds that on_round got */
  uint64_t folds;
  uint64_t on_round_count;
  /* steering calls that were accepted here, and completions that came; of STEERED */
  unsigned accepted_count, completed_count;
  char message[256];
  struct synched_cluster_info info;
  /* on the first rank, of all of them, as far as there is room */
  struct synched_rank_summary summaries[RANKED_SUMMARIES];
  /* there; to be destroyed; and what came of making it */
  struct synched_report *report;
  int report_status;
};

/* Called in every compute call, on any thread, if it is set before the first job is made: something
 * goes on. */
extern void (*ranked_goes_on)(void);

/* Computes it; cluster NULL: on this rank alone. */
void ranked_run(const struct ranked_case *what, struct synched_cluster *cluster,
                struct ranked_result *out);

/* One in a way that `seed` says. */
struct ranked_case ranked_random(uint64_t seed);

#endif
