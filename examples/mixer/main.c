/*
 * mixer: mixes WAV files in real time. Each round computes one block of frames.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/output.h"
#include "common/report.h"
#include "common/words.h"
#include "error.h"
#include "mix.h"
#include "options.h"
#include "output.h"
#include "plan.h"
#include "rounds.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

/* What mixing came to; why it failed is in its struct mixer_error. */
enum outcome { MIX_FAILED = -1, MIXED = 0, MIX_INTERRUPTED = 1, MIXED_WITHOUT_REPORT = 2 };

/* For the plain loop; rounds hear of an interrupt through the event loop. */
static volatile sig_atomic_t interrupted;

static void note_interrupt(int number) {
  (void)number;
  interrupted = 1;
}

static double ms(uint64_t ns) {
  return (double)ns / 1e6;
}

/* Of a run on time: how well that went. */
static void print_timing(const struct mixer_rounds_result *result) {
  const struct synched_report_summary *const summary = &result->summary;
  printf("ticks: %" PRIu64 ", started %" PRIu64 ", skipped %" PRIu64 ", overrun %" PRIu64 "\n",
         summary->tick_count, summary->started_count, summary->skipped_count,
         summary->overrun_count);
  printf("lateness: p50 %.3f ms, p99 %.3f ms, max %.3f ms\n", ms(summary->lateness_p50_ns),
         ms(summary->lateness_p99_ns), ms(summary->lateness_max_ns));
  printf("deadlines missed: %" PRIu64 "\n", summary->deadline_missed_count);
  if (result->first_missed_round == 0)
    return;
  printf("the first in round %" PRIu64, result->first_missed_round);
  if (result->first_missed_input) {
    fputs(", while computing ", stdout);
    example_print_safely(result->first_missed_input, stdout);
  }
  putchar('\n');
}

static void print_rounds(const struct mixer_rounds_result *result, const struct mixer_plan *plan) {
  const struct synched_report_summary *const summary = &result->summary;
  const double seconds = (double)(summary->end_ns - summary->start_ns) / 1e9;
  printf("%" PRIu64 " rounds of %zu frames", summary->round_count, plan->round_frames);
  if (plan->period_ns > 0)
    printf(" and %.3f ms", ms(plan->period_ns));
  printf(" by %u worker%s in %.3f s\n", result->worker_count, example_plural(result->worker_count),
         seconds);
  if (plan->period_ns > 0)
    print_timing(result);
}

static void print_format(const struct mixer_mix *mix, const char *name) {
  const struct mixer_output_format *const format = &mix->format;
  example_print_safely(name, stdout);
  printf(": %zu inputs, %u Hz, %s, %" PRIu64 " frames, %.3f s\n", mix->input_count, format->rate_hz,
         format->channel_count == 1 ? "mono" : "stereo", format->frame_count,
         (double)format->frame_count / format->rate_hz);
}

static void print_notes(const struct mixer_mix *mix) {
  for (size_t i = 0; i < mix->input_count; i++)
    for (size_t k = 0; k < mix->inputs[i].header.note_count; k++)
      example_note_print("mixer", mix->inputs[i].path, 0, mix->inputs[i].header.notes[k]);
}

/* By the plain loop, until Ctrl-C. */
static enum outcome mix_serially(struct mixer_mix *mix, struct mixer_output *output,
                                 struct mixer_error *error) {
  const struct sigaction action = {.sa_handler = note_interrupt};
  sigaction(SIGINT, &action, NULL);
  const int status = mixer_mix_serially(mix, output, &interrupted, error);
  return status < 0 ? MIX_FAILED : status > 0 ? MIX_INTERRUPTED : MIXED;
}

static enum outcome mix_in_rounds(struct mixer_mix *mix, struct mixer_output *output,
                                  const struct mixer_plan *plan,
                                  const struct example_report *report, struct mixer_error *error) {
  struct mixer_rounds_result result;
  const struct mixer_rounds_order order = {mix, output, plan, report};
  if (mixer_rounds_run(&result, &order, error) != 0)
    return MIX_FAILED;
  if (result.interrupted)
    return MIX_INTERRUPTED;
  if (plan->round_count > 0)
    print_rounds(&result, plan);
  return result.report_failed ? MIXED_WITHOUT_REPORT : MIXED;
}

/* A mix is kept although its report cannot be. */
static enum outcome mix_and_write(struct mixer_mix *mix, const struct mixer_options *options,
                                  const struct mixer_plan *plan,
                                  const struct example_report *report, struct mixer_error *error) {
  struct mixer_output output;
  if (mixer_output_open(&output, options->output_path, &mix->format, error) != 0)
    return MIX_FAILED;
  const enum outcome outcome = options->serial ? mix_serially(mix, &output, error)
                                               : mix_in_rounds(mix, &output, plan, report, error);
  if (outcome == MIXED || outcome == MIXED_WITHOUT_REPORT)
    return mixer_output_commit(&output, error) == 0 ? outcome : MIX_FAILED;
  mixer_output_discard(&output);
  return outcome;
}

static int exit_code_of(enum outcome outcome) {
  if (outcome == MIX_INTERRUPTED)
    return EXIT_INTERRUPTED;
  return outcome == MIXED ? EXIT_OK : EXIT_FAILED;
}

static int run(const struct mixer_options *options, const struct example_report *report) {
  struct mixer_mix mix;
  struct mixer_plan plan;
  struct mixer_error error;
  if (mixer_mix_open(&mix, options, &error) != 0) {
    mixer_error_print(&error);
    return EXIT_FAILED;
  }
  enum outcome outcome = MIX_FAILED;
  int status = mixer_plan_make(&plan, options, &mix.format, &error);
  if (status == 0 && example_output_is_stdout(options->output_path) &&
      example_output_claim_stdout() != 0)
    status = mixer_fail(&error, example_output_shown(options->output_path), "cannot be written: %s",
                        strerror(errno));
  if (status == 0) {
    print_notes(&mix);
    print_format(&mix, example_output_shown(options->output_path));
    outcome = mix_and_write(&mix, options, &plan, report, &error);
  }
  mixer_mix_close(&mix);
  if (outcome == MIX_FAILED)
    mixer_error_print(&error);
  else if (outcome == MIX_INTERRUPTED)
    fputs("mixer: interrupted; nothing is written\n", stderr);
  return exit_code_of(outcome);
}

/* What can be known to be wrong with the report before anything is read. */
static int run_with_report(const struct mixer_options *options) {
  struct example_report report = {.form = NULL};
  const int refused = options->report ? example_report_read(&report, "mixer", options->report) : 0;
  return refused != 0 ? refused : run(options, &report);
}

int main(int argc, char **argv) {
  struct mixer_options options;
  struct mixer_error error;
  int code = EXIT_OK;
  switch (mixer_options_parse(&options, argc, argv, &error)) {
  case MIXER_OPTIONS_RUN:
    code = run_with_report(&options);
    break;
  case MIXER_OPTIONS_HELP:
    example_options_help(&mixer_command, stdout);
    break;
  case MIXER_OPTIONS_WRONG:
    mixer_error_print(&error);
    code = EXIT_USAGE;
    break;
  }
  mixer_options_deinit(&options);
  return example_output_exit_code("mixer", code);
}
