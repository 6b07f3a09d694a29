/*
 * assert.h: what must be true if the library itself is right.
 *
 * It is checked where NDEBUG is not defined, as in the tests. What the host or the system does
 * wrong is never an assertion: it gets a status.
 */
#ifndef SYNCHED_BASE_ASSERT_H
#define SYNCHED_BASE_ASSERT_H

#include <assert.h>

#if defined(SYNCHED_TRACE_RING)
/* In platform/trace.c, for it writes down what happened before: says what failed, and aborts. */
_Noreturn void synched__assertion_failed(const char *condition, const char *file, int line);
#endif

#if defined(SYNCHED_TRACE_RING) && !defined(NDEBUG)
#define SYNCHED_ASSERT(condition)                                                                  \
  ((condition) ? (void)0 : synched__assertion_failed(#condition, __FILE__, __LINE__))
#else
#define SYNCHED_ASSERT(condition) assert(condition)
#endif

#endif
