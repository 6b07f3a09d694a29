/*
 * back_off.h: between two looks at what another thread has (internal). All of it is here, for
 * libraries that link nothing of platform/.
 */
#ifndef SYNCHED_PLATFORM_BACK_OFF_H
#define SYNCHED_PLATFORM_BACK_OFF_H

#include <time.h>

#include "platform/atomic.h"

/* Between two looks, of which `looks` have been made. Who has it may be a thread of a lower
 * priority that this one keeps from its CPU: after some tens of microseconds it sleeps. */
static inline void synched__back_off(unsigned looks) {
  const struct timespec nap = {0, 20000};
  if (looks % 1024 != 1023)
    synched__cpu_pause();
  else
    (void)nanosleep(&nap, NULL);
}

#endif
