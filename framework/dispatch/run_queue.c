#include "dispatch/run_queue.h"

#include "platform/clock.h"

/* A job of weight 1 is charged so much for each ns: every weight's share is then exact to some
 * thousandths. */
#define CHARGE 1024u

int synched__run_queue_reserve(struct synched__run_queue *queue, size_t count) {
  int status = synched__heap_reserve(&queue->sleeping, count);
  if (status == 0)
    status = synched__heap_reserve(&queue->timed, count);
  if (status == 0)
    status = synched__heap_reserve(&queue->free, count);
  return status;
}

void synched__run_queue_free(struct synched__run_queue *queue) {
  synched__heap_free(&queue->sleeping);
  synched__heap_free(&queue->timed);
  synched__heap_free(&queue->free);
}

void synched__run_queue_add_timed(struct synched__run_queue *queue,
                                  struct synched__queue_entry *entry, uint64_t due_ns,
                                  uint64_t urgent_ns) {
  entry->urgent_ns = urgent_ns;
  synched__heap_add(&queue->sleeping, &entry->node, due_ns);
}

void synched__run_queue_add_free(struct synched__run_queue *queue,
                                 struct synched__queue_entry *entry) {
  entry->virtual_ns += entry->used_ns * CHARGE / entry->weight;
  entry->used_ns = 0;
  if (entry->virtual_ns < queue->virtual_ns)
    entry->virtual_ns = queue->virtual_ns;
  synched__heap_add(&queue->free, &entry->node, entry->virtual_ns);
}

/* Of those that sleep, the ones that are due now. */
static void wake_due(struct synched__run_queue *queue, uint64_t now_ns) {
  struct synched__heap_node *first;
  while ((first = synched__heap_first(&queue->sleeping)) != NULL && first->key <= now_ns) {
    (void)synched__heap_remove(first);
    synched__heap_add(&queue->timed, first, ((struct synched__queue_entry *)first)->urgent_ns);
  }
}

struct synched__queue_entry *synched__run_queue_take(struct synched__run_queue *queue,
                                                     uint64_t now_ns) {
  wake_due(queue, now_ns);
  struct synched__heap_node *first = synched__heap_first(&queue->timed);
  if (first == NULL) {
    first = synched__heap_first(&queue->free);
    if (first != NULL)
      queue->virtual_ns = first->key;
  }
  if (first != NULL)
    (void)synched__heap_remove(first);
  return (struct synched__queue_entry *)first;
}

uint64_t synched__run_queue_recheck_ns(const struct synched__run_queue *queue) {
  if (queue->timed.count != 0 || queue->free.count != 0)
    return 0;
  const struct synched__heap_node *first = synched__heap_first(&queue->sleeping);
  return first == NULL ? SYNCHED__NEVER : first->key;
}
