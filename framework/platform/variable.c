#include "platform/variable.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static char text[SYNCHED__VARIABLE_BYTES];

static void read_it(void) {
  const char *value = secure_getenv("SYNCHED_REPORT");
  if (value != NULL)
    (void)snprintf(text, sizeof text, "%s", value);
}

const char *synched__variable_report(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, read_it);
  return text[0] == '\0' ? NULL : text;
}
