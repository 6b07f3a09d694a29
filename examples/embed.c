/*
 * embed.c: a job inside a libuv program, which goes on living its own life meanwhile.
 *
 * The program has a loop, a timer that ticks every 100 ms, and a handler for Ctrl-C. Into this loop
 * it starts a job that throws darts at a quarter circle, round after round as fast as it can: the
 * share that hits, times four, tends to pi. The workers never wait for the loop, and the loop never
 * waits for them: on_snapshot comes on the loop's thread with the newest round that there is then,
 * and what it was handed does not change while it looks. Ctrl-C (or --seconds) cancels the job;
 * on_done then closes what keeps the loop alive.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <uv.h>

#include <synched/synched.h>

#include "common/engine.h"
#include "common/options.h"
#include "common/random.h"

#define SEGMENTS 8
#define DARTS_PER_CALL 10000
#define TICK_MS 100

/* All of it belongs to the loop's thread. The workers get to see nothing but their tasks. */
struct app {
  uv_loop_t loop;
  uv_timer_t ticker;
  uv_signal_t interrupt;
  struct example_engine engine;
  uint64_t round_count; /* to end after; 0: none */
  uint64_t seconds;     /* to end after; 0: none */
  uint64_t start_ns, tick_ns;
  uint64_t tick_round;         /* the newest at the last tick */
  uint64_t round, darts, hits; /* what the newest snapshot said */
};

/* A segment: the darts thrown in it so far. */
struct tally {
  uint64_t darts, hits;
};

/* One segment in one round, on a worker. The memory refills `out` with what the segment held. */
static int throw_darts(struct synched_task *task, void *user) {
  (void)user;
  struct tally *tally = task->out;
  uint64_t first = (task->round * SEGMENTS + task->segment) * DARTS_PER_CALL;
  for (uint64_t i = 0; i < DARTS_PER_CALL; i++) {
    uint64_t random = example_random_at(0, first + i);
    uint64_t x = random & 0xffffffffu, y = random >> 32;
    /* Halved, so that the sum of the squares fits in 64 bits. */
    tally->hits += (x / 2) * (x / 2) + (y / 2) * (y / 2) < (uint64_t)1 << 62 ? 1 : 0;
  }
  tally->darts += DARTS_PER_CALL;
  return 0;
}

/* On the loop's thread: the newest round. */
static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct app *app = user;
  (void)job;
  app->round = now->round;
  app->darts = app->hits = 0;
  for (size_t s = 0; s < now->segment_count; s++) {
    const struct tally *tally = synched_snapshot_segment(now, s);
    app->darts += tally->darts;
    app->hits += tally->hits;
  }
}

/* Those that were opened. */
static void close_handles(struct app *app) {
  if (app->ticker.data != NULL)
    uv_close((uv_handle_t *)&app->ticker, NULL);
  if (app->interrupt.data != NULL)
    uv_close((uv_handle_t *)&app->interrupt, NULL);
}

/* On the loop's thread, last of all. The job's own handles are closed by now; with ours closed too,
 * uv_run has nothing to wait for and returns. */
static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct app *app = user;
  (void)job;
  example_engine_done(&app->engine, "embed", status, report);
  close_handles(app);
}

static void on_tick(uv_timer_t *ticker) {
  struct app *app = ticker->data;
  uint64_t now_ns = uv_hrtime();
  double rate = (double)(app->round - app->tick_round) * 1e9 / (double)(now_ns - app->tick_ns);
  double pi = app->darts == 0 ? 0.0 : 4.0 * (double)app->hits / (double)app->darts;
  printf("%5.1f s  round %9" PRIu64 "  %8.0f rounds/s  pi is about %.6f\n",
         (double)(now_ns - app->start_ns) / 1e9, app->round, rate, pi);
  app->tick_round = app->round;
  app->tick_ns = now_ns;
  /* EALREADY if the job has just ended by itself: fine too. */
  if (app->seconds != 0 && now_ns - app->start_ns >= app->seconds * 1000000000u)
    (void)synched_job_cancel(app->engine.job);
}

/* Ctrl-C, as an ordinary event. A second one finds the job cancelled already. */
static void on_interrupt(uv_signal_t *interrupt, int number) {
  struct app *app = interrupt->data;
  (void)number;
  (void)synched_job_cancel(app->engine.job);
}

static int create_job(struct app *app) {
  int status = synched_pool_create(&app->engine.pool, NULL);
  if (status != 0)
    return status;
  /* on_snapshot reads while the job goes on: one lease is one buffer more for it. */
  status = synched_memory_create(
      &app->engine.memory,
      SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                             .element_size = sizeof(struct tally), .layout = SYNCHED_LAYOUT_PADDED,
                             .refill = SYNCHED_REFILL_KEEP, .lease_count = 1));
  if (status != 0)
    return status;
  return synched_job_create(
      &app->engine.job, app->engine.pool, app->engine.memory,
      SYNCHED_JOB_OPTIONS(.name = "darts", .user = app, .compute = throw_darts,
                          .on_snapshot = on_snapshot, .on_done = on_done,
                          .report_rounds = example_report_rounds(&app->engine.report, 8),
                          .record = example_report_record(&app->engine.report),
                          .round_count = app->round_count));
}

static int open_handles(struct app *app) {
  int status = uv_timer_init(&app->loop, &app->ticker);
  if (status != 0)
    return status;
  app->ticker.data = app;
  status = uv_signal_init(&app->loop, &app->interrupt);
  if (status != 0)
    return status;
  app->interrupt.data = app;
  status = uv_timer_start(&app->ticker, on_tick, TICK_MS, TICK_MS);
  return status != 0 ? status : uv_signal_start(&app->interrupt, on_interrupt, SIGINT);
}

/* The loop and everything on it, to its end. A loop that can be closed proves that no handle was
 * forgotten, neither ours nor the job's. */
static int run_loop(struct app *app) {
  int status = uv_loop_init(&app->loop);
  if (status != 0)
    return status;
  app->start_ns = app->tick_ns = uv_hrtime();
  status = open_handles(app);
  if (status == 0)
    status = synched_job_start(app->engine.job, &app->loop);
  if (status != 0)
    close_handles(app); /* there will be no on_done to do it */
  (void)uv_run(&app->loop, UV_RUN_DEFAULT);
  int close_status = uv_loop_close(&app->loop);
  return status != 0 ? status : close_status;
}

struct settings {
  uint64_t round_count, seconds; /* 0: until Ctrl-C */
  const char *form;              /* of a report; NULL: the usual one */
};

static const struct example_option known[] = {
    {.name = "rounds",
     .value = "N",
     EXAMPLE_MEMBER(struct settings, round_count),
     .range = {1, UINT64_MAX},
     .help = "end after so many"},
    {.name = "seconds",
     .value = "S",
     EXAMPLE_MEMBER(struct settings, seconds),
     .range = {1, 1000000},
     .help = "end after so long; without both, at Ctrl-C"},
    EXAMPLE_REPORT_TEXT_OPTION(struct settings, form),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "embed",
    .synopsis = "embed [--rounds N] [--seconds S] [--report FORM[:FILE]]",
    .options = known};

int main(int argc, char **argv) {
  static struct app app;
  struct settings settings = {0};
  const enum example_options_result parsed =
      example_options_read_only(&command, argc, argv, &settings);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return parsed == EXAMPLE_OPTIONS_DONE ? 0 : 2;
  setvbuf(stdout, NULL, _IOLBF, 0); /* a line when it is due, also into a pipe */
  const int refused = example_engine_report(&app.engine, "embed", settings.form);
  if (refused != 0)
    return refused;
  app.round_count = settings.round_count;
  app.seconds = settings.seconds;
  int status = create_job(&app);
  if (status == 0)
    status = run_loop(&app);
  return example_engine_end(&app.engine, "embed", status);
}
