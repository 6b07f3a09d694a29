/*
 * cpu_list.c: lists of CPUs are read, and what was read is the same again after it was written.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "platform/cpus.h"

#define WRITTEN_MOST 1000u /* CPUs of a list that is written again */

static void check_written(const struct synched__cpus *cpus) {
  char text[WRITTEN_MOST * 8], few[24];
  struct synched__cpus again;
  (void)synched__cpus_format(text, sizeof text, cpus);
  FUZZ_CHECK(synched__cpus_parse(&again, text) == 0, "what it writes it refuses: %s", text);
  FUZZ_CHECK(again.count == cpus->count &&
                 memcmp(again.numbers, cpus->numbers, cpus->count * sizeof *cpus->numbers) == 0,
             "it writes other CPUs: %s", text);
  synched__cpus_free(&again);
  FUZZ_CHECK(strlen(synched__cpus_format(few, sizeof few, cpus)) < sizeof few, "it has no end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct synched__cpus cpus;
  char *list = fuzz_text(data, size);
  const int status = synched__cpus_parse(&cpus, list);
  free(list);
  fuzz_check_status(status);
  FUZZ_CHECK((status == 0) == (cpus.count > 0), "status %d with %zu CPUs", status, cpus.count);
  for (size_t i = 0; i < cpus.count; i++)
    FUZZ_CHECK(cpus.numbers[i] < SYNCHED__CPUS_MAX, "CPU %u", cpus.numbers[i]);
  if (status == 0 && cpus.count <= WRITTEN_MOST)
    check_written(&cpus);
  synched__cpus_free(&cpus);
  return 0;
}
