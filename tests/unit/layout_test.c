/*
 * layout_test.c: where segments lie, and the sizes that are too large to lie anywhere.
 */
#include "memory/layout.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <synched/status.h>

#include "platform/atomic.h"
#include "support/unit_support.h"

static const size_t element_sizes[] = {1, 2, 3, 4, 8, 12, 64, 96, 128, 384, 4096, 4097};

static struct synched__layout make(struct synched_memory_options options) {
  struct synched__layout layout;
  cr_assert_eq(synched__layout_init(&layout, &options), 0, "%s", synched_error_message());
  return layout;
}

/* What every layout keeps: segments in order, none over another, all within the extent. */
static void expect_sound(const struct synched__layout *layout, size_t element_size) {
  size_t end = 0;
  for (size_t s = 0; s < layout->segment_count; s++) {
    cr_assert_geq(layout->offsets[s], end, "segment %zu", s);
    end = layout->offsets[s] + layout->capacities[s];
  }
  cr_assert_geq(layout->offsets[layout->segment_count], end);
  cr_assert_eq(layout->element_size, element_size);
  cr_assert_eq(layout->data_bytes, layout->offsets[layout->segment_count] * element_size);
}

/* The first place at or behind `end`, in elements, that begins a cache line. */
static size_t line_after(size_t end, size_t element_size) {
  while (end * element_size % SYNCHED__CACHE_LINE != 0)
    end++;
  return end;
}

Test(layout, packed_even_puts_element_i_of_segment_s_at_s_times_capacity) {
  for (size_t i = 0; i < LENGTH(element_sizes); i++)
    for (size_t capacity = 1; capacity < 200; capacity += 11) {
      struct synched__layout layout = make((struct synched_memory_options){
          .segment_count = 7, .segment_capacity = capacity, .element_size = element_sizes[i]});
      expect_sound(&layout, element_sizes[i]);
      for (size_t s = 0; s <= 7; s++)
        cr_assert_eq(layout.offsets[s], s * capacity);
      for (size_t s = 0; s < 7; s++)
        cr_assert_eq(layout.capacities[s], capacity);
      synched__layout_deinit(&layout);
    }
}

Test(layout, elements_in_all_are_dealt_evenly_and_the_first_ones_have_one_more) {
  for (size_t segments = 1; segments < 20; segments++)
    for (size_t elements = 1; elements < 60; elements++) {
      struct synched__layout layout = make((struct synched_memory_options){
          .segment_count = segments, .element_count = elements, .element_size = 3});
      expect_sound(&layout, 3);
      cr_assert_eq(layout.offsets[segments], elements);
      for (size_t s = 0; s < segments; s++)
        cr_assert_eq(layout.capacities[s], elements / segments + (s < elements % segments));
      synched__layout_deinit(&layout);
    }
}

Test(layout, padded_starts_each_segment_on_the_next_cache_line_and_no_later) {
  for (size_t i = 0; i < LENGTH(element_sizes); i++)
    for (size_t capacity = 1; capacity < 200; capacity += 11) {
      const size_t size = element_sizes[i];
      struct synched__layout layout =
          make((struct synched_memory_options){.segment_count = 7,
                                               .segment_capacity = capacity,
                                               .element_size = size,
                                               .layout = SYNCHED_LAYOUT_PADDED});
      expect_sound(&layout, size);
      for (size_t s = 0; s < 7; s++)
        cr_assert_eq(layout.offsets[s + 1], line_after(layout.offsets[s] + capacity, size),
                     "%zu elements of %zu bytes, segment %zu", capacity, size, s + 1);
      synched__layout_deinit(&layout);
    }
}

static const size_t uneven[] = {0, 5, 0, 0, 131, 1, 128, 0};

static struct synched__layout make_uneven(enum synched_layout kind, size_t element_size) {
  /* The caller's array may go as soon as the call has returned. */
  size_t capacities[LENGTH(uneven)];
  memcpy(capacities, uneven, sizeof uneven);
  struct synched__layout layout =
      make((struct synched_memory_options){.segment_count = LENGTH(uneven),
                                           .segment_capacities = capacities,
                                           .element_size = element_size,
                                           .layout = kind});
  memset(capacities, 0xff, sizeof capacities);
  cr_assert_eq(memcmp(layout.capacities, uneven, sizeof uneven), 0);
  expect_sound(&layout, element_size);
  return layout;
}

Test(layout, packed_uneven_has_no_gaps) {
  for (size_t i = 0; i < LENGTH(element_sizes); i++) {
    struct synched__layout layout = make_uneven(SYNCHED_LAYOUT_PACKED, element_sizes[i]);
    size_t offset = 0;
    for (size_t s = 0; s < LENGTH(uneven); s++) {
      cr_assert_eq(layout.offsets[s], offset);
      offset += uneven[s];
    }
    cr_assert_eq(layout.offsets[LENGTH(uneven)], offset);
    synched__layout_deinit(&layout);
  }
}

Test(layout, padded_uneven_shares_no_line_between_segments) {
  for (size_t i = 0; i < LENGTH(element_sizes); i++) {
    const size_t size = element_sizes[i];
    struct synched__layout layout = make_uneven(SYNCHED_LAYOUT_PADDED, size);
    for (size_t s = 0; s < LENGTH(uneven); s++) {
      cr_assert_eq(layout.offsets[s] * size % SYNCHED__CACHE_LINE, 0);
      cr_assert_eq(layout.offsets[s + 1], line_after(layout.offsets[s] + uneven[s], size));
    }
    synched__layout_deinit(&layout);
  }
}

Test(layout, single_element_is_a_memory) {
  struct synched__layout layout = make((struct synched_memory_options){
      .segment_count = 1, .segment_capacity = 1, .element_size = 1});
  cr_assert_eq(layout.data_bytes, 1);
  synched__layout_deinit(&layout);
}

static void expect_layout_refused(struct synched_memory_options options, int expected,
                                  const char *part) {
  struct synched__layout layout;
  expect_refused(synched__layout_init(&layout, &options), expected, part);
}

Test(layout, sizes_that_make_no_sense_are_refused) {
  const size_t zeros[3] = {0, 0, 0};
  const struct synched_memory_options good = {
      .segment_count = 3, .segment_capacity = 4, .element_size = 8};
  struct synched_memory_options bad = good;
  bad.segment_count = 0;
  expect_layout_refused(bad, SYNCHED_EINVAL, "segment_count is 0");
  bad.segment_count = SYNCHED_SEGMENTS_MAX + 1;
  expect_layout_refused(bad, SYNCHED_ERANGE, "segment_count is 16777216; at most 16777215");
  bad.segment_count = SIZE_MAX;
  char part[64];
  (void)snprintf(part, sizeof part, "segment_count is %zu", SIZE_MAX);
  expect_layout_refused(bad, SYNCHED_ERANGE, part);
  bad.segment_count = SYNCHED_SEGMENTS_MAX;
  bad.segment_capacity = SIZE_MAX;
  expect_layout_refused(bad, SYNCHED_EOVERFLOW, "segments 0 to 0, the last");
  bad = good;
  bad.element_size = 0;
  expect_layout_refused(bad, SYNCHED_EINVAL, "element_size is 0");
  bad = good;
  bad.segment_capacity = 0;
  expect_layout_refused(bad, SYNCHED_EINVAL,
                        "segment_capacity is 0 and segment_capacities is NULL");
  bad.segment_capacities = zeros;
  expect_layout_refused(bad, SYNCHED_EINVAL, "entries of segment_capacities are 0");
  bad = good;
  bad.segment_capacities = zeros;
  expect_layout_refused(bad, SYNCHED_EINVAL,
                        "segment_capacity is 4 and segment_capacities is given");
}

/* --- overflow --- */

/* The bytes of a padded or packed layout; false where they are more than a size_t can say. */
static bool true_bytes(size_t *bytes, const struct synched_memory_options *options) {
  size_t step = 1;
  if (options->layout == SYNCHED_LAYOUT_PADDED)
    while (step * options->element_size % SYNCHED__CACHE_LINE != 0)
      step++;
  size_t capacity = options->segment_capacity;
  if (capacity % step != 0 && __builtin_add_overflow(capacity, step - capacity % step, &capacity))
    return false;
  return !__builtin_mul_overflow(capacity, options->segment_count, bytes) &&
         !__builtin_mul_overflow(*bytes, options->element_size, bytes);
}

/* Right or refused, never wrong: half of the addresses is too much, an eighth is not. */
static void expect_right_or_refused(const struct synched_memory_options *options) {
  size_t bytes = 0;
  bool fits = true_bytes(&bytes, options);
  struct synched__layout layout;
  int status = synched__layout_init(&layout, options);
  if (status == 0) {
    cr_assert(fits && bytes <= SIZE_MAX / 2, "%zu segments of %zu elements of %zu bytes",
              options->segment_count, options->segment_capacity, options->element_size);
    cr_assert_eq(layout.data_bytes, bytes);
    expect_sound(&layout, options->element_size);
    synched__layout_deinit(&layout);
  } else {
    cr_assert_eq(status, SYNCHED_EOVERFLOW);
    cr_assert(!fits || bytes > SIZE_MAX / 8, "%zu segments of %zu elements of %zu bytes refused",
              options->segment_count, options->segment_capacity, options->element_size);
  }
}

/* Every capacity near a multiple of a fraction of the address space, where products wrap around. */
static void sweep_capacities(struct synched_memory_options options) {
  for (size_t divisor = 1; divisor <= 16; divisor++) {
    const size_t pivot = SIZE_MAX / divisor / options.segment_count / options.element_size;
    for (size_t delta = 0; delta <= 130; delta += delta < 3 ? 1 : 63) {
      options.segment_capacity = pivot - delta;
      if (options.segment_capacity != 0)
        expect_right_or_refused(&options);
      options.segment_capacity = pivot + delta;
      if (options.segment_capacity != 0)
        expect_right_or_refused(&options);
    }
  }
}

Test(layout, sizes_around_the_end_of_the_addresses_are_right_or_refused) {
  static const size_t sizes[] = {1, 3, 8, 12, 64, 4096, SIZE_MAX / 4, SIZE_MAX / 2, SIZE_MAX};
  static const size_t counts[] = {1, 2, 3, 128};
  for (size_t i = 0; i < LENGTH(sizes); i++)
    for (size_t j = 0; j < LENGTH(counts); j++)
      for (int kind = SYNCHED_LAYOUT_PACKED; kind <= SYNCHED_LAYOUT_PADDED; kind++)
        sweep_capacities((struct synched_memory_options){.segment_count = counts[j],
                                                         .element_size = sizes[i],
                                                         .layout = (enum synched_layout)kind});
}

Test(layout, uneven_capacities_whose_sum_wraps_around_are_refused) {
  static const size_t bad[][3] = {{SIZE_MAX, 1, 0},
                                  {1, SIZE_MAX, 1},
                                  {SIZE_MAX / 2, SIZE_MAX / 2 + 2, 5},
                                  {SIZE_MAX / 4, SIZE_MAX / 4, SIZE_MAX / 4},
                                  {4, 4, SIZE_MAX / 8 + 1},
                                  {SIZE_MAX - 62, 1, 64}};
  for (size_t i = 0; i < LENGTH(bad); i++)
    for (int kind = SYNCHED_LAYOUT_PACKED; kind <= SYNCHED_LAYOUT_PADDED; kind++)
      expect_layout_refused((struct synched_memory_options){.segment_count = 3,
                                                            .segment_capacities = bad[i],
                                                            .element_size = 8,
                                                            .layout = (enum synched_layout)kind},
                            SYNCHED_EOVERFLOW, "bytes, which is the most");
}

Test(layout, refused_allocation_leaves_nothing) {
  const struct synched_memory_options options = {
      .segment_count = 3, .segment_capacity = 4, .element_size = 8};
  for (unsigned nth = 1; nth <= 2; nth++) {
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, nth);
    struct synched__layout layout;
    expect_refused(synched__layout_init(&layout, &options), SYNCHED_ENOMEM, "3 segments");
    cr_assert_null(layout.offsets);
    cr_assert_null(layout.capacities);
  }
}
