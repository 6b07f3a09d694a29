/*
 * writer_barrier_test.c: several writers and their barrier: who waits, who leaves, who fails, and
 * what the others then get.
 *
 * Threads only write down what they meet; the tests' bodies look at it when they have ended.
 */
#include <synched/memory.h>

#include <criterion/criterion.h>
#include <stdio.h>

#include "support/seats.h"
#include "support/unit_support.h"

/* --- each seat arrives at the barrier on a thread of its own --- */

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

Test(writer_barrier, segment_that_is_not_written_keeps_content_and_count) {
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
  memory_end(table.memory);
}

Test(writer_barrier, segment_of_no_capacity_has_a_writer_too) {
  static const size_t capacities[] = {0, 2};
  struct table table = {
      .memory =
          memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacities = capacities,
                                             .element_size = 4))};
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
  memory_end(table.memory);
}

Test(writer_barrier, memory_with_open_writers_is_not_loaded_or_destroyed) {
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
  memory_end(table.memory);
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

Test(writer_barrier, leaving_releases_the_others_and_drops_the_round) {
  struct table table;
  two_wait(&table);
  close_seat(table.writers[2]);
  crew_join(&table.crew);
  for (int again = 0; again < 2; again++) {
    expect_cancelled(&table, 0, SYNCHED_ECANCELED, "the writer of segment 2 left");
    expect_cancelled(&table, 1, SYNCHED_ECANCELED, "the writer of segment 2 left");
    expect_nothing_published(&table);
    /* Every later sync returns the same, and at once. */
    start_arriving(&table, 0);
    start_arriving(&table, 1);
    crew_join(&table.crew);
  }
  close_seat(table.writers[0]);
  close_seat(table.writers[1]);
  expect_nothing_published(&table);
  memory_end(table.memory);
}

Test(writer_barrier, leaving_before_the_others_arrive_is_learned_on_arrival) {
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
  memory_end(table.memory);
}

static void expect_failure_with(int code) {
  struct table table;
  two_wait(&table);
  cr_assert_eq(synched_writer_fail(table.writers[2], code), 0);
  crew_join(&table.crew);
  start_arriving(&table, 2);
  crew_join(&table.crew);
  for (size_t s = 0; s < TABLE; s++)
    expect_cancelled(&table, s, code, "the writer of segment 2 failed with code");
  expect_refused(synched_writer_fail(table.writers[0], code - 1), SYNCHED_EALREADY,
                 "the writer of segment 2 failed before");
  start_arriving(&table, 1);
  crew_join(&table.crew);
  expect_cancelled(&table, 1, code, "failed");
  expect_nothing_published(&table);
  table_close(&table);
  memory_end(table.memory);
}

Test(writer_barrier, failing_gives_everybody_the_code) {
  expect_failure_with(-1234567);
  expect_failure_with(7);
  expect_failure_with(SYNCHED_EIO);
}

Test(writer_barrier, failing_after_somebody_left_is_too_late) {
  struct table table;
  table_init(&table, 0);
  close_seat(table.writers[0]);
  expect_refused(synched_writer_fail(table.writers[1], -5), SYNCHED_EALREADY,
                 "the writer of segment 0 left before");
  start_arriving(&table, 1);
  crew_join(&table.crew);
  expect_cancelled(&table, 1, SYNCHED_ECANCELED, "left");
  close_seat(table.writers[1]);
  close_seat(table.writers[2]);
  memory_end(table.memory);
}

Test(writer_barrier, reopening_waits_until_everybody_has_left_and_starts_from_the_last_round) {
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
  memory_end(table.memory);
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

/* Every guest must have had the same rounds, and those that did not break them off the same
 * status. */
static void expect_same_end(const struct guest *guests, unsigned break_after, bool fails) {
  for (size_t s = 0; s < GUESTS; s++) {
    cr_assert_eq(guests[s].odd_status, 0);
    cr_assert_eq(guests[s].round_count, break_after, "seat %zu", s);
    if (guests[s].break_after != break_after)
      cr_assert_eq(guests[s].end_status, fails ? BREAK_CODE : SYNCHED_ECANCELED);
  }
}

Test(writer_barrier, break_at_any_moment_leaves_everybody_with_the_same_rounds) {
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
  memory_end(memory);
}

/* --- leases --- */

Test(writer_barrier, snapshot_that_a_writer_retains_stays_as_it_is) {
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
  memory_end(table.memory);
}

Test(writer_barrier, write_and_sync_without_a_free_buffer_are_refused_until_one_is_released) {
  struct table table;
  table_init(&table, 0);
  write_numbers(&table, 0, 1, 1);
  const struct synched_snapshot *kept = synched_snapshot_retain(whole_round(&table));
  write_numbers(&table, 0, 1, 2);
  (void)whole_round(&table);
  /* Two buffers: one is current, one is kept. */
  const uint32_t number = 3;
  const struct synched_snapshot *now = kept;
  expect_refused(synched_writer_write(table.writers[0], &number, 1), SYNCHED_EBUSY,
                 "besides the current one: 1, of lease_count 0; release one");
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
  memory_end(table.memory);
}

Test(writer_barrier, open_without_a_free_buffer_works_and_writing_does_not) {
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
  memory_end(memory);
}
