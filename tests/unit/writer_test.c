/*
 * writer_test.c: rounds on threads that the caller owns, compared with a serial loop bit for bit; and what
 * becomes of everybody when one of them leaves or fails.
 *
 * Threads only write down what they meet; the tests' bodies look at it when they have ended.
 */
#include <synched/memory.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include <synched/job.h>
#include <synched/pool.h>
#include <synched/status.h>

#include "unit_support.h"

static struct synched_memory *create(struct synched_memory_options options) {
  struct synched_memory *memory;
  options.struct_size = sizeof options;
  cr_assert_eq(synched_memory_create(&memory, &options), 0, "%s", synched_error_message());
  return memory;
}

/* So many segments of 4 numbers, and so many leases. */
static struct synched_memory *create_numbers(size_t segment_count, unsigned lease_count) {
  return create((struct synched_memory_options){.segment_count = segment_count,
                                                .segment_capacity = 4,
                                                .element_size = sizeof(uint32_t),
                                                .lease_count = lease_count});
}

static void destroy(struct synched_memory *memory) {
  cr_assert_eq(synched_memory_destroy(memory), 0, "%s", synched_error_message());
}

static struct synched_writer *open_seat(struct synched_memory *memory, size_t segment) {
  struct synched_writer *writer;
  cr_assert_eq(synched_writer_open(&writer, memory, segment), 0, "%s", synched_error_message());
  cr_assert_not_null(writer);
  return writer;
}

static void close_seat(struct synched_writer *writer) {
  cr_assert_eq(synched_writer_close(writer), 0, "%s", synched_error_message());
}

/* Segment s holds `count` numbers from `first` on, then zeros. */
static void expect_numbers(const struct synched_snapshot *now, size_t s, size_t count,
                           uint32_t first) {
  const uint32_t *numbers = synched_snapshot_segment(now, s);
  cr_assert_eq(now->counts[s], count, "segment %zu", s);
  for (size_t i = 0; i < now->offsets[s + 1] - now->offsets[s]; i++)
    cr_assert_eq(numbers[i], i < count ? first + i : 0, "segment %zu, element %zu", s, i);
}

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

/* What a seat writes, as a function of everything in the previous round: any element that is not as it should
 * be changes all that follows. Returns the count; CAPACITY + 1: it does not write in this round. */
static size_t next_content(uint32_t *numbers, size_t seat, uint64_t round, uint64_t previous_hash) {
  uint64_t hash = mix(mix(previous_hash, seat), round);
  for (size_t i = 0; i < CAPACITY; i++)
    numbers[i] = (uint32_t)(hash = mix(hash, i));
  return hash % (CAPACITY + 2);
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
  struct synched_memory *memory = create((struct synched_memory_options){
      .segment_count = seats, .segment_capacity = CAPACITY, .element_size = 4, .layout = layout});
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
  destroy(memory);
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
  destroy(memory);
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
  destroy(memory);
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
  destroy(memory);
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
  destroy(memory);
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
  destroy(memory);
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
  destroy(memory);
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
  destroy(memory);
}

Test(writer, open_with_more_segments_than_there_can_be_seats_is_refused) {
  struct synched_memory *memory = create((struct synched_memory_options){
      .segment_count = 65537, .segment_capacity = 1, .element_size = 1});
  struct synched_writer *writer = (struct synched_writer *)&memory; /* anything but NULL */
  expect_refused(synched_writer_open(&writer, memory, 0), SYNCHED_ERANGE, "writers can have up to");
  cr_assert_null(writer);
  destroy(memory);
}

static int compute_nothing(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

Test(writer, open_on_a_memory_with_a_job_is_refused_and_the_reverse) {
  struct synched_pool *pool;
  struct synched_job *job = NULL;
  struct synched_memory *memory = create_numbers(2, 0);
  cr_assert_eq(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1)), 0);
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
  destroy(memory);
}

/* --- several seats: each arrives at the barrier on a thread of its own --- */

struct arrival {
  struct synched_writer *writer;
  const struct synched_snapshot *now;
  int status;
  char message[256];
};

static void *arrive(void *argument) {
  struct arrival *arrival = argument;
  arrival->now = (const struct synched_snapshot *)arrival; /* anything but NULL */
  arrival->status = synched_writer_sync(arrival->writer, &arrival->now);
  (void)snprintf(arrival->message, sizeof arrival->message, "%s", synched_error_message());
  return NULL;
}

/* A memory with an open seat for each of its three segments. */
enum { TABLE = 3 };

struct table {
  struct synched_memory *memory;
  struct synched_writer *writers[TABLE];
  struct arrival arrivals[TABLE];
  struct crew crew;
};

static void table_open(struct table *table) {
  for (size_t s = 0; s < TABLE; s++)
    table->writers[s] = open_seat(table->memory, s);
}

static void table_close(struct table *table) {
  for (size_t s = 0; s < TABLE; s++)
    close_seat(table->writers[s]);
}

static void table_init(struct table *table, unsigned lease_count) {
  *table = (struct table){.memory = create_numbers(TABLE, lease_count)};
  table_open(table);
}

static void start_arriving(struct table *table, size_t s) {
  table->arrivals[s] = (struct arrival){.writer = table->writers[s]};
  crew_add(&table->crew, arrive, &table->arrivals[s]);
}

/* One round of all seats; the snapshot that they all got. */
static const struct synched_snapshot *whole_round(struct table *table) {
  for (size_t s = 0; s < TABLE; s++)
    start_arriving(table, s);
  crew_join(&table->crew);
  for (size_t s = 0; s < TABLE; s++) {
    cr_assert_eq(table->arrivals[s].status, 0, "%s", table->arrivals[s].message);
    cr_assert_eq(table->arrivals[s].now, table->arrivals[0].now);
  }
  return table->arrivals[0].now;
}

static void write_numbers(struct table *table, size_t s, size_t count, uint32_t first) {
  const uint32_t numbers[] = {first, first + 1, first + 2, first + 3};
  cr_assert_eq(synched_writer_write(table->writers[s], numbers, count), 0, "%s",
               synched_error_message());
}

static void expect_cancelled(struct table *table, size_t s, int expected, const char *part) {
  const struct arrival *arrival = &table->arrivals[s];
  cr_assert_eq(arrival->status, expected, "seat %zu: %s", s, synched_err_name(arrival->status));
  cr_assert_null(arrival->now);
  cr_assert_not_null(strstr(arrival->message, part), "%s", arrival->message);
}

Test(writer, segment_that_is_not_written_keeps_content_and_count) {
  struct table table;
  table_init(&table, 0);
  write_numbers(&table, 0, 3, 10);
  write_numbers(&table, 2, 4, 30);
  (void)whole_round(&table);
  write_numbers(&table, 2, 1, 70);
  (void)whole_round(&table);
  for (uint64_t round = 3; round <= 6; round++) {
    const struct synched_snapshot *now = whole_round(&table);
    cr_assert_eq(now->round, round);
    expect_numbers(now, 0, 3, 10);
    cr_assert_eq(now->counts[1], 4, "as it was created");
    expect_numbers(now, 2, 1, 70);
  }
  table_close(&table);
  destroy(table.memory);
}

Test(writer, segment_of_no_capacity_has_a_writer_too) {
  static const size_t capacities[] = {0, 2};
  struct table table = {
      .memory = create((struct synched_memory_options){
          .segment_count = 2, .segment_capacities = capacities, .element_size = 4})};
  for (size_t s = 0; s < 2; s++)
    table.writers[s] = open_seat(table.memory, s);
  write_numbers(&table, 0, 0, 0);
  write_numbers(&table, 1, 2, 5);
  for (size_t s = 0; s < 2; s++)
    start_arriving(&table, s);
  crew_join(&table.crew);
  cr_assert_eq(table.arrivals[0].status, 0);
  expect_numbers(table.arrivals[0].now, 0, 0, 0);
  expect_numbers(table.arrivals[0].now, 1, 2, 5);
  close_seat(table.writers[0]);
  close_seat(table.writers[1]);
  destroy(table.memory);
}

Test(writer, memory_with_open_writers_is_not_loaded_or_destroyed) {
  struct table table;
  table_init(&table, 0);
  const uint32_t number = 1;
  expect_refused(synched_memory_load(table.memory, 0, &number, 1), SYNCHED_EBUSY, "open writers");
  close_seat(table.writers[1]);
  expect_refused(synched_memory_destroy(table.memory), SYNCHED_EBUSY, "open writers");
  close_seat(table.writers[0]);
  expect_refused(synched_memory_destroy(table.memory), SYNCHED_EBUSY, "open writers");
  close_seat(table.writers[2]);
  cr_assert_eq(synched_memory_load(table.memory, 0, &number, 1), 0);
  destroy(table.memory);
}

/* --- leaving and failing --- */

/* Seats 0 and 1 wait at the barrier, asleep by now, when seat 2 does something about it. */
static void two_wait(struct table *table) {
  table_init(table, 0);
  write_numbers(table, 0, 2, 40);
  write_numbers(table, 2, 2, 42);
  (void)whole_round(table);
  write_numbers(table, 0, 4, 50);
  write_numbers(table, 2, 4, 52);
  start_arriving(table, 0);
  start_arriving(table, 1);
  nap_ms(10);
}

static void expect_nothing_published(struct table *table) {
  const struct synched_snapshot *now = synched_snapshot_current(table->memory);
  cr_assert_eq(now->round, 1);
  expect_numbers(now, 0, 2, 40);
  expect_numbers(now, 2, 2, 42);
  synched_snapshot_release(now);
}

Test(writer, leaving_releases_the_others_and_drops_the_round) {
  struct table table;
  two_wait(&table);
  close_seat(table.writers[2]);
  crew_join(&table.crew);
  for (int again = 0; again < 2; again++) {
    expect_cancelled(&table, 0, SYNCHED_ECANCELED, "left");
    expect_cancelled(&table, 1, SYNCHED_ECANCELED, "left");
    expect_nothing_published(&table);
    /* Every later sync returns the same, and at once. */
    start_arriving(&table, 0);
    start_arriving(&table, 1);
    crew_join(&table.crew);
  }
  close_seat(table.writers[0]);
  close_seat(table.writers[1]);
  expect_nothing_published(&table);
  destroy(table.memory);
}

Test(writer, leaving_before_the_others_arrive_is_learned_on_arrival) {
  struct table table;
  table_init(&table, 0);
  close_seat(table.writers[0]);
  start_arriving(&table, 1);
  start_arriving(&table, 2);
  crew_join(&table.crew);
  expect_cancelled(&table, 1, SYNCHED_ECANCELED, "left");
  expect_cancelled(&table, 2, SYNCHED_ECANCELED, "left");
  close_seat(table.writers[1]);
  close_seat(table.writers[2]);
  destroy(table.memory);
}

static void expect_failure_with(int code) {
  struct table table;
  two_wait(&table);
  cr_assert_eq(synched_writer_fail(table.writers[2], code), 0);
  crew_join(&table.crew);
  start_arriving(&table, 2);
  crew_join(&table.crew);
  for (size_t s = 0; s < TABLE; s++)
    expect_cancelled(&table, s, code, "failed");
  expect_refused(synched_writer_fail(table.writers[0], code - 1), SYNCHED_EALREADY, "before");
  start_arriving(&table, 1);
  crew_join(&table.crew);
  expect_cancelled(&table, 1, code, "failed");
  expect_nothing_published(&table);
  table_close(&table);
  destroy(table.memory);
}

Test(writer, failing_gives_everybody_the_code) {
  expect_failure_with(-1234567);
  expect_failure_with(7);
  expect_failure_with(SYNCHED_EIO);
}

Test(writer, failing_after_somebody_left_is_too_late) {
  struct table table;
  table_init(&table, 0);
  close_seat(table.writers[0]);
  expect_refused(synched_writer_fail(table.writers[1], -5), SYNCHED_EALREADY, "before");
  start_arriving(&table, 1);
  crew_join(&table.crew);
  expect_cancelled(&table, 1, SYNCHED_ECANCELED, "left");
  close_seat(table.writers[1]);
  close_seat(table.writers[2]);
  destroy(table.memory);
}

Test(writer, reopening_waits_until_everybody_has_left_and_starts_from_the_last_round) {
  struct table table;
  two_wait(&table);
  close_seat(table.writers[2]);
  crew_join(&table.crew);
  struct synched_writer *early = table.writers[2];
  expect_refused(synched_writer_open(&early, table.memory, 2), SYNCHED_ECANCELED, "must close");
  cr_assert_null(early);
  expect_refused(synched_writer_open(&early, table.memory, 1), SYNCHED_EEXIST, "already");
  close_seat(table.writers[0]);
  expect_refused(synched_writer_open(&early, table.memory, 0), SYNCHED_ECANCELED, "must close");
  close_seat(table.writers[1]);
  table_open(&table);
  /* What was written in the dropped round is gone; the round number goes on. */
  write_numbers(&table, 1, 1, 60);
  const struct synched_snapshot *now = whole_round(&table);
  cr_assert_eq(now->round, 2);
  expect_numbers(now, 0, 2, 40);
  expect_numbers(now, 1, 1, 60);
  expect_numbers(now, 2, 2, 42);
  table_close(&table);
  destroy(table.memory);
}

/* --- somebody leaves or fails at any moment --- */

enum { BREAKS = 40, GUESTS = 4, BREAK_CODE = -77 };

struct guest {
  struct synched_memory *memory;
  size_t segment;
  pthread_barrier_t *seated;
  unsigned break_after; /* rounds; UINT_MAX: not this one */
  bool fails;           /* else it just closes */
  unsigned round_count;
  int end_status, odd_status;
};

static void *visit(void *argument) {
  struct guest *guest = argument;
  struct synched_writer *writer;
  const struct synched_snapshot *now;
  guest->odd_status = synched_writer_open(&writer, guest->memory, guest->segment);
  (void)pthread_barrier_wait(guest->seated);
  while (guest->end_status == 0 && guest->round_count != guest->break_after) {
    const uint32_t number = guest->round_count;
    guest->end_status = guest->round_count % 3 == 0
                            ? synched_writer_sync(writer, &now)
                            : synched_writer_write_sync_read(writer, &number, 1, &now);
    guest->round_count += guest->end_status == 0;
  }
  if (guest->fails && guest->end_status == 0)
    guest->odd_status |= synched_writer_fail(writer, BREAK_CODE);
  guest->odd_status |= synched_writer_close(writer);
  return NULL;
}

/* Every guest must have had the same rounds, and those that did not break them off the same status. */
static void expect_same_end(const struct guest *guests, unsigned break_after, bool fails) {
  for (size_t s = 0; s < GUESTS; s++) {
    cr_assert_eq(guests[s].odd_status, 0);
    cr_assert_eq(guests[s].round_count, break_after, "seat %zu", s);
    if (guests[s].break_after != break_after)
      cr_assert_eq(guests[s].end_status, fails ? BREAK_CODE : SYNCHED_ECANCELED);
  }
}

Test(writer, break_at_any_moment_leaves_everybody_with_the_same_rounds) {
  struct synched_memory *memory = create_numbers(GUESTS, 1);
  uint64_t round = 0;
  pthread_barrier_t seated;
  cr_assert_eq(pthread_barrier_init(&seated, NULL, GUESTS), 0);
  for (unsigned i = 0; i < BREAKS; i++) {
    struct guest guests[GUESTS];
    struct crew crew = {0};
    synched__schedule_seed(i);
    for (size_t s = 0; s < GUESTS; s++) {
      guests[s] = (struct guest){.memory = memory,
                                 .segment = s,
                                 .seated = &seated,
                                 .break_after = s == i % GUESTS ? i % 7 : UINT32_MAX,
                                 .fails = i % 3 == 0};
      crew_add(&crew, visit, &guests[s]);
    }
    crew_join(&crew);
    synched__schedule_seed(0);
    expect_same_end(guests, i % 7, i % 3 == 0);
    round += i % 7;
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    cr_assert_eq(now->round, round);
    synched_snapshot_release(now);
  }
  cr_assert_eq(pthread_barrier_destroy(&seated), 0);
  destroy(memory);
}

/* --- leases --- */

Test(writer, snapshot_that_a_writer_retains_stays_as_it_is) {
  struct table table;
  table_init(&table, 1);
  write_numbers(&table, 1, 3, 100);
  const struct synched_snapshot *kept = synched_snapshot_retain(whole_round(&table));
  for (uint32_t i = 0; i < 20; i++) {
    write_numbers(&table, 1, 3, i);
    expect_numbers(whole_round(&table), 1, 3, i);
    cr_assert_eq(kept->round, 1);
    expect_numbers(kept, 1, 3, 100);
  }
  synched_snapshot_release(kept);
  table_close(&table);
  destroy(table.memory);
}

Test(writer, write_and_sync_without_a_free_buffer_are_refused_until_one_is_released) {
  struct table table;
  table_init(&table, 0);
  write_numbers(&table, 0, 1, 1);
  const struct synched_snapshot *kept = synched_snapshot_retain(whole_round(&table));
  write_numbers(&table, 0, 1, 2);
  (void)whole_round(&table);
  /* Two buffers: one is current, one is kept. */
  const uint32_t number = 3;
  const struct synched_snapshot *now = kept;
  expect_refused(synched_writer_write(table.writers[0], &number, 1), SYNCHED_EBUSY, "release one");
  expect_refused(synched_writer_sync(table.writers[1], &now), SYNCHED_EBUSY, "release one");
  cr_assert_null(now);
  now = kept;
  expect_refused(synched_writer_write_sync_read(table.writers[2], &number, 1, &now), SYNCHED_EBUSY,
                 "release one");
  cr_assert_null(now);
  expect_numbers(kept, 0, 1, 1);
  synched_snapshot_release(kept);
  write_numbers(&table, 0, 1, 3);
  now = whole_round(&table);
  cr_assert_eq(now->round, 3, "the refused calls took no part");
  expect_numbers(now, 0, 1, 3);
  table_close(&table);
  destroy(table.memory);
}

Test(writer, open_without_a_free_buffer_works_and_writing_does_not) {
  struct synched_memory *memory = create_numbers(1, 0);
  struct synched_writer *writer = open_seat(memory, 0);
  const uint32_t number = 8;
  const struct synched_snapshot *now, *kept = synched_snapshot_current(memory);
  cr_assert_eq(synched_writer_write_sync_read(writer, &number, 1, &now), 0);
  close_seat(writer);
  writer = open_seat(memory, 0);
  expect_refused(synched_writer_write(writer, &number, 1), SYNCHED_EBUSY, "release one");
  synched_snapshot_release(kept);
  cr_assert_eq(synched_writer_write_sync_read(writer, &number, 1, &now), 0);
  cr_assert_eq(now->round, 2);
  close_seat(writer);
  destroy(memory);
}
