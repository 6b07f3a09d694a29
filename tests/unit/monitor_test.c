/*
 * monitor_test.c: opening and closing by calls and by the environment, and what viewers are told of
 * the jobs. synched-top's tests read the lines as JSON.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "job/job.h"
#include "monitor/frame.h"
#include "support/local_client.h"
#include "support/support.h"

#include <synched/monitor.h>

enum { LINE_ROOM = 16384 };

static char line[LINE_ROOM];

/* The next line that has `part` in it. */
static void expect_line(int viewer, const char *part) {
  for (unsigned lines = 0; lines < 10000; lines++) {
    cr_assert(client_line(viewer, line, sizeof line), "the end before '%s'", part);
    if (strstr(line, part) != NULL)
      return;
  }
  cr_assert_fail("no line has '%s' in it; the last: %s", part, line);
}

static struct engine engine_named(struct synched_pool *pool, const char *name) {
  return engine_new(
      pool,
      SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 1,
                             .element_size = sizeof(uint64_t)),
      SYNCHED_JOB_OPTIONS(.name = name, .compute = compute_nothing, .round_count = 20));
}

/* --- by a call --- */

Test(monitor, open_shows_jobs_until_close) {
  const struct folder folder = folder_new();
  struct engine engine = engine_named(pool_new(2), "first");
  cr_assert_eq(synched_monitor_open(folder.path), 0, "%s", synched_error_message());
  const int viewer = client_new(folder.path);
  cr_assert(client_line(viewer, line, sizeof line));
  cr_assert_not_null(strstr(line, "{\"synched_monitor\":1,"));
  cr_assert_not_null(strstr(line, ",\"program\":\""));
  cr_assert_not_null(strstr(line, "\"waiting for the slowest\""));
  cr_assert(client_line(viewer, line, sizeof line));
  cr_assert_not_null(strstr(line, "\"name\":\"first\",\"state\":\"ready\""), "%s", line);
  cr_assert_not_null(strstr(line, ",\"workers\":2,\"segments\":5,"));
  cr_assert(client_line(viewer, line, sizeof line));
  cr_assert_not_null(strstr(line, ",\"jobs\":1}"));
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_line(viewer, "\"state\":\"ended\"");
  cr_assert_not_null(strstr(line, ",\"rounds\":20,\"last_round\":20,"), "%s", line);
  cr_assert_not_null(strstr(line, ",\"calls\":100,"));
  engine_end_with_pool(&engine);
  expect_line(viewer, ",\"jobs\":0}"); /* and the end of the last pool does not end it */
  cr_assert_eq(synched_monitor_close(), 0);
  client_expect_end(viewer);
  (void)close(viewer);
  folder_end(&folder);
}

Test(monitor, job_that_records_nothing_is_shown) {
  const struct folder folder = folder_new();
  struct engine engine =
      engine_new(pool_new(2),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 1,
                                        .element_size = sizeof(uint64_t)),
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 20,
                                     .record = SYNCHED_RECORD_OFF));
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(synched_monitor_open(folder.path), 0, "%s", synched_error_message());
  const int viewer = client_new(folder.path);
  expect_line(viewer, "\"record\":\"off\"");
  cr_assert_not_null(strstr(line, ",\"rounds\":20,"), "%s", line);
  cr_assert_not_null(strstr(line, ",\"lateness_last_ns\":0,"), "%s", line);
  cr_assert_eq(synched_monitor_close(), 0);
  (void)close(viewer);
  engine_end_with_pool(&engine);
  folder_end(&folder);
}

Test(monitor, calls_out_of_turn_are_refused) {
  const struct folder folder = folder_new();
  expect_refused(synched_monitor_close(), SYNCHED_ENOENT, "no monitor");
  expect_refused(synched_monitor_open(NULL), SYNCHED_EINVAL, "NULL");
  expect_refused(synched_monitor_open(""), SYNCHED_EINVAL, "empty");
  expect_refused(synched_monitor_open("/tmp/%x"), SYNCHED_EINVAL, "%");
  expect_refused(synched_monitor_open("/tmp/%"), SYNCHED_EINVAL, "%");
  expect_refused(synched_monitor_open("/nowhere/at/all"), SYNCHED_ENOENT, "/nowhere/at/all");
  char path[200];
  memset(path, 'x', sizeof path - 1);
  path[sizeof path - 1] = '\0';
  expect_refused(synched_monitor_open(path), SYNCHED_EINVAL, "88");
  cr_assert_eq(synched_monitor_open(folder.path), 0);
  expect_refused(synched_monitor_open(folder.path), SYNCHED_EALREADY, "already");
  cr_assert_eq(synched_monitor_close(), 0);
  expect_refused(synched_monitor_close(), SYNCHED_ENOENT, "no monitor");
  cr_assert_eq(synched_monitor_open(folder.path), 0);
  cr_assert_eq(synched_monitor_close(), 0);
  folder_end(&folder);
}

Test(monitor, path_has_the_process) {
  const struct folder folder = folder_new();
  char path[128], expected[128];
  (void)snprintf(path, sizeof path, "%s-%%p-%%%%", folder.path);
  (void)snprintf(expected, sizeof expected, "%s-%ld-%%", folder.path, (long)getpid());
  cr_assert_eq(synched_monitor_open(path), 0);
  (void)close(client_new(expected));
  cr_assert_eq(synched_monitor_close(), 0);
  folder_end(&folder);
}

/* --- names --- */

Test(monitor, names_are_json_whatever_they_are) {
  static const char *const rows[][2] = {
      {"plain", "\"plain\""},
      {"a\"b\\c", "\"a\\\"b\\\\c\""},
      {"line\nand\ttab\x1b[2J\x7f", "\"line\\u000aand\\u0009tab\\u001b[2J\\u007f\""},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
      /* the first and the last of their lengths */
      {"\xe0\xa0\x80\xed\x9f\xbf", "\"\xe0\xa0\x80\xed\x9f\xbf\""},
      {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""},
      {"\xf0\x80\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
      /* broken off, overlong, a surrogate, beyond the last, no lead */
      {"\xc3", "\"\\ufffd\""},
      {"\xe2\x82", "\"\\ufffd\\ufffd\""},
      {"\xc0\xaf", "\"\\ufffd\\ufffd\""},
      {"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""},
      {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
      {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
      {"\xff"
       "a",
       "\"\\ufffda\""},
  };
  const struct folder folder = folder_new();
  struct synched_pool *pool = pool_new(1);
  struct engine engines[LENGTH(rows)];
  for (size_t i = 0; i < LENGTH(rows); i++)
    engines[i] = engine_named(pool, rows[i][0]);
  cr_assert_eq(synched_monitor_open(folder.path), 0);
  const int viewer = client_new(folder.path);
  cr_assert(client_line(viewer, line, sizeof line));
  for (size_t i = 0; i < LENGTH(rows); i++) {
    cr_assert(client_line(viewer, line, sizeof line));
    char expected[128];
    (void)snprintf(expected, sizeof expected, "\"name\":%s,", rows[i][1]);
    cr_assert_not_null(strstr(line, expected), "%s has no %s", line, expected);
  }
  (void)close(viewer);
  cr_assert_eq(synched_monitor_close(), 0);
  for (size_t i = 0; i < LENGTH(rows); i++)
    engine_end(&engines[i]);
  pool_end(pool);
  folder_end(&folder);
}

/* --- by the environment --- */

Test(monitor, environment_opens_it_for_the_pools_lives) {
  const struct folder folder = folder_new();
  cr_assert_eq(setenv("SYNCHED_MONITOR", folder.path, 1), 0);
  for (unsigned times = 0; times < 3; times++) {
    struct synched_pool *first = pool_new(1), *second = pool_new(2);
    const int viewer = client_new(folder.path);
    pool_end(first);
    expect_line(viewer, "\"jobs\":0}");
    pool_end(second);
    client_expect_end(viewer);
    (void)close(viewer);
    cr_assert_eq(folder_count(&folder), 0);
  }
  /* The program's own call goes first, and a close is a close. */
  struct synched_pool *pool = pool_new(1);
  expect_refused(synched_monitor_open(folder.path), SYNCHED_EALREADY, "already");
  cr_assert_eq(synched_monitor_close(), 0);
  pool_end(pool);
  cr_assert_eq(unsetenv("SYNCHED_MONITOR"), 0);
  folder_end(&folder);
}

/* What a pool's creation writes to stderr. */
static size_t stderr_of_a_pool(char *text, size_t room) {
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const int before = dup(STDERR_FILENO);
  cr_assert_geq(dup2(ends[1], STDERR_FILENO), 0);
  struct engine engine = engine_named(pool_new(1), "all the same");
  const int status = synched_job_run(engine.job);
  engine_end_with_pool(&engine);
  cr_assert_geq(dup2(before, STDERR_FILENO), 0);
  (void)close(before);
  (void)close(ends[1]);
  cr_assert_eq(status, 0);
  const ssize_t count = read(ends[0], text, room - 1);
  cr_assert_geq(count, 0);
  (void)close(ends[0]);
  text[count] = '\0';
  return (size_t)count;
}

Test(monitor, environment_that_is_wrong_is_one_line) {
  char text[1024];
  cr_assert_eq(setenv("SYNCHED_MONITOR", "/nowhere/at/all", 1), 0);
  const size_t count = stderr_of_a_pool(text, sizeof text);
  cr_assert_eq(strncmp(text, "synched: SYNCHED_MONITOR: ", 26), 0, "'%s'", text);
  cr_assert_not_null(strstr(text, "/nowhere/at/all"));
  cr_assert_eq(strchr(text, '\n'), text + count - 1);
  /* It was read once: another thread may change the environment while a pool is created. */
  cr_assert_eq(setenv("SYNCHED_MONITOR", "", 1), 0);
  cr_assert_eq(stderr_of_a_pool(text, sizeof text), count);
}

Test(monitor, environment_that_is_empty_opens_nothing) {
  char text[1024];
  cr_assert_eq(setenv("SYNCHED_MONITOR", "", 1), 0);
  cr_assert_eq(stderr_of_a_pool(text, sizeof text), 0);
}

/* --- jobs that come and go --- */

struct coming {
  struct synched_pool *pool;
  _Atomic uint32_t stopping;
  int failed;
};

static void *come_and_go(void *argument) {
  struct coming *coming = argument;
  while (atomic_load(&coming->stopping) == 0) {
    struct synched_memory *memory = NULL;
    struct synched_job *job = NULL;
    coming->failed |= synched_memory_create(
        &memory,
        SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 1, .element_size = 8));
    coming->failed |=
        synched_job_create(&job, coming->pool, memory,
                           SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 3));
    coming->failed |= synched_job_run(job);
    coming->failed |= synched_job_destroy(job);
    coming->failed |= synched_memory_destroy(memory);
  }
  return NULL;
}

Test(monitor, jobs_come_and_go_while_they_are_shown) {
  enum { THREADS = 3, WALKS = 2000 };
  struct coming coming[THREADS];
  struct crew crew = {0};
  for (unsigned i = 0; i < THREADS; i++) {
    coming[i] = (struct coming){.pool = pool_new(2)};
    crew_add(&crew, come_and_go, &coming[i]);
  }
  for (unsigned i = 0; i < WALKS; i++) {
    uint64_t before = 0;
    struct synched_job *job = synched__roster_next(NULL);
    for (; job != NULL; job = synched__roster_next(job)) {
      cr_assert_gt(job->roster.number, before);
      before = job->roster.number;
    }
  }
  for (unsigned i = 0; i < THREADS; i++)
    atomic_store(&coming[i].stopping, 1);
  crew_join(&crew);
  cr_assert_null(synched__roster_next(NULL));
  for (unsigned i = 0; i < THREADS; i++) {
    cr_assert_eq(coming[i].failed, 0);
    pool_end(coming[i].pool);
  }
}

/* --- after fork() --- */

Test(monitor, child_has_its_own) {
  if (is_emulated())
    cr_skip_test("the emulator aborts where a child of fork starts a thread");
  const struct folder folder = folder_new();
  char own[80];
  struct engine engine = engine_named(pool_new(2), "the parent's");
  cr_assert_eq(synched_monitor_open(folder.path), 0);
  (void)snprintf(own, sizeof own, "%s2", folder.path);
  /* Its thread is up then: a thread that allocates while the process forks leaves the allocator of
   * address sanitizer locked in the child. */
  const int before = client_new(folder.path);
  expect_line(before, "\"the parent's\"");
  const pid_t child = fork();
  if (child == 0) {
    (void)alarm(HANG_SECONDS);
    if (synched_monitor_close() != SYNCHED_ENOENT || synched_monitor_open(own) != 0)
      end_child(1);
    const int viewer = client_try(own);
    /* Its own jobs only. */
    while (client_line(viewer, line, sizeof line) && strstr(line, "\"jobs\":") == NULL)
      continue;
    end_child(strstr(line, "\"jobs\":0}") == NULL ? 2 : synched_monitor_close() != 0 ? 3 : 0);
  }
  int status = -1;
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_assert_eq(status, 0);
  (void)close(before);
  const int viewer = client_new(folder.path);
  expect_line(viewer, "\"the parent's\"");
  (void)close(viewer);
  cr_assert_eq(synched_monitor_close(), 0);
  engine_end_with_pool(&engine);
  folder_end(&folder);
}
