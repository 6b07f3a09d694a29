/*
 * table.c: a report as text, for people.
 *
 * What people ask first comes first: how well the workers were used, what the time went into, and
 * what would help. All of it fits on a page of 80 columns, whose lines are broken between words. It
 * allocates nothing. The tables at its end are columns.c's.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <synched/status.h>

#include "report/columns.h"
#include "report/forms.h"
#include "report/ranks.h"
#include "report/text.h"

struct table {
  const struct synched_report *report;
  FILE *file;
  struct synched_report_summary summary;
  uint64_t elapsed_ns;
  /* nothing was recorded */
  bool is_off;
};

/* A line of words, which is printed in as many lines as the page needs. */
struct words {
  char bytes[640];
  size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *words, const char *format,
                                                      ...) {
  const size_t room = sizeof words->bytes - words->length;
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(words->bytes + words->length, room, format, arguments);
  va_end(arguments);
  if (length > 0)
    words->length += (size_t)length < room ? (size_t)length : room - 1;
}

static void add_count(struct words *words, uint64_t count, const char *what) {
  add(words, "%s%s", synched__text_of_count(count).bytes, what);
}

static void add_duration(struct words *words, uint64_t ns, const char *what) {
  add(words, "%s%s", synched__text_of_duration(ns).bytes, what);
}

static const char *plural(uint64_t count) {
  return count == 1 ? "" : "s";
}

static void print_words(const struct table *table, const char *label, const struct words *words) {
  char padded[32];
  (void)snprintf(padded, sizeof padded, "  %-11s", label);
  synched__print_wrapped(table->file, padded, words->bytes);
}

/* " at 8,704 per second"; if slower than that, " at one per 12.500 s"; nothing if no time has
 * passed. */
static void add_rate(const struct table *table, struct words *words, uint64_t count) {
  if (table->elapsed_ns == 0 || count == 0)
    return;
  const double per_second = (double)count * 1e9 / (double)table->elapsed_ns;
  if (per_second >= 1.0) {
    add(words, " at %s per second", synched__text_of_number(per_second).bytes);
    return;
  }
  add(words, " at one per ");
  add_duration(words, table->elapsed_ns / count, "");
}

static void print_failure(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  const char *stage = synched__report_failed_stage(table->report);
  struct words words = {.length = 0};
  add(&words, "segment %" PRId64, job->failed_segment);
  if (stage != NULL) {
    char name[sizeof table->report->stage_names[0]];
    synched__text_of_name(name, sizeof name, stage);
    add(&words, " in \"%s\"", name);
  }
  add(&words, " with code %d (the lowest that failed)", job->failed_code);
  print_words(table, "failed", &words);
}

static void print_outcome(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  FILE *file = table->file;
  fputs("Job ", file);
  synched__print_name(file, job->name);
  if (!job->ended)
    fputs(": still running\n", file);
  else if (job->status == 0)
    fputs(": ended well\n", file);
  else if (strcmp(synched_err_name(job->status), "unknown") == 0)
    fprintf(file, ": ended with %d, %s\n", job->status, synched_strerror(job->status));
  else
    fprintf(file, ": ended with %s (%d), %s\n", synched_err_name(job->status), job->status,
            synched_strerror(job->status));
  if (job->failed_segment >= 0)
    print_failure(table);
  if (job->init_missing)
    fputs("  init       not completed; the memory holds what it held without it\n", file);
}

static void print_rounds_done(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  struct words words = {.length = 0};
  add_count(&words, job->round_count, "");
  add_rate(table, &words, job->round_count);
  if (job->solo_count > 0)
    add(&words, ", %s too small to share", synched__text_of_count(job->solo_count).bytes);
  print_words(table, "rounds", &words);
}

static void print_calls(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  struct words words = {.length = 0};
  add_count(&words, job->call_count, "");
  add_rate(table, &words, job->call_count);
  if (job->stolen_count > 0)
    add(&words, ", %s stolen (%s %%)", synched__text_of_count(job->stolen_count).bytes,
        synched__text_of_share((double)job->stolen_count, (double)job->call_count).bytes);
  print_words(table, "calls", &words);
}

static void print_homes(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  struct words words = {.length = 0};
  if (job->redealt_count == 0)
    return;
  add(&words, "dealt anew ");
  add_count(&words, job->redealt_count, job->redealt_count == 1 ? " time" : " times");
  if (job->strayed_count > 0)
    add(&words, "; %s segment%s off the NUMA node of %s pages",
        synched__text_of_count(job->strayed_count).bytes, plural(job->strayed_count),
        job->strayed_count == 1 ? "its" : "their");
  print_words(table, "homes", &words);
}

static void print_work(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  fprintf(table->file, "  workers    %u, for %s segment%s\n", job->worker_count,
          synched__text_of_count(job->segment_count).bytes, plural(job->segment_count));
  print_rounds_done(table);
  if (table->is_off)
    fputs("  record     off: rounds were counted, and that is all\n", table->file);
  else
    print_calls(table);
  print_homes(table);
}

/* --- where the time went --- */

/* "0.53"; what is below 0.8 is marked. */
static void print_efficiency_of(FILE *file, const char *name, double value) {
  const double shown = value > 0.0 ? value < 9.99 ? value : 9.99 : 0.0;
  const unsigned hundredths = (unsigned)(shown * 100.0 + 0.5);
  fprintf(file, "%s%u.%02u%s", name, hundredths / 100, hundredths % 100,
          hundredths < 80 ? " (!)" : "");
}

static void print_efficiency(const struct table *table) {
  const struct synched_report_efficiency *efficiency = &table->report->efficiency;
  const uint64_t *share_ns = efficiency->share_ns;
  FILE *file = table->file;
  if (table->is_off || efficiency->total_ns == 0)
    return;
  print_efficiency_of(file, "  efficiency ", efficiency->efficiency);
  print_efficiency_of(file, " = serial ", efficiency->serial);
  print_efficiency_of(file, " x balance ", efficiency->balance);
  print_efficiency_of(file, " x scheduling ", efficiency->scheduling);
  fputc('\n', file);
  if (share_ns[SYNCHED_SHARE_TICK] + share_ns[SYNCHED_SHARE_PAUSED] +
          share_ns[SYNCHED_SHARE_OTHERS] ==
      0)
    return;
  const unsigned hundredths = (unsigned)(efficiency->utilisation * 100.0 + 0.5);
  fprintf(file, "  in all     %u.%02u, with waits for ticks, pauses and other jobs of the pool\n",
          hundredths / 100, hundredths % 100);
}

/* The largest share that has not been shown. */
static unsigned next_share(const uint64_t *share_ns, const bool *shown) {
  unsigned most = SYNCHED_SHARE_COUNT;
  for (unsigned share = 0; share < SYNCHED_SHARE_COUNT; share++)
    if (!shown[share] && (most == SYNCHED_SHARE_COUNT || share_ns[share] > share_ns[most]))
      most = share;
  return most;
}

/* The shares that can be seen in tenths of a percent, the largest first. */
static void print_time(const struct table *table) {
  const uint64_t *share_ns = table->report->efficiency.share_ns;
  const double whole = (double)table->elapsed_ns * table->summary.worker_count;
  struct words words = {.length = 0};
  bool shown[SYNCHED_SHARE_COUNT] = {false};
  add_duration(&words, table->elapsed_ns, "");
  for (unsigned n = 0; whole > 0.0 && n < SYNCHED_SHARE_COUNT; n++) {
    const unsigned share = next_share(share_ns, shown);
    shown[share] = true;
    if ((double)share_ns[share] < whole * 0.0005)
      break;
    add(&words, "%s %s %% %s", n == 0 ? ":" : ",",
        synched__text_of_share((double)share_ns[share], whole).bytes,
        synched_share_name((enum synched_share)share));
  }
  print_words(table, "elapsed", &words);
}

/* A line for each. Its name stands last, where any width is right, and is cut to the page. */
static void print_stage(const struct table *table, const struct synched_report_stage *stage,
                        double all_ns) {
  const double workers_ns = (double)stage->total_ns * table->summary.worker_count;
  const uint64_t each_ns = stage->round_count == 0 ? 0 : stage->total_ns / stage->round_count;
  char name[SYNCHED__LINE_WIDTH + 1];
  struct words words = {.length = 0};
  add(&words, "             %5s %%  %9s  %5s %%  ",
      synched__text_of_share((double)stage->total_ns, all_ns).bytes,
      synched__text_of_short_duration(each_ns).bytes,
      synched__text_of_share((double)stage->compute_ns, workers_ns).bytes);
  const size_t room = words.length < SYNCHED__LINE_WIDTH ? SYNCHED__LINE_WIDTH - words.length : 0;
  synched__text_of_name(name, room + 1, stage->name);
  fprintf(table->file, "%s%s\n", words.bytes, name);
}

/* Of several. */
static void print_stages(const struct table *table) {
  const struct synched_report *report = table->report;
  if (table->is_off || table->summary.stage_count == 0)
    return;
  fputs("  stages       share    a round  compute\n", table->file);
  for (unsigned s = 0; s < table->summary.stage_count; s++)
    print_stage(table, &report->stages[s], synched__report_stages_ns(report));
}

/* So many ranks have a line. */
#define RANKS_SHOWN 16u

static void print_rank(const struct table *table, const struct synched_report_rank *rank) {
  const double elapsed_ns = (double)rank->elapsed_ns;
  const double compute_ns =
      (double)rank->compute_ns / (rank->worker_count == 0 ? 1 : rank->worker_count);
  const uint64_t rounds = table->summary.round_count == 0 ? 1 : table->summary.round_count;
  fprintf(table->file, "             %4u %8u %9zu", rank->rank, rank->worker_count,
          rank->segment_count);
  fprintf(table->file, "  %5s %%", synched__text_of_share(compute_ns, elapsed_ns).bytes);
  fprintf(table->file, "  %6s %%",
          synched__text_of_share((double)rank->message_ns, elapsed_ns).bytes);
  fprintf(table->file, "  %6s %%",
          synched__text_of_share((double)rank->agreement_ns, elapsed_ns).bytes);
  fprintf(table->file, "  %s\n", synched__text_of_count(rank->sent_bytes / rounds).bytes);
}

/* Of a job of a cluster; what each waited for messages, and to agree, is apart from what its
 * workers wait for each other. */
static void print_ranks(const struct table *table) {
  const struct synched_report *report = table->report;
  const unsigned count = table->summary.rank_count;
  const struct synched_ranks_efficiency all = synched__ranks_rate(report);
  if (table->is_off || count == 0)
    return;
  fprintf(table->file, "  ranks      %u", count);
  if (count > 1) {
    print_efficiency_of(table->file, ": efficiency ", all.efficiency);
    print_efficiency_of(table->file, " = balance ", all.balance);
    print_efficiency_of(table->file, " x communication ", all.communication);
  }
  fputs("\n             rank  workers  segments  compute  messages  agreeing  bytes a round\n",
        table->file);
  for (unsigned r = 0; r < count && r < RANKS_SHOWN; r++)
    print_rank(table, &report->ranks[r]);
  if (count > RANKS_SHOWN)
    fprintf(table->file, "             ... %u more rank%s\n", count - RANKS_SHOWN,
            plural(count - RANKS_SHOWN));
}

/* The three that would save most. */
static void print_advice(const struct table *table) {
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  for (size_t i = 0; i < 3 && synched_report_advice(table->report, i, &advice) == 0; i++) {
    struct words words = {.length = 0};
    if (advice.gain >= 0.0005)
      add(&words, "to save %s %%: ", synched__text_of_share(advice.gain, 1.0).bytes);
    add(&words, "%s", advice.text);
    print_words(table, "advice", &words);
  }
}

/* --- what was done --- */

/* Of a periodic job: what became of its ticks, and how late they were. */
static void print_schedule(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  struct words period = {.length = 0}, lateness = {.length = 0};
  if (job->period_ns == 0)
    return;
  add_duration(&period, job->period_ns, ": ");
  add(&period, "%s tick%s, ", synched__text_of_count(job->tick_count).bytes,
      plural(job->tick_count));
  add_count(&period, job->started_count, " started, ");
  add_count(&period, job->late_count, " of them late, ");
  add_count(&period, job->skipped_count, " skipped, ");
  add(&period, "%s overrun%s", synched__text_of_count(job->overrun_count).bytes,
      plural(job->overrun_count));
  print_words(table, "period", &period);
  if (job->started_count == 0)
    return;
  add_duration(&lateness, job->lateness_p50_ns, " for 50 %, ");
  add_duration(&lateness, job->lateness_p99_ns, " for 99 %, ");
  add_duration(&lateness, job->lateness_max_ns, " at most");
  print_words(table, "lateness", &lateness);
}

static void print_deadlines(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  struct words words = {.length = 0};
  if (job->deadline_missed_count == 0)
    return;
  add_count(&words, job->deadline_missed_count, " missed, ");
  add(&words, "%s round%s dropped", synched__text_of_count(job->dropped_count).bytes,
      plural(job->dropped_count));
  print_words(table, "deadlines", &words);
}

static void print_leases(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  struct words words = {.length = 0};
  if (job->lease_wait_count == 0)
    return;
  add(&words, "%s round%s waited for a free buffer, ",
      synched__text_of_count(job->lease_wait_count).bytes, plural(job->lease_wait_count));
  add_duration(&words, job->lease_wait_ns, " in all");
  if (job->stalled_count > 0) {
    add(&words, "; %s of them for over a second, ",
        synched__text_of_count(job->stalled_count).bytes);
    add_duration(&words, job->stalled_ns, "");
  }
  print_words(table, "leases", &words);
}

static void print_snapshots(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  struct words words = {.length = 0};
  if (job->delivered_count == 0 && job->missed_count == 0)
    return;
  add_count(&words, job->delivered_count, " delivered, ");
  add_count(&words, job->missed_count, " missed");
  print_words(table, "snapshots", &words);
}

/* MB and GB as disks have them. */
static void add_bytes(struct words *words, uint64_t bytes) {
  if (bytes < 1000000)
    add(words, "%s kB", synched__text_of_count((bytes + 999) / 1000).bytes);
  else
    add(words, "%s MB", synched__text_of_count(bytes / 1000000).bytes);
}

static void print_checkpoints(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  struct words words = {.length = 0};
  if (job->checkpoint_count + job->checkpoint_skipped_count + job->checkpoint_failed_count == 0)
    return;
  add_count(&words, job->checkpoint_count, " written, ");
  add_bytes(&words, job->checkpoint_bytes);
  add(&words, " in ");
  add_duration(&words, job->checkpoint_ns, " beside the rounds, which waited ");
  add_duration(&words, job->checkpoint_held_ns, "");
  if (job->checkpoint_skipped_count != 0)
    add(&words, "; %s skipped", synched__text_of_count(job->checkpoint_skipped_count).bytes);
  if (job->checkpoint_failed_count != 0)
    add(&words, "; %s failed", synched__text_of_count(job->checkpoint_failed_count).bytes);
  print_words(table, "saved", &words);
}

int synched__table_print(const struct synched_report *report, FILE *file) {
  struct table table = {.report = report, .file = file, .summary = report->summary};
  if (table.summary.end_ns > table.summary.start_ns)
    table.elapsed_ns = table.summary.end_ns - table.summary.start_ns;
  table.is_off = table.summary.record == SYNCHED_RECORD_OFF;
  print_outcome(&table);
  print_efficiency(&table);
  print_time(&table);
  print_stages(&table);
  print_ranks(&table);
  print_advice(&table);
  print_work(&table);
  print_schedule(&table);
  print_deadlines(&table);
  print_leases(&table);
  print_snapshots(&table);
  print_checkpoints(&table);
  if (!table.is_off)
    synched__columns_print(report, file);
  return 0;
}
