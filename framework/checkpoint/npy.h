/*
 * npy.h: the head of a file that NumPy reads (internal): version 1.0 of its format, one number
 * after the other, or one row of them for each element.
 */
#ifndef SYNCHED_CHECKPOINT_NPY_H
#define SYNCHED_CHECKPOINT_NPY_H

#include <stdbool.h>
#include <stddef.h>

#define SYNCHED__DTYPE_BYTES 24u
#define SYNCHED__NPY_BYTES 192u

struct synched__npy {
  /* what elements are made of, such as "<f8" */
  char dtype[SYNCHED__DTYPE_BYTES];
  /* numbers in an element */
  size_t row_length;
};

/* What elements of that size are, by the program's dtype; NULL: bytes. SYNCHED_EINVAL: it is no
 * dtype, or does not fit. */
int synched__npy_init(struct synched__npy *npy, const char *dtype, size_t element_size);

/* Writes the head of a file of so many elements; how many bytes it has: a multiple of 64, so that
 * the elements are aligned where the file is mapped. */
size_t synched__npy_head(char head[SYNCHED__NPY_BYTES], const struct synched__npy *npy,
                         size_t element_count);

#endif
