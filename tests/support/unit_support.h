/*
 * unit_support.h: threads that are not waited for in vain, and refusals that say what they mean.
 *
 * Everything here is for the thread that runs the test's body: it asserts.
 */
#ifndef SYNCHED_TESTS_UNIT_SUPPORT_H
#define SYNCHED_TESTS_UNIT_SUPPORT_H

#include <criterion/criterion.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <synched/status.h>

#include "base/error.h"
#include "platform/atomic.h"
#include "platform/fault.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum { CREW_MAX = 16, HANG_SECONDS = 300 };

/* A sleep that lets others run. */
static inline void nap_ms(unsigned ms) {
  const struct timespec nap = {ms / 1000, (long)(ms % 1000) * 1000000};
  (void)nanosleep(&nap, NULL);
}

/* Waits until the number is `wanted`; false after a time in which something must have gone
 * wrong. */
static inline bool reaches(_Atomic uint32_t *number, uint32_t wanted) {
  for (unsigned ms = 0; ms < HANG_SECONDS * 1000; ms++) {
    if (atomic_load(number) == wanted)
      return true;
    nap_ms(1);
  }
  return false;
}

/* Threads that run the same function, each with its own element of an array of arguments. */
struct crew {
  unsigned count;
  pthread_t threads[CREW_MAX];
};

static inline void crew_add(struct crew *crew, void *(*run)(void *), void *argument) {
  cr_assert_lt(crew->count, (unsigned)CREW_MAX);
  cr_assert_eq(pthread_create(&crew->threads[crew->count], NULL, run, argument), 0);
  crew->count++;
}

static inline void crew_join(struct crew *crew) {
  struct timespec end;
  (void)clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += HANG_SECONDS;
  for (unsigned i = 0; i < crew->count; i++)
    cr_assert_eq(pthread_timedjoin_np(crew->threads[i], NULL, &end), 0, "thread %u hangs", i);
  crew->count = 0;
}

/* The calling thread's last call failed with `expected`, and its sentence contains `part`. */
static inline void expect_refused(int status, int expected, const char *part) {
  cr_assert_eq(status, expected, "%s instead of %s: %s", synched_err_name(status),
               synched_err_name(expected), synched_error_message());
  cr_assert_not_null(strstr(synched_error_message(), part), "\"%s\" does not say \"%s\"",
                     synched_error_message(), part);
}

#endif
