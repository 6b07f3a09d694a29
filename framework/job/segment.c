/*
 * segment.c: one call, and what is written down about it.
 */
#include <string.h>

#include "base/error.h"
#include "job/job.h"
#include "platform/clock.h"

static void refill(const struct synched_task *task, enum synched_refill refill,
                   size_t element_size) {
  if (refill == SYNCHED_REFILL_ZERO)
    memset(task->out, 0, task->capacity * element_size);
  else if (refill == SYNCHED_REFILL_KEEP)
    memcpy(task->out, synched_snapshot_segment(task->previous, task->segment),
           task->capacity * element_size);
}

/* Segments above the lowest failure are skipped, those below are still computed: so which one is the
 * lowest does not depend on who was faster. */
static void note_failure(struct synched__run *run, size_t segment, int code, size_t count) {
  struct synched_job *job = run->job;
  struct synched__failure *failure = &job->failures[run->worker->index];
  if (segment < failure->segment)
    *failure = (struct synched__failure){.segment = segment, .code = code, .count = count};
  uint64_t from = synched__load_relaxed(&job->skip_from);
  while (segment < from && !synched__cas_relaxed(&job->skip_from, &from, segment))
    continue;
}

static bool is_skipped(struct synched_job *job, size_t segment) {
  return segment >= synched__load_relaxed(&job->skip_from) || synched__job_is_cancelled(job);
}

int synched_task_cancelled(const struct synched_task *task) {
  if (task == NULL || task->engine == NULL)
    return 0;
  /* The job is there, and can be written to, as long as one of its calls goes on. */
  return is_skipped((struct synched_job *)(uintptr_t)task->engine, task->segment);
}

static void call(struct synched__run *run, size_t segment) {
  struct synched_job *job = run->job;
  const struct synched__layout *layout = &job->memory->layout;
  struct synched__buffer *out = run->pool->roles.out;
  struct synched__buffer *previous = run->pool->roles.current;
  const size_t first = layout->offsets[segment];
  struct synched_task task = {
      .round = run->pool->round,
      .segment = segment,
      .worker = run->worker->index,
      .previous = &previous->snapshot,
      .out = out->data + first * layout->element_size,
      .capacity = layout->capacities[segment],
      .count = previous->counts[segment],
      .engine = job,
      .first = first,
  };
  refill(&task, job->memory->refill, layout->element_size);
  synched_compute_fn compute = job->initialising ? job->options.init : job->options.compute;
  /* The call before may have left another one. */
  synched__fp_mode_enter(&job->fp_mode);
  int code = compute(&task, job->options.user);
  const bool is_beyond = code == 0 && task.count > task.capacity;
  if (is_beyond)
    code = SYNCHED_ERANGE;
  if (code != 0) {
    /* What is not wanted any more may say so by a code of its own. */
    if (!is_skipped(job, segment))
      note_failure(run, segment, code, is_beyond ? task.count : 0);
    return;
  }
  /* Mostly it is the same as two rounds ago: not writing it spares neighbours their shared line. */
  if (out->counts[segment] != task.count)
    out->counts[segment] = task.count;
  if (job->contributions != NULL)
    job->contributions[segment * job->contribution_stride] = task.contribution;
}

static void time_segment(struct synched_report *report, size_t segment, uint64_t ns) {
  struct synched__record_segment *record = &report->segments[segment * report->segment_stride];
  record->call_count++;
  record->compute_ns += ns;
  if (ns > record->longest_ns)
    record->longest_ns = ns;
}

/* The system ends programs whose real-time threads never sleep: platform/thread.h. */
static inline void rest_if_due(struct synched__run *run) {
  struct synched__waiter *waiter = &run->worker->waiter;
  if (run->now_ns < waiter->awake_until_ns)
    return;
  synched__waiter_rest(waiter);
  run->now_ns = synched__tick_ns();
}

void synched__run_range(struct synched__run *run, struct synched__range range, bool home) {
  struct synched_job *job = run->job;
  struct synched_report *report = job->report;
  const bool timed = report->segments != NULL && !job->initialising;
  const bool rests = run->worker->waiter.awake_most_ns != UINT64_MAX;
  uint64_t call_count = 0;
  for (size_t i = range.first; i < range.first + range.count; i++) {
    const size_t segment = synched__order_at(&job->order, i);
    if (is_skipped(job, segment))
      continue;
    if (job->watched.marks != NULL)
      synched__watch_enter(&job->watched.marks[run->worker->index], segment, synched__tick_ns());
    call(run, segment);
    call_count++;
    if (timed) {
      uint64_t now_ns = synched__tick_ns();
      time_segment(report, segment, synched__span_ns(run->now_ns, now_ns));
      run->now_ns = now_ns;
      rest_if_due(run);
    } else if (rests) {
      run->now_ns = synched__tick_ns();
      rest_if_due(run);
    }
  }
  if (!timed)
    run->now_ns = synched__tick_ns();
  if (job->watched.marks != NULL)
    synched__watch_leave(&job->watched.marks[run->worker->index]);
  struct synched__record_worker *record = &report->workers[run->worker->index];
  if (!job->initialising) {
    record->call_count += call_count;
    record->stolen_count += home ? 0 : call_count;
  }
}

uint64_t synched__run_record(struct synched__run *run) {
  const struct synched_job *job = run->job;
  uint64_t compute_ns = synched__span_ns(run->start_ns, run->now_ns);
  if (job->initialising)
    return compute_ns;
  struct synched__record_worker *record = &job->report->workers[run->worker->index];
  const uint64_t round = run->pool->round;
  struct synched__record_cell *cell =
      synched__record_cell_of(job->report, run->worker->index, round);
  if (cell->round != round) {
    *cell = (struct synched__record_cell){.round = round, .start_ns = run->start_ns};
    record->round_count++;
    record->last_start_ns = run->start_ns;
  }
  cell->end_ns = run->now_ns;
  cell->compute_ns += compute_ns;
  record->compute_ns += compute_ns;
  record->last_end_ns = run->now_ns;
  return compute_ns;
}
