/*
 * status.c: the texts of statuses, and the last failure's sentence of each thread.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <synched/job.h>

static _Thread_local char error_message[256];

const char *synched_strerror(int status) {
  switch (status) {
  case SYNCHED_OK:
    return "no error";
#define TEXT_CASE(name, text)                                                                      \
  case SYNCHED_##name:                                                                             \
    return text;
    SYNCHED_STATUS_MAP(TEXT_CASE)
#undef TEXT_CASE
  case SYNCHED_STOP: /* as a status, of a compute call that took itself for on_round */
    return "SYNCHED_STOP, which only on_round and on_init return; or a code of the program's own";
  default:
    return "a code that is not Synched's own";
  }
}

const char *synched_err_name(int status) {
  switch (status) {
  case SYNCHED_OK:
    return "OK";
#define NAME_CASE(name, text)                                                                      \
  case SYNCHED_##name:                                                                             \
    return #name;
    SYNCHED_STATUS_MAP(NAME_CASE)
#undef NAME_CASE
  default:
    return "unknown";
  }
}

const char *synched_error_message(void) {
  return error_message;
}

void synched__explain(const char *format, ...) {
  char text[sizeof error_message]; /* an argument may be the sentence before */
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  memcpy(error_message, text, sizeof error_message);
  /* What a caller gave is quoted, of whatever bytes it is; a sentence stays a line all the same. */
  for (char *at = error_message; *at != '\0'; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      *at = '?';
}
