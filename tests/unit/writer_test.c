/*
 * writer_test.c: rounds on threads that the caller owns, compared with a serial loop bit for bit;
 * and single calls, and seats. What happens at the barrier is in writer_barrier_test.c.
 *
 * Threads only write down what they meet; the tests' bodies look at it when they have ended.
 */
#include <synched/memory.h>

#include <criterion/criterion.h>

#include <synched/job.h>
#include <synched/pool.h>

#include "support/seats.h"
#include "support/unit_support.h"

/* --- the same as a serial loop --- */

enum { SEATS_MAX = 8, CAPACITY = 19, COMPARED_ROUNDS = 150 };

/* A state as the serial loop keeps it, and as it is read from a snapshot. */
struct state {
  size_t counts[SEATS_MAX];
  uint32_t numbers[SEATS_MAX][CAPACITY];
};

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 29;
}

static uint64_t hash_of_state(const struct state *state, size_t seats) {
  uint64_t hash = seats;
  for (size_t s = 0; s < seats; s++) {
    hash = mix(hash, state->counts[s]);
    for (size_t i = 0; i < CAPACITY; i++)
      hash = mix(hash, state->numbers[s][i]);
  }
  return hash;
}

static uint64_t hash_of_snapshot(const struct synched_snapshot *now) {
  uint64_t hash = now->segment_count;
  for (size_t s = 0; s < now->segment_count; s++) {
    const uint32_t *numbers = synched_snapshot_segment(now, s);
    hash = mix(hash, now->counts[s]);
    for (size_t i = 0; i < CAPACITY; i++)
      hash = mix(hash, numbers[i]);
  }
  return hash;
}

/* What a seat writes, as a function of everything in the previous round: any element that is not as
 * it should be changes all that follows. Returns the count; CAPACITY + 1: it does not write in this
 * round. */
static size_t next_content(uint32_t *numbers, size_t seat, uint64_t round, uint64_t previous_hash) {
  uint64_t hash = mix(mix(previous_hash, seat), round);
  for (size_t i = 0; i < CAPACITY; i++)
    numbers[i] = (uint32_t)(hash = mix(hash, i));
  return (size_t)(hash % (CAPACITY + 2));
}

static void serial_rounds(uint64_t *hashes, size_t seats) {
  struct state states[2];
  memset(states, 0, sizeof states);
  for (size_t s = 0; s < seats; s++)
    states[0].counts[s] = CAPACITY;
  hashes[0] = hash_of_state(&states[0], seats);
  for (uint64_t round = 1; round <= COMPARED_ROUNDS; round++) {
    const struct state *previous = &states[(round + 1) % 2];
    struct state *next = &states[round % 2];
    *next = *previous;
    for (size_t s = 0; s < seats; s++) {
      uint32_t numbers[CAPACITY];
      size_t count = next_content(numbers, s, round, hashes[round - 1]);
      if (count > CAPACITY)
        continue;
      memset(next->numbers[s], 0, sizeof next->numbers[s]);
      memcpy(next->numbers[s], numbers, count * sizeof *numbers);
      next->counts[s] = count;
    }
    hashes[round] = hash_of_state(next, seats);
  }
}

struct seat {
  struct synched_memory *memory;
  size_t segment;
  int failed_status; /* the first that was not 0 */
  uint64_t wrong_rounds;
  uint64_t hashes[COMPARED_ROUNDS + 1];
};

static void note(struct seat *seat, int status) {
  if (seat->failed_status == 0)
    seat->failed_status = status;
}

static int write_and_sync(struct synched_writer *writer, const struct seat *seat, uint64_t round,
                          const struct synched_snapshot **now) {
  uint32_t numbers[CAPACITY];
  size_t count = next_content(numbers, seat->segment, round, seat->hashes[round - 1]);
  if (count > CAPACITY)
    return synched_writer_sync(writer, now);
  if (round % 2 == 0)
    return synched_writer_write_sync_read(writer, numbers, count, now);
  int status = synched_writer_write(writer, numbers, count);
  return status != 0 ? status : synched_writer_sync(writer, now);
}

static void *sit(void *argument) {
  struct seat *seat = argument;
  struct synched_writer *writer;
  note(seat, synched_writer_open(&writer, seat->memory, seat->segment));
  for (uint64_t round = 1; round <= COMPARED_ROUNDS && seat->failed_status == 0; round++) {
    const struct synched_snapshot *now;
    note(seat, write_and_sync(writer, seat, round, &now));
    if (seat->failed_status == 0) {
      seat->wrong_rounds += now->round != round;
      seat->hashes[round] = hash_of_snapshot(now);
    }
  }
  note(seat, synched_writer_close(writer));
  return NULL;
}

static void expect_as_serial(size_t seats, enum synched_layout layout, uint64_t seed) {
  static uint64_t serial[COMPARED_ROUNDS + 1];
  static struct seat all[SEATS_MAX];
  serial_rounds(serial, seats);
  struct synched_memory *memory =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = seats, .segment_capacity = CAPACITY,
                                         .element_size = 4, .layout = layout));
  struct crew crew = {0};
  synched__schedule_seed(seed);
  for (size_t s = 0; s < seats; s++) {
    all[s] = (struct seat){.memory = memory, .segment = s, .hashes = {serial[0]}};
    crew_add(&crew, sit, &all[s]);
  }
  crew_join(&crew);
  synched__schedule_seed(0);
  for (size_t s = 0; s < seats; s++) {
    cr_assert_eq(all[s].failed_status, 0, "%s", synched_err_name(all[s].failed_status));
    cr_assert_eq(all[s].wrong_rounds, 0);
    for (size_t round = 1; round <= COMPARED_ROUNDS; round++)
      cr_assert_eq(all[s].hashes[round], serial[round], "%zu seats, seat %zu, round %zu", seats, s,
                   round);
  }
  memory_end(memory);
}

Test(writer, rounds_of_one_thread_are_those_of_a_serial_loop) {
  expect_as_serial(1, SYNCHED_LAYOUT_PACKED, 0);
}

Test(writer, rounds_of_two_threads_are_those_of_a_serial_loop) {
  for (uint64_t seed = 0; seed < 3; seed++)
    expect_as_serial(2, SYNCHED_LAYOUT_PACKED, seed);
}

Test(writer, rounds_of_an_odd_number_of_threads_are_those_of_a_serial_loop) {
  expect_as_serial(3, SYNCHED_LAYOUT_PADDED, 1);
  expect_as_serial(7, SYNCHED_LAYOUT_PACKED, 2);
}

Test(writer, rounds_of_more_threads_than_cpus_are_those_of_a_serial_loop) {
  expect_as_serial(8, SYNCHED_LAYOUT_PADDED, 0);
  expect_as_serial(8, SYNCHED_LAYOUT_PACKED, 3);
}

/* --- one seat: what a call does, without threads --- */

Test(writer, write_zeroes_the_rest_of_the_segment) {
  struct synched_memory *memory = create_numbers(1, 0);
  struct synched_writer *writer = open_seat(memory, 0);
  static const uint32_t numbers[] = {1, 2, 3, 4};
  static const size_t counts[] = {4, 4, 2, 0, 3, 1, 0, 4, 1, 0, 0, 2};
  const struct synched_snapshot *now;
  for (size_t i = 0; i < LENGTH(counts); i++) {
    const void *elements = counts[i] == 0 ? NULL : numbers;
    cr_assert_eq(synched_writer_write_sync_read(writer, elements, counts[i], &now), 0);
    cr_assert_eq(now->round, i + 1);
    expect_numbers(now, 0, counts[i], 1);
  }
  close_seat(writer);
  memory_end(memory);
}

Test(writer, write_of_several_counts_is_the_last) {
  struct synched_memory *memory = create_numbers(1, 0);
  struct synched_writer *writer = open_seat(memory, 0);
  static const uint32_t numbers[] = {5, 6, 7, 8};
  const struct synched_snapshot *now;
  cr_assert_eq(synched_writer_write(writer, numbers, 4), 0);
  cr_assert_eq(synched_writer_write(writer, numbers, 1), 0);
  cr_assert_eq(synched_writer_write(writer, numbers + 1, 2), 0);
  cr_assert_eq(synched_writer_sync(writer, &now), 0);
  expect_numbers(now, 0, 2, 6);
  close_seat(writer);
  memory_end(memory);
}

Test(writer, write_that_is_refused_writes_and_syncs_nothing) {
  struct synched_memory *memory = create_numbers(1, 0);
  struct synched_writer *writer = open_seat(memory, 0);
  static const uint32_t numbers[] = {1, 2, 3, 4, 5};
  const struct synched_snapshot *now;
  cr_assert_eq(synched_writer_write(writer, numbers, 2), 0);
  expect_refused(synched_writer_write(writer, numbers, 5), SYNCHED_ERANGE, "count is 5");
  expect_refused(synched_writer_write(writer, numbers, SIZE_MAX), SYNCHED_ERANGE, "count is");
  expect_refused(synched_writer_write(writer, NULL, 1), SYNCHED_EINVAL, "elements is NULL");
  now = (const struct synched_snapshot *)&now; /* anything but NULL */
  expect_refused(synched_writer_write_sync_read(writer, numbers, 5, &now), SYNCHED_ERANGE,
                 "count is 5");
  cr_assert_null(now);
  cr_assert_eq(synched_writer_sync(writer, &now), 0);
  cr_assert_eq(now->round, 1, "the refused call did not sync");
  expect_numbers(now, 0, 2, 1);
  close_seat(writer);
  memory_end(memory);
}

Test(writer, call_with_a_null_is_refused) {
  struct synched_memory *memory = create_numbers(1, 0);
  struct synched_writer *writer = open_seat(memory, 0);
  const struct synched_snapshot *now = (const struct synched_snapshot *)&now;
  const uint32_t number = 1;
  expect_refused(synched_writer_write(NULL, &number, 1), SYNCHED_EINVAL, "the writer is NULL");
  expect_refused(synched_writer_sync(NULL, &now), SYNCHED_EINVAL, "the writer is NULL");
  cr_assert_null(now);
  expect_refused(synched_writer_sync(writer, NULL), SYNCHED_EINVAL, "snapshot to give is NULL");
  expect_refused(synched_writer_write_sync_read(writer, &number, 1, NULL), SYNCHED_EINVAL,
                 "snapshot to give is NULL");
  expect_refused(synched_writer_fail(NULL, -1), SYNCHED_EINVAL, "the writer is NULL");
  expect_refused(synched_writer_fail(writer, 0), SYNCHED_EINVAL, "code is 0");
  cr_assert_eq(synched_writer_close(NULL), 0);
  cr_assert_eq(synched_writer_sync(writer, &now), 0, "no refused call has broken anything");
  cr_assert_eq(now->round, 1);
  close_seat(writer);
  memory_end(memory);
}

Test(writer, call_after_close_is_refused) {
  struct synched_memory *memory = create_numbers(2, 0);
  struct synched_writer *writer = open_seat(memory, 0);
  struct synched_writer *other = open_seat(memory, 1);
  const struct synched_snapshot *now = (const struct synched_snapshot *)&now;
  const uint32_t number = 1;
  close_seat(writer);
  expect_refused(synched_writer_write(writer, &number, 1), SYNCHED_EINVAL, "is closed");
  expect_refused(synched_writer_sync(writer, &now), SYNCHED_EINVAL, "is closed");
  cr_assert_null(now);
  now = (const struct synched_snapshot *)&now;
  expect_refused(synched_writer_write_sync_read(writer, &number, 1, &now), SYNCHED_EINVAL,
                 "is closed");
  cr_assert_null(now);
  expect_refused(synched_writer_fail(writer, -1), SYNCHED_EINVAL, "is closed");
  expect_refused(synched_writer_close(writer), SYNCHED_EINVAL, "is closed");
  close_seat(other);
  expect_refused(synched_writer_close(other), SYNCHED_EINVAL, "is closed");
  memory_end(memory);
}

/* --- seats --- */

Test(writer, open_of_a_seat_that_cannot_be_had_is_refused) {
  struct synched_memory *memory = create_numbers(3, 0);
  struct synched_writer *writer = (struct synched_writer *)&memory; /* anything but NULL */
  expect_refused(synched_writer_open(NULL, memory, 0), SYNCHED_EINVAL, "is NULL");
  expect_refused(synched_writer_open(&writer, NULL, 0), SYNCHED_EINVAL, "the memory is NULL");
  cr_assert_null(writer);
  writer = (struct synched_writer *)&memory;
  expect_refused(synched_writer_open(&writer, memory, 3), SYNCHED_ERANGE, "segment is 3");
  cr_assert_null(writer);
  memory_end(memory);
}

Test(writer, open_of_a_seat_that_is_taken_is_refused) {
  struct synched_memory *memory = create_numbers(3, 0);
  struct synched_writer *writer = open_seat(memory, 1);
  struct synched_writer *second = writer;
  expect_refused(synched_writer_open(&second, memory, 1), SYNCHED_EEXIST,
                 "segment 1 has a writer already");
  cr_assert_null(second);
  struct synched_writer *other = open_seat(memory, 2);
  close_seat(writer);
  close_seat(other);
  /* Free again. */
  close_seat(open_seat(memory, 1));
  memory_end(memory);
}

Test(writer, open_with_more_segments_than_there_can_be_seats_is_refused) {
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 65537, .segment_capacity = 1, .element_size = 1));
  struct synched_writer *writer = (struct synched_writer *)&memory; /* anything but NULL */
  expect_refused(synched_writer_open(&writer, memory, 0), SYNCHED_ERANGE, "writers can have up to");
  cr_assert_null(writer);
  memory_end(memory);
}

Test(writer, open_on_a_memory_with_a_job_is_refused_and_the_reverse) {
  struct synched_pool *pool;
  struct synched_job *job = NULL;
  struct synched_memory *memory = create_numbers(2, 0);
  cr_assert_eq(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1,
                                                               .affinity = SYNCHED_AFFINITY_NONE)),
               0);
  const struct synched_job_options *options = SYNCHED_JOB_OPTIONS(.compute = compute_nothing);
  struct synched_writer *writer = open_seat(memory, 0);
  expect_refused(synched_job_create(&job, pool, memory, options), SYNCHED_EBUSY, "open writers");
  cr_assert_null(job);
  close_seat(writer);
  cr_assert_eq(synched_job_create(&job, pool, memory, options), 0, "%s", synched_error_message());
  expect_refused(synched_writer_open(&writer, memory, 0), SYNCHED_EBUSY, "has a job");
  cr_assert_null(writer);
  cr_assert_eq(synched_job_destroy(job), 0);
  close_seat(open_seat(memory, 0));
  cr_assert_eq(synched_pool_destroy(pool), 0);
  memory_end(memory);
}
