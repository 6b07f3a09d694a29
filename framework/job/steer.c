/*
 * steer.c: what is asked of a job: accepted on the caller's thread, done by who has the job, completed on the loop.
 */
#include "base/error.h"
#include "job/job.h"
#include "platform/alloc.h"
#include "platform/clock.h"

int synched__steer_init(struct synched__steer *steer) {
  steer->closed = true;
  return synched__mutex_init(&steer->mutex);
}

static void append(struct synched__requests *requests, struct synched__request *request) {
  request->next = NULL;
  if (requests->last != NULL)
    requests->last->next = request;
  else
    requests->first = request;
  requests->last = request;
}

static struct synched__request *take_first(struct synched__requests *requests) {
  struct synched__request *first = requests->first;
  if (first == NULL)
    return NULL;
  requests->first = first->next;
  if (first->next == NULL)
    requests->last = NULL;
  return first;
}

static void free_all(struct synched__requests *requests) {
  struct synched__request *request;
  while ((request = take_first(requests)) != NULL)
    synched__free(request);
}

void synched__steer_deinit(struct synched__steer *steer) {
  free_all(&steer->asked);
  free_all(&steer->done);
  synched__mutex_deinit(&steer->mutex);
}

int synched__steer_open(struct synched_job *job, uint32_t *before) {
  struct synched__steer *steer = &job->steer;
  const bool paused = (job->options.flags & SYNCHED_JOB_START_PAUSED) != 0;
  synched__mutex_lock(&steer->mutex);
  /* Acquire: pairs with the store before on_done in loop/deliver.c. */
  uint32_t state = synched__load_acquire(&job->state);
  const bool idle = (state & SYNCHED__JOB_STARTED) == 0;
  if (idle) {
    *before = state & SYNCHED__JOB_ENDED;
    synched__store_relaxed(&job->state, (state & SYNCHED__JOB_CANCELLED) | SYNCHED__JOB_STARTED);
    steer->accepted = paused ? SYNCHED_JOB_PAUSED : SYNCHED_JOB_RUNNING;
    steer->closed = false;
    steer->starting = true;
    steer->parked = false;
    steer->paused = paused;
    steer->steps_left = 0;
  }
  synched__mutex_unlock(&steer->mutex);
  return idle ? 0 : synched__fail(SYNCHED_EBUSY, "the job is running");
}

void synched__steer_reopen(struct synched_job *job, uint32_t before) {
  struct synched__steer *steer = &job->steer;
  synched__mutex_lock(&steer->mutex);
  const uint32_t state = synched__load_relaxed(&job->state);
  synched__store_relaxed(&job->state, (state & SYNCHED__JOB_CANCELLED) | before);
  steer->closed = true;
  free_all(&steer->asked);
  synched__mutex_unlock(&steer->mutex);
}

void synched__steer_ready(struct synched_job *job) {
  synched__mutex_lock(&job->steer.mutex);
  job->steer.starting = false;
  synched__mutex_unlock(&job->steer.mutex);
}

/* --- completing; with the mutex held, by who has the job --- */

static void complete(struct synched__steer *steer, struct synched__request *request, int status,
                     uint64_t round) {
  request->steered.status = status;
  request->steered.round = round;
  append(&steer->done, request);
}

static void end_step(struct synched__steer *steer, int status, uint64_t round) {
  if (steer->step != NULL)
    complete(steer, steer->step, status, round);
  steer->step = NULL;
  steer->steps_left = 0;
}

/* A periodic job keeps its phase over a pause. */
static void resume(struct synched_job *job) {
  if (job->steer.paused && job->ticks.begun)
    synched__ticks_realign(&job->ticks, synched__clock_ns());
  job->steer.paused = false;
}

/* Of a job that does not occupy its pool. */
static uint64_t round_of(const struct synched_job *job) {
  return job->memory->roles.current->snapshot.round;
}

/* true: it is complete. */
static bool obey(struct synched_job *job, struct synched__request *request) {
  struct synched__steer *steer = &job->steer;
  const uint64_t value = request->steered.value;
  switch (request->steered.call) {
  case SYNCHED_STEER_PAUSE:
    end_step(steer, SYNCHED_ECANCELED, round_of(job));
    steer->paused = true;
    return true;
  case SYNCHED_STEER_RESUME:
    end_step(steer, SYNCHED_ECANCELED, round_of(job));
    resume(job);
    return true;
  case SYNCHED_STEER_STEP:
    steer->step = request;
    steer->steps_left = value;
    return false;
  case SYNCHED_STEER_PERIOD:
    synched__ticks_set_period(&job->ticks, value, synched__clock_ns());
    job->options.period_ns = value;
    return true;
  case SYNCHED_STEER_WEIGHT:
    job->entry.weight = (unsigned)value;
    job->options.weight = (unsigned)value;
    return true;
  }
  return true;
}

/* --- by who has the job --- */

/* With the mutex held. */
static bool obey_all(struct synched_job *job) {
  struct synched__steer *steer = &job->steer;
  struct synched__request *request;
  bool any = false;
  /* Set under the mutex only, so what was asked before is in the list. */
  (void)synched__and_seq_cst(&job->state, ~(uint32_t)SYNCHED__JOB_STEERED);
  while ((request = take_first(&steer->asked)) != NULL) {
    if (obey(job, request)) {
      complete(steer, request, 0, round_of(job));
      any = true;
    }
  }
  return any;
}

bool synched__steer_settle(struct synched_job *job) {
  struct synched__steer *steer = &job->steer;
  synched__mutex_lock(&steer->mutex);
  bool rings = false;
  if ((synched__load_relaxed(&job->state) & SYNCHED__JOB_STEERED) != 0)
    rings = obey_all(job);
  /* Sequentially consistent with parked, by way of the mutex: see `stir`. */
  const uint32_t state = synched__load_seq_cst(&job->state);
  const bool ends = (state & (SYNCHED__JOB_CANCELLED | SYNCHED__JOB_STOPPING)) != 0;
  const bool parks = !ends && steer->paused && steer->steps_left == 0;
  /* While we are in here, the loop does not let go of the job: it may be taken as soon as it is parked. */
  if (rings)
    synched__job_ring(job);
  if (parks && job->stall.since_ns != 0)
    synched__stall_end(job); /* from here on it is not a buffer that it waits for */
  if (parks)
    steer->parked = true;
  synched__mutex_unlock(&steer->mutex);
  if (ends)
    synched__job_end(job, (state & SYNCHED__JOB_CANCELLED) != 0 ? SYNCHED_ECANCELED : 0,
                     synched__tick_ns());
  if (ends || parks)
    return false;
  job->at_will = job->ticks.period_ns == 0 && steer->steps_left == 0;
  job->attended = !job->at_will || job->watched.watch != NULL;
  if (synched__job_ticks(job) && !job->ticks.begun)
    synched__ticks_start(&job->ticks, synched__clock_ns());
  return true;
}

void synched__steer_close(struct synched_job *job) {
  struct synched__steer *steer = &job->steer;
  struct synched__request *request;
  synched__mutex_lock(&steer->mutex);
  steer->closed = true;
  end_step(steer, SYNCHED_ECANCELED, round_of(job));
  while ((request = take_first(&steer->asked)) != NULL)
    complete(steer, request, SYNCHED_ECANCELED, round_of(job));
  synched__mutex_unlock(&steer->mutex);
}

/* The next step may have been accepted before the one under way is over, if a pause came between the two. */
static bool is_step_asked(const struct synched__steer *steer) {
  const struct synched__request *request = steer->asked.first;
  while (request != NULL && request->steered.call != SYNCHED_STEER_STEP)
    request = request->next;
  return request != NULL;
}

void synched__steer_count(struct synched_job *job, uint64_t round) {
  struct synched__steer *steer = &job->steer;
  if (steer->steps_left == 0 || --steer->steps_left != 0)
    return;
  synched__mutex_lock(&steer->mutex);
  end_step(steer, 0, round);
  if (steer->accepted == SYNCHED_JOB_STEPPING && !is_step_asked(steer))
    steer->accepted = SYNCHED_JOB_PAUSED;
  synched__mutex_unlock(&steer->mutex);
  synched__job_ring(job);
}

struct synched__request *synched__steer_take_done(struct synched_job *job) {
  synched__mutex_lock(&job->steer.mutex);
  struct synched__request *request = take_first(&job->steer.done);
  synched__mutex_unlock(&job->steer.mutex);
  return request;
}

/* After setting a bit of the job's state: takes the job from where it waits, if it does, and submits it. */
static void stir(struct synched_job *job) {
  struct synched__steer *steer = &job->steer;
  synched__mutex_lock(&steer->mutex);
  const bool starting = steer->starting;
  bool taken = steer->parked;
  steer->parked = false;
  synched__mutex_unlock(&steer->mutex);
  if (starting)
    return;
  if (!taken)
    taken = synched__turn_withdraw(job);
  if (!taken)
    taken = synched__memory_unstarve(job->memory);
  if (taken)
    synched__job_submit(job);
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

/* With the mutex held. */
static enum synched_job_state state_of(const struct synched_job *job) {
  /* Acquire: pairs with the store before on_done in loop/deliver.c. */
  const uint32_t state = synched__load_acquire(&job->state);
  if ((state & SYNCHED__JOB_ENDED) != 0)
    return SYNCHED_JOB_ENDED;
  if ((state & SYNCHED__JOB_STARTED) == 0)
    return SYNCHED_JOB_READY;
  if (job->steer.closed || (state & (SYNCHED__JOB_CANCELLED | SYNCHED__JOB_STOPPING)) != 0)
    return SYNCHED_JOB_ENDING;
  return job->steer.accepted;
}

/* With the mutex held: a call that the table allows, on a job that is started. */
static void take_in(struct synched_job *job, struct synched__request *request) {
  struct synched__steer *steer = &job->steer;
  switch (request->steered.call) {
  case SYNCHED_STEER_PAUSE:
    steer->accepted = SYNCHED_JOB_PAUSED;
    break;
  case SYNCHED_STEER_RESUME:
    steer->accepted = SYNCHED_JOB_RUNNING;
    break;
  case SYNCHED_STEER_STEP:
    steer->accepted = SYNCHED_JOB_STEPPING;
    break;
  case SYNCHED_STEER_PERIOD:
  case SYNCHED_STEER_WEIGHT:
    break;
  }
  append(&steer->asked, request);
  /* Sequentially consistent with the places where the job may wait: see steer.h. */
  (void)synched__or_seq_cst(&job->state, SYNCHED__JOB_STEERED);
}

/* A change to a job that does not run: for its next run. */
static void set_at_rest(struct synched_job *job, enum synched_steer call, uint64_t value) {
  if (call == SYNCHED_STEER_PERIOD)
    job->options.period_ns = value;
  else
    job->options.weight = (unsigned)value;
}

static const char *const call_names[] = {
    [SYNCHED_STEER_PAUSE] = "pause",       [SYNCHED_STEER_RESUME] = "resume",
    [SYNCHED_STEER_STEP] = "step",         [SYNCHED_STEER_PERIOD] = "set_period",
    [SYNCHED_STEER_WEIGHT] = "set_weight",
};

/* Takes the request over if it is of use. */
static int ask(struct synched_job *job, struct synched__request **request) {
  const enum synched_steer call = (*request)->steered.call;
  synched__mutex_lock(&job->steer.mutex);
  const enum synched_job_state state = state_of(job);
  const int status = judge(call, state);
  const bool at_rest = state == SYNCHED_JOB_READY || state == SYNCHED_JOB_ENDED;
  if (status != 0) {
    (void)refuse(status, call_names[call], state);
  } else if (at_rest) {
    set_at_rest(job, call, (*request)->steered.value);
  } else {
    take_in(job, *request);
    *request = NULL;
  }
  synched__mutex_unlock(&job->steer.mutex);
  return status;
}

static int steer(struct synched_job *job, enum synched_steer call, uint64_t value) {
  struct synched__request *request = synched__alloc(1, sizeof *request);
  if (request == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a request");
  request->steered = (struct synched_steered){.call = call, .value = value};
  synched__job_enter(job);
  const int status = ask(job, &request);
  if (request == NULL) {
    if (call != SYNCHED_STEER_PAUSE)
      synched__job_expect_more(job);
    stir(job);
  }
  synched__job_leave(job);
  synched__free(request);
  return status;
}

int synched_job_pause(struct synched_job *job) {
  const int status = synched__job_check(job);
  return status != 0 ? status : steer(job, SYNCHED_STEER_PAUSE, 0);
}

int synched_job_resume(struct synched_job *job) {
  const int status = synched__job_check(job);
  return status != 0 ? status : steer(job, SYNCHED_STEER_RESUME, 0);
}

int synched_job_step(struct synched_job *job, uint64_t round_count) {
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (round_count == 0)
    return synched__fail(SYNCHED_EINVAL, "round_count is 0; a step computes 1 or more");
  return steer(job, SYNCHED_STEER_STEP, round_count);
}

int synched_job_set_period(struct synched_job *job, uint64_t period_ns) {
  int status = synched__job_check(job);
  if (status == 0)
    status = synched__check_period(period_ns, job->options.deadline_ns);
  return status != 0 ? status : steer(job, SYNCHED_STEER_PERIOD, period_ns);
}

int synched_job_set_weight(struct synched_job *job, unsigned weight) {
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (weight == 0 || weight > SYNCHED_WEIGHT_MAX)
    return synched__fail(SYNCHED_ERANGE, "weight is %u; 1 to %u", weight, SYNCHED_WEIGHT_MAX);
  return steer(job, SYNCHED_STEER_WEIGHT, weight);
}

int synched_job_state(struct synched_job *job) {
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  synched__mutex_lock(&job->steer.mutex);
  const int state = (int)state_of(job);
  synched__mutex_unlock(&job->steer.mutex);
  return state;
}

/* --- the two that end a job --- */

/* The same of the two calls that end a job; with the mutex held. */
static int judge_end(const struct synched_job *job, uint32_t bit, enum synched_job_state state) {
  const bool cancels = bit == SYNCHED__JOB_CANCELLED;
  const bool cancelled = (synched__load_relaxed(&job->state) & SYNCHED__JOB_CANCELLED) != 0;
  if (state == SYNCHED_JOB_READY && !cancels)
    return SYNCHED_ENOENT;
  /* Of a job that is about to end well the open round can still be dropped. */
  const bool over = state == SYNCHED_JOB_ENDED ||
                    (state == SYNCHED_JOB_ENDING && (!cancels || job->steer.closed));
  return over || cancelled ? SYNCHED_EALREADY : 0;
}

/* Sets one of the bits that end a job. */
static int mark(struct synched_job *job, uint32_t bit, const char *call) {
  synched__mutex_lock(&job->steer.mutex);
  const enum synched_job_state state = state_of(job);
  const uint32_t marks = synched__load_relaxed(&job->state);
  const int status = judge_end(job, bit, state);
  if (status == 0)
    /* Sequentially consistent with the places where the job may wait: see steer.h. */
    (void)synched__or_seq_cst(&job->state, bit);
  else
    (void)synched__fail(status, "%s: the job %s", call,
                        (marks & SYNCHED__JOB_CANCELLED) != 0 ? "was cancelled before"
                                                              : state_texts[state]);
  synched__mutex_unlock(&job->steer.mutex);
  if (status != 0 || state == SYNCHED_JOB_READY)
    return status;
  synched__job_expect_more(job);
  stir(job);
  return 0;
}

static int end_by(struct synched_job *job, uint32_t bit, const char *call) {
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  synched__job_enter(job);
  status = mark(job, bit, call);
  synched__job_leave(job);
  return status;
}

int synched_job_cancel(struct synched_job *job) {
  return end_by(job, SYNCHED__JOB_CANCELLED, "cancel");
}

int synched_job_stop(struct synched_job *job) {
  return end_by(job, SYNCHED__JOB_STOPPING, "stop");
}
