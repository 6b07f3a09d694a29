/*
 * version.h: which Synched this is, when compiling and when running.
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

/* The version of the library that is running, as major * 10000 + minor * 100 + patch.
 * Any thread; cannot fail. Compare with SYNCHED_VERSION_NUMBER, the version compiled against. */
SYNCHED_API int synched_version(void);

/* The same as text, "0.1.0". Any thread; the text is static. */
SYNCHED_API const char *synched_version_string(void);

SYNCHED_END_DECLS

#endif
