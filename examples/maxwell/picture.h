/*
 * picture.h: the electric field as a PNG: red above zero, blue below it, white at zero.
 */
#ifndef MAXWELL_PICTURE_H
#define MAXWELL_PICTURE_H

#include <stddef.h>
#include <stdio.h>

#include "common/error.h"

/* Pixels: no picture is longer; then a pixel is the mean of a square of cells. */
#define MAXWELL_PICTURE_SIDE ((size_t)1000)

/* 0; or -1 and why not. */
int maxwell_picture_write(FILE *out, const double *ez, size_t side, struct example_error *error);

/* The same to a file of this name, which is there as a whole or not at all. */
int maxwell_picture_save(const char *path, const double *ez, size_t side,
                         struct example_error *error);

#endif
