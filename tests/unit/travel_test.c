/*
 * travel_test.c: which elements go from one rank to another, and in which pieces.
 */
#include <criterion/criterion.h>

#include "cluster/travel.h"
#include "support/unit_support.h"

/* Six segments, one of which is empty; the first three are a rank's own. */
#define SEGMENTS 6u
static size_t capacities[SEGMENTS] = {2, 0, 5, 3, 3, 4};
static size_t offsets[SEGMENTS + 1] = {0, 2, 2, 7, 10, 13, 17};
static const struct synched__layout layout = {
    .segment_count = SEGMENTS, .element_size = 2, .capacities = capacities, .offsets = offsets};
static const struct synched_segments own = {0, 3}, others = {3, 3};

struct sent {
  struct synched__travel travel;
  struct synched__reads reads;
};

/* What the calls of the others read of the rank's own. */
static struct sent send(const struct synched_reads *given) {
  struct sent sent;
  const struct synched__view_of view = {
      .reads = &sent.reads, .first = given->first, .last = given->last};
  cr_assert(synched__reads_init(&sent.reads, given, SEGMENTS));
  cr_assert(synched__travel_init(&sent.travel, own));
  synched__travel_add(&sent.travel, &layout, &view, others);
  return sent;
}

static void end(struct sent *sent) {
  synched__travel_deinit(&sent->travel);
  synched__reads_deinit(&sent->reads);
}

static void expect_widths(const struct synched_reads *given, const size_t *firsts,
                          const size_t *lasts) {
  struct sent sent = send(given);
  for (size_t i = 0; i < own.count; i++) {
    cr_expect_eq(sent.travel.firsts[i], firsts[i], "the first ones of segment %zu: %zu", i,
                 sent.travel.firsts[i]);
    cr_expect_eq(sent.travel.lasts[i], lasts[i], "the last ones of segment %zu: %zu", i,
                 sent.travel.lasts[i]);
    cr_expect_eq(synched__travel_has(&sent.travel, i), firsts[i] + lasts[i] != 0);
  }
  end(&sent);
}

Test(travel, near_calls_read_whole_segments) {
  expect_widths(&(struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1},
                (const size_t[]){0, 0, 5}, (const size_t[]){0, 0, 0});
  expect_widths(&(struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1},
                (const size_t[]){2, 0, 5}, (const size_t[]){0, 0, 0});
  expect_widths(&(struct synched_reads){.reach = SYNCHED_REACH_OWN}, (const size_t[]){0, 0, 0},
                (const size_t[]){0, 0, 0});
}

/* Of what lies before a call's segment its last elements, of what lies behind it its first ones. */
Test(travel, near_calls_read_the_nearest_elements) {
  expect_widths(
      &(struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1, .first = 2, .last = 3},
      (const size_t[]){0, 0, 0}, (const size_t[]){0, 0, 3});
  expect_widths(
      &(struct synched_reads){
          .reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1, .first = 1, .last = 3},
      (const size_t[]){1, 0, 0}, (const size_t[]){0, 0, 3});
  expect_widths(&(struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1, .last = 9},
                (const size_t[]){0, 0, 0}, (const size_t[]){0, 0, 5});
  expect_widths(
      &(struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1, .first = 9},
      (const size_t[]){2, 0, 0}, (const size_t[]){0, 0, 0});
}

/* A list has no before and behind: both ends may be read. */
Test(travel, listed_calls_read_both_ends) {
  static const size_t list_offsets[SEGMENTS + 1] = {0, 0, 0, 0, 2, 2, 3};
  static const size_t list_segments[] = {0, 2, 2};
  expect_widths(&(struct synched_reads){.reach = SYNCHED_REACH_LIST,
                                        .offsets = list_offsets,
                                        .segments = list_segments,
                                        .first = 1,
                                        .last = 2},
                (const size_t[]){1, 0, 1}, (const size_t[]){2, 0, 2});
  expect_widths(&(struct synched_reads){.reach = SYNCHED_REACH_LIST,
                                        .offsets = list_offsets,
                                        .segments = list_segments},
                (const size_t[]){2, 0, 5}, (const size_t[]){0, 0, 0});
}

Test(travel, what_reads_all_gets_all) {
  expect_widths(&(struct synched_reads){.reach = SYNCHED_REACH_ALL}, (const size_t[]){2, 0, 5},
                (const size_t[]){0, 0, 0});
}

/* A count, or elements, of what travels. */
static unsigned char data[34];
static size_t counts[SEGMENTS];

static void expect_pieces(const struct synched_reads *given, const struct synched_piece *expected,
                          size_t count) {
  struct sent sent = send(given);
  struct synched_piece pieces[8];
  cr_assert_leq(count, LENGTH(pieces));
  cr_assert_eq(synched__travel_pack(&sent.travel, &layout, data, counts, NULL), count);
  cr_assert_eq(synched__travel_pack(&sent.travel, &layout, data, counts, pieces), count);
  for (size_t p = 0; p < count; p++) {
    cr_expect_eq(pieces[p].address, expected[p].address, "piece %zu", p);
    cr_expect_eq(pieces[p].bytes, expected[p].bytes, "piece %zu: %zu bytes", p, pieces[p].bytes);
  }
  end(&sent);
}

Test(travel, pieces_that_follow_each_other_are_one) {
  const struct synched_piece all[] = {
      {&counts[0], sizeof *counts}, {&counts[2], sizeof *counts}, {data, 14}};
  expect_pieces(&(struct synched_reads){.reach = SYNCHED_REACH_ALL}, all, LENGTH(all));
}

/* Both ends of a segment are apart, unless they are all of it; which is sent once then. */
Test(travel, both_ends_of_a_segment_are_all_of_it_where_they_meet) {
  static const size_t list_offsets[SEGMENTS + 1] = {0, 0, 0, 0, 1, 1, 1};
  static const size_t list_segments[] = {2};
  struct synched_reads reads = {.reach = SYNCHED_REACH_LIST,
                                .offsets = list_offsets,
                                .segments = list_segments,
                                .first = 2,
                                .last = 1};
  const struct synched_piece apart[] = {
      {&counts[2], sizeof *counts}, {data + 4, 4}, {data + 12, 2}};
  expect_pieces(&reads, apart, LENGTH(apart));
  reads.last = 4;
  const struct synched_piece whole[] = {{&counts[2], sizeof *counts}, {data + 4, 10}};
  expect_pieces(&reads, whole, LENGTH(whole));
}

Test(travel, nothing_that_is_read_is_no_piece) {
  expect_pieces(&(struct synched_reads){.reach = SYNCHED_REACH_OWN}, NULL, 0);
}
