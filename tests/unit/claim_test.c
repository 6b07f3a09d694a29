/*
 * claim_test.c: home ranges and cursors, alone and with several threads at one cursor.
 */
#include "engine/claim.h"

#include <synched/pool.h>

#include <criterion/criterion.h>
#include <stdlib.h>

#include <synched/memory.h>

#include "support/unit_support.h"

/* --- shapes and ranges --- */

Test(claim, shape_packed_and_unpacked_is_the_same) {
  static const size_t segment_counts[] = {1, 2, 4095, SYNCHED_SEGMENTS_MAX};
  static const unsigned teams[] = {1, 2, 77, SYNCHED_WORKERS_MAX};
  static const unsigned batches[] = {1, 2, 8192, SYNCHED__BATCH_MAX};
  for (size_t i = 0; i < LENGTH(segment_counts); i++)
    for (size_t j = 0; j < LENGTH(teams); j++)
      for (size_t k = 0; k < LENGTH(batches); k++)
        for (unsigned bits = 0; bits < 4; bits++) {
          struct synched__shape shape = {.segment_count = segment_counts[i],
                                         .team = teams[j],
                                         .is_dealt = (bits & 1) != 0,
                                         .batch = batches[k],
                                         .is_static = (bits & 2) != 0,
                                         .wake_count = SYNCHED_WORKERS_MAX - teams[j] + 1};
          struct synched__shape again = synched__shape_unpack(synched__shape_pack(shape));
          cr_assert_eq(again.segment_count, shape.segment_count);
          cr_assert_eq(again.team, shape.team);
          cr_assert_eq(again.is_dealt, shape.is_dealt);
          cr_assert_eq(again.batch, shape.batch);
          cr_assert_eq(again.is_static, shape.is_static);
          cr_assert_eq(again.wake_count, shape.wake_count);
        }
}

Test(claim, share_is_the_smaller_of_segments_and_team) {
  cr_assert_eq(synched__shape_share((struct synched__shape){.segment_count = 3, .team = 8}), 3);
  cr_assert_eq(synched__shape_share((struct synched__shape){.segment_count = 8, .team = 3}), 3);
  cr_assert_eq(synched__shape_share((struct synched__shape){.segment_count = SYNCHED_SEGMENTS_MAX,
                                                            .team = SYNCHED_WORKERS_MAX}),
               SYNCHED_WORKERS_MAX);
}

/* Ranges follow each other from 0 to the last segment; none is longer than a later one by more than
 * 1. */
static void expect_partition(struct synched__shape shape) {
  size_t next = 0;
  size_t longest = synched__range_of(shape, 0).count;
  size_t before = longest;
  for (unsigned w = 0; w < shape.team; w++) {
    struct synched__range range = synched__range_of(shape, w);
    cr_assert_eq(range.first, next, "%zu segments, worker %u of %u", shape.segment_count, w,
                 shape.team);
    cr_assert(range.count <= before && range.count + 1 >= longest, "%zu segments, worker %u of %u",
              shape.segment_count, w, shape.team);
    before = range.count;
    next += range.count;
  }
  cr_assert_eq(next, shape.segment_count);
  cr_assert_eq(synched__range_of(shape, shape.team).count, 0);
  cr_assert_eq(synched__range_of(shape, SYNCHED_WORKERS_MAX).count, 0);
}

Test(claim, ranges_of_few_segments_are_a_partition) {
  for (size_t segment_count = 1; segment_count <= 130; segment_count++)
    for (unsigned team = 1; team <= 40; team++)
      expect_partition((struct synched__shape){.segment_count = segment_count, .team = team});
}

Test(claim, ranges_of_many_segments_are_a_partition) {
  static const size_t segment_counts[] = {4095, 4096, 4097, 1000003, SYNCHED_SEGMENTS_MAX};
  static const unsigned teams[] = {1, 2, 3, 7, 16, 1000, SYNCHED_WORKERS_MAX - 1};
  for (size_t i = 0; i < LENGTH(segment_counts); i++)
    for (size_t j = 0; j < LENGTH(teams); j++)
      expect_partition(
          (struct synched__shape){.segment_count = segment_counts[i], .team = teams[j]});
}

/* --- one thread at one cursor --- */

/* Claims a whole range in the round of `epoch` and checks that it comes in order and once. */
static void drain(_Atomic uint64_t *cursor, uint64_t epoch, struct synched__range home,
                  size_t batch) {
  size_t next = home.first;
  const size_t end = home.first + home.count;
  while (next < end) {
    struct synched__range claimed = synched__claim(cursor, epoch, home, batch);
    cr_assert_eq(claimed.first, next);
    cr_assert_eq(claimed.count, end - next < batch ? end - next : batch);
    next += claimed.count;
  }
  for (int i = 0; i < 3; i++)
    cr_assert_eq(synched__claim(cursor, epoch, home, batch).count, 0);
}

Test(claim, range_claimed_by_one_comes_in_order_and_once) {
  static const size_t counts[] = {1, 2, 3, 16, 100, 1001};
  static const size_t batches[] = {1, 2, 3, 16, SYNCHED__BATCH_MAX};
  for (size_t i = 0; i < LENGTH(counts); i++)
    for (size_t j = 0; j < LENGTH(batches); j++) {
      _Atomic uint64_t cursor = 0;
      for (uint64_t epoch = 1; epoch <= 5; epoch++)
        drain(&cursor, epoch, (struct synched__range){50, counts[i]}, batches[j]);
    }
}

Test(claim, most_segments_that_a_range_can_have_are_claimed) {
  _Atomic uint64_t cursor = 0;
  drain(&cursor, 1, (struct synched__range){0, SYNCHED_SEGMENTS_MAX}, SYNCHED__BATCH_MAX);
  drain(&cursor, 2, (struct synched__range){0, SYNCHED_SEGMENTS_MAX}, SYNCHED__BATCH_MAX);
}

Test(claim, empty_range_gives_nothing) {
  _Atomic uint64_t cursor = 0;
  cr_assert_eq(synched__claim(&cursor, 1, (struct synched__range){9, 0}, 4).count, 0);
  cr_assert_eq(atomic_load(&cursor), 0);
}

Test(claim, rounds_that_passed_without_a_claim_do_not_matter) {
  static const uint64_t epochs[] = {1, 2, 90, 91, 1000000, 1000001};
  _Atomic uint64_t cursor = 0;
  for (size_t i = 0; i < LENGTH(epochs); i++)
    drain(&cursor, epochs[i], (struct synched__range){0, 5}, 2);
}

Test(claim, who_is_late_gets_nothing_and_changes_nothing) {
  const struct synched__range home = {0, 10};
  _Atomic uint64_t cursor = 0;
  (void)synched__claim(&cursor, 7, home, 3);
  const uint64_t word = atomic_load(&cursor);
  cr_assert_eq(word, synched__cursor_pack(7, 7));
  for (uint64_t epoch = 1; epoch < 7; epoch++) {
    cr_assert_eq(synched__cursor_left(word, epoch, home.count), 0);
    cr_assert_eq(synched__claim(&cursor, epoch, home, 3).count, 0, "epoch %u", (unsigned)epoch);
    cr_assert_eq(atomic_load(&cursor), word);
  }
  /* Nor after the round has been claimed to the end. */
  (void)synched__claim(&cursor, 7, home, 10);
  cr_assert_eq(atomic_load(&cursor), synched__cursor_pack(7, 0));
  for (uint64_t epoch = 1; epoch <= 7; epoch++)
    cr_assert_eq(synched__claim(&cursor, epoch, home, 3).count, 0);
}

Test(claim, left_of_an_old_tag_is_the_whole_range) {
  cr_assert_eq(synched__cursor_left(synched__cursor_pack(4, 0), 5, 33), 33);
  cr_assert_eq(synched__cursor_left(synched__cursor_pack(4, 8), 5, 33), 33);
  cr_assert_eq(synched__cursor_left(synched__cursor_pack(5, 8), 5, 33), 8);
  cr_assert_eq(synched__cursor_left(synched__cursor_pack(6, 8), 5, 33), 0);
}

Test(claim, tag_that_wraps_around_goes_on) {
  const uint64_t wrap = UINT64_C(1) << (64 - SYNCHED__LEFT_BITS);
  const struct synched__range home = {2, 6};
  _Atomic uint64_t cursor = synched__cursor_pack(wrap - 3, 0);
  for (uint64_t epoch = wrap - 2; epoch < wrap + 3; epoch++) {
    struct synched__range claimed = synched__claim(&cursor, epoch, home, 4);
    cr_assert_eq(claimed.first, 2);
    cr_assert_eq(claimed.count, 4);
    for (uint64_t late = epoch - 5; late < epoch; late++)
      cr_assert_eq(synched__claim(&cursor, late, home, 4).count, 0);
    claimed = synched__claim(&cursor, epoch, home, 4);
    cr_assert_eq(claimed.first, 6);
    cr_assert_eq(claimed.count, 2);
    cr_assert_eq(synched__claim(&cursor, epoch, home, 4).count, 0);
  }
}

/* --- several threads --- */

enum { TEAM = 4, SEGMENTS = 37, EPOCHS = 1500 };

/* Rounds as a pool has them, but for the computing: who claims the last segment opens the next. */
struct field {
  _Atomic uint64_t cursors[TEAM];
  _Atomic uint64_t epoch;
  _Atomic uint32_t remaining;
  size_t batch;
  _Atomic uint8_t hits[EPOCHS + 1][SEGMENTS];
};

struct player {
  struct field *field;
  unsigned index;
};

static const struct synched__shape field_shape = {.segment_count = SEGMENTS, .team = TEAM};

static uint32_t claim_from(struct field *field, unsigned owner, uint64_t epoch) {
  struct synched__range home = synched__range_of(field_shape, owner);
  uint32_t total = 0;
  for (;;) {
    struct synched__range claimed =
        synched__claim(&field->cursors[owner], epoch, home, field->batch);
    if (claimed.count == 0)
      return total;
    for (size_t s = claimed.first; s < claimed.first + claimed.count; s++)
      (void)atomic_fetch_add(&field->hits[epoch][s], 1);
    total += (uint32_t)claimed.count;
  }
}

/* Nobody waits for the others: whoever was held up comes with the epoch that it had seen. */
static void *play(void *argument) {
  const struct player *player = argument;
  struct field *field = player->field;
  uint64_t epoch;
  while ((epoch = atomic_load(&field->epoch)) <= EPOCHS) {
    uint32_t total = 0;
    synched__schedule_point();
    for (unsigned k = 0; k < TEAM; k++)
      total += claim_from(field, (player->index + k) % TEAM, epoch);
    if (total == 0) {
      synched__cpu_pause();
    } else if (atomic_fetch_sub(&field->remaining, total) == total) {
      atomic_store(&field->remaining, SEGMENTS);
      atomic_store(&field->epoch, epoch + 1);
    }
  }
  return NULL;
}

static void expect_each_once(uint64_t seed, size_t batch) {
  struct field *field = calloc(1, sizeof *field);
  cr_assert_not_null(field);
  field->epoch = 1;
  field->remaining = SEGMENTS;
  field->batch = batch;
  struct player players[TEAM];
  struct crew crew = {0};
  synched__schedule_seed(seed);
  for (unsigned i = 0; i < TEAM; i++) {
    players[i] = (struct player){field, i};
    crew_add(&crew, play, &players[i]);
  }
  crew_join(&crew);
  synched__schedule_seed(0);
  for (size_t epoch = 1; epoch <= EPOCHS; epoch++)
    for (size_t s = 0; s < SEGMENTS; s++)
      cr_assert_eq(field->hits[epoch][s], 1, "epoch %zu, segment %zu", epoch, s);
  free(field);
}

Test(claim, segments_claimed_by_several_threads_are_each_claimed_once) {
  for (unsigned seed = 1; seed <= 4; seed++)
    expect_each_once(seed, seed);
}
