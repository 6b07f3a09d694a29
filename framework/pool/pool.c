/*
 * pool.c: creating and ending a pool, and telling what was obtained.
 *
 * Workers wait at the gate from their first moment, so none does anything before all of them exist.
 * When one cannot be created, the others are told to stop and joined, and nothing is left.
 */
#include "pool/pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/options.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/cpus.h"
#include "platform/process.h"
#include "pool/registry.h"
#include "topology/place.h"
#include "topology/plan.h"

#define PRIORITY_MOST 99
#define NICE_LEAST (-20)
#define SPIN_DEFAULT_NS 50000u
#define SPIN_MOST_NS 500000u
#define GROUP_MOST 16u
#define STACK_LEAST_BYTES 65536u
#define STACK_MOST_BYTES (SIZE_MAX / 8) /* beyond it, rounding up to pages would overflow */

static int check_priority(const struct synched_pool_options *options) {
  if (options->priority < 0 || options->priority > PRIORITY_MOST)
    return synched__fail(SYNCHED_EINVAL,
                         "priority is %d; there are 1 to %d, and 0: the creating thread's",
                         options->priority, PRIORITY_MOST);
  if (options->nice < NICE_LEAST || options->nice > SYNCHED__NICE_MOST)
    return synched__fail(SYNCHED_EINVAL, "nice is %d; there are %d to %d", options->nice,
                         NICE_LEAST, SYNCHED__NICE_MOST);
  if (options->priority != 0 && options->nice != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "priority is %d and nice is %d; a real-time thread has no nice value",
                         options->priority, options->nice);
  return 0;
}

/* A thread that spins uses all of its time, so others wait for theirs. */
static int check_spin(const struct synched_pool_options *options, unsigned worker_count,
                      const struct synched__cpus_budget *budget) {
  if (options->spin_ns != 0 && options->wait != SYNCHED_WAIT_AUTO)
    return synched__fail(SYNCHED_EINVAL, "spin_ns is %llu with wait %d; it is for AUTO (0) only",
                         (unsigned long long)options->spin_ns, (int)options->wait);
  if (options->wait != SYNCHED_WAIT_SPIN || !synched__cpus_are_short(budget, worker_count))
    return 0;
  const double usable_cpus =
      synched__cpus_are_rationed(budget) ? budget->quota_cpus : budget->allowed_count;
  return synched__fail(SYNCHED_EINVAL,
                       "wait is SPIN with %u workers on %.4g usable CPUs; they would spin in each "
                       "other's way",
                       worker_count, usable_cpus);
}

static int check_options(const struct synched_pool_options *options, unsigned worker_count,
                         const struct synched__cpus_budget *budget) {
  if (options->flags != 0)
    return synched__fail(SYNCHED_EINVAL, "flags is %#x; a pool knows no flags",
                         (unsigned)options->flags);
  if (worker_count > SYNCHED_WORKERS_MAX)
    return synched__fail(SYNCHED_EINVAL, "worker_count is %u; at most %u", worker_count,
                         SYNCHED_WORKERS_MAX);
  const int wait_status = synched__check_enum("wait", (unsigned)options->wait, SYNCHED_WAIT_SLEEP);
  if (wait_status != 0)
    return wait_status;
  if (options->stack_bytes != 0 && options->stack_bytes < STACK_LEAST_BYTES)
    return synched__fail(SYNCHED_EINVAL, "stack_bytes is %zu; at least %u", options->stack_bytes,
                         STACK_LEAST_BYTES);
  if (options->stack_bytes > STACK_MOST_BYTES)
    return synched__fail(SYNCHED_EINVAL, "stack_bytes is %zu; no thread can have so much",
                         options->stack_bytes);
  const int status = check_spin(options, worker_count, budget);
  return status != 0 ? status : check_priority(options);
}

static struct synched__spin choose_spin(const struct synched_pool *pool,
                                        const struct synched_pool_options *options,
                                        const struct synched__cpus_budget *budget) {
  struct synched__spin spin = {.limit_ns =
                                   options->spin_ns != 0 ? options->spin_ns : SPIN_DEFAULT_NS};
  if (options->wait == SYNCHED_WAIT_SLEEP)
    spin.limit_ns = 0;
  if (options->wait == SYNCHED_WAIT_SPIN)
    spin.never_sleep = &pool->never_sleep;
  else
    spin.sleep_now = &pool->sleep_now;
  /* To spin would keep from running those for whom it waits: it offers them the CPU instead. */
  spin.yields = synched__cpus_are_short(budget, pool->worker_count);
  if (options->wait == SYNCHED_WAIT_AUTO && options->spin_ns == 0 && !spin.yields)
    spin.most_ns = SPIN_MOST_NS;
  return spin;
}

static int compare_workers(const void *a, const void *b) {
  const struct synched__worker *x = *(struct synched__worker *const *)a;
  const struct synched__worker *y = *(struct synched__worker *const *)b;
  int order = synched__place_order(&x->info.place, &y->info.place);
  return order != 0 ? order : (int)x->index - (int)y->index;
}

/* Workers in the order of their places: neighbours in it are near each other on the machine. Those
 * that share a cache, up to sixteen, are a group. */
static int make_ring(struct synched_pool *pool) {
  const unsigned count = pool->worker_count;
  pool->ring = synched__alloc_lines(count, sizeof *pool->ring);
  struct synched__worker **sorted = synched__alloc(count, sizeof(struct synched__worker *));
  if (pool->ring == NULL || sorted == NULL) {
    synched__free(sorted);
    return synched__fail(SYNCHED_ENOMEM, "no memory for %u workers", count);
  }
  for (unsigned w = 0; w < count; w++)
    sorted[w] = &pool->workers[w];
  qsort(sorted, count, sizeof *sorted, compare_workers);
  unsigned members = 0; /* of the group so far */
  for (unsigned r = 0; r < count; r++) {
    pool->ring[r] = sorted[r]->index;
    sorted[r]->rank = r;
    const bool neighbours = r > 0 && sorted[r]->info.place.cache == sorted[r - 1]->info.place.cache;
    if (!neighbours || members == GROUP_MOST) {
      pool->group_count++;
      members = 0;
    }
    sorted[r]->group = pool->group_count - 1;
    members++;
  }
  synched__free(sorted);
  return 0;
}

static int place_workers(struct synched_pool *pool, const struct synched__plan_request *request,
                         const struct synched__cpus_budget *budget) {
  struct synched_place *places = synched__alloc(pool->worker_count, sizeof *places);
  if (places == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for %u places", pool->worker_count);
  struct synched__plan_result result;
  struct synched__cpus taken;
  struct synched__plan_request beside = *request;
  beside.taken = &taken;
  int status = synched__registry_taken(&taken);
  if (status == 0)
    status = synched__plan_here(places, &result, &beside, budget);
  synched__cpus_free(&taken);
  for (unsigned w = 0; status == 0 && w < pool->worker_count; w++)
    pool->workers[w].info.place = places[w];
  synched__free(places);
  if (status != 0)
    return status;
  pool->info.affinity = result.affinity;
  if (result.topology_status != 0)
    synched__pool_warn(&pool->info,
                       "the machine's topology could not be read; workers are not pinned");
  if (result.doubt[0] != '\0')
    synched__pool_warn(&pool->info, "%s", result.doubt);
  (void)snprintf(pool->info.placement, sizeof pool->info.placement, "%s", result.decision);
  return make_ring(pool);
}

/* Initialises the first *made workers; on failure those are to be deinitialised. */
static int init_workers(struct synched_pool *pool, struct synched__spin spin, unsigned *made) {
  for (*made = 0; *made < pool->worker_count; (*made)++) {
    struct synched__worker *worker = &pool->workers[*made];
    int status = synched__waiter_init(&worker->waiter, spin);
    if (status != 0)
      return status;
  }
  return 0;
}

static void deinit_workers(struct synched_pool *pool, unsigned made) {
  while (made > 0)
    synched__waiter_deinit(&pool->workers[--made].waiter);
}

/* Tells the first `count` workers, which wait at the gate, to end, and waits until they have. */
static void stop_workers(struct synched_pool *pool, unsigned count) {
  synched__store_relaxed(&pool->stopping, 1);
  uint64_t epoch = synched__load_relaxed(&pool->epoch);
  /* [gate-advanced] hands stopping to them. */
  if (synched__gate_advance(&pool->gate, epoch + 1))
    synched__pool_wake_each(pool, count);
  for (unsigned w = 0; w < count; w++)
    synched__thread_join(&pool->workers[w].thread);
}

/* Adds to the sentence how many the system has granted, for with so many a second try may
 * succeed. */
static int refuse_worker(const struct synched_pool *pool, unsigned granted_count, int status) {
  char reason[192];
  (void)snprintf(reason, sizeof reason, "%s", synched_error_message());
  return synched__fail(status, "%s; it granted %u of %u workers", reason, granted_count,
                       pool->worker_count);
}

int synched__pool_start(struct synched_pool *pool, size_t stack_bytes, synched__worker_fn run) {
  pool->run = run;
  for (unsigned w = 0; w < pool->worker_count; w++) {
    struct synched__worker *worker = &pool->workers[w];
    int status = synched__thread_create(&worker->thread, stack_bytes, synched__worker_main, worker);
    if (status != 0) {
      stop_workers(pool, w);
      return refuse_worker(pool, w, status);
    }
  }
  synched__park(&pool->creator); /* [workers-up] acquire */
  synched__pool_gather_info(pool);
  synched__registry_add(pool);
  return 0;
}

void synched__pool_stop(struct synched_pool *pool) {
  synched__registry_remove(pool);
  stop_workers(pool, pool->worker_count);
}

/* Everything that a worker needs before its thread; unwinds what it made. */
static int build(struct synched_pool *pool, const struct synched_pool_options *options,
                 const struct synched__cpus_budget *budget) {
  const struct synched__plan_request request = {.worker_count = pool->worker_count,
                                                .affinity = options->affinity,
                                                .cpu_list = options->cpu_list};
  unsigned made = 0;
  pool->gate = (struct synched__gate){&pool->epoch, &pool->sleeper_count};
  const struct synched__spin spin = choose_spin(pool, options, budget);
  pool->info.worker_count = pool->worker_count;
  pool->info.usable_cpus = pool->usable_count;
  pool->info.wait = options->wait;
  pool->info.spin_ns = spin.limit_ns;
  int status = place_workers(pool, &request, budget);
  if (status != 0)
    return status;
  status = synched__parker_init(&pool->creator);
  if (status != 0)
    return status;
  status = init_workers(pool, spin, &made);
  if (status != 0) {
    deinit_workers(pool, made);
    synched__parker_deinit(&pool->creator);
  }
  return status;
}

static void free_memory(struct synched_pool *pool) {
  synched__free(pool->name);
  synched__free(pool->ring);
  synched__free(pool->workers);
  synched__free(pool);
}

static int allocate(struct synched_pool **out, unsigned worker_count, const char *name) {
  struct synched_pool *pool = synched__alloc_lines(1, sizeof *pool);
  if (pool == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a pool");
  pool->generation = synched__process_count_forks();
  pool->worker_count = worker_count;
  pool->workers = synched__alloc_lines(worker_count, sizeof *pool->workers);
  pool->name = synched__copy_text(name);
  if (pool->workers == NULL || pool->name == NULL) {
    free_memory(pool);
    return synched__fail(SYNCHED_ENOMEM, "no memory for a pool of %u workers", worker_count);
  }
  for (unsigned w = 0; w < worker_count; w++) {
    pool->workers[w].pool = pool;
    pool->workers[w].index = w;
  }
  *out = pool;
  return 0;
}

int synched__pool_make(struct synched_pool **out, const struct synched_pool_options *options) {
  synched__clock_calibrate();
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  unsigned worker_count = options->worker_count;
  if (worker_count == 0)
    worker_count =
        budget.usable_count < SYNCHED_WORKERS_MAX ? budget.usable_count : SYNCHED_WORKERS_MAX;
  int status = check_options(options, worker_count, &budget);
  if (status == 0)
    status = synched__thread_check_stack(options->stack_bytes);
  if (status != 0)
    return status;
  struct synched_pool *pool = NULL;
  status = allocate(&pool, worker_count, options->name != NULL ? options->name : "synched");
  if (status != 0)
    return status;
  pool->usable_count = budget.usable_count;
  pool->priority = options->priority;
  pool->nice = options->nice;
  status = build(pool, options, &budget);
  if (status != 0) {
    free_memory(pool);
    return status;
  }
  *out = pool;
  return 0;
}

void synched__pool_free(struct synched_pool *pool) {
  deinit_workers(pool, pool->worker_count);
  synched__parker_deinit(&pool->creator);
  free_memory(pool);
}
