/*
 * call.c: see call.h.
 */
#include "engine/call.h"

#include "engine/tile.h"

int synched_task_cancelled(const struct synched_task *task) {
  if (task == NULL || task->engine == NULL)
    return 0;
  /* The job is there, and can be written to, as long as one of its calls goes on. */
  struct synched__work *work = (struct synched__work *)(uintptr_t)task->engine;
  if (work->link != NULL && synched__work_is_void(work))
    return 1;
  const unsigned step = work->tile == NULL ? 0 : synched__tile_step(work->tile, task);
  return synched__call_is_skipped(work, synched__call_key(step, task->segment));
}

/* Calls above the lowest failure are skipped, those below are still computed: so which one is the
 * lowest does not depend on who was faster. */
static bool note_failure(struct synched__run *run, const struct synched__site *site, uint64_t key,
                         struct synched__fault fault) {
  struct synched__work *work = run->work;
  struct synched__failure *own = &work->failures[run->worker->index];
  const bool is_lowest = key < own->key;
  if (is_lowest)
    *own = (struct synched__failure){.key = key,
                                     .code = fault.code,
                                     .count = fault.count,
                                     .finding = fault.finding,
                                     .field = fault.field,
                                     .stage = site->stage->index,
                                     .round = site->round};
  uint64_t from = synched__load_relaxed(&work->skip_from);
  while (key < from && !synched__cas_relaxed(&work->skip_from, &from, key))
    continue;
  return is_lowest;
}

bool synched__call_fail(struct synched__run *run, const struct synched__site *site, size_t segment,
                        struct synched__fault fault) {
  const uint64_t key = synched__call_key(site->step, segment);
  return !synched__call_is_skipped(run->work, key) && note_failure(run, site, key, fault);
}

void synched__call_fail_plainly(struct synched__run *run, const struct synched__stage *stage,
                                const struct synched_task *task, int code) {
  const struct synched__fault beyond = {.code = SYNCHED_ERANGE, .count = task->count};
  const struct synched__fault failed = {.code = code};
  const struct synched__site site = {.stage = stage, .round = task->round};
  (void)synched__call_fail(run, &site, task->segment, code != 0 ? failed : beyond);
}

/* What a call has of each field, where there are several or stages. */
struct parts {
  struct synched_task_parts shown;
  void *outs[SYNCHED_FIELDS_MAX];
  size_t counts[SYNCHED_FIELDS_MAX];
};

/* Where a call writes field f, refilled; NULL: it does not. */
static void *open_part(const struct synched__site *site, const struct synched_memory *memory,
                       size_t segment, unsigned f) {
  const struct synched__layout *layout = &memory->layout;
  const struct synched__block *block = site->access->out[f];
  if (block == NULL)
    return NULL;
  unsigned char *out = block->data + layout->offsets[segment] * layout->element_size;
  if (!memory->in_place && (site->stage->overwrites >> f & 1) == 0)
    synched__refill(out, synched_snapshot_segment(site->access->in[f], segment),
                    layout->capacities[segment] * layout->element_size, memory->refill);
  return out;
}

/* Where a call puts what it adds to the fold, if that is more than a double; NULL: it is not. */
static void *open_contribution(const struct synched__stage *stage, size_t segment) {
  if (stage->accumulators == NULL)
    return NULL;
  return memcpy(synched__contribution_of(stage, segment), stage->fold.identity, stage->fold.bytes);
}

static struct synched_task make_task(const struct synched__run *run,
                                     const struct synched__site *site, size_t segment,
                                     struct parts *parts) {
  const struct synched__fields *fields = run->work->fields;
  const struct synched__layout *layout = &run->work->memory->layout;
  for (unsigned f = 0; f < fields->count; f++) {
    parts->outs[f] = open_part(site, fields->memories[f], segment, f);
    parts->counts[f] = site->access->in[f]->counts[segment];
  }
  parts->shown = (struct synched_task_parts){
      .stage = site->stage->index,
      .field_count = fields->count,
      .fields = site->access->in,
      .outs = parts->outs,
      .counts = parts->counts,
      .fold = open_contribution(site->stage, segment),
      .folds = fields->has_folds ? fields->folds : NULL,
  };
  return (struct synched_task){
      .round = site->round,
      .segment = segment,
      .worker = run->worker->index,
      .previous = site->access->in[0],
      .out = parts->outs[0],
      .capacity = layout->capacities[segment],
      .count = parts->counts[0],
      .engine = run->work,
      .first = layout->offsets[segment],
      .parts = &parts->shown,
  };
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

static void set_counts(const struct synched__access *access, unsigned field_count, size_t segment,
                       const struct parts *parts) {
  for (unsigned f = 0; f < field_count; f++)
    if (parts->outs[f] != NULL)
      synched__set_count(access->out[f]->counts, segment, parts->counts[f]);
}

/* A segment that has another count than before has changed, whatever the call says. */
static bool keeps_counts(const struct synched__access *access, unsigned field_count, size_t segment,
                         const struct parts *parts) {
  unsigned f = 0;
  while (f < field_count &&
         (parts->outs[f] == NULL || parts->counts[f] == access->in[f]->counts[segment]))
    f++;
  return f == field_count;
}

bool synched__call_at(struct synched__run *run, const struct synched__site *site, size_t segment) {
  const struct synched__stage *stage = site->stage;
  const struct synched__fields *fields = run->work->fields;
  struct parts parts;
  struct synched_task task = make_task(run, site, segment, &parts);
  const int code = synched__compute(stage->work, stage, &task);
  parts.counts[0] = task.count;
  const unsigned beyond = check_counts(fields, segment, &parts);
  if (code != 0 || beyond < fields->count) {
    struct synched__fault fault = {.code = code};
    if (code == 0)
      fault = (struct synched__fault){
          .code = SYNCHED_ERANGE, .field = beyond, .count = parts.counts[beyond]};
    (void)synched__call_fail(run, site, segment, fault);
    return false;
  }
  set_counts(site->access, fields->count, segment, &parts);
  if (stage->contributions != NULL && parts.shown.fold == NULL)
    *(double *)synched__contribution_of(stage, segment) = task.contribution;
  return task.unchanged != 0 && keeps_counts(site->access, fields->count, segment, &parts);
}
