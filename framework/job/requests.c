/*
 * requests.c: what is asked of a job: accepted on the caller's thread, applied by the job's owner,
 * completed on the loop.
 *
 *   [run-over]  the last run is over, and all of it is seen by who starts or destroys the job, or
 *               is told its state.
 */
#include "job/requests.h"

#include "base/assert.h"
#include "base/error.h"
#include "job/notify.h"
#include "platform/alloc.h"
#include "platform/clock.h"

int synched__requests_init(struct synched__requests *requests) {
  requests->closed = true;
  return synched__mutex_init(&requests->mutex);
}

void synched__requests_deinit(struct synched__requests *requests) {
  synched__requests_free_all(&requests->asked);
  synched__requests_free_all(&requests->proposed);
  synched__requests_free_all(&requests->done);
  synched__mutex_deinit(&requests->mutex);
}

/* A job of several ranks has ended before they could agree on what was asked for on this one. A job
 * that has not been started yet keeps a cancel. */
static void forget_asked(struct synched_job *job, uint32_t state) {
  if ((state & SYNCHED__JOB_ENDED) != 0)
    synched__store_relaxed(&job->work.rank_state, 0);
}

int synched__requests_open(struct synched_job *job, uint32_t *before) {
  struct synched__requests *requests = &job->control.requests;
  const bool paused = (job->setup.options.flags & SYNCHED_JOB_START_PAUSED) != 0;
  synched__mutex_lock(&requests->mutex);
  uint32_t state = synched__load_acquire(&job->work.state); /* [run-over] acquire */
  const bool idle = (state & SYNCHED__JOB_STARTED) == 0;
  if (idle) {
    forget_asked(job, state);
    *before = state & SYNCHED__JOB_ENDED;
    synched__store_relaxed(&job->work.state,
                           (state & SYNCHED__JOB_CANCELLED) | SYNCHED__JOB_STARTED);
    requests->accepted = paused ? SYNCHED_JOB_PAUSED : SYNCHED_JOB_RUNNING;
    requests->closed = false;
    synched__job_move(job, SYNCHED__WHERE_STARTING);
    requests->paused = paused;
    requests->steps_left = 0;
  }
  synched__mutex_unlock(&requests->mutex);
  return idle ? 0 : synched__fail(SYNCHED_EBUSY, "the job is running");
}

int synched__requests_open_advance(struct synched_job *job, bool *begins) {
  struct synched__requests *requests = &job->control.requests;
  synched__mutex_lock(&requests->mutex);
  const uint32_t state = synched__load_acquire(&job->work.state); /* [run-over] acquire */
  const bool idle = (state & SYNCHED__JOB_STARTED) == 0;
  if (idle) {
    forget_asked(job, state);
    synched__store_relaxed(&job->work.state,
                           (state & SYNCHED__JOB_CANCELLED) | SYNCHED__JOB_STARTED);
    requests->accepted = SYNCHED_JOB_RUNNING;
    requests->closed = false;
    requests->paused = false;
    requests->steps_left = 0;
    synched__requests_free_all(&requests->done); /* nobody is told */
    *begins = !job->advance.goes_on;
    synched__job_move(job, SYNCHED__WHERE_STARTING);
    if (!*begins)
      synched__job_move(job, SYNCHED__WHERE_OWNED);
    job->advance.goes_on = false;
    job->advance.is_on = true;
  }
  synched__mutex_unlock(&requests->mutex);
  return idle ? 0 : synched__fail(SYNCHED_EBUSY, "the job is running");
}

void synched__requests_publish_advances(struct synched_job *job) {
  synched__mutex_lock(&job->control.requests.mutex);
  /* [run-over] acquire */
  const bool is_over = synched__load_acquire(&job->work.state) == SYNCHED__JOB_ENDED;
  if (is_over && job->advance.goes_on)
    synched__advance_publish(job);
  synched__mutex_unlock(&job->control.requests.mutex);
}

void synched__requests_undo_open(struct synched_job *job, uint32_t before) {
  struct synched__requests *requests = &job->control.requests;
  synched__mutex_lock(&requests->mutex);
  const uint32_t state = synched__load_relaxed(&job->work.state);
  synched__store_relaxed(&job->work.state, (state & SYNCHED__JOB_CANCELLED) | before);
  (void)synched__and_relaxed(&job->work.rank_state, SYNCHED__RANK_CANCEL);
  synched__job_move(job, SYNCHED__WHERE_IDLE);
  requests->closed = true;
  synched__requests_free_all(&requests->asked);
  synched__requests_free_all(&requests->proposed);
  synched__mutex_unlock(&requests->mutex);
}

void synched__requests_ready(struct synched_job *job) {
  synched__mutex_lock(&job->control.requests.mutex);
  synched__job_move(job, SYNCHED__WHERE_OWNED);
  synched__mutex_unlock(&job->control.requests.mutex);
}

/* --- completing; with the mutex held, by the owner --- */

static void complete(struct synched__requests *requests, struct synched__request *request,
                     int status, uint64_t round) {
  request->steered.status = status;
  request->steered.round = round;
  synched__request_append(&requests->done, request);
}

static void end_step(struct synched__requests *requests, int status, uint64_t round) {
  if (requests->step != NULL)
    complete(requests, requests->step, status, round);
  requests->step = NULL;
  requests->steps_left = 0;
}

/* A periodic job keeps its phase over a pause. */
static void resume(struct synched_job *job) {
  /* Else it is not accepted; but another rank's may have come before this one. */
  SYNCHED_ASSERT(job->control.requests.paused || job->work.link != NULL);
  if (job->pace.ticks.begun && job->control.requests.paused)
    synched__ticks_realign(&job->pace.ticks, synched__clock_ns());
  job->control.requests.paused = false;
}

/* Of a job that is bound to no pool. */
static uint64_t round_of(const struct synched_job *job) {
  return job->work.memory->pair.current->snapshot.round;
}

/* Applies a call; `request` is what is to be completed then, NULL: nothing, for it was made on
 * another rank. true: it is complete. */
static bool apply(struct synched_job *job, const struct synched_steered *what,
                  struct synched__request *request) {
  struct synched__requests *requests = &job->control.requests;
  const uint64_t value = what->value;
  switch (what->call) {
  case SYNCHED_STEER_PAUSE:
    end_step(requests, SYNCHED_ECANCELED, round_of(job));
    requests->paused = true;
    return true;
  case SYNCHED_STEER_RESUME:
    end_step(requests, SYNCHED_ECANCELED, round_of(job));
    resume(job);
    return true;
  case SYNCHED_STEER_STEP:
    requests->step = request;
    requests->steps_left = value;
    return false;
  case SYNCHED_STEER_PERIOD:
    synched__ticks_set_period(&job->pace.ticks, value, synched__clock_ns());
    job->setup.options.period_ns = value;
    return true;
  case SYNCHED_STEER_WEIGHT:
    job->entry.weight = (unsigned)value;
    job->setup.options.weight = (unsigned)value;
    return true;
  }
  return true;
}

/* --- applying: the owner --- */

/* The state that calls meet on this rank, when those have effect that it has proposed. */
static enum synched_job_state state_after(const struct synched__requests *requests) {
  enum synched_job_state state = !requests->paused           ? SYNCHED_JOB_RUNNING
                                 : requests->steps_left == 0 ? SYNCHED_JOB_PAUSED
                                                             : SYNCHED_JOB_STEPPING;
  const struct synched__request *request = requests->proposed.first;
  for (; request != NULL; request = request->next) {
    if (request->steered.call == SYNCHED_STEER_PAUSE)
      state = SYNCHED_JOB_PAUSED;
    else if (request->steered.call == SYNCHED_STEER_RESUME)
      state = SYNCHED_JOB_RUNNING;
    else if (request->steered.call == SYNCHED_STEER_STEP)
      state = SYNCHED_JOB_STEPPING;
  }
  return state;
}

/* Takes the one that has been agreed on from those proposed. What is before it waits for another
 * step to end, and this one has overtaken it. */
static struct synched__request *take_said(struct synched_job *job) {
  struct synched__requests *requests = &job->control.requests;
  struct synched__request *request = synched__request_take_first(&requests->proposed);
  while (request != NULL && request != requests->said) {
    complete(requests, request, SYNCHED_ECANCELED, round_of(job));
    request = synched__request_take_first(&requests->proposed);
  }
  SYNCHED_ASSERT(request != NULL);
  return request;
}

/* What is proposed next, if it is a step; else NULL. */
static struct synched__request *take_proposed_step(struct synched__requests *requests) {
  const struct synched__request *next = requests->proposed.first;
  return next != NULL && next->steered.call == SYNCHED_STEER_STEP
             ? synched__request_take_first(&requests->proposed)
             : NULL;
}

/* Steps of this rank that meet a job which runs, for another rank has let it go on. */
static void end_proposed_steps(struct synched_job *job) {
  struct synched__requests *requests = &job->control.requests;
  struct synched__request *step;
  while (!requests->paused && (step = take_proposed_step(requests)) != NULL)
    complete(requests, step, SYNCHED_ECANCELED, round_of(job));
}

/* What all ranks have agreed on; with the mutex held. */
static bool apply_agreed(struct synched_job *job) {
  struct synched__requests *requests = &job->control.requests;
  if (!requests->is_agreed)
    return false;
  requests->is_agreed = false;
  struct synched__request *request = requests->is_own ? take_said(job) : NULL;
  if (apply(job, &requests->agreed, request) && request != NULL)
    complete(requests, request, 0, round_of(job));
  end_proposed_steps(job);
  if (requests->proposed.first == NULL)
    (void)synched__and_relaxed(&job->work.rank_state, ~(uint32_t)SYNCHED__RANK_STEER);
  requests->accepted = state_after(requests);
  return true;
}

/* With the mutex held. */
static bool apply_all(struct synched_job *job) {
  struct synched__requests *requests = &job->control.requests;
  struct synched__request *request;
  /* Set under the mutex only, so what was asked before is in the list. */
  (void)synched__and_relaxed(&job->work.state, ~(uint32_t)SYNCHED__JOB_STEERED);
  bool any = apply_agreed(job);
  while ((request = synched__request_take_first(&requests->asked)) != NULL) {
    if (apply(job, &request->steered, request)) {
      complete(requests, request, 0, round_of(job));
      any = true;
    }
  }
  return any;
}

/* Of a job on several ranks, which is nowhere else while it is paused. */
static void record_pause(struct synched_job *job, bool is_paused) {
  struct synched__record *record = job->work.record;
  if (is_paused && record->paused_since_ns == 0) {
    record->paused_since_ns = synched__tick_ns();
  } else if (!is_paused && record->paused_since_ns != 0) {
    record->gap.paused_ns += synched__span_ns(record->paused_since_ns, synched__tick_ns());
    record->paused_since_ns = 0;
  }
}

enum synched__next_step synched__requests_apply(struct synched_job *job) {
  struct synched__requests *requests = &job->control.requests;
  synched__mutex_lock(&requests->mutex);
  bool completes = false;
  if ((synched__load_relaxed(&job->work.state) & SYNCHED__JOB_STEERED) != 0)
    completes = apply_all(job);
  /* All that was asked before we took the mutex; who asks later finds the job where it is then: see
   * synched__requests_unpark. */
  const uint32_t state = synched__load_relaxed(&job->work.state);
  const bool ends = (state & (SYNCHED__JOB_CANCELLED | SYNCHED__JOB_STOPPING)) != 0;
  const bool is_paused = !ends && requests->paused && requests->steps_left == 0;
  const bool parks = is_paused && job->work.link == NULL;
  /* While we are in here, the loop does not let go of the job: it may be taken as soon as it is
   * parked. The loop has no more to wait for then, which it is to see. */
  if (completes || parks)
    synched__job_notify(job);
  if (is_paused && job->control.wait.since_ns != 0)
    synched__buffer_wait_end(job); /* from here on it is not a buffer that it waits for */
  if (job->work.link != NULL)
    record_pause(job, is_paused);
  if (parks) {
    job->work.record->paused_since_ns = synched__tick_ns();
    synched__job_move(job, SYNCHED__WHERE_PARKED);
  }
  synched__mutex_unlock(&requests->mutex);
  if (ends)
    return (state & SYNCHED__JOB_CANCELLED) != 0 ? SYNCHED__NEXT_CANCEL : SYNCHED__NEXT_STOP;
  return parks ? SYNCHED__NEXT_PARKED : SYNCHED__NEXT_RUN;
}

void synched__requests_close(struct synched_job *job) {
  struct synched__requests *requests = &job->control.requests;
  struct synched__request *request;
  synched__mutex_lock(&requests->mutex);
  requests->closed = true;
  requests->is_agreed = false;
  end_step(requests, SYNCHED_ECANCELED, round_of(job));
  while ((request = synched__request_take_first(&requests->asked)) != NULL)
    complete(requests, request, SYNCHED_ECANCELED, round_of(job));
  while ((request = synched__request_take_first(&requests->proposed)) != NULL)
    complete(requests, request, SYNCHED_ECANCELED, round_of(job));
  synched__mutex_unlock(&requests->mutex);
}

/* The next step may have been accepted before the one under way is over, if a pause came between
 * the two. */
static bool is_step_asked(const struct synched__requests *requests) {
  const struct synched__request *request = requests->asked.first;
  while (request != NULL && request->steered.call != SYNCHED_STEER_STEP)
    request = request->next;
  return request != NULL;
}

void synched__requests_count_rounds(struct synched_job *job, uint64_t round, uint64_t count) {
  struct synched__requests *requests = &job->control.requests;
  if (requests->steps_left == 0 || (requests->steps_left -= count) != 0)
    return;
  synched__mutex_lock(&requests->mutex);
  end_step(requests, 0, round);
  if (job->work.link != NULL)
    requests->accepted = state_after(requests);
  else if (requests->accepted == SYNCHED_JOB_STEPPING && !is_step_asked(requests))
    requests->accepted = SYNCHED_JOB_PAUSED;
  synched__mutex_unlock(&requests->mutex);
  synched__job_notify(job);
}

/* --- agreeing: the leader --- */

bool synched__requests_say(struct synched_job *job, struct synched_steered *out) {
  struct synched__requests *requests = &job->control.requests;
  const bool can_step = requests->paused && requests->steps_left == 0;
  synched__mutex_lock(&requests->mutex);
  const struct synched__request *request = requests->proposed.first;
  while (request != NULL && request->steered.call == SYNCHED_STEER_STEP && !can_step)
    request = request->next;
  requests->said = request;
  if (request != NULL)
    *out = request->steered;
  synched__mutex_unlock(&requests->mutex);
  return request != NULL;
}

void synched__requests_agree(struct synched_job *job, const struct synched_steered *what,
                             bool is_own) {
  struct synched__requests *requests = &job->control.requests;
  synched__mutex_lock(&requests->mutex);
  SYNCHED_ASSERT(!requests->is_agreed);
  requests->is_agreed = true;
  requests->is_own = is_own;
  requests->agreed = *what;
  (void)synched__or_seq_cst(&job->work.state, SYNCHED__JOB_STEERED); /* [asked] seq_cst */
  synched__mutex_unlock(&requests->mutex);
}

struct synched__request_list synched__requests_take_done(struct synched_job *job) {
  struct synched__requests *requests = &job->control.requests;
  synched__mutex_lock(&requests->mutex);
  const struct synched__request_list done = requests->done;
  requests->done = (struct synched__request_list){.first = NULL};
  synched__mutex_unlock(&requests->mutex);
  return done;
}

bool synched__requests_have_parked(struct synched_job *job) {
  synched__mutex_lock(&job->control.requests.mutex);
  const bool is_parked = synched__where_is(&job->control.where) == SYNCHED__WHERE_PARKED;
  synched__mutex_unlock(&job->control.requests.mutex);
  return is_parked;
}

enum synched__parking synched__requests_unpark(struct synched_job *job) {
  struct synched__requests *requests = &job->control.requests;
  synched__mutex_lock(&requests->mutex);
  const enum synched__where where = synched__where_is(&job->control.where);
  if (where == SYNCHED__WHERE_PARKED) {
    struct synched__record *record = job->work.record;
    synched__job_move(job, SYNCHED__WHERE_OWNED);
    record->gap.paused_ns += synched__span_ns(record->paused_since_ns, synched__tick_ns());
  }
  synched__mutex_unlock(&requests->mutex);
  return where == SYNCHED__WHERE_STARTING ? SYNCHED__PARKING_STARTING
         : where == SYNCHED__WHERE_PARKED ? SYNCHED__PARKING_TAKEN
                                          : SYNCHED__PARKING_NOT;
}

/* --- accepting --- */

/* What the table in <synched/job.h> says of a call in the state that it meets. */
static int judge(enum synched_steer call, enum synched_job_state state) {
  const bool changes = call == SYNCHED_STEER_PERIOD || call == SYNCHED_STEER_WEIGHT;
  switch (state) {
  case SYNCHED_JOB_READY:
    return changes ? 0 : SYNCHED_ENOENT;
  case SYNCHED_JOB_RUNNING:
    return call == SYNCHED_STEER_RESUME ? SYNCHED_EALREADY
           : call == SYNCHED_STEER_STEP ? SYNCHED_EBUSY
                                        : 0;
  case SYNCHED_JOB_PAUSED:
    return call == SYNCHED_STEER_PAUSE ? SYNCHED_EALREADY : 0;
  case SYNCHED_JOB_STEPPING:
    return call == SYNCHED_STEER_STEP ? SYNCHED_EBUSY : 0;
  case SYNCHED_JOB_ENDED:
    return changes ? 0 : SYNCHED_EALREADY;
  case SYNCHED_JOB_ENDING:
    return SYNCHED_EALREADY;
  }
  return SYNCHED_EINVAL;
}

static const char *const state_texts[] = {
    [SYNCHED_JOB_READY] = "has not been started", [SYNCHED_JOB_RUNNING] = "is not paused",
    [SYNCHED_JOB_PAUSED] = "is paused already",   [SYNCHED_JOB_STEPPING] = "computes a step",
    [SYNCHED_JOB_ENDING] = "is about to end",     [SYNCHED_JOB_ENDED] = "has ended",
};

static int refuse(int status, const char *call, enum synched_job_state state) {
  return synched__fail(status, "%s: the job %s", call, state_texts[state]);
}

/* What this rank has asked for, of a job of several ranks, before all of them have agreed on it. */
static bool is_asked_here(const struct synched_job *job, uint32_t bits) {
  return (synched__load_relaxed(&job->work.rank_state) & bits) != 0;
}

/* With the mutex held. */
static enum synched_job_state state_of(const struct synched_job *job) {
  const uint32_t state = synched__load_acquire(&job->work.state); /* [run-over] acquire */
  if ((state & SYNCHED__JOB_ENDED) != 0)
    return SYNCHED_JOB_ENDED;
  if ((state & SYNCHED__JOB_STARTED) == 0)
    return SYNCHED_JOB_READY;
  if (job->control.requests.closed ||
      (state & (SYNCHED__JOB_CANCELLED | SYNCHED__JOB_STOPPING)) != 0 ||
      is_asked_here(job, SYNCHED__RANK_CANCEL | SYNCHED__RANK_STOP))
    return SYNCHED_JOB_ENDING;
  return job->control.requests.accepted;
}

/* Whether other ranks do the same. A weight is a matter of one rank's pool. */
static bool needs_agreement(const struct synched_job *job, enum synched_steer call) {
  return job->work.link != NULL && call != SYNCHED_STEER_WEIGHT;
}

/* With the mutex held: a call that the table allows, on a job that is started. */
static void enqueue(struct synched_job *job, struct synched__request *request) {
  struct synched__requests *requests = &job->control.requests;
  switch (request->steered.call) {
  case SYNCHED_STEER_PAUSE:
    requests->accepted = SYNCHED_JOB_PAUSED;
    break;
  case SYNCHED_STEER_RESUME:
    requests->accepted = SYNCHED_JOB_RUNNING;
    break;
  case SYNCHED_STEER_STEP:
    requests->accepted = SYNCHED_JOB_STEPPING;
    break;
  case SYNCHED_STEER_PERIOD:
  case SYNCHED_STEER_WEIGHT:
    break;
  }
  if (needs_agreement(job, request->steered.call)) {
    synched__request_append(&requests->proposed, request);
    (void)synched__or_relaxed(&job->work.rank_state, SYNCHED__RANK_STEER);
    return;
  }
  synched__request_append(&requests->asked, request);
  (void)synched__or_seq_cst(&job->work.state, SYNCHED__JOB_STEERED); /* [asked] seq_cst */
}

/* A change to a job that does not run: for its next run. */
static void set_at_rest(struct synched_job *job, enum synched_steer call, uint64_t value) {
  if (call == SYNCHED_STEER_PERIOD)
    job->setup.options.period_ns = value;
  else
    job->setup.options.weight = (unsigned)value;
}

static const char *const call_names[] = {
    [SYNCHED_STEER_PAUSE] = "pause",       [SYNCHED_STEER_RESUME] = "resume",
    [SYNCHED_STEER_STEP] = "step",         [SYNCHED_STEER_PERIOD] = "set_period",
    [SYNCHED_STEER_WEIGHT] = "set_weight",
};

int synched__requests_accept(struct synched_job *job, struct synched__request **request) {
  const enum synched_steer call = (*request)->steered.call;
  synched__mutex_lock(&job->control.requests.mutex);
  const enum synched_job_state state = state_of(job);
  const int status = judge(call, state);
  const bool at_rest = state == SYNCHED_JOB_READY || state == SYNCHED_JOB_ENDED;
  if (status != 0) {
    (void)refuse(status, call_names[call], state);
  } else if (at_rest) {
    set_at_rest(job, call, (*request)->steered.value);
  } else {
    enqueue(job, *request);
    *request = NULL;
  }
  synched__mutex_unlock(&job->control.requests.mutex);
  return status;
}

enum synched_job_state synched__requests_state(struct synched_job *job) {
  synched__mutex_lock(&job->control.requests.mutex);
  const enum synched_job_state state = state_of(job);
  synched__mutex_unlock(&job->control.requests.mutex);
  return state;
}

/* --- accepting what ends a job --- */

static bool is_cancelled(struct synched_job *job) {
  return synched__work_is_cancelled(&job->work) || is_asked_here(job, SYNCHED__RANK_CANCEL);
}

/* With the mutex held: a call that ends the job is accepted. A rank does not end it by itself. */
static void note_end(struct synched_job *job, uint32_t bit) {
  if (job->work.link == NULL)
    (void)synched__or_seq_cst(&job->work.state, bit); /* [asked] seq_cst */
  else
    (void)synched__or_relaxed(&job->work.rank_state, bit == SYNCHED__JOB_CANCELLED
                                                         ? SYNCHED__RANK_CANCEL
                                                         : SYNCHED__RANK_STOP);
}

/* The same of the two calls that end a job; with the mutex held. */
static int judge_end(struct synched_job *job, uint32_t bit, enum synched_job_state state) {
  const bool cancels = bit == SYNCHED__JOB_CANCELLED;
  const bool cancelled = is_cancelled(job);
  if (state == SYNCHED_JOB_READY && !cancels)
    return SYNCHED_ENOENT;
  /* Of a job that is about to end well the open round can still be dropped. */
  const bool over = state == SYNCHED_JOB_ENDED ||
                    (state == SYNCHED_JOB_ENDING && (!cancels || job->control.requests.closed));
  return over || cancelled ? SYNCHED_EALREADY : 0;
}

int synched__requests_accept_end(struct synched_job *job, uint32_t bit, bool *is_started) {
  struct synched__requests *requests = &job->control.requests;
  const char *const call = bit == SYNCHED__JOB_CANCELLED ? "cancel" : "stop";
  synched__mutex_lock(&requests->mutex);
  const enum synched_job_state state = state_of(job);
  const bool was_cancelled = is_cancelled(job);
  const int status = judge_end(job, bit, state);
  if (status == 0)
    note_end(job, bit);
  else
    (void)synched__fail(status, "%s: the job %s", call,
                        was_cancelled ? "was cancelled before" : state_texts[state]);
  synched__mutex_unlock(&requests->mutex);
  *is_started = status == 0 && state != SYNCHED_JOB_READY;
  return status;
}
