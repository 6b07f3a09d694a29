/*
 * pthread_barrier.c: threads that meet at a pthread_barrier, twice a round: the thread that it
 * names does the serial part between the two.
 */
#include <stdio.h>
#include <stdlib.h>

#include "peer.h"
#include "pinned.h"

/* Where there is no memory or no thread, the process ends with it; and threads that wait at the
 * barrier still use what would be freed. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

struct member {
  const struct bench_work *work;
  pthread_barrier_t *barrier;
  unsigned index;
  pthread_t thread;
};

static void *take_part(void *argument) {
  const struct member *member = argument;
  const struct bench_work *work = member->work;
  const size_t first = bench_first_of(work->segment_count, member->index, work->worker_count);
  const size_t end = bench_first_of(work->segment_count, member->index + 1, work->worker_count);
  pin_to_nth_cpu(member->index, work->worker_count);
  for (uint64_t round = 1; round <= work->round_count; round++) {
    for (size_t s = first; s < end; s++)
      work->compute(work->user, s, round);
    if (pthread_barrier_wait(member->barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
      work->complete(work->user, round);
    (void)pthread_barrier_wait(member->barrier);
  }
  return NULL;
}

int bench_peer_rounds(const struct bench_work *work, const char *contestant) {
  (void)contestant;
  pthread_barrier_t barrier;
  struct member *members = calloc(work->worker_count, sizeof *members);
  if (members == NULL || pthread_barrier_init(&barrier, NULL, work->worker_count) != 0)
    return -1;
  for (unsigned w = 0; w < work->worker_count; w++) {
    members[w] = (struct member){work, &barrier, w, 0};
    if (pthread_create(&members[w].thread, NULL, take_part, &members[w]) != 0)
      return -1; /* this process ends with it */
  }
  for (unsigned w = 0; w < work->worker_count; w++)
    (void)pthread_join(members[w].thread, NULL);
  (void)pthread_barrier_destroy(&barrier);
  free(members);
  return 0;
}
