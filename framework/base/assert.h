/*
 * assert.h: what must be true if the library itself is right.
 *
 * It is checked where NDEBUG is not defined, as in the tests. What the host or the system does
 * wrong is never an assertion: it gets a status.
 */
#ifndef SYNCHED_BASE_ASSERT_H
#define SYNCHED_BASE_ASSERT_H

#include <assert.h>

#define SYNCHED_ASSERT(condition) assert(condition)

#endif
