/*
 * job_lease_test.c: snapshots that are kept while rounds go on, and jobs that wait for one to be
 * given back.
 */
#include <criterion/criterion.h>

#include <sched.h>

#include "platform/clock.h"
#include "support/unit_support.h"
#include "support/witness.h"

#define KEPT_MAX 16

/* --- keeping --- */

/* Snapshots that on_round retains, and what they said then. */
struct holder {
  const uint64_t *rounds; /* which ones, ascending */
  size_t round_count;
  size_t kept_count;
  const struct synched_snapshot *kept[KEPT_MAX];
  uint64_t sums[KEPT_MAX];
  uint64_t last_round; /* on_round stops here */
};

static int write_round(struct synched_task *task, void *user) {
  uint64_t *out = task->out;
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] = task->round * 1000 + task->segment * 10 + i;
  task->count = task->capacity - task->round % 2;
  task->contribution = (double)task->round;
  return 0;
}

/* Whether a snapshot is what write_round writes in its round, all of it. */
static bool is_whole(const struct synched_snapshot *snapshot) {
  for (size_t s = 0; s < snapshot->segment_count; s++) {
    const uint64_t *elements = synched_snapshot_segment(snapshot, s);
    for (size_t i = 0; snapshot->round != 0 && i < snapshot->counts[s]; i++)
      if (elements[i] != snapshot->round * 1000 + s * 10 + i)
        return false;
  }
  return true;
}

static int keep_some(const struct synched_snapshot *now, void *user) {
  struct holder *holder = user;
  if (holder->kept_count < holder->round_count &&
      now->round == holder->rounds[holder->kept_count]) {
    holder->sums[holder->kept_count] = snapshot_sum(now);
    holder->kept[holder->kept_count] = synched_snapshot_retain(now);
    holder->kept_count++;
  }
  return now->round >= holder->last_round ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

static void expect_kept(const struct holder *holder) {
  for (size_t i = 0; i < holder->kept_count; i++) {
    cr_assert_eq(holder->kept[i]->round, holder->rounds[i]);
    cr_assert_eq(snapshot_sum(holder->kept[i]), holder->sums[i], "round %u has changed",
                 (unsigned)holder->rounds[i]);
    cr_assert(is_whole(holder->kept[i]));
  }
}

static struct engine keeping_engine(struct holder *holder, unsigned worker_count,
                                    unsigned lease_count) {
  return engine_new(pool_new(worker_count),
                    SYNCHED_MEMORY_OPTIONS(.segment_count = 6, .segment_capacity = 8,
                                           .element_size = sizeof(uint64_t),
                                           .lease_count = lease_count),
                    SYNCHED_JOB_OPTIONS(.compute = write_round, .on_round = keep_some,
                                        .user = holder, .fold = SYNCHED_FOLD_MAX));
}

Test(job_lease, retained_snapshots_stay_unchanged_over_thousands_of_rounds) {
  static const uint64_t rounds[] = {1, 2, 17, 500};
  for (unsigned worker_count = 1; worker_count <= 3; worker_count++) {
    struct holder holder = {
        .rounds = rounds, .round_count = LENGTH(rounds), .last_round = at_most(5000, 600)};
    struct engine engine = keeping_engine(&holder, worker_count, LENGTH(rounds));
    const struct synched_snapshot *initial = synched_snapshot_current(engine.memory);
    synched_snapshot_release(initial); /* all leases are for on_round */
    cr_assert_eq(synched_job_run(engine.job), 0);
    cr_assert_eq(holder.kept_count, LENGTH(rounds));
    expect_kept(&holder);
    holder.last_round += 100;
    cr_assert_eq(synched_job_run(engine.job), 0);
    expect_kept(&holder);
    cr_assert_eq(summary_of(engine.job).lease_wait_count, 0, "leases were enough");
    cr_assert_eq(synched_job_destroy(engine.job), 0);
    expect_kept(&holder);
    expect_refused(synched_memory_destroy(engine.memory), SYNCHED_EBUSY, "retained");
    for (size_t i = 0; i < holder.kept_count; i++)
      synched_snapshot_release(holder.kept[i]);
    memory_end(engine.memory);
    pool_end(engine.pool);
  }
}

/* Readers on threads of their own take the current snapshot whenever they like. */
struct reader {
  struct synched_memory *memory;
  _Atomic uint32_t *ended;
  uint64_t reads;
  unsigned torn, backwards;
};

static void *read_on(void *argument) {
  struct reader *reader = argument;
  uint64_t last_round = 0;
  while (atomic_load(reader->ended) == 0) {
    const struct synched_snapshot *now = synched_snapshot_current(reader->memory);
    uint64_t sum = snapshot_sum(now);
    reader->torn += !is_whole(now);
    reader->backwards += now->round < last_round;
    last_round = now->round;
    reader->torn += snapshot_sum(now) != sum;
    synched_snapshot_release(now);
    reader->reads++;
  }
  return NULL;
}

Test(job_lease, current_snapshots_of_other_threads_are_whole_and_in_order) {
  _Atomic uint32_t ended = 0;
  struct holder holder = {.last_round = at_most(6000, 300)};
  struct engine engine = keeping_engine(&holder, 2, 3);
  struct crew crew = {0};
  struct reader readers[2];
  for (unsigned i = 0; i < 2; i++) {
    readers[i] = (struct reader){.memory = engine.memory, .ended = &ended};
    crew_add(&crew, read_on, &readers[i]);
  }
  synched__schedule_seed(5);
  cr_assert_eq(synched_job_run(engine.job), 0);
  synched__schedule_seed(0);
  atomic_store(&ended, 1);
  crew_join(&crew);
  for (unsigned i = 0; i < 2; i++) {
    cr_assert_eq(readers[i].torn, 0, "%u torn of %u", readers[i].torn, (unsigned)readers[i].reads);
    cr_assert_eq(readers[i].backwards, 0);
  }
  cr_assert_eq(memory_round(engine.memory), holder.last_round);
  engine_end_with_pool(&engine);
}

/* --- when all leases are taken --- */

/* on_round keeps every snapshot, so that the job soon has nothing to write to. */
struct hoarder {
  _Atomic uint32_t round; /* the last that was published */
  uint32_t hoarded_count;
  uint32_t limit; /* keeps no more than so many */
  const struct synched_snapshot *hoard[KEPT_MAX];
  uint64_t sums[KEPT_MAX];
};

static int hoard_round(const struct synched_snapshot *now, void *user) {
  struct hoarder *hoarder = user;
  if (hoarder->hoarded_count < hoarder->limit) {
    hoarder->sums[hoarder->hoarded_count] = snapshot_sum(now);
    hoarder->hoard[hoarder->hoarded_count++] = synched_snapshot_retain(now);
  }
  atomic_store(&hoarder->round, (uint32_t)now->round);
  return SYNCHED_CONTINUE;
}

/* A job on a thread of its own. */
static void *run_job(void *argument) {
  struct engine *engine = argument;
  (void)synched_job_run(engine->job); /* the report has its status */
  return NULL;
}

static struct engine hoarding_engine(struct hoarder *hoarder, unsigned lease_count,
                                     uint64_t round_count) {
  return engine_new(pool_new(2),
                    SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 8,
                                           .element_size = sizeof(uint64_t),
                                           .lease_count = lease_count),
                    SYNCHED_JOB_OPTIONS(.compute = write_round, .on_round = hoard_round,
                                        .user = hoarder, .round_count = round_count));
}

static void release_all(const struct hoarder *hoarder, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++)
    synched_snapshot_release(hoarder->hoard[i]);
}

static bool reaches_at_least(_Atomic uint32_t *number, uint32_t wanted) {
  for (unsigned ms = 0; ms < HANG_SECONDS * 1000 && atomic_load(number) < wanted; ms++)
    nap_ms(1);
  return atomic_load(number) >= wanted;
}

/* What is hoarded, from the first that has not been given back, is as it was. */
static void expect_kept_apart(const struct hoarder *hoarder, uint32_t from) {
  for (uint32_t i = from; i < hoarder->hoarded_count; i++) {
    cr_assert_eq(hoarder->hoard[i]->round, i + 1);
    cr_assert_eq(snapshot_sum(hoarder->hoard[i]), hoarder->sums[i], "round %u has changed", i + 1);
  }
}

/* The job has got as far as buffers go, and gets no further. */
static void expect_stuck(struct hoarder *hoarder, struct synched_memory *memory, uint32_t round) {
  cr_assert(memory_awaits_buffer(memory), "at round %u", (unsigned)atomic_load(&hoarder->round));
  cr_assert_eq(atomic_load(&hoarder->round), round);
}

Test(job_lease, job_waits_when_they_are_used_up_and_goes_on_after_releases) {
  for (unsigned lease_count = 0; lease_count <= 5; lease_count++) {
    const uint32_t buffer_count = lease_count + 2;
    struct hoarder hoarder = {.limit = buffer_count};
    struct engine engine = hoarding_engine(&hoarder, lease_count, buffer_count + 100);
    struct crew crew = {0};
    const uint64_t begin_ns = synched__clock_ns();
    crew_add(&crew, run_job, &engine);
    expect_stuck(&hoarder, engine.memory, buffer_count);
    expect_kept_apart(&hoarder, 0);
    nap_ms(10); /* this wait is most of all the time; the next one does not count it again */
    synched_snapshot_release(hoarder.hoard[0]);
    hoarder.hoard[0] = NULL;
    /* One more round is all: its snapshot is current, and the others are still kept, one too
     * many. */
    expect_stuck(&hoarder, engine.memory, buffer_count + 1);
    expect_kept_apart(&hoarder, 1);
    expect_refused(synched_job_destroy(engine.job), SYNCHED_EBUSY, "running");
    release_all(&hoarder, 1, 2);
    crew_join(&crew);
    struct synched_report_summary summary = summary_of(engine.job);
    cr_assert_eq(summary.status, 0);
    cr_assert_eq(summary.round_count, buffer_count + 100);
    cr_assert_eq(summary.lease_wait_count, 2, "%u leases", lease_count);
    cr_assert_gt(summary.lease_wait_ns, 0);
    cr_assert_leq(summary.lease_wait_ns, synched__clock_ns() - begin_ns);
    expect_kept_apart(&hoarder, 2);
    release_all(&hoarder, 2, hoarder.hoarded_count);
    engine_end_with_pool(&engine);
  }
}

Test(job_lease, cancel_ends_a_job_that_waits) {
  struct hoarder hoarder = {.limit = 3};
  struct engine engine = hoarding_engine(&hoarder, 1, 0);
  struct crew crew = {0};
  crew_add(&crew, run_job, &engine);
  expect_stuck(&hoarder, engine.memory, 3);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  crew_join(&crew);
  struct synched_report_summary summary = summary_of(engine.job);
  cr_assert_eq(summary.status, SYNCHED_ECANCELED);
  cr_assert_eq(summary.round_count, 3);
  cr_assert_eq(memory_round(engine.memory), 3);
  cr_assert_eq(atomic_load(&hoarder.round), 3);
  expect_kept_apart(&hoarder, 0);
  /* Started again it waits again, with the leases still taken. */
  crew_add(&crew, run_job, &engine);
  expect_stuck(&hoarder, engine.memory, 3);
  release_all(&hoarder, 0, 3);
  cr_assert(reaches_at_least(&hoarder.round, 50));
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  crew_join(&crew);
  engine_end_with_pool(&engine);
}

Test(job_lease, job_that_waits_does_not_keep_others_from_their_turns) {
  struct hoarder hoarder = {.limit = 3};
  struct engine engine = hoarding_engine(&hoarder, 1, 10);
  struct crew crew = {0};
  crew_add(&crew, run_job, &engine);
  expect_stuck(&hoarder, engine.memory, 3);
  struct witnessed_options options = {.serial = {.segment_count = 7}, .job = {.round_count = 200}};
  struct witnessed *other = witnessed_new(engine.pool, &options);
  cr_assert_eq(synched_job_run(other->engine.job), 0);
  witness_expect(&other->witness, other->engine.memory, "beside one that waits");
  witnessed_end(other);
  cr_assert_eq(atomic_load(&hoarder.round), 3);
  release_all(&hoarder, 0, 3);
  crew_join(&crew);
  cr_assert_eq(memory_round(engine.memory), 10);
  engine_end_with_pool(&engine);
}

/* --- releases and cancellations that come at any moment --- */

/* on_round passes every snapshot on to a thread that releases it. */
struct relay {
  _Atomic uint32_t passed_count;
  _Atomic uint32_t ended;
  _Atomic(const struct synched_snapshot *) passed[KEPT_MAX];
  unsigned wrong_count;
};

static int pass_on(const struct synched_snapshot *now, void *user) {
  struct relay *relay = user;
  uint32_t at = atomic_load(&relay->passed_count) % KEPT_MAX;
  atomic_store(&relay->passed[at], synched_snapshot_retain(now));
  (void)atomic_fetch_add(&relay->passed_count, 1);
  return SYNCHED_CONTINUE;
}

static void *release_passed(void *argument) {
  struct relay *relay = argument;
  for (uint32_t taken = 0;
       atomic_load(&relay->ended) == 0 || taken < atomic_load(&relay->passed_count);) {
    if (taken == atomic_load(&relay->passed_count)) {
      (void)sched_yield();
      continue;
    }
    const struct synched_snapshot *passed = atomic_load(&relay->passed[taken % KEPT_MAX]);
    relay->wrong_count += passed->round != taken + 1 || !is_whole(passed);
    synched_snapshot_release(passed);
    taken++;
  }
  return NULL;
}

Test(job_lease, releases_on_another_thread_always_wake_the_job) {
  for (unsigned lease_count = 0; lease_count <= 2; lease_count++) {
    struct relay relay = {0};
    struct engine engine = engine_new(
        pool_new(2 + lease_count),
        SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 4,
                               .element_size = sizeof(uint64_t), .lease_count = lease_count),
        SYNCHED_JOB_OPTIONS(.compute = write_round, .on_round = pass_on, .user = &relay,
                            .round_count = at_most(3000, 200)));
    struct crew crew = {0};
    synched__schedule_seed(31 + lease_count);
    crew_add(&crew, release_passed, &relay);
    cr_assert_eq(synched_job_run(engine.job), 0);
    synched__schedule_seed(0);
    atomic_store(&relay.ended, 1);
    crew_join(&crew);
    cr_assert_eq(relay.wrong_count, 0);
    engine_end_with_pool(&engine);
  }
}

static void *cancel_job(void *argument) {
  struct engine *engine = argument;
  (void)synched_job_cancel(engine->job);
  return NULL;
}

static void *release_hoard(void *argument) {
  release_all(argument, 0, 3);
  return NULL;
}

Test(job_lease, cancel_and_release_at_once_end_the_job_once) {
  struct synched_pool *pool = pool_new(2);
  for (unsigned repeat = 0; repeat < at_most(150, 10); repeat++) {
    struct hoarder hoarder = {.limit = 3};
    struct engine engine = engine_new(
        pool,
        SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 8,
                               .element_size = sizeof(uint64_t), .lease_count = 1),
        SYNCHED_JOB_OPTIONS(.compute = write_round, .on_round = hoard_round, .user = &hoarder));
    struct crew crew = {0};
    crew_add(&crew, run_job, &engine);
    cr_assert(reaches(&hoarder.round, 3));
    synched__schedule_seed(1000 + repeat);
    crew_add(&crew, release_hoard, &hoarder);
    crew_add(&crew, cancel_job, &engine);
    crew_join(&crew);
    synched__schedule_seed(0);
    cr_assert_eq(summary_of(engine.job).status, SYNCHED_ECANCELED);
    cr_assert_geq(memory_round(engine.memory), 3);
    engine_end(&engine);
  }
  pool_end(pool);
}
