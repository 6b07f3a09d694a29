/*
 * error.h: how a function of the library says what was wrong.
 */
#ifndef SYNCHED_BASE_ERROR_H
#define SYNCHED_BASE_ERROR_H

#include <synched/status.h>

/* Keeps the sentence for synched_error_message (this thread). Cut at 255 characters. */
__attribute__((format(printf, 1, 2))) void synched__explain(const char *format, ...);

/* The same, with the value `status`, so that a check is one line:
 * return synched__fail(SYNCHED_EINVAL, "segment_count is 0; ...").
 * A macro, so that compilers and checkers see which status it is. */
#define synched__fail(status, ...) (synched__explain(__VA_ARGS__), (status))

#endif
