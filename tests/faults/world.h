/*
 * world.h: a pool of two workers and a memory, in which every element is the number of its round:
 * whether a snapshot is whole, and the right one, is to be seen in it.
 */
#ifndef SYNCHED_TESTS_FAULTS_WORLD_H
#define SYNCHED_TESTS_FAULTS_WORLD_H

#include <synched/synched.h>

#define WORLD_CAPACITY 4u

struct world {
  struct synched_pool *pool;
  struct synched_memory *memory;
  size_t segment_count;
};

extern struct world world;

/* Of two workers and five segments; the least world has one of each. */
void world_open(void);
void world_open_least(void);
void world_close(void);

/* A compute call, and an init: fills its segment with the number of its round. */
int world_compute(struct synched_task *task, void *user);

/* Fails unless each element is the snapshot's round. */
void world_expect(const struct synched_snapshot *now);

/* After an attempt: the current snapshot is whole, and the memory has no job. */
void world_verify(int status);

/* A job that is created or NULL; returns its status. */
int world_create(struct synched_job **job, const struct synched_job_options *options);

#endif
