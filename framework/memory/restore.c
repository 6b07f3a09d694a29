/*
 * restore.c: see restore.h. The current snapshot changes where it lies: nobody holds it, and what
 * other buffers share with it nobody can read any more.
 */
#include "memory/restore.h"

#include <string.h>

#include "base/error.h"

static struct synched_memory *lead_of(const struct synched__restoring *restoring) {
  return restoring->memories[0];
}

static void unlock(const struct synched__restoring *restoring, unsigned count) {
  while (count-- > 0)
    synched__mutex_unlock(&restoring->memories[count]->mutex);
}

int synched__restoring_open(struct synched__restoring *restoring) {
  unsigned locked = 0;
  bool runs = false;
  while (locked < restoring->count && !runs) {
    struct synched_memory *memory = restoring->memories[locked++];
    synched__mutex_lock(&memory->mutex);
    runs = synched__load_acquire(&memory->running) != 0; /* [memory-idle] acquire */
  }
  if (!runs && synched__memory_lock_buffers(lead_of(restoring)))
    return 0;
  unlock(restoring, locked);
  return synched__fail(SYNCHED_EBUSY, runs ? "the job is running"
                                           : "a snapshot of the job is retained; release it first");
}

struct synched__block *synched__restoring_block(const struct synched__restoring *restoring,
                                                unsigned field) {
  const struct synched_memory *memory = restoring->memories[field];
  return memory->in_place ? memory->blocks.all[0]
                          : lead_of(restoring)->pair.current->blocks[memory->field];
}

static void set_folds(struct synched__restoring *restoring, const struct synched__restored *now) {
  struct synched__fields *fields = restoring->fields;
  const struct synched_memory *lead = lead_of(restoring);
  struct synched__buffer_part *part = &fields->parts[lead->pair.current - lead->buffers];
  fields->fold = now->fold;
  for (unsigned stage = 0; fields->has_folds && stage < fields->stage_count; stage++)
    if (fields->fold_bytes[stage] != 0)
      memcpy(part->folds[stage], now->folds[stage], fields->fold_bytes[stage]);
}

static void set_current(struct synched__restoring *restoring, const struct synched__restored *now) {
  struct synched__buffer *current = lead_of(restoring)->pair.current;
  for (unsigned f = 0; f < restoring->count; f++) {
    struct synched_memory *memory = restoring->memories[f];
    synched__restoring_block(restoring, f)->placed = true;
    /* The copy that it had is of another round. */
    if (memory->in_place)
      synched__buffer_map(current, f, NULL);
    current->views[f]->round = now->round;
    current->views[f]->fold = now->fold;
    memory->load_count++;
  }
}

void synched__restoring_close(struct synched__restoring *restoring,
                              const struct synched__restored *now) {
  if (now != NULL) {
    if (restoring->fields != NULL)
      set_folds(restoring, now);
    set_current(restoring, now);
  }
  synched__memory_unlock_buffers(lead_of(restoring));
  unlock(restoring, restoring->count);
}
