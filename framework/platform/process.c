/*
 * process.c: handlers around fork().
 *
 * The one lock here is taken before the fork, so that whoever holds it has finished. It is opened
 * after the fork on both sides; the child's thread is the copy of the one that took it.
 */
#include "platform/process.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"

_Atomic uint32_t synched__process_fork_count;

static pthread_mutex_t holding = PTHREAD_MUTEX_INITIALIZER;

/* Held. */
static int owned[SYNCHED__OWNED_MOST];
static unsigned owned_count;

static void before_fork(void) {
  (void)pthread_mutex_lock(&holding);
}

static void after_fork_in_parent(void) {
  (void)pthread_mutex_unlock(&holding);
}

static void after_fork_in_child(void) {
  (void)synched__add_relaxed(&synched__process_fork_count, 1);
  for (unsigned i = 0; i < owned_count; i++)
    (void)close(owned[i]);
  owned_count = 0;
  (void)pthread_mutex_unlock(&holding);
}

/* The system refuses it only for lack of a few bytes. Then calls in a child are not refused, but go
 * wrong as they do without this. */
static void install(void) {
  (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

uint32_t synched__process_count_forks(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, install);
  return synched__process_generation();
}

long synched__process_id(void) {
  return (long)getpid();
}

const char *synched__process_program(void) {
#if defined(__GLIBC__) || defined(__linux__)
  return program_invocation_short_name;
#else
  return getprogname();
#endif
}

/* One write, so that it is not mixed with another thread's line. */
void synched__process_tell(const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  if (length < 0)
    return;
  if ((size_t)length > sizeof line - 2)
    length = (int)sizeof line - 2;
  line[length++] = '\n';
  const ssize_t written = write(STDERR_FILENO, line, (size_t)length);
  (void)written;
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

bool synched__process_own(int descriptor) {
  if (owned_count == SYNCHED__OWNED_MOST)
    return false;
  owned[owned_count++] = descriptor;
  return true;
}

void synched__process_close(int descriptor) {
  for (unsigned i = 0; i < owned_count; i++)
    if (owned[i] == descriptor)
      owned[i] = owned[--owned_count];
  (void)close(descriptor);
}
