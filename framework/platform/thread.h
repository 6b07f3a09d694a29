/*
 * thread.h: threads and locks, from libuv; names and pinning, from the system.
 *
 * Every thread of the library is made here. It begins with all signals blocked but those that a
 * fault of its own raises, and in the default floating-point mode, whatever its creator has.
 */
#ifndef SYNCHED_PLATFORM_THREAD_H
#define SYNCHED_PLATFORM_THREAD_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

typedef void (*synched__thread_fn)(void *argument);

struct synched__thread {
  uv_thread_t handle;
  synched__thread_fn run;
  void *argument;
};

struct synched__mutex {
  uv_mutex_t handle;
};

/* stack_bytes 0: the system's default. The struct must last as long as the thread. 0, or
 * SYNCHED_EAGAIN, where that may be over soon; SYNCHED_ENOTSUP, SYNCHED_EPERM, SYNCHED_EINVAL,
 * SYNCHED_EIO, where it will not. */
int synched__thread_create(struct synched__thread *thread, size_t stack_bytes,
                           synched__thread_fn run, void *argument);
void synched__thread_join(struct synched__thread *thread);

/* Whether threads with such a stack can be had at all, and with room on it: 0, or SYNCHED_EINVAL,
 * where the program's thread-local storage leaves too little of it, with the number of bytes that
 * would do; SYNCHED_ENOMEM, where it is too large for the system; or as synched__thread_create.
 * Makes a thread, for some tens of microseconds, where that is in doubt. */
int synched__thread_check_stack(size_t stack_bytes);

/* Of the calling thread. The name is cut at 15 characters. */
void synched__thread_set_name(const char *name);
uint64_t synched__thread_id(void);

/* The calling thread's timed waits end when they should, not some 50 us later to save wake-ups. */
void synched__thread_set_exact_timers(void);

/* The CPU that the calling thread is on at this moment; -1: it is not known. */
int synched__thread_cpu(void);

/* Binds the calling thread to one CPU; 0 or a negative status: SYNCHED_EINVAL, SYNCHED_EPERM. */
int synched__thread_pin(int cpu);

/* Gives the calling thread a real-time priority (SCHED_FIFO), 1 .. 99.
 * 0 or a negative status: SYNCHED_EPERM. */
int synched__thread_set_priority(int priority);

/* Gives the calling thread a nice value. A real-time thread, to which that would mean nothing,
 * becomes an ordinary one first. 0 or a negative status: SYNCHED_EPERM. */
int synched__thread_set_nice(int nice);

/* How long the calling thread may go on without sleeping before the system ends the program for it,
 * which it does at a real-time priority with RLIMIT_RTTIME; UINT64_MAX: for ever. */
uint64_t synched__thread_awake_most_ns(void);

void synched__thread_yield(void);

/* Sleeps for some tens of microseconds, to wait for a thread of a lower priority, which a yield
 * would never let run. */
void synched__thread_nap(void);

/* Sleeps for so long, at least. */
void synched__thread_sleep_ns(uint64_t ns);

/* How often the calling thread has given its CPU up by sleeping; 0 where the system does not count
 * it. */
uint64_t synched__thread_sleep_count(void);

/* Sleeps for as short as may be, but so that the system counts it. */
void synched__thread_sleep_briefly(void);

/* 0, or SYNCHED_ENOMEM. Locks are for slow paths: creation, and handing the pool to another job. */
int synched__mutex_init(struct synched__mutex *mutex);
void synched__mutex_deinit(struct synched__mutex *mutex);
void synched__mutex_lock(struct synched__mutex *mutex);
void synched__mutex_unlock(struct synched__mutex *mutex);

#endif
