#include "pool/schedule.h"

/* A job of weight 1 is charged so much for each ns: every weight's share is then exact to some thousandths. */
#define CHARGE 1024u

int synched__schedule_reserve(struct synched__schedule *schedule, size_t count) {
  int status = synched__heap_reserve(&schedule->sleeping, count);
  if (status == 0)
    status = synched__heap_reserve(&schedule->timed, count);
  if (status == 0)
    status = synched__heap_reserve(&schedule->free, count);
  return status;
}

void synched__schedule_free(struct synched__schedule *schedule) {
  synched__heap_free(&schedule->sleeping);
  synched__heap_free(&schedule->timed);
  synched__heap_free(&schedule->free);
}

void synched__schedule_add_timed(struct synched__schedule *schedule, struct synched__entry *entry,
                                 uint64_t due_ns, uint64_t urgent_ns) {
  entry->urgent_ns = urgent_ns;
  synched__heap_add(&schedule->sleeping, &entry->node, due_ns);
}

void synched__schedule_add_free(struct synched__schedule *schedule, struct synched__entry *entry) {
  entry->virtual_ns += entry->used_ns * CHARGE / entry->weight;
  entry->used_ns = 0;
  if (entry->virtual_ns < schedule->virtual_ns)
    entry->virtual_ns = schedule->virtual_ns;
  synched__heap_add(&schedule->free, &entry->node, entry->virtual_ns);
}

/* Of those that sleep, the ones that are due now. */
static void wake_due(struct synched__schedule *schedule, uint64_t now_ns) {
  struct synched__heap_node *first;
  while ((first = synched__heap_first(&schedule->sleeping)) != NULL && first->key <= now_ns) {
    (void)synched__heap_remove(first);
    synched__heap_add(&schedule->timed, first, ((struct synched__entry *)first)->urgent_ns);
  }
}

struct synched__entry *synched__schedule_take(struct synched__schedule *schedule, uint64_t now_ns) {
  wake_due(schedule, now_ns);
  struct synched__heap_node *first = synched__heap_first(&schedule->timed);
  if (first == NULL) {
    first = synched__heap_first(&schedule->free);
    if (first != NULL)
      schedule->virtual_ns = first->key;
  }
  if (first != NULL)
    (void)synched__heap_remove(first);
  return (struct synched__entry *)first;
}

uint64_t synched__schedule_attention(const struct synched__schedule *schedule) {
  if (schedule->timed.count != 0 || schedule->free.count != 0)
    return 0;
  const struct synched__heap_node *first = synched__heap_first(&schedule->sleeping);
  return first == NULL ? SYNCHED__NEVER : first->key;
}
