#include "common/png.h"

#include <png.h>
#include <stdlib.h>

struct example_colour example_colour_between(const struct example_colour *stops, size_t count,
                                             int share, int whole) {
  const int intervals = (int)count - 1;
  const int position = share * intervals * 256 / whole;
  const int stop = position / 256 < intervals ? position / 256 : intervals - 1;
  const int part = position - stop * 256;
  const struct example_colour *const from = &stops[stop], *const to = from + 1;
  return (struct example_colour){(uint8_t)(from->red + (to->red - from->red) * part / 256),
                                 (uint8_t)(from->green + (to->green - from->green) * part / 256),
                                 (uint8_t)(from->blue + (to->blue - from->blue) * part / 256)};
}

static _Noreturn void on_error(png_structp writer, png_const_charp message) {
  struct example_error *const error = png_get_error_ptr(writer);
  example_fail(error, 0, "the picture cannot be written: %s", message);
  png_longjmp(writer, 1);
}

static void on_warning(png_structp writer, png_const_charp message) {
  (void)writer;
  (void)message;
}

/* Everything here may be left by a jump to the setjmp of write_with. */
static void write_rows(png_structp writer, png_infop info, const struct example_png *png,
                       uint8_t *row) {
  png_color palette[EXAMPLE_PNG_COLOURS];
  for (int i = 0; i < EXAMPLE_PNG_COLOURS; i++)
    palette[i] = (png_color){png->palette[i].red, png->palette[i].green, png->palette[i].blue};
  png_set_IHDR(writer, info, (png_uint_32)png->width, (png_uint_32)png->height, 8,
               PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_PLTE(writer, info, palette, EXAMPLE_PNG_COLOURS);
  png_write_info(writer, info);
  for (size_t y = 0; y < png->height; y++) {
    png->draw(png->user, y, row);
    png_write_row(writer, row);
  }
  png_write_end(writer, info);
}

/* The two are not changed here, so a jump leaves them as they are. */
static int write_with(png_structp writer, png_infop info, FILE *out, const struct example_png *png,
                      uint8_t *row) {
  if (setjmp(png_jmpbuf(writer)))
    return -1;
  png_init_io(writer, out);
  write_rows(writer, info, png, row);
  return 0;
}

int example_png_write(FILE *out, const struct example_png *png, struct example_error *error) {
  png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, on_error, on_warning);
  png_infop info = writer ? png_create_info_struct(writer) : NULL;
  uint8_t *const row = malloc(png->width * sizeof *row);
  int status = info && row ? write_with(writer, info, out, png, row)
                           : example_fail(error, 0, "the picture cannot be written: out of memory");
  free(row);
  png_destroy_write_struct(&writer, &info);
  return status;
}
