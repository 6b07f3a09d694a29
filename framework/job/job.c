/*
 * job.c: creating, starting and destroying a job.
 */
#include "job/job.h"

#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/clock.h"

/* Up to so many segments, what is kept for each lies on lines of its own: rounds of more segments are not so
 * short that sharing a line now and then shows. */
#define SPREAD_SEGMENTS 4096u
#define DOUBLES_PER_LINE (SYNCHED__CACHE_LINE / sizeof(double))

static void set_shape(struct synched_job *job) {
  const struct synched_pool *pool = job->pool;
  const bool is_static = job->options.balance == SYNCHED_BALANCE_STATIC;
  const bool all = is_static || (job->options.flags & SYNCHED_JOB_EAGER) != 0;
  /* Workers beyond the usable CPUs would only take turns with the others on the same CPUs. */
  unsigned party =
      all || pool->worker_count < pool->usable_count ? pool->worker_count : pool->usable_count;
  job->shape = (struct synched__shape){.segment_count = job->memory->layout.segment_count,
                                       .party = party,
                                       .batch = 1,
                                       .wake_count = 1, /* until a run begins */
                                       .is_static = is_static};
}

static int make_report(struct synched_job *job) {
  const struct synched__record_shape shape = {
      .name = job->options.name != NULL ? job->options.name : "job",
      .worker_count = job->pool->worker_count,
      .segment_count = job->shape.segment_count,
      .row_count = job->options.report_rounds,
      .segment_times = (job->options.flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0,
  };
  return synched__record_create(&job->report, &shape);
}

static int make_arrays(struct synched_job *job) {
  const size_t segment_count = job->shape.segment_count;
  const struct synched_job_options *options = &job->options;
  bool complete = true;
  job->failures = synched__alloc_lines(job->pool->worker_count, sizeof *job->failures);
  complete = complete && job->failures != NULL;
  /* Only who may steal has a choice; and weights are known where calls are timed. */
  if (!job->shape.is_static && job->shape.party > 1 &&
      (options->flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0)
    complete = synched__order_init(&job->order, segment_count) && complete;
  if (job->shape.party > SYNCHED__TALLY_PARTY) {
    job->tallies = synched__alloc_lines(job->pool->group_count, sizeof *job->tallies);
    complete = complete && job->tallies != NULL;
  }
  if (options->fold != SYNCHED_FOLD_NONE) {
    job->contribution_stride = segment_count <= SPREAD_SEGMENTS ? DOUBLES_PER_LINE : 1;
    job->contributions =
        synched__alloc_lines(segment_count * job->contribution_stride, sizeof(double));
    complete = complete && job->contributions != NULL;
  }
  if (options->on_snapshot != NULL && options->delivery == SYNCHED_DELIVER_EVERY) {
    job->mailbox.slot_count = job->memory->buffer_count;
    job->mailbox.slots = synched__alloc(job->mailbox.slot_count, sizeof *job->mailbox.slots);
    complete = complete && job->mailbox.slots != NULL;
  }
  return complete
             ? 0
             : synched__fail(SYNCHED_ENOMEM, "no memory for a job of %zu segments and %u workers",
                             segment_count, job->pool->worker_count);
}

static void free_arrays(struct synched_job *job) {
  synched__free(job->mailbox.slots);
  synched__free(job->contributions);
  synched__free(job->failures);
  synched__order_deinit(&job->order);
  synched__free(job->tallies);
}

/* Makes it one of the pool's jobs, and its memory's. */
static int enlist(struct synched_job *job) {
  static const struct synched__duties duties = {synched__participate, synched__keep};
  int status = synched__pool_attach(job->pool, &duties);
  if (status != 0)
    return status;
  status = synched__stall_init(job);
  if (status != 0)
    goto no_stall;
  if (job->options.deadline_ns != 0)
    status = synched__watch_init(job);
  if (status != 0)
    goto no_watch;
  job->memory->on_free = synched__turn_unblock;
  job->memory->on_free_argument = job;
  return 0;
no_watch:
  synched__stall_deinit(job);
no_stall:
  synched__pool_detach(job->pool);
  return status;
}

static int init_job(struct synched_job *job) {
  set_shape(job);
  int status = make_arrays(job);
  if (status != 0)
    goto no_arrays;
  status = make_report(job);
  if (status != 0)
    goto no_arrays;
  status = synched__signal_init(&job->signal);
  if (status != 0)
    goto no_signal;
  status = synched__steer_init(&job->steer);
  if (status != 0)
    goto no_steer;
  status = synched__memory_claim(job->memory);
  if (status != 0)
    goto no_claim;
  status = enlist(job);
  if (status != 0)
    goto no_place;
  return 0;
no_place:
  synched__memory_unclaim(job->memory);
no_claim:
  synched__steer_deinit(&job->steer);
no_steer:
  synched__signal_deinit(&job->signal);
no_signal:
  synched__record_destroy(job->report);
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
  int status = synched__job_read_options(&read, options, memory);
  if (status != 0)
    return status;
  struct synched_job *job = synched__alloc_lines(1, sizeof *job);
  if (job == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a job");
  job->generation = synched__process_generation();
  job->pool = pool;
  job->memory = memory;
  job->options = read;
  job->fp_mode = synched__fp_mode_here();
  status = init_job(job);
  if (status != 0) {
    synched__free(job);
    return status;
  }
  job->options.name = job->report->name;
  *out = job;
  return 0;
}

int synched__job_check(const struct synched_job *job) {
  if (job == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job is NULL");
  if (synched__is_foreign(job->generation))
    return synched__process_refuse("job");
  return 0;
}

/* Of the run that begins: what the report, and whoever computes, starts from. */
static void reset_run(struct synched_job *job) {
  synched__job_forget_failures(job);
  synched__store_relaxed(&job->ended, 0);
  synched__store_relaxed(&job->departed, 0);
  synched__balance_init(&job->balance);
  synched__round_set_wake(job);
  synched__record_reset(job->report);
  synched__order_reset(&job->order, job->shape.segment_count);
  synched__ticks_reset(&job->ticks, job->options.period_ns, job->options.overrun);
  synched__watch_reset(job);
  synched__stall_reset(job);
  job->entry = (struct synched__entry){.weight = job->options.weight};
  job->tallies_partial = true;
  job->base_round = job->memory->roles.current->snapshot.round;
  job->last_round = job->options.round_count == 0 ? 0 : job->base_round + job->options.round_count;
  job->answer = (struct synched__answer){NULL, 0};
  job->passed_over = 0;
  job->initialising = job->options.init != NULL && !job->initialised;
}

void synched__job_begin(struct synched_job *job) {
  reset_run(job);
  job->report->start_ns = synched__tick_ns();
  job->report->start_offset_ns = synched__clock_ahead_ns();
  /* The mutexes in submit release all of this to whoever runs the first round. */
  synched__mutex_lock(&job->memory->mutex); /* no load is in the middle of its work */
  synched__store_relaxed(&job->memory->running, 1);
  synched__mutex_unlock(&job->memory->mutex);
  synched__steer_ready(job);
  synched__job_submit(job);
}

uint64_t synched_job_missed(const struct synched_job *job) {
  return job == NULL ? 0 : job->passed_over;
}

int synched_job_report(const struct synched_job *job, const struct synched_report **out) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the report to give is NULL");
  *out = NULL;
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  /* Acquire: pairs with the store before on_done in loop/deliver.c. */
  if ((synched__load_acquire(&job->state) & SYNCHED__JOB_ENDED) == 0)
    return synched__fail(SYNCHED_EBUSY, "the job has not ended");
  *out = job->report;
  return 0;
}

/* A started job that can be destroyed all the same: its loop is gone, and the engine has left it. */
static bool is_abandoned(struct synched_job *job) {
  void *port = synched__load_acquire(&job->port);
  return port != NULL && synched__job_is_released(job) && job->port_calls->is_lost(port);
}

int synched_job_destroy(struct synched_job *job) {
  if (job == NULL)
    return 0;
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  if ((synched__load_acquire(&job->state) & SYNCHED__JOB_STARTED) != 0) {
    if (!is_abandoned(job))
      return synched__fail(SYNCHED_EBUSY, "the job is running; cancel it and let its loop run");
    job->port_calls->destroy(synched__load_relaxed(&job->port));
    synched__mailbox_empty(&job->mailbox);
  }
  synched__watch_deinit(job);
  synched__stall_deinit(job);
  synched__pool_detach(job->pool);
  synched__memory_unclaim(job->memory);
  synched__steer_deinit(&job->steer);
  synched__signal_deinit(&job->signal);
  synched__record_destroy(job->report);
  free_arrays(job);
  synched__free(job);
  return 0;
}
