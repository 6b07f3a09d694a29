/*
 * check.c: see check.h.
 */
#include "engine/check.h"

#include <string.h>

#include "engine/trial.h"
#include "platform/alloc.h"
#include "platform/poison.h"
#include "platform/thread.h"

/* Where one call at a time is checked. */
struct booth {
  struct synched__mutex mutex;
  struct synched__lane lanes[SYNCHED__LANES];
  unsigned char *saved[SYNCHED_FIELDS_MAX];
  unsigned char saved_fold[SYNCHED_FOLD_BYTES_MAX];
};

/* What was found in the lowest call that has failed on a worker. */
struct finding {
  char text[SYNCHED__FINDING_BYTES];
};

struct synched__check {
  unsigned field_count;
  const struct synched_memory *memories[SYNCHED_FIELDS_MAX];
  unsigned stage_count;
  struct synched__reads reads[SYNCHED_STAGES_MAX];
  /* fields that no stage writes */
  uint32_t unwritten;
  bool wants_same;
  /* those that have a mutex; one, or one for each worker */
  unsigned booth_count;
  struct booth *booths;
  /* [worker_count] */
  struct finding *findings;
};

/* --- --- */

static bool init_booth(struct booth *booth, const struct synched__check *check) {
  bool complete = true;
  for (unsigned l = 0; complete && l < SYNCHED__LANES; l++)
    complete = synched__lane_init(&booth->lanes[l], l, check->memories, check->field_count);
  for (unsigned f = 0; complete && f < check->field_count; f++) {
    const struct synched__lane_field *field = &booth->lanes[0].fields[f];
    booth->saved[f] = synched__alloc(field->guard_bytes, 1);
    complete = booth->saved[f] != NULL;
  }
  return complete;
}

static int make_booths(struct synched__check *check, const struct synched__work *work) {
  const unsigned worker_count = work->pool->worker_count;
  const unsigned count = work->eager ? worker_count : 1;
  check->findings = synched__alloc(worker_count, sizeof *check->findings);
  check->booths = synched__alloc_lines(count, sizeof *check->booths);
  bool complete = check->findings != NULL && check->booths != NULL;
  while (complete && check->booth_count < count) {
    struct booth *booth = &check->booths[check->booth_count];
    const int status = synched__mutex_init(&booth->mutex);
    if (status != 0)
      return status;
    check->booth_count++;
    complete = init_booth(booth, check);
  }
  return complete ? 0
                  : synched__fail(SYNCHED_ENOMEM, "no memory to check the calls of %u fields",
                                  check->field_count);
}

int synched__check_create(struct synched__check **out,
                          const struct synched__check_options *options) {
  const struct synched__work *work = options->work;
  struct synched__check *check = synched__alloc_lines(1, sizeof *check);
  *out = NULL;
  if (check == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to check calls");
  check->wants_same = options->wants_same;
  check->unwritten = UINT32_MAX;
  check->field_count = options->field_count;
  for (unsigned f = 0; f < options->field_count; f++)
    check->memories[f] = options->memories[f];
  int status = 0;
  for (; status == 0 && check->stage_count < options->stage_count; check->stage_count++) {
    check->unwritten &= ~work->stages[check->stage_count]->writes;
    if (!synched__reads_init(&check->reads[check->stage_count], options->reads[check->stage_count],
                             options->memories[0]->layout.segment_count))
      status = synched__fail(SYNCHED_ENOMEM, "no memory for what stages read");
  }
  if (status == 0)
    status = make_booths(check, work);
  if (status != 0) {
    synched__check_destroy(check);
    return status;
  }
  *out = check;
  return 0;
}

/* The library's own, in which no segment is left alone. */
static bool is_poisonable(const struct synched_memory *memory, const struct synched__block *block) {
  return !memory->in_place && !block->is_foreign;
}

static void unpoison_all(const struct synched__check *check) {
  for (unsigned f = 0; f < check->field_count; f++) {
    const struct synched_memory *memory = check->memories[f];
    for (unsigned b = 0; b < memory->blocks.count; b++) {
      struct synched__block *block = memory->blocks.all[b];
      if (block->poisoned)
        synched__unpoison(block->data, memory->layout.data_bytes);
      block->poisoned = false;
    }
  }
}

void synched__check_destroy(struct synched__check *check) {
  if (check == NULL)
    return;
  unpoison_all(check);
  for (unsigned b = 0; b < check->booth_count; b++) {
    struct booth *booth = &check->booths[b];
    for (unsigned l = 0; l < SYNCHED__LANES; l++)
      synched__lane_deinit(&booth->lanes[l]);
    for (unsigned f = 0; f < check->field_count; f++)
      synched__free(booth->saved[f]);
    synched__mutex_deinit(&booth->mutex);
  }
  for (unsigned s = 0; s < check->stage_count; s++)
    synched__reads_deinit(&check->reads[s]);
  synched__free(check->booths);
  synched__free(check->findings);
  synched__free(check);
}

/* --- what nobody holds --- */

/* Whether a buffer besides next refers to a block. What is next was taken from readers, so nobody
 * else can be in it; in others a late reader may be, though they are free. */
static bool is_seen(const struct synched_memory *lead, const struct synched__buffer *next,
                    unsigned field, const struct synched__block *block) {
  for (unsigned b = 0; b < lead->buffer_count; b++)
    if (&lead->buffers[b] != next && lead->buffers[b].blocks[field] == block)
      return true;
  return false;
}

void synched__check_poison(const struct synched__check *check, const struct synched__work *work) {
  const struct synched__buffer *next = work->pool->open->pair.next;
  /* Where calls are skipped, most of a block is left as it is. */
  if (next == NULL || !synched__has_poison() || work->activity != NULL)
    return;
  for (unsigned f = 0; f < check->field_count; f++) {
    const struct synched_memory *memory = check->memories[f];
    for (unsigned b = 0; b < memory->blocks.count; b++) {
      struct synched__block *block = memory->blocks.all[b];
      if (is_poisonable(memory, block) && !is_seen(work->memory, next, f, block)) {
        block->poisoned = true;
        synched__poison(block->data, memory->layout.data_bytes);
      }
    }
  }
}

/* --- a call --- */

/* What a call has written becomes the segment's. */
static void commit(const struct synched__trial *trial, const struct synched__outcome *outcome) {
  const struct synched__stage *stage = trial->site->stage;
  const size_t segment = trial->segment;
  for (unsigned f = 0; f < synched__trial_fields(trial); f++) {
    const struct synched__layout *layout = synched__trial_layout(trial, f);
    const struct synched__block *block = trial->site->access->out[f];
    if (block == NULL)
      continue;
    const size_t size = layout->element_size;
    unsigned char *out = block->data + layout->offsets[segment] * size;
    synched__unpoison(out, (layout->offsets[segment + 1] - layout->offsets[segment]) * size);
    memcpy(out, outcome->outs[f], layout->capacities[segment] * size);
    synched__set_count(block->counts, segment, outcome->counts[f]);
  }
  if (outcome->fold != NULL)
    memcpy(synched__contribution_of(stage, segment), outcome->fold, stage->fold.bytes);
  else if (stage->contributions != NULL)
    *(double *)synched__contribution_of(stage, segment) = outcome->contribution;
}

/* The field whose count is beyond its capacity; if there is none, the number of fields. */
static unsigned field_beyond(const struct synched__trial *trial,
                             const struct synched__outcome *outcome) {
  const unsigned field_count = synched__trial_fields(trial);
  unsigned f = 0;
  while (f < field_count &&
         (outcome->outs[f] == NULL ||
          outcome->counts[f] <= synched__trial_layout(trial, f)->capacities[trial->segment]))
    f++;
  return f;
}

/* What an outcome fails with by itself; 0 in all: nothing. */
static struct synched__fault fault_of(const struct synched__trial *trial,
                                      const struct synched__outcome *outcome) {
  const unsigned beyond = field_beyond(trial, outcome);
  if (outcome->code != 0 || beyond == synched__trial_fields(trial))
    return (struct synched__fault){.code = outcome->code};
  return (struct synched__fault){
      .code = SYNCHED_ERANGE, .field = beyond, .count = outcome->counts[beyond]};
}

static bool is_not_wanted(const struct synched__trial *trial) {
  return synched__call_is_skipped(trial->run->work,
                                  synched__call_key(trial->site->step, trial->segment));
}

/* Makes the call in one lane, and looks at what it has left there. */
static struct synched__fault make(const struct synched__trial *trial, unsigned lane,
                                  struct synched__outcome *outcome) {
  synched__trial_make(trial, lane, trial->lanes[lane].pattern, outcome);
  struct synched__fault fault = fault_of(trial, outcome);
  const bool is_beyond = fault.count != 0;
  if (!is_beyond && synched__trial_inspect(trial, lane, outcome))
    fault = (struct synched__fault){.code = SYNCHED_EFAULT, .finding = trial->finding};
  synched__trial_close(trial, lane, outcome);
  return fault;
}

/* Makes the call in both lanes. *unchanged is as the call says. */
static struct synched__fault make_twice(const struct synched__trial *trial, bool wants_same,
                                        bool *unchanged) {
  struct synched__outcome first;
  struct synched__outcome second;
  struct synched__difference difference;
  struct synched__fault fault = make(trial, 0, &first);
  *unchanged = first.unchanged;
  if (fault.finding == NULL && fault.count == 0 && !is_not_wanted(trial)) {
    const struct synched__fault again = make(trial, 1, &second);
    if (again.finding != NULL)
      fault = again;
    else if (synched__outcomes_differ(trial, &first, &second, &difference) &&
             synched__trial_explain(trial, &first, &difference, wants_same))
      fault = (struct synched__fault){.code = SYNCHED_EFAULT, .finding = trial->finding};
    synched__trial_clear(trial, 1, &second);
  }
  if (fault.code == 0 && !is_not_wanted(trial))
    commit(trial, &first);
  synched__trial_clear(trial, 0, &first);
  return fault;
}

bool synched__check_call(struct synched__run *run, const struct synched__site *site,
                         size_t segment) {
  const struct synched__work *work = site->stage->work;
  struct synched__check *check = work->check;
  struct booth *booth = &check->booths[work->eager ? run->worker->index : 0];
  const struct synched__reads *reads = &check->reads[site->stage->index];
  char finding[SYNCHED__FINDING_BYTES] = "";
  bool unchanged = false;
  const bool reads_all = site->stage->is_init || reads->reach == SYNCHED_REACH_ALL;
  const struct synched__trial trial = {.run = run,
                                       .site = site,
                                       .segment = segment,
                                       .reads = reads_all ? NULL : reads,
                                       .unwritten = check->unwritten,
                                       .lanes = booth->lanes,
                                       .saved = booth->saved,
                                       .saved_fold = booth->saved_fold,
                                       .finding = finding};
  synched__mutex_lock(&booth->mutex);
  if (is_not_wanted(&trial)) { /* any more */
    synched__mutex_unlock(&booth->mutex);
    return false;
  }
  struct synched__fault fault = make_twice(&trial, check->wants_same, &unchanged);
  if (fault.finding != NULL) /* whatever it has done to them */
    for (unsigned l = 0; l < SYNCHED__LANES; l++)
      synched__lane_reset(&booth->lanes[l]);
  synched__mutex_unlock(&booth->mutex);
  if (fault.code == 0)
    return unchanged;
  char *text = check->findings[run->worker->index].text;
  if (fault.finding != NULL)
    fault.finding = text;
  if (synched__call_fail(run, site, segment, fault) && fault.finding != NULL)
    memcpy(text, finding, sizeof finding);
  return false;
}
