/*
 * sweep.c: parallel loops that an event loop is told the end of.
 */
#include "api/sweep.h"

#include "base/error.h"

/* What on_done is told belongs to the call. NOLINTNEXTLINE(readability-function-size) */
int synched_pool_for_start(struct synched_pool *pool, struct uv_loop_s *loop, size_t count,
                           synched_for_fn fn, void *user, synched_for_done_fn on_done) {
  const struct synched__sweep_request request = {count, fn, user};
  int status = synched__sweep_check(pool, &request);
  if (status != 0)
    return status;
  if (on_done == NULL)
    return synched__fail(SYNCHED_EINVAL, "on_done is NULL");
  struct synched__sweep *sweep;
  status = synched__sweep_take(&sweep, pool, &request);
  if (status != 0)
    return status;
  synched__sweep_prepare_start(sweep, on_done, user);
  status = synched_job_start(sweep->job, loop);
  if (status != 0)
    synched__sweep_give(sweep);
  return status;
}
