#include "engine/work.h"

#include <stdint.h>

#include "platform/alloc.h"
#include "pool/pool.h"

void synched__stage_destroy(struct synched__stage *stage) {
  if (stage == NULL)
    return;
  synched__stage_destroy(stage->fold_pass);
  synched__stage_destroy(stage->edge);
  if (stage->inner == NULL) {
    synched__fold_deinit(&stage->fold);
    synched__free(stage->contributions);
    synched__free(stage->accumulators);
  }
  synched__free(stage->listed);
  synched__order_deinit(&stage->order);
  synched__free(stage->groups);
  synched__free(stage->name);
  synched__free(stage);
}

double synched__stage_fold_plainly(const struct synched__stage *stage) {
  const unsigned char *at = stage->contributions;
  double folded = *(const double *)(const void *)at;
  for (size_t s = 1; s < stage->work->memory->layout.segment_count; s++) {
    at += stage->contribution_stride;
    folded = synched__fold_two(stage->fold.kind, folded, *(const double *)(const void *)at);
  }
  return folded;
}

int synched__stage_fold_group(size_t group, unsigned worker, void *user) {
  const struct synched__stage *stage = user;
  const struct synched__contributions contributions = {
      stage->contributions, stage->contribution_stride, stage->work->memory->layout.segment_count};
  (void)worker;
  synched__fold_group(&stage->fold, stage->accumulators + group * stage->fold.accumulator_bytes,
                      &contributions, group);
  return 0;
}

void synched__stage_fold(const struct synched__stage *stage, bool groups_done, void *out) {
  if (stage->accumulators == NULL) {
    *(double *)out = synched__stage_fold_plainly(stage);
    return;
  }
  const size_t group_count = synched__fold_group_count(stage->work->memory->layout.segment_count);
  for (size_t group = 0; !groups_done && group < group_count; group++)
    (void)synched__stage_fold_group(group, 0, (void *)(uintptr_t)stage);
  synched__fold_finish(&stage->fold, out, stage->accumulators, group_count);
}

void synched__work_forget_failures(struct synched__work *work) {
  for (unsigned w = 0; w < work->pool->worker_count; w++)
    work->failures[w] = (struct synched__failure){.key = SYNCHED__NO_SEGMENT};
  synched__store_relaxed(&work->skip_from, SYNCHED__NO_SEGMENT);
}

const struct synched__failure *synched__work_lowest_failure(const struct synched__work *work) {
  const struct synched__failure *lowest = &work->failures[0];
  for (unsigned w = 1; w < work->pool->worker_count; w++)
    if (work->failures[w].key < lowest->key)
      lowest = &work->failures[w];
  return lowest;
}
