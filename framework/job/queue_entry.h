/*
 * queue_entry.h: a job's place in its pool's run queue (internal; see dispatch/run_queue.h).
 */
#ifndef SYNCHED_JOB_QUEUE_ENTRY_H
#define SYNCHED_JOB_QUEUE_ENTRY_H

#include "job/heap.h"

struct synched__queue_entry {
  /* first: an entry is found from it */
  struct synched__heap_node node;
  /* of a timed job: when its round should be complete */
  uint64_t urgent_ns;
  /* of a free job: how much of the pool it has used, by its weight */
  uint64_t virtual_ns;
  /* how much of the pool it has used that is not in its virtual time yet */
  uint64_t used_ns;
  /* 1 or more */
  unsigned weight;
};

#endif
