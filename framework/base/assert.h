/*
 * assert.h: what must be true if the library itself is right. Checked where NDEBUG is not defined, as in the
 * tests; never about what the host or the system does, which gets a status.
 */
#ifndef SYNCHED_BASE_ASSERT_H
#define SYNCHED_BASE_ASSERT_H

#include <assert.h>

#define SYNCHED_ASSERT(condition) assert(condition)

#endif
