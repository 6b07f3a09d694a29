/*
 * number.h: numbers on command lines and in requests.
 */
#ifndef EXAMPLE_NUMBER_H
#define EXAMPLE_NUMBER_H

#include <stdint.h>

#include "common/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct example_range {
  uint64_t least, most;
};

/* Reads a decimal number within the range, and nothing else: no sign, no space, no unit. 0; or -1
 * and why not, and *out is unchanged. */
int example_number_parse(uint64_t *out, const char *text, struct example_range range,
                         struct example_error *error);

/* Reads a number above 0, such as 1e-10, and nothing else. 0; or -1 and why not, and *out is
 * unchanged. */
int example_positive_parse(double *out, const char *text, struct example_error *error);

#ifdef __cplusplus
}
#endif

#endif
