/*
 * csv.c: the recorded rounds for spreadsheets, as RFC 4180 has it: a row for each, columns that
 * tell of the whole round, then four groups of columns with one for each worker.
 *
 * The job's name is on each row, so that the files of several jobs may be put together. It is the
 * only text, and may be anything: a spreadsheet would compute one that begins like a formula, so an
 * apostrophe comes before that.
 */
#include <string.h>

#include "report/forms.h"
#include "report/out.h"
#include "report/unicode.h"

#define LINE_END "\r\n"

/* Columns of each worker. */
enum group { GROUP_COMPUTE, GROUP_CALLS, GROUP_STOLEN, GROUP_SLEPT, GROUP_COUNT };

/* Control bytes, which no cell can hold, and what is no UTF-8 become U+FFFD. */
static void write_name(struct synched__out *out, const char *name) {
  synched__out_text(out, "\"");
  if (name[0] != '\0' && strchr("=+-@\t\r\n", name[0]) != NULL)
    synched__out_text(out, "'");
  while (*name != '\0') {
    const unsigned char byte = (unsigned char)*name;
    const size_t length = synched__unicode_character(name);
    const bool shown = (byte >= 0x20 && byte != 0x7f) || byte == '\t' || byte == '\n';
    if (length == 0 || !shown)
      synched__out_text(out, "\xef\xbf\xbd");
    else
      synched__out_bytes(out, name, length);
    if (byte == '"')
      synched__out_text(out, "\"");
    name += length == 0 ? 1 : length;
  }
  synched__out_text(out, "\"");
}

static void write_header(struct synched__out *out, unsigned worker_count) {
  static const char *const groups[GROUP_COUNT] = {[GROUP_COMPUTE] = " compute_ns",
                                                  [GROUP_CALLS] = " calls",
                                                  [GROUP_STOLEN] = " stolen",
                                                  [GROUP_SLEPT] = " slept_ns"};
  synched__out_text(out, "job,round,start_ns,total_ns,phase_ns,compute_ns,callback_ns,lateness_ns,"
                         "workers,solo,closer,longest_worker,longest_ns,critical_segment,"
                         "critical_ns");
  for (unsigned g = 0; g < GROUP_COUNT; g++) {
    for (unsigned w = 0; w < worker_count; w++) {
      synched__out_text(out, ",worker ");
      synched__out_number(out, w);
      synched__out_text(out, groups[g]);
    }
  }
  synched__out_text(out, LINE_END);
}

static uint64_t value_of(const struct synched_report_part *part, enum group group) {
  switch (group) {
  case GROUP_COMPUTE:
    return part->compute_ns;
  case GROUP_CALLS:
    return part->call_count;
  case GROUP_STOLEN:
    return part->stolen_count;
  case GROUP_SLEPT:
    return part->slept_ns;
  case GROUP_COUNT:
    break;
  }
  return 0;
}

static void write_round(struct synched__out *out, const struct synched_report *report,
                        size_t index) {
  const struct synched_report_round *round = &report->rounds[index];
  const struct synched_report_part *parts = &report->parts[index * report->summary.worker_count];
  const uint64_t job_ns = report->summary.start_ns;
  const uint64_t values[] = {
      round->round,
      /* Since the job's start: a spreadsheet keeps some fifteen digits. */
      round->start_ns > job_ns ? round->start_ns - job_ns : 0,
      round->total_ns,
      round->phase_ns,
      round->compute_ns,
      round->callback_ns,
      round->lateness_ns,
      round->part_count,
      round->solo != 0,
      round->closer,
      round->longest_worker,
      round->longest_ns,
      round->critical_segment,
      round->critical_ns,
  };
  write_name(out, report->name);
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    synched__out_text(out, ",");
    synched__out_number(out, values[i]);
  }
  for (unsigned g = 0; g < GROUP_COUNT; g++) {
    for (unsigned w = 0; w < report->summary.worker_count; w++) {
      synched__out_text(out, ",");
      synched__out_number(out, value_of(&parts[w], (enum group)g));
    }
  }
  synched__out_text(out, LINE_END);
}

int synched__csv_print(const struct synched_report *report, FILE *file) {
  struct synched__out out;
  synched__out_open(&out, file);
  write_header(&out, report->summary.worker_count);
  for (size_t i = 0; i < report->recorded; i++)
    write_round(&out, report, i);
  synched__out_flush(&out);
  return 0;
}
