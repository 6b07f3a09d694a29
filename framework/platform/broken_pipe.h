/*
 * broken_pipe.h: writing to what may be a pipe that nobody reads any more (internal).
 *
 * The system sends SIGPIPE for that, which ends a program that did not expect it. Between the two
 * calls it is kept from this thread; the write then fails with EPIPE, as any other does.
 */
#ifndef SYNCHED_PLATFORM_BROKEN_PIPE_H
#define SYNCHED_PLATFORM_BROKEN_PIPE_H

#include <signal.h>
#include <stdbool.h>

struct synched__pipe_guard {
  /* of the thread, before */
  sigset_t mask;
  /* a signal of the program's own, which it is to get */
  bool was_pending;
};

void synched__pipe_guard_begin(struct synched__pipe_guard *guard);

/* Takes a signal that came between the two, and lets signals through as before. */
void synched__pipe_guard_end(const struct synched__pipe_guard *guard);

#endif
