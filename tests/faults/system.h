/*
 * system.h: the system as the library under test sees it: it counts each call, refuses the one that
 * it is told to, and knows what has been taken and not given back. What the tests themselves call
 * is not counted.
 */
#ifndef SYNCHED_TESTS_FAULTS_SYSTEM_H
#define SYNCHED_TESTS_FAULTS_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults/calls.h"

enum faults_call {
#define FAULTS_ENUMERATOR(name) FAULTS_##name,
  FAULTS_CALLS(FAULTS_ENUMERATOR)
#undef FAULTS_ENUMERATOR
  /* fcntl, where it is to change a descriptor, not to make one */
  FAULTS_set_flags,
  /* of ordinary files, not of what wakes a thread; and their end, where they were written */
  FAULTS_read_file,
  FAULTS_write_file,
  FAULTS_close_file,
  FAULTS_lock_file,
  /* of the folder that holds a checkpoint's, whose name is wished to be safe, too */
  FAULTS_open_parent,
  FAULTS_sync_parent,
  FAULTS_sync_folder,
  /* one that the test has itself: the program's allocator */
  FAULTS_program_allocate,
  FAULTS_CALL_COUNT
};

/* Instead of an errno: what else can happen to a call. */
#define FAULTS_SHORT (-1)      /* one byte is sent, written or read, and no more */
#define FAULTS_NOTHING (-4)    /* none is, and nothing is said */
#define FAULTS_STRANGER (-3)   /* who connects is another user */
#define FAULTS_MISALIGNED (-2) /* a block that is not aligned as asked */

/* Whose failure is whose: a scenario says which kinds it gets over. */
enum faults_kind {
  FAULTS_HEAP = 1 << 0,
  FAULTS_MAPPING = 1 << 1,
  FAULTS_THREAD = 1 << 2,
  FAULTS_LOCK = 1 << 3,
  FAULTS_EVENT = 1 << 4,
  FAULTS_LOOP = 1 << 5,
  FAULTS_TOPOLOGY = 1 << 6,
  FAULTS_FILE = 1 << 7,
  FAULTS_SOCKET = 1 << 8,
  FAULTS_NEED = 1 << 9, /* it depends on whether it is needed */
  FAULTS_TABLES =
      1 << 10, /* the system's, which tell of the machine: what they lack is not known */
  FAULTS_TOLERABLE = 1 << 11 /* a wish, a hint, or to be tried again: every call gets over it */
};

/* A way in which a call can fail. */
struct faults_refusal {
  enum faults_call call;
  enum faults_kind kind;
  int number; /* errno, or FAULTS_... */
  int status; /* that the library then returns; SYNCHED_OK: only where it is tolerable */
  bool lasts; /* it may go on failing, as for lack of memory; else it is once */
  /* Fails as well, each time, so that what is done about the one meets the other, too;
   * FAULTS_CALL_COUNT: none does. */
  enum faults_call besides;
};

extern const struct faults_refusal faults_refusals[];
extern const size_t faults_refusal_count;

const char *faults_call_name(enum faults_call call);

/* From now on counts anew, and refuses the nth call, and each one after it if `ever_after`.
 * refusal NULL: none. */
void faults_arm(const struct faults_refusal *refusal, unsigned nth, bool ever_after);

/* From now on nothing is refused or counted; returns how many calls were refused. */
unsigned faults_disarm(void);

/* Calls of that one since faults_arm, and until faults_disarm. Any thread. */
unsigned faults_calls_of(enum faults_call call);

/* What is refused now; NULL: nothing. */
const struct faults_refusal *faults_armed(void);

/* Whether it is refused for good. */
bool faults_lasts(void);

/* For what the tests have themselves: 0, or the number of the refusal. */
int faults_refused(enum faults_call call);

/* What the library has now. */
struct faults_taken {
  int64_t blocks, mapped_bytes, threads, locks, descriptors, streams, handles, loops, topologies;
  int64_t entries; /* of /proc/self/fd */
};

struct faults_taken faults_taken(void);

#endif
