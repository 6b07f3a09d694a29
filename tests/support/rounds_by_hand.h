/*
 * rounds_by_hand.h: records whose rounds are made by hand: who computed how long in each, and who
 * closed it.
 */
#ifndef SYNCHED_TESTS_ROUNDS_BY_HAND_H
#define SYNCHED_TESTS_ROUNDS_BY_HAND_H

#include <criterion/criterion.h>

#include "report/record.h"
#include "support/unit_support.h"

static inline struct synched__record *record_new(const struct synched__record_shape *shape) {
  struct synched__record *record;
  cr_assert_eq(synched__record_create(&record, shape), 0, "%s", synched_error_message());
  return record;
}

/* One that writes down every round. */
static inline struct synched__record *full_record(unsigned worker_count, size_t round_count) {
  return record_new(&(struct synched__record_shape){.level = SYNCHED_RECORD_ROUNDS,
                                                    .worker_count = worker_count,
                                                    .segment_count = 4,
                                                    .round_count = round_count});
}

#define ROUND_NS 100000u
#define PHASE_NS 80000u

/* Different for each round and worker, and below a phase. */
static inline uint64_t compute_ns_of(uint64_t round, unsigned worker) {
  return 1000 * (worker + 1) + round % 1000;
}

static inline uint64_t opened_ns_of(uint64_t round) {
  return round * ROUND_NS;
}

static inline void write_part(struct synched__record *record, unsigned worker, uint64_t round) {
  const uint64_t start_ns = opened_ns_of(round) + 10;
  const struct synched__part part = {.round = round,
                                     .start_ns = start_ns,
                                     .end_ns = start_ns + compute_ns_of(round, worker),
                                     .compute_ns = compute_ns_of(round, worker),
                                     .calls = worker + 1,
                                     .longest_ns = round};
  synched__record_part(record, worker, &part, SYNCHED__NOT_BEFORE);
}

static inline struct synched__round_row row_of(uint64_t round) {
  return (struct synched__round_row){.round = round,
                                     .opened_ns = opened_ns_of(round),
                                     .complete_ns = opened_ns_of(round) + PHASE_NS,
                                     .closed_ns = opened_ns_of(round + 1),
                                     .callback_ns = 500};
}

/* The phase of a round that two workers or one have computed; of more it is not known. */
static inline struct synched__phase known_phase(unsigned worker_count, uint64_t round) {
  struct synched__phase phase = {0};
  for (unsigned w = 0; worker_count <= 2 && w < worker_count; w++) {
    phase.part_count++;
    phase.compute_ns += compute_ns_of(round, w);
    phase.most_ns = compute_ns_of(round, w);
  }
  return phase;
}

/* A round in which all take part, closed by each in turn. */
static inline void write_round(struct synched__record *record, uint64_t round) {
  const unsigned closer = (unsigned)(round % record->worker_count);
  const struct synched__round_row row = row_of(round);
  const struct synched__phase phase = known_phase(record->worker_count, round);
  record->workers[closer].closed_count++;
  if (!synched__record_samples(record, round))
    return;
  for (unsigned w = 0; w < record->worker_count; w++)
    write_part(record, w, round);
  synched__record_round(record, closer, &row, &phase);
}

static inline void write_rounds(struct synched__record *record, uint64_t first, uint64_t last) {
  for (uint64_t round = first; round <= last; round++)
    write_round(record, round);
}

static inline struct synched__worker_totals sum_of(const struct synched__record *record) {
  struct synched__worker_totals sum = {0};
  for (unsigned w = 0; w < record->worker_count; w++) {
    const struct synched__worker_totals *own = &record->workers[w];
    sum.closed_count += own->closed_count;
    sum.sampled_count += own->sampled_count;
    sum.closing_ns += own->closing_ns;
    sum.whole_ns += own->whole_ns;
    sum.phase_ns += own->phase_ns;
    sum.summed_ns += own->summed_ns;
    sum.most_ns += own->most_ns;
    sum.part_ns += own->part_ns;
    sum.callback_ns += own->callback_ns;
  }
  return sum;
}

static inline uint64_t counted(const struct synched__histogram *histogram) {
  uint64_t count = 0;
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++)
    count += synched__load_relaxed(&histogram->counts[i]);
  return count;
}

/* --- calls made by hand --- */

static inline struct synched__record *task_record(unsigned worker_count, size_t task_count) {
  return record_new(&(struct synched__record_shape){.level = SYNCHED_RECORD_TASKS,
                                                    .worker_count = worker_count,
                                                    .segment_count = SYNCHED_SEGMENTS_MAX,
                                                    .round_count = 1,
                                                    .task_count = task_count});
}

static inline struct synched__task task_of(uint64_t number) {
  return (struct synched__task){.round = number / 3 + 1,
                                .segment = SYNCHED_SEGMENTS_MAX - 1 - (size_t)number,
                                .start_ns = 1000 * number,
                                .end_ns = 1000 * number + number % 900};
}

/* One writes as fast as it can; whoever reads must find all of one moment. */
struct chase {
  struct synched__record *record;
  _Atomic uint64_t last; /* written */
  _Atomic uint32_t over;
};

#endif
