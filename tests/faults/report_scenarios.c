/*
 * report_scenarios.c: reports: made, in each form, to each kind of path, and by SYNCHED_REPORT.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <synched/synched.h>

#include "faults/scenario.h"
#include "faults/world.h"

static struct synched_job *job;
static struct synched_report *report;

static void open_report_of(uint64_t round_count) {
  FAULTS_MUST(
      world_create(&job, SYNCHED_JOB_OPTIONS(.compute = world_compute, .round_count = round_count,
                                             .record = SYNCHED_RECORD_TASKS, .report_tasks = 16,
                                             .report_rounds = 8)));
  FAULTS_MUST(synched_job_run(job));
  FAULTS_MUST(synched_job_report(job, &report));
}

static void open_report(void) {
  world_open();
  open_report_of(3);
}

/* For forms with a call for each number: so that there are not too many. */
static void open_least(void) {
  world_open_least();
  open_report_of(1);
}

static void close_report(void) {
  synched_report_destroy(report);
  FAULTS_MUST(synched_job_destroy(job));
  world_close();
}

static int make_report(void) {
  struct synched_report *made = report;
  const int status = synched_job_report(job, &made);
  FAULTS_CHECK((status == 0) == (made != NULL), "a report that was refused is not NULL");
  synched_report_destroy(made);
  return status;
}

/* --- in each form: what was there stays, or is replaced by the whole --- */

static const char old_text[] = "as it was\n";

static void write_old(const char *path) {
  FILE *file = fopen(path, "w");
  FAULTS_CHECK(file != NULL && fputs(old_text, file) >= 0 && fclose(file) == 0, "%s", path);
}

static bool is_old(const char *path) {
  char text[sizeof old_text] = "";
  FILE *file = fopen(path, "r");
  FAULTS_CHECK(file != NULL, "%s is gone", path);
  (void)fread(text, 1, sizeof text - 1, file);
  (void)fclose(file);
  struct stat there;
  return stat(path, &there) == 0 && there.st_size == sizeof old_text - 1 &&
         strcmp(text, old_text) == 0;
}

static int write_form(enum synched_format format) {
  const char *path = faults_path("report");
  write_old(path);
  const int status = synched_report_write(report, format, path);
  FAULTS_CHECK((status != 0) == is_old(path), "%s, and the file is %s", synched_err_name(status),
               is_old(path) ? "as it was" : "another one");
  (void)unlink(path);
  return status;
}

static int write_table(void) {
  return write_form(SYNCHED_FORMAT_TABLE);
}

static int write_json(void) {
  return write_form(SYNCHED_FORMAT_JSON);
}

static int write_csv(void) {
  return write_form(SYNCHED_FORMAT_CSV);
}

static int write_trace(void) {
  return write_form(SYNCHED_FORMAT_TRACE);
}

static int write_perfetto(void) {
  return write_form(SYNCHED_FORMAT_PERFETTO);
}

static int write_html(void) {
  return write_form(SYNCHED_FORMAT_HTML);
}

static int write_prometheus(void) {
  return write_form(SYNCHED_FORMAT_PROMETHEUS);
}

/* --- to each kind of path --- */

static int write_new(void) {
  const char *path = faults_path("new");
  const int status = synched_report_write(report, SYNCHED_FORMAT_CSV, path);
  FAULTS_CHECK((access(path, F_OK) == 0) == (status == 0), "the file is there by half");
  (void)unlink(path);
  return status;
}

/* The link stays, and what it leads to is replaced. */
static int write_linked(void) {
  const char *target = faults_path("target"), *path = faults_path("link");
  struct stat there;
  write_old(target);
  FAULTS_CHECK(symlink(target, path) == 0, "no link");
  const int status = synched_report_write(report, SYNCHED_FORMAT_CSV, path);
  FAULTS_CHECK(lstat(path, &there) == 0 && S_ISLNK(there.st_mode), "the link is gone");
  FAULTS_CHECK((status != 0) == is_old(target), "the target is wrong");
  (void)unlink(path);
  (void)unlink(target);
  return status;
}

/* What is no file is written to as it is; it is one of the test's own, for what is replaced by
 * mistake is gone. */
static int write_to_pipe(void) {
  char form[160], bytes[4096];
  struct stat there;
  const char *path = faults_path("pipe");
  FAULTS_CHECK(mkfifo(path, 0600) == 0, "no pipe");
  const int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  (void)snprintf(form, sizeof form, "csv:%s", path);
  const int status = synched_report_write_as(report, form);
  FAULTS_CHECK(stat(path, &there) == 0 && S_ISFIFO(there.st_mode), "the pipe was replaced");
  while (read(reader, bytes, sizeof bytes) > 0)
    continue;
  (void)close(reader);
  (void)unlink(path);
  return status;
}

static int write_to_descriptor(void) {
  char form[32];
  const int descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);
  (void)snprintf(form, sizeof form, "csv:/dev/fd/%d", descriptor);
  const int status = synched_report_write_as(report, form);
  FAULTS_CHECK(close(descriptor) == 0, "the program's descriptor was closed");
  return status;
}

static int write_to_stream(void) {
  FILE *file = fopen("/dev/null", "w");
  FAULTS_CHECK(file != NULL, "/dev/null");
  const int status = synched_report_write_to(report, SYNCHED_FORMAT_TABLE, file);
  (void)fclose(file);
  return status;
}

/* --- by SYNCHED_REPORT: what cannot be written is said on stderr, and the job ends well --- */

static void open_environment(void) {
  char value[256];
  (void)snprintf(value, sizeof value, "csv:%s,csv", faults_path("wished"));
  FAULTS_CHECK(setenv("SYNCHED_REPORT", value, 1) == 0 && freopen("/dev/null", "w", stderr) != NULL,
               "the environment");
  world_open();
}

static int run_wished(void) {
  struct synched_job *wished;
  const int status =
      world_create(&wished, SYNCHED_JOB_OPTIONS(.compute = world_compute, .round_count = 2));
  if (status != 0)
    return status;
  const int end = synched_job_run(wished);
  FAULTS_MUST(synched_job_destroy(wished));
  (void)unlink(faults_path("wished"));
  return end;
}

/* --- the bar --- */

static int master = -1;
static FILE *terminal;

static void open_terminal(void) {
  char name[64] = "";
  master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  FAULTS_CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 &&
                   ptsname_r(master, name, sizeof name) == 0,
               "no terminal");
  const int slave = open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
  terminal = slave < 0 ? NULL : fdopen(slave, "w");
  FAULTS_CHECK(terminal != NULL && setenv("TERM", "xterm", 1) == 0, "no terminal");
}

static void close_terminal(void) {
  (void)fclose(terminal);
  (void)close(master);
}

static int show_bar(void) {
  char shown[1024];
  const struct synched_progress half = {.name = "job",
                                        .done_count = 5,
                                        .round_count = 10,
                                        .per_second = 2.5,
                                        .elapsed_ns = 2000000000,
                                        .left_ns = 2000000000};
  const struct winsize size = {.ws_row = 24, .ws_col = 100};
  struct synched_progress all = half;
  all.ended = 1;
  FAULTS_CHECK(ioctl(master, TIOCSWINSZ, &size) == 0, "the size is not set");
  synched_progress_print(&half, "half", terminal);
  synched_progress_print(&all, NULL, terminal);
  while (read(master, shown, sizeof shown) > 0)
    continue;
  clearerr(terminal);
  return 0;
}

/* An advice for whose estimate there is no memory is left out. */
#define ON_REPORT .open = open_report, .close = close_report
#define ON_LEAST .open = open_least, .close = close_report

const struct faults_scenario faults_report_scenarios[] = {
    {.name = "report", .attempt = make_report, ON_REPORT},
    {.name = "report_table", .gets_over = FAULTS_HEAP, .attempt = write_table, ON_LEAST},
    {.name = "report_json", .gets_over = FAULTS_HEAP, .attempt = write_json, ON_LEAST},
    {.name = "report_csv", .attempt = write_csv, ON_REPORT},
    {.name = "report_trace", .attempt = write_trace, ON_REPORT},
    {.name = "report_perfetto", .attempt = write_perfetto, ON_REPORT},
    {.name = "report_html", .gets_over = FAULTS_HEAP, .attempt = write_html, ON_LEAST},
    {.name = "report_prometheus", .attempt = write_prometheus, ON_REPORT},
    {.name = "report_new", .attempt = write_new, ON_REPORT},
    {.name = "report_linked", .attempt = write_linked, ON_REPORT},
    {.name = "report_pipe", .attempt = write_to_pipe, ON_REPORT},
    {.name = "report_descriptor", .attempt = write_to_descriptor, ON_REPORT},
    {.name = "report_stream", .gets_over = FAULTS_HEAP, .attempt = write_to_stream, ON_LEAST},
    {.name = "report_wished",
     .gets_over = FAULTS_FILE | FAULTS_HEAP,
     .open = open_environment,
     .attempt = run_wished,
     .verify = world_verify,
     .close = world_close},
    {.name = "progress_bar",
     .gets_over = FAULTS_FILE,
     .open = open_terminal,
     .attempt = show_bar,
     .close = close_terminal},
    FAULTS_LIST_END};
