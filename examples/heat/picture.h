/*
 * picture.h: a plate as a PNG, from black for cool through red and orange to a light yellow for
 * hot.
 */
#ifndef HEAT_PICTURE_H
#define HEAT_PICTURE_H

#include <stdio.h>

#include "common/error.h"
#include "kernel.h"

/* Pixels: no side of a picture is longer; then a pixel is the mean of a square of cells. */
#define HEAT_PICTURE_SIDE ((size_t)1000)

/* 0; or -1 and why not. */
int heat_picture_write(FILE *out, const struct heat_plate *plate, const double *cells,
                       struct example_error *error);

/* The same to a file of this name, which is there as a whole or not at all. */
int heat_picture_save(const char *path, const struct heat_plate *plate, const double *cells,
                      struct example_error *error);

#endif
