#include "support/witness.h"

#include <criterion/criterion.h>

#include <stdlib.h>

static void note(struct witness *witness, enum wrong wrong, bool is_wrong) {
  if (is_wrong)
    (void)atomic_fetch_add(&witness->wrong[wrong], 1);
}

static void *take(size_t count, size_t size) {
  void *block = calloc(count, size);
  cr_assert_not_null(block);
  return block;
}

void witness_init(struct witness *witness, const struct serial_options *options,
                  struct synched_memory *memory) {
  const size_t count = options->segment_count;
  *witness = (struct witness){.busy = take(count, sizeof *witness->busy),
                              .calls = take(count, sizeof *witness->calls),
                              .outs = take(count, sizeof *witness->outs)};
  serial_init(&witness->serial, options);
  serial_load(&witness->serial, memory);
  witness->sum = memory_sum(memory);
}

void witness_deinit(struct witness *witness) {
  serial_deinit(&witness->serial);
  free((void *)witness->busy);
  free((void *)witness->calls);
  free((void *)witness->outs);
}

void witness_forget_calls(struct witness *witness) {
  for (size_t s = 0; s < witness->serial.options.segment_count; s++)
    atomic_store(&witness->calls[s], 0);
}

void witness_expect(struct witness *witness, struct synched_memory *memory, const char *what) {
  static const char *const texts[WRONG_COUNT] = {
      [WRONG_SHARED] = "two calls shared a segment",
      [WRONG_CALLS] = "a segment was not computed exactly once",
      [WRONG_ORDER] = "callbacks came out of order",
      [WRONG_PREVIOUS] = "previous was not the last round, or changed",
      [WRONG_OUT] = "out was not what was published",
      [WRONG_REFILL] = "out did not hold what it should at first",
      [WRONG_RESULT] = "a round was not the serial loop's",
  };
  for (int wrong = 0; wrong < WRONG_COUNT; wrong++)
    cr_assert_eq(atomic_load(&witness->wrong[wrong]), 0, "%s: %s, %u times", what, texts[wrong],
                 (unsigned)atomic_load(&witness->wrong[wrong]));
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  bool equal = serial_equals(&witness->serial, now);
  synched_snapshot_release(now);
  cr_assert(equal, "%s: the current snapshot is not the serial loop's", what);
}

static void note_previous(struct witness *witness, const struct synched_task *task) {
  const struct synched_snapshot *previous = task->previous;
  note(witness, WRONG_PREVIOUS, previous->round + 1 != task->round);
  if (witness->sums && witness->sum != 0)
    note(witness, WRONG_PREVIOUS, snapshot_sum(previous) != witness->sum);
}

int witness_compute(struct synched_task *task, void *user) {
  struct witness *witness = user;
  const size_t s = task->segment;
  (void)atomic_fetch_add(&witness->inside, 1);
  note(witness, WRONG_SHARED, atomic_fetch_add(&witness->busy[s], 1) != 0);
  note(witness, WRONG_ORDER, atomic_load(&witness->closed) + 1 != task->round);
  note_previous(witness, task);
  note(witness, WRONG_REFILL, !serial_refilled(&witness->serial, task));
  note(witness, WRONG_REFILL, task->count != task->previous->counts[s]);
  note(witness, WRONG_REFILL, task->capacity != serial_capacity(&witness->serial, s));
  note(witness, WRONG_REFILL, !same_bits(task->contribution, 0.0));
  note(witness, WRONG_OUT, task->out == synched_snapshot_segment(task->previous, s));
  note(witness, WRONG_OUT, task->first != task->previous->offsets[s]);
  serial_compute(&witness->serial, task);
  witness->outs[s] = task->out;
  note_previous(witness, task);
  (void)atomic_fetch_add(&witness->calls[s], 1);
  note(witness, WRONG_SHARED, atomic_fetch_sub(&witness->busy[s], 1) != 1);
  (void)atomic_fetch_sub(&witness->inside, 1);
  return 0;
}

static void note_outs(struct witness *witness, const struct synched_snapshot *now) {
  for (size_t s = 0; s < now->segment_count; s++) {
    note(witness, WRONG_CALLS, atomic_exchange(&witness->calls[s], 0) != 1);
    note(witness, WRONG_OUT, witness->outs[s] != synched_snapshot_segment(now, s));
  }
}

int witness_on_round(const struct synched_snapshot *now, void *user) {
  struct witness *witness = user;
  note(witness, WRONG_ORDER, atomic_fetch_add(&witness->inside, 1) != 0);
  note(witness, WRONG_ORDER, atomic_load(&witness->closed) + 1 != now->round);
  note_outs(witness, now);
  serial_step(&witness->serial);
  note(witness, WRONG_RESULT, !serial_equals(&witness->serial, now));
  if (witness->sums)
    witness->sum = snapshot_sum(now);
  atomic_store(&witness->closed, now->round);
  note(witness, WRONG_ORDER, atomic_fetch_sub(&witness->inside, 1) != 1);
  return now->round == witness->stop_round ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

struct witnessed *witnessed_new(struct synched_pool *pool,
                                const struct witnessed_options *options) {
  size_t even = options->serial.capacities == NULL ? 5 : 0;
  struct witnessed *witnessed = take(1, sizeof *witnessed);
  struct synched_memory *memory =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = options->serial.segment_count,
                                         .segment_capacity = even,
                                         .segment_capacities = options->serial.capacities,
                                         .element_size = sizeof(double), .layout = options->layout,
                                         .refill = options->serial.refill,
                                         .lease_count = options->lease_count));
  witness_init(&witnessed->witness, &options->serial, memory);
  struct synched_job_options job = options->job;
  job.struct_size = (uint32_t)sizeof job;
  job.fold = options->serial.fold;
  if (job.compute == NULL)
    job.compute = witness_compute;
  if (job.on_round == NULL)
    job.on_round = witness_on_round;
  if (job.user == NULL)
    job.user = &witnessed->witness;
  witnessed->engine = (struct engine){.pool = pool, .memory = memory};
  cr_assert_eq(synched_job_create(&witnessed->engine.job, pool, memory, &job), 0, "%s",
               synched_error_message());
  return witnessed;
}

void witnessed_end(struct witnessed *witnessed) {
  engine_end(&witnessed->engine);
  witness_deinit(&witnessed->witness);
  free(witnessed);
}
