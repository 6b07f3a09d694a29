/*
 * pool.c: creating and ending a pool, and telling what was obtained.
 *
 * Workers wait at the gate from their first moment, so none does anything before all of them exist; when
 * one cannot be created the others are told to stop and joined, and nothing is left.
 */
#include "pool/pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#define NICE_MOST 19
#define SPIN_DEFAULT_NS 50000u
#define SPIN_MOST_NS 500000u
#define GROUP_MOST 16u
#define JOBS_AT_FIRST 8u        /* room for the turns of so many */
#define LEAD_DEFAULT_NS 100000u /* until more is known: see job/keep.c */
#define STACK_LEAST_BYTES 65536u
#define STACK_MOST_BYTES (SIZE_MAX / 8) /* beyond it, rounding up to pages would overflow */

static int check_priority(const struct synched_pool_options *options) {
  if (options->priority < 0 || options->priority > PRIORITY_MOST)
    return synched__fail(SYNCHED_EINVAL,
                         "priority is %d; there are 1 to %d, and 0: the creating thread's",
                         options->priority, PRIORITY_MOST);
  if (options->nice < NICE_LEAST || options->nice > NICE_MOST)
    return synched__fail(SYNCHED_EINVAL, "nice is %d; there are %d to %d", options->nice,
                         NICE_LEAST, NICE_MOST);
  if (options->priority != 0 && options->nice != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "priority is %d and nice is %d; a real-time thread has no nice value",
                         options->priority, options->nice);
  return 0;
}

/* Who spins uses all of its time, so that others wait for theirs. */
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
    spin.insist = &pool->expectant;
  else
    spin.rest = &pool->resting;
  /* Spinning would keep those from running for whom it waits: offer them the CPU instead. */
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

/* Workers in the order of their places: who is near in it is near on the machine. Those that share a cache, up to
 * sixteen, are a group. */
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

/* Adds to what the warning says already; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void warn(struct synched_pool_info *info,
                                                       const char *format, ...) {
  const size_t length = strlen(info->warning);
  const char *const between = length == 0 ? "" : "; ";
  (void)snprintf(info->warning + length, sizeof info->warning - length, "%s", between);
  const size_t start = strlen(info->warning);
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(info->warning + start, sizeof info->warning - start, format, arguments);
  va_end(arguments);
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
    warn(&pool->info, "the machine's topology could not be read; workers are not pinned");
  if (result.doubt[0] != '\0')
    warn(&pool->info, "%s", result.doubt);
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
  /* Releases stopping to them. */
  if (synched__gate_advance(&pool->gate, epoch + 1))
    synched__pool_wake_each(pool, count);
  for (unsigned w = 0; w < count; w++)
    synched__thread_join(&pool->workers[w].thread);
}

/* Adds to the sentence how many the system has granted, for with so many a second try may succeed.
 * */
static int refuse_worker(const struct synched_pool *pool, unsigned granted_count, int status) {
  char reason[192];
  (void)snprintf(reason, sizeof reason, "%s", synched_error_message());
  return synched__fail(status, "%s; it granted %u of %u workers", reason, granted_count,
                       pool->worker_count);
}

static int start_workers(struct synched_pool *pool, size_t stack_bytes) {
  for (unsigned w = 0; w < pool->worker_count; w++) {
    struct synched__worker *worker = &pool->workers[w];
    int status = synched__thread_create(&worker->thread, stack_bytes, synched__worker_main, worker);
    if (status != 0) {
      stop_workers(pool, w);
      return refuse_worker(pool, w, status);
    }
  }
  synched__park(&pool->creator);
  return 0;
}

static void gather_pins(struct synched_pool *pool) {
  unsigned refused_count = 0;
  int refusal = 0;
  for (unsigned w = 0; w < pool->worker_count; w++) {
    const struct synched_pool_worker_info *worker = &pool->workers[w].info;
    pool->info.pinned_count += worker->place.cpu >= 0;
    refused_count += worker->pin_status != 0;
    if (worker->pin_status != 0)
      refusal = worker->pin_status;
  }
  if (refused_count != 0)
    warn(&pool->info, "the system did not pin %u of %u workers: %s", refused_count,
         pool->worker_count, synched_strerror(refusal));
}

static void gather_priorities(struct synched_pool *pool) {
  unsigned refused_count = 0;
  int refusal = 0;
  if (pool->priority == 0 && pool->nice == 0)
    return;
  for (unsigned w = 0; w < pool->worker_count; w++) {
    const int status = pool->workers[w].info.priority_status;
    pool->info.prioritised_count += status == 0;
    refused_count += status != 0;
    if (status != 0)
      refusal = status;
  }
  if (refused_count == 0)
    return;
  warn(&pool->info, "%s %d refused to %u of %u workers: %s",
       pool->priority != 0 ? "priority" : "nice", pool->priority != 0 ? pool->priority : pool->nice,
       refused_count, pool->worker_count, synched_strerror(refusal));
  if (refusal == SYNCHED_EPERM && pool->priority != 0)
    warn(&pool->info, "it takes CAP_SYS_NICE, or RLIMIT_RTPRIO %d", pool->priority);
  else if (refusal == SYNCHED_EPERM) /* the limit counts from the other end */
    warn(&pool->info, "it takes CAP_SYS_NICE, or RLIMIT_NICE %d", NICE_MOST + 1 - pool->nice);
}

/* All workers have the same class, or none has it. */
static void gather_limits(struct synched_pool *pool) {
  const uint64_t most_ns = pool->workers[0].allowed_awake_ns;
  if (most_ns != UINT64_MAX)
    warn(
        &pool->info,
        "RLIMIT_RTTIME is %llu us: at a real-time priority, a call that takes more than half of it "
        "may have the system end the program",
        (unsigned long long)most_ns / 1000);
}

static void gather_info(struct synched_pool *pool, const struct synched_pool_options *options,
                        struct synched__spin spin) {
  struct synched_pool_info *info = &pool->info;
  info->worker_count = pool->worker_count;
  info->usable_cpus = pool->usable_count;
  info->wait = options->wait;
  info->spin_ns = spin.limit_ns;
  gather_pins(pool);
  gather_priorities(pool);
  gather_limits(pool);
}

/* Everything but the threads' creation; unwinds what it made. */
static int build(struct synched_pool *pool, const struct synched_pool_options *options,
                 const struct synched__cpus_budget *budget) {
  const struct synched__plan_request request = {.worker_count = pool->worker_count,
                                                .affinity = options->affinity,
                                                .cpu_list = options->cpu_list};
  unsigned made = 0;
  pool->gate = (struct synched__gate){&pool->epoch, &pool->sleeper_count};
  const struct synched__spin spin = choose_spin(pool, options, budget);
  int status = place_workers(pool, &request, budget);
  if (status != 0)
    return status;
  status = synched__mutex_init(&pool->mutex);
  if (status != 0)
    return status;
  status = synched__parker_init(&pool->creator);
  if (status != 0)
    goto no_parker;
  status = init_workers(pool, spin, &made);
  if (status != 0)
    goto no_workers;
  status = start_workers(pool, options->stack_bytes);
  if (status != 0)
    goto no_workers;
  gather_info(pool, options, spin);
  return 0;
no_workers:
  deinit_workers(pool, made);
  synched__parker_deinit(&pool->creator);
no_parker:
  synched__mutex_deinit(&pool->mutex);
  return status;
}

static void free_pool(struct synched_pool *pool) {
  synched__schedule_free(&pool->schedule);
  synched__free(pool->name);
  synched__free(pool->ring);
  synched__free(pool->workers);
  synched__free(pool);
}

static int allocate(struct synched_pool **out, unsigned worker_count, const char *name) {
  struct synched_pool *pool = synched__alloc_lines(1, sizeof *pool);
  if (pool == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a pool");
  pool->generation = synched__process_watch();
  pool->worker_count = worker_count;
  pool->workers = synched__alloc_lines(worker_count, sizeof *pool->workers);
  pool->name = synched__copy_text(name);
  if (pool->workers == NULL || pool->name == NULL ||
      synched__schedule_reserve(&pool->schedule, JOBS_AT_FIRST) != 0) {
    free_pool(pool);
    return synched__fail(SYNCHED_ENOMEM, "no memory for a pool of %u workers", worker_count);
  }
  for (unsigned w = 0; w < worker_count; w++) {
    pool->workers[w].pool = pool;
    pool->workers[w].index = w;
    synched__store_relaxed(&pool->workers[w].keep_ns, SYNCHED__NEVER);
    synched__store_relaxed(&pool->workers[w].look_ns, SYNCHED__NEVER);
  }
  pool->lead_ns = LEAD_DEFAULT_NS;
  synched__store_relaxed(&pool->attention_ns, SYNCHED__NEVER);
  synched__store_relaxed(&pool->look_ns, SYNCHED__NEVER);
  *out = pool;
  return 0;
}

int synched_pool_create(struct synched_pool **out, const struct synched_pool_options *options) {
  static const struct synched__options_spec spec = {
      .what = "synched_pool_options",
      .known = sizeof(struct synched_pool_options),
      .minimum = offsetof(struct synched_pool_options, priority)};
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the pool to create is NULL");
  *out = NULL;
  struct synched_pool_options read;
  int status = synched__options_read(&read, options, &spec);
  if (status != 0)
    return status;
  synched__clock_calibrate();
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  unsigned worker_count = read.worker_count;
  if (worker_count == 0)
    worker_count =
        budget.usable_count < SYNCHED_WORKERS_MAX ? budget.usable_count : SYNCHED_WORKERS_MAX;
  status = check_options(&read, worker_count, &budget);
  if (status == 0)
    status = synched__thread_check_stack(read.stack_bytes);
  if (status != 0)
    return status;
  struct synched_pool *pool = NULL;
  status = allocate(&pool, worker_count, read.name != NULL ? read.name : "synched");
  if (status != 0)
    return status;
  pool->usable_count = budget.usable_count;
  pool->priority = read.priority;
  pool->nice = read.nice;
  status = build(pool, &read, &budget);
  if (status != 0) {
    free_pool(pool);
    return status;
  }
  synched__registry_add(pool);
  *out = pool;
  return 0;
}

/* No job, and nobody in the middle of giving the baton up after the last one. */
static int check_unused(struct synched_pool *pool) {
  for (;;) {
    synched__mutex_lock(&pool->mutex);
    unsigned job_count = pool->job_count;
    bool idle = synched__load_relaxed(&pool->running) == 0;
    synched__mutex_unlock(&pool->mutex);
    if (job_count != 0)
      return synched__fail(SYNCHED_EBUSY, "the pool has %u job%s; destroy %s first", job_count,
                           job_count == 1 ? "" : "s", job_count == 1 ? "it" : "them");
    if (idle)
      return 0;
    synched__thread_nap();
  }
}

int synched_pool_destroy(struct synched_pool *pool) {
  if (pool == NULL)
    return 0;
  if (synched__is_foreign(pool->generation))
    return synched__process_refuse("pool");
  const struct synched__worker *self = synched__worker_self();
  if (self != NULL && self->pool == pool)
    return synched__fail(SYNCHED_EDEADLK, "a worker cannot wait for its own end");
  int status = check_unused(pool);
  if (status != 0)
    return status;
  synched__registry_remove(pool);
  stop_workers(pool, pool->worker_count);
  if (pool->watch != NULL)
    pool->watch_end(pool->watch);
  deinit_workers(pool, pool->worker_count);
  synched__parker_deinit(&pool->creator);
  synched__mutex_deinit(&pool->mutex);
  free_pool(pool);
  return 0;
}

int synched__pool_attach(struct synched_pool *pool, const struct synched__duties *duties) {
  synched__mutex_lock(&pool->mutex);
  const int status = synched__schedule_reserve(&pool->schedule, (size_t)pool->job_count + 1);
  if (status == 0) {
    pool->job_count++;
    /* Released to workers by the gate, or by the mutex with which a keeper is appointed. */
    synched__store_release(&pool->duties, duties);
  }
  synched__mutex_unlock(&pool->mutex);
  return status;
}

void synched__pool_detach(struct synched_pool *pool) {
  synched__mutex_lock(&pool->mutex);
  pool->job_count--;
  synched__mutex_unlock(&pool->mutex);
}

int synched_pool_info(const struct synched_pool *pool, struct synched_pool_info *out) {
  static const struct synched__options_spec spec = {
      .what = "synched_pool_info",
      .known = sizeof(struct synched_pool_info),
      .minimum = offsetof(struct synched_pool_info, prioritised_count)};
  if (pool == NULL)
    return synched__fail(SYNCHED_EINVAL, "the pool is NULL");
  return synched__out_write(out, &pool->info, &spec);
}

int synched_pool_worker_info(const struct synched_pool *pool, unsigned worker,
                             struct synched_pool_worker_info *out) {
  static const struct synched__options_spec spec = {
      .what = "synched_pool_worker_info",
      .known = sizeof(struct synched_pool_worker_info),
      .minimum = offsetof(struct synched_pool_worker_info, priority_status)};
  if (pool == NULL)
    return synched__fail(SYNCHED_EINVAL, "the pool is NULL");
  if (worker >= pool->worker_count)
    return synched__fail(SYNCHED_ERANGE, "worker is %u; the pool has %u", worker,
                         pool->worker_count);
  return synched__out_write(out, &pool->workers[worker].info, &spec);
}
