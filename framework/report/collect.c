/*
 * collect.c: a report of a record, while rounds may go on.
 *
 * The totals come first, all as of the end of one round. Rows of the rings follow for the rounds up
 * to that one; those that are written over meanwhile are left out. Segments and distributions are
 * counters that go on counting: they may be ahead of the totals by the calls of some rounds.
 * Nothing is of two runs: where the job is started anew meanwhile, all is read once more.
 */
#include "report/collect.h"

#include <stdio.h>
#include <string.h>

#include "engine/claim.h"
#include "platform/clock.h"
#include "platform/machine_text.h"
#include "platform/process.h"
#include "report/efficiency.h"

int synched__report_create_for(struct synched_report **out, const struct synched__record *record) {
  const bool on = record->level != SYNCHED_RECORD_OFF;
  const struct synched__report_shape shape = {
      .worker_count = record->worker_count,
      .segment_count = record->segment_count,
      .round_count = record->shown_count,
      .task_count = record->shown_tasks * record->worker_count,
      .worker_distributions = on ? record->worker_count : 0,
      .segment_distributions = record->segment_histograms != NULL ? record->segment_count : 0,
      .rank_count = record->about.rank_count == 0 ? 0 : 1,
      .exchange_count = record->shown_exchanges,
  };
  return synched__report_create(out, &shape);
}

/* --- distributions --- */

static void copy_distributions(struct synched_report *report,
                               const struct synched__record *record) {
  uint64_t *to = report->buckets;
  for (size_t i = 0; i < SYNCHED__HISTOGRAM_COUNT; i++, to += SYNCHED__BUCKET_COUNT)
    synched__histogram_copy(to, &record->histograms[i]);
  for (size_t w = 0; w < report->worker_distributions; w++, to += SYNCHED__BUCKET_COUNT)
    synched__histogram_copy(to, &record->worker_histograms[w]);
  for (size_t s = 0; s < report->segment_distributions; s++, to += SYNCHED__BUCKET_COUNT)
    synched__histogram_copy(to, &record->segment_histograms[s]);
}

/* --- segments --- */

/* Where they have not been dealt anew, they are even. */
static struct synched__range home_of(const struct synched__reading *reading,
                                     struct synched__shape shape, unsigned worker) {
  const struct synched__worker_totals *totals = &reading->workers[worker];
  if (reading->totals.redealt_count == 0)
    return synched__range_of(shape, worker);
  return (struct synched__range){(size_t)totals->home_first, (size_t)totals->home_count};
}

static void copy_homes(struct synched_report *report, const struct synched__record *record,
                       const struct synched__reading *reading) {
  const bool is_rank = record->about.rank_count != 0;
  const size_t first = is_rank ? (size_t)reading->totals.own_first : 0;
  const struct synched__shape shape = {.segment_count = is_rank ? (size_t)reading->totals.own_count
                                                                : record->segment_count,
                                       .team = record->about.team};
  for (unsigned w = 0; w < shape.team; w++) {
    const struct synched__range home = home_of(reading, shape, w);
    for (size_t s = home.first; s < home.first + home.count; s++)
      report->segments[first + s].home = w;
  }
}

static void copy_segments(struct synched_report *report, const struct synched__record *record) {
  for (size_t s = 0; record->segments != NULL && s < record->segment_count; s++) {
    const struct synched__segment_record *from = &record->segments[s * record->segment_stride];
    struct synched_report_segment *to = &report->segments[s];
    to->call_count = synched__load_relaxed(&from->call_count);
    to->compute_ns = synched__load_relaxed(&from->compute_ns);
    to->longest_ns = synched__load_relaxed(&from->longest_ns);
    to->stolen_count = synched__load_relaxed(&from->stolen_count);
  }
}

/* --- rounds --- */

static void fill_part(struct synched_report_part *to, const struct synched__part *from,
                      const struct synched__totals *totals) {
  *to = (struct synched_report_part){
      .struct_size = sizeof *to,
      .compute_ns = from->compute_ns,
      .call_count = (uint32_t)from->calls,
      .stolen_count = (uint32_t)(from->calls >> SYNCHED__STOLEN_SHIFT),
      .longest_segment = (uint32_t)from->segment_sleeps,
      .longest_ns = from->longest_ns,
      .sleep_count = (uint16_t)(from->segment_sleeps >> SYNCHED__SLEEPS_SHIFT),
      .wake_count = (uint16_t)(from->segment_sleeps >> SYNCHED__WAKES_SHIFT),
      .slept_ns = from->slept_ns,
  };
  if (from->start_ns == 0)
    return;
  to->start_ns = synched__record_shown_ns(totals, from->start_ns);
  to->end_ns = synched__record_shown_ns(totals, from->end_ns);
}

/* What the round's parts say of it. */
static void add_part(struct synched_report_round *round, const struct synched_report_part *part,
                     unsigned worker) {
  if (part->start_ns == 0)
    return;
  round->part_count++;
  round->compute_ns += part->compute_ns;
  if (part->compute_ns > round->longest_ns) {
    round->longest_ns = part->compute_ns;
    round->longest_worker = worker;
  }
  if (part->longest_ns > round->critical_ns) {
    round->critical_ns = part->longest_ns;
    round->critical_segment = part->longest_segment;
  }
  if (part->end_ns > round->start_ns + round->phase_ns)
    round->phase_ns = part->end_ns - round->start_ns;
}

/* The row that the worker wrote which closed the round. false: it is not written down, or not any
 * more. */
static bool find_round(struct synched__round_row *row, unsigned *closer,
                       const struct synched__record *record, uint64_t number) {
  for (unsigned w = 0; w < record->worker_count; w++) {
    *closer = w;
    if (synched__record_read_round(record, w, number, row) == SYNCHED__ROW_READ)
      return true;
  }
  return false;
}

/* Copies a round with all its parts; false: it is not written down, or not any more. */
static bool copy_round(struct synched_report *report, const struct synched__record *record,
                       const struct synched__totals *totals, uint64_t number) {
  const unsigned worker_count = record->worker_count;
  struct synched_report_round *to = &report->rounds[report->recorded];
  struct synched_report_part *parts = &report->parts[report->recorded * worker_count];
  struct synched__round_row row;
  unsigned closer;
  if (!find_round(&row, &closer, record, number))
    return false;
  *to = (struct synched_report_round){
      .struct_size = sizeof *to,
      .round = number,
      .start_ns = synched__record_shown_ns(totals, row.opened_ns),
      .phase_ns = synched__span_ns(row.opened_ns, row.complete_ns),
      .callback_ns = row.callback_ns,
      .lateness_ns = row.lateness_ns,
      .solo = row.solo != 0,
      .closer = closer,
  };
  to->total_ns = synched__span_ns(to->start_ns, synched__record_shown_ns(totals, row.closed_ns));
  for (unsigned w = 0; w < worker_count; w++) {
    struct synched__part part = {0};
    if (synched__record_read_part(record, w, number, &part) == SYNCHED__ROW_LOST)
      return false;
    fill_part(&parts[w], &part, totals);
    add_part(to, &parts[w], w);
  }
  return true;
}

/* The oldest round of the last `shown_count` that are written down. */
static uint64_t first_shown(const struct synched__record *record,
                            const struct synched__totals *totals) {
  const uint64_t base = totals->last_round - totals->round_count;
  uint64_t first = totals->last_round + 1;
  size_t count = 0;
  struct synched__round_row row;
  unsigned closer;
  for (uint64_t round = totals->last_round; round > base && count < record->shown_count &&
                                            totals->last_round - round < record->row_count;
       round--) {
    if (!find_round(&row, &closer, record, round))
      continue;
    first = round;
    count++;
  }
  return first;
}

static void copy_rounds(struct synched_report *report, const struct synched__record *record,
                        const struct synched__totals *totals) {
  report->recorded = 0;
  for (uint64_t round = first_shown(record, totals);
       round <= totals->last_round && report->recorded < record->shown_count; round++) {
    if (copy_round(report, record, totals, round))
      report->recorded++;
    else if (record->level != SYNCHED_RECORD_TOTALS && record->row_rounds == 1)
      report->recorded = 0; /* it is lost, and soon all before it: no round is left out between */
  }
}

/* --- calls --- */

/* One worker's last calls of those that its published totals count: these are written down. */
static void copy_worker_tasks(struct synched_report *report, struct synched__record *record,
                              const struct synched__reading *reading, unsigned worker) {
  const size_t before = report->task_count;
  const uint64_t end = reading->workers[worker].call_count;
  const uint64_t shown = record->shown_tasks;
  for (uint64_t number = end > shown ? end - shown : 0; number < end; number++) {
    struct synched__task task;
    if (!synched__record_read_task(record, worker, number, &task)) {
      report->task_count = before; /* it is lost, and so are all before it */
      continue;
    }
    report->tasks[report->task_count++] = (struct synched_report_task){
        .struct_size = sizeof(struct synched_report_task),
        .worker = worker,
        .round = task.round,
        .segment = task.segment,
        .start_ns = synched__record_shown_ns(&reading->totals, task.start_ns),
        .compute_ns = task.end_ns - task.start_ns,
    };
  }
}

static void copy_tasks(struct synched_report *report, struct synched__record *record,
                       const struct synched__reading *reading) {
  report->task_count = 0;
  for (unsigned w = 0; record->tasks != NULL && w < record->worker_count; w++)
    copy_worker_tasks(report, record, reading, w);
}

/* --- exchanges with other ranks --- */

static void fill_exchange(struct synched_report_exchange *to,
                          const struct synched__exchange_row *row,
                          const struct synched__totals *totals) {
  *to = (struct synched_report_exchange){
      .struct_size = sizeof *to,
      .round = row->round_stage >> SYNCHED__EXCHANGE_STAGE_BITS,
      .stage = row->round_stage & ((1u << SYNCHED__EXCHANGE_STAGE_BITS) - 1),
      .sent_messages = (unsigned)(row->sent >> SYNCHED__EXCHANGE_BYTES_BITS),
      .sent_bytes = row->sent & ((UINT64_C(1) << SYNCHED__EXCHANGE_BYTES_BITS) - 1),
      .start_ns = synched__record_shown_ns(totals, row->start_ns),
      .arrived_ns = synched__record_shown_ns(totals, row->arrived_ns),
      .wait_start_ns = synched__record_shown_ns(totals, row->wait_start_ns),
      .wait_end_ns = synched__record_shown_ns(totals, row->wait_end_ns),
  };
  if (row->agreed_ns != 0)
    to->agreed_ns = synched__record_shown_ns(totals, row->agreed_ns);
}

/* The last ones of rounds that are published. */
static void copy_exchanges(struct synched_report *report, const struct synched__record *record,
                           const struct synched__totals *totals) {
  const uint64_t end = totals->exchange_count;
  const uint64_t shown = record->shown_exchanges;
  report->exchange_count = 0;
  for (uint64_t number = end > shown ? end - shown + 1 : 1; number <= end && shown != 0; number++) {
    struct synched_report_exchange *to = &report->exchanges[report->exchange_count];
    struct synched__exchange_row row;
    if (synched__record_read_exchange(record, number, &row) != SYNCHED__ROW_READ) {
      report->exchange_count = 0; /* it is lost, and so are all before it */
      continue;
    }
    fill_exchange(to, &row, totals);
    to->rank = record->about.rank;
    if (to->round <= totals->last_round)
      report->exchange_count++;
  }
}

static void fill_rank(struct synched_report *report, const struct synched__record *record,
                      const struct synched__totals *totals) {
  struct synched_report_summary *summary = &report->summary;
  if (record->about.rank_count == 0)
    return;
  summary->rank_count = 1;
  summary->message_ns = totals->message_ns;
  summary->agreement_ns = totals->agreement_ns;
  summary->sent_bytes = totals->sent_bytes;
  summary->sent_messages = totals->sent_messages;
  report->ranks[0] = (struct synched_report_rank){
      .struct_size = sizeof *report->ranks,
      .rank = record->about.rank,
      .worker_count = summary->worker_count,
      .first_segment = (size_t)totals->own_first,
      .segment_count = (size_t)totals->own_count,
      .elapsed_ns = synched__span_ns(summary->start_ns, summary->end_ns),
      .compute_ns = summary->compute_ns,
      .message_ns = totals->message_ns,
      .agreement_ns = totals->agreement_ns,
      .sent_bytes = totals->sent_bytes,
      .sent_messages = totals->sent_messages,
      .process = report->process,
  };
  synched__machine_name(report->ranks[0].host, sizeof report->ranks[0].host);
}

/* --- the job and its workers --- */

/* What is left of the job's time on one worker. Separate clock reads measure the three, so their
 * sum may exceed the whole by a little; a wait is then 0, not a wrapped number. */
static uint64_t wait_ns(uint64_t whole_ns, const struct synched_report_worker *worker) {
  if (worker->compute_ns >= whole_ns || worker->closing_ns >= whole_ns - worker->compute_ns)
    return 0;
  return whole_ns - worker->compute_ns - worker->closing_ns;
}

/* A worker that never computed anything has no such time: 0. */
static uint64_t shown_or_zero(const struct synched__totals *totals, uint64_t recorded_ns) {
  return recorded_ns == 0 ? 0 : synched__record_shown_ns(totals, recorded_ns);
}

static void fill_worker(struct synched_report_worker *to, const struct synched__worker_totals *from,
                        const struct synched__totals *totals, double scale) {
  const uint64_t whole_ns = synched__span_ns(synched__record_shown_ns(totals, totals->start_ns),
                                             synched__record_shown_ns(totals, totals->end_ns));
  *to = (struct synched_report_worker){
      .struct_size = sizeof *to,
      .round_count = from->round_count,
      .call_count = from->call_count,
      .stolen_count = from->stolen_count,
      .closed_count = from->closed_count,
      .compute_ns = from->compute_ns,
      .closing_ns = (uint64_t)((double)from->closing_ns * scale),
      .last_start_ns = shown_or_zero(totals, from->last_start_ns),
      .last_end_ns = shown_or_zero(totals, from->last_end_ns),
      .sleep_count = from->sleep_count,
      .wake_count = from->wake_count,
      .slept_ns = from->slept_ns,
  };
  to->wait_ns = wait_ns(whole_ns, to);
}

/* How many rounds there were to each that is written down. */
static double scale_of(const struct synched__worker_totals *workers, unsigned count) {
  uint64_t closed = 0, sampled = 0;
  for (unsigned w = 0; w < count; w++) {
    closed += workers[w].closed_count;
    sampled += workers[w].sampled_count;
  }
  return sampled == 0 ? 1.0 : (double)closed / (double)sampled;
}

static void add_worker(struct synched_report_summary *summary,
                       const struct synched_report_worker *worker,
                       const struct synched__worker_totals *totals) {
  summary->call_count += worker->call_count;
  summary->stolen_count += worker->stolen_count;
  summary->compute_ns += worker->compute_ns;
  summary->closing_ns += worker->closing_ns;
  summary->wait_ns += worker->wait_ns;
  summary->sleep_count += worker->sleep_count;
  summary->wake_count += worker->wake_count;
  summary->slept_ns += worker->slept_ns;
  summary->solo_count += totals->solo_count;
  summary->callback_ns += totals->callback_ns;
}

static void fill_workers(struct synched_report *report, const struct synched__reading *reading,
                         const struct synched_place *places) {
  struct synched_report_summary *summary = &report->summary;
  const double scale = scale_of(reading->workers, summary->worker_count);
  for (unsigned w = 0; w < summary->worker_count; w++) {
    struct synched_report_worker *worker = &report->workers[w];
    fill_worker(worker, &reading->workers[w], &reading->totals, scale);
    worker->cpu = places[w].cpu;
    worker->core = places[w].core;
    worker->package = places[w].package;
    add_worker(summary, worker, &reading->workers[w]);
  }
  summary->callback_ns = (uint64_t)((double)summary->callback_ns * scale);
  if (summary->record != SYNCHED_RECORD_OFF)
    summary->shared_count = summary->round_count - summary->solo_count;
}

static void fill_summary(struct synched_report *report, const struct synched__totals *totals) {
  report->summary = (struct synched_report_summary){
      .struct_size = sizeof report->summary,
      .status = (int)totals->status,
      .name = report->name,
      .worker_count = report->summary.worker_count,
      .segment_count = report->summary.segment_count,
      .stage_count = report->summary.stage_count,
      .round_count = totals->round_count,
      .start_ns = synched__record_shown_ns(totals, totals->start_ns),
      .end_ns = synched__record_shown_ns(totals, totals->end_ns),
      .failed_segment = totals->failed_segment,
      .failed_code = (int)totals->failed_code,
      .failed_stage = (int)totals->failed_stage,
      .lease_wait_count = totals->lease_wait_count,
      .lease_wait_ns = totals->lease_wait_ns,
      .period_ns = totals->period_ns,
      .tick_count = totals->started_count + totals->skipped_count,
      .started_count = totals->started_count,
      .late_count = totals->late_count,
      .skipped_count = totals->skipped_count,
      .overrun_count = totals->overrun_count,
      .lateness_max_ns = totals->lateness_max_ns,
      .deadline_missed_count = totals->deadline_missed_count,
      .dropped_count = totals->dropped_count,
      .stalled_count = totals->stalled_count,
      .stalled_ns = totals->stalled_ns,
      .init_missing = totals->init_missing != 0,
      .ended = totals->ended != 0,
      .deadline_ns = totals->deadline_ns,
      .last_round = totals->last_round,
      .unchanged_count = totals->unchanged_count,
      .redealt_count = totals->redealt_count,
      .strayed_count = totals->strayed_count,
  };
}

/* The bucket's end may be beyond the longest that there was. */
static uint64_t lateness_ns(const struct synched_report *report, double share) {
  const uint64_t ns = synched_report_quantile(report, SYNCHED_DISTRIBUTION_LATENESS, 0, share);
  return ns < report->summary.lateness_max_ns ? ns : report->summary.lateness_max_ns;
}

static void note_delivered(struct synched_report *report, const struct synched__record *record) {
  struct synched_report_summary *summary = &report->summary;
  summary->delivered_count = synched__load_relaxed(&record->delivered_count);
  if (record->about.has_on_snapshot && summary->round_count > summary->delivered_count)
    summary->missed_count = summary->round_count - summary->delivered_count;
}

static void note_saved(struct synched_report *report, const struct synched__record *record) {
  struct synched_report_summary *summary = &report->summary;
  summary->checkpoint_count = synched__load_relaxed(&record->saved[SYNCHED__SAVED_ROUNDS]);
  summary->checkpoint_skipped_count = synched__load_relaxed(&record->saved[SYNCHED__SAVED_SKIPPED]);
  summary->checkpoint_failed_count = synched__load_relaxed(&record->saved[SYNCHED__SAVED_FAILED]);
  summary->checkpoint_bytes = synched__load_relaxed(&record->saved[SYNCHED__SAVED_BYTES]);
  summary->checkpoint_ns = synched__load_relaxed(&record->saved[SYNCHED__SAVED_NS]);
  summary->checkpoint_held_ns = synched__load_relaxed(&record->saved[SYNCHED__SAVED_HELD_NS]);
}

static void copy_about(struct synched_report *report, const struct synched__about *about) {
  report->can_steal = about->can_steal;
  report->has_on_round = about->has_on_round;
  report->has_on_snapshot = about->has_on_snapshot;
  report->delivers_every = about->delivers_every;
  report->lease_count = about->lease_count;
  report->usable_cpus = about->usable_cpus;
  report->process = (unsigned)synched__process_id();
  report->binding_gain = about->binding_gain;
  memcpy(report->binding, about->binding, sizeof report->binding);
  memcpy(report->name, about->name, sizeof report->name);
  memcpy(report->placement, about->placement, sizeof report->placement);
  memcpy(report->pool, about->pool, sizeof report->pool);
  memcpy(report->stage_names, about->stage_names, sizeof report->stage_names);
  (void)snprintf(report->machine, sizeof report->machine, "%s", synched__machine_text());
}

static void fill_stages(struct synched_report *report, const struct synched__stage_totals *from) {
  for (unsigned s = 0; s < report->summary.stage_count; s++)
    report->stages[s] = (struct synched_report_stage){.struct_size = sizeof *report->stages,
                                                      .name = report->stage_names[s],
                                                      .round_count = from[s].round_count,
                                                      .total_ns = from[s].total_ns,
                                                      .compute_ns = from[s].compute_ns};
}

/* What the totals say. */
static void fill(struct synched_report *report, const struct synched__record *record,
                 const struct synched__reading *reading) {
  report->summary.stage_count = record->stage_count;
  copy_about(report, &record->about);
  fill_summary(report, &reading->totals);
  report->summary.record = record->level;
  fill_workers(report, reading, record->about.places);
  fill_stages(report, reading->stages);
  fill_rank(report, record, &reading->totals);
  synched__efficiency_fill(&report->efficiency, reading,
                           record->rows == NULL ? 0 : record->worker_count);
}

/* A run has begun, and nothing is recorded of it yet. */
static void fill_empty(struct synched_report *report, const struct synched__record *record) {
  struct synched__stage_totals stages[SYNCHED__STAGES_SHOWN] = {{0}};
  const struct synched__reading reading = {.totals = {.failed_segment = -1, .failed_stage = -1},
                                           .workers = report->reading,
                                           .stages = stages};
  memset(report->reading, 0, record->worker_count * sizeof *report->reading);
  memset(report->segments, 0, record->segment_count * sizeof *report->segments);
  memset(
      report->buckets, 0,
      (SYNCHED__JOB_DISTRIBUTIONS + report->worker_distributions + report->segment_distributions) *
          SYNCHED__BUCKET_COUNT * sizeof *report->buckets);
  fill(report, record, &reading);
  copy_homes(report, record, &reading);
  report->recorded = report->task_count = report->exchange_count = 0;
}

static void fill_recorded(struct synched_report *report, struct synched__record *record) {
  struct synched__stage_totals stages[SYNCHED__STAGES_SHOWN];
  struct synched__reading reading = {.workers = report->reading, .stages = stages};
  synched__record_read(record, &reading);
  fill(report, record, &reading);
  copy_distributions(report, record);
  copy_homes(report, record, &reading);
  copy_segments(report, record);
  if (record->rows != NULL)
    copy_rounds(report, record, &reading.totals);
  copy_tasks(report, record, &reading);
  copy_exchanges(report, record, &reading.totals);
  note_delivered(report, record);
  note_saved(report, record);
  report->summary.lateness_p50_ns = lateness_ns(report, 0.50);
  report->summary.lateness_p99_ns = lateness_ns(report, 0.99);
}

void synched__report_collect(struct synched_report *report, struct synched__record *record) {
  /* [reset-read] acquire */
  uint64_t reset_count = synched__load_acquire(&record->reset_count), found = 0;
  for (;; reset_count = found) {
    if (reset_count % 2 != 0) {
      fill_empty(report, record);
      return;
    }
    fill_recorded(report, record);
    /* [report-read] release */
    found = synched__add_release(&record->reset_count, 0);
    if (found == reset_count)
      return;
  }
}
