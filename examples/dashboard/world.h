/*
 * world.h: the job: Life on a torus, one round a generation, one segment a band of rows. Together
 * with steer.h the only part of this program that knows Synched's rounds.
 */
#ifndef DASHBOARD_WORLD_H
#define DASHBOARD_WORLD_H

#include <stdint.h>

#include <uv.h>

#include <synched/synched.h>

#include "common/error.h"
#include "grid.h"
#include "kernel.h"
#include "pattern.h"
#include "settings.h"

struct dashboard_lane;

/* What the job tells, on the loop's thread. */
struct dashboard_hooks {
  void *user;
  void (*on_round)(const struct synched_snapshot *now, void *user); /* the newest one */
  void (*on_steered)(const struct synched_steered *steered, void *user);
  void (*on_ended)(int status, void *user);
};

struct dashboard_world {
  struct dashboard_hooks hooks;
  struct life_pattern pattern;
  struct life_grid grid;
  struct life_kernel kernel;
  uint64_t seed;
  unsigned worker_count;        /* as obtained */
  struct dashboard_lane *lanes; /* [worker_count] */
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
};

/* Gets everything that the job needs. 0, to be ended with dashboard_world_destroy; or -1 and why,
 * and nothing is left. */
int dashboard_world_create(struct dashboard_world *out, const struct dashboard_settings *settings,
                           const struct dashboard_hooks *hooks, struct example_error *error);

/* After the job has ended: sows the torus anew, for the next start. 0 or a status. */
int dashboard_world_sow(struct dashboard_world *world);

/* How long a worker has computed so far. */
uint64_t dashboard_world_work_ns(const struct dashboard_world *world, unsigned worker);

/* The job must have ended, or never have started. */
void dashboard_world_destroy(struct dashboard_world *world);

#endif
