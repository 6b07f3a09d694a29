/*
 * open_round.h: the round that a pool's workers compute (internal).
 *
 * At any moment a pool is idle, or one thread is its leader, or a round is open. Who completes the
 * last segment of an open round is the leader with that; a thread that submits a job to an idle
 * pool becomes it under the mutex of dispatch/dispatch.h. Only the leader writes the plain fields
 * below, and it stops being the leader by opening a round (the advance of the gate releases all it
 * wrote) or by going idle.
 *
 * A worker that comes late, rounds after the one it was meant for, may be reading while a leader
 * writes. So what a worker reads before it has claimed a segment is atomic and checked against the
 * epoch (slots, cursors); once it has claimed one, the round cannot close before it is done.
 */
#ifndef SYNCHED_ENGINE_OPEN_ROUND_H
#define SYNCHED_ENGINE_OPEN_ROUND_H

#include "engine/claim.h"
#include "memory/memory.h"
#include "platform/atomic.h"
#include "report/record.h"

struct synched__stage;

/* Which stage an epoch is of, and its shape (engine/claim.h). There are two of them, by the epoch's
 * last bit, so that the one of the open round is not written while it is open. */
struct synched__open_slot {
  _Atomic(struct synched__stage *) stage;
  _Atomic uint64_t shape;
};

/* What a worker's part is in rounds of a shape. */
enum synched__part_kind {
  /* Workers beyond the team are more than there are CPUs: what they took would wait with them for a
   * CPU. */
  SYNCHED__PART_NONE,
  /* its home range, as a whole */
  SYNCHED__PART_STATIC,
  /* the segments that it claims */
  SYNCHED__PART_CLAIMED,
  /* the same, and it claims what is left of its home range at once */
  SYNCHED__PART_WHOLE,
  /* the strips that it claims */
  SYNCHED__PART_TILE
};

/* A worker's home range in the open round, and what it keeps of its own part. */
struct synched__home {
  /* (epoch, segments left): see engine/claim.h. Its owner's and thieves' */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t cursor;
  /* of a tile, in its place: see engine/strips.h */
  _Atomic uint64_t strips;
  /* the range itself, packed, in rounds whose shape says that it is dealt; leader */
  _Atomic uint64_t dealt;
  /* the last round that this worker opened, and when: saves it a look at the clock */
  _Alignas(SYNCHED__CACHE_LINE) uint64_t opened_epoch;
  uint64_t opened_ns;
  /* what its part of a static stage took when last it could tell */
  uint64_t part_ns;
  /* The range itself, and what the shape says of the worker's part; and the packed shape that these
   * are for, 0 where ranges are dealt: saves it a division, and taking the shape apart. */
  uint64_t range_shape;
  struct synched__range range;
  enum synched__part_kind part_kind;
  /* there are workers that it is to wake */
  bool wakes;
  /* what is recorded of its part in the open round, where that has several stages; it is the round
   * that was opened then */
  struct synched__part part;
  uint64_t part_opened_ns;
};

struct synched__open_round {
  /* The line that every round moves, read by everybody once the epoch has advanced; leader. It is
   * not the epoch's line: the leader writes it piece by piece, and who polls would take the line
   * away after each of them. Who counts itself out does so on yet another line (engine/work.h). */
  /* when the stage was opened */
  _Alignas(SYNCHED__CACHE_LINE) uint64_t opened_ns;
  /* when the round of the stage was opened */
  uint64_t round_opened_ns;
  /* that round's number */
  uint64_t round;
  /* the stage that is open, or prepared */
  struct synched__stage *stage;
  /* the round is written down (report/record.h) */
  bool recorded;
  /* the stage is not the first of its round */
  bool goes_on;
  /* an earlier stage of the round was shared */
  bool was_shared;
  /* who completes the stage hands it over (job/advance.h) */
  bool awaited;
  /* the pool was idle, and nobody else has computed anything since: they may still be asleep. Not
   * after a tick: there waking is part of what every round costs */
  bool waking;
  /* up to `round`, which are published together; mostly 1 */
  uint32_t round_count;
  /* of those, rounds after the one that is open, where they have stages of their own; mostly 0 */
  uint32_t rounds_left;
  /* segments that were not computed yet when the stage was opened */
  uint64_t outstanding;
  /* what the pool's rounds have taken so far; read by owners */
  _Atomic uint64_t busy_ns;
  /* current is what calls read, next what they write */
  struct synched__buffer_pair pair;

  /* Written when home ranges are dealt anew, or the pool turns to a job where they were. */
  /* whose `dealt` the homes have: a deal's serial */
  _Alignas(SYNCHED__CACHE_LINE) uint64_t dealt_serial;
  /* deals so far, in all of the pool's jobs */
  uint64_t deal_count;

  /* Written when the pool turns to another job, or one changes shape. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__open_slot slots[2];
  /* [worker_count] fixed */
  struct synched__home *homes;
};

_Static_assert(SYNCHED__SHARE_LINE(struct synched__open_round, opened_ns, pair.next_marked),
               "a round moves one line of what the leader writes");
_Static_assert(!SYNCHED__SHARE_LINE(struct synched__open_round, pair, slots),
               "the slots are not written while their round is open");
_Static_assert(SYNCHED__SHARE_LINE(struct synched__home, cursor, dealt) &&
                   !SYNCHED__SHARE_LINE(struct synched__home, cursor, opened_epoch),
               "a thief takes the cursor's line only");
_Static_assert(sizeof(struct synched__home) % SYNCHED__CACHE_LINE == 0,
               "two workers' do not share a line");

static inline uint64_t synched__range_pack(struct synched__range range) {
  return (uint64_t)range.first | (uint64_t)range.count << 32;
}

/* The home range of a worker in an open round. Who is late may get one of a later round, in which
 * it can claim nothing: see engine/claim.h. */
static inline struct synched__range synched__home_range(const struct synched__open_round *open,
                                                        struct synched__shape shape,
                                                        unsigned worker) {
  if (!shape.is_dealt)
    return synched__range_of(shape, worker);
  if (worker >= synched__shape_share(shape))
    return (struct synched__range){0, 0};
  const uint64_t word = synched__load_relaxed(&open->homes[worker].dealt);
  return (struct synched__range){(uint32_t)word, (uint32_t)(word >> 32)};
}

/* SYNCHED_ENOMEM. */
int synched__open_round_create(struct synched__open_round **out, unsigned worker_count);
void synched__open_round_destroy(struct synched__open_round *open);

#endif
