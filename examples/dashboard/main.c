/*
 * dashboard: a running job, live in a browser, which can also steer it.
 *
 * One libuv loop has everything on it: the job's deliveries, the server with all clients, two
 * timers and the signals. The job never waits for any of it: of its snapshots the loop gets the
 * newest one whenever it has time (SYNCHED_DELIVER_LATEST), and copies it, at most every 40 ms,
 * into the frame that all clients share.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include <synched/synched.h>

#include "bands.h"
#include "command.h"
#include "common/words.h"
#include "frame.h"
#include "listener.h"
#include "page.h"
#include "report.h"
#include "server.h"
#include "settings.h"
#include "state.h"
#include "steer.h"
#include "world.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define FRAME_MS 40 /* no more frames than one in so long */
#define STATE_MS 120
#define MEASURE_NS UINT64_C(480000000) /* rates are taken over so long */
#define MS_PER_SECOND 1000

/* All of it belongs to the loop's thread. */
struct app {
  const struct dashboard_settings *settings;
  uv_loop_t loop;
  uv_timer_t frame_timer, state_timer, end_timer;
  uv_signal_t interrupt, terminate;
  struct dashboard_world world;
  struct dashboard_listener listener;
  struct dashboard_server server;
  uint64_t frame_ms,
      frame_round; /* when the frame was drawn, and of which round; UINT64_MAX: none */
  struct {
    uint64_t ns, round;
    uint64_t *work_ns;   /* [worker_count] */
    double *work_shares; /* [worker_count] */
    double rounds_per_second;
  } measured;
  uint64_t round, population, period_ns;
  struct dashboard_effect effect;
  bool ending; /* the program is */
  int status;  /* of the job, when it has ended */
};

/* --- to the clients --- */

static void draw_frame(struct app *app, const struct synched_snapshot *now) {
  const struct life_view view = life_bands_view(&app->world.grid, now);
  unsigned char *const frame = dashboard_broadcast_bytes(&app->server.frame);
  if (!frame)
    return; /* there is no memory for one now */
  dashboard_frame_write(frame, &view, now->round);
  dashboard_server_publish(&app->server, &app->server.frame, dashboard_frame_bytes(view.grid));
  app->frame_round = now->round;
  app->frame_ms = uv_now(&app->loop);
}

static void publish_state(struct app *app) {
  const struct dashboard_state state = {
      .name = dashboard_steer_state(&app->world),
      .round = app->round,
      .population = app->population,
      .rounds_per_second = app->measured.rounds_per_second,
      .period_ns = app->period_ns,
      .client_count = app->server.client_count,
      .worker_count = app->world.worker_count,
      .work_shares = app->measured.work_shares,
      .effect = app->effect,
  };
  struct dashboard_broadcast *const broadcast = &app->server.state;
  char *const text = (char *)dashboard_broadcast_bytes(broadcast);
  if (text)
    dashboard_server_publish(&app->server, broadcast,
                             dashboard_state_write(text, broadcast->bytes_max, &state));
}

static void measure(struct app *app, uint64_t now_ns) {
  const double elapsed_ns = (double)(now_ns - app->measured.ns);
  app->measured.rounds_per_second = (double)(app->round - app->measured.round) * 1e9 / elapsed_ns;
  for (unsigned worker = 0; worker < app->world.worker_count; worker++) {
    const uint64_t work_ns = dashboard_world_work_ns(&app->world, worker);
    app->measured.work_shares[worker] =
        (double)(work_ns - app->measured.work_ns[worker]) / elapsed_ns;
    app->measured.work_ns[worker] = work_ns;
  }
  app->measured.ns = now_ns;
  app->measured.round = app->round;
}

static void on_state_timer(uv_timer_t *timer) {
  struct app *const app = timer->data;
  const uint64_t now_ns = uv_hrtime();
  dashboard_listener_retry(&app->listener);
  if (now_ns - app->measured.ns >= MEASURE_NS)
    measure(app, now_ns);
  publish_state(app);
}

/* The last round before a pause may have come too soon after the last frame: here it is drawn. */
static void on_frame_timer(uv_timer_t *timer) {
  struct app *const app = timer->data;
  if (app->frame_round == app->round || app->server.client_count == 0)
    return;
  const struct synched_snapshot *const now = synched_snapshot_current(app->world.memory);
  draw_frame(app, now);
  synched_snapshot_release(now);
}

/* --- from the job --- */

static void on_round(const struct synched_snapshot *now, void *user) {
  struct app *const app = user;
  app->round = now->round;
  app->population = (uint64_t)now->fold;
  if (app->server.client_count > 0 && !app->ending &&
      uv_now(&app->loop) - app->frame_ms >= FRAME_MS)
    draw_frame(app, now);
}

static void on_steered(const struct synched_steered *steered, void *user) {
  struct app *const app = user;
  app->effect = (struct dashboard_effect){
      .serial = app->effect.serial + 1,
      .verb = dashboard_steer_verb(steered),
      .status = steered->status == 0 ? "done" : synched_err_name(steered->status),
      .round = steered->round,
  };
  if (steered->call == SYNCHED_STEER_PERIOD && steered->status == 0)
    app->period_ns = steered->value;
  if (!app->ending)
    publish_state(app);
}

static void close_signals(struct app *app) {
  uv_close((uv_handle_t *)&app->interrupt, NULL);
  uv_close((uv_handle_t *)&app->terminate, NULL);
}

static void close_timers(struct app *app) {
  uv_close((uv_handle_t *)&app->frame_timer, NULL);
  uv_close((uv_handle_t *)&app->state_timer, NULL);
  uv_close((uv_handle_t *)&app->end_timer, NULL);
}

/* The job's own handles are closed by now; with all of ours closed too, uv_run returns. */
static void close_rest(struct app *app) {
  dashboard_server_close(&app->server);
  close_signals(app);
}

static void on_ended(int status, void *user) {
  struct app *const app = user;
  app->status = status;
  if (status != SYNCHED_ECANCELED)
    fprintf(stderr, "dashboard: the job has ended: %s\n", synched_strerror(status));
  if (app->ending)
    close_rest(app);
  else
    publish_state(app);
}

/* --- from outside --- */

static size_t on_message(char reply[static DASHBOARD_REPLY_BYTES_MAX], const char *message,
                         size_t byte_count, void *user) {
  struct app *const app = user;
  struct dashboard_command command;
  struct example_error error;
  int status = dashboard_command_parse(&command, message, byte_count, &error);
  if (status == 0 && app->ending)
    status = example_fail(&error, 0, "the program is about to end");
  if (status == 0)
    status = dashboard_steer(&app->world, &app->loop, &command, &error);
  if (status != 0)
    return dashboard_reply_write(reply, "", error.text);
  return dashboard_reply_write(reply, dashboard_verb_name(command.verb), NULL);
}

static void on_connection(int descriptor, void *user) {
  struct app *const app = user;
  dashboard_server_adopt(&app->server, descriptor);
}

static bool on_exhausted(void *user) {
  struct app *const app = user;
  return dashboard_server_make_room(&app->server);
}

/* The job is cancelled, and what is left is closed when it has ended. */
static void end(struct app *app) {
  if (app->ending)
    return;
  app->ending = true;
  dashboard_listener_close(&app->listener);
  close_timers(app);
  const int status = synched_job_cancel(app->world.job);
  const int state = synched_job_state(app->world.job);
  if (state == SYNCHED_JOB_ENDED || (status == 0 && state == SYNCHED_JOB_READY))
    close_rest(app); /* there is no on_ended to come */
}

static void on_end_timer(uv_timer_t *timer) {
  end(timer->data);
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)number;
  end(handle->data);
}

/* --- the program --- */

static int start_timers(struct app *app) {
  const uint64_t end_ms = app->settings->seconds * MS_PER_SECOND;
  int status = uv_timer_start(&app->frame_timer, on_frame_timer, FRAME_MS, FRAME_MS);
  if (status == 0)
    status = uv_timer_start(&app->state_timer, on_state_timer, STATE_MS, STATE_MS);
  if (status == 0 && end_ms > 0)
    status = uv_timer_start(&app->end_timer, on_end_timer, end_ms, 0);
  return status;
}

static int start_signals(struct app *app) {
  const int status = uv_signal_start(&app->interrupt, on_signal, SIGINT);
  return status != 0 ? status : uv_signal_start(&app->terminate, on_signal, SIGTERM);
}

/* The first signal handle brings descriptors of libuv's own; after it nothing can fail. */
static int init_handles(struct app *app) {
  const int status = uv_signal_init(&app->loop, &app->interrupt);
  if (status != 0)
    return status;
  (void)uv_signal_init(&app->loop, &app->terminate);
  (void)uv_timer_init(&app->loop, &app->frame_timer);
  (void)uv_timer_init(&app->loop, &app->state_timer);
  (void)uv_timer_init(&app->loop, &app->end_timer);
  app->interrupt.data = app->terminate.data = app;
  app->frame_timer.data = app->state_timer.data = app->end_timer.data = app;
  return 0;
}

static void print_address(const struct app *app) {
  const bool is_v6 = strchr(app->settings->address, ':') != NULL;
  printf("dashboard: http://%s%s%s:%u/ shows %zu x %zu cells, in %zu band%s for %u worker%s\n",
         is_v6 ? "[" : "", app->settings->address, is_v6 ? "]" : "", app->listener.port,
         app->world.grid.width, app->world.grid.height, app->world.grid.band_count,
         example_plural(app->world.grid.band_count), app->world.worker_count,
         example_plural(app->world.worker_count));
  fflush(stdout);
}

static int start(struct app *app) {
  app->listener.on_connection = on_connection;
  app->listener.on_exhausted = on_exhausted;
  app->listener.user = app;
  app->measured.ns = uv_hrtime();
  int status = start_signals(app);
  if (status == 0)
    status = start_timers(app);
  if (status == 0)
    status = dashboard_listener_start(&app->listener, &app->loop);
  return status != 0 ? status : synched_job_start(app->world.job, &app->loop);
}

static int page_content(struct dashboard_content *out, void *user) {
  (void)user;
  *out = (struct dashboard_content){.bytes = dashboard_page, .byte_count = dashboard_page_bytes};
  return 0;
}

static int metrics_content(struct dashboard_content *out, void *user) {
  const struct app *const app = user;
  return dashboard_report_content(out, app->world.job, SYNCHED_FORMAT_PROMETHEUS);
}

static int report_content(struct dashboard_content *out, void *user) {
  const struct app *const app = user;
  return dashboard_report_content(out, app->world.job, SYNCHED_FORMAT_HTML);
}

/* What can be had with GET; the WebSocket is the server's own. */
static const struct dashboard_route routes[] = {
    {"/", "text/html", page_content},
    {"/metrics", "application/openmetrics-text; version=1.0.0", metrics_content},
    {"/report", "text/html", report_content},
};

static void init_server(struct app *app) {
  const struct dashboard_server_options options = {
      .loop = &app->loop,
      .routes = {routes, sizeof routes / sizeof routes[0], app},
      .on_message = on_message,
      .user = app,
      .state_bytes_max = dashboard_state_bytes(app->world.worker_count),
      .frame_bytes_max = dashboard_frame_bytes(&app->world.grid),
  };
  dashboard_server_init(&app->server, &options);
}

/* Everything on the loop, to its end. */
static int run_loop(struct app *app, struct example_error *error) {
  init_server(app);
  const int status = start(app);
  if (status != 0)
    end(app);
  else
    print_address(app);
  (void)uv_run(&app->loop, UV_RUN_DEFAULT);
  dashboard_server_destroy(&app->server);
  if (status != 0)
    return example_fail(error, 0, "%s", synched_strerror(status));
  printf("dashboard: ended in round %" PRIu64 "\n", app->round);
  const bool ended_well = app->status == 0 || app->status == SYNCHED_ECANCELED;
  return ended_well ? 0 : example_fail(error, 0, "the job: %s", synched_strerror(app->status));
}

/* A loop that can be closed proves that no handle was forgotten. */
static int run_world(struct app *app, struct example_error *error) {
  int status = uv_loop_init(&app->loop);
  if (status != 0)
    return example_fail(error, 0, "no event loop: %s", uv_strerror(status));
  status = init_handles(app);
  if (status != 0)
    example_fail(error, 0, "no event loop: %s", uv_strerror(status));
  else
    status = run_loop(app, error);
  const int close_status = uv_loop_close(&app->loop);
  if (status == 0 && close_status != 0)
    status = example_fail(error, 0, "the event loop: %s", uv_strerror(close_status));
  return status;
}

static int run(struct app *app, struct example_error *error) {
  app->measured.work_ns = calloc(app->world.worker_count, sizeof(uint64_t));
  app->measured.work_shares = calloc(app->world.worker_count, sizeof(double));
  const bool complete = app->measured.work_ns && app->measured.work_shares;
  const int status = complete ? run_world(app, error) : example_fail(error, 0, "out of memory");
  free(app->measured.work_ns);
  free(app->measured.work_shares);
  return status;
}

int main(int argc, char **argv) {
  static struct app app;
  struct dashboard_settings settings;
  struct example_error error;
  const enum example_options_result parsed = dashboard_settings_parse(&settings, argc, argv);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return parsed == EXAMPLE_OPTIONS_DONE ? EXIT_OK : EXIT_USAGE;
  app.settings = &settings;
  app.period_ns = settings.period_ns;
  app.frame_round = UINT64_MAX;
  const struct dashboard_hooks hooks = {&app, on_round, on_steered, on_ended};
  int status = dashboard_listener_open(&app.listener, settings.address, settings.port, &error);
  if (status == 0)
    status = dashboard_world_create(&app.world, &settings, &hooks, &error);
  if (status == 0) {
    status = run(&app, &error);
    dashboard_world_destroy(&app.world);
  }
  if (status != 0)
    example_error_print(&error, "dashboard", settings.address);
  dashboard_listener_close(&app.listener);
  return status == 0 && fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}
