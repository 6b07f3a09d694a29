/*
 * run_queue.h: which of a pool's jobs has the next round (internal).
 *
 * A job that is not being computed and wants a round is an entry in one of three heaps: sleeping,
 * until its tick is due; timed, when that is so; or free, which is those that have no ticks. Timed
 * ones come first, and of these the one whose round should be complete first. Free ones share what
 * is left in proportion to their weights: each has a virtual time, which advances by the time that
 * its rounds take, divided by its weight, and the one that is furthest behind is next. Who comes,
 * or comes back, begins at the virtual time of those that are there, so nobody saves up rounds by
 * being away.
 *
 * It knows no clock and no lock: it is told what time it is, and its owner holds the pool's mutex.
 */
#ifndef SYNCHED_DISPATCH_RUN_QUEUE_H
#define SYNCHED_DISPATCH_RUN_QUEUE_H

#include "job/queue_entry.h"

struct synched__run_queue {
  struct synched__heap sleeping, timed, free;
  /* the virtual time of the free job that was chosen last */
  uint64_t virtual_ns;
};

/* Room for so many entries. SYNCHED_ENOMEM; then nothing has changed. */
int synched__run_queue_reserve(struct synched__run_queue *queue, size_t count);
void synched__run_queue_free(struct synched__run_queue *queue);

/* Adds an entry that is in no heap: one that waits for due_ns, */
void synched__run_queue_add_timed(struct synched__run_queue *queue,
                                  struct synched__queue_entry *entry, uint64_t due_ns,
                                  uint64_t urgent_ns);
/* or one that can go on at any time, and has used so much of it since it was chosen last. */
void synched__run_queue_add_free(struct synched__run_queue *queue,
                                 struct synched__queue_entry *entry);

/* Takes an entry out, wherever it is; false: it is in no heap. */
static inline bool synched__run_queue_remove(struct synched__queue_entry *entry) {
  return synched__heap_remove(&entry->node);
}

/* Takes the entry out that has the next round; NULL: none can have one now. */
struct synched__queue_entry *synched__run_queue_take(struct synched__run_queue *queue,
                                                     uint64_t now_ns);

/* When a choice may next have another outcome than to go on with a free job that is not in here: 0
 * if one that is in here could have a round now; else when the first one wakes up; NEVER: there is
 * none. */
uint64_t synched__run_queue_recheck_ns(const struct synched__run_queue *queue);

#endif
