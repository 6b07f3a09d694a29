/*
 * worker.c: the life of a worker: take its place, wait, take part, until the pool stops.
 *
 *   [workers-up]  what every worker has obtained, by way of the last one, to the creator.
 */
#include "pool/pool.h"

#include <stdio.h>
#include <string.h>

#include "platform/cpus.h"
#include "platform/process.h"

static _Thread_local struct synched__worker *self;

/* After fork() in a call on a worker, the child's only thread is a copy of the worker's, but no
 * worker. */
struct synched__worker *synched__worker_self(void) {
  return self == NULL || synched__is_foreign(self->pool->generation) ? NULL : self;
}

struct synched__worker *synched__worker_be(struct synched__worker *worker) {
  struct synched__worker *before = self;
  self = worker;
  return before;
}

static void read_back_cpus(struct synched__worker *worker) {
  struct synched__cpus cpus;
  if (synched__cpus_allowed(&cpus, 0) != 0) {
    (void)snprintf(worker->info.cpus, sizeof worker->info.cpus, "unknown");
    return;
  }
  (void)synched__cpus_format(worker->info.cpus, sizeof worker->info.cpus, &cpus);
  synched__cpus_free(&cpus);
}

/* What the pool was asked for; 0 also where it was not asked for anything. */
static int take_priority(const struct synched_pool *pool) {
  if (pool->priority != 0)
    return synched__thread_set_priority(pool->priority);
  return pool->nice != 0 ? synched__thread_set_nice(pool->nice) : 0;
}

/* Twice a quarter of what the system allows (platform/wait.h), so that calls may take the rest. */
static void limit_awake(struct synched__worker *worker) {
  const uint64_t most_ns = synched__thread_awake_most_ns();
  worker->allowed_awake_ns = most_ns;
  if (most_ns != UINT64_MAX)
    synched__waiter_limit_awake(&worker->waiter, most_ns / 4);
}

/* Before any round: the thread's name, its CPU, its priority, and what of that came true. */
static void set_up(struct synched__worker *worker) {
  struct synched_pool_worker_info *info = &worker->info;
  (void)snprintf(info->name, sizeof info->name, "%.10s/%u", worker->pool->name, worker->index);
  synched__thread_set_name(info->name);
  info->thread_id = synched__thread_id();
  synched__thread_set_exact_timers();
  if (info->place.cpu >= 0) {
    info->pin_status = synched__thread_pin(info->place.cpu);
    if (info->pin_status != 0)
      info->place = (struct synched_place){-1, -1, -1, -1, -1};
  }
  info->priority_status = take_priority(worker->pool);
  limit_awake(worker);
  read_back_cpus(worker);
}

void synched__worker_main(void *argument) {
  struct synched__worker *worker = argument;
  struct synched_pool *pool = worker->pool;
  self = worker;
  set_up(worker);
  /* [workers-up] release, acquire */
  if (synched__add_acq_rel(&pool->started_count, 1) + 1 == pool->worker_count)
    synched__unpark(&pool->creator);
  pool->run(worker);
}

/*
 * A wake takes the waker some microseconds, so that many of them one after the other would take
 * longer than the round. So whoever opens the round wakes the first sixteen, and each worker w that
 * comes wakes four more, from 16 + 4 w on. A worker that is held up holds up those below it;
 * meanwhile others can steal what is at home with them.
 */
static void wake_some(struct synched_pool *pool, unsigned first, unsigned end) {
  for (unsigned w = first; w < end; w++)
    (void)synched__waiter_wake(&pool->gate, &pool->workers[w].waiter);
}

void synched__pool_wake(struct synched_pool *pool, unsigned count) {
  wake_some(pool, 0, count < SYNCHED__WAKE_DIRECT ? count : SYNCHED__WAKE_DIRECT);
}

void synched__pool_wake_each(struct synched_pool *pool, unsigned count) {
  wake_some(pool, 0, count);
}

void synched__pool_wake_branch(struct synched__worker *worker, unsigned count) {
  struct synched_pool *pool = worker->pool;
  /* It reads what the advance wrote: so it also sees whoever announced its sleep without having
   * seen that advance (platform/wait.h). [sleeper-counted] seq_cst */
  (void)synched__load_seq_cst(&pool->epoch);
  if (synched__load_seq_cst(&pool->sleeper_count) == 0) /* [sleeper-counted] seq_cst */
    return;
  const unsigned first = SYNCHED__WAKE_DIRECT + SYNCHED__WAKE_BRANCH * worker->index;
  const unsigned end = first + SYNCHED__WAKE_BRANCH;
  wake_some(pool, first, end < count ? end : count);
}
