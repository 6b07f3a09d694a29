/*
 * status.h: what a call can return, and the words for it.
 *
 * A function that can fail returns 0 or one of the negative codes below. Where libuv has a code
 * with the same meaning, the number is libuv's, so that a status fits code that expects libuv's. A
 * function that fails has changed nothing, and its out-parameter is NULL.
 */
#ifndef SYNCHED_STATUS_H
#define SYNCHED_STATUS_H

#include <errno.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

/* The table of all statuses: name, text. */
#define SYNCHED_STATUS_MAP(X)                                                                      \
  X(EAGAIN, "the system lacks the resources for now (threads, descriptors)")                       \
  X(EALREADY, "it has happened already")                                                           \
  X(EBUSY, "in use")                                                                               \
  X(ECANCELED, "cancelled")                                                                        \
  X(EDEADLK, "waiting here would wait for itself")                                                 \
  X(EEXIST, "taken already")                                                                       \
  X(EFAULT, "a call touched what is not its own")                                                  \
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

/* Returns the text of a status: "in use" for SYNCHED_EBUSY, "no error" for 0. SYNCHED_STOP has a
 * text of its own, and so has any number that is not in the table, such as a code of the program's
 * own.
 * Any thread; does not block; O(1). The text is static, never NULL. */
SYNCHED_API const char *synched_strerror(int status);

/* Returns the name of a status: "EBUSY" for SYNCHED_EBUSY, "OK" for 0, "unknown" for any number
 * that is not in the table.
 * Any thread; does not block; O(1). The text is static, never NULL. */
SYNCHED_API const char *synched_err_name(int status);

/* Returns a sentence that says what was wrong in the last call on this thread that failed:
 * "segment_count is 0; a memory needs at least one segment". It is "" before the first failure, and
 * stays until the next one. It is one line: control characters of what it quotes are shown as '?'.
 * Any thread; does not block; O(1). The library owns the text, one per thread; never NULL. */
SYNCHED_API const char *synched_error_message(void);

SYNCHED_END_DECLS

#endif
