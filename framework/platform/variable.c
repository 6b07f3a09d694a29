#include "platform/variable.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static char monitor[SYNCHED__VARIABLE_BYTES], report[SYNCHED__VARIABLE_BYTES];

static void read_into(char *text, const char *name) {
  const char *value = secure_getenv(name);
  if (value != NULL)
    (void)snprintf(text, SYNCHED__VARIABLE_BYTES, "%s", value);
}

static void read_monitor(void) {
  read_into(monitor, "SYNCHED_MONITOR");
}

static void read_report(void) {
  read_into(report, "SYNCHED_REPORT");
}

static const char *unless_empty(const char *text) {
  return text[0] == '\0' ? NULL : text;
}

const char *synched__variable_monitor(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, read_monitor);
  return unless_empty(monitor);
}

const char *synched__variable_report(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, read_report);
  return unless_empty(report);
}
