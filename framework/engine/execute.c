/*
 * execute.c: a worker's part in a round.
 *
 * The round is complete when `remaining` says that every segment has been computed, whoever did it;
 * a worker that was asleep or descheduled all the while is not waited for. Everybody counts itself
 * out once per stretch of calls, adding the stretch's time to the same word, so that the closing
 * worker learns what the round cost without visiting the others' lines. Who has computed all that
 * was outstanding when the round was opened does not even count.
 *
 * A round that is too small to share is computed by the leader alone (solo). Nothing of it is
 * announced: no atomic operation, no line moves; the other workers go on waiting for an epoch and
 * soon sleep. When it turns out longer than expected the rest of it is opened after all: every
 * cursor is set to what is left of its range under the new epoch, then the gate advances. Nobody
 * else can write a cursor at that moment: under their old tags nothing is left.
 *
 * In a static round of very little work the leader computes its own part before it opens the rest,
 * so that of two workers the other one finds, in a line that it reads anyway, that it is the last,
 * and needs no count.
 *
 *   [slot-written] see open.c.
 *   [counted-out]  who counts out hands its segments and records to whoever completes the round.
 */
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "engine/round.h"
#include "platform/clock.h"
#include "platform/event.h"

/* A worker that looks for something to steal does so at so many of the others, before it looks at
 * the gate again. */
#define VICTIMS_AT_A_TIME 8u

/* --- calls, and what is written down about them --- */

/* What `out` holds when a call starts. */
static inline void refill(void *out, const void *before, size_t bytes, enum synched_refill refill) {
  if (refill == SYNCHED_REFILL_ZERO)
    memset(out, 0, bytes);
  else if (refill == SYNCHED_REFILL_KEEP)
    memcpy(out, before, bytes);
}

static bool is_skipped(struct synched__work *work, size_t segment) {
  return segment >= synched__load_relaxed(&work->skip_from) || synched__work_is_cancelled(work);
}

int synched_task_cancelled(const struct synched_task *task) {
  if (task == NULL || task->engine == NULL)
    return 0;
  /* The job is there, and can be written to, as long as one of its calls goes on. */
  return is_skipped((struct synched__work *)(uintptr_t)task->engine, task->segment);
}

/* Where a call's contribution is kept. */
static inline void *contribution_of(const struct synched__stage *stage, size_t segment) {
  return stage->contributions + segment * stage->contribution_stride;
}

/* What a call has of each field, where there are several or stages. */
struct parts {
  struct synched_task_parts shown;
  void *outs[SYNCHED_FIELDS_MAX];
  size_t counts[SYNCHED_FIELDS_MAX];
};

/* Where a call writes field f, refilled; NULL: it does not. */
static void *open_part(const struct synched__run *run, size_t segment, unsigned f) {
  const struct synched__fields *fields = run->work->fields;
  const struct synched_memory *memory = fields->memories[f];
  const struct synched__layout *layout = &memory->layout;
  if (fields->out[f] == NULL)
    return NULL;
  unsigned char *out = fields->out[f]->data + layout->offsets[segment] * layout->element_size;
  if (!memory->in_place && (run->stage->overwrites >> f & 1) == 0)
    refill(out, synched_snapshot_segment(fields->in[f], segment),
           layout->capacities[segment] * layout->element_size, memory->refill);
  return out;
}

/* Where a call puts what it adds to the fold, if that is more than a double; NULL: it is not. */
static void *open_contribution(const struct synched__stage *stage, size_t segment) {
  if (stage->accumulators == NULL)
    return NULL;
  return memcpy(contribution_of(stage, segment), stage->fold.identity, stage->fold.bytes);
}

static struct synched_task fields_task(const struct synched__run *run, size_t segment,
                                       struct parts *parts) {
  const struct synched__fields *fields = run->work->fields;
  const struct synched__layout *layout = &run->work->memory->layout;
  for (unsigned f = 0; f < fields->count; f++) {
    parts->outs[f] = open_part(run, segment, f);
    parts->counts[f] = fields->in[f]->counts[segment];
  }
  parts->shown = (struct synched_task_parts){
      .stage = run->stage->index,
      .field_count = fields->count,
      .fields = fields->in,
      .outs = parts->outs,
      .counts = parts->counts,
      .fold = open_contribution(run->stage, segment),
      .folds = fields->has_folds ? fields->folds : NULL,
  };
  return (struct synched_task){
      .round = run->open->round,
      .segment = segment,
      .worker = run->worker->index,
      .previous = fields->in[0],
      .out = parts->outs[0],
      .capacity = layout->capacities[segment],
      .count = parts->counts[0],
      .engine = run->work,
      .first = layout->offsets[segment],
      .parts = &parts->shown,
  };
}

/* Mostly it is the same as two rounds ago: not writing it spares neighbours their shared line. */
static inline void set_count(size_t *counts, size_t segment, size_t count) {
  if (counts[segment] != count)
    counts[segment] = count;
}

/* The counts that a call has set. Returns the field whose count is beyond its capacity, or that
 * there is none: the number of fields. */
static unsigned check_counts(const struct synched__fields *fields, size_t segment,
                             const struct parts *parts) {
  unsigned f = 0;
  while (f < fields->count && (parts->outs[f] == NULL ||
                               parts->counts[f] <= fields->memories[f]->layout.capacities[segment]))
    f++;
  return f;
}

static void set_counts(const struct synched__fields *fields, size_t segment,
                       const struct parts *parts) {
  for (unsigned f = 0; f < fields->count; f++)
    if (parts->outs[f] != NULL)
      set_count(fields->out[f]->counts, segment, parts->counts[f]);
}

/* Calls the stage's function. */
__attribute__((always_inline)) static inline int compute(const struct synched__stage *stage,
                                                         struct synched_task *task) {
  const struct synched__work *work = stage->work;
  /* The call before may have left another one. */
  synched__fp_mode_enter(&work->fp_mode);
  synched__event_task_begin(work, task->round, task->segment, task->worker);
  const int code = stage->compute(task, work->user);
  synched__event_task_end(work, task->round, task->segment, task->worker);
  return code;
}

/* What a call has failed with. */
struct fault {
  int code;
  /* the field whose count is wrong */
  unsigned field;
  /* that count, where it is beyond the capacity; else 0 */
  size_t count;
};

/* Segments above the lowest failure are skipped, those below are still computed: so which one is
 * the lowest does not depend on who was faster. */
static void note_failure(struct synched__run *run, size_t segment, struct fault fault) {
  struct synched__work *work = run->work;
  struct synched__failure *own = &work->failures[run->worker->index];
  if (segment < own->segment)
    *own = (struct synched__failure){.segment = segment,
                                     .code = fault.code,
                                     .count = fault.count,
                                     .field = fault.field,
                                     .stage = run->stage->index};
  uint64_t from = synched__load_relaxed(&work->skip_from);
  while (segment < from && !synched__cas_relaxed(&work->skip_from, &from, segment))
    continue;
}

/* What is not wanted any more may say so by a code of its own. */
static void fail_call(struct synched__run *run, size_t segment, struct fault fault) {
  if (!is_skipped(run->work, segment))
    note_failure(run, segment, fault);
}

/* In a job of one field and one stage. Inlined, for it is most of what a call costs. */
__attribute__((always_inline)) static inline void
call_plainly(struct synched__run *run, const struct synched__stage *stage, size_t segment) {
  const struct synched_memory *memory = stage->work->memory;
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
  task.engine = stage->work;
  task.first = first;
  task.parts = NULL;
  refill(task.out, (const unsigned char *)previous->data + begin,
         task.capacity * layout->element_size, memory->refill);
  const int code = compute(stage, &task);
  if (code != 0 || task.count > task.capacity) {
    const struct fault beyond = {SYNCHED_ERANGE, 0, task.count};
    const struct fault failed = {.code = code};
    fail_call(run, segment, code != 0 ? failed : beyond);
    return;
  }
  set_count(synched__buffer_counts(open->pair.next), segment, task.count);
  if (stage->contributions != NULL)
    *(double *)contribution_of(stage, segment) = task.contribution;
}

static void call_with_fields(struct synched__run *run, const struct synched__stage *stage,
                             size_t segment) {
  const struct synched__fields *fields = stage->work->fields;
  struct parts parts;
  struct synched_task task = fields_task(run, segment, &parts);
  const int code = compute(stage, &task);
  parts.counts[0] = task.count;
  const unsigned beyond = check_counts(fields, segment, &parts);
  if (code != 0 || beyond < fields->count) {
    struct fault fault = {.code = code};
    if (code == 0)
      fault = (struct fault){SYNCHED_ERANGE, beyond, parts.counts[beyond]};
    fail_call(run, segment, fault);
    return;
  }
  set_counts(fields, segment, &parts);
  if (stage->contributions != NULL && parts.shown.fold == NULL)
    *(double *)contribution_of(stage, segment) = task.contribution;
}

/* A turn of a loop over indices. */
static void call_for(struct synched__run *run, const struct synched__stage *stage, size_t index) {
  synched__fp_mode_enter(&stage->work->fp_mode);
  const int code = stage->for_fn(index, run->worker->index, stage->for_user);
  if (code != 0)
    fail_call(run, index, (struct fault){.code = code});
}

/* A call that began when the one before ended, and ended now. */
__attribute__((always_inline)) static inline void record_call(struct synched__run *run,
                                                              size_t segment, bool home) {
  struct synched__record *record = run->work->record;
  const uint64_t now_ns = synched__tick_ns();
  const uint64_t ns = synched__span_ns(run->now_ns, now_ns);
  synched__record_call(record, segment, ns);
  if (!home)
    synched__record_stolen(record, segment);
  if (ns > run->part.longest_ns) {
    run->part.longest_ns = ns;
    run->part.segment_sleeps = (run->part.segment_sleeps & ~(uint64_t)UINT32_MAX) | segment;
  }
  if (run->open->recorded && record->segment_histograms != NULL)
    synched__histogram_add(&record->segment_histograms[segment], ns);
  if (record->tasks != NULL)
    synched__record_task(record, run->worker->index,
                         &(struct synched__task){run->open->round, segment, run->now_ns, now_ns});
  run->now_ns = now_ns;
}

/* Between two calls. The system ends programs whose real-time threads never sleep:
 * platform/thread.h. */
static inline void sleep_if_due(struct synched__run *run) {
  struct synched__waiter *waiter = &run->worker->waiter;
  if (run->now_ns < waiter->awake_until_ns)
    return;
  synched__waiter_sleep(waiter);
  run->now_ns = synched__tick_ns();
}

enum kind { PLAIN, WITH_FIELDS, FOR };

/* Computes the segments of a range; where they are timed, only until run->stop_ns has come. Returns
 * where it stopped. */
__attribute__((always_inline)) static inline size_t
run_calls(struct synched__run *run, struct synched__range range, bool home, enum kind kind) {
  const struct synched__stage *stage = run->stage;
  struct synched__work *work = stage->work;
  const struct synched__record *record = work->record;
  const bool timed = record->segments != NULL && stage->is_recorded;
  const bool marked = kind != FOR && work->marks != NULL; /* indices are no segments */
  const bool must_sleep = run->worker->waiter.awake_most_ns != UINT64_MAX;
  uint64_t call_count = 0;
  size_t next = range.first;
  const size_t end = next + range.count;
  while (next < end) {
    const size_t segment = synched__order_at(&stage->order, next++);
    if (is_skipped(work, segment))
      continue;
    if (marked)
      synched__call_mark_enter(&work->marks[run->worker->index], segment, synched__tick_ns());
    if (kind == PLAIN)
      call_plainly(run, stage, segment);
    else if (kind == FOR)
      call_for(run, stage, segment);
    else
      call_with_fields(run, stage, segment);
    call_count++;
    if (timed) {
      record_call(run, segment, home);
      const bool stops = run->now_ns >= run->stop_ns;
      if (must_sleep)
        sleep_if_due(run);
      if (stops)
        break;
    } else if (must_sleep) {
      run->now_ns = synched__tick_ns();
      sleep_if_due(run);
    }
  }
  if (!timed)
    run->now_ns = synched__tick_ns();
  if (marked)
    synched__call_mark_leave(&work->marks[run->worker->index]);
  run->calls += call_count + (home ? 0 : call_count << SYNCHED__STOLEN_SHIFT);
  return next;
}

/* Loops of their own, so that the plain one has nothing in it of what others need. */
__attribute__((noinline)) static size_t run_plainly(struct synched__run *run,
                                                    struct synched__range range, bool home) {
  return run_calls(run, range, home, PLAIN);
}

__attribute__((noinline)) static size_t run_with_fields(struct synched__run *run,
                                                        struct synched__range range, bool home) {
  return run_calls(run, range, home, WITH_FIELDS);
}

__attribute__((noinline)) static size_t run_for(struct synched__run *run,
                                                struct synched__range range, bool home) {
  return run_calls(run, range, home, FOR);
}

static inline size_t run_range(struct synched__run *run, struct synched__range range, bool home) {
  const struct synched__stage *stage = run->stage;
  run->work = stage->work;
  if (stage->for_fn != NULL)
    return run_for(run, range, home);
  return stage->work->fields == NULL ? run_plainly(run, range, home)
                                     : run_with_fields(run, range, home);
}

/* The run begins a part in a round. */
static void begin(struct synched__run *run, uint64_t start_ns) {
  run->start_ns = run->now_ns = start_ns;
  run->stop_ns = UINT64_MAX;
  run->work_ns = 0;
  run->calls = 0;
  run->part = (struct synched__part){0};
}

/* How the worker slept since its part before. */
static void record_sleep(struct synched__run *run, struct synched__worker_totals *totals) {
  struct synched__sleep *sleep = &run->worker->waiter.sleep;
  const uint64_t count = sleep->count < UINT16_MAX ? sleep->count : UINT16_MAX;
  const uint64_t woken_count = sleep->woken_count < UINT16_MAX ? sleep->woken_count : UINT16_MAX;
  run->part.segment_sleeps |= count << SYNCHED__SLEEPS_SHIFT | woken_count << SYNCHED__WAKES_SHIFT;
  run->part.slept_ns = sleep->ns;
  totals->sleep_count += sleep->count;
  totals->wake_count += sleep->woken_count;
  totals->slept_ns += sleep->ns;
  *sleep = (struct synched__sleep){0};
}

/* The part has begun in an earlier stage of the round. */
static void resume_part(struct synched__part *part, const struct synched__part *before) {
  const struct synched__part stretch = *part;
  *part = *before;
  if (stretch.longest_ns <= part->longest_ns)
    return;
  part->longest_ns = stretch.longest_ns;
  part->segment_sleeps =
      (part->segment_sleeps & ~(uint64_t)UINT32_MAX) | (stretch.segment_sleeps & UINT32_MAX);
}

/* Writes a stretch of calls down; returns what it took. */
static uint64_t record(struct synched__run *run) {
  const struct synched__work *work = run->work;
  struct synched__record *record = work->record;
  const uint64_t compute_ns = synched__span_ns(run->start_ns, run->now_ns);
  if (!run->stage->is_recorded || record->rows == NULL)
    return compute_ns;
  const unsigned self = run->worker->index;
  struct synched__part *part = &run->part;
  struct synched__worker_totals *totals = &record->workers[self];
  struct synched__home *own = &run->open->homes[self];
  if (work->stage_count > 1 && part->round == 0 &&
      own->part_opened_ns == run->open->round_opened_ns)
    resume_part(part, &own->part);
  const uint64_t before_ns = part->round == 0 ? SYNCHED__NOT_BEFORE : part->compute_ns;
  if (part->round == 0) {
    part->round = run->open->round;
    part->start_ns = totals->last_start_ns = run->start_ns;
    totals->round_count++;
    if (run->worker->waiter.sleep.count != 0)
      record_sleep(run, totals);
  }
  totals->last_end_ns = run->now_ns;
  totals->compute_ns += compute_ns;
  totals->call_count += (uint32_t)run->calls;
  totals->stolen_count += run->calls >> SYNCHED__STOLEN_SHIFT;
  part->compute_ns += compute_ns;
  if (run->open->recorded) {
    part->end_ns = run->now_ns;
    part->calls += run->calls;
    synched__record_part(record, self, part, before_ns);
  }
  run->calls = 0;
  if (work->stage_count > 1) {
    own->part = *part;
    own->part_opened_ns = run->open->round_opened_ns;
  }
  return compute_ns;
}

/* --- sharing a round --- */

/* The worker's own home range in rounds of this packed shape. */
static inline struct synched__range own_range(struct synched__run *run, uint64_t shape) {
  struct synched__home *home = &run->open->homes[run->worker->index];
  if (home->range_shape != shape) {
    home->range = synched__range_of(synched__shape_unpack(shape), run->worker->index);
    home->range_shape = shape;
  }
  return home->range;
}

/* Finds out whose round this is. false: it has closed already. */
static bool join(struct synched__run *run, struct synched__worker *worker, uint64_t epoch) {
  struct synched_pool *pool = worker->pool;
  struct synched__open_slot *slot = &pool->open->slots[epoch & 1];
  struct synched__home *home = &pool->open->homes[worker->index];
  run->worker = worker;
  run->pool = pool;
  run->open = pool->open;
  run->epoch = epoch;
  run->solo = false;
  const uint64_t shape = synched__load_acquire(&slot->shape); /* [slot-written] acquire */
  run->stage = synched__load_relaxed(&slot->stage);
  if (synched__load_relaxed(&pool->epoch) != epoch)
    return false;
  run->shape = synched__shape_unpack(shape);
  (void)own_range(run, shape);
  begin(run, home->opened_epoch == epoch ? home->opened_ns : synched__tick_ns());
  return true;
}

/* Returns what is counted of this stretch: see part_most_ns. */
static uint64_t note_work(struct synched__run *run) {
  const uint64_t most_ns = run->work->part_most_ns;
  uint64_t work_ns = record(run);
  if (work_ns > most_ns - run->work_ns)
    work_ns = most_ns - run->work_ns;
  run->work_ns += work_ns;
  return work_ns;
}

/* Counts a stretch of `count` computed segments out, all at home with worker `owner`; true if that
 * completed the round. */
static bool count_out(struct synched__run *run, unsigned owner, size_t count) {
  struct synched__stage *stage = run->stage;
  const uint64_t work_ns = note_work(run);
  if (count == run->open->outstanding) {
    /* It has computed all there was: nobody else counts. */
    run->round_work_ns = run->work_ns;
    return true;
  }
  uint64_t change = ((uint64_t)count << SYNCHED__REMAINING_SHIFT) - work_ns;
  if (stage->groups != NULL) {
    const unsigned group = run->pool->workers[owner].group;
    change = synched__group_count_out(&stage->groups[group], count, work_ns);
    if (change == 0)
      return false;
  }
  /* [counted-out] release, acquire: the latter by whoever completes the round */
  const uint64_t remaining = synched__sub_acq_rel(&stage->remaining, change) - change;
  SYNCHED_ASSERT(remaining >> 63 == 0); /* nobody computes a segment twice */
  run->round_work_ns = remaining & UINT32_MAX;
  return remaining >> SYNCHED__REMAINING_SHIFT == 0;
}

/* Claims and computes until `home`, the home range of worker `owner`, is dry; how many segments
 * that were. */
static size_t drain(struct synched__run *run, unsigned owner, struct synched__range home) {
  _Atomic uint64_t *cursor = &run->open->homes[owner].cursor;
  size_t total = 0;
  for (;;) {
    struct synched__range claimed = synched__claim(cursor, run->epoch, home, run->shape.batch);
    if (claimed.count == 0)
      return total;
    (void)run_range(run, claimed, owner == run->worker->index);
    total += claimed.count;
  }
}

/* A way around all the others, neighbours first, alternately to both sides. */
struct search {
  /* how many steps of the way the last range that was looked at is from here */
  unsigned distance;
  /* how many looks have found nothing since one found something */
  unsigned in_vain;
};

static unsigned next_victim(const struct synched__run *run, struct search *search) {
  const struct synched_pool *pool = run->pool;
  const unsigned count = pool->worker_count;
  const unsigned rank = run->worker->rank;
  const unsigned k = search->distance = search->distance % (count - 1) + 1;
  const unsigned step = (k + 1) / 2;
  const unsigned position = (k & 1) != 0 ? rank + step : rank + count - step;
  return pool->ring[position % count];
}

/* Looks at some others and computes what it finds with the first that has something left. true:
 * that completed the round. Only some at a time, for there may be hundreds, and a round that is
 * about to end ends while we look. */
static bool steal(struct synched__run *run, struct search *search) {
  const unsigned most = run->pool->worker_count - 1;
  for (unsigned looks = 0; looks < VICTIMS_AT_A_TIME && search->in_vain < most; looks++) {
    const unsigned victim = next_victim(run, search);
    const struct synched__range home = synched__range_of(run->shape, victim);
    const uint64_t cursor = synched__load_relaxed(&run->open->homes[victim].cursor);
    search->in_vain++;
    if (synched__cursor_left(cursor, run->epoch, home.count) == 0)
      continue;
    run->start_ns = run->now_ns = synched__tick_ns();
    const size_t count = drain(run, victim, home);
    if (count == 0)
      continue;
    search->in_vain = 0;
    synched__event_steal(run->work, run->worker->index, victim, count);
    if (synched__load_relaxed(&run->stage->stolen) == 0)
      synched__store_relaxed(&run->stage->stolen, 1);
    return count_out(run, victim, count);
  }
  return false;
}

static bool take_part_balanced(struct synched__run *run) {
  const unsigned self = run->worker->index;
  const size_t count = drain(run, self, run->open->homes[self].range);
  const unsigned looks = count != 0 ? run->stage->looks : SYNCHED__LOOKS_STOLEN;
  if (count != 0 && count_out(run, self, count))
    return true;
  struct search search = {0, 0};
  while (search.in_vain + 1 < run->pool->worker_count) {
    if (synched__gate_spin(&run->pool->gate, looks, run->epoch) != run->epoch)
      return false;
    if (steal(run, &search))
      return true;
  }
  return false;
}

static bool take_part_static(struct synched__run *run) {
  const unsigned self = run->worker->index;
  struct synched__home *own = &run->open->homes[self];
  const struct synched__range home = own->range;
  if (home.count == 0)
    return false;
  (void)run_range(run, home, true);
  /* Who opened the round started its part before that, which may have taken longer than the
   * part. */
  if (own->opened_epoch != run->epoch)
    own->part_ns = synched__span_ns(run->start_ns, run->now_ns);
  return count_out(run, self, home.count);
}

bool synched__round_take_part(struct synched__run *run, struct synched__worker *worker,
                              uint64_t epoch) {
  if (!join(run, worker, epoch))
    return false;
  /* Workers without a home are more than there are CPUs: what they took would wait with them for a
   * CPU. */
  if (worker->index >= run->shape.team)
    return false;
  synched__pool_wake_on(worker, run->shape.wake_count);
  return run->shape.is_static ? take_part_static(run) : take_part_balanced(run);
}

/* --- the leader's part, before or without opening --- */

uint64_t synched__round_open_late(struct synched__run *run) {
  struct synched__stage *stage = run->stage;
  const unsigned self = run->worker->index;
  const struct synched__range home = run->open->homes[self].range;
  const struct synched__rest rest = {.count = stage->shape.segment_count - home.count};
  SYNCHED_ASSERT(rest.count != 0); /* else the round would be solo */
  begin(run, run->open->opened_ns);
  (void)run_range(run, home, true);
  run->open->homes[self].part_ns = record(run);
  run->epoch = synched__load_relaxed(&run->pool->epoch) + 1;
  synched__round_open_rest(run->pool, stage, run->epoch, &rest);
  return run->epoch;
}

/* Turns of a loop over indices that are claimed together once some have shown what they take. */
#define FOR_BATCH_NS 2000u
/* And at least so many batches for each worker. */
#define FOR_BATCHES 8u

/* Its first `next` indices have been computed. */
static void set_for_batch(const struct synched__run *run, size_t next) {
  struct synched__shape *shape = &run->stage->shape;
  const uint64_t fitting =
      FOR_BATCH_NS * (uint64_t)next / (synched__span_ns(run->start_ns, run->now_ns) + 1);
  const size_t even = (shape->segment_count - next) / ((size_t)shape->team * FOR_BATCHES);
  uint64_t batch = fitting < even ? fitting : even;
  if (batch > SYNCHED__BATCH_MAX)
    batch = SYNCHED__BATCH_MAX;
  shape->batch = batch == 0 ? 1 : (unsigned)batch;
}

/* Looks at the clock more rarely, as long as that cannot make it late. Returns true. */
static bool lengthen(const struct synched__run *run, size_t *most) {
  const uint64_t gone_ns = run->now_ns - run->start_ns;
  if (*most < SYNCHED__BATCH_MAX && gone_ns * 8 < run->stop_ns - run->start_ns)
    *most *= 2;
  return true;
}

/* Opens the rest of the round, from segment position `next` on; this run takes part in it as in any
 * round. */
static void share_rest(struct synched__run *run, size_t next) {
  struct synched_pool *pool = run->pool;
  if (run->stage->for_fn != NULL)
    set_for_batch(run, next);
  run->solo = false;
  run->epoch = synched__load_relaxed(&pool->epoch) + 1;
  run->shape = run->stage->shape;
  run->stop_ns = UINT64_MAX;
  (void)own_range(run, synched__shape_pack(run->shape));
  for (unsigned w = 0; w < run->shape.team; w++) {
    const size_t left = synched__range_left(synched__range_of(run->shape, w), next);
    /* Released by the gate's advance. */
    synched__store_relaxed(&pool->open->homes[w].cursor, synched__cursor_pack(run->epoch, left));
  }
  const struct synched__rest rest = {next, run->shape.segment_count - next, note_work(run)};
  run->start_ns = run->now_ns;
  synched__round_open_rest(pool, run->stage, run->epoch, &rest);
  synched__pool_wake_on(run->worker, run->shape.wake_count);
}

bool synched__round_run_solo(struct synched__run *run) {
  struct synched__stage *stage = run->stage;
  const size_t count = stage->shape.segment_count;
  const bool sharable = synched__shape_share(stage->shape) > 1;
  /* nobody else is to be asked in between, or each call is timed, or some are together */
  size_t most = sharable && stage->work->record->segments == NULL ? stage->shape.batch : count;
  begin(run, run->open->opened_ns);
  run->solo = true;
  if (sharable)
    run->stop_ns = run->start_ns + synched__balance_shares_after_ns(&stage->balance);
  size_t next = 0;
  do {
    const size_t left = count - next;
    next = run_range(run, (struct synched__range){next, left < most ? left : most}, true);
  } while (next < count && run->now_ns < run->stop_ns &&
           (stage->for_fn == NULL || lengthen(run, &most)));
  if (next < count) {
    share_rest(run, next);
    return take_part_balanced(run);
  }
  run->round_work_ns = run->work_ns = record(run);
  return true;
}
