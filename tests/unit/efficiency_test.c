/*
 * efficiency_test.c: efficiencies and shares, of totals made by hand.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "report/efficiency.h"

#define WORKERS_MOST 16u

/* Totals of some workers, who each have a part of what is summed up. */
struct made {
  unsigned worker_count;
  struct synched__totals totals;
  struct synched__worker_totals workers[WORKERS_MOST];
};

static struct synched_report_efficiency efficiency_of(struct made *made) {
  struct synched_report_efficiency out = {.struct_size = 1, .share_ns = {77}};
  const struct synched__reading reading = {.totals = made->totals, .workers = made->workers};
  synched__efficiency_fill(&out, &reading, made->worker_count);
  return out;
}

static void expect_near(double found, double wanted) {
  cr_assert_lt(fabs(found - wanted), 1e-9, "%.12f instead of %.12f", found, wanted);
}

static uint64_t sum_of_shares(const struct synched_report_efficiency *efficiency) {
  uint64_t sum_ns = 0;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    sum_ns += efficiency->share_ns[s];
  return sum_ns;
}

/* What holds of any totals. */
static void expect_sound(const struct made *made, const struct synched_report_efficiency *found) {
  const uint64_t *share_ns = found->share_ns;
  const uint64_t elapsed_ns = made->totals.end_ns - made->totals.start_ns;
  cr_assert_eq(found->struct_size, sizeof *found);
  cr_assert_eq(sum_of_shares(found), made->worker_count * elapsed_ns);
  cr_assert_eq(found->total_ns, made->worker_count * elapsed_ns - share_ns[SYNCHED_SHARE_TICK] -
                                    share_ns[SYNCHED_SHARE_PAUSED] -
                                    share_ns[SYNCHED_SHARE_OTHERS]);
  cr_assert_eq(found->total_ns, share_ns[SYNCHED_SHARE_COMPUTE] + found->serial_ns +
                                    found->imbalance_ns + found->scheduling_ns);
  expect_near(found->serial * found->balance * found->scheduling, found->efficiency);
  const double all[] = {found->serial, found->balance, found->scheduling, found->efficiency,
                        found->utilisation};
  for (unsigned i = 0; i < 5; i++)
    cr_assert(all[i] >= 0.0 && all[i] <= 1.0, "the %uth is %f", i, all[i]);
  cr_assert_leq(found->utilisation, found->efficiency + 1e-9);
}

/* 10 rounds of 100 us: phases of 80 us, in which the slower of two workers computes 60 us and the
 * other one 40 us; and 20 us of closing. */
static struct made two_workers(void) {
  struct made made = {.worker_count = 2,
                      .totals = {.start_ns = 5000, .end_ns = 1005000, .round_count = 10}};
  made.workers[0] = (struct synched__worker_totals){.round_count = 10,
                                                    .compute_ns = 600000,
                                                    .closed_count = 10,
                                                    .sampled_count = 10,
                                                    .closing_ns = 200000,
                                                    .whole_ns = 1000000,
                                                    .phase_ns = 800000,
                                                    .summed_ns = 1000000,
                                                    .most_ns = 600000,
                                                    .part_ns = 1200000};
  made.workers[1] = (struct synched__worker_totals){.round_count = 10, .compute_ns = 400000};
  return made;
}

Test(efficiency, two_workers_rounds_are_split_as_defined) {
  struct made made = two_workers();
  const struct synched_report_efficiency found = efficiency_of(&made);
  expect_sound(&made, &found);
  cr_assert_eq(found.total_ns, 2000000);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_COMPUTE], 1000000);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_SLOWEST], 200000);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_ASLEEP], 0);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_OPENING], 400000);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_CLOSING], 400000);
  cr_assert_eq(found.serial_ns, 400000);
  cr_assert_eq(found.imbalance_ns, 200000);
  cr_assert_eq(found.scheduling_ns, 400000);
  expect_near(found.serial, 1600.0 / 2000.0);
  expect_near(found.balance, 1400.0 / 1600.0);
  expect_near(found.scheduling, 1000.0 / 1400.0);
  expect_near(found.efficiency, 0.5);
  expect_near(found.utilisation, 0.5);
}

Test(efficiency, gaps_are_shown_apart_and_outside_of_the_efficiency) {
  struct made made = two_workers();
  made.totals.between_ns = 10000;
  made.totals.gap = (struct synched__gap){
      .others_ns = 300000, .paused_ns = 200000, .buffer_ns = 90000, .tick_ns = 400000};
  made.totals.end_ns += 1000000;
  const struct synched_report_efficiency found = efficiency_of(&made);
  expect_sound(&made, &found);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_OTHERS], 600000);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_PAUSED], 400000);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_BUFFER], 180000);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_TICK], 800000);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_OPENING], 420000);
  cr_assert_eq(found.total_ns, 2200000);
  cr_assert_eq(found.serial_ns, 400000 + 180000 + 20000);
  expect_near(found.efficiency, 1000.0 / 2200.0);
  expect_near(found.utilisation, 0.25);
}

Test(efficiency, one_worker_loses_nothing_to_balance) {
  struct made made = {.worker_count = 1, .totals = {.start_ns = 1, .end_ns = 1001}};
  made.workers[0] = (struct synched__worker_totals){.compute_ns = 700,
                                                    .whole_ns = 1000,
                                                    .phase_ns = 800,
                                                    .summed_ns = 700,
                                                    .most_ns = 700,
                                                    .part_ns = 700};
  const struct synched_report_efficiency found = efficiency_of(&made);
  expect_sound(&made, &found);
  cr_assert_eq(found.imbalance_ns, 0);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_SLOWEST], 0);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_ASLEEP], 0);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_OPENING], 100);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_CLOSING], 200);
  expect_near(found.balance, 1.0);
}

Test(efficiency, solo_rounds_others_were_asleep) {
  struct made made = {.worker_count = 4, .totals = {.start_ns = 1, .end_ns = 1001}};
  made.workers[2] = (struct synched__worker_totals){.compute_ns = 900,
                                                    .whole_ns = 1000,
                                                    .phase_ns = 900,
                                                    .summed_ns = 900,
                                                    .most_ns = 900,
                                                    .part_ns = 900};
  const struct synched_report_efficiency found = efficiency_of(&made);
  expect_sound(&made, &found);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_ASLEEP], 2700);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_SLOWEST], 0);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_CLOSING], 400);
  cr_assert_eq(found.imbalance_ns, 2700);
}

Test(efficiency, what_was_not_written_down_is_as_what_was) {
  struct made made = two_workers();
  /* One round in ten is written down, but what was computed is known of all. */
  struct synched__worker_totals *own = &made.workers[0];
  own->whole_ns /= 10;
  own->phase_ns /= 10;
  own->summed_ns /= 10;
  own->most_ns /= 10;
  own->part_ns /= 10;
  own->sampled_count = 1;
  const struct synched_report_efficiency found = efficiency_of(&made);
  expect_sound(&made, &found);
  const uint64_t wanted_ns[] = {1000000, 200000, 0, 400000, 400000};
  for (unsigned s = 0; s <= SYNCHED_SHARE_CLOSING; s++)
    cr_assert_leq(llabs((long long)(found.share_ns[s] - wanted_ns[s])), 2, "%s",
                  synched_share_name((enum synched_share)s));
}

Test(efficiency, nothing_to_divide_by_is_one) {
  struct made made = {.worker_count = 3};
  struct synched_report_efficiency found = efficiency_of(&made);
  expect_sound(&made, &found);
  expect_near(found.serial, 1.0);
  expect_near(found.balance, 1.0);
  expect_near(found.scheduling, 1.0);
  expect_near(found.efficiency, 1.0);
  expect_near(found.utilisation, 1.0);
  /* Nothing recorded: no worker's time is known. */
  made = two_workers();
  made.worker_count = 0;
  found = efficiency_of(&made);
  cr_assert_eq(sum_of_shares(&found), 0);
  cr_assert_eq(found.total_ns, 0);
  expect_near(found.efficiency, 1.0);
}

Test(efficiency, run_without_rounds_was_paused) {
  struct made made = {.worker_count = 2, .totals = {.start_ns = 1, .end_ns = 1001}};
  made.totals.gap.paused_ns = 990;
  made.totals.between_ns = 10;
  const struct synched_report_efficiency found = efficiency_of(&made);
  expect_sound(&made, &found);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_PAUSED], 1980);
  cr_assert_eq(found.share_ns[SYNCHED_SHARE_OPENING], 20);
}

/* A number that differs much from draw to draw. */
static uint64_t draw(uint64_t *state, uint64_t most) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (*state >> 20) % (most + 1);
}

Test(efficiency, any_totals_add_up_exactly) {
  uint64_t state = 7;
  for (unsigned i = 0; i < 20000; i++) {
    struct made made = {.worker_count = 1 + (unsigned)draw(&state, WORKERS_MOST - 1)};
    struct synched__totals *totals = &made.totals;
    totals->start_ns = draw(&state, 1000000);
    totals->gap = (struct synched__gap){draw(&state, 1000) * draw(&state, 3), draw(&state, 99999),
                                        draw(&state, 5), draw(&state, 77777)};
    totals->between_ns = draw(&state, 4000);
    uint64_t rounds_ns = draw(&state, 1) * draw(&state, 10000000);
    totals->end_ns = totals->start_ns + totals->between_ns + totals->gap.others_ns +
                     totals->gap.paused_ns + totals->gap.buffer_ns + totals->gap.tick_ns +
                     rounds_ns;
    /* Also what cannot be but for rounding and clocks: more computed than there was time. */
    for (unsigned w = 0; w < made.worker_count; w++)
      made.workers[w] = (struct synched__worker_totals){.compute_ns = draw(&state, 3000000),
                                                        .whole_ns = draw(&state, 1000000),
                                                        .phase_ns = draw(&state, 900000),
                                                        .summed_ns = draw(&state, 2000000),
                                                        .most_ns = draw(&state, 800000),
                                                        .part_ns = draw(&state, 2000000)};
    const struct synched_report_efficiency found = efficiency_of(&made);
    expect_sound(&made, &found);
  }
}

Test(efficiency, share_names_are_all_there_and_differ) {
  for (unsigned a = 0; a < SYNCHED_SHARE_COUNT; a++) {
    cr_assert_not_null(synched_share_name((enum synched_share)a));
    for (unsigned b = 0; b < a; b++)
      cr_assert_neq(strcmp(synched_share_name((enum synched_share)a),
                           synched_share_name((enum synched_share)b)),
                    0);
  }
  cr_assert_null(synched_share_name(SYNCHED_SHARE_COUNT));
  cr_assert_null(synched_share_name((enum synched_share) - 1));
}
