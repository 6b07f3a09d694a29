/*
 * omp.c: rounds in OpenMP, as its users write them: one parallel region around all rounds, with a
 * barrier, a serial part and another barrier in each (the variant without a suffix; `dynamic` deals
 * segments out one by one), or a parallel region for each round (`region`). Compiled once, and
 * linked with libgomp and with libomp.
 */
#include <omp.h>
#include <string.h>

#include "peer.h"

static void one_region(const struct bench_work *work) {
#pragma omp parallel num_threads((int)work->worker_count)
  for (uint64_t round = 1; round <= work->round_count; round++) {
#pragma omp for schedule(static)
    for (size_t s = 0; s < work->segment_count; s++)
      work->compute(work->user, s, round);
#pragma omp single
    work->complete(work->user, round);
  }
}

static void one_region_dynamic(const struct bench_work *work) {
#pragma omp parallel num_threads((int)work->worker_count)
  for (uint64_t round = 1; round <= work->round_count; round++) {
#pragma omp for schedule(dynamic, 1)
    for (size_t s = 0; s < work->segment_count; s++)
      work->compute(work->user, s, round);
#pragma omp single
    work->complete(work->user, round);
  }
}

static void region_per_round(const struct bench_work *work) {
  for (uint64_t round = 1; round <= work->round_count; round++) {
#pragma omp parallel for schedule(static) num_threads((int)work->worker_count)
    for (size_t s = 0; s < work->segment_count; s++)
      work->compute(work->user, s, round);
    work->complete(work->user, round);
  }
}

int bench_peer_rounds(const struct bench_work *work, const char *contestant) {
  omp_set_dynamic(0);
  if (strstr(contestant, "_region") != NULL)
    region_per_round(work);
  else if (strstr(contestant, "_dynamic") != NULL)
    one_region_dynamic(work);
  else
    one_region(work);
  return 0;
}
