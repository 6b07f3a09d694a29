/*
 * timeline.c: the one walk over a report that all encodings of a trace share.
 *
 * It goes from worker to worker, and for each through the recorded rounds. The worker's calls are
 * sorted by time once, and taken as the walk comes by: into the part in which they began, or onto
 * the track itself, where their round's part is not recorded any more.
 *
 * A track has two levels: parts, sleeps and closings; and in them calls and callbacks. On each the
 * walk keeps how far it has come, and what would begin before that begins there. So slices nest and
 * times rise even where clocks disagree by some nanoseconds, and whatever is in a report.
 */
#include "report/timeline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include <synched/status.h>
#include <synched/version.h>

#include "base/assert.h"
#include "base/error.h"
#include "platform/alloc.h"

struct walk {
  const struct synched_report *report;
  const struct synched__timeline_encoder *encoder;
  void *state;
  /* [task_count], by worker and time */
  const struct synched_report_task **tasks;
  /* the next of them */
  size_t task;
  /* [worker_count] */
  uint64_t *arrivals;
  /* up to when the track is told */
  uint64_t reached_ns;
};

const char *synched__timeline_kind_name(enum synched__timeline_kind kind) {
  static const char *const names[SYNCHED__TIMELINE_KINDS] = {
      [SYNCHED__TIMELINE_SLEEP] = "asleep",
      [SYNCHED__TIMELINE_PART] = "round",
      [SYNCHED__TIMELINE_TASK] = "segment",
      [SYNCHED__TIMELINE_CLOSING] = "closing",
      [SYNCHED__TIMELINE_CALLBACK] = "on_round",
      [SYNCHED__TIMELINE_MESSAGES] = "messages",
      [SYNCHED__TIMELINE_MESSAGE_WAIT] = "waiting for messages",
      [SYNCHED__TIMELINE_AGREEMENT] = "agreeing"};
  return names[kind];
}

const char *synched__timeline_kind_category(enum synched__timeline_kind kind) {
  static const char *const categories[SYNCHED__TIMELINE_KINDS] = {
      [SYNCHED__TIMELINE_SLEEP] = "sleep",
      [SYNCHED__TIMELINE_PART] = "part",
      [SYNCHED__TIMELINE_TASK] = "task",
      [SYNCHED__TIMELINE_CLOSING] = "closing",
      [SYNCHED__TIMELINE_CALLBACK] = "callback",
      [SYNCHED__TIMELINE_MESSAGES] = "messages",
      [SYNCHED__TIMELINE_MESSAGE_WAIT] = "message_wait",
      [SYNCHED__TIMELINE_AGREEMENT] = "agreement"};
  return categories[kind];
}

const char *synched__timeline_argument_name(enum synched__timeline_argument argument) {
  static const char *const names[SYNCHED__TIMELINE_ARGUMENTS] = {
      [SYNCHED__TIMELINE_ROUND] = "round",
      [SYNCHED__TIMELINE_SEGMENT] = "segment",
      [SYNCHED__TIMELINE_CALLS] = "calls",
      [SYNCHED__TIMELINE_STOLEN] = "stolen",
      [SYNCHED__TIMELINE_COMPUTE_NS] = "compute_ns",
      [SYNCHED__TIMELINE_LONGEST_SEGMENT] = "longest_segment",
      [SYNCHED__TIMELINE_LONGEST_NS] = "longest_ns",
      [SYNCHED__TIMELINE_WORKERS] = "workers",
      [SYNCHED__TIMELINE_SOLO] = "solo",
      [SYNCHED__TIMELINE_SLEEPS] = "sleeps",
      [SYNCHED__TIMELINE_WAKES] = "wakes",
      [SYNCHED__TIMELINE_SLEPT_NS] = "slept_ns",
      [SYNCHED__TIMELINE_STAGE] = "stage",
      [SYNCHED__TIMELINE_SENT_MESSAGES] = "sent_messages",
      [SYNCHED__TIMELINE_SENT_BYTES] = "sent_bytes",
  };
  return names[argument];
}

const char *synched__timeline_counter_name(enum synched__timeline_counter counter) {
  static const char *const names[SYNCHED__TIMELINE_COUNTERS] = {
      [SYNCHED__TIMELINE_COUNTER_ROUND] = "round time",
      [SYNCHED__TIMELINE_COUNTER_COMPUTE] = "compute",
      [SYNCHED__TIMELINE_COUNTER_LATENESS] = "lateness"};
  return names[counter];
}

unsigned synched__timeline_process_count(const struct synched_report *report) {
  return report->summary.rank_count < 2 ? 1 : report->summary.rank_count;
}

unsigned synched__timeline_process_of(const struct synched_report *report, unsigned track) {
  if (track >= report->summary.worker_count)
    return track - report->summary.worker_count;
  return synched__report_rank_of(report, track);
}

uint64_t synched__timeline_process_id(const struct synched_report *report, unsigned process) {
  return report->summary.rank_count < 2 ? report->process : (uint64_t)process + 1;
}

void synched__timeline_process_text(struct synched__timeline_text *out,
                                    const struct synched_report *report, unsigned process) {
  const bool is_rank = report->summary.rank_count >= 2;
  out->label = is_rank ? report->ranks[process].host : report->machine;
  if (is_rank)
    (void)snprintf(out->name, sizeof out->name, "%s, rank %u", report->name,
                   report->ranks[process].rank);
  else
    (void)snprintf(out->name, sizeof out->name, "%s", report->name);
}

uint64_t synched__timeline_thread_id(const struct synched_report *report, unsigned track) {
  const unsigned last = synched__timeline_process_count(report) - 1;
  return synched__timeline_process_id(report, last) + 1 + track;
}

/* --- slices --- */

static void put(struct synched__timeline_slice *slice, enum synched__timeline_argument argument,
                uint64_t value) {
  slice->values[slice->value_count].argument = argument;
  slice->values[slice->value_count++].value = value;
}

/* Behind what is there already. */
static void place(struct synched__timeline_slice *slice, uint64_t *reached_ns) {
  if (slice->start_ns < *reached_ns)
    slice->start_ns = *reached_ns;
  if (slice->end_ns < slice->start_ns)
    slice->end_ns = slice->start_ns;
  *reached_ns = slice->end_ns;
}

/* The same within another slice. */
static void place_within(struct synched__timeline_slice *slice, uint64_t *reached_ns,
                         const struct synched__timeline_slice *outer) {
  SYNCHED_ASSERT(slice->start_ns <= outer->end_ns);
  if (slice->end_ns > outer->end_ns)
    slice->end_ns = outer->end_ns;
  place(slice, reached_ns);
}

static void begin(const struct walk *walk, const struct synched__timeline_slice *slice) {
  walk->encoder->begin(walk->state, slice);
}

static void end(const struct walk *walk, const struct synched__timeline_slice *slice) {
  walk->encoder->end(walk->state, slice);
}

static struct synched__timeline_slice slice_of_task(const struct synched_report_task *task) {
  struct synched__timeline_slice slice = {
      .kind = SYNCHED__TIMELINE_TASK,
      .track = task->worker,
      .start_ns = task->start_ns,
      .end_ns = task->start_ns + task->compute_ns,
      .numbered = true,
      .number = task->segment,
  };
  put(&slice, SYNCHED__TIMELINE_ROUND, task->round);
  put(&slice, SYNCHED__TIMELINE_SEGMENT, task->segment);
  return slice;
}

/* Whether the worker has a call that began then, or before. */
static bool has_task_until(const struct walk *walk, unsigned worker, uint64_t ns) {
  return walk->task < walk->report->task_count && walk->tasks[walk->task]->worker == worker &&
         walk->tasks[walk->task]->start_ns <= ns;
}

/* Calls in no recorded part. */
static void walk_tasks(struct walk *walk, unsigned worker, uint64_t until_ns) {
  for (; has_task_until(walk, worker, until_ns); walk->task++) {
    struct synched__timeline_slice slice = slice_of_task(walk->tasks[walk->task]);
    place(&slice, &walk->reached_ns);
    begin(walk, &slice);
    end(walk, &slice);
  }
}

static void walk_tasks_within(struct walk *walk, const struct synched__timeline_slice *part) {
  uint64_t reached_ns = part->start_ns;
  for (; has_task_until(walk, part->track, part->end_ns); walk->task++) {
    struct synched__timeline_slice slice = slice_of_task(walk->tasks[walk->task]);
    place_within(&slice, &reached_ns, part);
    begin(walk, &slice);
    end(walk, &slice);
  }
}

/* --- rounds --- */

static const struct synched_report_part *part_of(const struct synched_report *report, size_t index,
                                                 unsigned worker) {
  return &report->parts[index * report->summary.worker_count + worker];
}

/* When a round's closing began. */
static uint64_t closing_start_ns(const struct synched_report_round *round) {
  return round->start_ns + round->phase_ns;
}

/* The id of the flow from a worker's part to the closing of its round. 0: there is none. From the
 * closer's own part to its closing there is nothing to show. */
static uint64_t flow_of(const struct synched_report *report, size_t index, unsigned worker) {
  const struct synched_report_round *round = synched__report_round_of(report, index, worker);
  const struct synched_report_part *part = part_of(report, index, worker);
  const bool closes = round->total_ns > round->phase_ns &&
                      round->closer < report->summary.worker_count && round->solo == 0;
  if (!closes || worker == round->closer || part->start_ns == 0 ||
      part->end_ns > closing_start_ns(round))
    return 0;
  return (uint64_t)index * report->summary.worker_count + worker + 1;
}

static void walk_sleep(struct walk *walk, const struct synched_report_round *round,
                       const struct synched_report_part *part, unsigned worker) {
  const uint64_t job_ns = walk->report->summary.start_ns;
  struct synched__timeline_slice slice = {.kind = SYNCHED__TIMELINE_SLEEP, .track = worker};
  if (part->slept_ns == 0)
    return;
  slice.end_ns = part->start_ns;
  slice.start_ns = part->start_ns > part->slept_ns ? part->start_ns - part->slept_ns : 0;
  if (slice.start_ns < job_ns && job_ns < part->start_ns)
    slice.start_ns = job_ns;
  put(&slice, SYNCHED__TIMELINE_ROUND, round->round);
  put(&slice, SYNCHED__TIMELINE_SLEEPS, part->sleep_count);
  put(&slice, SYNCHED__TIMELINE_WAKES, part->wake_count);
  put(&slice, SYNCHED__TIMELINE_SLEPT_NS, part->slept_ns);
  place(&slice, &walk->reached_ns);
  if (slice.end_ns > part->start_ns || slice.end_ns == slice.start_ns)
    return; /* there is no room for it, after all */
  begin(walk, &slice);
  end(walk, &slice);
}

static void walk_part(struct walk *walk, size_t index, unsigned worker) {
  const struct synched_report_round *round = &walk->report->rounds[index];
  const struct synched_report_part *part = part_of(walk->report, index, worker);
  if (part->start_ns == 0)
    return;
  struct synched__timeline_slice slice = {
      .kind = SYNCHED__TIMELINE_PART,
      .track = worker,
      .start_ns = part->start_ns,
      .end_ns = part->end_ns,
      .numbered = true,
      .number = round->round,
      .departure = flow_of(walk->report, index, worker),
  };
  put(&slice, SYNCHED__TIMELINE_ROUND, round->round);
  put(&slice, SYNCHED__TIMELINE_CALLS, part->call_count);
  put(&slice, SYNCHED__TIMELINE_STOLEN, part->stolen_count);
  put(&slice, SYNCHED__TIMELINE_COMPUTE_NS, part->compute_ns);
  put(&slice, SYNCHED__TIMELINE_LONGEST_SEGMENT, part->longest_segment);
  put(&slice, SYNCHED__TIMELINE_LONGEST_NS, part->longest_ns);
  walk_tasks(walk, worker, part->start_ns - 1);
  walk_sleep(walk, round, part, worker);
  place(&slice, &walk->reached_ns);
  begin(walk, &slice);
  walk_tasks_within(walk, &slice);
  end(walk, &slice);
}

/* It is the last thing in a closing. */
static void walk_callback(struct walk *walk, const struct synched_report_round *round,
                          const struct synched__timeline_slice *closing) {
  uint64_t reached_ns = closing->start_ns;
  struct synched__timeline_slice slice = {
      .kind = SYNCHED__TIMELINE_CALLBACK, .track = closing->track, .end_ns = closing->end_ns};
  if (round->callback_ns == 0 || closing->start_ns == closing->end_ns)
    return;
  if (closing->end_ns > round->callback_ns)
    slice.start_ns = closing->end_ns - round->callback_ns;
  put(&slice, SYNCHED__TIMELINE_ROUND, round->round);
  place_within(&slice, &reached_ns, closing);
  begin(walk, &slice);
  end(walk, &slice);
}

static size_t collect_arrivals(const struct walk *walk, size_t index, unsigned closer) {
  size_t count = 0;
  for (unsigned w = 0; w < walk->report->summary.worker_count; w++) {
    const uint64_t flow = flow_of(walk->report, index, w);
    if (flow != 0 && synched__report_round_of(walk->report, index, w)->closer == closer)
      walk->arrivals[count++] = flow;
  }
  return count;
}

static void walk_closing(struct walk *walk, size_t index, unsigned worker) {
  const struct synched_report_round *round = synched__report_round_of(walk->report, index, worker);
  if (round->closer != worker || round->total_ns <= round->phase_ns)
    return;
  struct synched__timeline_slice slice = {
      .kind = SYNCHED__TIMELINE_CLOSING,
      .track = worker,
      .start_ns = closing_start_ns(round),
      .end_ns = round->start_ns + round->total_ns,
      .arrivals = walk->arrivals,
      .arrival_count = collect_arrivals(walk, index, worker),
  };
  put(&slice, SYNCHED__TIMELINE_ROUND, round->round);
  put(&slice, SYNCHED__TIMELINE_WORKERS, round->part_count);
  put(&slice, SYNCHED__TIMELINE_SOLO, round->solo != 0);
  place(&slice, &walk->reached_ns);
  begin(walk, &slice);
  walk_callback(walk, round, &slice);
  end(walk, &slice);
}

static void walk_worker(struct walk *walk, unsigned worker) {
  const struct synched_report *report = walk->report;
  char thread_name[32];
  (void)snprintf(thread_name, sizeof thread_name, "%.10s/%u",
                 report->pool[0] != '\0' ? report->pool : "synched", worker);
  walk->encoder->track(walk->state, worker, thread_name);
  walk->reached_ns = 0;
  for (size_t i = 0; i < report->recorded; i++) {
    walk_part(walk, i, worker);
    walk_closing(walk, i, worker);
  }
  walk_tasks(walk, worker, UINT64_MAX);
}

/* --- messages --- */

static void put_exchange(struct synched__timeline_slice *slice,
                         const struct synched_report_exchange *exchange) {
  put(slice, SYNCHED__TIMELINE_ROUND, exchange->round);
  put(slice, SYNCHED__TIMELINE_STAGE, exchange->stage);
}

static void walk_message_wait(struct walk *walk, const struct synched_report_exchange *exchange,
                              const struct synched__timeline_slice *messages) {
  uint64_t reached_ns = messages->start_ns;
  struct synched__timeline_slice slice = {.kind = SYNCHED__TIMELINE_MESSAGE_WAIT,
                                          .track = messages->track,
                                          .start_ns = exchange->wait_start_ns,
                                          .end_ns = exchange->wait_end_ns};
  if (exchange->wait_start_ns >= messages->end_ns)
    return; /* they had come before */
  put_exchange(&slice, exchange);
  place_within(&slice, &reached_ns, messages);
  begin(walk, &slice);
  end(walk, &slice);
}

static void walk_agreement(struct walk *walk, const struct synched_report_exchange *exchange,
                           unsigned track) {
  struct synched__timeline_slice slice = {.kind = SYNCHED__TIMELINE_AGREEMENT,
                                          .track = track,
                                          .start_ns = exchange->wait_end_ns,
                                          .end_ns = exchange->agreed_ns};
  if (exchange->agreed_ns == 0)
    return;
  put_exchange(&slice, exchange);
  place(&slice, &walk->reached_ns);
  begin(walk, &slice);
  end(walk, &slice);
}

static void walk_exchange(struct walk *walk, const struct synched_report_exchange *exchange,
                          unsigned track) {
  struct synched__timeline_slice slice = {.kind = SYNCHED__TIMELINE_MESSAGES,
                                          .track = track,
                                          .start_ns = exchange->start_ns,
                                          .end_ns = exchange->arrived_ns,
                                          .numbered = true,
                                          .number = exchange->round};
  put_exchange(&slice, exchange);
  put(&slice, SYNCHED__TIMELINE_SENT_MESSAGES, exchange->sent_messages);
  put(&slice, SYNCHED__TIMELINE_SENT_BYTES, exchange->sent_bytes);
  place(&slice, &walk->reached_ns);
  begin(walk, &slice);
  walk_message_wait(walk, exchange, &slice);
  end(walk, &slice);
  walk_agreement(walk, exchange, track);
}

/* Of the rank-th rank, whose exchanges begin at *next. */
static void walk_messages(struct walk *walk, unsigned rank, size_t *next) {
  const struct synched_report *report = walk->report;
  const unsigned track = report->summary.worker_count + rank;
  const unsigned number = report->ranks[rank].rank;
  if (*next == report->exchange_count || report->exchanges[*next].rank != number)
    return;
  walk->encoder->track(walk->state, track, "messages");
  walk->reached_ns = 0;
  for (; *next < report->exchange_count && report->exchanges[*next].rank == number; (*next)++)
    walk_exchange(walk, &report->exchanges[*next], track);
}

/* --- counters --- */

static uint64_t counted(const struct synched_report_round *round,
                        enum synched__timeline_counter counter) {
  if (counter == SYNCHED__TIMELINE_COUNTER_ROUND)
    return round->total_ns;
  return counter == SYNCHED__TIMELINE_COUNTER_COMPUTE ? round->compute_ns : round->lateness_ns;
}

static void walk_counter(const struct walk *walk, enum synched__timeline_counter counter) {
  const struct synched_report *report = walk->report;
  uint64_t reached_ns = 0;
  if (counter == SYNCHED__TIMELINE_COUNTER_LATENESS && report->summary.period_ns == 0)
    return;
  walk->encoder->counter(walk->state, counter);
  for (size_t i = 0; i < report->recorded; i++) {
    const struct synched_report_round *round = &report->rounds[i];
    if (round->start_ns > reached_ns)
      reached_ns = round->start_ns;
    walk->encoder->sample(walk->state, counter, reached_ns, counted(round, counter));
  }
}

/* --- the whole --- */

static int compare_tasks(const void *left, const void *right) {
  const struct synched_report_task *a = *(const struct synched_report_task *const *)left;
  const struct synched_report_task *b = *(const struct synched_report_task *const *)right;
  if (a->worker != b->worker)
    return a->worker < b->worker ? -1 : 1;
  if (a->start_ns != b->start_ns)
    return a->start_ns < b->start_ns ? -1 : 1;
  return (a > b) - (a < b); /* so that the order is the same on every system */
}

/* They are in order where collect.c has made the report. */
static void sort_tasks(const struct walk *walk) {
  const size_t count = walk->report->task_count;
  bool sorted = true;
  for (size_t i = 0; i < count; i++) {
    walk->tasks[i] = &walk->report->tasks[i];
    sorted = sorted && (i == 0 || compare_tasks(&walk->tasks[i - 1], &walk->tasks[i]) < 0);
  }
  if (!sorted)
    qsort(walk->tasks, count, sizeof walk->tasks[0], compare_tasks);
}

__attribute__((format(printf, 3, 4))) static void
set_fact(struct synched__timeline_fact *fact, const char *name, const char *format, ...) {
  va_list arguments;
  fact->name = name;
  va_start(arguments, format);
  (void)vsnprintf(fact->text, sizeof fact->text, format, arguments);
  va_end(arguments);
}

static void fill_head(struct synched__timeline_head *head, const struct synched_report *report) {
  const struct synched_report_summary *summary = &report->summary;
  struct synched__timeline_fact *fact = head->facts;
  head->report = report;
  set_fact(fact++, "job", "%s", report->name);
  set_fact(fact++, "process", "%u", report->process);
  set_fact(fact++, "machine", "%s", report->machine);
  set_fact(fact++, "placement", "%s", report->placement);
  set_fact(fact++, "library", "synched %s", synched_version_string());
  set_fact(fact++, "status", "%s",
           summary->ended != 0 ? synched_strerror(summary->status) : "it runs");
  set_fact(fact, "rounds", "%" PRIu64 ", of which %zu are here", summary->round_count,
           report->recorded);
}

int synched__timeline_walk(const struct synched_report *report,
                           const struct synched__timeline_encoder *encoder, void *state) {
  struct synched__timeline_head head;
  struct walk walk = {.report = report, .encoder = encoder, .state = state};
  const unsigned worker_count = report->summary.worker_count;
  size_t exchange = 0;
  walk.tasks = synched__alloc(report->task_count + 1, sizeof *walk.tasks);
  walk.arrivals = synched__alloc(worker_count + 1, sizeof *walk.arrivals);
  const bool complete = walk.tasks != NULL && walk.arrivals != NULL;
  if (complete) {
    sort_tasks(&walk);
    fill_head(&head, report);
    encoder->open(state, &head);
    for (unsigned w = 0; w < worker_count; w++)
      walk_worker(&walk, w);
    for (unsigned r = 0; r < report->summary.rank_count; r++)
      walk_messages(&walk, r, &exchange);
    for (unsigned c = 0; c < SYNCHED__TIMELINE_COUNTERS; c++)
      walk_counter(&walk, (enum synched__timeline_counter)c);
  }
  synched__free(walk.arrivals);
  synched__free((void *)walk.tasks);
  return complete ? 0
                  : synched__fail(SYNCHED_ENOMEM, "no memory for a trace of %zu calls",
                                  report->task_count);
}

int synched__timeline_print(const struct synched_report *report,
                            const struct synched__timeline_encoder *encoder, void *state,
                            struct synched__out *out, FILE *file) {
  synched__out_open(out, file);
  const int status = synched__timeline_walk(report, encoder, state);
  if (status != 0)
    return status;
  if (encoder->close != NULL)
    encoder->close(state);
  synched__out_flush(out);
  return 0;
}
