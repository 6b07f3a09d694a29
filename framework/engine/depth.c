/*
 * depth.c: see depth.h.
 */
#include "engine/depth.h"

#define FIRST_LEVEL 3u

/* Of a measurement: the first tile fills the caches anew and does not count; the shortest of the
 * others does, for what else the machine does only makes it longer. */
#define TILES_MEASURED 4u

/* A trial must be better by a part in so many. */
#define GAIN_PART 32u

/* Rounds between two searches. */
#define PAUSE_FIRST 512u
#define PAUSE_MOST 32768u

static void measure(struct synched__depth *depth) {
  depth->count = 0;
  depth->least = UINT64_MAX;
}

void synched__depth_init(struct synched__depth *depth) {
  *depth = (struct synched__depth){.level = FIRST_LEVEL, .rises = true, .pause = PAUSE_FIRST};
  measure(depth);
}

static bool can_go(const struct synched__depth *depth, bool rises) {
  return rises ? depth->level + 1 < SYNCHED__DEPTH_LEVELS : depth->level > 0;
}

/* Nothing is left to try, for now. */
static void stay(struct synched__depth *depth) {
  depth->is_settled = true;
  depth->usual = 0;
  depth->rest = depth->pause;
  depth->pause = depth->pause < PAUSE_MOST ? depth->pause * 2 : PAUSE_MOST;
}

/* Tries the next level in the direction, or in the other one. `usual` is known. */
static void try_next(struct synched__depth *depth) {
  if (!can_go(depth, depth->rises) && !depth->has_turned) {
    depth->rises = !depth->rises;
    depth->has_turned = true;
  }
  if (!can_go(depth, depth->rises)) {
    stay(depth);
    return;
  }
  depth->tried = depth->rises ? depth->level + 1 : depth->level - 1;
  measure(depth);
}

static void judge(struct synched__depth *depth) {
  if (depth->usual == 0) {
    depth->usual = depth->least;
    try_next(depth);
  } else if (depth->least < depth->usual - depth->usual / GAIN_PART) {
    depth->level = depth->tried;
    depth->usual = depth->least;
    depth->has_turned = true; /* where it comes from is worse */
    try_next(depth);
  } else if (!depth->has_turned) {
    depth->rises = !depth->rises;
    depth->has_turned = true;
    try_next(depth);
  } else {
    stay(depth);
  }
}

void synched__depth_update(struct synched__depth *depth, unsigned rounds, uint64_t ns) {
  if (depth->is_settled) {
    if (depth->rest > rounds) {
      depth->rest -= rounds;
      return;
    }
    depth->is_settled = depth->has_turned = false;
    measure(depth);
    return;
  }
  /* Fewer than were wanted were left. */
  if (rounds != synched__depth_rounds(depth))
    return;
  const uint64_t each = ns * 16 / rounds + 1;
  if (depth->count++ != 0 && each < depth->least)
    depth->least = each;
  if (depth->count == TILES_MEASURED)
    judge(depth);
}
