/*
 * turn.h: waiting for one's turn, in the header alone, for libraries that link nothing of platform/
 * (internal).
 */
#ifndef SYNCHED_PLATFORM_TURN_H
#define SYNCHED_PLATFORM_TURN_H

#include <time.h>

#include "platform/atomic.h"

/* Between two looks, of which `looks` have been made. Who has the turn may be a thread of a lower
 * priority that this one keeps from its CPU: after some tens of microseconds it sleeps. */
static inline void synched__turn_wait(unsigned looks) {
  const struct timespec nap = {0, 20000};
  if (looks % 1024 != 1023)
    synched__cpu_pause();
  else
    (void)nanosleep(&nap, NULL);
}

#endif
