/*
 * stall.c: see stall.h.
 */
#include "job/stall.h"

#include "base/error.h"
#include "job/job.h"
#include "platform/alloc.h"
#include "platform/clock.h"

#if defined(SYNCHED_INTERNAL_TESTING)
_Atomic uint64_t synched__stall_after_ns = SYNCHED_STALL_NS;
#endif

static uint64_t stall_after_ns(void) {
#if defined(SYNCHED_INTERNAL_TESTING)
  return synched__load_relaxed(&synched__stall_after_ns);
#else
  return SYNCHED_STALL_NS;
#endif
}

static bool is_told_of(const struct synched_job *job) {
  return job->options.on_stalled != NULL;
}

/* --- a job's part --- */

int synched__stall_init(struct synched_job *job) {
  struct synched__stall *stall = &job->stall;
  synched__store_relaxed(&stall->due_ns, SYNCHED__NEVER);
  if (!is_told_of(job))
    return 0;
  const unsigned count = job->memory->buffer_count;
  stall->held_rounds = synched__alloc(count, sizeof *stall->held_rounds);
  stall->shown_rounds = synched__alloc(count, sizeof *stall->shown_rounds);
  int status = stall->held_rounds == NULL || stall->shown_rounds == NULL
                   ? synched__fail(SYNCHED_ENOMEM, "no memory to tell of %u snapshots", count)
                   : synched__mutex_init(&stall->mutex);
  if (status != 0) {
    synched__free(stall->held_rounds);
    synched__free(stall->shown_rounds);
    return status;
  }
  synched__mutex_lock(&job->pool->mutex);
  stall->next = job->pool->stallable;
  job->pool->stallable = job;
  synched__mutex_unlock(&job->pool->mutex);
  return 0;
}

void synched__stall_deinit(struct synched_job *job) {
  struct synched__stall *stall = &job->stall;
  if (!is_told_of(job))
    return;
  synched__mutex_lock(&job->pool->mutex);
  struct synched_job **link = &job->pool->stallable;
  while (*link != job)
    link = &(*link)->stall.next;
  *link = stall->next;
  synched__mutex_unlock(&job->pool->mutex);
  synched__mutex_deinit(&stall->mutex);
  synched__free(stall->held_rounds);
  synched__free(stall->shown_rounds);
}

void synched__stall_reset(struct synched_job *job) {
  struct synched__stall *stall = &job->stall;
  stall->since_ns = 0;
  synched__store_relaxed(&stall->due_ns, SYNCHED__NEVER);
  if (!is_told_of(job))
    return;
  synched__mutex_lock(&stall->mutex);
  stall->posted = false;
  synched__mutex_unlock(&stall->mutex);
}

/* --- telling --- */

/* Which snapshots readers hold besides the current one, oldest first; how many these are. By who has the job, so that
 * none of these buffers is written meanwhile. */
static unsigned list_held(const struct synched_memory *memory, uint64_t *rounds) {
  unsigned count = 0;
  for (unsigned b = 0; b < memory->buffer_count; b++) {
    struct synched__buffer *buffer = &memory->buffers[b];
    const uint32_t refs = synched__load_relaxed(&buffer->refs);
    if (buffer == memory->roles.current || refs == 0 || (refs & SYNCHED__BUFFER_WRITING) != 0)
      continue;
    unsigned at = count++;
    for (; at > 0 && rounds[at - 1] > buffer->snapshot.round; at--)
      rounds[at] = rounds[at - 1];
    rounds[at] = buffer->snapshot.round;
  }
  return count;
}

/* In place of one that the loop has not seen yet. */
static void post(struct synched_job *job, uint64_t stalled_count) {
  struct synched__stall *stall = &job->stall;
  const struct synched_memory *memory = job->memory;
  synched__store_seq_cst(&stall->due_ns, SYNCHED__NEVER);
  synched__mutex_lock(&stall->mutex);
  stall->last = (struct synched_stall){
      .round = memory->roles.current->snapshot.round + 1,
      .since_ns = stall->since_ns,
      .stalled_count = stalled_count,
      .lease_count = memory->buffer_count - 2,
      .held_count = list_held(memory, stall->held_rounds),
      .undelivered_count = synched__mailbox_count(&job->mailbox),
  };
  stall->posted = true;
  synched__mutex_unlock(&stall->mutex);
  synched__job_ring(job);
}

void synched__stall_begin(struct synched_job *job) {
  struct synched__stall *stall = &job->stall;
  const uint64_t now_ns = synched__clock_ns();
  if (stall->since_ns == 0) {
    stall->since_ns = now_ns;
    if (is_told_of(job))
      synched__store_seq_cst(&stall->due_ns, now_ns + stall_after_ns());
  } else if (synched__load_relaxed(&stall->due_ns) <= now_ns) {
    post(job, job->report->stalled_count + 1);
  }
}

void synched__stall_end(struct synched_job *job) {
  struct synched__stall *stall = &job->stall;
  struct synched_report *report = job->report;
  const uint64_t waited_ns = synched__span_ns(stall->since_ns, synched__clock_ns());
  report->lease_wait_count++;
  report->lease_wait_ns += waited_ns;
  if (waited_ns >= stall_after_ns()) {
    report->stalled_count++;
    report->stalled_ns += waited_ns;
    if (synched__load_relaxed(&stall->due_ns) != SYNCHED__NEVER)
      post(job, report->stalled_count);
  }
  stall->since_ns = 0;
  synched__store_seq_cst(&stall->due_ns, SYNCHED__NEVER);
}

bool synched__stall_take(struct synched_job *job, struct synched_stall *taken) {
  struct synched__stall *stall = &job->stall;
  if (!is_told_of(job))
    return false;
  synched__mutex_lock(&stall->mutex);
  const bool posted = stall->posted;
  stall->posted = false;
  *taken = stall->last;
  for (unsigned i = 0; posted && i < taken->held_count; i++)
    stall->shown_rounds[i] = stall->held_rounds[i];
  taken->held_rounds = stall->shown_rounds;
  synched__mutex_unlock(&stall->mutex);
  return posted;
}

/* --- looking --- */

/* With the pool's mutex held: one of its workers looks at `look_ns`. */
static void appoint(struct synched_pool *pool, uint64_t look_ns) {
  struct synched__worker *self = synched__worker_self();
  const bool here = self != NULL && self->pool == pool;
  struct synched__worker *looker = here ? self : &pool->workers[0];
  synched__store_seq_cst(&pool->look_ns, look_ns);
  /* So that who closes rounds meanwhile looks, too. */
  synched__turn_note_attention(pool);
  if (synched__load_relaxed(&looker->look_ns) <= look_ns)
    return;
  synched__store_relaxed(&looker->look_ns, look_ns);
  if (!here)
    synched__waiter_poke(&pool->gate, &looker->waiter);
}

void synched__stall_arm(struct synched_job *job) {
  struct synched_pool *pool = job->pool;
  const uint64_t due_ns = synched__load_seq_cst(&job->stall.due_ns);
  if (due_ns == SYNCHED__NEVER || synched__load_seq_cst(&pool->look_ns) <= due_ns)
    return;
  synched__mutex_lock(&pool->mutex);
  if (synched__load_relaxed(&pool->look_ns) > due_ns)
    appoint(pool, due_ns);
  synched__mutex_unlock(&pool->mutex);
}

/* Takes a job that has waited too long, and is the caller's then; NULL: there is none, and somebody looks when there
 * may be. */
static struct synched_job *take_overdue(struct synched_pool *pool) {
  struct synched_job *taken = NULL;
  uint64_t next_ns = SYNCHED__NEVER;
  synched__mutex_lock(&pool->mutex);
  synched__store_seq_cst(&pool->look_ns, SYNCHED__NEVER);
  const uint64_t now_ns = synched__clock_ns();
  for (struct synched_job *job = pool->stallable; taken == NULL && job != NULL;
       job = job->stall.next) {
    const uint64_t due_ns = synched__load_seq_cst(&job->stall.due_ns);
    if (due_ns > now_ns)
      next_ns = due_ns < next_ns ? due_ns : next_ns;
    else if (synched__memory_unstarve(job->memory))
      taken = job;
    /* Else somebody has it who will wait for a buffer again, and see to this, or go on. */
  }
  if (taken == NULL && next_ns != SYNCHED__NEVER)
    appoint(pool, next_ns);
  synched__mutex_unlock(&pool->mutex);
  return taken;
}

void synched__stall_look(struct synched_pool *pool) {
  const uint64_t look_ns = synched__load_relaxed(&pool->look_ns);
  if (look_ns == SYNCHED__NEVER || synched__clock_ns() < look_ns)
    return;
  struct synched_job *job;
  while ((job = take_overdue(pool)) != NULL)
    synched__turn_wait_on(job);
}

void synched__stall_keep(struct synched__worker *worker) {
  struct synched_pool *pool = worker->pool;
  if (synched__clock_ns() < synched__load_relaxed(&worker->look_ns))
    return;
  synched__mutex_lock(&pool->mutex);
  synched__store_relaxed(&worker->look_ns, SYNCHED__NEVER);
  const uint64_t look_ns = synched__load_relaxed(&pool->look_ns);
  /* Not time yet: somebody else has looked, and may count on this worker. */
  if (look_ns != SYNCHED__NEVER && look_ns > synched__clock_ns())
    appoint(pool, look_ns);
  synched__mutex_unlock(&pool->mutex);
  synched__stall_look(pool);
}
