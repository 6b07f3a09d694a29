/*
 * job.h: rounds. A job is a memory, callbacks and a pool to run them on.
 *
 * A job computes what this serial loop computes, bit for bit, whatever the number of workers:
 *
 *   previous = synched_snapshot_current(memory);
 *   // If there is an init that has never been completed: first a round with init and on_init in
 *   // place of compute and on_round. Its number is previous->round; it becomes the new previous.
 *   for (uint64_t round = previous->round + 1; ; round++) {
 *     for (size_t segment = 0; segment < segment_count; segment++)
 *       if (compute(&(struct synched_task){round, segment, ..., previous, out[segment]}, user))
 *         goto ended;                      // nothing of this round is published
 *     now = publish(out);                  // the new current snapshot; fold in segment order
 *     if (on_round(now, user) != SYNCHED_CONTINUE || round is the last) break;
 *     previous = now;
 *   }
 *   ended: on_done(job, status, report, user);
 *
 * The calls of one round run in any order, on several workers at once.
 *
 * Fields and stages. A job can have several memories, its fields, and a round several passes, its
 * stages. Then the body of the loop above is
 *
 *     for (size_t stage = 0; stage < stage_count; stage++) {
 *       for (size_t segment = 0; segment < segment_count; segment++)
 *         if (stages[stage].compute(&task, user)) goto ended;
 *       what the stage wrote is what later stages read; fold, for later stages, too
 *     }
 *     now = publish(all fields);           // as a whole: all stages' work, or none of it
 *
 * A field that a stage does not write costs nothing in it: no copy, and no buffer is turned.
 *
 * Floating point: each call of compute and init, each on_round, and the fold begin in the mode of
 * the thread that created the job, as it was at that moment. The mode is the rounding,
 * flush-to-zero and denormals-are-zero, the traps, and the x87's precision. What earlier calls have
 * left behind does not count, so results do not depend on who computes what. The sticky exception
 * flags are not part of the mode: who tests them clears them first (feclearexcept). All this costs
 * a call some two nanoseconds. Callbacks on the loop's thread run in that thread's own mode.
 *
 * Finding wrong calls. A round gives every call its own segment to write, and what it has declared
 * to read; but a call gets pointers, and can follow them further. With SYNCHED_CHECK=1 in the
 * environment of any program, or with SYNCHED_JOB_CHECKED, such a call is found, named, and fails
 * with SYNCHED_EFAULT, and its job ends with that. The round is dropped: what the call did has
 * touched copies only. synched_error_message() says, at the end of the job,
 *
 *     job "heat": segment 3 failed in round 7: it wrote outside of its segment: at out + 512 bytes
 *     (0x7f2a...), 1 behind it, which is element 0 of segment 4; 1 element there
 *
 *     what a call does                          how it is found
 *     writes outside of its segment             guards around `out`, as large as the largest
 *                                               segment, or 4 kB
 *     writes elements beyond its count          they must be as they were refilled
 *     writes to `previous`                      what it may read, and the segments beside its own,
 *                                               must be as before
 *     reads a segment that is not declared,     it is called a second time, with other bytes there:
 *     or what an earlier call was given (a      the result must be the same, bit for bit. If not,
 *     kept pointer), or its own `out`, where    calls with one thing changed at a time find which
 *     that is not refilled, or around it        it is, down to the element
 *     sets `unchanged`, and has changed         `out` is compared with what was there
 *       something
 *     leaves the floating-point mode changed    it must be as it was
 *     is not the same when called twice (what   only with SYNCHED_CHECK=2 or
 *       it uses besides its input: time,        SYNCHED_JOB_CHECKED_TWICE
 *       chance, state of its own)
 *
 * The lowest wrong call is named, as of all failures. Each call is made twice, and some thirty
 * times more when something is found: calls must bear that. One call runs at a time (but with
 * SYNCHED_JOB_EAGER), and gets copies of all that it may read, at addresses of their own. So
 * declared reads make it cheap, and with ALL every call costs six walks through all fields: heat on
 * 1024 x 1024 numbers in 64 bands takes some 10 times as long with NEAR, and some 120 times with
 * ALL. Memory: two copies of all fields; with EAGER for each worker. Results are the same bits as
 * unchecked ones.
 *
 * Not found: what a call reads where the other bytes make no difference to its result; what it does
 * by pointers that it has not got from its task; a pointer that a call on another worker has kept,
 * with EAGER; what becomes of a field that no stage writes, of which all calls may read all, and
 * get no copy; races between two calls (thread sanitizer finds these). Bytes of padding in elements
 * are compared, too, so with SYNCHED_REFILL_NONE calls must set them.
 *
 * If the program has an address sanitizer, it reports whoever looks at a snapshot that was let go,
 * from when its buffer is to be written again on: of memories with buffers of the library's own,
 * not changed in place, in checked jobs that skip no calls. That ends the program, as it does.
 *
 * A callback must not end in any other way than by returning. A C++ exception that leaves it ends
 * the program, because nobody catches it. After longjmp, pthread_exit or a cancellation the round
 * would never end, and the program would hang. A C++ callback catches what it throws and returns a
 * code for it.
 */
#ifndef SYNCHED_JOB_H
#define SYNCHED_JOB_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <synched/export.h>
#include <synched/memory.h>
#include <synched/progress.h>
#include <synched/report.h>

SYNCHED_BEGIN_DECLS

struct synched_cluster; /* <synched/cluster.h> */
struct uv_loop_s;       /* libuv's uv_loop_t */
struct synched_pool;    /* <synched/pool.h> */
struct synched_job;     /* opaque */

/* The work of one compute call. Lives for that call only. */
struct synched_task {
  /* the round being computed: previous->round + 1 */
  uint64_t round;
  /* the segment that belongs to this call */
  size_t segment;
  /* the worker that runs the call, 0 .. worker_count - 1; an index for scratch space */
  unsigned worker;
  /* what all calls of the round read */
  const struct synched_snapshot *previous;
  /* what this call writes: `capacity` elements */
  void *out;
  size_t capacity;
  /* Elements that are valid. Starts as in `previous`; set it where it changes. */
  size_t count;
  /* to the fold; starts as 0 */
  double contribution;
  /* the library's own */
  const void *engine;
  /* Where the segment begins in the whole, previous->offsets[segment]: element i of `out` is
   * element first + i of `previous`. */
  size_t first;

  /* What there is beside field 0, in a job with several fields, with stages, with a memory that is
   * changed in place, or with folds of more than a double; else NULL. The functions below read it.
   * `previous`, `out`, `capacity`, `count` and `first` are those of field 0, and `out` is NULL
   * where the stage does not write it. */
  const struct synched_task_parts *parts;

  /* With SYNCHED_JOB_SKIP_UNCHANGED: set to 1 by a call that has written what was there before, in
   * all that it writes. Starts as 0. Without that flag it means nothing. */
  int unchanged;
};

struct synched_task_parts {
  /* the stage being computed; 0 in a job without stages, and in init */
  unsigned stage;
  /* the job's fields */
  unsigned field_count;
  /* [field_count]: each field as the stage before left it; fields[0] is `previous`. One that an
   * earlier stage of this round has written, or that is changed in place, is no snapshot: its own
   * field_count is 0, and it cannot be retained */
  const struct synched_snapshot *const *fields;
  /* [field_count]: where this call's segment begins, in each field that the stage writes; else
   * NULL. In place it is the same address as in fields[f] */
  void *const *outs;
  /* [field_count]: elements that are valid in each of outs; they start as in fields[f]. Entry 0 is
   * not looked at: `count` is */
  size_t *counts;
  /* What this call adds to the stage's fold; starts as the fold's identity. NULL: the stage has no
   * fold, or one of a single double, which is `contribution` */
  void *fold;
  /* [number of stages]: the newest fold of each: of this round for stages before this one, of the
   * round before (at first: the identity) for this and later ones. Entries are NULL where a stage
   * has no fold. NULL: the job has none but of a single double */
  const void *const *folds;
};

/* What calls read and write, field by field. In that call only, on its worker; O(1). Field and
 * stage are not checked. A job of one field and one stage may use these, too. */

/* Field f as the stage before left it. */
static inline const struct synched_snapshot *synched_task_field(const struct synched_task *task,
                                                                unsigned f) {
  return task->parts == SYNCHED_NULL ? task->previous : task->parts->fields[f];
}

/* All of it: its first element. Segments lie in it as in a snapshot. */
static inline const void *synched_task_all(const struct synched_task *task, unsigned f) {
  return synched_task_field(task, f)->data;
}

/* This call's segment of it: its first element. */
static inline const void *synched_task_in(const struct synched_task *task, unsigned f) {
  return synched_snapshot_segment(synched_task_field(task, f), task->segment);
}

/* Where this call writes its segment of field f; NULL: the stage does not write it. */
static inline void *synched_task_out(const struct synched_task *task, unsigned f) {
  return task->parts == SYNCHED_NULL ? task->out : task->parts->outs[f];
}

/* How many elements that segment has room for, and where it begins in the whole of the field. */
static inline size_t synched_task_capacity(const struct synched_task *task, unsigned f) {
  return synched_task_field(task, f)->capacities[task->segment];
}

static inline size_t synched_task_first(const struct synched_task *task, unsigned f) {
  return synched_task_field(task, f)->offsets[task->segment];
}

/* Sets how many elements are valid in it. */
static inline void synched_task_set_count(struct synched_task *task, unsigned f, size_t count) {
  if (f == 0)
    task->count = count;
  else
    task->parts->counts[f] = count;
}

/* What this call adds to the stage's fold. Only where that is more than one double. */
static inline void *synched_task_fold(const struct synched_task *task) {
  return task->parts->fold;
}

/* The newest fold of a stage, as synched_task_parts says. Only of a stage that folds, in a job with
 * stages or a fold of more than one double. */
static inline const void *synched_task_folded(const struct synched_task *task, unsigned stage) {
  return task->parts->folds[stage];
}

/* The same of a stage whose fold is one double, or begins with one. */
static inline double synched_task_folded_double(const struct synched_task *task, unsigned stage) {
  return *SYNCHED_CAST(const double *, synched_task_folded(task, stage));
}

/* Computes one segment, on a worker, at the same time as the calls of other segments. Returns 0, or
 * a code of the program's own, any other value, which fails the round. SYNCHED_STOP fails it, too:
 * only on_round and on_init return that to end a job well. A `count` above `capacity` fails the
 * round with SYNCHED_ERANGE. The call may use everything that is documented "any thread", and must
 * not use what blocks on the same pool.
 * Calls that block (input, locks, sleeps) are computed correctly, but by default as if they
 * computed: a round that looks too small to be worth sharing stays on one worker, and a worker that
 * waits for a blocked call spins, which costs a CPU. Two options are for such calls, best together:
 * SYNCHED_JOB_EAGER gives every worker its part of every round, and with SYNCHED_WAIT_SLEEP of the
 * pool nobody spins. */
typedef int (*synched_compute_fn)(struct synched_task *task, void *user);

/* Tells a long call whether to give up. Returns 1 once nothing that the call can still do will
 * count: the job has been cancelled, the round has missed its deadline under CANCEL or FAIL, or a
 * lower segment has failed. The call should then return soon; what it returns does not count
 * either. Returns 0 as long as the call should go on.
 * In that call only, on its worker; does not block; three loads, cheap enough for an inner loop. */
SYNCHED_API int synched_task_cancelled(const struct synched_task *task);

/* What on_round, on_init and synched_job_dispatch return. From a compute call, SYNCHED_STOP fails
 * the round. */
#define SYNCHED_CONTINUE 0
#define SYNCHED_STOP 1

/* The completion of a round. Runs on the worker that closed the round, after all its calls and
 * before any of the next round. Returns SYNCHED_CONTINUE; SYNCHED_STOP: the job ends well, with
 * status 0; or a negative code: the job ends with it, and the round, being complete, stays
 * published. Any other value ends the job with SYNCHED_EINVAL. `now` is valid during the call;
 * retain it to keep it. */
typedef int (*synched_round_fn)(const struct synched_snapshot *now, void *user);

/* A delivery, on the loop's thread. `now` is valid during the call; retain it to keep it. */
typedef void (*synched_snapshot_fn)(struct synched_job *job, const struct synched_snapshot *now,
                                    void *user);

/* A job that waits longer than this for a buffer says so: one second. */
#define SYNCHED_STALL_NS UINT64_C(1000000000)

/* A job that waits for a buffer to write its next round to. Retained snapshots have not been
 * released, or the loop has not come to those that on_snapshot is to get. The job goes on waiting
 * until one is released, or it is cancelled. */
struct synched_stall {
  /* the round that waits: the last published one, plus 1 */
  uint64_t round;
  /* when the wait began, on the monotonic clock */
  uint64_t since_ns;
  /* Such waits of this run so far. More than the calls of on_stalled if the loop was busy for
   * several of them. */
  uint64_t stalled_count;
  /* the memory's: snapshots that can be held besides the current one */
  unsigned lease_count;
  /* snapshots that were held while the job waited: lease_count + 1 */
  unsigned held_count;
  /* of those, snapshots that the program has not retained, but that wait for on_snapshot */
  unsigned undelivered_count;
  /* [held_count]: the rounds of those held, oldest first; valid during the call */
  const uint64_t *held_rounds;
};

/* Says that a job has waited for a buffer for SYNCHED_STALL_NS: once for each such wait.
 * On the loop's thread, as soon as that thread, and any one worker of the pool, has time. The wait
 * may be over by then. To end it, release a snapshot or cancel the job. */
typedef void (*synched_stalled_fn)(struct synched_job *job, const struct synched_stall *stall,
                                   void *user);

/* The end of a job: exactly once per start, on the loop's thread, after everything else, when the
 * job's handles are closed. status is 0, or why the job ended: SYNCHED_ECANCELED; SYNCHED_ETIMEDOUT
 * for a deadline under FAIL; the code of a compute call or of on_round. synched_error_message()
 * says more then. The job may be started again or destroyed from here. `report` is valid until
 * then. */
typedef void (*synched_done_fn)(struct synched_job *job, int status,
                                const struct synched_report *report, void *user);

/* A call that is being computed. */
struct synched_running_call {
  size_t segment;
  unsigned worker;
  /* when it began, on the monotonic clock */
  uint64_t since_ns;
};

/* A round that was not complete at its deadline. */
struct synched_deadline_miss {
  uint64_t round;
  /* from when the deadline counts, on the monotonic clock */
  uint64_t due_ns;
  /* the job's, relative to due_ns */
  uint64_t deadline_ns;
  /* Rounds of this run that have missed theirs so far. More than the calls of on_deadline if the
   * loop was busy for several of them. */
  uint64_t missed_count;
  /* calls that still ran at the deadline; 0 if the round ended just then */
  unsigned running_count;
  /* [running_count], by worker; valid during the call */
  const struct synched_running_call *running;
};

/* Says that a deadline has passed. On the loop's thread, as soon as that has time: the round may be
 * over by then. */
typedef void (*synched_deadline_fn)(struct synched_job *job,
                                    const struct synched_deadline_miss *miss, void *user);

/* What a steering call, such as synched_job_pause, asks for. */
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
  /* 0: done. SYNCHED_ECANCELED: another call overtook it, as a pause or resume does with a step, or
   * the job ended before it took effect. */
  int status;
  /* the last published round at that moment */
  uint64_t round;
  /* as asked for: rounds to step, ns of the period, weight */
  uint64_t value;
};

/* The completion of a steering call, on the loop's thread: exactly once for each call that returned
 * 0 while the job was started, in the order in which the calls took effect, after the deliveries of
 * the rounds up to steered->round, and before on_done. (If a start fails, what other threads asked
 * for during it comes to nothing.) */
typedef void (*synched_steered_fn)(struct synched_job *job, const struct synched_steered *steered,
                                   void *user);

/* Which snapshots on_snapshot gets. */
enum synched_delivery {
  /* The newest one at the moment when the loop has time. A slow loop misses some, which the report
   * counts, and no round waits for it. A delivery while all leases are taken is such a miss. */
  SYNCHED_DELIVER_LATEST = 0,
  /* Each one, in order. The job waits when the leases are used up. */
  SYNCHED_DELIVER_EVERY
};

/* Which worker computes which segment. */
enum synched_balance {
  /* Workers compute their home segments first, then those that others have not begun. Rounds too
   * small to be worth sharing stay on one worker. If few segments are very uneven (and timed), each
   * worker begins with its heaviest ones. */
  SYNCHED_BALANCE_STEAL = 0,
  /* Every segment is computed by its home worker, in every round. That is the same one throughout a
   * run, unless SYNCHED_HOMES_FOLLOW is asked for. */
  SYNCHED_BALANCE_STATIC
};

/* Which segments a worker has at home: a range of them, and all ranges cover all segments in their
 * order. They are even at first. Results do not depend on them. */
enum synched_homes {
  /* FOLLOW with SYNCHED_BALANCE_STEAL, as far as it is known what segments cost; FIXED with
   * SYNCHED_BALANCE_STATIC, with SYNCHED_JOB_SKIP_UNCHANGED, or on several ranks */
  SYNCHED_HOMES_AUTO = 0,
  /* They stay even: a segment is at home with the same worker throughout a run. */
  SYNCHED_HOMES_FIXED,
  /* They follow what segments cost, and what workers can do: on slower cores, or beside another
   * program. Where ranges have taken clearly different times in two windows of time, 20 ms or
   * longer, segments next to a border change hands between two rounds, half as many as would make
   * them even, and so on. In all stages of a job a segment is at home with the same worker. With
   * STATIC balance no round waits for the dearest range then; with STEAL fewer segments are stolen,
   * so more of them are found in their worker's cache. Costs nothing that can be measured while
   * nothing moves. Pages stay on the NUMA node where they were first touched: the report counts
   * segments that have left them (strayed_count), and how often ranges were dealt anew.
   * Not where workers are more than the CPUs that they can have. */
  SYNCHED_HOMES_FOLLOW
};

/* How the calls' contributions become one: always in the same order, so always the same bits. */
enum synched_fold {
  SYNCHED_FOLD_NONE = 0,
  SYNCHED_FOLD_SUM,
  /* A NaN contribution makes it NaN, for MAX, too. */
  SYNCHED_FOLD_MIN,
  SYNCHED_FOLD_MAX,
  /* A sum whose rounding errors are summed, too, and added at the end (Neumaier 1974). */
  SYNCHED_FOLD_SUM_COMPENSATED,
  /* fold_combine, of fold_size bytes. */
  SYNCHED_FOLD_CUSTOM
};

/* The numbers of the built-in folds. */
enum synched_fold_type {
  SYNCHED_FOLD_DOUBLE = 0,
  /* int64_t; a sum that leaves the range wraps around. Not SUM_COMPENSATED. */
  SYNCHED_FOLD_INT64
};

/* Combines what `next` holds into `into`: two folds of fold_size bytes, of which `into` is that of
 * lower segments. It need not be commutative or associative, for the order is fixed. `user` is the
 * fold's own fold_user, or, where that is NULL, the job's. On a worker; must not fail. */
typedef void (*synched_combine_fn)(void *into, const void *next, void *user);

#define SYNCHED_FOLD_BYTES_MAX 4096u

/* A fold of one double is combined from the first segment to the last. All others are combined in
 * groups of so many segments, each from its first to its last one, and then from group to group:
 * workers can share that. */
#define SYNCHED_FOLD_GROUP 64u

#define SYNCHED_FIELDS_MAX 16u
#define SYNCHED_STAGES_MAX 16u

/* Which segments a call may look at, besides its own, in what it reads. */
enum synched_reach {
  /* all of them */
  SYNCHED_REACH_ALL = 0,
  /* none but its own */
  SYNCHED_REACH_OWN,
  /* segments s - radius .. s + radius, where s is its own */
  SYNCHED_REACH_NEAR,
  /* those of a list for each segment */
  SYNCHED_REACH_LIST
};

/* A declaration of what calls read. The results are the same as with ALL, bit for bit, as long as
 * it is true: calls must not look at other segments then, in any field that the job writes. With
 * it, a segment can go on to its next round before others have completed theirs
 * (rounds_per_barrier). */
struct synched_reads {
  /* 0: ALL */
  enum synched_reach reach;
  /* NEAR: how far */
  uint32_t radius;
  /* NEAR: not 0: the segment after the last one is the first */
  int wraps;
  /* LIST: segment s reads those in segments[offsets[s]] .. segments[offsets[s + 1] - 1], in any
   * order, and its own. [segment_count + 1], ascending, the first is 0. Copied */
  const size_t *offsets;
  /* LIST: [offsets[segment_count]], at most 2^32 of them; copied. NULL: there is none */
  const size_t *segments;
  /* NEAR and LIST, in elements of each field: of other segments, calls read no more than the first
   * `first` elements of those behind their own, and the last `last` elements of those before it; in
   * a LIST, both of each. Elements are counted over the capacity. Both 0: all of them. Between
   * ranks (cluster.h) no more than that travels: of a plate that is cut into bands of rows, one row
   * and not the band. */
  size_t first, last;
};

/* More rounds than this do not run between two barriers. */
#define SYNCHED_ROUNDS_PER_BARRIER_MAX 64u

/* Sets of fields: bit f is field f. */
#define SYNCHED_FIELD(f) (UINT32_C(1) << (f))
/* No field at all: a stage that only folds. */
#define SYNCHED_WRITES_NONE UINT32_C(0x80000000)

/* One pass over all segments within a round. */
struct synched_stage {
  /* for the report and for messages; NULL: "stage 0", and so on; copied */
  const char *name;
  /* required */
  synched_compute_fn compute;
  /* Fields that the stage writes. 0: all that the job does not only read; SYNCHED_WRITES_NONE:
   * none. Each of its calls writes its own segment of them. */
  uint32_t writes;
  /* Of those, fields of which each call writes all that it counts, so that their refill is left
   * out: `out` holds anything. */
  uint32_t overwrites;
  /* 0: NONE. What the calls of this stage contribute; the six as in synched_job_options */
  enum synched_fold fold;
  enum synched_fold_type fold_type;
  size_t fold_length;
  size_t fold_size;
  synched_combine_fn fold_combine;
  const void *fold_identity;
  void *fold_user;
  /* 0: ALL. What its calls read */
  struct synched_reads reads;
};

/* What a periodic job does about ticks that came due while its round still ran. */
enum synched_overrun {
  /* Leaves them out, and counts them. The next round begins with the next tick, in phase. */
  SYNCHED_OVERRUN_SKIP = 0,
  /* Computes them all, back to back, until it is on time again. Of a backlog of more than
   * SYNCHED_CATCH_UP_MAX it leaves out the oldest, and counts them. */
  SYNCHED_OVERRUN_CATCH_UP,
  /* Begins the next round at once, and counts the period from there: the phase starts anew, and
   * nothing is left out. */
  SYNCHED_OVERRUN_STRETCH
};

#define SYNCHED_CATCH_UP_MAX 16u

/* What happens to a round that is not complete at its deadline. */
enum synched_deadline_policy {
  /* on_deadline and the report say so, and the round goes on. */
  SYNCHED_DEADLINE_REPORT = 0,
  /* They say so, and the round is dropped. Calls that have not begun are skipped; those that run
   * can learn it from synched_task_cancelled. Nothing is published, and the next round has the same
   * number and the same `previous`. */
  SYNCHED_DEADLINE_CANCEL,
  /* The round is dropped in the same way, and the job ends with SYNCHED_ETIMEDOUT. */
  SYNCHED_DEADLINE_FAIL
};

#define SYNCHED_PERIOD_MIN_NS UINT64_C(200000)             /* 200 us */
#define SYNCHED_PERIOD_MAX_NS UINT64_C(100000000000000000) /* three years */
#define SYNCHED_WEIGHT_MAX 1000u

/* Flags of synched_job_options. */
/* Wakes every worker for every round, whatever its size: for calls that block, and for tests. With
 * calls that block, take SYNCHED_WAIT_SLEEP of <synched/pool.h>, too, or the other workers spin
 * meanwhile. */
#define SYNCHED_JOB_EAGER 0x1u
/* Does not time single segments: saves a clock read per call where segments are tiny and many. */
#define SYNCHED_JOB_NO_SEGMENT_TIMES 0x2u
/* Starts paused: nothing runs before a resume or a step. */
#define SYNCHED_JOB_START_PAUSED 0x4u
/* Calls a segment only if something that it reads (as `reads` says), or itself, has changed since
 * it was called last; a stage of several, since that stage was called for it. Calls say that they
 * have changed nothing by task->unchanged. What is not called keeps its content and its
 * contribution to the fold, and costs next to nothing: no call, no copy. So calls must depend on
 * nothing but what they read: not on the round's number, the time, or what others change.
 * In the first round of a run all segments are called; after init, only those that read what init
 * has changed: where it writes nothing, into a memory that holds zeros, it sets `unchanged`. All
 * are called again after a synched_memory_load, and after a round that was dropped. Home ranges are
 * dealt anew for the segments that are called, evenly, with SYNCHED_BALANCE_STATIC, too. */
#define SYNCHED_JOB_SKIP_UNCHANGED 0x8u
/* Checks every call: see "Finding wrong calls" above. For tests, for it takes its time;
 * SYNCHED_CHECK=1 in the environment does it to every job of a program. */
#define SYNCHED_JOB_CHECKED 0x10u
/* The same, and a call fails, too, that is not the same when it is made again with the same input:
 * SYNCHED_CHECK=2. */
#define SYNCHED_JOB_CHECKED_TWICE 0x20u
/* Lets a checkpoint have copies of memories that are changed in place (<synched/checkpoint.h>): the
 * workers make one at the end of a round that is to be written. Each such memory needs a lease.
 * What on_round changes of it afterwards is not in the copy. */
#define SYNCHED_JOB_COPIES 0x40u

struct synched_job_options {
  /* filled in by SYNCHED_JOB_OPTIONS */
  uint32_t struct_size;
  /* SYNCHED_JOB_... */
  uint32_t flags;
  /* for the report; NULL: "job"; copied */
  const char *name;
  /* handed to every callback; the library does not look at it */
  void *user;
  /* required */
  synched_compute_fn compute;
  /* Called once per segment before the first round, on the home workers, to fill the memory where
   * it will be used. What it writes becomes the initial content, under the same round number; its
   * fold is that of its contributions. on_init is its completion.
   * init belongs to the first run that gets so far. A job that is started paused calls it with the
   * first resume or step. If the job is stopped or cancelled before that, or init fails, the memory
   * holds what it held before, and init_missing of the report's summary says so. NULL: none. */
  synched_compute_fn init;
  /* NULL: none */
  synched_round_fn on_round;
  /* NULL: none; needs a memory with at least one lease */
  synched_snapshot_fn on_snapshot;
  /* NULL: none */
  synched_done_fn on_done;
  /* the job ends after so many rounds; 0: when it is stopped, cancelled or fails */
  uint64_t round_count;
  /* 0: LATEST */
  enum synched_delivery delivery;
  /* 0: STEAL */
  enum synched_balance balance;
  /* 0: NONE */
  enum synched_fold fold;
  /* How many of the last rounds the report can show one by one. 0: 64, or 4096 from
   * SYNCHED_RECORD_ROUNDS on; at most 65536. Each of them takes 200 bytes per worker. */
  unsigned report_rounds;

  /* Time. */

  /* From one round's due time to the next one's, on an absolute schedule of the monotonic clock
   * that begins with the start. SYNCHED_PERIOD_MIN_NS .. _MAX_NS; 0: free-running, one round after
   * the other. */
  uint64_t period_ns;
  /* 0: SKIP; for periodic jobs */
  enum synched_overrun overrun;
  /* A round should be complete so long after its due time (periodic), or after it was opened
   * (free-running). 0: no deadline. At most the period, where there is one. */
  uint64_t deadline_ns;
  /* 0: REPORT */
  enum synched_deadline_policy deadline_policy;
  /* NULL: none */
  synched_deadline_fn on_deadline;
  /* NULL: none */
  synched_steered_fn on_steered;
  /* For a free-running job that shares its pool. Periodic jobs leave some time, and each
   * free-running job gets a part of it in proportion to its weight. 0: 1; at most
   * SYNCHED_WEIGHT_MAX. */
  unsigned weight;
  /* The on_round of init's round: runs on the worker that closed it, before the first round, with
   * the content as init left it, and returns the same. To look at that content at leisure, call
   * synched_job_pause in it. NULL: none. */
  synched_round_fn on_init;
  /* NULL: none; then a job whose leases are all held waits in silence */
  synched_stalled_fn on_stalled;

  /* How much is recorded for the report. 0: TOTALS, or what SYNCHED_REPORT needs (report.h). */
  enum synched_record record;
  /* How many of each worker's last calls the report can show, at SYNCHED_RECORD_TASKS. 0: 16384; at
   * most 16,777,216. Each of them takes 90 bytes. */
  unsigned report_tasks;

  /* How far the run is, for whoever waits for it; <synched/progress.h> says when it is called, and
   * has a ready one, synched_progress_bar. NULL: none */
  synched_progress_fn on_progress;
  /* 0: SYNCHED_PROGRESS_NS, 100 ms; at most SYNCHED_PERIOD_MAX_NS */
  uint64_t progress_ns;

  /* Fields 1 and up: memories beside the job's own, with as many segments, and elements of any
   * size. field_count - 1 of them; copied. */
  struct synched_memory *const *fields;
  /* of the whole job, its own memory included; 0: 1; at most SYNCHED_FIELDS_MAX */
  unsigned field_count;
  /* Fields that no stage writes, and that init does not fill either: bit f is field f. */
  uint32_t reads_only;
  /* Stages, in their order, instead of compute; copied. */
  const struct synched_stage *stages;
  /* 0: none, compute is the only one; at most SYNCHED_STAGES_MAX */
  unsigned stage_count;
  /* The fold of compute, and of init: what `fold` is made of. 0: DOUBLE */
  enum synched_fold_type fold_type;
  /* numbers of a built-in fold, combined each with its like; 0: 1. Their bytes: at most
   * SYNCHED_FOLD_BYTES_MAX */
  size_t fold_length;
  /* CUSTOM: bytes, 1 .. SYNCHED_FOLD_BYTES_MAX */
  size_t fold_size;
  /* CUSTOM: required */
  synched_combine_fn fold_combine;
  /* CUSTOM: fold_size bytes that a contribution starts as; copied. NULL: zeros */
  const void *fold_identity;
  /* CUSTOM: handed to fold_combine; NULL: what `user` is */
  void *fold_user;

  /* What the calls of compute read. 0: ALL; with stages, each has its own */
  struct synched_reads reads;
  /* Up to so many rounds run from one barrier to the next, where no call reads ALL: a segment goes
   * on to its next round as soon as those that it reads, and those that read it, have completed the
   * round before. What each call gets, and what it computes, is as in rounds with a barrier each,
   * but for what comes with a barrier: on_round, on_snapshot, folds, and the round that can be
   * retained come after every so many rounds, and after the last one of the job, of a step and of
   * an advance; `previous->fold` stays that of the last barrier. A stop, a cancel, a pause and a
   * failure take effect there, too: all of these rounds are published together, or none. A deadline
   * is that of all of them together. `previous` can be retained in the first round after a barrier
   * only. Takes one buffer more of each field that is written.
   * 0: 1, or as many as the library thinks best, where no call reads ALL and nobody asks for each
   * round: no on_round, no fold, no period, no deadline, no delivery of EVERY snapshot. 1 with
   * SYNCHED_JOB_SKIP_UNCHANGED, with which a round waits for the one before in any case. At most
   * SYNCHED_ROUNDS_PER_BARRIER_MAX; from 2 on not with a period, nor with stages that fold. */
  unsigned rounds_per_barrier;
  /* 0: AUTO */
  enum synched_homes homes;

  /* The job is one of several ranks, which make it together: see <synched/cluster.h>, also for what
   * does not go together with it. NULL: it is not. With it, segments do not go on to their next
   * rounds without each other, but all ranks agree once for rounds_per_barrier rounds; 0 is 8 then,
   * where it is not 1. */
  struct synched_cluster *cluster;
};

/* Returns options with every default, for C++ and where a macro is unwelcome. */
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

/* Creates a job. Nothing runs before it is started. This call allocates everything that rounds
 * need. The pool and the memory stay the caller's and must outlive the job. The memory belongs to
 * this job alone until the job is destroyed.
 * Any thread; does not block; O(workers * report_rounds + segments). On success the caller owns
 * *out and ends it with synched_job_destroy.
 * Errors: SYNCHED_EINVAL: a NULL; no compute; an unknown flag or enum value, or bytes that are set
 * behind the known fields; on_snapshot with a memory without leases; a deadline above the period;
 * an overrun without a period; a deadline_policy or on_deadline without a deadline; on_init without
 * init; progress_ns without on_progress; SYNCHED_HOMES_FOLLOW with SYNCHED_JOB_SKIP_UNCHANGED, with
 * SYNCHED_RECORD_OFF, or without the times of segments that may be stolen;
 * a field that is NULL, given twice or of another number of
 * segments; field_count without fields, or stage_count without stages; compute and stages; a stage
 * that writes what the job does not have or only reads, or overwrites what it does not write; a
 * fold of the job beside stages; what does not apply to a fold, or is missing of it; a memory with
 * too few buffers of the program's own; SYNCHED_DEADLINE_CANCEL with a memory that is changed in
 * place; reads of the job beside stages; what does not apply to reads, or is missing of them;
 * offsets that do not begin with 0, or descend; rounds_per_barrier above 1 with calls that read
 * ALL, a period, or stages that fold. SYNCHED_ERANGE: report_rounds, period_ns, deadline_ns,
 * progress_ns, weight, rounds_per_barrier; too many fields or stages, or too large a fold; a list
 * with a segment that there is not, or with too many. SYNCHED_EBUSY: a memory has a job or an open
 * writer; or, where there is more than one field, one stage and one fold of a double, or several
 * rounds between two barriers, or calls are skipped, a retained snapshot. SYNCHED_EAGAIN: there is
 * no file descriptor for now, or no thread for the deadline monitor, which a pool's first job with
 * a deadline brings. For that thread, the other statuses that synched_pool_create has on threads
 * hold, too. SYNCHED_ENOMEM. SYNCHED_ENOTSUP: the pool is a parent process's. *out is NULL then. */
SYNCHED_API int synched_job_create(struct synched_job **out, struct synched_pool *pool,
                                   struct synched_memory *memory,
                                   const struct synched_job_options *options);

/*
 * A job's states, and what each call does in them. All calls but start, run, advance, dispatch,
 * ref, unref and destroy: any thread, callbacks included. None of them blocks, but run and advance.
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
 *    advance     0 (5)       EBUSY       EBUSY       EBUSY       EBUSY       0 (5)
 *    pause       ENOENT      0           EALREADY    0 (1)       EALREADY    EALREADY
 *    resume      ENOENT      EALREADY    0           0 (1)       EALREADY    EALREADY
 *    step        ENOENT      EBUSY       0           EBUSY       EALREADY    EALREADY
 *    stop        ENOENT      0           0           0           EALREADY    EALREADY
 *    cancel      0 (2)       0           0           0           0 (3)       EALREADY
 *    set_period  0 (4)       0           0           0           EALREADY    0 (4)
 *    set_weight  0 (4)       0           0           0           EALREADY    0 (4)
 *    report      ENOENT      0           0           0           0           0
 *    destroy     0           EBUSY       EBUSY       EBUSY       EBUSY       0
 *
 *    (1) The step that was under way completes with SYNCHED_ECANCELED.
 *    (2) The job will be cancelled as soon as it is started. A second time: EALREADY.
 *    (3) After a stop: drops that stop's round if it still runs. EALREADY after another cancel, or
 *        when the round is over.
 *    (4) From the next start on, without a completion.
 *    (5) RUNNING while it lasts, ENDED when it returns. As long as it goes on, all calls are as in
 *        these states; their completions are not told.
 *
 * A call that returns 0 is accepted. It takes effect when the job's open round is closed, or at
 * once if none is open, also while the pool computes another job's round. Then its completion comes
 * on the loop.
 */
enum synched_job_state {
  /* created, never started */
  SYNCHED_JOB_READY = 0,
  SYNCHED_JOB_RUNNING,
  /* or about to be: a pause has been accepted */
  SYNCHED_JOB_PAUSED,
  SYNCHED_JOB_STEPPING,
  /* it will end, or has ended and on_done has not been called yet */
  SYNCHED_JOB_ENDING,
  SYNCHED_JOB_ENDED
};

/* Starts a job on the caller's loop and returns at once. The loop calls back while the job runs.
 * After on_done the job has no handle left, so uv_run can return. A job that has ended may be
 * started again: it goes on from the current snapshot, with a new report.
 * Jobs of one pool take turns, round by round. A periodic job whose round is due comes first; of
 * several, the one whose deadline, or else next tick, is nearest. Then free-running jobs by weight.
 * From the loop's thread, not on a worker. Does not block, but may wake workers.
 * Errors, after which nothing has started: SYNCHED_EINVAL: a NULL. SYNCHED_EBUSY: the job runs
 * already. SYNCHED_EPERM: on a worker. libuv's code if the loop takes no handle (UV_EBADF for one
 * that is closed). SYNCHED_ENOTSUP: the job is a parent process's, here and below. */
SYNCHED_API int synched_job_start(struct synched_job *job, struct uv_loop_s *loop);

/* Runs a job from start to end on a private loop; the calling thread gets the loop's callbacks.
 * Any thread but a worker of the job's pool; blocks until the job has ended. Returns the status
 * that on_done got. If the job could not be started, returns what synched_job_start returns, or
 * SYNCHED_EDEADLK on a worker of its pool. */
SYNCHED_API int synched_job_run(struct synched_job *job);

/* Computes exactly so many rounds of a job, from the program's own time loop, and returns when the
 * last one is complete. No event loop is needed. The equivalent serial loop is that of the top of
 * this file, with last = the current round + rounds; round_count is not looked at.
 *
 * Meanwhile the job is RUNNING; between two advances it is ENDED, as any job whose run is over: its
 * snapshots, loads, changes, a report, a start and its end are possible then, and a cancel or stop
 * comes too late. But all advances are one run, with one report, as long as each of them ends with
 * its last round. Time between two of them counts as a pause. The run is over when an advance
 * fails, or is ended early, when the job is started in another way, or destroyed; the next advance
 * begins another one.
 *
 * The calling thread takes part where it can: in the place of a worker that sleeps, under that
 * worker's index, so that scratch space by index stays one call's at a time. It may close rounds,
 * also of other jobs on the pool, and call their callbacks. Where no worker sleeps, or rounds take
 * long, and while pages are placed (init, and a memory's first rounds) it waits, and sleeps.
 * on_init and on_round are called as always; on_snapshot, on_done and the other callbacks of the
 * loop are not.
 *
 * Any thread but a worker of the pool; several at once, each with a job of its own; blocks. It
 * waits for a resume where the job is paused, and for a release where retained snapshots have all
 * leases; cancel or stop, on another thread, ends that. Allocates nothing. While the job has the
 * pool to itself, an advance of one round costs some 200 ns more than the round.
 * Returns 0 after the last round, and also if it was ended early by SYNCHED_STOP of on_round or
 * on_init, or by synched_job_stop: the current snapshot's round tells. Otherwise the status that
 * on_done would have got, and nothing of the round that failed is published: the code of a call, of
 * on_round or on_init; SYNCHED_ECANCELED; SYNCHED_ETIMEDOUT for a deadline under FAIL.
 * synched_error_message() says more. Errors, after which nothing has run: SYNCHED_EINVAL: NULL, or
 * rounds is 0; the job has a period, or starts paused. SYNCHED_EBUSY: the job runs.
 * SYNCHED_EDEADLK: on a worker of the pool, or on a thread that is in the place of one, as in a
 * callback. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_advance(struct synched_job *job, uint64_t rounds);

/* Starts a job for an event loop that is not libuv's. From then on the caller calls
 * synched_job_dispatch, on this thread, whenever the descriptor of synched_job_fd is readable,
 * until on_done has been called.
 * Otherwise as synched_job_start, errors included. */
SYNCHED_API int synched_job_start_polled(struct synched_job *job);

/* Returns a descriptor that is readable (POLLIN) when there is something to dispatch. The job owns
 * it: do not read, write or close it. It stays the same for the job's life, and is close-on-exec.
 * Any thread; does not block; O(1). SYNCHED_EINVAL: NULL. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_fd(const struct synched_job *job);

/* Calls back what is due: on_snapshot, on_steered, on_deadline, on_stalled, on_progress, on_done.
 * If nothing is due, calls nothing and returns 0. It may be called at any time, whether or not the
 * descriptor is readable: on_progress alone does not make it so. Not from within one of these
 * callbacks.
 * From the thread that called synched_job_start_polled; does not block.
 * Returns SYNCHED_CONTINUE (0), or SYNCHED_STOP (1) if it has called on_done: the job must not be
 * dispatched any more, and may be gone. Errors: SYNCHED_EINVAL: NULL. SYNCHED_ENOENT: the job was
 * not started in this way, or is over (as in on_done). SYNCHED_EPERM: another thread.
 * SYNCHED_EDEADLK: from another one of its callbacks. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_dispatch(struct synched_job *job);

/* Decide whether a started job keeps its loop alive, so that uv_run does not return. By default it
 * does, except while it is paused and all that it did before has been delivered. After ref it
 * always does, after unref it never does, until on_done. The last call counts. No effect on
 * synched_job_run and on polled jobs.
 * From the loop's thread; do not block; O(1). SYNCHED_EINVAL: NULL. SYNCHED_ENOENT: the job is not
 * started on a loop. SYNCHED_EPERM: another thread. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_ref(struct synched_job *job);
SYNCHED_API int synched_job_unref(struct synched_job *job);

/* Asks a job to end with SYNCHED_ECANCELED. The open round is not published, and those of its calls
 * that have not begun are skipped. on_done is the completion. A job that is not started yet ends so
 * at once when it is. No call is interrupted: if one never returns, the job does not end.
 * Any thread, callbacks included; does not block.
 * Errors, beside the table's: SYNCHED_EINVAL: NULL. SYNCHED_EALREADY: the job has ended, or was
 * cancelled before. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_cancel(struct synched_job *job);

/* Asks a job to end well, with status 0, as soon as the open round is complete and published, as if
 * on_round had returned SYNCHED_STOP for it. on_done is the completion.
 * Any thread, callbacks included; does not block. Errors as in the table, and as for
 * synched_job_cancel. */
SYNCHED_API int synched_job_stop(struct synched_job *job);

/* Pauses a job after the open round. Ticks that come due while it is paused are not counted.
 * Any thread, callbacks included; does not block; one small allocation.
 * Errors as in the table; SYNCHED_EINVAL: NULL. SYNCHED_ENOMEM. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_pause(struct synched_job *job);

/* Lets a paused job go on; a periodic one with its next tick, in the phase that it had.
 * Otherwise as synched_job_pause. */
SYNCHED_API int synched_job_resume(struct synched_job *job);

/* Computes `round_count` rounds, one after the other without regard to the period; then the job is
 * paused again. The completion comes after the last of them.
 * Otherwise as synched_job_pause. SYNCHED_EINVAL: round_count is 0. */
SYNCHED_API int synched_job_step(struct synched_job *job, uint64_t round_count);

/* Changes the period, or makes a free-running job periodic. The next round is due one new period
 * after the last tick, or at once if that has passed.
 * Otherwise as synched_job_pause. SYNCHED_ERANGE: period_ns is not within SYNCHED_PERIOD_MIN_NS ..
 * _MAX_NS. SYNCHED_EINVAL: it is below the deadline, or the job's rounds_per_barrier is above 1. */
SYNCHED_API int synched_job_set_period(struct synched_job *job, uint64_t period_ns);

/* Changes the weight. Otherwise as synched_job_pause. SYNCHED_ERANGE: weight is not within 1 ..
 * SYNCHED_WEIGHT_MAX. */
SYNCHED_API int synched_job_set_weight(struct synched_job *job, unsigned weight);

/* Returns the state (enum synched_job_state) as steering calls see it at this moment: what is
 * accepted counts, whether or not it has taken effect.
 * Any thread; does not block; O(1). SYNCHED_EINVAL: NULL. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_job_state(struct synched_job *job);

/* Returns how many published rounds were passed over between the snapshot that on_snapshot got last
 * and the one that it gets now. 0 for NULL, and outside of on_snapshot.
 * Does not block; O(1). */
SYNCHED_API uint64_t synched_job_missed(const struct synched_job *job);

/* Returns the fold of the last published round: now->fold of its on_round. For programs with a time
 * loop of their own, between two advances, and after the end of a run. 0 for NULL, before the first
 * run, while the job runs, without a fold of one double, and in a child of fork.
 * Any thread, but none that may start the job meanwhile; does not block; O(1). */
SYNCHED_API double synched_job_fold(const struct synched_job *job);

/* Returns the memory that is field f of the job; NULL for a NULL, or where there is no such field.
 * Who owns it is as before.
 * Any thread; does not block; O(1). */
SYNCHED_API struct synched_memory *synched_job_memory(const struct synched_job *job, unsigned f);

/* Makes a report of the job, in *out: of the whole run if it has ended, else of what was recorded
 * up to the end of a round some milliseconds ago at most, or the last one. The caller owns it and
 * ends it with synched_report_destroy; it may outlive the job.
 * Any thread; holds up neither the job nor other readers; allocates; O(what is recorded).
 * SYNCHED_EINVAL: a NULL. SYNCHED_ENOENT: the job was never started. SYNCHED_ENOMEM.
 * SYNCHED_ENOTSUP. *out is NULL then. */
SYNCHED_API int synched_job_report(const struct synched_job *job, struct synched_report **out);

/* Frees a job. NULL is allowed and does nothing.
 * A job that was started: from its loop's thread, on_done included. Any other job: from any thread.
 * Errors, after which the job is as before: SYNCHED_EBUSY: it has been started and has not ended;
 * cancel it and let the loop run. Or it has a checkpoint; destroy that first. Or a snapshot is
 * retained of a job of several fields or stages, of a memory that is changed in place, of folds of
 * more than a double, or of memories that the job owns (<synched/run.h>). Or the job is that of a
 * synched_run, which ends it. SYNCHED_ENOTSUP. If the loop is closed under the job, with uv_walk
 * and uv_close, there is no on_done. Cancel the job then, let the loop finish closing, and destroy
 * the job as soon as this call returns 0. The same holds if only the job's poll handle is closed. A
 * job with on_progress has a timer on the loop, too: if only that is closed, on_progress comes with
 * others of its callbacks, and all else is as before. */
SYNCHED_API int synched_job_destroy(struct synched_job *job);

SYNCHED_END_DECLS

#endif
