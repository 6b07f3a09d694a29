/*
 * main.c: does a scenario again and again, each time with another call refused.
 *
 *   faults NAME     one scenario
 *   faults --list   their names
 *
 * First it is done with nothing refused, and the calls are counted. Then, for each way in which
 * each of these calls can fail, the first call fails, then only the second, and so on until there
 * is none left to fail; where the lack may last, also all from the nth on. After each attempt the
 * status must be the right one, with a sentence; nothing may be left over; and the same must work
 * when nothing is refused any more. What does not return within two minutes is a failure.
 *
 * It prints on stdout, because some scenarios write to stderr as they should.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <synched/synched.h>

#include "base/error.h"
#include "faults/scenario.h"

#define PATIENCE_SECONDS 600
/* Calls whose number is a matter of time (waits) end with this one. */
#define TIMED_MOST 400u

static const struct faults_scenario *const lists[] = {
    faults_memory_scenarios, faults_pool_scenarios,    faults_job_scenarios,
    faults_report_scenarios, faults_monitor_scenarios, faults_checkpoint_scenarios,
};
#define LIST_COUNT (sizeof lists / sizeof *lists)

/* What is being done, for messages. */
static struct {
  const struct faults_scenario *scenario;
  const struct faults_refusal *refusal;
  unsigned nth;
  bool ever_after;
} now;

/* In memory that a forked attempt shares. */
static struct sums {
  unsigned calls[FAULTS_CALL_COUNT];
  unsigned attempts, refused, failed, tolerated;
  unsigned last_refused; /* calls in the last attempt */
} * sums;

/* --- messages --- */

static void say_where(void) {
  if (now.refusal == NULL)
    printf("faults/%s, nothing refused: ", now.scenario->name);
  else
    printf("faults/%s, %s call %u%s: %s: ", now.scenario->name, faults_call_name(now.refusal->call),
           now.nth, now.ever_after ? " and all after it" : "",
           now.refusal->number == FAULTS_SHORT        ? "a byte only"
           : now.refusal->number == FAULTS_NOTHING    ? "no byte"
           : now.refusal->number == FAULTS_STRANGER   ? "another user"
           : now.refusal->number == FAULTS_MISALIGNED ? "not aligned"
                                                      : strerror(now.refusal->number));
}

noreturn void faults_fail(const char *format, ...) {
  va_list arguments;
  say_where();
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
  (void)fflush(stdout);
  _exit(EXIT_FAILURE);
}

static void on_alarm(int number) {
  (void)number;
  faults_fail("it does not return");
}

/* --- the folder --- */

static char folder[64];

const char *faults_folder(void) {
  return folder;
}

const char *faults_path(const char *name) {
  static char paths[4][128];
  static unsigned next;
  char *path = paths[next++ % 4];
  (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static int64_t count_files(void) {
  DIR *opened = opendir(folder);
  int64_t count = 0;
  while (opened != NULL && readdir(opened) != NULL)
    count++;
  if (opened != NULL)
    (void)closedir(opened);
  return count;
}

static void remove_folder(void) {
  DIR *opened = opendir(folder);
  for (const struct dirent *entry; opened != NULL && (entry = readdir(opened)) != NULL;)
    if (entry->d_name[0] != '.')
      (void)unlink(faults_path(entry->d_name));
  if (opened != NULL)
    (void)closedir(opened);
  (void)rmdir(folder);
}

/* --- one attempt --- */

struct balance {
  struct faults_taken taken;
  int64_t files;
};

static struct balance balance_now(void) {
  return (struct balance){faults_taken(), count_files()};
}

static void expect_balance(const struct balance *before) {
  const struct balance after = balance_now();
#define SAME(what)                                                                                 \
  FAULTS_CHECK(after.taken.what == before->taken.what, "%ld " #what " are left over",              \
               (long)(after.taken.what - before->taken.what))
  SAME(blocks);
  SAME(mapped_bytes);
  SAME(threads);
  SAME(locks);
  SAME(descriptors);
  SAME(streams);
  SAME(handles);
  SAME(loops);
  SAME(topologies);
  SAME(entries);
#undef SAME
  FAULTS_CHECK(after.files == before->files, "%ld files are left over",
               (long)(after.files - before->files));
}

static int attempt(const struct faults_refusal *refusal, unsigned nth, bool ever_after) {
  now.refusal = refusal;
  now.nth = nth;
  now.ever_after = ever_after;
  (void)synched__fail(0, "nothing was said");
  (void)alarm(PATIENCE_SECONDS);
  faults_arm(refusal, nth, ever_after);
  const int status = now.scenario->attempt();
  sums->last_refused = faults_disarm();
  (void)alarm(0);
  if (now.scenario->verify != NULL)
    now.scenario->verify(status);
  return status;
}

static void expect_status(int status) {
  const struct faults_refusal *refusal = now.refusal;
  if (status == 0) {
    FAULTS_CHECK(sums->last_refused == 0 ||
                     (refusal->kind & (now.scenario->gets_over | FAULTS_NEED | FAULTS_TABLES |
                                       FAULTS_TOLERABLE)) != 0,
                 "it succeeds all the same");
    sums->tolerated += sums->last_refused != 0;
    return;
  }
  FAULTS_CHECK(sums->last_refused != 0, "%s without a refusal: %s", synched_err_name(status),
               synched_error_message());
  FAULTS_CHECK((refusal->kind & (FAULTS_TABLES | FAULTS_TOLERABLE)) == 0, "%d (%s): %s", status,
               synched_err_name(status), synched_error_message());
  const int expected = refusal->status != SYNCHED_OK ? refusal->status : -refusal->number;
  FAULTS_CHECK(status == expected || status == now.scenario->also[0] ||
                   status == now.scenario->also[1],
               "%d (%s) and not %d: %s", status, synched_err_name(status), expected,
               synched_error_message());
  FAULTS_CHECK(strcmp(synched_error_message(), "nothing was said") != 0 &&
                   synched_error_message()[0] != '\0',
               "there is no sentence for %s", synched_err_name(status));
  sums->failed++;
}

/* With that call refused, then with none. */
static void attempt_both(const struct faults_refusal *refusal, unsigned nth, bool ever_after) {
  const struct balance before = balance_now();
  expect_status(attempt(refusal, nth, ever_after));
  sums->attempts++;
  sums->refused += sums->last_refused;
  const unsigned refused = sums->last_refused;
  if (!now.scenario->is_first)
    expect_balance(&before);
  if (refused != 0)
    expect_status(attempt(NULL, 0, false));
  if (!now.scenario->is_first)
    expect_balance(&before);
  sums->last_refused = refused;
}

/* --- all of them --- */

/* In a process of its own, where the scenario wants that. */
static void in_turn(const struct faults_refusal *refusal, unsigned nth, bool ever_after) {
  if (!now.scenario->is_first) {
    attempt_both(refusal, nth, ever_after);
    return;
  }
  int status = 0;
  (void)fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    attempt_both(refusal, nth, ever_after);
    (void)fflush(stdout);
    exit(EXIT_SUCCESS);
  }
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  if (child < 0 || status != 0)
    _exit(EXIT_FAILURE);
}

static void count_calls(void) {
  int status = 0;
  const pid_t child = now.scenario->is_first ? fork() : 0;
  if (child == 0) {
    expect_status(attempt(NULL, 0, false));
    for (unsigned i = 0; i < FAULTS_CALL_COUNT; i++)
      sums->calls[i] = faults_calls_of((enum faults_call)i);
  }
  if (!now.scenario->is_first)
    return;
  if (child == 0)
    exit(EXIT_SUCCESS);
  (void)waitpid(child, &status, 0);
  if (status != 0)
    _exit(EXIT_FAILURE);
}

static void sweep(const struct faults_refusal *refusal) {
  if ((sums->calls[refusal->call] == 0 && refusal->besides == FAULTS_CALL_COUNT) ||
      (refusal->kind & now.scenario->leaves_out) != 0)
    return;
  for (unsigned nth = 1; nth <= TIMED_MOST || refusal->kind < FAULTS_TABLES; nth++) {
    in_turn(refusal, nth, false);
    if (sums->last_refused == 0 && nth > sums->calls[refusal->call])
      break;
    if (refusal->lasts)
      in_turn(refusal, nth, true);
  }
}

static void run(const struct faults_scenario *scenario) {
  now.scenario = scenario;
  if (scenario->open != NULL)
    scenario->open();
  if (!scenario->is_first) /* what is made once per process, or object, is made now */
    expect_status(attempt(NULL, 0, false));
  count_calls();
  unsigned functions = 0, calls = 0;
  for (unsigned i = 0; i < FAULTS_CALL_COUNT; i++) {
    functions += sums->calls[i] != 0;
    calls += sums->calls[i];
  }
  FAULTS_CHECK(calls != 0, "nothing is called that could be refused");
  for (size_t i = 0; i < faults_refusal_count; i++)
    sweep(&faults_refusals[i]);
  now.refusal = NULL;
  if (scenario->close != NULL)
    scenario->close();
  const struct faults_taken left = faults_taken();
  if (!scenario->is_first)
    FAULTS_CHECK(left.blocks == 0 && left.mapped_bytes == 0 && left.threads == 0 &&
                     left.descriptors == 0 && left.streams == 0 && left.locks == 0 &&
                     left.handles == 0 && left.loops == 0 && left.topologies == 0,
                 "something is left at the end");
  printf("%s: %u calls of %u functions; %u attempts with %u refusals: %u failed, %u got over it\n",
         scenario->name, calls, functions, sums->attempts, sums->refused, sums->failed,
         sums->tolerated);
}

static const struct faults_scenario *find(const char *name) {
  for (size_t l = 0; l < LIST_COUNT; l++)
    for (const struct faults_scenario *s = lists[l]; s->name != NULL; s++)
      if (strcmp(name, s->name) == 0)
        return s;
  return NULL;
}

static int list_all(void) {
  for (size_t l = 0; l < LIST_COUNT; l++)
    for (const struct faults_scenario *s = lists[l]; s->name != NULL; s++)
      printf("%s\n", s->name);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0)
    return list_all();
  const struct faults_scenario *scenario = argc == 2 ? find(argv[1]) : NULL;
  if (scenario == NULL) {
    (void)fprintf(stderr, "usage: faults NAME | --list\n");
    return 2;
  }
  sums = mmap(NULL, sizeof *sums, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  (void)snprintf(folder, sizeof folder, "/tmp/synched-faults-XXXXXX");
  if (sums == MAP_FAILED || mkdtemp(folder) == NULL) {
    perror("faults");
    return 2;
  }
  (void)signal(SIGALRM, on_alarm);
  run(scenario);
  remove_folder();
  return EXIT_SUCCESS;
}
