/*
 * strips_test.c: strips of a tile: how they lie, and that each is claimed exactly once, by owners
 * and thieves, from both ends; alone, in every order of their steps where these are few, and by
 * several threads.
 */
#include "engine/strips.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include <synched/memory.h>
#include <synched/pool.h>

#include "support/unit_support.h"

static struct synched__cut cut_of(size_t segment_count, unsigned team) {
  return synched__cut_of((struct synched__shape){.segment_count = segment_count, .team = team});
}

/* What a worker has at the beginning, where home ranges are even. */
static struct synched__strips home_of(struct synched__cut cut, unsigned worker) {
  const struct synched__shape shape = {.segment_count = cut.segment_count, .team = cut.team};
  return synched__strips_home(cut, synched__range_of(shape, worker), worker);
}

/* --- how they lie --- */

static void expect_cover(size_t segment_count, unsigned team) {
  const struct synched__cut cut = cut_of(segment_count, team);
  const unsigned strip_count = cut.strip_count;
  size_t next = 0;
  cr_assert_leq(strip_count, SYNCHED__STRIPS_MOST);
  for (unsigned strip = 0; strip < strip_count; strip++) {
    const struct synched__range range = synched__strip_range(cut, strip);
    cr_assert_eq(range.first, next, "%zu segments, team %u: strip %u begins at %zu, not %zu",
                 segment_count, team, strip, range.first, next);
    cr_assert_geq(range.count, 1, "%zu segments, team %u: strip %u is empty", segment_count, team,
                  strip);
    next += range.count;
  }
  cr_assert_eq(next, segment_count, "%zu segments, team %u: %zu are in strips", segment_count, team,
               next);
  unsigned strip = 0;
  for (unsigned w = 0; w < cut.team; w++) {
    const struct synched__strips home = home_of(cut, w);
    cr_assert_eq(home.next, strip);
    cr_assert_gt(home.end, home.next, "%zu segments, team %u: worker %u has none", segment_count,
                 team, w);
    strip = home.end;
  }
  cr_assert_eq(strip, strip_count);
}

Test(strips, segments_of_all_strips_are_all_segments) {
  for (size_t segments = 1; segments <= 60; segments++)
    for (unsigned team = 1; team <= 20; team++)
      expect_cover(segments, team);
  static const size_t many[] = {8190, 8191, 8192, 8193, 100000, SYNCHED_SEGMENTS_MAX};
  static const unsigned teams[] = {1, 2, 3, 64, 77, SYNCHED_WORKERS_MAX};
  for (size_t i = 0; i < LENGTH(many); i++)
    for (size_t k = 0; k < LENGTH(teams); k++)
      expect_cover(many[i], teams[k]);
}

/* The strips of a worker are its home range; of ranges that are not even, too, where they begin
 * with a strip. */
static void expect_home(struct synched__cut cut, struct synched__range range) {
  const struct synched__strips home = synched__strips_home(cut, range, 0);
  const struct synched__range last = synched__strip_range(cut, home.end - 1);
  cr_assert_eq(synched__strip_range(cut, home.next).first, range.first);
  cr_assert_eq(last.first + last.count, range.first + range.count);
}

Test(strips, strips_of_a_worker_are_its_home_range) {
  const struct synched__shape shape = {.segment_count = 103, .team = 7};
  for (unsigned w = 0; w < 7; w++)
    expect_home(synched__cut_of(shape), synched__range_of(shape, w));
  static const size_t counts[] = {50, 8191, 8192, 100003, SYNCHED_SEGMENTS_MAX};
  for (size_t i = 0; i < LENGTH(counts); i++) {
    const struct synched__cut cut = cut_of(counts[i], 2);
    for (unsigned border = 1; border < cut.strip_count; border += 1 + border / 3) {
      const size_t at = synched__strip_range(cut, border).first;
      expect_home(cut, (struct synched__range){0, at});
      expect_home(cut, (struct synched__range){at, counts[i] - at});
    }
  }
}

Test(strips, workers_beyond_the_team_have_none) {
  const struct synched__cut cut = cut_of(3, 8);
  cr_assert_eq(cut.team, 3);
  for (unsigned w = 3; w < 9; w++) {
    const struct synched__strips home = home_of(cut, w);
    cr_assert_eq(home.next, home.end);
  }
}

/* Two neighbours come from, or to, the border that they have in common at the same time. */
Test(strips, neighbours_begin_at_their_border) {
  const struct synched__cut cut = cut_of(40, 5);
  static const bool descends[] = {true, false, true, false, false};
  for (unsigned w = 0; w < 5; w++)
    cr_assert_eq(home_of(cut, w).descends, descends[w], "worker %u", w);
}

/* --- words --- */

Test(strips, packed_ones_are_left) {
  const struct synched__cut cut = cut_of(100000, 3);
  static const uint64_t epochs[] = {
      1, 2, 77, UINT64_C(1) << 36, (UINT64_C(1) << 37) - 1, UINT64_C(1) << 37, UINT64_MAX};
  static const struct synched__strips some[] = {{0, 0, false, 0},
                                                {0, 1, true, 0},
                                                {5, 9, false, 0},
                                                {8190, 8191, true, 0},
                                                {8191, 8191, false, 0}};
  for (size_t e = 0; e < LENGTH(epochs); e++)
    for (size_t i = 0; i < LENGTH(some); i++) {
      const uint64_t word = synched__strips_pack(epochs[e], some[i]);
      const struct synched__strips left = synched__strips_left(word, epochs[e], home_of(cut, 1));
      cr_assert_eq(left.next, some[i].next);
      cr_assert_eq(left.end, some[i].end);
      cr_assert_eq(left.descends, some[i].descends);
    }
}

Test(strips, older_word_means_all_of_the_home_range) {
  const struct synched__cut cut = cut_of(12, 3);
  const uint64_t word = synched__strips_pack(7, (struct synched__strips){1, 2, false, 0});
  for (uint64_t epoch = 8; epoch < 12; epoch++) {
    const struct synched__strips left = synched__strips_left(word, epoch, home_of(cut, 1));
    cr_assert_eq(left.next, 4);
    cr_assert_eq(left.end, 8);
  }
}

Test(strips, newer_word_leaves_nothing_for_who_is_late) {
  const struct synched__cut cut = cut_of(12, 3);
  _Atomic uint64_t word = synched__strips_pack(7, (struct synched__strips){4, 8, false, 0});
  const uint64_t before = word;
  struct synched__strips left;
  for (uint64_t epoch = 2; epoch < 7; epoch++) {
    cr_assert(!synched__strips_claim(&word, epoch, home_of(cut, 1), &left));
    cr_assert(!synched__strips_steal(&word, epoch, home_of(cut, 1), &left));
    cr_assert_eq(word, before);
  }
}

Test(strips, tag_that_wraps_around_goes_on) {
  const uint64_t wrap = UINT64_C(1) << (64 - SYNCHED__STRIP_TAG_SHIFT);
  const struct synched__cut cut = cut_of(4, 2);
  _Atomic uint64_t word = synched__strips_pack(wrap - 3, (struct synched__strips){0, 0, false, 0});
  for (uint64_t epoch = wrap - 2; epoch < wrap + 3; epoch++) {
    struct synched__strips left;
    cr_assert(synched__strips_claim(&word, epoch, home_of(cut, 1), &left));
    cr_assert_eq(left.taken, 2);
    for (uint64_t late = epoch - 5; late < epoch; late++)
      cr_assert(!synched__strips_claim(&word, late, home_of(cut, 1), &left));
    cr_assert(synched__strips_claim(&word, epoch, home_of(cut, 1), &left));
    cr_assert_eq(left.taken, 3);
    cr_assert(!synched__strips_claim(&word, epoch, home_of(cut, 1), &left));
  }
}

/* --- one after the other --- */

Test(strips, owner_claims_from_one_end_and_a_thief_half_from_the_other) {
  const struct synched__cut cut = cut_of(16, 2);
  for (unsigned worker = 0; worker < 2; worker++) {
    _Atomic uint64_t word = 0;
    const bool descends = worker == 0;
    const unsigned first = worker * 8;
    struct synched__strips left, stolen;
    cr_assert(synched__strips_claim(&word, 1, home_of(cut, worker), &left));
    cr_assert_eq(left.taken, descends ? first + 7 : first);
    cr_assert(synched__strips_steal(&word, 1, home_of(cut, worker), &stolen));
    cr_assert_eq(stolen.end - stolen.next, 4);
    cr_assert_eq(stolen.next, descends ? first : first + 4);
    cr_assert_eq(stolen.descends, !descends);
    /* It begins at the end that is farther from the victim. */
    cr_assert_eq(synched__strips_take(&stolen), descends ? first : first + 7);
    cr_assert(synched__strips_claim(&word, 1, home_of(cut, worker), &left));
    cr_assert_eq(left.taken, descends ? first + 6 : first + 1);
  }
}

Test(strips, single_one_can_be_stolen_and_none_cannot) {
  const struct synched__cut cut = cut_of(2, 2);
  _Atomic uint64_t word = 0;
  struct synched__strips stolen, left;
  cr_assert(synched__strips_steal(&word, 1, home_of(cut, 0), &stolen));
  cr_assert_eq(synched__strips_take(&stolen), 0);
  cr_assert_eq(stolen.next, stolen.end);
  cr_assert(!synched__strips_steal(&word, 1, home_of(cut, 0), &stolen));
  cr_assert(!synched__strips_claim(&word, 1, home_of(cut, 0), &left));
}

/* --- every order of the steps of few workers --- */

#define WORKERS 4u

/* What a worker does next. A claim and a steal are a look at a word and, at some later time, an
 * exchange on it; what is stolen is put into the thief's own word later still. */
enum doing { LOOKS, EXCHANGES, STORES };

struct actor {
  enum doing doing;
  unsigned victim; /* itself: it claims */
  uint64_t seen;
  struct synched__strips stolen;
};

struct moment {
  uint64_t words[WORKERS];
  struct actor actors[WORKERS];
  uint32_t claimed; /* strips, bit by bit */
};

struct search {
  struct synched__cut cut;
  unsigned workers;
  uint64_t epoch;
  struct moment *seen; /* a hash table */
  size_t room, count;
};

static uint64_t hash_of(const struct moment *moment) {
  const unsigned char *bytes = (const unsigned char *)moment;
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < sizeof *moment; i++)
    hash = (hash ^ bytes[i]) * 1099511628211u;
  return hash;
}

/* false: it was there. */
static bool add_moment(struct search *search, const struct moment *moment) {
  size_t at = (size_t)(hash_of(moment) % search->room);
  for (; search->seen[at].words[0] != 0; at = (at + 1) % search->room)
    if (memcmp(&search->seen[at], moment, sizeof *moment) == 0)
      return false;
  search->seen[at] = *moment;
  cr_assert_lt(++search->count, search->room / 2);
  return true;
}

static void claim_strip(struct moment *moment, unsigned strip) {
  cr_assert_eq(moment->claimed >> strip & 1, 0, "strip %u is claimed twice", strip);
  moment->claimed |= UINT32_C(1) << strip;
}

/* The exchange of what it has seen; the real functions make it, on a word of their own. */
static void exchange(const struct search *search, struct moment *moment, unsigned w) {
  struct actor *actor = &moment->actors[w];
  _Atomic uint64_t word = actor->seen;
  struct synched__strips left;
  actor->doing = LOOKS;
  if (moment->words[actor->victim] != actor->seen)
    return; /* it fails */
  if (actor->victim == w) {
    if (synched__strips_claim(&word, search->epoch, home_of(search->cut, w), &left))
      claim_strip(moment, left.taken);
  } else if (synched__strips_steal(&word, search->epoch, home_of(search->cut, actor->victim),
                                   &actor->stolen)) {
    claim_strip(moment, synched__strips_take(&actor->stolen));
    actor->doing = STORES;
  }
  moment->words[actor->victim] = word;
}

/* One step of a worker, with the victim that it looks at, if it looks. false: it has nothing to do
 * there. */
static bool step(const struct search *search, struct moment *moment, unsigned w, unsigned victim) {
  struct actor *actor = &moment->actors[w];
  if (actor->doing == EXCHANGES) {
    exchange(search, moment, w);
  } else if (actor->doing == STORES) {
    moment->words[w] = synched__strips_pack(search->epoch, actor->stolen);
    actor->doing = LOOKS;
  } else {
    const struct synched__strips own =
        synched__strips_left(moment->words[w], search->epoch, home_of(search->cut, w));
    const struct synched__strips left =
        synched__strips_left(moment->words[victim], search->epoch, home_of(search->cut, victim));
    /* Only who has nothing left itself steals. */
    if (left.next == left.end || (victim != w && own.next != own.end))
      return false;
    actor->doing = EXCHANGES;
    actor->victim = victim;
    actor->seen = moment->words[victim];
  }
  if (actor->doing == LOOKS) /* so that equal moments are equal bit by bit */
    *actor = (struct actor){0};
  return true;
}

static void go_on(struct search *search, const struct moment *moment) {
  bool goes_on = false;
  if (!add_moment(search, moment))
    return;
  for (unsigned w = 0; w < search->workers; w++)
    for (unsigned victim = 0; victim < search->workers; victim++) {
      struct moment next;
      memcpy(&next, moment, sizeof next);
      if (moment->actors[w].doing != LOOKS && victim != 0)
        continue;
      if (!step(search, &next, w, victim))
        continue;
      goes_on = true;
      go_on(search, &next);
    }
  const unsigned strip_count = search->cut.strip_count;
  cr_assert(goes_on || moment->claimed == (UINT32_C(1) << strip_count) - 1,
            "strips %#x of %u are claimed at the end", (unsigned)moment->claimed, strip_count);
}

static void expect_all_orders(unsigned workers, size_t segment_count) {
  struct search search = {.cut = cut_of(segment_count, workers),
                          .workers = workers,
                          .epoch = 2,
                          .room = (size_t)1 << 18};
  struct moment first;
  memset(&first, 0, sizeof first);
  search.seen = calloc(search.room, sizeof *search.seen);
  cr_assert_not_null(search.seen);
  for (unsigned w = 0; w < workers; w++)
    first.words[w] = synched__strips_pack(1, (struct synched__strips){0, 0, false, 0});
  go_on(&search, &first);
  cr_assert_gt(search.count, segment_count);
  free(search.seen);
}

Test(strips, every_order_of_two_workers_claims_each_once) {
  for (size_t segments = 1; segments <= 12; segments++)
    expect_all_orders(2, segments);
}

Test(strips, every_order_of_three_workers_claims_each_once) {
  for (size_t segments = 3; segments <= 9; segments += 3)
    expect_all_orders(3, segments);
}

Test(strips, every_order_of_four_workers_claims_each_once) {
  expect_all_orders(4, 4);
}

/* --- several threads --- */

enum { TEAM = 4, SEGMENTS = 37, STRIPS = SEGMENTS, EPOCHS = 1500 };

/* Tiles as a pool has them, but for the computing: who claims the last strip opens the next. */
struct field {
  _Atomic uint64_t words[TEAM + 1];
  _Atomic uint64_t epoch;
  _Atomic uint32_t remaining;
  _Atomic uint8_t hits[EPOCHS + 1][STRIPS];
};

struct player {
  struct field *field;
  unsigned index;
};

static uint32_t claim_own(struct field *field, unsigned self, uint64_t epoch) {
  const struct synched__cut cut = cut_of(SEGMENTS, TEAM);
  struct synched__strips left;
  uint32_t total = 0;
  while (synched__strips_claim(&field->words[self], epoch, home_of(cut, self), &left)) {
    (void)atomic_fetch_add(&field->hits[epoch][left.taken], 1);
    total++;
    synched__schedule_point();
  }
  return total;
}

static uint32_t steal_and_claim(struct field *field, unsigned self, unsigned victim,
                                uint64_t epoch) {
  const struct synched__cut cut = cut_of(SEGMENTS, TEAM);
  struct synched__strips stolen;
  if (!synched__strips_steal(&field->words[victim], epoch, home_of(cut, victim), &stolen))
    return 0;
  (void)atomic_fetch_add(&field->hits[epoch][synched__strips_take(&stolen)], 1);
  synched__schedule_point();
  synched__store_relaxed(&field->words[self], synched__strips_pack(epoch, stolen));
  return 1 + claim_own(field, self, epoch);
}

/* One of them has no home range. Nobody waits for the others: whoever was held up comes with the
 * epoch that it had seen. */
static void *play(void *argument) {
  const struct player *player = argument;
  struct field *field = player->field;
  uint64_t epoch;
  while ((epoch = atomic_load(&field->epoch)) <= EPOCHS) {
    synched__schedule_point();
    uint32_t total = claim_own(field, player->index, epoch);
    for (unsigned k = 1; k <= TEAM; k++)
      total += steal_and_claim(field, player->index, (player->index + k) % (TEAM + 1), epoch);
    if (total == 0) {
      synched__cpu_pause();
    } else if (atomic_fetch_sub(&field->remaining, total) == total) {
      atomic_store(&field->remaining, STRIPS);
      atomic_store(&field->epoch, epoch + 1);
    }
  }
  return NULL;
}

Test(strips, claimed_and_stolen_by_several_threads_are_each_claimed_once) {
  for (unsigned seed = 1; seed <= 4; seed++) {
    struct field *field = calloc(1, sizeof *field);
    cr_assert_not_null(field);
    field->epoch = 1;
    field->remaining = STRIPS;
    cr_assert_eq(cut_of(SEGMENTS, TEAM).strip_count, STRIPS);
    struct player players[TEAM + 1];
    struct crew crew = {0};
    synched__schedule_seed(seed);
    for (unsigned i = 0; i <= TEAM; i++) {
      players[i] = (struct player){field, i};
      crew_add(&crew, play, &players[i]);
    }
    crew_join(&crew);
    synched__schedule_seed(0);
    for (size_t epoch = 1; epoch <= EPOCHS; epoch++)
      for (size_t s = 0; s < STRIPS; s++)
        cr_assert_eq(field->hits[epoch][s], 1, "epoch %zu, strip %zu: %u", epoch, s,
                     field->hits[epoch][s]);
    free(field);
  }
}
