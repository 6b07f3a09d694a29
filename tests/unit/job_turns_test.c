/*
 * job_turns_test.c: several jobs on one pool take turns, round by round; several pools go their own
 * ways.
 */
#include <criterion/criterion.h>

#include <uv.h>

#include "support/unit_support.h"
#include "support/witness.h"

#define JOBS 5

/* Which job each round was of, in order. The first round is held up until all jobs have been
 * started. */
struct logbook {
  _Atomic uint32_t all_started;
  _Atomic uint32_t count;
  unsigned char jobs[4096];
};

struct entry {
  struct logbook *logbook;
  unsigned char number;
};

static int log_round(const struct synched_snapshot *now, void *user) {
  const struct entry *entry = ((struct witness *)user)->test;
  uint32_t at = atomic_fetch_add(&entry->logbook->count, 1);
  if (at < sizeof entry->logbook->jobs)
    entry->logbook->jobs[at] = entry->number;
  (void)reaches(&entry->logbook->all_started, 1);
  return witness_on_round(now, user);
}

static void run_together(struct witnessed **jobs, unsigned count, _Atomic uint32_t *all_started) {
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  for (unsigned j = 0; j < count; j++)
    cr_assert_eq(synched_job_start(jobs[j]->engine.job, &loop), 0, "%s", synched_error_message());
  atomic_store(all_started, 1);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
}

static void expect_jobs_together(unsigned worker_count, uint32_t flags) {
  static struct logbook logbook;
  struct synched_pool *pool = pool_new(worker_count);
  struct witnessed *jobs[JOBS];
  struct entry entries[JOBS];
  const uint64_t round_count = at_most(600, 60);
  atomic_store(&logbook.all_started, 0);
  atomic_store(&logbook.count, 0);
  for (unsigned char j = 0; j < JOBS; j++) {
    struct witnessed_options options = {
        .serial = {.segment_count = 3u + 4u * j, .refill = (enum synched_refill)(j % 3)},
        .job = {.on_round = log_round, .round_count = round_count, .flags = flags}};
    entries[j] = (struct entry){&logbook, j};
    jobs[j] = witnessed_new(pool, &options);
    jobs[j]->witness.test = &entries[j];
  }
  run_together(jobs, JOBS, &logbook.all_started);
  cr_assert_eq(atomic_load(&logbook.count), JOBS * round_count);
  /* Each has had its first turn before any of them had its second; from then on they share time,
   * not rounds. */
  for (size_t i = 0; i < JOBS; i++)
    cr_assert_eq(logbook.jobs[i], i, "round %zu of all", i);
  for (unsigned j = 0; j < JOBS; j++) {
    cr_assert_eq(summary_of(jobs[j]->engine.job).round_count, round_count);
    witness_expect(&jobs[j]->witness, jobs[j]->engine.memory, "one of several");
    witnessed_end(jobs[j]);
  }
  pool_end(pool);
}

Test(job_turns, several_on_a_pool_take_turns_and_each_is_right) {
  expect_jobs_together(1, 0);
  expect_jobs_together(2, 0);
  expect_jobs_together(2, SYNCHED_JOB_EAGER);
  expect_jobs_together(7, 0);
}

Test(job_turns, several_on_a_pool_shaken_are_right) {
  synched__schedule_seed(77);
  expect_jobs_together(3, SYNCHED_JOB_EAGER);
  expect_jobs_together(2, 0);
  synched__schedule_seed(0);
}

Test(job_turns, several_pools_do_not_disturb_each_other) {
  struct synched_pool *pools[3] = {pool_new(1), pool_new(2), pool_new(5)};
  struct witnessed *jobs[6];
  for (unsigned j = 0; j < 6; j++) {
    struct witnessed_options options = {
        .serial = {.segment_count = 2u + 5u * j},
        .job = {.round_count = at_most(200, 40),
                .balance = j % 2 == 0 ? SYNCHED_BALANCE_STEAL : SYNCHED_BALANCE_STATIC}};
    jobs[j] = witnessed_new(pools[j % 3], &options);
  }
  _Atomic uint32_t all_started = 0;
  run_together(jobs, 6, &all_started);
  for (unsigned j = 0; j < 6; j++) {
    witness_expect(&jobs[j]->witness, jobs[j]->engine.memory, "on several pools");
    witnessed_end(jobs[j]);
  }
  for (unsigned p = 0; p < 3; p++)
    pool_end(pools[p]);
}
