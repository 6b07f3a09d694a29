/*
 * requests_test.c: the table of requests.h as a state machine, without a pool that computes: each
 * call in each state, what accepting it answers and leads to, and what the owner does about it.
 * The test is caller and owner in one. What the same calls do to a job that computes is
 * job_steer_test.c's.
 */
#include "job/requests.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "job/job.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "support/local_ranks.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- a job, in one of the states that calls can meet --- */

/* The states of <synched/job.h>, where ENDING is three. */
enum meets {
  READY,
  RUNNING,
  PAUSED,
  STEPPING, /* two more rounds of three */
  STOPPED,  /* a stop has been accepted, */
  CANCELLED,
  CLOSED, /* or the end has begun, and on_done has not been called */
  ENDED,
  MEETS
};

static const char *const meets_names[MEETS] = {"READY",   "RUNNING",   "PAUSED", "STEPPING",
                                               "STOPPED", "CANCELLED", "CLOSED", "ENDED"};

/* What calls say of them. */
static const enum synched_job_state public_states[MEETS] = {
    SYNCHED_JOB_READY,  SYNCHED_JOB_RUNNING, SYNCHED_JOB_PAUSED, SYNCHED_JOB_STEPPING,
    SYNCHED_JOB_ENDING, SYNCHED_JOB_ENDING,  SYNCHED_JOB_ENDING, SYNCHED_JOB_ENDED};

enum call { PAUSE, RESUME, STEP, PERIOD, WEIGHT, STOP, CANCEL, CALLS };

static const char *const call_names[CALLS] = {"pause",      "resume", "step",  "set_period",
                                              "set_weight", "stop",   "cancel"};

static const uint64_t call_values[CALLS] = {[STEP] = 2, [PERIOD] = 5000000, [WEIGHT] = 7};

/* Rounds of the step that a job in STEPPING computes. */
#define STEPS 3u

static struct synched_pool *pool;

static struct engine job_new(uint32_t flags) {
  return engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1, .flags = flags));
}

static void open_run(struct synched_job *job) {
  uint32_t before;
  cr_assert_eq(synched__requests_open(job, &before), 0);
  cr_assert_eq(synched__requests_unpark(job), SYNCHED__PARKING_STARTING);
  synched__requests_ready(job);
  cr_assert_eq(synched__requests_unpark(job), SYNCHED__PARKING_NOT);
}

/* As api/steer.c makes it; *applies: an owner is to apply it. */
static int make(struct synched_job *job, enum call call, bool *applies) {
  *applies = false;
  if (call == STOP || call == CANCEL)
    return synched__requests_accept_end(
        job, call == STOP ? SYNCHED__JOB_STOPPING : SYNCHED__JOB_CANCELLED, applies);
  static const enum synched_steer steers[] = {
      [PAUSE] = SYNCHED_STEER_PAUSE,   [RESUME] = SYNCHED_STEER_RESUME, [STEP] = SYNCHED_STEER_STEP,
      [PERIOD] = SYNCHED_STEER_PERIOD, [WEIGHT] = SYNCHED_STEER_WEIGHT,
  };
  struct synched__request *request = synched__alloc(1, sizeof *request);
  cr_assert_not_null(request);
  request->steered = (struct synched_steered){.call = steers[call], .value = call_values[call]};
  const int status = synched__requests_accept(job, &request);
  *applies = request == NULL;
  synched__free(request);
  return status;
}

static void must_make(struct synched_job *job, enum call call) {
  bool applies;
  cr_assert_eq(make(job, call, &applies), 0, "%s", synched_error_message());
}

/* The owner's part; a parked job is taken first. */
static enum synched__next_step apply(struct synched_job *job) {
  const bool parked = synched__where_is(&job->control.where) == SYNCHED__WHERE_PARKED;
  cr_assert_eq(synched__requests_unpark(job),
               parked ? SYNCHED__PARKING_TAKEN : SYNCHED__PARKING_NOT);
  return synched__requests_apply(job);
}

static void enter_stepping(struct synched_job *job) {
  must_make(job, STEP);
  job->control.requests.asked.first->steered.value = STEPS;
  cr_assert_eq(apply(job), SYNCHED__NEXT_RUN);
  synched__requests_count_rounds(job, 1, 1);
}

static struct engine job_in(enum meets meets) {
  const bool paused = meets == PAUSED || meets == STEPPING;
  struct engine engine = job_new(paused ? SYNCHED_JOB_START_PAUSED : 0);
  struct synched_job *job = engine.job;
  if (meets == ENDED)
    cr_assert_eq(synched_job_run(job), 0);
  if (meets == READY || meets == ENDED)
    return engine;
  open_run(job);
  cr_assert_eq(apply(job), paused ? SYNCHED__NEXT_PARKED : SYNCHED__NEXT_RUN);
  if (meets == STEPPING)
    enter_stepping(job);
  else if (meets == STOPPED || meets == CANCELLED)
    must_make(job, meets == STOPPED ? STOP : CANCEL);
  else if (meets == CLOSED)
    synched__requests_close(job);
  return engine;
}

/* The end of a run that never was. */
static void job_end(struct engine *engine) {
  struct synched_job *job = engine->job;
  if ((synched__load_relaxed(&job->work.state) & SYNCHED__JOB_STARTED) != 0) {
    (void)synched__requests_unpark(job);
    synched__requests_close(job);
    synched__job_move(job, SYNCHED__WHERE_RELEASED);
    synched__store_relaxed(&job->work.state, SYNCHED__JOB_ENDED);
  }
  engine_end(engine);
}

/* What has been completed, in the loop's words: "step ECANCELED, pause OK"; how many. */
static unsigned take_completions(struct synched_job *job, char *text, size_t bytes) {
  struct synched__request_list completed = synched__requests_take_done(job);
  struct synched__request *request;
  unsigned count = 0;
  size_t length = 0;
  text[0] = '\0';
  while ((request = synched__request_take_first(&completed)) != NULL) {
    static const enum call calls[] = {
        [SYNCHED_STEER_PAUSE] = PAUSE,   [SYNCHED_STEER_RESUME] = RESUME,
        [SYNCHED_STEER_STEP] = STEP,     [SYNCHED_STEER_PERIOD] = PERIOD,
        [SYNCHED_STEER_WEIGHT] = WEIGHT,
    };
    length += (size_t)snprintf(text + length, bytes - length, "%s%s %s", count++ == 0 ? "" : ", ",
                               call_names[calls[request->steered.call]],
                               synched_err_name(request->steered.status));
    cr_assert_lt(length, bytes);
    synched__free(request);
  }
  return count;
}

/* --- the table --- */

/* What is applied. */
enum does { NOTHING, RUN, PARK, STOP_IT, CANCEL_IT };

static const enum synched__next_step next_steps[] = {
    [RUN] = SYNCHED__NEXT_RUN,
    [PARK] = SYNCHED__NEXT_PARKED,
    [STOP_IT] = SYNCHED__NEXT_STOP,
    [CANCEL_IT] = SYNCHED__NEXT_CANCEL,
};

struct cell {
  int status;
  enum meets after;        /* what calls meet then */
  enum does does;          /* the owner, when it applies; NOTHING: the job has none */
  const char *completions; /* by then */
  uint64_t steps_left;
};

#define NONE SYNCHED_ENOENT
#define BUSY SYNCHED_EBUSY
#define OVER SYNCHED_EALREADY

static const struct cell table[CALLS][MEETS] = {
    [PAUSE] = {[READY] = {NONE, READY, NOTHING, "", 0},
               [RUNNING] = {0, PAUSED, PARK, "pause OK", 0},
               [PAUSED] = {OVER, PAUSED, PARK, "", 0},
               [STEPPING] = {0, PAUSED, PARK, "step ECANCELED, pause OK", 0},
               [STOPPED] = {OVER, STOPPED, STOP_IT, "", 0},
               [CANCELLED] = {OVER, CANCELLED, CANCEL_IT, "", 0},
               [CLOSED] = {OVER, CLOSED, NOTHING, "", 0},
               [ENDED] = {OVER, ENDED, NOTHING, "", 0}},
    [RESUME] = {[READY] = {NONE, READY, NOTHING, "", 0},
                [RUNNING] = {OVER, RUNNING, RUN, "", 0},
                [PAUSED] = {0, RUNNING, RUN, "resume OK", 0},
                [STEPPING] = {0, RUNNING, RUN, "step ECANCELED, resume OK", 0},
                [STOPPED] = {OVER, STOPPED, STOP_IT, "", 0},
                [CANCELLED] = {OVER, CANCELLED, CANCEL_IT, "", 0},
                [CLOSED] = {OVER, CLOSED, NOTHING, "", 0},
                [ENDED] = {OVER, ENDED, NOTHING, "", 0}},
    [STEP] = {[READY] = {NONE, READY, NOTHING, "", 0},
              [RUNNING] = {BUSY, RUNNING, RUN, "", 0},
              [PAUSED] = {0, STEPPING, RUN, "", 2},
              [STEPPING] = {BUSY, STEPPING, RUN, "", STEPS - 1},
              [STOPPED] = {OVER, STOPPED, STOP_IT, "", 0},
              [CANCELLED] = {OVER, CANCELLED, CANCEL_IT, "", 0},
              [CLOSED] = {OVER, CLOSED, NOTHING, "", 0},
              [ENDED] = {OVER, ENDED, NOTHING, "", 0}},
    [PERIOD] = {[READY] = {0, READY, NOTHING, "", 0},
                [RUNNING] = {0, RUNNING, RUN, "set_period OK", 0},
                [PAUSED] = {0, PAUSED, PARK, "set_period OK", 0},
                [STEPPING] = {0, STEPPING, RUN, "set_period OK", STEPS - 1},
                [STOPPED] = {OVER, STOPPED, STOP_IT, "", 0},
                [CANCELLED] = {OVER, CANCELLED, CANCEL_IT, "", 0},
                [CLOSED] = {OVER, CLOSED, NOTHING, "", 0},
                [ENDED] = {0, ENDED, NOTHING, "", 0}},
    [WEIGHT] = {[READY] = {0, READY, NOTHING, "", 0},
                [RUNNING] = {0, RUNNING, RUN, "set_weight OK", 0},
                [PAUSED] = {0, PAUSED, PARK, "set_weight OK", 0},
                [STEPPING] = {0, STEPPING, RUN, "set_weight OK", STEPS - 1},
                [STOPPED] = {OVER, STOPPED, STOP_IT, "", 0},
                [CANCELLED] = {OVER, CANCELLED, CANCEL_IT, "", 0},
                [CLOSED] = {OVER, CLOSED, NOTHING, "", 0},
                [ENDED] = {0, ENDED, NOTHING, "", 0}},
    /* The step under way is completed by the end. */
    [STOP] = {[READY] = {NONE, READY, NOTHING, "", 0},
              [RUNNING] = {0, STOPPED, STOP_IT, "", 0},
              [PAUSED] = {0, STOPPED, STOP_IT, "", 0},
              [STEPPING] = {0, STOPPED, STOP_IT, "", STEPS - 1},
              [STOPPED] = {OVER, STOPPED, STOP_IT, "", 0},
              [CANCELLED] = {OVER, CANCELLED, CANCEL_IT, "", 0},
              [CLOSED] = {OVER, CLOSED, NOTHING, "", 0},
              [ENDED] = {OVER, ENDED, NOTHING, "", 0}},
    [CANCEL] = {[READY] = {0, READY, NOTHING, "", 0},
                [RUNNING] = {0, CANCELLED, CANCEL_IT, "", 0},
                [PAUSED] = {0, CANCELLED, CANCEL_IT, "", 0},
                [STEPPING] = {0, CANCELLED, CANCEL_IT, "", STEPS - 1},
                [STOPPED] = {0, CANCELLED, CANCEL_IT, "", 0},
                [CANCELLED] = {OVER, CANCELLED, CANCEL_IT, "", 0},
                [CLOSED] = {OVER, CLOSED, NOTHING, "", 0},
                [ENDED] = {OVER, ENDED, NOTHING, "", 0}},
};

/* Whether an owner is to apply a call that was accepted. */
static bool has_owner(enum meets meets) {
  return meets != READY && meets != CLOSED && meets != ENDED;
}

static void expect_applied(struct synched_job *job, const struct cell *cell, const char *what) {
  char completions[128];
  if (cell->does != NOTHING)
    cr_assert_eq(apply(job), next_steps[cell->does], "%s: what the owner does", what);
  (void)take_completions(job, completions, sizeof completions);
  cr_assert_str_eq(completions, cell->completions, "%s: completed: %s", what, completions);
  cr_assert_eq(job->control.requests.steps_left, cell->steps_left, "%s", what);
  cr_assert_eq(synched__requests_state(job), public_states[cell->after], "%s: applied", what);
  cr_assert_eq(synched__where_is(&job->control.where) == SYNCHED__WHERE_PARKED, cell->does == PARK,
               "%s", what);
}

static void expect_cell(enum call call, enum meets meets) {
  const struct cell *cell = &table[call][meets];
  struct engine engine = job_in(meets);
  char what[64];
  (void)snprintf(what, sizeof what, "%s in %s", call_names[call], meets_names[meets]);
  cr_assert_eq(synched__requests_state(engine.job), public_states[meets], "%s", what);
  bool applies;
  (void)synched__fail(0, "nothing was said");
  const int status = make(engine.job, call, &applies);
  cr_assert_eq(status, cell->status, "%s: %s", what, synched_err_name(status));
  cr_assert_eq(strcmp(synched_error_message(), "nothing was said") == 0, status == 0, "%s: %s",
               what, synched_error_message());
  cr_assert_eq(applies, status == 0 && has_owner(meets), "%s: an owner is to apply it", what);
  cr_assert_eq(synched__requests_state(engine.job), public_states[cell->after], "%s: accepted",
               what);
  expect_applied(engine.job, cell, what);
  job_end(&engine);
}

static void expect_row(enum call call) {
  pool = pool_new(1);
  for (enum meets meets = 0; meets < MEETS; meets++)
    expect_cell(call, meets);
  pool_end(pool);
}

Test(requests, pause_in_every_state) {
  expect_row(PAUSE);
}

Test(requests, resume_in_every_state) {
  expect_row(RESUME);
}

Test(requests, step_in_every_state) {
  expect_row(STEP);
}

Test(requests, set_period_in_every_state) {
  expect_row(PERIOD);
}

Test(requests, set_weight_in_every_state) {
  expect_row(WEIGHT);
}

Test(requests, stop_in_every_state) {
  expect_row(STOP);
}

Test(requests, cancel_in_every_state) {
  expect_row(CANCEL);
}

/* --- several calls before the owner comes to apply them --- */

/* A call meets what the calls before lead to, applied or not; none of them is lost, or completed
 * twice. */
static void expect_three(enum meets start, const enum call *calls) {
  struct engine engine = job_in(start);
  enum meets meets = start;
  unsigned accepted_count = start == STEPPING ? 1 : 0;
  char what[96];
  (void)snprintf(what, sizeof what, "%s, %s, %s in %s", call_names[calls[0]], call_names[calls[1]],
                 call_names[calls[2]], meets_names[start]);
  for (unsigned i = 0; i < 3; i++) {
    const struct cell *cell = &table[calls[i]][meets];
    bool applies;
    cr_assert_eq(make(engine.job, calls[i], &applies), cell->status, "%s: call %u", what, i);
    accepted_count += cell->status == 0 && calls[i] != STOP && calls[i] != CANCEL;
    meets = cell->after;
    cr_assert_eq(synched__requests_state(engine.job), public_states[meets], "%s: call %u", what, i);
  }
  /* What a refused call would see the owner do: nothing new. */
  const enum call refused = meets == RUNNING ? RESUME : meets == STEPPING ? STEP : PAUSE;
  cr_assert_eq(apply(engine.job), next_steps[table[refused][meets].does], "%s", what);
  char completions[256];
  unsigned count = take_completions(engine.job, completions, sizeof completions);
  (void)synched__requests_unpark(engine.job);
  synched__requests_close(engine.job);
  count += take_completions(engine.job, completions, sizeof completions);
  cr_assert_eq(count, accepted_count, "%s", what);
  job_end(&engine);
}

Test(requests, calls_meet_what_the_calls_before_lead_to) {
  pool = pool_new(1);
  for (enum meets start = RUNNING; start <= STEPPING; start++)
    for (enum call a = 0; a < CALLS; a++)
      for (enum call b = 0; b < CALLS; b++)
        for (enum call c = 0; c < CALLS; c++)
          expect_three(start, (const enum call[]){a, b, c});
  pool_end(pool);
}

/* --- the lines of the table that no call is in --- */

Test(requests, last_round_of_a_step_completes_it_and_parks_the_job) {
  pool = pool_new(1);
  struct engine engine = job_in(STEPPING);
  struct synched__requests *requests = &engine.job->control.requests;
  char completions[64];
  synched__requests_count_rounds(engine.job, 2, 1);
  cr_assert_eq(take_completions(engine.job, completions, sizeof completions), 0, "one is left");
  synched__requests_count_rounds(engine.job, 3, 1);
  cr_assert_eq(requests->done.first->steered.round, 3);
  cr_assert_eq(requests->done.first->steered.value, STEPS);
  (void)take_completions(engine.job, completions, sizeof completions);
  cr_assert_str_eq(completions, "step OK");
  cr_assert_eq(synched__requests_state(engine.job), SYNCHED_JOB_PAUSED);
  cr_assert_eq(apply(engine.job), SYNCHED__NEXT_PARKED);
  job_end(&engine);
  pool_end(pool);
}

Test(requests, last_round_of_a_step_leaves_what_was_accepted_meanwhile) {
  static const struct {
    enum call calls[2];
    unsigned call_count;
    enum meets after;
    enum does does;
    const char *completions;
  } rows[] = {
      {{PAUSE}, 1, PAUSED, PARK, "step OK, pause OK"},
      {{RESUME}, 1, RUNNING, RUN, "step OK, resume OK"},
      {{PAUSE, STEP}, 2, STEPPING, RUN, "step OK, pause OK"},
      {{RESUME, PAUSE}, 2, PAUSED, PARK, "step OK, resume OK, pause OK"},
      {{WEIGHT}, 1, PAUSED, PARK, "step OK, set_weight OK"},
      {{STOP}, 1, STOPPED, STOP_IT, "step OK"},
      {{CANCEL}, 1, CANCELLED, CANCEL_IT, "step OK"},
  };
  pool = pool_new(1);
  for (size_t r = 0; r < LENGTH(rows); r++) {
    struct engine engine = job_in(STEPPING);
    char completions[128];
    for (unsigned i = 0; i < rows[r].call_count; i++)
      must_make(engine.job, rows[r].calls[i]);
    synched__requests_count_rounds(engine.job, 2, 1);
    synched__requests_count_rounds(engine.job, 3, 1);
    cr_assert_eq(synched__requests_state(engine.job), public_states[rows[r].after], "row %zu", r);
    cr_assert_eq(apply(engine.job), next_steps[rows[r].does], "row %zu", r);
    (void)take_completions(engine.job, completions, sizeof completions);
    cr_assert_str_eq(completions, rows[r].completions, "row %zu: %s", r, completions);
    job_end(&engine);
  }
  pool_end(pool);
}

Test(requests, resume_keeps_the_phase_of_ticks) {
  pool = pool_new(1);
  struct engine engine = job_in(PAUSED);
  struct synched__ticks *ticks = &engine.job->pace.ticks;
  const uint64_t period_ns = 1000000000;
  const uint64_t due_ns = synched__clock_ns() - 10 * period_ns;
  synched__ticks_reset(ticks, period_ns, SYNCHED_OVERRUN_SKIP);
  synched__ticks_start(ticks, due_ns);
  must_make(engine.job, RESUME);
  cr_assert_eq(apply(engine.job), SYNCHED__NEXT_RUN);
  cr_assert_gt(ticks->due_ns, due_ns);
  cr_assert_eq((ticks->due_ns - due_ns) % period_ns, 0);
  cr_assert_eq(ticks->skipped_count, 0, "ticks during a pause never were");
  job_end(&engine);
  pool_end(pool);
}

Test(requests, changes_take_effect_at_rest_and_when_applied) {
  pool = pool_new(1);
  for (enum meets meets = READY; meets <= ENDED;
       meets += meets == STEPPING ? ENDED - STEPPING : 1) {
    struct engine engine = job_in(meets);
    const struct synched_job_options *options = &engine.job->setup.options;
    must_make(engine.job, PERIOD);
    must_make(engine.job, WEIGHT);
    const bool at_once = meets == READY || meets == ENDED;
    cr_assert_eq(options->period_ns, at_once ? call_values[PERIOD] : 0, "%s", meets_names[meets]);
    cr_assert_eq(options->weight, at_once ? call_values[WEIGHT] : 1, "%s", meets_names[meets]);
    if (!at_once)
      (void)apply(engine.job);
    cr_assert_eq(options->period_ns, call_values[PERIOD]);
    cr_assert_eq(options->weight, call_values[WEIGHT]);
    cr_assert_eq(at_once || engine.job->pace.ticks.period_ns == call_values[PERIOD], true);
    cr_assert_eq(at_once || engine.job->entry.weight == call_values[WEIGHT], true);
    job_end(&engine);
  }
  pool_end(pool);
}

Test(requests, cancel_before_the_start_ends_the_run_at_once) {
  pool = pool_new(1);
  struct engine engine = job_in(READY);
  must_make(engine.job, CANCEL);
  open_run(engine.job);
  cr_assert_eq(synched__requests_state(engine.job), SYNCHED_JOB_ENDING);
  cr_assert_eq(apply(engine.job), SYNCHED__NEXT_CANCEL);
  job_end(&engine);
  pool_end(pool);
}

Test(requests, start_that_comes_to_nothing_leaves_the_job_as_it_was) {
  pool = pool_new(1);
  static const enum meets starts[] = {READY, ENDED};
  for (size_t i = 0; i < LENGTH(starts); i++) {
    struct engine engine = job_in(starts[i]);
    uint32_t before;
    cr_assert_eq(synched__requests_open(engine.job, &before), 0);
    expect_refused(synched__requests_open(engine.job, &before), SYNCHED_EBUSY, "running");
    must_make(engine.job, PAUSE);
    must_make(engine.job, CANCEL);
    synched__requests_undo_open(engine.job, before);
    cr_assert_eq(synched__requests_state(engine.job), public_states[starts[i]]);
    char completions[64];
    cr_assert_eq(take_completions(engine.job, completions, sizeof completions), 0);
    /* But it stays cancelled. */
    open_run(engine.job);
    cr_assert_eq(apply(engine.job), SYNCHED__NEXT_CANCEL);
    job_end(&engine);
  }
  pool_end(pool);
}

/* --- on one of several ranks, whose agreements the test makes --- */

struct ranked {
  struct local_ranks *ranks;
  struct synched_cluster *cluster;
  struct engine engine;
};

static struct ranked ranked_new(uint32_t flags) {
  struct ranked ranked = {.ranks = local_ranks_new(1, 0)};
  cr_assert_not_null(ranked.ranks);
  const struct synched_transport transport = local_ranks_transport(ranked.ranks, 0);
  cr_assert_eq(synched_cluster_create_over(&ranked.cluster, &transport, NULL), 0);
  pool = pool_new(1);
  ranked.engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1, .flags = flags,
                          .cluster = ranked.cluster));
  open_run(ranked.engine.job);
  cr_assert_eq(apply(ranked.engine.job), SYNCHED__NEXT_RUN);
  return ranked;
}

static void ranked_end(struct ranked *ranked) {
  job_end(&ranked->engine);
  pool_end(pool);
  cr_assert_eq(synched_cluster_destroy(ranked->cluster), 0);
  local_ranks_end(ranked->ranks);
}

/* What this rank says, if anything, is what all agree on; and is applied. */
static bool agree_on_own(struct synched_job *job) {
  struct synched_steered said;
  if (!synched__requests_say(job, &said))
    return false;
  synched__requests_agree(job, &said, true);
  cr_assert_eq(apply(job), SYNCHED__NEXT_RUN);
  return true;
}

static void agree_on_others(struct synched_job *job, enum synched_steer call, uint64_t value) {
  const struct synched_steered said = {.call = call, .value = value};
  struct synched_steered own;
  (void)synched__requests_say(job, &own);
  synched__requests_agree(job, &said, false);
  cr_assert_eq(apply(job), SYNCHED__NEXT_RUN);
}

static void expect_completions(struct synched_job *job, const char *expected) {
  char completions[128];
  (void)take_completions(job, completions, sizeof completions);
  cr_expect_str_eq(completions, expected);
}

/* A weight is a matter of this rank's pool. */
Test(requests, weight_of_one_rank_needs_no_agreement) {
  struct ranked ranked = ranked_new(0);
  struct synched_job *job = ranked.engine.job;
  struct synched_steered said;
  must_make(job, WEIGHT);
  cr_expect_not(synched__requests_say(job, &said));
  cr_expect_eq(apply(job), SYNCHED__NEXT_RUN);
  expect_completions(job, "set_weight OK");
  cr_expect_eq(job->entry.weight, call_values[WEIGHT]);
  ranked_end(&ranked);
}

/* Both have let the job go on; what comes second has nothing left to do, and ticks keep their
 * phase. */
Test(requests, resume_that_meets_a_job_which_goes_on_changes_nothing) {
  struct ranked ranked = ranked_new(SYNCHED_JOB_START_PAUSED);
  struct synched_job *job = ranked.engine.job;
  struct synched__ticks *ticks = &job->pace.ticks;
  const uint64_t due_ns = synched__clock_ns() - 5000000000;
  synched__ticks_reset(ticks, 1000000000, SYNCHED_OVERRUN_SKIP);
  synched__ticks_start(ticks, due_ns);
  must_make(job, RESUME);
  agree_on_others(job, SYNCHED_STEER_RESUME, 0);
  const uint64_t realigned_ns = ticks->due_ns;
  cr_expect_gt(realigned_ns, due_ns);
  expect_completions(job, "");
  ticks->due_ns = due_ns;
  cr_expect(agree_on_own(job));
  cr_expect_eq(ticks->due_ns, due_ns);
  expect_completions(job, "resume OK");
  cr_expect_eq(synched__requests_state(job), SYNCHED_JOB_RUNNING);
  ranked_end(&ranked);
}

/* This rank's step waits for the end of another one's, and its pause does not. */
Test(requests, pause_overtakes_a_step_that_waits_for_another_ranks) {
  struct ranked ranked = ranked_new(SYNCHED_JOB_START_PAUSED);
  struct synched_job *job = ranked.engine.job;
  must_make(job, STEP);
  agree_on_others(job, SYNCHED_STEER_STEP, 5);
  cr_expect_eq(job->control.requests.steps_left, 5);
  cr_expect_not(agree_on_own(job), "the step waits");
  must_make(job, PAUSE);
  cr_expect(agree_on_own(job));
  expect_completions(job, "step ECANCELED, pause OK");
  cr_expect_eq(job->control.requests.steps_left, 0);
  cr_expect_eq(synched__requests_state(job), SYNCHED_JOB_PAUSED);
  ranked_end(&ranked);
}

/* What this rank has proposed is what its calls meet, but for what changes no state. */
Test(requests, calls_meet_what_this_rank_has_proposed) {
  struct ranked ranked = ranked_new(SYNCHED_JOB_START_PAUSED);
  struct synched_job *job = ranked.engine.job;
  must_make(job, PERIOD);
  must_make(job, STEP);
  agree_on_others(job, SYNCHED_STEER_PERIOD, 1000000);
  cr_expect_eq(synched__requests_state(job), SYNCHED_JOB_STEPPING);
  must_make(job, PAUSE);
  agree_on_others(job, SYNCHED_STEER_PERIOD, 2000000);
  cr_expect_eq(synched__requests_state(job), SYNCHED_JOB_PAUSED);
  must_make(job, RESUME);
  agree_on_others(job, SYNCHED_STEER_PERIOD, 3000000);
  cr_expect_eq(synched__requests_state(job), SYNCHED_JOB_RUNNING);
  cr_expect_eq(job->pace.ticks.period_ns, 3000000);
  expect_completions(job, "");
  ranked_end(&ranked);
}

/* The end comes before all ranks have heard of them. */
Test(requests, end_completes_what_was_proposed) {
  struct ranked ranked = ranked_new(0);
  struct synched_job *job = ranked.engine.job;
  must_make(job, PAUSE);
  must_make(job, PERIOD);
  must_make(job, CANCEL);
  cr_expect_eq(synched__requests_state(job), SYNCHED_JOB_ENDING);
  (void)synched__requests_unpark(job);
  synched__requests_close(job);
  expect_completions(job, "pause ECANCELED, set_period ECANCELED");
  ranked_end(&ranked);
}
