#include "support/serial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define CAPACITY_DEFAULT 5u

/* --- the rule --- */

struct part {
  const double *elements;
  size_t capacity;
  size_t count;
};

struct site {
  uint64_t round;
  size_t segment;
  struct part own, left, right, far;
  double *out;
  bool writes_all; /* out holds nothing that could be left there */
};

struct outcome {
  size_t count;
  double contribution;
};

static double at(struct part part, size_t i) {
  return part.capacity == 0 ? 0.125 : part.elements[i % part.capacity];
}

static struct outcome rule(const struct site *site) {
  const size_t capacity = site->own.capacity;
  const size_t phase = (size_t)(site->round % 1000) + site->segment;
  for (size_t i = 0; i < capacity; i++)
    if (site->writes_all || (i + phase) % 3 != 0)
      site->out[i] = 0.4 * at(site->own, i) + 0.3 * at(site->left, i + 1) -
                     0.2 * at(site->right, i) + 0.1 * at(site->far, i + phase) +
                     1.0 / (double)(1 + i + phase);
  struct outcome outcome = {.count = (site->far.count + phase) % (capacity + 1)};
  double first = capacity == 0 ? 1.0 : site->out[0];
  outcome.contribution = site->segment % 2 == 0 ? first * 1e17 : 0.1 - first / 3.0;
  return outcome;
}

static size_t far_from(size_t segment, uint64_t round, size_t segment_count) {
  return (segment * 7 + (size_t)(round % 1000) * 3 + 1) % segment_count;
}

/* --- the serial loop's own memory --- */

static void *take(size_t count, size_t size) {
  void *block = calloc(count + 1, size);
  cr_assert_not_null(block);
  return block;
}

void serial_init(struct serial *serial, const struct serial_options *options) {
  const size_t count = options->segment_count;
  *serial = (struct serial){.options = *options, .offsets = take(count + 1, sizeof(size_t))};
  for (size_t s = 0; s < count; s++)
    serial->offsets[s + 1] =
        serial->offsets[s] +
        (options->capacities != NULL ? options->capacities[s] : CAPACITY_DEFAULT);
  serial->counts = take(count, sizeof(size_t));
  serial->next_counts = take(count, sizeof(size_t));
  serial->now = take(serial->offsets[count], sizeof(double));
  serial->next = take(serial->offsets[count], sizeof(double));
}

void serial_deinit(struct serial *serial) {
  free(serial->offsets);
  free(serial->counts);
  free(serial->next_counts);
  free(serial->now);
  free(serial->next);
}

size_t serial_capacity(const struct serial *serial, size_t segment) {
  return serial->offsets[segment + 1] - serial->offsets[segment];
}

void serial_load(struct serial *serial, struct synched_memory *memory) {
  for (size_t s = 0; s < serial->options.segment_count; s++) {
    double *start = serial->now + serial->offsets[s];
    serial->counts[s] = serial_capacity(serial, s) * (s % 4) / 3;
    for (size_t i = 0; i < serial->counts[s]; i++)
      start[i] = 1.0 / (double)(3 + s) + (double)i;
    cr_assert_eq(synched_memory_load(memory, s, start, serial->counts[s]), 0, "%s",
                 synched_error_message());
  }
}

static struct part serial_part(const struct serial *serial, size_t segment) {
  return (struct part){.elements = serial->now + serial->offsets[segment],
                       .capacity = serial_capacity(serial, segment),
                       .count = serial->counts[segment]};
}

static void refill(struct serial *serial) {
  const size_t bytes = serial->offsets[serial->options.segment_count] * sizeof(double);
  if (serial->options.refill == SYNCHED_REFILL_KEEP)
    memcpy(serial->next, serial->now, bytes);
  else
    memset(serial->next, 0, bytes);
}

static double fold_in(enum synched_fold fold, double so_far, double contribution) {
  if (fold == SYNCHED_FOLD_SUM)
    return so_far + contribution;
  if (isnan(so_far) || isnan(contribution))
    return NAN;
  if (fold == SYNCHED_FOLD_MIN)
    return contribution < so_far ? contribution : so_far;
  return contribution > so_far ? contribution : so_far;
}

static void serial_publish(struct serial *serial, double folded) {
  double *elements = serial->now;
  size_t *counts = serial->counts;
  serial->now = serial->next;
  serial->next = elements;
  serial->counts = serial->next_counts;
  serial->next_counts = counts;
  serial->fold = serial->options.fold == SYNCHED_FOLD_NONE ? 0.0 : folded;
  serial->round++;
}

void serial_step(struct serial *serial) {
  const size_t count = serial->options.segment_count;
  const uint64_t round = serial->round + 1;
  double folded = 0.0;
  refill(serial);
  for (size_t s = 0; s < count; s++) {
    struct site site = {.round = round,
                        .segment = s,
                        .own = serial_part(serial, s),
                        .left = serial_part(serial, (s + count - 1) % count),
                        .right = serial_part(serial, (s + 1) % count),
                        .far = serial_part(serial, far_from(s, round, count)),
                        .out = serial->next + serial->offsets[s],
                        .writes_all = serial->options.refill == SYNCHED_REFILL_NONE};
    struct outcome outcome = rule(&site);
    serial->next_counts[s] = outcome.count;
    folded =
        s == 0 ? outcome.contribution : fold_in(serial->options.fold, folded, outcome.contribution);
  }
  serial_publish(serial, folded);
}

/* --- the library's side --- */

bool same_bits(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

bool serial_equals(const struct serial *serial, const struct synched_snapshot *snapshot) {
  if (snapshot->round != serial->round || !same_bits(snapshot->fold, serial->fold) ||
      snapshot->segment_count != serial->options.segment_count)
    return false;
  for (size_t s = 0; s < snapshot->segment_count; s++) {
    struct part part = serial_part(serial, s);
    if (snapshot->counts[s] != part.count)
      return false;
    if (part.capacity != 0 && memcmp(synched_snapshot_segment(snapshot, s), part.elements,
                                     part.capacity * sizeof(double)) != 0)
      return false;
  }
  return true;
}

static struct part snapshot_part(const struct serial *serial,
                                 const struct synched_snapshot *snapshot, size_t segment) {
  return (struct part){.elements = synched_snapshot_segment(snapshot, segment),
                       .capacity = serial_capacity(serial, segment),
                       .count = snapshot->counts[segment]};
}

void serial_compute(const struct serial *serial, struct synched_task *task) {
  const size_t count = serial->options.segment_count;
  const size_t s = task->segment;
  const struct synched_snapshot *previous = task->previous;
  struct site site = {
      .round = task->round,
      .segment = s,
      .own = snapshot_part(serial, previous, s),
      .left = snapshot_part(serial, previous, (s + count - 1) % count),
      .right = snapshot_part(serial, previous, (s + 1) % count),
      .far = snapshot_part(serial, previous, far_from(s, task->round, count)),
      .out = task->out,
      .writes_all = serial->options.refill == SYNCHED_REFILL_NONE,
  };
  struct outcome outcome = rule(&site);
  task->count = outcome.count;
  task->contribution = outcome.contribution;
}

bool serial_refilled(const struct serial *serial, const struct synched_task *task) {
  const double *out = task->out;
  const double *own = synched_snapshot_segment(task->previous, task->segment);
  for (size_t i = 0; i < task->capacity; i++) {
    if (serial->options.refill == SYNCHED_REFILL_ZERO && !same_bits(out[i], 0.0))
      return false;
    if (serial->options.refill == SYNCHED_REFILL_KEEP && !same_bits(out[i], own[i]))
      return false;
  }
  return true;
}
