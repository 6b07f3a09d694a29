/*
 * job.h: rounds. A job is a memory, callbacks and a pool to run them on.
 *
 * What a job computes is what this serial loop computes, bit for bit, whatever the number of workers:
 *
 *   previous = synched_snapshot_current(memory);
 *   // where there is an init that has not been done yet: first a round with init and on_init in place of
 *   // compute and on_round, whose number is previous->round, and which becomes the new previous
 *   for (uint64_t round = previous->round + 1; ; round++) {
 *     for (size_t segment = 0; segment < segment_count; segment++)
 *       if (compute(&(struct synched_task){round, segment, ..., previous, out[segment], ...}, user))
 *         goto ended;                      // nothing of this round is published
 *     now = publish(out);                  // the new current snapshot; fold in segment order
 *     if (on_round(now, user) != SYNCHED_CONTINUE || round is the last) break;
 *     previous = now;
 *   }
 *   ended: on_done(job, status, report, user);
 *
 * with the segments of one round in any order and on several workers at once.
 *
 * Floating point: each call of compute and init, each on_round and the fold begins in the mode
 * (rounding, flush-to-zero and denormals-are-zero, traps, the x87's precision) of the thread that
 * created the job, as it was then, whatever calls before have left behind. So results do not depend
 * on who computes what. The sticky exception flags are not part of it: who tests them clears them
 * before (feclearexcept). It costs a call some two nanoseconds. Callbacks on the loop's thread are
 * in that thread's own mode.
 *
 * No callback may be left in another way than by returning: neither by a C++ exception (there is
 * nobody to catch it: the program ends), nor by longjmp, pthread_exit or cancellation (the round
 * would never end, and the program hang). C++ callbacks catch what they throw, and return a code
 * for it.
 */
#ifndef SYNCHED_JOB_H
#define SYNCHED_JOB_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <synched/export.h>
#include <synched/memory.h>

SYNCHED_BEGIN_DECLS

struct uv_loop_s;      /* libuv's uv_loop_t */
struct synched_pool;   /* <synched/pool.h> */
struct synched_report; /* <synched/report.h> */
struct synched_job;    /* opaque */

/* One call's work: what compute is handed. Lives for that call only. */
struct synched_task {
  uint64_t round;  /* the round being computed; previous->round + 1 */
  size_t segment;  /* the segment that belongs to this call */
  unsigned worker; /* who runs it: 0 .. worker_count - 1, for scratch space */
  const struct synched_snapshot *previous; /* what everybody reads */
  void *out;                               /* what this call writes: capacity elements */
  size_t capacity;                         /* elements */
  size_t count; /* elements that are valid; starts as in `previous`; set it where it changes */
  double contribution; /* to the fold; starts as 0 */
  const void *engine;  /* the library's own */
  /* where the segment begins in the whole: element i of `out` is element first + i of `previous`;
   * previous->offsets[segment] */
  size_t first;
};

/* Computes one segment. Runs on a worker, at the same time as other segments' calls. Returns 0, or a
 * code of its own (any other value) that fails the round: SYNCHED_STOP, too, which only on_round and
 * on_init return to end a job well. A `count` above `capacity` fails it with SYNCHED_ERANGE. It may call
 * everything that is documented "any thread", and must not call what blocks on the same pool.
 * Calls that block (input, locks, sleeps) are computed correctly, but by default as if they
 * computed: rounds that look too small to be worth sharing stay on one worker, and who waits for a
 * blocked call spins, at a CPU's cost. For those there are, best together, SYNCHED_JOB_EAGER, which
 * gives every worker its part of every round, and SYNCHED_WAIT_SLEEP of the pool, with which nobody
 * spins. */
typedef int (*synched_compute_fn)(struct synched_task *task, void *user);

/* For long calls: 1 once nothing that this call can still do will count, because the job has been cancelled, or
 * the round has missed its deadline under CANCEL or FAIL, or a lower segment has failed. The call should then
 * return soon; what it returns does not count either. 0 as long as it should go on.
 * In that call only, on its worker; three loads, cheap enough for an inner loop. */
SYNCHED_API int synched_task_cancelled(const struct synched_task *task);

/* What on_round, on_init and synched_job_dispatch return; a compute call returns neither of them to end a job. */
#define SYNCHED_CONTINUE 0
#define SYNCHED_STOP 1

/* The completion callback: runs on the worker that closed the round, after all its calls and before
 * any of the next. Returns SYNCHED_CONTINUE, SYNCHED_STOP (the job ends well, status 0) or a negative
 * code (the job ends with it; the round, being complete, stays published). Any other value ends the job
 * with SYNCHED_EINVAL. `now` is valid during the call; retain it to keep it. */
typedef int (*synched_round_fn)(const struct synched_snapshot *now, void *user);

/* Delivery on the loop's thread. `now` is valid during the call; retain it to keep it. */
typedef void (*synched_snapshot_fn)(struct synched_job *job, const struct synched_snapshot *now,
                                    void *user);

/* Longer than this no job waits for a buffer without saying so. */
#define SYNCHED_STALL_NS UINT64_C(1000000000) /* a second */

/* A job that has waited so long for a buffer to write its next round to: snapshots that were retained have not been
 * released, or the loop has not come to those that on_snapshot is to get. It waits on, until one is, or it is
 * cancelled. */
struct synched_stall {
  uint64_t round;    /* that waits: the last published one, plus 1 */
  uint64_t since_ns; /* when the wait began, on the monotonic clock */
  uint64_t
      stalled_count; /* such waits of this run so far: more than the calls of on_stalled where the
                             loop was busy for several of them */
  unsigned lease_count; /* the memory's: snapshots that can be held besides the current one */
  unsigned held_count;  /* that were: one more than that, while it waited */
  unsigned
      undelivered_count; /* of those, not retained by the program, but waiting for on_snapshot */
  const uint64_t
      *held_rounds; /* [held_count] which ones: their rounds, oldest first; valid during the call */
};

/* A job has waited for a buffer for SYNCHED_STALL_NS; once for each wait that takes so long, and for none that does
 * not. On the loop's thread, as soon as that, and any one worker of the pool, has time: the wait may be over by then.
 * To end it: release a snapshot, or cancel the job. */
typedef void (*synched_stalled_fn)(struct synched_job *job, const struct synched_stall *stall,
                                   void *user);

/* The end, on the loop's thread: exactly once per start, after everything else, when the job's handles
 * are closed. synched_error_message() says more when status is not 0. status: 0, or why it ended
 * (SYNCHED_ECANCELED; SYNCHED_ETIMEDOUT for a deadline under FAIL; the code of a compute call or of
 * on_round). The job may be started again or destroyed from here. `report` is valid until then. */
typedef void (*synched_done_fn)(struct synched_job *job, int status,
                                const struct synched_report *report, void *user);

/* A call that is being computed. */
struct synched_running_call {
  size_t segment;
  unsigned worker;
  uint64_t since_ns; /* when it began, on the monotonic clock */
};

/* A round that was not complete at its deadline. */
struct synched_deadline_miss {
  uint64_t round;
  uint64_t due_ns;      /* from when the deadline counts, on the monotonic clock */
  uint64_t deadline_ns; /* the job's, relative to that */
  /* rounds of this run that have missed theirs so far: more than the calls of on_deadline
   * where the loop was busy for several of them */
  uint64_t missed_count;
  /* calls still running at the deadline; 0 where the round ended just then */
  unsigned running_count;
  /* [running_count], by worker; valid during the call */
  const struct synched_running_call *running;
};

/* A deadline has passed; on the loop's thread, as soon as that has time: the round may have ended since. */
typedef void (*synched_deadline_fn)(struct synched_job *job,
                                    const struct synched_deadline_miss *miss, void *user);

/* What a call of synched_job_pause and so on asks for. */
enum synched_steer {
  SYNCHED_STEER_PAUSE = 0,
  SYNCHED_STEER_RESUME,
  SYNCHED_STEER_STEP,
  SYNCHED_STEER_PERIOD,
  SYNCHED_STEER_WEIGHT
};

/* One such call, completed. */
struct synched_steered {
  enum synched_steer call;
  int status; /* 0; SYNCHED_ECANCELED: overtaken by another call (a step by a pause or resume), or the job ended
                     before it took effect */
  uint64_t round; /* the last published one at that moment */
  uint64_t value; /* as asked for: rounds to step, ns of the period, weight */
};

/* The completion of a steering call, on the loop's thread: exactly once for each that returned 0 while the job
 * was started, in the order in which they took effect, and before on_done. (What other threads asked for during a
 * start that then failed comes to nothing.) */
typedef void (*synched_steered_fn)(struct synched_job *job, const struct synched_steered *steered,
                                   void *user);

/* Which snapshots on_snapshot gets. */
enum synched_delivery {
  SYNCHED_DELIVER_LATEST =
      0,                /* the newest there is when the loop gets to it; a slow loop misses some,
                                 the report counts them, and no round waits for it. Skipped, and counted,
                                 while all leases are taken */
  SYNCHED_DELIVER_EVERY /* each one, in order; the job waits when the leases are used up */
};

enum synched_balance {
  SYNCHED_BALANCE_STEAL =
      0,                 /* home segments first, then what others have not begun; rounds too small
                                to be worth sharing stay on one worker; where few segments are very
                                uneven (and timed), each worker begins with its heaviest ones */
  SYNCHED_BALANCE_STATIC /* every segment on its home worker, every round */
};

/* How the calls' contributions become snapshot.fold; in segment order, so always the same bits. */
enum synched_fold {
  SYNCHED_FOLD_NONE = 0,
  SYNCHED_FOLD_SUM,
  SYNCHED_FOLD_MIN, /* a NaN contribution makes it NaN, for MAX too */
  SYNCHED_FOLD_MAX
};

/* What a periodic job does about ticks that came due while its round was still running. */
enum synched_overrun {
  SYNCHED_OVERRUN_SKIP =
      0, /* leaves them out, and counts them; the next round begins with the next tick: the phase
                               is kept */
  SYNCHED_OVERRUN_CATCH_UP, /* computes them all, back to back, until it is on time again; of a backlog of more than
                               SYNCHED_CATCH_UP_MAX the oldest are left out, and counted */
  SYNCHED_OVERRUN_STRETCH /* begins the next round at once, and counts the period from there: the phase
                               starts anew, nothing is left out */
};

#define SYNCHED_CATCH_UP_MAX 16u

/* What happens to a round that is not complete at its deadline. */
enum synched_deadline_policy {
  SYNCHED_DEADLINE_REPORT = 0, /* on_deadline and the report are told; the round goes on */
  SYNCHED_DEADLINE_CANCEL, /* and it is dropped: calls that have not begun are skipped, those that run can learn it
                              from synched_task_cancelled; nothing is published, and the next round has the
                              same number and the same `previous` */
  SYNCHED_DEADLINE_FAIL /* and it is dropped in the same way, and the job ends with SYNCHED_ETIMEDOUT */
};

#define SYNCHED_PERIOD_MIN_NS UINT64_C(200000)             /* 200 us */
#define SYNCHED_PERIOD_MAX_NS UINT64_C(100000000000000000) /* three years */
#define SYNCHED_WEIGHT_MAX 1000u

/* Flags of synched_job_options. */
/* wake every worker for every round, whatever its size: for calls that block (together with
 * SYNCHED_WAIT_SLEEP of <synched/pool.h>, or the others spin meanwhile), and for tests */
#define SYNCHED_JOB_EAGER 0x1u
/* do not time single segments: saves a clock read per call where segments are tiny and many */
#define SYNCHED_JOB_NO_SEGMENT_TIMES 0x2u
/* starts paused: nothing runs before a resume or a step */
#define SYNCHED_JOB_START_PAUSED 0x4u

struct synched_job_options {
  uint32_t struct_size;       /* filled in by SYNCHED_JOB_OPTIONS */
  uint32_t flags;             /* SYNCHED_JOB_... */
  const char *name;           /* for the report; NULL: "job"; copied */
  void *user;                 /* handed to every callback; the library does not look at it */
  synched_compute_fn compute; /* required */
  /* called once per segment before the first round, on the home workers, to fill the memory
   * where it will be used; what it writes becomes the initial content, with the round number
   * unchanged, and its fold that of the contributions. In the first run that gets so far: one that is
   * started paused does so with the first resume or step, and if it is stopped or cancelled before
   * that, or init fails, the memory holds what it held before, and init_missing of the report's summary
   * says so. on_init is its completion. NULL: none */
  synched_compute_fn init;
  synched_round_fn on_round;       /* NULL: none */
  synched_snapshot_fn on_snapshot; /* NULL: none; needs a memory with at least one lease */
  synched_done_fn on_done;         /* NULL: none */
  uint64_t round_count; /* ends after so many rounds; 0: when stopped, failed or cancelled */
  enum synched_delivery delivery; /* 0: LATEST */
  enum synched_balance balance;   /* 0: STEAL */
  enum synched_fold fold;         /* 0: NONE */
  unsigned report_rounds;         /* how many of the last rounds the report can show one by one;
                                      0: 64; at most 65536. 64 bytes each per worker */
  /* Time. */
  /* from one round's due time to the next one's, on an absolute schedule of the monotonic
   * clock that begins with the start; SYNCHED_PERIOD_MIN_NS .. _MAX_NS; 0: free-running, one
   * round after the other */
  uint64_t period_ns;
  enum synched_overrun overrun; /* 0: SKIP; for periodic jobs */
  /* a round should be complete so long after its due time (periodic), or after it was opened
   * (free-running); 0: none. At most the period, where there is one */
  uint64_t deadline_ns;
  enum synched_deadline_policy deadline_policy; /* 0: REPORT */
  synched_deadline_fn on_deadline;              /* NULL: none */
  synched_steered_fn on_steered;                /* NULL: none */
  /* of a free-running job that shares its pool with others: its part of the time that periodic
   * ones leave is as its weight is to all of theirs; 1 .. SYNCHED_WEIGHT_MAX; 0: 1 */
  unsigned weight;
  /* on_round of init's round: on the worker that closed it, with the content as init left it, before the
   * first round; returns the same. To look at that content at leisure, let it call synched_job_pause.
   * NULL: none */
  synched_round_fn on_init;
  synched_stalled_fn
      on_stalled; /* NULL: none; then a job whose leases are all held waits in silence */
};

/* Options with every default; then assign fields. For C++, and where a macro is unwelcome. */
static inline struct synched_job_options synched_job_options_default(void) {
  struct synched_job_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  return options;
}

#if !defined(__cplusplus)
/* SYNCHED_JOB_OPTIONS(.compute = step, ...): a pointer to options in the enclosing block. */
#define SYNCHED_JOB_OPTIONS(...)                                                                   \
  (&(struct synched_job_options){.struct_size = (uint32_t)sizeof(struct synched_job_options),      \
                                 __VA_ARGS__})
#endif

/* Creates a job. Nothing runs before it is started, and everything that its rounds need is allocated here.
 * The pool and the memory stay the caller's and must outlive the job; the memory belongs to this job
 * alone until it is destroyed.
 * Any thread; does not block. On success the caller owns *out and ends it with synched_job_destroy.
 * SYNCHED_EINVAL: a NULL, no compute, unknown flag, enum value or bytes behind the known fields,
 * on_snapshot with a memory without leases, a deadline above the period, an overrun without a period, a
 * deadline_policy or on_deadline without a deadline, on_init without init; SYNCHED_ERANGE:
 * report_rounds, period_ns, deadline_ns, weight; SYNCHED_EBUSY: the memory has a job or an open
 * writer; SYNCHED_EAGAIN: no file descriptor for now, or no thread for the watchdog, which a pool's
 * first job with a deadline brings, and for which the other statuses of synched_pool_create on
 * threads hold; SYNCHED_ENOMEM; SYNCHED_ENOTSUP: the pool is a parent process's. */
SYNCHED_API int synched_job_create(struct synched_job **out, struct synched_pool *pool,
                                   struct synched_memory *memory,
                                   const struct synched_job_options *options);

/*
 * A job's states, and what each call does in them. All calls but start, run, dispatch and destroy: any thread,
 * callbacks included; none of them blocks.
 *
 *             start            pause            cancel, stop, failure,
 *    READY ----------> RUNNING <======> PAUSED  the last round           on_done
 *      ^                  |     resume    | ^        from all of         returns
 *      |                  |               v |        these: ---> ENDING ---------> ENDED
 *      |                  |          STEPPING                                        |
 *      |                  +----------------------------------------------------------+
 *      +-- created                                start: again
 *
 *                READY       RUNNING     PAUSED      STEPPING    ENDING      ENDED
 *    start       0           EBUSY       EBUSY       EBUSY       EBUSY       0
 *    pause       ENOENT      0           EALREADY    0 (1)       EALREADY    EALREADY
 *    resume      ENOENT      EALREADY    0           0 (1)       EALREADY    EALREADY
 *    step        ENOENT      EBUSY       0           EBUSY       EALREADY    EALREADY
 *    stop        ENOENT      0           0           0           EALREADY    EALREADY
 *    cancel      0 (2)       0           0           0           0 (3)       EALREADY
 *    set_period  0 (4)       0           0           0           EALREADY    0 (4)
 *    set_weight  0 (4)       0           0           0           EALREADY    0 (4)
 *    report      EBUSY       EBUSY       EBUSY       EBUSY       EBUSY       0
 *    destroy     0           EBUSY       EBUSY       EBUSY       EBUSY       0
 *
 *    (1) The step that was under way completes with SYNCHED_ECANCELED.
 *    (2) It will end so as soon as it is started; a second time: EALREADY.
 *    (3) After a stop, whose round it drops if that still runs; EALREADY after another cancel, or when it is over.
 *    (4) From the next start on; without a completion.
 *
 * A call that returns 0 has been accepted. It takes effect when the job's open round has been closed, or at once when
 * none is open, also while the pool computes another job's; then its completion comes on the loop.
 */
enum synched_job_state {
  SYNCHED_JOB_READY = 0, /* created, never started */
  SYNCHED_JOB_RUNNING,
  SYNCHED_JOB_PAUSED, /* or about to be: a pause has been accepted */
  SYNCHED_JOB_STEPPING,
  SYNCHED_JOB_ENDING, /* it will end, or has ended and on_done has not been called yet */
  SYNCHED_JOB_ENDED
};

/* Starts a job on the caller's loop and returns at once. Callbacks for the loop come while it runs;
 * after on_done the job has no handle left, so uv_run can return. Jobs of one pool take turns, round by
 * round: a periodic job whose round is due comes first (of several, the one whose deadline, or next tick, is
 * nearest), then free-running ones by weight. A job that has ended may be started again: it goes on from the current
 * snapshot, with a new report.
 * From the loop's thread, not on a worker. Does not block, but may wake workers.
 * SYNCHED_EINVAL: a NULL; SYNCHED_EBUSY: it runs already; SYNCHED_EPERM: on a worker; libuv's code where the loop
 * takes no handle (UV_EBADF for one that has been closed); SYNCHED_ENOTSUP. Nothing has started then. */
SYNCHED_API int synched_job_start(struct synched_job *job, struct uv_loop_s *loop);

/* Runs a job from start to end on a private loop, callbacks and all on the calling thread.
 * Any thread but a worker; blocks until the job has ended. Returns the status that on_done got, or, when it
 * could not be started, what synched_job_start returns, or SYNCHED_EDEADLK on a worker of its pool. */
SYNCHED_API int synched_job_run(struct synched_job *job);

/* For event loops that are not libuv's: starts a job, and leaves it to the caller to call synched_job_dispatch, on
 * this thread, whenever the descriptor of synched_job_fd is readable, until on_done has been called.
 * Otherwise, errors included, as synched_job_start. */
SYNCHED_API int synched_job_start_polled(struct synched_job *job);

/* A descriptor that is readable (POLLIN) when there is something to dispatch. The job's: it is not to be read, written
 * or closed, stays the same for the job's life, and is close-on-exec.
 * Any thread. SYNCHED_EINVAL: NULL. */
SYNCHED_API int synched_job_fd(const struct synched_job *job);

/* Calls back what is due: on_snapshot, on_steered, on_deadline, on_stalled, on_done. Does not block; calls nothing, and returns 0,
 * when nothing is due. Not from within one of these callbacks.
 * From the thread that called synched_job_start_polled.
 * Returns SYNCHED_CONTINUE (0), or SYNCHED_STOP (1) when this call has called on_done: the job is not to be dispatched
 * any more, and may be gone. SYNCHED_EINVAL: NULL; SYNCHED_ENOENT: it was not started in this way, or is over (as in
 * on_done); SYNCHED_EPERM: another thread; SYNCHED_EDEADLK: from another one of its callbacks; SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_dispatch(struct synched_job *job);

/* A started job keeps its loop alive (uv_run does not return) while it has work due: always, but for when it is
 * paused. After unref it never does, after ref always, until on_done; the last call counts. Of no
 * consequence for synched_job_run, and for polled jobs.
 * From the loop's thread. SYNCHED_EINVAL: NULL; SYNCHED_ENOENT: not started on a loop; SYNCHED_EPERM: another thread. */
SYNCHED_API int synched_job_ref(struct synched_job *job);
SYNCHED_API int synched_job_unref(struct synched_job *job);

/* Asks a job to end with SYNCHED_ECANCELED. The round that is open is not published; of its calls, those
 * that have not begun are skipped. on_done follows: it is the completion. A job that is not started yet will end so at
 * once when it is. A call that never returns cannot be interrupted: the job ends when it does.
 * Any thread, callbacks included; does not block. SYNCHED_EINVAL: NULL; SYNCHED_EALREADY: it has
 * ended, or was cancelled before; SYNCHED_ENOTSUP: the job is a parent process's. */
SYNCHED_API int synched_job_cancel(struct synched_job *job);

/* Asks a job to end well (status 0) as soon as the round that is open has been completed and published, as if
 * on_round had returned SYNCHED_STOP for it. on_done follows: it is the completion.
 * Statuses as in the table, and as for synched_job_cancel. */
SYNCHED_API int synched_job_stop(struct synched_job *job);

/* Pauses a job after the round that is open. Ticks that come due while it is paused are not counted.
 * Statuses as in the table; SYNCHED_EINVAL: NULL; SYNCHED_ENOMEM (one small allocation a call); SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_pause(struct synched_job *job);

/* Goes on; a periodic job with its next tick, in the phase that it had. Statuses as for synched_job_pause. */
SYNCHED_API int synched_job_resume(struct synched_job *job);

/* Computes `round_count` rounds, one after the other without regard to the period, and is paused again; the completion
 * comes after the last of them. Statuses as for synched_job_pause; SYNCHED_EINVAL: round_count 0. */
SYNCHED_API int synched_job_step(struct synched_job *job, uint64_t round_count);

/* Changes the period, or makes a free-running job periodic. The next round is due one new period after the last tick,
 * at once if that has passed. Statuses as for synched_job_pause; SYNCHED_ERANGE: period_ns not within
 * SYNCHED_PERIOD_MIN_NS .. _MAX_NS; SYNCHED_EINVAL: below the deadline. */
SYNCHED_API int synched_job_set_period(struct synched_job *job, uint64_t period_ns);

/* Statuses as for synched_job_pause; SYNCHED_ERANGE: weight not within 1 .. SYNCHED_WEIGHT_MAX. */
SYNCHED_API int synched_job_set_weight(struct synched_job *job, unsigned weight);

/* The state, as steering calls see it at this moment: what has been accepted counts, whether or not it has taken effect.
 * Any thread; does not block. SYNCHED_EINVAL: NULL. */
SYNCHED_API int synched_job_state(struct synched_job *job);

/* For on_snapshot, in that call: how many published rounds were passed over between the last one that it got and this
 * one. 0 for NULL, and elsewhere. */
SYNCHED_API uint64_t synched_job_missed(const struct synched_job *job);

/* What the last run did, in *out: valid until the job is started again or destroyed.
 * Any thread; does not block. SYNCHED_EINVAL: a NULL; SYNCHED_EBUSY: it still runs, or never ran. */
SYNCHED_API int synched_job_report(const struct synched_job *job,
                                   const struct synched_report **out);

/* Frees a job. NULL is allowed and does nothing. A job that was started: from its loop's thread, on_done
 * included; any other: from any thread.
 * SYNCHED_EBUSY: it has been started and has not ended; cancel it and let the loop run. (If the loop
 * was closed under it, with uv_walk and uv_close, there is no on_done: cancel, then destroy as soon as it
 * returns 0, after the loop has finished closing.) SYNCHED_ENOTSUP: the job is a parent process's. */
SYNCHED_API int synched_job_destroy(struct synched_job *job);

SYNCHED_END_DECLS

#endif
