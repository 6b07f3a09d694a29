/*
 * kernel.h: how heat spreads in a plate, by finite differences in time and space.
 *
 * A cell comes nearer to the mean of its four neighbours in each step. The cells of the border are
 * held at the temperature that they start with. A step reads one plate and writes another one: of
 * each row it reads that row, the one above it and the one below.
 */
#ifndef HEAT_KERNEL_H
#define HEAT_KERNEL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEAT_SIDE_MIN ((size_t)3)

/* Degrees of all cells at the start, and of those that are hot; no cell is ever below the one or
 * above the other. */
#define HEAT_COOL 20.0
#define HEAT_HOT 100.0

/* Cells; HEAT_SIDE_MIN or more in both directions. */
struct heat_plate {
  size_t columns, rows;
};

/* Rows that a call computes: from `first` to the one before `end`. */
struct heat_rows {
  size_t first, end;
};

/* A cool plate with three hot spots, of which the lower left one touches the border; `cells` is
 * where row `first` goes. */
void heat_start(const struct heat_plate *plate, struct heat_rows rows, double *cells);

/* One step of these rows. `was` is where row 0 of the whole plate is, `now` where row `first` goes,
 * which is elsewhere. */
void heat_step(const struct heat_plate *plate, const double *was, struct heat_rows rows,
               double *now);

#ifdef __cplusplus
}
#endif

#endif
