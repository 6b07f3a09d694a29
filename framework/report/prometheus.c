/*
 * prometheus.c: the totals as OpenMetrics text (version 1.0.0), which Prometheus and its likes
 * fetch again and again.
 *
 * Counters count from the job's start; a new run begins again at 0, which those who fetch them know
 * to be a reset. Times are seconds, with all nine decimals: no number passes through a float. There
 * is nothing for single segments: there may be a million of them.
 */
#include <stddef.h>
#include <string.h>

#include <synched/version.h>

#include "report/forms.h"
#include "report/out.h"
#include "report/text.h"
#include "report/unicode.h"

/* What a number is: how often, or nanoseconds, which are shown as seconds. */
enum unit { COUNT, NS };

struct family {
  /* without "synched_", and without its unit */
  const char *name;
  enum unit unit;
  const char *help;
  /* where its uint64_t lies in the struct that has it */
  size_t offset;
};

#define OF_JOB(field) offsetof(struct synched_report_summary, field)
#define OF_WORKER(field) offsetof(struct synched_report_worker, field)

static const struct family job_counters[] = {
    {"rounds", COUNT, "Rounds completed and published.", OF_JOB(round_count)},
    {"dropped_rounds", COUNT, "Rounds dropped: deadline, failure, cancel.", OF_JOB(dropped_count)},
    {"deliveries", COUNT, "Snapshots that on_snapshot got.", OF_JOB(delivered_count)},
    {"missed_deliveries", COUNT, "Rounds that on_snapshot did not get.", OF_JOB(missed_count)},
    {"buffer_waits", COUNT, "Rounds that waited for a free buffer.", OF_JOB(lease_wait_count)},
    {"buffer_wait", NS, "Waits for a free buffer.", OF_JOB(lease_wait_ns)},
    {"stalls", COUNT, "Such waits of a second or more.", OF_JOB(stalled_count)},
    {"stall", NS, "Such waits of a second or more, together.", OF_JOB(stalled_ns)},
    {"ticks", COUNT, "Ticks that came due.", OF_JOB(tick_count)},
    {"started_ticks", COUNT, "Ticks whose round was opened.", OF_JOB(started_count)},
    {"late_ticks", COUNT, "Of these, late ones.", OF_JOB(late_count)},
    {"skipped_ticks", COUNT, "Ticks left out.", OF_JOB(skipped_count)},
    {"overruns", COUNT, "Rounds that ran beyond the next tick.", OF_JOB(overrun_count)},
    {"checkpoints", COUNT, "Checkpoints written.", OF_JOB(checkpoint_count)},
    {"skipped_checkpoints", COUNT, "Due ones left out.", OF_JOB(checkpoint_skipped_count)},
    {"failed_checkpoints", COUNT, "Ones that failed.", OF_JOB(checkpoint_failed_count)},
    {"checkpoint_bytes", COUNT, "Bytes of checkpoints to the disk.", OF_JOB(checkpoint_bytes)},
    {"checkpoint", NS, "Time to write checkpoints, beside rounds.", OF_JOB(checkpoint_ns)},
    {"checkpoint_held", NS, "Time that rounds waited for it.", OF_JOB(checkpoint_held_ns)},
    {"deadline_misses", COUNT, "Rounds not complete in time.", OF_JOB(deadline_missed_count)},
};

/* Only known where it is recorded. */
static const struct family recorded_counters[] = {
    {"calls", COUNT, "Compute calls.", OF_JOB(call_count)},
    {"unchanged_calls", COUNT, "Calls skipped: nothing had changed.", OF_JOB(unchanged_count)},
    {"redeals", COUNT, "Home ranges dealt anew.", OF_JOB(redealt_count)},
    {"stolen_calls", COUNT, "Calls by another than the home worker.", OF_JOB(stolen_count)},
    {"solo_rounds", COUNT, "Rounds computed by one worker alone.", OF_JOB(solo_count)},
    {"shared_rounds", COUNT, "Rounds opened for all workers.", OF_JOB(shared_count)},
    {"compute", NS, "Time in compute calls, of all workers.", OF_JOB(compute_ns)},
    {"closing", NS, "Time that closing rounds took.", OF_JOB(closing_ns)},
    {"callback", NS, "Time in on_round.", OF_JOB(callback_ns)},
    {"wait", NS, "Time neither in compute calls nor closing, of all workers.", OF_JOB(wait_ns)},
    {"sleeps", COUNT, "Sleeps of workers between their parts.", OF_JOB(sleep_count)},
    {"wakes", COUNT, "Of these, ended by another thread.", OF_JOB(wake_count)},
    {"slept", NS, "Time asleep, of all workers.", OF_JOB(slept_ns)},
};

static const struct family worker_counters[] = {
    {"worker_rounds", COUNT, "Rounds in which it computed.", OF_WORKER(round_count)},
    {"worker_calls", COUNT, "Its compute calls.", OF_WORKER(call_count)},
    {"worker_stolen_calls", COUNT, "Its calls for others.", OF_WORKER(stolen_count)},
    {"worker_closed_rounds", COUNT, "Rounds that it closed.", OF_WORKER(closed_count)},
    {"worker_compute", NS, "Its time in compute calls.", OF_WORKER(compute_ns)},
    {"worker_closing", NS, "Its time closing rounds.", OF_WORKER(closing_ns)},
    {"worker_wait", NS, "Its other time.", OF_WORKER(wait_ns)},
    {"worker_sleeps", COUNT, "Its sleeps between parts.", OF_WORKER(sleep_count)},
    {"worker_wakes", COUNT, "Of these, ended by another thread.", OF_WORKER(wake_count)},
    {"worker_slept", NS, "Its time asleep.", OF_WORKER(slept_ns)},
};

#define OF_STAGE(field) offsetof(struct synched_report_stage, field)
static const struct family stage_counters[] = {
    {"stage_rounds", COUNT, "Rounds in which it was computed.", OF_STAGE(round_count)},
    {"stage", NS, "From its opening to its end.", OF_STAGE(total_ns)},
    {"stage_compute", NS, "Time in its compute calls, of all workers.", OF_STAGE(compute_ns)},
};

static const struct {
  const char *name, *help;
} distributions[] = {
    [SYNCHED_DISTRIBUTION_ROUND] = {"round", "Rounds, from the opening to the end."},
    [SYNCHED_DISTRIBUTION_WORK] = {"round_work", "Compute time in a round, of all workers."},
    [SYNCHED_DISTRIBUTION_WAIT] = {"round_wait", "Idle time in a round, of all workers."},
    [SYNCHED_DISTRIBUTION_CLOSING] = {"round_closing", "The closing of a round."},
    [SYNCHED_DISTRIBUTION_CALLBACK] = {"round_callback", "on_round."},
    [SYNCHED_DISTRIBUTION_LATENESS] = {"tick_lateness", "From a tick's due time to its opening."},
    [SYNCHED_DISTRIBUTION_WORKER] = {"worker_round", "A worker's compute time in a round."},
};

struct metrics {
  struct synched__out out;
  const struct synched_report *report;
};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void text(struct metrics *metrics, const char *words) {
  synched__out_text(&metrics->out, words);
}

static void number(struct metrics *metrics, uint64_t value) {
  synched__out_number(&metrics->out, value);
}

/* --- lines --- */

/* The three lines before a family's samples. unit: "_seconds", or "". */
static void begin(struct metrics *metrics, const char *name, const char *unit, const char *type,
                  const char *help) {
  const char *const parts[] = {"# TYPE synched_", name, unit, " ", type, "\n"};
  for (size_t i = 0; i < LENGTH(parts); i++)
    text(metrics, parts[i]);
  if (unit[0] == '_') {
    const char *const units[] = {"# UNIT synched_", name, unit, " ", unit + 1, "\n"};
    for (size_t i = 0; i < LENGTH(units); i++)
      text(metrics, units[i]);
  }
  const char *const helps[] = {"# HELP synched_", name, unit, " ", help, "\n"};
  for (size_t i = 0; i < LENGTH(helps); i++)
    text(metrics, helps[i]);
}

/* A label. What is no UTF-8, and control bytes, which readers take for ends of lines, become
 * U+FFFD in its value. */
static void label(struct metrics *metrics, const char *name, const char *value) {
  text(metrics, name);
  text(metrics, "=\"");
  while (*value != '\0') {
    const unsigned char byte = (unsigned char)*value;
    const size_t length = synched__unicode_character(value);
    if (byte == '\n')
      text(metrics, "\\n");
    else if (length == 0 || byte < 0x20 || byte == 0x7f)
      text(metrics, "\xef\xbf\xbd");
    else if (byte == '"' || byte == '\\') {
      text(metrics, "\\");
      synched__out_bytes(&metrics->out, value, 1);
    } else
      synched__out_bytes(&metrics->out, value, length);
    value += length == 0 ? 1 : length;
  }
  text(metrics, "\"");
}

/* A sample's name and the job's label; its braces are still open. */
static void sample(struct metrics *metrics, const char *name, const char *unit,
                   const char *suffix) {
  const char *const parts[] = {"synched_", name, unit, suffix, "{"};
  for (size_t i = 0; i < LENGTH(parts); i++)
    text(metrics, parts[i]);
  label(metrics, "job", metrics->report->name);
}

static void worker_label(struct metrics *metrics, unsigned worker) {
  text(metrics, ",worker=\"");
  number(metrics, worker);
  text(metrics, "\"");
}

static void seconds(struct metrics *metrics, uint64_t ns) {
  text(metrics, "} ");
  synched__out_decimals(&metrics->out, ns, 9);
  text(metrics, "\n");
}

static void count(struct metrics *metrics, uint64_t value) {
  text(metrics, "} ");
  number(metrics, value);
  text(metrics, "\n");
}

static void ratio(struct metrics *metrics, double value) {
  text(metrics, "} ");
  synched__out_ratio(&metrics->out, value);
  text(metrics, "\n");
}

/* --- counters --- */

static uint64_t value_at(const void *from, size_t offset) {
  uint64_t value;
  memcpy(&value, (const char *)from + offset, sizeof value);
  return value;
}

static const char *unit_of(const struct family *family) {
  return family->unit == NS ? "_seconds" : "";
}

static void value(struct metrics *metrics, const struct family *family, const void *from) {
  if (family->unit == NS)
    seconds(metrics, value_at(from, family->offset));
  else
    count(metrics, value_at(from, family->offset));
}

static void write_job_counters(struct metrics *metrics, const struct family *families,
                               size_t family_count) {
  for (size_t i = 0; i < family_count; i++) {
    const struct family *family = &families[i];
    begin(metrics, family->name, unit_of(family), "counter", family->help);
    sample(metrics, family->name, unit_of(family), "_total");
    value(metrics, family, &metrics->report->summary);
  }
}

static void write_worker_counters(struct metrics *metrics) {
  for (size_t i = 0; i < LENGTH(worker_counters); i++) {
    const struct family *family = &worker_counters[i];
    begin(metrics, family->name, unit_of(family), "counter", family->help);
    for (unsigned w = 0; w < metrics->report->summary.worker_count; w++) {
      sample(metrics, family->name, unit_of(family), "_total");
      worker_label(metrics, w);
      value(metrics, family, &metrics->report->workers[w]);
    }
  }
}

/* Stages may have the same name, and samples may not have the same labels. */
static void stage_labels(struct metrics *metrics, unsigned stage) {
  text(metrics, ",stage=\"");
  number(metrics, stage);
  text(metrics, "\"");
  label(metrics, ",name", metrics->report->stages[stage].name);
}

static void write_stage_counters(struct metrics *metrics) {
  const unsigned stage_count = metrics->report->summary.stage_count;
  for (size_t i = 0; stage_count != 0 && i < LENGTH(stage_counters); i++) {
    const struct family *family = &stage_counters[i];
    begin(metrics, family->name, unit_of(family), "counter", family->help);
    for (unsigned s = 0; s < stage_count; s++) {
      sample(metrics, family->name, unit_of(family), "_total");
      stage_labels(metrics, s);
      value(metrics, family, &metrics->report->stages[s]);
    }
  }
}

/* --- what is as it is now --- */

static void write_info(struct metrics *metrics) {
  char process[16];
  (void)snprintf(process, sizeof process, "%u", metrics->report->process);
  const char *const labels[][2] = {{",process", process},
                                   {",machine", metrics->report->machine},
                                   {",placement", metrics->report->placement},
                                   {",version", synched_version_string()}};
  begin(metrics, "job", "", "info", "The job, and where it runs.");
  sample(metrics, "job", "", "_info");
  for (size_t i = 0; i < LENGTH(labels); i++)
    label(metrics, labels[i][0], labels[i][1]);
  count(metrics, 1);
}

static void write_gauge(struct metrics *metrics, const char *name, const char *help,
                        uint64_t number_now) {
  begin(metrics, name, "", "gauge", help);
  sample(metrics, name, "", "");
  count(metrics, number_now);
}

static void write_seconds(struct metrics *metrics, const char *name, const char *help,
                          uint64_t ns) {
  begin(metrics, name, "_seconds", "gauge", help);
  sample(metrics, name, "_seconds", "");
  seconds(metrics, ns);
}

static void write_gauges(struct metrics *metrics) {
  const struct synched_report_summary *summary = &metrics->report->summary;
  const uint64_t elapsed_ns =
      summary->end_ns > summary->start_ns ? summary->end_ns - summary->start_ns : 0;
  write_gauge(metrics, "running", "1: the job runs; 0: it has ended.", summary->ended == 0);
  write_gauge(metrics, "failed", "1: the job has ended with an error.", summary->status < 0);
  write_gauge(metrics, "workers", "Workers of the job's pool.", summary->worker_count);
  write_gauge(metrics, "segments", "Segments of the job's memory.", summary->segment_count);
  write_seconds(metrics, "elapsed", "From the first round's start.", elapsed_ns);
  write_seconds(metrics, "period", "Between two ticks; 0: it runs freely.", summary->period_ns);
  write_seconds(metrics, "deadline", "For each round; 0: there is none.", summary->deadline_ns);
}

/* --- efficiencies and shares --- */

static void write_efficiencies(struct metrics *metrics) {
  const struct synched_report_efficiency *efficiency = &metrics->report->efficiency;
  const struct {
    const char *name;
    double value;
  } kinds[] = {{"serial", efficiency->serial},
               {"balance", efficiency->balance},
               {"scheduling", efficiency->scheduling},
               {"all", efficiency->efficiency},
               {"utilisation", efficiency->utilisation}};
  begin(metrics, "efficiency", "_ratio", "gauge", "all: serial x balance x scheduling.");
  for (size_t i = 0; i < LENGTH(kinds); i++) {
    sample(metrics, "efficiency", "_ratio", "");
    label(metrics, ",kind", kinds[i].name);
    ratio(metrics, kinds[i].value);
  }
}

static void write_shares(struct metrics *metrics) {
  const uint64_t *share_ns = metrics->report->efficiency.share_ns;
  double whole_ns = 0.0;
  begin(metrics, "share", "_seconds", "counter", "The workers' time, by what it went into.");
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++) {
    sample(metrics, "share", "_seconds", "_total");
    label(metrics, ",share", synched_share_name((enum synched_share)s));
    seconds(metrics, share_ns[s]);
    whole_ns += (double)share_ns[s];
  }
  begin(metrics, "share", "_ratio", "gauge", "The same as parts of the whole.");
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++) {
    sample(metrics, "share", "_ratio", "");
    label(metrics, ",share", synched_share_name((enum synched_share)s));
    ratio(metrics, whole_ns > 0.0 ? (double)share_ns[s] / whole_ns : 0.0);
  }
}

/* --- distributions --- */

static void write_summary(struct metrics *metrics, enum synched_distribution distribution,
                          size_t index) {
  static const struct {
    const char *name;
    double share;
  } quantiles[] = {{"0.5", 0.5}, {"0.9", 0.9}, {"0.99", 0.99}, {"1.0", 1.0}};
  const bool of_worker = distribution == SYNCHED_DISTRIBUTION_WORKER;
  const char *name = distributions[distribution].name;
  const struct synched__report_sum sum =
      synched__report_sum_of(metrics->report, distribution, index);
  for (size_t i = 0; sum.count != 0 && i < LENGTH(quantiles); i++) {
    sample(metrics, name, "_seconds", "");
    if (of_worker)
      worker_label(metrics, (unsigned)index);
    label(metrics, ",quantile", quantiles[i].name);
    seconds(metrics,
            synched_report_quantile(metrics->report, distribution, index, quantiles[i].share));
  }
  sample(metrics, name, "_seconds", "_count");
  if (of_worker)
    worker_label(metrics, (unsigned)index);
  count(metrics, sum.count);
  sample(metrics, name, "_seconds", "_sum");
  if (of_worker)
    worker_label(metrics, (unsigned)index);
  seconds(metrics, synched__nearest_whole(sum.ns));
}

static void write_summaries(struct metrics *metrics) {
  for (unsigned d = 0; d < LENGTH(distributions); d++) {
    const size_t index_count =
        d == SYNCHED_DISTRIBUTION_WORKER ? metrics->report->worker_distributions : 1;
    begin(metrics, distributions[d].name, "_seconds", "summary", distributions[d].help);
    for (size_t i = 0; i < index_count; i++)
      write_summary(metrics, (enum synched_distribution)d, i);
  }
}

int synched__prometheus_print(const struct synched_report *report, FILE *file) {
  struct metrics metrics = {.report = report};
  synched__out_open(&metrics.out, file);
  write_info(&metrics);
  write_gauges(&metrics);
  write_job_counters(&metrics, job_counters, LENGTH(job_counters));
  if (report->summary.record != SYNCHED_RECORD_OFF) {
    write_job_counters(&metrics, recorded_counters, LENGTH(recorded_counters));
    write_worker_counters(&metrics);
    write_stage_counters(&metrics);
    write_efficiencies(&metrics);
    write_shares(&metrics);
    write_summaries(&metrics);
  }
  text(&metrics, "# EOF\n");
  synched__out_flush(&metrics.out);
  return 0;
}
