/*
 * options.h: structs that carry their own size, so that they can grow without breaking programs.
 *
 * Both kinds start with a uint32_t struct_size. Option structs come from the caller, who may have been
 * compiled against an older header (a shorter struct: what is missing is 0) or a newer one (a longer
 * struct: fine as long as what we do not know is 0). Out structs are filled as far as the caller's reaches.
 */
#ifndef SYNCHED_BASE_OPTIONS_H
#define SYNCHED_BASE_OPTIONS_H

#include <stddef.h>

struct synched__options_spec {
  const char *what; /* "synched_pool_options", for messages */
  size_t known;     /* sizeof, in this version of the library */
  size_t minimum;   /* sizeof, in the first version that had it */
};

/* Copies the caller's options into `known` bytes at `copy`. NULL options: all zeros.
 * SYNCHED_EINVAL: struct_size below the minimum, or bytes set behind the known ones. */
int synched__options_read(void *copy, const void *options,
                          const struct synched__options_spec *spec);

/* Copies `filled` (spec->known bytes) into the caller's struct, as far as its struct_size reaches.
 * SYNCHED_EINVAL: out NULL, or struct_size below the minimum. Bytes that we do not know become 0. */
int synched__out_write(void *out, const void *filled, const struct synched__options_spec *spec);

/* SYNCHED_EINVAL, with a sentence, for a value of an enumeration from 0 to `last` that is not one. */
int synched__check_enum(const char *name, unsigned value, unsigned last);

#endif
