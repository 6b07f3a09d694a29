/*
 * ticks_test.c: a periodic job's schedule under a clock of the test's own: when rounds are due,
 * what becomes of ticks that are overrun, and that every one of them is accounted for.
 */
#include "job/ticks.h"

#include <criterion/criterion.h>

#include "support/unit_support.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define START UINT64_C(123456789012345)

static struct synched__ticks started(uint64_t period_ns, enum synched_overrun overrun) {
  struct synched__ticks ticks;
  synched__ticks_reset(&ticks, period_ns, overrun);
  synched__ticks_start(&ticks, START);
  return ticks;
}

/* A round from begin to end; returns the tick that it was for, from the start. */
static uint64_t round_at(struct synched__ticks *ticks, uint64_t begin_ns, uint64_t end_ns) {
  const uint64_t due_ns = synched__ticks_begin(ticks, START + begin_ns);
  synched__ticks_end(ticks, START + end_ns);
  return due_ns - START;
}

static uint64_t due(const struct synched__ticks *ticks) {
  return ticks->due_ns - START;
}

Test(ticks, schedule_does_not_drift_in_a_million_rounds) {
  const uint64_t period_ns = UINT64_C(16666667);
  struct synched__ticks ticks = started(period_ns, SYNCHED_OVERRUN_SKIP);
  for (uint64_t k = 0; k < 1000000; k++) {
    const uint64_t late_ns = k * 7919 % 900000; /* each as late as may be */
    cr_assert_eq(round_at(&ticks, k * period_ns + late_ns, k * period_ns + late_ns + 1000),
                 k * period_ns);
  }
  cr_assert_eq(ticks.started_count, 1000000);
  cr_assert_eq(ticks.skipped_count, 0);
  cr_assert_eq(ticks.overrun_count, 0);
  cr_assert_lt(ticks.lateness_max_ns, 900000);
}

Test(ticks, skip_leaves_out_what_is_overrun_and_keeps_the_phase) {
  struct synched__ticks ticks = started(10 * MS, SYNCHED_OVERRUN_SKIP);
  cr_assert_eq(round_at(&ticks, 0, 34 * MS), 0);
  cr_assert_eq(due(&ticks), 40 * MS);
  cr_assert_eq(ticks.skipped_count, 3);
  cr_assert_eq(ticks.overrun_count, 1);
  /* Just in time is in time. */
  cr_assert_eq(round_at(&ticks, 40 * MS, 50 * MS), 40 * MS);
  cr_assert_eq(due(&ticks), 50 * MS);
  cr_assert_eq(ticks.overrun_count, 1);
  cr_assert_eq(ticks.skipped_count, 3);
}

Test(ticks, skip_begun_late_takes_the_newest_tick) {
  struct synched__ticks ticks = started(10 * MS, SYNCHED_OVERRUN_SKIP);
  cr_assert_eq(round_at(&ticks, 25 * MS, 26 * MS), 20 * MS);
  cr_assert_eq(ticks.skipped_count, 2);
  cr_assert_eq(ticks.started_count, 1);
  cr_assert_eq(ticks.lateness_max_ns, 5 * MS);
  cr_assert_eq(due(&ticks), 30 * MS);
  cr_assert_eq(ticks.overrun_count, 0, "it was not our round that took so long");
}

Test(ticks, left_is_the_time_to_the_next_one) {
  struct synched__ticks ticks = {.period_ns = 10 * MS};
  cr_assert_eq(synched__ticks_left(&ticks, false, START), 0, "the first tick is to come");
  ticks = started(10 * MS, SYNCHED_OVERRUN_SKIP);
  (void)synched__ticks_begin(&ticks, START);
  cr_assert_eq(synched__ticks_left(&ticks, true, START + 3 * MS), 7 * MS);
  cr_assert_eq(synched__ticks_left(&ticks, true, START + 10 * MS), 0);
  cr_assert_eq(synched__ticks_left(&ticks, true, START + 34 * MS), 6 * MS, "others are left out");
  cr_assert_eq(synched__ticks_left(&ticks, true, START + 40 * MS), 0);
  synched__ticks_end(&ticks, START + 3 * MS);
  cr_assert_eq(synched__ticks_left(&ticks, false, START + 4 * MS), 6 * MS);
  cr_assert_eq(synched__ticks_left(&ticks, false, START + 12 * MS), 0);
  ticks = started(10 * MS, SYNCHED_OVERRUN_CATCH_UP);
  (void)synched__ticks_begin(&ticks, START);
  cr_assert_eq(synched__ticks_left(&ticks, true, START + 34 * MS), 0);
}

Test(ticks, a_schedule_follows_another_clock) {
  struct synched__ticks ticks = started(10 * MS, SYNCHED_OVERRUN_SKIP);
  (void)synched__ticks_begin(&ticks, START);
  synched__ticks_follow(&ticks, true, START + 13 * MS);
  synched__ticks_end(&ticks, START + 5 * MS);
  cr_assert_eq(due(&ticks), 13 * MS);
  cr_assert_eq(ticks.overrun_count, 0);
  synched__ticks_follow(&ticks, false, START + 15 * MS);
  cr_assert_eq(due(&ticks), 15 * MS);
}

Test(ticks, catch_up_computes_every_one_back_to_back) {
  struct synched__ticks ticks = started(10 * MS, SYNCHED_OVERRUN_CATCH_UP);
  cr_assert_eq(round_at(&ticks, 0, 34 * MS), 0);
  uint64_t now_ns = 34 * MS;
  for (uint64_t k = 1; k <= 5; k++) {
    cr_assert_eq(due(&ticks), k * 10 * MS);
    if (due(&ticks) > now_ns)
      now_ns = due(&ticks);
    cr_assert_eq(round_at(&ticks, now_ns, now_ns + MS), k * 10 * MS);
    now_ns += MS;
  }
  cr_assert_eq(ticks.skipped_count, 0);
  cr_assert_eq(ticks.started_count, 6);
}

Test(ticks, catch_up_is_bounded) {
  struct synched__ticks ticks = started(MS, SYNCHED_OVERRUN_CATCH_UP);
  cr_assert_eq(round_at(&ticks, 0, 1000 * MS), 0);
  cr_assert_eq(round_at(&ticks, 1000 * MS, 1000 * MS), (1000 - SYNCHED_CATCH_UP_MAX) * MS);
  cr_assert_eq(ticks.skipped_count, 1000 - SYNCHED_CATCH_UP_MAX - 1);
  uint64_t rounds = 1;
  for (; due(&ticks) <= 1000 * MS; rounds++)
    (void)round_at(&ticks, 1000 * MS, 1000 * MS);
  cr_assert_eq(rounds, SYNCHED_CATCH_UP_MAX + 1);
  cr_assert_eq(ticks.started_count + ticks.skipped_count, 1001);
}

Test(ticks, stretch_starts_the_phase_anew_and_leaves_nothing_out) {
  struct synched__ticks ticks = started(10 * MS, SYNCHED_OVERRUN_STRETCH);
  cr_assert_eq(round_at(&ticks, 0, 34 * MS), 0);
  cr_assert_eq(due(&ticks), 34 * MS);
  cr_assert_eq(round_at(&ticks, 34 * MS, 36 * MS), 34 * MS);
  cr_assert_eq(due(&ticks), 44 * MS);
  cr_assert_eq(ticks.skipped_count, 0);
  cr_assert_eq(ticks.overrun_count, 1);
}

Test(ticks, realign_keeps_the_phase_and_counts_nothing) {
  struct synched__ticks ticks = started(10 * MS, SYNCHED_OVERRUN_SKIP);
  (void)round_at(&ticks, 0, MS);
  synched__ticks_realign(&ticks, START + 987 * MS);
  cr_assert_eq(due(&ticks), 990 * MS);
  synched__ticks_realign(&ticks, START + 988 * MS);
  cr_assert_eq(due(&ticks), 990 * MS, "it is to come");
  synched__ticks_realign(&ticks, START + 990 * MS);
  cr_assert_eq(due(&ticks), 990 * MS);
  cr_assert_eq(ticks.skipped_count, 0);
}

Test(ticks, set_period_counts_from_the_last_tick) {
  struct synched__ticks ticks = started(10 * MS, SYNCHED_OVERRUN_SKIP);
  (void)round_at(&ticks, 0, MS);
  synched__ticks_set_period(&ticks, 4 * MS, START + 2 * MS);
  cr_assert_eq(due(&ticks), 4 * MS);
  synched__ticks_set_period(&ticks, 2 * MS, START + 3 * MS);
  cr_assert_eq(due(&ticks), 3 * MS, "at once, if that has passed");
  synched__ticks_set_period(&ticks, 20 * MS, START + 3 * MS);
  cr_assert_eq(due(&ticks), 20 * MS);
}

Test(ticks, every_tick_is_started_or_skipped_whatever_happens) {
  for (int overrun = SYNCHED_OVERRUN_SKIP; overrun <= SYNCHED_OVERRUN_CATCH_UP; overrun++) {
    struct synched__ticks ticks = started(MS, (enum synched_overrun)overrun);
    uint64_t now_ns = 0, state = 17;
    for (unsigned i = 0; i < 100000; i++) {
      state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
      if (now_ns < due(&ticks))
        now_ns = due(&ticks);
      now_ns += state >> 44; /* up to 1.05 ms late, */
      const uint64_t begin_ns = now_ns;
      now_ns += (state >> 20 & 0xffff) * 64; /* up to 4.2 ms of work */
      (void)round_at(&ticks, begin_ns, now_ns);
    }
    cr_assert_eq(ticks.started_count + ticks.skipped_count, due(&ticks) / MS,
                 "each tick before the one that is due");
    cr_assert_eq(due(&ticks) % MS, 0);
    cr_assert_eq(ticks.started_count, 100000);
  }
}
