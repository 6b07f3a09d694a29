/*
 * The trace rings by themselves, called directly: what is kept, in which order it is told, and that
 * a dump may be asked for while threads write.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/thread.h"
#include "platform/trace.h"

#define LINES_MOST ((size_t)SYNCHED__TRACE_RINGS * SYNCHED__TRACE_EVENTS)

/* A line of a dump. */
struct line {
  double us;
  char thread[16], kind[16];
  unsigned long long thread_id, object;
  long long numbers[3];
};

static struct line lines[LINES_MOST];

/* Reads "NAME VALUE, NAME VALUE"; how many there were. */
static unsigned read_numbers(const char *text, long long *numbers) {
  unsigned count = 0;
  for (; count < 3 && *text == ','; count++) {
    int length = 0;
    cr_assert_eq(sscanf(text, ", %*s %lld%n", &numbers[count], &length), 1, "%s", text);
    text += length;
  }
  return count;
}

/* Asks for a dump; how many events it has. */
static size_t dump(void) {
  FILE *file = tmpfile();
  cr_assert_not_null(file);
  synched__trace_dump(fileno(file));
  rewind(file);
  char text[256];
  cr_assert_not_null(fgets(text, sizeof text, file));
  cr_assert_eq(strncmp(text, "trace: us before", 16), 0, "%s", text);
  size_t count = 0;
  unsigned long long said = 0;
  bool ends = false;
  while (fgets(text, sizeof text, file) != NULL) {
    cr_assert_not(ends, "after the end: %s", text);
    ends = sscanf(text, "trace: %llu events", &said) == 1;
    if (ends)
      continue;
    cr_assert_lt(count, LINES_MOST);
    struct line *line = &lines[count++];
    int length = 0;
    *line = (struct line){.us = 0};
    cr_assert_eq(sscanf(text, "%lf %15s %llu %15s %*s %llx%n", &line->us, line->thread,
                        &line->thread_id, line->kind, &line->object, &length),
                 5, "%s", text);
    (void)read_numbers(text + length, line->numbers);
  }
  cr_assert(ends);
  cr_assert_eq(said, count);
  (void)fclose(file);
  for (size_t i = 1; i < count; i++)
    cr_assert_leq(lines[i - 1].us, lines[i].us, "line %zu", i);
  return count;
}

static void write_event(enum synched__trace_kind kind, uint64_t object, uint64_t a, uint64_t b,
                        uint64_t c) {
  synched__trace_write(kind, (const void *)(uintptr_t)object, (const uint64_t[]){a, b, c});
}

Test(trace, dump_of_nothing_is_empty) {
  cr_assert_eq(dump(), 0);
}

Test(trace, dump_tells_each_event_with_its_numbers) {
  synched__trace_name("a-thread");
  write_event(SYNCHED__TRACE_TASK_BEGIN, 0x10, 7, 3, 2);
  write_event(SYNCHED__TRACE_SLEEP_BEGIN, 0x20, 8, 99, 99);
  write_event(SYNCHED__TRACE_JOB_END, 0x10, 7, (uint64_t)(int64_t)-125, 0);
  write_event(SYNCHED__TRACE_WAKE, 0x20, 99, 99, 99);
  cr_assert_eq(dump(), 4);
  static const struct line expected[] = {
      {.kind = "task_begin", .object = 0x10, .numbers = {7, 3, 2}},
      {.kind = "sleep_begin", .object = 0x20, .numbers = {8}},
      {.kind = "job_end", .object = 0x10, .numbers = {7, -125}},
      {.kind = "wake", .object = 0x20},
  };
  for (size_t i = 0; i < 4; i++) {
    cr_assert_str_eq(lines[i].thread, "a-thread");
    cr_assert_eq(lines[i].thread_id, synched__thread_id());
    cr_assert_str_eq(lines[i].kind, expected[i].kind);
    cr_assert_eq(lines[i].object, expected[i].object);
    cr_assert_arr_eq(lines[i].numbers, expected[i].numbers, sizeof expected[i].numbers);
  }
  cr_assert_eq(lines[3].us, 0.0);
}

Test(trace, full_ring_keeps_the_last_events) {
  const uint64_t counts[] = {SYNCHED__TRACE_EVENTS - 1, SYNCHED__TRACE_EVENTS,
                             SYNCHED__TRACE_EVENTS + 1, 5 * SYNCHED__TRACE_EVENTS + 17};
  uint64_t written = 0;
  synched__trace_name("full");
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    while (written < counts[i])
      write_event(SYNCHED__TRACE_ROUND_OPEN, 1, ++written, 0, 0);
    const size_t kept = written < SYNCHED__TRACE_EVENTS ? (size_t)written : SYNCHED__TRACE_EVENTS;
    cr_assert_eq(dump(), kept);
    for (size_t e = 0; e < kept; e++)
      cr_assert_eq(lines[e].numbers[0], (long long)(written - kept + 1 + e));
  }
}

/* As a dump finds them while threads write: an event that is not written yet, the last one of a
 * ring, and words that mean nothing. */
Test(trace, dump_leaves_out_what_is_being_written) {
  synched__trace_name("a-thread");
  synched__trace_name("another");
  for (uint64_t i = 1; i <= 3; i++)
    write_event(SYNCHED__TRACE_ROUND_OPEN, 1, i, 0, 0);
  struct synched__trace_ring *ring = NULL;
  for (unsigned r = 0; r < SYNCHED__TRACE_RINGS; r++)
    if (synched__trace_rings[r].count == 3)
      ring = &synched__trace_rings[r];
  cr_assert_not_null(ring);
  ring->events[1].kind = UINT64_MAX;
  ring->events[3].number = 0;
  cr_assert_eq(dump(), 1);
  cr_assert_str_eq(lines[0].thread, "another");
  cr_assert_eq(lines[0].numbers[0], 2);
}

Test(trace, dump_to_a_file_that_takes_nothing_ends) {
  write_event(SYNCHED__TRACE_WAKE, 1, 0, 0, 0);
  synched__trace_dump(-1);
  cr_assert_eq(dump(), 1);
}

Test(trace, unnamed_threads_share_a_ring) {
  write_event(SYNCHED__TRACE_WAKE, 1, 0, 0, 0);
  cr_assert_eq(dump(), 1);
  cr_assert_str_eq(lines[0].thread, "others");
}

/* --- many threads --- */

#define WRITERS 8u
#define WRITES 3000u

static _Atomic unsigned begun;

static void write_many(void *argument) {
  const uintptr_t self = (uintptr_t)argument;
  char name[16];
  (void)snprintf(name, sizeof name, "writer/%u", (unsigned)self);
  synched__trace_name(name);
  (void)atomic_fetch_add(&begun, 1);
  while (atomic_load(&begun) < WRITERS)
    synched__thread_yield();
  for (uint64_t i = 1; i <= WRITES; i++)
    write_event(SYNCHED__TRACE_TASK_END, self, i, 2 * i, 3 * i);
  synched__trace_leave();
}

/* Each thread's events in their order, each whole. */
static void check_writers(size_t count) {
  long long last[WRITERS + 1] = {0};
  for (size_t i = 0; i < count; i++) {
    const struct line *line = &lines[i];
    char name[24];
    cr_assert(line->object >= 1 && line->object <= WRITERS);
    (void)snprintf(name, sizeof name, "writer/%llu", line->object);
    cr_assert_str_eq(line->thread, name);
    cr_assert_gt(line->numbers[0], last[line->object]);
    cr_assert_eq(line->numbers[1], 2 * line->numbers[0]);
    cr_assert_eq(line->numbers[2], 3 * line->numbers[0]);
    last[line->object] = line->numbers[0];
  }
}

Test(trace, dump_while_threads_write_tells_whole_events_only) {
  struct synched__thread threads[WRITERS];
  for (uintptr_t w = 0; w < WRITERS; w++)
    cr_assert_eq(synched__thread_create(&threads[w], 0, write_many, (void *)(w + 1)), 0);
  for (unsigned i = 0; i < 10; i++)
    check_writers(dump());
  for (unsigned w = 0; w < WRITERS; w++)
    synched__thread_join(&threads[w]);
  cr_assert_eq(dump(), WRITERS * SYNCHED__TRACE_EVENTS);
  check_writers(WRITERS * SYNCHED__TRACE_EVENTS);
}

/* --- more threads than rings, one after the other and at once --- */

static void write_one(void *argument) {
  synched__trace_name("one");
  write_event(SYNCHED__TRACE_WAKE, (uintptr_t)argument, 0, 0, 0);
  synched__trace_leave();
}

Test(trace, ring_of_an_ended_thread_is_used_again) {
  const uintptr_t count = 2 * SYNCHED__TRACE_RINGS;
  for (uintptr_t t = 1; t <= count; t++) {
    struct synched__thread thread;
    cr_assert_eq(synched__thread_create(&thread, 0, write_one, (void *)t), 0);
    synched__thread_join(&thread);
  }
  cr_assert_eq(dump(), SYNCHED__TRACE_RINGS - 1);
  for (uintptr_t i = 0; i < SYNCHED__TRACE_RINGS - 1; i++)
    cr_assert_eq(lines[i].object, count - (SYNCHED__TRACE_RINGS - 2) + i);
}

static _Atomic unsigned named;
static _Atomic bool may_end;

static void write_and_stay(void *argument) {
  synched__trace_name("stays");
  write_event(SYNCHED__TRACE_WAKE, (uintptr_t)argument, 0, 0, 0);
  (void)atomic_fetch_add(&named, 1);
  while (!atomic_load(&may_end))
    synched__thread_nap();
  synched__trace_leave();
}

Test(trace, threads_beyond_the_rings_share_one) {
  enum { COUNT = SYNCHED__TRACE_RINGS + 3 };
  static struct synched__thread threads[COUNT];
  /* One after the other: two that write to the shared ring at once may spoil an event. */
  for (uintptr_t t = 0; t < COUNT; t++) {
    cr_assert_eq(synched__thread_create(&threads[t], 0, write_and_stay, (void *)(t + 1)), 0);
    while (atomic_load(&named) <= t)
      synched__thread_nap();
  }
  const size_t count = dump();
  atomic_store(&may_end, true);
  for (unsigned t = 0; t < COUNT; t++)
    synched__thread_join(&threads[t]);
  unsigned others = 0;
  for (size_t i = 0; i < count; i++)
    others += strcmp(lines[i].thread, "others") == 0;
  cr_assert_eq(count, COUNT);
  cr_assert_eq(others, COUNT - (SYNCHED__TRACE_RINGS - 1));
}
