/*
 * png.h: writes a picture of 256 colours as a PNG, row by row, so that no picture must be in memory
 * as a whole.
 */
#ifndef EXAMPLE_PNG_H
#define EXAMPLE_PNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/error.h"

#define EXAMPLE_PNG_COLOURS 256

struct example_colour {
  uint8_t red, green, blue;
};

struct example_png {
  size_t width, height; /* pixels */
  struct example_colour palette[EXAMPLE_PNG_COLOURS];
  /* Fills in row y: `width` indices into the palette. Rows come from top to bottom. */
  void (*draw)(void *user, size_t y, uint8_t *row);
  void *user;
};

/* A colour on a scale that runs through `stops`, all equally far apart: `share` of `whole`. Both
 * ends are exact. */
struct example_colour example_colour_between(const struct example_colour *stops, size_t count,
                                             int share, int whole);

/* 0; or -1 and why not. Whether everything has arrived on the disk is known only after fclose. */
int example_png_write(FILE *out, const struct example_png *png, struct example_error *error);

#endif
