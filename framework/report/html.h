/*
 * html.h: what the parts of the HTML report share (internal).
 */
#ifndef SYNCHED_REPORT_HTML_H
#define SYNCHED_REPORT_HTML_H

#include <stdbool.h>

#include "report/model.h"

/* What is put into a page at most, so that no record makes it large. */
#define SYNCHED__HTML_ROUNDS 1024u
#define SYNCHED__HTML_PARTS 3072u
#define SYNCHED__HTML_TASKS 3072u
#define SYNCHED__HTML_EXCHANGES 3072u
#define SYNCHED__HTML_RANKS 128u
#define SYNCHED__HTML_CELLS 1024u
#define SYNCHED__HTML_BINS 40u

struct synched__html {
  const struct synched_report *report;
  FILE *file;
  /* of tables that charts stand for: " open", where there are no charts */
  const char *open;
  uint64_t elapsed_ns;
  /* recorded rounds before it are left out */
  size_t first_round;
  /* the same of the timeline */
  size_t first_part;
  /* calls that began before are left out; UINT64_MAX: all are */
  uint64_t first_task_ns;
  /* those that are not */
  size_t task_count;
  /* segments to a cell of the heat map */
  size_t cell_segments;
};

/* A distribution's buckets, some neighbours at a time. */
struct synched__html_bins {
  unsigned count;
  /* of all bins */
  uint64_t total;
  uint64_t first_ns[SYNCHED__HTML_BINS], last_ns[SYNCHED__HTML_BINS], counts[SYNCHED__HTML_BINS];
};

/* The job's distributions, by their number, for people. */
const char *synched__html_distribution_title(unsigned distribution);
void synched__html_bins(const struct synched_report *report, unsigned distribution,
                        struct synched__html_bins *out);

/* --- html_data.c --- */

/* Chooses what there is room for. */
void synched__html_choose(struct synched__html *html);

/* All numbers that the scripts draw, as JSON. */
void synched__html_data(const struct synched__html *html);

/* --- html_tables.c --- */

void synched__html_shares(const struct synched__html *html);
void synched__html_stages(const struct synched__html *html);
void synched__html_ranks(const struct synched__html *html);
void synched__html_rounds(const struct synched__html *html);
void synched__html_distributions(const struct synched__html *html);
void synched__html_segments(const struct synched__html *html);
void synched__html_workers(const struct synched__html *html);

#endif
