/*
 * scheme.c: SynchedMemory's scheme, the Rust crate that Synched descends from, rendered in C.
 *
 * One shared buffer. In a round each thread copies what it has computed into its segment,
 * zero-fills the rest, waits at one barrier, and copies the whole buffer into an array of its own.
 * The crate allocates that array anew each time; here it is allocated once, which is in the
 * scheme's favour. There is one thread for each segment, as there, not pinned. (Nothing holds a
 * fast thread back from writing its next segment while a slow one still copies; what is checked
 * here are places that both rounds agree on.)
 */
#include "scheme.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where there is no memory or no thread, the process ends with it; and threads that wait at the
 * barrier still use what would be freed. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

struct scheme {
  const struct bench_work *work;
  const struct scheme_data *data;
  pthread_barrier_t barrier;
  unsigned char *global;
  _Atomic int failed;
};

struct seat {
  struct scheme *scheme;
  size_t segment;
  unsigned char *local, *copy;
  pthread_t thread;
};

static void *take_part(void *argument) {
  struct seat *seat = argument;
  struct scheme *scheme = seat->scheme;
  const struct bench_work *work = scheme->work;
  const struct scheme_data *data = scheme->data;
  const size_t total = data->segment_bytes * work->segment_count;
  for (uint64_t round = 1; round <= work->round_count; round++) {
    data->fill(work->user, seat->segment, round, seat->local);
    memcpy(scheme->global + seat->segment * data->segment_bytes, seat->local, data->segment_bytes);
    int serial = pthread_barrier_wait(&scheme->barrier);
    memcpy(seat->copy, scheme->global, total);
    if (data->check != NULL && data->check(work->user, seat->copy, round) != 0)
      atomic_store(&scheme->failed, 1);
    if (serial == PTHREAD_BARRIER_SERIAL_THREAD)
      work->complete(work->user, round);
  }
  return NULL;
}

static int run(struct scheme *scheme, struct seat *seats, size_t count) {
  for (size_t s = 0; s < count; s++) {
    struct seat *seat = &seats[s];
    *seat = (struct seat){.scheme = scheme, .segment = s};
    seat->local = malloc(scheme->data->segment_bytes);
    seat->copy = malloc(scheme->data->segment_bytes * count);
    if (seat->local == NULL || seat->copy == NULL ||
        pthread_create(&seat->thread, NULL, take_part, seat) != 0) {
      (void)fprintf(stderr, "synched-bench: the scheme's threads cannot be made\n");
      return -1; /* this process ends with it */
    }
  }
  for (size_t s = 0; s < count; s++) {
    (void)pthread_join(seats[s].thread, NULL);
    free(seats[s].local);
    free(seats[s].copy);
  }
  return atomic_load(&scheme->failed) ? -1 : 0;
}

int scheme_rounds(const struct bench_work *work, const struct scheme_data *data) {
  struct scheme scheme = {.work = work, .data = data};
  struct seat *seats = calloc(work->segment_count, sizeof *seats);
  scheme.global = calloc(work->segment_count, data->segment_bytes);
  if (seats == NULL || scheme.global == NULL ||
      pthread_barrier_init(&scheme.barrier, NULL, (unsigned)work->segment_count) != 0)
    return -1;
  int status = run(&scheme, seats, work->segment_count);
  if (status != 0)
    return -1;
  (void)pthread_barrier_destroy(&scheme.barrier);
  free(scheme.global);
  free(seats);
  return 0;
}

/* Rounds of calls: ten elements of eight bytes go through it for each segment. */
static void fill_by_call(void *user, size_t segment, uint64_t round, void *local) {
  const struct bench_work *work = user;
  work->compute(work->user, segment, round);
  memset(local, (int)round, 80);
}

static void complete_call(void *user, uint64_t round) {
  const struct bench_work *work = user;
  work->complete(work->user, round);
}

int bench_peer_rounds(const struct bench_work *work, const char *contestant) {
  (void)contestant;
  const struct scheme_data data = {.segment_bytes = 80, .fill = fill_by_call};
  struct bench_work calls = *work;
  calls.complete = complete_call;
  calls.user = (void *)work;
  return scheme_rounds(&calls, &data);
}
