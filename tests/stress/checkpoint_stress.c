/*
 * checkpoint_stress.c: rounds are written while they go on, while others ask for that and hold
 * snapshots.
 *
 * A job is broken off a few times in each case, and each time another one goes on from what is
 * there, with other workers, leases and layout. Whatever is found must be the newest that was said
 * to be written, and be what an unbroken run has in that round, bit for bit.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "support/saved.h"
#include "support/scene.h"

#define LIVES 3u
#define ROUNDS_MOST 40u

static char folder[] = "/tmp/synched-stress-XXXXXX";
static _Atomic uint64_t written_total, round_total, resumed_total;

struct life {
  struct saved saved;
  struct synched_checkpoint *checkpoint;
  _Atomic bool is_over;
  /* the last round that was said to be written */
  _Atomic uint64_t safe_round;
  struct stress_random asking, looking;
};

static void note(struct synched_checkpoint *checkpoint,
                 const struct synched_checkpoint_written *written, void *user) {
  struct life *life = user;
  (void)checkpoint;
  STRESS_CHECK(written->status == 0, "round %" PRIu64 ": %s", written->round, written->message);
  STRESS_CHECK(written->round >= atomic_load(&life->safe_round), "an older round is written");
  atomic_store(&life->safe_round, written->round);
  atomic_fetch_add(&written_total, 1);
  stress_step();
}

static void *ask(void *argument) {
  struct life *life = argument;
  struct synched_checkpoint_info info = {.struct_size = sizeof info};
  while (!atomic_load(&life->is_over)) {
    scene_expect_ok(synched_checkpoint_request(life->checkpoint), "synched_checkpoint_request");
    scene_expect_ok(synched_checkpoint_info(life->checkpoint, &info), "synched_checkpoint_info");
    stress_dawdle(&life->asking);
  }
  return NULL;
}

/* Takes leases away, for a while. */
static void *look(void *argument) {
  struct life *life = argument;
  while (!atomic_load(&life->is_over)) {
    const struct synched_snapshot *now = synched_snapshot_current(life->saved.memories[0]);
    stress_dawdle(&life->looking);
    synched_snapshot_release(now);
    stress_dawdle(&life->looking);
  }
  return NULL;
}

static struct synched_checkpoint_options draw_options(struct life *life,
                                                      struct stress_random *random) {
  struct synched_checkpoint_options options = saved_checkpoint(folder);
  options.every_rounds = stress_below(random, 6);
  options.every_ns = stress_chance(random, 2) ? 0 : stress_between(random, 20000, 2000000);
  options.overlap = (enum synched_checkpoint_overlap)stress_below(random, 2);
  options.keep = (unsigned)stress_between(random, 1, 3);
  options.on_written = note;
  options.user = life;
  return options;
}

static void go_on(struct life *life, const struct synched_checkpoint_options *options,
                  uint64_t safe_round) {
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  const int status = synched_checkpoint_resume(life->saved.job, options, &resumed);
  STRESS_CHECK(status == 0 || (status == SYNCHED_ENOENT && safe_round == 0), "resume: %s",
               synched_error_message());
  STRESS_CHECK(resumed.round == safe_round, "round %" PRIu64 " is found, %" PRIu64 " was written",
               resumed.round, safe_round);
  STRESS_CHECK(saved_sum(&life->saved) == saved_expected(resumed.round),
               "round %" PRIu64 " is another one", resumed.round);
  atomic_fetch_add(&resumed_total, 1);
}

static void run(struct life *life, struct stress_random *random) {
  pthread_t asker, looker;
  uint64_t left = stress_between(random, 1, ROUNDS_MOST);
  stress_thread_start(&asker, ask, life);
  stress_thread_start(&looker, look, life);
  atomic_fetch_add(&round_total, left);
  while (left != 0) {
    const uint64_t rounds = stress_between(random, 1, left);
    scene_expect_ok(synched_job_advance(life->saved.job, rounds), "synched_job_advance");
    left -= rounds;
    stress_step();
  }
  atomic_store(&life->is_over, true);
  stress_thread_join(asker);
  stress_thread_join(looker);
}

/* Returns the last round that is safe. */
static uint64_t live(struct stress_random *random, uint64_t safe_round) {
  static struct life life;
  memset(&life, 0, sizeof life);
  life.safe_round = safe_round;
  life.asking = stress_split(random);
  life.looking = stress_split(random);
  saved_open(&life.saved,
             &(struct saved_options){.worker_count = (unsigned)stress_between(random, 1, 4),
                                     .layout = (enum synched_layout)stress_below(random, 2),
                                     .balance = (enum synched_balance)stress_below(random, 2),
                                     .lease_count = (unsigned)stress_between(random, 1, 3),
                                     .has_init = stress_chance(random, 2)});
  const struct synched_checkpoint_options options = draw_options(&life, random);
  stress_case_is("from round %" PRIu64 ", every %" PRIu64 " rounds, %" PRIu64 " ns, overlap %d",
                 safe_round, options.every_rounds, options.every_ns, (int)options.overlap);
  if (safe_round != 0)
    go_on(&life, &options, safe_round);
  scene_expect_ok(synched_checkpoint_create(&life.checkpoint, life.saved.job, &options),
                  "synched_checkpoint_create");
  run(&life, random);
  STRESS_CHECK(saved_sum(&life.saved) == saved_expected(saved_round(&life.saved)),
               "the bits are others");
  if (stress_chance(random, 2))
    scene_expect_ok(synched_checkpoint_save(life.checkpoint), "synched_checkpoint_save");
  scene_expect_ok(synched_checkpoint_destroy(life.checkpoint), "synched_checkpoint_destroy");
  saved_close(&life.saved);
  return atomic_load(&life.safe_round);
}

int main(int argc, char **argv) {
  struct stress_random random;
  if (mkdtemp(folder) == NULL)
    return 2;
  stress_begin("checkpoint", argc, argv);
  while (stress_next_case(&random)) {
    uint64_t safe_round = 0;
    for (unsigned i = 0; i < LIVES; i++)
      safe_round = live(&random, safe_round);
    saved_remove(folder);
  }
  return stress_end("%" PRIu64 " rounds, %" PRIu64 " of them written, gone on %" PRIu64 " times",
                    atomic_load(&round_total), atomic_load(&written_total),
                    atomic_load(&resumed_total));
}
