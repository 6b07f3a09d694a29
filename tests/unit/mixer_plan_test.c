/*
 * mixer_plan_test.c: how a mix is cut into rounds, and which periods are possible.
 */
#include <criterion/criterion.h>

#include <string.h>

#include <synched/job.h>

#include "plan.h"

static struct mixer_plan plan;
static struct mixer_error error;

static int make(size_t round_frames, unsigned rate_hz, uint64_t frame_count) {
  const struct mixer_options options = {.round_frames = round_frames, .worker_count = 3};
  const struct mixer_output_format format = {1, rate_hz, frame_count};
  return mixer_plan_make(&plan, &options, &format, &error);
}

Test(mixer_plan, make_counts_rounds_up) {
  static const uint64_t frames[] = {0, 1, 479, 480, 481, 960, 961};
  static const uint64_t rounds[] = {0, 1, 1, 1, 2, 2, 3};
  for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
    cr_assert_eq(make(480, 48000, frames[i]), 0);
    cr_assert_eq(plan.round_count, rounds[i], "%zu", i);
  }
  cr_assert_eq(plan.round_frames, 480);
  cr_assert_eq(plan.worker_count, 3);
}

Test(mixer_plan, make_longest_mix_does_not_overflow) {
  cr_assert_eq(make(480, 48000, UINT64_MAX), 0);
  cr_assert_eq(plan.round_count, UINT64_MAX / 480 + 1);
}

Test(mixer_plan, make_period_is_the_time_that_the_frames_sound) {
  cr_assert_eq(make(480, 48000, 1), 0);
  cr_assert_eq(plan.period_ns, 10000000);
  cr_assert_eq(make(441, 44100, 1), 0);
  cr_assert_eq(plan.period_ns, 10000000);
  cr_assert_eq(make(480, 44100, 1), 0);
  cr_assert_eq(plan.period_ns, 10884354, "10884353.74");
}

Test(mixer_plan, make_period_out_of_range_is_refused) {
  cr_assert_eq(make(1, 5000, 1), 0);
  cr_assert_eq(plan.period_ns, SYNCHED_PERIOD_MIN_NS);
  cr_assert_eq(make(1, 5001, 1), -1);
  cr_assert_str_eq(error.name, "--frames");
  cr_assert_str_eq(error.text,
                   "1 at 5001 Hz are a period of 199960 ns; at least 200000 ns, or --fast");
  cr_assert_eq(make(100000000, 1, 1), 0);
  cr_assert_eq(plan.period_ns, SYNCHED_PERIOD_MAX_NS);
  cr_assert_eq(make(100000001, 1, 1), -1);
  cr_assert_not_null(strstr(error.text, "at most 100000000000000000 ns, or --fast"));
}

Test(mixer_plan, make_fast_and_serial_have_no_period) {
  const struct mixer_output_format format = {2, 48000, 100};
  struct mixer_options options = {.round_frames = 1, .fast = true};
  cr_assert_eq(mixer_plan_make(&plan, &options, &format, &error), 0);
  cr_assert_eq(plan.period_ns, 0);
  options = (struct mixer_options){.round_frames = 1, .serial = true};
  cr_assert_eq(mixer_plan_make(&plan, &options, &format, &error), 0);
  cr_assert_eq(plan.period_ns, 0);
}
