/*
 * schedule.h: which of a pool's jobs has the next round (internal).
 *
 * A job that is not being computed and wants a round is an entry in one of three heaps: sleeping, until its tick is due; timed,
 * when that is so; or free, which is those that have no ticks. Timed ones come first, and of these the one whose round should
 * be complete first. Free ones share what is left in proportion to their weights: each has a virtual time, which advances by the
 * time that its rounds take, divided by its weight, and the one that is furthest behind is next. Who comes, or
 * comes back, begins at the virtual time of those that are there, so nobody saves up turns by being away.
 *
 * It knows no clock and no lock: it is told what time it is, and its owner holds the pool's mutex.
 */
#ifndef SYNCHED_POOL_SCHEDULE_H
#define SYNCHED_POOL_SCHEDULE_H

#include "pool/heap.h"

#define SYNCHED__NEVER UINT64_MAX /* a time that does not come */

struct synched__entry {
  struct synched__heap_node node; /* first: an entry is found from it */
  uint64_t urgent_ns;             /* of a timed one: when its round should be complete */
  uint64_t virtual_ns;            /* of a free one */
  uint64_t used_ns;               /* that its virtual time has not been charged for yet */
  unsigned weight;                /* 1 or more */
};

struct synched__schedule {
  struct synched__heap sleeping, timed, free;
  uint64_t virtual_ns; /* of the free one that was chosen last */
};

/* Room for so many entries. SYNCHED_ENOMEM; then nothing has changed. */
int synched__schedule_reserve(struct synched__schedule *schedule, size_t count);
void synched__schedule_free(struct synched__schedule *schedule);

/* Adds an entry that is in no heap: one that waits for due_ns, */
void synched__schedule_add_timed(struct synched__schedule *schedule, struct synched__entry *entry,
                                 uint64_t due_ns, uint64_t urgent_ns);
/* or one that can go on at any time, and has used so much of it since it was chosen last. */
void synched__schedule_add_free(struct synched__schedule *schedule, struct synched__entry *entry);

/* Takes an entry out, wherever it is; false: it is in no heap. */
static inline bool synched__schedule_remove(struct synched__entry *entry) {
  return synched__heap_remove(&entry->node);
}

/* Takes the entry out that has the next round; NULL: none can have one now. */
struct synched__entry *synched__schedule_take(struct synched__schedule *schedule, uint64_t now_ns);

/* When a choice may next have another outcome than to go on with a free job that is not in here: 0 if one that is in here could
 * have a round now; else when the first one wakes up; NEVER: there is none. */
uint64_t synched__schedule_attention(const struct synched__schedule *schedule);

#endif
