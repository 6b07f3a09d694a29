/*
 * stand_in.c: see stand_in.h; and platform/wait.h for how a place is taken.
 */
#include "dispatch/stand_in.h"

#include "dispatch/cycle.h"
#include "dispatch/next.h"
#include "job/notify.h"
#include "platform/clock.h"

/* Pauses between two looks at the clock; and at the job, which mostly ends it. */
#define LOOKS 64u
#define LOOKS_AT_GATE 2u

static bool has_alarm(const struct synched__worker *worker) {
  const struct synched__alarm *alarm = &worker->pool->dispatch->alarms[worker->index];
  return synched__load_relaxed(&alarm->queue_ns) != SYNCHED__NEVER ||
         synched__load_relaxed(&alarm->stall_ns) != SYNCHED__NEVER;
}

/* Workers beyond these have no home ranges. */
static unsigned place_count(const struct synched_pool *pool) {
  return pool->worker_count < pool->usable_count ? pool->worker_count : pool->usable_count;
}

/* Whether all pages of the memory are where they belong. If not, each worker computes its own
 * segments in the coming rounds, on its own CPU. */
static bool is_placed(const struct synched_job *job) {
  const struct synched__fields *fields = job->work.fields;
  const struct synched__buffer_pair *pair = &job->work.memory->pair;
  if (job->work.eager)
    return true;
  if (job->work.initialising)
    return false;
  if (fields != NULL)
    return fields->placed;
  return pair->current->block->placed && (pair->next == NULL || pair->next->block->placed);
}

static bool is_at(const struct synched__worker *worker, int cpu) {
  return worker->info.place.cpu == cpu;
}

/* The worker whose place would be best: that whose CPU the caller is on, for nobody else can use
 * that one meanwhile; else the last one, whose caches have what it computed. */
static unsigned best_place(const struct synched_job *job) {
  const struct synched_pool *pool = job->work.pool;
  const unsigned last = job->advance.place;
  if (pool->info.pinned_count == 0)
    return last;
  const int cpu = synched__thread_cpu();
  if (is_at(&pool->workers[last], cpu))
    return last;
  for (unsigned w = 0; w < place_count(pool); w++)
    if (is_at(&pool->workers[w], cpu))
      return w;
  return last;
}

/* The place of a worker that sleeps, and not because it is to wake up at some time; NULL: there is
 * none. */
static struct synched__worker *take_place(struct synched_job *job) {
  struct synched_pool *pool = job->work.pool;
  const unsigned count = place_count(pool);
  if (!is_placed(job))
    return NULL;
  job->advance.place = best_place(job);
  if (synched__load_relaxed(&pool->sleeper_count) == 0)
    return NULL;
  for (unsigned i = 0; i < count; i++) {
    struct synched__worker *worker = &pool->workers[(job->advance.place + i) % count];
    if (!has_alarm(worker) && synched__waiter_take(&pool->gate, &worker->waiter)) {
      job->advance.place = worker->index;
      return worker;
    }
  }
  return NULL;
}

/* Whoever set an alarm meanwhile may have found nobody to interrupt. */
static void give_back(struct synched__worker *worker) {
  synched__waiter_give_back(&worker->pool->gate, &worker->waiter, has_alarm(worker));
}

/* Whether there is no need to look for another epoch. */
static bool is_ended(struct synched_job *own) {
  return synched__job_is_departed(own) || synched__advance_is_handed(own);
}

/* Looks for a while. Returns the last epoch that it saw. */
static uint64_t look(const struct synched__worker *worker, struct synched_job *own) {
  const struct synched__waiter *waiter = &worker->waiter;
  const struct synched__gate *gate = &worker->pool->gate;
  uint64_t epoch = synched__gate_spin(gate, 0, waiter->seen);
  for (unsigned looks = 0;
       epoch == waiter->seen && !is_ended(own) && !waiter->spin.yields && looks < LOOKS;
       looks += LOOKS_AT_GATE)
    epoch = synched__gate_spin(gate, LOOKS_AT_GATE, waiter->seen);
  return epoch;
}

/* As long as the worker would, looks for the next epoch. Returns the last one that it saw. */
static uint64_t spin(struct synched__worker *worker, struct synched_job *own) {
  const struct synched__waiter *waiter = &worker->waiter;
  const uint64_t seen = waiter->seen;
  uint64_t epoch = look(worker, own);
  if (epoch != seen || is_ended(own))
    return epoch;
  const uint64_t budget_ns = synched__waiter_spin_ns(waiter);
  const uint64_t start_ns = synched__clock_ns();
  const _Atomic uint32_t *never_sleep = waiter->spin.never_sleep;
  do {
    if (waiter->spin.yields)
      synched__thread_yield();
    epoch = look(worker, own);
  } while (epoch == seen && !is_ended(own) &&
           (synched__clock_ns() - start_ns < budget_ns ||
            (never_sleep != NULL && synched__load_relaxed(never_sleep) != 0)));
  return epoch;
}

/* As the worker, until the advance is over, or there is nothing to do for long. */
static void work(struct synched__worker *worker, struct synched_job *own) {
  struct synched__waiter *waiter = &worker->waiter;
  if (synched__next_take_idle(own))
    waiter->seen = synched__cycle_lead(worker, own);
  else
    synched__cycle_submit(own);
  while (!synched__job_is_departed(own)) {
    const uint64_t epoch = spin(worker, own);
    if (synched__advance_is_handed(own))
      waiter->seen = synched__cycle_take_over(worker, own);
    else if (synched__job_is_departed(own) ||
             (epoch == waiter->seen && synched__advance_leave_place(own)))
      return;
    else if (epoch != waiter->seen)
      waiter->seen = synched__cycle_take_part(worker, epoch);
  }
}

/* Lets the workers compute, and makes it likely that a place is free the next time. */
static void submit(struct synched_job *job) {
  struct synched_pool *pool = job->work.pool;
  struct synched__worker *worker = &pool->workers[job->advance.place];
  if (is_placed(job) && !synched__dispatch_is_running(pool->dispatch) && !has_alarm(worker))
    synched__waiter_want(&pool->gate, &worker->waiter);
  synched__cycle_submit(job);
}

void synched__stand_in_run(struct synched_job *job) {
  struct synched_pool *pool = job->work.pool;
  struct synched__worker *worker = take_place(job);
  if (worker == NULL) {
    submit(job);
  } else {
    const struct synched__fp_mode fp_mode = synched__fp_mode_here();
    struct synched__worker *before = synched__worker_be(worker);
    worker->own = job;
    work(worker, job);
    worker->own = NULL;
    (void)synched__worker_be(before);
    synched__fp_mode_enter(&fp_mode);
    give_back(worker);
  }
  /* Only with a CPU to spare. */
  const uint64_t limit_ns = pool->workers[0].waiter.spin.limit_ns;
  const uint64_t spin_ns = pool->worker_count < pool->usable_count ? limit_ns : 0;
  synched__advance_wait(job, spin_ns);
}
