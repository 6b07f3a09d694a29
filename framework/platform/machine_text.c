#include "platform/machine_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <uv.h>

static char text[128];

/* The processor's name; "" where the system does not tell. Linux tells on x86 only. */
static void read_model(char *model, size_t bytes) {
  char line[256];
  model[0] = '\0';
  FILE *file = fopen("/proc/cpuinfo", "re");
  if (file == NULL)
    return;
  while (model[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, "model name", 10) != 0)
      continue;
    const char *value = line + strcspn(line, ":");
    (void)snprintf(model, bytes, "%s", value + strspn(value, ": \t"));
    model[strcspn(model, "\n")] = '\0';
  }
  (void)fclose(file);
}

static void describe(void) {
  struct utsname names;
  char model[64];
  read_model(model, sizeof model);
  if (uname(&names) != 0)
    (void)snprintf(names.sysname, sizeof names.sysname, "unknown system");
  const long cpu_count = sysconf(_SC_NPROCESSORS_ONLN);
  (void)snprintf(text, sizeof text, "%s, %ld CPU%s, %.20s %.30s",
                 model[0] != '\0' ? model : names.machine, cpu_count, cpu_count == 1 ? "" : "s",
                 names.sysname, names.release);
}

const char *synched__machine_text(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, describe);
  return text;
}
