/*
 * The loop along a row is written to become vector instructions: what it writes is in another plate
 * than what it reads, which `restrict` says.
 */
#include "kernel.h"

#include <stdbool.h>
#include <string.h>

/* How much of the difference goes over in a step. Above 0.25 the method is not stable in a
 * plane. */
#define FLOW 0.2

struct spot {
  /* of the plate's sides */
  double x, y;
  /* of the shorter side */
  double radius;
};

static const struct spot spots[] = {{0.30, 0.28, 0.14}, {0.68, 0.44, 0.20}, {0.10, 0.88, 0.16}};

static double square(double a) {
  return a * a;
}

static bool is_hot(const struct heat_plate *plate, size_t row, size_t column) {
  const double wide = (double)plate->columns, high = (double)plate->rows;
  const double shorter = wide < high ? wide : high;
  for (size_t s = 0; s < sizeof spots / sizeof *spots; s++)
    if (square((double)column + 0.5 - spots[s].x * wide) +
            square((double)row + 0.5 - spots[s].y * high) <
        square(spots[s].radius * shorter))
      return true;
  return false;
}

void heat_start(const struct heat_plate *plate, struct heat_rows rows, double *cells) {
  for (size_t i = rows.first; i < rows.end; i++, cells += plate->columns)
    for (size_t j = 0; j < plate->columns; j++)
      cells[j] = is_hot(plate, i, j) ? HEAT_HOT : HEAT_COOL;
}

/* A row inside the border. */
static void step_row(size_t columns, const double *restrict above, const double *restrict here,
                     const double *restrict below, double *restrict now) {
#pragma omp simd
  for (size_t j = 1; j < columns - 1; j++)
    now[j] = here[j] + FLOW * ((above[j] + below[j]) + (here[j - 1] + here[j + 1]) - 4 * here[j]);
  now[0] = here[0];
  now[columns - 1] = here[columns - 1];
}

void heat_step(const struct heat_plate *plate, const double *was, struct heat_rows rows,
               double *now) {
  const size_t columns = plate->columns;
  const double *here = was + rows.first * columns;
  for (size_t i = rows.first; i < rows.end; i++, here += columns, now += columns) {
    if (i == 0 || i == plate->rows - 1)
      memcpy(now, here, columns * sizeof *now);
    else
      step_row(columns, here - columns, here, here + columns, now);
  }
}
