/*
 * turn.c: whose round is next.
 *
 * Jobs that want a round are in the pool's schedule (pool/schedule.h), under its mutex. A free-running job that is alone never
 * comes near it: its closing worker looks at one word, sees that nothing else can run before some time, and
 * opens its next round. A job whose memory has no free buffer is in no schedule; who releases a snapshot, or asks something of
 * the job, gives it another turn.
 */
#include "base/error.h"
#include "job/job.h"
#include "platform/clock.h"

/* The two clocks of platform/clock.h drift apart: so what is computed from both is looked at again after this. */
#define ATTENTION_MOST_NS 100000000u

/* With less than this to the next tick, workers may as well spin as they are used to. */
#define REST_LEAST_NS 200000u

void synched__turn_vacate(struct synched_job *job) {
  struct synched_pool *pool = job->pool;
  if (pool->occupant != job)
    return;
  job->memory->roles = pool->roles;
  pool->occupant = NULL;
}

static void occupy(struct synched_job *job) {
  job->pool->roles = job->memory->roles;
  job->pool->occupant = job;
}

static bool is_asked(struct synched_job *job) {
  /* Sequentially consistent: see steer.h. */
  return (synched__load_seq_cst(&job->state) & SYNCHED__JOB_ASKED) != 0;
}

/* --- the schedule --- */

/* With the mutex held. */
static void add_to_schedule(struct synched_job *job) {
  struct synched__schedule *schedule = &job->pool->schedule;
  const struct synched__ticks *ticks = &job->ticks;
  const uint64_t wanted_ns =
      job->options.deadline_ns != 0 ? job->options.deadline_ns : ticks->period_ns;
  if (synched__job_ticks(job)) {
    synched__schedule_add_timed(schedule, &job->entry, ticks->due_ns, ticks->due_ns + wanted_ns);
  } else if (ticks->period_ns != 0) {
    const uint64_t now_ns = synched__clock_ns();
    synched__schedule_add_timed(schedule, &job->entry, now_ns, now_ns + wanted_ns);
  } else {
    synched__schedule_add_free(schedule, &job->entry);
  }
}

/* By who has the job: does what is asked of it and puts it into the schedule, with the pool's mutex held
 * when it returns true; false: it has ended or is parked. */
static bool enter_locked(struct synched_job *job) {
  struct synched_pool *pool = job->pool;
  while (synched__steer_settle(job)) {
    synched__mutex_lock(&pool->mutex);
    if (!is_asked(job)) {
      add_to_schedule(job);
      return true;
    }
    synched__mutex_unlock(&pool->mutex);
  }
  return false;
}

/* Whenever the schedule has changed: from when on it may have another say than "go on"; or a wait is to be looked at. */
void synched__turn_note_attention(struct synched_pool *pool) {
  uint64_t attention_ns = synched__schedule_attention(&pool->schedule);
  const uint64_t look_ns = synched__load_relaxed(&pool->look_ns);
  if (look_ns < attention_ns)
    attention_ns = look_ns;
  if (attention_ns != 0 && attention_ns != SYNCHED__NEVER) {
    const uint64_t now_ns = synched__clock_ns();
    const uint64_t left_ns = attention_ns > now_ns ? attention_ns - now_ns : 0;
    attention_ns = synched__tick_ns();
    attention_ns += left_ns < ATTENTION_MOST_NS ? left_ns : ATTENTION_MOST_NS;
    if (left_ns == 0)
      attention_ns = 0;
  }
  synched__store_relaxed(&pool->attention_ns, attention_ns);
}

bool synched__turn_withdraw(struct synched_job *job) {
  struct synched_pool *pool = job->pool;
  synched__mutex_lock(&pool->mutex);
  const bool found = synched__schedule_remove(&job->entry);
  if (found)
    synched__turn_note_attention(pool);
  if (found && synched__load_relaxed(&pool->running) == 0)
    synched__store_relaxed(&pool->expectant,
                           synched__schedule_attention(&pool->schedule) != SYNCHED__NEVER);
  synched__mutex_unlock(&pool->mutex);
  return found;
}

void synched__turn_take_baton(struct synched_pool *pool) {
  synched__store_relaxed(&pool->running, 1);
  synched__store_relaxed(&pool->expectant, 1);
  synched__store_relaxed(&pool->resting, 0);
  synched__turn_note_attention(pool);
}

struct synched__worker *synched__turn_appoint(struct synched_pool *pool) {
  const uint64_t due_ns = synched__schedule_attention(&pool->schedule);
  const bool expects = due_ns != SYNCHED__NEVER;
  synched__store_relaxed(&pool->expectant, expects);
  synched__store_relaxed(&pool->resting, expects && due_ns > synched__clock_ns() + REST_LEAST_NS);
  if (!expects)
    return NULL;
  const uint64_t lead_ns = synched__keep_lead(pool);
  const uint64_t keep_ns = due_ns > lead_ns ? due_ns - lead_ns : 0;
  struct synched__worker *self = synched__worker_self();
  const bool here = self != NULL && self->pool == pool;
  struct synched__worker *keeper = here                   ? self
                                   : pool->keeper != NULL ? pool->keeper
                                                          : pool->workers;
  const bool looks_in_time =
      pool->keeper == keeper && synched__load_relaxed(&keeper->keep_ns) <= keep_ns;
  pool->keeper = keeper;
  if (looks_in_time)
    return NULL;
  synched__store_relaxed(&keeper->keep_ns, keep_ns);
  return here ? NULL : keeper;
}

static void poke(struct synched_pool *pool, struct synched__worker *worker) {
  if (worker != NULL)
    synched__waiter_poke(&pool->gate, &worker->waiter);
}

/* --- the baton --- */

/* The job has no buffer to write to. true: it has one after all, or something is asked of it; else it is not ours any
 * more. */
static bool block(struct synched_job *job) {
  synched__stall_begin(job);
  /* From the moment it starves others may take the job and end it, while we still look at it and at its memory. */
  synched__job_enter(job);
  bool ours = synched__memory_starve(job->memory);
  /* Sequentially consistent with starved, which `stir` looks at after a bit has been set. */
  if (!ours)
    ours = is_asked(job) && synched__memory_unstarve(job->memory);
  if (!ours)
    synched__stall_arm(job);
  synched__job_leave(job);
  return ours;
}

void synched__turn_wait_on(struct synched_job *job) {
  if (block(job))
    synched__job_submit(job);
}

/* Whether the job's next round can be opened now. If not, it waits for a buffer, or has had another turn
 * given, or has ended. The roles are the memory's. */
static bool prepare(struct synched_job *job) {
  if (!synched__memory_take_out(job->memory, &job->memory->roles) && !block(job))
    return false;
  if (is_asked(job)) {
    if (enter_locked(job))
      synched__mutex_unlock(&job->pool->mutex);
    return false;
  }
  if (job->stall.since_ns != 0)
    synched__stall_end(job);
  occupy(job);
  return true;
}

/* Takes the next job from the schedule. NULL: the pool is idle now. */
static struct synched_job *choose(struct synched_pool *pool) {
  struct synched__worker *poked = NULL;
  synched__mutex_lock(&pool->mutex);
  struct synched__entry *entry = synched__schedule_take(&pool->schedule, synched__clock_ns());
  synched__turn_note_attention(pool);
  if (entry == NULL) {
    synched__store_relaxed(&pool->running, 0);
    poked = synched__turn_appoint(pool);
    /* While we hold the mutex: as soon as the pool is idle and unlocked it may be gone. */
    poke(pool, poked);
  }
  synched__mutex_unlock(&pool->mutex);
  return (struct synched_job *)entry;
}

/* Whether the job, being alone, can go on at once. */
static bool goes_on(const struct synched_pool *pool, struct synched_job *job, uint64_t now_ns) {
  return now_ns < synched__load_relaxed(&pool->attention_ns) &&
         synched__load_relaxed(&job->state) == SYNCHED__JOB_STARTED && job->at_will;
}

struct synched_job *synched__turn_next(struct synched_pool *pool, struct synched_job *job,
                                       uint64_t now_ns) {
  if (job != NULL) {
    const bool alone = goes_on(pool, job, now_ns);
    if (alone && pool->roles.out != NULL)
      return job;
    job->entry.used_ns = synched__span_ns(pool->opened_ns, now_ns) + 1;
    synched__turn_vacate(job);
    if (!alone && enter_locked(job))
      synched__mutex_unlock(&pool->mutex);
    if (alone && prepare(job))
      return job;
  }
  do {
    synched__stall_look(pool);
    job = choose(pool);
  } while (job != NULL && !prepare(job));
  return job;
}

/* By who has taken the baton of an idle pool. */
static void open_next(struct synched_pool *pool) {
  struct synched_job *next = synched__turn_next(pool, NULL, 0);
  if (next == NULL)
    return;
  synched__round_prepare(pool, next, synched__tick_ns());
  synched__round_announce(pool, next, synched__load_relaxed(&pool->epoch) + 1);
}

void synched__job_submit(struct synched_job *job) {
  struct synched_pool *pool = job->pool;
  if (!enter_locked(job))
    return;
  const bool idle = synched__load_relaxed(&pool->running) == 0;
  const uint64_t attention_ns = synched__schedule_attention(&pool->schedule);
  const bool takes = idle && attention_ns <= synched__clock_ns();
  if (takes)
    synched__turn_take_baton(pool);
  else if (idle)
    poke(pool, synched__turn_appoint(pool));
  else
    synched__turn_note_attention(pool);
  synched__mutex_unlock(&pool->mutex);
  if (takes)
    open_next(pool);
}

void synched__turn_unblock(void *argument) {
  struct synched_job *job = argument;
  /* We are on a reader's thread, and still wake workers when the job may have ended. Who won the right to go on keeps
   * the job until it submits. */
  synched__job_enter(job);
  synched__job_submit(job);
  synched__job_leave(job);
}
