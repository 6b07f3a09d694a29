/*
 * makespan.h: how long workers take for pieces of work of different sizes, dealt as the engine
 * deals segments (internal).
 */
#ifndef SYNCHED_REPORT_MAKESPAN_H
#define SYNCHED_REPORT_MAKESPAN_H

#include <stddef.h>
#include <stdint.h>

struct synched__pieces {
  /* [count] in the order of the segments, in ns */
  const double *sizes;
  size_t count;
  /* each is cut into so many equal ones */
  unsigned cut;
};

/* Where a worker is in its home range, and how long it computes until then. */
struct synched__lane {
  double busy_ns;
  size_t next, end;
};

/* More pieces than this stand in the order of the segments. */
#define SYNCHED__MAKESPAN_ORDERED 4096u

struct synched__makespan_room {
  /* [workers] */
  struct synched__lane *lanes;
  /* [SYNCHED__MAKESPAN_ORDERED] */
  uint32_t *order;
};

/* How long the one computes that is done last, where each worker takes the pieces of its home
 * range, the heavy ones first if the engine would do so, and then steals what others have left, one
 * after the other. For very many pieces, the lower bound, which is as good then. */
double synched__makespan(const struct synched__pieces *pieces, unsigned workers,
                         const struct synched__makespan_room *room);

#endif
