/*
 * memory_scenarios.c: memories, writers, and the program's own allocator.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

#include <synched/synched.h>

#include "faults/scenario.h"

#define ANYTHING(type) ((type *)(uintptr_t)16)

static int create(struct synched_memory **out, const struct synched_memory_options *options) {
  *out = ANYTHING(struct synched_memory);
  const int status = synched_memory_create(out, options);
  FAULTS_CHECK(status == 0 || *out == NULL, "a memory that was refused is not NULL");
  return status;
}

/* Of segments of uint64_t: what is loaded is read, and stays while it is retained. */
static int use(const struct synched_memory_options *options) {
  struct synched_memory *memory;
  const uint64_t loaded[2] = {7, 9};
  const int status = create(&memory, options);
  if (status != 0)
    return status;
  FAULTS_MUST(synched_memory_load(memory, options->segment_count - 1, loaded, 2));
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  const uint64_t *last = synched_snapshot_segment(now, options->segment_count - 1);
  FAULTS_CHECK(last[0] == 7 && last[1] == 9 && now->counts[options->segment_count - 1] == 2,
               "what was loaded is not there");
  FAULTS_CHECK(synched_memory_destroy(memory) == SYNCHED_EBUSY, "it is not busy");
  synched_snapshot_release(synched_snapshot_retain(now));
  synched_snapshot_release(now);
  FAULTS_MUST(synched_memory_destroy(memory));
  return 0;
}

static int use_plain(void) {
  return use(SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 4, .element_size = 8));
}

static int use_uneven(void) {
  static const size_t capacities[] = {0, 3, 0, 5};
  return use(SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacities = capacities,
                                    .element_size = 8, .layout = SYNCHED_LAYOUT_PADDED,
                                    .refill = SYNCHED_REFILL_KEEP, .lease_count = 2));
}

/* So large that its pages begin anywhere in a block. */
static int use_large(void) {
  return use(SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = (size_t)1 << 17,
                                    .element_size = 8));
}

static int use_huge(void) {
  return use(SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_HUGE_PAGES, .segment_count = 2,
                                    .segment_capacity = (size_t)1 << 18, .element_size = 8));
}

/* In buffers of the program's own, whose counts are the library's. */
static int use_own(void) {
  static uint64_t arrays[2][6];
  void *const buffers[] = {arrays[0], arrays[1]};
  return use(SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 3, .element_size = 8,
                                    .buffers = buffers, .buffer_count = 2,
                                    .buffer_bytes = sizeof arrays[0]));
}

/* --- writers --- */

static struct synched_memory *seats;

static void open_seats(void) {
  FAULTS_MUST(synched_memory_create(
      &seats,
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 2, .element_size = 8)));
}

static void close_seats(void) {
  FAULTS_MUST(synched_memory_destroy(seats));
}

static int sit(struct synched_writer **out, size_t segment) {
  *out = ANYTHING(struct synched_writer);
  const int status = synched_writer_open(out, seats, segment);
  FAULTS_CHECK(status == 0 || *out == NULL, "a writer that was refused is not NULL");
  return status;
}

/* The second writer's thread: so many rounds, then it leaves. It begins when the first one has gone
 * to sleep for it, or has been refused that: else nothing is called, where both are in time. */
static void *write_rounds(void *argument) {
  struct synched_writer *writer = argument;
  const struct synched_snapshot *snapshot;
  while (faults_calls_of(FAULTS_syscall) == 0)
    (void)sched_yield();
  for (uint64_t i = 0; i < 3; i++)
    FAULTS_MUST(synched_writer_write_sync_read(writer, &i, 1, &snapshot));
  FAULTS_MUST(synched_writer_close(writer));
  return NULL;
}

static void write_together(struct synched_writer *first, struct synched_writer *second) {
  const struct synched_snapshot *snapshot;
  pthread_t thread;
  FAULTS_CHECK(pthread_create(&thread, NULL, write_rounds, second) == 0, "no thread");
  for (uint64_t i = 0; i < 3; i++) {
    FAULTS_MUST(synched_writer_write(first, &i, 1));
    FAULTS_MUST(synched_writer_sync(first, &snapshot));
    const uint64_t *other = synched_snapshot_segment(snapshot, 1);
    FAULTS_CHECK(other[0] == i, "the other writer's round is not there");
  }
  FAULTS_CHECK(synched_writer_sync(first, &snapshot) == SYNCHED_ECANCELED && snapshot == NULL,
               "the other one has left");
  (void)pthread_join(thread, NULL);
}

static int use_seats(void) {
  struct synched_writer *first, *second;
  int status = sit(&first, 0);
  if (status != 0)
    return status;
  status = sit(&second, 1);
  if (status == 0)
    write_together(first, second);
  FAULTS_MUST(synched_writer_close(first));
  return status;
}

/* A writer of a memory of its own: the seats are made with the first one. */
static int use_seat(void) {
  struct synched_writer *writer;
  int status = create(
      &seats, SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 2, .element_size = 8));
  if (status != 0)
    return status;
  status = sit(&writer, 1);
  if (status == 0) {
    FAULTS_MUST(synched_writer_fail(writer, -1000));
    FAULTS_MUST(synched_writer_close(writer));
  }
  close_seats();
  return status;
}

static void verify_seats(int status) {
  (void)status;
  const uint64_t zero = 0;
  for (size_t s = 0; s < 2; s++)
    FAULTS_MUST(synched_memory_load(seats, s, &zero, 1));
}

/* --- the program's allocator --- */

static void *allocate(size_t bytes, size_t alignment, void *user) {
  (void)user;
  const int number = faults_refused(FAULTS_program_allocate);
  if (number > 0)
    return NULL;
  unsigned char *block = aligned_alloc(256, (bytes + 511) / 256 * 256);
  if (block == NULL)
    faults_fail("no memory for the test");
  block[0] = 0; /* how far into it the library's block begins */
  (void)alignment;
  return number == FAULTS_MISALIGNED ? block + 1 : block;
}

static void release(void *block, void *user) {
  (void)user;
  free((void *)((uintptr_t)block / 256 * 256));
}

static int use_allocator(void) {
  const struct synched_allocator allocator = {.allocate = allocate, .release = release};
  FAULTS_MUST(synched_set_allocator(&allocator));
  const int status = use_uneven();
  FAULTS_MUST(synched_set_allocator(NULL));
  return status;
}

const struct faults_scenario faults_memory_scenarios[] = {
    {.name = "memory", .attempt = use_plain},
    {.name = "memory_uneven", .attempt = use_uneven},
    {.name = "memory_large", .attempt = use_large},
    {.name = "memory_huge", .attempt = use_huge},
    {.name = "memory_own", .attempt = use_own},
    {.name = "writers",
     .open = open_seats,
     .attempt = use_seats,
     .verify = verify_seats,
     .close = close_seats},
    {.name = "writer", .attempt = use_seat},
    {.name = "allocator", .attempt = use_allocator},
    FAULTS_LIST_END};
