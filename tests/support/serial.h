/*
 * serial.h: a made-up computation, and the plain serial loop that a job of it must equal.
 *
 * An element depends on its segment's own past, on both neighbours, on a segment far away, on the
 * round and on what `out` held before; counts grow and shrink; contributions are such that their
 * sum depends on the order of the terms. The serial loop has its own memory and shares nothing with
 * the library but the rule.
 */
#ifndef SYNCHED_TESTS_SERIAL_H
#define SYNCHED_TESTS_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synched/synched.h>

struct serial_options {
  size_t segment_count;
  const size_t *capacities; /* NULL: all of them 5 */
  enum synched_refill refill;
  enum synched_fold fold;
};

struct serial {
  struct serial_options options;
  size_t *offsets; /* [segment_count + 1] */
  size_t *counts, *next_counts;
  double *now, *next;
  uint64_t round;
  double fold;
};

void serial_init(struct serial *serial, const struct serial_options *options);
void serial_deinit(struct serial *serial);

/* The segment's capacity. */
size_t serial_capacity(const struct serial *serial, size_t segment);

/* Makes the initial content, in the serial loop's memory and in the library's. */
void serial_load(struct serial *serial, struct synched_memory *memory);

/* One round. */
void serial_step(struct serial *serial);

/* Whether the snapshot is what the serial loop has now: all bits of it. */
bool serial_equals(const struct serial *serial, const struct synched_snapshot *snapshot);

/* The rule, for one call of a job: writes task->out, count and contribution. */
void serial_compute(const struct serial *serial, struct synched_task *task);

/* Whether `out` holds what the memory's refill promises. */
bool serial_refilled(const struct serial *serial, const struct synched_task *task);

/* Whether both have the same bits. */
bool same_bits(double a, double b);

#endif
