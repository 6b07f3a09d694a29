/*
 * edges.c: two threads at one edge, without the rounds around it: what each of them does there is
 * the library's own code, on a job that does not run.
 */
#include "dispatch/dispatch.h"
#include "dispatch/stall_watch.h"
#include "engine/claim.h"
#include "job/buffer_wait.h"
#include "job/deadline.h"
#include "platform/clock.h"
#include "pool/pool.h"
#include "scene.h"

/* --- a thief that is held up for any number of rounds, 256 among them --- */

enum { EPOCHS = 260, HOME = 2 };

static _Atomic uint64_t cursor;
static size_t stolen_count;

static void steal_in_first(void *unused) {
  (void)unused;
  stolen_count = synched__claim(&cursor, 1, (struct synched__range){0, HOME}, 1).count;
}

/* Each epoch's segments are claimed once, whoever comes. */
static void run_claims(void) {
  size_t first_count = 0;
  sim_quietly();
  synched__store_relaxed(&cursor, 0);
  const unsigned thread = sim_thread_start(steal_in_first, NULL);
  sim_aloud();
  for (uint64_t epoch = 1; epoch <= EPOCHS; epoch++) {
    const struct synched__range home = {0, HOME};
    size_t count = 0, claimed;
    while ((claimed = synched__claim(&cursor, epoch, home, 1).count) != 0)
      count += claimed;
    if (epoch == 1)
      first_count = count;
    SIM_CHECK(epoch == 1 || count == HOME);
  }
  sim_quietly();
  sim_thread_join(thread);
  SIM_CHECK(first_count + stolen_count == HOME);
}

const struct sim_world sim_world_claims = {
    .name = "claims-260",
    .about = "a thief of the first round comes in any of 260",
    .run = run_claims,
    .bound = 1,
};

static void do_nothing(struct scene_job *job) {
  (void)job;
}

/* --- a job begins to wait for a buffer while somebody looks who waits --- */

static void look_who_waits(void *pool) {
  SIM_CHECK(synched__stall_watch_take(pool) == NULL);
}

/* A look is due. Who takes it leaves one for the job, or the job arms one. */
static void run_stall_due(void) {
  struct scene scene;
  struct scene_job job = {.when_stalled = do_nothing};
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  scene_job_open(&job, &scene, 1, 0, SYNCHED_JOB_OPTIONS(.round_count = 1));
  struct synched__dispatch *dispatch = scene.pool->dispatch;
  synched__store_relaxed(&dispatch->stall_look_ns, synched__clock_ns());
  const unsigned thread = sim_thread_start(look_who_waits, scene.pool);
  sim_aloud();
  synched__buffer_wait_begin(job.job);
  synched__stall_watch_arm(job.job);
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(synched__load_relaxed(&dispatch->stall_look_ns) ==
            synched__load_relaxed(&job.job->control.wait.due_ns));
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_stall_due = {
    .name = "stall-due-1",
    .about = "a job begins to wait for a buffer while it is looked who has waited for long",
    .run = run_stall_due,
    .bound = 4,
};

/* --- a round with a deadline is opened while the monitor looks at all of them --- */

static void run_deadline_due(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = NULL};
  struct synched_deadline_miss miss;
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  sim_aloud();
  scene_job_open(&job, &scene, 1, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 1, .deadline_ns = 500000,
                                     .deadline_policy = SYNCHED_DEADLINE_REPORT));
  synched__deadline_open(job.job, 1, synched__clock_ns());
  sim_spend(1000);
  sim_quietly();
  sim_let_go(); /* the monitor comes, even if it was held up */
  for (unsigned i = 0; !synched__deadline_take(job.job, &miss); i++) {
    SIM_CHECK(i < 100);
    sim_spend(100000);
  }
  (void)synched__deadline_close(job.job);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_deadline_due = {
    .name = "deadline-due-1",
    .about = "a round with a deadline is opened while the monitor begins to look",
    .run = run_deadline_due,
    .bound = 3,
};
