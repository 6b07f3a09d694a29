#include "loop/progress.h"

#include "platform/clock.h"
#include "report/record.h"

/* What came before weighs half as much after about two thirds of that. */
#define SMOOTHING_NS 2e9

void synched__progress_begin(struct synched__progress *progress, const struct synched_job *job) {
  const uint64_t now_ns = synched__clock_ns();
  *progress = (struct synched__progress){.started_ns = now_ns,
                                         .next_ns = now_ns + job->setup.options.progress_ns,
                                         .looked_ns = now_ns};
}

/* What one look after the other finds is averaged, later ones weighing more. */
static double smooth(double before, double rate, double span_ns) {
  const double weight = span_ns / (span_ns + SMOOTHING_NS);
  return before == 0.0 ? rate : before + weight * (rate - before);
}

/* The first part of a run, or of what follows a pause, counts as soon as a round is done. */
static void measure(struct synched__progress *progress, uint64_t done_count, uint64_t now_ns) {
  const double span_ns = (double)(now_ns - progress->looked_ns);
  const uint64_t more = done_count - progress->done_count;
  if (span_ns > 0.0 && !progress->paused && (more > 0 || progress->per_second > 0.0))
    progress->per_second = smooth(progress->per_second, (double)more * 1e9 / span_ns, span_ns);
}

static uint64_t left_ns(const struct synched_progress *shown) {
  if (shown->ended)
    return 0;
  if (shown->round_count == 0 || shown->per_second <= 0.0)
    return SYNCHED_PROGRESS_UNKNOWN;
  const uint64_t left = shown->round_count - shown->done_count;
  const double ns = (double)left / shown->per_second * 1e9;
  return ns < 9e18 ? (uint64_t)ns : SYNCHED_PROGRESS_UNKNOWN;
}

static uint64_t count_done(const struct synched_job *job) {
  struct synched__reading reading = {.workers = NULL};
  synched__record_read(job->work.record, &reading);
  return reading.totals.round_count;
}

static void call(struct synched__progress *progress, struct synched_job *job, uint64_t now_ns,
                 bool ended) {
  const struct synched_job_options *options = &job->setup.options;
  struct synched_progress shown = {.name = options->name,
                                   .done_count = progress->done_count,
                                   .round_count = options->round_count,
                                   .per_second = progress->per_second,
                                   .elapsed_ns = now_ns - progress->started_ns,
                                   .paused = progress->paused,
                                   .ended = ended,
                                   .status = ended ? job->delivery.status : 0};
  shown.left_ns = left_ns(&shown);
  options->on_progress(job, &shown, options->user);
}

void synched__progress_look(struct synched__progress *progress, struct synched_job *job) {
  if (job->setup.options.on_progress == NULL)
    return;
  const uint64_t now_ns = synched__clock_ns();
  if (now_ns < progress->next_ns)
    return;
  const uint64_t done_count = count_done(job);
  const bool paused = synched_job_state(job) == SYNCHED_JOB_PAUSED;
  progress->next_ns = now_ns + job->setup.options.progress_ns;
  if (done_count == progress->done_count && paused == progress->paused)
    return;
  measure(progress, done_count, now_ns);
  progress->looked_ns = now_ns;
  progress->done_count = done_count;
  progress->paused = paused;
  call(progress, job, now_ns, false);
}

void synched__progress_end(struct synched__progress *progress, struct synched_job *job) {
  if (job->setup.options.on_progress == NULL)
    return;
  const uint64_t now_ns = synched__clock_ns();
  const uint64_t done_count = count_done(job);
  measure(progress, done_count, now_ns);
  progress->done_count = done_count;
  progress->paused = false;
  call(progress, job, now_ns, true);
}

uint64_t synched__progress_due_ms(const struct synched__progress *progress) {
  const uint64_t now_ns = synched__clock_ns();
  const uint64_t left = progress->next_ns > now_ns ? progress->next_ns - now_ns : 0;
  return left / 1000000u + 1;
}
