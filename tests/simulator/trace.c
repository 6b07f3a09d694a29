/*
 * trace.c: what happened in an execution, with the line of the source at each step.
 *
 * Addresses of code become lines through addr2line, all at once, when a trace is printed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define EVENTS_MOST 4000000u
#define LINE_BYTES 512

void sim_note(const char *what, uintptr_t address, uint64_t value, unsigned option,
              unsigned options, const void *site) {
  if (!sim->tracing || !sim->running || sim->event_count == EVENTS_MOST)
    return;
  if (sim->event_count == sim->event_room) {
    const size_t room = sim->event_room == 0 ? 4096 : 2 * sim->event_room;
    struct sim_event *events = realloc(sim->events, room * sizeof *events);
    if (events == NULL)
      return;
    sim->events = events;
    sim->event_room = room;
  }
  sim->events[sim->event_count++] = (struct sim_event){.step = sim->step,
                                                       .site = site,
                                                       .address = address,
                                                       .value = value,
                                                       .thread = (uint8_t)sim->current,
                                                       .what = what,
                                                       .option = (uint16_t)option,
                                                       .options = (uint16_t)options};
}

void sim_fail_at(const void *site, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(sim->failure, sizeof sim->failure, format, arguments);
  va_end(arguments);
  sim->failed = true;
  sim->failure_site = site;
  sim_note("FAILS", 0, 0, 0, 0, site);
  _longjmp(sim->explorer, 1);
}

void sim_fail(const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  sim_fail_at(NULL, "%s", text);
}

/* --- printing --- */

/* The text of a line of a file, without the blanks around it. */
static void source_text(char *out, size_t bytes, const char *path, unsigned line) {
  char text[LINE_BYTES] = "";
  FILE *file = fopen(path, "r");
  for (unsigned i = 0; file != NULL && i < line; i++)
    if (fgets(text, sizeof text, file) == NULL)
      break;
  if (file != NULL)
    (void)fclose(file);
  const char *from = text + strspn(text, " \t");
  (void)snprintf(out, bytes, "%.*s", (int)strcspn(from, "\n"), from);
}

static void print_place(char *line) {
  line[strcspn(line, "\n")] = '\0';
  char text[LINE_BYTES] = "";
  char *colon = strrchr(line, ':');
  if (colon != NULL) {
    *colon = '\0';
    const unsigned number = (unsigned)strtoul(colon + 1, NULL, 10);
    source_text(text, sizeof text, line, number);
    const char *name = strstr(line, "framework/");
    if (name == NULL)
      name = strrchr(line, '/') != NULL ? strrchr(line, '/') + 1 : line;
    (void)printf("  %s:%u", name, number);
  }
  (void)printf("  | %s\n", text);
}

static void print_event(const struct sim_event *event) {
  unsigned block;
  size_t offset;
  (void)printf("%6llu %-14s %s", (unsigned long long)event->step, sim->fibres[event->thread].name,
               event->what);
  if (event->address != 0 && sim_heap_describe(event->address, &block, &offset))
    (void)printf(" %u+%zu", block, offset);
  else if (event->address != 0)
    (void)printf(" %#zx", (size_t)event->address);
  (void)printf(" %#llx", (unsigned long long)event->value);
  if (event->option != 0)
    (void)printf(" (%u older than the newest)", event->option);
}

/* The last steps; the whole of a long execution would hide them. */
void sim_trace_print(void) {
  const size_t most = 400;
  const size_t from = sim->event_count > most ? sim->event_count - most : 0;
  char name[] = "/tmp/synched-trace-XXXXXX";
  const int descriptor = mkstemp(name);
  FILE *sites = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  if (sites == NULL)
    return;
  for (size_t i = from; i < sim->event_count; i++)
    (void)fprintf(
        sites, "%p\n",
        sim->events[i].site == NULL ? NULL : (const void *)((const char *)sim->events[i].site - 1));
  (void)fclose(sites);
  char command[256], line[LINE_BYTES];
  (void)snprintf(command, sizeof command, "addr2line -e /proc/%ld/exe <%s", (long)getpid(), name);
  FILE *lines = popen(command, "r");
  for (size_t i = from; i < sim->event_count; i++) {
    print_event(&sim->events[i]);
    if (lines != NULL && fgets(line, sizeof line, lines) != NULL && line[0] != '?')
      print_place(line);
    else
      (void)printf("\n");
  }
  if (lines != NULL)
    (void)pclose(lines);
  (void)remove(name);
}
