/*
 * watch.c: the thread that looks at deadlines, and the words that it looks at.
 */
#include "job/watch.h"

#include "base/error.h"
#include "job/job.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/park.h"
#include "platform/thread.h"

/* A job's word: the deadline on the monotonic clock, cut to a multiple of 4 ns, and two bits. */
#define WORD_OPEN 1u  /* a round is open */
#define WORD_FIRED 2u /* and the watch has found that it has missed the deadline */
#define WORD_BITS 3u

struct synched__watch {
  struct synched__thread thread;
  struct synched__parker parker;
  _Atomic uint64_t until_ns; /* the watch sleeps until then */
  _Atomic uint32_t stopping;
  struct synched__mutex mutex; /* held by the watch whenever it looks at jobs */
  struct synched_job *jobs;
};

/* --- the watch --- */

/* With the mutex held: who runs, and since when. */
static unsigned gather(struct synched_job *job, struct synched_running_call *running) {
  const uint64_t ahead_ns = (uint64_t)synched__clock_ahead_ns();
  unsigned count = 0;
  for (unsigned w = 0; w < job->pool->worker_count; w++) {
    uint64_t since_ns;
    const uint64_t call = synched__watch_read(&job->watched.marks[w], &since_ns);
    if (call != 0)
      running[count++] = (struct synched_running_call){
          .segment = (size_t)(call - 1), .worker = w, .since_ns = since_ns + ahead_ns};
  }
  return count;
}

/* With the mutex held: a miss, in place of one that the loop has not seen yet. */
static void post(struct synched_job *job, unsigned running_count) {
  struct synched__watched *watched = &job->watched;
  watched->miss = (struct synched_deadline_miss){
      .round = watched->round,
      .due_ns = watched->due_ns,
      .deadline_ns = job->options.deadline_ns,
      .missed_count = watched->miss.missed_count + 1,
      .running_count = running_count,
      .running = watched->running,
  };
  watched->posted = true;
  synched__job_ring(job);
}

/* With the mutex held: looks at one job's word, and if its time has come fires. Returns its deadline, or NEVER. */
static uint64_t look_at(struct synched_job *job, uint64_t now_ns) {
  struct synched__watched *watched = &job->watched;
  uint64_t word = synched__load_seq_cst(&watched->word);
  if ((word & WORD_BITS) != WORD_OPEN)
    return SYNCHED__NEVER;
  if ((word & ~(uint64_t)WORD_BITS) > now_ns)
    return word & ~(uint64_t)WORD_BITS;
  /* From here on the round does not close before we are done: see synched__watch_close. Acquires what was written for
   * it: pairs with the store in synched__watch_open. */
  if (synched__cas_seq_cst(&watched->word, &word, word | WORD_FIRED)) {
    post(job, gather(job, watched->running));
    /* Calls that have not begun need not; those that run can ask: synched_task_cancelled. */
    if (job->options.deadline_policy != SYNCHED_DEADLINE_REPORT)
      synched__store_relaxed(&job->skip_from, 0);
  }
  return SYNCHED__NEVER;
}

static uint64_t look_at_all(struct synched__watch *watch) {
  uint64_t nearest_ns = SYNCHED__NEVER;
  synched__mutex_lock(&watch->mutex);
  const uint64_t now_ns = synched__clock_ns();
  for (struct synched_job *job = watch->jobs; job != NULL; job = job->watched.next) {
    const uint64_t deadline_ns = look_at(job, now_ns);
    if (deadline_ns < nearest_ns)
      nearest_ns = deadline_ns;
  }
  synched__mutex_unlock(&watch->mutex);
  return nearest_ns;
}

static void watch_main(void *argument) {
  struct synched__watch *watch = argument;
  synched__thread_set_name("synched/watch");
  synched__thread_set_exact_timers();
  while (synched__load_relaxed(&watch->stopping) == 0) {
    uint64_t nearest_ns = look_at_all(watch);
    /* Sequentially consistent with the jobs' words: who opens a round with a nearer deadline either sees this and
     * unparks us, or is seen by the second look. */
    synched__store_seq_cst(&watch->until_ns, nearest_ns);
    const uint64_t again_ns = look_at_all(watch);
    if (again_ns >= nearest_ns)
      (void)synched__park_until(&watch->parker, nearest_ns);
  }
}

static void end_watch(void *argument) {
  struct synched__watch *watch = argument;
  synched__store_relaxed(&watch->stopping, 1);
  /* Releases stopping. */
  synched__unpark(&watch->parker);
  synched__thread_join(&watch->thread);
  synched__parker_deinit(&watch->parker);
  synched__mutex_deinit(&watch->mutex);
  synched__free(watch);
}

static int start_watch(struct synched__watch **out) {
  struct synched__watch *watch = synched__alloc(1, sizeof *watch);
  if (watch == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a watch over deadlines");
  int status = synched__mutex_init(&watch->mutex);
  if (status != 0)
    goto no_mutex;
  status = synched__parker_init(&watch->parker);
  if (status != 0)
    goto no_parker;
  status = synched__thread_check_stack(0);
  if (status == 0)
    status = synched__thread_create(&watch->thread, 0, watch_main, watch);
  if (status != 0)
    goto no_thread;
  *out = watch;
  return 0;
no_thread:
  synched__parker_deinit(&watch->parker);
no_parker:
  synched__mutex_deinit(&watch->mutex);
no_mutex:
  synched__free(watch);
  return status;
}

/* --- a job's part --- */

/* The pool's watch, which ends with the pool. */
static int find_watch(struct synched__watch **out, struct synched_pool *pool) {
  int status = 0;
  synched__mutex_lock(&pool->mutex);
  if (pool->watch == NULL) {
    struct synched__watch *watch = NULL;
    status = start_watch(&watch);
    pool->watch = watch;
    pool->watch_end = end_watch;
  }
  *out = pool->watch;
  synched__mutex_unlock(&pool->mutex);
  return status;
}

static int make_arrays(struct synched__watched *watched, unsigned worker_count) {
  watched->marks = synched__alloc_lines(worker_count, sizeof *watched->marks);
  watched->running = synched__alloc(worker_count, sizeof *watched->running);
  watched->shown = synched__alloc(worker_count, sizeof *watched->shown);
  if (watched->marks != NULL && watched->running != NULL && watched->shown != NULL)
    return 0;
  return synched__fail(SYNCHED_ENOMEM, "no memory to watch %u workers", worker_count);
}

static void free_arrays(struct synched__watched *watched) {
  synched__free(watched->marks);
  synched__free(watched->running);
  synched__free(watched->shown);
}

int synched__watch_init(struct synched_job *job) {
  struct synched__watched *watched = &job->watched;
  struct synched__watch *watch = NULL;
  int status = make_arrays(watched, job->pool->worker_count);
  if (status == 0)
    status = find_watch(&watch, job->pool);
  if (status != 0) {
    free_arrays(watched);
    return status;
  }
  watched->watch = watch;
  synched__mutex_lock(&watch->mutex);
  watched->next = watch->jobs;
  watch->jobs = job;
  synched__mutex_unlock(&watch->mutex);
  return 0;
}

void synched__watch_deinit(struct synched_job *job) {
  struct synched__watched *watched = &job->watched;
  if (watched->watch == NULL)
    return;
  synched__mutex_lock(&watched->watch->mutex);
  struct synched_job **link = &watched->watch->jobs;
  while (*link != job)
    link = &(*link)->watched.next;
  *link = watched->next;
  synched__mutex_unlock(&watched->watch->mutex);
  free_arrays(watched);
}

void synched__watch_reset(struct synched_job *job) {
  struct synched__watched *watched = &job->watched;
  if (watched->watch == NULL)
    return;
  synched__mutex_lock(&watched->watch->mutex);
  watched->posted = false;
  watched->miss = (struct synched_deadline_miss){.round = 0};
  synched__mutex_unlock(&watched->watch->mutex);
}

void synched__watch_open(struct synched_job *job, uint64_t round, uint64_t due_ns) {
  struct synched__watched *watched = &job->watched;
  const uint64_t deadline_ns = (due_ns + job->options.deadline_ns) & ~(uint64_t)WORD_BITS;
  watched->round = round;
  watched->due_ns = due_ns;
  /* Releases the two to the watch; sequentially consistent with until_ns: see watch_main. */
  synched__store_seq_cst(&watched->word, deadline_ns | WORD_OPEN);
  if (synched__load_seq_cst(&watched->watch->until_ns) > deadline_ns)
    synched__unpark(&watched->watch->parker);
}

bool synched__watch_close(struct synched_job *job) {
  struct synched__watched *watched = &job->watched;
  const uint64_t word = synched__exchange_seq_cst(&watched->word, 0);
  if ((word & WORD_OPEN) == 0)
    return false; /* a round without a deadline */
  const bool fired = (word & WORD_FIRED) != 0;
  if (!fired && (word & ~(uint64_t)WORD_BITS) >= synched__clock_ns())
    return false;
  /* Where it fired the watch may still be at it; where it did not, we were faster. */
  synched__mutex_lock(&watched->watch->mutex);
  if (!fired)
    post(job, 0);
  synched__mutex_unlock(&watched->watch->mutex);
  return true;
}

bool synched__watch_take(struct synched_job *job, struct synched_deadline_miss *miss) {
  struct synched__watched *watched = &job->watched;
  if (watched->watch == NULL)
    return false;
  synched__mutex_lock(&watched->watch->mutex);
  const bool posted = watched->posted;
  watched->posted = false;
  *miss = watched->miss;
  for (unsigned i = 0; posted && i < miss->running_count; i++)
    watched->shown[i] = watched->running[i];
  miss->running = watched->shown;
  synched__mutex_unlock(&watched->watch->mutex);
  return posted;
}
