/*
 * What the segments contribute to a dot product is added up from the first one to the last, as
 * Synched folds it.
 */
#include "serial.h"

#include <stdlib.h>
#include <string.h>

static double multiply(struct cg_serial *out, const struct cg_run *run) {
  double sum = 0;
  for (size_t s = 0; s < run->cut.segment_count; s++) {
    const struct cg_rows rows = cg_cut_rows(&run->cut, s);
    sum += cg_multiply(&run->system->matrix, rows, out->p, out->q + rows.first);
  }
  return sum;
}

static double reduce(struct cg_serial *out, const struct cg_run *run, double alpha) {
  double sum = 0;
  for (size_t s = 0; s < run->cut.segment_count; s++) {
    const struct cg_rows rows = cg_cut_rows(&run->cut, s);
    sum += cg_reduce(rows.end - rows.first, alpha, out->q + rows.first, out->r + rows.first);
  }
  return sum;
}

static void compute(struct cg_serial *out, const struct cg_run *run) {
  const size_t count = run->system->matrix.row_count;
  memcpy(out->r, run->system->right, count * sizeof *out->r);
  memcpy(out->p, run->system->right, count * sizeof *out->p);
  out->square = run->first_square;
  while (!cg_is_solved(run, out->square) && out->round_count < run->rounds_max) {
    const double product = multiply(out, run);
    out->trouble = cg_look(product);
    if (out->trouble != 0)
      return;
    const double alpha = out->square / product;
    const double square = reduce(out, run, alpha);
    cg_turn(count, (struct cg_factors){alpha, square / out->square}, out->r, out->x, out->p);
    out->square = square;
    out->round_count++;
  }
}

int cg_serial_run(struct cg_serial *out, const struct cg_run *run) {
  const size_t count = run->system->matrix.row_count;
  *out = (struct cg_serial){.x = calloc(count, sizeof *out->x),
                            .r = malloc(count * sizeof *out->r),
                            .p = malloc(count * sizeof *out->p),
                            .q = malloc(count * sizeof *out->q)};
  if (!out->x || !out->r || !out->p || !out->q) {
    cg_serial_deinit(out);
    return -1;
  }
  compute(out, run);
  return 0;
}

void cg_serial_deinit(struct cg_serial *serial) {
  free(serial->x);
  free(serial->r);
  free(serial->p);
  free(serial->q);
  *serial = (struct cg_serial){0};
}
