#include "plan.h"

#include <inttypes.h>

#include <synched/job.h>

#define SECOND_NS UINT64_C(1000000000)

static int refuse(const struct mixer_options *options, uint64_t rate_hz, uint64_t period_ns,
                  struct mixer_error *error) {
  const bool is_short = period_ns < SYNCHED_PERIOD_MIN_NS;
  return mixer_fail(error, "--frames",
                    "%zu at %" PRIu64 " Hz are a period of %" PRIu64 " ns; %s %" PRIu64
                    " ns, or --fast",
                    options->round_frames, rate_hz, period_ns, is_short ? "at least" : "at most",
                    is_short ? SYNCHED_PERIOD_MIN_NS : SYNCHED_PERIOD_MAX_NS);
}

int mixer_plan_make(struct mixer_plan *out, const struct mixer_options *options,
                    const struct mixer_output_format *format, struct mixer_error *error) {
  const uint64_t frames = options->round_frames, rate_hz = format->rate_hz;
  *out = (struct mixer_plan){.round_frames = options->round_frames,
                             .round_count =
                                 format->frame_count / frames + (format->frame_count % frames != 0),
                             .worker_count = options->worker_count};
  if (options->fast || options->serial)
    return 0;
  /* To the nearest nanosecond: in an hour that errs by less than two clocks differ. */
  out->period_ns = (frames * SECOND_NS + rate_hz / 2) / rate_hz;
  if (out->period_ns < SYNCHED_PERIOD_MIN_NS || out->period_ns > SYNCHED_PERIOD_MAX_NS)
    return refuse(options, rate_hz, out->period_ns, error);
  return 0;
}
