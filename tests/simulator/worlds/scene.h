/*
 * scene.h: what most worlds are made of: a pool, and jobs whose results are known.
 */
#ifndef SIMULATOR_SCENE_H
#define SIMULATOR_SCENE_H

#include <synched/synched.h>

#include "promises.h"
#include "simulator.h"

struct scene {
  struct synched_pool *pool;
};

struct scene_job {
  struct synched_memory *memory;
  struct synched_job *job;
  struct promises *promises;
  size_t segment_count, capacity;
  bool is_large; /* its pages are placed, by a round at home for each buffer */
  /* what a call of a round takes; NULL: no time */
  uint64_t (*spend_ns)(uint64_t round, size_t segment);
  /* the calls of this round fail, from this segment on; 0: none */
  uint64_t fail_round;
  size_t fail_segment;
  bool every;          /* on_snapshot gets each */
  bool latest;         /* on_snapshot gets the newest, and the last */
  uint64_t deliver_ns; /* what on_snapshot takes */
  bool inits;          /* there are init and on_init */
  void (*when_round)(struct scene_job *job, const struct synched_snapshot *now); /* in on_round */
  const struct synched_snapshot *kept;                                           /* the world's */
  uint64_t stop_round; /* on_round ends the job after this one; 0: it does not */
  /* on_done calls it last; the job may be destroyed there */
  void (*when_done)(struct scene_job *job);
  bool knows_calls; /* it is checked since when calls run at a missed deadline */
  unsigned deadline_count, stalled_count;   /* calls of on_deadline and on_stalled */
  void (*when_seen)(struct scene_job *job); /* after on_snapshot */
  void (*when_stalled)(struct scene_job *job);
  void (*when_steered)(struct scene_job *job, const struct synched_steered *steered);
  /* all threads go on in the default order up to this round; 0: as the world says */
  uint64_t aloud_from;
  /* a call of this round goes on until it is told to end; 0: none */
  uint64_t endless_round;
};

/* A world of a file that has `static void run(const struct shape *)`; what follows is the shape. */
#define SCENE_WORLD(identifier, text, what, most, ...)                                             \
  static void run_##identifier(void) {                                                             \
    run(&(struct shape){__VA_ARGS__});                                                             \
  }                                                                                                \
  const struct sim_world sim_world_##identifier = {                                                \
      .name = text, .about = what, .run = run_##identifier, .bound = most}

#define SCENE_FAILURE (-77)
#define SCENE_LARGE ((size_t)4096)

/* For spend_ns: calls that are worth sharing. */
uint64_t scene_heavy(uint64_t round, size_t segment);

/* What a call contributes to a fold, which is another sum in another order; and the sum in the
 * order of segments. */
double scene_contribution(uint64_t round, size_t segment);
double scene_folded(uint64_t round, size_t segment_count);

/* A pool of workers without places. From here on threads go on in the default order, as worlds
 * begin, until sim_aloud. */
void scene_open(struct scene *scene, unsigned worker_count, enum synched_wait wait);
void scene_close(struct scene *scene);

/* A job of the pool's, with a memory of its own; `options` says what is particular about it:
 * callbacks are set here. */
void scene_job_open(struct scene_job *out, const struct scene *scene, size_t segment_count,
                    unsigned lease_count, const struct synched_job_options *options);
/* Runs a job under all schedules that the world is explored in: it ends well. Quietly again. */
void scene_run_aloud(struct synched_job *job);

/* Blocks; the job ends with this status. */
void scene_job_run(struct scene_job *job, int status);
/* Starts it, polled, and dispatches until it is done. */
void scene_job_start(struct scene_job *job);
void scene_job_finish(struct scene_job *job);
/* It is to run once more. */
void scene_job_again(struct scene_job *job);
/* It is over. */
void scene_job_close(struct scene_job *job);

/* Compares a snapshot with what the serial loop computes. */
void scene_check_snapshot(const struct scene_job *job, const struct synched_snapshot *snapshot);

#endif
