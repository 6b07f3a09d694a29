/*
 * fault.h: the seam through which tests make the system refuse things.
 *
 * In the library that is installed this is nothing. In the build with visible internals
 * (SYNCHED_INTERNAL_TESTING) a test arms a kind of failure: the n-th such request from then on
 * fails as if the system had refused it.
 */
#ifndef SYNCHED_PLATFORM_FAULT_H
#define SYNCHED_PLATFORM_FAULT_H

#include <stdbool.h>

enum synched__fault {
  SYNCHED__FAULT_ALLOCATE, /* heap memory */
  SYNCHED__FAULT_MAP,      /* mappings, for the buffers of a memory */
  SYNCHED__FAULT_THREAD,   /* creating a thread */
  SYNCHED__FAULT_PIN,      /* binding a thread to a CPU */
  SYNCHED__FAULT_PRIORITY, /* a thread's priority or nice value */
  SYNCHED__FAULT_SYNC,     /* initialising a mutex or condition */
  SYNCHED__FAULT_LOOP,     /* libuv taking a handle or making a loop */
  SYNCHED__FAULT_TOPOLOGY, /* hwloc loading */
  SYNCHED__FAULT_FEATURE,  /* hwloc having what it is asked to do without, as on other CPUs */
  SYNCHED__FAULT_TABLES,   /* the system having tables of its CPUs (/sys) */
  SYNCHED__FAULT_MASK,     /* the system telling an affinity mask */
  SYNCHED__FAULT_CLOCK,    /* the system telling which clock it has */
  SYNCHED__FAULT_COUNT
};

#if defined(SYNCHED_INTERNAL_TESTING)
/* countdown 1: the next one fails, and only that one; 0: none. */
void synched__fault_arm(enum synched__fault fault, unsigned countdown);
bool synched__fault_hit(enum synched__fault fault);
/* The same for requests of the calling thread alone, beside those of all: where ranks are threads,
 * it is one rank that is refused. Returns what was left of the countdown before; 0: it had hit. */
unsigned synched__fault_arm_here(enum synched__fault fault, unsigned countdown);
#else
static inline bool synched__fault_hit(enum synched__fault fault) {
  (void)fault;
  return false;
}
#endif

#endif
