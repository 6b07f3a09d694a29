/*
 * joint_stress.c: ranks, which are threads here, write rounds together while these go on, while
 * others ask for that on one rank and hold snapshots on another.
 *
 * A job is broken off a few times in each case, and each time one of another number of ranks goes
 * on from what is there. All ranks must have been told of the same rounds. What is found must be
 * the newest of them, and what an unbroken run has in that round, bit for bit.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "support/local_ranks.h"
#include "support/saved.h"
#include "support/scene.h"

#define LIVES 3u
#define ROUNDS_MOST 30u
#define ADVANCES_MOST 30u

static char folder[] = "/tmp/synched-joint-XXXXXX";
static _Atomic uint64_t written_total, round_total, resumed_total;

/* The same on all ranks, but for what is drawn from `random`. */
struct life {
  unsigned rank_count, asking_rank, looking_rank;
  uint64_t safe_round;
  struct saved_options job;
  struct synched_checkpoint_options how;
  unsigned advance_count;
  uint64_t advances[ADVANCES_MOST];
  bool saves;
  struct stress_random asking, looking;
  /* of each rank's, when it has ended: the last round that was said to be written, and a sum of all
   * of them */
  uint64_t safe_rounds[LOCAL_RANKS_MOST], sums[LOCAL_RANKS_MOST];
};

struct rank {
  struct life *life;
  unsigned index;
  struct saved saved;
  struct synched_checkpoint *checkpoint;
  _Atomic bool is_over;
};

static void note(struct synched_checkpoint *checkpoint,
                 const struct synched_checkpoint_written *written, void *user) {
  const struct rank *rank = user;
  uint64_t *safe = &rank->life->safe_rounds[rank->index];
  uint64_t *sum = &rank->life->sums[rank->index];
  (void)checkpoint;
  STRESS_CHECK(written->status == 0, "round %" PRIu64 ": %s", written->round, written->message);
  STRESS_CHECK(written->round >= *safe, "an older round is written");
  *safe = written->round;
  *sum = *sum * 31 + written->round;
  atomic_fetch_add(&written_total, 1);
  stress_step();
}

static void *ask(void *argument) {
  struct rank *rank = argument;
  while (!atomic_load(&rank->is_over)) {
    scene_expect_ok(synched_checkpoint_request(rank->checkpoint), "synched_checkpoint_request");
    stress_dawdle(&rank->life->asking);
  }
  return NULL;
}

/* Takes leases away, for a while. */
static void *look(void *argument) {
  struct rank *rank = argument;
  while (!atomic_load(&rank->is_over)) {
    const struct synched_snapshot *now = synched_snapshot_current(rank->saved.memories[0]);
    stress_dawdle(&rank->life->looking);
    synched_snapshot_release(now);
    stress_dawdle(&rank->life->looking);
  }
  return NULL;
}

static void advance(struct rank *rank) {
  const struct life *life = rank->life;
  pthread_t asker, looker;
  const bool asks = rank->index == life->asking_rank;
  const bool looks = rank->index == life->looking_rank;
  if (asks)
    stress_thread_start(&asker, ask, rank);
  if (looks)
    stress_thread_start(&looker, look, rank);
  for (unsigned i = 0; i < life->advance_count; i++) {
    scene_expect_ok(synched_job_advance(rank->saved.job, life->advances[i]), "synched_job_advance");
    stress_step();
  }
  atomic_store(&rank->is_over, true);
  if (asks)
    stress_thread_join(asker);
  if (looks)
    stress_thread_join(looker);
}

static void go_on(struct rank *rank, const struct synched_checkpoint_options *how) {
  const uint64_t safe_round = rank->life->safe_round;
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  scene_expect_ok(synched_checkpoint_resume(rank->saved.job, how, &resumed),
                  "synched_checkpoint_resume");
  STRESS_CHECK(resumed.round == safe_round, "round %" PRIu64 " is found, %" PRIu64 " was written",
               resumed.round, safe_round);
  atomic_fetch_add(&resumed_total, 1);
}

static void live_as(struct rank *rank, struct synched_cluster *cluster) {
  struct life *life = rank->life;
  struct saved_options options = life->job;
  struct synched_checkpoint_options how = life->how;
  options.cluster = cluster;
  how.user = rank;
  saved_open(&rank->saved, &options);
  if (life->safe_round != 0)
    go_on(rank, &how);
  scene_expect_ok(synched_checkpoint_create(&rank->checkpoint, rank->saved.job, &how),
                  "synched_checkpoint_create");
  advance(rank);
  if (life->saves)
    scene_expect_ok(synched_checkpoint_save(rank->checkpoint), "synched_checkpoint_save");
  scene_expect_ok(synched_checkpoint_destroy(rank->checkpoint), "synched_checkpoint_destroy");
  scene_expect_ok(saved_gather(&rank->saved), "saved_gather");
  if (rank->index == 0)
    STRESS_CHECK(saved_sum(&rank->saved) == saved_expected(saved_round(&rank->saved)),
                 "the bits are others");
  saved_close(&rank->saved);
}

static void be_rank(struct local_ranks *ranks, unsigned index, void *user) {
  struct rank rank = {.life = user, .index = index};
  struct synched_cluster *cluster;
  const struct synched_transport transport = local_ranks_transport(ranks, index);
  rank.life->safe_rounds[index] = rank.life->safe_round;
  scene_expect_ok(synched_cluster_create_over(&cluster, &transport, NULL),
                  "synched_cluster_create_over");
  live_as(&rank, cluster);
  scene_expect_ok(synched_cluster_destroy(cluster), "synched_cluster_destroy");
}

static void draw(struct life *life, struct stress_random *random) {
  uint64_t left = stress_between(random, 1, ROUNDS_MOST);
  life->rank_count = (unsigned)stress_between(random, 1, 5);
  life->asking_rank = (unsigned)stress_below(random, life->rank_count + 1);
  life->looking_rank = (unsigned)stress_below(random, life->rank_count + 1);
  life->saves = stress_chance(random, 2);
  life->asking = stress_split(random);
  life->looking = stress_split(random);
  life->job = (struct saved_options){.worker_count = (unsigned)stress_between(random, 1, 2),
                                     .layout = (enum synched_layout)stress_below(random, 2),
                                     .balance = (enum synched_balance)stress_below(random, 2),
                                     .lease_count = (unsigned)stress_between(random, 1, 3)};
  life->how = saved_checkpoint(folder);
  life->how.every_rounds = stress_below(random, 6);
  life->how.every_ns = stress_chance(random, 2) ? 0 : stress_between(random, 20000, 2000000);
  life->how.overlap = (enum synched_checkpoint_overlap)stress_below(random, 2);
  life->how.keep = (unsigned)stress_between(random, 1, 3);
  life->how.on_written = note;
  atomic_fetch_add(&round_total, left);
  while (left != 0) {
    const uint64_t rounds = stress_between(random, 1, left);
    life->advances[life->advance_count++] = rounds;
    left -= rounds;
  }
}

/* Returns the last round that is safe. */
static uint64_t live(struct stress_random *random, uint64_t safe_round) {
  static struct life life;
  memset(&life, 0, sizeof life);
  life.safe_round = safe_round;
  draw(&life, random);
  stress_case_is(
      "%u ranks, from round %" PRIu64 ", every %" PRIu64 " rounds, %" PRIu64 " ns, overlap %d",
      life.rank_count, safe_round, life.how.every_rounds, life.how.every_ns, (int)life.how.overlap);
  (void)saved_expected(safe_round + ROUNDS_MOST);
  struct local_ranks *ranks = local_ranks_new(life.rank_count, (unsigned)stress_below(random, 8));
  STRESS_CHECK(ranks != NULL && local_ranks_run(ranks, be_rank, &life), "no threads");
  local_ranks_end(ranks);
  for (unsigned r = 1; r < life.rank_count; r++)
    STRESS_CHECK(life.sums[r] == life.sums[0] && life.safe_rounds[r] == life.safe_rounds[0],
                 "rank %u has been told of other rounds than the first one", r);
  return life.safe_rounds[0];
}

int main(int argc, char **argv) {
  struct stress_random random;
  if (mkdtemp(folder) == NULL)
    return 2;
  stress_begin("joint", argc, argv);
  while (stress_next_case(&random)) {
    uint64_t safe_round = 0;
    for (unsigned i = 0; i < LIVES; i++)
      safe_round = live(&random, safe_round);
    saved_remove(folder);
  }
  return stress_end("%" PRIu64 " rounds, written %" PRIu64 " times, gone on %" PRIu64 " times",
                    atomic_load(&round_total), atomic_load(&written_total),
                    atomic_load(&resumed_total));
}
