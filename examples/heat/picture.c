#include "picture.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "common/output.h"
#include "common/png.h"

struct canvas {
  const struct heat_plate *plate;
  const double *cells;
  /* cells on each side of a pixel */
  size_t block;
};

static double mean_of(const struct canvas *canvas, size_t x, size_t y) {
  const struct heat_plate *const plate = canvas->plate;
  const size_t column = x * canvas->block, row = y * canvas->block;
  const size_t wide =
      plate->columns - column < canvas->block ? plate->columns - column : canvas->block;
  const size_t high = plate->rows - row < canvas->block ? plate->rows - row : canvas->block;
  double sum = 0;
  for (size_t i = row; i < row + high; i++)
    for (size_t j = column; j < column + wide; j++)
      sum += canvas->cells[i * plate->columns + j];
  return sum / (double)(wide * high);
}

/* The scale goes with the root, so that what is only warm can be told from what is cool. */
static void draw_row(void *user, size_t y, uint8_t *row) {
  const struct canvas *const canvas = user;
  const size_t width = (canvas->plate->columns - 1) / canvas->block + 1;
  for (size_t x = 0; x < width; x++) {
    const double share = (mean_of(canvas, x, y) - HEAT_COOL) / (HEAT_HOT - HEAT_COOL);
    const double shade = sqrt(fmin(fmax(share, 0), 1)) * (EXAMPLE_PNG_COLOURS - 1);
    row[x] = (uint8_t)lround(shade);
  }
}

static void fill_palette(struct example_colour *palette) {
  static const struct example_colour stops[] = {{6, 4, 20},    {66, 10, 104},  {147, 38, 103},
                                                {221, 81, 58}, {252, 165, 10}, {252, 255, 164}};
  for (int i = 0; i < EXAMPLE_PNG_COLOURS; i++)
    palette[i] =
        example_colour_between(stops, sizeof stops / sizeof *stops, i, EXAMPLE_PNG_COLOURS - 1);
}

int heat_picture_write(FILE *out, const struct heat_plate *plate, const double *cells,
                       struct example_error *error) {
  const size_t longer = plate->columns > plate->rows ? plate->columns : plate->rows;
  struct canvas canvas = {plate, cells, (longer - 1) / HEAT_PICTURE_SIDE + 1};
  struct example_png png = {.width = (plate->columns - 1) / canvas.block + 1,
                            .height = (plate->rows - 1) / canvas.block + 1,
                            .draw = draw_row,
                            .user = &canvas};
  fill_palette(png.palette);
  return example_png_write(out, &png, error);
}

int heat_picture_save(const char *path, const struct heat_plate *plate, const double *cells,
                      struct example_error *error) {
  struct example_output output;
  if (example_output_open(&output, path) != 0)
    return example_fail(error, 0, "cannot be written: %s", strerror(errno));
  if (heat_picture_write(output.file, plate, cells, error) != 0) {
    example_output_discard(&output);
    return -1;
  }
  if (example_output_commit(&output) != 0)
    return example_fail(error, 0, "cannot be written: %s", strerror(errno));
  return 0;
}
