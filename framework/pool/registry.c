/*
 * registry.c: a list under the lock that forks wait for, so that the child finds it whole. The
 * parent's pools are in the child's list, too, and stay there: their threads do not exist, so they
 * are passed over.
 */
#include "pool/registry.h"

#include <stdlib.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/process.h"
#include "pool/pool.h"

static struct synched_pool *pools; /* held, as what it leads to */

void synched__registry_add(struct synched_pool *pool) {
  synched__process_hold();
  pool->registered_next = pools;
  pools = pool;
  synched__process_release();
}

void synched__registry_remove(struct synched_pool *pool) {
  synched__process_hold();
  struct synched_pool **link = &pools;
  while (*link != NULL && *link != pool)
    link = &(*link)->registered_next;
  if (*link != NULL)
    *link = pool->registered_next;
  synched__process_release();
}

/* Held: writes up to `room` of the CPUs down; how many there are, some of them several times. */
static size_t gather(unsigned *numbers, size_t room) {
  size_t count = 0;
  for (const struct synched_pool *pool = pools; pool != NULL; pool = pool->registered_next) {
    if (synched__is_foreign(pool->generation))
      continue;
    for (unsigned w = 0; w < pool->worker_count; w++) {
      const int cpu = pool->workers[w].info.place.cpu;
      if (cpu < 0)
        continue;
      if (count < room)
        numbers[count] = (unsigned)cpu;
      count++;
    }
  }
  return count;
}

static int ascending(const void *left, const void *right) {
  const unsigned a = *(const unsigned *)left;
  const unsigned b = *(const unsigned *)right;
  return (a > b) - (a < b);
}

int synched__registry_taken(struct synched__cpus *out) {
  *out = (struct synched__cpus){0};
  synched__process_hold();
  const size_t room = gather(NULL, 0);
  synched__process_release();
  if (room == 0)
    return 0;
  /* Not while it is held: the program's allocator may do what it likes. */
  out->numbers = synched__alloc(room, sizeof *out->numbers);
  if (out->numbers == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a set of %zu CPUs", room);
  synched__process_hold();
  const size_t count = gather(out->numbers, room);
  synched__process_release();
  const size_t read = count < room ? count : room;
  qsort(out->numbers, read, sizeof *out->numbers, ascending);
  for (size_t i = 0; i < read; i++)
    if (i == 0 || out->numbers[i] != out->numbers[out->count - 1])
      out->numbers[out->count++] = out->numbers[i];
  return 0;
}
