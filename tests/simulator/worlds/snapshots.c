/*
 * snapshots.c: readers beside the rounds: retained snapshots, leases, deliveries.
 */
#include "memory/memory.h"
#include "platform/atomic.h"
#include "scene.h"

struct reader {
  struct scene_job *job;
  unsigned takes;
  uint64_t hold_ns;
};

/* Takes the current snapshot, looks at it, holds it for a while, looks again. */
static void read_some(void *argument) {
  const struct reader *reader = argument;
  uint64_t last = 0;
  for (unsigned i = 0; i < reader->takes; i++) {
    const struct synched_snapshot *now = synched_snapshot_current(reader->job->memory);
    SIM_CHECK(now != NULL);
    SIM_CHECK(now->round >= last);
    last = now->round;
    scene_check_snapshot(reader->job, now);
    if (reader->hold_ns != 0)
      sim_spend(reader->hold_ns);
    const struct synched_snapshot *again = synched_snapshot_retain(now);
    synched_snapshot_release(now);
    scene_check_snapshot(reader->job, again);
    synched_snapshot_release(again);
  }
}

static void run_readers(unsigned reader_count, unsigned takes, unsigned leases, uint64_t hold_ns,
                        uint64_t round_count) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  struct reader reader = {&job, takes, hold_ns};
  unsigned threads[3];
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, leases, SYNCHED_JOB_OPTIONS(.round_count = round_count));
  scene_job_start(&job);
  sim_aloud();
  for (unsigned i = 0; i < reader_count; i++)
    threads[i] = sim_thread_start(read_some, &reader);
  scene_job_finish(&job);
  for (unsigned i = 0; i < reader_count; i++)
    sim_thread_join(threads[i]);
  sim_quietly();
  SIM_CHECK(promises_rounds(job.promises) == round_count);
  scene_job_close(&job);
  scene_close(&scene);
}

/* Two takes over two publications, three publications, two readers. */
static void run_retain(void) {
  run_readers(1, 2, 1, 0, 3);
}

static void run_readers_2(void) {
  run_readers(2, 1, 1, 0, 2);
}

/* They hold for longer than a round takes, so that the job waits for a buffer. */
static void run_lease(void) {
  run_readers(1, 2, 0, 100000, 3);
}

static void run_leases(void) {
  run_readers(3, 1 + sim_any(5), sim_any(3), sim_any(2) * 70000, 1 + sim_any(8));
}

const struct sim_world sim_world_retain = {
    .name = "retain-2x2x3",
    .about = "a reader takes and releases snapshots while rounds are published",
    .run = run_retain,
    .bound = 2,
};

const struct sim_world sim_world_readers = {
    .name = "readers-2x2x2",
    .about = "two readers beside two rounds",
    .run = run_readers_2,
    .bound = 1,
};

const struct sim_world sim_world_lease = {
    .name = "lease-wait-2x2x3",
    .about = "a job waits for a buffer that a reader holds",
    .run = run_lease,
    .bound = 1,
};

const struct sim_world sim_world_leases = {
    .name = "leases",
    .about = "three readers, few leases, by seeds",
    .run = run_leases,
};

/* --- a job that waits for a buffer, and what else can end that --- */

/* Holds two snapshots, so that the job waits; then cancels it, and lets go. */
static void hold_and_cancel(void *argument) {
  struct scene_job *job = argument;
  const struct synched_snapshot *held[2] = {synched_snapshot_current(job->memory), NULL};
  SIM_CHECK(held[0] != NULL);
  sim_spend(60000);
  held[1] = synched_snapshot_current(job->memory);
  SIM_CHECK(held[1] != NULL);
  sim_spend(1200000000); /* the job says that it waits */
  const int status = synched_job_cancel(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
  sim_spend(20000);
  scene_check_snapshot(job, held[0]);
  scene_check_snapshot(job, held[1]);
  synched_snapshot_release(held[0]);
  synched_snapshot_release(held[1]);
}

static void do_nothing(struct scene_job *job) {
  (void)job;
}

static void run_stalled(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy, .when_stalled = do_nothing};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 40));
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(hold_and_cancel, &job);
  scene_job_finish(&job);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_stalled = {
    .name = "stalled-2x2",
    .about = "a job waits for a buffer, says so, and is cancelled meanwhile",
    .run = run_stalled,
    .bound = 1,
};

/* --- deliveries --- */

static void run_every(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 1,
                 SYNCHED_JOB_OPTIONS(.round_count = 3, .delivery = SYNCHED_DELIVER_EVERY));
  sim_aloud();
  scene_job_run(&job, 0);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_mailbox = {
    .name = "mailbox-2x2x3",
    .about = "every round is delivered to the loop",
    .run = run_every,
    .bound = 1,
};

/* The loop is awake for most of the time: it finds more than it was told of. */
static void run_delivered(enum synched_delivery delivery, uint64_t deliver_ns) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy,
                          .latest = delivery == SYNCHED_DELIVER_LATEST,
                          .deliver_ns = deliver_ns};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 1, SYNCHED_JOB_OPTIONS(.round_count = 4, .delivery = delivery));
  scene_job_start(&job);
  sim_aloud();
  scene_job_finish(&job);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

static void run_slow_every(void) {
  run_delivered(SYNCHED_DELIVER_EVERY, 25000);
}

static void run_slow_latest(void) {
  run_delivered(SYNCHED_DELIVER_LATEST, 25000);
}

const struct sim_world sim_world_slow_every = {
    .name = "mailbox-slow-2x2x4",
    .about = "every round is delivered to a loop that is slower than the rounds",
    .run = run_slow_every,
    .bound = 1,
};

const struct sim_world sim_world_slow_latest = {
    .name = "latest-slow-2x2x4",
    .about = "the latest round is delivered to a loop that is slower than the rounds",
    .run = run_slow_latest,
    .bound = 1,
};

/* The job goes on until the loop has seen some of it. */
static void stop_when_seen(struct scene_job *job) {
  if (sim_told() < 3)
    return;
  const int status = synched_job_stop(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

static void run_seen(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy, .latest = true, .when_seen = stop_when_seen};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 1, SYNCHED_JOB_OPTIONS(.round_count = 0));
  scene_job_start(&job);
  sim_aloud();
  scene_job_finish(&job);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_seen = {
    .name = "latest-2x2",
    .about = "a job that the loop stops when it has seen some of its rounds",
    .run = run_seen,
    .bound = 1,
};

/* --- all buffers are held until the job, or the loop, has got what it was asked for --- */

static const struct synched_snapshot *held[2];

static void let_go(struct scene_job *job) {
  (void)job;
  synched_snapshot_release(held[0]);
}

static void let_go_steered(struct scene_job *job, const struct synched_steered *steered) {
  SIM_CHECK(steered->status == 0);
  let_go(job);
}

static void cancel_soon(void *argument) {
  const struct scene_job *job = argument;
  sim_spend(30000);
  SIM_CHECK(synched_job_cancel(job->job) == 0);
}

static void weigh_soon(void *argument) {
  const struct scene_job *job = argument;
  sim_spend(30000);
  SIM_CHECK(synched_job_set_weight(job->job, 2) == 0);
}

/* The round that is held is that of the beginning: the job waits after its first one. */
static void run_held(void (*ask)(void *), struct scene_job *job, uint64_t round_count) {
  struct scene scene;
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = round_count));
  held[0] = synched_snapshot_current(job->memory);
  scene_job_start(job);
  sim_aloud();
  const unsigned thread = sim_thread_start(ask, job);
  scene_job_finish(job);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(job);
  scene_close(&scene);
}

static void run_held_cancelled(void) {
  struct scene_job job = {.spend_ns = scene_heavy, .when_done = let_go};
  run_held(cancel_soon, &job, 0);
}

static void run_held_steered(void) {
  struct scene_job job = {.spend_ns = scene_heavy, .when_steered = let_go_steered};
  run_held(weigh_soon, &job, 3);
}

const struct sim_world sim_world_held_cancelled = {
    .name = "held-cancelled-2x2",
    .about = "a job that waits for a buffer is cancelled, and nothing else can end that",
    .run = run_held_cancelled,
    .bound = 2,
};

const struct sim_world sim_world_held_steered = {
    .name = "held-steered-2x2x3",
    .about = "a reader holds what a job waits for until the loop is told of a call",
    .run = run_held_steered,
    .bound = 2,
};

/* --- a job goes on without a buffer, or ends, while somebody is still at it --- */

/* Dispatches until the job is done; who is held up is let go if the loop has to wait for long. */
static void finish_beside_held(const struct scene_job *job) {
  for (unsigned i = 0; synched_job_dispatch(job->job) != SYNCHED_STOP; i++) {
    if (i == 20)
      sim_let_go();
    sim_await(synched_job_fd(job->job));
  }
}

static uint64_t hold_others_in_last(uint64_t round, size_t segment) {
  (void)segment;
  if (round == 2)
    sim_hold_others();
  return 0;
}

/* As from a library that knows nothing of the job. */
static void release_soon(void *unused) {
  (void)unused;
  sim_spend(100000);
  synched_snapshot_release(held[0]);
}

/* The thread that makes the job go on is held up until the pool is destroyed, or until the loop has
 * waited for it for long. */
static void run_released(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = hold_others_in_last};
  scene_open(&scene, 2, SYNCHED_WAIT_SLEEP);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 2));
  held[0] = synched_snapshot_current(job.memory);
  scene_job_start(&job);
  const unsigned thread = sim_thread_start(release_soon, NULL);
  sim_aloud();
  finish_beside_held(&job);
  SIM_CHECK(synched_job_destroy(job.job) == 0);
  scene_close(&scene);
  sim_let_go();
  sim_quietly();
  sim_thread_join(thread);
  SIM_CHECK(synched_memory_destroy(job.memory) == 0);
}

const struct sim_world sim_world_released = {
    .name = "released-2x2x2",
    .about = "job and pool are destroyed as soon as a reader has made the last round go on",
    .run = run_released,
    .bound = 1,
};

/* The worker that lets the job wait is held up until job and memory are destroyed, or until the
 * loop has waited for it for long. */
static void run_awaiting(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = NULL};
  scene_open(&scene, 1, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 1, 0, SYNCHED_JOB_OPTIONS(.round_count = 0));
  held[0] = synched_snapshot_current(job.memory);
  sim_aloud();
  scene_job_start(&job);
  while (synched__load_relaxed(&job.memory->awaiting) == 0)
    sim_spend(500);
  sim_hold_others();
  SIM_CHECK(synched_job_cancel(job.job) == 0);
  finish_beside_held(&job);
  synched_snapshot_release(held[0]);
  scene_job_close(&job);
  sim_let_go();
  sim_quietly();
  scene_close(&scene);
}

const struct sim_world sim_world_awaiting = {
    .name = "awaiting-1x1",
    .about = "a job is cancelled and destroyed as soon as it waits for a buffer",
    .run = run_awaiting,
    .bound = 1,
};

/* --- two jobs that wait, and whose readers let go when they hear of that --- */

static void let_first_go(struct scene_job *job) {
  (void)job;
  sim_quietly();
  synched_snapshot_release(held[0]);
}

static void let_second_go(struct scene_job *job) {
  (void)job;
  synched_snapshot_release(held[1]);
}

static void run_second(void *argument) {
  struct scene_job *job = argument;
  sim_spend(SYNCHED_STALL_NS - 100000);
  scene_job_start(job);
  scene_job_finish(job);
}

static void run_stalled_both(void) {
  struct scene scene;
  struct scene_job first = {.spend_ns = scene_heavy, .when_stalled = let_first_go};
  struct scene_job second = {
      .spend_ns = scene_heavy, .when_stalled = let_second_go, .aloud_from = 2};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&first, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 2));
  scene_job_open(&second, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 2));
  held[0] = synched_snapshot_current(first.memory);
  held[1] = synched_snapshot_current(second.memory);
  scene_job_start(&first);
  const unsigned thread = sim_thread_start(run_second, &second);
  scene_job_finish(&first);
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(first.stalled_count == 1 && second.stalled_count == 1);
  scene_job_close(&first);
  scene_job_close(&second);
  scene_close(&scene);
}

const struct sim_world sim_world_stalled_both = {
    .name = "stalled-2x2x2x2",
    .about = "a job begins to wait for a buffer when another one has waited for a second",
    .run = run_stalled_both,
    .bound = 2,
};

/* --- the only round ends while the loop looks whether it has --- */

static void run_ending(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = NULL};
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  scene_job_open(&job, &scene, 1, 1,
                 SYNCHED_JOB_OPTIONS(.round_count = 1, .delivery = SYNCHED_DELIVER_EVERY));
  sim_spend(20000); /* the worker sleeps, and is woken */
  scene_job_start(&job);
  sim_aloud();
  if (synched_job_dispatch(job.job) == SYNCHED_CONTINUE)
    scene_job_finish(&job);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_ending = {
    .name = "ending-1x1x1",
    .about = "the only round ends while the loop looks what there is",
    .run = run_ending,
    .bound = 2,
};
