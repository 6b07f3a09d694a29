/*
 * saved.h: a job whose every round depends on all that a checkpoint has to hold: three fields (of
 * uneven segments with changing counts, of one byte, and one that is changed in place), folds of
 * two stages, and the round's number.
 *
 * Everything here returns statuses or ends the program: it is for tests of every kind.
 */
#ifndef SYNCHED_TESTS_SAVED_H
#define SYNCHED_TESTS_SAVED_H

#include <stdbool.h>
#include <stdint.h>

#include <synched/synched.h>

#define SAVED_SEGMENTS 5u
#define SAVED_FIELDS 3u

struct saved_options {
  unsigned worker_count;
  enum synched_layout layout;
  enum synched_balance balance;
  unsigned lease_count; /* 0: 1 */
  uint64_t round_count;
  bool has_init;
  synched_round_fn on_round;
  synched_snapshot_fn on_snapshot;
  synched_done_fn on_done;
  /* NULL: the job is on one rank */
  struct synched_cluster *cluster;
};

struct saved {
  struct synched_pool *pool;
  struct synched_memory *memories[SAVED_FIELDS];
  struct synched_job *job;
  struct synched_cluster *cluster;
};

/* Makes it, with the content that it begins with, unless has_init: then init makes that. */
void saved_open(struct saved *saved, const struct saved_options *options);

/* The job must have no checkpoint any more. */
void saved_close(struct saved *saved);

/* The round of a job that does not run. */
uint64_t saved_round(const struct saved *saved);

/* Of several ranks, which all call it: brings the content to the first one. A status. */
int saved_gather(const struct saved *saved);

/* A sum over all that it holds, of a job that does not run. */
uint64_t saved_sum(const struct saved *saved);

/* The sum that an unbroken run has after so many rounds. */
uint64_t saved_expected(uint64_t round);

/* The options of a checkpoint in a folder, with the fields' dtypes. */
struct synched_checkpoint_options saved_checkpoint(const char *folder);

/* A folder of the process's own, and the name of one in it, which is not there: for a checkpoint's.
 */
extern char saved_home[32];
extern char saved_folder[64];
void saved_enter(void);

/* Removes both. There must be nothing else in the former. */
void saved_leave(void);

/* Removes a folder, with all that a checkpoint leaves in it. */
void saved_remove(const char *folder);

/* How many things are in a folder that are no generation and not the lock; of generations, how
 * many there are. */
struct saved_entries {
  unsigned generations, others;
  unsigned newest;
};
struct saved_entries saved_entries(const char *folder);

#endif
