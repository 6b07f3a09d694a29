/*
 * pool.h: a pool of persistent workers, each with its place.
 *
 * A pool is created once and runs any number of jobs. Its workers are threads of the library's own:
 * they start together, wait for rounds (spinning for a bounded time, then asleep, at no CPU), and end
 * with synched_pool_destroy. The affinity mask of the calling thread is never changed.
 *
 * What a thread of the library is to the program:
 *  - Signals. It blocks all but those that a fault of its own raises (SIGSEGV, SIGBUS, SIGFPE,
 *    SIGILL, SIGTRAP, SIGSYS), whatever the calling thread blocks: handlers, sigwait and signalfd
 *    are the business of the program's own threads. A call that wants others (SIGPROF, for a
 *    profiler by thread) unblocks them by pthread_sigmask, for its worker, from then on. A call that
 *    starts a program hands this mask on to it, as every thread does its own.
 *  - Floating point. It begins in the mode that programs start in; calls are in that of their job
 *    (<synched/job.h>).
 *  - Stack. It has no alternate signal stack: who handles overflows sets one up, by sigaltstack in
 *    a call.
 *  - Inherited from the thread that makes the pool (the watch over deadlines: that makes the first
 *    job with one), as it is at that moment and whatever becomes of it there later: scheduling
 *    class and nice value, where the options ask for none; the affinity mask, of a worker that is
 *    bound to nothing; the memory policy (set_mempolicy, numactl), which decides where pages are
 *    that a call is the first to write; seccomp filters, capabilities, I/O priority, namespaces,
 *    cgroup. The class SCHED_DEADLINE cannot be inherited: then there is no pool.
 *  - The timer slack is 1 ns, so that waits end on time.
 *  - Working directory, umask, user, descriptors and limits are the process's; a locale
 *    (uselocale), errno and other thread-local variables are each thread's own.
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
  /* spin for a bounded time, then sleep; no spinning when there are more workers than usable CPUs
   * (1.5 of them, with such a quota) */
  SYNCHED_WAIT_AUTO = 0,
  /* while a job runs never sleep: lowest latency, burns every worker's CPU; refused with more
   * workers than usable CPUs (as above). Without a job they sleep */
  SYNCHED_WAIT_SPIN,
  /* sleep at once: slowest rounds, least CPU. For calls that block (input, locks, sleeps), while
   * which the other workers would spin; these want SYNCHED_JOB_EAGER, too */
  SYNCHED_WAIT_SLEEP
};

struct synched_pool_options {
  uint32_t struct_size;  /* filled in by SYNCHED_POOL_OPTIONS */
  uint32_t flags;        /* none defined yet: 0 */
  unsigned worker_count; /* 0: as many as this process may really use (mask, cgroup quota) */
  enum synched_affinity affinity; /* 0: AUTO */
  const char *cpu_list;           /* "0-3,8", for SYNCHED_AFFINITY_LIST only; copied */
  enum synched_wait wait;         /* 0: AUTO */
  /* longest spin before sleeping, for WAIT_AUTO; 0: 50 us, or up to 500 us while waits are
   * mostly over within that; less while they are much longer */
  uint64_t spin_ns;
  const char *name; /* threads are called NAME/0, NAME/1, ...; NULL: "synched"; copied */
  /* per worker; 0: the system's default. At least 64 KiB; the program's thread-local storage is
   * taken from it, and must leave 32 KiB */
  size_t stack_bytes;
  int priority; /* of the workers: 1 .. 99, real-time (SCHED_FIFO); 0: as the creating thread's, which
                   may be real-time itself. A worker at real-time priority keeps everything below it off
                   its CPU while it computes or spins. Where RLIMIT_RTTIME is set (desktops: 200 ms)
                   the system ends the program when one goes on for so long without a sleep: by
                   SIGXCPU to the process at the soft limit, which any thread may handle or all
                   block, then each second; by SIGKILL at the hard one. Between calls, and
                   while they spin, workers sleep for a moment in time for that; within a call they
                   cannot: none may take more than half of the limit. The pool's warning says
                   that there is one */
  int nice; /* -20 .. 19, where priority is 0: the workers' nice value, as ordinary threads (SCHED_OTHER),
               also where the creating thread is real-time; 0: as the creating thread's */
};

/* Options with every default; then assign fields. For C++, and where a macro is unwelcome. */
static inline struct synched_pool_options synched_pool_options_default(void) {
  struct synched_pool_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  return options;
}

#if !defined(__cplusplus)
/* SYNCHED_POOL_OPTIONS(.worker_count = 4): a pointer to options that live in the enclosing block. */
#define SYNCHED_POOL_OPTIONS(...)                                                                  \
  (&(struct synched_pool_options){.struct_size = (uint32_t)sizeof(struct synched_pool_options),    \
                                  __VA_ARGS__})
#endif

/* Creates a pool; returns when every worker exists, is placed and waits.
 * options: NULL for all defaults. Any thread but a worker of a pool; blocks for the creation (some
 * milliseconds). A pin or a priority that the system refuses (as in some containers) is no failure: see
 * synched_pool_info.
 * On success the caller owns *out and ends it with synched_pool_destroy.
 * SYNCHED_EINVAL: unknown flag, enum value, or bytes set behind the known fields; worker_count above
 * SYNCHED_WORKERS_MAX; SPIN with more workers than usable CPUs; a stack below 64 KiB or beyond all addresses; a
 * priority or nice value that does not exist, or both; a cpu_list that is missing, superfluous or unreadable.
 * SYNCHED_EINVAL also where thread-local storage leaves too little of the stack: the message has
 * the number that would do. SYNCHED_ENOENT, SYNCHED_EPERM: its CPU does not exist, is not allowed.
 * SYNCHED_ENOMEM: memory was refused, or there is no room for such a stack. SYNCHED_EAGAIN: threads
 * were, for now, or by a limit on their number: the message says how many were granted.
 * SYNCHED_ENOTSUP: the calling thread is SCHED_DEADLINE; or the library was built with
 * -fsanitize=thread and the caller was not (the other way around it does not link: see export.h).
 * SYNCHED_EIO: any other refusal. After a failure *out is NULL, no thread is left and no call ran. */
SYNCHED_API int synched_pool_create(struct synched_pool **out,
                                    const struct synched_pool_options *options)
    SYNCHED_AS_BUILT(synched_pool_create);

/* Ends the workers and frees the pool. NULL is allowed and does nothing.
 * Any thread but a worker; blocks until the threads have ended.
 * SYNCHED_EBUSY: a job is created on it (destroy those first); SYNCHED_EDEADLK: called on one of its
 * own workers; SYNCHED_ENOTSUP: in a child process after fork(), where its workers do not exist. The pool is then as
 * before. */
SYNCHED_API int synched_pool_destroy(struct synched_pool *pool);

/* What was really obtained. */
struct synched_pool_info {
  uint32_t struct_size; /* set by the caller: sizeof(struct synched_pool_info) */
  unsigned worker_count;
  unsigned usable_cpus; /* what this process may really use: min(mask, quota rounded up) */
  enum synched_affinity affinity; /* the one in force: never AUTO */
  enum synched_wait wait;         /* as asked for */
  uint64_t spin_ns;               /* in force; 0: workers do not spin */
  unsigned pinned_count;          /* workers that the system did pin */
  char warning[160];              /* "": none; else what was asked for and not obtained */
  unsigned prioritised_count;     /* workers whose priority or nice value the system did set */
  char placement[160];            /* whether workers are bound to CPUs, and why, in a sentence */
};

/* Any thread; does not block. SYNCHED_EINVAL: a NULL, or an unknown struct_size. */
SYNCHED_API int synched_pool_info(const struct synched_pool *pool, struct synched_pool_info *out);

struct synched_pool_worker_info {
  uint32_t struct_size;       /* set by the caller */
  int pin_status;             /* 0: pinned, or not asked to be; else why the system refused */
  struct synched_place place; /* where it is pinned; all -1 if it is not */
  char cpus[64];              /* the CPUs it may run on, read back from the system: "3", "0-7"; cut
                                 with "..." where longer */
  char name[16];              /* of its thread */
  uint64_t thread_id;         /* the system's, as in top -H */
  int priority_status;        /* 0: priority or nice as asked for; else why the system refused */
};

/* About one worker, 0 .. worker_count - 1. Any thread; does not block.
 * SYNCHED_EINVAL: a NULL, or an unknown struct_size; SYNCHED_ERANGE: no such worker. */
SYNCHED_API int synched_pool_worker_info(const struct synched_pool *pool, unsigned worker,
                                         struct synched_pool_worker_info *out);

SYNCHED_END_DECLS

#endif
