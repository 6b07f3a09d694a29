/*
 * mailbox.h: snapshots on their way to on_snapshot, where every one is to be delivered.
 *
 * The closing worker puts, the loop takes. Each snapshot in it is retained, so there can never be
 * more of them than the memory has buffers, and a put always finds room.
 *
 *   [mailed]  the slots that have been put to.
 */
#ifndef SYNCHED_JOB_MAILBOX_H
#define SYNCHED_JOB_MAILBOX_H

#include <stddef.h>

#include "base/assert.h"
#include "platform/atomic.h"

#include <synched/memory.h>

struct synched__mailbox {
  /* [slot_count]; NULL: this job has no mailbox */
  const struct synched_snapshot **slots;
  size_t slot_count;
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t put_count;
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t taken_count;
};

static inline void synched__mailbox_put(struct synched__mailbox *mailbox,
                                        const struct synched_snapshot *snapshot) {
  uint64_t put_count = synched__load_relaxed(&mailbox->put_count);
  SYNCHED_ASSERT(put_count - synched__load_relaxed(&mailbox->taken_count) < mailbox->slot_count);
  mailbox->slots[put_count % mailbox->slot_count] = snapshot;
  synched__store_release(&mailbox->put_count, put_count + 1); /* [mailed] release */
}

/* How many snapshots are in it; a moment's picture. */
static inline unsigned synched__mailbox_count(const struct synched__mailbox *mailbox) {
  return (unsigned)(synched__load_relaxed(&mailbox->put_count) -
                    synched__load_relaxed(&mailbox->taken_count));
}

/* NULL: it is empty. The caller releases what it gets. */
static inline const struct synched_snapshot *
synched__mailbox_take(struct synched__mailbox *mailbox) {
  uint64_t taken_count = synched__load_relaxed(&mailbox->taken_count);
  /* [mailed] acquire */
  if (mailbox->slots == NULL || synched__load_acquire(&mailbox->put_count) == taken_count)
    return NULL;
  const struct synched_snapshot *snapshot = mailbox->slots[taken_count % mailbox->slot_count];
  /* The slot is not put to again before this snapshot is released, which orders it after our
   * read. */
  synched__store_relaxed(&mailbox->taken_count, taken_count + 1);
  return snapshot;
}

static inline void synched__mailbox_empty(struct synched__mailbox *mailbox) {
  const struct synched_snapshot *snapshot;
  while ((snapshot = synched__mailbox_take(mailbox)) != NULL)
    synched_snapshot_release(snapshot);
}

#endif
