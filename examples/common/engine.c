#include "common/engine.h"

#include <stdbool.h>
#include <stdio.h>

void example_engine_done(struct example_engine *engine, const char *program, int status,
                         const struct synched_report *report) {
  engine->ended = status;
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
  return status == 0 && ended_well ? 0 : 1;
}
