/*
 * Pictures have a palette of 256 colours, one byte a pixel: the background, the lines between
 * cells, and 254 steps of brightness. They are made and written row by row.
 */
#include "picture.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/png.h"

#define ZOOM_SIDE ((size_t)1200) /* pixels that a small area is magnified to, as far as whole ... */
#define ZOOM_MAX ((size_t)24)    /* ... pixels a cell, and not more than these, allow */
#define ZOOM_WITH_LINES ((size_t)5)
#define BACKGROUND 0
#define LINE 1
#define DIMMEST 2
#define BRIGHTEST 255

struct canvas {
  const struct life_view *view;
  struct life_box area;
  size_t zoom;  /* pixels a cell, in each direction */
  size_t block; /* cells a pixel; one of the two is 1 */
  size_t width, height;
  uint32_t *counts; /* live cells of the blocks of a row, or cells of one row where block is 1 */
};

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

/* Grows [*begin, *begin + *length) by a margin, within a grid of `limit` cells. */
static void add_margin(size_t *begin, size_t *length, size_t limit) {
  const size_t margin = larger(4, *length / 16);
  const size_t end = *begin + *length;
  *begin -= margin < *begin ? margin : *begin;
  *length = (margin < limit - end ? end + margin : limit) - *begin;
}

struct life_box life_picture_area(const struct life_view *view) {
  const struct life_grid *const grid = view->grid;
  const struct life_box whole = {0, 0, grid->width, grid->height};
  struct life_box area = life_view_bounds(view);
  if (!grid->open_x || area.width == 0) {
    area.column = whole.column;
    area.width = whole.width;
  } else {
    add_margin(&area.column, &area.width, grid->width);
  }
  if (!grid->open_y || area.height == 0) {
    area.row = whole.row;
    area.height = whole.height;
  } else {
    add_margin(&area.row, &area.height, grid->height);
  }
  return area;
}

/* From deep blue over green to pale yellow, each step brighter than the one before. */
static void fill_palette(struct example_colour *palette) {
  static const struct example_colour stops[] = {
      {38, 60, 128}, {24, 132, 158}, {74, 186, 128}, {196, 222, 92}, {255, 250, 210}};
  palette[BACKGROUND] = (struct example_colour){11, 15, 30};
  palette[LINE] = (struct example_colour){22, 28, 48};
  for (int i = DIMMEST; i <= BRIGHTEST; i++)
    palette[i] = example_colour_between(stops, sizeof stops / sizeof *stops, i - DIMMEST,
                                        BRIGHTEST - DIMMEST);
}

/* Live cells among the `length` ones from `column` on. */
static uint32_t count_cells(const uint64_t *row, size_t column, size_t length) {
  uint32_t count = 0;
  while (length > 0) {
    const size_t bit = column % 64;
    const size_t here = length < 64 - bit ? length : 64 - bit;
    /* cppcheck-suppress shiftTooManyBits ; `here` is 1 or more, as long as `length` is */
    const uint64_t word = row[column / 64] >> bit & UINT64_MAX >> (64 - here);
    count += (uint32_t)__builtin_popcountll(word);
    column += here;
    length -= here;
  }
  return count;
}

/* Adds up the live cells of each block of one row of blocks; the last ones may be narrower. */
static void count_blocks(const struct canvas *canvas, size_t index) {
  const struct life_box *const area = &canvas->area;
  const size_t blocks = canvas->width / canvas->zoom;
  const size_t begin = index * canvas->block;
  const size_t end = begin + canvas->block < area->height ? begin + canvas->block : area->height;
  memset(canvas->counts, 0, blocks * sizeof *canvas->counts);
  for (size_t y = begin; y < end; y++) {
    const uint64_t *const row = life_view_row(canvas->view, area->row + y);
    for (size_t i = 0; row && i < blocks; i++) {
      const size_t x = i * canvas->block;
      const size_t length = area->width - x < canvas->block ? area->width - x : canvas->block;
      canvas->counts[i] += count_cells(row, area->column + x, length);
    }
  }
}

/* The root makes thin things visible: life is sparse, and most blocks are nearly empty. */
static uint8_t colour_of(const struct canvas *canvas, uint32_t count) {
  if (count == 0)
    return BACKGROUND;
  const double cells = (double)(canvas->block * canvas->block);
  return (uint8_t)(DIMMEST + (int)((BRIGHTEST - DIMMEST) * sqrt((double)count / cells)));
}

static void draw_row(void *user, size_t y, uint8_t *pixels) {
  const struct canvas *const canvas = user;
  const size_t zoom = canvas->zoom;
  const bool lines = zoom >= ZOOM_WITH_LINES;
  if (y % zoom == 0)
    count_blocks(canvas, y / zoom);
  if (lines && y % zoom == zoom - 1) {
    memset(pixels, LINE, canvas->width);
    return;
  }
  for (size_t x = 0; x < canvas->width; x++) {
    const bool line = lines && x % zoom == zoom - 1;
    pixels[x] = line ? LINE : colour_of(canvas, canvas->counts[x / zoom]);
  }
}

int life_picture_write(FILE *out, const struct life_view *view, struct example_error *error) {
  struct canvas canvas = {.view = view, .area = life_picture_area(view)};
  const size_t side = larger(canvas.area.width, canvas.area.height);
  const size_t zoom = ZOOM_SIDE / side < ZOOM_MAX ? ZOOM_SIDE / side : ZOOM_MAX;
  canvas.zoom = larger(1, zoom);
  canvas.block = (side + LIFE_PICTURE_SIDE - 1) / LIFE_PICTURE_SIDE;
  canvas.width = (canvas.area.width + canvas.block - 1) / canvas.block * canvas.zoom;
  canvas.height = (canvas.area.height + canvas.block - 1) / canvas.block * canvas.zoom;
  canvas.counts = malloc(canvas.width * sizeof *canvas.counts);
  if (!canvas.counts)
    return example_fail(error, 0, "the picture cannot be written: out of memory");
  struct example_png png = {
      .width = canvas.width, .height = canvas.height, .draw = draw_row, .user = &canvas};
  fill_palette(png.palette);
  const int status = example_png_write(out, &png, error);
  free(canvas.counts);
  return status;
}
