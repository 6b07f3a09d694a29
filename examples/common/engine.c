#include "common/engine.h"

#include <stdbool.h>
#include <stdio.h>

int example_engine_report(struct example_engine *engine, const char *program, const char *form) {
  return form == NULL ? 0 : example_report_read(&engine->report, program, form);
}

void example_engine_done(struct example_engine *engine, const char *program, int status,
                         const struct synched_report *report) {
  engine->ended = status;
  engine->unreported = example_report_write(&engine->report, program, report) != 0;
  if (example_report_is_printed(&engine->report))
    return;
  printf("\n");
  if (synched_report_print(report, stdout) != 0)
    fprintf(stderr, "%s: %s\n", program, synched_error_message());
}

int example_engine_end(struct example_engine *engine, const char *program, int status) {
  const bool ended_well = engine->ended == 0 || engine->ended == SYNCHED_ECANCELED;
  if (status != 0)
    fprintf(stderr, "%s: %s: %s\n", program, synched_strerror(status), synched_error_message());
  (void)synched_job_destroy(engine->job);
  (void)synched_memory_destroy(engine->memory);
  (void)synched_pool_destroy(engine->pool);
  return status == 0 && ended_well && !engine->unreported ? 0 : 1;
}
