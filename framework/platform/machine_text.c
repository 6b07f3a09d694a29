#include "platform/machine_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <uv.h>

#include "platform/fault.h"

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

void synched__machine_name(char *name, size_t bytes) {
  struct utsname names;
  (void)snprintf(name, bytes, "%s", uname(&names) == 0 ? names.nodename : "");
}

/* One start of a system has one clock; but a container may have moved its own. */
void synched__machine_clock(char name[SYNCHED__CLOCK_NAME_BYTES]) {
  char boot[40] = "";
  char space[48] = "";
  FILE *file = synched__fault_hit(SYNCHED__FAULT_CLOCK)
                   ? NULL
                   : fopen("/proc/sys/kernel/random/boot_id", "re");
  name[0] = '\0';
  if (file == NULL)
    return;
  const bool is_read = fgets(boot, sizeof boot, file) != NULL;
  (void)fclose(file);
  const ssize_t length = readlink("/proc/self/ns/time", space, sizeof space - 1);
  boot[strcspn(boot, "\n")] = '\0';
  if (is_read)
    (void)snprintf(name, SYNCHED__CLOCK_NAME_BYTES, "%s %s", boot, length > 0 ? space : "");
}

const char *synched__machine_text(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, describe);
  return text;
}
