/*
 * The scale goes up to the largest mean of a pixel, and with its root, so that a wave that has gone
 * far, and is weak, can still be seen.
 */
#include "picture.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "common/output.h"
#include "common/png.h"

#define MIDDLE 128 /* the colour of zero; 255 and 1 are the ends */

struct canvas {
  const double *ez;
  size_t side, block; /* cells, of the plane and of a pixel */
  size_t pixels;      /* on each side */
  double largest;     /* of all pixels; above 0 */
};

static double mean_of(const struct canvas *canvas, size_t x, size_t y) {
  const size_t column = x * canvas->block, row = y * canvas->block;
  const size_t wide = canvas->side - column < canvas->block ? canvas->side - column : canvas->block;
  const size_t high = canvas->side - row < canvas->block ? canvas->side - row : canvas->block;
  double sum = 0;
  for (size_t i = row; i < row + high; i++)
    for (size_t j = column; j < column + wide; j++)
      sum += canvas->ez[i * canvas->side + j];
  return sum / (double)(wide * high);
}

static double largest_of(const struct canvas *canvas) {
  double largest = 1e-300;
  for (size_t y = 0; y < canvas->pixels; y++)
    for (size_t x = 0; x < canvas->pixels; x++)
      largest = fmax(largest, fabs(mean_of(canvas, x, y)));
  return largest;
}

static void draw_row(void *user, size_t y, uint8_t *row) {
  const struct canvas *const canvas = user;
  for (size_t x = 0; x < canvas->pixels; x++) {
    const double mean = mean_of(canvas, x, y);
    row[x] = (uint8_t)(MIDDLE + lround(copysign(sqrt(fabs(mean) / canvas->largest), mean) * 127));
  }
}

static void fill_palette(struct example_colour *palette) {
  static const struct example_colour stops[] = {{4, 36, 96},     {38, 106, 186},  {146, 196, 222},
                                                {250, 250, 250}, {244, 166, 132}, {202, 52, 62},
                                                {102, 0, 32}};
  for (int i = 1; i < EXAMPLE_PNG_COLOURS; i++)
    palette[i] = example_colour_between(stops, sizeof stops / sizeof *stops, i - 1, 254);
}

int maxwell_picture_write(FILE *out, const double *ez, size_t side, struct example_error *error) {
  struct canvas canvas = {.ez = ez, .side = side};
  canvas.block = (side + MAXWELL_PICTURE_SIDE - 1) / MAXWELL_PICTURE_SIDE;
  canvas.pixels = (side + canvas.block - 1) / canvas.block;
  canvas.largest = largest_of(&canvas);
  struct example_png png = {
      .width = canvas.pixels, .height = canvas.pixels, .draw = draw_row, .user = &canvas};
  fill_palette(png.palette);
  return example_png_write(out, &png, error);
}

int maxwell_picture_save(const char *path, const double *ez, size_t side,
                         struct example_error *error) {
  struct example_output output;
  if (example_output_open(&output, path) != 0)
    return example_fail(error, 0, "cannot be written: %s", strerror(errno));
  if (maxwell_picture_write(output.file, ez, side, error) != 0) {
    example_output_discard(&output);
    return -1;
  }
  if (example_output_commit(&output) != 0)
    return example_fail(error, 0, "cannot be written: %s", strerror(errno));
  return 0;
}
