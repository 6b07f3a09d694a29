/*
 * footprint.c: what Synched takes: heap bytes and threads. (Buffers of a memory are mapped, not on
 * the heap: they are 2 + leases times its size. A thread's stack is the system's business.)
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <synched/synched.h>

#include "bench.h"

static double heap_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return (double)(info.uordblks + info.hblkhd);
}

static double thread_count(void) {
  FILE *file = fopen("/proc/self/status", "re");
  char line[256];
  double count = -1.0;
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "Threads:", 8) == 0)
      count = strtod(line + 8, NULL);
  if (file != NULL)
    (void)fclose(file);
  return count;
}

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

/* What exists of a pool, a memory and a job, and what they take. */
struct footprint {
  double pool_bytes, memory_bytes, job_bytes, threads;
};

static bool survey(struct footprint *out, unsigned workers, size_t segments) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  const double threads = thread_count();
  double at = heap_bytes();
  if (synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = workers)) != 0)
    return false;
  out->pool_bytes = heap_bytes() - at;
  out->threads = thread_count() - threads;
  at = heap_bytes();
  if (synched_memory_create(&memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = segments, .segment_capacity = 1,
                                                   .element_size = 8)) != 0)
    return false;
  out->memory_bytes = heap_bytes() - at;
  at = heap_bytes();
  if (synched_job_create(&job, pool, memory, SYNCHED_JOB_OPTIONS(.compute = compute)) != 0)
    return false;
  out->job_bytes = heap_bytes() - at;
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return true;
}

static double measure(const struct bench_case *self) {
  struct footprint once, small, wide, cut;
  /* The first survey pays for what exists once: the topology and the C library's buffers. */
  if (!survey(&once, 1, 1) || !survey(&small, 1, 1) || !survey(&wide, 9, 1) ||
      !survey(&cut, 1, 10001))
    return -1.0;
  const char *what = self->parameter;
  if (strcmp(what, "pool_of_1") == 0)
    return small.pool_bytes;
  if (strcmp(what, "pool_per_worker") == 0)
    return (wide.pool_bytes - small.pool_bytes) / 8;
  if (strcmp(what, "threads_per_worker") == 0)
    return (wide.threads - small.threads) / 8;
  if (strcmp(what, "job_of_1") == 0)
    return small.job_bytes;
  if (strcmp(what, "job_per_worker") == 0)
    return (wide.job_bytes - small.job_bytes) / 8;
  if (strcmp(what, "job_per_segment") == 0)
    return (cut.job_bytes - small.job_bytes) / 10000;
  if (strcmp(what, "memory_of_1") == 0)
    return small.memory_bytes;
  return (cut.memory_bytes - small.memory_bytes) / 10000;
}

static void list(struct bench_list *out) {
  static const char *const parameters[] = {"pool_of_1",   "pool_per_worker",   "threads_per_worker",
                                           "job_of_1",    "job_per_worker",    "job_per_segment",
                                           "memory_of_1", "memory_per_segment"};
  for (size_t p = 0; p < sizeof parameters / sizeof *parameters; p++) {
    struct bench_case one = {.contestant = "synched",
                             .workers = 1,
                             .segments = 1,
                             .unit =
                                 strncmp(parameters[p], "threads", 7) == 0 ? "threads" : "bytes",
                             .measure = measure};
    (void)snprintf(one.parameter, sizeof one.parameter, "%s", parameters[p]);
    bench_add(out, &one);
  }
}

const struct bench_family bench_family_memory = {
    .name = "memory", .title = "heap bytes and threads of Synched", .list = list};
