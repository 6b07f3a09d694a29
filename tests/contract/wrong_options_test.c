/*
 * wrong_options_test.c: options with one thing wrong, one a row: the status, the sentence that
 * names the field, and that nothing was made; and option structs of callers that were compiled
 * against another version.
 */
#include <criterion/criterion.h>

#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include "support/unit_support.h"

/* --- pools --- */

struct pool_row {
  const char *what;
  int expected;
  const char *says;
  struct synched_pool_options options;
};

#define LISTED(list)                                                                               \
  { .worker_count = 1, .affinity = SYNCHED_AFFINITY_LIST, .cpu_list = (list) }

static const struct pool_row pool_rows[] = {
    {"flag", SYNCHED_EINVAL, "flags", {.flags = 1}},
    {"high flag", SYNCHED_EINVAL, "flags", {.flags = 0x80000000u}},
    {"workers", SYNCHED_EINVAL, "worker_count", {.worker_count = SYNCHED_WORKERS_MAX + 1}},
    {"workers huge", SYNCHED_EINVAL, "worker_count", {.worker_count = UINT_MAX}},
    {"affinity", SYNCHED_EINVAL, "affinity", {.affinity = (enum synched_affinity)6}},
    {"affinity -1", SYNCHED_EINVAL, "affinity", {.affinity = (enum synched_affinity) - 1}},
    {"affinity huge", SYNCHED_EINVAL, "affinity", {.affinity = (enum synched_affinity)INT_MAX}},
    {"wait", SYNCHED_EINVAL, "wait is 3; there are 0 to", {.wait = (enum synched_wait)3}},
    {"wait -1", SYNCHED_EINVAL, "wait is -1", {.wait = (enum synched_wait) - 1}},
    {"wait huge", SYNCHED_EINVAL, "wait", {.wait = (enum synched_wait)INT_MAX}},
    {"spin_ns, SLEEP",
     SYNCHED_EINVAL,
     "spin_ns is 1 with wait 2",
     {.wait = SYNCHED_WAIT_SLEEP, .spin_ns = 1}},
    {"SPIN with 4096 workers",
     SYNCHED_EINVAL,
     "SPIN",
     {.wait = SYNCHED_WAIT_SPIN, .worker_count = SYNCHED_WORKERS_MAX}},
    {"stack of 1", SYNCHED_EINVAL, "stack_bytes", {.stack_bytes = 1}},
    {"stack short", SYNCHED_EINVAL, "stack_bytes", {.stack_bytes = 65535}},
    {"priority negative", SYNCHED_EINVAL, "priority is -1", {.priority = -1}},
    {"priority", SYNCHED_EINVAL, "priority is 100", {.priority = 100}},
    {"priority huge", SYNCHED_EINVAL, "priority", {.priority = INT_MAX}},
    {"nice", SYNCHED_EINVAL, "nice is 20", {.nice = 20}},
    {"nice negative", SYNCHED_EINVAL, "nice is -21", {.nice = -21}},
    {"nice huge", SYNCHED_EINVAL, "nice", {.nice = INT_MIN}},
    {"priority and nice", SYNCHED_EINVAL, "nice is 1", {.priority = 1, .nice = 1}},
    {"list missing", SYNCHED_EINVAL, "cpu_list", LISTED(NULL)},
    {"list empty", SYNCHED_EINVAL, "cpu_list", LISTED("")},
    {"list of letters", SYNCHED_EINVAL, "cpu_list", LISTED("a")},
    {"list with a blank", SYNCHED_EINVAL, "cpu_list", LISTED(" 0")},
    {"list negative", SYNCHED_EINVAL, "cpu_list", LISTED("-1")},
    {"list unfinished", SYNCHED_EINVAL, "cpu_list", LISTED("0-")},
    {"list ends in a comma", SYNCHED_EINVAL, "cpu_list", LISTED("0,")},
    {"list of commas", SYNCHED_EINVAL, "cpu_list", LISTED("0,,0")},
    {"list backwards", SYNCHED_EINVAL, "cpu_list", LISTED("1-0")},
    {"list overflowing", SYNCHED_EINVAL, "cpu_list", LISTED("99999999999999999999999")},
    {"list huge", SYNCHED_EINVAL, "cpu_list", LISTED("0-1048576")},
    {"no such CPU", SYNCHED_ENOENT, "CPU 1000000", LISTED("1000000")},
    {"no such CPU in a range", SYNCHED_ENOENT, "CPU", LISTED("0-1000000")},
    {"list with AUTO", SYNCHED_EINVAL, "cpu_list", {.cpu_list = "0"}},
    {"list with NONE",
     SYNCHED_EINVAL,
     "cpu_list",
     {.cpu_list = "0", .affinity = SYNCHED_AFFINITY_NONE}},
};

static void expect_no_pool(const struct pool_row *row) {
  struct synched_pool_options options = row->options;
  struct synched_pool *pool = (struct synched_pool *)&pool;
  options.struct_size = (uint32_t)sizeof options;
  sentence_forget();
  int status = synched_pool_create(&pool, &options);
  cr_assert_eq(status, row->expected, "%s: %s: %s", row->what, synched_err_name(status),
               synched_error_message());
  cr_assert_null(pool, "%s", row->what);
  sentence_expect(row->what, row->says);
  threads_expect(0);
}

Test(wrong_options, pool_options, .init = threads_begin) {
  for (size_t i = 0; i < LENGTH(pool_rows); i++)
    expect_no_pool(&pool_rows[i]);
  pool_end(pool_new(1));
}

/* Sizes that no thread can have: the system's refusal, or ours, but no pool. */
Test(wrong_options, pool_stack_that_cannot_be_had, .init = threads_begin) {
  static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4095, SIZE_MAX / 2, SIZE_MAX / 4};
  for (size_t i = 0; i < LENGTH(sizes); i++) {
    struct synched_pool *pool = (struct synched_pool *)&pool;
    int status = synched_pool_create(
        &pool, SYNCHED_POOL_OPTIONS(.worker_count = 2, .stack_bytes = sizes[i]));
    cr_assert(status == SYNCHED_EAGAIN || status == SYNCHED_EINVAL || status == SYNCHED_ENOMEM,
              "%zu bytes: %s", sizes[i], synched_err_name(status));
    cr_assert_null(pool);
    threads_expect(0);
  }
}

Test(wrong_options, pool_cpu_that_is_not_allowed, .init = threads_begin) {
  cpu_set_t mask;
  char list[16];
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  if (CPU_COUNT(&mask) < 2)
    cr_skip_test("one CPU only");
  unsigned forbidden = 0;
  while (!CPU_ISSET(forbidden, &mask))
    forbidden++;
  CPU_CLR(forbidden, &mask);
  cr_assert_eq(sched_setaffinity(0, sizeof mask, &mask), 0);
  (void)snprintf(list, sizeof list, "%u", forbidden);
  expect_no_pool(&(struct pool_row){"CPU forbidden", SYNCHED_EPERM, "cpu_list", LISTED(list)});
  struct synched_place place = {.cpu = 7};
  cr_assert_eq(synched_topology_plan(&place, 1, SYNCHED_AFFINITY_LIST, list), SYNCHED_EPERM);
  cr_assert_eq(place.cpu, 7);
}

/* --- memories --- */

struct memory_row {
  const char *what;
  int expected;
  const char *says;
  struct synched_memory_options options;
};

#define HALF_SIZE (SIZE_MAX / 2 + 1)

static const size_t all_zero[3] = {0, 0, 0};
static const size_t two_halves[2] = {HALF_SIZE, HALF_SIZE};
static const size_t one_too_many[3] = {1, SIZE_MAX / 32, SIZE_MAX / 4};

#define SIZES(count, capacity, size)                                                               \
  .segment_count = (count), .segment_capacity = (capacity), .element_size = (size)
#define UNEVEN(count, capacities, size)                                                            \
  .segment_count = (count), .segment_capacities = (capacities), .element_size = (size)

static const struct memory_row memory_rows[] = {
    {"no segments", SYNCHED_EINVAL, "segment_count", {SIZES(0, 1, 1)}},
    {"no capacity", SYNCHED_EINVAL, "segment_capacity", {SIZES(1, 0, 1)}},
    {"no element size", SYNCHED_EINVAL, "element_size", {SIZES(1, 1, 0)}},
    {"nothing at all", SYNCHED_EINVAL, "segment_count", {.flags = 0}},
    {"both capacities",
     SYNCHED_EINVAL,
     "segment_capacity is 1 and segment_capacities is given",
     {SIZES(3, 1, 1), .segment_capacities = all_zero}},
    {"a capacity and elements in all",
     SYNCHED_EINVAL,
     "element_count is 9 and segment_capacity is given",
     {SIZES(3, 1, 1), .element_count = 9}},
    {"capacities and elements in all",
     SYNCHED_EINVAL,
     "element_count is 9 and segment_capacities is given",
     {UNEVEN(3, all_zero, 1), .element_count = 9}},
    {"all capacities 0",
     SYNCHED_EINVAL,
     "all 3 entries of segment_capacities",
     {UNEVEN(3, all_zero, 1)}},
    {"segments", SYNCHED_ERANGE, "segment_count", {SIZES(SYNCHED_SEGMENTS_MAX + 1, 1, 1)}},
    {"segments huge", SYNCHED_ERANGE, "segment_count", {SIZES(SIZE_MAX, 1, 1)}},
    {"leases",
     SYNCHED_ERANGE,
     "lease_count",
     {SIZES(1, 1, 1), .lease_count = SYNCHED_LEASES_MAX + 1}},
    {"leases huge", SYNCHED_ERANGE, "lease_count", {SIZES(1, 1, 1), .lease_count = UINT_MAX}},
    {"flag 16", SYNCHED_EINVAL, "flags is 0x10", {SIZES(1, 1, 1), .flags = 16}},
    {"pages of two sizes", SYNCHED_EINVAL, "only one may be", {SIZES(1, 1, 1), .flags = 5}},
    {"high flag", SYNCHED_EINVAL, "flags", {SIZES(1, 1, 1), .flags = 0x80000000u}},
    {"known and unknown flags", SYNCHED_EINVAL, "flags is 0x1f", {SIZES(1, 1, 1), .flags = 31}},
    {"in place and KEEP",
     SYNCHED_EINVAL,
     "refill is 1, and the memory is changed in place",
     {SIZES(1, 1, 1), .flags = SYNCHED_MEMORY_IN_PLACE, .refill = SYNCHED_REFILL_KEEP}},
    {"in place and NONE",
     SYNCHED_EINVAL,
     "refill is 2",
     {SIZES(1, 1, 1), .flags = SYNCHED_MEMORY_IN_PLACE, .refill = SYNCHED_REFILL_NONE}},
    {"layout",
     SYNCHED_EINVAL,
     "layout is 2; there are 0 to",
     {SIZES(1, 1, 1), .layout = (enum synched_layout)2}},
    {"layout -1", SYNCHED_EINVAL, "layout", {SIZES(1, 1, 1), .layout = (enum synched_layout) - 1}},
    {"refill",
     SYNCHED_EINVAL,
     "refill is 3; there are 0 to",
     {SIZES(1, 1, 1), .refill = (enum synched_refill)3}},
    {"refill -1", SYNCHED_EINVAL, "refill", {SIZES(1, 1, 1), .refill = (enum synched_refill) - 1}},
    {"elements in all huge",
     SYNCHED_EOVERFLOW,
     "segments",
     {SIZES(3, 0, 8), .element_count = SIZE_MAX}},
    {"capacity huge", SYNCHED_EOVERFLOW, "segments", {SIZES(1, SIZE_MAX, 1)}},
    {"element huge", SYNCHED_EOVERFLOW, "segments", {SIZES(1, 1, SIZE_MAX)}},
    {"both huge", SYNCHED_EOVERFLOW, "segments", {SIZES(1, SIZE_MAX, SIZE_MAX)}},
    {"product wraps to 0",
     SYNCHED_EOVERFLOW,
     "segments",
     {SIZES(1u << 20, HALF_SIZE >> 23, (size_t)1 << 4)}},
    {"segment's product wraps",
     SYNCHED_EOVERFLOW,
     "segments",
     {SIZES(1, (HALF_SIZE >> 30) + 1, (size_t)1 << 31)}},
    {"sum wraps", SYNCHED_EOVERFLOW, "segments", {UNEVEN(2, two_halves, 1)}},
    {"last one too many", SYNCHED_EOVERFLOW, "segments", {UNEVEN(3, one_too_many, 8)}},
    {"too large with padding",
     SYNCHED_EOVERFLOW,
     "segments",
     {SIZES(2, SIZE_MAX / 8, 1), .layout = SYNCHED_LAYOUT_PADDED}},
    {"not so without, but more than there is",
     SYNCHED_ENOMEM,
     "no memory",
     {SIZES(2, SIZE_MAX / 8, 1)}},
};

/* Also asked by synched_memory_needs, which finds the same. */
static void expect_no_needs(const char *what, const struct synched_memory_options *options,
                            int expected, const char *says) {
  struct synched_memory_needs needs = {7, 7, 7};
  sentence_forget();
  cr_assert_eq(synched_memory_needs(options, &needs), expected, "%s: %s", what,
               synched_error_message());
  sentence_expect(what, says);
  cr_assert(needs.bytes == 0 && needs.alignment == 0 && needs.buffer_count == 0, "%s", what);
}

static void expect_no_memory(const char *what, const struct memory_row *row) {
  struct synched_memory_options options = row->options;
  struct synched_memory *memory = (struct synched_memory *)&memory;
  options.struct_size = (uint32_t)sizeof options;
  sentence_forget();
  int status = synched_memory_create(&memory, &options);
  cr_assert_eq(status, row->expected, "%s: %s: %s", what, synched_err_name(status),
               synched_error_message());
  cr_assert_null(memory, "%s", what);
  sentence_expect(what, row->says);
}

Test(wrong_options, memory_options) {
  for (size_t i = 0; i < LENGTH(memory_rows); i++) {
    struct synched_memory_options options = memory_rows[i].options;
    options.struct_size = (uint32_t)sizeof options;
    expect_no_memory(memory_rows[i].what, &memory_rows[i]);
    if (memory_rows[i].expected != SYNCHED_ENOMEM)
      expect_no_needs(memory_rows[i].what, &options, memory_rows[i].expected, memory_rows[i].says);
  }
  struct synched_memory *memory = (struct synched_memory *)&memory;
  sentence_forget();
  cr_assert_eq(synched_memory_create(&memory, NULL), SYNCHED_EINVAL);
  cr_assert_null(memory);
  sentence_expect("options NULL", "options");
  sentence_forget();
  cr_assert_eq(synched_memory_create(NULL, SYNCHED_MEMORY_OPTIONS(SIZES(1, 1, 1))), SYNCHED_EINVAL);
  sentence_expect("out NULL", "memory");
}

Test(wrong_options, memory_needs) {
  struct synched_memory_needs needs;
  expect_no_needs("options NULL", NULL, SYNCHED_EINVAL, "options");
  sentence_forget();
  cr_assert_eq(synched_memory_needs(SYNCHED_MEMORY_OPTIONS(SIZES(1, 1, 1)), NULL), SYNCHED_EINVAL);
  sentence_expect("out NULL", "needs");
  /* It does not look at buffers. */
  void *buffers[] = {NULL};
  cr_assert_eq(synched_memory_needs(SYNCHED_MEMORY_OPTIONS(SIZES(3, 5, 12), .lease_count = 2,
                                                           .flags = SYNCHED_MEMORY_HUGE_PAGES,
                                                           .buffers = buffers, .buffer_bytes = 1),
                                    &needs),
               0, "%s", synched_error_message());
  cr_assert_eq(needs.bytes, 180);
  cr_assert_eq(needs.alignment, 4);
  cr_assert_eq(needs.buffer_count, 4);
  cr_assert_eq(
      synched_memory_needs(SYNCHED_MEMORY_OPTIONS(SIZES(2, 1, 8), .layout = SYNCHED_LAYOUT_PADDED,
                                                  .flags = SYNCHED_MEMORY_IN_PLACE),
                           &needs),
      0);
  cr_assert_eq(needs.bytes, 256);
  cr_assert_eq(needs.alignment, 128);
  cr_assert_eq(needs.buffer_count, 1);
}

/* --- the program's own buffers --- */

/* Two segments of eight elements of eight bytes, in buffers of 128 bytes each. */
static _Alignas(128) unsigned char storage[1024];

static void *const three[] = {storage, storage + 128, storage + 256};
static void *const with_null[] = {storage, NULL};
static void *const unaligned[] = {storage, storage + 132};
static void *const line_unaligned[] = {storage, storage + 512 + 64};
static void *const overlapping[] = {storage + 128, storage + 8};
static void *const twice[] = {storage, storage};
static void *const at_the_end[] = {storage, (void *)(UINTPTR_MAX - 127)};
static void *const apart[] = {storage, storage + 256, storage + 384 - 8};

#define OWN(list, count, bytes)                                                                    \
  SIZES(2, 8, 8), .buffers = (list), .buffer_count = (count), .buffer_bytes = (bytes)

static const struct memory_row buffer_rows[] = {
    {"a count only", SYNCHED_EINVAL, "buffer_count is given, but buffers is", {OWN(NULL, 2, 0)}},
    {"bytes only", SYNCHED_EINVAL, "buffer_bytes is given, but buffers is", {OWN(NULL, 0, 128)}},
    {"none",
     SYNCHED_EINVAL,
     "buffer_count is 0; with 0 leases a memory needs",
     {OWN(three, 0, 128)}},
    {"one",
     SYNCHED_EINVAL,
     "buffer_count is 1; with 0 leases a memory needs",
     {OWN(three, 1, 128)}},
    {"too few for leases",
     SYNCHED_EINVAL,
     "buffer_count is 3; with 2 leases a memory needs",
     {OWN(three, 3, 128), .lease_count = 2}},
    {"none in place",
     SYNCHED_EINVAL,
     "buffer_count is 0",
     {OWN(three, 0, 128), .flags = SYNCHED_MEMORY_IN_PLACE}},
    {"none, and more to be made",
     SYNCHED_EINVAL,
     "buffer_count is 0",
     {OWN(three, 0, 128), .flags = SYNCHED_MEMORY_MORE_BUFFERS}},
    {"more than none",
     SYNCHED_EINVAL,
     "MORE_BUFFERS is given, but buffers is",
     {SIZES(2, 8, 8), .flags = SYNCHED_MEMORY_MORE_BUFFERS}},
    {"very many", SYNCHED_ERANGE, "buffer_count is 258; at most", {OWN(three, 258, 128)}},
    {"a huge count", SYNCHED_ERANGE, "buffer_count", {OWN(three, UINT_MAX, 128)}},
    {"no bytes", SYNCHED_EINVAL, "buffer_bytes is 0; 2 segments need 128", {OWN(three, 2, 0)}},
    {"a byte too few", SYNCHED_EINVAL, "buffer_bytes is 127", {OWN(three, 2, 127)}},
    {"too small when padded",
     SYNCHED_EINVAL,
     "buffer_bytes is 128; 2 segments need 256",
     {OWN(three, 2, 128), .layout = SYNCHED_LAYOUT_PADDED}},
    {"an entry NULL", SYNCHED_EINVAL, "buffers[1] is", {OWN(with_null, 2, 128)}},
    {"not aligned to its elements",
     SYNCHED_EINVAL,
     "elements of 8 bytes need a multiple of",
     {OWN(unaligned, 2, 128)}},
    {"not aligned to a line, padded",
     SYNCHED_EINVAL,
     "elements of 8 bytes, padded, need a multiple of",
     {OWN(line_unaligned, 2, 256), .layout = SYNCHED_LAYOUT_PADDED}},
    {"beyond the last address",
     SYNCHED_EINVAL,
     "there are no 128 bytes from there on",
     {OWN(at_the_end, 2, 128)}},
    {"they overlap",
     SYNCHED_EINVAL,
     "buffers[0] and buffers[1] overlap: they begin 120 bytes apart, and each needs",
     {OWN(overlapping, 2, 128)}},
    {"one twice", SYNCHED_EINVAL, "they begin 0 bytes apart", {OWN(twice, 2, 128)}},
    {"the last two overlap", SYNCHED_EINVAL, "buffers[1] and buffers[2]", {OWN(apart, 3, 128)}},
    {"huge pages",
     SYNCHED_EINVAL,
     "HUGE_PAGES",
     {OWN(three, 2, 128), .flags = SYNCHED_MEMORY_HUGE_PAGES}},
    {"sizes that overflow",
     SYNCHED_EOVERFLOW,
     "segments",
     {SIZES(2, SIZE_MAX / 8, 8), .buffers = three, .buffer_count = 2, .buffer_bytes = SIZE_MAX}},
};

/* Nothing is written to them, either. */
Test(wrong_options, memory_buffers) {
  memset(storage, 0xa5, sizeof storage);
  for (size_t i = 0; i < LENGTH(buffer_rows); i++)
    expect_no_memory(buffer_rows[i].what, &buffer_rows[i]);
  memory_end(memory_with(SYNCHED_MEMORY_OPTIONS(OWN(three, 3, 128), .lease_count = 1)));
  memory_end(memory_with(SYNCHED_MEMORY_OPTIONS(OWN(three, 1, 128), .lease_count = 1,
                                                .flags = SYNCHED_MEMORY_IN_PLACE)));
  for (size_t i = 0; i < sizeof storage; i++)
    cr_assert_eq(storage[i], 0xa5, "byte %zu was written", i);
}

Test(wrong_options, memory_limits_themselves_are_accepted) {
  memory_end(
      memory_with(SYNCHED_MEMORY_OPTIONS(SIZES(1, 1, 1), .lease_count = SYNCHED_LEASES_MAX)));
  memory_end(memory_with(SYNCHED_MEMORY_OPTIONS(SIZES(70000, 1, 1))));
}

/* --- jobs --- */

struct job_row {
  const char *what;
  int expected;
  const char *says;
  struct synched_job_options options;
};

static void ignore_progress(struct synched_job *job, const struct synched_progress *progress,
                            void *user) {
  (void)job;
  (void)progress;
  (void)user;
}

static void ignore_snapshot(struct synched_job *job, const struct synched_snapshot *now,
                            void *user) {
  (void)job;
  (void)now;
  (void)user;
}

static void ignore_miss(struct synched_job *job, const struct synched_deadline_miss *miss,
                        void *user) {
  (void)job;
  (void)miss;
  (void)user;
}

static const struct job_row job_rows[] = {
    {"compute NULL", SYNCHED_EINVAL, "compute", {.compute = NULL}},
    {"flag 8",
     SYNCHED_EINVAL,
     "flags is 0x80; a job knows those in",
     {.compute = compute_nothing, .flags = 0x80}},
    {"period too short",
     SYNCHED_ERANGE,
     "period_ns is 199999",
     {.compute = compute_nothing, .period_ns = SYNCHED_PERIOD_MIN_NS - 1}},
    {"period of 2^63",
     SYNCHED_ERANGE,
     "period_ns",
     {.compute = compute_nothing, .period_ns = UINT64_C(1) << 63}},
    {"overrun",
     SYNCHED_EINVAL,
     "overrun is 3; there are 0 to",
     {.compute = compute_nothing, .period_ns = 1000000, .overrun = (enum synched_overrun)3}},
    {"overrun without a period",
     SYNCHED_EINVAL,
     "overrun is 1, but period_ns is",
     {.compute = compute_nothing, .overrun = SYNCHED_OVERRUN_CATCH_UP}},
    {"deadline above the period",
     SYNCHED_EINVAL,
     "below the deadline",
     {.compute = compute_nothing, .period_ns = 1000000, .deadline_ns = 1000001}},
    {"deadline of 2^63",
     SYNCHED_ERANGE,
     "deadline_ns",
     {.compute = compute_nothing, .deadline_ns = UINT64_C(1) << 63}},
    {"deadline policy",
     SYNCHED_EINVAL,
     "deadline_policy is 3; there are 0 to",
     {.compute = compute_nothing,
      .deadline_ns = 1000000,
      .deadline_policy = (enum synched_deadline_policy)3}},
    {"deadline policy without a deadline",
     SYNCHED_EINVAL,
     "deadline_policy is 2, but deadline_ns is",
     {.compute = compute_nothing, .deadline_policy = SYNCHED_DEADLINE_FAIL}},
    {"on_deadline without a deadline",
     SYNCHED_EINVAL,
     "deadline_ns is 0",
     {.compute = compute_nothing, .on_deadline = ignore_miss}},
    {"weight",
     SYNCHED_ERANGE,
     "weight is 1001; at most",
     {.compute = compute_nothing, .weight = SYNCHED_WEIGHT_MAX + 1}},
    {"high flag", SYNCHED_EINVAL, "flags", {.compute = compute_nothing, .flags = 0x80000000u}},
    {"known and unknown flag",
     SYNCHED_EINVAL,
     "flags",
     {.compute = compute_nothing, .flags = 0x81}},
    {"delivery",
     SYNCHED_EINVAL,
     "delivery is 2; there are 0 to",
     {.compute = compute_nothing, .delivery = (enum synched_delivery)2}},
    {"delivery -1",
     SYNCHED_EINVAL,
     "delivery is -1; there are 0 to",
     {.compute = compute_nothing, .delivery = (enum synched_delivery) - 1}},
    {"balance",
     SYNCHED_EINVAL,
     "balance is 2; there are 0 to",
     {.compute = compute_nothing, .balance = (enum synched_balance)2}},
    {"homes",
     SYNCHED_EINVAL,
     "homes is 3; there are 0 to",
     {.compute = compute_nothing, .homes = (enum synched_homes)3}},
    {"homes follow where calls are skipped",
     SYNCHED_EINVAL,
     "SYNCHED_JOB_SKIP_UNCHANGED deals home ranges anew",
     {.compute = compute_nothing,
      .homes = SYNCHED_HOMES_FOLLOW,
      .flags = SYNCHED_JOB_SKIP_UNCHANGED}},
    {"homes follow what is not recorded",
     SYNCHED_EINVAL,
     "needs what SYNCHED_RECORD_OFF does not record",
     {.compute = compute_nothing,
      .homes = SYNCHED_HOMES_FOLLOW,
      .balance = SYNCHED_BALANCE_STATIC,
      .record = SYNCHED_RECORD_OFF}},
    {"homes follow what is not measured",
     SYNCHED_EINVAL,
     "needs what SYNCHED_JOB_NO_SEGMENT_TIMES does not measure",
     {.compute = compute_nothing,
      .homes = SYNCHED_HOMES_FOLLOW,
      .flags = SYNCHED_JOB_NO_SEGMENT_TIMES}},
    {"balance -1",
     SYNCHED_EINVAL,
     "balance",
     {.compute = compute_nothing, .balance = (enum synched_balance) - 1}},
    {"fold",
     SYNCHED_EINVAL,
     "fold is 6; there are 0 to",
     {.compute = compute_nothing, .fold = (enum synched_fold)6}},
    {"fold -1",
     SYNCHED_EINVAL,
     "fold is -1; there are 0 to",
     {.compute = compute_nothing, .fold = (enum synched_fold) - 1}},
    {"on_snapshot without leases",
     SYNCHED_EINVAL,
     "lease_count",
     {.compute = compute_nothing, .on_snapshot = ignore_snapshot}},
    {"progress without a callback",
     SYNCHED_EINVAL,
     "progress_ns is given",
     {.compute = compute_nothing, .progress_ns = 1}},
    {"progress_ns",
     SYNCHED_ERANGE,
     "progress_ns is 18446744073709551615; at most",
     {.compute = compute_nothing, .on_progress = ignore_progress, .progress_ns = UINT64_MAX}},
    {"report_rounds",
     SYNCHED_ERANGE,
     "report_rounds is 65537; at most",
     {.compute = compute_nothing, .report_rounds = 65537}},
    {"report_rounds huge",
     SYNCHED_ERANGE,
     "report_rounds",
     {.compute = compute_nothing, .report_rounds = UINT_MAX}},
    {"report_tasks",
     SYNCHED_ERANGE,
     "report_tasks is 16777217; at most",
     {.compute = compute_nothing, .record = SYNCHED_RECORD_TASKS, .report_tasks = 16777217}},
    {"report_tasks without tasks",
     SYNCHED_EINVAL,
     "report_tasks is given",
     {.compute = compute_nothing, .report_tasks = 1}},
    {"tasks without times",
     SYNCHED_EINVAL,
     "SYNCHED_JOB_NO_SEGMENT_TIMES",
     {.compute = compute_nothing,
      .record = SYNCHED_RECORD_TASKS,
      .flags = SYNCHED_JOB_NO_SEGMENT_TIMES}},
};

static void expect_no_job(const struct engine *engine, const struct job_row *row) {
  struct synched_job_options options = row->options;
  struct synched_job *job = (struct synched_job *)&job;
  options.struct_size = (uint32_t)sizeof options;
  sentence_forget();
  int status = synched_job_create(&job, engine->pool, engine->memory, &options);
  cr_assert_eq(status, row->expected, "%s: %s: %s", row->what, synched_err_name(status),
               synched_error_message());
  cr_assert_null(job, "%s", row->what);
  sentence_expect(row->what, row->says);
}

/* Memory and pool are free all the time: a writer can open, and at the end both can go. */
Test(wrong_options, job_options) {
  struct engine engine = {.pool = pool_new(1),
                          .memory = memory_with(SYNCHED_MEMORY_OPTIONS(SIZES(2, 1, 1)))};
  for (size_t i = 0; i < LENGTH(job_rows); i++) {
    struct synched_writer *writer;
    expect_no_job(&engine, &job_rows[i]);
    cr_assert_eq(synched_writer_open(&writer, engine.memory, 0), 0, "%s", job_rows[i].what);
    cr_assert_eq(synched_writer_close(writer), 0);
  }
  cr_assert_eq(
      synched_job_create(&engine.job, engine.pool, engine.memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .report_rounds = 65536)),
      0);
  engine_end_with_pool(&engine);
}

/* --- structs of other versions --- */

static struct engine versions; /* what jobs are created with */

static int make_pool(const void *options) {
  struct synched_pool *pool = (struct synched_pool *)&pool;
  int status = synched_pool_create(&pool, options);
  cr_assert_eq(status != 0, pool == NULL);
  (void)synched_pool_destroy(pool);
  return status;
}

static int make_memory(const void *options) {
  struct synched_memory *memory = (struct synched_memory *)&memory;
  int status = synched_memory_create(&memory, options);
  cr_assert_eq(status != 0, memory == NULL);
  (void)synched_memory_destroy(memory);
  return status;
}

static int make_job(const void *options) {
  struct synched_job *job = (struct synched_job *)&job;
  int status = synched_job_create(&job, versions.pool, versions.memory, options);
  cr_assert_eq(status != 0, job == NULL);
  (void)synched_job_destroy(job);
  return status;
}

struct version {
  const char *what;
  size_t known;
  size_t minimum; /* of the first version */
  const void *options;
  int (*make)(const void *options);
};

/* The options at the end of a heap block of exactly that size, so that a byte read too many is
 * noticed. */
static int make_sized(const struct version *version, uint32_t size, size_t tail_byte) {
  unsigned char *block = calloc(1, size > version->known ? size : version->known);
  cr_assert_not_null(block);
  memcpy(block, version->options, version->known);
  memcpy(block, &size, sizeof size);
  if (tail_byte != 0)
    block[tail_byte] = 1;
  sentence_forget();
  int status = version->make(block);
  free(block);
  return status;
}

static void expect_versions(const struct version *version) {
  const uint32_t known = (uint32_t)version->known;
  const uint32_t minimum = (uint32_t)version->minimum;
  const uint32_t refused[] = {0, 1, 4, minimum - 8, minimum - 1, 1u << 20};
  const uint32_t accepted[] = {minimum, known, known + 1, known + 8, known + 200, 4096};
  for (size_t i = 0; i < LENGTH(refused); i++) {
    cr_assert_eq(make_sized(version, refused[i], 0), SYNCHED_EINVAL, "%s of %u", version->what,
                 (unsigned)refused[i]);
    sentence_expect(version->what, "struct_size");
    cr_assert_not_null(strstr(synched_error_message(), version->what));
  }
  for (size_t i = 0; i < LENGTH(accepted); i++)
    cr_assert_eq(make_sized(version, accepted[i], 0), 0, "%s of %u: %s", version->what,
                 (unsigned)accepted[i], synched_error_message());
  for (uint32_t at = known; at < known + 20; at++) {
    cr_assert_eq(make_sized(version, known + 20, at), SYNCHED_EINVAL, "%s: byte %u", version->what,
                 (unsigned)at);
    sentence_expect(version->what, version->what);
  }
}

Test(wrong_options, struct_size) {
  const struct synched_pool_options *pool = SYNCHED_POOL_OPTIONS(.worker_count = 1);
  const struct synched_memory_options *memory = SYNCHED_MEMORY_OPTIONS(SIZES(1, 1, 1));
  const struct synched_job_options *job = SYNCHED_JOB_OPTIONS(.compute = compute_nothing);
  versions = (struct engine){.pool = pool_with(pool), .memory = memory_with(memory)};
  expect_versions(&(struct version){"synched_pool_options", sizeof *pool,
                                    offsetof(struct synched_pool_options, priority), pool,
                                    make_pool});
  expect_versions(&(struct version){"synched_memory_options", sizeof *memory,
                                    offsetof(struct synched_memory_options, buffers), memory,
                                    make_memory});
  expect_versions(&(struct version){"synched_job_options", sizeof *job,
                                    offsetof(struct synched_job_options, period_ns), job,
                                    make_job});
  memory_end(versions.memory);
  pool_end(versions.pool);
}

Test(wrong_options, default_options_are_those_of_the_macros) {
  struct synched_pool_options pool = synched_pool_options_default();
  struct synched_memory_options memory = synched_memory_options_default();
  struct synched_job_options job = synched_job_options_default();
  cr_assert_eq(memcmp(&pool, SYNCHED_POOL_OPTIONS(.flags = 0), sizeof pool), 0);
  cr_assert_eq(memcmp(&memory, SYNCHED_MEMORY_OPTIONS(.flags = 0), sizeof memory), 0);
  cr_assert_eq(memcmp(&job, SYNCHED_JOB_OPTIONS(.flags = 0), sizeof job), 0);
}

/* An out-struct longer than ours: what we do not know becomes 0, and not a byte more. */
Test(wrong_options, out_structs_of_a_newer_caller_are_filled_with_zeros) {
  struct synched_pool *pool = pool_new(1);
  const size_t known = sizeof(struct synched_pool_info);
  const uint32_t size = (uint32_t)known + 40;
  unsigned char block[sizeof(struct synched_pool_info) + 48];
  memset(block, 0xaa, sizeof block);
  memcpy(block, &size, sizeof size);
  cr_assert_eq(synched_pool_info(pool, (struct synched_pool_info *)(void *)block), 0);
  for (size_t i = known; i < sizeof block; i++)
    cr_assert_eq(block[i], i < size ? 0 : 0xaa, "byte %zu", i);
  uint32_t size_after;
  memcpy(&size_after, block, sizeof size_after);
  cr_assert_eq(size_after, size);
  pool_end(pool);
}
