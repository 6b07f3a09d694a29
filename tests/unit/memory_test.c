/*
 * memory_test.c: memories from creation to end, and the roles of their buffers, moved here by the test's body
 * as the closing side of rounds would.
 */
#include "memory/memory.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <synched/status.h>

#include "platform/park.h"
#include "unit_support.h"

#define MIB ((size_t)1 << 20)

static const size_t element_sizes[] = {1, 3, 8, 12, 64, 4096};

static struct synched_memory *create(struct synched_memory_options options) {
  struct synched_memory *memory;
  options.struct_size = sizeof options;
  cr_assert_eq(synched_memory_create(&memory, &options), 0, "%s", synched_error_message());
  return memory;
}

/* 3 segments of 4 numbers, and so many leases. */
static struct synched_memory *create_small(unsigned lease_count) {
  return create((struct synched_memory_options){.segment_count = 3,
                                                .segment_capacity = 4,
                                                .element_size = sizeof(uint64_t),
                                                .lease_count = lease_count});
}

static void destroy(struct synched_memory *memory) {
  cr_assert_eq(synched_memory_destroy(memory), 0, "%s", synched_error_message());
}

/* --- as the closing side --- */

static struct synched__buffer *out_of(struct synched_memory *memory) {
  return memory->roles.out;
}

static bool take_out(struct synched_memory *memory) {
  return synched__memory_take_out(memory, &memory->roles);
}

static const struct synched_snapshot *publish(struct synched_memory *memory, uint64_t round,
                                              bool held) {
  const struct synched__publication publication = {
      .round = round, .fold = (double)round / 2, .held = held};
  return synched__memory_publish(memory, &memory->roles, publication);
}

/* The number that a round has everywhere. */
static void paint(struct synched_memory *memory, uint64_t round) {
  uint64_t *numbers = (uint64_t *)(void *)out_of(memory)->data;
  for (size_t i = 0; i < memory->layout.data_bytes / sizeof *numbers; i++)
    numbers[i] = round;
  for (size_t s = 0; s < memory->layout.segment_count; s++)
    out_of(memory)->counts[s] = (round + s) % (memory->layout.capacities[s] + 1);
}

static const struct synched_snapshot *paint_and_publish(struct synched_memory *memory,
                                                        uint64_t round) {
  paint(memory, round);
  return publish(memory, round, false);
}

/* Whether a snapshot is what `paint` made of its round; may be asked on any thread. */
static bool is_painted(const struct synched_snapshot *snapshot) {
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

/* --- creating and destroying --- */

static void expect_new(struct synched_memory *memory, size_t element_size) {
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  cr_assert_eq(now->round, 0);
  cr_assert_eq(now->fold, 0.0);
  cr_assert_eq(now->element_size, element_size);
  cr_assert_eq(now->segment_count, 5);
  cr_assert_eq(now->element_count, now->offsets[5]);
  cr_assert_eq((uintptr_t)now->data % 4096, 0);
  for (size_t s = 0; s < 5; s++) {
    cr_assert_eq(now->counts[s], 7);
    cr_assert_eq((const char *)synched_snapshot_segment(now, s),
                 (const char *)now->data + now->offsets[s] * element_size);
  }
  const unsigned char *bytes = now->data;
  for (size_t i = 0; i < now->element_count * element_size; i++)
    cr_assert_eq(bytes[i], 0);
  synched_snapshot_release(now);
}

Test(memory, create_of_any_element_size_gives_zeros_in_round_0) {
  for (size_t i = 0; i < LENGTH(element_sizes); i++)
    for (int kind = SYNCHED_LAYOUT_PACKED; kind <= SYNCHED_LAYOUT_PADDED; kind++) {
      struct synched_memory *memory =
          create((struct synched_memory_options){.segment_count = 5,
                                                 .segment_capacity = 7,
                                                 .element_size = element_sizes[i],
                                                 .layout = (enum synched_layout)kind,
                                                 .lease_count = 1});
      expect_new(memory, element_sizes[i]);
      destroy(memory);
    }
}

Test(memory, create_makes_a_buffer_per_lease_and_two_more) {
  for (unsigned leases = 0; leases <= SYNCHED_LEASES_MAX; leases += 341 + leases % 2) {
    struct synched_memory *memory = create_small(leases);
    cr_assert_eq(memory->buffer_count, leases + 2);
    destroy(memory);
  }
}

static void expect_create_refused(struct synched_memory_options options, int expected,
                                  const char *part) {
  struct synched_memory *memory = (struct synched_memory *)&options; /* anything but NULL */
  expect_refused(synched_memory_create(&memory, &options), expected, part);
  cr_assert_null(memory);
}

Test(memory, create_with_bad_options_is_refused) {
  struct synched_memory *memory = NULL;
  const struct synched_memory_options good =
      *SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 4, .element_size = 8);
  expect_refused(synched_memory_create(NULL, &good), SYNCHED_EINVAL, "is NULL");
  expect_refused(synched_memory_create(&memory, NULL), SYNCHED_EINVAL, "options are NULL");
  struct synched_memory_options bad = good;
  bad.struct_size = 0;
  expect_create_refused(bad, SYNCHED_EINVAL, "struct_size of synched_memory_options");
  bad = good;
  bad.flags = 0x10;
  expect_create_refused(bad, SYNCHED_EINVAL, "flags is 0x10");
  bad = good;
  bad.layout = (enum synched_layout)2;
  expect_create_refused(bad, SYNCHED_EINVAL, "layout is 2");
  bad.layout = (enum synched_layout) - 1;
  expect_create_refused(bad, SYNCHED_EINVAL, "layout is -1");
  bad = good;
  bad.refill = (enum synched_refill)3;
  expect_create_refused(bad, SYNCHED_EINVAL, "refill is 3");
  bad = good;
  bad.lease_count = SYNCHED_LEASES_MAX + 1;
  expect_create_refused(bad, SYNCHED_ERANGE, "lease_count is 1025; at most 1024");
  bad = good;
  bad.segment_count = 0;
  expect_create_refused(bad, SYNCHED_EINVAL, "segment_count is 0");
  bad = good;
  bad.segment_capacity = SIZE_MAX / 8;
  expect_create_refused(bad, SYNCHED_EOVERFLOW, "more bytes than there are addresses");
}

Test(memory, create_of_more_than_the_system_has_is_refused) {
  expect_create_refused(*SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .element_size = 1,
                                                .segment_capacity = SIZE_MAX / 8),
                        SYNCHED_ENOMEM, "no memory for 2 buffers");
}

Test(memory, destroy_of_null_does_nothing) {
  cr_assert_eq(synched_memory_destroy(NULL), 0);
}

Test(memory, destroy_while_in_use_is_refused_and_changes_nothing) {
  struct synched_memory *memory = create_small(0);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  expect_refused(synched_memory_destroy(memory), SYNCHED_EBUSY, "still retained: 1");
  cr_assert_eq(synched_snapshot_retain(now), now);
  synched_snapshot_release(now);
  expect_refused(synched_memory_destroy(memory), SYNCHED_EBUSY, "still retained: 1");
  synched_snapshot_release(now);
  cr_assert_eq(synched__memory_claim(memory), 0);
  expect_refused(synched_memory_destroy(memory), SYNCHED_EBUSY, "a job was created");
  synched__memory_unclaim(memory);
  struct synched_writer *writer;
  cr_assert_eq(synched_writer_open(&writer, memory, 1), 0);
  expect_refused(synched_memory_destroy(memory), SYNCHED_EBUSY, "open writers");
  cr_assert_eq(synched_writer_close(writer), 0);
  destroy(memory);
}

Test(memory, claim_by_a_second_owner_is_refused) {
  struct synched_memory *memory = create_small(0);
  cr_assert_eq(synched__memory_claim(memory), 0);
  expect_refused(synched__memory_claim(memory), SYNCHED_EBUSY, "has a job already");
  struct synched_writer *writer;
  expect_refused(synched_writer_open(&writer, memory, 0), SYNCHED_EBUSY, "has a job");
  cr_assert_null(writer);
  synched__memory_unclaim(memory);
  cr_assert_eq(synched_writer_open(&writer, memory, 0), 0);
  expect_refused(synched__memory_claim(memory), SYNCHED_EBUSY, "open writers");
  cr_assert_eq(synched_writer_close(writer), 0);
  cr_assert_eq(synched__memory_claim(memory), 0);
  synched__memory_unclaim(memory);
  destroy(memory);
}

/* --- loading --- */

/* Segment s of the current snapshot: `count` valid elements, each byte `filled`, then zeros. */
static void expect_segment(struct synched_memory *memory, size_t s, size_t count, int filled) {
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  const unsigned char *bytes = synched_snapshot_segment(now, s);
  cr_assert_eq(now->counts[s], count, "segment %zu", s);
  for (size_t i = 0; i < memory->layout.capacities[s] * now->element_size; i++)
    cr_assert_eq(bytes[i], i < count * now->element_size ? filled : 0, "segment %zu, byte %zu", s,
                 i);
  synched_snapshot_release(now);
}

static void load_and_expect(enum synched_layout layout, size_t element_size) {
  static const size_t capacities[] = {5, 0, 9, 1};
  struct synched_memory *memory =
      create((struct synched_memory_options){.segment_count = 4,
                                             .segment_capacities = capacities,
                                             .element_size = element_size,
                                             .layout = layout});
  /* On the heap and exactly as long as what is loaded, so that reading behind it is noticed. */
  unsigned char *elements = malloc(9 * element_size);
  unsigned char *few = malloc(2 * element_size);
  memset(elements, 0xcc, 9 * element_size);
  memset(few, 0xdd, 2 * element_size);
  cr_assert_eq(synched_memory_load(memory, 2, elements, 9), 0);
  cr_assert_eq(synched_memory_load(memory, 0, elements, 5), 0);
  cr_assert_eq(synched_memory_load(memory, 0, few, 2), 0);
  cr_assert_eq(synched_memory_load(memory, 1, NULL, 0), 0);
  cr_assert_eq(synched_memory_load(memory, 3, NULL, 0), 0);
  expect_segment(memory, 0, 2, 0xdd);
  expect_segment(memory, 1, 0, 0);
  expect_segment(memory, 2, 9, 0xcc);
  expect_segment(memory, 3, 0, 0);
  free(few);
  free(elements);
  destroy(memory);
}

Test(memory, load_copies_the_elements_and_zeroes_the_rest) {
  for (size_t i = 0; i < LENGTH(element_sizes); i++) {
    load_and_expect(SYNCHED_LAYOUT_PACKED, element_sizes[i]);
    load_and_expect(SYNCHED_LAYOUT_PADDED, element_sizes[i]);
  }
}

Test(memory, load_between_rounds_changes_the_current_snapshot_in_place) {
  struct synched_memory *memory = create_small(0);
  const uint64_t numbers[] = {0x1111111111111111, 0x1111111111111111};
  const struct synched_snapshot *published = paint_and_publish(memory, 6);
  cr_assert_eq(synched_memory_load(memory, 1, numbers, 2), 0);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  cr_assert_eq(now, published);
  cr_assert_eq(now->round, 6);
  cr_assert_eq(((const uint64_t *)now->data)[3], 6, "the segment before it");
  cr_assert_eq(((const uint64_t *)now->data)[8], 6, "the segment behind it");
  synched_snapshot_release(now);
  expect_segment(memory, 1, 2, 0x11);
  destroy(memory);
}

static void expect_load_refused(struct synched_memory *memory, int expected, const char *part) {
  const uint64_t numbers[4] = {9, 9, 9, 9};
  expect_refused(synched_memory_load(memory, 0, numbers, 4), expected, part);
}

Test(memory, load_while_in_use_is_refused) {
  struct synched_memory *memory = create_small(0);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  expect_load_refused(memory, SYNCHED_EBUSY, "is retained");
  synched_snapshot_release(now);
  struct synched_writer *writer;
  cr_assert_eq(synched_writer_open(&writer, memory, 2), 0);
  expect_load_refused(memory, SYNCHED_EBUSY, "open writers");
  cr_assert_eq(synched_writer_close(writer), 0);
  atomic_store(&memory->running, 1);
  expect_load_refused(memory, SYNCHED_EBUSY, "running job");
  atomic_store(&memory->running, 0);
  expect_segment(memory, 0, 4, 0);
  destroy(memory);
}

Test(memory, load_out_of_range_is_refused) {
  struct synched_memory *memory = create_small(0);
  const uint64_t numbers[5] = {9, 9, 9, 9, 9};
  expect_refused(synched_memory_load(NULL, 0, numbers, 1), SYNCHED_EINVAL, "the memory is NULL");
  expect_refused(synched_memory_load(memory, 3, numbers, 1), SYNCHED_ERANGE, "segment is 3");
  expect_refused(synched_memory_load(memory, SIZE_MAX, numbers, 1), SYNCHED_ERANGE, "segment is");
  expect_refused(synched_memory_load(memory, 0, numbers, 5), SYNCHED_ERANGE, "count is 5");
  expect_refused(synched_memory_load(memory, 0, numbers, SIZE_MAX), SYNCHED_ERANGE, "count is");
  expect_refused(synched_memory_load(memory, 0, NULL, 1), SYNCHED_EINVAL, "elements is NULL");
  expect_segment(memory, 0, 4, 0);
  destroy(memory);
}

/* --- publishing --- */

Test(memory, publish_without_readers_alternates_two_buffers_and_copies_nothing) {
  for (unsigned leases = 0; leases < 3; leases++) {
    struct synched_memory *memory = create_small(leases);
    const struct synched_snapshot *first = synched_snapshot_current(memory);
    synched_snapshot_release(first);
    const void *data[2] = {out_of(memory)->data, first->data};
    paint(memory, 77);
    for (uint64_t round = 1; round <= 100; round++) {
      /* One number is written; all others stay what they were two rounds ago. */
      ((uint64_t *)(void *)out_of(memory)->data)[5] = round;
      cr_assert_eq(out_of(memory)->data, data[(round + 1) % 2]);
      const struct synched_snapshot *now = publish(memory, round, false);
      cr_assert_eq(now->data, data[(round + 1) % 2]);
      cr_assert_eq(now->round, round);
      cr_assert_eq(now->fold, (double)round / 2);
      cr_assert_eq(((const uint64_t *)now->data)[5], round);
      cr_assert_eq(((const uint64_t *)now->data)[6], round % 2 == 1 ? 77 : 0);
    }
    destroy(memory);
  }
}

Test(memory, current_is_what_was_published_last) {
  struct synched_memory *memory = create_small(1);
  for (uint64_t round = 1; round <= 50; round++) {
    const struct synched_snapshot *published = paint_and_publish(memory, round);
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    cr_assert_eq(now, published);
    cr_assert(is_painted(now));
    synched_snapshot_release(now);
  }
  destroy(memory);
}

Test(memory, retained_snapshot_stays_unchanged_through_many_rounds) {
  struct synched_memory *memory = create_small(1);
  (void)paint_and_publish(memory, 1);
  const struct synched_snapshot *kept = synched_snapshot_current(memory);
  for (uint64_t round = 2; round <= 500; round++) {
    cr_assert_not_null(out_of(memory));
    cr_assert_neq(out_of(memory)->data, kept->data);
    (void)paint_and_publish(memory, round);
    cr_assert_eq(kept->round, 1);
    cr_assert(is_painted(kept), "after round %u", (unsigned)round);
  }
  synched_snapshot_release(kept);
  destroy(memory);
}

Test(memory, retained_snapshot_without_a_lease_stays_unchanged_too) {
  struct synched_memory *memory = create_small(0);
  (void)paint_and_publish(memory, 1);
  const struct synched_snapshot *kept = synched_snapshot_current(memory);
  (void)paint_and_publish(memory, 2);
  cr_assert_null(out_of(memory), "two buffers: one is current, one is kept");
  cr_assert_not(take_out(memory));
  cr_assert(is_painted(kept));
  cr_assert_eq(kept->round, 1);
  synched_snapshot_release(kept);
  cr_assert(take_out(memory));
  cr_assert_eq(out_of(memory)->data, kept->data);
  destroy(memory);
}

Test(memory, leases_used_up_leave_nothing_to_write_to) {
  enum { LEASES = 3 };
  struct synched_memory *memory = create_small(LEASES);
  const struct synched_snapshot *kept[LEASES + 1];
  for (uint64_t i = 0; i <= LEASES; i++) {
    cr_assert(take_out(memory));
    (void)paint_and_publish(memory, i + 1);
    kept[i] = synched_snapshot_current(memory);
    cr_assert_eq(synched__memory_leased(memory), i + 1);
  }
  cr_assert(take_out(memory), "the current one is no lease yet");
  (void)paint_and_publish(memory, LEASES + 2);
  cr_assert_not(take_out(memory));
  cr_assert_null(out_of(memory));
  for (uint64_t i = 0; i <= LEASES; i++) {
    cr_assert_eq(kept[i]->round, i + 1);
    cr_assert(is_painted(kept[i]));
    for (uint64_t j = 0; j < i; j++)
      cr_assert_neq(kept[i]->data, kept[j]->data);
  }
  synched_snapshot_release(kept[2]);
  cr_assert(take_out(memory));
  cr_assert_eq(out_of(memory)->data, kept[2]->data);
  for (uint64_t i = 0; i <= LEASES; i++)
    if (i != 2)
      synched_snapshot_release(kept[i]);
  cr_assert_eq(synched__memory_leased(memory), 0);
  destroy(memory);
}

Test(memory, snapshot_retained_twice_is_free_after_the_second_release) {
  struct synched_memory *memory = create_small(0);
  const struct synched_snapshot *kept = synched_snapshot_current(memory);
  cr_assert_eq(synched_snapshot_retain(kept), kept);
  (void)paint_and_publish(memory, 1);
  cr_assert_not(take_out(memory));
  synched_snapshot_release(kept);
  cr_assert_not(take_out(memory));
  synched_snapshot_release(kept);
  cr_assert(take_out(memory));
  destroy(memory);
}

Test(memory, retain_and_release_of_null_do_nothing) {
  cr_assert_null(synched_snapshot_retain(NULL));
  synched_snapshot_release(NULL);
}

Test(memory, publication_that_is_held_is_retained_for_its_maker) {
  for (int watched = 0; watched <= 1; watched++) {
    struct synched_memory *memory = create_small(1);
    const struct synched_snapshot *other = watched ? synched_snapshot_current(memory) : NULL;
    paint(memory, 1);
    const struct synched_snapshot *held = publish(memory, 1, true);
    cr_assert_eq(synched__memory_leased(memory), watched ? 2 : 1);
    synched_snapshot_release(other);
    (void)paint_and_publish(memory, 2);
    (void)paint_and_publish(memory, 3);
    cr_assert(is_painted(held));
    cr_assert_eq(held->round, 1);
    expect_refused(synched_memory_destroy(memory), SYNCHED_EBUSY, "still retained: 1");
    synched_snapshot_release(held);
    cr_assert_eq(synched__memory_leased(memory), 0);
    destroy(memory);
  }
}

/* --- waiting for a buffer --- */

static void count_call(void *argument) {
  ++*(unsigned *)argument;
}

/* A memory with one lease, all of whose buffers are current or retained. */
struct shortage {
  struct synched_memory *memory;
  const struct synched_snapshot *kept[2];
  unsigned freed_count; /* calls of on_free */
};

static void shortage_init(struct shortage *shortage) {
  shortage->freed_count = 0;
  shortage->memory = create_small(1);
  shortage->memory->on_free = count_call;
  shortage->memory->on_free_argument = &shortage->freed_count;
  for (uint64_t i = 0; i < 2; i++) {
    shortage->kept[i] = synched_snapshot_current(shortage->memory);
    (void)paint_and_publish(shortage->memory, i + 1);
  }
  cr_assert_not(take_out(shortage->memory));
}

Test(memory, starved_memory_calls_on_free_once_at_the_first_release) {
  struct shortage shortage;
  shortage_init(&shortage);
  cr_assert_not(synched__memory_starve(shortage.memory));
  cr_assert_eq(shortage.freed_count, 0);
  synched_snapshot_release(shortage.kept[0]);
  cr_assert_eq(shortage.freed_count, 1);
  cr_assert(take_out(shortage.memory));
  cr_assert_eq(out_of(shortage.memory)->data, shortage.kept[0]->data);
  synched_snapshot_release(shortage.kept[1]);
  cr_assert_eq(shortage.freed_count, 1);
  cr_assert_not(synched__memory_unstarve(shortage.memory), "on_free has been called");
  destroy(shortage.memory);
}

Test(memory, starved_memory_is_not_helped_by_a_release_that_frees_nothing) {
  struct shortage shortage;
  shortage_init(&shortage);
  (void)synched_snapshot_retain(shortage.kept[0]);
  cr_assert_not(synched__memory_starve(shortage.memory));
  synched_snapshot_release(shortage.kept[0]);
  cr_assert_eq(shortage.freed_count, 0);
  synched_snapshot_release(shortage.kept[0]);
  cr_assert_eq(shortage.freed_count, 1);
  synched_snapshot_release(shortage.kept[1]);
  destroy(shortage.memory);
}

Test(memory, starve_after_a_release_finds_the_buffer_itself) {
  struct shortage shortage;
  shortage_init(&shortage);
  synched_snapshot_release(shortage.kept[1]);
  cr_assert_eq(shortage.freed_count, 0, "nobody had asked");
  cr_assert(synched__memory_starve(shortage.memory));
  cr_assert_eq(out_of(shortage.memory)->data, shortage.kept[1]->data);
  synched_snapshot_release(shortage.kept[0]);
  cr_assert_eq(shortage.freed_count, 0);
  destroy(shortage.memory);
}

Test(memory, unstarved_memory_calls_nobody) {
  struct shortage shortage;
  shortage_init(&shortage);
  cr_assert_not(synched__memory_starve(shortage.memory));
  cr_assert(synched__memory_unstarve(shortage.memory));
  cr_assert_not(synched__memory_unstarve(shortage.memory));
  synched_snapshot_release(shortage.kept[0]);
  synched_snapshot_release(shortage.kept[1]);
  cr_assert_eq(shortage.freed_count, 0);
  destroy(shortage.memory);
}

/* --- readers on other threads --- */

enum { READERS = 3, ROUNDS = 1500 };

struct reader {
  struct synched_memory *memory;
  _Atomic uint32_t *stop;
  uint64_t last_round;
  unsigned torn_count, back_count, read_count;
};

static void read_once(struct reader *reader, const struct synched_snapshot *now) {
  reader->torn_count += !is_painted(now);
  reader->back_count += now->round < reader->last_round;
  reader->last_round = now->round;
  reader->read_count++;
}

static void *read_repeatedly(void *argument) {
  struct reader *reader = argument;
  while (atomic_load(reader->stop) == 0) {
    const struct synched_snapshot *now = synched_snapshot_current(reader->memory);
    read_once(reader, now);
    if (reader->read_count % 5 == 0) {
      synched_snapshot_release(synched_snapshot_retain(now));
      reader->torn_count += !is_painted(now);
    }
    synched_snapshot_release(now);
    if (reader->read_count % 16 == 0)
      (void)sched_yield();
  }
  return NULL;
}

/* Readers at work on a memory whose closing side is the test's body. */
struct library {
  struct synched_memory *memory;
  _Atomic uint32_t stop;
  struct reader readers[READERS];
  struct crew crew;
};

static void library_open(struct library *library, unsigned lease_count, uint64_t seed) {
  *library = (struct library){.memory = create_small(lease_count)};
  /* So that there is nothing that is not painted. */
  (void)paint_and_publish(library->memory, 1);
  synched__schedule_seed(seed);
  for (unsigned i = 0; i < READERS; i++) {
    library->readers[i] = (struct reader){.memory = library->memory, .stop = &library->stop};
    crew_add(&library->crew, read_repeatedly, &library->readers[i]);
  }
}

static void library_close(struct library *library) {
  atomic_store(&library->stop, 1);
  crew_join(&library->crew);
  synched__schedule_seed(0);
  for (unsigned i = 0; i < READERS; i++) {
    const struct reader *reader = &library->readers[i];
    cr_assert_eq(reader->torn_count, 0, "%u of %u", reader->torn_count, reader->read_count);
    cr_assert_eq(reader->back_count, 0, "%u of %u", reader->back_count, reader->read_count);
  }
  cr_assert_eq(synched__memory_leased(library->memory), 0);
  destroy(library->memory);
}

Test(memory, snapshot_read_while_rounds_go_on_is_whole_and_never_older_than_the_last) {
  for (uint64_t seed = 0; seed < 6; seed++) {
    struct library library;
    unsigned missing_count = 0;
    library_open(&library, READERS, seed);
    for (uint64_t round = 2; round <= ROUNDS; round++) {
      missing_count += out_of(library.memory) == NULL;
      if (out_of(library.memory) != NULL || take_out(library.memory))
        (void)paint_and_publish(library.memory, round);
    }
    library_close(&library);
    cr_assert_eq(missing_count, 0, "each reader holds one: a buffer was always free");
  }
}

static void unpark(void *parker) {
  synched__unpark(parker);
}

/* Without leases every reader can make the closing side wait, and who releases has to wake it. */
Test(memory, closing_side_that_waits_for_a_buffer_is_always_woken) {
  for (uint64_t seed = 0; seed < 4; seed++) {
    struct library library;
    struct synched__parker parker;
    cr_assert_eq(synched__parker_init(&parker), 0);
    library_open(&library, 0, seed);
    library.memory->on_free = unpark;
    library.memory->on_free_argument = &parker;
    for (uint64_t round = 2; round <= ROUNDS / 3; round++) {
      while (!take_out(library.memory) && !synched__memory_starve(library.memory))
        synched__park(&parker);
      (void)paint_and_publish(library.memory, round);
    }
    library_close(&library);
    synched__parker_deinit(&parker);
  }
}

/* --- large memories --- */

/* Pages of this process that are in memory. */
static size_t resident_bytes(void) {
  unsigned long size, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  cr_assert_not_null(file);
  cr_assert_eq(fscanf(file, "%lu %lu", &size, &resident), 2);
  (void)fclose(file);
  return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

static bool is_mapped(const unsigned char *address) {
  unsigned char vector;
  return mincore((void *)(uintptr_t)address, 1, &vector) == 0;
}

/* Samples of every buffer's addresses, taken before the memory is destroyed. */
struct samples {
  const unsigned char *addresses[256];
  size_t count;
};

static struct samples sample(const struct synched_memory *memory) {
  struct samples samples = {.count = 0};
  const size_t bytes = memory->layout.data_bytes;
  for (unsigned b = 0; b < memory->buffer_count; b++)
    for (size_t i = 0; i <= 32; i++) {
      size_t offset = i == 32 ? bytes - 1 : bytes / 32 * i;
      samples.addresses[samples.count++] = memory->buffers[b].data + offset / 4096 * 4096;
    }
  for (size_t i = 0; i < samples.count; i++)
    cr_assert(is_mapped(samples.addresses[i]));
  return samples;
}

static void expect_unmapped(const struct samples *samples) {
  for (size_t i = 0; i < samples->count; i++)
    cr_assert_not(is_mapped(samples->addresses[i]), "sample %zu", i);
}

Test(memory, memory_of_64_mib_is_used_from_its_first_byte_to_its_last) {
  enum { SEGMENTS = 32 };
  const size_t bytes = 2 * MIB;
  struct synched_memory *memory = create((struct synched_memory_options){
      .segment_count = SEGMENTS, .segment_capacity = bytes, .element_size = 1});
  const struct samples samples = sample(memory);
  unsigned char *elements = malloc(bytes);
  for (size_t s = 0; s < SEGMENTS; s += SEGMENTS - 1) {
    memset(elements, (int)s + 1, bytes);
    cr_assert_eq(synched_memory_load(memory, s, elements, bytes), 0);
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    cr_assert_eq(now->element_count, 64 * MIB);
    cr_assert_eq(memcmp((const char *)now->data + s * bytes, elements, bytes), 0);
    synched_snapshot_release(now);
  }
  free(elements);
  destroy(memory);
  expect_unmapped(&samples);
}

Test(memory, memory_of_4_gib_costs_only_the_pages_that_are_touched) {
  enum { SEGMENTS = 1024 };
  const size_t before = resident_bytes();
  struct synched_memory *memory = create((struct synched_memory_options){
      .segment_count = SEGMENTS, .segment_capacity = 4 * MIB, .element_size = 1, .lease_count = 1});
  const struct samples samples = sample(memory);
  const size_t after_creation = resident_bytes();
  /* The last byte of each of the three buffers, and rounds over them. */
  for (uint64_t round = 1; round <= 1000; round++) {
    out_of(memory)->data[4096 * MIB - 1] = (unsigned char)round;
    const struct synched_snapshot *now = publish(memory, round, false);
    cr_assert_eq(((const unsigned char *)now->data)[4096 * MIB - 1], (unsigned char)round);
    cr_assert_eq(now->element_count, 4096 * MIB);
  }
  const size_t after_rounds = resident_bytes();
  destroy(memory);
  expect_unmapped(&samples);
  cr_assert_lt(after_creation, before + 8 * MIB);
  cr_assert_lt(after_rounds, before + 16 * MIB);
}
