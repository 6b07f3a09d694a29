/*
 * version.h: the version that a program is compiled against, and the one that runs.
 */
#ifndef SYNCHED_VERSION_H
#define SYNCHED_VERSION_H

#include <synched/export.h>

#define SYNCHED_VERSION_MAJOR 0
#define SYNCHED_VERSION_MINOR 1
#define SYNCHED_VERSION_PATCH 0

#define SYNCHED_VERSION_NUMBER                                                                     \
  (SYNCHED_VERSION_MAJOR * 10000 + SYNCHED_VERSION_MINOR * 100 + SYNCHED_VERSION_PATCH)

SYNCHED_BEGIN_DECLS

/* Returns the version of the library that runs, as major * 10000 + minor * 100 + patch.
 * SYNCHED_VERSION_NUMBER is the version that the program is compiled against.
 * Any thread; does not block; cannot fail; O(1). */
SYNCHED_API int synched_version(void);

/* Returns the same as static text, "0.1.0". Any thread; does not block; cannot fail; O(1). */
SYNCHED_API const char *synched_version_string(void);

SYNCHED_END_DECLS

#endif
