/*
 * writers_stress.c: writers on threads of their own, some of which leave or fail, and readers who
 * hold leases.
 *
 * A case is a memory and some sessions on it. In a session every segment's seat is taken by a
 * thread, which writes, syncs and checks what it gets, until it has done its rounds, or the plan
 * says that it leaves or fails before, or it is told that another one did. Nobody may be left
 * hanging, all must be told the same, and afterwards the memory must be as the last complete round
 * left it. Then all seats are taken anew.
 *
 * In some rounds a writer does not write, which carries its segment's content over. Whether it does
 * follows from the round and the segment, so everybody can tell what a round must hold.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "support/scene.h"

#define WRITERS_MOST 8u
#define READERS_MOST 2u
#define CAPACITY_MOST 24u

struct session;

struct author {
  struct session *session;
  struct stress_random random;
  size_t segment;
  uint64_t leaves_at, fails_at; /* instead of completing that round; 0: it does not */
  int code;
  uint64_t round; /* the last it was given */
  struct synched_writer *writer;
  pthread_t thread;
};

struct reader {
  struct session *session;
  struct stress_random random;
  pthread_t thread;
};

struct session {
  struct scene_memory scene;
  uint64_t floor; /* every segment was written in this round */
  uint64_t base, last_round;
  /* Before the first round. Otherwise nobody breaks that one: who comes after a writer has come and
   * gone alone finds the seats free, and waits for that writer in vain. */
  bool waits_for_all;
  pthread_barrier_t all_are_here;
  _Atomic int told; /* what those are told whose round was broken; 0: nobody yet */
  _Atomic bool stopping;
  struct author authors[WRITERS_MOST];
  unsigned reader_count;
  struct reader readers[READERS_MOST];
};

static uint64_t session_total, round_total, broken_total;
static _Atomic uint64_t busy_total;

/* --- what a round must hold --- */

static bool is_skipped(const struct session *session, uint64_t round, size_t segment) {
  return stress_mix(session->scene.tag ^ segment, round) % 6 == 0;
}

static void check_snapshot(const struct session *session, const struct synched_snapshot *snapshot) {
  const uint64_t round = snapshot->round;
  for (size_t s = 0; s < session->scene.segment_count; s++) {
    uint64_t written = round;
    while (written > session->floor && is_skipped(session, written, s))
      written--;
    scene_check_segment(&session->scene, snapshot, written, s);
  }
  STRESS_CHECK(snapshot->round == round,
               "a snapshot of round %" PRIu64 " has become one of round %" PRIu64, round,
               snapshot->round);
}

static uint64_t check_current(const struct session *session) {
  const struct synched_snapshot *now = synched_snapshot_current(session->scene.memory);
  const uint64_t round = now->round;
  check_snapshot(session, now);
  synched_snapshot_release(now);
  return round;
}

/* --- writers --- */

static void take_note(struct session *session, int status) {
  int told = 0;
  STRESS_CHECK(status == SYNCHED_ECANCELED || status <= -5000, "a broken round gives %d", status);
  if (!atomic_compare_exchange_strong_explicit(&session->told, &told, status, memory_order_relaxed,
                                               memory_order_relaxed))
    STRESS_CHECK(told == status, "one writer is told %d, another %d", told, status);
}

/* Writes, if it is to, and syncs; while readers hold all buffers it tries again. */
static int complete_round(struct author *author, uint64_t round,
                          const struct synched_snapshot **now) {
  uint64_t elements[CAPACITY_MOST];
  const bool writes = !is_skipped(author->session, round, author->segment);
  const bool at_once = stress_chance(&author->random, 2);
  size_t count = scene_fill(&author->session->scene, round, author->segment, elements);
  bool written = !writes || at_once;
  for (;;) {
    int status = 0;
    if (!written)
      status = synched_writer_write(author->writer, elements, count);
    written = written || status == 0;
    if (status == 0 && writes && at_once)
      status = synched_writer_write_sync_read(author->writer, elements, count, now);
    else if (status == 0)
      status = synched_writer_sync(author->writer, now);
    if (status != SYNCHED_EBUSY)
      return status;
    (void)atomic_fetch_add_explicit(&busy_total, 1, memory_order_relaxed);
    stress_dawdle(&author->random);
  }
}

/* One round; false: it was broken, or this one breaks it. */
static bool do_round(struct author *author, uint64_t round) {
  const struct synched_snapshot *now = NULL;
  if (stress_chance(&author->random, 2))
    stress_dawdle(&author->random);
  if (round == author->leaves_at)
    return false;
  if (round == author->fails_at) {
    int failed = synched_writer_fail(author->writer, author->code);
    STRESS_CHECK(failed == 0 || failed == SYNCHED_EALREADY, "a writer that fails gets %d", failed);
  }
  int status = complete_round(author, round, &now);
  stress_step();
  if (status != 0) {
    take_note(author->session, status);
    STRESS_CHECK(now == NULL, "a broken round gives a snapshot");
    return false;
  }
  STRESS_CHECK(round != author->fails_at, "a round is complete although one writer failed in it");
  STRESS_CHECK(now->round == round, "sync gives round %" PRIu64 ", not %" PRIu64, now->round,
               round);
  check_snapshot(author->session, now);
  if (stress_chance(&author->random, 4)) {
    stress_dawdle(&author->random);
    check_snapshot(author->session, now);
  }
  author->round = round;
  return true;
}

/* Seats that are taken stay taken; those that are free are not given while there is a break. */
static void try_a_seat(struct author *author, bool is_broken) {
  struct session *session = author->session;
  struct synched_writer *second = NULL;
  size_t segment = author->segment;
  if (is_broken)
    segment = (size_t)stress_below(&author->random, session->scene.segment_count);
  int status = synched_writer_open(&second, session->scene.memory, segment);
  STRESS_CHECK(second == NULL &&
                   (status == SYNCHED_EEXIST || (is_broken && status == SYNCHED_ECANCELED)),
               "a seat was taken twice, or after a break: %d", status);
}

static void check_broken(struct author *author) {
  const struct synched_snapshot *now;
  if (atomic_load_explicit(&author->session->told, memory_order_relaxed) == 0)
    return;
  int status = synched_writer_sync(author->writer, &now);
  STRESS_CHECK(status != 0 && status != SYNCHED_EBUSY && now == NULL,
               "a sync after the break gives %d", status);
  take_note(author->session, status);
  try_a_seat(author, true);
}

static void take_seat(struct author *author) {
  struct session *session = author->session;
  stress_dawdle(&author->random);
  scene_expect_ok(synched_writer_open(&author->writer, session->scene.memory, author->segment),
                  "synched_writer_open");
  if (session->waits_for_all)
    (void)pthread_barrier_wait(&session->all_are_here);
  if (stress_chance(&author->random, 8))
    try_a_seat(author, false);
}

static void *author_run(void *argument) {
  struct author *author = argument;
  struct session *session = author->session;
  take_seat(author);
  uint64_t round = session->base + 1;
  while (round <= session->last_round && do_round(author, round))
    round++;
  /* One that leaves on its own account does not wait here for the others. */
  if (round <= session->last_round && round != author->leaves_at)
    check_broken(author);
  scene_expect_ok(synched_writer_close(author->writer), "synched_writer_close");
  return NULL;
}

static void *reader_run(void *argument) {
  struct reader *reader = argument;
  struct session *session = reader->session;
  while (!atomic_load_explicit(&session->stopping, memory_order_relaxed)) {
    const struct synched_snapshot *now = synched_snapshot_current(session->scene.memory);
    check_snapshot(session, now);
    for (uint64_t i = stress_below(&reader->random, 4); i > 0; i--)
      stress_dawdle(&reader->random);
    check_snapshot(session, now);
    synched_snapshot_release(now);
    stress_dawdle(&reader->random);
  }
  return NULL;
}

/* --- sessions --- */

static void draw_session(struct session *session, struct stress_random *random) {
  const size_t segment_count = session->scene.segment_count;
  session->base = check_current(session);
  session->last_round =
      session->base + stress_between(random, 1, stress_chance(random, 2) ? 4 : 100);
  session->waits_for_all = stress_chance(random, 2);
  atomic_store_explicit(&session->told, 0, memory_order_relaxed);
  atomic_store_explicit(&session->stopping, false, memory_order_relaxed);
  for (size_t s = 0; s < segment_count; s++)
    session->authors[s] = (struct author){.session = session,
                                          .random = stress_split(random),
                                          .segment = s,
                                          .round = session->base,
                                          .code = -5000 - (int)s};
  for (uint64_t breaks = stress_below(random, 4); breaks > 0; breaks--) {
    struct author *author = &session->authors[stress_below(random, segment_count)];
    uint64_t at = stress_between(random, session->base + 1, session->last_round);
    if (at == session->base + 1 && !session->waits_for_all)
      continue;
    if (stress_chance(random, 2))
      author->leaves_at = at;
    else
      author->fails_at = at;
  }
  session->reader_count = (unsigned)stress_below(random, READERS_MOST + 1);
  for (unsigned r = 0; r < session->reader_count; r++)
    session->readers[r] = (struct reader){.session = session, .random = stress_split(random)};
  stress_case_is("%zu writers, %u leases, %u readers, rounds %" PRIu64 " to %" PRIu64 ", waits %d",
                 segment_count, session->scene.lease_count, session->reader_count,
                 session->base + 1, session->last_round, session->waits_for_all);
}

static void check_session(const struct session *session) {
  const uint64_t round = check_current(session);
  const int told = atomic_load_explicit(&session->told, memory_order_relaxed);
  for (size_t s = 0; s < session->scene.segment_count; s++)
    STRESS_CHECK(session->authors[s].round == round,
                 "round %" PRIu64 " is current, but writer %zu was given %" PRIu64 " last", round,
                 s, session->authors[s].round);
  STRESS_CHECK(told == 0 || round < session->last_round, "a writer is told %d after the last round",
               told);
  session_total++;
  round_total += round - session->base;
  broken_total += round < session->last_round;
}

static void run_session(struct session *session, struct stress_random *random) {
  const size_t segment_count = session->scene.segment_count;
  draw_session(session, random);
  STRESS_CHECK(pthread_barrier_init(&session->all_are_here, NULL, (unsigned)segment_count) == 0,
               "no barrier");
  for (unsigned r = 0; r < session->reader_count; r++)
    stress_thread_start(&session->readers[r].thread, reader_run, &session->readers[r]);
  for (size_t s = 0; s < segment_count; s++)
    stress_thread_start(&session->authors[s].thread, author_run, &session->authors[s]);
  stress_is_at("waits for the writers");
  for (size_t s = 0; s < segment_count; s++)
    stress_thread_join(session->authors[s].thread);
  atomic_store_explicit(&session->stopping, true, memory_order_relaxed);
  for (unsigned r = 0; r < session->reader_count; r++)
    stress_thread_join(session->readers[r].thread);
  (void)pthread_barrier_destroy(&session->all_are_here);
  check_session(session);
}

static int compute(struct synched_task *task, void *user) {
  const struct session *session = user;
  task->count = scene_fill(&session->scene, task->round, task->segment, task->out);
  return 0;
}

/* A job between two sessions: seats and jobs leave the memory to each other in good order. */
static void run_job(struct session *session, struct stress_random *random) {
  struct synched_pool *pool = scene_pool_create(random, 3);
  struct synched_job *job = NULL;
  scene_expect_ok(
      synched_job_create(&job, pool, session->scene.memory,
                         SYNCHED_JOB_OPTIONS(.user = session, .compute = compute,
                                             .round_count = stress_between(random, 1, 5))),
      "synched_job_create");
  scene_expect_ok(synched_job_run(job), "synched_job_run");
  scene_expect_ok(synched_job_destroy(job), "synched_job_destroy");
  scene_pool_destroy(pool);
  session->floor = scene_check_current(&session->scene);
}

static void run_case(struct stress_random *random) {
  static struct session session;
  const struct scene_limits limits = {
      .segments_most = WRITERS_MOST, .capacity_most = CAPACITY_MOST, .leases_most = 3};
  memset(&session, 0, sizeof session);
  scene_memory_create(&session.scene, random, &limits);
  for (uint64_t sessions = stress_between(random, 1, 5); sessions > 0; sessions--) {
    run_session(&session, random);
    if (stress_chance(random, 6))
      run_job(&session, random);
  }
  scene_memory_destroy(&session.scene);
}

int main(int argc, char **argv) {
  stress_begin("writers_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " sessions, %" PRIu64 " rounds, %" PRIu64 " broken off; %" PRIu64
                    " waits for a lease",
                    session_total, round_total, broken_total, busy_total);
}
