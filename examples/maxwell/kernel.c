/*
 * The loops along a row are written to become vector instructions. Where a field is changed in
 * place, what is read and what is written are the same elements or different rows, never
 * neighbours, so the order of elements does not matter: `simd` says so to a compiler, which cannot
 * see it. The sum of an energy is a few sums, as many as a vector has elements: the same bits from
 * whoever computes these rows.
 */
#include "kernel.h"

#include <string.h>

/* How far light goes in a step. Above 0.707 the method is not stable in a plane. */
#define REACH 0.5
/* Mur's coefficient for that. */
#define MUR ((REACH - 1.0) / (REACH + 1.0))

static double square(double a) {
  return a * a;
}

/* A ring around the hump, and a long tail, in which nothing is as small as a denormal number. */
void maxwell_start(const struct maxwell_grid *grid, struct maxwell_rows rows, double *ez) {
  const double side = (double)grid->side;
  const double width = side / 40 < 2 ? 2 : side / 40;
  for (size_t i = rows.first; i < rows.end; i++, ez += grid->side)
    for (size_t j = 0; j < grid->side; j++) {
      const double distance =
          (square((double)i - 0.4 * side) + square((double)j - 0.3 * side)) / square(width);
      const bool border = i == 0 || j == 0 || i == grid->side - 1 || j == grid->side - 1;
      ez[j] = border ? 0 : (1 - distance) / ((1 + distance) * square(1 + distance));
    }
}

/* One row of the three fields, and the next or last one of one of them. */
struct row {
  const double *ez, *hx, *hy;
  const double *beside;
};

/* All columns but the last, which has no hy. */
static void magnetic_row(const struct row *row, size_t last, double *hx, double *hy) {
  const double *const ez = row->ez, *const below = row->beside;
  const double *const hx_was = row->hx, *const hy_was = row->hy;
#pragma omp simd
  for (size_t j = 0; j < last; j++) {
    hx[j] = hx_was[j] - REACH * (below[j] - ez[j]);
    hy[j] = hy_was[j] + REACH * (ez[j + 1] - ez[j]);
  }
  hx[last] = hx_was[last] - REACH * (below[last] - ez[last]);
  hy[last] = 0;
}

static double magnetic_row_energy(const struct row *row, size_t last, double *hx, double *hy) {
  const double *const ez = row->ez, *const below = row->beside;
  const double *const hx_was = row->hx, *const hy_was = row->hy;
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t j = 0; j < last; j++) {
    const double x = hx_was[j] - REACH * (below[j] - ez[j]);
    const double y = hy_was[j] + REACH * (ez[j + 1] - ez[j]);
    sum += ez[j] * ez[j] + hx_was[j] * x + hy_was[j] * y;
    hx[j] = x;
    hy[j] = y;
  }
  const double x = hx_was[last] - REACH * (below[last] - ez[last]);
  sum += ez[last] * ez[last] + hx_was[last] * x;
  hx[last] = x;
  hy[last] = 0;
  return sum / 2;
}

/* The last row has no hx. */
static double last_magnetic_row(const struct row *row, size_t last, double *hx, double *hy) {
  double sum = row->ez[last] * row->ez[last];
  for (size_t j = 0; j < last; j++) {
    const double y = row->hy[j] + REACH * (row->ez[j + 1] - row->ez[j]);
    sum += row->ez[j] * row->ez[j] + row->hy[j] * y;
    hy[j] = y;
  }
  hy[last] = 0;
  memset(hx, 0, (last + 1) * sizeof *hx);
  return sum / 2;
}

static struct row row_at(const struct maxwell_fields *fields, size_t at, const double *beside) {
  return (struct row){fields->ez + at, fields->hx + at, fields->hy + at, beside};
}

void maxwell_step_h(const struct maxwell_grid *grid, const struct maxwell_fields *was,
                    struct maxwell_rows rows, double *hx, double *hy) {
  const size_t side = grid->side, last = side - 1;
  for (size_t i = rows.first; i < rows.end; i++, hx += side, hy += side) {
    const struct row row = row_at(was, i * side, was->ez + (i + (i < last)) * side);
    if (i < last)
      magnetic_row(&row, last, hx, hy);
    else
      (void)last_magnetic_row(&row, last, hx, hy);
  }
}

double maxwell_step_h_energy(const struct maxwell_grid *grid, const struct maxwell_fields *was,
                             struct maxwell_rows rows, double *hx, double *hy) {
  const size_t side = grid->side, last = side - 1;
  double sum = 0;
  for (size_t i = rows.first; i < rows.end; i++, hx += side, hy += side) {
    const struct row row = row_at(was, i * side, was->ez + (i + (i < last)) * side);
    sum +=
        i < last ? magnetic_row_energy(&row, last, hx, hy) : last_magnetic_row(&row, last, hx, hy);
  }
  return sum;
}

/* What is inside the border. */
static void electric_row(const struct row *row, size_t last, double *ez) {
  const double *const ez_was = row->ez, *const above = row->beside;
  const double *const hx = row->hx, *const hy = row->hy;
#pragma omp simd
  for (size_t j = 1; j < last; j++)
    ez[j] = ez_was[j] + REACH * ((hy[j] - hy[j - 1]) - (hx[j] - above[j]));
}

/* A cell of the border becomes what its neighbour inside was, and a part of how that has changed
 * more than the cell: before and after the neighbour is computed. */
static double leaving(double was, double inside_was) {
  return inside_was - MUR * was;
}

static double left(double so_far, double inside_now) {
  return so_far + MUR * inside_now;
}

/* A row with its two ends. */
static void electric_row_and_ends(const struct maxwell_grid *grid, const struct row *row,
                                  double *ez) {
  const size_t last = grid->side - 1;
  const double west = leaving(row->ez[0], row->ez[1]);
  const double east = leaving(row->ez[last], row->ez[last - 1]);
  electric_row(row, last, ez);
  ez[0] = grid->absorbing ? left(west, ez[1]) : 0;
  ez[last] = grid->absorbing ? left(east, ez[last - 1]) : 0;
}

/* A row of the border, before and after the row inside it is computed. */
static void begin_border(size_t side, const double *was, const double *inside_was, double *ez) {
#pragma omp simd
  for (size_t j = 0; j < side; j++)
    ez[j] = leaving(was[j], inside_was[j]);
}

static void end_border(const struct maxwell_grid *grid, const double *inside_now, double *ez) {
  if (!grid->absorbing) {
    memset(ez, 0, grid->side * sizeof *ez);
    return;
  }
#pragma omp simd
  for (size_t j = 0; j < grid->side; j++)
    ez[j] = left(ez[j], inside_now[j]);
}

/* The border beside row `at`, if there is one on that side. */
static void row_beside_border(const struct maxwell_grid *grid, const struct row *row,
                              ptrdiff_t to_border, double *ez) {
  double *const border = ez + to_border;
  begin_border(grid->side, row->ez + to_border, row->ez, border);
  electric_row_and_ends(grid, row, ez);
  end_border(grid, ez, border);
}

void maxwell_step_e(const struct maxwell_grid *grid, const struct maxwell_fields *now,
                    struct maxwell_rows rows, double *ez) {
  const size_t side = grid->side, last = side - 1;
  for (size_t i = rows.first; i < rows.end; i++, ez += side) {
    if (i == 0 || i == last)
      continue;
    const struct row row = row_at(now, i * side, now->hx + (i - 1) * side);
    if (i == 1)
      row_beside_border(grid, &row, -(ptrdiff_t)side, ez);
    else if (i == last - 1)
      row_beside_border(grid, &row, (ptrdiff_t)side, ez);
    else
      electric_row_and_ends(grid, &row, ez);
  }
}
