/*
 * error.h: how a function of the library says what was wrong.
 */
#ifndef SYNCHED_BASE_ERROR_H
#define SYNCHED_BASE_ERROR_H

#include <synched/status.h>

/* Keeps the sentence for synched_error_message (this thread) and returns `status`, so that a check is
 * one line: return synched__fail(SYNCHED_EINVAL, "segment_count is 0; ..."). Cut at 255 characters. */
__attribute__((format(printf, 2, 3))) int synched__fail(int status, const char *format, ...);

#endif
