/*
 * hurried.h: home ranges that are dealt anew after few rounds, for costs that are made up. By
 * nature they move now and then only.
 */
#ifndef SYNCHED_TESTS_HURRIED_H
#define SYNCHED_TESTS_HURRIED_H

#include <stdint.h>

#include "engine/deal.h"
#include "job/job.h"
#include "platform/atomic.h"
#include "report/record.h"

/* Of every so many rounds, the same segments seem dear. */
#define HURRIED_ROUNDS 64u

/* In on_round, of a job whose ranges may follow: the window is over, and a third of all segments,
 * from any one on, has taken a ms more. */
static inline void hurry_deal(struct synched_job *job, uint64_t round) {
  struct synched__deal *deal = job->work.deal;
  struct synched__record *record = job->work.record;
  if (deal == NULL)
    return;
  deal->began_ns = 0;
  if (deal->by_worker)
    return;
  const uint64_t seed = round / HURRIED_ROUNDS * UINT64_C(0x9E3779B97F4A7C15);
  const size_t first = (size_t)(seed >> 32) % deal->segment_count;
  for (size_t i = 0; i <= deal->segment_count / 3; i++) {
    const size_t segment = (first + i) % deal->segment_count;
    synched__counter_add(&record->segments[segment * record->segment_stride].compute_ns, 1000000);
  }
}

#endif
