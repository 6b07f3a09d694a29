/*
 * seats.h: memories of a few numbers, and their writers' seats. For the thread that runs the test's
 * body.
 */
#ifndef SYNCHED_TESTS_SEATS_H
#define SYNCHED_TESTS_SEATS_H

#include <criterion/criterion.h>

#include <stdint.h>

#include <synched/memory.h>
#include <synched/status.h>

#include "support/support.h"

/* So many segments of 4 numbers, and so many leases. */
static inline struct synched_memory *create_numbers(size_t segment_count, unsigned lease_count) {
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = segment_count, .segment_capacity = 4,
                                            .element_size = sizeof(uint32_t),
                                            .lease_count = lease_count));
}

static inline struct synched_writer *open_seat(struct synched_memory *memory, size_t segment) {
  struct synched_writer *writer;
  cr_assert_eq(synched_writer_open(&writer, memory, segment), 0, "%s", synched_error_message());
  cr_assert_not_null(writer);
  return writer;
}

static inline void close_seat(struct synched_writer *writer) {
  cr_assert_eq(synched_writer_close(writer), 0, "%s", synched_error_message());
}

/* Segment s holds `count` numbers from `first` on, then zeros. */
static inline void expect_numbers(const struct synched_snapshot *now, size_t s, size_t count,
                                  uint32_t first) {
  const uint32_t *numbers = synched_snapshot_segment(now, s);
  cr_assert_eq(now->counts[s], count, "segment %zu", s);
  for (size_t i = 0; i < now->offsets[s + 1] - now->offsets[s]; i++)
    cr_assert_eq(numbers[i], i < count ? first + i : 0, "segment %zu, element %zu", s, i);
}

#endif
