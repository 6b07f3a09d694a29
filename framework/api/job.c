/*
 * job.c: creating, starting and destroying a job.
 */
#include <stdio.h>
#include <string.h>

#include "api/check.h"
#include "api/start.h"
#include "base/error.h"
#include "base/options.h"
#include "cluster/link.h"
#include "dispatch/cycle.h"
#include "engine/check.h"
#include "engine/round.h"
#include "engine/tile.h"
#include "job/checked.h"
#include "job/meeting.h"
#include "job/notify.h"
#include "job/options.h"
#include "job/publish.h"
#include "job/ranks.h"
#include "job/roster.h"
#include "job/stages.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/event.h"
#include "report/collect.h"
#include "report/environment.h"

/* What the engine needs of the options. */
static void fill_work(struct synched__work *work, const struct synched_job_options *options) {
  work->user = options->user;
  work->eager = (options->flags & SYNCHED_JOB_EAGER) != 0;
  work->part_most_ns = UINT32_MAX / work->pool->worker_count;
}

static void describe_rank(struct synched__about *about, const struct synched_cluster *cluster,
                          unsigned worker_count) {
  struct synched__launcher launcher;
  synched__launcher_find(&launcher);
  about->binding_gain = synched__launcher_judge(about->binding, &launcher, worker_count);
  about->rank = cluster->transport.rank;
  about->rank_count = cluster->transport.rank_count;
}

/* What the report says of the job beside what is recorded. */
static void describe(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  const struct synched_pool *pool = job->work.pool;
  struct synched__about *about = &job->work.record->about;
  about->team = job->work.stages[0]->shape.team;
  about->usable_cpus = pool->usable_count;
  about->lease_count = job->work.memory->buffer_count - 2;
  about->can_steal = options->balance == SYNCHED_BALANCE_STEAL;
  about->has_on_round = options->on_round != NULL;
  about->has_on_snapshot = options->on_snapshot != NULL;
  about->delivers_every = options->delivery == SYNCHED_DELIVER_EVERY;
  if (options->cluster != NULL)
    describe_rank(about, options->cluster, pool->worker_count);
  memcpy(about->placement, pool->info.placement, sizeof about->placement);
  (void)snprintf(about->pool, sizeof about->pool, "%.10s", pool->name);
  for (unsigned w = 0; w < pool->worker_count; w++)
    about->places[w] = pool->workers[w].info.place;
}

/* The names of the stages that are told apart, and of the copies: to [SYNCHED__STAGES_SHOWN].
 * Returns how many there are; 0: one stage is all there is. */
static unsigned name_stages(const struct synched__work *work, const char **names) {
  unsigned count = 0;
  if (work->stage_count == 1 && work->copy_stage == NULL)
    return 0;
  for (; count < work->stage_count; count++)
    names[count] = work->stages[count]->name;
  if (work->copy_stage != NULL)
    names[count++] = work->copy_stage->name;
  return count;
}

/* Of so many rounds as can be shown. */
static size_t count_exchanges(const struct synched_job *job) {
  const size_t each = job->work.stage_count * (size_t)job->work.round_most;
  const size_t rounds = job->setup.options.report_rounds;
  return rounds > SIZE_MAX / each ? SIZE_MAX : rounds * each;
}

/* The report of a whole run has its memory from the start: nothing that a run ends with can be
 * refused. */
static int make_record(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  const char *stage_names[SYNCHED__STAGES_SHOWN];
  const struct synched__record_shape shape = {
      .name = options->name,
      .level = options->record,
      .worker_count = job->work.pool->worker_count,
      .segment_count = job->work.memory->layout.segment_count,
      .stage_names = stage_names,
      .stage_count = name_stages(&job->work, stage_names),
      .round_count = options->report_rounds,
      .row_rounds = job->work.tile == NULL ? 1 : job->work.tile->round_most,
      .task_count = options->report_tasks,
      .exchange_count = options->cluster == NULL ? 0 : count_exchanges(job),
      .segment_times = (options->flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0,
  };
  int status = synched__record_create(&job->work.record, &shape);
  if (status != 0)
    return status;
  describe(job);
  status = synched__report_create_for(&job->delivery.report, job->work.record);
  if (status != 0) {
    synched__record_destroy(job->work.record);
    return status;
  }
  return 0;
}

static void destroy_record(struct synched_job *job) {
  synched_report_destroy(job->delivery.report);
  synched__record_destroy(job->work.record);
}

static bool make_mailbox(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  struct synched__mailbox *mailbox = &job->delivery.mailbox;
  if (options->on_snapshot == NULL ||
      (options->delivery != SYNCHED_DELIVER_EVERY && job->work.copy_stage == NULL))
    return true;
  mailbox->slot_count = job->work.memory->buffer_count;
  mailbox->slots = synched__alloc(mailbox->slot_count, sizeof *mailbox->slots);
  return mailbox->slots != NULL;
}

static int make_arrays(struct synched_job *job) {
  int status = synched__stages_create(job);
  if (status == 0)
    status = synched__checked_create(job);
  if (status != 0)
    return status;
  job->work.failures =
      synched__alloc_lines(job->work.pool->worker_count, sizeof *job->work.failures);
  if (job->work.failures != NULL && make_mailbox(job))
    return 0;
  return synched__fail(SYNCHED_ENOMEM, "no memory for a job of %u workers",
                       job->work.pool->worker_count);
}

static void free_arrays(struct synched_job *job) {
  synched__free(job->delivery.mailbox.slots);
  synched__free(job->work.failures);
  synched__check_destroy(job->work.check);
  synched__stages_destroy(job);
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
  int status = make_arrays(job);
  if (status != 0)
    goto no_arrays;
  status = make_record(job);
  if (status != 0)
    goto no_arrays;
  status = synched__signal_init(&job->delivery.signal);
  if (status != 0)
    goto no_signal;
  status = synched__parker_init(&job->advance.parker);
  if (status != 0)
    goto no_parker;
  status = synched__requests_init(&job->control.requests);
  if (status != 0)
    goto no_requests;
  status = synched__buffer_wait_init(job);
  if (status != 0)
    goto no_wait;
  status = synched__stages_join_memories(job);
  if (status != 0)
    goto no_claim;
  status = enlist(job);
  if (status != 0)
    goto no_place;
  return 0;
no_place:
  (void)synched__stages_part_memories(job); /* no snapshot of it has been retained */
no_claim:
  synched__buffer_wait_deinit(job);
no_wait:
  synched__requests_deinit(&job->control.requests);
no_requests:
  synched__parker_deinit(&job->advance.parker);
no_parker:
  synched__signal_deinit(&job->delivery.signal);
no_signal:
  destroy_record(job);
no_arrays:
  free_arrays(job);
  return status;
}

/* The end of a job that could not be made one of several ranks. Returns the status, whose sentence
 * stays. */
static int give_up(struct synched_job **job, int status) {
  (void)synched_job_destroy(*job); /* nothing of it has been retained, or started */
  *job = NULL;
  return status;
}

/* *is_told: other ranks know what becomes of it. */
static int create(struct synched_job **out, struct synched_pool *pool,
                  struct synched_memory *memory, const struct synched_job_options *options,
                  bool *is_told) {
  if (pool == NULL || memory == NULL || options == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL",
                         pool == NULL     ? "pool"
                         : memory == NULL ? "memory"
                                          : "job's options");
  if (synched__is_foreign(pool->generation))
    return synched__process_refuse("pool");
  struct synched_job_options read;
  int status = synched__job_read_options(&read, options, memory, synched__environment_record());
  if (status == 0)
    status = synched__checked_read(&read);
  if (status == 0)
    status = synched__ranks_check(&read);
  if (status == 0)
    status = synched__job_make(out, pool, memory, &read, false);
  if (status != 0)
    return status;
  synched__roster_add(*out);
  if (read.cluster == NULL)
    return 0;
  *is_told = true;
  status = synched__ranks_attach(*out, &read);
  return status == 0 ? 0 : give_up(out, status);
}

/* The cluster of options that may be wrong; NULL: none is known. */
static struct synched_cluster *cluster_of(const struct synched_job_options *options) {
  const size_t needed = offsetof(struct synched_job_options, cluster) + sizeof options->cluster;
  if (options == NULL || options->struct_size < needed ||
      options->struct_size > SYNCHED__STRUCT_SIZE_MAX)
    return NULL;
  return options->cluster;
}

int synched_job_create(struct synched_job **out, struct synched_pool *pool,
                       struct synched_memory *memory, const struct synched_job_options *options) {
  struct synched_cluster *cluster = cluster_of(options);
  struct synched_job *job = NULL;
  bool is_told = false;
  int status = out == NULL ? synched__fail(SYNCHED_EINVAL, "the job to create is NULL")
                           : create(&job, pool, memory, options, &is_told);
  if (out != NULL)
    *out = job;
  /* The other ranks wait for this one. */
  return status != 0 && cluster != NULL && !is_told ? synched__ranks_refuse(cluster, status)
                                                    : status;
}

int synched__job_make(struct synched_job **out, struct synched_pool *pool,
                      struct synched_memory *memory, const struct synched_job_options *read,
                      bool is_sweep) {
  struct synched_job *job = synched__alloc_lines(1, sizeof *job);
  if (job == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a job");
  job->setup.is_sweep = is_sweep;
  job->setup.generation = synched__process_generation();
  job->work.pool = pool;
  job->work.memory = memory;
  job->setup.options = *read;
  fill_work(&job->work, read);
  job->work.fp_mode = synched__fp_mode_here();
  const int status = init_job(job);
  if (status != 0) {
    synched__free(job);
    return status;
  }
  job->setup.options.name = job->work.record->about.name;
  /* What these point at is copied, and the caller's to free. */
  job->setup.options.fields = NULL;
  job->setup.options.stages = NULL;
  job->setup.options.fold_identity = NULL;
  job->setup.counted_from = memory->pair.current->snapshot.round;
  *out = job;
  return 0;
}

void synched__job_write_report(struct synched_job *job) {
  synched__report_collect(job->delivery.report, job->work.record);
  synched__environment_write(job->delivery.report);
}

/* Between two advances of a run that is reported. */
static bool is_advanced(const struct synched_job *job) {
  return job->advance.goes_on && !job->setup.is_sweep;
}

/* A run that was made of advances ends with the last of them. It has been published. */
static void end_advances(struct synched_job *job) {
  synched__event_job_end(&job->work, job->setup.options.name, job->work.record->totals.last_round,
                         0);
  synched__job_write_report(job);
  job->advance.goes_on = false;
}

uint64_t synched__job_rounds_left(const struct synched_job *job, uint64_t counted_from,
                                  uint64_t round) {
  const uint64_t count = job->setup.options.round_count;
  if (count == 0)
    return UINT64_MAX;
  return count > round - counted_from ? count - (round - counted_from) : 0;
}

/* Which rounds the run that begins has. */
static void limit_run(struct synched_job *job) {
  struct synched__setup *setup = &job->setup;
  const uint64_t base = job->work.memory->pair.current->snapshot.round;
  if (!setup->is_rest || synched__job_rounds_left(job, setup->counted_from, base) == 0)
    setup->counted_from = base;
  setup->is_rest = false;
  setup->base_round = base;
  setup->last_round =
      setup->options.round_count == 0 ? 0 : setup->counted_from + setup->options.round_count;
  if (setup->saver != NULL)
    synched__saver_pass(setup->saver, base);
}

void synched__job_reset_run(struct synched_job *job) {
  synched__work_forget_failures(&job->work);
  synched__store_relaxed(&job->delivery.ended, 0);
  synched__store_relaxed(&job->delivery.departed, 0);
  synched__stages_reset(job);
  if (job->work.link != NULL)
    synched__link_begin_run(job->work.link, true);
  synched__meeting_reset(job);
  synched__ticks_reset(&job->pace.ticks, job->setup.options.period_ns, job->setup.options.overrun);
  synched__deadline_reset(job);
  synched__buffer_wait_reset(job);
  job->entry = (struct synched__queue_entry){.weight = job->setup.options.weight};
  limit_run(job);
  synched__record_reset(job->work.record, job->setup.base_round);
  if (job->work.link != NULL) {
    job->work.record->totals.own_first = job->work.link->own.first;
    job->work.record->totals.own_count = job->work.link->own.count;
  }
  job->delivery.answer = (struct synched__answer){NULL, 0};
  job->delivery.passed_over = 0;
  job->setup.shows = job->setup.options.on_snapshot != NULL && !job->advance.is_on;
  job->work.initialising = job->setup.options.init != NULL && !job->setup.initialised;
  synched__job_record_start(job, synched__tick_ns());
  synched__event_job_start(&job->work, job->setup.options.name, job->setup.base_round);
}

void synched__job_end_advances(struct synched_job *job) {
  if (!is_advanced(job))
    return;
  synched__advance_publish(job);
  end_advances(job);
}

void synched__job_begin(struct synched_job *job) {
  synched__job_end_advances(job);
  job->advance.goes_on = job->advance.is_on = false;
  synched__job_reset_run(job);
  /* The mutexes in submit release all of this to whoever runs the first round. */
  synched__stages_note_running(job, true);
  synched__requests_ready(job);
  synched__cycle_submit(job);
}

double synched_job_fold(const struct synched_job *job) {
  if (synched__job_check(job) != 0 ||
      synched__requests_state((struct synched_job *)job) != SYNCHED_JOB_ENDED)
    return 0;
  return job->work.memory->pair.current->snapshot.fold;
}

struct synched_memory *synched_job_memory(const struct synched_job *job, unsigned f) {
  return job == NULL ? NULL : synched__stages_memory(job, f);
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
  /* Relaxed: who has not heard of a run yet makes a report of what it has been told of. */
  if (synched__load_relaxed(&job->work.state) == SYNCHED__JOB_READY)
    return synched__fail(SYNCHED_ENOENT, "the job has not been started");
  status = synched__report_create_for(out, job->work.record);
  if (status != 0)
    return status;
  synched__requests_publish_advances((struct synched_job *)job);
  synched__report_collect(*out, job->work.record);
  return 0;
}

/* A job that is started can be destroyed all the same if it is abandoned. */
static int check_started(struct synched_job *job) {
  if (synched__job_is_abandoned(job))
    return 0;
  if (synched__job_is_lost(job))
    return synched__fail(SYNCHED_EBUSY, "the job's loop still has a timer of it; let its loop run");
  return synched__fail(SYNCHED_EBUSY, "the job is running; cancel it and let its loop run");
}

/* Whether somebody else must be done with it before. */
static int check_free(const struct synched_job *job) {
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (job->setup.is_held)
    return synched__fail(SYNCHED_EBUSY, "the job is that of a synched_run, which ends it");
  if (job->setup.saver != NULL)
    return synched__fail(SYNCHED_EBUSY, "the job has a checkpoint; destroy that first");
  return 0;
}

/* The memories that end with the job must be nobody's. */
static int part_memories(struct synched_job *job) {
  if (job->setup.own_count != 0 && synched__memory_retained_count(job->work.memory) != 0)
    return synched__fail(SYNCHED_EBUSY, "snapshots of the job's own memories are still retained");
  return synched__stages_part_memories(job);
}

static void free_job(struct synched_job *job) {
  for (unsigned f = 0; f < job->setup.own_count; f++)
    (void)synched_memory_destroy(job->setup.own[f]); /* nobody has them any more */
  synched__free(job);
}

int synched_job_destroy(struct synched_job *job) {
  if (job == NULL)
    return 0;
  int status = check_free(job);
  if (status != 0)
    return status;
  /* [run-over] acquire */
  if ((synched__load_acquire(&job->work.state) & SYNCHED__JOB_STARTED) != 0) {
    status = check_started(job);
    if (status != 0)
      return status;
    synched__mailbox_empty(&job->delivery.mailbox);
  }
  /* While the memory is still the job's. */
  if (is_advanced(job))
    synched__advance_publish(job);
  status = part_memories(job);
  if (status != 0)
    return status;
  if (is_advanced(job))
    end_advances(job);
  /* Of a job whose loop is gone; else NULL. */
  void *port = synched__load_relaxed(&job->delivery.port);
  if (port != NULL)
    job->delivery.port_calls->destroy(port);
  if (!job->setup.is_sweep)
    synched__roster_remove(job);
  synched__ranks_detach(job);
  synched__deadline_deinit(job);
  synched__buffer_wait_deinit(job);
  synched__dispatch_detach(job);
  synched__requests_deinit(&job->control.requests);
  synched__signal_deinit(&job->delivery.signal);
  synched__parker_deinit(&job->advance.parker);
  destroy_record(job);
  free_arrays(job);
  free_job(job);
  return 0;
}
