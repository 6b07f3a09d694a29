#include "serial.h"

#include <stdlib.h>

double *heat_serial_run(const struct heat_run *run) {
  const struct heat_plate *const plate = &run->plate;
  const struct heat_rows all = {0, plate->rows};
  const size_t cells = plate->columns * plate->rows;
  double *was = malloc(cells * sizeof *was);
  double *now = malloc(cells * sizeof *now);
  if (!was || !now) {
    free(was);
    free(now);
    return NULL;
  }
  heat_start(plate, all, now);
  for (uint64_t round = 1; round <= run->round_count; round++) {
    double *const next = was;
    was = now;
    now = next;
    heat_step(plate, was, all, now);
  }
  free(was);
  return now;
}
