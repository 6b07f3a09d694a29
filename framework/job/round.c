/*
 * round.c: opening a round, and a worker's part in it.
 *
 * The round closes when `remaining` says that every segment has been computed, whoever did it; a worker that was
 * asleep or descheduled all the while is not waited for. Everybody counts itself out once per stretch of
 * calls, adding the stretch's time to the same word, so that the closing worker learns what the round cost
 * without visiting the others' lines. Who has computed all that was outstanding when the round was opened does
 * not even count.
 *
 * In a round of next to nothing the way of a cache line from CPU to CPU is what takes time. So the epoch
 * travels in one line, what calls need to know in a second and `remaining` in a third, which nobody polls; and in
 * static rounds whoever opens computes its own part before that (synched__round_announce_late), so that of
 * two workers the other one finds in the second line that it is the last, and needs no third.
 */
#include "base/assert.h"
#include "job/job.h"
#include "platform/clock.h"

/* A worker whose home range is dry looks this often at the gate before it looks for something to steal: in
 * a balanced round the others are done by then. */
#define LOOKS_BEFORE_STEALING 64u

/* And then at so many of the others, before it looks at the gate again. */
#define VICTIMS_AT_A_TIME 8u

/* About what a wake costs the two sides together. */
#define WAKE_NS 10000u

void synched__round_prepare(struct synched_pool *pool, struct synched_job *job, uint64_t now_ns) {
  pool->opened_ns = now_ns;
  pool->round = pool->roles.current->snapshot.round + (job->initialising ? 0 : 1);
  if (job->attended)
    synched__attend_open(job, pool->round);
}

/* How many workers have a part of their own in every round. */
static unsigned all_of(const struct synched_job *job) {
  const bool eager = (job->options.flags & SYNCHED_JOB_EAGER) != 0;
  return eager ? job->pool->worker_count : synched__shape_share(job->shape);
}

void synched__round_set_wake(struct synched_job *job) {
  const unsigned all = all_of(job);
  const bool eager = (job->options.flags & SYNCHED_JOB_EAGER) != 0;
  unsigned worth = all;
  if (!eager && !job->shape.is_static && job->balance.mean_work_ns != 0)
    for (worth = 2; worth < all && (uint64_t)worth * WAKE_NS < job->balance.mean_work_ns;
         worth *= 2)
      continue;
  job->shape.wake_count = worth < all ? worth : all;
}

/* What is left of the prepared round when it is opened. */
struct rest {
  size_t next;      /* where it begins; 0: that is the whole round */
  size_t count;     /* segments of it that others may compute */
  uint64_t work_ns; /* what was computed took */
};

static void set_counts(struct synched_job *job, const struct rest *rest) {
  if (job->tallies != NULL && (job->tallies_partial || rest->next != 0)) {
    synched__tally_set(job->tallies, job->pool, job->shape, rest->next);
    job->tallies_partial = rest->next != 0;
  }
  synched__store_relaxed(&job->remaining,
                         (uint64_t)rest->count << SYNCHED__REMAINING_SHIFT | rest->work_ns);
}

static void announce(struct synched_pool *pool, struct synched_job *job, uint64_t epoch,
                     const struct rest *rest) {
  struct synched__shape shape = job->shape;
  if (synched__job_is_homebound(job)) {
    shape.is_static = true;
    shape.wake_count = all_of(job);
  }
  const uint64_t packed = synched__shape_pack(shape);
  struct synched__turn *turn = &pool->turns[epoch & 1];
  SYNCHED_ASSERT(pool->occupant == job && pool->roles.out != NULL);
  SYNCHED_ASSERT(epoch == synched__load_relaxed(&pool->epoch) + 1);
  /* Release: pairs with the acquires in `join`. Rarely different from two rounds ago. */
  if (synched__load_relaxed(&turn->shape) != packed)
    synched__store_release(&turn->shape, packed);
  if (synched__load_relaxed(&turn->job) != job)
    synched__store_release(&turn->job, job);
  pool->outstanding = rest->count;
  /* One worker's part alone is not counted: see count_out. */
  const bool is_one_part =
      shape.is_static && rest->count < shape.segment_count && synched__shape_share(shape) == 2;
  if (!is_one_part)
    set_counts(job, rest);
  /* From here on the job may be closed, ended and gone. Releases all of the above to whoever joins. */
  if (synched__gate_advance(&pool->gate, epoch))
    synched__pool_wake(pool, shape.wake_count);
}

void synched__round_announce(struct synched_pool *pool, struct synched_job *job, uint64_t epoch) {
  announce(pool, job, epoch, &(struct rest){.count = job->shape.segment_count});
}

/* A worker's times of a round are cut so that the sum of all of them stays below 2^32, and never touches the count of
 * segments above it. Returns what is counted of this stretch. */
static uint64_t note_work(struct synched__run *run) {
  const uint64_t most_ns = UINT32_MAX / run->pool->worker_count;
  uint64_t work_ns = synched__run_record(run);
  if (work_ns > most_ns - run->work_ns)
    work_ns = most_ns - run->work_ns;
  run->work_ns += work_ns;
  return work_ns;
}

void synched__round_announce_rest(struct synched__run *run, size_t next) {
  const struct rest rest = {next, run->shape.segment_count - next, note_work(run)};
  run->start_ns = run->now_ns;
  announce(run->pool, run->job, run->epoch, &rest);
  synched__pool_wake_on(run->worker, run->shape.wake_count);
}

uint64_t synched__round_announce_late(struct synched__run *run) {
  struct synched_job *job = run->job;
  struct synched__range home = synched__range_of(job->shape, run->worker->index);
  SYNCHED_ASSERT(home.count < job->shape.segment_count); /* else the round would be solo */
  run->start_ns = run->now_ns = run->pool->opened_ns;
  synched__run_range(run, home, true);
  run->worker->part_ns = synched__run_record(run);
  run->epoch = synched__load_relaxed(&run->pool->epoch) + 1;
  const struct rest rest = {.count = job->shape.segment_count - home.count};
  announce(run->pool, job, run->epoch, &rest);
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

/* Counts a stretch of `count` computed segments out, all at home with `owner`; true if that completed the round. */
static bool count_out(struct synched__run *run, const struct synched__worker *owner, size_t count) {
  struct synched_job *job = run->job;
  const uint64_t work_ns = note_work(run);
  if (count == run->pool->outstanding) {
    /* It has computed all there was: nobody else counts. */
    run->round_work_ns = run->work_ns;
    return true;
  }
  uint64_t change = ((uint64_t)count << SYNCHED__REMAINING_SHIFT) - work_ns;
  if (job->tallies != NULL) {
    change = synched__tally_out(&job->tallies[owner->group], count, work_ns);
    if (change == 0)
      return false;
  }
  /* Releases this worker's segments and records to the closing one, and acquires all of the others': pairs
   * with itself. */
  const uint64_t remaining = synched__sub_acq_rel(&job->remaining, change) - change;
  SYNCHED_ASSERT(remaining >> 63 == 0); /* nobody computes a segment twice */
  run->round_work_ns = remaining & UINT32_MAX;
  return remaining >> SYNCHED__REMAINING_SHIFT == 0;
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

/* A way around all the others, neighbours first, alternately to both sides. */
struct search {
  unsigned distance; /* of the last one that was looked at, counted in steps of the way */
  unsigned in_vain;  /* since something was found */
};

static struct synched__worker *next_victim(const struct synched__run *run, struct search *search) {
  const struct synched_pool *pool = run->pool;
  const unsigned count = pool->worker_count;
  const unsigned rank = run->worker->rank;
  const unsigned k = search->distance = search->distance % (count - 1) + 1;
  const unsigned step = (k + 1) / 2;
  const unsigned position = (k & 1) != 0 ? rank + step : rank + count - step;
  return &pool->workers[pool->ring[position % count]];
}

/* Looks at some others and computes what it finds with the first that has something left. true: that completed the
 * round. Only some at a time, for there may be hundreds, and a round that is about to end ends while we look. */
static bool steal(struct synched__run *run, struct search *search) {
  const unsigned most = run->pool->worker_count - 1;
  for (unsigned looks = 0; looks < VICTIMS_AT_A_TIME && search->in_vain < most; looks++) {
    struct synched__worker *victim = next_victim(run, search);
    const struct synched__range home = synched__range_of(run->shape, victim->index);
    const uint64_t cursor = synched__load_relaxed(&victim->cursor);
    search->in_vain++;
    if (synched__cursor_left(cursor, run->epoch, home.count) == 0)
      continue;
    run->start_ns = run->now_ns = synched__tick_ns();
    const size_t count = drain(run, victim);
    if (count == 0)
      continue;
    search->in_vain = 0;
    return count_out(run, victim, count);
  }
  return false;
}

bool synched__take_part_balanced(struct synched__run *run) {
  const size_t count = drain(run, run->worker);
  if (count != 0 && count_out(run, run->worker, count))
    return true;
  struct search search = {0, 0};
  while (search.in_vain + 1 < run->pool->worker_count) {
    if (synched__gate_glance(&run->pool->gate, LOOKS_BEFORE_STEALING, run->epoch) != run->epoch)
      return false;
    if (steal(run, &search))
      return true;
  }
  return false;
}

static bool take_part_static(struct synched__run *run) {
  struct synched__range home = synched__range_of(run->shape, run->worker->index);
  if (home.count == 0)
    return false;
  synched__run_range(run, home, true);
  /* Who opened the round started its part before that, which may have taken longer than the part. */
  if (run->worker->opened_epoch != run->epoch)
    run->worker->part_ns = synched__span_ns(run->start_ns, run->now_ns);
  return count_out(run, run->worker, home.count);
}

uint64_t synched__participate(struct synched__worker *worker, uint64_t epoch) {
  struct synched__run run;
  if (!join(&run, worker, epoch))
    return epoch;
  /* Workers without a home are more than there are CPUs: what they took would wait with them for a CPU. */
  if (worker->index >= run.shape.party)
    return epoch;
  synched__pool_wake_on(worker, run.shape.wake_count);
  bool closes = run.shape.is_static ? take_part_static(&run) : synched__take_part_balanced(&run);
  return closes ? synched__close_and_go_on(&run) : epoch;
}
