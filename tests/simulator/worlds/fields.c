/*
 * fields.c: rounds of several fields and stages. Each element says which stage of which round has
 * written it, so calls, readers and the loop know what they must find.
 */
#include "scene.h"

#define SEGMENTS 2u
#define FIELDS 2u
#define STAGES 2u
#define FAILURE (-88)

struct fields_job {
  struct synched_memory *memories[FIELDS];
  struct synched_job *job;
  uint64_t fail_round; /* in the last stage; 0: none */
  uint64_t rounds;     /* that on_round has seen */
  uint64_t delivered;
  int status;
};

/* Stage 0 writes field 0; stage 1 writes it again, and field 1. */
static uint64_t value(uint64_t round, unsigned stage, unsigned f, size_t segment) {
  return round == 0 ? 0 : round * 1000 + stage * 100 + f * 10 + segment + 1;
}

static void check_field(const struct synched_snapshot *view, uint64_t round, unsigned stage,
                        unsigned f) {
  const uint64_t *data = view->data;
  for (size_t s = 0; s < SEGMENTS; s++)
    if (data[s] != value(round, stage, f, s))
      sim_fail("segment %zu of field %u is %llu, not %llu", s, f, (unsigned long long)data[s],
               (unsigned long long)value(round, stage, f, s));
}

/* As a whole round left it. */
static void check_snapshot(const struct synched_snapshot *now) {
  for (unsigned f = 0; f < FIELDS; f++) {
    SIM_CHECK(now->fields[f]->round == now->round);
    check_field(now->fields[f], now->round, STAGES - 1, f);
  }
}

static int compute(struct synched_task *task, void *user) {
  const struct fields_job *job = user;
  const unsigned stage = task->parts->stage;
  check_field(synched_task_field(task, 0), stage == 0 ? task->round - 1 : task->round,
              stage == 0 ? STAGES - 1 : 0, 0);
  check_field(synched_task_field(task, 1), task->round - 1, STAGES - 1, 1);
  SIM_CHECK((synched_task_out(task, 1) != NULL) == (stage == 1));
  for (unsigned f = 0; f < FIELDS; f++) {
    uint64_t *out = synched_task_out(task, f);
    if (out != NULL)
      *out = value(task->round, stage, f, task->segment);
  }
  task->contribution = (double)task->round;
  sim_spend(scene_heavy(task->round, task->segment));
  return task->round == job->fail_round && stage == STAGES - 1 ? FAILURE : 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct fields_job *job = user;
  SIM_CHECK(now->round == ++job->rounds);
  check_snapshot(now);
  SIM_CHECK(now->fold == (double)(now->round * SEGMENTS));
  return SYNCHED_CONTINUE;
}

static void on_done(struct synched_job *unused, int status, const struct synched_report *report,
                    void *user) {
  struct fields_job *job = user;
  (void)unused;
  (void)report;
  job->status = status;
}

static void open_memories(struct fields_job *job, unsigned lease_count, uint32_t flags) {
  for (unsigned f = 0; f < FIELDS; f++)
    SIM_CHECK(synched_memory_create(
                  &job->memories[f],
                  SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                                         .element_size = sizeof(uint64_t),
                                         .lease_count = lease_count, .flags = flags)) == 0);
}

static void open_job(struct fields_job *job, const struct scene *scene,
                     const struct synched_job_options *options) {
  static const struct synched_stage stages[STAGES] = {
      {.compute = compute, .writes = SYNCHED_FIELD(0)},
      {.compute = compute, .fold = SYNCHED_FOLD_SUM}};
  struct synched_job_options chosen = *options;
  chosen.struct_size = sizeof chosen;
  chosen.user = job;
  chosen.on_done = on_done;
  chosen.record = SYNCHED_RECORD_OFF;
  if (chosen.compute == NULL && chosen.stages == NULL) {
    chosen.stages = stages;
    chosen.stage_count = STAGES;
    chosen.on_round = on_round;
  }
  chosen.fields = &job->memories[1];
  chosen.field_count = FIELDS;
  if (synched_job_create(&job->job, scene->pool, job->memories[0], &chosen) != 0)
    sim_fail("no job: %s", synched_error_message());
}

static void finish(struct fields_job *job) {
  for (;;) {
    const int status = synched_job_dispatch(job->job);
    if (status == SYNCHED_STOP)
      break;
    SIM_CHECK(status == SYNCHED_CONTINUE);
    sim_await(synched_job_fd(job->job));
  }
}

static void close_job(struct fields_job *job) {
  SIM_CHECK(synched_job_destroy(job->job) == 0);
  for (unsigned f = 0; f < FIELDS; f++)
    SIM_CHECK(synched_memory_destroy(job->memories[f]) == 0);
}

/* --- a reader beside them --- */

/* Through either field it gets both. */
static void read_both(void *argument) {
  const struct fields_job *job = argument;
  uint64_t last = 0;
  for (unsigned i = 0; i < 2; i++) {
    const struct synched_snapshot *now = synched_snapshot_current(job->memories[1 - i]);
    SIM_CHECK(now != NULL && now->round >= last);
    last = now->round;
    check_snapshot(now);
    const struct synched_snapshot *other = synched_snapshot_retain(now->fields[i]);
    synched_snapshot_release(now);
    check_snapshot(other);
    synched_snapshot_release(other);
  }
}

static void run_beside(struct fields_job *job, void (*beside)(void *), unsigned lease_count,
                       uint64_t round_count) {
  struct scene scene;
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_memories(job, lease_count, 0);
  open_job(job, &scene, SYNCHED_JOB_OPTIONS(.round_count = round_count));
  SIM_CHECK(synched_job_start_polled(job->job) == 0);
  sim_aloud();
  const unsigned thread = sim_thread_start(beside, job);
  finish(job);
  sim_thread_join(thread);
  sim_quietly();
  const struct synched_snapshot *now = synched_snapshot_current(job->memories[1]);
  SIM_CHECK(now != NULL && now->round == job->rounds);
  check_snapshot(now);
  synched_snapshot_release(now);
  close_job(job);
  scene_close(&scene);
}

static void run_stages(void) {
  struct fields_job job = {.rounds = 0};
  run_beside(&job, read_both, 1, 2);
  SIM_CHECK(job.status == 0 && job.rounds == 2);
}

static void run_no_lease(void) {
  struct fields_job job = {.rounds = 0};
  run_beside(&job, read_both, 0, 3);
  SIM_CHECK(job.status == 0 && job.rounds == 3);
}

static void run_failing(void) {
  struct fields_job job = {.fail_round = 2};
  run_beside(&job, read_both, 1, 3);
  SIM_CHECK(job.status == FAILURE && job.rounds == 1);
}

static void cancel(void *argument) {
  const struct fields_job *job = argument;
  sim_spend(50000);
  const int status = synched_job_cancel(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

static void run_cancelled(void) {
  struct fields_job job = {.rounds = 0};
  run_beside(&job, cancel, 0, 2);
  SIM_CHECK(job.status == SYNCHED_ECANCELED || (job.status == 0 && job.rounds == 2));
}

const struct sim_world sim_world_stages = {
    .name = "stages-2x2x2",
    .about = "2 workers, 2 stages, 2 fields, one of them written twice, and a reader",
    .run = run_stages,
    .bound = 2,
};

const struct sim_world sim_world_stages_lease = {
    .name = "stages-lease-2x2x3",
    .about = "a job of stages waits for a buffer that a reader of either field holds",
    .run = run_no_lease,
    .bound = 1,
};

const struct sim_world sim_world_stages_failing = {
    .name = "stages-failing-2x2x3",
    .about = "the last stage of a round fails, and nothing of the round is seen",
    .run = run_failing,
    .bound = 1,
};

const struct sim_world sim_world_stages_cancelled = {
    .name = "stages-cancelled-2x2x2",
    .about = "a job is cancelled in or between its stages",
    .run = run_cancelled,
    .bound = 1,
};

/* --- the end of the job, and of one memory, while the other one is read --- */

static void read_second(void *argument) {
  const struct fields_job *job = argument;
  for (unsigned i = 0; i < 2; i++) {
    const struct synched_snapshot *now = synched_snapshot_current(job->memories[1]);
    SIM_CHECK(now != NULL && now->round == 1);
    check_field(now, 1, STAGES - 1, 1);
    synched_snapshot_release(now);
  }
}

static void run_parted(void) {
  struct scene scene;
  struct fields_job job = {.rounds = 0};
  scene_open(&scene, 1, SYNCHED_WAIT_AUTO);
  open_memories(&job, 0, 0);
  open_job(&job, &scene, SYNCHED_JOB_OPTIONS(.round_count = 1));
  SIM_CHECK(synched_job_run(job.job) == 0);
  sim_aloud();
  const unsigned thread = sim_thread_start(read_second, &job);
  int status;
  while ((status = synched_job_destroy(job.job)) == SYNCHED_EBUSY)
    sim_spend(100);
  SIM_CHECK(status == 0);
  /* Nobody reads this one. */
  SIM_CHECK(synched_memory_destroy(job.memories[0]) == 0);
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(synched_memory_destroy(job.memories[1]) == 0);
  scene_close(&scene);
}

const struct sim_world sim_world_parted = {
    .name = "parted-1x2x1",
    .about = "a job and its first memory end while the second one is read",
    .run = run_parted,
    .bound = 2,
};

/* --- a memory that is read gets another one as its lead --- */

static int nothing(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static void read_first(void *argument) {
  const struct fields_job *job = argument;
  for (unsigned i = 0; i < 2; i++) {
    const struct synched_snapshot *now = synched_snapshot_current(job->memories[1]);
    SIM_CHECK(now != NULL && now->round == 0 && ((const uint64_t *)now->data)[0] == 0);
    SIM_CHECK(now->field_count == 1 || now->field_count == FIELDS);
    synched_snapshot_release(now);
  }
}

/* The lead is made when the reader is there. */
static void run_joined(void) {
  const struct synched_memory_options options = {.struct_size = sizeof options,
                                                 .segment_count = SEGMENTS,
                                                 .segment_capacity = 1,
                                                 .element_size = sizeof(uint64_t)};
  struct scene scene;
  struct fields_job job = {.rounds = 0};
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  SIM_CHECK(synched_memory_create(&job.memories[1], &options) == 0);
  const unsigned thread = sim_thread_start(read_first, &job);
  SIM_CHECK(synched_memory_create(&job.memories[0], &options) == 0);
  sim_aloud();
  int status;
  while ((status = synched_job_create(&job.job, scene.pool, job.memories[0],
                                      SYNCHED_JOB_OPTIONS(.compute = nothing, .round_count = 1,
                                                          .fields = &job.memories[1],
                                                          .field_count = FIELDS))) == SYNCHED_EBUSY)
    sim_spend(100);
  SIM_CHECK(status == 0);
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(synched_job_destroy(job.job) == 0);
  SIM_CHECK(synched_memory_destroy(job.memories[0]) == 0);
  SIM_CHECK(synched_memory_destroy(job.memories[1]) == 0);
  scene_close(&scene);
}

const struct sim_world sim_world_joined = {
    .name = "joined-1x2",
    .about = "a memory becomes a field of a job while it is read",
    .run = run_joined,
    .bound = 1,
};

/* --- a fold that workers combine in a pass of its own --- */

#define MANY 65u /* segments: two groups */
#define LENGTH 32u

static int contribute(struct synched_task *task, void *user) {
  int64_t *numbers = synched_task_fold(task);
  (void)user;
  if (task->parts->stage == 1)
    for (unsigned k = 0; k < LENGTH; k++)
      SIM_CHECK(((const int64_t *)synched_task_folded(task, 0))[k] ==
                (int64_t)(task->round * MANY + k * (MANY * (MANY - 1) / 2)));
  for (unsigned k = 0; numbers != NULL && k < LENGTH; k++)
    numbers[k] = (int64_t)(task->round + k * task->segment);
  return 0;
}

static void run_fold_pass(void) {
  static const struct synched_stage stages[] = {
      {.compute = contribute,
       .writes = SYNCHED_WRITES_NONE,
       .fold = SYNCHED_FOLD_SUM,
       .fold_type = SYNCHED_FOLD_INT64,
       .fold_length = LENGTH},
      {.compute = contribute, .writes = SYNCHED_WRITES_NONE}};
  struct scene scene;
  struct synched_memory *memory;
  struct synched_job *job;
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  SIM_CHECK(synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = MANY,
                                                                  .segment_capacity = 1,
                                                                  .element_size = 1)) == 0);
  SIM_CHECK(synched_job_create(&job, scene.pool, memory,
                               SYNCHED_JOB_OPTIONS(.stages = stages, .stage_count = 2,
                                                   .round_count = 2, .flags = SYNCHED_JOB_EAGER,
                                                   .record = SYNCHED_RECORD_OFF)) == 0);
  sim_aloud();
  SIM_CHECK(synched_job_run(job) == 0);
  sim_quietly();
  SIM_CHECK(synched_job_destroy(job) == 0);
  SIM_CHECK(synched_memory_destroy(memory) == 0);
  scene_close(&scene);
}

const struct sim_world sim_world_fold_pass = {
    .name = "fold-pass-2x65x2",
    .about = "a fold that workers combine, and that the next stage reads",
    .run = run_fold_pass,
    .bound = 1,
};

/* --- changed in place, with copies for the loop --- */

static int add_one(struct synched_task *task, void *user) {
  uint64_t *out = synched_task_out(task, 0);
  uint64_t *other = synched_task_out(task, 1);
  (void)user;
  SIM_CHECK(out == synched_task_in(task, 0) && *out == task->round - 1);
  *out += 1;
  *other += *out;
  sim_spend(scene_heavy(task->round, task->segment));
  return 0;
}

static void look_at_copies(struct synched_job *unused, const struct synched_snapshot *now,
                           void *user) {
  struct fields_job *job = user;
  (void)unused;
  SIM_CHECK(now->round > job->delivered);
  job->delivered = now->round;
  for (unsigned f = 0; f < FIELDS; f++) {
    const uint64_t *data = now->fields[f]->data;
    SIM_CHECK(data != NULL);
    for (size_t s = 0; s < SEGMENTS; s++)
      SIM_CHECK(data[s] == (f == 0 ? now->round : now->round * (now->round + 1) / 2));
  }
}

static void run_in_place(enum synched_delivery delivery) {
  struct scene scene;
  struct fields_job job = {.delivered = 0};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_memories(&job, 1, SYNCHED_MEMORY_IN_PLACE);
  open_job(&job, &scene,
           SYNCHED_JOB_OPTIONS(.compute = add_one, .round_count = 3, .delivery = delivery,
                               .on_snapshot = look_at_copies));
  SIM_CHECK(synched_job_start_polled(job.job) == 0);
  sim_aloud();
  finish(&job);
  sim_quietly();
  SIM_CHECK(job.status == 0 && job.delivered == 3);
  SIM_CHECK(*(const uint64_t *)synched_memory_elements(job.memories[1]) == 6);
  close_job(&job);
  scene_close(&scene);
}

static void run_in_place_every(void) {
  run_in_place(SYNCHED_DELIVER_EVERY);
}

static void run_in_place_latest(void) {
  run_in_place(SYNCHED_DELIVER_LATEST);
}

const struct sim_world sim_world_in_place = {
    .name = "in-place-2x2x3",
    .about = "two fields are changed in place, and the loop gets copies when it can take them",
    .run = run_in_place_latest,
    .bound = 1,
};

const struct sim_world sim_world_in_place_every = {
    .name = "in-place-every-2x2x3",
    .about = "two fields are changed in place, and the loop gets a copy of each round",
    .run = run_in_place_every,
    .bound = 1,
};
