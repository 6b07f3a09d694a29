/*
 * kernel.h: the lattice Boltzmann method on a plane (D2Q9), a range of rows at a time.
 *
 * A cell has nine densities, of what moves in each direction (Qian, d'Humieres and Lallemand 1992):
 *
 *   6 2 5     In a step each cell gets what the cells around it send towards it, and then its
 *   3 0 1     densities relax towards their equilibrium (Bhatnagar, Gross and Krook 1954).
 *   7 4 8
 *
 * The state is one array: row by row, of each row all cells' density 0, then all cells' density 1,
 * and so on. The flow enters at the left and leaves at the right; top and bottom are joined. Solid
 * cells send back what they get. They are one range of columns in each row.
 *
 * It is in C, and apart from the program, for others to compute the same with.
 */
#ifndef LATTICE_KERNEL_H
#define LATTICE_KERNEL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LATTICE_DIRECTIONS 9u

/* Columns begin .. end - 1 of a row. */
struct lattice_range {
  size_t begin, end;
};

struct lattice_plane {
  size_t width, height; /* in cells, 3 or more each */
  double inflow;        /* velocity at the left, in cells per step */
  double relaxation;    /* towards the equilibrium, in each step; below 2 */
  /* [height]: the solid cells of each row, within 1 .. width - 2; none where it is empty */
  const struct lattice_range *solid;
};

/* What a range of rows holds; solid cells do not count. */
struct lattice_sums {
  double mass, energy; /* of all cells: densities, and half of density times velocity squared */
  double fastest;      /* the largest velocity, squared */
};

/* How many numbers a row is. */
static inline size_t lattice_row(const struct lattice_plane *plane) {
  return LATTICE_DIRECTIONS * plane->width;
}

/* Makes the plane, whose width and height are set, that of a flow past a cylinder of this Reynolds
 * number. `solid` is room for a range for each row; it stays the caller's. Returns the cylinder's
 * diameter, in cells. */
double lattice_place_cylinder(struct lattice_plane *plane, double reynolds,
                              struct lattice_range *solid);

/* In cells squared per step. Flows of less than LATTICE_VISCOSITY_LEAST are not stable. */
static inline double lattice_viscosity(const struct lattice_plane *plane) {
  return (1 / plane->relaxation - 0.5) / 3;
}

#define LATTICE_VISCOSITY_LEAST 0.004

/* Fills rows first .. end - 1 with the flow at the start. `out` is where row `first` begins. */
void lattice_init(const struct lattice_plane *plane, size_t first, size_t end, double *out);

/* Computes one step of these rows. `was` is where row 0 of the state before begins. */
void lattice_step(const struct lattice_plane *plane, const double *was, size_t first, size_t end,
                  double *out);

/* Adds these rows up, always in the same order. `rows` is where row `first` begins. */
struct lattice_sums lattice_measure(const struct lattice_plane *plane, const double *rows,
                                    size_t first, size_t end);

/* What two ranges hold together, `lower` being that of the lower rows. */
static inline struct lattice_sums lattice_add(struct lattice_sums lower,
                                              struct lattice_sums higher) {
  struct lattice_sums both = {lower.mass + higher.mass, lower.energy + higher.energy,
                              lower.fastest > higher.fastest ? lower.fastest : higher.fastest};
  return both;
}

struct lattice_velocity {
  double x, y;
};

/* The velocity at a cell of row `row`; 0 in what is solid. `row` is where that row begins. */
struct lattice_velocity lattice_velocity_at(const struct lattice_plane *plane, const double *row,
                                            size_t y, size_t x);

#ifdef __cplusplus
}
#endif

#endif
