/*
 * queue_entry.h: a job's place in its pool's run queue (internal; see dispatch/run_queue.h).
 */
#ifndef SYNCHED_JOB_QUEUE_ENTRY_H
#define SYNCHED_JOB_QUEUE_ENTRY_H

#include "job/heap.h"

struct synched__queue_entry {
  struct synched__heap_node node; /* first: an entry is found from it */
  uint64_t urgent_ns;             /* of a timed one: when its round should be complete */
  uint64_t virtual_ns;            /* of a free one */
  uint64_t used_ns;               /* that its virtual time has not been charged for yet */
  unsigned weight;                /* 1 or more */
};

#endif
