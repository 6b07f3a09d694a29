/*
 * keep.c: the worker that opens the next tick's round on time.
 *
 * There is no thread for timers. When nothing can run before some tick is due, one worker is the keeper: it sleeps not
 * without end but until shortly before that, takes the baton, wakes those who will share the round, and spins out the
 * rest. How early it wakes is learned from how late the system has woken it so far: so that it is late, in spite of that, with
 * three wakes of a hundred. A single outlier moves that little, and on a quiet machine few microseconds are spun.
 */
#include "job/job.h"
#include "platform/clock.h"

#define LEAD_LEAST_NS 2000u
#define LEAD_MOST_NS 1000000u

/* But no more than this part of the period is spun, or some 20 us where that is less: on a machine so busy that it wakes
 * late by more, spinning only takes from others. */
#define LEAD_PART 512u
#define LEAD_ALWAYS_NS 20000u

/* In a hundredth of these: how far the lead falls after a wake within it, and rises after one that was later. */
#define LEAD_FALLS 3u
#define LEAD_RISES 97u
#define LEAD_STEPS 1600u /* of its present size, all of the hundred together are a sixteenth */

uint64_t synched__keep_lead(const struct synched_pool *pool) {
  const struct synched__heap_node *first = synched__heap_first(&pool->schedule.sleeping);
  const struct synched_job *job = (const struct synched_job *)first;
  uint64_t most_ns = LEAD_ALWAYS_NS;
  if (job != NULL && job->ticks.period_ns / LEAD_PART > most_ns)
    most_ns = job->ticks.period_ns / LEAD_PART;
  return pool->lead_ns < most_ns ? pool->lead_ns : most_ns;
}

/* With the mutex held. */
static void learn_lead(struct synched_pool *pool, uint64_t late_ns) {
  const uint64_t lead_ns = pool->lead_ns;
  uint64_t next_ns = late_ns > lead_ns ? lead_ns + lead_ns * LEAD_RISES / LEAD_STEPS + 1
                                       : lead_ns - lead_ns * LEAD_FALLS / LEAD_STEPS;
  if (next_ns < LEAD_LEAST_NS)
    next_ns = LEAD_LEAST_NS;
  pool->lead_ns = next_ns < LEAD_MOST_NS ? next_ns : LEAD_MOST_NS;
}

/* With the mutex held: takes the baton if it is time for that; else sets when to look again. How many workers the coming
 * round is worth waking is *wake_count. */
static bool takes_over(struct synched__worker *worker, uint64_t *due_ns, unsigned *wake_count) {
  struct synched_pool *pool = worker->pool;
  const uint64_t asked_ns = synched__load_relaxed(&worker->keep_ns);
  synched__store_relaxed(&worker->keep_ns, SYNCHED__NEVER);
  /* While rounds go on nobody needs to keep; who makes the pool idle appoints a keeper. */
  if (pool->keeper != worker || synched__load_relaxed(&pool->running) != 0)
    return false;
  pool->keeper = NULL;
  *due_ns = synched__schedule_attention(&pool->schedule);
  if (*due_ns == SYNCHED__NEVER)
    return false;
  const uint64_t now_ns = synched__clock_ns();
  if (now_ns >= asked_ns)
    learn_lead(pool, now_ns - asked_ns);
  const uint64_t lead_ns = synched__keep_lead(pool);
  if (*due_ns > now_ns + lead_ns) {
    pool->keeper = worker;
    synched__store_relaxed(&worker->keep_ns, *due_ns - lead_ns);
    return false;
  }
  const struct synched__heap_node *first = synched__heap_first(&pool->schedule.sleeping);
  const struct synched_job *job = (const struct synched_job *)first;
  *wake_count = job == NULL || job->balance.solo ? 0 : job->shape.wake_count;
  synched__turn_take_baton(pool);
  return true;
}

/* Those who will share the round wake up while we wait for its time. */
static void alert_others(struct synched__worker *worker, unsigned wake_count, uint64_t due_ns) {
  struct synched_pool *pool = worker->pool;
  if (wake_count > SYNCHED__WAKE_DIRECT)
    wake_count = SYNCHED__WAKE_DIRECT; /* who wake the others, when they see the round */
  for (unsigned w = 0; w < wake_count; w++)
    if (w != worker->index)
      synched__waiter_alert(&pool->gate, &pool->workers[w].waiter, due_ns + LEAD_ALWAYS_NS);
}

/* Until then, or until something else can run. */
static void spin_until(const struct synched_pool *pool, uint64_t due_ns) {
  while (synched__clock_ns() < due_ns && synched__load_relaxed(&pool->attention_ns) != 0)
    synched__cpu_pause();
}

uint64_t synched__keep(struct synched__worker *worker, uint64_t seen) {
  struct synched_pool *pool = worker->pool;
  uint64_t due_ns;
  unsigned wake_count;
  synched__stall_keep(worker);
  synched__mutex_lock(&pool->mutex);
  const bool takes = takes_over(worker, &due_ns, &wake_count);
  synched__mutex_unlock(&pool->mutex);
  if (!takes)
    return seen;
  alert_others(worker, wake_count, due_ns);
  spin_until(pool, due_ns);
  struct synched__run run = {.worker = worker, .pool = pool};
  const uint64_t now_ns = synched__tick_ns();
  return synched__go_on(&run, synched__turn_next(pool, NULL, now_ns), now_ns, seen);
}
