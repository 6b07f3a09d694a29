#include "scene.h"

#include <string.h>

uint64_t scene_heavy(uint64_t round, size_t segment) {
  (void)round;
  return 20000 + 1000 * segment;
}

/* --- callbacks --- */

/* The sum of three neighbours is another one in another order. */
double scene_contribution(uint64_t round, size_t segment) {
  static const double large[] = {0, 1e16, -1e16};
  return segment % 3 == 0 ? (double)(1 + (round + segment) % 5) : large[segment % 3];
}

double scene_folded(uint64_t round, size_t segment_count) {
  double sum = scene_contribution(round, 0);
  for (size_t s = 1; s < segment_count; s++)
    sum += scene_contribution(round, s);
  return sum;
}

static int init(struct synched_task *task, void *user) {
  struct scene_job *job = user;
  promises_init(job->promises, task->round, task->segment);
  *(uint64_t *)task->out = 0;
  task->contribution = scene_contribution(0, task->segment);
  return 0;
}

static int compute(struct synched_task *task, void *user) {
  struct scene_job *job = user;
  const uint64_t *previous = task->previous->data;
  uint64_t sum = 0;
  promises_call(job->promises, task->round, task->segment, task->worker);
  if (task->previous->round != task->round - 1)
    sim_fail("promise 2: previous is of round %llu in a call of round %llu",
             (unsigned long long)task->previous->round, (unsigned long long)task->round);
  for (size_t s = 0; s < job->segment_count; s++) {
    const uint64_t value = promises_value(job->promises, task->round - 1, s);
    if (previous[s * job->capacity] != value)
      sim_fail("promise 2: segment %zu of the round before %llu is %llx, not %llx", s,
               (unsigned long long)task->round, (unsigned long long)previous[s * job->capacity],
               (unsigned long long)value);
    sum += previous[s * job->capacity];
  }
  uint64_t *out = task->out;
  *out = promises_next(sum, task->round, task->segment);
  task->contribution = scene_contribution(task->round, task->segment);
  while (job->endless_round == task->round && !synched_task_cancelled(task))
    sim_spend(50000);
  if (job->spend_ns != NULL)
    sim_spend(job->spend_ns(task->round, task->segment));
  const bool fails = job->fail_round == task->round && task->segment >= job->fail_segment;
  const int code = fails ? SCENE_FAILURE - (int)task->segment : 0;
  promises_return(job->promises, task->round, task->segment, code);
  return code;
}

void scene_check_snapshot(const struct scene_job *job, const struct synched_snapshot *snapshot) {
  const uint64_t *data = snapshot->data;
  for (size_t s = 0; s < job->segment_count; s++)
    if (data[s * job->capacity] != promises_value(job->promises, snapshot->round, s))
      sim_fail("promise 6: segment %zu of the snapshot of round %llu is %llx, not %llx", s,
               (unsigned long long)snapshot->round, (unsigned long long)data[s * job->capacity],
               (unsigned long long)promises_value(job->promises, snapshot->round, s));
  const double fold = scene_folded(snapshot->round, job->segment_count);
  if (snapshot->segment_count != job->segment_count)
    sim_fail("promise 6: a snapshot has %zu segments", snapshot->segment_count);
  if (snapshot->round != 0 && snapshot->fold != fold)
    sim_fail("promise 7: the fold of round %llu is %g, not %g", (unsigned long long)snapshot->round,
             snapshot->fold, fold);
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct scene_job *job = user;
  promises_round(job->promises, now->round);
  scene_check_snapshot(job, now);
  if (job->when_round != NULL)
    job->when_round(job, now);
  if (now->round + 1 == job->aloud_from)
    sim_aloud();
  return now->round == job->stop_round ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

static int on_init(const struct synched_snapshot *now, void *user) {
  scene_check_snapshot(user, now);
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *unused, const struct synched_snapshot *now,
                        void *user) {
  struct scene_job *job = user;
  (void)unused;
  promises_delivered(job->promises, now->round, job->every);
  scene_check_snapshot(job, now);
  if (job->deliver_ns != 0)
    sim_spend(job->deliver_ns);
  sim_tell();
  if (job->when_seen != NULL)
    job->when_seen(job);
}

static void on_steered(struct synched_job *unused, const struct synched_steered *steered,
                       void *user) {
  struct scene_job *job = user;
  (void)unused;
  promises_steered(job->promises, steered->round);
  if (job->when_steered != NULL)
    job->when_steered(job, steered);
}

static void on_deadline(struct synched_job *unused, const struct synched_deadline_miss *miss,
                        void *user) {
  struct scene_job *job = user;
  (void)unused;
  SIM_CHECK(miss->missed_count > job->deadline_count);
  job->deadline_count++;
  for (unsigned i = 0; job->knows_calls && i < miss->running_count; i++)
    promises_running(job->promises, miss->round, miss->running[i].segment,
                     miss->running[i].since_ns);
}

static void on_stalled(struct synched_job *unused, const struct synched_stall *stall, void *user) {
  struct scene_job *job = user;
  (void)unused;
  SIM_CHECK(stall->stalled_count > job->stalled_count);
  job->stalled_count++;
  job->when_stalled(job);
}

static void on_done(struct synched_job *unused, int status, const struct synched_report *report,
                    void *user) {
  struct scene_job *job = user;
  const struct synched_snapshot *current = synched_snapshot_current(job->memory);
  (void)unused;
  (void)report;
  SIM_CHECK(current != NULL);
  promises_done(job->promises, status, current->round);
  scene_check_snapshot(job, current);
  synched_snapshot_release(current);
  if (job->when_done != NULL)
    job->when_done(job);
}

/* --- pools --- */

void scene_open(struct scene *scene, unsigned worker_count, enum synched_wait wait) {
  sim_quietly();
  const int status = synched_pool_create(
      &scene->pool,
      SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .affinity = SYNCHED_AFFINITY_NONE,
                           .wait = wait, .spin_ns = wait == SYNCHED_WAIT_AUTO ? 2000 : 0));
  SIM_CHECK(status == 0);
}

void scene_close(struct scene *scene) {
  SIM_CHECK(synched_pool_destroy(scene->pool) == 0);
}

/* --- jobs --- */

void scene_job_open(struct scene_job *out, const struct scene *scene, size_t segment_count,
                    unsigned lease_count, const struct synched_job_options *options) {
  struct synched_job_options chosen = *options;
  out->promises = promises_begin(segment_count);
  out->segment_count = segment_count;
  out->capacity = out->is_large ? SCENE_LARGE : 1;
  out->every = options->delivery == SYNCHED_DELIVER_EVERY;
  chosen.struct_size = sizeof chosen;
  chosen.compute = compute;
  chosen.on_round = on_round;
  chosen.on_done = on_done;
  chosen.on_steered = on_steered;
  if (options->deadline_ns != 0)
    chosen.on_deadline = on_deadline;
  if (out->when_stalled != NULL)
    chosen.on_stalled = on_stalled;
  if (out->inits) {
    chosen.init = init;
    chosen.on_init = on_init;
  }
  if (out->every || out->latest) {
    chosen.on_snapshot = on_snapshot;
    promises_deliver(out->promises);
  }
  chosen.fold = SYNCHED_FOLD_SUM;
  chosen.user = out;
  if (chosen.record == SYNCHED_RECORD_TOTALS && chosen.homes != SYNCHED_HOMES_FOLLOW)
    chosen.record = SYNCHED_RECORD_OFF;
  SIM_CHECK(synched_memory_create(
                &out->memory, SYNCHED_MEMORY_OPTIONS(.segment_count = segment_count,
                                                     .segment_capacity = out->capacity,
                                                     .element_size = sizeof(uint64_t),
                                                     .refill = out->is_large ? SYNCHED_REFILL_NONE
                                                                             : SYNCHED_REFILL_ZERO,
                                                     .lease_count = lease_count)) == 0);
  if (synched_job_create(&out->job, scene->pool, out->memory, &chosen) != 0)
    sim_fail("no job: %s", synched_error_message());
}

void scene_run_aloud(struct synched_job *job) {
  sim_aloud();
  const int status = synched_job_run(job);
  sim_quietly();
  if (status != 0)
    sim_fail("the job ended with %d: %s", status, synched_error_message());
}

void scene_job_run(struct scene_job *job, int status) {
  const int got = synched_job_run(job->job);
  if (got != status)
    sim_fail("the job ended with %d, not %d: %s", got, status, synched_error_message());
  promises_end(job->promises);
}

void scene_job_start(struct scene_job *job) {
  SIM_CHECK(synched_job_start_polled(job->job) == 0);
}

void scene_job_finish(struct scene_job *job) {
  for (;;) {
    const int status = synched_job_dispatch(job->job);
    if (status == SYNCHED_STOP)
      break;
    SIM_CHECK(status == SYNCHED_CONTINUE);
    sim_await(synched_job_fd(job->job));
  }
  promises_end(job->promises);
}

void scene_job_again(struct scene_job *job) {
  promises_again(job->promises);
}

void scene_job_close(struct scene_job *job) {
  SIM_CHECK(synched_job_destroy(job->job) == 0);
  SIM_CHECK(synched_memory_destroy(job->memory) == 0);
}
