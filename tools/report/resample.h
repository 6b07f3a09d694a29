/*
 * resample.h: how sure a difference between two runs is, from a row of rounds of each.
 *
 * Rounds that follow each other are alike: a disturbance hits many of them. So whole stretches of
 * rounds are drawn, not single ones: the moving block bootstrap (H. R. Kuensch, "The jackknife and
 * the bootstrap for general stationary observations", 1989), with stretches as long as the square
 * root of the number of rounds. What is drawn is the same every time.
 */
#ifndef SYNCHED_TOOLS_REPORT_RESAMPLE_H
#define SYNCHED_TOOLS_REPORT_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>

/* Fewer than so many rounds say nothing. */
#define RESAMPLE_LEAST 8u

struct resample_row {
  const double *values; /* in the order of time */
  size_t count;
};

struct resample_change {
  double before, after; /* medians */
  double least, most;   /* after / before, in 95 % of what was drawn */
};

/* The median of the values, which it puts in order; count: 1 or more. */
double resample_median(double *values, size_t count);

/* Both rows have RESAMPLE_LEAST values or more, and medians above 0. false: no memory. */
bool resample_compare(struct resample_change *out, const struct resample_row *before,
                      const struct resample_row *after);

#endif
