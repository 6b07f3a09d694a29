/*
 * Who does what. The loop's thread does all that may wait for a disk: it reads the inputs ahead of
 * the rounds, adds up the strips' blocks of each round in the order of the inputs, and writes the
 * sum. The workers do the arithmetic: in round r the call of input i takes frames (r-1) * N up to r
 * * N of it, which have been read by then, and leaves in its segment the filtered block, and what
 * the filter carries on. Where the filter stood is in the segment that the same input left in round
 * r-1; nobody else writes there, so nothing needs a lock.
 *
 * What keeps the reading ahead of the rounds, and the rounds from running away from the writing, is
 * one thing: the memory's leases. Every snapshot is delivered, and kept until it has been; with L
 * leases there are 2 + L buffers: one to write to, the current one, and L more. So round r begins
 * only when the delivery of round r - L - 2 is over. In it the loop's thread writes that round, and
 * puts the frames of round r where those of that round were: there are L + 2 such places. That a
 * buffer is released before it is used again orders the one before the other. Memory is bounded,
 * however long the files are.
 *
 * The rounds of a periodic job are all computed, also those whose tick has been missed: the file
 * has no gaps. With CATCH_UP the mix is back on time after a delay, as a sound card would need it.
 */
#include "rounds.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include <uv.h>

#include <synched/synched.h>

#include "common/report.h"

#define LEASES 8
#define PLACES (LEASES + 2)
#define LINE_BYTES ((size_t)128) /* a segment is a multiple of it, so neighbours share no line */

#define NOT_READ 1 /* a call's code: the frames of its round are not in their place */

/* What a segment holds: one element. */
struct strip_block {
  struct mixer_strip_state state; /* after this block */
  float samples[];                /* round_frames times the input's channels */
};

struct rounds {
  struct mixer_mix *mix;
  struct mixer_output *output;
  struct mixer_plan plan;
  struct mixer_rounds_result *result;
  struct mixer_error *error;
  const struct example_report *report;
  bool failed; /* *error says why; nothing more is written */
  int status;  /* the job's */
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  uv_signal_t interrupt;
  uint64_t read_rounds[PLACES]; /* the round whose frames are in this place */
  float *places;                /* [PLACES][input_count][block_samples] */
  size_t block_samples;         /* room for a block of any input */
  struct mixer_sum sum;
  float *mixed; /* the sum as samples */
};

static float *place_of(const struct rounds *rounds, uint64_t round, size_t input) {
  const size_t place = (size_t)(round % PLACES);
  return rounds->places + (place * rounds->mix->input_count + input) * rounds->block_samples;
}

/* One input in one round, on a worker. */
static int run_strip(struct synched_task *task, void *user) {
  const struct rounds *const rounds = user;
  const struct strip_block *const before = synched_snapshot_segment(task->previous, task->segment);
  struct strip_block *const block = task->out;
  /* The leases see to it; were they to fail, silence or old frames would be worse than an end. */
  if (rounds->read_rounds[task->round % PLACES] != task->round)
    return NOT_READ;
  block->state = before->state;
  mixer_strip_run(&rounds->mix->strips[task->segment], &block->state,
                  place_of(rounds, task->round, task->segment), block->samples,
                  rounds->plan.round_frames);
  return 0;
}

/* The rest is on the loop's thread. */

static int read_round(struct rounds *rounds, uint64_t round) {
  if (round > rounds->plan.round_count)
    return 0;
  for (size_t i = 0; i < rounds->mix->input_count; i++)
    if (mixer_input_read(&rounds->mix->inputs[i], place_of(rounds, round, i),
                         rounds->plan.round_frames, rounds->error) != 0)
      return -1;
  rounds->read_rounds[round % PLACES] = round;
  return 0;
}

static int write_round(struct rounds *rounds, const struct synched_snapshot *now) {
  const uint64_t left = rounds->mix->format.frame_count - rounds->output->frames_written;
  const size_t frames = left < rounds->plan.round_frames ? (size_t)left : rounds->plan.round_frames;
  mixer_sum_clear(&rounds->sum);
  for (size_t i = 0; i < now->segment_count; i++) {
    const struct strip_block *const block = synched_snapshot_segment(now, i);
    mixer_sum_add(&rounds->sum, block->samples, rounds->mix->strips[i].channel_count);
  }
  mixer_sum_round(&rounds->sum, rounds->mixed, frames);
  return mixer_output_write(rounds->output, rounds->mixed, frames, rounds->error);
}

/* Every round, in order. Until this returns, its snapshot is kept. */
static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct rounds *const rounds = user;
  if (rounds->failed || rounds->result->interrupted)
    return;
  if (write_round(rounds, now) == 0 && read_round(rounds, now->round + PLACES) == 0)
    return;
  rounds->failed = true;
  (void)synched_job_cancel(job); /* EALREADY after the last round: it has ended then */
}

static void on_deadline(struct synched_job *job, const struct synched_deadline_miss *miss,
                        void *user) {
  struct rounds *const rounds = user;
  struct mixer_rounds_result *const result = rounds->result;
  (void)job;
  if (result->first_missed_round != 0)
    return;
  result->first_missed_round = miss->round;
  if (miss->running_count > 0)
    result->first_missed_input = rounds->mix->inputs[miss->running[0].segment].path;
}

static void on_interrupt(uv_signal_t *interrupt, int number) {
  struct rounds *const rounds = interrupt->data;
  (void)number;
  if (synched_job_cancel(rounds->job) == 0)
    rounds->result->interrupted = true;
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct rounds *const rounds = user;
  (void)job;
  rounds->status = status;
  if (report)
    synched_report_summary(report, &rounds->result->summary);
  if (report && status == 0 && example_report_write(rounds->report, "mixer", report) != 0)
    rounds->result->report_failed = true;
  uv_close((uv_handle_t *)&rounds->interrupt, NULL);
}

static int create_memory(struct rounds *rounds) {
  const size_t bytes = sizeof(struct strip_block) + rounds->block_samples * sizeof(float);
  return synched_memory_create(
      &rounds->memory,
      SYNCHED_MEMORY_OPTIONS(.segment_count = rounds->mix->input_count, .segment_capacity = 1,
                             .element_size = (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES,
                             .refill = SYNCHED_REFILL_NONE, .lease_count = LEASES));
}

static int create_job(struct rounds *rounds) {
  struct synched_job_options options = synched_job_options_default();
  options.name = "mixer";
  options.user = rounds;
  options.compute = run_strip;
  options.on_snapshot = on_snapshot;
  options.delivery = SYNCHED_DELIVER_EVERY;
  options.on_progress = synched_progress_bar;
  options.on_done = on_done;
  options.record = example_report_record(rounds->report);
  options.round_count = rounds->plan.round_count;
  options.period_ns = rounds->plan.period_ns;
  if (rounds->plan.period_ns > 0) {
    options.overrun = SYNCHED_OVERRUN_CATCH_UP;
    options.deadline_ns = rounds->plan.period_ns;
    options.deadline_policy = SYNCHED_DEADLINE_REPORT;
    options.on_deadline = on_deadline;
  }
  return synched_job_create(&rounds->job, rounds->pool, rounds->memory, &options);
}

static int create_engine(struct rounds *rounds) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  int status = synched_pool_create(
      &rounds->pool,
      SYNCHED_POOL_OPTIONS(.worker_count = rounds->plan.worker_count, .name = "mixer"));
  if (status == 0)
    status = synched_pool_info(rounds->pool, &info);
  rounds->result->worker_count = info.worker_count;
  if (status == 0)
    status = create_memory(rounds);
  return status == 0 ? create_job(rounds) : status;
}

static int create_buffers(struct rounds *rounds) {
  const struct mixer_mix *const mix = rounds->mix;
  rounds->block_samples = rounds->plan.round_frames * mix->format.channel_count;
  rounds->places = calloc(PLACES * mix->input_count, rounds->block_samples * sizeof(float));
  rounds->mixed = calloc(rounds->block_samples, sizeof(float));
  rounds->sum = (struct mixer_sum){.channel_count = mix->format.channel_count,
                                   .frames = rounds->plan.round_frames,
                                   .samples = calloc(rounds->block_samples, sizeof(double))};
  if (!rounds->places || !rounds->mixed || !rounds->sum.samples)
    return mixer_fail(rounds->error, rounds->output->name, "out of memory");
  return 0;
}

static void destroy(struct rounds *rounds) {
  synched_job_destroy(rounds->job);
  synched_memory_destroy(rounds->memory);
  synched_pool_destroy(rounds->pool);
  free(rounds->sum.samples);
  free(rounds->mixed);
  free(rounds->places);
}

/* The job, and Ctrl-C, on a loop of their own. The status of the loop, or of the start. */
static int run_loop(struct rounds *rounds) {
  uv_loop_t loop;
  int status = uv_loop_init(&loop);
  if (status != 0)
    return status;
  status = uv_signal_init(&loop, &rounds->interrupt);
  if (status == 0) {
    rounds->interrupt.data = rounds;
    /* Where it cannot be watched for, Ctrl-C ends the program as it would any other. */
    (void)uv_signal_start(&rounds->interrupt, on_interrupt, SIGINT);
    status = synched_job_start(rounds->job, &loop);
    if (status != 0)
      on_done(rounds->job, status, NULL, rounds);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
  }
  (void)uv_loop_close(&loop);
  return status;
}

/* What the run came to: 0, or -1 and why. */
static int judge(struct rounds *rounds, int loop_status) {
  if (rounds->failed)
    return -1;
  if (loop_status != 0)
    return mixer_fail(rounds->error, rounds->output->name, "the job cannot be started: %s",
                      uv_strerror(loop_status));
  if (rounds->result->interrupted)
    return 0;
  if (rounds->status == NOT_READ)
    return mixer_fail(rounds->error, rounds->output->name,
                      "a round began before its frames were read");
  if (rounds->status != 0)
    return mixer_fail(rounds->error, rounds->output->name, "%s", synched_strerror(rounds->status));
  if (rounds->output->frames_written != rounds->mix->format.frame_count)
    return mixer_fail(rounds->error, rounds->output->name,
                      "%" PRIu64 " frames were written, not %" PRIu64,
                      rounds->output->frames_written, rounds->mix->format.frame_count);
  return 0;
}

static int create_and_run(struct rounds *rounds) {
  if (create_buffers(rounds) != 0)
    return -1;
  if (create_engine(rounds) != 0)
    return mixer_fail(rounds->error, rounds->output->name, "%s", synched_error_message());
  for (uint64_t round = 1; round <= PLACES; round++)
    if (read_round(rounds, round) != 0)
      return -1;
  return judge(rounds, run_loop(rounds));
}

int mixer_rounds_run(struct mixer_rounds_result *out, const struct mixer_rounds_order *order,
                     struct mixer_error *error) {
  struct rounds rounds = {.mix = order->mix,
                          .output = order->output,
                          .plan = *order->plan,
                          .result = out,
                          .error = error,
                          .report = order->report};
  *out = (struct mixer_rounds_result){.summary = {.struct_size = sizeof out->summary}};
  if (rounds.plan.round_count == 0)
    return 0; /* a job always computes something */
  const int status = create_and_run(&rounds);
  destroy(&rounds);
  return status;
}
