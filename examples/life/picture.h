/*
 * picture.h: one generation as a PNG.
 */
#ifndef LIFE_PICTURE_H
#define LIFE_PICTURE_H

#include <stdio.h>

#include "common/error.h"
#include "grid.h"

#define LIFE_PICTURE_SIDE                                                                          \
  ((size_t)1600) /* pixels: no picture is longer, however many cells it shows */

/* What a picture of this view shows: the whole of a bounded grid; where the plane is unbounded,
 * the live cells and a margin. */
struct life_box life_picture_area(const struct life_view *view);

/* Writes it. A small area is drawn with several pixels a cell and thin lines between cells; in a
 * large one each pixel stands for a square of cells and is the brighter the more of them are
 * alive, with a single live cell still to be seen. 0; or -1 and why not. */
int life_picture_write(FILE *out, const struct life_view *view, struct example_error *error);

#endif
