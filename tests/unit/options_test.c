/*
 * options_test.c: structs that carry their size, from callers older and newer than the library.
 */
#include "base/options.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/job.h>
#include <synched/memory.h>
#include <synched/pool.h>
#include <synched/status.h>

#include "support/unit_support.h"

/* One struct through three versions. The library is of the second. */
struct first {
  uint32_t struct_size, flags;
};
struct second {
  uint32_t struct_size, flags;
  uint64_t period_ns;
  uint64_t count;
};
struct third {
  uint32_t struct_size, flags;
  uint64_t period_ns;
  uint64_t count;
  uint64_t limit;
};

static const struct synched__options_spec spec = {"synched_test_options", sizeof(struct second),
                                                  sizeof(struct first)};

static const struct second written = {sizeof(struct second), 3, 7, 11};

/* On the heap and exactly as long as it says, so that a byte read or written behind is noticed. */
static void *of_size(uint32_t struct_size, size_t bytes) {
  unsigned char *block = calloc(1, bytes);
  cr_assert_not_null(block);
  memcpy(block, &struct_size, sizeof struct_size);
  return block;
}

static struct second dirty(void) {
  struct second copy;
  memset(&copy, 0xa5, sizeof copy);
  return copy;
}

Test(options, read_of_null_gives_zeros) {
  struct second copy = dirty();
  cr_assert_eq(synched__options_read(&copy, NULL, &spec), 0);
  cr_assert_eq(memcmp(&copy, &(struct second){0}, sizeof copy), 0);
}

Test(options, read_of_the_same_version_copies_all) {
  struct second copy = dirty();
  cr_assert_eq(synched__options_read(&copy, &written, &spec), 0);
  cr_assert_eq(memcmp(&copy, &written, sizeof copy), 0);
}

Test(options, read_of_a_shorter_struct_zeroes_what_is_missing) {
  for (uint32_t size = sizeof(struct first); size < sizeof(struct second); size++) {
    unsigned char *options = of_size(size, size);
    memset(options + sizeof size, 0xff, size - sizeof size);
    struct second copy = dirty();
    cr_assert_eq(synched__options_read(&copy, options, &spec), 0);
    const unsigned char *bytes = (const unsigned char *)&copy;
    for (size_t i = sizeof size; i < sizeof copy; i++)
      cr_assert_eq(bytes[i], i < size ? 0xff : 0, "size %u, byte %zu", size, i);
    free(options);
  }
}

Test(options, read_of_a_longer_struct_with_a_zero_tail_copies_the_known_part) {
  struct third *options = of_size(sizeof(struct third), sizeof(struct third));
  options->flags = 3;
  options->period_ns = 7;
  options->count = 11;
  struct {
    struct second copy;
    unsigned char behind[16];
  } target;
  memset(&target, 0xa5, sizeof target);
  cr_assert_eq(synched__options_read(&target.copy, options, &spec), 0);
  cr_assert_eq(target.copy.flags, 3);
  cr_assert_eq(target.copy.period_ns, 7);
  cr_assert_eq(target.copy.count, 11);
  for (size_t i = 0; i < sizeof target.behind; i++)
    cr_assert_eq(target.behind[i], 0xa5);
  free(options);
}

Test(options, read_of_a_longer_struct_with_any_byte_set_in_its_tail_is_refused) {
  enum { BYTES = sizeof(struct second) + 21 };
  for (size_t i = sizeof(struct second); i < BYTES; i++) {
    unsigned char *options = of_size(BYTES, BYTES);
    options[i] = 1;
    struct second copy;
    char sentence[64];
    (void)snprintf(sentence, sizeof sentence, "synched_test_options has a field set (byte %zu)", i);
    expect_refused(synched__options_read(&copy, options, &spec), SYNCHED_EINVAL, sentence);
    free(options);
  }
}

Test(options, read_with_an_impossible_size_is_refused) {
  static const uint32_t sizes[] = {0,     1,          4,         sizeof(struct first) - 1,
                                   65537, 0xa5a5a5a5, UINT32_MAX};
  for (size_t i = 0; i < LENGTH(sizes); i++) {
    struct second options = {.struct_size = sizes[i]};
    struct second copy;
    expect_refused(synched__options_read(&copy, &options, &spec), SYNCHED_EINVAL,
                   "struct_size of synched_test_options");
  }
}

Test(options, out_write_of_the_same_version_fills_all_but_the_size) {
  struct second out = {.struct_size = sizeof out};
  struct second filled = written;
  filled.struct_size = 0;
  cr_assert_eq(synched__out_write(&out, &filled, &spec), 0);
  cr_assert_eq(memcmp(&out, &written, sizeof out), 0);
}

Test(options, out_write_to_a_shorter_struct_stays_within_it) {
  for (uint32_t size = sizeof(struct first); size < sizeof(struct second); size++) {
    unsigned char *out = of_size(size, size);
    cr_assert_eq(synched__out_write(out, &written, &spec), 0);
    cr_assert_eq(memcmp(out, &size, sizeof size), 0);
    cr_assert_eq(memcmp(out + sizeof size, (const unsigned char *)&written + sizeof size,
                        size - sizeof size),
                 0);
    free(out);
  }
}

Test(options, out_write_to_a_longer_struct_zeroes_its_tail) {
  struct third *out = of_size(sizeof(struct third), sizeof(struct third));
  out->limit = UINT64_MAX;
  cr_assert_eq(synched__out_write(out, &written, &spec), 0);
  cr_assert_eq(out->struct_size, sizeof *out);
  cr_assert_eq(out->flags, 3);
  cr_assert_eq(out->count, 11);
  cr_assert_eq(out->limit, 0);
  free(out);
}

Test(options, out_write_that_is_refused_leaves_the_struct_as_it_was) {
  expect_refused(synched__out_write(NULL, &written, &spec), SYNCHED_EINVAL, "is NULL");
  static const uint32_t sizes[] = {0, sizeof(struct first) - 1, 65537, UINT32_MAX};
  for (size_t i = 0; i < LENGTH(sizes); i++) {
    struct second out = dirty();
    out.struct_size = sizes[i];
    struct second before = out;
    expect_refused(synched__out_write(&out, &written, &spec), SYNCHED_EINVAL, "struct_size");
    cr_assert_eq(memcmp(&out, &before, sizeof out), 0);
  }
}

/* The two ways to begin options, for each public struct. */
#define EXPECT_SAME_DEFAULTS(kind, made)                                                           \
  do {                                                                                             \
    struct synched_##kind##_options assigned = synched_##kind##_options_default();                 \
    cr_expect_eq(assigned.struct_size, sizeof assigned, #kind);                                    \
    cr_expect_eq(memcmp(&assigned, (made), sizeof assigned), 0, #kind);                            \
  } while (0)

Test(options, defaults_by_function_and_by_macro_are_the_same) {
  EXPECT_SAME_DEFAULTS(memory, SYNCHED_MEMORY_OPTIONS(.flags = 0));
  EXPECT_SAME_DEFAULTS(pool, SYNCHED_POOL_OPTIONS(.flags = 0));
  EXPECT_SAME_DEFAULTS(job, SYNCHED_JOB_OPTIONS(.flags = 0));
}
