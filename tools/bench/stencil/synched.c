/*
 * synched.c: stencils with Synched: a segment is a band of rows, which reads its neighbours. Bands
 * are as large as the example `heat` makes them.
 */
#include <synched/synched.h>

#include "../codes/codes.h"
#include "../job_run.h"
#include "heat/run.h"
#include "stencil.h"

static int start(struct synched_task *task, void *user) {
  stencil_start(user, task->first, task->first + task->capacity, task->out);
  return 0;
}

static int step(struct synched_task *task, void *user) {
  stencil_step(user, task->previous->data, task->first, task->first + task->capacity, task->out);
  return 0;
}

static int create_memory(struct synched_memory **out, const struct stencil *stencil,
                         const struct stencil_run *run) {
  const struct heat_plate plate = {stencil->row_bytes / sizeof(double), stencil->row_count};
  const size_t rows = heat_rows_for(&plate, run->workers);
  const size_t count = (stencil->row_count - 1) / rows + 1;
  size_t *capacities = malloc(count * sizeof *capacities);
  if (capacities == NULL)
    return SYNCHED_ENOMEM;
  for (size_t s = 0; s < count; s++)
    capacities[s] = s + 1 < count ? rows : stencil->row_count - s * rows;
  const int status = synched_memory_create(
      out,
      SYNCHED_MEMORY_OPTIONS(.flags = run->small_pages ? 0 : SYNCHED_MEMORY_HUGE_PAGES,
                             .segment_count = count, .segment_capacities = capacities,
                             .element_size = stencil->row_bytes, .refill = SYNCHED_REFILL_NONE));
  free(capacities);
  return status;
}

/* The rounds, from a time loop: nobody looks at each of them. */
static int advance(struct synched_job *job, struct stencil_run *run) {
  int status = run->warm_up == 0 ? 0 : synched_job_advance(job, run->warm_up);
  const double start_ns = bench_now_ns();
  if (status == 0)
    status = synched_job_advance(job, run->timed);
  run->ns = bench_now_ns() - start_ns;
  return status;
}

int stencil_synched(struct stencil_run *run) {
  struct stencil stencil;
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  if (stencil_open(&stencil, run->kind, run->side) != 0)
    return -1;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = run->workers));
  if (status == 0)
    status = create_memory(&memory, &stencil, run);
  if (status == 0)
    status =
        synched_job_create(&job, pool, memory,
                           SYNCHED_JOB_OPTIONS(.user = &stencil, .init = start, .compute = step,
                                               .reads = {.reach = SYNCHED_REACH_NEAR,
                                                         .radius = 1,
                                                         .wraps = stencil.wraps},
                                               .rounds_per_barrier = run->rounds_per_barrier));
  if (status == 0)
    status = advance(job, run);
  if (status == 0) {
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    run->checksum = kernel_checksum(now->data, stencil.row_count * stencil.row_bytes);
    synched_snapshot_release(now);
  }
  status = bench_job_end(status, job, &memory, 1, pool);
  stencil_close(&stencil);
  return status == 0 ? 0 : -1;
}
