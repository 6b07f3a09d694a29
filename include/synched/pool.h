/*
 * pool.h: a pool of persistent workers, each with its place.
 *
 * A pool is created once and runs any number of jobs. Its workers are threads of the library's own.
 * They start together and end with synched_pool_destroy. Between rounds they spin for a bounded
 * time, then sleep and use no CPU. The affinity mask of the calling thread never changes.
 *
 * What a thread of the library is to the program:
 * - Signals. It blocks all but those that a fault of its own raises (SIGSEGV, SIGBUS, SIGFPE,
 *   SIGILL, SIGTRAP, SIGSYS), whatever the calling thread blocks. Handlers, sigwait and signalfd
 *   are the business of the program's own threads. A call that wants another signal (SIGPROF, for
 *   a profiler by thread) unblocks it with pthread_sigmask, for its worker, from then on. A program
 *   that a call starts inherits this mask, as it would from any thread.
 * - Floating point. The thread begins in the mode that programs start in. A call runs in the mode
 *   of its job, see <synched/job.h>.
 * - Stack. The thread has no alternate signal stack. To handle overflows, set one up with
 *   sigaltstack in a call.
 * - Inherited from the thread that creates the pool, as it is at that moment, whatever that thread
 *   does later: the scheduling class and nice value, if the options ask for none; the affinity
 *   mask, for a worker that is bound to nothing; the memory policy (set_mempolicy, numactl), which
 *   decides where the pages are that a call is the first to write; seccomp filters, capabilities,
 *   I/O priority, namespaces, cgroup. The deadline monitor (the thread "synched/monitor") inherits
 *   in the same way from the thread that creates the pool's first job with a deadline. The class
 *   SCHED_DEADLINE cannot be inherited: a thread of that class gets no pool.
 * - Timer slack. It is 1 ns, so that waits end on time.
 * - Working directory, umask, user, descriptors and limits are the process's. A locale (uselocale),
 *   errno and other thread-local variables are each thread's own.
 */
#ifndef SYNCHED_POOL_H
#define SYNCHED_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <synched/export.h>
#include <synched/topology.h>

SYNCHED_BEGIN_DECLS

struct synched_pool; /* opaque */

#define SYNCHED_WORKERS_MAX 4096u

/* How a worker waits for the next round. */
enum synched_wait {
  /* Spin for a bounded time, then sleep. With more workers than usable CPUs (1.5 of them, with such
   * a quota) nobody spins. */
  SYNCHED_WAIT_AUTO = 0,
  /* Never sleep while a job runs: the lowest latency, but it burns every worker's CPU. Refused with
   * more workers than usable CPUs (counted as above). Without a job the workers sleep. */
  SYNCHED_WAIT_SPIN,
  /* Sleep at once: the slowest rounds, the least CPU. For calls that block (input, locks, sleeps),
   * during which the other workers would spin. Such calls want SYNCHED_JOB_EAGER, too. */
  SYNCHED_WAIT_SLEEP
};

struct synched_pool_options {
  /* filled in by SYNCHED_POOL_OPTIONS */
  uint32_t struct_size;
  /* 0: a pool has no flags yet */
  uint32_t flags;
  /* 0: as many as this process may really use (affinity mask, cgroup quota) */
  unsigned worker_count;
  /* 0: AUTO */
  enum synched_affinity affinity;
  /* "0-3,8", for SYNCHED_AFFINITY_LIST only; copied */
  const char *cpu_list;
  /* 0: AUTO */
  enum synched_wait wait;
  /* The longest spin before a worker sleeps, for WAIT_AUTO only. 0: 50 us, or up to 500 us while
   * most waits end within that; less while waits are much longer. */
  uint64_t spin_ns;
  /* The threads are called NAME/0, NAME/1, ...; NULL: "synched"; copied. */
  const char *name;
  /* per worker; 0: the system's default. At least 64 KiB. The program's thread-local storage is
   * taken from it, and must leave 32 KiB. */
  size_t stack_bytes;
  /* 1 .. 99: real-time (SCHED_FIFO). 0: as the creating thread, which may be real-time itself. A
   * worker at a real-time priority keeps everything below it off its CPU while it computes or
   * spins.
   * Where RLIMIT_RTTIME is set (desktops: 200 ms), the system ends the program if a worker goes on
   * for so long without a sleep. At the soft limit, and each second after it, it sends SIGXCPU to
   * the process: any thread may handle it, or all block it. At the hard limit it sends SIGKILL.
   * Workers sleep for a moment in time for that, between calls and while they spin. Within a call
   * they cannot: no call may take more than half of the limit. The pool's warning says that there
   * is a limit. */
  int priority;
  /* -20 .. 19, where priority is 0: the workers are ordinary threads (SCHED_OTHER) with this nice
   * value, even if the creating thread is real-time. 0: as the creating thread. */
  int nice;
};

/* Returns options with every default, for C++ and where a macro is unwelcome. */
static inline struct synched_pool_options synched_pool_options_default(void) {
  struct synched_pool_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  return options;
}

#if !defined(__cplusplus)
/* SYNCHED_POOL_OPTIONS(.worker_count = 4): a pointer to options in the enclosing block. */
#define SYNCHED_POOL_OPTIONS(...)                                                                  \
  (&(struct synched_pool_options){.struct_size = (uint32_t)sizeof(struct synched_pool_options),    \
                                  __VA_ARGS__})
#endif

/* Creates a pool. Returns when every worker exists, has its place and waits.
 * options: NULL for all defaults. If the system refuses a pin or a priority, as some containers do,
 * the call succeeds all the same, and synched_pool_info says so.
 * Any thread but a worker of a pool; blocks for the creation, some milliseconds.
 * On success the caller owns *out and ends it with synched_pool_destroy.
 * Errors: SYNCHED_EINVAL: an unknown flag or enum value, or bytes that are set behind the known
 * fields; worker_count above SYNCHED_WORKERS_MAX; SPIN with more workers than usable CPUs; spin_ns
 * with another wait than AUTO; a stack below 64 KiB or beyond all addresses, or of which too little
 * is left by thread-local storage (the message has the number that would do); a priority or nice
 * value that does not exist, or both of them; a cpu_list that is missing, superfluous or
 * unreadable. SYNCHED_ENOENT: a CPU of cpu_list does not exist. SYNCHED_EPERM: it is not allowed.
 * SYNCHED_ENOMEM: the system refused memory, or there is no room for such a stack. SYNCHED_EAGAIN:
 * it refused threads, for now or by a limit on their number: the message says how many it granted.
 * SYNCHED_ENOTSUP: the calling thread is SCHED_DEADLINE; or the library was built with
 * -fsanitize=thread and the caller was not (the other way around the program does not link, see
 * export.h). SYNCHED_EIO: any other refusal. After a failure *out is NULL, no thread is left, and
 * no call has run. */
SYNCHED_API int synched_pool_create(struct synched_pool **out,
                                    const struct synched_pool_options *options)
    SYNCHED_AS_BUILT(synched_pool_create);

/* Ends the workers and frees the pool. NULL is allowed and does nothing.
 * Any thread but a worker; blocks until the threads have ended.
 * Errors, after which the pool is as before: SYNCHED_EBUSY: the pool has a job; destroy that first;
 * or a parallel loop goes on.
 * SYNCHED_EDEADLK: the caller is one of its workers. SYNCHED_ENOTSUP: the pool is a parent
 * process's, and its workers do not exist here. */
SYNCHED_API int synched_pool_destroy(struct synched_pool *pool);

/* What was really obtained. */
struct synched_pool_info {
  /* set by the caller: sizeof(struct synched_pool_info) */
  uint32_t struct_size;
  unsigned worker_count;
  /* what this process may really use: min(mask, quota rounded up) */
  unsigned usable_cpus;
  /* the one in force: never AUTO */
  enum synched_affinity affinity;
  /* as asked for */
  enum synched_wait wait;
  /* in force; 0: workers do not spin */
  uint64_t spin_ns;
  /* workers that the system did pin */
  unsigned pinned_count;
  /* "": none; else a sentence that says what was asked for and not obtained; "..." at its end
   * stands for what there is no room for */
  char warning[160];
  /* workers whose priority or nice value the system did set */
  unsigned prioritised_count;
  /* a sentence that says whether workers are bound to CPUs, and why */
  char placement[160];
};

/* Says what a pool really obtained, in *out.
 * Any thread; does not block; O(1). SYNCHED_EINVAL: a NULL, or an unknown struct_size. */
SYNCHED_API int synched_pool_info(const struct synched_pool *pool, struct synched_pool_info *out);

struct synched_pool_worker_info {
  /* set by the caller: sizeof(struct synched_pool_worker_info) */
  uint32_t struct_size;
  /* 0: pinned, or not asked to be; else why the system refused */
  int pin_status;
  /* where it is pinned; all -1 if it is not */
  struct synched_place place;
  /* the CPUs it may run on, read back from the system: "3", "0-7"; if longer, cut with "..." */
  char cpus[64];
  /* of its thread */
  char name[16];
  /* the system's, as in top -H */
  uint64_t thread_id;
  /* 0: priority or nice value as asked for; else why the system refused */
  int priority_status;
};

/* Says the same of one worker, 0 .. worker_count - 1, in *out.
 * Any thread; does not block; O(1).
 * SYNCHED_EINVAL: a NULL, or an unknown struct_size. SYNCHED_ERANGE: there is no such worker. */
SYNCHED_API int synched_pool_worker_info(const struct synched_pool *pool, unsigned worker,
                                         struct synched_pool_worker_info *out);

/*
 * One-shot work: a parallel loop on the same workers, for what a program with rounds computes
 * beside them.
 */

/* One turn of a parallel loop: `index` is 0 .. count - 1, each once. `worker` is 0 ..
 * worker_count - 1, an index for scratch space: no two turns that run at the same time have the
 * same one, on whatever thread. Returns 0, or a code of the program's own: turns of higher indices
 * that have not begun are left out then. Floating point is in the mode of the thread that called
 * synched_pool_for, in each turn, as <synched/job.h> says of a job's calls. */
typedef int (*synched_for_fn)(size_t index, unsigned worker, void *user);

/* Calls fn for each index below count, and returns when all are done. The equivalent serial loop is
 *
 *   for (size_t index = 0; index < count; index++)
 *     if ((status = fn(index, worker, user)) != 0) return status;
 *   return 0;
 *
 * but turns run in any order and at the same time, on the workers and on the calling thread, which
 * takes part in the place of a worker that sleeps; where none does, it waits. Indices are dealt and
 * stolen as segments are. A loop begins on one thread, and what is left of it after some 20 us is
 * shared; how much loops of the same function and of about the same count take is remembered.
 * Where jobs run on the pool, the loop has its turn between their rounds, like a free-running job
 * of weight 1; the calling thread may compute a round of theirs meanwhile.
 * Any thread but a worker of the pool (which a thread that calls back for it is, too); several at
 * once take turns; blocks. Costs about as much as an empty round. Allocates nothing after the
 * pool's first loop, or the first that goes on at the same time as so many others.
 * Returns 0, or the code of the lowest index that failed; synched_error_message() names it. Errors,
 * after which fn has not been called: SYNCHED_EINVAL: a NULL, or count is 0. SYNCHED_ERANGE: count
 * is above SYNCHED_SEGMENTS_MAX. SYNCHED_EDEADLK: on a worker. SYNCHED_ENOMEM, SYNCHED_EAGAIN: of
 * the first loop, there is no memory, or no file descriptor. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_pool_for(struct synched_pool *pool, size_t count, synched_for_fn fn,
                                 void *user);

struct uv_loop_s; /* libuv's uv_loop_t */

/* The end of a loop that synched_pool_for_start began, on the event loop's thread. */
typedef void (*synched_for_done_fn)(int status, void *user);

/* The same without waiting: returns at once, and calls on_done on the event loop when all is done,
 * also if a turn failed, with that code. The loop is kept alive until then. Several at once take
 * turns. If its handle is closed under it, with uv_walk and uv_close, on_done is not called.
 * Allocates.
 * From the loop's thread, not on a worker; does not block, but may wake workers. Errors as
 * synched_pool_for, on_done being NULL, too, SYNCHED_EPERM on a worker of another pool, and libuv's
 * where the loop takes no handle; on_done is not called then. Until on_done has been called, the
 * pool's destroy is refused with SYNCHED_EBUSY, as during synched_pool_for. */
SYNCHED_API int synched_pool_for_start(struct synched_pool *pool, struct uv_loop_s *loop,
                                       size_t count, synched_for_fn fn, void *user,
                                       synched_for_done_fn on_done);

SYNCHED_END_DECLS

#endif
