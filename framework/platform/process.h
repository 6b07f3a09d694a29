/*
 * process.h: which process this is, counted in forks.
 *
 * Whatever has workers, locks or waiting threads is of use only to the process that made it: after
 * fork() the child has its memory and nothing else of it. So each such thing keeps the generation
 * in which it was made, and its calls ask whether that is still the process's.
 */
#ifndef SYNCHED_PLATFORM_PROCESS_H
#define SYNCHED_PLATFORM_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/atomic.h"

/* Only process.c writes it. */
extern _Atomic uint32_t synched__process_fork_count;

/* 0 in the process that first used the library, one more in each child. For what is made with
 * something that counts forks already (a job, with its pool). */
static inline uint32_t synched__process_generation(void) {
  return synched__load_relaxed(&synched__process_fork_count);
}

/* The same, and forks are counted from now on: for what is made first. Any thread. */
uint32_t synched__process_count_forks(void);

/* Whether something of that generation was made by a process from which this one was forked. */
static inline bool synched__is_foreign(uint32_t generation) {
  return generation != synched__process_generation();
}

/* The number that the system knows it by, and the name of its program, never NULL. */
long synched__process_id(void);
const char *synched__process_program(void);

/* Prints a line on the program's stderr, at once. Only for what its user has asked for by a
 * variable of the environment and cannot be told otherwise. */
__attribute__((format(printf, 1, 2))) void synched__process_tell(const char *format, ...);

/* SYNCHED_ENOTSUP, with its sentence; `what` is the kind of thing that is foreign: "pool". */
int synched__process_refuse(const char *what);

/* No thread forks between the two. They enclose calls into libraries with locks of their own, which
 * the child would find closed for ever. What they enclose is short, does not nest and does not call
 * the program. */
void synched__process_hold(void);
void synched__process_release(void);

/* While it is held: what fork() closes in the child, so that the other end of a socket does not
 * take the child for its parent. O_CLOEXEC alone says nothing of a child that goes on without an
 * exec. false: there is no room for one more. */
bool synched__process_own(int descriptor);

/* While it is held: closes it, and it is owned no longer. */
void synched__process_close(int descriptor);

/* How many can be owned at once. */
#define SYNCHED__OWNED_MOST 32u

#endif
