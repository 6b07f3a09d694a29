/*
 * frame.c: the process's jobs as lines of JSON.
 *
 * All numbers are of the whole run: a viewer that misses some lines has missed nothing, and the
 * difference between two tells what happened in between. They are integers, so that no locale has a
 * say in them. What is published of a run is copied as a whole, and holds up nobody; see
 * report/record.h.
 */
#include "monitor/frame.h"

#include <inttypes.h>
#include <stdbool.h>

#include "job/job.h"
#include "job/requests.h"
#include "job/roster.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/process.h"
#include "report/efficiency.h"
#include "report/json_string.h"

#include <synched/version.h>

static const char *state_name(enum synched_job_state state) {
  static const char *const names[] = {
      [SYNCHED_JOB_READY] = "ready",   [SYNCHED_JOB_RUNNING] = "running",
      [SYNCHED_JOB_PAUSED] = "paused", [SYNCHED_JOB_STEPPING] = "stepping",
      [SYNCHED_JOB_ENDING] = "ending", [SYNCHED_JOB_ENDED] = "ended",
  };
  return names[state];
}

static const char *record_name(enum synched_record record) {
  static const char *const names[] = {
      [SYNCHED_RECORD_TOTALS] = "totals",
      [SYNCHED_RECORD_OFF] = "off",
      [SYNCHED_RECORD_ROUNDS] = "rounds",
      [SYNCHED_RECORD_TASKS] = "tasks",
  };
  return names[record];
}

/* --- strings --- */

/* With its quotes. */
static void add_string(struct synched__feed_text *text, const char *string) {
  char character[SYNCHED__JSON_CHARACTER_BYTES];
  synched__feed_add(text, "\"");
  while (*string != '\0') {
    string += synched__json_character(character, string);
    synched__feed_add(text, "%s", character);
  }
  synched__feed_add(text, "\"");
}

/* --- numbers --- */

static void add_count(struct synched__feed_text *text, const char *name, uint64_t count) {
  synched__feed_add(text, ",\"%s\":%" PRIu64, name, count);
}

/* One of a list; `first` of them begins it. */
static void add_to_list(struct synched__feed_text *text, bool first, int64_t number) {
  synched__feed_add(text, "%s%" PRId64, first ? "" : ",", number);
}

/* How late the last round was that has been written down; 0: it is not known. */
static uint64_t last_lateness_ns(const struct synched__record *record, uint64_t round) {
  struct synched__round_row row;
  for (unsigned w = 0; record->rows != NULL && w < record->worker_count; w++)
    if (synched__record_read_round(record, w, round, &row) == SYNCHED__ROW_READ)
      return row.lateness_ns;
  return 0;
}

static void add_pace(struct synched__feed_text *text, struct synched__frame *frame,
                     const struct synched__record *record, const struct synched__totals *totals) {
  const uint64_t most_ns = totals->lateness_max_ns;
  synched__histogram_copy(frame->lateness, &record->histograms[SYNCHED__HISTOGRAM_LATENESS]);
  const uint64_t half_ns = synched__buckets_quantile_ns(frame->lateness, 0.5);
  const uint64_t high_ns = synched__buckets_quantile_ns(frame->lateness, 0.99);
  add_count(text, "period_ns", totals->period_ns);
  add_count(text, "started", totals->started_count);
  add_count(text, "late", totals->late_count);
  add_count(text, "skipped", totals->skipped_count);
  add_count(text, "overruns", totals->overrun_count);
  add_count(text, "lateness_last_ns", last_lateness_ns(record, totals->last_round));
  add_count(text, "lateness_p50_ns", half_ns < most_ns ? half_ns : most_ns);
  add_count(text, "lateness_p99_ns", high_ns < most_ns ? high_ns : most_ns);
  add_count(text, "lateness_max_ns", most_ns);
  add_count(text, "deadline_ns", totals->deadline_ns);
  add_count(text, "deadline_missed", totals->deadline_missed_count);
}

static void add_workers(struct synched__feed_text *text, const struct synched__record *record,
                        const struct synched__reading *reading) {
  uint64_t calls = 0, stolen = 0, solo = 0, sleeps = 0;
  for (unsigned w = 0; w < record->worker_count; w++) {
    calls += reading->workers[w].call_count;
    stolen += reading->workers[w].stolen_count;
    solo += reading->workers[w].solo_count;
    sleeps += reading->workers[w].sleep_count;
  }
  add_count(text, "calls", calls);
  add_count(text, "stolen", stolen);
  add_count(text, "solo", solo);
  add_count(text, "sleeps", sleeps);
  synched__feed_add(text, ",\"compute_ns\":[");
  for (unsigned w = 0; w < record->worker_count; w++)
    add_to_list(text, w == 0, (int64_t)reading->workers[w].compute_ns);
  synched__feed_add(text, "],\"cpus\":[");
  for (unsigned w = 0; w < record->worker_count; w++)
    add_to_list(text, w == 0, record->about.places[w].cpu);
  synched__feed_add(text, "]");
}

static void add_efficiency(struct synched__feed_text *text, const struct synched__reading *reading,
                           unsigned worker_count) {
  struct synched_report_efficiency efficiency;
  synched__efficiency_fill(&efficiency, reading, worker_count);
  add_count(text, "total_ns", efficiency.total_ns);
  add_count(text, "serial_ns", efficiency.serial_ns);
  add_count(text, "imbalance_ns", efficiency.imbalance_ns);
  synched__feed_add(text, ",\"share_ns\":[");
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    add_to_list(text, s == 0, (int64_t)efficiency.share_ns[s]);
  synched__feed_add(text, "]");
}

/* --- lines --- */

static bool make_room(struct synched__frame *frame, unsigned worker_count) {
  if (worker_count <= frame->worker_room)
    return true;
  synched__free(frame->workers);
  frame->workers = synched__alloc_lines(worker_count, sizeof *frame->workers);
  frame->worker_room = frame->workers == NULL ? 0 : worker_count;
  return frame->workers != NULL;
}

void synched__frame_deinit(struct synched__frame *frame) {
  synched__free(frame->workers);
}

/* A job whose numbers there is no room for is left out. */
static bool add_job(struct synched__feed_text *text, struct synched__frame *frame,
                    struct synched_job *job) {
  struct synched__record *record = job->work.record;
  if (!make_room(frame, record->worker_count))
    return false;
  struct synched__reading reading = {.workers = frame->workers};
  const struct synched__totals *totals = &reading.totals;
  synched__record_read(record, &reading);
  synched__feed_add(text, "{\"frame\":%" PRIu64 ",\"job\":%" PRIu64 ",\"name\":", frame->number,
                    job->roster.number);
  add_string(text, record->about.name);
  synched__feed_add(text, ",\"state\":\"%s\",\"record\":\"%s\"",
                    state_name(synched__requests_state(job)), record_name(record->level));
  synched__feed_add(text, ",\"status\":%" PRId64, totals->status);
  add_count(text, "workers", record->worker_count);
  add_count(text, "segments", record->segment_count);
  add_count(text, "start_ns", totals->start_ns);
  add_count(text, "end_ns", totals->end_ns);
  add_count(text, "rounds", totals->round_count);
  add_count(text, "last_round", totals->last_round);
  add_count(text, "dropped", totals->dropped_count);
  add_pace(text, frame, record, totals);
  add_workers(text, record, &reading);
  add_efficiency(text, &reading, record->worker_count);
  synched__feed_add(text, "}\n");
  return true;
}

void synched__frame_greet(struct synched__feed_text *text, void *argument) {
  const struct synched__frame *frame = argument;
  synched__feed_add(text, "{\"synched_monitor\":%d,\"version\":\"%s\",\"process\":%ld",
                    SYNCHED__FRAME_VERSION, synched_version_string(), synched__process_id());
  synched__feed_add(text, ",\"interval_ms\":%u,\"program\":", frame->interval_ms);
  add_string(text, synched__process_program());
  synched__feed_add(text, ",\"shares\":[");
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    synched__feed_add(text, "%s\"%s\"", s == 0 ? "" : ",",
                      synched_share_name((enum synched_share)s));
  synched__feed_add(text, "]}\n");
}

void synched__frame_print(struct synched__feed_text *text, void *argument) {
  struct synched__frame *frame = argument;
  uint64_t job_count = 0;
  frame->number++;
  struct synched_job *job = synched__roster_next(NULL);
  for (; job != NULL; job = synched__roster_next(job))
    job_count += add_job(text, frame, job);
  synched__feed_add(text, "{\"frame\":%" PRIu64 ",\"time_ns\":%" PRIu64 ",\"jobs\":%" PRIu64 "}\n",
                    frame->number, synched__tick_ns(), job_count);
}
