#include "platform/variable.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static char monitor[SYNCHED__VARIABLE_BYTES], report[SYNCHED__VARIABLE_BYTES];
static char check[64], terminal[64];

static void read_into(char *text, size_t bytes, const char *name) {
  const char *value = secure_getenv(name);
  if (value != NULL)
    (void)snprintf(text, bytes, "%s", value);
}

static void read_monitor(void) {
  read_into(monitor, sizeof monitor, "SYNCHED_MONITOR");
}

static void read_report(void) {
  read_into(report, sizeof report, "SYNCHED_REPORT");
}

static void read_check(void) {
  read_into(check, sizeof check, "SYNCHED_CHECK");
}

static void read_terminal(void) {
  read_into(terminal, sizeof terminal, "TERM");
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

const char *synched__variable_check(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, read_check);
  return unless_empty(check);
}

const char *synched__variable_terminal(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, read_terminal);
  return unless_empty(terminal);
}
