/*
 * cycle.c: a round, from top to bottom as it happens.
 *
 *     a worker waits at the gate  <-------------------------------------------+
 *       |  the epoch advances                                                  |
 *       v                                                                      |
 *     it takes part (engine/execute.c)  --->  it has done its part  -----------+
 *       |  it has completed the round: it is the leader                        |
 *       v                                                                      |
 *     it closes the round, and chooses whose is next (next.c)                  |
 *       |                                                                      |
 *       v                                                                      |
 *     it opens that for everybody  --------------------------------------------+
 *     or computes it alone, and goes on as the leader
 *
 * All other workers wait for the gate while there is a leader, so plain reads and writes do.
 *
 *   [round-open]  see engine/open.c.
 */
#include "dispatch/cycle.h"

#include "base/assert.h"
#include "base/error.h"
#include "cluster/link.h"
#include "dispatch/next.h"
#include "dispatch/stall_watch.h"
#include "dispatch/timer_worker.h"
#include "engine/activity.h"
#include "engine/check.h"
#include "engine/round.h"
#include "engine/tile.h"
#include "job/finish.h"
#include "job/notify.h"
#include "job/pace.h"
#include "job/publish.h"
#include "platform/clock.h"
#include "platform/event.h"

/* --- close: the equivalent serial loop is in <synched/job.h> --- */

/* What becomes of a round that is complete. */
struct outcome {
  /* it is published, and was not the round of init */
  bool published;
  /* the job has another round; else it ends with status */
  bool goes_on;
  int status;
  /* when on_round was called; 0: it was not, or nobody wants to know */
  uint64_t called_ns;
};

/* Whether the job has lost its other ranks. */
static int status_of_ranks(struct synched_job *job) {
  return job->work.link == NULL ? 0 : synched__wire_status(&job->work.link->cluster->wire);
}

/* The status of a round in which a call has failed, or whose job is cancelled: it must not be
 * published. 0: publish it. */
static int status_of_drop(struct synched_job *job) {
  struct synched__totals *totals = &job->work.record->totals;
  if (synched__work_has_failed(&job->work)) {
    const int trouble = status_of_ranks(job);
    if (trouble != 0)
      return trouble;
    const struct synched__failure *lowest = synched__work_lowest_failure(&job->work);
    totals->failed_segment = (uint32_t)lowest->key;
    totals->failed_code = lowest->code;
    totals->failed_stage = job->work.initialising ? -1 : (int64_t)lowest->stage;
    return lowest->code;
  }
  return synched__work_is_cancelled(&job->work) ? SYNCHED_ECANCELED : 0;
}

/* An answer that ends the job. */
static void end_by(struct synched_job *job, struct synched__answer answer,
                   struct outcome *outcome) {
  job->delivery.answer = answer;
  outcome->goes_on = false;
  outcome->status = answer.code == SYNCHED_STOP ? 0
                    : answer.code > 0           ? SYNCHED_EINVAL
                                                : answer.code;
}

/* Calls on_init or on_round, whose name is `callback`. Inlined, as most rounds have one. */
__attribute__((always_inline)) static inline void
call_back(struct synched_job *job, synched_round_fn function, const char *callback,
          const struct synched_snapshot *now, struct outcome *outcome) {
  if (job->work.pool->open->recorded)
    outcome->called_ns = synched__tick_ns();
  int code = function(now, job->work.user);
  synched__fp_mode_enter(&job->work.fp_mode);
  if (job->work.link != NULL)
    code = synched__link_agree_answer(job->work.link, code);
  if (code != SYNCHED_CONTINUE)
    end_by(job, (struct synched__answer){callback, code}, outcome);
}

static inline double plain_fold(const struct synched__stage *stage) {
  return stage->contributions == NULL ? 0.0 : synched__stage_fold_plainly(stage);
}

/* Inlined, as in every round of a plain job. */
__attribute__((always_inline)) static inline const struct synched_snapshot *
publish_buffer(struct synched_job *job, uint64_t round, bool held) {
  struct synched__open_round *open = job->work.pool->open;
  struct synched__fields *fields = job->work.fields;
  if (fields != NULL)
    synched__fields_close_round(fields, &open->pair, round);
  const struct synched__publication publication = {
      .round = round, .fold = fields != NULL ? fields->fold : plain_fold(open->stage)};
  const struct synched_snapshot *now =
      synched__memory_publish(job->work.memory, &open->pair, publication, held);
  if (job->work.check != NULL)
    synched__check_poison(job->work.check, &job->work);
  return now;
}

/* The round of init: its number is that of the content which it replaces. */
__attribute__((noinline)) static struct outcome publish_init(struct synched_job *job,
                                                             uint64_t round) {
  const struct synched_job_options *options = &job->setup.options;
  struct outcome outcome = {.goes_on = true};
  const struct synched_snapshot *now = publish_buffer(job, round, false);
  job->work.initialising = false;
  job->setup.initialised = true;
  if (options->on_init != NULL)
    call_back(job, options->on_init, "on_init", now, &outcome);
  return outcome;
}

/* To who keeps some of the job's rounds. */
static void offer(struct synched_job *job, const struct synched_snapshot *now,
                  struct outcome *outcome) {
  struct synched__saver *saver = job->setup.saver;
  const int code = synched__saver_wants(saver, now->round) ? saver->take(saver, now) : 0;
  if (code != 0)
    end_by(job, (struct synched__answer){"the checkpoint", code}, outcome);
}

/* Whether the round that is published now goes into the mailbox of a job that shows its rounds. */
static bool is_for_mailbox(const struct synched_job *job) {
  const struct synched__stage *copies = job->work.copy_stage;
  return job->delivery.mailbox.slots != NULL &&
         (copies == NULL ||
          (job->work.pool->open->stage == copies && synched__job_shows_copy(job)));
}

/* Not inlined: most jobs have nobody, beside on_round, who wants their rounds. */
__attribute__((noinline)) static void hand_out(struct synched_job *job,
                                               const struct synched_snapshot *now, bool is_mailed,
                                               struct outcome *outcome) {
  if (is_mailed)
    synched__mailbox_put(&job->delivery.mailbox, now);
  if (job->setup.saver != NULL)
    offer(job, now, outcome);
  if (job->setup.shows)
    synched__job_notify(job);
}

static struct outcome publish(struct synched_job *job, uint64_t round) {
  const struct synched_job_options *options = &job->setup.options;
  struct outcome outcome = {.published = true, .goes_on = round != job->setup.last_round};
  const bool shows = job->setup.shows;
  const bool is_mailed = shows && is_for_mailbox(job);
  const struct synched_snapshot *now = publish_buffer(job, round, is_mailed);
  if (options->on_round != NULL)
    call_back(job, options->on_round, "on_round", now, &outcome);
  if (shows || job->setup.saver != NULL)
    hand_out(job, now, is_mailed, &outcome);
  return outcome;
}

/* A round that is not published: for `status`, or because it has missed its deadline. */
static struct outcome drop_round(const struct synched_job *job, int status) {
  if (job->work.activity != NULL)
    synched__activity_drop(job->work.activity);
  if (status != 0)
    return (struct outcome){.status = status};
  const bool fails = job->setup.options.deadline_policy == SYNCHED_DEADLINE_FAIL;
  return (struct outcome){.goes_on = !fails, .status = fails ? SYNCHED_ETIMEDOUT : 0};
}

/* Drops the round or publishes it, and calls on_round. */
static struct outcome decide(struct synched_job *job, uint64_t round) {
  const bool is_late = job->pace.is_paced && synched__pace_close(job);
  const int drop = status_of_drop(job);
  struct outcome outcome;
  if (drop == 0 && !is_late)
    outcome = job->work.initialising ? publish_init(job, round) : publish(job, round);
  else
    outcome = drop_round(job, drop);
  if (job->pace.is_paced)
    synched__pace_closed(job, round, outcome.published);
  return outcome;
}

/* What the workers did in the round, if that is known without looking at what they wrote. It is
 * not where the count was not needed to know that the round is complete. */
static struct synched__phase phase_of(const struct synched__run *run) {
  const uint64_t own_ns = run->part.compute_ns;
  if (run->solo)
    return (struct synched__phase){1, own_ns, own_ns};
  if (run->work->has_passes)
    return (struct synched__phase){0, 0, 0};
  const uint64_t other_ns = run->round_work_ns - run->work_ns;
  if (run->pool->worker_count > 2 || other_ns == 0)
    return (struct synched__phase){0, 0, 0};
  return (struct synched__phase){2, own_ns + other_ns, own_ns > other_ns ? own_ns : other_ns};
}

/* Writes the round down; now_ns is its end and the next one's start. */
static void write_down(const struct synched__run *run, const struct outcome *outcome,
                       uint64_t now_ns) {
  const struct synched__open_round *open = run->open;
  struct synched__record *record = run->work->record;
  const uint64_t called_ns = outcome->called_ns;
  const struct synched__round_row row = {
      .round = open->round,
      .opened_ns = open->round_opened_ns,
      .complete_ns = run->now_ns,
      .closed_ns = now_ns,
      .callback_ns = called_ns == 0 ? 0 : synched__span_ns(called_ns, now_ns),
      .lateness_ns = record->lateness_ns,
      .solo = run->solo};
  const struct synched__phase phase = phase_of(run);
  if (outcome->published)
    synched__record_round(record, run->worker->index, &row, &phase);
  else
    synched__record_drop(record, run->worker->index, &row);
}

/* Counts the round, and writes it down. */
static void record_round(const struct synched__run *run, const struct outcome *outcome,
                         uint64_t now_ns) {
  struct synched__open_round *open = run->open;
  struct synched_job *job = synched__job_of(run->work);
  struct synched__record *record = job->work.record;
  struct synched__worker_totals *own = &record->workers[run->worker->index];
  synched__store_relaxed(&open->busy_ns, synched__load_relaxed(&open->busy_ns) +
                                             synched__span_ns(open->round_opened_ns, now_ns));
  if (record->rows == NULL)
    return;
  own->closed_count += open->round_count;
  own->solo_count += run->solo ? open->round_count : 0;
  const bool is_due = now_ns - record->published_ns >= SYNCHED__PUBLISH_NS;
  if (open->recorded || !outcome->published)
    write_down(run, outcome, now_ns);
  if (is_due)
    synched__job_publish(job, now_ns);
}

/* The round that `run` completed, up to the choice of the next job. NULL: the pool is idle. */
static struct synched_job *close_round(struct synched__run *run, uint64_t *end_ns) {
  struct synched_job *job = synched__job_of(run->work);
  const bool was_initialising = job->work.initialising;
  const uint64_t round = run->open->round;
  const struct outcome outcome = decide(job, round);
  synched__event_round_close(run->work, round, outcome.published);
  const uint64_t now_ns = *end_ns = synched__tick_ns();
  if (was_initialising)
    synched__job_record_start(job, now_ns);
  else
    record_round(run, &outcome, now_ns);
  if (outcome.published)
    synched__round_adapt(run, round - job->setup.base_round, now_ns);
  if (outcome.goes_on)
    return synched__next_choose(run->pool, job, now_ns);
  synched__next_unbind(job);
  synched__job_finish(job, outcome.status, now_ns);
  return synched__next_choose(run->pool, NULL, now_ns);
}

/* --- close a stage --- */

/* The stage that follows in the round; NULL: none. */
static struct synched__stage *stage_after(struct synched_job *job,
                                          const struct synched__stage *stage) {
  struct synched__work *work = &job->work;
  const struct synched__stage *base = synched__stage_that_folds(stage);
  if (base->fold_pass != NULL && stage->folded == NULL)
    return base->fold_pass;
  if (base->is_init || stage == work->copy_stage)
    return NULL;
  if (stage->tile == NULL && stage->index + 1 < work->stage_count)
    return work->stages[stage->index + 1];
  return work->copy_stage != NULL && synched__job_takes_copy(job) ? work->copy_stage : NULL;
}

/* The fold of the stage, where that has one, or of the stage whose groups it has combined. */
static void fold_stage(const struct synched__run *run) {
  const struct synched__open_round *open = run->open;
  const struct synched__stage *stage = open->stage;
  const struct synched__stage *base = synched__stage_that_folds(stage);
  struct synched__fields *fields = run->work->fields;
  if (base->contributions == NULL || (base->fold_pass != NULL && stage->folded == NULL))
    return;
  void *out = synched__fields_fold_out(fields, &open->pair, base->index);
  synched__stage_fold(base, stage->folded != NULL, out);
  fields->folds[base->index] = out;
  if (synched__fold_is_plain(&base->fold))
    fields->fold = *(const double *)out;
}

/* Whether round_work_ns is all that was computed in the stage. Who has computed all that was left
 * does not look at what was computed before; what is computed before a late opening is not counted,
 * and what a worker takes only up to a limit. */
static bool is_work_known(const struct synched__run *run, uint64_t total_ns) {
  const struct synched__shape *shape = &run->open->stage->shape;
  if (run->solo)
    return true;
  if (run->round_work_ns == run->work_ns || total_ns >= run->work->part_most_ns)
    return false;
  return !shape->is_static || run->open->outstanding == shape->segment_count;
}

/* Whether it is not a stage by itself. */
static bool is_pass(const struct synched__stage *stage) {
  return stage->folded != NULL || stage->inner != NULL ||
         (stage->work->link != NULL && stage == stage->work->link->opening);
}

/* Adds the stage up that has ended, or the pass; in all rounds, for it costs little. */
static void record_stage(const struct synched__run *run, uint64_t now_ns) {
  const struct synched__stage *stage = run->open->stage;
  const uint64_t total_ns = synched__span_ns(run->open->opened_ns, now_ns);
  const struct synched__stage_part part = {.stage = stage->index,
                                           .is_pass = is_pass(stage),
                                           .is_recorded = stage->is_recorded,
                                           .is_known = is_work_known(run, total_ns),
                                           .total_ns = total_ns,
                                           .compute_ns = run->round_work_ns};
  synched__record_stage(run->work->record, &part);
}

static void close_fields(const struct synched__open_round *open, struct synched__fields *fields) {
  const struct synched__stage *stage = open->stage;
  if (stage->tile != NULL)
    synched__versions_close(stage->tile->versions, fields, &open->pair, open->round);
  else
    synched__fields_close_stage(fields, &open->pair, open->round - open->rounds_left);
}

/* The first stage of the next one of the rounds that are published together; NULL: this was not the
 * last stage of one, or there is none left. */
static struct synched__stage *next_round(struct synched__open_round *open,
                                         const struct synched__stage *stage) {
  struct synched__work *work = stage->work;
  if (open->rounds_left == 0 || stage->index + 1 < work->stage_count)
    return NULL;
  synched__fields_next_round(work->fields, open->round - open->rounds_left);
  open->rounds_left--;
  return work->stages[0];
}

/* Of a job on several ranks: the pass that the same stage goes on with; NULL: the stage is
 * complete. */
static struct synched__stage *close_pass(const struct synched__open_round *open,
                                         struct synched__work *work) {
  return work->link == NULL ? NULL : synched__link_close_pass(work->link, open);
}

/* Several ranks drop a round when they have agreed on that. */
static bool is_to_be_dropped(struct synched__work *work) {
  return work->link != NULL ? work->link->drops
                            : synched__work_has_failed(work) || synched__work_is_cancelled(work);
}

/* What the stage wrote, and its fold, are what later stages read. true: the round has another
 * stage, which is the open round's now; else it is complete, or to be dropped. Not inlined: plain
 * jobs have nothing of this. */
__attribute__((noinline)) static bool close_stage(const struct synched__run *run,
                                                  uint64_t *now_ns) {
  struct synched__open_round *open = run->open;
  struct synched__stage *stage = open->stage;
  struct synched__work *work = run->work;
  struct synched_job *job = synched__job_of(work);
  struct synched__stage *next = close_pass(open, work);
  const bool is_part = next != NULL;
  const bool is_dropped = is_to_be_dropped(work);
  if (stage->tile != NULL)
    synched__tile_close(stage->tile);
  if (!is_dropped && !is_part) {
    if (stage->activity != NULL)
      synched__activity_close(stage->activity, work->fields);
    close_fields(open, work->fields);
    next = next_round(open, stage);
    if (next == NULL) {
      fold_stage(run);
      next = stage_after(job, stage);
    }
  }
  const bool is_told =
      work->record->stage_count != 0 && work->record->rows != NULL && stage->tile == NULL;
  if (next != NULL || is_told)
    *now_ns = synched__tick_ns();
  if (is_told && !work->initialising)
    record_stage(run, *now_ns);
  if (next == NULL && work->tile != NULL && work->tile->learns && !work->initialising)
    synched__depth_update(&work->tile->depth, open->round_count,
                          synched__span_ns(open->round_opened_ns, synched__tick_ns()));
  if (next == NULL)
    return false;
  if (!stage->is_init)
    synched__round_adapt(run, open->round - job->setup.base_round, *now_ns);
  open->stage = is_part ? next : synched__stage_first_pass(next);
  open->was_shared = open->was_shared || !run->solo;
  open->goes_on = true;
  return true;
}

/* The stage that `run` completed, and its round if that was the last. Returns whose stage or round
 * is next. NULL: the pool is idle. */
static struct synched_job *close_one(struct synched__run *run, uint64_t *now_ns) {
  struct synched__work *work = run->work;
  /* For the fold, and for on_round: whatever mode this worker's last call has left. */
  synched__fp_mode_enter(&work->fp_mode);
  if (work->fields != NULL) {
    if (close_stage(run, now_ns))
      return synched__job_of(work);
    run->solo = run->solo && !run->open->was_shared; /* it stands for the whole round now */
  }
  return close_round(run, now_ns);
}

/* --- open --- */

/* How many rounds are computed before the next barrier. */
static unsigned count_rounds(const struct synched_job *job, uint64_t before) {
  const struct synched__tile *tile = job->work.tile;
  uint64_t count =
      tile != NULL && tile->learns ? synched__depth_rounds(&tile->depth) : job->work.round_most;
  const uint64_t last = job->setup.last_round;
  const uint64_t steps = job->control.requests.steps_left;
  if (last != 0 && last - before < count)
    count = last - before;
  if (steps != 0 && steps < count)
    count = steps;
  return job->pace.ticks.period_ns != 0 ? 1 : (unsigned)count;
}

/* Of a job whose rounds are published several at a time: makes the open round all of them, unless
 * one is all that is left. They are a tile, or have their stages one after the other. Not inlined:
 * other jobs have nothing of this. */
__attribute__((noinline)) static void join_rounds(struct synched__open_round *open,
                                                  struct synched_job *job) {
  const unsigned count = count_rounds(job, open->round - 1);
  if (job->work.initialising || count < 2)
    return;
  open->round_count = count;
  open->round += count - 1;
  if (job->work.tile != NULL)
    open->stage = job->work.tile_stage;
  else
    open->rounds_left = count - 1;
}

/* Only segments that need a call are dealt to workers. */
static void prepare_visits(struct synched__stage *stage) {
  struct synched__work *work = stage->work;
  struct synched__activity *activity = work->activity;
  if (stage->is_init) {
    synched__activity_open_init(activity, work->fields);
  } else {
    synched__stage_resize(stage, synched__activity_open(activity, stage->index, work->fields));
    work->record->totals.unchanged_count += activity->skipped_count;
  }
}

/* Whether the stage's first pass has opened what it writes, or it writes nothing. */
static bool is_open_already(const struct synched__stage *stage) {
  return stage->edge != NULL || (stage->work->link != NULL && stage == stage->work->link->opening);
}

/* Makes the open round's plain fields those of the next stage. */
static void prepare_stage(struct synched_pool *pool, struct synched__work *work) {
  const struct synched__open_round *open = pool->open;
  if (open->stage->tile != NULL) {
    const uint64_t first = open->round - open->round_count + 1;
    synched__tile_open(work->tile, first, open->round_count);
    synched__versions_open(work->tile->versions, work->fields, &open->pair, first,
                           open->round_count);
    return;
  }
  if (is_open_already(open->stage))
    return;
  if (open->stage == work->copy_stage)
    synched__fields_open_copies(work->fields, &open->pair);
  else
    synched__fields_open_stage(work->fields, &open->pair, open->stage->writes);
  if (open->stage->activity != NULL)
    prepare_visits(open->stage);
}

/* What the round begins with. */
__attribute__((noinline)) static void prepare_fields(struct synched_pool *pool,
                                                     struct synched__work *work) {
  struct synched__open_round *open = pool->open;
  open->was_shared = false;
  synched__fields_open_round(work->fields, &open->pair);
  if (work->link != NULL)
    open->stage = synched__link_open_round(work->link, open->stage);
  prepare_stage(pool, work);
}

/* The same of the job's next round, or of the next stage of this one. Inlined in spite of the
 * probe, whose text counts as much code, to compilers. */
__attribute__((always_inline)) static inline void
prepare(struct synched_pool *pool, struct synched_job *job, uint64_t now_ns) {
  struct synched__open_round *open = pool->open;
  SYNCHED_ASSERT(pool->dispatch->bound == job);
  open->opened_ns = now_ns;
  if (open->goes_on) {
    open->goes_on = false;
    prepare_stage(pool, &job->work);
    return;
  }
  open->round_opened_ns = now_ns;
  open->stage = synched__work_first_stage(&job->work);
  open->round = open->pair.current->snapshot.round + (job->work.initialising ? 0 : 1);
  open->round_count = 1;
  open->rounds_left = 0;
  if (job->work.round_most > 1)
    join_rounds(open, job);
  open->recorded = synched__record_samples(job->work.record, open->round);
  if (job->pace.is_paced)
    synched__pace_open(job, open->round);
  if (job->work.record->left_ns != 0 && !job->work.initialising)
    synched__record_enter(job->work.record, now_ns, synched__load_relaxed(&open->busy_ns));
  synched__event_round_open(&job->work, open->round);
  if (job->work.fields != NULL)
    prepare_fields(pool, &job->work);
}

/* Opens the prepared stage for everybody. Returns the last epoch in which the worker has
 * done its part. */
static uint64_t open_stage(struct synched__run *run, uint64_t now_ns) {
  struct synched__stage *next = run->open->stage;
  struct synched__home *home = &run->open->homes[run->worker->index];
  const uint64_t seen = synched__load_relaxed(&run->pool->epoch);
  SYNCHED_ASSERT(next != NULL);
  if (synched__round_opens_late(run, next))
    return synched__round_open_late(run);
  home->opened_epoch = seen + 1;
  home->opened_ns = now_ns;
  synched__round_open(run->pool, next, home->opened_epoch);
  return seen;
}

/* --- the cycle --- */

/* Of a thread in a worker's place: whether it has something else to do, for the advance of its own
 * job is over (stand_in.h). */
static inline bool is_over(const struct synched__worker *worker) {
  return synched__job_is_departed(worker->own);
}

/* Opens the prepared stage for everybody, and takes no part. Returns the epoch before. */
__attribute__((noinline)) static uint64_t leave_to_others(struct synched_pool *pool) {
  const uint64_t seen = synched__load_relaxed(&pool->epoch);
  synched__round_open(pool, pool->open->stage, seen + 1);
  return seen;
}

/* The thread in the worker's place opens a stage, or computes it: whether that is of the last round
 * that it waits for. If so, it will close it. */
static void note_awaited(const struct synched__worker *worker, const struct synched_job *next) {
  struct synched__open_round *open = worker->pool->open;
  open->awaited = worker->own == next && open->round == next->setup.last_round;
  if (open->awaited)
    synched__advance_enter_place(worker->own);
}

/* The leader goes on with the next stage or round of `next` (NULL: with nothing, the pool is idle)
 * until another worker may complete a round. Returns the last epoch in which the worker has done
 * its part; `seen` is the one before. Of each caller's own, so that workers have nothing in it of
 * what a thread in a worker's place (`stands_in`) needs. */
__attribute__((always_inline)) static inline uint64_t lead(struct synched__run *run,
                                                           struct synched_job *next,
                                                           uint64_t now_ns, uint64_t seen,
                                                           bool stands_in) {
  while (next != NULL) {
    prepare(run->pool, next, now_ns);
    if (stands_in && is_over(run->worker))
      return leave_to_others(run->pool);
    if (stands_in)
      note_awaited(run->worker, next);
    if (!synched__round_is_solo(run->worker, run->open->stage))
      return open_stage(run, now_ns);
    run->stage = run->open->stage;
    if (!synched__round_run_solo(run))
      return run->epoch;
    /* While there is a leader, or we are in the middle of a round, nobody else advances it. */
    seen = synched__load_relaxed(&run->pool->epoch);
    next = close_one(run, &now_ns);
  }
  return seen;
}

/* The run has completed a stage for which the caller of an advance may wait. true: that is the
 * leader now. */
__attribute__((noinline)) static bool hand_over(const struct synched__run *run) {
  struct synched_job *job = synched__job_of(run->work);
  const struct synched__handed handed = {.now_ns = run->now_ns,
                                         .work_ns = run->work_ns,
                                         .round_work_ns = run->round_work_ns,
                                         .compute_ns = run->part.compute_ns};
  /* The caller is who writes to the open round next; to write here would take that line away. */
  if (run->worker->own != job && synched__advance_hand_over(job, &handed))
    return true;
  run->open->awaited = false;
  return false;
}

/* A worker's part in the round of an epoch, and what follows. Returns the last epoch in which it
 * has done its part. */
__attribute__((always_inline)) static inline uint64_t
take_part_and_lead(struct synched__worker *worker, uint64_t epoch, bool stands_in) {
  struct synched__run run;
  if (!synched__round_take_part(&run, worker, epoch))
    return epoch;
  if (run.open->awaited && hand_over(&run))
    return epoch;
  uint64_t now_ns;
  struct synched_job *next = close_one(&run, &now_ns);
  return lead(&run, next, now_ns, epoch, stands_in);
}

/* A function of its own, so that what it executes can be counted (tests: instructions.sh). */
__attribute__((noinline)) static uint64_t take_part(struct synched__worker *worker,
                                                    uint64_t epoch) {
  return take_part_and_lead(worker, epoch, false);
}

uint64_t synched__cycle_take_part(struct synched__worker *worker, uint64_t epoch) {
  return take_part_and_lead(worker, epoch, true);
}

uint64_t synched__cycle_take_over(struct synched__worker *worker, struct synched_job *own) {
  const struct synched__handed *handed = &own->advance.handed;
  struct synched__run run = {.worker = worker,
                             .pool = worker->pool,
                             .open = worker->pool->open,
                             .stage = worker->pool->open->stage,
                             .work = &own->work,
                             .now_ns = handed->now_ns,
                             .work_ns = handed->work_ns,
                             .round_work_ns = handed->round_work_ns,
                             .part = {.compute_ns = handed->compute_ns}};
  const uint64_t seen = synched__load_relaxed(&worker->pool->epoch);
  uint64_t now_ns;
  run.open->awaited = false;
  struct synched_job *next = close_one(&run, &now_ns);
  return lead(&run, next, now_ns, seen, true);
}

/* Leader, who has not just taken part in a round: goes on with `next`. */
static uint64_t lead_from(struct synched__worker *worker, struct synched_job *next, uint64_t now_ns,
                          uint64_t seen, bool stands_in) {
  struct synched__run run = {.worker = worker, .pool = worker->pool, .open = worker->pool->open};
  return lead(&run, next, now_ns, seen, stands_in);
}

uint64_t synched__cycle_lead(struct synched__worker *worker, struct synched_job *bound) {
  const uint64_t seen = synched__load_relaxed(&worker->pool->epoch);
  worker->pool->open->waking = true;
  return lead_from(worker, bound, synched__tick_ns(), seen, true);
}

/* A worker's wait is over without a round: an alarm went off, or it was interrupted. */
static uint64_t look_around(struct synched__worker *worker, uint64_t seen) {
  struct synched_job *stalled;
  synched__stall_watch_wake(worker);
  if (synched__stall_watch_is_due(worker->pool))
    while ((stalled = synched__next_take_stalled(worker->pool)) != NULL)
      synched__cycle_submit(stalled); /* with the pool idle or not */
  if (!synched__timer_worker_take_over(worker))
    return seen;
  const uint64_t now_ns = synched__tick_ns();
  return lead_from(worker, synched__next_choose(worker->pool, NULL, now_ns), now_ns, seen, false);
}

void synched__cycle_work(struct synched__worker *worker) {
  struct synched_pool *pool = worker->pool;
  const struct synched__alarm *alarm = &pool->dispatch->alarms[worker->index];
  struct synched__waiter *waiter = &worker->waiter;
  for (;;) {
    const uint64_t queue_ns = synched__load_relaxed(&alarm->queue_ns);
    const uint64_t stall_ns = synched__load_relaxed(&alarm->stall_ns);
    const uint64_t until_ns = queue_ns < stall_ns ? queue_ns : stall_ns;
    /* [round-open] acquire */
    const uint64_t epoch = synched__gate_wait(&pool->gate, waiter, waiter->seen, until_ns);
    /* Stored before the gate advanced, which gate_wait acquires. */
    if (synched__load_relaxed(&pool->stopping) != 0)
      return;
    /* While it slept, another thread may have been in its place. */
    const uint64_t seen = waiter->seen;
    waiter->seen = epoch != seen ? take_part(worker, epoch) : look_around(worker, seen);
  }
}

/* --- from outside --- */

/* By who has become the leader of an idle pool, on any thread. */
static void open_next(struct synched_pool *pool) {
  struct synched_job *next = synched__next_choose(pool, NULL, 0);
  if (next == NULL)
    return;
  prepare(pool, next, synched__tick_ns());
  pool->open->waking = true;
  synched__round_open(pool, pool->open->stage, synched__load_relaxed(&pool->epoch) + 1);
}

void synched__cycle_submit(struct synched_job *job) {
  struct synched_pool *pool = job->work.pool;
  struct synched__dispatch *dispatch = pool->dispatch;
  if (!synched__next_enqueue_locked(job))
    return;
  const bool is_idle = !synched__dispatch_is_running(dispatch);
  const uint64_t recheck_ns = synched__run_queue_recheck_ns(&dispatch->queue);
  const bool leads = is_idle && recheck_ns <= synched__clock_ns();
  if (leads)
    synched__dispatch_lead(pool);
  else if (is_idle)
    synched__timer_worker_appoint(pool);
  else
    synched__dispatch_note_recheck(dispatch);
  synched__mutex_unlock(&dispatch->mutex);
  if (leads)
    open_next(pool);
}

void synched__cycle_submit_freed(void *argument) {
  struct synched_job *job = argument;
  /* We are on a reader's thread, and still wake workers when the job may have ended. Who won the
   * right to go on owns the job until it submits. */
  synched__job_pin(job);
  synched__job_move(job, SYNCHED__WHERE_OWNED);
  synched__cycle_submit(job);
  synched__job_unpin(job);
}
