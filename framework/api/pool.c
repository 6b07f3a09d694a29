/*
 * pool.c: creating and ending a pool: its threads, the round they compute, and the jobs that take
 * turns on them.
 */
#include "pool/pool.h"

#include "api/sweep.h"
#include "base/error.h"
#include "base/options.h"
#include "dispatch/cycle.h"
#include "dispatch/dispatch.h"
#include "engine/open_round.h"
#include "monitor/monitor.h"
#include "platform/process.h"

static int read_options(struct synched_pool_options *read,
                        const struct synched_pool_options *options) {
  static const struct synched__options_spec spec = {
      .what = "synched_pool_options",
      .known = sizeof(struct synched_pool_options),
      .minimum = offsetof(struct synched_pool_options, priority)};
  return synched__options_read(read, options, &spec);
}

int synched_pool_create(struct synched_pool **out, const struct synched_pool_options *options) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the pool to create is NULL");
  *out = NULL;
  struct synched_pool_options read;
  int status = read_options(&read, options);
  if (status != 0)
    return status;
  struct synched_pool *pool = NULL;
  status = synched__pool_make(&pool, &read);
  if (status != 0)
    return status;
  status = synched__open_round_create(&pool->open, pool->worker_count);
  if (status != 0)
    goto no_open_round;
  status = synched__dispatch_create(&pool->dispatch, pool->worker_count);
  if (status != 0)
    goto no_dispatch;
  status = synched__sweeps_create(&pool->sweeps);
  if (status != 0)
    goto no_sweeps;
  status = synched__pool_start(pool, read.stack_bytes, synched__cycle_work);
  if (status != 0)
    goto no_threads;
  synched__monitor_pool_added();
  *out = pool;
  return 0;
no_threads:
  synched__sweeps_destroy(pool->sweeps);
no_sweeps:
  synched__dispatch_destroy(pool->dispatch);
no_dispatch:
  synched__open_round_destroy(pool->open);
no_open_round:
  synched__pool_free(pool);
  return status;
}

int synched_pool_destroy(struct synched_pool *pool) {
  if (pool == NULL)
    return 0;
  if (synched__is_foreign(pool->generation))
    return synched__process_refuse("pool");
  if (synched__worker_here(pool) != NULL)
    return synched__fail(SYNCHED_EDEADLK, "a worker cannot wait for its own end");
  int status = synched__sweeps_end(pool->sweeps);
  if (status == 0)
    status = synched__dispatch_check_unused(pool->dispatch);
  if (status != 0)
    return status;
  synched__pool_stop(pool);
  synched__sweeps_destroy(pool->sweeps);
  synched__dispatch_destroy(pool->dispatch);
  synched__open_round_destroy(pool->open);
  synched__pool_free(pool);
  synched__monitor_pool_gone();
  return 0;
}
