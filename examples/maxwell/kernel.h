/*
 * kernel.h: Maxwell's equations in a plane, by finite differences in time and space (Yee 1966).
 *
 * Three fields over the same square grid: the electric one, ez, which stands upright on the plane,
 * and the two parts of the magnetic one, hx and hy, which lie in it. A time step computes the
 * magnetic field from the electric one, and then the electric field from the magnetic one. Each of
 * the two halves reads its own rows and one row beside them, and changes only what it does not read
 * elsewhere: so both can be done in place.
 *
 * All quantities are without units: the speed of light is 1, and so is a cell's side.
 */
#ifndef MAXWELL_KERNEL_H
#define MAXWELL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MAXWELL_SIDE_MIN ((size_t)4)

struct maxwell_grid {
  size_t side; /* cells; MAXWELL_SIDE_MIN or more */
  /* Waves leave at the border (Mur 1981, first order), instead of coming back from it. */
  bool absorbing;
};

/* The three fields, as a call reads them: rows of `side` numbers, `side` of them. */
struct maxwell_fields {
  const double *ez, *hx, *hy;
};

/* Rows that a call computes: from `first` to the one before `end`. */
struct maxwell_rows {
  size_t first, end;
};

/* The electric field of a hump somewhere left of the middle; `ez` is where row `first` goes. The
 * magnetic field starts as zeros. */
void maxwell_start(const struct maxwell_grid *grid, struct maxwell_rows rows, double *ez);

/* The magnetic half of a step. Writes these rows to hx and hy, which may be where they are read:
 * reads ez of these rows and the next, and hx and hy of these. */
void maxwell_step_h(const struct maxwell_grid *grid, const struct maxwell_fields *was,
                    struct maxwell_rows rows, double *hx, double *hy);

/* The same, and returns the energy in these rows: at the time of ez, from the magnetic field before
 * and after it. Of all rows together it stays as it is, but for rounding, while nothing leaves. */
double maxwell_step_h_energy(const struct maxwell_grid *grid, const struct maxwell_fields *was,
                             struct maxwell_rows rows, double *hx, double *hy);

/* The electric half. Writes these rows to ez, which may be where they are read: reads hx of these
 * rows and the one before, and ez and hy of these. The first row of the grid is computed with the
 * second, and the last one with the last but one, so no part ends between them; a call for such a
 * row alone does nothing. */
void maxwell_step_e(const struct maxwell_grid *grid, const struct maxwell_fields *now,
                    struct maxwell_rows rows, double *ez);

#ifdef __cplusplus
}
#endif

#endif
