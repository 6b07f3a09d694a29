/*
 * job.c: creating, starting and destroying a job.
 */
#include <stdio.h>
#include <string.h>

#include "api/check.h"
#include "api/start.h"
#include "base/error.h"
#include "dispatch/cycle.h"
#include "engine/round.h"
#include "job/notify.h"
#include "job/options.h"
#include "job/publish.h"
#include "job/roster.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/event.h"
#include "report/collect.h"
#include "report/environment.h"

/* Up to so many segments, what is kept for each lies on lines of its own: rounds of more segments
 * are not so short that sharing a line now and then shows. */
#define SPREAD_SEGMENTS 4096u
#define DOUBLES_PER_LINE (SYNCHED__CACHE_LINE / sizeof(double))

static void set_shape(struct synched_job *job) {
  const struct synched_pool *pool = job->work.pool;
  const bool is_static = job->setup.options.balance == SYNCHED_BALANCE_STATIC;
  const bool all = is_static || job->work.eager;
  /* Workers beyond the usable CPUs would only take turns with the others on the same CPUs. */
  unsigned team =
      all || pool->worker_count < pool->usable_count ? pool->worker_count : pool->usable_count;
  job->work.shape = (struct synched__shape){.segment_count = job->work.memory->layout.segment_count,
                                            .team = team,
                                            .batch = 1,
                                            .wake_count = 1, /* until a run begins */
                                            .is_static = is_static};
}

/* What the engine needs of the options. */
static void fill_work(struct synched__work *work, const struct synched_job_options *options) {
  work->compute = options->compute;
  work->init = options->init;
  work->user = options->user;
  work->fold = options->fold;
  work->eager = (options->flags & SYNCHED_JOB_EAGER) != 0;
  work->part_most_ns = UINT32_MAX / work->pool->worker_count;
}

/* What the report says of the job beside what is recorded. */
static void describe(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  const struct synched_pool *pool = job->work.pool;
  struct synched__about *about = &job->work.record->about;
  about->team = job->work.shape.team;
  about->usable_cpus = pool->usable_count;
  about->lease_count = job->work.memory->buffer_count - 2;
  about->can_steal = options->balance == SYNCHED_BALANCE_STEAL;
  about->has_on_round = options->on_round != NULL;
  about->has_on_snapshot = options->on_snapshot != NULL;
  about->delivers_every = options->delivery == SYNCHED_DELIVER_EVERY;
  memcpy(about->placement, pool->info.placement, sizeof about->placement);
  (void)snprintf(about->pool, sizeof about->pool, "%.10s", pool->name);
  for (unsigned w = 0; w < pool->worker_count; w++)
    about->places[w] = pool->workers[w].info.place;
}

/* The report of a whole run has its memory from the start: nothing that a run ends with can be
 * refused. */
static int make_record(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  const struct synched__record_shape shape = {
      .name = options->name,
      .level = options->record,
      .worker_count = job->work.pool->worker_count,
      .segment_count = job->work.shape.segment_count,
      .round_count = options->report_rounds,
      .task_count = options->report_tasks,
      .segment_times = (options->flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0,
  };
  int status = synched__record_create(&job->work.record, &shape);
  if (status != 0)
    return status;
  status = synched__report_create_for(&job->delivery.report, job->work.record);
  if (status != 0) {
    synched__record_destroy(job->work.record);
    return status;
  }
  describe(job);
  return 0;
}

static void destroy_record(struct synched_job *job) {
  synched_report_destroy(job->delivery.report);
  synched__record_destroy(job->work.record);
}

static int make_arrays(struct synched_job *job) {
  const size_t segment_count = job->work.shape.segment_count;
  const struct synched_job_options *options = &job->setup.options;
  bool complete = true;
  job->work.failures =
      synched__alloc_lines(job->work.pool->worker_count, sizeof *job->work.failures);
  complete = complete && job->work.failures != NULL;
  /* Only who may steal has a choice; and weights are known where calls are timed. */
  if (!job->work.shape.is_static && job->work.shape.team > 1 &&
      (options->flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0)
    complete = synched__order_init(&job->work.order, segment_count) && complete;
  if (job->work.shape.team > SYNCHED__GROUPED_TEAM) {
    job->work.groups = synched__alloc_lines(job->work.pool->group_count, sizeof *job->work.groups);
    complete = complete && job->work.groups != NULL;
  }
  if (options->fold != SYNCHED_FOLD_NONE) {
    job->work.contribution_stride = segment_count <= SPREAD_SEGMENTS ? DOUBLES_PER_LINE : 1;
    job->work.contributions =
        synched__alloc_lines(segment_count * job->work.contribution_stride, sizeof(double));
    complete = complete && job->work.contributions != NULL;
  }
  if (options->on_snapshot != NULL && options->delivery == SYNCHED_DELIVER_EVERY) {
    job->delivery.mailbox.slot_count = job->work.memory->buffer_count;
    job->delivery.mailbox.slots =
        synched__alloc(job->delivery.mailbox.slot_count, sizeof *job->delivery.mailbox.slots);
    complete = complete && job->delivery.mailbox.slots != NULL;
  }
  return complete
             ? 0
             : synched__fail(SYNCHED_ENOMEM, "no memory for a job of %zu segments and %u workers",
                             segment_count, job->work.pool->worker_count);
}

static void free_arrays(struct synched_job *job) {
  synched__free(job->delivery.mailbox.slots);
  synched__free(job->work.contributions);
  synched__free(job->work.failures);
  synched__order_deinit(&job->work.order);
  synched__free(job->work.groups);
}

/* Makes it one of the pool's jobs, and its memory's. */
static int enlist(struct synched_job *job) {
  int status = synched__dispatch_attach(job);
  if (status != 0)
    return status;
  if (job->setup.options.deadline_ns != 0)
    status = synched__deadline_init(job, job->work.pool->dispatch->monitor);
  if (status != 0) {
    synched__dispatch_detach(job);
    return status;
  }
  job->work.memory->on_free = synched__cycle_submit_freed;
  job->work.memory->on_free_argument = job;
  return 0;
}

static int init_job(struct synched_job *job) {
  set_shape(job);
  int status = make_arrays(job);
  if (status != 0)
    goto no_arrays;
  status = make_record(job);
  if (status != 0)
    goto no_arrays;
  status = synched__signal_init(&job->delivery.signal);
  if (status != 0)
    goto no_signal;
  status = synched__requests_init(&job->control.requests);
  if (status != 0)
    goto no_requests;
  status = synched__buffer_wait_init(job);
  if (status != 0)
    goto no_wait;
  status = synched__memory_claim(job->work.memory);
  if (status != 0)
    goto no_claim;
  status = enlist(job);
  if (status != 0)
    goto no_place;
  return 0;
no_place:
  synched__memory_unclaim(job->work.memory);
no_claim:
  synched__buffer_wait_deinit(job);
no_wait:
  synched__requests_deinit(&job->control.requests);
no_requests:
  synched__signal_deinit(&job->delivery.signal);
no_signal:
  destroy_record(job);
no_arrays:
  free_arrays(job);
  return status;
}

int synched_job_create(struct synched_job **out, struct synched_pool *pool,
                       struct synched_memory *memory, const struct synched_job_options *options) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job to create is NULL");
  *out = NULL;
  if (pool == NULL || memory == NULL || options == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL",
                         pool == NULL     ? "pool"
                         : memory == NULL ? "memory"
                                          : "job's options");
  if (synched__is_foreign(pool->generation))
    return synched__process_refuse("pool");
  struct synched_job_options read;
  int status = synched__job_read_options(&read, options, memory, synched__environment_record());
  if (status != 0)
    return status;
  struct synched_job *job = synched__alloc_lines(1, sizeof *job);
  if (job == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a job");
  job->setup.generation = synched__process_generation();
  job->work.pool = pool;
  job->work.memory = memory;
  job->setup.options = read;
  fill_work(&job->work, &read);
  job->work.fp_mode = synched__fp_mode_here();
  status = init_job(job);
  if (status != 0) {
    synched__free(job);
    return status;
  }
  job->setup.options.name = job->work.record->about.name;
  synched__roster_add(job);
  *out = job;
  return 0;
}

/* Of the run that begins: what the report, and whoever computes, starts from. */
static void reset_run(struct synched_job *job) {
  synched__work_forget_failures(&job->work);
  synched__store_relaxed(&job->delivery.ended, 0);
  synched__store_relaxed(&job->delivery.departed, 0);
  synched__round_reset_adaption(&job->work);
  synched__ticks_reset(&job->pace.ticks, job->setup.options.period_ns, job->setup.options.overrun);
  synched__deadline_reset(job);
  synched__buffer_wait_reset(job);
  job->entry = (struct synched__queue_entry){.weight = job->setup.options.weight};
  job->work.groups_partial = true;
  job->setup.base_round = job->work.memory->pair.current->snapshot.round;
  synched__record_reset(job->work.record, job->setup.base_round);
  job->setup.last_round = job->setup.options.round_count == 0
                              ? 0
                              : job->setup.base_round + job->setup.options.round_count;
  job->delivery.answer = (struct synched__answer){NULL, 0};
  job->delivery.passed_over = 0;
  job->work.initialising = job->setup.options.init != NULL && !job->setup.initialised;
}

void synched__job_begin(struct synched_job *job) {
  reset_run(job);
  synched__job_record_start(job, synched__tick_ns());
  /* The mutexes in submit release all of this to whoever runs the first round. */
  synched__mutex_lock(&job->work.memory->mutex); /* no load is in the middle of its work */
  synched__store_relaxed(&job->work.memory->running, 1);
  synched__mutex_unlock(&job->work.memory->mutex);
  synched__event_job_start(&job->work, job->setup.options.name, job->setup.base_round);
  synched__requests_ready(job);
  synched__cycle_submit(job);
}

uint64_t synched_job_missed(const struct synched_job *job) {
  return job == NULL ? 0 : job->delivery.passed_over;
}

int synched_job_report(const struct synched_job *job, struct synched_report **out) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the report to make is NULL");
  *out = NULL;
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (synched__load_relaxed(&job->work.state) == SYNCHED__JOB_READY)
    return synched__fail(SYNCHED_ENOENT, "the job has not been started");
  status = synched__report_create_for(out, job->work.record);
  if (status == 0)
    synched__report_collect(*out, job->work.record);
  return status;
}

/* A started job that can be destroyed all the same: its loop is gone, and the engine has left
 * it. */
static bool is_abandoned(struct synched_job *job) {
  /* Who destroys a job knows whether it has been started. */
  void *port = synched__load_relaxed(&job->delivery.port);
  return port != NULL && synched__job_is_released(job) && job->delivery.port_calls->is_lost(port);
}

int synched_job_destroy(struct synched_job *job) {
  if (job == NULL)
    return 0;
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  /* [run-over] acquire */
  if ((synched__load_acquire(&job->work.state) & SYNCHED__JOB_STARTED) != 0) {
    if (!is_abandoned(job))
      return synched__fail(SYNCHED_EBUSY, "the job is running; cancel it and let its loop run");
    job->delivery.port_calls->destroy(synched__load_relaxed(&job->delivery.port));
    synched__mailbox_empty(&job->delivery.mailbox);
  }
  synched__roster_remove(job);
  synched__deadline_deinit(job);
  synched__buffer_wait_deinit(job);
  synched__dispatch_detach(job);
  synched__memory_unclaim(job->work.memory);
  synched__requests_deinit(&job->control.requests);
  synched__signal_deinit(&job->delivery.signal);
  destroy_record(job);
  free_arrays(job);
  synched__free(job);
  return 0;
}
