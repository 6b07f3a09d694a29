/*
 * depth.h: how many rounds should run between two barriers, where that is left to the library
 * (internal).
 *
 * More rounds cost fewer barriers and less traffic to memory, until what they work on does not fit
 * into a cache any more. Where that is depends on segments, caches and neighbours, so it is found
 * by trying: twice as many rounds, or half as many, are better if a round takes clearly less time
 * so. What was found is tried anew from time to time. Results do not depend on it.
 */
#ifndef SYNCHED_ENGINE_DEPTH_H
#define SYNCHED_ENGINE_DEPTH_H

#include <stdbool.h>
#include <stdint.h>

/* 1, 2, 4 ... 32 rounds. */
#define SYNCHED__DEPTH_LEVELS 6u
#define SYNCHED__DEPTH_MOST (1u << (SYNCHED__DEPTH_LEVELS - 1))

/* Leader. */
struct synched__depth {
  /* what is best as far as is known, and what is tried; 1 << level rounds */
  unsigned level, tried;
  /* of this measurement: tiles so far, and the shortest time of a round, in units of 1/16 ns */
  unsigned count;
  uint64_t least;
  /* of a round at `level`, measured just before; 0: that is being measured */
  uint64_t usual;
  /* the trial goes on upwards; and both directions have been tried in vain */
  bool rises, is_settled;
  /* whether the other direction has been tried since level changed */
  bool has_turned;
  /* rounds until all of this is tried anew, and how many that were last */
  uint64_t rest, pause;
};

void synched__depth_init(struct synched__depth *depth);

/* How many rounds are next. */
static inline unsigned synched__depth_rounds(const struct synched__depth *depth) {
  return 1u << (depth->usual == 0 ? depth->level : depth->tried);
}

/* So many rounds have taken `ns` together. */
void synched__depth_update(struct synched__depth *depth, unsigned rounds, uint64_t ns);

#endif
