#include "serial.h"

#include <stdlib.h>

/* An energy is added up by bands, as Synched folds it. */
static double step_h_energy(const struct maxwell_run *run, const struct maxwell_fields *fields,
                            const struct maxwell_serial *out) {
  double sum = 0;
  for (size_t segment = 0; segment < run->segment_count; segment++) {
    const struct maxwell_rows rows = maxwell_band(run, segment);
    const size_t at = rows.first * run->grid.side;
    sum += maxwell_step_h_energy(&run->grid, fields, rows, out->hx + at, out->hy + at);
  }
  return sum;
}

int maxwell_serial_run(struct maxwell_serial *out, const struct maxwell_run *run) {
  const struct maxwell_grid *const grid = &run->grid;
  const struct maxwell_rows all = {0, grid->side};
  const size_t cells = grid->side * grid->side;
  *out = (struct maxwell_serial){
      .ez = malloc(cells * sizeof *out->ez),
      .hx = calloc(cells, sizeof *out->hx),
      .hy = calloc(cells, sizeof *out->hy),
      .energies = calloc((size_t)maxwell_energy_count(run) + 1, sizeof *out->energies)};
  const struct maxwell_fields fields = {out->ez, out->hx, out->hy};
  if (!out->ez || !out->hx || !out->hy || !out->energies) {
    maxwell_serial_deinit(out);
    return -1;
  }
  maxwell_start(grid, all, out->ez);
  for (uint64_t step = 1; step <= run->step_count; step++) {
    if (maxwell_energy_is_due(run, step))
      out->energies[(step - 1) / run->every] = step_h_energy(run, &fields, out);
    else
      maxwell_step_h(grid, &fields, all, out->hx, out->hy);
    maxwell_step_e(grid, &fields, all, out->ez);
  }
  return 0;
}

void maxwell_serial_deinit(struct maxwell_serial *serial) {
  free(serial->ez);
  free(serial->hx);
  free(serial->hy);
  free(serial->energies);
  *serial = (struct maxwell_serial){0};
}
