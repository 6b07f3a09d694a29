/*
 * call.h: one call of a job's function: what it gets, and what becomes of what it returns
 * (internal).
 */
#ifndef SYNCHED_ENGINE_CALL_H
#define SYNCHED_ENGINE_CALL_H

#include <string.h>

#include "base/error.h"
#include "engine/round.h"
#include "platform/event.h"

/* Where a call stands in the order of the serial loop, from the last barrier on. Of two that fail
 * the lower one counts. */
static inline uint64_t synched__call_key(unsigned step, size_t segment) {
  return (uint64_t)step << 32 | segment;
}

static inline bool synched__call_is_skipped(struct synched__work *work, uint64_t key) {
  return key >= synched__load_relaxed(&work->skip_from) || synched__work_is_cancelled(work);
}

/* What a call has failed with. */
struct synched__fault {
  int code;
  /* of the count */
  unsigned field;
  /* beyond the capacity, or 0 */
  size_t count;
  /* of a checked job: where it says what was found, as long as the job is there; else NULL */
  const char *finding;
};

/* Which call of a segment it is. */
struct synched__site {
  const struct synched__stage *stage;
  /* NULL: in a job of one field and one stage */
  const struct synched__access *access;
  uint64_t round;
  /* since the last barrier */
  unsigned step;
};

/* What is not wanted any more may say so by a code of its own. Returns whether this is the lowest
 * failure on the worker so far. */
bool synched__call_fail(struct synched__run *run, const struct synched__site *site, size_t segment,
                        struct synched__fault fault);

/* The same in a job of one field and one stage: the call has returned `code`, or left a count that
 * is beyond the capacity. */
void synched__call_fail_plainly(struct synched__run *run, const struct synched__stage *stage,
                                const struct synched_task *task, int code);

/* In a job of several fields or stages. Returns whether it is known that the call has changed
 * nothing. */
bool synched__call_at(struct synched__run *run, const struct synched__site *site, size_t segment);

/* What `out` holds when a call starts. */
static inline void synched__refill(void *out, const void *before, size_t bytes,
                                   enum synched_refill refill) {
  if (refill == SYNCHED_REFILL_ZERO)
    memset(out, 0, bytes);
  else if (refill == SYNCHED_REFILL_KEEP)
    memcpy(out, before, bytes);
}

/* Where a call's contribution is kept. */
static inline void *synched__contribution_of(const struct synched__stage *stage, size_t segment) {
  return stage->contributions + segment * stage->contribution_stride;
}

/* Mostly it is the same as two rounds ago: not writing it spares neighbours their shared line. */
static inline void synched__set_count(size_t *counts, size_t segment, size_t count) {
  if (counts[segment] != count)
    counts[segment] = count;
}

/* Calls the function of a stage of the work. */
__attribute__((always_inline)) static inline int
synched__compute(const struct synched__work *work, const struct synched__stage *stage,
                 struct synched_task *task) {
  /* The call before may have left another one. */
  synched__fp_mode_enter(&work->fp_mode);
  synched__event_task_begin(work, task->round, task->segment, task->worker);
  const int code = stage->compute(task, work->user);
  synched__event_task_end(work, task->round, task->segment, task->worker);
  return code;
}

/* In a job of one field and one stage. Inlined, for it is most of what a call costs. */
__attribute__((always_inline)) static inline void
synched__call_plainly(struct synched__run *run, const struct synched__work *work,
                      const struct synched__stage *stage, size_t segment) {
  const struct synched_memory *memory = work->memory;
  const struct synched__layout *layout = &memory->layout;
  const struct synched__open_round *open = run->open;
  const struct synched_snapshot *previous = &open->pair.current->snapshot;
  const size_t first = layout->offsets[segment];
  const size_t begin = first * layout->element_size;
  /* Member by member: as an initialiser it would be cleared first. */
  struct synched_task task;
  task.round = open->round;
  task.segment = segment;
  task.worker = run->worker->index;
  task.previous = previous;
  task.out = synched__buffer_data(open->pair.next) + begin;
  task.capacity = layout->capacities[segment];
  task.count = previous->counts[segment];
  task.contribution = 0.0;
  task.engine = work;
  task.first = first;
  task.parts = NULL;
  synched__refill(task.out, (const unsigned char *)previous->data + begin,
                  task.capacity * layout->element_size, memory->refill);
  const int code = synched__compute(work, stage, &task);
  if (code != 0 || task.count > task.capacity) {
    synched__call_fail_plainly(run, stage, &task, code);
    return;
  }
  synched__set_count(synched__buffer_counts(open->pair.next), segment, task.count);
  if (stage->contributions != NULL)
    *(double *)synched__contribution_of(stage, segment) = task.contribution;
}

#endif
