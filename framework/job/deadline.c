/*
 * deadline.c: the thread that looks at deadlines, and the words that it looks at.
 *
 *   [deadline-open]  who opens a round hands its number and due time to the monitor; sequentially
 *                    consistent with until_ns, so the monitor is unparked or looks once more.
 */
#include "job/deadline.h"

#include "base/error.h"
#include "job/notify.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/park.h"
#include "platform/thread.h"
#include "pool/pool.h"

/* A job's word: the deadline on the monotonic clock, cut to a multiple of 4 ns, and two bits. */
#define WORD_OPEN 1u  /* a round is open */
#define WORD_FIRED 2u /* and the monitor has found that it has missed the deadline */
#define WORD_BITS 3u

struct synched__deadline_monitor {
  struct synched__thread thread;
  struct synched__parker parker;
  /* the monitor sleeps until then */
  _Atomic uint64_t until_ns;
  _Atomic uint32_t stopping;
  /* the monitor holds it whenever it looks at jobs */
  struct synched__mutex mutex;
  struct synched_job *jobs;
};

/* --- the monitor --- */

/* With the mutex held: who runs, and since when. */
static unsigned gather(struct synched_job *job, struct synched_running_call *running) {
  const uint64_t ahead_ns = (uint64_t)synched__clock_ahead_ns();
  unsigned count = 0;
  for (unsigned w = 0; w < job->work.pool->worker_count; w++) {
    uint64_t since_ns;
    const uint64_t call = synched__call_mark_read(&job->work.marks[w], &since_ns);
    if (call != 0)
      running[count++] = (struct synched_running_call){
          .segment = (size_t)(call - 1), .worker = w, .since_ns = since_ns + ahead_ns};
  }
  return count;
}

/* With the mutex held: a miss, in place of one that the loop has not seen yet. */
static void post(struct synched_job *job, unsigned running_count) {
  struct synched__deadline *deadline = &job->control.deadline;
  deadline->miss = (struct synched_deadline_miss){
      .round = deadline->round,
      .due_ns = deadline->due_ns,
      .deadline_ns = job->setup.options.deadline_ns,
      .missed_count = deadline->miss.missed_count + 1,
      .running_count = running_count,
      .running = deadline->running,
  };
  deadline->posted = true;
  synched__job_notify(job);
}

/* With the mutex held: looks at one job's word, and if its time has come fires. Returns its
 * deadline, or NEVER. */
static uint64_t look_at(struct synched_job *job, uint64_t now_ns) {
  struct synched__deadline *deadline = &job->control.deadline;
  uint64_t word = synched__load_seq_cst(&deadline->word); /* [deadline-open] seq_cst */
  if ((word & WORD_BITS) != WORD_OPEN)
    return SYNCHED__NEVER;
  if ((word & ~(uint64_t)WORD_BITS) > now_ns)
    return word & ~(uint64_t)WORD_BITS;
  /* From here on the round does not close before we are done: see synched__deadline_close.
   * [deadline-open] acquire */
  if (synched__cas_acquire(&deadline->word, &word, word | WORD_FIRED)) {
    post(job, gather(job, deadline->running));
    /* Calls that have not begun need not; those that run can ask: synched_task_cancelled. */
    if (job->setup.options.deadline_policy != SYNCHED_DEADLINE_REPORT)
      synched__store_relaxed(&job->work.skip_from, 0);
  }
  return SYNCHED__NEVER;
}

static uint64_t look_at_all(struct synched__deadline_monitor *monitor) {
  uint64_t nearest_ns = SYNCHED__NEVER;
  synched__mutex_lock(&monitor->mutex);
  const uint64_t now_ns = synched__clock_ns();
  for (struct synched_job *job = monitor->jobs; job != NULL; job = job->control.deadline.next) {
    const uint64_t deadline_ns = look_at(job, now_ns);
    if (deadline_ns < nearest_ns)
      nearest_ns = deadline_ns;
  }
  synched__mutex_unlock(&monitor->mutex);
  return nearest_ns;
}

static void monitor_main(void *argument) {
  struct synched__deadline_monitor *monitor = argument;
  synched__thread_set_name("synched/monitor");
  synched__thread_set_exact_timers();
  while (synched__load_relaxed(&monitor->stopping) == 0) {
    uint64_t nearest_ns = look_at_all(monitor);
    /* Who opens a round with a nearer deadline either sees this and unparks us, or is seen by the
     * second look. [deadline-open] seq_cst */
    synched__store_seq_cst(&monitor->until_ns, nearest_ns);
    const uint64_t again_ns = look_at_all(monitor);
    if (again_ns >= nearest_ns)
      (void)synched__park_until(&monitor->parker, nearest_ns);
  }
}

void synched__deadline_monitor_destroy(struct synched__deadline_monitor *monitor) {
  synched__store_relaxed(&monitor->stopping, 1);
  /* The unpark releases stopping. */
  synched__unpark(&monitor->parker);
  synched__thread_join(&monitor->thread);
  synched__parker_deinit(&monitor->parker);
  synched__mutex_deinit(&monitor->mutex);
  synched__free(monitor);
}

int synched__deadline_monitor_create(struct synched__deadline_monitor **out) {
  struct synched__deadline_monitor *monitor = synched__alloc(1, sizeof *monitor);
  if (monitor == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a deadline monitor");
  int status = synched__mutex_init(&monitor->mutex);
  if (status != 0)
    goto no_mutex;
  status = synched__parker_init(&monitor->parker);
  if (status != 0)
    goto no_parker;
  status = synched__thread_check_stack(0);
  if (status == 0)
    status = synched__thread_create(&monitor->thread, 0, monitor_main, monitor);
  if (status != 0)
    goto no_thread;
  *out = monitor;
  return 0;
no_thread:
  synched__parker_deinit(&monitor->parker);
no_parker:
  synched__mutex_deinit(&monitor->mutex);
no_mutex:
  synched__free(monitor);
  return status;
}

/* --- a job's part --- */

static int make_arrays(struct synched_job *job) {
  struct synched__deadline *deadline = &job->control.deadline;
  const unsigned worker_count = job->work.pool->worker_count;
  job->work.marks = synched__alloc_lines(worker_count, sizeof *job->work.marks);
  deadline->running = synched__alloc(worker_count, sizeof *deadline->running);
  deadline->shown = synched__alloc(worker_count, sizeof *deadline->shown);
  if (job->work.marks != NULL && deadline->running != NULL && deadline->shown != NULL)
    return 0;
  return synched__fail(SYNCHED_ENOMEM, "no memory for the calls of %u workers", worker_count);
}

static void free_arrays(struct synched_job *job) {
  synched__free(job->work.marks);
  synched__free(job->control.deadline.running);
  synched__free(job->control.deadline.shown);
}

int synched__deadline_init(struct synched_job *job, struct synched__deadline_monitor *monitor) {
  struct synched__deadline *deadline = &job->control.deadline;
  const int status = make_arrays(job);
  if (status != 0) {
    free_arrays(job);
    return status;
  }
  deadline->monitor = monitor;
  synched__mutex_lock(&monitor->mutex);
  deadline->next = monitor->jobs;
  monitor->jobs = job;
  synched__mutex_unlock(&monitor->mutex);
  return 0;
}

void synched__deadline_deinit(struct synched_job *job) {
  struct synched__deadline *deadline = &job->control.deadline;
  if (deadline->monitor == NULL)
    return;
  synched__mutex_lock(&deadline->monitor->mutex);
  struct synched_job **link = &deadline->monitor->jobs;
  while (*link != job)
    link = &(*link)->control.deadline.next;
  *link = deadline->next;
  synched__mutex_unlock(&deadline->monitor->mutex);
  free_arrays(job);
}

void synched__deadline_reset(struct synched_job *job) {
  struct synched__deadline *deadline = &job->control.deadline;
  if (deadline->monitor == NULL)
    return;
  synched__mutex_lock(&deadline->monitor->mutex);
  deadline->posted = false;
  deadline->miss = (struct synched_deadline_miss){.round = 0};
  synched__mutex_unlock(&deadline->monitor->mutex);
}

void synched__deadline_open(struct synched_job *job, uint64_t round, uint64_t due_ns) {
  struct synched__deadline *deadline = &job->control.deadline;
  const uint64_t deadline_ns = (due_ns + job->setup.options.deadline_ns) & ~(uint64_t)WORD_BITS;
  deadline->round = round;
  deadline->due_ns = due_ns;
  synched__store_seq_cst(&deadline->word, deadline_ns | WORD_OPEN); /* [deadline-open] seq_cst */
  /* [deadline-open] seq_cst */
  if (synched__load_seq_cst(&deadline->monitor->until_ns) > deadline_ns)
    synched__unpark(&deadline->monitor->parker);
}

bool synched__deadline_close(struct synched_job *job) {
  struct synched__deadline *deadline = &job->control.deadline;
  /* What the monitor has done, if it has fired, comes with its mutex. */
  const uint64_t word = synched__exchange_relaxed(&deadline->word, 0);
  if ((word & WORD_OPEN) == 0)
    return false; /* a round without a deadline */
  const bool fired = (word & WORD_FIRED) != 0;
  if (!fired && (word & ~(uint64_t)WORD_BITS) >= synched__clock_ns())
    return false;
  /* Where it fired the monitor may still be at it; where it did not, we were faster. */
  synched__mutex_lock(&deadline->monitor->mutex);
  if (!fired)
    post(job, 0);
  synched__mutex_unlock(&deadline->monitor->mutex);
  return true;
}

bool synched__deadline_take(struct synched_job *job, struct synched_deadline_miss *miss) {
  struct synched__deadline *deadline = &job->control.deadline;
  if (deadline->monitor == NULL)
    return false;
  synched__mutex_lock(&deadline->monitor->mutex);
  const bool posted = deadline->posted;
  deadline->posted = false;
  *miss = deadline->miss;
  for (unsigned i = 0; posted && i < miss->running_count; i++)
    deadline->shown[i] = deadline->running[i];
  miss->running = deadline->shown;
  synched__mutex_unlock(&deadline->monitor->mutex);
  return posted;
}
