/*
 * columns.c: a report's rounds and workers as tables of 80 columns.
 *
 * Columns are as wide as the widest value that will come, so a first look over all values precedes
 * the printing. It allocates nothing, and a report of any size goes to the file row by row.
 */
#include "report/columns.h"

#include <stdbool.h>
#include <string.h>

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
  /* how many rounds are recorded */
  size_t recorded;
  int label_width, column_width;
};

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

static void print_rule(const struct table *table, int width) {
  fputs("  ", table->file);
  while (width-- > 0)
    fputc('-', table->file);
  fputc('\n', table->file);
}

static void print_earlier(const struct table *table) {
  if (table->summary.round_count <= table->recorded)
    return;
  const uint64_t earlier = table->summary.round_count - table->recorded;
  fprintf(table->file, "  ... %s %sround%s not shown, but in the totals\n",
          synched__text_of_count(earlier).bytes, table->recorded > 0 ? "earlier " : "",
          earlier == 1 ? "" : "s");
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
  const int columns = 1 + (int)(last - first);
  const int width = table->label_width + columns * (COLUMN_GAP + table->column_width);
  fputc('\n', table->file);
  print_label(table, "ms in round", "Total");
  for (unsigned worker = first; worker < last; worker++)
    print_column(table, text_of_worker(worker));
  fputc('\n', table->file);
  print_rule(table, width);
  if (table->summary.round_count > 0) {
    print_rounds(table, first, last);
    print_rule(table, width);
  }
  print_totals(table, first, last);
}

/* --- many workers --- */

#define CELLS_MOST 6u

struct row {
  struct synched__text cells[CELLS_MOST];
};

/* A table whose columns are as wide as what is in them. */
struct grid {
  const char *heads[CELLS_MOST];
  size_t row_count;
  struct row (*row_at)(const struct table *table, size_t index);
  int widths[CELLS_MOST];
};

static struct row round_row(const struct table *table, size_t index) {
  const struct synched_report_round *round = &table->report->rounds[index];
  struct row row = {{synched__text_of_count(round->round), synched__text_of_ms(round->total_ns),
                     synched__text_of_ms(round->compute_ns / table->summary.worker_count),
                     synched__text_of_ms(round->longest_ns),
                     synched__text_of_count(round->longest_worker),
                     synched__text_of_count(round->critical_segment)}};
  if (round->critical_ns == 0)
    row.cells[5] = (struct synched__text){"-"};
  return row;
}

static struct row worker_row(const struct table *table, size_t index) {
  const struct synched_report_worker *worker = &table->report->workers[index];
  return (struct row){
      {synched__text_of_count(index), synched__text_of_ms(worker->compute_ns),
       synched__text_of_share((double)worker->compute_ns, (double)table->elapsed_ns),
       synched__text_of_count(worker->call_count), synched__text_of_count(worker->stolen_count),
       synched__text_of_count(worker->closed_count)}};
}

static void measure_grid(const struct table *table, struct grid *grid) {
  for (unsigned i = 0; i < CELLS_MOST; i++)
    grid->widths[i] = (int)strlen(grid->heads[i]);
  for (size_t r = 0; r < grid->row_count; r++) {
    const struct row row = grid->row_at(table, r);
    for (unsigned i = 0; i < CELLS_MOST; i++)
      widen(&grid->widths[i], row.cells[i]);
  }
}

static void print_cells(const struct table *table, const struct grid *grid, const struct row *row) {
  for (unsigned i = 0; i < CELLS_MOST; i++)
    fprintf(table->file, "%*s", COLUMN_GAP + grid->widths[i],
            row == NULL ? grid->heads[i] : row->cells[i].bytes);
  fputc('\n', table->file);
}

static void print_grid(const struct table *table, struct grid *grid, bool after_earlier) {
  int width = -COLUMN_GAP;
  measure_grid(table, grid);
  for (unsigned i = 0; i < CELLS_MOST; i++)
    width += COLUMN_GAP + grid->widths[i];
  fputc('\n', table->file);
  print_cells(table, grid, NULL);
  print_rule(table, width);
  if (after_earlier)
    print_earlier(table);
  for (size_t r = 0; r < grid->row_count; r++) {
    const struct row row = grid->row_at(table, r);
    print_cells(table, grid, &row);
  }
}

static void print_many(const struct table *table) {
  struct grid rounds = {
      .heads = {"ms in round", "Total", "Mean", "Longest", "Worker", "Critical segment"},
      .row_count = table->recorded,
      .row_at = round_row};
  struct grid workers = {
      .heads = {"Worker", "Comp (ms)", "Comp Ratio (%)", "Calls", "Stolen", "Rounds closed"},
      .row_count = table->summary.worker_count,
      .row_at = worker_row};
  if (table->summary.round_count > 0)
    print_grid(table, &rounds, true);
  print_grid(table, &workers, false);
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

void synched__columns_print(const struct synched_report *report, FILE *file) {
  struct table table = {.report = report, .file = file, .summary = report->summary};
  if (table.summary.end_ns > table.summary.start_ns)
    table.elapsed_ns = table.summary.end_ns - table.summary.start_ns;
  table.recorded = report->recorded;
  measure(&table);
  if (table.summary.worker_count <= COLUMNS_MOST)
    print_columns(&table);
  else
    print_many(&table);
}
