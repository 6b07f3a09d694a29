/*
 * environment_test.c: what SYNCHED_REPORT makes jobs record and write. It is read once in a
 * process, and each of these tests has a process of its own. What is said on standard error is
 * programs/report_cli's.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <synched/status.h>

#include "report/environment.h"
#include "support/support.h"

/* The test's own folder, which it leaves empty. */
static char folder[] = "/tmp/synched-environment-XXXXXX";

static void enter(const char *wishes) {
  cr_assert_not_null(mkdtemp(folder));
  cr_assert_eq(chdir(folder), 0);
  cr_assert_eq(setenv("SYNCHED_REPORT", wishes, 1), 0);
}

static void leave(void) {
  cr_assert_eq(chdir("/"), 0);
  cr_assert_eq(rmdir(folder), 0, "%s: %s", folder, strerror(errno));
}

/* Runs a job of 3 rounds, and gives its summary. */
static struct synched_report_summary run(struct synched_job_options options) {
  options.compute = compute_nothing;
  options.round_count = 3;
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 8),
      &options);
  cr_assert_eq(synched_job_run(engine.job), 0);
  const struct synched_report_summary summary = summary_of(engine.job);
  engine_end_with_pool(&engine);
  return summary;
}

static struct synched_job_options with(enum synched_record record, uint32_t flags) {
  struct synched_job_options options = synched_job_options_default();
  options.record = record;
  options.flags = flags;
  return options;
}

/* Whether the file is there, and begins so; then it is gone. */
static void expect_file(const char *name, const char *text) {
  char begin[64] = "";
  FILE *file = fopen(name, "r");
  cr_assert_not_null(file, "no file %s", name);
  cr_assert_not_null(fgets(begin, sizeof begin, file));
  cr_assert_eq(fclose(file), 0);
  cr_assert_eq(strncmp(begin, text, strlen(text)), 0, "%s begins with %s", name, begin);
  cr_assert_eq(unlink(name), 0);
}

/* --- what is recorded --- */

Test(environment, record_nothing_asked_is_the_default) {
  cr_assert_eq(unsetenv("SYNCHED_REPORT"), 0);
  cr_assert_eq(synched__environment_record(), SYNCHED_RECORD_TOTALS);
}

Test(environment, record_trace_asked_has_every_call) {
  enter("json:a.json,trace:/dev/null");
  cr_assert_eq(run(with(SYNCHED_RECORD_TOTALS, 0)).record, SYNCHED_RECORD_TASKS);
  expect_file("a.json", "{\"form\"");
  /* What the job's options say counts. */
  cr_assert_eq(run(with(SYNCHED_RECORD_OFF, 0)).record, SYNCHED_RECORD_OFF);
  cr_assert_eq(run(with(SYNCHED_RECORD_ROUNDS, 0)).record, SYNCHED_RECORD_ROUNDS);
  cr_assert_eq(run(with(SYNCHED_RECORD_TOTALS, SYNCHED_JOB_NO_SEGMENT_TIMES)).record,
               SYNCHED_RECORD_ROUNDS);
  expect_file("a.json", "{\"form\"");
  leave();
}

Test(environment, record_perfetto_asked_has_every_call) {
  enter("perfetto:/dev/null");
  cr_assert_eq(run(with(SYNCHED_RECORD_TOTALS, 0)).record, SYNCHED_RECORD_TASKS);
  leave();
}

Test(environment, record_page_asked_has_many_rounds) {
  enter("html:/dev/null,table:/dev/null");
  cr_assert_eq(run(with(SYNCHED_RECORD_TOTALS, 0)).record, SYNCHED_RECORD_ROUNDS);
  leave();
}

Test(environment, record_wrong_options_are_refused_as_ever) {
  enter("trace:/dev/null");
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 8));
  struct synched_job *job;
  cr_assert_eq(
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .report_tasks = 7)),
      SYNCHED_EINVAL);
  memory_end(memory);
  pool_end(pool);
  leave();
}

/* --- what is written --- */

Test(environment, write_names_lead_into_no_other_folder) {
  static const struct {
    const char *name, *file;
  } rows[] = {
      {"heat", "heat.json"},
      {"../a/b", "_._a_b.json"},
      {"..", "_..json"},
      {"", "_.json"},
      {"a\nb\x1b\x7f", "a_b__.json"},
      {"\xc2\x9b"
       "31m",
       "__31m.json"},
      {"100%p,x:y", "100%p,x:y.json"},
      {"\xc3\xa4", "\xc3\xa4.json"},
  };
  enter("json:%n.json");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct synched_job_options options = with(SYNCHED_RECORD_TOTALS, 0);
    options.name = rows[i].name;
    (void)run(options);
    expect_file(rows[i].file, "{\"form\"");
  }
  leave();
}

Test(environment, write_process_and_percent) {
  char name[64];
  enter("json:%%p-%p");
  (void)run(with(SYNCHED_RECORD_OFF, 0));
  (void)snprintf(name, sizeof name, "%%p-%ld", (long)getpid());
  expect_file(name, "{\"form\"");
  leave();
}

Test(environment, write_later_run_replaces_earlier) {
  enter("json:a.json");
  (void)run(with(SYNCHED_RECORD_TOTALS, 0));
  (void)run(with(SYNCHED_RECORD_TOTALS, 0));
  expect_file("a.json", "{\"form\"");
  leave();
}

/* --- what the program sees of it --- */

static int seen_status = 1;
static char seen_file[64], seen_message[256];

static void look(struct synched_job *job, int status, const struct synched_report *report,
                 void *user) {
  FILE *file = fopen("a.json", "r");
  seen_status = status;
  if (file != NULL) {
    (void)fgets(seen_file, sizeof seen_file, file);
    (void)fclose(file);
  }
  (void)snprintf(seen_message, sizeof seen_message, "%s", synched_error_message());
  (void)job;
  (void)report;
  (void)user;
}

static int fail_with_7(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 7;
}

Test(environment, write_is_done_before_on_done_and_is_no_failure) {
  enter("json:a.json,json:nowhere/b.json");
  struct engine engine = engine_new(
      pool_new(1),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1, .on_done = look));
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(seen_status, 0);
  cr_assert_str_eq(seen_file, "{\"form\":\"synched report\",\"version\":1,\n");
  engine_end_with_pool(&engine);
  cr_assert_eq(unlink("a.json"), 0);
  leave();
}

Test(environment, write_failure_leaves_the_job_its_sentence) {
  enter("json:nowhere/b.json");
  struct engine engine = engine_new(
      pool_new(1),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = fail_with_7, .round_count = 1, .on_done = look));
  cr_assert_eq(synched_job_run(engine.job), 7);
  cr_assert_not_null(strstr(seen_message, "segment 0 failed"), "%s", seen_message);
  engine_end_with_pool(&engine);
  leave();
}

Test(environment, write_changes_neither_errno_nor_the_sentence) {
  enter("json:nowhere/b.json");
  struct synched_report *report;
  struct engine engine = engine_new(
      pool_new(1),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1));
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(synched_job_report(engine.job, &report), 0);
  cr_assert_eq(synched_report_summary(NULL, NULL), SYNCHED_EINVAL);
  errno = E2BIG;
  synched__environment_write(report);
  cr_assert_eq(errno, E2BIG);
  cr_assert_str_eq(synched_error_message(), "the report is NULL");
  synched_report_destroy(report);
  engine_end_with_pool(&engine);
  leave();
}

/* --- what is said on stderr --- */

static FILE *said;
static int kept_stderr;

static void catch_stderr(void) {
  said = tmpfile();
  cr_assert_not_null(said);
  (void)fflush(stderr);
  kept_stderr = dup(STDERR_FILENO);
  cr_assert_eq(dup2(fileno(said), STDERR_FILENO), STDERR_FILENO);
}

/* Gives back stderr; what was said goes into `text`. */
static void release_stderr(char *text, size_t room) {
  (void)fflush(stderr);
  cr_assert_eq(dup2(kept_stderr, STDERR_FILENO), STDERR_FILENO);
  cr_assert_eq(close(kept_stderr), 0);
  rewind(said);
  text[fread(text, 1, room - 1, said)] = '\0';
  cr_assert_eq(fclose(said), 0);
}

static void expect_complaint(const char *wishes, const char *sentence) {
  char text[8192];
  enter(wishes);
  catch_stderr();
  (void)run(with(SYNCHED_RECORD_TOTALS, 0));
  release_stderr(text, sizeof text);
  cr_assert_not_null(strstr(text, sentence), "%s is not in: %s", sentence, text);
  leave();
}

Test(environment, wish_without_a_path_is_no_file) {
  expect_complaint("json", "SYNCHED_REPORT: json: it needs a path: FORM:PATH");
}

Test(environment, wish_of_no_form_is_shown_as_far_as_it_can_be) {
  expect_complaint("x\x01\x80-------------------------------------------------------------------"
                   "--------------:a",
                   "SYNCHED_REPORT: x\?\?-----");
}

Test(environment, wish_with_an_empty_path_is_none) {
  expect_complaint("csv:", "csv:: the path is empty");
}

Test(environment, wish_with_a_percent_at_its_end_is_none) {
  expect_complaint("csv:a%", "in a path, % is followed by p, n or %");
}

Test(environment, wish_with_an_unknown_percent_is_none) {
  expect_complaint("csv:%x", "in a path, % is followed by p, n or %");
}

Test(environment, wish_of_a_table_is_printed_here) {
  expect_complaint("table", "Job job: ended well");
}

Test(environment, wish_with_too_long_a_path_is_not_written) {
  static char wishes[5000];
  memset(wishes, 'x', sizeof wishes - 1);
  memcpy(wishes, "csv:", 4);
  expect_complaint(wishes, "SYNCHED_REPORT: csv:xxx");
}

Test(environment, write_controls_in_a_name_are_no_part_of_a_path) {
  struct synched_job_options options = with(SYNCHED_RECORD_TOTALS, 0);
  options.name = "a\xc2\x85z\xc3\xa4\xc2\xa9";
  enter("csv:%n.csv");
  (void)run(options);
  expect_file("a__z\xc3\xa4\xc2\xa9.csv", "");
  leave();
}

/* A pipe that nobody reads would end the program, if its signal were let through. */
static void run_without_a_reader(void) {
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  cr_assert_eq(close(ends[0]), 0);
  (void)fflush(stderr);
  kept_stderr = dup(STDERR_FILENO);
  cr_assert_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
  (void)run(with(SYNCHED_RECORD_TOTALS, 0));
  cr_assert_eq(dup2(kept_stderr, STDERR_FILENO), STDERR_FILENO);
  cr_assert_eq(close(kept_stderr) + close(ends[1]), 0);
}

static bool is_pipe_signal_pending(void) {
  sigset_t pending;
  cr_assert_eq(sigpending(&pending), 0);
  return sigismember(&pending, SIGPIPE) == 1;
}

Test(environment, write_to_a_pipe_that_nobody_reads_raises_no_signal) {
  enter("table");
  (void)signal(SIGPIPE, SIG_DFL);
  run_without_a_reader();
  cr_assert_not(is_pipe_signal_pending());
  leave();
}

Test(environment, write_leaves_a_signal_that_was_pending) {
  sigset_t blocked;
  enter("table");
  (void)signal(SIGPIPE, SIG_DFL);
  cr_assert_eq(sigemptyset(&blocked) + sigaddset(&blocked, SIGPIPE), 0);
  cr_assert_eq(pthread_sigmask(SIG_BLOCK, &blocked, NULL), 0);
  cr_assert_eq(raise(SIGPIPE), 0);
  run_without_a_reader();
  cr_assert(is_pipe_signal_pending());
  leave();
}
