/*
 * process.c: handlers around fork().
 *
 * The one lock here is taken before the fork, so that whoever holds it has finished. It is opened
 * after the fork on both sides; the child's thread is the copy of the one that took it.
 */
#include "platform/process.h"

#include <pthread.h>
#include <unistd.h>

#include "base/error.h"

_Atomic uint32_t synched__process_fork_count;

static pthread_mutex_t holding = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void) {
  (void)pthread_mutex_lock(&holding);
}

static void after_fork_in_parent(void) {
  (void)pthread_mutex_unlock(&holding);
}

static void after_fork_in_child(void) {
  (void)synched__add_relaxed(&synched__process_fork_count, 1);
  (void)pthread_mutex_unlock(&holding);
}

/* The system refuses it only for lack of a few bytes. Then calls in a child are not refused, but go
 * wrong as they do without this. */
static void install(void) {
  (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

unsigned synched__process_id(void) {
  return (unsigned)getpid();
}

uint32_t synched__process_count_forks(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, install);
  return synched__process_generation();
}

int synched__process_refuse(const char *what) {
  return synched__fail(SYNCHED_ENOTSUP,
                       "the %s was made by the parent process; after fork() only that can use it",
                       what);
}

void synched__process_hold(void) {
  (void)synched__process_count_forks();
  (void)pthread_mutex_lock(&holding);
}

void synched__process_release(void) {
  (void)pthread_mutex_unlock(&holding);
}
