/*
 * table.c: a report as text, for people.
 *
 * What people ask first comes first: how well the workers were used, what the time went into, and
 * what would help. All of it fits on a page of 80 columns. It allocates nothing, and a report of
 * any size goes to the file row by row. Columns are as wide as the widest value that will come, so
 * a first look over all values precedes the printing.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <synched/status.h>

#include "report/forms.h"
#include "report/text.h"

#define PAGE_WIDTH 80
#define COLUMN_GAP 2

/* Up to so many workers have a column each; of more, each round shows who took longest. */
#define COLUMNS_MOST 8u

struct table {
  const struct synched_report *report;
  FILE *file;
  struct synched_report_summary summary;
  uint64_t elapsed_ns;
  size_t recorded; /* rounds */
  int label_width, column_width;
};

/* " at 8,704 per second"; if slower than that, " at one per 12.500 s"; nothing if no time has
 * passed. */
static void print_rate(const struct table *table, uint64_t count) {
  if (table->elapsed_ns == 0 || count == 0)
    return;
  double per_second = (double)count * 1e9 / (double)table->elapsed_ns;
  if (per_second >= 1.0) {
    fprintf(table->file, " at %s per second", synched__text_of_number(per_second).bytes);
    return;
  }
  fputs(" at one per ", table->file);
  fputs(synched__text_of_duration(table->elapsed_ns / count).bytes, table->file);
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
    fprintf(file, "  failed     segment %" PRId64 " with code %d (the lowest that failed)\n",
            job->failed_segment, job->failed_code);
  if (job->init_missing)
    fputs("  init       not completed; the memory holds what it held without it\n", file);
}

static void print_work(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  FILE *file = table->file;
  fprintf(file, "  workers    %u, for %s segment%s\n", job->worker_count,
          synched__text_of_count(job->segment_count).bytes, job->segment_count == 1 ? "" : "s");
  fprintf(file, "  rounds     %s", synched__text_of_count(job->round_count).bytes);
  print_rate(table, job->round_count);
  if (job->solo_count > 0)
    fprintf(file, ", %s too small to share", synched__text_of_count(job->solo_count).bytes);
  fprintf(file, "\n  calls      %s", synched__text_of_count(job->call_count).bytes);
  print_rate(table, job->call_count);
  if (job->stolen_count > 0)
    fprintf(file, ", %s stolen (%s %%)", synched__text_of_count(job->stolen_count).bytes,
            synched__text_of_share((double)job->stolen_count, (double)job->call_count).bytes);
  fputc('\n', file);
}

/* --- where the time went --- */

/* "0.53"; what is below 0.8 is marked. */
static void print_efficiency_of(FILE *file, const char *name, double value) {
  const unsigned hundredths = (unsigned)(value * 100.0 + 0.5);
  fprintf(file, "%s%u.%02u%s", name, hundredths / 100, hundredths % 100, value < 0.8 ? " (!)" : "");
}

static void print_efficiency(const struct table *table) {
  const struct synched_report_efficiency *efficiency = &table->report->efficiency;
  FILE *file = table->file;
  if (table->summary.record == SYNCHED_RECORD_OFF || efficiency->total_ns == 0)
    return;
  print_efficiency_of(file, "  efficiency ", efficiency->efficiency);
  print_efficiency_of(file, " = serial ", efficiency->serial);
  print_efficiency_of(file, " x balance ", efficiency->balance);
  print_efficiency_of(file, " x scheduling ", efficiency->scheduling);
  fputc('\n', file);
}

/* The shares that can be seen in tenths of a percent, the largest first. */
static void print_time(const struct table *table) {
  const uint64_t *share_ns = table->report->efficiency.share_ns;
  const double whole = (double)table->elapsed_ns * table->summary.worker_count;
  char line[512];
  int length =
      snprintf(line, sizeof line, "%s", synched__text_of_duration(table->elapsed_ns).bytes);
  bool shown[SYNCHED_SHARE_COUNT] = {false};
  for (unsigned n = 0; whole > 0.0 && n < SYNCHED_SHARE_COUNT; n++) {
    unsigned most = SYNCHED_SHARE_COUNT;
    for (unsigned share = 0; share < SYNCHED_SHARE_COUNT; share++)
      if (!shown[share] && (most == SYNCHED_SHARE_COUNT || share_ns[share] > share_ns[most]))
        most = share;
    shown[most] = true;
    if ((double)share_ns[most] < whole * 0.0005)
      break;
    length +=
        snprintf(line + length, sizeof line - (size_t)length, "%s %s %% %s", n == 0 ? ":" : ",",
                 synched__text_of_share((double)share_ns[most], whole).bytes,
                 synched_share_name((enum synched_share)most));
  }
  synched__print_wrapped(table->file, "  elapsed    ", line);
}

/* The three that would save most. */
static void print_advice(const struct table *table) {
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  for (size_t i = 0; i < 3 && synched_report_advice(table->report, i, &advice) == 0; i++) {
    char line[sizeof advice.text + 64];
    if (advice.gain >= 0.0005)
      (void)snprintf(line, sizeof line, "to save %s %%: %s",
                     synched__text_of_share(advice.gain, 1.0).bytes, advice.text);
    else
      (void)snprintf(line, sizeof line, "%s", advice.text);
    synched__print_wrapped(table->file, "  advice     ", line);
  }
}

/* --- what was done --- */

/* Of a periodic job: what became of its ticks, and how late they were. */
static void print_schedule(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  FILE *file = table->file;
  if (job->period_ns == 0)
    return;
  fputs("  period     ", file);
  fputs(synched__text_of_duration(job->period_ns).bytes, file);
  fprintf(file, ": %s tick%s, %s started", synched__text_of_count(job->tick_count).bytes,
          job->tick_count == 1 ? "" : "s", synched__text_of_count(job->started_count).bytes);
  fprintf(file, ", %s of them late", synched__text_of_count(job->late_count).bytes);
  fprintf(file, ", %s skipped", synched__text_of_count(job->skipped_count).bytes);
  fprintf(file, ", %s overrun%s\n", synched__text_of_count(job->overrun_count).bytes,
          job->overrun_count == 1 ? "" : "s");
  if (job->started_count == 0)
    return;
  fputs("  lateness   ", file);
  fputs(synched__text_of_duration(job->lateness_p50_ns).bytes, file);
  fputs(" for 50 %, ", file);
  fputs(synched__text_of_duration(job->lateness_p99_ns).bytes, file);
  fputs(" for 99 %, ", file);
  fputs(synched__text_of_duration(job->lateness_max_ns).bytes, file);
  fputs(" at most\n", file);
}

static void print_deadlines(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  if (job->deadline_missed_count > 0)
    fprintf(table->file, "  deadlines  %s missed, %s round%s dropped\n",
            synched__text_of_count(job->deadline_missed_count).bytes,
            synched__text_of_count(job->dropped_count).bytes, job->dropped_count == 1 ? "" : "s");
}

static void print_snapshots(const struct table *table) {
  const struct synched_report_summary *job = &table->summary;
  if (job->lease_wait_count > 0) {
    fprintf(table->file, "  leases     %s round%s waited for a free buffer, ",
            synched__text_of_count(job->lease_wait_count).bytes,
            job->lease_wait_count == 1 ? "" : "s");
    fputs(synched__text_of_duration(job->lease_wait_ns).bytes, table->file);
    fputs(" in all", table->file);
    if (job->stalled_count > 0) {
      fprintf(table->file, "; %s of them for over a second, ",
              synched__text_of_count(job->stalled_count).bytes);
      fputs(synched__text_of_duration(job->stalled_ns).bytes, table->file);
    }
    fputc('\n', table->file);
  }
  if (job->delivered_count > 0 || job->missed_count > 0)
    fprintf(table->file, "  snapshots  %s delivered, %s missed\n",
            synched__text_of_count(job->delivered_count).bytes,
            synched__text_of_count(job->missed_count).bytes);
}

/* --- rows and columns --- */

static struct synched_report_round round_at(const struct table *table, size_t index) {
  return table->report->rounds[index];
}

static uint64_t worker_compute_ns(const struct table *table, unsigned worker) {
  return table->report->workers[worker].compute_ns;
}

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

static struct synched__text text_of_worker(unsigned worker) {
  struct synched__text text;
  (void)snprintf(text.bytes, sizeof text.bytes, "Worker %u", worker);
  return text;
}

static void widen(int *width, struct synched__text text) {
  int length = (int)strlen(text.bytes);
  if (length > *width)
    *width = length;
}

/* All columns are equally wide, so that tables below each other line up. A larger time never has a
 * shorter text, so the largest decides. */
static void measure(struct table *table) {
  uint64_t longest_ns = table->elapsed_ns;
  double highest_ns = 0.0;
  for (unsigned worker = 0; worker < table->summary.worker_count; worker++) {
    uint64_t total_ns = worker_compute_ns(table, worker);
    highest_ns = (double)total_ns > highest_ns ? (double)total_ns : highest_ns;
    longest_ns = larger(longest_ns, total_ns);
    for (size_t i = 0; i < table->recorded; i++)
      longest_ns = larger(longest_ns, synched_report_round_compute_ns(table->report, i, worker));
  }
  table->label_width = (int)strlen("Total Comp (ms)");
  for (size_t i = 0; i < table->recorded; i++) {
    struct synched_report_round round = round_at(table, i);
    longest_ns = larger(longest_ns, round.total_ns);
    widen(&table->label_width, synched__text_of_count(round.round));
  }
  widen(&table->column_width, synched__text_of_ms(longest_ns));
  widen(&table->column_width, synched__text_of_share(highest_ns, (double)table->elapsed_ns));
  widen(&table->column_width, text_of_worker(table->summary.worker_count - 1));
}

/* What a row starts with: its label, and the column that is not a worker's. */
static void print_label(const struct table *table, const char *label, const char *total) {
  fprintf(table->file, "  %*s%*s", table->label_width, label, COLUMN_GAP + table->column_width,
          total);
}

static void print_column(const struct table *table, struct synched__text text) {
  fprintf(table->file, "%*s", COLUMN_GAP + table->column_width, text.bytes);
}

static void print_rule(const struct table *table, unsigned worker_count) {
  int columns = 1 + (int)worker_count;
  int width = table->label_width + columns * (COLUMN_GAP + table->column_width);
  fputs("  ", table->file);
  while (width-- > 0)
    fputc('-', table->file);
  fputc('\n', table->file);
}

static void print_earlier(const struct table *table) {
  uint64_t earlier = table->summary.round_count - table->recorded;
  if (earlier > 0)
    fprintf(table->file, "  ... %s round%s not shown, but in the totals\n",
            synched__text_of_count(earlier).bytes, earlier == 1 ? "" : "s");
}

static void print_rounds(const struct table *table, unsigned first, unsigned last) {
  print_earlier(table);
  for (size_t i = 0; i < table->recorded; i++) {
    struct synched_report_round round = round_at(table, i);
    print_label(table, synched__text_of_count(round.round).bytes,
                synched__text_of_ms(round.total_ns).bytes);
    for (unsigned worker = first; worker < last; worker++)
      print_column(table,
                   synched__text_of_ms(synched_report_round_compute_ns(table->report, i, worker)));
    fputc('\n', table->file);
  }
}

static void print_totals(const struct table *table, unsigned first, unsigned last) {
  print_label(table, "Total Comp (ms)", "");
  for (unsigned worker = first; worker < last; worker++)
    print_column(table, synched__text_of_ms(worker_compute_ns(table, worker)));
  fputc('\n', table->file);
  print_label(table, "Total Time (ms)", synched__text_of_ms(table->elapsed_ns).bytes);
  for (unsigned worker = first; worker < last; worker++)
    print_column(table, synched__text_of_ms(table->elapsed_ns));
  fputc('\n', table->file);
  print_label(table, "Comp Ratio (%)", "");
  for (unsigned worker = first; worker < last; worker++)
    print_column(table, synched__text_of_share((double)worker_compute_ns(table, worker),
                                               (double)table->elapsed_ns));
  fputc('\n', table->file);
}

/* The table of workers first .. last - 1. */
static void print_table(const struct table *table, unsigned first, unsigned last) {
  fputc('\n', table->file);
  print_label(table, "ms in round", "Total");
  for (unsigned worker = first; worker < last; worker++)
    print_column(table, text_of_worker(worker));
  fputc('\n', table->file);
  print_rule(table, last - first);
  if (table->summary.round_count > 0) {
    print_rounds(table, first, last);
    print_rule(table, last - first);
  }
  print_totals(table, first, last);
}

/* --- many workers --- */

static void print_many_rounds(const struct table *table) {
  fputc('\n', table->file);
  print_label(table, "ms in round", "Total");
  print_column(table, (struct synched__text){"Mean"});
  print_column(table, (struct synched__text){"Longest"});
  fputs("  of worker  critical segment\n", table->file);
  print_rule(table, 4);
  print_earlier(table);
  for (size_t i = 0; i < table->recorded; i++) {
    const struct synched_report_round *round = &table->report->rounds[i];
    print_label(table, synched__text_of_count(round->round).bytes,
                synched__text_of_ms(round->total_ns).bytes);
    print_column(table, synched__text_of_ms(round->compute_ns / table->summary.worker_count));
    print_column(table, synched__text_of_ms(round->longest_ns));
    fprintf(table->file, "%11u", round->longest_worker);
    if (round->critical_ns != 0)
      fprintf(table->file, "  %zu", round->critical_segment);
    fputc('\n', table->file);
  }
}

static void print_many_workers(const struct table *table) {
  fputs("\n  Worker  Total Comp (ms)  Comp Ratio (%)         calls        stolen  rounds closed\n",
        table->file);
  for (unsigned w = 0; w < table->summary.worker_count; w++) {
    const struct synched_report_worker *worker = &table->report->workers[w];
    fprintf(table->file, "  %6u%17s%16s%14s%14s%15s\n", w,
            synched__text_of_ms(worker->compute_ns).bytes,
            synched__text_of_share((double)worker->compute_ns, (double)table->elapsed_ns).bytes,
            synched__text_of_count(worker->call_count).bytes,
            synched__text_of_count(worker->stolen_count).bytes,
            synched__text_of_count(worker->closed_count).bytes);
  }
}

/* As many workers as fit side by side. */
static void print_columns(const struct table *table) {
  const unsigned worker_count = table->summary.worker_count;
  const int column = COLUMN_GAP + table->column_width;
  const int fitting = (PAGE_WIDTH - 2 - table->label_width) / column - 1;
  const unsigned per_table = fitting < 1 ? 1 : (unsigned)fitting;
  for (unsigned first = 0; first < worker_count; first += per_table)
    print_table(table, first, worker_count - first > per_table ? first + per_table : worker_count);
}

int synched__table_print(const struct synched_report *report, FILE *file) {
  struct table table = {.report = report, .file = file, .summary = report->summary};
  if (table.summary.end_ns > table.summary.start_ns)
    table.elapsed_ns = table.summary.end_ns - table.summary.start_ns;
  table.recorded = report->recorded;
  measure(&table);
  print_outcome(&table);
  print_efficiency(&table);
  print_time(&table);
  print_advice(&table);
  print_work(&table);
  print_schedule(&table);
  print_deadlines(&table);
  print_snapshots(&table);
  if (table.summary.worker_count <= COLUMNS_MOST) {
    print_columns(&table);
  } else {
    print_many_rounds(&table);
    print_many_workers(&table);
  }
  return 0;
}
