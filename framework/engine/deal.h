/*
 * deal.h: home ranges that follow what segments cost and what workers can do (internal).
 *
 * A job's home ranges are even at first. What the segments of each have taken tells how long its
 * worker would need for them, whether they are dear or the worker is slow: if the ranges differ,
 * segments next to a border change hands, so that all would be done at the same time. The ranges
 * stay contiguous, cover all segments in ascending order, and none is empty that was not. So
 * results do not depend on them, and engine/claim.h's argument holds: whether a worker has a range
 * follows from the shape alone.
 *
 * A deal is made by the leader, between two stages, for all stages of the job: a segment is at home
 * with the same worker throughout a round. Whoever looks at a range in an open round finds it in
 * the open round (engine/open_round.h).
 *
 * Segments are dealt in pieces, each of one segment, or of some where there are very many.
 */
#ifndef SYNCHED_ENGINE_DEAL_H
#define SYNCHED_ENGINE_DEAL_H

#include "engine/claim.h"

/* So many pieces at most: as many as there are strips of a tile, at most (engine/strips.h). */
#define SYNCHED__PIECES_MOST 8191u

/* Where the range of each worker begins, in pieces: [team + 1], strictly ascending. */
struct synched__borders {
  unsigned team;
  uint32_t *at;
};

/* What the pieces have taken in some rounds, where they were at home. */
struct synched__costs {
  size_t piece_count;
  /* [piece_count + 1]: of all pieces before each */
  uint64_t *sums_ns;
  /* in which they took that */
  uint64_t round_count;
};

struct synched__deal {
  /* Fixed. */
  size_t segment_count;
  /* it is known what each worker takes, but not each segment */
  bool by_worker;
  /* the memory's pages lie where segments were at home first */
  bool is_placed;

  /* Leader. */
  struct synched__borders borders;
  /* where the costs of the window before wanted them, and those of this one; and where both do */
  struct synched__borders before, wanted, aim;
  /* [team + 1]: which way each border went last: -1, 0, 1 */
  signed char *went;
  /* of the window, and of the one before */
  struct synched__costs costs, costs_before;
  /* [piece_count], or [team] if by_worker: what the record said when the window began */
  uint64_t *seen_ns;
  /* 0: the ranges are even; else no other deal of the pool's has the same */
  uint64_t serial;
  /* when the window began */
  uint64_t began_ns, began_round;
  /* the first window has begun; and one is over, so that `before` says something */
  bool has_begun, has_before;
  /* segments have changed hands in the window before: they go on until all are even */
  bool is_moving;
  /* windows are so many times as long as the shortest; and at least so many times */
  unsigned factor, factor_least;
  /* windows since segments changed hands */
  unsigned quiet_count;
};

/* Makes one of even ranges. `team`: workers that have any. false: no memory; it is to be destroyed
 * all the same. */
bool synched__deal_create(struct synched__deal **out, size_t segment_count, unsigned team,
                          bool by_worker);
void synched__deal_destroy(struct synched__deal *deal);

/* Before a run: makes the ranges even, and forgets what was learnt. Returns when to look first: in
 * the rounds before that caches become warm, and pages are placed. */
uint64_t synched__deal_reset(struct synched__deal *deal);

/* The first segment of a piece; of the one behind the last, the number of segments. */
static inline size_t synched__piece_first(const struct synched__deal *deal, size_t piece) {
  return deal->costs.piece_count == deal->segment_count
             ? piece
             : (size_t)((uint64_t)deal->segment_count * piece / deal->costs.piece_count);
}

/* The home range of a worker of the team. */
static inline struct synched__range synched__deal_range(const struct synched__deal *deal,
                                                        unsigned worker) {
  const size_t first = synched__piece_first(deal, deal->borders.at[worker]);
  return (struct synched__range){first,
                                 synched__piece_first(deal, deal->borders.at[worker + 1]) - first};
}

/* The home range of a worker in rounds of a shape, which may be dealt or not. */
static inline struct synched__range synched__dealt_range(const struct synched__deal *deal,
                                                         struct synched__shape shape,
                                                         unsigned worker) {
  if (!shape.is_dealt)
    return synched__range_of(shape, worker);
  return worker < deal->borders.team ? synched__deal_range(deal, worker)
                                     : (struct synched__range){0, 0};
}

/* --- windows; by the leader --- */

/* When to look again, as a round's number, where `round` is complete at now_ns. Sets *is_over: the
 * window is long enough, and a new one is to begin. */
uint64_t synched__deal_next_look(const struct synched__deal *deal, uint64_t round, uint64_t now_ns,
                                 bool *is_over);

/* A window begins. Returns when to look. */
uint64_t synched__deal_begin(struct synched__deal *deal, uint64_t round, uint64_t now_ns);

/* Nothing can be learnt of the window. */
void synched__deal_skip(struct synched__deal *deal);

/* The window is over, and its costs are known. true: segments change hands. */
bool synched__deal_update(struct synched__deal *deal);

/* --- the arithmetic --- */

/* Even ranges of so many pieces. */
void synched__borders_even(const struct synched__borders *borders, size_t piece_count);

/* Ranges that cost nearly the same, in *out; each has a piece at least. */
void synched__borders_level(const struct synched__borders *out, const struct synched__costs *costs);

/* What the dearest range costs. */
uint64_t synched__borders_most(const struct synched__borders *borders,
                               const struct synched__costs *costs);

/* Each border where it is now, or at the nearer one of two other places, if both are on the same
 * side of it, in *out. */
void synched__borders_agree(const struct synched__borders *out, const struct synched__borders *now,
                            const struct synched__borders *one,
                            const struct synched__borders *other);

/* Each border half of the way from one place to the other, at least a piece, in *out. */
void synched__borders_halve(const struct synched__borders *out, const struct synched__borders *from,
                            const struct synched__borders *to);

/* Whether what rounds gain repays that pieces change hands. */
bool synched__deal_repays(const struct synched__costs *costs, const struct synched__borders *from,
                          const struct synched__borders *to);

#endif
