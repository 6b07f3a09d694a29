/*
 * origins.h: fields drawn at random, whose elements say which stage of which round has written
 * them; and readers that hold their snapshots meanwhile.
 *
 * So each call, and whoever looks at a snapshot, knows what it must find there, without any
 * history. Fields may be changed in place, padded, uneven, and only be read.
 */
#ifndef SYNCHED_TESTS_ORIGINS_H
#define SYNCHED_TESTS_ORIGINS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synched/synched.h>

#include "support/stress.h"

#define ORIGINS_FIELDS_MOST 6u
#define ORIGINS_STAGES_MOST 5u
#define ORIGINS_READERS_MOST 4u
/* Most jobs have few segments; of more, not all are looked at each time. */
#define ORIGINS_FEW_SEGMENTS 24u
#define ORIGINS_SEGMENTS_MOST 1500u
#define ORIGINS_CAPACITY_MOST 12u
#define ORIGINS_ELEMENT_MOST 24u
/* Of all elements of a segment. */
#define ORIGINS_BYTES_MOST (ORIGINS_CAPACITY_MOST * ORIGINS_ELEMENT_MOST)

/* Who has written a segment. */
struct origin {
  uint64_t round, stage;
};

#define ORIGIN_LOADED ((struct origin){0, UINT64_MAX})

struct origins_field {
  struct synched_memory *memory;
  size_t element_size;
  size_t capacities[ORIGINS_SEGMENTS_MOST];
  enum synched_refill refill;
  bool in_place;
};

struct origins {
  uint64_t tag;
  unsigned field_count, stage_count;
  size_t segment_count;
  uint32_t reads_only;
  /* the job has stages, not compute */
  bool is_staged;
  uint32_t writes[ORIGINS_STAGES_MOST], overwrites[ORIGINS_STAGES_MOST];
  struct origins_field fields[ORIGINS_FIELDS_MOST];
};

struct origins_limits {
  unsigned fields_most, stages_most;
};

/* Draws all but the memories. */
void origins_draw(struct origins *out, struct stress_random *random,
                  const struct origins_limits *limits);

/* For the memory of a field, whose pointers are into origins. */
struct synched_memory_options origins_memory_options(const struct origins *origins, unsigned f,
                                                     unsigned lease_count,
                                                     struct stress_random *random);
void origins_load(const struct origins *origins, unsigned f, struct origin origin);

/* Each memory that has a snapshot has that of this round, which `check` looks at. */
void origins_check_current(const struct origins *origins, uint64_t round,
                           void (*check)(const struct synched_snapshot *now, const void *user),
                           const void *user);

/* Each memory is by itself again, and has what that round left; destroys them. */
void origins_end(struct origins *origins, uint64_t round);

static inline bool origins_has(uint32_t set, unsigned f) {
  return (set >> f & 1) != 0;
}

/* Who has written what stage `stage` of a round reads; stage_count: what the round leaves. */
struct origin origins_of(const struct origins *origins, unsigned f, uint64_t round, unsigned stage);

size_t origins_count(const struct origins *origins, unsigned f, struct origin origin,
                     size_t segment);
void origins_fill(const struct origins *origins, unsigned f, struct origin origin, size_t segment,
                  void *out);

/* Fails unless it is that. */
void origins_check_elements(const struct origins *origins, unsigned f, struct origin origin,
                            size_t segment, const void *elements);
void origins_check_segment(const struct origins *origins, unsigned f, struct origin origin,
                           size_t segment, const struct synched_snapshot *view);

/* Fails unless all fields are of the snapshot's round, or what is looked at of them. */
void origins_check_snapshot(const struct origins *origins, const struct synched_snapshot *now);

/* Fails unless `out` holds what the fields' refills say, in all that a stage writes. */
void origins_check_refills(const struct origins *origins, const struct synched_task *task,
                           unsigned stage);

/* Writes all fields of the set, and their counts; fails unless the task is given just these. */
void origins_write(const struct origins *origins, struct synched_task *task, uint32_t writes,
                   struct origin origin);

/* The stage `s` of a job, without what it reads. */
struct synched_stage origins_stage(const struct origins *origins, unsigned s,
                                   synched_compute_fn compute);

/* For a job whose `user` begins with a struct origins: the content of round 0 once more, for
 * readers may have seen that. */
int origins_init(struct synched_task *task, void *user);

/* --- readers --- */

struct origins_readers;

struct origins_reader {
  struct origins_readers *readers;
  struct stress_random random;
  uint64_t round;
  pthread_t thread;
};

/* Threads that hold snapshots of whatever field, hand them to each other, and check them. */
struct origins_readers {
  const struct origins *origins;
  void (*check)(const struct synched_snapshot *now, const void *user);
  const void *user;
  /* the round of the last on_round, by release; what readers are given later is not older */
  _Atomic uint64_t published;
  _Atomic bool stopping;
  _Atomic(const struct synched_snapshot *) handed;
  unsigned count;
  struct origins_reader each[ORIGINS_READERS_MOST];
};

void origins_readers_start(struct origins_readers *readers, unsigned count,
                           struct stress_random *random);
/* Returns how many have seen something. */
unsigned origins_readers_stop(struct origins_readers *readers);

static inline uint64_t origins_published(const struct origins_readers *readers) {
  return atomic_load_explicit(&readers->published, memory_order_relaxed);
}

#endif
