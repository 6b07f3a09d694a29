/*
 * poll.c: a job in an event loop of the program's own, which is one call of poll(2), steered from
 * the keyboard.
 *
 * The job is a plucked string, computed a hundred times a second. It starts paused; the letters on
 * stdin pause it (p), let it go on (r), compute a single round (s) and end it (q, or the end of the
 * input). The program waits for the job's descriptor and for stdin at once, until the next line is
 * to be printed, and dispatches the job when there is something to dispatch. A letter is read when
 * the last one's call has been completed, so what is piped into the program happens in order.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <synched/synched.h>

#include "common/engine.h"
#include "common/options.h"

#define SEGMENTS 4u
#define POINTS_PER_SEGMENT 64u
#define HALF 128u /* so many points before the middle one: half of them */
#define TICK_MS 1000

/* All of it belongs to the main thread, on which every callback but `move` comes. */
struct app {
  struct example_engine engine;
  uint64_t period_ms;
  int64_t tick_ms; /* when the next line is due */
  bool steering;   /* a call has been accepted and is not complete yet */
  bool ending;     /* no more letters are wanted */
  uint64_t round;  /* what the newest snapshot said */
  double height;   /* of the string's middle */
};

struct point {
  double height, velocity;
};

/* One segment in one round, on a worker: its neighbours draw each point, which loses a little. */
static int move(struct synched_task *task, void *user) {
  (void)user;
  const struct point *was = task->previous->data;
  struct point *is = task->out;
  size_t at = task->first, end = task->previous->element_count - 1;
  for (size_t i = 0; i < task->count; i++, at++) {
    is[i] = was[at];
    if (at == 0 || at == end)
      continue; /* where it is held */
    double pull = was[at - 1].height + was[at + 1].height - 2 * was[at].height;
    is[i].velocity = 0.999 * (was[at].velocity + 0.25 * pull);
    is[i].height = was[at].height + is[i].velocity;
  }
  return 0;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct app *app = user;
  (void)job;
  app->round = now->round;
  app->height = ((const struct point *)now->data)[HALF].height;
}

/* What a letter asked for has happened, or something else has happened first. */
static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  static const char *const words[] = {[SYNCHED_STEER_PAUSE] = "paused",
                                      [SYNCHED_STEER_RESUME] = "resumed",
                                      [SYNCHED_STEER_STEP] = "stepped"};
  struct app *app = user;
  (void)job;
  app->steering = false;
  printf("%s, round %" PRIu64 "%s\n", words[steered->call], steered->round,
         steered->status != 0 ? " (overtaken)" : "");
}

/* Last of all: the call of synched_job_dispatch that this one comes from returns SYNCHED_STOP. */
static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct app *app = user;
  (void)job;
  example_engine_done(&app->engine, "poll", status, report);
}

/* One letter. A call that the job's state does not allow is refused, and says why. */
static void obey(struct app *app, char letter) {
  int status = 0;
  if (letter == 'p')
    status = synched_job_pause(app->engine.job);
  else if (letter == 'r')
    status = synched_job_resume(app->engine.job);
  else if (letter == 's')
    status = synched_job_step(app->engine.job, 1);
  else if (letter == 'q')
    status = synched_job_stop(app->engine.job);
  else if (strchr(" \t\r\n", letter) == NULL)
    fprintf(stderr, "poll: no such command: p pauses, r resumes, s steps, q ends\n");
  if (status != 0)
    fprintf(stderr, "poll: %c: %s\n", letter, synched_error_message());
  else if (letter == 'q')
    app->ending = true;
  else
    app->steering = letter == 'p' || letter == 'r' || letter == 's';
}

/* One byte for each call, for the next one may have to wait. The end of the input ends the job. */
static void read_letter(struct app *app) {
  char letter;
  ssize_t length = read(STDIN_FILENO, &letter, 1);
  if (length < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  obey(app, (char)(length == 1 && letter != '\0' ? letter : 'q'));
}

static int64_t now_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Prints a line when one is due; returns how long it is to the next one. */
static int tick(struct app *app) {
  int64_t now = now_ms();
  if (now >= app->tick_ms) {
    printf("%s, round %" PRIu64 ", the middle is at %+.3f\n",
           synched_job_state(app->engine.job) == SYNCHED_JOB_PAUSED ? "paused" : "running",
           app->round, app->height);
    app->tick_ms = now + TICK_MS;
  }
  return (int)(app->tick_ms - now);
}

/* The event loop, until on_done has been called. */
static int run_loop(struct app *app) {
  int status = synched_job_start_polled(app->engine.job);
  if (status != 0)
    return status;
  struct pollfd waits[2] = {{.fd = synched_job_fd(app->engine.job), .events = POLLIN},
                            {.events = POLLIN}};
  app->tick_ms = now_ms() + TICK_MS;
  while (status == SYNCHED_CONTINUE) {
    waits[1].fd = app->steering || app->ending ? -1 : STDIN_FILENO; /* -1: not waited for */
    if (poll(waits, 2, tick(app)) <= 0)
      continue; /* a line is due, or a signal came */
    if (waits[1].revents != 0)
      read_letter(app);
    if (waits[0].revents != 0)
      status = synched_job_dispatch(app->engine.job);
  }
  return status == SYNCHED_STOP ? 0 : status;
}

static int create_job(struct app *app) {
  int status = synched_pool_create(&app->engine.pool, NULL);
  if (status != 0)
    return status;
  status = synched_memory_create(
      &app->engine.memory,
      SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = POINTS_PER_SEGMENT,
                             .element_size = sizeof(struct point), .lease_count = 1));
  for (size_t s = 0; s < SEGMENTS && status == 0; s++) {
    struct point plucked[POINTS_PER_SEGMENT] = {0};
    for (size_t i = 0; i < POINTS_PER_SEGMENT; i++) {
      size_t at = s * POINTS_PER_SEGMENT + i;
      size_t distance = at < HALF ? HALF - at : at - HALF;
      plucked[i].height = 1 - (double)distance / (double)HALF;
    }
    status = synched_memory_load(app->engine.memory, s, plucked, POINTS_PER_SEGMENT);
  }
  if (status != 0)
    return status;
  return synched_job_create(
      &app->engine.job, app->engine.pool, app->engine.memory,
      SYNCHED_JOB_OPTIONS(.name = "string", .user = app, .compute = move,
                          .on_snapshot = on_snapshot, .on_steered = on_steered, .on_done = on_done,
                          .period_ns = app->period_ms * 1000000, .flags = SYNCHED_JOB_START_PAUSED,
                          .report_rounds = example_report_rounds(&app->engine.report, 8),
                          .record = example_report_record(&app->engine.report)));
}

struct settings {
  uint64_t period_ms;
  const char *form; /* of a report; NULL: the usual one */
};

static const struct example_option known[] = {
    {.name = "period",
     .value = "MS",
     EXAMPLE_MEMBER(struct settings, period_ms),
     .range = {1, 60000},
     .help = "from one round to the next, 1 .. 60000; default 10"},
    EXAMPLE_REPORT_TEXT_OPTION(struct settings, form),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "poll",
    .synopsis = "poll [--period MS] [--report FORM[:FILE]]",
    .options = known,
    .ending = "On stdin: p pauses, r resumes, s steps one round, q ends."};

int main(int argc, char **argv) {
  static struct app app = {.height = 1};
  struct settings settings = {.period_ms = 10};
  const enum example_options_result parsed =
      example_options_read_only(&command, argc, argv, &settings);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return parsed == EXAMPLE_OPTIONS_DONE ? 0 : 2;
  setvbuf(stdout, NULL, _IOLBF, 0); /* a line when it is due, also into a pipe */
  const int refused = example_engine_report(&app.engine, "poll", settings.form);
  if (refused != 0)
    return refused;
  app.period_ms = settings.period_ms;
  int status = create_job(&app);
  if (status == 0)
    status = run_loop(&app);
  return example_engine_end(&app.engine, "poll", status);
}
