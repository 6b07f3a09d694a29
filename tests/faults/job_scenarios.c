/*
 * job_scenarios.c: jobs in each shape: created, run, on a loop, polled, steered, cancelled,
 * periodic, failing, and under a deadline.
 */
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include <synched/synched.h>

#include "faults/scenario.h"
#include "faults/world.h"

#define ROUNDS 4u
#define OWN_CODE (-1000)

/* --- what is called back --- */

static struct {
  unsigned rounds, snapshots, steered, progress, misses, dones;
  int status;
} heard;

static int on_round(const struct synched_snapshot *now, void *user) {
  (void)user;
  world_expect(now);
  heard.rounds++;
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  (void)user;
  world_expect(now);
  heard.snapshots++;
}

static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  (void)job;
  (void)user;
  FAULTS_CHECK(steered->status == 0, "a steering call came to %s",
               synched_err_name(steered->status));
  heard.steered++;
}

static void on_progress(struct synched_job *job, const struct synched_progress *progress,
                        void *user) {
  (void)job;
  (void)user;
  heard.progress += progress->ended != 0;
}

static void on_deadline(struct synched_job *job, const struct synched_deadline_miss *miss,
                        void *user) {
  (void)job;
  (void)miss;
  (void)user;
  heard.misses++;
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  (void)job;
  (void)user;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  FAULTS_MUST(synched_report_summary(report, &summary));
  heard.status = status;
  heard.dones++;
}

static void hear_nothing(void) {
  memset(&heard, 0, sizeof heard);
}

/* Of a job whose start returned `status`: on_done comes once, or not at all. */
static void expect_done(int status, int end) {
  FAULTS_CHECK(heard.dones == (status == 0), "%u ends", heard.dones);
  FAULTS_CHECK(status != 0 || heard.status == end, "it ended with %s: %s",
               synched_err_name(heard.status), synched_error_message());
}

/* --- created --- */

static int create(const struct synched_job_options *options) {
  struct synched_job *job;
  const int status = world_create(&job, options);
  if (status == 0)
    FAULTS_MUST(synched_job_destroy(job));
  return status;
}

static int create_plain(void) {
  return create(SYNCHED_JOB_OPTIONS(.compute = world_compute));
}

static int create_rich(void) {
  return create(SYNCHED_JOB_OPTIONS(.compute = world_compute, .on_snapshot = on_snapshot,
                                    .delivery = SYNCHED_DELIVER_EVERY, .fold = SYNCHED_FOLD_SUM,
                                    .record = SYNCHED_RECORD_TASKS, .report_tasks = 16,
                                    .report_rounds = 8, .name = "rich",
                                    .on_progress = on_progress));
}

static int create_static(void) {
  return create(SYNCHED_JOB_OPTIONS(.compute = world_compute, .balance = SYNCHED_BALANCE_STATIC,
                                    .flags = SYNCHED_JOB_NO_SEGMENT_TIMES,
                                    .record = SYNCHED_RECORD_OFF));
}

/* --- run --- */

static int run(const struct synched_job_options *options, int end) {
  struct synched_job *job;
  hear_nothing();
  int status = world_create(&job, options);
  if (status != 0)
    return status;
  status = synched_job_run(job);
  FAULTS_CHECK(heard.dones == 1 || status != 0, "it did not end");
  if (heard.dones == 1) {
    FAULTS_CHECK(status == end && heard.status == end, "it ended with %d and returned %d (%s)",
                 heard.status, status, synched_error_message());
    status = 0;
  }
  FAULTS_MUST(synched_job_destroy(job));
  return status;
}

/* Calls are skipped, and checked, each in a booth of its worker's own; stages read by lists. */
static int create_skips(void) {
  static const size_t offsets[] = {0, 2, 3, 3, 4, 6};
  static const size_t segments[] = {1, 4, 0, 2, 3, 0};
  const struct synched_stage stages[] = {
      {.compute = world_compute,
       .reads = {.reach = SYNCHED_REACH_LIST, .offsets = offsets, .segments = segments}},
      {.compute = world_compute, .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1}}};
  return create(SYNCHED_JOB_OPTIONS(.stages = stages, .stage_count = 2,
                                    .flags = SYNCHED_JOB_SKIP_UNCHANGED | SYNCHED_JOB_EAGER |
                                             SYNCHED_JOB_CHECKED));
}

static int run_plain(void) {
  return run(SYNCHED_JOB_OPTIONS(.compute = world_compute, .round_count = ROUNDS,
                                 .on_round = on_round, .on_done = on_done),
             0);
}

static int run_rich(void) {
  const int status = run(
      SYNCHED_JOB_OPTIONS(.compute = world_compute, .init = world_compute, .round_count = ROUNDS,
                          .flags = SYNCHED_JOB_EAGER, .on_round = on_round, .on_init = on_round,
                          .on_snapshot = on_snapshot, .delivery = SYNCHED_DELIVER_EVERY,
                          .on_progress = on_progress, .on_done = on_done, .fold = SYNCHED_FOLD_SUM,
                          .record = SYNCHED_RECORD_ROUNDS),
      0);
  FAULTS_CHECK(status != 0 ||
                   (heard.rounds == ROUNDS + 1 && heard.snapshots == ROUNDS && heard.progress == 1),
               "%u rounds, %u snapshots, %u ends of progress", heard.rounds, heard.snapshots,
               heard.progress);
  return status;
}

/* Nothing is asked of the system once the job is there. */
static int run_in_advances(void) {
  struct synched_job *job;
  hear_nothing();
  const int status =
      world_create(&job, SYNCHED_JOB_OPTIONS(.compute = world_compute, .on_round = on_round));
  if (status != 0)
    return status;
  for (unsigned i = 0; i < ROUNDS; i++)
    FAULTS_MUST(synched_job_advance(job, i + 1));
  FAULTS_CHECK(heard.rounds == ROUNDS * (ROUNDS + 1) / 2, "%u rounds", heard.rounds);
  FAULTS_MUST(synched_job_destroy(job));
  return 0;
}

static int fail_third(struct synched_task *task, void *user) {
  (void)world_compute(task, user);
  return task->segment == 2 ? OWN_CODE : 0;
}

static int run_failing(void) {
  return run(SYNCHED_JOB_OPTIONS(.compute = fail_third, .on_done = on_done), OWN_CODE);
}

static int count_too_much(struct synched_task *task, void *user) {
  (void)world_compute(task, user);
  task->count = task->capacity + (task->segment == 1);
  return 0;
}

static int run_overcounting(void) {
  return run(SYNCHED_JOB_OPTIONS(.compute = count_too_much, .on_done = on_done), SYNCHED_ERANGE);
}

static int run_periodic(void) {
  return run(SYNCHED_JOB_OPTIONS(.compute = world_compute, .round_count = ROUNDS,
                                 .period_ns = SYNCHED_PERIOD_MIN_NS,
                                 .overrun = SYNCHED_OVERRUN_CATCH_UP, .on_snapshot = on_snapshot,
                                 .on_done = on_done),
             0);
}

/* --- under a deadline, on a pool of its own: its first such job brings a thread --- */

static int wait_for_cancel(struct synched_task *task, void *user) {
  (void)user;
  while (synched_task_cancelled(task) == 0)
    (void)sched_yield();
  return 0;
}

static int run_late(void) {
  struct synched_pool *shared = world.pool;
  int status = synched_pool_create(
      &world.pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE));
  if (status == 0) {
    status = run(SYNCHED_JOB_OPTIONS(.compute = wait_for_cancel, .deadline_ns = 1000000,
                                     .deadline_policy = SYNCHED_DEADLINE_FAIL,
                                     .on_deadline = on_deadline, .on_done = on_done),
                 SYNCHED_ETIMEDOUT);
    FAULTS_CHECK(status != 0 || heard.misses == 1, "%u misses are told", heard.misses);
    FAULTS_MUST(synched_pool_destroy(world.pool));
  }
  world.pool = shared;
  return status;
}

/* --- on the program's loop --- */

static uv_loop_t loop;

static void open_loop(void) {
  world_open();
  FAULTS_CHECK(uv_loop_init(&loop) == 0, "no loop");
}

static void close_loop(void) {
  FAULTS_CHECK(uv_loop_close(&loop) == 0, "something is left in the loop");
  world_close();
}

static void verify_loop(int status) {
  world_verify(status);
  FAULTS_CHECK(uv_loop_alive(&loop) == 0, "the loop does not come to its end");
}

static int start(void) {
  struct synched_job *job;
  hear_nothing();
  int status =
      world_create(&job, SYNCHED_JOB_OPTIONS(.compute = world_compute, .round_count = ROUNDS,
                                             .on_snapshot = on_snapshot, .on_done = on_done,
                                             .on_progress = on_progress));
  if (status != 0)
    return status;
  status = synched_job_start(job, &loop);
  FAULTS_CHECK(status == 0 || synched_job_state(job) == SYNCHED_JOB_READY,
               "it was not started, and is not as before");
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  expect_done(status, 0);
  FAULTS_CHECK(status != 0 || heard.snapshots != 0, "no snapshot came");
  FAULTS_MUST(synched_job_destroy(job));
  return status;
}

static int start_cancelled(void) {
  struct synched_job *job;
  hear_nothing();
  int status =
      world_create(&job, SYNCHED_JOB_OPTIONS(.compute = world_compute, .on_done = on_done));
  if (status != 0)
    return status;
  status = synched_job_start(job, &loop);
  if (status == 0)
    FAULTS_MUST(synched_job_cancel(job));
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  expect_done(status, SYNCHED_ECANCELED);
  FAULTS_MUST(synched_job_destroy(job));
  return status;
}

static void run_until_steered(unsigned count) {
  while (heard.steered < count && uv_run(&loop, UV_RUN_ONCE) != 0)
    continue;
  FAULTS_CHECK(heard.steered == count, "%u of %u steering calls are complete", heard.steered,
               count);
}

/* One steering call, from `before`: it is complete, or nothing has changed. */
static int steer(struct synched_job *job, int status, enum synched_job_state before) {
  if (status == 0)
    run_until_steered(heard.steered + 1);
  else
    FAULTS_CHECK(synched_job_state(job) == (int)before, "what was refused has changed the state");
  return status;
}

static int steer_all(struct synched_job *job) {
  int status = steer(job, synched_job_step(job, 2), SYNCHED_JOB_PAUSED);
  if (status == 0)
    status = steer(job, synched_job_set_weight(job, 3), SYNCHED_JOB_PAUSED);
  if (status == 0)
    status = steer(job, synched_job_resume(job), SYNCHED_JOB_PAUSED);
  if (status == 0)
    status = steer(job, synched_job_pause(job), SYNCHED_JOB_RUNNING);
  if (status == 0)
    status = steer(job, synched_job_set_period(job, SYNCHED_PERIOD_MIN_NS), SYNCHED_JOB_PAUSED);
  if (status == 0)
    status = steer(job, synched_job_resume(job), SYNCHED_JOB_PAUSED);
  return status;
}

static int start_steered(void) {
  struct synched_job *job;
  hear_nothing();
  int status = world_create(
      &job, SYNCHED_JOB_OPTIONS(.compute = world_compute, .flags = SYNCHED_JOB_START_PAUSED,
                                .on_steered = on_steered, .on_done = on_done));
  if (status != 0)
    return status;
  int steered = 0;
  status = synched_job_start(job, &loop);
  if (status == 0) {
    FAULTS_MUST(synched_job_ref(job));
    steered = steer_all(job);
    FAULTS_MUST(synched_job_stop(job));
  }
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  expect_done(status, 0);
  FAULTS_MUST(synched_job_destroy(job));
  return status != 0 ? status : steered;
}

/* --- polled --- */

static void dispatch_all(struct synched_job *job) {
  struct pollfd polled = {.fd = synched_job_fd(job), .events = POLLIN};
  for (;;) {
    const int answer = synched_job_dispatch(job);
    if (answer == SYNCHED_STOP)
      return;
    FAULTS_CHECK(answer == SYNCHED_CONTINUE, "dispatch: %s", synched_error_message());
    (void)poll(&polled, 1, -1);
  }
}

static int start_polled(void) {
  struct synched_job *job;
  hear_nothing();
  int status =
      world_create(&job, SYNCHED_JOB_OPTIONS(.compute = world_compute, .round_count = ROUNDS,
                                             .on_snapshot = on_snapshot, .on_done = on_done));
  if (status != 0)
    return status;
  status = synched_job_start_polled(job);
  if (status == 0)
    dispatch_all(job);
  expect_done(status, 0);
  FAULTS_MUST(synched_job_destroy(job));
  return status;
}

/* --- a job as a process's first --- */

static int run_first(void) {
  struct synched_report *report = NULL;
  struct synched_job *job;
  int status = synched_pool_create(
      &world.pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE));
  if (status != 0)
    return status;
  status = synched_memory_create(
      &world.memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = WORLD_CAPACITY,
                                            .element_size = sizeof(uint64_t)));
  if (status == 0) {
    status =
        world_create(&job, SYNCHED_JOB_OPTIONS(.compute = world_compute, .round_count = ROUNDS));
    if (status == 0) {
      status = synched_job_run(job);
      if (status == 0)
        status = synched_job_report(job, &report);
      synched_report_destroy(report);
      FAULTS_MUST(synched_job_destroy(job));
    }
    FAULTS_MUST(synched_memory_destroy(world.memory));
  }
  FAULTS_MUST(synched_pool_destroy(world.pool));
  return status;
}

/* --- on arrays, in one call --- */

#define ARRAY_ELEMENTS 7u

static uint64_t arrays_in_turn[2][ARRAY_ELEMENTS];

static int count_in_arrays(struct synched_task *task, void *user) {
  (void)user;
  for (unsigned f = 0; f < 2; f++)
    for (size_t i = 0; i < task->capacity; i++)
      ((uint64_t *)synched_task_out(task, f))[i] =
          ((const uint64_t *)synched_task_in(task, f))[i] + f + 1;
  return 0;
}

/* An odd number of rounds ends in buffers of the library's. A refusal has changed nothing. */
static int run_on_arrays(void) {
  const uint64_t before[2] = {arrays_in_turn[0][0], arrays_in_turn[1][0]};
  const struct synched_array arrays[] = {SYNCHED_ARRAY(arrays_in_turn[0]),
                                         SYNCHED_ARRAY(arrays_in_turn[1])};
  hear_nothing();
  const int status = synched_run(
      SYNCHED_POOL_OPTIONS(.worker_count = 2, .affinity = SYNCHED_AFFINITY_NONE),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .element_count = ARRAY_ELEMENTS), arrays,
      SYNCHED_JOB_OPTIONS(.compute = count_in_arrays, .field_count = 2, .round_count = 3,
                          .on_done = on_done));
  FAULTS_CHECK(heard.dones == (status == 0), "%u ends", heard.dones);
  for (unsigned f = 0; f < 2; f++)
    for (size_t i = 0; i < ARRAY_ELEMENTS; i++)
      FAULTS_CHECK(arrays_in_turn[f][i] == before[f] + (status == 0 ? 3 * (f + 1) : 0),
                   "element %zu of array %u is %llu", i, f,
                   (unsigned long long)arrays_in_turn[f][i]);
  return status;
}

/* --- several fields and stages --- */

#define FIELDS 3u
#define FIELD_SEGMENTS 17u /* with such folds, enough for a pass that combines them */
#define FOLD_BYTES 4096u

static int fill_fields(struct synched_task *task, void *user) {
  (void)user;
  for (unsigned f = 0; f < FIELDS; f++) {
    uint64_t *out = synched_task_out(task, f);
    if (out != NULL)
      *out = task->round;
  }
  return 0;
}

static void keep_first(void *into, const void *next, void *user) {
  (void)into;
  (void)next;
  (void)user;
}

static int look_at_fields(const struct synched_snapshot *now, void *user) {
  (void)user;
  for (unsigned f = 0; f < now->field_count; f++)
    if (now->fields[f]->data != NULL)
      world_expect(now->fields[f]);
  heard.rounds++;
  return SYNCHED_CONTINUE;
}

static const struct synched_stage field_stages[] = {
    {.compute = fill_fields,
     .name = "first",
     .writes = SYNCHED_FIELD(0) | SYNCHED_FIELD(2),
     .fold = SYNCHED_FOLD_CUSTOM,
     .fold_size = FOLD_BYTES,
     .fold_combine = keep_first},
    {.compute = fill_fields, .fold = SYNCHED_FOLD_SUM, .fold_length = 3}};

/* The first has a lease more than the second, and is written twice; the third is changed in
 * place. */
static int make_memories(struct synched_memory *memories[FIELDS]) {
  static const unsigned leases[FIELDS] = {2, 0, 1};
  int status = 0;
  for (unsigned f = 0; f < FIELDS; f++)
    memories[f] = NULL;
  for (unsigned f = 0; status == 0 && f < FIELDS; f++)
    status = synched_memory_create(
        &memories[f],
        SYNCHED_MEMORY_OPTIONS(.segment_count = FIELD_SEGMENTS, .segment_capacity = 1,
                               .element_size = sizeof(uint64_t), .lease_count = leases[f],
                               .flags = f == 2 ? SYNCHED_MEMORY_IN_PLACE : 0));
  return status;
}

/* By themselves they are as `round` left them, and nobody's. */
static void end_memories(struct synched_memory *memories[FIELDS], uint64_t round) {
  for (unsigned f = 0; f < FIELDS && memories[f] != NULL; f++) {
    const struct synched_snapshot *now = synched_snapshot_current(memories[f]);
    FAULTS_CHECK((now == NULL) == (f == 2), "field %u has a snapshot, or not", f);
    if (now != NULL) {
      FAULTS_CHECK(now->round == round && now->field_count == 1, "field %u is of round %llu", f,
                   (unsigned long long)now->round);
      world_expect(now);
    }
    synched_snapshot_release(now);
    FAULTS_MUST(synched_memory_load(memories[f], 0, &round, 1));
    FAULTS_MUST(synched_memory_destroy(memories[f]));
  }
}

static int with_fields(bool runs) {
  struct synched_memory *memories[FIELDS];
  struct synched_job *job = NULL;
  hear_nothing();
  int status = make_memories(memories);
  if (status == 0)
    status = synched_job_create(
        &job, world.pool, memories[0],
        SYNCHED_JOB_OPTIONS(.stages = field_stages, .stage_count = 2, .fields = &memories[1],
                            .field_count = FIELDS, .init = fill_fields, .round_count = ROUNDS,
                            .flags = SYNCHED_JOB_EAGER, .on_round = look_at_fields,
                            .on_snapshot = on_snapshot, .delivery = SYNCHED_DELIVER_EVERY));
  FAULTS_CHECK(status == 0 || job == NULL, "a job that was refused is not NULL");
  if (status == 0 && runs)
    status = synched_job_run(job);
  FAULTS_CHECK(status != 0 || !runs || (heard.rounds == ROUNDS && heard.snapshots == ROUNDS),
               "%u rounds, %u snapshots", heard.rounds, heard.snapshots);
  FAULTS_MUST(synched_job_destroy(job));
  end_memories(memories, heard.rounds);
  return status;
}

static int create_fields(void) {
  return with_fields(false);
}

static int run_fields(void) {
  return with_fields(true);
}

/* --- several rounds between two barriers --- */

#define ROUNDS_PER_BARRIER 2u

static const size_t read_offsets[FIELD_SEGMENTS + 1] = {0, 3, 3, 4, 6, 6, 6, 6, 6,
                                                        6, 6, 6, 6, 6, 6, 6, 7, 7};
static const size_t read_segments[] = {16, 4, 4, 0, 9, 2, 15};

/* Neighbours of all kinds, which come to a list. */
static const struct synched_stage read_stages[] = {
    {.compute = fill_fields,
     .writes = SYNCHED_FIELD(0) | SYNCHED_FIELD(2),
     .reads = {.reach = SYNCHED_REACH_LIST, .offsets = read_offsets, .segments = read_segments}},
    {.compute = fill_fields, .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1}},
    {.compute = fill_fields,
     .writes = SYNCHED_FIELD(1),
     .reads = {.reach = SYNCHED_REACH_LIST, .offsets = read_offsets, .segments = read_segments}}};

static int with_reads(bool runs) {
  const unsigned barriers = (ROUNDS + ROUNDS_PER_BARRIER - 1) / ROUNDS_PER_BARRIER;
  struct synched_memory *memories[FIELDS];
  struct synched_job *job = NULL;
  hear_nothing();
  int status = make_memories(memories);
  if (status == 0)
    status = synched_job_create(
        &job, world.pool, memories[0],
        SYNCHED_JOB_OPTIONS(.stages = read_stages, .stage_count = 3, .fields = &memories[1],
                            .field_count = FIELDS, .init = fill_fields, .round_count = ROUNDS,
                            .flags = SYNCHED_JOB_EAGER, .on_round = look_at_fields,
                            .on_snapshot = on_snapshot, .delivery = SYNCHED_DELIVER_EVERY,
                            .rounds_per_barrier = ROUNDS_PER_BARRIER));
  FAULTS_CHECK(status == 0 || job == NULL, "a job that was refused is not NULL");
  if (status == 0 && runs)
    status = synched_job_run(job);
  FAULTS_CHECK(status != 0 || !runs || (heard.rounds == barriers && heard.snapshots == barriers),
               "%u barriers, %u snapshots", heard.rounds, heard.snapshots);
  FAULTS_MUST(synched_job_destroy(job));
  /* It ends with all of its rounds, or has not begun. */
  end_memories(memories, heard.rounds == 0 ? 0 : ROUNDS);
  return status;
}

static int create_reads(void) {
  return with_reads(false);
}

static int run_reads(void) {
  return with_reads(true);
}

#define ON_WORLD .open = world_open, .verify = world_verify, .close = world_close
#define ON_LOOP .open = open_loop, .verify = verify_loop, .close = close_loop

const struct faults_scenario faults_job_scenarios[] = {
    {.name = "job", .attempt = create_plain, ON_WORLD},
    {.name = "job_rich", .attempt = create_rich, ON_WORLD},
    {.name = "job_static", .attempt = create_static, ON_WORLD},
    {.name = "job_fields", .attempt = create_fields, ON_WORLD},
    {.name = "job_reads", .attempt = create_reads, ON_WORLD},
    {.name = "job_skips", .attempt = create_skips, ON_WORLD},
    {.name = "run", .attempt = run_plain, ON_WORLD},
    {.name = "run_rich", .attempt = run_rich, ON_WORLD},
    {.name = "run_fields", .attempt = run_fields, ON_WORLD},
    {.name = "run_reads", .attempt = run_reads, ON_WORLD},
    {.name = "run_failing", .attempt = run_failing, ON_WORLD},
    {.name = "run_overcounting", .attempt = run_overcounting, ON_WORLD},
    {.name = "run_periodic", .attempt = run_periodic, ON_WORLD},
    {.name = "run_late",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .attempt = run_late,
     ON_WORLD},
    {.name = "run_first", .is_first = true, .gets_over = FAULTS_HEAP, .attempt = run_first},
    {.name = "run_arrays",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .attempt = run_on_arrays},
    {.name = "advance", .attempt = run_in_advances, ON_WORLD},
    {.name = "loop", .attempt = start, ON_LOOP},
    {.name = "loop_cancelled", .attempt = start_cancelled, ON_LOOP},
    {.name = "loop_steered", .attempt = start_steered, ON_LOOP},
    {.name = "polled", .attempt = start_polled, ON_WORLD},
    FAULTS_LIST_END};
