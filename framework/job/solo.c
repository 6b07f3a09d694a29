/*
 * solo.c: a round that one worker computes by itself, because sharing it would cost more than it saves.
 *
 * Nothing of it is announced: no atomic operation, no line moves. The other workers go on waiting for
 * an epoch and soon sleep. When the round turns out longer than expected the rest of it is announced after all, in
 * the middle: every cursor is set to what is left of its range under the new epoch, then the gate
 * advances. Nobody else can write a cursor at that moment: under their old tags nothing is left.
 */
#include "job/job.h"
#include "platform/clock.h"

bool synched__is_solo(const struct synched__worker *worker, const struct synched_job *job) {
  const bool eager = (job->options.flags & SYNCHED_JOB_EAGER) != 0;
  if (eager && worker->pool->worker_count > 1)
    return false;
  const bool at_home = job->shape.is_static || synched__job_is_homebound(job);
  if (synched__shape_share(job->shape) == 1)
    return !at_home || worker->index == 0;
  return !at_home && job->balance.solo;
}

/* Opens the rest of the round, from segment `next` on, for which this run goes on as in any round. */
static void share_rest(struct synched__run *run, size_t next) {
  struct synched_pool *pool = run->pool;
  run->epoch = synched__load_relaxed(&pool->epoch) + 1;
  run->shape = run->job->shape;
  for (unsigned w = 0; w < run->shape.party; w++) {
    const size_t left = synched__range_left(synched__range_of(run->shape, w), next);
    /* Released by the gate's advance. */
    synched__store_relaxed(&pool->workers[w].cursor, synched__cursor_pack(run->epoch, left));
  }
  synched__round_announce_rest(run, next);
}

bool synched__run_solo(struct synched__run *run) {
  struct synched_job *job = run->job;
  const size_t count = job->shape.segment_count;
  const bool sharable = synched__shape_share(job->shape) > 1;
  const size_t batch =
      sharable ? job->shape.batch : count; /* nobody else is to be asked in between */
  run->start_ns = run->now_ns = run->pool->opened_ns;
  run->work_ns = 0;
  struct synched__range home = {0, 0};
  unsigned owner = 0;
  for (size_t next = 0; next < count;) {
    while (next == home.first + home.count)
      home = synched__range_of(job->shape, owner++);
    size_t left = home.first + home.count - next;
    size_t stretch = left < batch ? left : batch;
    synched__run_range(run, (struct synched__range){next, stretch},
                       owner - 1 == run->worker->index);
    next += stretch;
    if (sharable && next < count &&
        synched__balance_regrets(&job->balance, synched__span_ns(run->start_ns, run->now_ns))) {
      share_rest(run, next);
      return synched__take_part_balanced(run);
    }
  }
  run->round_work_ns = run->work_ns = synched__run_record(run);
  return true;
}
