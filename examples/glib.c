/*
 * glib.c: a job in GLib's main loop, as in a program with GTK.
 *
 * The job counts primes, the next stretch of numbers in every round, as fast as it can. For the
 * main loop it is a source like any other: a descriptor that is readable when there is something to
 * dispatch. A timeout prints the newest count meanwhile, and Ctrl-C cancels the job; when
 * synched_job_dispatch returns SYNCHED_STOP, on_done has been called, and the source and the main
 * loop end.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <glib-unix.h>
#include <glib.h>

#include <synched/synched.h>

#include "common/engine.h"
#include "common/options.h"

#define SEGMENTS 8
#define NUMBERS_PER_CALL 1000u
#define TICK_MS 100

/* All of it belongs to the main loop's thread. */
struct app {
  GMainLoop *loop;
  struct example_engine engine;
  uint64_t round_count;   /* to end after; 0: none */
  uint64_t round, primes; /* what the newest snapshot said */
};

static bool is_prime(uint64_t number) {
  for (uint64_t divisor = 3; divisor * divisor <= number; divisor += 2)
    if (number % divisor == 0)
      return false;
  return number == 2 || (number > 2 && number % 2 != 0);
}

/* One segment in one round, on a worker. `out` starts with the count that the segment held. */
static int count_primes(struct synched_task *task, void *user) {
  (void)user;
  uint64_t *primes = task->out;
  uint64_t first = ((task->round - 1) * SEGMENTS + task->segment) * NUMBERS_PER_CALL;
  for (uint64_t number = first; number < first + NUMBERS_PER_CALL; number++)
    *primes += is_prime(number) ? 1 : 0;
  return 0;
}

/* From within synched_job_dispatch, as on_done. */
static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct app *app = user;
  (void)job;
  app->round = now->round;
  app->primes = 0;
  for (size_t s = 0; s < now->segment_count; s++)
    app->primes += *(const uint64_t *)synched_snapshot_segment(now, s);
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct app *app = user;
  (void)job;
  example_engine_done(&app->engine, "glib", status, report);
}

static void print_count(const struct app *app) {
  printf("%" PRIu64 " primes below %" PRIu64 "\n", app->primes,
         app->round * SEGMENTS * NUMBERS_PER_CALL);
}

/* The job's descriptor is readable. */
static gboolean on_readable(gint fd, GIOCondition condition, gpointer user) {
  struct app *app = user;
  (void)fd;
  (void)condition;
  int status = synched_job_dispatch(app->engine.job);
  if (status == SYNCHED_CONTINUE)
    return G_SOURCE_CONTINUE;
  if (status < 0)
    app->engine.ended = status;
  g_main_loop_quit(app->loop);
  return G_SOURCE_REMOVE;
}

static gboolean on_tick(gpointer user) {
  print_count(user);
  return G_SOURCE_CONTINUE;
}

/* Ctrl-C, as an ordinary event. A second one finds the job cancelled already. */
static gboolean on_interrupt(gpointer user) {
  struct app *app = user;
  (void)synched_job_cancel(app->engine.job);
  return G_SOURCE_CONTINUE;
}

static int run_loop(struct app *app) {
  int status = synched_job_start_polled(app->engine.job);
  if (status != 0)
    return status;
  app->loop = g_main_loop_new(NULL, FALSE);
  (void)g_unix_fd_add(synched_job_fd(app->engine.job), G_IO_IN, on_readable, app);
  guint tick = g_timeout_add(TICK_MS, on_tick, app);
  guint interrupt = g_unix_signal_add(SIGINT, on_interrupt, app);
  g_main_loop_run(app->loop);
  (void)g_source_remove(tick);
  (void)g_source_remove(interrupt);
  g_main_loop_unref(app->loop);
  print_count(app);
  return 0;
}

static int create_job(struct app *app) {
  int status = synched_pool_create(&app->engine.pool, NULL);
  if (status != 0)
    return status;
  status = synched_memory_create(
      &app->engine.memory,
      SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                             .element_size = sizeof(uint64_t), .layout = SYNCHED_LAYOUT_PADDED,
                             .refill = SYNCHED_REFILL_KEEP, .lease_count = 1));
  if (status != 0)
    return status;
  return synched_job_create(
      &app->engine.job, app->engine.pool, app->engine.memory,
      SYNCHED_JOB_OPTIONS(.name = "primes", .user = app, .compute = count_primes,
                          .on_snapshot = on_snapshot, .on_done = on_done,
                          .report_rounds = example_report_rounds(&app->engine.report, 8),
                          .record = example_report_record(&app->engine.report),
                          .round_count = app->round_count));
}

struct settings {
  uint64_t round_count; /* 0: until Ctrl-C */
  const char *form;     /* of a report; NULL: the usual one */
};

static const struct example_option known[] = {
    {.name = "rounds",
     .value = "N",
     EXAMPLE_MEMBER(struct settings, round_count),
     .range = {1, UINT64_MAX},
     .help = "end after so many; without it, at Ctrl-C"},
    EXAMPLE_REPORT_TEXT_OPTION(struct settings, form),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "glib", .synopsis = "glib [--rounds N] [--report FORM[:FILE]]", .options = known};

int main(int argc, char **argv) {
  static struct app app;
  struct settings settings = {0};
  const enum example_options_result parsed =
      example_options_read_only(&command, argc, argv, &settings);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return parsed == EXAMPLE_OPTIONS_DONE ? 0 : 2;
  setvbuf(stdout, NULL, _IOLBF, 0); /* a line when it is due, also into a pipe */
  const int refused = example_engine_report(&app.engine, "glib", settings.form);
  if (refused != 0)
    return refused;
  app.round_count = settings.round_count;
  int status = create_job(&app);
  if (status == 0)
    status = run_loop(&app);
  return example_engine_end(&app.engine, "glib", status);
}
