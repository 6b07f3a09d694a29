/*
 * reads_test.c: declarations made the library's own, and the neighbours that they come to; compared
 * with a table of who reads whom.
 */
#include "engine/reads.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/support.h"
#include "support/unit_support.h"

#define MOST 40u

/* Who reads whom: is[s][t], s reads t. */
struct table {
  size_t count;
  bool is[MOST][MOST];
};

static void add_near(struct table *table, size_t radius, bool wraps) {
  for (size_t s = 0; s < table->count; s++)
    for (size_t t = 0; t < table->count; t++) {
      const size_t below = (s + table->count - t) % table->count;
      const size_t above = (t + table->count - s) % table->count;
      const size_t apart = s < t ? t - s : s - t;
      table->is[s][t] =
          table->is[s][t] || (wraps ? (below < above ? below : above) <= radius : apart <= radius);
    }
}

static void add_list(struct table *table, const struct synched_reads *given) {
  for (size_t s = 0; s < table->count; s++) {
    table->is[s][s] = true;
    for (size_t i = given->offsets[s]; i < given->offsets[s + 1]; i++)
      table->is[s][given->segments[i]] = true;
  }
}

/* Who is read is a neighbour, too. */
static void close(struct table *table) {
  for (size_t s = 0; s < table->count; s++)
    for (size_t t = 0; t < s; t++)
      table->is[s][t] = table->is[t][s] = table->is[s][t] || table->is[t][s];
}

/* The same sets; each segment of one is in it once. Lists ascend. */
static void expect_table(const struct synched__reads *reads, const struct table *table,
                         const char *what) {
  for (size_t s = 0; s < table->count; s++) {
    bool seen[MOST] = {false};
    size_t wanted = 0;
    const size_t count = synched__reads_count(reads, s);
    for (size_t i = 0; i < count; i++) {
      const size_t other = synched__reads_at(reads, s, i);
      cr_assert_lt(other, table->count, "%s", what);
      cr_assert(!seen[other], "%s: %zu reads %zu twice", what, s, other);
      cr_assert(table->is[s][other], "%s: %zu reads %zu", what, s, other);
      cr_assert(reads->reach != SYNCHED_REACH_LIST || i == 0 ||
                    synched__reads_at(reads, s, i - 1) < other,
                "%s", what);
      seen[other] = true;
    }
    for (size_t t = 0; t < table->count; t++)
      wanted += table->is[s][t];
    cr_assert_eq(count, wanted, "%s: %zu reads %zu, not %zu", what, s, count, wanted);
  }
}

static struct synched_reads near(uint32_t radius, int wraps) {
  return (struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = radius, .wraps = wraps};
}

static struct synched__reads made(const struct synched_reads *given, size_t segment_count) {
  struct synched__reads reads;
  cr_assert_eq(synched__reads_check(given, segment_count, ""), 0, "%s", synched_error_message());
  cr_assert(synched__reads_init(&reads, given, segment_count));
  return reads;
}

/* --- each by itself --- */

Test(reads, near_ones_are_counted_from_the_segment) {
  for (size_t count = 1; count <= 12; count++)
    for (uint32_t radius = 0; radius <= 14; radius++)
      for (int wraps = 0; wraps <= 1; wraps++) {
        const struct synched_reads given = near(radius, wraps);
        struct synched__reads reads = made(&given, count);
        struct table table = {.count = count};
        char what[60];
        (void)snprintf(what, sizeof what, "%zu segments, radius %u%s", count, radius,
                       wraps ? " wrapping" : "");
        add_near(&table, radius, wraps != 0);
        expect_table(&reads, &table, what);
        synched__reads_deinit(&reads);
      }
}

Test(reads, radius_beyond_the_segments_is_all_of_them) {
  const struct synched_reads given = near(UINT32_MAX, 1);
  struct synched__reads reads = made(&given, 5);
  struct table table = {.count = 5};
  add_near(&table, 5, false);
  expect_table(&reads, &table, "wraps");
  synched__reads_deinit(&reads);
  const struct synched_reads plain = near(UINT32_MAX, 0);
  reads = made(&plain, 5);
  expect_table(&reads, &table, "does not wrap");
  synched__reads_deinit(&reads);
}

Test(reads, own_is_near_with_radius_0) {
  const struct synched_reads given = {.reach = SYNCHED_REACH_OWN};
  struct synched__reads reads = made(&given, 4);
  struct table table = {.count = 4};
  add_near(&table, 0, false);
  cr_assert_eq(reads.reach, SYNCHED_REACH_NEAR);
  expect_table(&reads, &table, "own");
}

Test(reads, all_stays_all) {
  const struct synched_reads given = {.reach = SYNCHED_REACH_ALL};
  const struct synched__reads reads = made(&given, 4);
  cr_assert_eq(reads.reach, SYNCHED_REACH_ALL);
}

/* --- lists --- */

struct list {
  struct synched_reads reads;
  size_t offsets[MOST + 1];
  size_t segments[6 * MOST];
};

/* Neither sorted nor symmetric, with some twice, and some empty. */
static void draw_list(struct list *list, size_t count, unsigned seed) {
  size_t entries = 0;
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (size_t s = 0; s < count; s++) {
    list->offsets[s] = entries;
    for (size_t k = 0; k < (s * 5 + seed) % 6; k++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      list->segments[entries] =
          k == 3 ? list->segments[entries - 1] : (size_t)(state >> 33) % count;
      entries++;
    }
  }
  list->offsets[count] = entries;
  list->reads = (struct synched_reads){.reach = SYNCHED_REACH_LIST,
                                       .offsets = list->offsets,
                                       .segments = entries == 0 ? NULL : list->segments};
}

Test(reads, list_is_sorted_without_doubles_and_with_itself) {
  static struct list list;
  for (unsigned seed = 0; seed < 60; seed++) {
    const size_t count = 1 + seed % MOST;
    struct table table = {.count = count};
    draw_list(&list, count, seed);
    struct synched__reads reads = made(&list.reads, count);
    memset(list.segments, 0xff, sizeof list.segments); /* it is a copy */
    draw_list(&list, count, seed);
    add_list(&table, &list.reads);
    expect_table(&reads, &table, "a list");
    synched__reads_deinit(&reads);
  }
}

Test(reads, empty_list_reads_its_own) {
  static const size_t offsets[4];
  const struct synched_reads given = {.reach = SYNCHED_REACH_LIST, .offsets = offsets};
  struct synched__reads reads = made(&given, 3);
  struct table table = {.count = 3};
  add_near(&table, 0, false);
  expect_table(&reads, &table, "empty");
  synched__reads_deinit(&reads);
}

/* --- neighbours --- */

static void expect_joined(const struct synched_reads *const *given, unsigned stage_count,
                          const struct table *table, bool is_list, const char *what) {
  struct synched__reads stages[3];
  const struct synched__reads *all[3];
  struct synched__reads neighbours;
  for (unsigned k = 0; k < stage_count; k++) {
    stages[k] = made(given[k], table->count);
    all[k] = &stages[k];
  }
  cr_assert(synched__reads_join(&neighbours, all, stage_count));
  cr_assert_eq(neighbours.reach == SYNCHED_REACH_LIST, is_list, "%s", what);
  expect_table(&neighbours, table, what);
  synched__reads_deinit(&neighbours);
  for (unsigned k = 0; k < stage_count; k++)
    synched__reads_deinit(&stages[k]);
}

Test(reads, neighbours_of_one_list_are_who_it_reads_and_who_reads_it) {
  static struct list list;
  for (unsigned seed = 0; seed < 60; seed++) {
    struct table table = {.count = 1 + seed * 7 % MOST};
    const struct synched_reads *const given[] = {&list.reads};
    draw_list(&list, table.count, seed);
    add_list(&table, &list.reads);
    close(&table);
    expect_joined(given, 1, &table, true, "one list");
  }
}

Test(reads, near_stages_of_one_kind_make_the_larger_radius) {
  for (int wraps = 0; wraps <= 1; wraps++) {
    struct table table = {.count = 11};
    const struct synched_reads own = {.reach = SYNCHED_REACH_OWN};
    const struct synched_reads one = near(1, wraps);
    const struct synched_reads three = near(3, wraps);
    const struct synched_reads *const given[] = {&one, &own, &three};
    const struct synched_reads *const reversed[] = {&own, &three, &one};
    add_near(&table, 3, wraps != 0);
    expect_joined(given, 3, &table, false, "near");
    expect_joined(reversed, 3, &table, false, "near, reversed");
  }
}

/* A radius of 0 that is said to wrap is the segment itself. */
Test(reads, radius_0_does_not_wrap) {
  const struct synched_reads zero = near(0, 1);
  const struct synched_reads two = near(2, 0);
  const struct synched_reads *const given[] = {&zero, &two};
  struct table table = {.count = 9};
  add_near(&table, 2, false);
  expect_joined(given, 2, &table, false, "radius 0");
}

Test(reads, stages_of_which_one_wraps_make_a_list) {
  for (size_t count = 1; count <= 12; count++) {
    const struct synched_reads one = near(1, 1);
    const struct synched_reads two = near(2, 0);
    const struct synched_reads *const given[] = {&one, &two};
    const struct synched_reads *const reversed[] = {&two, &one};
    struct table table = {.count = count};
    add_near(&table, 1, true);
    add_near(&table, 2, false);
    expect_joined(given, 2, &table, count > 1, "wraps first");
    expect_joined(reversed, 2, &table, count > 1, "wraps last");
  }
}

Test(reads, lists_and_near_ones_are_joined) {
  static struct list first, second;
  for (unsigned seed = 0; seed < 60; seed++) {
    const size_t count = 1 + seed * 11 % MOST;
    const struct synched_reads two = near(2, seed % 2);
    const struct synched_reads *const given[] = {&first.reads, &two, &second.reads};
    struct table table = {.count = count};
    draw_list(&first, count, seed);
    draw_list(&second, count, seed + 1000);
    add_list(&table, &first.reads);
    add_near(&table, 2, seed % 2 != 0);
    add_list(&table, &second.reads);
    close(&table);
    expect_joined(given, 3, &table, true, "all kinds");
  }
}

/* --- memory --- */

static int make_and_join(void *context) {
  const struct list *lists = context;
  const struct synched_reads two = near(2, 0);
  const struct synched_reads *given[] = {&lists[0].reads, &two, &lists[1].reads};
  struct synched__reads stages[3] = {{0}};
  const struct synched__reads *all[3] = {&stages[0], &stages[1], &stages[2]};
  struct synched__reads neighbours;
  bool complete = true;
  for (unsigned k = 0; complete && k < 3; k++)
    complete = synched__reads_init(&stages[k], given[k], 9);
  complete = complete && synched__reads_join(&neighbours, all, 3);
  if (complete)
    synched__reads_deinit(&neighbours);
  for (unsigned k = 0; k < 3; k++)
    synched__reads_deinit(&stages[k]);
  return complete ? 0 : synched__fail(SYNCHED_ENOMEM, "no memory for reads");
}

static void undo_nothing(void *context) {
  (void)context;
}

Test(reads, lack_of_memory_leaves_nothing) {
  static struct list lists[2];
  draw_list(&lists[0], 9, 5);
  draw_list(&lists[1], 9, 4);
  const unsigned requests = refuse_in_turn(&(struct refusing){.fault = SYNCHED__FAULT_ALLOCATE,
                                                              .expected = SYNCHED_ENOMEM,
                                                              .attempt = make_and_join,
                                                              .undo = undo_nothing,
                                                              .context = lists});
  cr_assert_gt(requests, 10);
}
