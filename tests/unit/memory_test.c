/*
 * memory_test.c: memories from creation to end, their initial content, and very large ones.
 */
#include "memory/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/closing_side.h"
#include "support/support.h"
#include "support/unit_support.h"

#define MIB ((size_t)1 << 20)

static const size_t element_sizes[] = {1, 3, 8, 12, 64, 4096};

/* --- creating and destroying --- */

static void expect_new(struct synched_memory *memory, size_t element_size) {
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  cr_assert_eq(now->round, 0);
  cr_assert_eq(now->fold, 0.0);
  cr_assert_eq(now->element_size, element_size);
  cr_assert_eq(now->segment_count, 5);
  cr_assert_eq(now->element_count, now->offsets[5]);
  cr_assert_eq((uintptr_t)now->data % 128, 0);
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
      struct synched_memory *memory = memory_with(
          SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 7,
                                 .element_size = element_sizes[i],
                                 .layout = (enum synched_layout)kind, .lease_count = 1));
      expect_new(memory, element_sizes[i]);
      memory_end(memory);
    }
}

Test(memory, create_makes_a_buffer_per_lease_and_two_more) {
  for (unsigned leases = 0; leases <= SYNCHED_LEASES_MAX; leases += 341 + leases % 2) {
    struct synched_memory *memory = create_small(leases);
    cr_assert_eq(memory->buffer_count, leases + 2);
    memory_end(memory);
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
  expect_create_refused(bad, SYNCHED_ERANGE, "lease_count is 255; at most 254");
  bad = good;
  bad.segment_count = 0;
  expect_create_refused(bad, SYNCHED_EINVAL, "segment_count is 0");
  bad = good;
  bad.segment_capacity = SIZE_MAX / 8;
  expect_create_refused(bad, SYNCHED_EOVERFLOW, "bytes, which is the most");
}

Test(memory, create_of_more_than_the_system_has_is_refused) {
  /* Together they are more than there are addresses, whatever their width. */
  expect_create_refused(*SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .element_size = 1,
                                                .segment_capacity = SIZE_MAX / 8, .lease_count = 7),
                        SYNCHED_ENOMEM, "no memory for 9 buffers");
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
  memory_end(memory);
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
  memory_end(memory);
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
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacities = capacities,
                                         .element_size = element_size, .layout = layout));
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
  memory_end(memory);
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
  memory_end(memory);
}

static void expect_load_refused(struct synched_memory *memory, int expected, const char *part) {
  const uint64_t numbers[4] = {9, 9, 9, 9};
  expect_refused(synched_memory_load(memory, 0, numbers, 4), expected, part);
}

Test(memory, load_while_in_use_is_refused) {
  struct synched_memory *memory = create_small(0);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  expect_load_refused(memory, SYNCHED_EBUSY, "is retained 1 time;");
  (void)synched_snapshot_retain(now);
  expect_load_refused(memory, SYNCHED_EBUSY, "is retained 2 times;");
  synched_snapshot_release(now);
  synched_snapshot_release(now);
  struct synched_writer *writer;
  cr_assert_eq(synched_writer_open(&writer, memory, 2), 0);
  expect_load_refused(memory, SYNCHED_EBUSY, "open writers");
  cr_assert_eq(synched_writer_close(writer), 0);
  atomic_store(&memory->running, 1);
  expect_load_refused(memory, SYNCHED_EBUSY, "running job");
  atomic_store(&memory->running, 0);
  expect_segment(memory, 0, 4, 0);
  memory_end(memory);
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
  memory_end(memory);
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
  return mincore((void *)((uintptr_t)address / 4096 * 4096), 1, &vector) == 0;
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
      samples.addresses[samples.count++] = synched__buffer_data(&memory->buffers[b]) + offset;
    }
  for (size_t i = 0; i < samples.count; i++)
    cr_assert(is_mapped(samples.addresses[i]));
  return samples;
}

static void expect_unmapped(const struct samples *samples) {
  for (size_t i = 0; i < samples->count; i++)
    cr_assert_not(is_mapped(samples->addresses[i]), "sample %zu", i);
}

Test(memory, large_buffers_begin_at_different_places_of_their_pages) {
  struct synched_memory *memory =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 65536,
                                         .element_size = 1, .lease_count = 3));
  for (unsigned a = 0; a < memory->buffer_count; a++)
    for (unsigned b = 0; b < a; b++)
      cr_assert_neq((uintptr_t)synched__buffer_data(&memory->buffers[a]) % 4096,
                    (uintptr_t)synched__buffer_data(&memory->buffers[b]) % 4096, "%u and %u", a, b);
  memory_end(memory);
}

Test(memory, memory_of_64_mib_is_used_from_its_first_byte_to_its_last) {
  enum { SEGMENTS = 32 };
  const size_t bytes = 2 * MIB;
  struct synched_memory *memory =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = bytes,
                                         .element_size = 1));
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
  memory_end(memory);
  expect_unmapped(&samples);
}

Test(memory, memory_of_4_gib_costs_only_the_pages_that_are_touched) {
  if (SIZE_MAX == UINT32_MAX)
    cr_skip_test("there are not 4 GiB of addresses");
  if (is_emulated())
    cr_skip_test("the emulator's own tables of these pages would be counted");
  enum { SEGMENTS = 1024 };
  const size_t before = resident_bytes();
  struct synched_memory *memory =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 4 * MIB,
                                         .element_size = 1, .lease_count = 1));
  const struct samples samples = sample(memory);
  const size_t after_creation = resident_bytes();
  /* The last byte of each of the three buffers, and rounds over them. */
  for (uint64_t round = 1; round <= 1000; round++) {
    synched__buffer_data(out_of(memory))[4096 * MIB - 1] = (unsigned char)round;
    const struct synched_snapshot *now = publish(memory, round, false);
    cr_assert_eq(((const unsigned char *)now->data)[4096 * MIB - 1], (unsigned char)round);
    cr_assert_eq(now->element_count, 4096 * MIB);
  }
  const size_t after_rounds = resident_bytes();
  memory_end(memory);
  expect_unmapped(&samples);
  cr_assert_lt(after_creation, before + 8 * MIB);
  cr_assert_lt(after_rounds, before + 16 * MIB);
}

/* Address space of this process. */
static size_t mapped_bytes(void) {
  unsigned long size = 0;
  if (is_emulated())
    cr_skip_test("the emulator's own memory would be counted");
  FILE *file = fopen("/proc/self/statm", "r");
  cr_assert_not_null(file);
  cr_assert_eq(fscanf(file, "%lu", &size), 1);
  (void)fclose(file);
  return (size_t)size * (size_t)sysconf(_SC_PAGESIZE);
}

static struct synched_memory *create_huge(size_t bytes) {
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = bytes,
                                            .element_size = 1, .flags = SYNCHED_MEMORY_HUGE_PAGES));
}

Test(memory, huge_pages_are_aligned_and_nothing_stands_over) {
  static const size_t sizes[] = {1, 4096, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 5 * MIB + 4097};
  memory_end(create_huge(64 * MIB)); /* what the C library maps once, it has mapped by now */
  for (size_t i = 0; i < LENGTH(sizes); i++) {
    const size_t before = mapped_bytes();
    struct synched_memory *memory = create_huge(sizes[i]);
    const struct samples samples = sample(memory);
    cr_assert_leq(mapped_bytes() - before, 2 * sizes[i] + 4 * 4096 + MIB / 4);
    for (unsigned b = 0; b < memory->buffer_count; b++) {
      const size_t alignment = sizes[i] < 2 * MIB ? 4096 : 2 * MIB;
      cr_assert_lt((uintptr_t)synched__buffer_data(&memory->buffers[b]) % alignment, 4096);
    }
    for (uint64_t round = 1; round <= 4; round++) {
      synched__buffer_data(out_of(memory))[sizes[i] - 1] = (unsigned char)round;
      const struct synched_snapshot *now = publish(memory, round, false);
      cr_assert_eq(((const unsigned char *)now->data)[sizes[i] - 1], (unsigned char)round);
    }
    memory_end(memory);
    expect_unmapped(&samples);
    cr_assert_leq(mapped_bytes(), before + MIB / 4);
  }
}

/* --- where the buffers of memories that are changed in place begin --- */

static struct synched_memory *create_in_place(size_t bytes, uint32_t flags) {
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = bytes,
                                            .element_size = 1,
                                            .flags = SYNCHED_MEMORY_IN_PLACE | flags));
}

static size_t bytes_in_place(size_t memory) {
  return (memory % 2 + 2) * MIB;
}

/* Loops over several fields would be slower if all of them began with a page. */
Test(memory, large_buffers_in_place_begin_in_different_places_of_a_page) {
  enum { MEMORIES = 8 };
  for (uint32_t flags = 0; flags <= SYNCHED_MEMORY_HUGE_PAGES; flags++) {
    struct synched_memory *memories[MEMORIES];
    uintptr_t places[MEMORIES];
    for (size_t m = 0; m < MEMORIES; m++) {
      const size_t bytes = bytes_in_place(m);
      memories[m] = create_in_place(bytes, flags);
      unsigned char *elements = synched_memory_elements(memories[m]);
      elements[0] = elements[bytes - 1] = 1;
      places[m] = (uintptr_t)elements % 4096;
      cr_assert_eq(places[m] % 128, 0);
      for (size_t other = 0; other < m; other++)
        cr_assert_neq(places[m], places[other], "of %zu and %zu", m, other);
    }
    for (size_t m = 0; m < MEMORIES; m++) {
      const unsigned char *elements = synched_memory_elements(memories[m]);
      const struct samples ends = {
          .addresses = {elements - places[m], elements + bytes_in_place(m) - 1}, .count = 2};
      memory_end(memories[m]);
      expect_unmapped(&ends);
    }
  }
}

Test(memory, small_buffers_in_place_begin_with_a_page) {
  for (size_t m = 0; m < 3; m++) {
    struct synched_memory *memory = create_in_place(65535, 0);
    cr_assert_eq((uintptr_t)synched_memory_elements(memory) % 4096, 0);
    memory_end(memory);
  }
}

/* Where nobody asks: whether the buffers begin where huge pages do. */
static bool is_in_huge_pages(size_t bytes, uint32_t flags) {
  bool all = true;
  for (unsigned i = 0; i < 8; i++) {
    struct synched_memory *memory =
        memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = bytes,
                                           .element_size = 1, .flags = flags));
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    all = all && (uintptr_t)now->data % (2 * MIB) < 4096;
    synched_snapshot_release(now);
    memory_end(memory);
  }
  return all;
}

Test(memory, large_buffers_get_huge_pages_unless_they_are_not_wanted) {
  cr_assert(is_in_huge_pages(SYNCHED_HUGE_PAGES_FROM, 0));
  cr_assert(!is_in_huge_pages(5 * MIB + 4096, 0));
  cr_assert(!is_in_huge_pages(9 * MIB + 4096, SYNCHED_MEMORY_SMALL_PAGES));
}

/* Where it costs a sixteenth at most. */
Test(memory, last_huge_page_is_a_whole_one) {
  static const struct {
    size_t bytes, mapped;
  } cases[] = {{8000000, 8 * MIB}, {8 * MIB, 8 * MIB}, {5 * MIB, 5 * MIB}, {2 * MIB, 2 * MIB}};
  memory_end(create_huge(64 * MIB));
  for (size_t i = 0; i < LENGTH(cases); i++) {
    const size_t before = mapped_bytes();
    struct synched_memory *memory = create_huge(cases[i].bytes);
    const size_t mapped = mapped_bytes() - before;
    cr_assert_geq(mapped, 2 * cases[i].mapped);
    cr_assert_leq(mapped, 2 * cases[i].mapped + MIB / 4);
    memory_end(memory);
    cr_assert_leq(mapped_bytes(), before + MIB / 4);
  }
}

/* So that none is a power of two away from another one. Whatever was mapped before. */
Test(memory, buffers_of_many_pages_differ_in_the_low_bits_of_their_addresses) {
  static const size_t sizes[] = {MIB, MIB + 1, 4 * MIB, 16 * MIB};
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < LENGTH(sizes); i++) {
    const size_t before = mapped_bytes();
    struct synched_memory *memory = memory_with(
        SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = sizes[i], .element_size = 1,
                               .lease_count = 4, .flags = SYNCHED_MEMORY_SMALL_PAGES));
    cr_assert_leq(mapped_bytes() - before, 6 * (sizes[i] + 2 * page) + MIB / 4,
                  "nothing stands over");
    for (unsigned b = 0; b < memory->buffer_count; b++)
      for (unsigned a = 0; a < b; a++) {
        const uintptr_t one = (uintptr_t)synched__buffer_data(&memory->buffers[a]) / page;
        const uintptr_t other = (uintptr_t)synched__buffer_data(&memory->buffers[b]) / page;
        cr_assert_neq(one % 16, other % 16, "buffers %u and %u of %zu bytes", a, b, sizes[i]);
      }
    memory_end(memory);
  }
}
