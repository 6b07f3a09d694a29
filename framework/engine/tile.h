/*
 * tile.h: some rounds that run between two barriers, as one stage of the engine's (internal).
 *
 * A step is one stage of one of the rounds. A segment may make its next step when all of its
 * neighbours (engine/reads.h) have made as many steps as it has. Then what it reads is written, and
 * nobody reads any more what it overwrites, which is the version before the last one
 * (memory/versions.h).
 *
 * Each segment has a count of the steps it has made, which goes on from tile to tile, so that
 * nobody resets it: between two barriers all of them stand at the same number. Its lowest bit says
 * that somebody sleeps until the segment makes a step. engine/wave.h is who computes what.
 *
 *   [step-made]  what a segment has written, and that it has read, to whoever waits for its step;
 *                and whom to wake, to the one who makes the step.
 */
#ifndef SYNCHED_ENGINE_TILE_H
#define SYNCHED_ENGINE_TILE_H

#include "engine/depth.h"
#include "engine/reads.h"
#include "engine/strips.h"
#include "memory/versions.h"
#include "platform/park.h"

#include <synched/job.h>

#define SYNCHED__STEP 2u
#define SYNCHED__STEP_AWAITED 1u

/* What the worker that computes a segment keeps of it. */
struct synched__tile_segment {
  /* segments that wait for it, and the next one in the list that this one is in; numbers, + 1 */
  uint32_t waiting;
  uint32_t next;
  /* of its neighbours: where the one is that it waits for */
  uint32_t at;
  /* it is not at home with its worker */
  bool stolen;
};

/* A worker that sleeps until a neighbour makes a step. */
struct synched__tile_sleeper {
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t asleep;
  struct synched__parker parker;
};

struct synched__tile {
  /* Fixed. */
  /* rounds between two barriers, at most */
  unsigned round_most;
  /* of a round */
  unsigned stage_count;
  unsigned worker_count;
  struct synched__reads neighbours;
  /* made by whoever knows what the stages write */
  struct synched__versions *versions;
  /* [worker_count] */
  struct synched__tile_sleeper *sleepers;

  /* Leader. */
  /* the first round of the open tile */
  uint64_t first;
  /* to be made; 0: no tile is open */
  unsigned step_count;
  /* where each segment's steps stand at the beginning */
  uint32_t base;
  /* counts tiles */
  uint32_t serial;
  /* how many rounds are best is to be found out */
  bool learns;
  struct synched__depth depth;

  /* [segment_count] */
  _Atomic uint32_t *steps;
  /* which worker computes it, in which tile; whoever claims it */
  _Atomic uint32_t *owners;
  struct synched__tile_segment *segments;
};

/* Makes one for the stages' declarations. SYNCHED_ENOMEM. */
int synched__tile_create(struct synched__tile **out, const struct synched__reads *const *stages,
                         unsigned stage_count, unsigned round_most, unsigned worker_count);
void synched__tile_destroy(struct synched__tile *tile);

/* Leader: `round_count` rounds from `first` on are prepared; */
void synched__tile_open(struct synched__tile *tile, uint64_t first, unsigned round_count);

/* they are complete, or to be dropped. */
void synched__tile_close(struct synched__tile *tile);

/* Which step a call of the open tile belongs to; 0 outside of it. */
static inline unsigned synched__tile_step(const struct synched__tile *tile,
                                          const struct synched_task *task) {
  if (tile->step_count == 0)
    return 0;
  return (unsigned)(task->round - tile->first) * tile->stage_count + task->parts->stage;
}

#endif
