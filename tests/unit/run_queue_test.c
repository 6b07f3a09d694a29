/*
 * run_queue_test.c: several jobs on one pool, simulated with a clock of the test's own: whose round
 * is next, and what each of them gets.
 */
#include "dispatch/run_queue.h"
#include "platform/clock.h"

#include <criterion/criterion.h>

#include "job/ticks.h"
#include "support/unit_support.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define JOBS_MAX 8

/* A job of the simulation. */
struct mock {
  struct synched__queue_entry entry; /* first */
  struct synched__ticks ticks;       /* period_ns 0: free-running */
  uint64_t deadline_ns;              /* 0: the period */
  uint64_t work_ns;                  /* that each round takes */
  uint64_t busy_ns;                  /* in all */
  uint64_t round_count;
};

struct machine {
  struct synched__run_queue schedule;
  struct mock *jobs;
  size_t count;
  uint64_t now_ns;
};

static void enter(struct machine *machine, struct mock *job) {
  const uint64_t wanted_ns = job->deadline_ns != 0 ? job->deadline_ns : job->ticks.period_ns;
  if (job->ticks.period_ns == 0)
    synched__run_queue_add_free(&machine->schedule, &job->entry);
  else
    synched__run_queue_add_timed(&machine->schedule, &job->entry, job->ticks.due_ns,
                                 job->ticks.due_ns + wanted_ns);
}

static void machine_init(struct machine *machine, struct mock *jobs, size_t count) {
  *machine = (struct machine){.jobs = jobs, .count = count, .now_ns = 1000 * MS};
  cr_assert_eq(synched__run_queue_reserve(&machine->schedule, count), 0);
  for (size_t i = 0; i < count; i++) {
    if (jobs[i].entry.weight == 0)
      jobs[i].entry.weight = 1;
    if (jobs[i].ticks.period_ns != 0) {
      synched__ticks_reset(&jobs[i].ticks, jobs[i].ticks.period_ns, SYNCHED_OVERRUN_SKIP);
      synched__ticks_start(&jobs[i].ticks, machine->now_ns);
    }
    enter(machine, &jobs[i]);
  }
}

/* One round of whoever is next; NULL: time passes until somebody is due. */
static struct mock *turn(struct machine *machine) {
  struct mock *job = (struct mock *)synched__run_queue_take(&machine->schedule, machine->now_ns);
  if (job == NULL) {
    machine->now_ns = synched__run_queue_recheck_ns(&machine->schedule);
    cr_assert_neq(machine->now_ns, SYNCHED__NEVER);
    return NULL;
  }
  if (job->ticks.period_ns != 0)
    (void)synched__ticks_begin(&job->ticks, machine->now_ns);
  machine->now_ns += job->work_ns;
  job->busy_ns += job->work_ns;
  job->round_count++;
  job->entry.used_ns = job->work_ns;
  if (job->ticks.period_ns != 0)
    synched__ticks_end(&job->ticks, machine->now_ns);
  enter(machine, job);
  return job;
}

static void run_for(struct machine *machine, uint64_t span_ns) {
  const uint64_t end_ns = machine->now_ns + span_ns;
  while (machine->now_ns < end_ns)
    (void)turn(machine);
}

static void machine_end(struct machine *machine) {
  for (size_t i = 0; i < machine->count; i++)
    (void)synched__run_queue_remove(&machine->jobs[i].entry);
  synched__run_queue_free(&machine->schedule);
}

Test(run_queue, long_free_rounds_hold_up_a_1_khz_job_for_no_longer_than_one_of_them) {
  struct mock jobs[] = {{.work_ns = 5 * MS}, {.ticks.period_ns = MS, .work_ns = 50 * US}};
  struct machine machine;
  machine_init(&machine, jobs, LENGTH(jobs));
  run_for(&machine, 10000 * MS);
  cr_assert_lt(jobs[1].ticks.lateness_max_ns, 5 * MS);
  cr_assert_gt(jobs[1].round_count, 1900, "every one that it could have");
  cr_assert_gt(jobs[0].round_count, 1900);
  cr_assert_eq(jobs[1].ticks.started_count + jobs[1].ticks.skipped_count,
               (jobs[1].ticks.due_ns - 1000 * MS) / MS);
  machine_end(&machine);
}

Test(run_queue, short_free_rounds_leave_a_1_khz_job_on_time) {
  struct mock jobs[] = {{.work_ns = 20 * US}, {.ticks.period_ns = MS, .work_ns = 500 * US}};
  struct machine machine;
  machine_init(&machine, jobs, LENGTH(jobs));
  run_for(&machine, 5000 * MS);
  cr_assert_lt(jobs[1].ticks.lateness_max_ns, 20 * US);
  cr_assert_eq(jobs[1].ticks.skipped_count, 0);
  cr_assert_geq(jobs[1].round_count, 4999);
  cr_assert_gt(jobs[0].busy_ns, 2400 * MS, "the free one gets all that is left");
  machine_end(&machine);
}

Test(run_queue, earliest_deadline_goes_first) {
  /* Together 95 %: by deadlines that can be done; in the order of periods, or of their coming, it
   * can't. */
  struct mock jobs[] = {{.ticks.period_ns = 10 * MS, .work_ns = 4 * MS},
                        {.ticks.period_ns = 20 * MS, .deadline_ns = 20 * MS, .work_ns = 5 * MS},
                        {.ticks.period_ns = 40 * MS, .deadline_ns = 12 * MS, .work_ns = 3 * MS}};
  struct machine machine;
  machine_init(&machine, jobs, LENGTH(jobs));
  cr_assert_eq(turn(&machine), &jobs[0]);
  cr_assert_eq(turn(&machine), &jobs[2],
               "whose deadline is nearer than that of the shorter period");
  cr_assert_eq(turn(&machine), &jobs[1]);
  run_for(&machine, 4000 * MS);
  for (size_t i = 0; i < LENGTH(jobs); i++)
    cr_assert_eq(jobs[i].ticks.skipped_count + jobs[i].ticks.overrun_count, 0, "job %zu", i);
  machine_end(&machine);
}

Test(run_queue, free_ones_share_time_by_weight_not_rounds) {
  struct mock jobs[] = {{.entry.weight = 1, .work_ns = 3 * MS},
                        {.entry.weight = 2, .work_ns = 100 * US},
                        {.entry.weight = 5, .work_ns = 700 * US}};
  struct machine machine;
  machine_init(&machine, jobs, LENGTH(jobs));
  run_for(&machine, 80000 * MS);
  const double whole = 80000.0 * (double)MS;
  cr_assert_float_eq((double)jobs[0].busy_ns / whole, 1.0 / 8, 0.001);
  cr_assert_float_eq((double)jobs[1].busy_ns / whole, 2.0 / 8, 0.001);
  cr_assert_float_eq((double)jobs[2].busy_ns / whole, 5.0 / 8, 0.001);
  machine_end(&machine);
}

Test(run_queue, extreme_weights_are_kept_to) {
  struct mock jobs[] = {{.entry.weight = 1, .work_ns = 1 * US},
                        {.entry.weight = 1000, .work_ns = 1 * US}};
  struct machine machine;
  machine_init(&machine, jobs, LENGTH(jobs));
  run_for(&machine, 2000 * MS);
  cr_assert_float_eq((double)jobs[1].busy_ns / (double)jobs[0].busy_ns, 1000.0, 5.0);
  machine_end(&machine);
}

Test(run_queue, who_was_away_saves_up_no_turns) {
  struct mock jobs[] = {{.work_ns = MS}, {.work_ns = MS}};
  struct machine machine;
  machine_init(&machine, jobs, LENGTH(jobs));
  cr_assert(synched__run_queue_remove(&jobs[1].entry));
  run_for(&machine, 1000 * MS);
  enter(&machine, &jobs[1]);
  const uint64_t before = jobs[0].round_count;
  run_for(&machine, 100 * MS);
  cr_assert_geq(jobs[0].round_count - before, 49);
  cr_assert_geq(jobs[1].round_count, 49);
  machine_end(&machine);
}

Test(run_queue, equal_ones_take_turns_in_their_order) {
  struct mock jobs[JOBS_MAX];
  memset(jobs, 0, sizeof jobs);
  for (size_t i = 0; i < JOBS_MAX; i++)
    jobs[i].work_ns = 10;
  struct machine machine;
  machine_init(&machine, jobs, JOBS_MAX);
  for (size_t i = 0; i < 100 * JOBS_MAX; i++)
    cr_assert_eq(turn(&machine), &jobs[i % JOBS_MAX]);
  machine_end(&machine);
}

Test(run_queue, recheck_says_when_to_look_again) {
  struct mock jobs[] = {{.ticks.period_ns = 5 * MS, .work_ns = MS}, {.work_ns = MS}};
  struct machine machine;
  machine_init(&machine, jobs, LENGTH(jobs));
  cr_assert_eq(synched__run_queue_recheck_ns(&machine.schedule), 0, "a free one is there");
  (void)synched__run_queue_remove(&jobs[1].entry);
  cr_assert_eq(synched__run_queue_recheck_ns(&machine.schedule), 1000 * MS);
  cr_assert_eq(turn(&machine), &jobs[0]);
  cr_assert_eq(synched__run_queue_recheck_ns(&machine.schedule), 1005 * MS);
  cr_assert_null(synched__run_queue_take(&machine.schedule, 1005 * MS - 1));
  cr_assert_not_null(synched__run_queue_take(&machine.schedule, 1005 * MS));
  cr_assert_eq(synched__run_queue_recheck_ns(&machine.schedule), SYNCHED__NEVER);
  machine_end(&machine);
}
