/*
 * status.h: what a call can return, and how to say it.
 *
 * Every function that can fail returns 0 or one of the negative codes below. Where libuv has a code
 * of the same meaning the number is libuv's, so a status can be handed to code that expects those.
 * A function that fails has changed nothing, and its out-parameter is NULL.
 */
#ifndef SYNCHED_STATUS_H
#define SYNCHED_STATUS_H

#include <errno.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

/* The one table: name, text. */
#define SYNCHED_STATUS_MAP(X)                                                                      \
  X(EAGAIN, "the system lacks the resources for now (threads, descriptors)")                       \
  X(EALREADY, "it has happened already")                                                           \
  X(EBUSY, "in use")                                                                               \
  X(ECANCELED, "cancelled")                                                                        \
  X(EDEADLK, "waiting here would wait for itself")                                                 \
  X(EEXIST, "taken already")                                                                       \
  X(EINVAL, "invalid argument")                                                                    \
  X(EIO, "input or output failed")                                                                 \
  X(ENOENT, "no such thing")                                                                       \
  X(ENOMEM, "out of memory")                                                                       \
  X(ENOTSUP, "not supported here")                                                                 \
  X(EOVERFLOW, "a size overflows")                                                                 \
  X(EPERM, "not permitted")                                                                        \
  X(ERANGE, "out of range")                                                                        \
  X(ETIMEDOUT, "deadline missed")

enum synched_status {
  SYNCHED_OK = 0,
#define SYNCHED_STATUS_ENUMERATOR(name, text) SYNCHED_##name = -(name),
  SYNCHED_STATUS_MAP(SYNCHED_STATUS_ENUMERATOR)
#undef SYNCHED_STATUS_ENUMERATOR
};

/* The text of a status, "in use" for SYNCHED_EBUSY; "no error" for 0, and a fixed text for a number
 * that is not in the table (a code of your own compute call, say), another one for SYNCHED_STOP.
 * Any thread; never NULL; static. */
SYNCHED_API const char *synched_strerror(int status);

/* The name of a status, "EBUSY" for SYNCHED_EBUSY; "OK" for 0, "unknown" where not in the table.
 * Any thread; never NULL; static. */
SYNCHED_API const char *synched_err_name(int status);

/* What was wrong, in a sentence, for the last call on this thread that failed: "segment_count is 0; a
 * memory needs at least one segment". It stays until the next failing call on the same thread and
 * is "" before the first. Never NULL; owned by the library, one per thread. */
SYNCHED_API const char *synched_error_message(void);

SYNCHED_END_DECLS

#endif
