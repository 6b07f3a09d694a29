/*
 * join.c: one report of several ranks'.
 *
 * It is a report as any other one, so that all forms and tools show it. Workers, calls and
 * exchanges stand one behind the other, rank by rank. A segment is that of the rank that computes
 * it. A round is what all ranks had of it, from the first opening to the last end; what each rank
 * had of it by itself is kept beside it, for ranks open and close their rounds by themselves.
 */
#include "report/join.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "platform/alloc.h"
#include "report/efficiency.h"

/* --- another clock --- */

/* 0 is no time. */
static void shift(uint64_t *time_ns, int64_t ns) {
  if (*time_ns != 0)
    *time_ns += (uint64_t)ns;
}

static void shift_exchange(struct synched_report_exchange *exchange, int64_t ns) {
  shift(&exchange->start_ns, ns);
  shift(&exchange->arrived_ns, ns);
  shift(&exchange->wait_start_ns, ns);
  shift(&exchange->wait_end_ns, ns);
  shift(&exchange->agreed_ns, ns);
}

void synched__report_shift(struct synched_report *report, int64_t ns) {
  const unsigned worker_count = report->summary.worker_count;
  shift(&report->summary.start_ns, ns);
  shift(&report->summary.end_ns, ns);
  for (unsigned w = 0; w < worker_count; w++) {
    shift(&report->workers[w].last_start_ns, ns);
    shift(&report->workers[w].last_end_ns, ns);
  }
  for (size_t r = 0; r < report->recorded; r++)
    shift(&report->rounds[r].start_ns, ns);
  for (size_t p = 0; p < report->recorded * worker_count; p++) {
    shift(&report->parts[p].start_ns, ns);
    shift(&report->parts[p].end_ns, ns);
  }
  for (size_t t = 0; t < report->task_count; t++)
    shift(&report->tasks[t].start_ns, ns);
  for (size_t e = 0; e < report->exchange_count; e++)
    shift_exchange(&report->exchanges[e], ns);
}

/* --- rounds --- */

struct join {
  struct synched_report *into;
  struct synched_report *const *reports;
  unsigned count;
  /* [count]: of each rank, the first recorded round that was not looked at */
  size_t *next;
};

/* Moves on to a round on each rank; false: it is not written down on all of them. */
static bool find_round(const struct join *join, uint64_t number) {
  bool is_found = true;
  for (unsigned r = 0; r < join->count; r++) {
    const struct synched_report *report = join->reports[r];
    while (join->next[r] < report->recorded && report->rounds[join->next[r]].round < number)
      join->next[r]++;
    is_found = is_found && join->next[r] < report->recorded &&
               report->rounds[join->next[r]].round == number;
  }
  return is_found;
}

static uint64_t lesser(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

static uint64_t greater(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

/* Adds what another rank had of a round to what those before it had. */
static void add_round(struct synched_report_round *to, const struct synched_report_round *more) {
  const uint64_t start_ns = lesser(to->start_ns, more->start_ns);
  const uint64_t end_ns = to->start_ns + to->total_ns;
  const uint64_t more_end_ns = more->start_ns + more->total_ns;
  const uint64_t called_ns = greater(to->start_ns + to->phase_ns, more->start_ns + more->phase_ns);
  if (more_end_ns > end_ns)
    to->closer = more->closer;
  if (more->longest_ns > to->longest_ns) {
    to->longest_ns = more->longest_ns;
    to->longest_worker = more->longest_worker;
  }
  if (more->critical_ns > to->critical_ns) {
    to->critical_ns = more->critical_ns;
    to->critical_segment = more->critical_segment;
  }
  to->start_ns = start_ns;
  to->total_ns = greater(end_ns, more_end_ns) - start_ns;
  to->phase_ns = called_ns - start_ns;
  to->compute_ns += more->compute_ns;
  to->callback_ns = greater(to->callback_ns, more->callback_ns);
  to->lateness_ns = greater(to->lateness_ns, more->lateness_ns);
  to->part_count += more->part_count;
  to->solo = 0;
}

static void join_round(const struct join *join) {
  struct synched_report *into = join->into;
  const size_t index = into->recorded++;
  const unsigned worker_count = into->summary.worker_count;
  for (unsigned r = 0; r < join->count; r++) {
    const struct synched_report *from = join->reports[r];
    const unsigned own_count = from->summary.worker_count;
    const unsigned first = into->ranks[r].first_worker;
    struct synched_report_round round = from->rounds[join->next[r]];
    round.closer += first;
    round.longest_worker += first;
    if (into->rank_rounds != NULL)
      into->rank_rounds[index * join->count + r] = round;
    if (r == 0)
      into->rounds[index] = round;
    else
      add_round(&into->rounds[index], &round);
    memcpy(&into->parts[index * worker_count + first], &from->parts[join->next[r] * own_count],
           own_count * sizeof *into->parts);
  }
}

static void join_rounds(struct join *join) {
  const struct synched_report *first = join->reports[0];
  for (size_t i = 0; i < first->recorded; i++)
    if (find_round(join, first->rounds[i].round))
      join_round(join);
}

/* --- what stands one behind the other --- */

static void join_segments(const struct join *join, unsigned r) {
  struct synched_report *into = join->into;
  const struct synched_report *from = join->reports[r];
  const struct synched_report_rank *rank = &into->ranks[r];
  const size_t end = rank->first_segment + rank->segment_count;
  SYNCHED_ASSERT(end <= into->summary.segment_count);
  for (size_t s = rank->first_segment; s < end; s++) {
    into->segments[s] = from->segments[s];
    into->segments[s].home += rank->first_worker;
    if (into->segment_distributions != 0)
      memcpy(synched__report_buckets(into, SYNCHED_DISTRIBUTION_SEGMENT, s),
             synched__report_buckets(from, SYNCHED_DISTRIBUTION_SEGMENT, s),
             SYNCHED__BUCKET_COUNT * sizeof(uint64_t));
  }
}

static void join_workers(const struct join *join, unsigned r) {
  struct synched_report *into = join->into;
  const struct synched_report *from = join->reports[r];
  const unsigned first = into->ranks[r].first_worker;
  for (unsigned w = 0; w < from->summary.worker_count; w++) {
    into->workers[first + w] = from->workers[w];
    if (into->worker_distributions != 0)
      memcpy(synched__report_buckets(into, SYNCHED_DISTRIBUTION_WORKER, first + w),
             synched__report_buckets(from, SYNCHED_DISTRIBUTION_WORKER, w),
             SYNCHED__BUCKET_COUNT * sizeof(uint64_t));
  }
  for (size_t t = 0; t < from->task_count; t++) {
    struct synched_report_task *task = &into->tasks[into->task_count++];
    *task = from->tasks[t];
    task->worker += first;
  }
  for (size_t e = 0; e < from->exchange_count; e++)
    into->exchanges[into->exchange_count++] = from->exchanges[e];
}

/* --- what is added up --- */

static void join_distributions(struct synched_report *into, const struct synched_report *from) {
  for (size_t i = 0; i < SYNCHED__JOB_DISTRIBUTIONS * SYNCHED__BUCKET_COUNT; i++)
    into->buckets[i] += from->buckets[i];
}

static void add_efficiency(struct synched_report_efficiency *to,
                           const struct synched_report_efficiency *more) {
  to->total_ns += more->total_ns;
  to->serial_ns += more->serial_ns;
  to->imbalance_ns += more->imbalance_ns;
  to->scheduling_ns += more->scheduling_ns;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    to->share_ns[s] += more->share_ns[s];
}

/* What ranks count alike, as rounds and ticks, is that of one of them. */
static void add_summary(struct synched_report_summary *to,
                        const struct synched_report_summary *more) {
  to->start_ns = lesser(to->start_ns, more->start_ns);
  to->end_ns = greater(to->end_ns, more->end_ns);
  to->call_count += more->call_count;
  to->stolen_count += more->stolen_count;
  to->compute_ns += more->compute_ns;
  to->closing_ns += more->closing_ns;
  to->callback_ns += more->callback_ns;
  to->wait_ns += more->wait_ns;
  to->lease_wait_count += more->lease_wait_count;
  to->lease_wait_ns += more->lease_wait_ns;
  to->stalled_count += more->stalled_count;
  to->stalled_ns += more->stalled_ns;
  to->delivered_count += more->delivered_count;
  to->missed_count += more->missed_count;
  to->lateness_max_ns = greater(to->lateness_max_ns, more->lateness_max_ns);
  to->init_missing = to->init_missing != 0 || more->init_missing != 0;
  to->solo_count = lesser(to->solo_count, more->solo_count);
  to->shared_count = to->round_count - lesser(to->round_count, to->solo_count);
  to->sleep_count += more->sleep_count;
  to->wake_count += more->wake_count;
  to->slept_ns += more->slept_ns;
  to->unchanged_count += more->unchanged_count;
  to->redealt_count = greater(to->redealt_count, more->redealt_count);
  to->strayed_count += more->strayed_count;
  to->checkpoint_bytes += more->checkpoint_bytes;
  to->checkpoint_ns += more->checkpoint_ns;
  to->checkpoint_held_ns += more->checkpoint_held_ns;
  to->message_ns += more->message_ns;
  to->agreement_ns += more->agreement_ns;
  to->sent_bytes += more->sent_bytes;
  to->sent_messages += more->sent_messages;
}

/* A stage takes as long as it does on the mean worker. */
static void join_stages(const struct join *join) {
  struct synched_report *into = join->into;
  for (unsigned s = 0; s < into->summary.stage_count; s++) {
    double total_ns = 0;
    into->stages[s].compute_ns = 0;
    for (unsigned r = 0; r < join->count; r++) {
      const struct synched_report *from = join->reports[r];
      total_ns += (double)from->stages[s].total_ns * from->summary.worker_count;
      into->stages[s].compute_ns += from->stages[s].compute_ns;
    }
    into->stages[s].total_ns = (uint64_t)(total_ns / into->summary.worker_count);
  }
}

/* --- the whole --- */

/* What is said of the job and its first machine: all but what the report has by its own shape. */
static void copy_about(struct synched_report *into, const struct synched_report *from) {
  const struct synched_report own = *into;
  *into = *from;
  synched__report_adopt(into, &own);
  into->summary.worker_count = own.summary.worker_count;
  into->summary.rank_count = own.summary.rank_count;
  into->worker_distributions = own.worker_distributions;
  into->segment_distributions = own.segment_distributions;
  into->recorded = into->task_count = into->exchange_count = 0;
}

static void add_about(struct synched_report *into, const struct synched_report *more) {
  add_summary(&into->summary, &more->summary);
  add_efficiency(&into->efficiency, &more->efficiency);
  into->usable_cpus += more->usable_cpus;
  if (more->binding_gain > into->binding_gain) {
    into->binding_gain = more->binding_gain;
    memcpy(into->binding, more->binding, sizeof into->binding);
  }
}

static struct synched__report_shape shape_of(struct synched_report *const *reports,
                                             unsigned count) {
  const struct synched_report *first = reports[0];
  struct synched__report_shape shape = {.segment_count = first->summary.segment_count,
                                        .round_count = first->recorded,
                                        .segment_distributions = first->segment_distributions,
                                        .rank_count = count};
  for (unsigned r = 0; r < count; r++) {
    const struct synched_report *report = reports[r];
    SYNCHED_ASSERT(report->summary.segment_count == shape.segment_count);
    shape.worker_count += report->summary.worker_count;
    shape.task_count += report->task_count;
    shape.exchange_count += report->exchange_count;
    shape.worker_distributions += report->worker_distributions;
    if (report->segment_distributions == 0)
      shape.segment_distributions = 0;
  }
  if (shape.worker_distributions != shape.worker_count)
    shape.worker_distributions = 0;
  return shape;
}

static void fill(struct join *join) {
  struct synched_report *into = join->into;
  unsigned first_worker = 0;
  copy_about(into, join->reports[0]);
  for (unsigned r = 0; r < join->count; r++) {
    const struct synched_report *from = join->reports[r];
    into->ranks[r] = from->ranks[0];
    into->ranks[r].first_worker = first_worker;
    first_worker += from->summary.worker_count;
    if (r != 0)
      add_about(into, from);
    join_distributions(into, from);
    join_segments(join, r);
    join_workers(join, r);
  }
  join_rounds(join);
  join_stages(join);
  synched__efficiency_rate(&into->efficiency);
}

int synched__report_join(struct synched_report **out, struct synched_report *const *reports,
                         unsigned count) {
  const struct synched__report_shape shape = shape_of(reports, count);
  struct join join = {.reports = reports, .count = count};
  int status = synched__report_create(out, &shape);
  if (status != 0)
    return status;
  join.into = *out;
  join.next = synched__alloc(count, sizeof *join.next);
  if (join.next != NULL) {
    fill(&join);
    synched__free(join.next);
    return 0;
  }
  synched_report_destroy(*out);
  *out = NULL;
  return synched__fail(SYNCHED_ENOMEM, "no memory for a report of %u ranks", count);
}
