/*
 * kernels.c: three real computations: bodies that all pull at each other, heat in a plate, Life.
 *
 * Every sample also runs some steps serially and must come to the same bits.
 */
#include "kernels.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "bench.h"
#include "job_run.h"

#define SAMPLE_NS 60e6
#define CHECKED_STEPS 21u
#define HUGE_PAGE 2097152u

static int run_serial(struct kernel_run *run) {
  const struct kernel *kernel = run->kernel;
  const size_t bytes = kernel->row_count * kernel->row_bytes;
  const size_t aligned = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  void *states[2] = {aligned_alloc(HUGE_PAGE, aligned), aligned_alloc(HUGE_PAGE, aligned)};
  double start_ns = bench_now_ns();
  if (states[0] == NULL || states[1] == NULL)
    return -1;
  for (int s = 0; s < 2 && bytes >= HUGE_PAGE; s++)
    (void)madvise(states[s], bytes, MADV_HUGEPAGE);
  kernel->init(states[0], 0, kernel->row_count);
  for (uint64_t step = 0; step < run->steps; step++) {
    if (step == run->warm_up)
      start_ns = bench_now_ns();
    kernel->step(states[step & 1], states[~step & 1], 0, kernel->row_count);
  }
  run->ns = bench_now_ns() - start_ns;
  run->checksum = kernel_checksum(states[run->steps & 1], bytes);
  free(states[0]);
  free(states[1]);
  return 0;
}

/* --- Synched --- */

struct watched {
  struct kernel_run *run;
  double start_ns, end_ns;
};

static int init(struct synched_task *task, void *user) {
  const struct kernel *kernel = ((const struct watched *)user)->run->kernel;
  const size_t first = task->first;
  unsigned char *row_0 = (unsigned char *)task->out - first * kernel->row_bytes;
  kernel->init(row_0, first, first + task->capacity);
  return 0;
}

static int compute(struct synched_task *task, void *user) {
  const struct kernel *kernel = ((const struct watched *)user)->run->kernel;
  const size_t first = task->first;
  unsigned char *row_0 = (unsigned char *)task->out - first * kernel->row_bytes;
  kernel->step(task->previous->data, row_0, first, first + task->capacity);
  return 0;
}

static int complete(const struct synched_snapshot *now, void *user) {
  struct watched *watched = user;
  if (now->round == watched->run->warm_up)
    watched->start_ns = bench_now_ns();
  if (now->round == watched->run->steps) {
    watched->end_ns = bench_now_ns();
    watched->run->checksum = kernel_checksum(now->data, now->element_count * now->element_size);
  }
  return SYNCHED_CONTINUE;
}

static int run_synched(struct kernel_run *run, const char *contestant) {
  const struct kernel *kernel = run->kernel;
  struct watched watched = {.run = run};
  /* One for each worker, for the work is even: as OpenMP's static schedule cuts it. */
  const size_t segments = run->workers;
  const bool huge = kernel->row_count * kernel->row_bytes >= HUGE_PAGE;
  const int status = bench_job_run(
      contestant, run->workers,
      SYNCHED_MEMORY_OPTIONS(.flags = huge ? SYNCHED_MEMORY_HUGE_PAGES : 0,
                             .segment_count = segments,
                             .segment_capacity = kernel->row_count / segments,
                             .element_size = kernel->row_bytes, .refill = SYNCHED_REFILL_NONE),
      SYNCHED_JOB_OPTIONS(.compute = compute, .init = init, .on_round = complete, .user = &watched,
                          .round_count = run->steps));
  run->ns = watched.end_ns - watched.start_ns;
  return status;
}

static int run_contestant(const char *contestant, struct kernel_run *run) {
  if (strcmp(contestant, "serial") == 0)
    return run_serial(run);
  if (strcmp(contestant, "synched") == 0 || strcmp(contestant, "synched_static") == 0)
    return run_synched(run, contestant);
  (void)setenv("OMP_PROC_BIND", "true", 1);
  omp_kernel_fn kernel;
  *(void **)&kernel = bench_symbol(contestant, "omp_kernel");
  return kernel != NULL ? kernel(run) : -1;
}

static double measure(const struct bench_case *self) {
  struct kernel_run run = {.kernel = kernel_find(self->parameter),
                           .workers = self->workers,
                           .warm_up = 1,
                           .steps = CHECKED_STEPS};
  struct kernel_run serial = run;
  if (run.kernel == NULL)
    return -1.0;
  if (run_serial(&serial) != 0 || run_contestant(self->contestant, &run) != 0)
    return -1.0;
  if (run.checksum != serial.checksum) {
    (void)fprintf(stderr, "synched-bench: %s computes %s wrongly\n", self->contestant,
                  self->parameter);
    return -1.0;
  }
  const double step_ns = serial.ns / (CHECKED_STEPS - 1);
  run.warm_up = (uint64_t)(SAMPLE_NS / 3 / step_ns) + 2;
  const uint64_t timed_count = (uint64_t)(SAMPLE_NS / step_ns) + 2;
  run.steps = run.warm_up + timed_count;
  return run_contestant(self->contestant, &run) == 0 ? run.ns / (double)timed_count : -1.0;
}

static void list(struct bench_list *out) {
  static const char *const names[] = {"nbody128", "heat1024", "life2048"};
  static const char *const contestants[] = {"synched", "synched_static", "libgomp", "libomp"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    struct bench_case one = {
        .contestant = "serial", .workers = 1, .segments = 1, .unit = "ns", .measure = measure};
    (void)snprintf(one.parameter, sizeof one.parameter, "%s", names[n]);
    bench_add(out, &one);
    for (size_t c = 0; c < sizeof contestants / sizeof *contestants; c++) {
      one.contestant = contestants[c];
      one.workers = 2;
      one.segments = 2;
      bench_add(out, &one);
    }
  }
}

const struct bench_family bench_family_kernels = {
    .name = "kernels", .title = "a step of three computations, 2 workers", .list = list};
