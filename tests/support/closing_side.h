/*
 * closing_side.h: moving the pair of their buffers as the closing side of rounds does.
 *
 * What asserts is for the thread that runs the test's body; is_painted is for any.
 */
#ifndef SYNCHED_TESTS_CLOSING_SIDE_H
#define SYNCHED_TESTS_CLOSING_SIDE_H

#include <criterion/criterion.h>

#include "memory/memory.h"
#include "support/support.h"

/* 3 segments of 4 numbers, and so many leases. */
static inline struct synched_memory *create_small(unsigned lease_count) {
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 4,
                                            .element_size = sizeof(uint64_t),
                                            .lease_count = lease_count));
}

static inline struct synched__buffer *out_of(struct synched_memory *memory) {
  return memory->pair.next;
}

static inline bool take_out(struct synched_memory *memory) {
  return synched__memory_take_next(memory, &memory->pair);
}

static inline const struct synched_snapshot *publish(struct synched_memory *memory, uint64_t round,
                                                     bool held) {
  const struct synched__publication publication = {.round = round, .fold = (double)round / 2};
  return synched__memory_publish(memory, &memory->pair, publication, held);
}

/* The number that a round has everywhere. */
static inline void paint(struct synched_memory *memory, uint64_t round) {
  uint64_t *numbers = (uint64_t *)(void *)synched__buffer_data(out_of(memory));
  for (size_t i = 0; i < memory->layout.data_bytes / sizeof *numbers; i++)
    numbers[i] = round;
  for (size_t s = 0; s < memory->layout.segment_count; s++)
    synched__buffer_counts(out_of(memory))[s] =
        (size_t)((round + s) % (memory->layout.capacities[s] + 1));
}

static inline const struct synched_snapshot *paint_and_publish(struct synched_memory *memory,
                                                               uint64_t round) {
  paint(memory, round);
  return publish(memory, round, false);
}

/* Whether a snapshot is what `paint` made of its round; may be asked on any thread. */
static inline bool is_painted(const struct synched_snapshot *snapshot) {
  const uint64_t *numbers = snapshot->data;
  bool painted = snapshot->fold == (double)snapshot->round / 2;
  for (size_t i = 0; i < snapshot->element_count; i++)
    painted = painted && numbers[i] == snapshot->round;
  for (size_t s = 0; s < snapshot->segment_count; s++) {
    size_t capacity = snapshot->offsets[s + 1] - snapshot->offsets[s];
    painted = painted && snapshot->counts[s] == (snapshot->round + s) % (capacity + 1);
  }
  return painted;
}

#endif
