/*
 * monitor_scenarios.c: a process's monitor: by a call, at a path where a dead process's socket is,
 * and by SYNCHED_MONITOR.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <synched/synched.h>

#include "faults/scenario.h"
#include "faults/world.h"

static struct sockaddr_un address_of(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return address;
}

static int make_socket(void) {
  const struct timeval patience = {.tv_sec = 300};
  const int viewer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  FAULTS_CHECK(viewer >= 0, "no socket");
  (void)setsockopt(viewer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return viewer;
}

static struct synched_job *job;

/* One to be seen. */
static void open_job(void) {
  world_open();
  FAULTS_MUST(world_create(&job, SYNCHED_JOB_OPTIONS(.compute = world_compute, .round_count = 3,
                                                     .period_ns = SYNCHED_PERIOD_MIN_NS)));
  FAULTS_MUST(synched_job_run(job));
}

static void close_job(void) {
  FAULTS_MUST(synched_job_destroy(job));
  world_close();
}

/* Looks on until a line is there; false: it was sent away. */
static bool view(const char *path) {
  const struct sockaddr_un address = address_of(path);
  const int viewer = make_socket();
  char byte = '\0';
  FAULTS_CHECK(connect(viewer, (const struct sockaddr *)&address, sizeof address) == 0,
               "nobody listens at %s", path);
  while (byte != '\n' && read(viewer, &byte, 1) == 1)
    continue;
  (void)close(viewer);
  return byte == '\n';
}

/* Whose the socket is cannot be seen where the system does not tell: then it stays. */
static void expect_gone(const char *path) {
  const bool is_told = faults_armed() == NULL || faults_armed()->call != FAULTS_lstat;
  FAULTS_CHECK(access(path, F_OK) != 0 || !is_told, "the socket is left");
  (void)unlink(path);
}

static void close_monitor(const char *path) {
  FAULTS_MUST(synched_monitor_close());
  expect_gone(path);
}

static int watch(void) {
  const char *path = faults_path("monitor");
  const int status = synched_monitor_open(path);
  FAULTS_CHECK((access(path, F_OK) == 0) == (status == 0), "the socket is there by half");
  if (status != 0)
    return status;
  /* Where one is sent away for lack of something, the next one is not. */
  if (!view(path))
    FAULTS_CHECK(view(path) || faults_lasts(), "two viewers are sent away");
  close_monitor(path);
  return 0;
}

/* A socket to which nobody listens any more. */
static void leave_socket(const char *path) {
  const struct sockaddr_un address = address_of(path);
  const int dead = make_socket();
  FAULTS_CHECK(bind(dead, (const struct sockaddr *)&address, sizeof address) == 0, "no socket");
  (void)close(dead);
}

/* At the path, and at the name beside it, as a dead process of this one's number would. */
static int watch_anew(void) {
  const char *path = faults_path("monitor");
  char beside[128];
  (void)snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid());
  leave_socket(path);
  leave_socket(beside);
  const int status = synched_monitor_open(path);
  if (status == 0)
    close_monitor(path);
  (void)unlink(path);
  (void)unlink(beside);
  return status;
}

/* In the folder that the process is in. */
static int watch_here(void) {
  char before[256];
  FAULTS_CHECK(getcwd(before, sizeof before) != NULL && chdir(faults_folder()) == 0, "no folder");
  const int status = synched_monitor_open("here");
  if (status == 0)
    close_monitor("here");
  FAULTS_CHECK(chdir(before) == 0, "no way back");
  return status;
}

static void open_environment(void) {
  FAULTS_CHECK(setenv("SYNCHED_MONITOR", faults_path("wished"), 1) == 0 &&
                   freopen("/dev/null", "w", stderr) != NULL,
               "the environment");
}

/* What it is refused is said on stderr, and the pool is there all the same. */
static int watch_wished(void) {
  struct synched_pool *pool;
  const int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE));
  if (status == 0)
    FAULTS_MUST(synched_pool_destroy(pool));
  expect_gone(faults_path("wished"));
  return status;
}

#define ON_JOB .open = open_job, .close = close_job

const struct faults_scenario faults_monitor_scenarios[] = {
    {.name = "monitor", .gets_over = FAULTS_HEAP | FAULTS_FILE, .attempt = watch, ON_JOB},
    {.name = "monitor_anew",
     .gets_over = FAULTS_HEAP | FAULTS_FILE | FAULTS_SOCKET,
     .also = {-EADDRINUSE, SYNCHED_EBUSY},
     .attempt = watch_anew,
     ON_JOB},
    {.name = "monitor_here", .gets_over = FAULTS_FILE, .attempt = watch_here, ON_JOB},
    {.name = "monitor_wished",
     .gets_over = FAULTS_HEAP | FAULTS_FILE | FAULTS_SOCKET | FAULTS_EVENT | FAULTS_THREAD,
     .open = open_environment,
     .attempt = watch_wished},
    FAULTS_LIST_END};
