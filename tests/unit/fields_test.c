/*
 * Jobs of several fields and stages, against a serial loop over plain arrays.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/support.h"

#define SEGMENTS 7u
#define CAPACITY 5u
#define ELEMENTS (SEGMENTS * CAPACITY)
#define FIELDS 4u
#define STAGES 5u

/* What a stage of the plan does. */
struct plan_stage {
  uint32_t writes, overwrites;
};

/* A job, drawn at random; and what the calls look at. */
struct plan {
  unsigned field_count, stage_count;
  uint32_t in_place;
  enum synched_refill refills[FIELDS];
  struct plan_stage stages[STAGES];
  uint64_t fail_round;
  unsigned fail_stage;
  /* calls that found something else in out than refill says */
  _Atomic unsigned wrong_refills;
};

static bool has(uint32_t set, unsigned f) {
  return (set >> f & 1) != 0;
}

static uint64_t mix(uint64_t a, uint64_t b) {
  const uint64_t c = (a ^ b) * UINT64_C(0x9E3779B97F4A7C15);
  return c ^ c >> 29;
}

/* What element i of field f becomes: of its own place in all fields, and, of fields that the stage
 * does not change in place, of its neighbour. */
static uint64_t next_value(const struct plan *plan, unsigned stage, const uint64_t *const *fields,
                           unsigned f, size_t i) {
  uint64_t value = mix(f + 1, stage + 1);
  for (unsigned g = 0; g < plan->field_count; g++) {
    const bool changes = has(plan->in_place & plan->stages[stage].writes, g);
    value = mix(value, changes ? 0 : fields[g][(i + 3) % ELEMENTS]);
    if (!changes || g == f)
      value = mix(value, fields[g][i]);
  }
  return value;
}

static bool is_refilled(const struct plan *plan, unsigned stage, unsigned f, const uint64_t *out,
                        const uint64_t *before) {
  if (has(plan->in_place, f) || plan->refills[f] == SYNCHED_REFILL_KEEP)
    return memcmp(out, before, CAPACITY * sizeof *out) == 0;
  const uint64_t zeros[CAPACITY] = {0};
  return plan->refills[f] == SYNCHED_REFILL_NONE || has(plan->stages[stage].overwrites, f) ||
         memcmp(out, zeros, sizeof zeros) == 0;
}

static int compute(struct synched_task *task, void *user) {
  struct plan *plan = user;
  const unsigned stage = task->parts == NULL ? 0 : task->parts->stage;
  const uint64_t *fields[FIELDS];
  for (unsigned f = 0; f < plan->field_count; f++)
    fields[f] = synched_task_field(task, f)->data;
  for (unsigned f = 0; f < plan->field_count; f++) {
    uint64_t *out = synched_task_out(task, f);
    if ((out != NULL) != has(plan->stages[stage].writes, f))
      return 99;
    if (out == NULL)
      continue;
    const bool overwritten = has(plan->stages[stage].overwrites, f) && !has(plan->in_place, f);
    if (!overwritten && !is_refilled(plan, stage, f, out, synched_task_in(task, f)))
      plan->wrong_refills++;
    for (size_t i = 0; i < CAPACITY; i++)
      out[i] = next_value(plan, stage, fields, f, task->first + i);
  }
  if (task->round == plan->fail_round && stage == plan->fail_stage && task->segment == 4)
    return 17;
  return 0;
}

/* The same, one after the other. */
static void compute_serially(const struct plan *plan, uint64_t state[FIELDS][ELEMENTS],
                             unsigned rounds) {
  for (unsigned r = 0; r < rounds; r++)
    for (unsigned stage = 0; stage < plan->stage_count; stage++) {
      static uint64_t before[FIELDS][ELEMENTS];
      const uint64_t *fields[FIELDS];
      memcpy(before, state, sizeof before);
      for (unsigned f = 0; f < FIELDS; f++)
        fields[f] = before[f];
      for (unsigned f = 0; f < plan->field_count; f++)
        for (size_t i = 0; has(plan->stages[stage].writes, f) && i < ELEMENTS; i++)
          state[f][i] = next_value(plan, stage, fields, f, i);
    }
}

static struct plan draw_plan(uint64_t seed) {
  uint64_t random = mix(seed, 77);
  struct plan plan = {.field_count = 1 + (unsigned)(random % FIELDS),
                      .stage_count = 1 + (unsigned)(random / 8 % STAGES)};
  const uint32_t all = (UINT32_C(1) << plan.field_count) - 1;
  plan.in_place = (uint32_t)(random >> 20) & (uint32_t)(random >> 30) & all;
  for (unsigned f = 0; f < FIELDS; f++)
    plan.refills[f] = (enum synched_refill)((random = mix(random, f)) % 3);
  for (unsigned s = 0; s < STAGES; s++) {
    plan.stages[s].writes = (uint32_t)(random = mix(random, s)) & all;
    plan.stages[s].overwrites = plan.stages[s].writes & (uint32_t)(random >> 16);
  }
  return plan;
}

/* A job of the plan, and its memories. */
struct job_of_fields {
  struct synched_pool *pool;
  struct synched_memory *memories[FIELDS];
  struct synched_job *job;
};

static uint64_t start_value(unsigned f, size_t i) {
  return mix(f + 10, i);
}

static struct synched_memory *make_memory(const struct plan *plan, unsigned f) {
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                             .element_size = sizeof(uint64_t),
                             .refill =
                                 has(plan->in_place, f) ? SYNCHED_REFILL_ZERO : plan->refills[f],
                             .flags = has(plan->in_place, f) ? SYNCHED_MEMORY_IN_PLACE : 0));
  for (size_t s = 0; s < SEGMENTS; s++) {
    uint64_t elements[CAPACITY];
    for (size_t i = 0; i < CAPACITY; i++)
      elements[i] = start_value(f, s * CAPACITY + i);
    cr_assert_eq(synched_memory_load(memory, s, elements, CAPACITY), 0);
  }
  return memory;
}

static struct job_of_fields make_job(struct plan *plan, unsigned worker_count, uint64_t round_count,
                                     enum synched_balance balance) {
  struct job_of_fields made = {.pool = pool_new(worker_count)};
  struct synched_stage stages[STAGES];
  for (unsigned f = 0; f < plan->field_count; f++)
    made.memories[f] = make_memory(plan, f);
  for (unsigned s = 0; s < plan->stage_count; s++)
    stages[s] = (struct synched_stage){
        .compute = compute,
        .writes = plan->stages[s].writes == 0 ? SYNCHED_WRITES_NONE : plan->stages[s].writes,
        .overwrites = plan->stages[s].overwrites};
  const int status = synched_job_create(
      &made.job, made.pool, made.memories[0],
      SYNCHED_JOB_OPTIONS(.user = plan, .stages = stages, .stage_count = plan->stage_count,
                          .fields = plan->field_count > 1 ? &made.memories[1] : NULL,
                          .field_count = plan->field_count, .round_count = round_count,
                          .balance = balance));
  cr_assert_eq(status, 0, "%s", synched_error_message());
  return made;
}

static void end_job(struct job_of_fields *made, const struct plan *plan) {
  cr_assert_eq(synched_job_destroy(made->job), 0, "%s", synched_error_message());
  for (unsigned f = 0; f < plan->field_count; f++)
    memory_end(made->memories[f]);
  pool_end(made->pool);
}

static void expect_field(struct synched_memory *memory, const uint64_t *expected, const char *what,
                         unsigned f) {
  const uint64_t *elements = synched_memory_elements(memory);
  if (elements != NULL) {
    cr_assert_arr_eq(elements, expected, ELEMENTS * sizeof *expected, "%s, field %u", what, f);
    cr_assert_null(synched_snapshot_current(memory));
    return;
  }
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  cr_assert_arr_eq(now->data, expected, ELEMENTS * sizeof *expected, "%s, field %u", what, f);
  synched_snapshot_release(now);
}

static void start_state(uint64_t state[FIELDS][ELEMENTS]) {
  for (unsigned f = 0; f < FIELDS; f++)
    for (size_t i = 0; i < ELEMENTS; i++)
      state[f][i] = start_value(f, i);
}

Test(fields, random_jobs_compute_what_a_serial_loop_does) {
  const unsigned worker_counts[] = {1, 2, 3, 5};
  for (uint64_t seed = 1; seed <= at_most(60, 12); seed++) {
    struct plan plan = draw_plan(seed);
    struct job_of_fields made =
        make_job(&plan, worker_counts[seed % 4], 9,
                 seed / 4 % 2 == 0 ? SYNCHED_BALANCE_STEAL : SYNCHED_BALANCE_STATIC);
    static uint64_t state[FIELDS][ELEMENTS];
    char what[64];
    start_state(state);
    (void)snprintf(what, sizeof what, "seed %u", (unsigned)seed);
    /* Twice: a job that is started again goes on. */
    for (unsigned run = 0; run < 2; run++) {
      cr_assert_eq(synched_job_run(made.job), 0, "%s: %s", what, synched_error_message());
      compute_serially(&plan, state, 9);
      for (unsigned f = 0; f < plan.field_count; f++)
        expect_field(made.memories[f], state[f], what, f);
    }
    cr_assert_eq(plan.wrong_refills, 0, "%s", what);
    end_job(&made, &plan);
  }
}

Test(fields, failing_stage_in_the_middle_publishes_nothing) {
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct plan plan = {.field_count = 3,
                        .stage_count = 3,
                        .refills = {SYNCHED_REFILL_KEEP, SYNCHED_REFILL_ZERO, SYNCHED_REFILL_NONE},
                        .stages = {{1, 0}, {6, 0}, {7, 0}},
                        .fail_round = 6,
                        .fail_stage = 1};
    struct job_of_fields made = make_job(&plan, workers, 20, SYNCHED_BALANCE_STEAL);
    static uint64_t state[FIELDS][ELEMENTS];
    start_state(state);
    cr_assert_eq(synched_job_run(made.job), 17);
    compute_serially(&plan, state, 5);
    for (unsigned f = 0; f < 3; f++)
      expect_field(made.memories[f], state[f], "after the failure", f);
    cr_assert_eq(memory_round(made.memories[2]), 5);
    end_job(&made, &plan);
  }
}

static int keep_third(const struct synched_snapshot *now, void *user) {
  const struct synched_snapshot **kept = user;
  if (now->round == 3)
    *kept = synched_snapshot_retain(now->fields[1]);
  return SYNCHED_CONTINUE;
}

static int count_up(struct synched_task *task, void *user) {
  (void)user;
  for (unsigned f = 0; f < 2; f++) {
    uint64_t *out = synched_task_out(task, f);
    for (size_t i = 0; out != NULL && i < CAPACITY; i++)
      out[i] = task->round * 10 + f;
  }
  return 0;
}

/* Whoever holds one field's snapshot holds all of that round. */
Test(fields, a_retained_field_keeps_all_fields_of_its_round) {
  const struct synched_snapshot *kept = NULL;
  struct synched_pool *pool = pool_new(2);
  const struct synched_memory_options options = {.struct_size = sizeof options,
                                                 .segment_count = SEGMENTS,
                                                 .segment_capacity = CAPACITY,
                                                 .element_size = sizeof(uint64_t),
                                                 .lease_count = 1};
  struct synched_memory *first = memory_with(&options);
  struct synched_memory *second = memory_with(&options);
  const struct synched_stage stages[] = {{.compute = count_up, .writes = SYNCHED_FIELD(0)},
                                         {.compute = count_up, .writes = SYNCHED_FIELD(1)},
                                         {.compute = count_up, .writes = SYNCHED_FIELD(0)}};
  struct synched_job *job;
  cr_assert_eq(
      synched_job_create(&job, pool, first,
                         SYNCHED_JOB_OPTIONS(.user = &kept, .stages = stages, .stage_count = 3,
                                             .fields = &second, .field_count = 2, .round_count = 50,
                                             .on_round = keep_third)),
      0);
  cr_assert_eq(synched_job_run(job), 0);
  cr_assert_eq(kept->field_count, 2);
  for (unsigned f = 0; f < 2; f++) {
    const uint64_t *elements = kept->fields[f]->data;
    cr_assert_eq(kept->fields[f]->round, 3);
    for (size_t i = 0; i < ELEMENTS; i++)
      cr_assert_eq(elements[i], 30 + f);
  }
  cr_assert_eq(synched_job_destroy(job), SYNCHED_EBUSY);
  cr_assert_eq(synched_memory_destroy(second), SYNCHED_EBUSY);
  synched_snapshot_release(kept);
  const struct synched_snapshot *now = synched_snapshot_current(second);
  cr_assert_eq(((const uint64_t *)now->data)[0], 501);
  cr_assert_eq(now->fields[0]->round, 50);
  synched_snapshot_release(now);
  cr_assert_eq(synched_job_destroy(job), 0);
  now = synched_snapshot_current(second);
  cr_assert_eq(now->field_count, 1);
  cr_assert_eq(now->round, 50);
  cr_assert_eq(((const uint64_t *)now->data)[ELEMENTS - 1], 501);
  synched_snapshot_release(now);
  memory_end(first);
  memory_end(second);
  pool_end(pool);
}

/* --- folds --- */

#define MANY 5000u /* segments: enough for a pass of their own that combines them */

struct sums {
  double numbers[8];
};

/* What each stage of a round has found of the others' folds. */
struct fold_look {
  double first_seen, second_seen;
  double first_kept[4];
};

static double part_of(uint64_t round, size_t segment, unsigned k) {
  return 1.0 / (double)(1 + (round * 131 + segment * 17 + k) % 1009);
}

static int fold_first(struct synched_task *task, void *user) {
  struct fold_look *look = user;
  double *numbers = synched_task_fold(task);
  for (unsigned k = 0; k < 8; k++)
    numbers[k] = part_of(task->round, task->segment, k);
  if (task->segment == 0)
    look->second_seen = *(const double *)synched_task_folded(task, 1);
  return 0;
}

static int fold_second(struct synched_task *task, void *user) {
  struct fold_look *look = user;
  if (task->segment == 0)
    look->first_seen = ((const double *)synched_task_folded(task, 0))[3];
  task->contribution = (double)task->segment;
  return 0;
}

static int keep_folds(const struct synched_snapshot *now, void *user) {
  struct fold_look *look = user;
  const double *first = now->folds[0];
  memcpy(look->first_kept, first, sizeof look->first_kept);
  return *(const double *)now->folds[1] == now->fold ? SYNCHED_CONTINUE : -5;
}

/* In the same order, in groups. */
static double fold_serially(uint64_t round, size_t segment_count, unsigned k) {
  double sum = 0;
  for (size_t first = 0; first < segment_count; first += SYNCHED_FOLD_GROUP) {
    double group = part_of(round, first, k);
    for (size_t s = first + 1; s < segment_count && s < first + SYNCHED_FOLD_GROUP; s++)
      group += part_of(round, s, k);
    sum = first == 0 ? group : sum + group;
  }
  return sum;
}

Test(fields, stages_fold_and_later_ones_read_it) {
  const size_t segment_counts[] = {1, 63, 64, 65, 200, MANY};
  for (unsigned i = 0; i < 6; i++)
    for (unsigned workers = 1; workers <= 3; workers++) {
      struct fold_look look = {0};
      const struct synched_stage stages[] = {
          {.compute = fold_first,
           .writes = SYNCHED_WRITES_NONE,
           .fold = SYNCHED_FOLD_SUM,
           .fold_length = 8},
          {.compute = fold_second, .writes = SYNCHED_WRITES_NONE, .fold = SYNCHED_FOLD_MAX}};
      struct engine engine =
          engine_new(pool_new(workers),
                     SYNCHED_MEMORY_OPTIONS(.segment_count = segment_counts[i],
                                            .segment_capacity = 1, .element_size = 1),
                     SYNCHED_JOB_OPTIONS(.user = &look, .stages = stages, .stage_count = 2,
                                         .on_round = keep_folds, .round_count = 20));
      cr_assert_eq(synched_job_run(engine.job), 0, "%s", synched_error_message());
      const double last = segment_counts[i] == 1 ? 0 : (double)segment_counts[i] - 1;
      cr_assert_eq(look.second_seen, last);
      cr_assert_eq(look.first_seen, fold_serially(20, segment_counts[i], 3), "%zu segments",
                   segment_counts[i]);
      for (unsigned k = 0; k < 4; k++)
        cr_assert_eq(look.first_kept[k], fold_serially(20, segment_counts[i], k));
      engine_end_with_pool(&engine);
    }
}

/* --- in place, and the loop --- */

struct watcher {
  unsigned shown, wrong;
  uint64_t last_round;
};

static int add_one(struct synched_task *task, void *user) {
  (void)user;
  uint64_t *out = synched_task_out(task, 0);
  for (size_t i = 0; i < task->capacity; i++)
    out[i]++;
  return 0;
}

static void look_at_copy(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct watcher *watcher = user;
  const uint64_t *elements = now->data;
  (void)job;
  watcher->shown++;
  watcher->last_round = now->round;
  for (size_t i = 0; elements != NULL && i < now->element_count; i++)
    watcher->wrong += elements[i] != now->round;
  watcher->wrong += elements == NULL;
}

Test(fields, loop_gets_copies_of_what_is_changed_in_place) {
  for (unsigned every = 0; every < 2; every++)
    for (unsigned workers = 1; workers <= 3; workers++) {
      struct watcher watcher = {0};
      struct engine engine = engine_new(
          pool_new(workers),
          SYNCHED_MEMORY_OPTIONS(.segment_count = 6, .segment_capacity = 100,
                                 .element_size = sizeof(uint64_t), .lease_count = 1,
                                 .flags = SYNCHED_MEMORY_IN_PLACE),
          SYNCHED_JOB_OPTIONS(.user = &watcher, .compute = add_one, .round_count = 300,
                              .on_snapshot = look_at_copy,
                              .delivery = every ? SYNCHED_DELIVER_EVERY : SYNCHED_DELIVER_LATEST));
      cr_assert_eq(synched_job_run(engine.job), 0, "%s", synched_error_message());
      cr_assert_eq(watcher.wrong, 0);
      cr_assert_eq(watcher.last_round, 300);
      cr_assert(every ? watcher.shown == 300 : watcher.shown > 0);
      const uint64_t *elements = synched_memory_elements(engine.memory);
      for (size_t i = 0; i < 600; i++)
        cr_assert_eq(elements[i], 300);
      engine_end_with_pool(&engine);
    }
}

/* --- the program's own arrays --- */

Test(fields, arrays_of_the_program_are_neither_copied_nor_freed) {
  uint64_t arrays[3][ELEMENTS];
  void *buffers[] = {arrays[0], arrays[1], arrays[2]};
  struct synched_pool *pool = pool_new(2);
  for (size_t i = 0; i < ELEMENTS; i++)
    arrays[0][i] = i;
  struct synched_memory *memory =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                         .element_size = sizeof(uint64_t),
                                         .refill = SYNCHED_REFILL_KEEP, .buffers = buffers,
                                         .buffer_count = 2, .buffer_bytes = sizeof arrays[0]));
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  cr_assert_eq(now->data, (const void *)arrays[0]);
  synched_snapshot_release(now);
  struct synched_job *job;
  cr_assert_eq(synched_job_create(&job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = add_one, .round_count = 7)),
               0);
  cr_assert_eq(synched_job_run(job), 0);
  now = synched_snapshot_current(memory);
  cr_assert_eq(now->data, (const void *)arrays[1]);
  for (size_t i = 0; i < ELEMENTS; i++)
    cr_assert_eq(arrays[1][i], i + 7);
  synched_snapshot_release(now);
  cr_assert_eq(synched_job_destroy(job), 0);
  /* Two stages that write it need one more, which the library does not make. */
  const struct synched_stage stages[] = {{.compute = add_one}, {.compute = add_one}};
  const struct synched_job_options options = {
      .struct_size = sizeof options, .stages = stages, .stage_count = 2, .round_count = 1};
  cr_assert_eq(synched_job_create(&job, pool, memory, &options), SYNCHED_EINVAL);
  cr_assert_str_eq(synched_error_message(),
                   "field 0 has 2 buffers of the program's own, and the job needs 3 of it, for "
                   "it is written several times between two barriers");
  memory_end(memory);
  memory =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                         .element_size = sizeof(uint64_t),
                                         .refill = SYNCHED_REFILL_KEEP, .buffers = buffers,
                                         .buffer_count = 3, .buffer_bytes = sizeof arrays[0]));
  const uint64_t before = arrays[0][3];
  cr_assert_eq(synched_job_create(&job, pool, memory, &options), 0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 0);
  now = synched_snapshot_current(memory);
  cr_assert_eq(((const uint64_t *)now->data)[3], before + 2);
  synched_snapshot_release(now);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
}
