/*
 * scene.h: pools and memories drawn at random, and contents that say which round made them.
 *
 * Every element of a memory here is a 64-bit number made of the memory's tag, the round, the
 * segment and the element's index; counts follow from the round and the segment. So a look at a
 * snapshot tells whether all of it comes from one round of that memory, and from the right one,
 * without any history.
 */
#ifndef SYNCHED_TESTS_SCENE_H
#define SYNCHED_TESTS_SCENE_H

#include <stddef.h>
#include <stdint.h>

#include <synched/synched.h>

#include "support/stress.h"

/* Of a pool that is asked for by --workers; and of one that is drawn. */
#define SCENE_WORKERS_MOST 64u
#define SCENE_DRAWN_MOST 40u

struct scene_memory {
  struct synched_memory *memory;
  uint64_t tag;
  size_t segment_count, capacity;
  unsigned lease_count;
  uint64_t work_most; /* calls take up to so many units; 0: none */
};

/* What is drawn stays within these. */
struct scene_limits {
  size_t segments_most, capacity_most;
  unsigned leases_least, leases_most;
};

/* A pool of so many workers as --workers says; or else of 1 .. workers_most, or now and then up to
 * SCENE_DRAWN_MOST. All else is drawn. */
struct synched_pool *scene_pool_create(struct stress_random *random, unsigned workers_most);

/* Destroys a pool that nothing uses any more. */
void scene_pool_destroy(struct synched_pool *pool);

/* A memory that has been loaded with the contents of round 0. */
void scene_memory_create(struct scene_memory *scene, struct stress_random *random,
                         const struct scene_limits *limits);
void scene_memory_destroy(struct scene_memory *scene);

/* Writes what belongs into a segment in `round`; gives the count. */
size_t scene_fill(const struct scene_memory *scene, uint64_t round, size_t segment, uint64_t *out);

/* A compute call: looks at its own and others' previous contents, works for a while, fills its
 * segment. */
void scene_compute(const struct scene_memory *scene, struct synched_task *task);

/* What scene_compute contributes, folded as a sum over all segments of a round. */
double scene_fold(const struct scene_memory *scene, uint64_t round);

/* Fails unless all of the snapshot is what its round, which is `round`, made it. */
void scene_check(const struct scene_memory *scene, const struct synched_snapshot *snapshot,
                 uint64_t round);

/* Fails unless that segment of the snapshot is what `round` made it. */
void scene_check_segment(const struct scene_memory *scene, const struct synched_snapshot *snapshot,
                         uint64_t round, size_t segment);

/* scene_check for the current snapshot, whatever its round; returns that. */
uint64_t scene_check_current(const struct scene_memory *scene);

/* A job that shares the pool with the one that is tested. */
struct scene_beside {
  struct scene_memory memory;
  struct synched_job *job;
};

void scene_beside_create(struct scene_beside *out, struct stress_random *random,
                         struct synched_pool *pool);
void scene_beside_destroy(struct scene_beside *beside);

/* Runs a job to its end in an event loop, and the one beside it, unless that is NULL; meanwhile
 * another thread runs `steer`, unless that is NULL. */
void scene_run(struct synched_job *job, const struct scene_beside *beside,
               void *(*steer)(void *argument), void *argument);

/* Fails unless it is 0, or says that it is so already. */
void scene_expect_ok_or_already(int status, const char *call);

/* The summary of a job's last run. */
struct synched_report_summary scene_summary(const struct synched_report *report);

/* Fails, with the library's own message, unless status is 0. */
void scene_expect_ok(int status, const char *call);

#endif
