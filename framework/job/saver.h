/*
 * saver.h: who wants some of a job's published rounds to be kept, and how its leader asks
 * (internal). A job that has none pays one look at a pointer for each round.
 *
 * Of a job on several ranks each rank has a saver, and all take the same rounds: each says at the
 * end of a round what it wants, with what ranks agree on there anyway (cluster/link.h), and what
 * all have said decides, on every rank alike.
 */
#ifndef SYNCHED_JOB_SAVER_H
#define SYNCHED_JOB_SAVER_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster/saving.h"
#include "platform/atomic.h"

#include <synched/memory.h>

/* What is asked of the next round that there is: bits. */
enum synched__saver_asked {
  /* it is to be kept */
  SYNCHED__SAVER_WANTED = 1,
  /* it is to end the job: one that had to be kept could not be */
  SYNCHED__SAVER_FAILED = 2
};

struct synched__saver {
  /* Leader: a round that is wanted has been published. O(1), and does not block; it may leave the
   * round out. 0; or a negative code that ends the job. */
  int (*take)(struct synched__saver *saver, const struct synched_snapshot *now);
  /* wants the rounds with numbers that are multiples of it; 0: none */
  uint64_t every_rounds;
  /* the leader's: the next of these */
  uint64_t due_round;
  /* rounds that it has taken are kept until their turn comes; else it takes none while it has one
   * */
  bool queues;
  /* enum synched__saver_asked; any thread sets bits, the leader clears them */
  _Atomic uint32_t asked;
  /* rounds that it has taken and not let go yet */
  _Atomic uint32_t pending_count;
  /* the job is one of several ranks */
  bool is_joint;
  struct synched__saving_rank rank;
};

/* What a job goes on from. */
struct synched__resumed {
  /* the system's numbers of the folder; all 0: the job has not been resumed */
  uint64_t folder[2];
  /* newer ones in it were damaged */
  unsigned generation;
};

/* Leader: the rounds after `round` are to come, or have been looked at. */
static inline void synched__saver_pass(struct synched__saver *saver, uint64_t round) {
  const uint64_t every = saver->every_rounds;
  saver->due_round =
      every == 0 || UINT64_MAX - round < every ? UINT64_MAX : (round / every + 1) * every;
}

/* Leader. Relaxed: what is wanted is the next round, whichever that is. */
static inline bool synched__saver_wants(const struct synched__saver *saver, uint64_t round) {
  if (round >= saver->due_round)
    return true;
  return saver->is_joint ? (saver->rank.all.bits & SYNCHED__SAVING_WANTED) != 0
                         : synched__load_relaxed(&saver->asked) != 0;
}

/* Leader: whether it will take a round that it wants; a moment's picture, but on several ranks,
 * which have agreed on it. */
static inline bool synched__saver_takes(const struct synched__saver *saver) {
  if (saver->is_joint)
    return (saver->rank.all.bits & (SYNCHED__SAVING_BUSY | SYNCHED__SAVING_ABSENT)) == 0;
  return saver->queues || synched__load_relaxed(&saver->pending_count) == 0;
}

#endif
