/*
 * event.h: what happens in the library, told to whoever looks on from outside (internal).
 *
 * A function for each kind of event, called at the one place where it happens. Each tells two
 * things:
 *
 *   - a USDT probe of the provider `synched`, where <sys/sdt.h> was there at build time
 *     (SYNCHED_PROBES). It is one nop, for bpftrace, perf, SystemTap and gdb to put a breakpoint
 *     on, and a note in the file that says where the arguments are. tools/probes/README.md lists
 *     them.
 *   - the trace ring of the calling thread, in a build that has rings (SYNCHED_TRACE_RING): see
 *     trace.h.
 *
 * Without either nothing is left of a call. So a call passes only what its site has at hand:
 * whatever has to be computed for a probe is computed in every round, for nobody.
 *
 * `job` is the address of the job's struct synched__work, by which the engine knows it. It tells
 * jobs apart; only gdb looks behind it.
 */
#ifndef SYNCHED_PLATFORM_EVENT_H
#define SYNCHED_PLATFORM_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "platform/trace.h"

/* SYNCHED__PROBE(COUNT, NAME, ARGUMENT...): a probe with so many arguments. */
#if defined(SYNCHED_PROBES)
#include <sys/sdt.h>
#if defined(__clang__) /* of a macro of that header's */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif
#define SYNCHED__PROBE(count, ...) STAP_PROBE##count(synched, __VA_ARGS__)
#else
#define SYNCHED__PROBE(count, ...) ((void)0)
#endif

/* --- jobs: by the thread that starts one, and the one that ends it --- */

/* A run begins, after `round`. */
static inline void synched__event_job_start(const void *job, const char *name, uint64_t round) {
  (void)name;
  SYNCHED__PROBE(3, job_start, job, name, round);
  synched__trace_add(SYNCHED__TRACE_JOB_START, job, round, 0, 0);
}

/* `round` is the last that was published. */
static inline void synched__event_job_end(const void *job, const char *name, uint64_t round,
                                          int status) {
  (void)name;
  SYNCHED__PROBE(4, job_end, job, name, round, status);
  synched__trace_add(SYNCHED__TRACE_JOB_END, job, round, (uint64_t)(int64_t)status, 0);
}

/* --- rounds: by the leader --- */

/* The round begins. */
static inline void synched__event_round_open(const void *job, uint64_t round) {
  SYNCHED__PROBE(2, round_open, job, round);
  synched__trace_add(SYNCHED__TRACE_ROUND_OPEN, job, round, 0, 0);
}

/* So many segments of it are about to be opened for everybody, as those of `epoch`. */
static inline void synched__event_round_share(const void *job, uint64_t round, uint64_t epoch,
                                              size_t segment_count) {
  SYNCHED__PROBE(4, round_share, job, round, epoch, segment_count);
  synched__trace_add(SYNCHED__TRACE_ROUND_SHARE, job, round, epoch, segment_count);
}

/* The round is over. published 0: it was dropped, or was that of init. */
static inline void synched__event_round_close(const void *job, uint64_t round, int published) {
  SYNCHED__PROBE(3, round_close, job, round, published);
  synched__trace_add(SYNCHED__TRACE_ROUND_CLOSE, job, round, (uint64_t)(int64_t)published, 0);
}

/* --- calls: by the worker that computes --- */

static inline void synched__event_task_begin(const void *job, uint64_t round, size_t segment,
                                             unsigned worker) {
  SYNCHED__PROBE(4, task_begin, job, round, segment, worker);
  synched__trace_add(SYNCHED__TRACE_TASK_BEGIN, job, round, segment, worker);
}

static inline void synched__event_task_end(const void *job, uint64_t round, size_t segment,
                                           unsigned worker) {
  SYNCHED__PROBE(4, task_end, job, round, segment, worker);
  synched__trace_add(SYNCHED__TRACE_TASK_END, job, round, segment, worker);
}

/* A worker has computed so many segments that are at home with another one. */
static inline void synched__event_steal(const void *job, unsigned worker, unsigned victim,
                                        size_t segment_count) {
  SYNCHED__PROBE(4, steal, job, worker, victim, segment_count);
  synched__trace_add(SYNCHED__TRACE_STEAL, job, worker, victim, segment_count);
}

/* --- waits at the gate: a waiter is known by its address --- */

/* The calling thread sleeps, for it has seen `epoch`, and no later one. */
static inline void synched__event_sleep_begin(const void *waiter, uint64_t epoch) {
  SYNCHED__PROBE(2, sleep_begin, waiter, epoch);
  synched__trace_add(SYNCHED__TRACE_SLEEP_BEGIN, waiter, epoch, 0, 0);
}

static inline void synched__event_sleep_end(const void *waiter) {
  SYNCHED__PROBE(1, sleep_end, waiter);
  synched__trace_add(SYNCHED__TRACE_SLEEP_END, waiter, 0, 0, 0);
}

/* The calling thread wakes a waiter that sleeps. */
static inline void synched__event_wake(const void *waiter) {
  SYNCHED__PROBE(1, wake, waiter);
  synched__trace_add(SYNCHED__TRACE_WAKE, waiter, 0, 0, 0);
}

#if defined(SYNCHED_PROBES) && defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
