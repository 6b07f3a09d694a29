#include "engine/work.h"

#include "platform/alloc.h"
#include "pool/pool.h"

void synched__stage_destroy(struct synched__stage *stage) {
  if (stage == NULL)
    return;
  synched__free(stage->contributions);
  synched__order_deinit(&stage->order);
  synched__free(stage->groups);
  synched__free(stage->name);
  synched__free(stage);
}

void synched__work_forget_failures(struct synched__work *work) {
  for (unsigned w = 0; w < work->pool->worker_count; w++)
    work->failures[w] = (struct synched__failure){.segment = SYNCHED__NO_SEGMENT};
  synched__store_relaxed(&work->skip_from, SYNCHED__NO_SEGMENT);
}

const struct synched__failure *synched__work_lowest_failure(const struct synched__work *work) {
  const struct synched__failure *lowest = &work->failures[0];
  for (unsigned w = 1; w < work->pool->worker_count; w++)
    if (work->failures[w].segment < lowest->segment)
      lowest = &work->failures[w];
  return lowest;
}
