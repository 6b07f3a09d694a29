/*
 * report_pages.c: writes the HTML report of a job of some kind to a file, for a browser to read.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <synched/synched.h>

static const char hostile_name[] =
    "</script><img src=x onerror=\"document.title='run'\">&amp;'\n<b>\xff\x01";

enum shape { EVEN, UNEVEN };

struct kind {
  const char *name;
  unsigned worker_count;
  size_t segment_count;
  uint64_t step_count; /* of a call */
  enum shape shape;
  bool overruns; /* every fifth round takes three periods */
  bool fails;    /* in its sixth round */
  struct synched_job_options job;
};

static const struct kind kinds[] = {
    {.name = "uneven",
     .worker_count = 4,
     .segment_count = 12,
     .step_count = 40000,
     .shape = UNEVEN,
     .job = {.name = "fibonacci, uneven", .round_count = 100, .record = SYNCHED_RECORD_TASKS}},
    {.name = "plain",
     .worker_count = 2,
     .segment_count = 64,
     .step_count = 3000,
     .job = {.name = "heat on a plate", .round_count = 2000}},
    {.name = "periodic",
     .worker_count = 2,
     .segment_count = 8,
     .step_count = 20000,
     .overruns = true,
     .job = {.name = "a job with misses",
             .round_count = 80,
             .period_ns = 4000000,
             .deadline_ns = 3000000,
             .record = SYNCHED_RECORD_ROUNDS}},
    {.name = "sixteen",
     .worker_count = 16,
     .segment_count = 96,
     .step_count = 20000,
     .shape = UNEVEN,
     .job = {.name = "sixteen workers", .round_count = 60, .record = SYNCHED_RECORD_ROUNDS}},
    {.name = "hostile",
     .worker_count = 2,
     .segment_count = 4,
     .step_count = 1000,
     .fails = true,
     .job = {.name = hostile_name, .round_count = 20}},
    {.name = "many",
     .worker_count = 2,
     .segment_count = 1000000,
     .step_count = 1,
     .shape = UNEVEN,
     .job = {.name = "many segments", .round_count = 4}},
    {.name = "off",
     .worker_count = 2,
     .segment_count = 4,
     .step_count = 1000,
     .job = {.name = "nothing recorded", .round_count = 20, .record = SYNCHED_RECORD_OFF}},
};

static uint64_t steps(uint64_t count) {
  volatile uint64_t x = 1;
  for (uint64_t i = 0; i < count; i++)
    x = x * 6364136223846793005u + 1442695040888963407u;
  return x;
}

static int compute(struct synched_task *task, void *user) {
  const struct kind *kind = user;
  const size_t hot = kind->segment_count / 3;
  uint64_t more = 0;
  if (kind->shape == UNEVEN)
    more = task->segment % 5 + (task->segment == hot ? 9 : 0);
  *(uint64_t *)task->out = steps(kind->step_count * (1 + more));
  task->count = 1;
  if (kind->overruns && task->segment == 0 && task->round % 5 == 0) {
    const struct timespec nap = {0, 3 * (long)kind->job.period_ns};
    (void)nanosleep(&nap, NULL);
  }
  return kind->fails && task->round == 6 && task->segment == 3 ? -5 : 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  const struct kind *kind = user;
  (void)now;
  (void)steps(kind->step_count);
  return SYNCHED_CONTINUE;
}

static int write_report(const struct kind *kind, const char *path, struct synched_pool *pool,
                        struct synched_memory *memory) {
  struct synched_job_options options = kind->job;
  struct synched_job *job = NULL;
  struct synched_report *report = NULL;
  options.struct_size = sizeof options;
  options.user = (void *)(uintptr_t)kind;
  options.compute = compute;
  options.on_round = on_round;
  int status = synched_job_create(&job, pool, memory, &options);
  if (status == 0) {
    status = synched_job_run(job);
    status = kind->fails ? (status == 0 ? SYNCHED_EINVAL : 0) : status;
  }
  if (status == 0)
    status = synched_job_report(job, &report);
  if (status == 0)
    status = synched_report_write(report, SYNCHED_FORMAT_HTML, path);
  synched_report_destroy(report);
  (void)synched_job_destroy(job);
  return status;
}

static int run(const struct kind *kind, const char *path) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = kind->worker_count));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = kind->segment_count, .segment_capacity = 1,
                                        .element_size = sizeof(uint64_t)));
  if (status == 0)
    status = write_report(kind, path, pool, memory);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return status;
}

int main(int argc, char **argv) {
  const size_t count = sizeof kinds / sizeof kinds[0];
  for (size_t k = 0; argc == 3 && k < count; k++) {
    if (strcmp(argv[1], kinds[k].name) != 0)
      continue;
    const int status = run(&kinds[k], argv[2]);
    if (status != 0)
      fprintf(stderr, "report_pages: %s: %s\n", synched_strerror(status), synched_error_message());
    return status == 0 ? 0 : 1;
  }
  fprintf(stderr, "usage: report_pages KIND PATH\nkinds:");
  for (size_t k = 0; k < count; k++)
    fprintf(stderr, " %s", kinds[k].name);
  fputc('\n', stderr);
  return 2;
}
