/*
 * progress_line.h: a job's progress in one line of a terminal (internal).
 */
#ifndef SYNCHED_REPORT_PROGRESS_LINE_H
#define SYNCHED_REPORT_PROGRESS_LINE_H

#include <synched/progress.h>

/* A line of 250 columns at most; each of them takes four bytes at most. */
struct synched__progress_line {
  char bytes[1024];
  unsigned columns;
};

/* Makes the line for a terminal of so many columns. It stays below that, so that the cursor stays
 * on the line; what does not fit is left out, the least needed first. */
void synched__progress_line_make(struct synched__progress_line *out,
                                 const struct synched_progress *progress, const char *note,
                                 unsigned columns);

#endif
