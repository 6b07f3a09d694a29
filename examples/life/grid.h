/*
 * grid.h: the rectangle of cells that is computed, how it is packed and cut into bands, and how to
 * read it.
 *
 * A row is `row_words` words of 64 cells; cell x is bit x % 64 of word x / 64, and the bits behind
 * the last cell are always 0. Rows follow each other without gaps. A band is some rows on end: one
 * segment of the memory. A band whose count is 0 has no live cell, and its words mean nothing
 * then.
 */
#ifndef LIFE_GRID_H
#define LIFE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "pattern.h"

#define LIFE_OPEN_SIDE                                                                             \
  ((size_t)16384) /* cells: an unbounded plane is not made longer than that ... */
#define LIFE_OPEN_MARGIN                                                                           \
  ((size_t)256) /* ... unless the pattern needs it to have this much around it */

struct life_grid {
  size_t width, height; /* cells */
  size_t row_words;
  bool torus;
  bool open_x,
      open_y;         /* the file sets no bounds in this direction: `width`, `height` were chosen */
  int64_t left, top;  /* the first cell in Golly's coordinates */
  size_t column, row; /* the cell at which the pattern's box begins */
  size_t band_count;  /* 1 until life_grid_divide */
};

/* Finds the grid for a pattern that is to run for so many generations. A bounded one is as the
 * file says. An unbounded plane gets as much room around the pattern as it could cross in that
 * time, at one cell a generation, but see LIFE_OPEN_SIDE. 0; or -1 and why not. */
int life_grid_fit(struct life_grid *out, const struct life_pattern *pattern, uint64_t generations,
                  struct example_error *error);

/* Cuts the grid into bands. wanted: how many, at most one per row; 0: a good number for so many
 * workers. */
void life_grid_divide(struct life_grid *grid, size_t wanted, unsigned worker_count);

/* The first row of a band; of band_count: the height. The first bands have one row more where the
 * rows cannot be dealt evenly. */
size_t life_grid_band_row(const struct life_grid *grid, size_t band);

/* The words of a band. */
size_t life_grid_band_words(const struct life_grid *grid, size_t band);

/* Draws the part of the pattern that is in this band. False: no cell of it is alive, and `out` has
 * not been touched. */
bool life_grid_draw(const struct life_grid *grid, const struct life_pattern *pattern, size_t band,
                    uint64_t *out);

/* All cells of one generation. */
struct life_view {
  const struct life_grid *grid;
  const uint64_t *cells; /* height * row_words */
  const size_t *counts;  /* per band, in words; 0: no live cell */
};

/* A rectangle of cells. */
struct life_box {
  size_t column, row, width, height;
};

/* One row; NULL: no cell in its band is alive. */
const uint64_t *life_view_row(const struct life_view *view, size_t row);

uint64_t life_view_population(const struct life_view *view);

/* The smallest box around all live cells; all 0 where there is none. */
struct life_box life_view_bounds(const struct life_view *view);

#endif
