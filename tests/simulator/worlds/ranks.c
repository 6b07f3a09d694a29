/*
 * ranks.c: a job on several ranks, each of which has threads of its own in one world. Elements say
 * which round and segment they are of, so calls, on_round and the end know what they must find of
 * their own rank and of its neighbours; a message that is under way is watched by exchange.c.
 */
#include "engine/work.h"
#include "exchange.h"
#include "post.h"
#include "reads.h"
#include "scene.h"

#include <string.h>

#define SEGMENTS_MOST 12u
#define CAPACITY 2u
#define FAILURE (-66)

enum event { NOTHING, FAILS, CANCELS, STOPS, ANSWERS, LOSES };

struct shape {
  unsigned rank_count, worker_count;
  size_t segment_count;
  uint64_t round_count;
  unsigned rounds_per_barrier;
  enum synched_balance balance;
  enum event event;
  /* where it happens, and of FAILS and ANSWERS: in round 2 */
  unsigned event_rank;
  uint64_t call_ns;
};

struct rank {
  const struct shape *shape;
  unsigned rank;
  struct scene scene;
  struct synched_memory *memory;
  struct synched_cluster *cluster;
  struct synched_job *job;
  struct synched_segments own;
  /* that on_round has seen; and the last one of each segment */
  uint64_t rounds, computed[SEGMENTS_MOST];
  int status;
};

static uint64_t value(uint64_t round, size_t segment) {
  return round == 0 ? 0 : round * 1000 + segment + 1;
}

static size_t count_of(uint64_t round, size_t segment) {
  return round == 0 ? CAPACITY : 1 + (round + segment) % CAPACITY;
}

static void check_segment(const struct synched_snapshot *view, uint64_t round, size_t segment) {
  const uint64_t *data = view->data;
  if (data[CAPACITY * segment] != value(round, segment))
    sim_fail("segment %zu has %llu, not %llu as round %llu left it", segment,
             (unsigned long long)data[CAPACITY * segment],
             (unsigned long long)value(round, segment), (unsigned long long)round);
  if (view->counts[segment] != count_of(round, segment))
    sim_fail("segment %zu has a count of %zu, not as round %llu left it", segment,
             view->counts[segment], (unsigned long long)round);
}

static int compute(struct synched_task *task, void *user) {
  struct rank *self = user;
  const struct shape *shape = self->shape;
  const size_t segment = task->segment;
  SIM_CHECK(segment >= self->own.first && segment - self->own.first < self->own.count);
  SIM_CHECK(self->computed[segment] == task->round - 1);
  for (size_t s = segment == 0 ? 0 : segment - 1; s < shape->segment_count && s <= segment + 1; s++)
    check_segment(task->previous, task->round - 1, s);
  *(uint64_t *)task->out = value(task->round, segment);
  task->count = count_of(task->round, segment);
  task->contribution = scene_contribution(task->round, segment);
  if (shape->call_ns != 0)
    sim_spend(shape->call_ns);
  self->computed[segment] = task->round;
  const bool fails = shape->event == FAILS && self->rank >= shape->event_rank && task->round == 2;
  return fails ? FAILURE - (int)segment : 0;
}

/* Ranks agree every so many rounds. */
static uint64_t barrier_after(const struct shape *shape, uint64_t round) {
  const uint64_t next = round + shape->rounds_per_barrier;
  return next < shape->round_count ? next : shape->round_count;
}

static void check_own(const struct rank *self, const struct synched_snapshot *now) {
  for (size_t i = 0; i < self->own.count; i++)
    check_segment(now, now->round, self->own.first + i);
  SIM_CHECK(now->round == 0 || now->fold == scene_folded(now->round, self->shape->segment_count));
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct rank *self = user;
  const struct shape *shape = self->shape;
  SIM_CHECK(now->round == barrier_after(shape, self->rounds));
  for (size_t i = 0; i < self->own.count; i++)
    SIM_CHECK(self->computed[self->own.first + i] == now->round);
  self->rounds = now->round;
  check_own(self, now);
  return shape->event == ANSWERS && shape->event_rank == self->rank && now->round == 2
             ? SYNCHED_STOP
             : SYNCHED_CONTINUE;
}

/* --- a rank's life --- */

static void open_rank(struct rank *self) {
  const struct shape *shape = self->shape;
  const struct synched_transport transport = exchange_transport(self->rank, shape->rank_count);
  scene_open(&self->scene, shape->worker_count, SYNCHED_WAIT_AUTO);
  SIM_CHECK(synched_cluster_create_over(
                &self->cluster, &transport,
                SYNCHED_CLUSTER_OPTIONS(.timeout_ns = shape->event == LOSES ? 3000000 : 0)) == 0);
  self->own = synched_cluster_segments(self->cluster, shape->segment_count, self->rank);
  SIM_CHECK(synched_memory_create(&self->memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = shape->segment_count,
                                                         .segment_capacity = CAPACITY,
                                                         .element_size = sizeof(uint64_t))) == 0);
  if (synched_job_create(
          &self->job, self->scene.pool, self->memory,
          SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = on_round, .user = self,
                              .cluster = self->cluster, .round_count = shape->round_count,
                              .rounds_per_barrier = shape->rounds_per_barrier,
                              .balance = shape->balance, .reads = NEAR_1, .fold = SYNCHED_FOLD_SUM,
                              .record = SYNCHED_RECORD_OFF)) != 0)
    sim_fail("no job: %s", synched_error_message());
}

static void close_rank(struct rank *self) {
  const struct synched_snapshot *now = synched_snapshot_current(self->memory);
  SIM_CHECK(now->round == self->rounds);
  check_own(self, now);
  synched_snapshot_release(now);
  SIM_CHECK(synched_job_destroy(self->job) == 0);
  SIM_CHECK(synched_memory_destroy(self->memory) == 0);
  SIM_CHECK(synched_cluster_destroy(self->cluster) == 0);
  scene_close(&self->scene);
}

/* Threads beside a rank: what they do comes at any time of its job. */
static void cancel(void *argument) {
  const struct rank *self = argument;
  const int status = synched_job_cancel(self->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

/* A job that has not been started cannot be stopped. */
static void stop(void *argument) {
  const struct rank *self = argument;
  int status = synched_job_stop(self->job);
  for (; status == SYNCHED_ENOENT; status = synched_job_stop(self->job))
    sim_spend(2000);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

static void lose(void *unused) {
  (void)unused;
  post_lose_after(3);
}

static void run_job(struct rank *self) {
  static void (*const helpers[])(void *) = {
      [CANCELS] = cancel, [STOPS] = stop, [LOSES] = lose, [ANSWERS] = NULL};
  void (*const help)(void *) =
      self->rank == self->shape->event_rank && self->shape->event != NOTHING
          ? helpers[self->shape->event]
          : NULL;
  const unsigned thread = help == NULL ? 0 : sim_thread_start(help, self);
  self->status = synched_job_run(self->job);
  if (self->status == SYNCHED_ETIMEDOUT)
    SIM_CHECK(strstr(synched_error_message(), "has waited 0.003 s") != NULL);
  if (help != NULL)
    sim_thread_join(thread);
}

/* All schedules are explored from where all ranks have their jobs. */
static void be_rank(void *argument) {
  struct rank *self = argument;
  open_rank(self);
  sim_tell();
  if (sim_told() == self->shape->rank_count)
    sim_aloud();
  while (sim_told() < self->shape->rank_count)
    sim_spend(1000);
  run_job(self);
}

/* What all ranks come to. */
static void check_end(const struct rank *ranks, const struct shape *shape) {
  const struct rank *first = &ranks[0];
  for (unsigned r = 1; r < shape->rank_count && shape->event != LOSES; r++) {
    SIM_CHECK(ranks[r].status == first->status);
    SIM_CHECK(ranks[r].rounds == first->rounds);
  }
  switch (shape->event) {
  case NOTHING:
    SIM_CHECK(first->status == 0 && first->rounds == shape->round_count);
    break;
  case FAILS:
    SIM_CHECK(first->status == FAILURE - (int)ranks[shape->event_rank].own.first);
    SIM_CHECK(first->rounds == (shape->rounds_per_barrier > 1 ? 0 : 1));
    break;
  case ANSWERS:
    SIM_CHECK(first->status == 0 && first->rounds == 2);
    break;
  case CANCELS:
  case STOPS:
    SIM_CHECK(first->status == (shape->event == CANCELS ? SYNCHED_ECANCELED : 0) ||
              (first->status == 0 && first->rounds == shape->round_count));
    break;
  case LOSES:
    for (unsigned r = 0; r < shape->rank_count; r++)
      SIM_CHECK(ranks[r].status == SYNCHED_ETIMEDOUT);
    break;
  }
}

static void run(const struct shape *shape) {
  struct rank ranks[RANKS_MOST] = {0};
  unsigned threads[RANKS_MOST];
  sim_quietly();
  for (unsigned r = 0; r < shape->rank_count; r++) {
    ranks[r].shape = shape;
    ranks[r].rank = r;
    threads[r] = r == 0 ? 0 : sim_thread_start(be_rank, &ranks[r]);
  }
  be_rank(&ranks[0]);
  for (unsigned r = 1; r < shape->rank_count; r++)
    sim_thread_join(threads[r]);
  sim_quietly();
  check_end(ranks, shape);
  for (unsigned r = 0; r < shape->rank_count; r++)
    close_rank(&ranks[r]);
}

SCENE_WORLD(ranks, "ranks-2x1x4x2", "2 ranks of 1 worker, 4 segments, 2 rounds", 1, 2, 1, 4, 2, 1,
            SYNCHED_BALANCE_STEAL, NOTHING, 0, 0);
SCENE_WORLD(ranks_driven, "ranks-2x2x10x2", "workers move messages on between their calls", 1, 2, 2,
            10, 2, 1, SYNCHED_BALANCE_STEAL, NOTHING, 0, 25000);
SCENE_WORLD(ranks_tiled, "ranks-tile-2x2x6x4", "2 x 2 rounds with one agreement", 1, 2, 2, 6, 4, 2,
            SYNCHED_BALANCE_STEAL, NOTHING, 0, 3000);
SCENE_WORLD(ranks_failure, "ranks-failure-3x1x6x3", "calls of two of three ranks fail", 1, 3, 1, 6,
            3, 1, SYNCHED_BALANCE_STEAL, FAILS, 1, 3000);
SCENE_WORLD(ranks_cancel, "ranks-cancel-2x2x4x3", "one rank is cancelled by another thread", 1, 2,
            2, 4, 3, 1, SYNCHED_BALANCE_STEAL, CANCELS, 1, 3000);
SCENE_WORLD(ranks_stop, "ranks-stop-2x2x4x3", "one rank is stopped by another thread", 1, 2, 2, 4,
            3, 1, SYNCHED_BALANCE_STEAL, STOPS, 0, 3000);
SCENE_WORLD(ranks_answer, "ranks-answer-2x1x4x4", "one rank's on_round ends the job on both", 1, 2,
            1, 4, 4, 1, SYNCHED_BALANCE_STEAL, ANSWERS, 1, 3000);
SCENE_WORLD(ranks_lost, "ranks-lost-2x1x4x9", "messages do not arrive any more", 1, 2, 1, 4, 9, 1,
            SYNCHED_BALANCE_STEAL, LOSES, 0, 3000);
