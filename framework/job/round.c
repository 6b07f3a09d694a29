/*
 * round.c: opening a round, and a worker's part in it.
 *
 * The round closes when `remaining` says that every segment has been computed, whoever did it; a worker that was
 * asleep or descheduled all the while is not waited for. Everybody counts itself out once per stretch of
 * calls, adding the stretch's time to the same word, so that the closing worker learns what the round cost
 * without visiting the others' lines. Who has computed all that was outstanding when the round was opened does
 * not even count.
 *
 * In a round of next to nothing the way of a cache line from CPU to CPU is what takes time. So the epoch, and
 * what calls need to know, travel in one line, and `remaining` in another, which nobody polls; and in
 * static rounds whoever opens computes its own part before that (synched__round_announce_late), so that of
 * two workers the other one finds in the first line that it is the last, and needs no second.
 */
#include "base/assert.h"
#include "job/job.h"
#include "platform/clock.h"

/* A worker whose home range is dry looks this often at the gate before it looks for something to steal: in
 * a balanced round the others are done by then. */
#define LOOKS_BEFORE_STEALING 64u

#define REMAINING_SHIFT 32

void synched__round_prepare(struct synched_pool *pool, struct synched_job *job, uint64_t now_ns) {
  pool->opened_ns = now_ns;
  pool->round = pool->roles.current->snapshot.round + (job->initialising ? 0 : 1);
}

/* Opens the prepared round, of which `outstanding` segments are still to be computed. */
static void announce(struct synched_pool *pool, struct synched_job *job, uint64_t epoch,
                     uint64_t outstanding) {
  struct synched__shape shape = job->shape;
  shape.is_static |= synched__job_is_homebound(job);
  const uint64_t packed = synched__shape_pack(shape);
  const bool opened_late = outstanding != shape.segment_count;
  const bool eager = (job->options.flags & SYNCHED_JOB_EAGER) != 0;
  struct synched__turn *turn = &pool->turns[epoch & 1];
  SYNCHED_ASSERT(pool->occupant == job && pool->roles.out != NULL);
  SYNCHED_ASSERT(epoch == synched__load_relaxed(&pool->epoch) + 1);
  /* Release: pairs with the acquires in `join`. Rarely different from two rounds ago. */
  if (synched__load_relaxed(&turn->shape) != packed)
    synched__store_release(&turn->shape, packed);
  if (synched__load_relaxed(&turn->job) != job)
    synched__store_release(&turn->job, job);
  pool->outstanding = outstanding;
  /* One worker's part alone is not counted: see count_out. */
  if (!opened_late || synched__shape_share(shape) > 2)
    synched__store_relaxed(&job->remaining, outstanding << REMAINING_SHIFT);
  /* From here on the job may be closed, ended and gone. Releases all of the above to whoever joins. */
  if (synched__gate_advance(&pool->gate, epoch))
    synched__pool_wake(pool, eager ? pool->worker_count : synched__shape_share(shape));
}

void synched__round_announce(struct synched_pool *pool, struct synched_job *job, uint64_t epoch) {
  announce(pool, job, epoch, job->shape.segment_count);
}

uint64_t synched__round_announce_late(struct synched__run *run) {
  struct synched_job *job = run->job;
  struct synched__range home = synched__range_of(job->shape, run->worker->index);
  SYNCHED_ASSERT(home.count < job->shape.segment_count); /* else the round would be solo */
  run->start_ns = run->now_ns = run->pool->opened_ns;
  synched__run_range(run, home, true);
  run->worker->part_ns = synched__run_record(run);
  run->epoch = synched__load_relaxed(&run->pool->epoch) + 1;
  announce(run->pool, job, run->epoch, job->shape.segment_count - home.count);
  return run->epoch;
}

/* Finds out whose round this is. false: it has closed already. */
static bool join(struct synched__run *run, struct synched__worker *worker, uint64_t epoch) {
  struct synched_pool *pool = worker->pool;
  struct synched__turn *turn = &pool->turns[epoch & 1];
  *run = (struct synched__run){.worker = worker, .pool = pool, .epoch = epoch};
  /* Acquires: what they read was written for this epoch, or for a later one whose predecessor's advance we
   * then see in the load below. */
  run->shape = synched__shape_unpack(synched__load_acquire(&turn->shape));
  run->job = synched__load_acquire(&turn->job);
  if (synched__load_relaxed(&pool->epoch) != epoch)
    return false;
  run->start_ns = worker->opened_epoch == epoch ? worker->opened_ns : synched__tick_ns();
  run->now_ns = run->start_ns;
  return true;
}

/* Counts a stretch of `count` computed segments out; true if that completed the round. */
static bool count_out(struct synched__run *run, size_t count) {
  struct synched_pool *pool = run->pool;
  /* Sums of all workers' times stay below 2^32, so that they never touch the count above them. */
  const uint64_t most_ns = UINT32_MAX / pool->worker_count;
  uint64_t work_ns = synched__run_record(run);
  if (count == pool->outstanding) {
    /* It has computed all there was: nobody else counts. */
    run->round_work_ns = run->work_ns = work_ns;
    return true;
  }
  if (work_ns > most_ns - run->work_ns)
    work_ns = most_ns - run->work_ns;
  run->work_ns += work_ns;
  uint64_t change = work_ns - ((uint64_t)count << REMAINING_SHIFT);
  /* Releases this worker's segments and records to the closing one, and acquires all of the others': pairs
   * with itself. */
  uint64_t before = synched__add_acq_rel(&run->job->remaining, change);
  uint64_t remaining = before + change;
  SYNCHED_ASSERT(before >> REMAINING_SHIFT >= count); /* nobody computes a segment twice */
  run->round_work_ns = remaining & UINT32_MAX;
  return remaining >> REMAINING_SHIFT == 0;
}

/* Claims and computes until a home range is dry; how many segments that were. */
static size_t drain(struct synched__run *run, struct synched__worker *owner) {
  const struct synched__range home = synched__range_of(run->shape, owner->index);
  size_t total = 0;
  for (;;) {
    struct synched__range claimed =
        synched__claim(&owner->cursor, run->epoch, home, run->shape.batch);
    if (claimed.count == 0)
      return total;
    synched__run_range(run, claimed, owner == run->worker);
    total += claimed.count;
  }
}

/* Neighbours first, alternately to both sides. Returns what it computed; 0: nothing is left anywhere. */
static size_t steal(struct synched__run *run) {
  const struct synched_pool *pool = run->pool;
  const unsigned count = pool->worker_count;
  const unsigned rank = run->worker->rank;
  run->start_ns = run->now_ns = synched__tick_ns();
  for (unsigned k = 1; k < count; k++) {
    unsigned step = (k + 1) / 2;
    unsigned position = (k & 1) != 0 ? rank + step : rank + count - step;
    struct synched__worker *victim = &pool->workers[pool->ring[position % count]];
    size_t total = drain(run, victim);
    if (total != 0)
      return total;
  }
  return 0;
}

bool synched__take_part_balanced(struct synched__run *run, size_t computed) {
  size_t total = computed + drain(run, run->worker);
  for (;;) {
    if (total != 0 && count_out(run, total))
      return true;
    if (synched__gate_glance(&run->pool->gate, LOOKS_BEFORE_STEALING, run->epoch) != run->epoch)
      return false;
    total = steal(run);
    if (total == 0)
      return false;
  }
}

static bool take_part_static(struct synched__run *run) {
  struct synched__range home = synched__range_of(run->shape, run->worker->index);
  if (home.count == 0)
    return false;
  synched__run_range(run, home, true);
  /* Who opened the round started its part before that, which may have taken longer than the part. */
  if (run->worker->opened_epoch != run->epoch)
    run->worker->part_ns = synched__span_ns(run->start_ns, run->now_ns);
  return count_out(run, home.count);
}

uint64_t synched__participate(struct synched__worker *worker, uint64_t epoch) {
  struct synched__run run;
  if (!join(&run, worker, epoch))
    return epoch;
  /* Workers without a home are more than there are CPUs: what they took would wait with them for a CPU. */
  if (worker->index >= run.shape.party)
    return epoch;
  bool closes = run.shape.is_static ? take_part_static(&run) : synched__take_part_balanced(&run, 0);
  return closes ? synched__close_and_go_on(&run) : epoch;
}
