/*
 * steady_test.c: a steady round asks for no memory.
 *
 * This program has the C library's allocation functions of its own, which count and pass on; so it
 * sees what the library, libuv and the C library ask for, on every thread. From inside on_round the
 * counts of an early and of a late round are compared. A sanitizer has its own allocator, so with
 * one there is nothing to see here.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <synched/synched.h>

enum { EXIT_SKIPPED = 77 };

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SANITIZED) ||         \
    !defined(__GLIBC__)

int main(void) {
  (void)puts("steady: the allocator is not to be replaced in this build");
  return EXIT_SKIPPED;
}

#else

/* --- what is asked for --- */

static _Atomic uint64_t request_count;

static void count_request(void) {
  (void)atomic_fetch_add_explicit(&request_count, 1, memory_order_relaxed);
}

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *block);

void *malloc(size_t bytes) {
  count_request();
  return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
  count_request();
  return __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes) {
  count_request();
  return __libc_realloc(block, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  count_request();
  return __libc_memalign(alignment, bytes);
}

void free(void *block) {
  count_request();
  __libc_free(block);
}

void *mmap(void *at, size_t bytes, int protection, int flags, int file, off_t offset) {
  count_request();
  return (void *)(intptr_t)syscall(SYS_mmap, at, bytes, protection, flags, file, offset);
}

int munmap(void *at, size_t bytes) {
  count_request();
  return (int)syscall(SYS_munmap, at, bytes);
}

/* Each of the above shows in the count, or this program would see nothing. */
static bool counts_everything(void) {
  const uint64_t before = atomic_load(&request_count);
  void *volatile block = malloc(10);
  block = realloc(block, 5000);
  free(block);
  block = calloc(3, 3);
  free(block);
  block = aligned_alloc(128, 256);
  free(block);
  block = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  (void)munmap(block, 4096);
  const uint64_t by_hand = atomic_load(&request_count) - before;
  struct synched_memory *memory;
  const bool made = synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 1,
                                                                          .segment_capacity = 1,
                                                                          .element_size = 1)) == 0;
  const uint64_t by_library = atomic_load(&request_count) - before - by_hand;
  return made && by_hand == 9 && by_library > 3 && synched_memory_destroy(memory) == 0;
}

/* --- rounds --- */

struct scenario {
  const char *what;
  unsigned worker_count;
  struct synched_job_options job;
  uint64_t last_round;
};

enum { FIRST_ROUND = 1000, SEGMENTS = 8 };

struct gauge {
  uint64_t last_round;
  uint64_t first_count, last_count;
};

static int compute(struct synched_task *task, void *user) {
  const double *own = synched_snapshot_segment(task->previous, task->segment);
  double *out = task->out;
  (void)user;
  out[0] = own[0] + 1.0;
  task->contribution = out[0];
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct gauge *gauge = user;
  if (now->round == FIRST_ROUND)
    gauge->first_count = atomic_load(&request_count);
  if (now->round < gauge->last_round)
    return SYNCHED_CONTINUE;
  gauge->last_count = atomic_load(&request_count);
  return SYNCHED_STOP;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  (void)user;
  synched_snapshot_release(synched_snapshot_retain(now));
}

static const struct scenario scenarios[] = {
    {"default", 2, {.fold = SYNCHED_FOLD_NONE}, 100000},
    {"static", 2, {.balance = SYNCHED_BALANCE_STATIC}, 100000},
    {"eager", 2, {.flags = SYNCHED_JOB_EAGER}, 100000},
    {"static, a fold", 2, {.balance = SYNCHED_BALANCE_STATIC, .fold = SYNCHED_FOLD_SUM}, 20000},
    {"more workers than CPUs", 5, {.flags = SYNCHED_JOB_EAGER}, 5000},
    {"the latest delivered", 2, {.on_snapshot = on_snapshot}, 100000},
    {"every one delivered",
     2,
     {.on_snapshot = on_snapshot, .delivery = SYNCHED_DELIVER_EVERY},
     5000},
};

static bool fails(const char *what) {
  (void)fprintf(stderr, "steady: %s: %s\n", what, synched_error_message());
  return false;
}

static bool run(const struct scenario *scenario, struct gauge *gauge) {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  struct synched_job_options options = scenario->job;
  options.struct_size = (uint32_t)sizeof options;
  options.compute = compute;
  options.on_round = on_round;
  options.user = gauge;
  if (synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = scenario->worker_count)) != 0)
    return fails("no pool");
  if (synched_memory_create(
          &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 16,
                                          .element_size = sizeof(double), .lease_count = 2)) != 0)
    return fails("no memory");
  if (synched_job_create(&job, pool, memory, &options) != 0)
    return fails("no job");
  if (synched_job_run(job) != 0)
    return fails("the job failed");
  return synched_job_destroy(job) == 0 && synched_memory_destroy(memory) == 0 &&
         synched_pool_destroy(pool) == 0;
}

int main(void) {
  if (!counts_everything()) {
    (void)fprintf(stderr, "steady: requests are not counted as they should be\n");
    return EXIT_FAILURE;
  }
  int result = EXIT_SUCCESS;
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
    const struct scenario *scenario = &scenarios[i];
    struct gauge gauge = {.last_round = scenario->last_round};
    if (!run(scenario, &gauge))
      return EXIT_FAILURE;
    const uint64_t asked = gauge.last_count - gauge.first_count;
    (void)printf("steady: %s: %llu requests between round %d and round %llu\n", scenario->what,
                 (unsigned long long)asked, FIRST_ROUND, (unsigned long long)scenario->last_round);
    if (asked != 0)
      result = EXIT_FAILURE;
  }
  return result;
}

#endif
