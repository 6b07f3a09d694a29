/*
 * The inner loops run along a row, so that their loads and stores are of neighbours and become
 * vector instructions; what is different at a row's ends and in the solid is outside of them. Each
 * row is computed in the same way whatever range it is in: so ranges do not change the bits.
 */
#include "kernel.h"

#include <math.h>
#include <stdbool.h>

#define TURN 6.28318530717958647692
#define LANES 8u

/* In cells per step; the method is for flows that are slow beside 0.58, its sound's. */
#define INFLOW 0.08

/* --- a state's parts --- */

/* Where the nine densities of a row begin. */
struct row {
  double *f[LATTICE_DIRECTIONS];
};

struct constant_row {
  const double *f[LATTICE_DIRECTIONS];
};

static struct row row_at(const struct lattice_plane *plane, double *begin) {
  struct row row;
  for (size_t i = 0; i < LATTICE_DIRECTIONS; i++)
    row.f[i] = begin + i * plane->width;
  return row;
}

/* What comes to the cells of row y: f[i][x] is the density i that moves to column x. */
static struct constant_row arrivals(const struct lattice_plane *plane, const double *was,
                                    size_t y) {
  const size_t width = plane->width;
  const double *const here = was + y * lattice_row(plane);
  const double *const below = was + (y == 0 ? plane->height - 1 : y - 1) * lattice_row(plane);
  const double *const above = was + (y + 1 == plane->height ? 0 : y + 1) * lattice_row(plane);
  const struct constant_row row = {{here, here + width - 1, below + 2 * width, here + 3 * width + 1,
                                    above + 4 * width, below + 5 * width - 1, below + 6 * width + 1,
                                    above + 7 * width + 1, above + 8 * width - 1}};
  return row;
}

/* --- cells --- */

static void set_equilibrium(const struct row *out, size_t x, double ux, double uy) {
  static const double weights[] = {4.0 / 9,  1.0 / 9,  1.0 / 9,  1.0 / 9, 1.0 / 9,
                                   1.0 / 36, 1.0 / 36, 1.0 / 36, 1.0 / 36};
  static const int along[] = {0, 1, 0, -1, 0, 1, -1, -1, 1};
  static const int across[] = {0, 0, 1, 0, -1, 1, 1, -1, -1};
  for (size_t i = 0; i < LATTICE_DIRECTIONS; i++) {
    const double u = 3 * (along[i] * ux + across[i] * uy);
    out->f[i][x] = weights[i] * (1 + u + u * u / 2 - 1.5 * (ux * ux + uy * uy));
  }
}

static void collide(double relaxation, const struct constant_row *in, const struct row *out,
                    struct lattice_range columns) {
  const double *const i0 = in->f[0], *const i1 = in->f[1], *const i2 = in->f[2];
  const double *const i3 = in->f[3], *const i4 = in->f[4], *const i5 = in->f[5];
  const double *const i6 = in->f[6], *const i7 = in->f[7], *const i8 = in->f[8];
  double *const o0 = out->f[0], *const o1 = out->f[1], *const o2 = out->f[2];
  double *const o3 = out->f[3], *const o4 = out->f[4], *const o5 = out->f[5];
  double *const o6 = out->f[6], *const o7 = out->f[7], *const o8 = out->f[8];
  const double kept = 1 - relaxation;
#pragma omp simd
  for (size_t x = columns.begin; x < columns.end; x++) {
    const double f0 = i0[x], f1 = i1[x], f2 = i2[x], f3 = i3[x], f4 = i4[x], f5 = i5[x];
    const double f6 = i6[x], f7 = i7[x], f8 = i8[x];
    const double density = f0 + ((f1 + f3) + (f2 + f4)) + ((f5 + f7) + (f6 + f8));
    const double third = 3 / density;
    /* three times the velocity; along the diagonals, their sum and difference */
    const double ux = third * ((f1 - f3) + (f5 - f7) + (f8 - f6));
    const double uy = third * ((f2 - f4) + (f5 - f7) + (f6 - f8));
    const double up = ux + uy, down = ux - uy;
    const double rest = 1 - (ux * ux + uy * uy) / 6;
    const double straight = relaxation * density / 9, diagonal = straight / 4;
    const double east = rest + ux * ux / 2, north = rest + uy * uy / 2;
    const double rising = rest + up * up / 2, falling = rest + down * down / 2;
    o0[x] = kept * f0 + 4 * straight * rest;
    o1[x] = kept * f1 + straight * (east + ux);
    o2[x] = kept * f2 + straight * (north + uy);
    o3[x] = kept * f3 + straight * (east - ux);
    o4[x] = kept * f4 + straight * (north - uy);
    o5[x] = kept * f5 + diagonal * (rising + up);
    o6[x] = kept * f6 + diagonal * (falling - down);
    o7[x] = kept * f7 + diagonal * (rising - up);
    o8[x] = kept * f8 + diagonal * (falling + down);
  }
}

/* The solid turns what it gets around. */
static void turn_around(const struct constant_row *in, const struct row *out,
                        struct lattice_range columns) {
  static const size_t opposite[] = {0, 3, 4, 1, 2, 7, 8, 5, 6};
  for (size_t i = 0; i < LATTICE_DIRECTIONS; i++)
    for (size_t x = columns.begin; x < columns.end; x++)
      out->f[opposite[i]][x] = in->f[i][x];
}

/* --- rows --- */

static void step_row(const struct lattice_plane *plane, const double *was, size_t y,
                     double *begin) {
  const struct constant_row in = arrivals(plane, was, y);
  const struct row out = row_at(plane, begin);
  const struct lattice_range solid = plane->solid[y];
  const size_t last = plane->width - 1;
  if (solid.begin < solid.end) {
    collide(plane->relaxation, &in, &out, (struct lattice_range){1, solid.begin});
    turn_around(&in, &out, solid);
    collide(plane->relaxation, &in, &out, (struct lattice_range){solid.end, last});
  } else {
    collide(plane->relaxation, &in, &out, (struct lattice_range){1, last});
  }
  /* What enters is the same always; at the other end the flow goes on as it is. */
  set_equilibrium(&out, 0, plane->inflow, 0);
  for (size_t i = 0; i < LATTICE_DIRECTIONS; i++)
    out.f[i][last] = out.f[i][last - 1];
}

void lattice_step(const struct lattice_plane *plane, const double *was, size_t first, size_t end,
                  double *out) {
  for (size_t y = first; y < end; y++)
    step_row(plane, was, y, out + (y - first) * lattice_row(plane));
}

double lattice_place_cylinder(struct lattice_plane *plane, double reynolds,
                              struct lattice_range *solid) {
  const size_t least = plane->width / 3 < plane->height ? plane->width / 3 : plane->height;
  const double diameter = (double)least / 6, radius = diameter / 2;
  const double column = (double)plane->width / 5, middle = (double)plane->height / 2;
  for (size_t y = 0; y < plane->height; y++) {
    const double across = (double)y - middle;
    const double half = radius * radius - across * across;
    solid[y] = (struct lattice_range){0, 0};
    if (half > 0) {
      solid[y].begin = (size_t)ceil(column - sqrt(half));
      solid[y].end = (size_t)floor(column + sqrt(half)) + 1;
    }
  }
  plane->inflow = INFLOW;
  plane->relaxation = 1 / (3 * INFLOW * diameter / reynolds + 0.5);
  plane->solid = solid;
  return diameter;
}

void lattice_init(const struct lattice_plane *plane, size_t first, size_t end, double *out) {
  for (size_t y = first; y < end; y++) {
    const struct row row = row_at(plane, out + (y - first) * lattice_row(plane));
    const struct lattice_range solid = plane->solid[y];
    for (size_t x = 0; x < plane->width; x++) {
      /* A little unrest, or the two sides of the wake would stay alike for long. */
      const double wave = sin(TURN * (double)x / (double)plane->width);
      if (x >= solid.begin && x < solid.end)
        set_equilibrium(&row, x, 0, 0);
      else
        set_equilibrium(&row, x, plane->inflow, plane->inflow * wave / 20);
    }
  }
}

/* --- looking --- */

/* Density and momentum of a cell. */
struct moments {
  double density, x, y;
};

static struct moments moments_of(const double *f, size_t width) {
  const double f0 = f[0], f1 = f[width], f2 = f[2 * width], f3 = f[3 * width], f4 = f[4 * width];
  const double f5 = f[5 * width], f6 = f[6 * width], f7 = f[7 * width], f8 = f[8 * width];
  const struct moments of = {f0 + ((f1 + f3) + (f2 + f4)) + ((f5 + f7) + (f6 + f8)),
                             (f1 - f3) + (f5 - f7) + (f8 - f6), (f2 - f4) + (f5 - f7) + (f6 - f8)};
  return of;
}

/* Sums in several lanes are vector instructions, and have an order of their own. */
struct lanes {
  double mass[LANES], energy[LANES], fastest[LANES];
};

static void measure_cell(const double *cell, size_t width, struct lanes *sums, size_t lane) {
  const struct moments of = moments_of(cell, width);
  const double squared = (of.x * of.x + of.y * of.y) / of.density;
  const double velocity = squared / of.density;
  sums->mass[lane] += of.density;
  sums->energy[lane] += squared / 2;
  sums->fastest[lane] = velocity > sums->fastest[lane] ? velocity : sums->fastest[lane];
}

static void measure_cells(const double *row, size_t width, struct lattice_range columns,
                          struct lanes *sums) {
  size_t x = columns.begin;
  for (; x + LANES <= columns.end; x += LANES)
#pragma omp simd
    for (size_t lane = 0; lane < LANES; lane++)
      measure_cell(row + x + lane, width, sums, lane);
  for (; x < columns.end; x++)
    measure_cell(row + x, width, sums, 0);
}

struct lattice_sums lattice_measure(const struct lattice_plane *plane, const double *rows,
                                    size_t first, size_t end) {
  struct lanes lanes = {{0}, {0}, {0}};
  struct lattice_sums sums = {0, 0, 0};
  for (size_t y = first; y < end; y++) {
    const double *const row = rows + (y - first) * lattice_row(plane);
    const struct lattice_range solid = plane->solid[y];
    const bool is_split = solid.begin < solid.end;
    const size_t begin = is_split ? solid.begin : plane->width;
    measure_cells(row, plane->width, (struct lattice_range){0, begin}, &lanes);
    if (is_split)
      measure_cells(row, plane->width, (struct lattice_range){solid.end, plane->width}, &lanes);
  }
  for (size_t lane = 0; lane < LANES; lane++)
    sums = lattice_add(
        sums, (struct lattice_sums){lanes.mass[lane], lanes.energy[lane], lanes.fastest[lane]});
  return sums;
}

struct lattice_velocity lattice_velocity_at(const struct lattice_plane *plane, const double *row,
                                            size_t y, size_t x) {
  const struct lattice_range solid = plane->solid[y];
  if (x >= solid.begin && x < solid.end)
    return (struct lattice_velocity){0, 0};
  const struct moments of = moments_of(row + x, plane->width);
  return (struct lattice_velocity){of.x / of.density, of.y / of.density};
}
