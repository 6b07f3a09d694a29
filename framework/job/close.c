/*
 * close.c: the serial end of a round, by the worker that completed it, and the way to the next.
 *
 * The equivalent serial loop is in <synched/job.h>. Whoever is here holds the pool's baton: all other
 * workers wait for the gate, so plain reads and writes do.
 */
#include <math.h>

#include "base/error.h"
#include "job/job.h"
#include "platform/clock.h"

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "folds have NaNs: compile without -ffinite-math-only, which is a part of -ffast-math"
#endif

/* Claims are made so large that one takes about this long, where segments are tiny. */
#define BATCH_NS 2000u

/* But who is done with its own range looks only after about this long for something to steal: a range that takes less is
 * claimed as a whole. */
#define UNSTOLEN_NS 1000u

/* About what a cache line takes to another CPU. */
#define LINE_NS 120u

static double fold_two(enum synched_fold fold, double a, double b) {
  if (fold == SYNCHED_FOLD_SUM)
    return a + b;
  if (isnan(a) || isnan(b))
    return NAN;
  return (fold == SYNCHED_FOLD_MIN) == (b < a) ? b : a;
}

/* In segment order, so that the result has the same bits however the segments were distributed. */
static double fold_contributions(const struct synched_job *job) {
  if (job->contributions == NULL)
    return 0.0;
  double folded = job->contributions[0];
  for (size_t s = 1; s < job->shape.segment_count; s++)
    folded = fold_two(job->options.fold, folded, job->contributions[s * job->contribution_stride]);
  return folded;
}

/* The status of a round that must not be published; 0: publish it. */
static int status_of_drop(struct synched_job *job) {
  if (synched__load_relaxed(&job->skip_from) != SYNCHED__NO_SEGMENT) {
    const struct synched__failure *lowest = synched__job_lowest_failure(job);
    job->report->failed_segment = (int64_t)lowest->segment;
    job->report->failed_code = lowest->code;
    return lowest->code;
  }
  return synched__job_is_cancelled(job) ? SYNCHED_ECANCELED : 0;
}

/* How a round ended. */
struct ending {
  bool published; /* and it was not that of init */
  bool goes_on;   /* the job has another round; else it ends with status */
  int status;
};

/* What the answer of on_init or on_round, which has just been called, means. */
static void heed(struct synched_job *job, struct synched__answer answer, struct ending *ending) {
  synched__fp_mode_enter(&job->fp_mode);
  if (answer.code == SYNCHED_CONTINUE)
    return;
  job->answer = answer;
  ending->goes_on = false;
  ending->status = answer.code == SYNCHED_STOP ? 0 : answer.code > 0 ? SYNCHED_EINVAL : answer.code;
}

/* The round of init: its number is that of the content which it replaces. */
static struct ending publish_init(struct synched_job *job, uint64_t round) {
  struct ending ending = {.goes_on = true};
  const struct synched__publication publication = {.round = round, .fold = fold_contributions(job)};
  const struct synched_snapshot *now =
      synched__memory_publish(job->memory, &job->pool->roles, publication);
  job->initialising = false;
  job->initialised = true;
  if (job->options.on_init != NULL)
    heed(job, (struct synched__answer){"on_init", job->options.on_init(now, job->options.user)},
         &ending);
  return ending;
}

static struct ending publish(struct synched_job *job, uint64_t round) {
  if (job->initialising)
    return publish_init(job, round);
  struct ending ending = {.published = true, .goes_on = round != job->last_round};
  const bool mailed = job->mailbox.slots != NULL;
  const struct synched__publication publication = {
      .round = round, .fold = fold_contributions(job), .held = mailed};
  const struct synched_snapshot *now =
      synched__memory_publish(job->memory, &job->pool->roles, publication);
  if (job->options.on_round != NULL)
    heed(job, (struct synched__answer){"on_round", job->options.on_round(now, job->options.user)},
         &ending);
  if (mailed)
    synched__mailbox_put(&job->mailbox, now);
  if (job->options.on_snapshot != NULL)
    synched__job_ring(job);
  return ending;
}

/* A round that has missed its deadline and is not published for that. */
static struct ending put_off(const struct synched_job *job) {
  const bool fails = job->options.deadline_policy == SYNCHED_DEADLINE_FAIL;
  return (struct ending){.goes_on = !fails, .status = fails ? SYNCHED_ETIMEDOUT : 0};
}

/* Writes the round down; now_ns is its end and the next one's start. */
static void record_round(struct synched__run *run, uint64_t now_ns) {
  struct synched_report *report = run->job->report;
  struct synched__record_worker *record = &report->workers[run->worker->index];
  record->closing_ns += synched__span_ns(run->now_ns, now_ns);
  record->closed_count++;
  struct synched__record_cell *cell =
      synched__record_cell_of(report, run->worker->index, run->pool->round);
  cell->opened_ns = run->pool->opened_ns;
  cell->closed_ns = now_ns;
}

/* The most segments that a worker has at home. */
static size_t range_most(const struct synched__shape *shape) {
  return (shape->segment_count + shape->party - 1) / shape->party;
}

/* Then the order within a range makes no difference. */
static bool claims_whole(const struct synched__shape *shape) {
  return shape->batch >= range_most(shape);
}

static void set_batch(struct synched_job *job) {
  const struct synched__shape *shape = &job->shape;
  const uint64_t work_ns = job->balance.mean_work_ns;
  const size_t range = range_most(shape);
  const uint64_t fitting = BATCH_NS * shape->segment_count / (work_ns + 1);
  const size_t most = range <= SYNCHED__BATCH_MAX ? range : SYNCHED__BATCH_MAX;
  if (work_ns / shape->party < UNSTOLEN_NS) {
    job->shape.batch = (unsigned)most;
    return;
  }
  unsigned batch = 1;
  for (unsigned twice = 2; twice <= most / 4 && twice <= fitting; twice *= 2)
    batch = twice;
  job->shape.batch = batch;
}

/* Learns from the round how to run the next. */
static void learn(struct synched__run *run, uint64_t now_ns) {
  struct synched_job *job = run->job;
  if (job->shape.is_static)
    return;
  const struct synched__balance_sample sample = {
      .work_ns = run->round_work_ns,
      .wall_ns = synched__span_ns(run->pool->opened_ns, now_ns),
      .share = synched__shape_share(job->shape),
      .joint = run->round_work_ns > run->work_ns,
  };
  synched__balance_update(&job->balance, &sample);
  const uint64_t done = run->pool->round - job->base_round;
  if (done < 16 || done % 64 == 0) {
    set_batch(job);
    synched__round_set_wake(job);
  }
  const bool is_time = (done & (done - 1)) == 0 || done % 64 == 0;
  if (is_time && job->order.segments != NULL && !job->balance.solo && !claims_whole(&job->shape))
    synched__order_update(&job->order, job->shape, job->report);
}

/* The round that `run` completed, up to the choice of the next job. NULL: the pool is idle. */
static struct synched_job *close_round(struct synched__run *run, uint64_t *now_ns) {
  struct synched_job *job = run->job;
  /* For the fold, and for on_round: whatever mode this worker's last call has left. */
  synched__fp_mode_enter(&job->fp_mode);
  const bool was_initialising = job->initialising;
  const uint64_t round = run->pool->round;
  const bool is_late = job->attended && synched__attend_close(job, round);
  const int drop = status_of_drop(job);
  struct ending ending = {.status = drop};
  if (drop == 0)
    ending = is_late ? put_off(job) : publish(job, round);
  if (job->attended)
    synched__attend_closed(job, round, ending.published);
  *now_ns = synched__tick_ns();
  if (ending.published) {
    record_round(run, *now_ns);
    learn(run, *now_ns);
  } else if (was_initialising) {
    job->report->start_ns = *now_ns;
    job->report->start_offset_ns = synched__clock_ahead_ns();
  }
  if (ending.goes_on)
    return synched__turn_next(run->pool, job, *now_ns);
  synched__turn_vacate(job);
  synched__job_end(job, ending.status, *now_ns);
  return synched__turn_next(run->pool, NULL, *now_ns);
}

/* Whether the worker's own part of the coming round should come before the round is opened: in a static round whose
 * parts take less time than the line that opens it, and the one that counts, take to the others. Whoever
 * comes last then finds in the first of the two that nobody else is to be waited for. */
static bool opens_late(const struct synched__run *run, const struct synched_job *next) {
  /* Eager calls may wait for each other. */
  const bool eager = (next->options.flags & SYNCHED_JOB_EAGER) != 0;
  return next == run->job && next->shape.is_static && !eager && next->tallies == NULL &&
         run->worker->index < next->shape.party && run->worker->part_ns < LINE_NS;
}

/* Opens the prepared round of `next` for everybody. */
static uint64_t open_round(struct synched__run *run, struct synched_job *next, uint64_t now_ns) {
  struct synched__worker *worker = run->worker;
  const uint64_t seen = synched__load_relaxed(&run->pool->epoch);
  if (opens_late(run, next))
    return synched__round_announce_late(run);
  worker->opened_epoch = seen + 1;
  worker->opened_ns = now_ns;
  synched__round_announce(run->pool, next, worker->opened_epoch);
  return seen;
}

/* Closes the run's round, if it has one, and goes on. */
static uint64_t cycle(struct synched__run *run, struct synched_job *next, uint64_t now_ns,
                      uint64_t seen, bool closes) {
  for (;; closes = true) {
    if (closes) {
      /* While we hold the baton, or are in the middle of a round, nobody else advances it. */
      seen = synched__load_relaxed(&run->pool->epoch);
      next = close_round(run, &now_ns);
    }
    if (next == NULL)
      return seen;
    synched__round_prepare(run->pool, next, now_ns);
    if (!synched__is_solo(run->worker, next))
      return open_round(run, next, now_ns);
    run->job = next;
    if (!synched__run_solo(run))
      return run->epoch;
  }
}

uint64_t synched__go_on(struct synched__run *run, struct synched_job *next, uint64_t now_ns,
                        uint64_t seen) {
  return cycle(run, next, now_ns, seen, false);
}

uint64_t synched__close_and_go_on(struct synched__run *run) {
  return cycle(run, NULL, 0, 0, true);
}
