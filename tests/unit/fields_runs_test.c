/*
 * fields_runs_test.c: what one memory and one stage can do, with several: init, counts, uneven and
 * padded segments, every delivery, deadlines, steps and pauses, and starting again.
 *
 * Two fields of different types: `small` counts rounds in bytes, `large` has sums of them.
 */
#include <criterion/criterion.h>

#include <stdatomic.h>
#include <string.h>
#include <uv.h>

#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 5u

static const size_t small_capacities[SEGMENTS] = {3, 0, 7, 1, 4};
static const size_t large_capacities[SEGMENTS] = {1, 2, 0, 6, 3};
static const unsigned worker_counts[] = {1, 2, 3, 5};

/* What calls and callbacks see. */
struct seen {
  struct synched_job *job;
  _Atomic unsigned wrong;
  unsigned rounds;
  uint64_t last_delivered;
  unsigned deliveries, steps;
  uint64_t late_round; /* its stage 1 waits until the deadline has passed, once */
  _Atomic bool is_late;
  _Atomic unsigned init_calls;
  unsigned misses;
};

/* Of a round: each segment counts one more, up to its capacity, then begins anew. */
static size_t count_in(uint64_t round, size_t segment, const size_t *capacities) {
  return ((size_t)round + segment) % (capacities[segment] + 1);
}

static uint8_t small_of(uint64_t round, size_t segment, size_t i) {
  return (uint8_t)(round * 3 + segment * 17 + i);
}

static double large_of(uint64_t round, size_t segment, size_t i) {
  return (double)round * 1000 + (double)segment * 10 + (double)i;
}

/* Both fields are as `round` left them, up to their counts. */
static unsigned wrong_in(const struct synched_snapshot *small, const struct synched_snapshot *large,
                         uint64_t small_round, uint64_t large_round) {
  unsigned wrong = 0;
  for (size_t s = 0; s < SEGMENTS; s++) {
    const uint8_t *bytes = synched_snapshot_segment(small, s);
    const double *numbers = synched_snapshot_segment(large, s);
    wrong += small->counts[s] != count_in(small_round, s, small_capacities);
    wrong += large->counts[s] != count_in(large_round, s, large_capacities);
    for (size_t i = 0; i < count_in(small_round, s, small_capacities); i++)
      wrong += bytes[i] != small_of(small_round, s, i);
    for (size_t i = 0; i < count_in(large_round, s, large_capacities); i++)
      wrong += numbers[i] != large_of(large_round, s, i);
  }
  return wrong;
}

static void write_small(struct synched_task *task, uint64_t round) {
  uint8_t *out = synched_task_out(task, 0);
  const size_t count = count_in(round, task->segment, small_capacities);
  for (size_t i = 0; i < count; i++)
    out[i] = small_of(round, task->segment, i);
  synched_task_set_count(task, 0, count);
}

static void write_large(struct synched_task *task, uint64_t round) {
  double *out = synched_task_out(task, 1);
  const size_t count = count_in(round, task->segment, large_capacities);
  for (size_t i = 0; i < count; i++)
    out[i] = large_of(round, task->segment, i);
  synched_task_set_count(task, 1, count);
}

static int compute_small(struct synched_task *task, void *user) {
  struct seen *seen = user;
  seen->wrong += wrong_in(synched_task_field(task, 0), synched_task_field(task, 1), task->round - 1,
                          task->round - 1);
  seen->wrong += task->capacity != small_capacities[task->segment];
  seen->wrong += synched_task_out(task, 1) != NULL;
  write_small(task, task->round);
  return 0;
}

static int compute_large(struct synched_task *task, void *user) {
  struct seen *seen = user;
  seen->wrong += wrong_in(synched_task_field(task, 0), synched_task_field(task, 1), task->round,
                          task->round - 1);
  seen->wrong += task->out != NULL;
  write_large(task, task->round);
  if (task->round == seen->late_round && task->segment == 2 &&
      !atomic_exchange(&seen->is_late, true))
    while (synched_task_cancelled(task) == 0)
      nap_ms(1);
  return 0;
}

static int fill(struct synched_task *task, void *user) {
  struct seen *seen = user;
  seen->init_calls++;
  write_small(task, task->round);
  write_large(task, task->round);
  return 0;
}

static int look(const struct synched_snapshot *now, void *user) {
  struct seen *seen = user;
  seen->rounds++;
  seen->wrong += wrong_in(now->fields[0], now->fields[1], now->round, now->round);
  return SYNCHED_CONTINUE;
}

static void look_at_delivery(struct synched_job *job, const struct synched_snapshot *now,
                             void *user) {
  struct seen *seen = user;
  (void)job;
  seen->deliveries++;
  seen->wrong += now->round <= seen->last_delivered;
  seen->wrong += wrong_in(now->fields[0], now->fields[1], now->round, now->round);
  seen->last_delivered = now->round;
}

struct pair {
  struct synched_pool *pool;
  struct synched_memory *small, *large;
  struct synched_job *job;
};

static const struct synched_stage stages[] = {
    {.compute = compute_small, .writes = SYNCHED_FIELD(0)},
    {.compute = compute_large, .writes = SYNCHED_FIELD(1), .overwrites = SYNCHED_FIELD(1)}};

static struct pair make(unsigned workers, enum synched_layout layout, struct seen *seen,
                        struct synched_job_options options) {
  struct pair made = {.pool = pool_new(workers)};
  made.small = memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS,
                                                  .segment_capacities = small_capacities,
                                                  .element_size = 1, .layout = layout,
                                                  .lease_count = 2, .refill = SYNCHED_REFILL_KEEP));
  made.large = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacities = large_capacities,
                             .element_size = sizeof(double), .layout = layout));
  options.struct_size = (uint32_t)sizeof options;
  options.user = seen;
  options.stages = stages;
  options.stage_count = 2;
  options.fields = &made.large;
  options.field_count = 2;
  options.init = fill;
  options.on_round = look;
  cr_assert_eq(synched_job_create(&made.job, made.pool, made.small, &options), 0, "%s",
               synched_error_message());
  seen->job = made.job;
  return made;
}

static void expect_round(struct pair *made, uint64_t round) {
  const struct synched_snapshot *now = synched_snapshot_current(made->large);
  cr_assert_eq(now->round, round, "round %llu instead of %llu", (unsigned long long)now->round,
               (unsigned long long)round);
  cr_assert_eq(wrong_in(now->fields[0], now->fields[1], round, round), 0);
  synched_snapshot_release(now);
}

/* Also that each memory, by itself again, has what the last round left. */
static void end(struct pair *made, const struct seen *seen, uint64_t round) {
  cr_assert_eq(seen->wrong, 0);
  expect_round(made, round);
  cr_assert_eq(synched_job_destroy(made->job), 0, "%s", synched_error_message());
  const struct synched_snapshot *small = synched_snapshot_current(made->small);
  const struct synched_snapshot *large = synched_snapshot_current(made->large);
  cr_assert_eq(wrong_in(small, large, round, round), 0);
  cr_assert_eq(small->round, round);
  cr_assert_eq(large->round, round);
  cr_assert_eq(small->fields[0], small);
  cr_assert_eq(large->fields[0], large);
  synched_snapshot_release(small);
  synched_snapshot_release(large);
  memory_end(made->small);
  memory_end(made->large);
  pool_end(made->pool);
}

Test(fields_runs, init_fills_all_fields_once_and_runs_go_on) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++)
    for (unsigned layout = 0; layout < 2; layout++) {
      struct seen seen = {.wrong = 0};
      struct pair made =
          make(worker_counts[w], layout == 0 ? SYNCHED_LAYOUT_PACKED : SYNCHED_LAYOUT_PADDED, &seen,
               (struct synched_job_options){.round_count = 40});
      for (unsigned run = 1; run <= 3; run++) {
        cr_assert_eq(synched_job_run(made.job), 0, "%s", synched_error_message());
        cr_assert_eq(seen.rounds, 40 * run);
        expect_round(&made, (uint64_t)40 * run);
      }
      cr_assert_eq(seen.init_calls, SEGMENTS);
      end(&made, &seen, 120);
    }
}

Test(fields_runs, memories_can_have_another_job_with_other_roles) {
  struct seen seen = {.wrong = 0};
  struct pair made =
      make(2, SYNCHED_LAYOUT_PACKED, &seen, (struct synched_job_options){.round_count = 6});
  cr_assert_eq(synched_job_run(made.job), 0);
  cr_assert_eq(synched_job_destroy(made.job), 0);
  /* The second one leads now, alone, with fewer buffers; then both as they were. */
  struct synched_job *job;
  cr_assert_eq(
      synched_job_create(&job, made.pool, made.large,
                         SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .fields = &made.small,
                                             .field_count = 2, .reads_only = 3, .round_count = 5)),
      0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 0);
  cr_assert_eq(synched_job_destroy(job), 0);
  cr_assert_eq(memory_round(made.small), 11);
  const struct synched_snapshot *small = synched_snapshot_current(made.small);
  const struct synched_snapshot *large = synched_snapshot_current(made.large);
  cr_assert_eq(wrong_in(small, large, 6, 6), 0, "a job that only reads has written");
  synched_snapshot_release(small);
  synched_snapshot_release(large);
  memory_end(made.small);
  memory_end(made.large);
  pool_end(made.pool);
}

Test(fields_runs, every_round_is_delivered_with_all_its_fields) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct seen seen = {.wrong = 0};
    struct pair made = make(worker_counts[w], SYNCHED_LAYOUT_PACKED, &seen,
                            (struct synched_job_options){.round_count = 60,
                                                         .on_snapshot = look_at_delivery,
                                                         .delivery = SYNCHED_DELIVER_EVERY});
    cr_assert_eq(synched_job_run(made.job), 0);
    cr_assert_eq(seen.deliveries, 60);
    cr_assert_eq(seen.last_delivered, 60);
    end(&made, &seen, 60);
  }
}

Test(fields_runs, newest_round_is_delivered_with_all_its_fields) {
  struct seen seen = {.wrong = 0};
  struct pair made =
      make(2, SYNCHED_LAYOUT_PADDED, &seen,
           (struct synched_job_options){.round_count = 500, .on_snapshot = look_at_delivery});
  cr_assert_eq(synched_job_run(made.job), 0);
  cr_assert_geq(seen.deliveries, 1);
  cr_assert_eq(seen.last_delivered, 500);
  end(&made, &seen, 500);
}

/* --- time and steering --- */

static void count_miss(struct synched_job *job, const struct synched_deadline_miss *miss,
                       void *user) {
  struct seen *seen = user;
  (void)job;
  seen->misses += miss->round == seen->late_round;
}

/* Stage 0 of the round was complete, and its work is dropped with the round; the next one has the
 * same number, and sees the fields as before: compute_small looks. */
Test(fields_runs, round_that_is_late_in_a_later_stage_leaves_all_fields_as_before) {
  for (size_t w = 0; w < 3; w++) {
    struct seen seen = {.wrong = 0, .late_round = 4};
    struct pair made =
        make(worker_counts[w], SYNCHED_LAYOUT_PACKED, &seen,
             (struct synched_job_options){.round_count = 9,
                                          .deadline_ns = 700000000,
                                          .on_deadline = count_miss,
                                          .deadline_policy = SYNCHED_DEADLINE_CANCEL});
    cr_assert_eq(synched_job_run(made.job), 0, "%s", synched_error_message());
    /* On a busy machine others may be late, too. */
    cr_assert_geq(summary_of(made.job).dropped_count, 1);
    cr_assert_geq(seen.misses, 1);
    cr_assert_eq(seen.rounds, 9);
    end(&made, &seen, 9);
  }
}

Test(fields_runs, deadline_that_fails_the_job_leaves_all_fields_as_before) {
  struct seen seen = {.wrong = 0, .late_round = 4};
  struct pair made = make(2, SYNCHED_LAYOUT_PACKED, &seen,
                          (struct synched_job_options){.round_count = 9,
                                                       .deadline_ns = 700000000,
                                                       .deadline_policy = SYNCHED_DEADLINE_FAIL});
  cr_assert_eq(synched_job_run(made.job), SYNCHED_ETIMEDOUT);
  cr_assert_leq(memory_round(made.small), 3);
  end(&made, &seen, memory_round(made.small));
}

/* Three steps of 2, 1 and 4 rounds; then the rest. */
static void step_on(struct synched_job *job, const struct synched_steered *steered, void *user) {
  static const uint64_t rounds[] = {0, 2, 3, 7};
  struct seen *seen = user;
  if (steered->call == SYNCHED_STEER_RESUME)
    return;
  seen->wrong += steered->status != 0 || steered->round != rounds[seen->steps];
  seen->steps++;
  if (seen->steps == 4)
    seen->wrong += synched_job_resume(job) != 0;
  else
    seen->wrong += synched_job_step(job, rounds[seen->steps] - rounds[seen->steps - 1]) != 0;
}

Test(fields_runs, steps_are_of_whole_rounds) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct seen seen = {.wrong = 0, .steps = 1};
    struct pair made =
        make(worker_counts[w], SYNCHED_LAYOUT_PACKED, &seen,
             (struct synched_job_options){
                 .round_count = 12, .flags = SYNCHED_JOB_START_PAUSED, .on_steered = step_on});
    uv_loop_t loop;
    cr_assert_eq(uv_loop_init(&loop), 0);
    cr_assert_eq(synched_job_start(made.job, &loop), 0);
    cr_assert_eq(synched_job_ref(made.job), 0);
    cr_assert_eq(synched_job_step(made.job, 2), 0);
    cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(uv_loop_close(&loop), 0);
    cr_assert_eq(seen.steps, 4);
    cr_assert_eq(seen.rounds, 12);
    end(&made, &seen, 12);
  }
}

static int pause_in_fifth(const struct synched_snapshot *now, void *user) {
  struct seen *seen = user;
  if (now->round == 5)
    seen->wrong += synched_job_pause(seen->job) != 0;
  return look(now, user);
}

static void look_and_resume(struct synched_job *job, const struct synched_steered *steered,
                            void *user) {
  struct seen *seen = user;
  if (steered->call != SYNCHED_STEER_PAUSE)
    return;
  seen->steps++;
  seen->wrong += steered->round != 5 || seen->rounds != 5;
  seen->wrong += synched_job_resume(job) != 0;
}

Test(fields_runs, pause_takes_effect_after_the_last_stage) {
  struct seen seen = {.wrong = 0};
  struct pair made = make(2, SYNCHED_LAYOUT_PACKED, &seen, (struct synched_job_options){0});
  cr_assert_eq(synched_job_destroy(made.job), 0);
  cr_assert_eq(
      synched_job_create(&made.job, made.pool, made.small,
                         SYNCHED_JOB_OPTIONS(.user = &seen, .stages = stages, .stage_count = 2,
                                             .fields = &made.large, .field_count = 2, .init = fill,
                                             .on_round = pause_in_fifth, .round_count = 9,
                                             .on_steered = look_and_resume)),
      0);
  seen.job = made.job;
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(made.job, &loop), 0);
  cr_assert_eq(synched_job_ref(made.job), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(seen.steps, 1);
  end(&made, &seen, 9);
}

Test(fields_runs, periodic_job_of_stages_keeps_its_ticks) {
  struct seen seen = {.wrong = 0};
  struct pair made = make(2, SYNCHED_LAYOUT_PACKED, &seen,
                          (struct synched_job_options){.round_count = 10,
                                                       .period_ns = SYNCHED_PERIOD_MIN_NS * 5,
                                                       .overrun = SYNCHED_OVERRUN_CATCH_UP});
  cr_assert_eq(synched_job_run(made.job), 0);
  cr_assert_eq(summary_of(made.job).tick_count, 10);
  end(&made, &seen, 10);
}

/* --- what a deadline finds in the pass that combines a fold --- */

#define MANY 70u
#define FOLD_BYTES 1024u

struct late_fold {
  _Atomic bool is_late, is_told;
  _Atomic uint64_t ended_ns; /* the newest end of a segment's call */
  unsigned wrong;
};

static int contribute_zeros(struct synched_task *task, void *user) {
  struct late_fold *late = user;
  memset(synched_task_fold(task), 0, FOLD_BYTES);
  if (!atomic_load(&late->is_late))
    atomic_store(&late->ended_ns, uv_hrtime());
  return 0;
}

/* Once, until the loop has been told. */
static void combine_late(void *into, const void *next, void *user) {
  struct late_fold *late = user;
  (void)into;
  (void)next;
  if (!atomic_exchange(&late->is_late, true))
    for (unsigned ms = 0; ms < HANG_SECONDS * 1000 && !atomic_load(&late->is_told); ms++)
      nap_ms(1);
}

static void note_running(struct synched_job *job, const struct synched_deadline_miss *miss,
                         void *user) {
  struct late_fold *late = user;
  (void)job;
  if (!atomic_load(&late->is_late))
    return;
  for (unsigned i = 0; i < miss->running_count && !atomic_load(&late->is_told); i++)
    late->wrong += miss->running[i].since_ns > atomic_load(&late->ended_ns);
  atomic_store(&late->is_told, true);
}

/* What it combines are groups, and no calls of segments. */
Test(fields_runs, deadline_in_the_pass_of_a_fold_names_no_calls) {
  struct late_fold late = {.wrong = 0};
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = MANY, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = contribute_zeros, .user = &late, .round_count = 3,
                          .fold = SYNCHED_FOLD_CUSTOM, .fold_size = FOLD_BYTES,
                          .fold_combine = combine_late, .deadline_ns = 300000000,
                          .on_deadline = note_running, .flags = SYNCHED_JOB_EAGER));
  cr_assert_eq(synched_job_run(engine.job), 0, "%s", synched_error_message());
  cr_assert(atomic_load(&late.is_told));
  cr_assert_eq(late.wrong, 0);
  engine_end_with_pool(&engine);
}

/* --- what calls and folds get of their own --- */

/* Who has combined. */
struct counters {
  atomic_uint of_job, of_stage;
};

static int contribute_nothing(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static void count_combined(void *into, const void *next, void *user) {
  (void)into;
  (void)next;
  atomic_fetch_add((atomic_uint *)user, 1);
}

Test(fields_runs, fold_has_a_pointer_of_its_own_or_that_of_the_job) {
  for (unsigned workers = 1; workers <= 2; workers++) {
    struct counters counters = {0};
    struct synched_stage folding[2];
    for (unsigned s = 0; s < 2; s++)
      folding[s] = (struct synched_stage){.compute = contribute_nothing,
                                          .writes = SYNCHED_WRITES_NONE,
                                          .fold = SYNCHED_FOLD_CUSTOM,
                                          .fold_size = 1,
                                          .fold_combine = count_combined,
                                          .fold_user = s == 1 ? &counters.of_stage : NULL};
    struct engine engine = engine_new(
        pool_new(workers),
        SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 1, .element_size = 1),
        SYNCHED_JOB_OPTIONS(.stages = folding, .stage_count = 2, .user = &counters.of_job,
                            .round_count = 3));
    cr_assert_eq(synched_job_run(engine.job), 0, "%s", synched_error_message());
    cr_assert_gt(atomic_load(&counters.of_job), 0);
    cr_assert_eq(atomic_load(&counters.of_job), atomic_load(&counters.of_stage));
    engine_end_with_pool(&engine);
  }
}

#define ROOM_SEGMENTS 3

/* What a call has seen of its segment, in each of two fields. */
struct rooms {
  size_t capacities[ROOM_SEGMENTS][2], firsts[ROOM_SEGMENTS][2];
};

static int note_rooms(struct synched_task *task, void *user) {
  struct rooms *rooms = user;
  for (unsigned f = 0; f < 2; f++) {
    rooms->capacities[task->segment][f] = synched_task_capacity(task, f);
    rooms->firsts[task->segment][f] = synched_task_first(task, f);
  }
  return 0;
}

Test(fields_runs, call_knows_what_each_of_its_segments_has_room_for) {
  static const size_t uneven[ROOM_SEGMENTS] = {3, 0, 5};
  struct rooms rooms = {0};
  struct synched_memory *padded = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = ROOM_SEGMENTS, .segment_capacities = uneven,
                             .element_size = 8, .layout = SYNCHED_LAYOUT_PADDED));
  struct engine engine =
      engine_new(pool_new(2),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = ROOM_SEGMENTS, .segment_capacity = 7,
                                        .element_size = 1),
                 SYNCHED_JOB_OPTIONS(.compute = note_rooms, .fields = &padded, .field_count = 2,
                                     .user = &rooms, .round_count = 1));
  cr_assert_eq(synched_job_run(engine.job), 0, "%s", synched_error_message());
  engine_end_with_pool(&engine);
  const struct synched_snapshot *now = synched_snapshot_current(padded);
  for (size_t s = 0; s < ROOM_SEGMENTS; s++) {
    cr_assert_eq(rooms.capacities[s][0], 7);
    cr_assert_eq(rooms.firsts[s][0], 7 * s);
    cr_assert_eq(rooms.capacities[s][1], uneven[s]);
    cr_assert_eq(now->capacities[s], uneven[s]);
    cr_assert_eq(rooms.firsts[s][1], now->offsets[s]);
  }
  synched_snapshot_release(now);
  memory_end(padded);
}
