#include "support/support.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "memory/memory.h"
#include "platform/cpus.h"

bool is_emulated(void) {
#if defined(SYNCHED_EMULATED)
  return true;
#else
  return false;
#endif
}

/* Valgrind puts its own functions before the C library's, whoever has started it. */
static bool is_under_valgrind(void) {
  const char *preloaded = getenv("LD_PRELOAD");
  return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

unsigned at_most(unsigned count, unsigned slow_count) {
  bool slow = is_emulated() || is_under_valgrind();
  return slow && count > slow_count ? slow_count : count;
}

unsigned usable_cpus(void) {
  struct synched_topology_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_topology_info(&info), 0, "%s", synched_error_message());
  return info.usable_count;
}

unsigned spinning_most(void) {
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  unsigned most = budget.usable_count;
  while (most > 0 && synched__cpus_are_short(&budget, most))
    most--;
  return most;
}

static unsigned entry_count(const char *path) {
  DIR *folder = opendir(path);
  cr_assert_not_null(folder, "%s", path);
  unsigned count = 0;
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
    count += entry->d_name[0] != '.';
  (void)closedir(folder);
  return count;
}

static unsigned other_threads;

void threads_begin(void) {
  other_threads = entry_count("/proc/self/task");
}

void threads_expect(unsigned count) {
  const struct timespec nap = {0, 1000000};
  unsigned found = entry_count("/proc/self/task");
  for (unsigned ms = 0; found != other_threads + count && ms < 5000; ms++) {
    (void)nanosleep(&nap, NULL);
    found = entry_count("/proc/self/task");
  }
  cr_assert_eq(found, other_threads + count, "%u threads, where %u are expected",
               found - other_threads, count);
}

unsigned file_count(void) {
  return entry_count("/proc/self/fd");
}

struct synched_pool *pool_with(const struct synched_pool_options *options) {
  struct synched_pool *pool;
  cr_assert_eq(synched_pool_create(&pool, options), 0, "%s", synched_error_message());
  return pool;
}

struct synched_pool *pool_new(unsigned worker_count) {
  return pool_with(SYNCHED_POOL_OPTIONS(.worker_count = worker_count));
}

void pool_end(struct synched_pool *pool) {
  cr_assert_eq(synched_pool_destroy(pool), 0, "%s", synched_error_message());
}

struct synched_pool_info pool_info_of(const struct synched_pool *pool) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_pool_info(pool, &info), 0, "%s", synched_error_message());
  return info;
}

struct synched_pool_worker_info pool_worker_info_of(const struct synched_pool *pool,
                                                    unsigned worker) {
  struct synched_pool_worker_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_pool_worker_info(pool, worker, &info), 0, "%s", synched_error_message());
  return info;
}

struct synched_memory *memory_with(const struct synched_memory_options *options) {
  struct synched_memory *memory;
  cr_assert_eq(synched_memory_create(&memory, options), 0, "%s", synched_error_message());
  return memory;
}

void memory_end(struct synched_memory *memory) {
  cr_assert_eq(synched_memory_destroy(memory), 0, "%s", synched_error_message());
}

uint64_t memory_round(struct synched_memory *memory) {
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  uint64_t round = now->round;
  synched_snapshot_release(now);
  return round;
}

static uint64_t sum_bytes(uint64_t sum, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < count; i++)
    sum = (sum ^ at[i]) * UINT64_C(1099511628211);
  return sum;
}

uint64_t snapshot_sum(const struct synched_snapshot *snapshot) {
  uint64_t sum = sum_bytes(UINT64_C(14695981039346656037), &snapshot->round, sizeof(uint64_t));
  sum = sum_bytes(sum, &snapshot->fold, sizeof(double));
  sum = sum_bytes(sum, snapshot->counts, snapshot->segment_count * sizeof(size_t));
  for (size_t s = 0; s < snapshot->segment_count; s++)
    sum = sum_bytes(sum, synched_snapshot_segment(snapshot, s),
                    snapshot->counts[s] * snapshot->element_size);
  return sum;
}

uint64_t memory_sum(struct synched_memory *memory) {
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  uint64_t sum = snapshot_sum(now);
  synched_snapshot_release(now);
  return sum;
}

bool memory_awaits_buffer(struct synched_memory *memory) {
  const struct timespec nap = {0, 1000000};
  /* For a moment it also says so while a job finds a buffer at the second look. */
  unsigned seen = 0;
  for (unsigned ms = 0; seen < 3 && ms < 20000; ms++) {
    seen = synched__load_seq_cst(&memory->awaiting) != 0 ? seen + 1 : 0;
    (void)nanosleep(&nap, NULL);
  }
  return seen == 3;
}

struct engine engine_new(struct synched_pool *pool, const struct synched_memory_options *memory,
                         const struct synched_job_options *job) {
  struct engine engine = {.pool = pool, .memory = memory_with(memory)};
  cr_assert_eq(synched_job_create(&engine.job, pool, engine.memory, job), 0, "%s",
               synched_error_message());
  return engine;
}

void engine_end(struct engine *engine) {
  cr_assert_eq(synched_job_destroy(engine->job), 0, "%s", synched_error_message());
  memory_end(engine->memory);
  engine->job = NULL;
  engine->memory = NULL;
}

void engine_end_with_pool(struct engine *engine) {
  engine_end(engine);
  pool_end(engine->pool);
  engine->pool = NULL;
}

struct synched_report_summary summary_of(const struct synched_job *job) {
  struct synched_report *report;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  cr_assert_eq(synched_job_report(job, &report), 0, "%s", synched_error_message());
  cr_assert_eq(synched_report_summary(report, &summary), 0, "%s", synched_error_message());
  static char name[64];
  (void)snprintf(name, sizeof name, "%s", summary.name);
  summary.name = name; /* it was the report's */
  synched_report_destroy(report);
  return summary;
}

bool disarm(enum synched__fault fault, unsigned countdown) {
  for (unsigned i = 0; i < countdown; i++)
    if (synched__fault_hit(fault))
      return true;
  return false;
}

unsigned refuse_in_turn(const struct refusing *refusing) {
  for (unsigned nth = 1;; nth++) {
    (void)synched__fail(0, "nothing was said");
    synched__fault_arm(refusing->fault, nth);
    int status = refusing->attempt(refusing->context);
    if (disarm(refusing->fault, nth)) {
      cr_assert_eq(status, 0, "%s without a refusal", synched_err_name(status));
      refusing->undo(refusing->context);
      return nth - 1;
    }
    cr_assert(status == refusing->expected || (refusing->also != 0 && status == refusing->also),
              "request %u refused: %s", nth, synched_err_name(status));
    cr_assert_str_neq(synched_error_message(), "nothing was said");
    cr_assert_str_not_empty(synched_error_message());
  }
}

#if defined(SYNCHED_COVERAGE)
void __gcov_dump(void);
#elif defined(SYNCHED_PROFILE)
int __llvm_profile_write_file(void);
#endif

void end_child(int status) {
#if defined(SYNCHED_COVERAGE)
  __gcov_dump();
#elif defined(SYNCHED_PROFILE)
  (void)__llvm_profile_write_file();
#endif
  _exit(status);
}

int compute_nothing(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}
