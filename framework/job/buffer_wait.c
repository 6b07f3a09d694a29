#include "job/buffer_wait.h"

#include "base/error.h"
#include "job/notify.h"
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
  return job->setup.options.on_stalled != NULL;
}

/* --- a job's part --- */

int synched__buffer_wait_init(struct synched_job *job) {
  struct synched__buffer_wait *wait = &job->control.wait;
  synched__store_relaxed(&wait->due_ns, SYNCHED__NEVER);
  if (!is_told_of(job))
    return 0;
  const unsigned count = job->work.memory->buffer_count;
  wait->held_rounds = synched__alloc(count, sizeof *wait->held_rounds);
  wait->shown_rounds = synched__alloc(count, sizeof *wait->shown_rounds);
  int status = wait->held_rounds == NULL || wait->shown_rounds == NULL
                   ? synched__fail(SYNCHED_ENOMEM, "no memory to tell of %u snapshots", count)
                   : synched__mutex_init(&wait->mutex);
  if (status != 0) {
    synched__free(wait->held_rounds);
    synched__free(wait->shown_rounds);
    return status;
  }
  return 0;
}

void synched__buffer_wait_deinit(struct synched_job *job) {
  struct synched__buffer_wait *wait = &job->control.wait;
  if (!is_told_of(job))
    return;
  synched__mutex_deinit(&wait->mutex);
  synched__free(wait->held_rounds);
  synched__free(wait->shown_rounds);
}

void synched__buffer_wait_reset(struct synched_job *job) {
  struct synched__buffer_wait *wait = &job->control.wait;
  wait->since_ns = 0;
  synched__store_relaxed(&wait->due_ns, SYNCHED__NEVER);
  if (!is_told_of(job))
    return;
  synched__mutex_lock(&wait->mutex);
  wait->posted = false;
  synched__mutex_unlock(&wait->mutex);
}

/* --- telling --- */

/* Which snapshots readers hold besides the current one, oldest first; how many these are. By the
 * owner, so that none of these buffers is written meanwhile. */
static unsigned list_held(const struct synched_memory *memory, uint64_t *rounds) {
  unsigned count = 0;
  for (unsigned b = 0; b < memory->buffer_count; b++) {
    struct synched__buffer *buffer = &memory->buffers[b];
    const uint32_t refs = synched__load_relaxed(&buffer->refs);
    if (buffer == memory->pair.current || refs == 0 || (refs & SYNCHED__BUFFER_WRITING) != 0)
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
  struct synched__buffer_wait *wait = &job->control.wait;
  const struct synched_memory *memory = job->work.memory;
  synched__store_relaxed(&wait->due_ns, SYNCHED__NEVER);
  synched__mutex_lock(&wait->mutex);
  wait->last = (struct synched_stall){
      .round = memory->pair.current->snapshot.round + 1,
      .since_ns = wait->since_ns,
      .stalled_count = stalled_count,
      .lease_count = memory->buffer_count - 2,
      .held_count = list_held(memory, wait->held_rounds),
      .undelivered_count = synched__mailbox_count(&job->delivery.mailbox),
  };
  wait->posted = true;
  synched__mutex_unlock(&wait->mutex);
  synched__job_notify(job);
}

void synched__buffer_wait_begin(struct synched_job *job) {
  struct synched__buffer_wait *wait = &job->control.wait;
  const uint64_t now_ns = synched__clock_ns();
  if (wait->since_ns == 0) {
    wait->since_ns = now_ns;
    if (is_told_of(job))
      synched__store_seq_cst(&wait->due_ns, now_ns + stall_after_ns()); /* [stall-due] seq_cst */
  } else if (synched__load_relaxed(&wait->due_ns) <= now_ns) {
    post(job, job->work.record->totals.stalled_count + 1);
  }
}

void synched__buffer_wait_end(struct synched_job *job) {
  struct synched__buffer_wait *wait = &job->control.wait;
  struct synched__totals *totals = &job->work.record->totals;
  const uint64_t waited_ns = synched__span_ns(wait->since_ns, synched__clock_ns());
  job->work.record->gap.buffer_ns += waited_ns;
  totals->lease_wait_count++;
  totals->lease_wait_ns += waited_ns;
  if (waited_ns >= stall_after_ns()) {
    totals->stalled_count++;
    totals->stalled_ns += waited_ns;
    if (synched__load_relaxed(&wait->due_ns) != SYNCHED__NEVER)
      post(job, totals->stalled_count);
  }
  wait->since_ns = 0;
  /* A look that does not see this comes in vain. */
  synched__store_relaxed(&wait->due_ns, SYNCHED__NEVER);
}

bool synched__buffer_wait_take(struct synched_job *job, struct synched_stall *taken) {
  struct synched__buffer_wait *wait = &job->control.wait;
  if (!is_told_of(job))
    return false;
  synched__mutex_lock(&wait->mutex);
  const bool posted = wait->posted;
  wait->posted = false;
  *taken = wait->last;
  for (unsigned i = 0; posted && i < taken->held_count; i++)
    wait->shown_rounds[i] = wait->held_rounds[i];
  taken->held_rounds = wait->shown_rounds;
  synched__mutex_unlock(&wait->mutex);
  return posted;
}
