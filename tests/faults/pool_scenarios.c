/*
 * pool_scenarios.c: pools of each affinity and priority, and the machine as they see it.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include <synched/synched.h>

#include "faults/scenario.h"

#define WORKERS 2u

/* What is pinned, prioritised or neither adds up, and what is lacking has a sentence. */
static void expect_info(const struct synched_pool *pool) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  unsigned pinned_count = 0, refused_count = 0;
  FAULTS_MUST(synched_pool_info(pool, &info));
  for (unsigned w = 0; w < info.worker_count; w++) {
    struct synched_pool_worker_info worker = {.struct_size = sizeof worker};
    FAULTS_MUST(synched_pool_worker_info(pool, w, &worker));
    FAULTS_CHECK(worker.pin_status == 0 || worker.place.cpu == -1, "a place without a pin");
    FAULTS_CHECK(worker.cpus[0] != '\0', "the CPUs of worker %u are not said", w);
    pinned_count += worker.place.cpu >= 0;
    refused_count += worker.pin_status != 0 || worker.priority_status != 0;
  }
  FAULTS_CHECK(info.pinned_count == pinned_count, "%u are pinned, and %u say so", info.pinned_count,
               pinned_count);
  FAULTS_CHECK(refused_count == 0 || info.warning[0] != '\0', "there is no warning");
  FAULTS_CHECK(info.placement[0] != '\0', "nothing is said of the placement");
}

static int use(const struct synched_pool_options *options) {
  struct synched_pool *pool = (struct synched_pool *)(uintptr_t)16;
  const int status = synched_pool_create(&pool, options);
  FAULTS_CHECK(status == 0 || pool == NULL, "a pool that was refused is not NULL");
  if (status != 0)
    return status;
  expect_info(pool);
  FAULTS_MUST(synched_pool_destroy(pool));
  return 0;
}

static int use_default(void) {
  return use(NULL);
}

static int use_none(void) {
  return use(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_NONE,
                                  .wait = SYNCHED_WAIT_SLEEP));
}

static int use_compact(void) {
  return use(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_COMPACT));
}

static int use_scatter(void) {
  return use(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_SCATTER));
}

static int use_cores(void) {
  return use(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_CORES));
}

static char first_cpu[16];

/* The first CPU that this process may use. */
static void find_cpu(void) {
  cpu_set_t set;
  FAULTS_CHECK(sched_getaffinity(0, sizeof set, &set) == 0, "the mask is not told");
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &set))
      continue;
    (void)snprintf(first_cpu, sizeof first_cpu, "%u", cpu);
    return;
  }
}

static int use_list(void) {
  return use(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_LIST,
                                  .cpu_list = first_cpu));
}

/* For longer than any of them is awake. Where it is finite, they keep to it. */
static void limit_real_time(void) {
  struct rlimit limit;
  FAULTS_CHECK(getrlimit(RLIMIT_RTTIME, &limit) == 0, "the limit is not told");
  limit.rlim_cur = limit.rlim_max < 60000000 ? limit.rlim_max : 60000000;
  FAULTS_CHECK(setrlimit(RLIMIT_RTTIME, &limit) == 0, "the limit is not set");
}

/* They sleep: nothing spins at that priority. */
static int use_priority(void) {
  return use(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_NONE,
                                  .wait = SYNCHED_WAIT_SLEEP, .priority = 1));
}

static int use_nice(void) {
  return use(
      SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_NONE, .nice = 3));
}

static int use_stack(void) {
  return use(SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE,
                                  .stack_bytes = (size_t)4 << 20, .name = "deep"));
}

static int use_small_stack(void) {
  return use(SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE,
                                  .stack_bytes = (size_t)512 << 10));
}

/* --- parallel loops --- */

#define INDICES 100u

static struct {
  _Atomic unsigned turns;
  unsigned dones;
  int status;
} loops;

static int count_turn(size_t index, unsigned worker, void *user) {
  (void)index;
  (void)worker;
  (void)user;
  (void)atomic_fetch_add(&loops.turns, 1);
  return 0;
}

static void on_loop_done(int status, void *user) {
  (void)user;
  loops.status = status;
  loops.dones++;
}

/* Two, of which the second one has what the first one has made. */
static int loop_twice(struct synched_pool *pool) {
  atomic_store(&loops.turns, 0);
  int status = synched_pool_for(pool, INDICES, count_turn, NULL);
  FAULTS_CHECK(status == 0 || atomic_load(&loops.turns) == 0, "a loop that was refused has begun");
  if (status == 0)
    FAULTS_MUST(synched_pool_for(pool, INDICES, count_turn, NULL));
  FAULTS_CHECK(status != 0 || atomic_load(&loops.turns) == 2 * INDICES, "%u turns",
               atomic_load(&loops.turns));
  return status;
}

static int loop_on(struct synched_pool *pool, uv_loop_t *loop) {
  atomic_store(&loops.turns, 0);
  loops.dones = 0;
  const int status = synched_pool_for_start(pool, loop, INDICES, count_turn, NULL, on_loop_done);
  (void)uv_run(loop, UV_RUN_DEFAULT);
  FAULTS_CHECK(loops.dones == (status == 0), "%u ends", loops.dones);
  FAULTS_CHECK(atomic_load(&loops.turns) == (status == 0 ? INDICES : 0), "%u turns",
               atomic_load(&loops.turns));
  return status;
}

static int with_pool(int (*use_pool)(struct synched_pool *pool)) {
  struct synched_pool *pool;
  int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_NONE));
  if (status != 0)
    return status;
  status = use_pool(pool);
  FAULTS_MUST(synched_pool_destroy(pool));
  return status;
}

static int use_for(void) {
  return with_pool(loop_twice);
}

static uv_loop_t event_loop;

static void open_event_loop(void) {
  FAULTS_MUST(uv_loop_init(&event_loop));
}

static void close_event_loop(void) {
  FAULTS_MUST(uv_loop_close(&event_loop));
}

static int loop_on_event_loop(struct synched_pool *pool) {
  return loop_on(pool, &event_loop);
}

static int use_for_start(void) {
  return with_pool(loop_on_event_loop);
}

/* --- the machine --- */

static int look(void) {
  struct synched_topology_info info = {.struct_size = sizeof info};
  const int status = synched_topology_info(&info);
  FAULTS_CHECK(status != 0 || (info.cpu_count > 0 && info.usable_count > 0), "there is no CPU");
  return status;
}

static int plan(void) {
  struct synched_place places[3];
  memset(places, 0x5a, sizeof places);
  const struct synched_place before = places[2];
  const int status = synched_topology_plan(places, 3, SYNCHED_AFFINITY_SCATTER, NULL);
  FAULTS_CHECK(status == 0 || memcmp(&before, &places[2], sizeof before) == 0,
               "what was refused has changed a place");
  FAULTS_CHECK(status != 0 || places[2].cpu >= 0, "there is no place");
  return status;
}

/* Workers that cannot tell where they may run go to work all the same; and what is free to choose
 * does without the machine's tables. For a large stack there may be no room, or no thread. */
const struct faults_scenario faults_pool_scenarios[] = {
    {.name = "pool", .gets_over = FAULTS_HEAP | FAULTS_TOPOLOGY, .attempt = use_default},
    {.name = "pool_none", .gets_over = FAULTS_HEAP, .attempt = use_none},
    {.name = "pool_compact",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .attempt = use_compact},
    {.name = "pool_scatter",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .attempt = use_scatter},
    {.name = "pool_cores",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .attempt = use_cores},
    {.name = "pool_list",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .open = find_cpu,
     .attempt = use_list},
    {.name = "pool_priority",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .open = limit_real_time,
     .attempt = use_priority},
    {.name = "pool_nice",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .attempt = use_nice},
    {.name = "pool_stack",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .also = {SYNCHED_ENOMEM},
     .attempt = use_stack},
    {.name = "pool_small_stack",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .attempt = use_small_stack},
    {.name = "pool_for", .gets_over = FAULTS_HEAP, .leaves_out = FAULTS_TABLES, .attempt = use_for},
    {.name = "pool_for_start",
     .gets_over = FAULTS_HEAP,
     .leaves_out = FAULTS_TABLES,
     .open = open_event_loop,
     .attempt = use_for_start,
     .close = close_event_loop},
    {.name = "topology", .attempt = look},
    {.name = "topology_plan", .leaves_out = FAULTS_TABLES, .attempt = plan},
    FAULTS_LIST_END};
