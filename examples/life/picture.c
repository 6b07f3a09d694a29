/*
 * Pictures have a palette of 256 colours, one byte a pixel: the background, the lines between
 * cells, and 254 steps of brightness. They are made and written row by row.
 */
#include "picture.h"

#include <math.h>
#include <png.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ZOOM_SIDE ((size_t)1200) /* pixels that a small area is magnified to, as far as whole ... */
#define ZOOM_MAX ((size_t)24)    /* ... pixels a cell, and not more than these, allow */
#define ZOOM_WITH_LINES ((size_t)5)
#define COLOUR_COUNT 256
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
  uint8_t *pixels;  /* a row of them */
  uint32_t *counts; /* live cells of the blocks of that row, or cells of one row where block is 1 */
  struct example_error *error;
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
static void fill_palette(png_color palette[static COLOUR_COUNT]) {
  static const int stops[][3] = {
      {38, 60, 128}, {24, 132, 158}, {74, 186, 128}, {196, 222, 92}, {255, 250, 210}};
  const int intervals = (int)(sizeof stops / sizeof *stops) - 1;
  palette[BACKGROUND] = (png_color){11, 15, 30};
  palette[LINE] = (png_color){22, 28, 48};
  for (int i = DIMMEST; i <= BRIGHTEST; i++) {
    const int position = (i - DIMMEST) * intervals * 256 / (BRIGHTEST - DIMMEST);
    const int stop = position / 256 < intervals ? position / 256 : intervals - 1;
    const int share = position - stop * 256;
    png_byte rgb[3];
    for (int k = 0; k < 3; k++)
      rgb[k] = (png_byte)(stops[stop][k] + (stops[stop + 1][k] - stops[stop][k]) * share / 256);
    palette[i] = (png_color){rgb[0], rgb[1], rgb[2]};
  }
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

static void draw_row(const struct canvas *canvas, size_t y) {
  const size_t zoom = canvas->zoom;
  const bool lines = zoom >= ZOOM_WITH_LINES;
  if (y % zoom == 0)
    count_blocks(canvas, y / zoom);
  if (lines && y % zoom == zoom - 1) {
    memset(canvas->pixels, LINE, canvas->width);
    return;
  }
  for (size_t x = 0; x < canvas->width; x++) {
    const bool line = lines && x % zoom == zoom - 1;
    canvas->pixels[x] = line ? LINE : colour_of(canvas, canvas->counts[x / zoom]);
  }
}

static _Noreturn void on_png_error(png_structp png, png_const_charp message) {
  const struct canvas *const canvas = png_get_error_ptr(png);
  example_fail(canvas->error, 0, "the picture cannot be written: %s", message);
  png_longjmp(png, 1);
}

static void on_png_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

/* Everything here may be left by a jump to the setjmp of write_png. */
static void write_rows(png_structp png, png_infop info, const struct canvas *canvas) {
  png_color palette[COLOUR_COUNT];
  fill_palette(palette);
  png_set_IHDR(png, info, (png_uint_32)canvas->width, (png_uint_32)canvas->height, 8,
               PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_PLTE(png, info, palette, COLOUR_COUNT);
  png_write_info(png, info);
  for (size_t y = 0; y < canvas->height; y++) {
    draw_row(canvas, y);
    png_write_row(png, canvas->pixels);
  }
  png_write_end(png, info);
}

static int write_png(FILE *out, struct canvas *canvas) {
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, canvas, on_png_error, on_png_warning);
  if (!png)
    return example_fail(canvas->error, 0, "the picture cannot be written: out of memory");
  png_infop info = png_create_info_struct(png);
  if (!info) {
    png_destroy_write_struct(&png, NULL);
    return example_fail(canvas->error, 0, "the picture cannot be written: out of memory");
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return -1;
  }
  png_init_io(png, out);
  write_rows(png, info, canvas);
  png_destroy_write_struct(&png, &info);
  return 0;
}

int life_picture_write(FILE *out, const struct life_view *view, struct example_error *error) {
  struct canvas canvas = {.view = view, .area = life_picture_area(view), .error = error};
  const size_t side = larger(canvas.area.width, canvas.area.height);
  const size_t zoom = ZOOM_SIDE / side < ZOOM_MAX ? ZOOM_SIDE / side : ZOOM_MAX;
  canvas.zoom = larger(1, zoom);
  canvas.block = (side + LIFE_PICTURE_SIDE - 1) / LIFE_PICTURE_SIDE;
  canvas.width = (canvas.area.width + canvas.block - 1) / canvas.block * canvas.zoom;
  canvas.height = (canvas.area.height + canvas.block - 1) / canvas.block * canvas.zoom;
  canvas.pixels = malloc(canvas.width * sizeof *canvas.pixels);
  canvas.counts = malloc(canvas.width * sizeof *canvas.counts);
  int status;
  if (canvas.pixels && canvas.counts)
    status = write_png(out, &canvas);
  else
    status = example_fail(error, 0, "the picture cannot be written: out of memory");
  free(canvas.pixels);
  free(canvas.counts);
  return status;
}
