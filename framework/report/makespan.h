/*
 * makespan.h: how long workers take at least for pieces of work of different sizes (internal).
 */
#ifndef SYNCHED_REPORT_MAKESPAN_H
#define SYNCHED_REPORT_MAKESPAN_H

#include <stddef.h>

struct synched__pieces {
  double *sizes; /* [count] descending */
  size_t count;
  unsigned cut; /* each is cut into so many equal ones */
};

/* About how long `workers` of them take, each the largest piece left whenever it is free (R. L.
 * Graham, "Bounds on Multiprocessing Timing Anomalies", 1969): at most a third above the best.
 * `loads`: room for `workers` numbers. For very many pieces, the lower bound, which is as good
 * then. */
double synched__makespan(const struct synched__pieces *pieces, unsigned workers, double *loads);

#endif
