/*
 * leases_stress.c: readers hold snapshots while rounds go on.
 *
 * Readers on threads of their own take the current snapshot, retain it again, hold it for a while
 * and release it in pieces. All of what they hold must come from one round, which must not be older
 * than what on_round has seen by then, and must not change while they hold it, also after the job,
 * and even its pool, are gone. The job has few leases or none, so it often waits for one; who
 * releases it then starts its next round. It ends by its number of rounds or by being cancelled, at
 * a moment when it may be waiting. Polite readers take nothing more before the job has gone on: so
 * a job that waits although everything has been released is not saved by the next release, but
 * hangs.
 *
 * The first to learn of the end is on_done, which destroys the job and the pool at once: the reader
 * that has just made the last rounds possible may not be out of the library yet. A sprint is aimed
 * at that: a job of a few rounds, all of which wait for readers, and an end that touches nothing
 * that readers touch, so that a thread sanitizer sees when nothing but luck orders the two.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <synched/synched.h>
#include <uv.h>

#include "job/buffer_wait.h"
#include "support/scene.h"

#define READERS_MOST 5u
#define HELD_MOST 3u

struct play;

struct reader {
  struct play *play;
  struct stress_random random;
  uint64_t round; /* the newest it has seen */
  pthread_t thread;
};

struct play {
  struct scene_memory scene;
  struct synched_pool *pool;
  struct synched_job *job;
  struct stress_random round_random, canceller_random; /* of on_round, of the canceller */
  bool is_sprint, is_polite, retains, cancels;
  bool is_told; /* of waits that are long */
  uint64_t delivered_round;
  bool delivers_every;
  const struct synched_snapshot
      *kept; /* by on_round; plain: it is called by one worker after the other */
  unsigned reader_count;
  struct reader readers[READERS_MOST];
  _Atomic uint64_t published;  /* the newest round that on_round has seen */
  _Atomic uint64_t seen_count; /* snapshots that readers looked at */
  _Atomic bool stopping;       /* readers are to come home */
  unsigned stall_count, done_count;
  uint64_t end_round;
};

static uint64_t stall_total, round_total, wait_total, seen_total, cancel_total;

/* --- the job's callbacks --- */

static int compute(struct synched_task *task, void *user) {
  struct play *play = user;
  scene_compute(&play->scene, task);
  /* What a call may read, it may keep; it then competes with the readers for the leases. */
  if (play->retains && task->segment == 0 && task->round % 16 == 0) {
    const struct synched_snapshot *kept = synched_snapshot_retain(task->previous);
    stress_work(task->round % 200);
    synched_snapshot_release(kept);
  }
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  stress_step();
  atomic_store_explicit(&play->published, now->round, memory_order_release);
  if (!play->retains)
    return SYNCHED_CONTINUE;
  if (play->kept != NULL && stress_chance(&play->round_random, 2)) {
    scene_check(&play->scene, play->kept, play->kept->round);
    synched_snapshot_release(play->kept);
    play->kept = NULL;
  }
  /* Without a lease left it would wait for itself. */
  if (play->kept == NULL && play->scene.lease_count >= 2 && stress_chance(&play->round_random, 4))
    play->kept = synched_snapshot_retain(now);
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  (void)job;
  STRESS_CHECK(now->round > play->delivered_round, "round %" PRIu64 " is delivered after %" PRIu64,
               now->round, play->delivered_round);
  STRESS_CHECK(!play->delivers_every || now->round == play->delivered_round + 1,
               "round %" PRIu64 " is delivered after %" PRIu64, now->round, play->delivered_round);
  scene_check(&play->scene, now, now->round);
  play->delivered_round = now->round;
}

/* What counts as long is so short that jobs end, go on and are destroyed just when they would be
 * told of. */
static void on_stalled(struct synched_job *job, const struct synched_stall *stall, void *user) {
  struct play *play = user;
  STRESS_CHECK(job == play->job && play->done_count == 0, "on_stalled comes after on_done");
  STRESS_CHECK(stall->stalled_count > play->stall_count, "stall %" PRIu64 " is told of again",
               stall->stalled_count);
  STRESS_CHECK(stall->lease_count == play->scene.lease_count &&
                   stall->held_count <= stall->lease_count + 1,
               "%u snapshots are held of %u leases", stall->held_count, stall->lease_count);
  for (unsigned i = 1; i < stall->held_count; i++)
    STRESS_CHECK(
        stall->held_rounds[i] > stall->held_rounds[i - 1] && stall->held_rounds[i] < stall->round,
        "round %" PRIu64 " is held for round %" PRIu64, stall->held_rounds[i], stall->round);
  play->stall_count = (unsigned)stall->stalled_count;
}

static void check_end(const struct play *play, int status, struct synched_report_summary summary) {
  const bool stopped_early = status == SYNCHED_ECANCELED;
  STRESS_CHECK(status == 0 || (play->cancels && stopped_early), "the job ended with %s",
               synched_err_name(status));
  STRESS_CHECK(status != 0 || !play->cancels, "the job ended before it was cancelled");
  uint64_t round = play->is_sprint ? summary.round_count : scene_check_current(&play->scene);
  STRESS_CHECK(summary.round_count == round, "%" PRIu64 " rounds are reported, not %" PRIu64,
               summary.round_count, round);
  STRESS_CHECK(status != 0 || round == play->end_round,
               "it ended with round %" PRIu64 ", not %" PRIu64, round, play->end_round);
  STRESS_CHECK(!play->delivers_every || play->delivered_round == round,
               "the last round is %" PRIu64 ", %" PRIu64 " was delivered last", round,
               play->delivered_round);
  STRESS_CHECK(!play->is_told || summary.stalled_count == play->stall_count,
               "%" PRIu64 " stalls are reported, %u were told of", summary.stalled_count,
               play->stall_count);
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct play *play = user;
  struct synched_report_summary summary = scene_summary(report);
  play->done_count++;
  check_end(play, status, summary);
  scene_expect_ok(synched_job_destroy(job), "synched_job_destroy");
  scene_pool_destroy(play->pool);
  round_total += summary.round_count;
  wait_total += summary.lease_wait_count;
  stall_total += summary.stalled_count;
  cancel_total += status == SYNCHED_ECANCELED;
}

/* --- other threads --- */

/* Gives back what was retained `holds` times, one by one. */
static void hold(struct reader *reader, const struct synched_snapshot *now, uint64_t holds) {
  const struct play *play = reader->play;
  const uint64_t round = now->round;
  for (uint64_t i = 1; i < holds; i++)
    STRESS_CHECK(synched_snapshot_retain(now) == now, "retain gives another snapshot");
  do {
    scene_check(&play->scene, now, round);
    if (stress_chance(&reader->random, 64))
      stress_sleep_us(stress_below(&reader->random, 2000));
    else
      stress_dawdle(&reader->random);
    scene_check(&play->scene, now, round);
    synched_snapshot_release(now);
  } while (--holds > 0);
}

static void read_once(struct reader *reader) {
  struct play *play = reader->play;
  const uint64_t published = atomic_load_explicit(&play->published, memory_order_acquire);
  const struct synched_snapshot *now = synched_snapshot_current(play->scene.memory);
  STRESS_CHECK(now->round >= reader->round && now->round >= published,
               "a reader is given round %" PRIu64 " after it has seen %" PRIu64
               " and on_round %" PRIu64,
               now->round, reader->round, published);
  reader->round = now->round;
  if (stress_chance(&reader->random, 2))
    synched_snapshot_release(now);
  else
    hold(reader, now, stress_between(&reader->random, 1, HELD_MOST));
  (void)atomic_fetch_add_explicit(&play->seen_count, 1, memory_order_relaxed);
}

static bool is_stopping(const struct play *play) {
  return atomic_load_explicit(&play->stopping, memory_order_relaxed);
}

static void *read_along(void *argument) {
  struct reader *reader = argument;
  struct play *play = reader->play;
  if (play->is_sprint) {
    const struct synched_snapshot *first = synched_snapshot_current(play->scene.memory);
    stress_sleep_us(stress_below(&reader->random, 1000));
    hold(reader, first, 1);
  }
  while (!is_stopping(play)) {
    const uint64_t before = atomic_load_explicit(&play->published, memory_order_relaxed);
    read_once(reader);
    while (play->is_polite && !is_stopping(play) &&
           atomic_load_explicit(&play->published, memory_order_relaxed) == before)
      (void)sched_yield();
    if (!play->is_polite)
      stress_dawdle(&reader->random);
  }
  read_once(reader);
  return NULL;
}

/* The job is there for as long as nobody has cancelled it: it ends in no other way. */
static void *cancel(void *argument) {
  struct play *play = argument;
  for (uint64_t i = stress_below(&play->canceller_random, 200); i > 0; i--)
    stress_dawdle(&play->canceller_random);
  scene_expect_ok(synched_job_cancel(play->job), "synched_job_cancel");
  return NULL;
}

/* --- a case --- */

static void create_job(struct play *play, struct stress_random *random) {
  const bool may_deliver = play->scene.lease_count >= 1;
  play->end_round = stress_between(random, 1, play->is_sprint ? 4 : 600);
  play->delivers_every = may_deliver && stress_chance(random, 3);
  struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = play,
      .compute = compute,
      .on_round = on_round,
      .on_snapshot =
          play->delivers_every || (may_deliver && stress_chance(random, 2)) ? on_snapshot : NULL,
      .delivery = play->delivers_every ? SYNCHED_DELIVER_EVERY : SYNCHED_DELIVER_LATEST,
      .on_done = on_done,
      .on_stalled = play->is_told ? on_stalled : NULL,
      .round_count = play->cancels ? 0 : play->end_round,
      .balance = stress_chance(random, 2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .flags = stress_chance(random, 3) ? SYNCHED_JOB_EAGER : 0,
  };
  scene_expect_ok(synched_job_create(&play->job, play->pool, play->scene.memory, &options),
                  "synched_job_create");
  stress_case_is("sprint %d, polite %d, %zu segments, %u leases, %u readers, static %d, every %d, "
                 "cancelled %d, %" PRIu64 " rounds",
                 play->is_sprint, play->is_polite, play->scene.segment_count,
                 play->scene.lease_count, play->reader_count,
                 options.balance == SYNCHED_BALANCE_STATIC, play->delivers_every, play->cancels,
                 options.round_count);
}

static void set_up(struct play *play, struct stress_random *random) {
  const bool is_sprint = stress_chance(random, 2);
  const struct scene_limits limits = {
      .segments_most = 12, .capacity_most = 24, .leases_most = is_sprint ? 0 : 4};
  memset(play, 0, sizeof *play);
  play->is_sprint = is_sprint;
  scene_memory_create(&play->scene, random, &limits);
  play->pool = scene_pool_create(random, 8);
  play->reader_count = (unsigned)stress_between(random, 1, READERS_MOST);
  play->is_polite = stress_chance(random, 2);
  play->retains = stress_chance(random, 3);
  play->cancels = stress_chance(random, is_sprint ? 6 : 2);
  play->is_told = stress_chance(random, 2);
  atomic_store_explicit(&synched__stall_after_ns, stress_below(random, 100000),
                        memory_order_relaxed);
  play->round_random = stress_split(random);
  play->canceller_random = stress_split(random);
  create_job(play, random);
  for (unsigned r = 0; r < play->reader_count; r++)
    play->readers[r] = (struct reader){.play = play, .random = stress_split(random)};
}

static void run_loop(struct play *play) {
  uv_loop_t loop;
  STRESS_CHECK(uv_loop_init(&loop) == 0, "no event loop");
  scene_expect_ok(synched_job_start(play->job, &loop), "synched_job_start");
  pthread_t canceller;
  if (play->cancels)
    stress_thread_start(&canceller, cancel, play);
  stress_is_at("waits for the job to end");
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  if (play->cancels)
    stress_thread_join(canceller);
  STRESS_CHECK(uv_loop_close(&loop) == 0, "the job has left a handle in the loop");
  STRESS_CHECK(play->done_count == 1, "on_done was called %u times", play->done_count);
}

static void run_case(struct stress_random *random) {
  static struct play play;
  set_up(&play, random);
  for (unsigned r = 0; r < play.reader_count; r++)
    stress_thread_start(&play.readers[r].thread, read_along, &play.readers[r]);
  run_loop(&play);
  if (play.kept != NULL) {
    scene_check(&play.scene, play.kept, play.kept->round);
    synched_snapshot_release(play.kept);
  }
  atomic_store_explicit(&play.stopping, true, memory_order_relaxed);
  for (unsigned r = 0; r < play.reader_count; r++)
    stress_thread_join(play.readers[r].thread);
  (void)scene_check_current(&play.scene);
  scene_memory_destroy(&play.scene);
  seen_total += atomic_load_explicit(&play.seen_count, memory_order_relaxed);
}

int main(int argc, char **argv) {
  stress_begin("leases_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " rounds, %" PRIu64 " of them waited for a lease, %" PRIu64
                    " for long; %" PRIu64 " snapshots held; %" PRIu64 " jobs cancelled",
                    round_total, wait_total, stall_total, seen_total, cancel_total);
}
