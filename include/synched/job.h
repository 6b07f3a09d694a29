/*
 * job.h: rounds. A job is a memory, callbacks and a pool to run them on.
 *
 * What a job computes is what this serial loop computes, bit for bit, whatever the number of workers:
 *
 *   previous = synched_snapshot_current(memory);
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
};

/* Computes one segment. Runs on a worker, at the same time as other segments' calls. Returns 0, or a
 * code of its own (any other value) that fails the round. It may call everything that is documented
 * "any thread", and must not call what blocks on the same pool. */
typedef int (*synched_compute_fn)(struct synched_task *task, void *user);

#define SYNCHED_CONTINUE 0
#define SYNCHED_STOP 1

/* The completion callback: runs on the worker that closed the round, after all its calls and before
 * any of the next. Returns SYNCHED_CONTINUE, SYNCHED_STOP (the job ends well, status 0) or a negative
 * code (the job ends with it; the round, being complete, stays published). `now` is valid during the
 * call; retain it to keep it. */
typedef int (*synched_round_fn)(const struct synched_snapshot *now, void *user);

/* Delivery on the loop's thread. `now` is valid during the call; retain it to keep it. */
typedef void (*synched_snapshot_fn)(struct synched_job *job, const struct synched_snapshot *now,
                                    void *user);

/* The end, on the loop's thread: exactly once per start, after everything else, when the job's handles
 * are closed. synched_error_message() says more when status is not 0. status: 0, or why it ended (SYNCHED_ECANCELED, the code of a compute call or of
 * on_round). The job may be started again or destroyed from here. `report` is valid until then. */
typedef void (*synched_done_fn)(struct synched_job *job, int status,
                                const struct synched_report *report, void *user);

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

/* Flags of synched_job_options. */
#define SYNCHED_JOB_EAGER                                                                          \
  0x1u /* wake every worker for every round, whatever its size: for
                                             calls that block, and for tests */
#define SYNCHED_JOB_NO_SEGMENT_TIMES                                                               \
  0x2u /* do not time single segments: saves a clock read per
                                             call where segments are tiny and many */

struct synched_job_options {
  uint32_t struct_size;       /* filled in by SYNCHED_JOB_OPTIONS */
  uint32_t flags;             /* SYNCHED_JOB_... */
  const char *name;           /* for the report; NULL: "job"; copied */
  void *user;                 /* handed to every callback; the library does not look at it */
  synched_compute_fn compute; /* required */
  synched_compute_fn
      init; /* called once per segment before the first round, on the home workers, to
                                      fill the memory where it will be used; what it writes becomes the
                                      initial content, with the round number unchanged. NULL: none */
  synched_round_fn on_round;       /* NULL: none */
  synched_snapshot_fn on_snapshot; /* NULL: none; needs a memory with at least one lease */
  synched_done_fn on_done;         /* NULL: none */
  uint64_t round_count; /* ends after so many rounds; 0: when stopped, failed or cancelled */
  enum synched_delivery delivery; /* 0: LATEST */
  enum synched_balance balance;   /* 0: STEAL */
  enum synched_fold fold;         /* 0: NONE */
  unsigned report_rounds;         /* how many of the last rounds the report can show one by one;
                                      0: 64; at most 65536. 64 bytes each per worker */
};

/* Options with every default; then assign fields. For C++, and where a macro is unwelcome. */
static inline struct synched_job_options synched_job_options_default(void) {
  struct synched_job_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = (uint32_t)sizeof options;
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
 * on_snapshot with a memory without leases; SYNCHED_ERANGE: report_rounds; SYNCHED_EBUSY: the memory has
 * a job or an open writer; SYNCHED_ENOMEM. */
SYNCHED_API int synched_job_create(struct synched_job **out, struct synched_pool *pool,
                                   struct synched_memory *memory,
                                   const struct synched_job_options *options);

/* Starts a job on the caller's loop and returns at once. Callbacks for the loop come while it runs;
 * after on_done the job has no handle left, so uv_run can return. Jobs of one pool take turns, round by
 * round. A job that has ended may be started again: it goes on from the current snapshot, with a new report.
 * From the loop's thread. Does not block, but may wake workers.
 * SYNCHED_EINVAL: a NULL; SYNCHED_EBUSY: it runs already; libuv's code where the loop takes no
 * handle. Nothing has started then. */
SYNCHED_API int synched_job_start(struct synched_job *job, struct uv_loop_s *loop);

/* Runs a job from start to end on a private loop, callbacks and all on the calling thread.
 * Any thread but a worker; blocks until the job has ended. Returns the status that on_done got, or, when it
 * could not be started, what synched_job_start returns, or SYNCHED_EDEADLK on a worker of its pool. */
SYNCHED_API int synched_job_run(struct synched_job *job);

/* Asks a job to end with SYNCHED_ECANCELED. The round that is open is not published; of its calls, those
 * that have not begun are skipped. on_done follows. A job that is not started yet will end so at once when
 * it is. A call that never returns cannot be interrupted: the job ends when it does.
 * Any thread, callbacks included; does not block. SYNCHED_EINVAL: NULL; SYNCHED_EALREADY: it has
 * ended, or was cancelled before. */
SYNCHED_API int synched_job_cancel(struct synched_job *job);

/* What the last run did, in *out: valid until the job is started again or destroyed.
 * Any thread; does not block. SYNCHED_EINVAL: a NULL; SYNCHED_EBUSY: it still runs, or never ran. */
SYNCHED_API int synched_job_report(const struct synched_job *job,
                                   const struct synched_report **out);

/* Frees a job. NULL is allowed and does nothing. A job that was started: from its loop's thread, on_done
 * included; any other: from any thread.
 * SYNCHED_EBUSY: it has been started and has not ended; cancel it and let the loop run. (If the loop
 * was closed under it, with uv_walk and uv_close, there is no on_done: cancel, then destroy as soon as it
 * returns 0, after the loop has finished closing.) */
SYNCHED_API int synched_job_destroy(struct synched_job *job);

SYNCHED_END_DECLS

#endif
